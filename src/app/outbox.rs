//! Mail on its way out, as the screen knows it, and the page that lists it.

use std::collections::BTreeSet;

use crate::channel::outbox::{OutboxId, OutboxRow, OutboxState};
use crate::mail::account::AccountId;

/// What is known of the outbox.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Outbox {
    /// What is in it, oldest first.
    pub rows: Vec<OutboxRow>,
    /// Whether it was read since the start.
    pub is_known: bool,
    /// The mail that was handed over last, and a number that tells whether something else was done since.
    pub newest: Option<(OutboxId, u64)>,
    /// The mails that were handed over in this window: the holds of others are not for it to end.
    pub own: BTreeSet<OutboxId>,
}

impl Outbox {
    /// Takes a row in whose state changed; what is settled leaves.
    pub fn take(&mut self, row: OutboxRow) {
        let at = self.rows.iter().position(|known| known.id == row.id);
        let is_settled = row.state == OutboxState::Sent;
        match at {
            Some(at) if is_settled => drop(self.rows.remove(at)),
            Some(at) => {
                if let Some(known) = self.rows.get_mut(at) {
                    *known = row;
                }
            }
            None if is_settled => {}
            None => self.rows.push(row),
        }
    }

    /// The seconds for which a mail is held yet; `None` where it is not held any more.
    #[must_use]
    pub fn held(&self, outbox: OutboxId, now: i64) -> Option<i64> {
        let row = self.rows.iter().find(|row| row.id == outbox)?;
        let left = row.not_before?.saturating_sub(now);
        (row.state == OutboxState::Held && left > 0).then_some(left)
    }

    /// The seconds until the next mail leaves whose hold runs, and its account; `None` where none is held.
    #[must_use]
    pub fn next_held(&self, now: i64) -> Option<(i64, AccountId)> {
        let rows = self.rows.iter();
        let held = rows.filter_map(|row| Some((self.held(row.id, now)?, row.account)));
        held.min()
    }

    /// Whether a mail waits for a moment of which its row tells the seconds.
    #[must_use]
    pub fn is_counting(&self, now: i64) -> bool {
        let left = |row: &OutboxRow| row.not_before.map(|at| at.saturating_sub(now));
        let mut rows = self.rows.iter();
        rows.any(|row| left(row).is_some_and(|left| (1..=60).contains(&left)))
    }

    /// Whether the text of a mail stays as a draft where it is given up: it was not sent, or nobody knows.
    #[must_use]
    pub fn leaves_draft(&self, outbox: OutboxId) -> bool {
        let is_kept = |state| matches!(state, OutboxState::Failed | OutboxState::Uncertain);
        let row = self.rows.iter().find(|row| row.id == outbox);
        row.is_some_and(|row| row.draft.is_some() && is_kept(row.state))
    }

    /// How many mails are in one of these states.
    #[must_use]
    pub fn count(&self, states: &[OutboxState]) -> usize {
        let is_in = |row: &&OutboxRow| states.contains(&row.state);
        self.rows.iter().filter(is_in).count()
    }
}

/// The open page.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct OutboxPage {
    /// The mail under the cursor; `None` where there is none.
    pub current: Option<OutboxId>,
    /// Whether everything about it is shown.
    pub is_open: bool,
}

impl OutboxPage {
    /// Index of the row under the cursor; 0 without one.
    #[must_use]
    pub fn cursor(&self, rows: &[OutboxRow]) -> usize {
        let mut all = rows.iter();
        all.position(|row| Some(row.id) == self.current)
            .unwrap_or(0)
    }

    /// The mail under the cursor.
    #[must_use]
    pub fn current_row<'a>(&self, rows: &'a [OutboxRow]) -> Option<&'a OutboxRow> {
        rows.get(self.cursor(rows))
    }

    /// Moves the cursor, not beyond the ends.
    pub fn step(&mut self, rows: &[OutboxRow], by: isize) {
        let last = rows.len().saturating_sub(1);
        let aim = self.cursor(rows).saturating_add_signed(by).min(last);
        self.current = rows.get(aim).map(|row| row.id);
    }
}
