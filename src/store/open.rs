//! Opens both databases: refuses what is newer, migrates what is older, replaces a damaged cache, and sets every
//! connection up the same way. Knows the files and the schema, not what is in the tables.

use std::fs;
use std::hash::{BuildHasher, RandomState};
use std::path::Path;
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};

use crate::channel::error::StoreError;
use crate::store::files::{self, Files, Header};
use crate::store::schema::{self, CACHE, STATE};
use crate::store::sql::{Doing, now, transaction};

/// The first `SQLite` without the WAL-reset defect, which could corrupt a database (SAFETY §0.8).
const SQLITE_FLOOR: i32 = 3_051_003;

/// How long a process waits for another one's write before it gives up.
const BUSY: Duration = Duration::from_secs(20);

/// Pages in the log before they are carried over into the cache: enough that pages which change again and again
/// (index leaves) are carried once, not ten times, and a first sync is held up by few flushes. What is left in it when
/// the chores are done is carried over then.
const CACHE_CHECKPOINT_PAGES: i64 = 16_000;

/// Refuses a `SQLite` with a known way to corrupt the files.
pub(super) fn check_sqlite() -> Result<(), StoreError> {
    if rusqlite::version_number() >= SQLITE_FLOOR {
        return Ok(());
    }
    Err(StoreError::Io {
        cause: format!(
            "SQLite {} can corrupt its files; 3.51.3 or newer is needed",
            rusqlite::version()
        ),
    })
}

/// Opens `state.db` for writing; a new one is made as a whole and then put in place, so that an empty file is never
/// mistaken for a new store.
pub(super) fn state(path: &Path) -> Result<Connection, StoreError> {
    match files::header(path)? {
        Header::Missing => create_state(path)?,
        Header::Database { version } => STATE.refuse_newer(version)?,
        Header::Empty | Header::Damaged => {
            return Err(StoreError::Corrupt {
                cause: format!("{} is no database any more", path.display()),
            });
        }
    }
    files::restrict(path, 0o600)?;
    let db = connect(path)?;
    STATE.refuse_newer(schema::version(&db)?)?;
    settle(&db, "FULL", 1_000, -512)?;
    let verdict: String = db
        .query_row("PRAGMA quick_check(1)", [], |row| row.get(0))
        .doing("check state.db")?;
    if verdict != "ok" {
        return Err(StoreError::Corrupt {
            cause: format!("{}: {verdict}", path.display()),
        });
    }
    STATE.migrate(&db)?;
    checkpoint_on_close(&db, true)?;
    Ok(db)
}

fn create_state(path: &Path) -> Result<(), StoreError> {
    let draft = files::with_suffix(path, &format!(".new-{}", std::process::id()));
    if draft.exists() {
        fs::remove_file(&draft).doing("remove an unfinished state.db")?;
    }
    files::create_private(&draft)?;
    let db = Connection::open_with_flags(&draft, write_flags()).doing("make state.db")?;
    STATE.migrate(&db)?;
    let identity = RandomState::new().hash_one(now()).cast_signed() | 1;
    db.execute(
        "INSERT INTO identity (id, value) VALUES (1, ?1)",
        [identity],
    )
    .doing("name state.db")?;
    db.close()
        .map_err(|(_, error)| error)
        .doing("finish state.db")?;
    // Another process may have been faster: then its file stands.
    match fs::hard_link(&draft, path) {
        Err(error) if error.kind() != std::io::ErrorKind::AlreadyExists => {
            return Err(error).doing("put state.db in place");
        }
        _ => fs::remove_file(&draft).doing("remove the draft of state.db")?,
    }
    path.parent().map_or(Ok(()), files::sync_directory)
}

/// The random number that ties a cache to this `state.db`.
pub(super) fn identity(state: &Connection) -> Result<i64, StoreError> {
    state
        .query_row("SELECT value FROM identity WHERE id = 1", [], |row| {
            row.get(0)
        })
        .doing("read the name of state.db")
}

/// Opens `cache.db` for writing; a damaged or foreign one is moved aside and an empty one made.
pub(super) fn cache(files: &Files, identity: i64) -> Result<Connection, StoreError> {
    if !files.is_marked_damaged() {
        match try_cache(files, identity) {
            Err(StoreError::Corrupt { cause }) => {
                tracing::warn!(%cause, "the cache is damaged and starts anew");
            }
            opened => return opened,
        }
    } else if let Header::Database { version } = files::header(&files.cache)? {
        CACHE.refuse_newer(version)?;
    }
    files.quarantine()?;
    try_cache(files, identity)
}

