//! Small helpers around `rusqlite`: errors with the name of what was being done, and integer conversions that never
//! wrap. No statement lives here.

use rusqlite::{Connection, ErrorCode};

use crate::channel::error::StoreError;

/// Says what was being done when `SQLite` failed.
pub(in crate::store) trait Doing<T> {
    /// Turns an error of `SQLite` into ours; `what` names the statement.
    fn doing(self, what: &'static str) -> Result<T, StoreError>;
}

impl<T> Doing<T> for rusqlite::Result<T> {
    fn doing(self, what: &'static str) -> Result<T, StoreError> {
        self.map_err(|error| flatten(what, &error))
    }
}

impl<T> Doing<T> for std::io::Result<T> {
    fn doing(self, what: &'static str) -> Result<T, StoreError> {
        use std::io::ErrorKind::{FileTooLarge, QuotaExceeded, StorageFull};

        self.map_err(|error| {
            let cause = format!("{what}: {error}");
            match error.kind() {
                StorageFull | QuotaExceeded | FileTooLarge => StoreError::Full { cause },
                _ => StoreError::Io { cause },
            }
        })
    }
}

fn flatten(what: &'static str, error: &rusqlite::Error) -> StoreError {
    let cause = format!("{what}: {error}");
    match error {
        rusqlite::Error::SqliteFailure(failure, _)
            if matches!(
                failure.code,
                ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase
            ) =>
        {
            StoreError::Corrupt { cause }
        }
        // So the index complains of its own tables, with the code of any other error.
        rusqlite::Error::SqliteFailure(_, Some(text))
            if text.starts_with("invalid fts5 file format") =>
        {
            StoreError::Corrupt { cause }
        }
        rusqlite::Error::SqliteFailure(failure, _) if failure.code == ErrorCode::DiskFull => {
            StoreError::Full { cause }
        }
        // Values of another type than the schema says, or texts that are not UTF-8, can only come from a damaged page.
        rusqlite::Error::FromSqlConversionFailure(..)
        | rusqlite::Error::InvalidColumnType(..)
        | rusqlite::Error::IntegralValueOutOfRange(..)
        | rusqlite::Error::Utf8Error(..)
        // The schema is compared at the start: what a statement names can only be missing since then.
        | rusqlite::Error::SqlInputError { .. } => StoreError::Corrupt { cause },
        _ => StoreError::Io { cause },
    }
}

/// Runs a statement without parameters through the cache of prepared statements.
pub(in crate::store) fn run(
    db: &Connection,
    sql: &str,
    what: &'static str,
) -> Result<(), StoreError> {
    db.prepare_cached(sql)
        .and_then(|mut statement| statement.execute([]))
        .map(|_| ())
        .doing(what)
}

/// Runs `work`, of which no commit waits for the disk: it outlives the process at once, and the power from the next commit
/// on that waits. For `state.db`, whose commits wait.
pub(in crate::store) fn without_waiting<T>(
    db: &Connection,
    work: impl FnOnce() -> Result<T, StoreError>,
) -> Result<T, StoreError> {
    let wait = |level: &str| {
        db.pragma_update(None, "synchronous", level)
            .doing("set the durability")
    };
    wait("NORMAL")?;
    let done = work();
    wait("FULL")?;
    done
}

/// Runs `work` in a write transaction of its own; an error rolls it back.
pub(in crate::store) fn transaction<T>(
    db: &Connection,
    work: impl FnOnce(&Connection) -> Result<T, StoreError>,
) -> Result<T, StoreError> {
    run(db, "BEGIN IMMEDIATE", "begin")?;
    match work(db).and_then(|value| run(db, "COMMIT", "commit").map(|()| value)) {
        Ok(value) => Ok(value),
        Err(error) => {
            // SQLite may have rolled back by itself; then this says so, and nothing is lost by not listening.
            let _ = run(db, "ROLLBACK", "roll back");
            Err(error)
        }
    }
}

/// Runs work inside a transaction of the caller that may fail without spoiling the rest: then nothing of it stays, and
/// that is logged.
pub(in crate::store) fn attempt_within<T>(
    db: &Connection,
    work: impl FnOnce() -> Result<Option<T>, StoreError>,
) -> Result<Option<T>, StoreError> {
    run(db, "SAVEPOINT attempt", "begin")?;
    let done = work().unwrap_or_else(|error| {
        tracing::warn!("left out: {error}");
        None
    });
    if done.is_none() {
        run(db, "ROLLBACK TO attempt", "roll back")?;
    }
    run(db, "RELEASE attempt", "commit")?;
    Ok(done)
}

/// A count or size for `SQLite`; what does not fit is clamped.
pub(in crate::store) fn signed(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

/// A count or size from `SQLite`; what is negative counts as zero.
pub(in crate::store) fn unsigned(value: i64) -> u64 {
    u64::try_from(value).unwrap_or(0)
}

/// A 32-bit number from `SQLite`; what does not fit counts as zero.
pub(in crate::store) fn small(value: i64) -> u32 {
    u32::try_from(value).unwrap_or(0)
}

/// Seconds since the epoch, for columns that people read; nothing is ever ordered by it.
pub(in crate::store) fn now() -> i64 {
    std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .map_or(0, |passed| signed(passed.as_secs()))
}

/// FNV-1a over 64 bits with a final mix: for the hash table of threads and to notice damaged bytes, not against an
/// adversary, who gains nothing by a collision in either.
pub(in crate::store) fn hash(pieces: &[&[u8]]) -> i64 {
    let mut hash = Hash::new();
    for piece in pieces {
        hash.add(piece);
    }
    hash.finish()
}

/// The same hash over bytes that come one after the other.
pub(in crate::store) struct Hash(u64);

impl Hash {
    pub(in crate::store) const fn new() -> Self {
        Self(0xcbf2_9ce4_8422_2325)
    }

    pub(in crate::store) fn add(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3);
        }
    }

    pub(in crate::store) const fn finish(self) -> i64 {
        let state = self.0 ^ (self.0 >> 32);
        state.wrapping_mul(0x9e37_79b9_7f4a_7c15).cast_signed()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_damaged_index_is_damage() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("index.db");
        let db = Connection::open(&file).unwrap();
        let make = "CREATE VIRTUAL TABLE words USING fts5 (text);
                    INSERT INTO words VALUES ('word');
                    DELETE FROM words_config WHERE k = 'version'";
        db.execute_batch(make).unwrap();
        drop(db);
        let db = Connection::open(&file).unwrap();
        let found = db.query_row(
            "SELECT text FROM words WHERE words MATCH 'word'",
            [],
            |_| Ok(()),
        );
        let error = found.doing("search").unwrap_err();
        assert!(matches!(error, StoreError::Corrupt { .. }), "{error:?}");
    }

    #[test]
    fn a_full_disk_is_told_from_other_failures() {
        let db = Connection::open_in_memory().unwrap();
        // SQLite's own limit is answered as a disk without room is.
        db.pragma_update(None, "max_page_count", 8).unwrap();
        db.execute_batch("CREATE TABLE filler (bytes BLOB)")
            .unwrap();
        let fill = || {
            transaction(&db, |db| {
                run(db, "INSERT INTO filler VALUES (zeroblob(4000))", "fill")
            })
        };
        let error = (0..20).find_map(|_| fill().err()).unwrap();
        assert!(matches!(error, StoreError::Full { .. }), "{error:?}");
        run(&db, "DELETE FROM filler", "make room").unwrap();
        fill().unwrap();
    }
}
