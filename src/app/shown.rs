//! What the screen shows ahead of the store: an action of the user until the store's own rows show it.

use std::collections::BTreeMap;

use crate::app::act::Words;
use crate::channel::operation::{Action, Change, OperationId, Target};
use crate::channel::rows::MessageRow;
use crate::mail::mailbox::MailboxId;

/// How far an action has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Progress {
    /// On its way to the disk.
    Unrecorded,
    /// Durable; the store's rows may not show it yet.
    Recorded,
    /// The store's rows show it by themselves.
    Projected,
}

/// An action that the screen shows, with what it takes to take that back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shown {
    /// What was asked, its targets ascending.
    pub action: Action,
    /// How the screen speaks of it.
    pub words: Words,
    /// Whether it is spoken of at all.
    pub is_quiet: bool,
    /// The rows of the window that it changed, as they were.
    pub before: Vec<MessageRow>,
    /// What it did to the counts of folders.
    pub counts: Vec<Count>,
    /// How far it has come.
    pub progress: Progress,
    /// Its operations that have not ended, once it is recorded, and how many of their targets have not.
    pub operations: BTreeMap<OperationId, usize>,
}

/// A change of a folder's counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Count {
    /// Which folder.
    pub mailbox: MailboxId,
    /// Messages more, or fewer.
    pub total: i64,
    /// Unread messages more, or fewer.
    pub unread: i64,
}

impl Shown {
    /// Whether a row is one of its targets.
    #[must_use]
    pub fn is_about(&self, row: &MessageRow) -> bool {
        let target = Target {
            message: row.key.message,
            mailbox: row.mailbox,
        };
        self.action.targets.binary_search(&target).is_ok()
    }

    /// Whether its messages leave their folder.
    #[must_use]
    pub fn takes_away(&self) -> bool {
        let takes = |change: &Change| matches!(change, Change::Move { .. } | Change::Delete);
        self.action.changes.iter().any(takes)
    }

    /// Puts it over a row; false when the row leaves its list by it.
    #[must_use]
    pub fn apply(&self, row: &mut MessageRow) -> bool {
        if !self.is_about(row) {
            return true;
        }
        apply(&self.action.changes, row)
    }
}

/// Puts changes over a row; false when the row leaves its list by them.
pub fn apply(changes: &[Change], row: &mut MessageRow) -> bool {
    let mut stays = true;
    for change in changes {
        match change {
            Change::Flag { flag, on } => row.flags.set_system(*flag, *on),
            Change::Keyword { keyword, on } => row.flags.set(keyword.as_str(), *on),
            Change::Move { .. } | Change::Delete => stays = false,
            Change::Copy { .. } | Change::Folder(_) => {}
        }
    }
    stays
}