fn try_cache(files: &Files, identity: i64) -> Result<Connection, StoreError> {
    match files::header(&files.cache)? {
        Header::Missing | Header::Empty => {
            // A log without its database belongs to something that is gone.
            for suffix in ["-wal", "-shm"] {
                let stray = files::with_suffix(&files.cache, suffix);
                if stray.exists() {
                    fs::remove_file(stray).doing("remove a stray log")?;
                }
            }
        }
        Header::Database { version } => CACHE.refuse_newer(version)?,
        Header::Damaged => return Err(damaged("the header of cache.db")),
    }
    files::create_private(&files.cache)?;
    let db = connect(&files.cache)?;
    let found = schema::version(&db)?;
    CACHE.refuse_newer(found)?;
    let n_objects: i64 = db
        .query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))
        .doing("read the schema of cache.db")?;
    if found == 0 && n_objects > 0 {
        return Err(damaged("cache.db has tables but no version"));
    }
    settle(&db, "NORMAL", CACHE_CHECKPOINT_PAGES, -4_096)?;
    CACHE.migrate(&db)?;
    adopt(&db, identity)?;
    checkpoint_on_close(&db, true)?;
    Ok(db)
}

/// Ties an empty cache to its `state.db`, or refuses one that was made with another.
fn adopt(db: &Connection, identity: i64) -> Result<(), StoreError> {
    let found = transaction(db, |db| {
        db.execute(
            "UPDATE projection SET identity = ?1 WHERE id = 1 AND identity = 0",
            [identity],
        )
        .doing("name the cache")?;
        db.query_row("SELECT identity FROM projection WHERE id = 1", [], |row| {
            row.get::<_, i64>(0)
        })
        .doing("read the name of the cache")
    })?;
    if found == identity {
        return Ok(());
    }
    Err(damaged("cache.db was made with another state.db"))
}

/// Opens one of the two for reading only.
pub(super) fn reader(path: &Path) -> Result<Connection, StoreError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let db = Connection::open_with_flags(path, flags).doing("open for reading")?;
    harden(&db)?;
    db.pragma_update(None, "cache_size", -1_024)
        .doing("limit the memory of a reader")?;
    Ok(db)
}

fn write_flags() -> OpenFlags {
    OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX
}

fn connect(path: &Path) -> Result<Connection, StoreError> {
    let db = Connection::open_with_flags(path, write_flags()).doing("open the database")?;
    harden(&db)?;
    // Until the version is known to be ours, not even closing may change the file.
    checkpoint_on_close(&db, false)?;
    Ok(db)
}

fn checkpoint_on_close(db: &Connection, on: bool) -> Result<(), StoreError> {
    db.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, !on)
        .map(|_| ())
        .doing("configure the database")
}

fn harden(db: &Connection) -> Result<(), StoreError> {
    for (setting, on) in [
        (DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true),
        (DbConfig::SQLITE_DBCONFIG_TRUSTED_SCHEMA, false),
        (DbConfig::SQLITE_DBCONFIG_ENABLE_TRIGGER, false),
        (DbConfig::SQLITE_DBCONFIG_ENABLE_VIEW, false),
    ] {
        db.set_db_config(setting, on)
            .map(|_| ())
            .doing("harden the database")?;
    }
    db.busy_timeout(BUSY).doing("set the busy timeout")?;
    db.pragma_update(None, "cell_size_check", true)
        .doing("harden the database")?;
    db.pragma_update(None, "temp_store", "MEMORY")
        .doing("keep temporary tables off the disk")?;
    db.set_prepared_statement_cache_capacity(96);
    Ok(())
}

fn settle(
    db: &Connection,
    synchronous: &str,
    checkpoint_pages: i64,
    cache_size: i64,
) -> Result<(), StoreError> {
    let mode: String = db
        .query_row("PRAGMA journal_mode = WAL", [], |row| row.get(0))
        .doing("switch to write-ahead logging")?;
    if !mode.eq_ignore_ascii_case("wal") {
        return Err(StoreError::Io {
            cause: format!("this file system cannot keep a write-ahead log ({mode})"),
        });
    }
    db.pragma_update(None, "synchronous", synchronous)
        .doing("set the durability")?;
    db.pragma_update(None, "cache_size", cache_size)
        .doing("limit the memory")?;
    db.query_row(
        &format!("PRAGMA wal_autocheckpoint = {checkpoint_pages}"),
        [],
        |_| Ok(()),
    )
    .doing("set the checkpoint")?;
    db.query_row("PRAGMA journal_size_limit = 33554432", [], |_| Ok(()))
        .doing("limit the log")
}

fn damaged(what: &str) -> StoreError {
    StoreError::Corrupt {
        cause: what.to_owned(),
    }
}

/// Refuses files of a newer Sterna before anything is touched, so that one of them never opens without the other.
pub(super) fn refuse_newer(files: &Files) -> Result<(), StoreError> {
    for (path, schema) in [(&files.state, STATE), (&files.cache, CACHE)] {
        if let Header::Database { version } = files::header(path)? {
            schema.refuse_newer(version)?;
        }
    }
    Ok(())
}
