//! A folder on this computer: a Maildir whose messages have numbers. Other programs may change it at any time, so what was
//! listed is looked for again where it is not as it was.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use crate::local::head::Head;
use crate::local::maildir::{self, Entry, Maildir};
use crate::local::message::{LocalError, LocalMessage, Skipped};
use crate::local::uid_list::{self, UidList};
use crate::mail::flag::Flags;
use crate::mail::uid::{Uid, UidValidity};

/// An open folder, and what was in it at the last look.
#[derive(Debug)]
pub struct Folder {
    path: PathBuf,
    maildir: Maildir,
    uids: UidList,
    messages: BTreeMap<Uid, Entry>,
}

/// When a folder last changed, in nanoseconds since the epoch; `None` where it cannot be read. Every message that comes,
/// goes or gets other flags changes it.
#[must_use]
pub fn changed_at(path: &Path) -> Option<u64> {
    let parts = ["cur", "new", maildir::KEYWORDS];
    let times = parts.iter().filter_map(|part| {
        let modified = path.join(part).metadata().ok()?.modified().ok()?;
        u64::try_from(modified.duration_since(UNIX_EPOCH).ok()?.as_nanos()).ok()
    });
    times.max()
}

impl Folder {
    /// Opens a folder that is there; nothing is listed yet.
    ///
    /// # Errors
    /// `Foreign` for what is none; what the system said.
    pub fn open(path: &Path) -> Result<Self, LocalError> {
        Ok(Self {
            path: path.to_owned(),
            maildir: Maildir::open(path)?,
            uids: UidList::open(path)?,
            messages: BTreeMap::new(),
        })
    }

    /// The epoch of the numbers.
    #[must_use]
    pub const fn validity(&self) -> UidValidity {
        self.uids.validity()
    }

    /// The number that the next message gets.
    #[must_use]
    pub const fn uid_next(&self) -> u32 {
        self.uids.next()
    }

    /// Whether it is there now.
    ///
    /// # Errors
    /// What the system said.
    pub fn has(&mut self, uid: Uid) -> Result<bool, LocalError> {
        Ok(self.look()?.contains_key(&uid))
    }

    /// Lists the messages by their numbers; new ones get theirs, the oldest first.
    ///
    /// # Errors
    /// What the system said.
    pub fn look(&mut self) -> Result<&BTreeMap<Uid, Entry>, LocalError> {
        self.maildir = Maildir::open(&self.path)?; // The names of its keywords may have changed.
        let entries = self.maildir.entries()?;
        self.number(entries.iter().map(Entry::base))?;
        let entries = entries.into_iter();
        self.messages = entries
            .filter_map(|entry| Some((self.uids.uid_of(entry.base())?, entry)))
            .collect();
        Ok(&self.messages)
    }

    /// The messages of the last look.
    #[must_use]
    pub const fn messages(&self) -> &BTreeMap<Uid, Entry> {
        &self.messages
    }

    /// The flags of a message of the last look.
    #[must_use]
    pub fn flags(&self, entry: &Entry) -> Flags {
        self.maildir.flags(entry)
    }

    /// The beginning of a message of the last look; `None` where it is gone or has another name by now.
    #[must_use]
    pub fn head(&self, entry: &Entry) -> Option<Result<Head, Skipped>> {
        self.maildir.head(entry)
    }

    /// The number of the message of this name, where it is in the folder.
    ///
    /// # Errors
    /// What the system said.
    pub fn find(&mut self, base: &str) -> Result<Option<Uid>, LocalError> {
        self.look()?;
        Ok(self.uid_of(base))
    }

    /// The number of the message of this name, where it was in the folder at the last look.
    #[must_use]
    pub fn uid_of(&self, base: &str) -> Option<Uid> {
        let uid = self.uids.uid_of(base);
        uid.filter(|uid| self.messages.contains_key(uid))
    }

    /// A message with its flags; `None` for one that is gone.
    ///
    /// # Errors
    /// What the system said.
    pub fn read(&mut self, uid: Uid) -> Result<Option<Result<LocalMessage, Skipped>>, LocalError> {
        self.with(uid, |maildir, entry| Ok(maildir.read(entry)))
    }

    /// Changes the flags of a message; returns those that it has then, `None` for one that is gone.
    ///
    /// # Errors
    /// What the system said.
    pub fn set_flag(
        &mut self,
        uid: Uid,
        name: &str,
        on: bool,
    ) -> Result<Option<Flags>, LocalError> {
        let renamed = self.with(uid, |maildir, entry| {
            let mut flags = maildir.flags(entry);
            flags.set(name, on);
            maildir.set_flags(entry, &flags)
        })?;
        Ok(renamed.map(|entry| {
            let flags = self.maildir.flags(&entry);
            self.messages.insert(uid, entry);
            flags
        }))
    }

