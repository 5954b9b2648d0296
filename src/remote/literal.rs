//! Literals too large for memory: kept in a private temporary file that nobody else can open.

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
