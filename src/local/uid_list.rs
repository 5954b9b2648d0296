//! The numbers of the messages in a Maildir: a file beside `cur` that only grows. A message keeps its number as long as its
//! file keeps its name before the flags; no number is given twice.
//!
//! ```text
//! sterna-uids 1 1772532000
//! 1 1772531000.M1P2Q3.host
//! 2 1772531001.M4P5Q6.host
//! ```
//!
//! The number behind the version is the UIDVALIDITY. Whoever adds lines holds the lock of the file; a line that a crash has
//! cut names no message, and its number stays unused.

use std::collections::HashMap;
use std::fs::{File, OpenOptions};
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

use crate::local::message::LocalError;
use crate::mail::uid::{Uid, UidValidity};

/// The name of the file.
pub const NAME: &str = "sterna-uids";
const TITLE: &str = "sterna-uids 1 ";
/// A longer list is not believed, in bytes.
const MOST_BYTES: u64 = 1 << 30;

/// The numbers of one Maildir.
#[derive(Debug)]
pub struct UidList {
    file: File,
    validity: UidValidity,
    /// The highest number that was given.
    last: u32,
    by_base: HashMap<String, Uid>,
    by_uid: HashMap<Uid, String>,
    /// Bytes that were read.
    n_read: u64,
    /// Whether they end within a line: a crash has cut it.
    is_torn: bool,
}

impl UidList {
    /// Opens the list of a Maildir, or begins one.
    ///
    /// # Errors
    /// What the system said; `Foreign` for a file of that name that is no such list.
    pub fn open(maildir: &Path) -> Result<Self, LocalError> {
        let path = maildir.join(NAME);
        let mut options = OpenOptions::new();
        options.read(true).append(true).create(true).mode(0o600);
        let file = options
            .open(&path)
            .map_err(|error| LocalError::io(&path, &error))?;
        let opened = file.lock().and_then(|()| Self::begin(&file));
        let opened = opened.and_then(|begun| file.unlock().map(|()| begun));
        let Some((validity, n_read)) = opened.map_err(|error| LocalError::io(&path, &error))?
        else {
            return Err(LocalError::foreign(&path, "this is no list of numbers"));
        };
        let mut list = Self {
            file,
            validity,
            last: 0,
            by_base: HashMap::new(),
            by_uid: HashMap::new(),
            n_read,
            is_torn: false,
        };
        let read = list.locked(Self::read_on);
        read.map_err(|error| LocalError::io(&path, &error))?;
        Ok(list)
    }

    /// The epoch of the numbers.
    #[must_use]
    pub const fn validity(&self) -> UidValidity {
        self.validity
    }

    /// The number that the next message gets.
    #[must_use]
    pub const fn next(&self) -> u32 {
        self.last.saturating_add(1)
    }

    /// The number of a message by its name before the flags; `None` where it has none yet.
    #[must_use]
    pub fn uid_of(&self, base: &str) -> Option<Uid> {
        self.by_base.get(base).copied()
    }

    /// The name of a number.
    #[must_use]
    pub fn base_of(&self, uid: Uid) -> Option<&str> {
        self.by_uid.get(&uid).map(String::as_str)
    }

