//! What lies at a path, message by message: an mbox, a Maildir, a single message, or a directory of those.

use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::vec::IntoIter;

use crate::local::maildir::{self, Entry, Maildir};
use crate::local::mbox_reader::{Found, MboxReader};
use crate::local::message::{LocalError, Skipped};
use crate::local::quoting::FROM;

/// Messages in files, from the first to the last.
#[derive(Debug)]
pub enum Source {
    /// A file of many messages.
    Mbox {
        /// Goes through it.
        reader: MboxReader,
        /// The size of the file in bytes.
        n_bytes: u64,
    },
    /// A directory with a file for each message, and flags in their names.
    Maildir {
        /// The directory.
        maildir: Maildir,
        /// What is still to be read.
        entries: IntoIter<Entry>,
        /// How many there were.
        n_entries: u64,
    },
    /// Files of one message each.
    Files {
        /// What is still to be read.
        paths: IntoIter<PathBuf>,
        /// How many there were.
        n_paths: u64,
    },
}

impl Source {
    /// Finds out what lies at a path: a directory is a Maildir, or its `.eml` files; a file that begins with `From ` is an
    /// mbox, any other one message.
    ///
    /// # Errors
    /// The system gave nothing; `Foreign` for a directory without messages.
    pub fn open(path: &Path) -> Result<Self, LocalError> {
        let failed = |error: std::io::Error| LocalError::io(path, &error);
        let metadata = path.metadata().map_err(failed)?;
        if metadata.is_dir() {
            return Self::open_directory(path);
        }
        if !metadata.is_file() {
            return Err(LocalError::foreign(
                path,
                "this is neither file nor directory",
            ));
        }
        let mut head = Vec::new();
        let file = File::open(path).map_err(failed)?;
        file.take(FROM.len() as u64)
            .read_to_end(&mut head)
            .map_err(failed)?;
        if head.is_empty() || head == FROM {
            let n_bytes = metadata.len();
            let reader = MboxReader::open(path)?;
            return Ok(Self::Mbox { reader, n_bytes });
        }
        Ok(Self::Files {
            paths: vec![path.to_owned()].into_iter(),
            n_paths: 1,
        })
    }

    fn open_directory(path: &Path) -> Result<Self, LocalError> {
        if maildir::is_maildir(path) {
            let maildir = Maildir::open(path)?;
            let entries = maildir.entries()?;
            return Ok(Self::Maildir {
                maildir,
                n_entries: entries.len() as u64,
                entries: entries.into_iter(),
            });
        }
        let paths = maildir::files_with_ending(path, "eml");
        let paths = paths.map_err(|error| LocalError::io(path, &error))?;
        if paths.is_empty() {
            return Err(LocalError::foreign(
                path,
                "this directory is no Maildir and has no .eml files",
            ));
        }
        Ok(Self::Files {
            n_paths: paths.len() as u64,
            paths: paths.into_iter(),
        })
    }

    /// How far the reading is, and how far it goes: bytes of an mbox, else messages.
    #[must_use]
    pub fn progress(&self) -> (u64, u64) {
        match self {
            Self::Mbox { reader, n_bytes } => (reader.n_read().min(*n_bytes), *n_bytes),
            Self::Maildir {
                entries, n_entries, ..
            } => (n_entries.saturating_sub(entries.len() as u64), *n_entries),
            Self::Files { paths, n_paths } => {
                (n_paths.saturating_sub(paths.len() as u64), *n_paths)
            }
        }
    }

    /// The next message; `None` behind the last one.
    ///
    /// # Errors
    /// The system does not give more of an mbox. What is wrong with one message alone is its own affair.
    pub fn next_message(&mut self) -> Result<Option<Found>, LocalError> {
        match self {
            Self::Mbox { reader, .. } => reader.next_message(),
            // Whoever removes a message meanwhile does not want it.
            Self::Maildir {
                maildir, entries, ..
            } => Ok(entries.by_ref().find_map(|entry| maildir.read(&entry))),
            Self::Files { paths, .. } => Ok(paths.next().map(|path| {
                let read = maildir::read_file(&path);
                read.unwrap_or_else(|error| {
                    let cause = error.to_string();
                    Err(Skipped::Unreadable { cause })
                })
            })),
        }
    }
}
