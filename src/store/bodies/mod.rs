//! Bodies: small ones compressed in the database, large ones as files; each with length and hash, so that damaged bytes
//! are never shown but fetched again. What goes when they take too
//! much room, `eviction` says.

pub(super) mod ahead;
pub(super) mod eviction;
pub(super) mod kept;
pub mod partial;
pub(super) mod parts;
pub(super) mod pieces;
pub(super) mod whole;

use std::io::Read;
use std::path::Path;

use rusqlite::{Connection, OptionalExtension, Params, params};

use crate::channel::error::StoreError;
use crate::mail::message_id::MessageId;
use crate::mail::part::{PartInfo, PartPath};
use crate::store::bodies::pieces::{Columns, file_name};
use crate::store::disk::sql::{Doing, signed, unsigned};

/// Places of the two pieces that are no parts, for the hash.
const WHOLE: &str = "m";
const HEADER: &str = "h";

/// Parts beyond this many are not kept.
const MAX_PARTS: usize = 1_000;

/// A body as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StoredBody {
    /// The whole message, RFC 5322 bytes.
    Whole(Vec<u8>),
    /// The parts of a large message of which only some are here.
    Parts {
        /// The whole header of the message.
        header: Vec<u8>,
        /// The leaf parts in order, with their bytes as transferred; `None` for a part that is not here.
        parts: Vec<(PartInfo, Option<Vec<u8>>)>,
    },
}

impl StoredBody {
    /// The bytes of it that are here.
    #[must_use]
    pub fn n_bytes(&self) -> usize {
        match self {
            Self::Whole(bytes) => bytes.len(),
            Self::Parts { header, parts } => {
                let parts = parts.iter().filter_map(|(_, bytes)| bytes.as_ref());
                parts
                    .map(Vec::len)
                    .fold(header.len(), usize::saturating_add)
            }
        }
    }
}

/// A body whose pieces are compressed, the large ones on the disk already.
pub(super) struct PreparedBody {
    /// Whose body.
    pub message: MessageId,
    body: Columns,
    parts: Option<Vec<(PartInfo, Option<Columns>)>>,
}

/// Compresses the pieces of a body, and writes the large ones to files.
pub(super) fn prepare(
    directory: &Path,
    message: MessageId,
    body: StoredBody,
) -> Result<PreparedBody, StoreError> {
    let piece = |bytes: Vec<u8>, place: &str| pieces::take(directory, message, place, bytes);
    let part = |(info, bytes): (PartInfo, Option<Vec<u8>>)| {
        let place = info.path.to_string();
        let bytes = bytes.map(|bytes| piece(bytes, &place)).transpose()?;
        Ok((info, bytes))
    };
    let (body, parts) = match body {
        StoredBody::Whole(bytes) => (piece(bytes, WHOLE)?, None),
        StoredBody::Parts { header, parts } => {
            let parts = parts.into_iter().take(MAX_PARTS).map(part);
            let parts = parts.collect::<Result<_, StoreError>>()?;
            (piece(header, HEADER)?, Some(parts))
        }
    };
    Ok(PreparedBody {
        message,
        body,
        parts,
    })
}

/// Writes a whole message to its file from a source, if it is large.
pub(super) fn prepare_from(
    directory: &Path,
    message: MessageId,
    length: u64,
    source: &mut dyn Read,
) -> Result<PreparedBody, StoreError> {
    Ok(PreparedBody {
        message,
        body: pieces::take_from(directory, message, WHOLE, length, source)?,
        parts: None,
    })
}

/// Keeps a body, inside a transaction of the caller; false when the message is gone. Parts that are here already stay
/// where the new body does not bring them.
pub(super) fn store(
    cache: &Connection,
    prepared: &PreparedBody,
    files: &mut Vec<String>,
) -> Result<bool, StoreError> {
    whole::watch(cache, prepared.message, || put(cache, prepared, files))
}

