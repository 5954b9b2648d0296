//! Literals: how they are announced, and where those too large for memory go: a file without a name, which nobody else can
//! open and which is gone with the process, however that ends.

use std::fs::{File, Permissions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{FileExt, PermissionsExt};
use std::path::Path;
use std::sync::Arc;

/// The bytes of a literal above the memory limit, in an unlinked file that goes with the last clone.
#[derive(Debug, Clone)]
pub struct SpilledLiteral {
    file: Arc<File>,
    size_bytes: u64,
}

impl SpilledLiteral {
    /// How many bytes there are.
    #[must_use]
    pub const fn size_bytes(&self) -> u64 {
        self.size_bytes
    }

    /// All bytes, from the first on; each reader begins anew.
    #[must_use]
    pub fn reader(&self) -> SpilledReader<'_> {
        SpilledReader {
            file: &self.file,
            at: 0,
        }
    }

    /// The bytes from the first on, at most `limit`.
    ///
    /// # Errors
    /// The disk did not give them.
    pub fn first(&self, limit: u64) -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        self.reader().take(limit).read_to_end(&mut bytes)?;
        Ok(bytes)
    }
}

/// Reads a spilled literal piece by piece.
#[derive(Debug)]
pub struct SpilledReader<'a> {
    file: &'a File,
    at: u64,
}

impl Read for SpilledReader<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let n = self.file.read_at(buffer, self.at)?;
        self.at += n as u64;
        Ok(n)
    }
}

/// A literal on its way to the disk.
#[derive(Debug)]
pub(crate) struct Spill {
    file: File,
    size_bytes: u64,
}

impl Spill {
    /// Opens a file without a name, readable by its owner; `None` is the system's directory for such files.
    pub(crate) fn new(directory: Option<&Path>) -> io::Result<Self> {
        let file = match directory {
            Some(directory) => tempfile::tempfile_in(directory)?,
            None => tempfile::tempfile()?,
        };
        // Reachable under /proc/PID/fd as long as it is open.
        file.set_permissions(Permissions::from_mode(0o600))?;
        Ok(Self {
            file,
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
            file: Arc::new(self.file),
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

#[cfg(test)]
mod tests {
    use std::os::fd::AsRawFd;

    use super::*;

    #[test]
    fn what_goes_to_the_disk_lies_where_it_should_and_has_no_name() {
        let directory = tempfile::tempdir().unwrap();
        let mut spill = Spill::new(Some(directory.path())).unwrap();
        spill.push(b"private").unwrap();
        let literal = spill.finish();
        let link = format!("/proc/self/fd/{}", literal.file.as_raw_fd());
        let place = std::fs::read_link(link).unwrap();
        assert!(place.starts_with(directory.path()), "{}", place.display());
        let mode = literal.file.metadata().unwrap().permissions().mode();
        assert_eq!(mode & 0o077, 0);
        assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 0);
        assert_eq!(literal.first(100).unwrap(), b"private");
    }
}
