//! Pieces of bodies: bytes compressed for a column or in a file, sealed with length and hash.

use std::fs::{self, OpenOptions};
use std::io::{Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};

use rusqlite::Row;

use crate::channel::error::StoreError;
use crate::mail::message_id::MessageId;
use crate::store::disk::deflate::{deflate, inflate};
use crate::store::disk::files;
use crate::store::disk::sql::{Doing, Hash, unsigned};
use crate::store::failpoint;

/// From this size on bytes are kept as a file.
const FILE_BYTES: usize = 64 * 1024;

/// The hash of a piece, with the message and the place in it (`m` whole, `h` header, else the path of a part): a row that
/// damage gave another number or kind must not pass for what it was.
fn seal(message: MessageId, place: &str, bytes: &[u8]) -> i64 {
    let mut hash = begin_seal(message, place);
    hash.add(bytes);
    hash.finish()
}

fn begin_seal(message: MessageId, place: &str) -> Hash {
    let mut hash = Hash::new();
    hash.add(&message.get().to_le_bytes());
    hash.add(place.as_bytes());
    hash.add(b":");
    hash
}

/// Takes bytes in, compressed or, if there are many, in a file; both on the thread of the caller.
pub(super) fn take(
    directory: &Path,
    message: MessageId,
    place: &str,
    bytes: Vec<u8>,
) -> Result<Columns, StoreError> {
    if bytes.len() < FILE_BYTES {
        return Columns::packed(message, place, bytes);
    }
    let length = bytes.len() as u64;
    write_file(directory, message, place, length, &mut bytes.as_slice())
}

/// Takes in exactly `length` bytes of a source, large ones without ever holding them in memory.
pub(super) fn take_from(
    directory: &Path,
    message: MessageId,
    place: &str,
    length: u64,
    source: &mut dyn Read,
) -> Result<Columns, StoreError> {
    match usize::try_from(length) {
        Ok(length) if length < FILE_BYTES => {
            let mut bytes = vec![0; length];
            source.read_exact(&mut bytes).doing("read a body")?;
            Columns::packed(message, place, bytes)
        }
        _ => write_file(directory, message, place, length, source),
    }
}

/// Temporary file, flush, rename: a file under its final name is always whole. The name holds the hash, so another
/// content never replaces one that a row still points at.
fn write_file(
    directory: &Path,
    message: MessageId,
    place: &str,
    length: u64,
    source: &mut dyn Read,
) -> Result<Columns, StoreError> {
    static DRAFTS: AtomicU64 = AtomicU64::new(0);
    let draft = directory.join(format!(
        "{}-{}.{}.tmp",
        message.get(),
        DRAFTS.fetch_add(1, Ordering::Relaxed),
        std::process::id()
    ));
    let mut hash = begin_seal(message, place);
    if let Err(error) = write_draft(&draft, length, source, &mut hash) {
        // Best effort: a stray one is removed when it is old.
        let _ = fs::remove_file(&draft);
        return Err(error);
    }
    let hash = hash.finish();
    let name = format!("{}-{:016x}", message.get(), hash.cast_unsigned());
    failpoint::pass("body.before-rename");
    fs::rename(&draft, directory.join(&name)).doing("put a body in place")?;
    files::sync_directory(directory)?;
    failpoint::pass("body.after-rename");
    Ok(Columns {
        codec: 2,
        length,
        hash,
        data: name.into_bytes(),
        on_disk: length,
    })
}

fn write_draft(
    draft: &Path,
    length: u64,
    source: &mut dyn Read,
    hash: &mut Hash,
) -> Result<(), StoreError> {
    let mut file = OpenOptions::new()
        .create(true)
        .truncate(true)
        .write(true)
        .mode(0o600)
        .open(draft)
        .doing("write a body")?;
    files::restrict(draft, 0o600)?;
    let mut buffer = vec![0; FILE_BYTES];
    let mut left = length;
    while left > 0 {
        let n = usize::try_from(left).map_or(FILE_BYTES, |left| left.min(FILE_BYTES));
        let Some(bytes) = buffer.get_mut(..n) else {
            break;
        };
        source.read_exact(bytes).doing("read a body")?;
        hash.add(bytes);
        file.write_all(bytes).doing("write a body")?;
        left = left.saturating_sub(n as u64);
    }
    file.sync_all().doing("write a body")
}

/// The columns of a piece: its bytes, or where they are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::store) struct Columns {
    pub codec: i64,
    pub length: u64,
    pub hash: i64,
    pub data: Vec<u8>,
    pub on_disk: u64,
}

impl Columns {
    fn packed(message: MessageId, place: &str, bytes: Vec<u8>) -> Result<Self, StoreError> {
        let (length, hash) = (bytes.len() as u64, seal(message, place, &bytes));
        let mut packed = Vec::new();
        deflate(&bytes, &mut packed).doing("compress a body")?;
        let (codec, data) = if packed.len() < bytes.len() {
            packed.shrink_to_fit();
            (1, packed)
        } else {
            (0, bytes)
        };
        Ok(Self {
            codec,
            length,
            hash,
            on_disk: data.len() as u64,
            data,
        })
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
            1 => inflate(&self.data)?,
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
