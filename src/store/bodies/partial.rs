//! Parts on their way: what has come so far of a large one, in a file. It is kept over a cancel, a cut connection and the
//! end of the program, so that the rest can follow later.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use crate::channel::error::StoreError;
use crate::mail::account::AccountId;
use crate::mail::message_id::MessageId;
use crate::mail::part::PartPath;
use crate::store::disk::sql::Doing;

/// One that nobody went on with for so long goes.
const STALE: Duration = Duration::from_hours(7 * 24);

/// The bytes that have come of a part, from its beginning on and without holes.
#[derive(Debug)]
pub struct Partial {
    file: File,
    path: PathBuf,
    length: u64,
}

impl Partial {
    /// Opens what there is of a part, cut to whole blocks: the end of a file may not have reached the disk. `kind` tells
    /// forms of the same part apart; an empty `part` is the whole message.
    pub(in crate::store) fn open(
        directory: &Path,
        account: AccountId,
        message: MessageId,
        part: &PartPath,
        kind: &str,
        block: u64,
    ) -> Result<Self, StoreError> {
        remove_stale(directory);
        let name = format!("{}-{}-{part}.{kind}", account.get(), message.get());
        let path = directory.join(name);
        let file = OpenOptions::new()
            .create(true)
            .truncate(false)
            .read(true)
            .write(true)
            .mode(0o600)
            .open(&path)
            .doing("open a partial file")?;
        let found = file.metadata().doing("open a partial file")?.len();
        let mut partial = Self {
            file,
            path,
            length: 0,
        };
        partial.cut(found - found % block.max(1))?;
        Ok(partial)
    }

    /// How many bytes are here.
    #[must_use]
    pub const fn length(&self) -> u64 {
        self.length
    }

    /// Adds the bytes that come next, and waits until they are on the disk.
    ///
    /// # Errors
    /// What the disk said.
    pub fn append(&mut self, bytes: &mut dyn Read) -> Result<(), StoreError> {
        let n = io::copy(bytes, &mut self.file).doing("write a partial file")?;
        self.file.sync_data().doing("write a partial file")?;
        self.length = self.length.saturating_add(n);
        Ok(())
    }

    /// Forgets what is here.
    ///
    /// # Errors
    /// What the disk said.
    pub fn restart(&mut self) -> Result<(), StoreError> {
        self.cut(0)
    }

    fn cut(&mut self, length: u64) -> Result<(), StoreError> {
        self.length = length;
        self.file
            .set_len(length)
            .and_then(|()| self.file.seek(SeekFrom::Start(length)))
            .map(|_| ())
            .doing("cut a partial file")
    }

    /// The bytes from the beginning on, to be read.
    ///
    /// # Errors
    /// What the disk said.
    pub fn source(&mut self) -> Result<&mut File, StoreError> {
        self.file
            .seek(SeekFrom::Start(0))
            .doing("read a partial file")?;
        Ok(&mut self.file)
    }

    /// Removes the file: its bytes are kept elsewhere now.
    pub fn remove(self) {
        if let Err(error) = fs::remove_file(&self.path) {
            tracing::warn!(%error, "a partial file could not be removed");
        }
    }
}

/// Best effort: what cannot be removed now is tried again with the next part.
fn remove_stale(directory: &Path) {
    for entry in fs::read_dir(directory).into_iter().flatten().flatten() {
        let modified = entry.metadata().and_then(|about| about.modified()).ok();
        let age = modified.and_then(|at| SystemTime::now().duration_since(at).ok());
        if age.is_some_and(|age| age > STALE) {
            let _ = fs::remove_file(entry.path());
        }
    }
}

/// Removes all partial files of an account.
pub(in crate::store) fn purge(directory: &Path, account: AccountId) -> Result<(), StoreError> {
    let own = format!("{}-", account.get());
    let entries = fs::read_dir(directory).doing("look for partial files")?;
    for entry in entries.flatten() {
        if entry.file_name().to_string_lossy().starts_with(&own) {
            fs::remove_file(entry.path()).doing("remove a partial file")?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_came_is_there_again_as_far_as_whole_blocks_go() {
        let directory = tempfile::tempdir().unwrap();
        let message = MessageId::new(7).unwrap();
        let open = |account: u32, kind: &str| {
            let account = AccountId::new(account);
            let part = PartPath::new(vec![2]);
            Partial::open(directory.path(), account, message, &part, kind, 4).unwrap()
        };
        let mut partial = open(1, "body");
        partial.append(&mut &b"0123"[..]).unwrap();
        partial.append(&mut &b"45"[..]).unwrap();
        assert_eq!(partial.length(), 6);
        drop(partial);
        assert_eq!(open(1, "binary").length(), 0, "another form");
        let mut partial = open(1, "body");
        assert_eq!(partial.length(), 4);
        partial.append(&mut &b"abcd"[..]).unwrap();
        let bytes = io::read_to_string(partial.source().unwrap()).unwrap();
        assert_eq!(bytes, "0123abcd");
        partial.restart().unwrap();
        assert_eq!(partial.length(), 0);
        let other = open(2, "body");
        purge(directory.path(), AccountId::new(1)).unwrap();
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 1);
        other.remove();
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 0);
    }
}
