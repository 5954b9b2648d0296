//! What is out of the ordinary in a mailbox that headers come to.

use rusqlite::Connection;

use crate::channel::error::StoreError;
use crate::store::journal::pending::Pending;
use crate::store::messages::likeness::Awaited;
use crate::store::messages::placements::Place;
use crate::store::messages::{leaving, likeness};

/// What is out of the ordinary in a mailbox, so that most headers of most mailboxes need not ask.
#[derive(Debug, Clone)]
pub(super) struct Odd {
    /// Messages are leaving it.
    pub has_leaving: bool,
    /// Messages are in it under addresses that nobody has told.
    pub has_unbound: bool,
    /// Messages that claimed operations may have brought to it.
    pub awaited: Awaited,
}

impl Odd {
    pub(super) fn of(
        cache: &Connection,
        pending: &Pending,
        place: Place,
    ) -> Result<Self, StoreError> {
        let mailbox = place.mailbox;
        let arriving = pending.arriving(mailbox, place.validity.get());
        Ok(Self {
            has_leaving: leaving::is_any(cache, mailbox)?,
            has_unbound: likeness::is_any_unbound(cache, mailbox)?,
            awaited: likeness::awaited(cache, mailbox, arriving)?,
        })
    }
}
