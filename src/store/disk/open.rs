//! Opens both databases: refuses what is newer, migrates what is older, replaces a damaged cache, and sets every
//! connection up the same way. Knows the files and the schema, not what is in the tables.

mod fitting;

use std::fs;
use std::hash::{BuildHasher, RandomState};
use std::path::Path;
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};

use crate::channel::damage::Replaced;
use crate::channel::error::StoreError;
use crate::mail::safe_text::SafeText;
use crate::store::accounts::Registered;
use crate::store::disk::files::{self, Files, Header};
use crate::store::disk::open::fitting::{adopt, lacks_mailboxes};
use crate::store::disk::schema::{self, CACHE, STATE};
use crate::store::disk::sql::{Doing, now};

/// The first `SQLite` without the WAL-reset defect, which could corrupt a database.
const SQLITE_FLOOR: i32 = 3_051_003;

/// How long a process waits for another one's write before it gives up.
pub(in crate::store) const BUSY: Duration = Duration::from_secs(20);

/// Pages in the log before they are carried over into the cache, 131 MB: enough that pages which change again and again
/// (index leaves) are carried once, not ten times, and a first sync is held up by few flushes: one of half as many took
/// a tenth of the time of 100,000 headers. What is left in it when
/// the chores are done is carried over then.
const CACHE_CHECKPOINT_PAGES: i64 = 32_000;

/// Refuses a `SQLite` with a known way to corrupt the files.
pub(in crate::store) fn check_sqlite() -> Result<(), StoreError> {
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
/// mistaken for a new store. One that is as an orderly end left it is not read as a whole.
///
/// # Errors
/// `StateDamaged` for one that cannot be believed; it was not changed.
pub(in crate::store) fn state(path: &Path, is_as_left: bool) -> Result<Connection, StoreError> {
    // Looked for first: another process may be making the database right now, and makes its log last.
    let has_log = fs::metadata(files::with_suffix(path, "-wal")).is_ok_and(|log| log.len() > 0);
    match files::header(path)? {
        Header::Missing if has_log => {
            return Err(StoreError::StateDamaged {
                cause: format!("{} is gone, but its log is here", path.display()),
            });
        }
        Header::Missing => create_state(path)?,
        Header::Database { version } => STATE.refuse_newer(version)?,
        Header::Empty | Header::Damaged => {
            return Err(StoreError::StateDamaged {
                cause: format!("{} is no database any more", path.display()),
            });
        }
    }
    files::restrict(path, 0o600)?;
    try_state(path, is_as_left).map_err(of_state)
}

/// Damage that was met in `state.db`.
pub(in crate::store) fn of_state(error: StoreError) -> StoreError {
    match error {
        StoreError::Corrupt { cause } => StoreError::StateDamaged { cause },
        other => other,
    }
}

fn try_state(path: &Path, is_as_left: bool) -> Result<Connection, StoreError> {
    let db = connect(path)?;
    let version = schema::version(&db)?;
    STATE.refuse_newer(version)?;
    if version == 0 || !STATE.is_as_made(&db, version)? {
        return Err(damaged("its tables are not as they were made"));
    }
    if !is_as_left {
        check_state(&db)?;
    }
    settle(&db, "FULL", 1_000, -512)?;
    STATE.migrate(&db)?;
    checkpoint_on_close(&db, true)?;
    Ok(db)
}

/// Reads all of `state.db`, which is small: every page, and whether the indexes name every row.
pub(in crate::store) fn check_state(state: &Connection) -> Result<(), StoreError> {
    let verdict: String = state
        .query_row("PRAGMA integrity_check(1)", [], |row| row.get(0))
        .doing("check state.db")?;
    if verdict != "ok" {
        return Err(damaged(&verdict));
    }
    let n_rows: i64 = state
        .query_row(
            "SELECT (SELECT count(*) FROM identity) + (SELECT count(*) FROM id_block WHERE kind = 'message')",
            [],
            |row| row.get(0),
        )
        .doing("check state.db")?;
    if n_rows != 2 {
        return Err(damaged(
            "what numbers it has given out is not in it any more",
        ));
    }
    let disagrees: bool = state
        .query_row(
            "SELECT EXISTS (SELECT 1 FROM operation o LEFT JOIN
             (SELECT operation, count(*) AS n FROM operation_target WHERE state IN (0, 4) GROUP BY operation) t
             ON t.operation = o.id WHERE o.n_open <> coalesce(t.n, 0))
             OR EXISTS (SELECT 1 FROM operation_target WHERE state NOT BETWEEN 0 AND 7)",
            [],
            |row| row.get(0),
        )
        .doing("check state.db")?;
    if disagrees {
        return Err(damaged("its journal does not agree with itself"));
    }
    Ok(())
}

