//! The bytes of mail that was handed over as a finished message and did not leave: they lie with its draft, whose attachments
//! are parts of them.

use rusqlite::{Connection, OptionalExtension, params};

use crate::channel::draft::DraftId;
use crate::channel::error::StoreError;
use crate::channel::outbox::OutboxId;
use crate::store::disk::sql::Doing;
use crate::store::reader::Reader;

/// Takes the bytes of a given mail out of the outbox, with Bcc; where it was written here, or is a draft that was given and
/// mended, nothing.
pub(super) fn take(state: &Connection, draft: DraftId, from: OutboxId) -> Result<(), StoreError> {
    state
        .prepare_cached(
            "UPDATE draft SET raw = o.given FROM (SELECT CASE WHEN copy = x'' THEN raw ELSE copy END AS given FROM outbox
             WHERE id = ?2 AND is_given) o WHERE draft.id = ?1 AND draft.outbox = 0 AND draft.raw = x''",
        )
        .and_then(|mut statement| statement.execute([draft.0, from.0]))
        .map(|_| ())
        .doing("keep the bytes of a mail with its draft")
}

/// A draft that went on from another one has what that has.
pub(super) fn inherit(state: &Connection, to: DraftId, from: DraftId) -> Result<(), StoreError> {
    state
        .prepare_cached(
            "UPDATE draft SET raw = o.raw FROM (SELECT raw FROM draft WHERE id = ?2) o WHERE draft.id = ?1",
        )
        .and_then(|mut statement| statement.execute(params![to.0, from.0]))
        .map(|_| ())
        .doing("keep the bytes of a mail with its draft")
}

impl Reader {
    /// The mail that a draft was before, as an RFC 5322 message with its Bcc; `None` where it was written here, or is gone.
    ///
    /// # Errors
    /// What the disk said.
    pub fn given(&mut self, draft: DraftId) -> Result<Option<Vec<u8>>, StoreError> {
        let found: Option<Vec<u8>> = self
            .state
            .prepare_cached("SELECT raw FROM draft WHERE id = ?1 AND raw <> x''")
            .and_then(|mut statement| statement.query_row([draft.0], |row| row.get(0)).optional())
            .doing("read the mail that a draft was")?;
        Ok(found)
    }
}
