//! Literals: how they are announced, and where those too large for memory go, a private temporary file that nobody else
//! can open.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::sync::{Arc, Mutex, PoisonError};

/// The bytes of a literal above the memory limit, in an unlinked file that goes with the last clone.
#[derive(Debug, Clone)]
pub struct SpilledLiteral {
    file: Arc<Mutex<File>>,
    size_bytes: u64,
}

impl SpilledLiteral {
    /// How many bytes there are.
    #[must_use]
    pub const fn size_bytes(&self) -> u64 {
        self.size_bytes
    }

    /// All bytes.
    ///
    /// # Errors
    /// The disk did not give them.
    pub fn read(&self) -> io::Result<Vec<u8>> {
        let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        file.seek(SeekFrom::Start(0))?;
        let mut bytes = Vec::with_capacity(usize::try_from(self.size_bytes).unwrap_or(0));
        file.read_to_end(&mut bytes)?;
        Ok(bytes)
    }

    /// At most `limit` bytes from `offset` on; empty behind the end.
    ///
    /// # Errors
    /// The disk did not give them.
    pub fn read_at(&self, offset: u64, limit: usize) -> io::Result<Vec<u8>> {
        let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        file.seek(SeekFrom::Start(offset))?;
        let mut bytes = Vec::new();
        let limit = u64::try_from(limit).unwrap_or(u64::MAX);
        Read::by_ref(&mut *file)
            .take(limit)
            .read_to_end(&mut bytes)?;
        Ok(bytes)
    }
}

/// A literal on its way to the disk.
#[derive(Debug)]
pub(crate) struct Spill {
    file: File,
    size_bytes: u64,
}

impl Spill {
    /// Opens a file without a name.
    pub(crate) fn new() -> io::Result<Self> {
        Ok(Self {
            file: tempfile::tempfile()?,
            size_bytes: 0,
        })
    }

    /// Adds bytes.
    pub(crate) fn push(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.file.write_all(bytes)?;
        self.size_bytes += u64::try_from(bytes.len()).unwrap_or(0);
        Ok(())
    }

    /// The finished literal.
    pub(crate) fn finish(self) -> SpilledLiteral {
        SpilledLiteral {
            file: Arc::new(Mutex::new(self.file)),
            size_bytes: self.size_bytes,
        }
    }
}

/// What the end of a line says of a literal behind it.
pub(crate) enum Announced {
    /// The line ends the response.
    None,
    /// So many bytes follow.
    Bytes(u64),
    /// More digits than any length has.
    Huge,
}

/// Reads `{n}`, `{n+}`, `~{n}` at the end of a line.
pub(crate) fn announcement(line: &[u8]) -> Announced {
    let Some(inner) = line.strip_suffix(b"}") else {
        return Announced::None;
    };
    let inner = inner.strip_suffix(b"+").unwrap_or(inner);
    let n_digits = inner
        .iter()
        .rev()
        .take_while(|byte| byte.is_ascii_digit())
        .count();
    let (before, digits) = inner.split_at(inner.len() - n_digits);
    if n_digits == 0 {
        return Announced::None;
    }
    if !before.ends_with(b"{") {
        // Possibly the tail of a skipped line: so many digits are no length anyway.
        return if n_digits >= 20 {
            Announced::Huge
        } else {
            Announced::None
        };
    }
    std::str::from_utf8(digits)
        .ok()
        .and_then(|digits| digits.parse().ok())
        .map_or(Announced::Huge, Announced::Bytes)
}
