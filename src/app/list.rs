//! The list pane: a window of rows, the cursor, and how both follow a window that was read anew.

use std::cmp::Reverse;
use std::collections::BTreeSet;

use crate::app::selection::Selection;
use crate::channel::operation::Target;
use crate::channel::rows::{Anchor, MessageRow, RowKey, Window, WindowQuery};
use crate::mail::account::AccountId;
use crate::mail::flag::SystemFlag;
use crate::mail::mailbox::MailboxId;
use crate::mail::message_id::MessageId;

/// Rows kept between the cursor and the edge of the pane where there are more.
const MARGIN: usize = 2;

/// How far a search goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// The open folder.
    Folder,
    /// The folders of the account.
    Account,
}

/// A search for unread mail that the store was asked to make; any movement of the cursor ends it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Seek {
    /// The number of the search.
    pub serial: u64,
    /// How far it goes.
    pub scope: Scope,
    /// Towards older rows.
    pub down: bool,
}

/// What the list pane knows.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct MessageList {
    /// Which folder is open; `None` before there are folders.
    pub mailbox: Option<MailboxId>,
    /// Whose it is; `None` together with `mailbox`.
    pub account: Option<AccountId>,
    /// The words that limit the list; empty for none.
    pub limit: String,
    /// The window, newest first.
    pub rows: Vec<MessageRow>,
    /// Whether the list goes on above the window.
    pub more_above: bool,
    /// Whether the list goes on below the window.
    pub more_below: bool,
    /// Rows of the whole list that are on this machine; with a limit, those that match.
    pub n_matching: u64,
    /// Index of the row under the cursor; 0 in an empty list.
    pub cursor: usize,
    /// Index of the first row on the screen.
    pub top: usize,
    /// Whether a window of this folder has arrived yet.
    pub loaded: bool,
    /// The last request, while it is unanswered.
    pub awaited: Option<WindowQuery>,
    /// The last request failed: the next change of rows or movement of the cursor asks again.
    pub has_failed: bool,
    /// Rows changed since that request left: ask again.
    pub stale: bool,
    /// A jump to an end of the list that the next window completes; any movement of the cursor ends it.
    pub jump: Option<Anchor>,
    /// The user went to the oldest row while older ones were missing: stay there as they arrive.
    pub follow_oldest: bool,
    /// The user has not moved the cursor since the folder was opened: while headers are still coming, it stays at the top.
    pub untouched: bool,
    /// A search for unread mail that is unanswered.
    pub seek: Option<Seek>,
    /// The message under the cursor is to be opened when the first window is here.
    pub opens: bool,
    /// Which messages are selected.
    pub selection: Selection,
    /// The last window held rows that an action has taken away already: another one would too until rows change.
    pub is_ahead: bool,
    /// A message that was put back: the cursor goes there when a window holds it.
    pub restored: Option<MessageId>,
}

/// What an arrived window did to the cursor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Arrival {
    /// The cursor is on the message where it was, or there was none.
    Same,
    /// The message under the cursor is gone from the list; the cursor is on the next row.
    Vanished,
    /// The window does not reach the cursor: nothing was taken over, ask around the cursor.
    Elsewhere,
}

impl MessageList {
    /// The row under the cursor; `None` in an empty list.
    #[must_use]
    pub fn current(&self) -> Option<&MessageRow> {
        self.rows.get(self.cursor)
    }

    /// The message under the cursor, in its folder.
    #[must_use]
    pub fn target(&self) -> Option<Target> {
        self.current().map(|row| Target {
            message: row.key.message,
            mailbox: row.mailbox,
        })
    }

    /// Moves the cursor by rows, as far as the window goes; false when it could not move.
    pub fn step(&mut self, by: isize) -> bool {
        let last = self.rows.len().saturating_sub(1);
        self.place(self.cursor.saturating_add_signed(by).min(last))
    }

    /// Puts the cursor on a row; false when it is there already.
    pub fn place(&mut self, index: usize) -> bool {
        let index = index.min(self.rows.len().saturating_sub(1));
        let moved = index != self.cursor;
        self.cursor = index;
        (self.jump, self.follow_oldest, self.seek) = (None, false, None);
        (self.untouched, self.restored) = (false, None);
        self.has_failed &= !moved;
        moved
    }

    /// Index of the nearest unread row beyond the cursor.
    #[must_use]
    pub fn unread_beyond(&self, down: bool) -> Option<usize> {
        let unread = |(_, row): &(usize, &MessageRow)| !row.flags.has(SystemFlag::Seen);
        let mut rows = self.rows.iter().enumerate();
        if down {
            rows.skip(self.cursor + 1).find(unread)
        } else {
            rows.by_ref().take(self.cursor).rfind(unread)
        }
        .map(|(index, _)| index)
    }

    /// Scrolls so that the cursor is on the screen, with a margin where the list goes on.
    pub fn reveal(&mut self, height: usize) {
        let margin = MARGIN.min(height.saturating_sub(1) / 2);
        let lowest_top = (self.cursor + margin + 1).saturating_sub(height);
        let highest_top = self.cursor.saturating_sub(margin);
        let last_top = self.rows.len().saturating_sub(height);
        self.top = self
            .top
            .clamp(lowest_top.min(highest_top), highest_top)
            .min(last_top);
    }

