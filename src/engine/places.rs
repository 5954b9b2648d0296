//! The connections of an account to its mail server, counted over all processes: there are two places, and whoever has a
//! connection beside others has one of them, by a lock on its file. Such a lock is held by the operating system, so who
//! dies, however, is gone from his place too.
//!
//! Who wants a place that is taken stands in line for it, by a lock on a second file. Nobody takes it before him then, and
//! who has it can see that it is wanted. Places are taken in their order from the second to the first, so that no two wait
//! for each other.
//!
//! Where the disk does not take such a file, everybody has the place: better a connection too many than none.

use std::fs::TryLockError;
use std::path::{Path, PathBuf};

use crate::engine::lock::{self, Lock};
use crate::mail::account::AccountId;

/// A place of an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// Of the interactive lane. A command that holds the account, and so has it to itself, needs no lock on it.
    First,
    /// Of the bulk lane, and of what is asked beside the lanes.
    Second,
}

/// The places of an account.
#[derive(Debug, Clone)]
pub struct Places {
    directory: PathBuf,
    account: AccountId,
}

/// A place that is had until this is dropped.
#[derive(Debug)]
pub struct Seat {
    place: Place,
    _lock: Option<Lock>,
}

/// The head of the line for a place, until this is dropped.
#[derive(Debug)]
pub struct Line {
    place: Place,
    path: PathBuf,
    _lock: Option<Lock>,
}

impl Places {
    /// The places of an account, whose files lie in the data directory.
    #[must_use]
    pub fn new(directory: &Path, account: AccountId) -> Self {
        Self {
            directory: directory.to_owned(),
            account,
        }
    }

    /// Whose they are.
    #[must_use]
    pub const fn account(&self) -> AccountId {
        self.account
    }

    /// Stands at the head of the line for a place; `None` where somebody else does.
    #[must_use]
    pub fn line(&self, place: Place) -> Option<Line> {
        Some(Line {
            place,
            path: self.path(place, "lock"),
            _lock: locked(&self.path(place, "line")).ok()?,
        })
    }

    /// Takes a place that is free and that nobody waits for; else `None`.
    #[must_use]
    pub fn take(&self, place: Place) -> Option<Seat> {
        self.line(place).and_then(|line| line.take())
    }

    /// Whether somebody stands in line for a place.
    #[must_use]
    pub fn is_wanted(&self, place: Place) -> bool {
        let line = lock::open(&self.path(place, "line"));
        // Shared, so that two that look do not take each other for somebody who waits.
        line.is_ok_and(|line| matches!(line.try_lock_shared(), Err(TryLockError::WouldBlock)))
    }

    fn path(&self, place: Place, what: &str) -> PathBuf {
        let number = match place {
            Place::First => 1,
            Place::Second => 2,
        };
        let account = self.account.get();
        self.directory
            .join(format!("connection-{account}-{number}.{what}"))
    }
}

impl Line {
    /// Takes the place where it is free.
    #[must_use]
    pub fn take(&self) -> Option<Seat> {
        Some(Seat {
            place: self.place,
            _lock: locked(&self.path).ok()?,
        })
    }
}

/// Somebody else has a lock.
struct Taken;

/// The lock on a file; `None` where the disk has none to give.
fn locked(path: &Path) -> Result<Option<Lock>, Taken> {
    match lock::try_lock(path) {
        Ok(Some(lock)) => Ok(Some(lock)),
        Ok(None) => Err(Taken),
        Err(error) => {
            tracing::warn!("connections are not counted: {error}");
            Ok(None)
        }
    }
}

impl Seat {
    /// Which place it is.
    #[must_use]
    pub const fn place(&self) -> Place {
        self.place
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_waits_for_a_place_has_it_before_who_had_it() {
        let directory = tempfile::tempdir().unwrap();
        let places = Places::new(directory.path(), AccountId::new(1));
        let other = Places::new(directory.path(), AccountId::new(2));
        let seat = places.take(Place::Second).unwrap();
        assert!(places.take(Place::Second).is_none());
        assert!(places.take(Place::First).is_some());
        assert!(other.take(Place::Second).is_some());
        assert!(!places.is_wanted(Place::Second));

        let line = places.line(Place::Second).unwrap();
        assert!(places.is_wanted(Place::Second));
        assert!(!places.is_wanted(Place::First));
        assert!(line.take().is_none());
        assert!(places.line(Place::Second).is_none());
        drop(seat);
        assert!(places.take(Place::Second).is_none(), "not again");
        let seat = line.take().unwrap();
        drop(line);
        assert!(!places.is_wanted(Place::Second));
        drop(seat);
        assert!(places.take(Place::Second).is_some());
    }

    #[test]
    fn where_no_file_can_be_made_everybody_has_a_place() {
        let nowhere = Path::new("/dev/null/nowhere");
        let places = Places::new(nowhere, AccountId::new(1));
        let first = places.take(Place::First);
        assert!(first.is_some() && places.take(Place::First).is_some());
        assert!(!places.is_wanted(Place::First));
    }
}
