//! What an import has done so far, in a file of its own: so that one that was killed goes on, and adds nothing again that it
//! can tell is there.
//!
//! A line before a message is sent, another when the server has it: between the two nobody knows, and the server is asked.
//! Messages are told apart by their bytes; the second of the same bytes has the number 1.

use std::collections::{HashMap, HashSet};
use std::fs::{self, File, OpenOptions};
use std::io::{self, BufRead as _, BufReader, Read as _, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use crate::mail::uid::{Uid, UidValidity};

/// No line of the journal is longer.
const MOST_LINE: u64 = 200;

/// Tells a message of a source from all others: a number made of its bytes, and how many like it came before.
pub type Key = (u64, u32);

/// The journal of one import.
#[derive(Debug)]
pub struct ImportJournal {
    file: File,
    sent: HashSet<Key>,
    done: HashSet<Key>,
    /// How many of the same bytes came so far in this run.
    n_alike: HashMap<u64, u32>,
    /// `None` until the folder was looked at.
    epoch: Option<Epoch>,
}

/// Where what was added stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Epoch {
    validity: UidValidity,
    /// The UID from which on everything may be ours.
    first: u32,
}

impl Drop for ImportJournal {
    fn drop(&mut self) {
        // Closing it is not enough: a child that is just being started has it open too, until it becomes its program.
        let _ = self.file.unlock();
    }
}

impl ImportJournal {
    /// Opens the journal for a source and a mailbox, which it belongs to by its name; `anew` forgets what it knows.
    ///
    /// # Errors
    /// What the system said.
    pub fn open(data: &Path, mailbox: u32, source: &Path, anew: bool) -> io::Result<Self> {
        let directory = data.join("imports");
        fs::DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(&directory)?;
        let path = directory.join(name(mailbox, source));
        let mut journal = Self {
            file: OpenOptions::new()
                .create(true)
                .append(true)
                .read(true)
                .mode(0o600)
                .open(&path)?,
            sent: HashSet::new(),
            done: HashSet::new(),
            n_alike: HashMap::new(),
            epoch: None,
        };
        journal.file.try_lock()?;
        if anew {
            journal.file.set_len(0)?;
        }
        journal.read()?;
        Ok(journal)
    }

    fn read(&mut self) -> io::Result<()> {
        let file = self.file.try_clone()?;
        let mut reader = BufReader::new(&file);
        let mut line = Vec::new();
        // As far as the last whole line.
        let mut n_bytes = 0;
        let mut n_whole = 0;
        loop {
            line.clear();
            let n = (&mut reader).take(MOST_LINE).read_until(b'\n', &mut line)?;
            if n == 0 {
                break;
            }
            n_bytes += n as u64;
            if line.ends_with(b"\n") {
                n_whole = n_bytes;
            }
            // One that was torn says nothing.
            let Some(text) = std::str::from_utf8(&line)
                .ok()
                .and_then(|text| text.strip_suffix('\n'))
            else {
                continue;
            };
            match text.split_once(' ') {
                Some(("from", epoch)) => {
                    if let Some(epoch) = parse_epoch(epoch) {
                        self.enter(epoch);
                    }
                }
                Some(("sent", key)) => self.sent.extend(parse(key)),
                Some(("done", key)) => self.done.extend(parse(key)),
                _ => {}
            }
        }
        // The next line must not be glued to one that was torn.
        if n_whole < n_bytes {
            self.file.set_len(n_whole)?;
        }
        Ok(())
    }

    /// Notes in which epoch of the folder, and from which UID on, messages are added; the first note of an epoch counts.
    ///
    /// # Errors
    /// What the system said.
    pub fn begin(&mut self, validity: UidValidity, uid_next: Option<Uid>) -> io::Result<()> {
        let first = match self.epoch {
            Some(known) if known.validity == validity => return Ok(()),
            // What was added before may have any number now, and may be gone with the folder.
            Some(_) => 1,
            None => uid_next.map_or(1, Uid::get),
        };
        self.enter(Epoch { validity, first });
        let line = format!("from {} {first}\n", validity.get());
        self.file.write_all(line.as_bytes())
    }

    /// In another epoch nobody knows what the folder still has of what was added: it is looked for again.
    fn enter(&mut self, epoch: Epoch) {
        if self
            .epoch
            .is_some_and(|known| known.validity != epoch.validity)
        {
            self.sent.extend(self.done.drain());
        }
        self.epoch = Some(epoch);
    }

