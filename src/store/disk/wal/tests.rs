//! Logs that were damaged, cut or lost, and those to which nothing happened.

use std::fs;
use std::path::PathBuf;

use rusqlite::Connection;
use tempfile::TempDir;

use super::*;

const FRAME_BYTES: usize = 24 + 4_096;

/// A database at work, as another process has it.
struct Place {
    directory: TempDir,
    db: Connection,
}

/// What a kill leaves behind.
struct Left(TempDir);

impl Place {
    fn new() -> Self {
        let directory = TempDir::new().unwrap();
        let db = Connection::open(directory.path().join("state.db")).unwrap();
        let _: String = db
            .query_row("PRAGMA journal_mode = WAL", [], |row| row.get(0))
            .unwrap();
        db.execute_batch("CREATE TABLE t (a BLOB) STRICT").unwrap();
        let place = Self { directory, db };
        for _ in 0..5 {
            place.commit();
        }
        place
    }

    fn commit(&self) {
        let sql = "INSERT INTO t VALUES (randomblob(3000))";
        assert_eq!(self.db.execute(sql, []), Ok(1));
    }

    fn carry_over(&self, how: &str) {
        let pragma = format!("PRAGMA wal_checkpoint({how})");
        let is_busy: bool = self.db.query_row(&pragma, [], |row| row.get(0)).unwrap();
        assert!(!is_busy);
    }

    fn killed(&self) -> Left {
        let left = Left(TempDir::new().unwrap());
        for suffix in ["", "-wal", "-shm"] {
            let name = format!("state.db{suffix}");
            fs::copy(self.directory.path().join(name), left.path(suffix)).unwrap();
        }
        left
    }
}

impl Left {
    fn path(&self, suffix: &str) -> PathBuf {
        self.0.path().join(format!("state.db{suffix}"))
    }

    fn lacks(&self) -> bool {
        lacks_commits(&self.path(""))
    }

    /// Has one of the files changed.
    fn with(self, suffix: &str, change: impl FnOnce(&mut Vec<u8>)) -> Self {
        let mut bytes = fs::read(self.path(suffix)).unwrap();
        change(&mut bytes);
        fs::write(self.path(suffix), bytes).unwrap();
        self
    }

    fn without(self, suffix: &str) -> Self {
        fs::remove_file(self.path(suffix)).unwrap();
        self
    }

    /// How many rows `SQLite` finds.
    fn n_rows(&self) -> u32 {
        let db = Connection::open(self.path("")).unwrap();
        db.query_row("SELECT count(*) FROM t", [], |row| row.get(0))
            .unwrap()
    }
}

#[test]
fn what_a_kill_leaves_lacks_nothing() {
    let place = Place::new();
    assert!(!place.killed().lacks());
    assert_eq!(place.killed().n_rows(), 5);
    // A rest behind the last commit is a write that was cut short.
    let rest = |log: &mut Vec<u8>| {
        let last = log[log.len() - FRAME_BYTES..].to_vec();
        log.extend_from_slice(&last);
        log.extend_from_slice(&last[..100]);
    };
    let left = place.killed().with("-wal", rest);
    assert!(!left.lacks());
    assert_eq!(left.n_rows(), 5);
    let closed = Place::new();
    let path = closed.directory.path().join("state.db");
    closed.db.close().unwrap();
    assert!(!lacks_commits(&path));
}

#[test]
fn commits_that_a_log_has_lost_are_missed() {
    let place = Place::new();
    let n_bytes = fs::metadata(place.killed().path("-wal")).unwrap().len();
    let n_bytes = usize::try_from(n_bytes).unwrap();
    for at in (0..n_bytes).step_by(1_003) {
        let flipped = place.killed().with("-wal", |log| log[at] ^= 0x10);
        assert!(flipped.lacks(), "a bit at {at}");
        let cut = place.killed().with("-wal", |log| log.truncate(at));
        assert!(cut.lacks(), "cut at {at}");
    }
    let last = place
        .killed()
        .with("-wal", |log| log.truncate(log.len() - FRAME_BYTES));
    assert!(last.lacks());
    assert!(last.n_rows() < 5);
    assert!(place.killed().without("-wal").lacks());
    // Opened once, it is as it is from then on.
    assert!(!last.lacks());
}

#[test]
fn an_older_index_misses_nothing_and_none_neither() {
    let place = Place::new();
    let before = place.killed();
    let older = |left: Left| {
        fs::copy(before.path("-shm"), left.path("-shm")).unwrap();
        left
    };
    place.commit();
    let left = older(place.killed());
    assert!(!left.lacks());
    // What was written last never reached the disk.
    let left = older(place.killed()).with("-wal", |log| log.truncate(log.len() - FRAME_BYTES));
    assert!(!left.lacks());
    // The log has begun anew since.
    place.carry_over("RESTART");
    place.commit();
    assert!(!older(place.killed()).lacks());
    assert!(!place.killed().without("-shm").without("-wal").lacks());
    let torn = place.killed().with("-shm", |index| index[17] ^= 1);
    assert!(!torn.with("-wal", |log| log.truncate(1_000)).lacks());
}

#[test]
fn a_log_that_was_carried_over_can_be_lost() {
    let place = Place::new();
    place.carry_over("PASSIVE");
    let left = place.killed().without("-wal");
    assert!(!left.lacks());
    assert_eq!(left.n_rows(), 5);
    place.carry_over("TRUNCATE");
    assert!(!place.killed().lacks());
}

#[test]
fn an_older_log_under_a_later_index_is_missed() {
    let place = Place::new();
    let before = place.killed();
    place.carry_over("RESTART");
    place.commit();
    let left = place.killed();
    fs::copy(before.path("-wal"), left.path("-wal")).unwrap();
    assert!(left.lacks());
}
