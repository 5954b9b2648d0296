//! One engine per account: a lock file in the data directory, held by the operating system and so free when its holder
//! dies, however it dies.

use std::fs::{File, OpenOptions, TryLockError};
use std::io;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use crate::mail::account::AccountId;

/// Holds an account's lock until dropped.
#[derive(Debug)]
pub struct Lock {
    _file: File,
}

/// Where an account's lock file lies.
#[must_use]
pub fn path(directory: &Path, account: AccountId) -> PathBuf {
    directory.join(format!("engine-{}.lock", account.get()))
}

/// Takes the lock if it is free; `None` when another process holds it.
///
/// # Errors
/// The file cannot be made or locked at all.
pub fn try_take(directory: &Path, account: AccountId) -> io::Result<Option<Lock>> {
    let file = open(&path(directory, account))?;
    match file.try_lock() {
        Ok(()) => Ok(Some(Lock { _file: file })),
        Err(TryLockError::WouldBlock) => Ok(None),
        Err(TryLockError::Error(error)) => Err(error),
    }
}

/// Waits for the lock without waking up in between.
///
/// # Errors
/// The file cannot be made or locked at all.
pub fn wait_for(directory: &Path, account: AccountId) -> io::Result<Lock> {
    let file = open(&path(directory, account))?;
    file.lock()?;
    Ok(Lock { _file: file })
}

fn open(path: &Path) -> io::Result<File> {
    OpenOptions::new()
        .create(true)
        .truncate(false)
        .write(true)
        .mode(0o600)
        .open(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_second_taker_waits_for_the_first() {
        let directory = tempfile::tempdir().unwrap();
        let account = AccountId::new(1);
        let first = try_take(directory.path(), account).unwrap().unwrap();
        assert!(try_take(directory.path(), account).unwrap().is_none());
        assert!(
            try_take(directory.path(), AccountId::new(2))
                .unwrap()
                .is_some()
        );
        drop(first);
        assert!(wait_for(directory.path(), account).is_ok());
    }
}