    /// Removes a message; false for one that is gone.
    ///
    /// # Errors
    /// What the system said.
    pub fn remove(&mut self, uid: Uid) -> Result<bool, LocalError> {
        let removed = self.with(uid, |maildir, entry| maildir.remove(entry))?;
        self.messages.remove(&uid);
        self.maildir.sync()?;
        Ok(removed.is_some())
    }

    /// Removes messages, and waits for the disk once for all of them; for each false where it was gone.
    ///
    /// # Errors
    /// What the system said about all of them.
    pub fn remove_all(
        &mut self,
        uids: &[Uid],
    ) -> Result<Vec<Result<bool, LocalError>>, LocalError> {
        let removed = self.each(uids, Maildir::remove)?;
        self.maildir.sync()?;
        let each = removed.into_iter();
        Ok(each.map(|removed| Ok(removed?.is_some())).collect())
    }

    /// Writes a message under this name, on the disk before it is seen; its number. Who may have written it before looks
    /// for it first.
    ///
    /// # Errors
    /// What the system said; nothing is left of it then.
    pub fn deliver(&mut self, base: &str, message: &LocalMessage) -> Result<Uid, LocalError> {
        self.maildir.deliver(base, message)?;
        self.maildir.sync()?;
        self.arrived(base)
    }

    /// Writes messages under these names as [`Folder::deliver`] does one, with one wait for the disk's directory and one
    /// for the numbers; the numbers in the same order.
    ///
    /// # Errors
    /// What the system said; nothing is left of any then.
    pub fn deliver_all(
        &mut self,
        messages: &[(String, LocalMessage)],
    ) -> Result<Vec<Uid>, LocalError> {
        let bases = || messages.iter().map(|(base, _)| base.as_str());
        let each = bases().zip(messages.iter().map(|(_, message)| message));
        self.maildir.deliver_all(each)?;
        self.maildir.sync()?;
        self.number(bases())?;
        bases().map(|base| self.numbered(base)).collect()
    }

    /// Takes messages out of another folder, and waits for the disk once for all of them; for each its number here, `None`
    /// where it is in neither.
    ///
    /// # Errors
    /// What the system said about all of them.
    pub fn take_all(
        &mut self,
        from: &mut Self,
        uids: &[Uid],
    ) -> Result<Vec<Result<Option<Uid>, LocalError>>, LocalError> {
        let taken = from.each(uids, |maildir, entry| self.maildir.take(maildir, entry))?;
        self.maildir.sync()?;
        from.maildir.sync()?;
        // Those that went before a crash are known by their names.
        self.look()?;
        let bases = uids.iter().map(|uid| from.uids.base_of(*uid));
        let there = bases.zip(taken).map(|(base, taken)| {
            let uid = base.and_then(|base| self.uid_of(base));
            taken.map(|_| uid)
        });
        Ok(there.collect())
    }

    fn arrived(&mut self, base: &str) -> Result<Uid, LocalError> {
        self.number(std::iter::once(base))?;
        self.numbered(base)
    }

