//! Messages that are nowhere any more and that drafts are made of: their bytes stay until no draft needs them.

use rusqlite::Connection;

use crate::channel::error::StoreError;
use crate::mail::message_id::MessageId;
use crate::store::disk::sql::{Doing, signed, unsigned};
use crate::store::messages::removal;
use crate::store::outgoing::draft_sources;
use crate::store::worker::Worker;

/// Holds a message whose bytes are here and which a draft needs; false where one of the two is not so.
pub(super) fn hold(
    cache: &Connection,
    state: &Connection,
    message: MessageId,
) -> Result<bool, StoreError> {
    if !draft_sources::is_attached(state, message)? {
        return Ok(false);
    }
    let id = signed(message.get());
    let is_here = cache
        .prepare_cached("SELECT 1 FROM body WHERE message = ?1")
        .and_then(|mut statement| statement.exists([id]))
        .doing("look for the body of a message")?;
    if is_here {
        cache
            .prepare_cached("INSERT OR IGNORE INTO held (message) VALUES (?1)")
            .and_then(|mut statement| statement.execute([id]))
            .doing("hold a message for a draft")?;
    }
    Ok(is_here)
}

/// Whether a message is held.
pub(super) fn is_held(cache: &Connection, message: MessageId) -> Result<bool, StoreError> {
    cache
        .prepare_cached("SELECT 1 FROM held WHERE message = ?1")
        .and_then(|mut statement| statement.exists([signed(message.get())]))
        .doing("look for a message that is held")
}

impl Worker {
    /// Lets go of what no draft needs any more, and of what is in a mailbox again.
    pub(in crate::store) fn release_held(&mut self) -> Result<(), StoreError> {
        let held = all(&self.cache)?;
        if held.is_empty() {
            return Ok(());
        }
        self.begin()?;
        self.cache
            .prepare_cached("DELETE FROM held")
            .and_then(|mut statement| statement.execute([]))
            .doing("let go of what was held")?;
        // What is needed yet is held again.
        let files = removal::orphans((&self.cache, &self.state), &held)?;
        self.changes.files.extend(files);
        Ok(())
    }
}

fn all(cache: &Connection) -> Result<Vec<MessageId>, StoreError> {
    let mut statement = cache
        .prepare_cached("SELECT message FROM held")
        .doing("look for what is held")?;
    let found = statement
        .query_map([], |row| row.get(0).map(unsigned))
        .and_then(Iterator::collect::<rusqlite::Result<Vec<u64>>>)
        .doing("look for what is held")?;
    Ok(found.into_iter().filter_map(MessageId::new).collect())
}
