//! Which messages are being opened, noted on the disk: a process that ends over one leaves the note behind, and the next one
//! shows that message as it came.
//!
//! Plain files in the data directory, because they must be there when nothing else works: one for each process, locked
//! while it lives, and the list of messages that are not to be taken apart again by this version of Sterna. A note
//! outlives the process, not the power: writing one costs no flush.

use std::collections::BTreeSet;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, FileExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use crate::mail::message_id::MessageId;

/// The list of messages that are shown as they came, one a line, each behind the version that could not read it.
const LIST: &str = "shown-as-they-came";
/// What the names of the notes begin with.
const NOTE: &str = "opening-";
/// Bytes of one note: a number of 20 digits and a line feed.
const NOTE_BYTES: usize = 21;
/// The list is never read any further.
const LIST_BYTES: u64 = 1 << 20;

/// The notes of this process.
#[derive(Debug)]
pub struct Opening {
    directory: PathBuf,
    path: PathBuf,
    file: File,
    as_it_came: BTreeSet<MessageId>,
}

impl Opening {
    /// Takes over what processes left behind that ended over a message, and begins notes of its own.
    ///
    /// # Errors
    /// What the disk said.
    pub(super) fn begin(data: &Path) -> io::Result<Self> {
        static BEGUN: AtomicU64 = AtomicU64::new(0);
        let directory = data.join("opening");
        fs::DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(&directory)?;
        let number = BEGUN.fetch_add(1, Ordering::Relaxed);
        let name = format!("{}-{number}", std::process::id());
        // Locked before it has the name by which others look for it.
        let draft = directory.join(format!("new-{name}"));
        let file = private(&draft)?;
        file.try_lock().map_err(io::Error::other)?;
        let path = directory.join(format!("{NOTE}{name}"));
        fs::rename(draft, &path)?;
        let mut opening = Self {
            directory,
            path,
            file,
            as_it_came: BTreeSet::new(),
        };
        opening.take_over()?;
        opening.read_list()?;
        Ok(opening)
    }

    /// Notes that a message is being opened by one of several workers, or that this one is done.
    pub fn note(&self, worker: usize, message: Option<MessageId>) {
        let number = message.map_or(0, MessageId::get);
        let at = worker.saturating_mul(NOTE_BYTES) as u64;
        if let Err(error) = self
            .file
            .write_all_at(format!("{number:020}\n").as_bytes(), at)
        {
            // Without room for a note the message is opened all the same.
            tracing::debug!(%error, "the message being opened could not be noted");
        }
    }

    /// Whether a message is to be shown as it came, because this version of Sterna ended or hung over it.
    #[must_use]
    pub fn is_shown_as_it_came(&self, message: MessageId) -> bool {
        self.as_it_came.contains(&message)
    }

    /// Has a message shown as it came from now on.
    pub fn show_as_it_came(&mut self, message: MessageId) {
        if !self.as_it_came.insert(message) {
            return;
        }
        let line = format!("{} {message}\n", version(), message = message.get());
        let written = private(&self.directory.join(LIST))
            .and_then(|mut list| list.write_all(line.as_bytes()));
        if let Err(error) = written {
            tracing::warn!(%error, "a message that cannot be read could not be noted");
        }
    }

    fn take_over(&mut self) -> io::Result<()> {
        for entry in fs::read_dir(&self.directory)?.flatten() {
            let path = entry.path();
            let is_note = entry.file_name().to_string_lossy().starts_with(NOTE);
            if !is_note || path == self.path {
                continue;
            }
            let Ok(mut note) = File::open(&path) else {
                continue;
            };
            if note.try_lock().is_err() {
                continue; // Its process lives.
            }
            let mut text = String::new();
            if note.read_to_string(&mut text).is_ok() {
                for message in text.lines().filter_map(number) {
                    tracing::warn!(
                        message = message.get(),
                        "Sterna ended while it opened this message; it is shown as it came"
                    );
                    self.show_as_it_came(message);
                }
            }
            fs::remove_file(path)?;
        }
        Ok(())
    }

    fn read_list(&mut self) -> io::Result<()> {
        let mut text = String::new();
        private(&self.directory.join(LIST))?
            .take(LIST_BYTES)
            .read_to_string(&mut text)?;
        let own = text.lines().filter_map(|line| line.split_once(' '));
        let own = own.filter(|(version_then, _)| *version_then == version());
        self.as_it_came.extend(own.filter_map(|(_, id)| number(id)));
        Ok(())
    }
}

impl Drop for Opening {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.path);
    }
}

/// A newer Sterna may be able to read what this one cannot.
const fn version() -> &'static str {
    env!("CARGO_PKG_VERSION")
}

fn number(text: &str) -> Option<MessageId> {
    text.parse().ok().and_then(MessageId::new)
}

fn private(path: &Path) -> io::Result<File> {
    OpenOptions::new()
        .read(true)
        .append(path.ends_with(LIST))
        .write(true)
        .create(true)
        .mode(0o600)
        .open(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(number: u64) -> MessageId {
        MessageId::new(number).unwrap()
    }

    #[test]
    fn what_a_process_leaves_behind_is_shown_as_it_came() {
        let data = tempfile::tempdir().unwrap();
        let first = Opening::begin(data.path()).unwrap();
        first.note(0, Some(id(7)));
        first.note(1, Some(id(u64::MAX)));
        first.note(2, Some(id(9)));
        first.note(2, None);
        // While it lives nobody believes that it ended.
        let second = Opening::begin(data.path()).unwrap();
        assert!(!second.is_shown_as_it_came(id(7)));
        // As a crash leaves it: the lock goes, the note stays.
        let note = fs::read(&first.path).unwrap();
        drop(first);
        fs::write(data.path().join("opening").join("opening-1-0"), note).unwrap();
        let third = Opening::begin(data.path()).unwrap();
        assert!(third.is_shown_as_it_came(id(7)) && third.is_shown_as_it_came(id(u64::MAX)));
        assert!(!third.is_shown_as_it_came(id(9)));
        drop((second, third));
        let mut fourth = Opening::begin(data.path()).unwrap();
        assert!(fourth.is_shown_as_it_came(id(7)), "for good");
        fourth.show_as_it_came(id(11));
        drop(fourth);
        assert!(
            Opening::begin(data.path())
                .unwrap()
                .is_shown_as_it_came(id(11))
        );
        assert_eq!(
            fs::read_dir(data.path().join("opening")).unwrap().count(),
            1
        );
    }

    #[test]
    fn what_another_version_could_not_read_is_tried_again() {
        let data = tempfile::tempdir().unwrap();
        fs::create_dir(data.path().join("opening")).unwrap();
        let list = format!("0.0.0 5\nnonsense\n{} 6\n{} x\n", version(), version());
        fs::write(data.path().join("opening").join(LIST), list).unwrap();
        let opening = Opening::begin(data.path()).unwrap();
        assert!(!opening.is_shown_as_it_came(id(5)));
        assert!(opening.is_shown_as_it_came(id(6)));
    }
}