fn put(
    cache: &Connection,
    prepared: &PreparedBody,
    files: &mut Vec<String>,
) -> Result<bool, StoreError> {
    let message = signed(prepared.message.get());
    let account: Option<i64> = cache
        .prepare_cached("SELECT account FROM message WHERE id = ?1")
        .and_then(|mut statement| statement.query_row([message], |row| row.get(0)).optional())
        .doing("find the message of a body")?;
    let Some(account) = account else {
        return Ok(false);
    };
    let columns = &prepared.body;
    replaced_files(
        cache,
        "SELECT data FROM body WHERE message = ?1 AND codec = 2",
        [message],
        files,
    )?;
    if prepared.parts.is_none() {
        replaced_files(
            cache,
            "SELECT data FROM part WHERE message = ?1 AND codec = 2",
            [message],
            files,
        )?;
        cache
            .prepare_cached("DELETE FROM part WHERE message = ?1")
            .and_then(|mut statement| statement.execute([message]))
            .doing("replace parts")?;
    }
    if columns.codec == 2 {
        files.retain(|name| name.as_bytes() != columns.data);
    }
    insert(cache, prepared, account)?;
    for (position, (info, columns)) in prepared.parts.iter().flatten().enumerate() {
        store_part(cache, prepared.message, position, info, columns.as_ref())?;
    }
    if prepared.parts.is_some() {
        measure(cache, message)?;
    }
    Ok(true)
}

fn insert(cache: &Connection, prepared: &PreparedBody, account: i64) -> Result<(), StoreError> {
    let columns = &prepared.body;
    cache
        .prepare_cached(
            "INSERT INTO body (message, account, internal_date, stored_bytes, in_parts, codec, length, hash, data, is_kept)
             VALUES (?1, ?2, coalesce((SELECT internal_date FROM message WHERE id = ?1), 0), ?3, ?4, ?5, ?6, ?7, ?8,
             EXISTS (SELECT 1 FROM kept WHERE message = ?1))
             ON CONFLICT (message) DO UPDATE SET account = ?2, internal_date = excluded.internal_date, stored_bytes = ?3,
             in_parts = ?4, codec = ?5, length = ?6, hash = ?7, data = ?8",
        )
        .and_then(|mut statement| {
            statement.execute(params![
                signed(prepared.message.get()),
                account,
                signed(columns.on_disk),
                prepared.parts.is_some(),
                columns.codec,
                signed(columns.length),
                columns.hash,
                columns.data
            ])
        })
        .doing("keep a body")?;
    cache
        .prepare_cached("DELETE FROM evicted WHERE message = ?1")
        .and_then(|mut statement| statement.execute([signed(prepared.message.get())]))
        .map(|_| ())
        .doing("keep a body that went before")
}

fn store_part(
    cache: &Connection,
    id: MessageId,
    position: usize,
    info: &PartInfo,
    columns: Option<&Columns>,
) -> Result<(), StoreError> {
    let message = signed(id.get());
    let path = info.path.to_string();
    let position = signed(position as u64);
    cache
        .prepare_cached(
            "INSERT INTO part (message, position, path, content_type, charset, encoding, name, size_bytes, is_attachment,
             content_id) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)
             ON CONFLICT (message, path) DO UPDATE SET position = ?2, content_type = ?4, charset = ?5,
             encoding = CASE is_here WHEN 1 THEN encoding ELSE ?6 END,
             name = ?7, size_bytes = ?8, is_attachment = ?9, content_id = ?10",
        )
        .and_then(|mut statement| {
            statement.execute(params![
                message,
                position,
                path,
                info.content_type,
                info.charset,
                info.encoding,
                info.name,
                signed(info.size_bytes),
                info.is_attachment,
                info.content_id
            ])
        })
        .doing("keep a part")?;
    columns.map_or(Ok(()), |columns| put_bytes(cache, message, &path, columns))
}

/// Puts the bytes of a part into its row.
pub(super) fn put_bytes(
    cache: &Connection,
    message: i64,
    path: &str,
    columns: &Columns,
) -> Result<(), StoreError> {
    cache
        .prepare_cached(
            "UPDATE part SET is_here = 1, codec = ?3, length = ?4, hash = ?5, data = ?6 WHERE message = ?1 AND path = ?2",
        )
        .and_then(|mut statement| {
            statement.execute(params![
                message,
                path,
                columns.codec,
                signed(columns.length),
                columns.hash,
                columns.data
            ])
        })
        .map(|_| ())
        .doing("keep the bytes of a part")
}

/// Adds the parts to the size of a body.
pub(super) fn measure(cache: &Connection, message: i64) -> Result<(), StoreError> {
    cache
        .prepare_cached(
            "UPDATE body SET stored_bytes = (CASE codec WHEN 2 THEN length ELSE length(data) END) +
             (SELECT coalesce(sum(CASE codec WHEN 2 THEN length ELSE length(data) END), 0)
              FROM part WHERE part.message = ?1) WHERE message = ?1",
        )
        .and_then(|mut statement| statement.execute([message]))
        .map(|_| ())
        .doing("measure a body")
}

