//! Pieces of bodies: bytes compressed for a column or in a file, sealed with length and hash.

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use rusqlite::Row;

use crate::channel::error::StoreError;
use crate::mail::message_id::MessageId;
use crate::store::sql::{Doing, hash, unsigned};
use crate::store::{failpoint, files, packs};

/// From this size on bytes are kept as a file.
const FILE_BYTES: usize = 64 * 1024;

/// Bytes on their way into the store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Piece {
    /// For the database.
    Memory(Vec<u8>),
    /// In a file by this name already.
    File {
        name: String,
        length: u64,
        hash: i64,
    },
}

/// The hash of a piece, with the message and the place in it (`m` whole, `h` header, else the path of a part): a row that
/// damage gave another number or kind must not pass for what it was.
fn seal(message: MessageId, place: &str, bytes: &[u8]) -> i64 {
    hash(&[&message.get().to_le_bytes(), place.as_bytes(), b":", bytes])
}

/// Takes bytes in: large ones go to a file now.
pub(super) fn take(
    directory: &Path,
    message: MessageId,
    place: &str,
    bytes: Vec<u8>,
) -> Result<Piece, StoreError> {
    if bytes.len() < FILE_BYTES {
        return Ok(Piece::Memory(bytes));
    }
    write_file(directory, message, place, &bytes)
}

/// Temporary file, flush, rename: a file under its final name is always whole. The name holds the hash, so another
/// content never replaces one that a row still points at.
fn write_file(
    directory: &Path,
    message: MessageId,
    place: &str,
    bytes: &[u8],
) -> Result<Piece, StoreError> {
    let hash = seal(message, place, bytes);
    let name = format!("{}-{:016x}", message.get(), hash.cast_unsigned());
    let draft = directory.join(format!("{name}.{}.tmp", std::process::id()));
    OpenOptions::new()
        .create(true)
        .truncate(true)
        .write(true)
        .mode(0o600)
        .open(&draft)
        .and_then(|mut file| {
            file.write_all(bytes)?;
            file.sync_all()
        })
        .doing("write a body")?;
    files::restrict(&draft, 0o600)?;
    failpoint::pass("body.before-rename");
    fs::rename(&draft, directory.join(&name)).doing("put a body in place")?;
    files::sync_directory(directory)?;
    failpoint::pass("body.after-rename");
    Ok(Piece::File {
        name,
        length: bytes.len() as u64,
        hash,
    })
}

/// The columns of a piece.
pub(super) struct Columns {
    pub codec: i64,
    pub length: u64,
    pub hash: i64,
    pub data: Vec<u8>,
    pub on_disk: u64,
}

impl Columns {
    pub(super) fn of(message: MessageId, place: &str, piece: &Piece) -> Self {
        match piece {
            Piece::Memory(bytes) => {
                let packed = packs::deflate(bytes).filter(|packed| packed.len() < bytes.len());
                let (codec, data) = packed.map_or_else(|| (0, bytes.clone()), |packed| (1, packed));
                Self {
                    codec,
                    length: bytes.len() as u64,
                    hash: seal(message, place, bytes),
                    on_disk: data.len() as u64,
                    data,
                }
            }
            Piece::File { name, length, hash } => Self {
                codec: 2,
                length: *length,
                hash: *hash,
                data: name.as_bytes().to_vec(),
                on_disk: *length,
            },
        }
    }

    pub(super) fn read(row: &Row<'_>, at: usize) -> rusqlite::Result<Self> {
        Ok(Self {
            codec: row.get(at)?,
            length: unsigned(row.get(at + 1)?),
            hash: row.get(at + 2)?,
            data: row.get(at + 3)?,
            on_disk: 0,
        })
    }

    /// The bytes; `None` where they are damaged or their file is gone.
    pub(super) fn bytes(
        self,
        directory: &Path,
        message: MessageId,
        place: &str,
    ) -> Option<Vec<u8>> {
        let bytes = match self.codec {
            0 => self.data,
            1 => packs::inflate(&self.data)?,
            2 => fs::read(directory.join(file_name(&self.data)?)).ok()?,
            _ => return None,
        };
        (bytes.len() as u64 == self.length && seal(message, place, &bytes) == self.hash)
            .then_some(bytes)
    }
}

/// A file name from a row; only the shape that `write_file` gives, so that a damaged row never leads elsewhere.
pub(super) fn file_name(data: &[u8]) -> Option<&str> {
    let name = std::str::from_utf8(data).ok()?;
    name.bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
        .then_some(name)
}
