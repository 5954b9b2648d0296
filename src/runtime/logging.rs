//! The log file: `sterna.log` in the state directory, and the one before it as `sterna.log.1`; `STERNA_LOG` sets the
//! filter. Written by a thread of its own.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use tracing_appender::non_blocking::WorkerGuard;
use tracing_subscriber::EnvFilter;

/// Without addresses, subjects or bodies.
const DEFAULT: &str = "sterna=info";
/// A file that is larger makes room for a new one, bytes.
const FILE_BYTES: u64 = 5_000_000;

/// Starts the log; what is still in memory is written when the guard goes. `None` where there can be none: the program
/// works without.
#[must_use]
pub fn start(directory: &Path) -> Option<WorkerGuard> {
    let file = LogFile::open(directory, FILE_BYTES).ok()?;
    let (writer, guard) = tracing_appender::non_blocking(file);
    let filter = EnvFilter::try_from_env("STERNA_LOG").unwrap_or_else(|_| EnvFilter::new(DEFAULT));
    let started = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_ansi(false)
        .with_writer(writer)
        .try_init();
    started.ok().map(|()| guard)
}

/// `sterna.log`, of a limited size. Several processes may write to it.
struct LogFile {
    path: PathBuf,
    older: PathBuf,
    file: File,
    most_bytes: u64,
}

impl LogFile {
    fn open(directory: &Path, most_bytes: u64) -> io::Result<Self> {
        let path = directory.join("sterna.log");
        Ok(Self {
            file: append_to(&path)?,
            older: directory.join("sterna.log.1"),
            path,
            most_bytes,
        })
    }

    /// Puts a full file aside, unless another process has done so already.
    fn make_room(&mut self) -> io::Result<()> {
        let own = self.file.metadata()?;
        if own.len() < self.most_bytes {
            return Ok(());
        }
        let is_same = |there: fs::Metadata| (there.dev(), there.ino()) == (own.dev(), own.ino());
        if fs::metadata(&self.path).is_ok_and(is_same) {
            fs::rename(&self.path, &self.older)?;
        }
        self.file = append_to(&self.path)?;
        Ok(())
    }
}

impl Write for LogFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        // What cannot be put aside is written to all the same.
        let _ = self.make_room();
        self.file.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

fn append_to(path: &Path) -> io::Result<File> {
    OpenOptions::new()
        .append(true)
        .create(true)
        .mode(0o600)
        .open(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_log_is_one_file_and_the_one_before_it_whoever_writes() {
        let directory = tempfile::tempdir().unwrap();
        let read = |name: &str| fs::read_to_string(directory.path().join(name)).unwrap();
        let mut one = LogFile::open(directory.path(), 20).unwrap();
        let mut two = LogFile::open(directory.path(), 20).unwrap();
        one.write_all(b"first of one\n").unwrap();
        two.write_all(b"first of two\n").unwrap();
        one.write_all(b"second of one\n").unwrap();
        assert_eq!(read("sterna.log"), "second of one\n");
        // Its file was put aside by the other one.
        two.write_all(b"second of two\n").unwrap();
        assert_eq!(read("sterna.log"), "second of one\nsecond of two\n");
        assert_eq!(read("sterna.log.1"), "first of one\nfirst of two\n");
        one.write_all(b"third of one\n").unwrap();
        assert_eq!(read("sterna.log.1"), "second of one\nsecond of two\n");
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 2);
    }
}
