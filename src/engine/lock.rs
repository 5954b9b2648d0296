//! One engine per account: a lock file in the data directory, held by the operating system and so free when its holder
//! dies, however it dies.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Read as _};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use crate::channel::event::Connection;
use crate::mail::account::AccountId;

/// Holds an account's lock until dropped.
#[derive(Debug)]
pub struct Lock {
    file: File,
}

impl Drop for Lock {
    fn drop(&mut self) {
        // Closing it is not enough: a child that is just being started has it open too, until it becomes its program.
        let _ = self.file.unlock();
    }
}

/// Where an account's lock file lies.
#[must_use]
pub fn path(directory: &Path, account: AccountId) -> PathBuf {
    directory.join(format!("engine-{}.lock", account.get()))
}

/// Where the lock file of an account's folders on this computer lies: they need no server, and so no engine.
fn path_here(directory: &Path, account: AccountId) -> PathBuf {
    directory.join(format!("local-{}.lock", account.get()))
}

/// How the engine that holds the lock fares, as it says itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// Connected and up to date.
    Online,
    /// Connected and reading, also a command that ends by itself.
    Syncing,
    /// Not connected.
    Offline {
        /// When the next connection is tried, seconds since the epoch; `None` when none is planned.
        next_attempt: Option<i64>,
    },
}

/// What `status` in another process is to say; `None` where this one does not hold the account.
#[must_use]
pub fn told(state: &Connection) -> Option<State> {
    let next_attempt = match state {
        Connection::Elsewhere => return None,
        Connection::Online => return Some(State::Online),
        Connection::Syncing { .. } | Connection::Leaving { .. } => return Some(State::Syncing),
        Connection::Offline { retry_seconds, .. } => {
            let now = SystemTime::now().duration_since(UNIX_EPOCH).ok();
            let now = now.and_then(|now| i64::try_from(now.as_secs()).ok());
            retry_seconds.and_then(|seconds| now?.checked_add_unsigned(seconds))
        }
        Connection::Connecting | Connection::OfflineByChoice => None,
    };
    Some(State::Offline { next_attempt })
}

/// Writes into the lock file how the engine of this process fares. A hint for `status`: a failure is nobody's concern.
pub fn tell(directory: &Path, account: AccountId, state: State) {
    let text = match state {
        State::Online => "online".to_owned(),
        State::Syncing => String::new(),
        State::Offline { next_attempt: None } => "offline".to_owned(),
        State::Offline {
            next_attempt: Some(at),
        } => format!("offline {at}"),
    };
    let _ = std::fs::write(path(directory, account), text);
}

/// What the holder of the lock said last; `Offline` when nobody holds it.
#[must_use]
pub fn state(directory: &Path, account: AccountId) -> State {
    let nowhere = State::Offline { next_attempt: None };
    let Ok(Some(mut file)) = existing(directory, account) else {
        return nowhere;
    };
    // Shared, so that two that ask do not take each other for an engine.
    if file.try_lock_shared().is_ok() {
        return nowhere;
    }
    let mut text = String::new();
    if file.read_to_string(&mut text).is_err() {
        return nowhere;
    }
    match text.split_once(' ').unwrap_or((&text, "")) {
        ("online", _) => State::Online,
        ("offline", at) => State::Offline {
            next_attempt: at.parse().ok(),
        },
        _ => State::Syncing,
    }
}

fn existing(directory: &Path, account: AccountId) -> io::Result<Option<File>> {
    match File::open(path(directory, account)) {
        Ok(file) => Ok(Some(file)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// Takes the lock if it is free; `None` when another process holds it.
///
/// # Errors
/// The file cannot be made or locked at all.
pub fn try_take(directory: &Path, account: AccountId) -> io::Result<Option<Lock>> {
    try_lock(&path(directory, account))
}

/// Takes the lock of an account's folders on this computer if it is free; `None` when another process holds it.
///
/// # Errors
/// The file cannot be made or locked at all.
pub fn try_take_here(directory: &Path, account: AccountId) -> io::Result<Option<Lock>> {
    try_lock(&path_here(directory, account))
}

/// Takes the lock on a file if it is free; `None` when somebody else holds it.
///
/// # Errors
/// The file cannot be made or locked at all.
pub(super) fn try_lock(path: &Path) -> io::Result<Option<Lock>> {
    let file = open(path)?;
    match file.try_lock() {
        Ok(()) => taken(file).map(Some),
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
    taken(file)
}

/// What the last holder said is no longer so.
fn taken(file: File) -> io::Result<Lock> {
    file.set_len(0)?;
    Ok(Lock { file })
}

/// Opens a lock file, which is made where there is none.
///
/// # Errors
/// It cannot be made.
pub(super) fn open(path: &Path) -> io::Result<File> {
    OpenOptions::new()
        .create(true)
        .truncate(false)
        .read(true) // A shared lock over NFS needs it.
        .write(true)
        .mode(0o600)
        .open(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_still_has_the_file_open_does_not_hold_the_lock() {
        let directory = tempfile::tempdir().unwrap();
        let account = AccountId::new(1);
        let first = try_take(directory.path(), account).unwrap().unwrap();
        // As a child has it.
        let inherited = first.file.try_clone().unwrap();
        drop(first);
        assert!(try_take(directory.path(), account).unwrap().is_some());
        drop(inherited);
    }

    #[test]
    fn the_second_taker_waits_for_the_first_and_hears_how_it_fares() {
        let directory = tempfile::tempdir().unwrap();
        let account = AccountId::new(1);
        let first = try_take(directory.path(), account).unwrap().unwrap();
        assert!(try_take(directory.path(), account).unwrap().is_none());
        assert!(
            try_take(directory.path(), AccountId::new(2))
                .unwrap()
                .is_some()
        );
        assert_eq!(state(directory.path(), account), State::Syncing);
        for said in [
            State::Online,
            State::Offline {
                next_attempt: Some(1_700_000_000),
            },
        ] {
            tell(directory.path(), account, said);
            assert_eq!(state(directory.path(), account), said);
        }
        drop(first);
        let nobody = State::Offline { next_attempt: None };
        assert_eq!(state(directory.path(), account), nobody);
        assert_eq!(state(directory.path(), AccountId::new(9)), nobody);
        assert!(wait_for(directory.path(), account).is_ok());
    }
}
