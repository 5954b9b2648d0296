//! The bytes of one part of a large message, that came after the rest of its body.

use std::io::Read;
use std::path::Path;

use rusqlite::{Connection, params};

use crate::channel::error::StoreError;
use crate::mail::message_id::MessageId;
use crate::mail::part::PartPath;
use crate::store::bodies::pieces::{self, Columns};
use crate::store::bodies::{measure, put_bytes, replaced_files};
use crate::store::disk::sql::{Doing, signed};

/// A part whose bytes are compressed or, if there are many, on the disk already.
pub(in crate::store) struct PreparedPart {
    /// Whose part.
    pub message: MessageId,
    path: PartPath,
    encoding: String,
    columns: Columns,
}

/// Takes exactly `length` bytes of a source in.
pub(in crate::store) fn prepare(
    directory: &Path,
    message: MessageId,
    path: &PartPath,
    encoding: String,
    length: u64,
    source: &mut dyn Read,
) -> Result<PreparedPart, StoreError> {
    let columns = pieces::take_from(directory, message, &path.to_string(), length, source)?;
    Ok(PreparedPart {
        message,
        path: path.clone(),
        encoding,
        columns,
    })
}

/// Keeps the bytes of a part, inside a transaction of the caller; false when the body has no such part (any more).
pub(in crate::store) fn store(
    cache: &Connection,
    prepared: &PreparedPart,
    files: &mut Vec<String>,
) -> Result<bool, StoreError> {
    let (message, path) = (signed(prepared.message.get()), prepared.path.to_string());
    let columns = &prepared.columns;
    replaced_files(
        cache,
        "SELECT data FROM part WHERE message = ?1 AND path = ?2 AND codec = 2",
        params![message, path],
        files,
    )?;
    if columns.codec == 2 {
        files.retain(|name| name.as_bytes() != columns.data);
    }
    let n_changed = cache
        .prepare_cached("UPDATE part SET encoding = ?3 WHERE message = ?1 AND path = ?2")
        .and_then(|mut statement| statement.execute(params![message, path, prepared.encoding]))
        .doing("keep a part")?;
    if n_changed == 0 {
        return Ok(false);
    }
    put_bytes(cache, message, &path, columns)?;
    measure(cache, message)?;
    Ok(true)
}