/// Adds the files that rows name and that are about to be replaced.
pub(super) fn replaced_files(
    cache: &Connection,
    sql: &str,
    of: impl Params,
    files: &mut Vec<String>,
) -> Result<(), StoreError> {
    let mut statement = cache
        .prepare_cached(sql)
        .doing("find the files of a body")?;
    let mut rows = statement.query(of).doing("find the files of a body")?;
    while let Some(row) = rows.next().doing("find the files of a body")? {
        let data: Vec<u8> = row.get(0).doing("find the files of a body")?;
        files.extend(file_name(&data).map(str::to_owned));
    }
    Ok(())
}

/// Removes the body of a message; its files are added to `files`, to be deleted after the commit.
pub(super) fn remove(
    cache: &Connection,
    message: MessageId,
    files: &mut Vec<String>,
) -> Result<(), StoreError> {
    whole::watch(cache, message, || take_away(cache, message, files))
}

fn take_away(
    cache: &Connection,
    message: MessageId,
    files: &mut Vec<String>,
) -> Result<(), StoreError> {
    let message = signed(message.get());
    let exists = cache
        .prepare_cached("SELECT 1 FROM body WHERE message = ?1")
        .and_then(|mut statement| statement.exists([message]))
        .doing("look for a body")?;
    if !exists {
        return Ok(());
    }
    for sql in [
        "SELECT data FROM body WHERE message = ?1 AND codec = 2",
        "SELECT data FROM part WHERE message = ?1 AND codec = 2",
    ] {
        replaced_files(cache, sql, [message], files)?;
    }
    for sql in [
        "DELETE FROM body WHERE message = ?1",
        "DELETE FROM part WHERE message = ?1",
    ] {
        cache
            .prepare_cached(sql)
            .and_then(|mut statement| statement.execute([message]))
            .doing("remove a body")?;
    }
    Ok(())
}

/// Reads a body; `None` where it is not here or damaged.
pub(super) fn load(
    cache: &Connection,
    directory: &Path,
    message: MessageId,
) -> Result<Option<StoredBody>, StoreError> {
    let found = cache
        .prepare_cached("SELECT in_parts, codec, length, hash, data FROM body WHERE message = ?1")
        .and_then(|mut statement| {
            statement
                .query_row([signed(message.get())], |row| {
                    Ok((row.get::<_, bool>(0)?, Columns::read(row, 1)?))
                })
                .optional()
        })
        .doing("read a body")?;
    let Some((in_parts, columns)) = found else {
        return Ok(None);
    };
    let place = if in_parts { HEADER } else { WHOLE };
    let Some(bytes) = columns.bytes(directory, message, place) else {
        tracing::warn!(message = message.get(), "a cached body is damaged");
        return Ok(None);
    };
    if !in_parts {
        return Ok(Some(StoredBody::Whole(bytes)));
    }
    Ok(Some(StoredBody::Parts {
        header: bytes,
        parts: load_parts(cache, directory, message)?,
    }))
}

/// A part, with its bytes where they are here and whole.
type LoadedPart = (PartInfo, Option<Vec<u8>>);

fn load_parts(
    cache: &Connection,
    directory: &Path,
    message: MessageId,
) -> Result<Vec<LoadedPart>, StoreError> {
    let mut statement = cache
        .prepare_cached(
            "SELECT codec, length, hash, data, is_here, path, content_type, charset, encoding, name, size_bytes,
             is_attachment, content_id FROM part WHERE message = ?1 ORDER BY position",
        )
        .doing("read the parts of a body")?;
    statement
        .query_map([signed(message.get())], |row| {
            let columns = Columns::read(row, 0)?;
            let is_here: bool = row.get(4)?;
            let path: String = row.get(5)?;
            let info = PartInfo {
                path: PartPath::parse(&path).unwrap_or_default(),
                content_type: row.get(6)?,
                charset: row.get(7)?,
                encoding: row.get(8)?,
                name: row.get(9)?,
                size_bytes: unsigned(row.get(10)?),
                is_attachment: row.get(11)?,
                content_id: row.get(12)?,
            };
            Ok((
                info,
                is_here
                    .then(|| columns.bytes(directory, message, &path))
                    .flatten(),
            ))
        })
        .and_then(Iterator::collect::<rusqlite::Result<Vec<_>>>)
        .doing("read the parts of a body")
}