    /// Gives those of these names a number that have none, in this order; on the disk before anybody sees it.
    ///
    /// # Errors
    /// What the system said.
    pub fn number<'a>(&mut self, bases: impl Iterator<Item = &'a str>) -> io::Result<()> {
        let bases: Vec<&str> = bases.filter(|base| self.uid_of(base).is_none()).collect();
        if bases.is_empty() {
            return Ok(());
        }
        self.locked(|list| {
            list.read_on()?;
            let mut text = String::new();
            for base in bases {
                // Another process may have numbered it meanwhile.
                let is_new = list.uid_of(base).is_none() && !base.contains(char::is_control);
                let Some(uid) = Uid::new(list.next()).filter(|_| is_new) else {
                    continue;
                };
                if std::mem::take(&mut list.is_torn) {
                    text.push('\n');
                }
                text.extend([uid.get().to_string().as_str(), " ", base, "\n"]);
                list.note(uid, base);
            }
            list.append(&text)
        })
    }

    fn note(&mut self, uid: Uid, base: &str) {
        self.last = self.last.max(uid.get());
        self.by_base.insert(base.to_owned(), uid);
        self.by_uid.insert(uid, base.to_owned());
    }

    fn append(&mut self, text: &str) -> io::Result<()> {
        if text.is_empty() {
            return Ok(());
        }
        self.file.write_all(text.as_bytes())?;
        self.file.sync_data()?;
        self.n_read = self.file.metadata()?.len();
        Ok(())
    }

    /// Does something while no other process may add to the list.
    fn locked<T>(&mut self, work: impl FnOnce(&mut Self) -> io::Result<T>) -> io::Result<T> {
        self.file.lock()?;
        let done = work(self);
        self.file.unlock()?;
        done
    }

    /// Reads the first line, or writes it: the epoch, and how long the line is. `None` for what is no such list.
    fn begin(mut file: &File) -> io::Result<Option<(UidValidity, u64)>> {
        if file.metadata()?.len() == 0 {
            let now = SystemTime::now().duration_since(UNIX_EPOCH);
            let now = now.map_or(1, |now| u32::try_from(now.as_secs()).unwrap_or(1));
            let line = format!("{TITLE}{now}\n");
            file.write_all(line.as_bytes())?;
            file.sync_all()?;
            return Ok(UidValidity::new(now).map(|validity| (validity, line.len() as u64)));
        }
        let mut first = vec![0; TITLE.len() + 11];
        file.seek(SeekFrom::Start(0))?;
        let n = file.read(&mut first)?;
        first.truncate(n);
        let text = String::from_utf8_lossy(&first);
        let Some((title, _)) = text.split_once('\n') else {
            return Ok(None);
        };
        let validity = title.strip_prefix(TITLE).and_then(|text| text.parse().ok());
        let n_read = title.len() as u64 + 1;
        Ok(validity
            .and_then(UidValidity::new)
            .map(|validity| (validity, n_read)))
    }

    /// Takes in what was added since.
    fn read_on(&mut self) -> io::Result<()> {
        let length = self.file.metadata()?.len().min(MOST_BYTES);
        if length <= self.n_read {
            return Ok(());
        }
        self.file.seek(SeekFrom::Start(self.n_read))?;
        let mut bytes = Vec::new();
        let mut rest = io::Read::take(&self.file, length - self.n_read);
        rest.read_to_end(&mut bytes)?;
        let text = String::from_utf8_lossy(&bytes);
        for line in text.split_inclusive('\n') {
            // A cut line counts as it stands: that is how it will be read when another follows.
            let words = line.strip_suffix('\n').unwrap_or(line).split_once(' ');
            let uid = words.and_then(|(uid, _)| Uid::new(uid.parse().ok()?));
            if let (Some(uid), Some((_, base))) = (uid, words)
                && uid.get() > self.last
            {
                self.note(uid, base);
            }
        }
        self.n_read += bytes.len() as u64;
        self.is_torn = !text.ends_with('\n');
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn number(list: &mut UidList, bases: &[&str]) {
        list.number(bases.iter().copied()).unwrap();
    }

    #[test]
    fn a_message_keeps_its_number_over_restarts_and_processes() {
        let directory = tempfile::tempdir().unwrap();
        let mut one = UidList::open(directory.path()).unwrap();
        let mut other = UidList::open(directory.path()).unwrap();
        number(&mut one, &["a", "b c", "bad\nname"]);
        number(&mut other, &["d", "b c"]);
        number(&mut one, &["d", "e"]);
        let uid = |list: &UidList, base: &str| list.uid_of(base).map(Uid::get);
        let again = UidList::open(directory.path()).unwrap();
        for list in [&one, &again] {
            let given: Vec<_> = ["a", "b c", "d", "e", "bad\nname"]
                .map(|base| uid(list, base))
                .into();
            assert_eq!(given, [Some(1), Some(2), Some(3), Some(4), None]);
            assert_eq!(list.next(), 5);
            assert_eq!(list.base_of(Uid::new(2).unwrap()), Some("b c"));
        }
        assert_eq!(one.validity(), again.validity());
    }

    #[test]
    fn a_line_that_a_crash_has_cut_costs_a_number_and_nothing_else() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join(NAME);
        std::fs::write(&path, format!("{TITLE}7\n1 a\nnonsense\n1 again\n2 b\n3 c")).unwrap();
        let mut list = UidList::open(directory.path()).unwrap();
        assert_eq!(list.validity().get(), 7);
        number(&mut list, &["d", "c"]);
        let again = UidList::open(directory.path()).unwrap();
        let given = ["a", "b", "c", "d"].map(|base| again.uid_of(base).map(Uid::get));
        assert_eq!(given[..2], [Some(1), Some(2)]);
        assert!(given[2] != given[3] && given[2].is_some() && given[3].is_some());
        for foreign in [
            "something else\n",
            "sterna-uids 1 0\n",
            "sterna-uids 2 7\n",
            "x",
        ] {
            std::fs::write(&path, foreign).unwrap();
            assert!(UidList::open(directory.path()).is_err(), "{foreign:?}");
        }
    }
}
