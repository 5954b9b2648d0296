//! Changes to messages in a Maildir of ours: other names, other places, removal.

use std::fs;
use std::io::{self, ErrorKind};
use std::path::PathBuf;

use crate::local::head::{self, Head};
use crate::local::maildir::{Entry, Maildir};
use crate::local::maildir_name;
use crate::local::message::{LocalError, Skipped};
use crate::mail::flag::Flags;

impl Maildir {
    /// The flags that the name of a message tells.
    #[must_use]
    pub fn flags(&self, entry: &Entry) -> Flags {
        maildir_name::flags(&entry.name, &self.keywords)
    }

    /// The beginning of a message; `None` for one that is gone or has another name by now.
    #[must_use]
    pub fn head(&self, entry: &Entry) -> Option<Result<Head, Skipped>> {
        match head::read(&self.place(entry)) {
            Ok(read) => Some(read),
            Err(error) if error.kind() == ErrorKind::NotFound => None,
            Err(error) => Some(Err(Skipped::Unreadable {
                cause: error.to_string(),
            })),
        }
    }

    /// Gives a message these flags; `None` where it is gone or has another name by now. Keywords for which there is no
    /// letter left are left out.
    ///
    /// # Errors
    /// What the system said.
    pub fn set_flags(&mut self, entry: &Entry, flags: &Flags) -> Result<Option<Entry>, LocalError> {
        self.learn(flags)?;
        let name = maildir_name::with_flags(&entry.name, flags, &self.keywords);
        let to = self.root.join("cur").join(&name);
        let renamed = self.there(fs::rename(self.place(entry), to))?;
        Ok(renamed.map(|()| Entry {
            seconds: entry.seconds,
            name,
            is_new: false,
        }))
    }

    /// Removes a message; `None` where it is gone or has another name by now. Whoever removes the last one has the disk
    /// know of it.
    ///
    /// # Errors
    /// What the system said.
    pub fn remove(&self, entry: &Entry) -> Result<Option<()>, LocalError> {
        self.there(fs::remove_file(self.place(entry)))
    }

    /// Takes a message out of another Maildir with its flags; `None` where it is not there (any more). Whoever takes the
    /// last one has the disk keep the names in both.
    ///
    /// # Errors
    /// What the system said.
    pub fn take(&mut self, from: &Self, entry: &Entry) -> Result<Option<()>, LocalError> {
        let flags = from.flags(entry);
        self.learn(&flags)?;
        let name = maildir_name::with_flags(entry.base(), &flags, &self.keywords);
        let to = self.root.join("cur").join(name);
        match fs::rename(from.place(entry), to) {
            Err(error) if error.kind() == ErrorKind::CrossesDevices => self.take_over(from, entry),
            moved => self.there(moved),
        }
    }

    /// The same between two file systems: the copy is on the disk before the original goes.
    fn take_over(&mut self, from: &Self, entry: &Entry) -> Result<Option<()>, LocalError> {
        match from.read(entry) {
            None => Ok(None),
            Some(Err(skipped)) => {
                let error = io::Error::other(skipped.to_string());
                Err(LocalError::io(&from.place(entry), &error))
            }
            Some(Ok(message)) => {
                self.deliver(entry.base(), &message)?;
                self.sync()?;
                from.remove(entry)
            }
        }
    }

    pub(super) fn place(&self, entry: &Entry) -> PathBuf {
        let directory = if entry.is_new { "new" } else { "cur" };
        self.root.join(directory).join(&entry.name)
    }

    fn there(&self, done: io::Result<()>) -> Result<Option<()>, LocalError> {
        match done {
            Ok(()) => Ok(Some(())),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(LocalError::io(&self.root, &error)),
        }
    }
}