    /// The lowest UID that a message of this import can have.
    #[must_use]
    pub fn first(&self) -> Option<Uid> {
        self.epoch.and_then(|epoch| Uid::new(epoch.first))
    }

    /// The key of the next message of the source.
    pub fn key(&mut self, bytes: &[u8]) -> Key {
        let hash = hash(bytes);
        let n = self.n_alike.entry(hash).or_default();
        *n += 1;
        (hash, *n - 1)
    }

    /// Whether the server has it for certain.
    #[must_use]
    pub fn is_done(&self, key: Key) -> bool {
        self.done.contains(&key)
    }

    /// Whether the server may have it.
    #[must_use]
    pub fn is_doubtful(&self, key: Key) -> bool {
        self.sent.contains(&key) && !self.done.contains(&key)
    }

    /// Notes messages before they are sent, on the disk.
    ///
    /// # Errors
    /// What the system said.
    pub fn note_sent(&mut self, keys: &[Key]) -> io::Result<()> {
        self.note("sent", keys)?;
        self.sent.extend(keys);
        self.file.sync_data()
    }

    /// Notes that the server has a message.
    ///
    /// # Errors
    /// What the system said.
    pub fn note_done(&mut self, key: Key) -> io::Result<()> {
        self.note("done", &[key])?;
        self.done.insert(key);
        Ok(())
    }

    fn note(&mut self, word: &str, keys: &[Key]) -> io::Result<()> {
        let mut text = String::new();
        for (hash, n) in keys {
            text.extend([
                word,
                " ",
                &format!("{hash:016x}"),
                " ",
                &n.to_string(),
                "\n",
            ]);
        }
        self.file.write_all(text.as_bytes())
    }
}

fn parse(text: &str) -> Option<Key> {
    let (hash, n) = text.split_once(' ')?;
    Some((u64::from_str_radix(hash, 16).ok()?, n.parse().ok()?))
}

fn parse_epoch(text: &str) -> Option<Epoch> {
    let (validity, first) = text.split_once(' ')?;
    Some(Epoch {
        validity: UidValidity::new(validity.parse().ok()?)?,
        first: first.parse().ok()?,
    })
}

fn name(mailbox: u32, source: &Path) -> PathBuf {
    let source = fs::canonicalize(source).unwrap_or_else(|_| source.to_owned());
    let source = hash(source.as_os_str().as_encoded_bytes());
    PathBuf::from(format!("{mailbox}-{source:016x}"))
}

/// FNV-1a. Two messages with one number are two messages all the same: the second counts as one more.
fn hash(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_noted_is_known_again_and_a_torn_line_spoils_no_other() {
        let directory = tempfile::tempdir().unwrap();
        let open = |anew| ImportJournal::open(directory.path(), 3, Path::new("/x/mbox"), anew);
        let mut journal = open(false).unwrap();
        assert!(open(false).is_err(), "only one at a time");
        let keys = [journal.key(b"a"), journal.key(b"b"), journal.key(b"a")];
        assert_eq!((keys[0].1, keys[2].1), (0, 1));
        let epoch = |n| UidValidity::new(n).unwrap();
        journal.begin(epoch(5), Uid::new(7)).unwrap();
        journal.begin(epoch(5), Uid::new(9)).unwrap();
        journal.note_sent(&keys[..2]).unwrap();
        journal.note_done(keys[0]).unwrap();
        journal.file.write_all(b"done 00").unwrap();
        drop(journal);
        open(false).unwrap().note_sent(&keys[2..]).unwrap();
        let mut journal = open(false).unwrap();
        assert_eq!(journal.first(), Uid::new(7));
        assert_eq!(journal.key(b"a"), keys[0]);
        assert!(journal.is_done(keys[0]) && !journal.is_doubtful(keys[0]));
        assert!(!journal.is_done(keys[1]) && journal.is_doubtful(keys[1]));
        assert!(journal.is_doubtful(keys[2]));
        journal.begin(epoch(6), Uid::new(9)).unwrap();
        drop(journal);
        let journal = open(false).unwrap();
        assert_eq!(journal.first(), Uid::new(1));
        assert!(journal.is_doubtful(keys[0]) && journal.is_doubtful(keys[1]));
        drop(journal);
        let journal = open(true).unwrap();
        assert!(!journal.is_doubtful(keys[1]) && journal.first().is_none());
    }
}