/// Makes a new `state.db` under another name.
pub(super) fn make_state(draft: &Path) -> Result<Connection, StoreError> {
    files::create_private(draft)?;
    let db = Connection::open_with_flags(draft, write_flags()).doing("make state.db")?;
    STATE.migrate(&db)?;
    let identity = RandomState::new().hash_one(now()).cast_signed() | 1;
    db.execute(
        "INSERT INTO identity (id, value) VALUES (1, ?1)",
        [identity],
    )
    .doing("name state.db")?;
    Ok(db)
}

fn create_state(path: &Path) -> Result<(), StoreError> {
    let draft = files::with_suffix(path, &format!(".new-{}", std::process::id()));
    if draft.exists() {
        fs::remove_file(&draft).doing("remove an unfinished state.db")?;
    }
    let db = make_state(&draft)?;
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

/// Opens `cache.db` for writing; a damaged or foreign one is moved aside, which is told, and an empty one made.
pub(in crate::store) fn cache(
    files: &Files,
    state: &Connection,
    accounts: &[Registered],
) -> Result<(Connection, Option<Replaced>), StoreError> {
    let why = if files.is_marked_damaged() {
        if let Header::Database { version } = files::header(&files.cache)? {
            CACHE.refuse_newer(version)?;
        }
        "as the run before this one found".to_owned()
    } else {
        match try_cache(files, state, accounts) {
            Err(StoreError::Corrupt { cause }) => cause,
            opened => return opened.map(|db| (db, None)),
        }
    };
    let (db, replaced) = files.alone(|| replace_cache(files, state, accounts, &why))?;
    Ok((db, Some(replaced)))
}

/// Puts an empty cache in the place of one that is damaged. This process must be alone.
pub(in crate::store) fn replace_cache(
    files: &Files,
    state: &Connection,
    accounts: &[Registered],
    why: &str,
) -> Result<(Connection, Replaced), StoreError> {
    let copy = files.quarantine()?;
    let replaced = Replaced {
        why: SafeText::line(why),
        copy: SafeText::line(&copy.display().to_string()),
    };
    tracing::warn!("{}", replaced.words());
    Ok((try_cache(files, state, accounts)?, replaced))
}

fn try_cache(
    files: &Files,
    state: &Connection,
    accounts: &[Registered],
) -> Result<Connection, StoreError> {
    let header = files::header(&files.cache)?;
    match header {
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
        Header::Damaged => return Err(damaged("it does not begin as a database does")),
    }
    files::create_private(&files.cache)?;
    let db = connect(&files.cache)?;
    let found = schema::version(&db)?;
    CACHE.refuse_newer(found)?;
    if !CACHE.is_as_made(&db, found)? {
        return Err(damaged("its tables are not as they were made"));
    }
    settle(&db, "NORMAL", CACHE_CHECKPOINT_PAGES, -4_096)?;
    CACHE.migrate(&db)?;
    adopt(&db, state)?;
    if header != Header::Missing && lacks_mailboxes(&db, state, accounts)? {
        return Err(damaged("it is empty, though there were folders"));
    }
    checkpoint_on_close(&db, true)?;
    Ok(db)
}

/// Opens one of the two for reading only.
pub(in crate::store) fn reader(path: &Path) -> Result<Connection, StoreError> {
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

pub(super) fn connect(path: &Path) -> Result<Connection, StoreError> {
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
        // Else a statement whose plan looked at a value is prepared anew whenever another one is bound.
        (DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true),
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
pub(in crate::store) fn refuse_newer(files: &Files) -> Result<(), StoreError> {
    for (path, schema) in [(&files.state, STATE), (&files.cache, CACHE)] {
        if let Header::Database { version } = files::header(path)? {
            schema.refuse_newer(version)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