    /// Takes rows out of the window. A cursor that was on one of them rests on the nearest row that stays: on the older
    /// one, or on the newer one where that is wanted, and on the other where there is none. The rows come back as they
    /// were.
    pub fn take_out(
        &mut self,
        leaves: impl Fn(&MessageRow) -> bool,
        newer: bool,
    ) -> Vec<MessageRow> {
        let leaving: Vec<bool> = self.rows.iter().map(leaves).collect();
        let stays = |index: &usize| leaving.get(*index) == Some(&false);
        let older_row = (self.cursor..self.rows.len()).find(stays);
        let newer_row = (0..=self.cursor).rfind(stays);
        let rest = if newer {
            newer_row.or(older_row)
        } else {
            older_row.or(newer_row)
        };
        let n_above = |index: usize| leaving.iter().take(index).filter(|leaves| **leaves).count();
        self.top -= n_above(self.top);
        self.cursor = rest.map_or(0, |rest| rest - n_above(rest));
        let mut flags = leaving.iter();
        self.rows
            .extract_if(.., |_| flags.next() == Some(&true))
            .collect()
    }

    /// Puts rows back that were taken out, as far as the window reaches; the cursor stays with its message.
    pub fn put_back(&mut self, rows: &[MessageRow]) {
        for row in rows.iter().filter(|row| Some(row.mailbox) == self.mailbox) {
            let (index, is_there) = find(&self.rows, row.key);
            let is_beyond =
                (index == 0 && self.more_above) || (index == self.rows.len() && self.more_below);
            if is_there || is_beyond {
                continue;
            }
            let was_empty = self.rows.is_empty();
            self.rows.insert(index, row.clone());
            self.cursor += usize::from(index <= self.cursor && !was_empty);
        }
    }

    /// Takes a window over; the cursor stays with its message.
    pub fn arrive(&mut self, window: Window, height: usize) -> Arrival {
        let jump = self.jump.filter(|jump| *jump == window.query.anchor);
        let place = self.current().map(|row| row.key);
        let (cursor, arrival) = match (jump, place) {
            (Some(Anchor::Oldest), _) => (window.rows.len().saturating_sub(1), Arrival::Same),
            (Some(Anchor::Around(key) | Anchor::Message(_, key)), _) => {
                (find(&window.rows, key).0, Arrival::Same)
            }
            (Some(Anchor::Newest), _) | (None, None) => (0, Arrival::Same),
            (None, Some(key)) => match find(&window.rows, key) {
                (_, false) if beyond(&window, key) => return Arrival::Elsewhere,
                (index, true) => (index, Arrival::Same),
                (index, false) => (index, Arrival::Vanished),
            },
        };
        let at_newest = self.top == 0 && !self.more_above && !window.more_above;
        let on_screen = self.cursor.saturating_sub(self.top);
        self.cursor = cursor.min(window.rows.len().saturating_sub(1));
        // At the newest end the screen stays there, so that new mail is seen above the cursor.
        self.top = if at_newest && self.cursor < height {
            0
        } else {
            self.cursor.saturating_sub(on_screen)
        };
        self.rows = window.rows;
        self.more_above = window.more_above;
        self.more_below = window.more_below;
        self.n_matching = window.n_matching;
        self.loaded = true;
        self.jump = None;
        let restored = self.restored;
        let back = self
            .rows
            .iter()
            .position(|row| Some(row.key.message) == restored);
        if let Some(index) = back {
            (self.cursor, self.restored) = (index, None);
        }
        self.forget_selected_that_are_gone();
        self.reveal(height);
        if back.is_some() {
            Arrival::Same
        } else {
            arrival
        }
    }

    /// Where the whole folder is in the window, what is selected and not there is gone from it.
    fn forget_selected_that_are_gone(&mut self) {
        let is_whole = !self.more_above && !self.more_below && self.limit.is_empty();
        if is_whole && !self.selection.chosen.is_empty() {
            let here: BTreeSet<MessageId> = self.rows.iter().map(|row| row.key.message).collect();
            self.selection
                .chosen
                .retain(|message| here.contains(message));
        }
    }

    /// Shows another folder: nothing of the old one stays.
    pub fn open(&mut self, account: AccountId, mailbox: MailboxId) {
        *self = Self {
            mailbox: Some(mailbox),
            account: Some(account),
            untouched: true,
            ..Self::default()
        };
    }
}

/// Whether a place lies outside of what a window covers.
fn beyond(window: &Window, key: RowKey) -> bool {
    let newer = window.more_above && window.rows.first().is_none_or(|row| key > row.key);
    let older = window.more_below && window.rows.last().is_none_or(|row| key < row.key);
    newer || older
}

/// Index of a message, or of the row that comes next where it stood; the second says whether it is the message.
fn find(rows: &[MessageRow], key: RowKey) -> (usize, bool) {
    if let Some(index) = rows.iter().position(|row| row.key.message == key.message) {
        return (index, true);
    }
    (
        rows.partition_point(|row| Reverse(row.key) < Reverse(key)),
        false,
    )
}
