//! Labels of messages: kept with the message, since they are the same in whichever mailbox one looks.

use rusqlite::{Connection, params};

use crate::channel::error::StoreError;
use crate::mail::label::Labels;
use crate::mail::message_id::MessageId;
use crate::store::disk::sql::{Doing, signed};

/// Keeps what the server said last; tells whether anything changed. `None` where it said nothing.
pub(super) fn keep(
    cache: &Connection,
    message: MessageId,
    labels: Option<&Labels>,
) -> Result<bool, StoreError> {
    let Some(labels) = labels else {
        return Ok(false);
    };
    let text = labels.to_text();
    let n_rows = cache
        .prepare_cached("UPDATE message SET labels = ?2 WHERE id = ?1 AND labels <> ?2")
        .and_then(|mut statement| statement.execute(params![signed(message.get()), text]))
        .doing("keep labels")?;
    Ok(n_rows > 0)
}
