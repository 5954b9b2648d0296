//! Which messages of the list are selected: by number, so that neither scrolling nor a window read anew loses them.

use std::collections::BTreeSet;

use crate::app::act::Act;
use crate::channel::rows::{MessageRow, RowKey};
use crate::mail::message_id::MessageId;

/// The selected messages of the open folder.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Selection {
    /// Those that were chosen.
    pub chosen: BTreeSet<MessageId>,
    /// Where a range began that follows the cursor; `None` without one.
    pub range: Option<RowKey>,
    /// What the store was asked to look up; `None` when nothing.
    pub gathering: Option<Gathering>,
}

/// Messages that the store looks up, and what for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gathering {
    /// The number of the request.
    pub serial: u64,
    /// What is done with the answer.
    pub purpose: Purpose,
}

/// What messages are looked up for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Purpose {
    /// To be selected too.
    Select,
    /// To be selected where they are not, and no longer where they are.
    Turn,
    /// To do something with them.
    Act(Act),
    /// To do something with them and with what is selected: a range that went beyond the window.
    ActOnRange(Act),
    /// To keep them and what is selected on this machine.
    Keep,
    /// To delete them for good: the user was asked.
    Empty,
}

impl Selection {
    /// Whether nothing is selected and no range is open.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.chosen.is_empty() && self.range.is_none()
    }

    /// Whether a row is shown as selected, with the cursor at a place.
    #[must_use]
    pub fn holds(&self, key: RowKey, cursor: Option<RowKey>) -> bool {
        self.chosen.contains(&key.message) || self.is_in_range(key, cursor)
    }

    fn is_in_range(&self, key: RowKey, cursor: Option<RowKey>) -> bool {
        let (Some(start), Some(cursor)) = (self.range, cursor) else {
            return false;
        };
        (start.min(cursor)..=start.max(cursor)).contains(&key)
    }

    /// Selects a message, or no longer.
    pub fn turn(&mut self, message: MessageId) {
        if !self.chosen.remove(&message) {
            self.chosen.insert(message);
        }
    }

    /// How many are selected, as far as the window tells of an open range.
    #[must_use]
    pub fn len(&self, rows: &[MessageRow], cursor: Option<RowKey>) -> usize {
        if self.range.is_none() {
            return self.chosen.len();
        }
        let added = rows.iter().filter(|row| {
            self.is_in_range(row.key, cursor) && !self.chosen.contains(&row.key.message)
        });
        self.chosen.len() + added.count()
    }

    /// Selects nothing, and forgets what was asked.
    pub fn clear(&mut self) {
        *self = Self::default();
    }
}