    fn number<'a>(&mut self, bases: impl Iterator<Item = &'a str>) -> Result<(), LocalError> {
        let numbered = self.uids.number(bases);
        numbered.map_err(|error| LocalError::io(&self.path.join(uid_list::NAME), &error))
    }

    fn numbered(&self, base: &str) -> Result<Uid, LocalError> {
        let path = self.path.join(uid_list::NAME);
        let uid = self.uids.uid_of(base);
        uid.ok_or_else(|| LocalError::foreign(&path, "this name cannot be numbered"))
    }

    /// Takes messages away as they were listed, and those that were not so any more after another look; `None` for what is
    /// gone.
    fn each(
        &mut self,
        uids: &[Uid],
        mut work: impl FnMut(&Maildir, &Entry) -> Result<Option<()>, LocalError>,
    ) -> Result<Vec<Result<Option<()>, LocalError>>, LocalError> {
        let mut ends = BTreeMap::new();
        for is_second in [false, true] {
            if is_second && ends.len() < uids.len() {
                self.look()?;
            }
            for uid in uids {
                let entry = self.messages.get(uid).filter(|_| !ends.contains_key(uid));
                let end = entry.map(|entry| work(&self.maildir, entry));
                if let Some(end @ (Ok(Some(())) | Err(_))) = end {
                    ends.insert(*uid, end);
                }
            }
        }
        self.messages.retain(|uid, _| !ends.contains_key(uid));
        Ok(uids
            .iter()
            .map(|uid| ends.remove(uid).unwrap_or(Ok(None)))
            .collect())
    }

    /// Does something with a message as it was listed, and once more after another look where it was not so any more.
    fn with<T>(
        &mut self,
        uid: Uid,
        mut work: impl FnMut(&mut Maildir, &Entry) -> Result<Option<T>, LocalError>,
    ) -> Result<Option<T>, LocalError> {
        if let Some(entry) = self.messages.get(&uid).cloned()
            && let Some(done) = work(&mut self.maildir, &entry)?
        {
            return Ok(Some(done));
        }
        self.look()?;
        match self.messages.get(&uid).cloned() {
            Some(entry) => work(&mut self.maildir, &entry),
            None => Ok(None),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::local::tree::Tree;
    use std::fs;

    fn message(text: &str, flags: &[&str]) -> LocalMessage {
        LocalMessage {
            bytes: format!("Subject: {text}\r\n\r\n{text}\r\n").into_bytes(),
            flags: Flags::from_names(flags.iter().copied()),
            internal_date: Some(1_700_000_000),
        }
    }

    #[test]
    fn messages_are_delivered_once_and_keep_bytes_flags_and_numbers_on_their_way() {
        let directory = tempfile::tempdir().unwrap();
        let tree = Tree::new(directory.path().to_owned());
        let (mut one, mut other) = (tree.create("one").unwrap(), tree.create("other").unwrap());
        let first = message("first", &["\\Seen", "todo"]);
        let uid = one.deliver("1.O1M1.host", &first).unwrap();
        assert_eq!(
            one.deliver("1.O1M1.host", &first).unwrap(),
            uid,
            "a repetition"
        );
        assert_eq!(one.look().unwrap().len(), 1);
        assert_eq!(one.read(uid).unwrap().unwrap().unwrap(), first);

        let take = |other: &mut Folder, one: &mut Folder| {
            let mut taken = other.take_all(one, &[uid]).unwrap();
            assert_eq!(taken.len(), 1);
            taken.remove(0).unwrap()
        };
        let there = take(&mut other, &mut one).unwrap();
        assert_eq!(take(&mut other, &mut one), Some(there), "a repetition");
        assert_eq!(one.look().unwrap().len(), 0);
        assert_eq!(other.read(there).unwrap().unwrap().unwrap(), first);
        let flags = other.set_flag(there, "\\Flagged", true).unwrap().unwrap();
        assert_eq!(flags, Flags::from_names(["\\Seen", "\\Flagged", "todo"]));
        assert!(other.remove(there).unwrap() && !other.remove(there).unwrap());
        assert_eq!(other.set_flag(there, "\\Seen", true).unwrap(), None);
        assert!(other.uid_next() > there.get(), "no number is given twice");
    }

    #[test]
    fn what_another_program_does_meanwhile_is_found() {
        let directory = tempfile::tempdir().unwrap();
        let tree = Tree::new(directory.path().to_owned());
        let mut folder = tree.create("one").unwrap();
        let path = tree.path("one").unwrap();
        fs::write(path.join("new/1700000000.a.b"), "Subject: a\n\na\n").unwrap();
        fs::write(path.join("cur/1600000000.c.d:2,S"), "Subject: c\n\nc\n").unwrap();
        fs::write(path.join("cur/evil\nname:2,S"), "Subject: evil\n\n").unwrap();
        let uids: Vec<u32> = folder.look().unwrap().keys().map(|uid| uid.get()).collect();
        assert_eq!(uids, [1, 2]);
        let (old, new) = (Uid::new(1).unwrap(), Uid::new(2).unwrap());
        fs::rename(
            path.join("new/1700000000.a.b"),
            path.join("cur/1700000000.a.b:2,F"),
        )
        .unwrap();
        let flags = folder.set_flag(new, "\\Seen", true).unwrap();
        assert_eq!(flags, Some(Flags::from_names(["\\Seen", "\\Flagged"])));
        assert!(path.join("cur/1700000000.a.b:2,FS").is_file());
        fs::remove_file(path.join("cur/1600000000.c.d:2,S")).unwrap();
        assert_eq!(folder.read(old).unwrap(), None);
        assert_eq!(folder.messages().len(), 1);
    }
}
