//! What is being taken apart, noted on the disk by a number: a process that ends over it leaves the note behind, and the
//! next one leaves that thing as it came.
//!
//! Plain files in the data directory, because they must be there when nothing else works: one for each user of them,
//! locked while it lives, and the list of what is not to be taken apart again by this version of Sterna. A note outlives
//! the process, not the power: writing one costs no flush.

use std::collections::BTreeSet;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, FileExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

/// The list of what is left as it came, one number a line, each behind the version that could not read it.
const LIST: &str = "shown-as-they-came";
/// What the names of the notes begin with.
const NOTE: &str = "opening-";
/// Bytes of one note: a number of 20 digits and a line feed.
const NOTE_BYTES: usize = 21;
/// The list is never read any further.
const LIST_BYTES: u64 = 1 << 20;

/// Notes in one directory.
#[derive(Debug)]
pub(super) struct Notes {
    directory: PathBuf,
    path: PathBuf,
    file: File,
    as_it_came: BTreeSet<u64>,
}

impl Notes {
    /// Takes over what processes left behind that ended over something, and begins notes of its own.
    pub(super) fn begin(directory: PathBuf) -> io::Result<Self> {
        static BEGUN: AtomicU64 = AtomicU64::new(0);
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
        let mut notes = Self {
            directory,
            path,
            file,
            as_it_came: BTreeSet::new(),
        };
        notes.take_over()?;
        notes.read_list()?;
        Ok(notes)
    }

    /// Notes what one of several workers takes apart; 0 when it is done.
    pub(super) fn note(&self, worker: usize, number: u64) {
        let at = worker.saturating_mul(NOTE_BYTES) as u64;
        if let Err(error) = self
            .file
            .write_all_at(format!("{number:020}\n").as_bytes(), at)
        {
            // Without room for a note it is taken apart all the same.
            tracing::debug!(%error, "what is being taken apart could not be noted");
        }
    }

    /// Whether something is to be left as it came, because this version of Sterna ended or hung over it.
    pub(super) fn is_left(&self, number: u64) -> bool {
        self.as_it_came.contains(&number)
    }

    /// Has something left as it came from now on.
    pub(super) fn leave(&mut self, number: u64) {
        if !self.as_it_came.insert(number) {
            return;
        }
        let line = format!("{} {number}\n", version());
        let written = private(&self.directory.join(LIST))
            .and_then(|mut list| list.write_all(line.as_bytes()));
        if let Err(error) = written {
            tracing::warn!(%error, "what cannot be read could not be noted");
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
                for number in text.lines().filter_map(number) {
                    tracing::warn!(
                        number,
                        "Sterna ended while it took this message apart; it is left as it came"
                    );
                    self.leave(number);
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

impl Drop for Notes {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.path);
    }
}

/// A newer Sterna may be able to read what this one cannot.
const fn version() -> &'static str {
    env!("CARGO_PKG_VERSION")
}

fn number(text: &str) -> Option<u64> {
    text.parse().ok().filter(|number| *number > 0)
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

    fn begin(data: &tempfile::TempDir) -> Notes {
        Notes::begin(data.path().join("opening")).unwrap()
    }

    #[test]
    fn what_a_process_leaves_behind_is_left() {
        let data = tempfile::tempdir().unwrap();
        let first = begin(&data);
        first.note(0, 7);
        first.note(1, u64::MAX);
        first.note(2, 9);
        first.note(2, 0);
        // While it lives nobody believes that it ended.
        let second = begin(&data);
        assert!(!second.is_left(7));
        // As a crash leaves it: the lock goes, the note stays.
        let note = fs::read(&first.path).unwrap();
        drop(first);
        fs::write(data.path().join("opening").join("opening-1-0"), note).unwrap();
        let third = begin(&data);
        assert!(third.is_left(7) && third.is_left(u64::MAX));
        assert!(!third.is_left(9));
        drop((second, third));
        let mut fourth = begin(&data);
        assert!(fourth.is_left(7), "for good");
        fourth.leave(11);
        drop(fourth);
        assert!(begin(&data).is_left(11));
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
        let notes = begin(&data);
        assert!(!notes.is_left(5));
        assert!(notes.is_left(6));
    }
}
