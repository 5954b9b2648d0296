//! A damaged `state.db`, when the user has the say: what of it can be read, and a new one that begins with that. The
//! damaged one is kept, and so is everything that was read, as statements.
//!
//! The new one is finished under another name before anything is moved, so a crash at any point leaves either the damaged
//! file or the whole new one; `finish` carries the moves out that are left.

use std::fs;
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use rusqlite::{Connection, params_from_iter};

use crate::channel::damage::{Findings, Kind};
use crate::channel::error::StoreError;
use crate::mail::safe_text::SafeText;
use crate::store::Paths;
use crate::store::disk::files::{self, Files};
use crate::store::disk::open;
use crate::store::disk::salvage::{self, Table};
use crate::store::disk::sql::{Doing, now, transaction};

/// What the tables hold, in words for the user, and the states of the rows that count; none: all do.
const KINDS: [(&str, &str, &[i64]); 7] = [
    (
        "changes that no server has been told yet",
        "operation_target",
        &[0, 4],
    ),
    ("changes that a server refused", "operation_target", &[3]),
    ("mails on their way out", "outbox", &[]),
    ("drafts", "draft", &[]),
    ("server keys you trust", "pin", &[]),
    ("accounts", "account", &[]),
    ("folders", "mailbox", &[]),
];

/// Looks what can be read of a damaged `state.db`; changes nothing. `cause` is how the damage showed.
///
/// # Errors
/// What the disk said about making a copy.
pub fn examine(paths: &Paths, cause: &str) -> Result<Findings, StoreError> {
    let files = Files::prepare(&paths.data, &paths.cache)?;
    let tables = salvage::read(&files)?;
    let kinds = KINDS.iter().map(|(name, table, states)| {
        let table = tables.iter().find(|other| other.name == *table);
        let is_counted = |number: &i64| states.is_empty() || states.contains(number);
        let n_readable = table.map_or(0, |table| table.numbers("state").filter(is_counted).count());
        Kind {
            name,
            n_readable: n_readable as u64,
            is_whole: table.is_some_and(|table| table.is_whole),
        }
    });
    Ok(Findings {
        file: SafeText::line(&files.state.display().to_string()),
        cause: SafeText::line(cause),
        kinds: kinds.collect(),
    })
}

/// Puts a new `state.db` in the place of a damaged one, with everything in it that could be read. Messages get new
/// numbers, so the cache starts anew with it. Returns the path of what was read, as statements; the damaged file lies
/// beside it.
///
/// # Errors
/// `Io` while another Sterna uses the store, or what the disk said; then the damaged file still stands.
pub fn start_anew(paths: &Paths) -> Result<PathBuf, StoreError> {
    let files = Files::prepare(&paths.data, &paths.cache)?;
    files.alone(|| {
        let tables = salvage::read(&files)?;
        let export = files::with_suffix(&files.state, &format!(".rescued-{}.sql", now()));
        write_private(&export, &tables)?;
        build(&salvage::draft(&files.state), &tables)?;
        move_in(&files)?;
        Ok(export)
    })
}

/// Completes a [`start_anew`] that was interrupted after the new file was whole.
pub(in crate::store) fn finish(files: &Files) -> Result<(), StoreError> {
    if salvage::draft(&files.state).exists() {
        return files.alone(|| move_in(files));
    }
    Ok(())
}

fn move_in(files: &Files) -> Result<(), StoreError> {
    let draft = salvage::draft(&files.state);
    // From the draft itself, so that an interrupted move goes on under the same name.
    let stamp = fs::metadata(&draft)
        .and_then(|about| about.modified())
        .doing("look at the new state.db")?
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| since.as_secs());
    let copy = files::with_suffix(&files.state, &format!(".damaged-{stamp}"));
    files::set_aside(&files.state, &copy)?;
    fs::rename(&draft, &files.state).doing("put the new state.db in place")?;
    tracing::warn!(kept = %copy.display(), "a new state.db begins with what could be read of the damaged one");
    files.state.parent().map_or(Ok(()), files::sync_directory)
}

fn write_private(path: &Path, tables: &[Table]) -> Result<(), StoreError> {
    let mut file = fs::OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(path)
        .doing("write down what was read")?;
    for table in tables {
        file.write_all(table.export().as_bytes())
            .doing("write down what was read")?;
    }
    file.sync_all().doing("write down what was read")
}

/// Makes a whole new database with these rows. It appears under its name only when it is complete.
fn build(path: &Path, tables: &[Table]) -> Result<(), StoreError> {
    let unfinished = files::with_suffix(path, ".unfinished");
    for suffix in ["", "-wal", "-shm", "-journal"] {
        let old = files::with_suffix(&unfinished, suffix);
        if old.exists() {
            fs::remove_file(old).doing("remove an unfinished state.db")?;
        }
    }
    let db = open::make_state(&unfinished)?;
    db.pragma_update(None, "foreign_keys", true)
        .doing("fill the new state.db")?;
    transaction(&db, |db| {
        for table in tables {
            fill(db, table)?;
        }
        settle(db, tables)
    })?;
    open::check_state(&db)?;
    db.close()
        .map_err(|(_, error)| error)
        .doing("finish the new state.db")?;
    fs::File::open(&unfinished)
        .and_then(|file| file.sync_all())
        .doing("finish the new state.db")?;
    fs::rename(&unfinished, path).doing("finish the new state.db")
}

fn fill(db: &Connection, table: &Table) -> Result<(), StoreError> {
    // What ties the cache to this file and what numbers are free must not be believed of a damaged one.
    if ["identity", "id_block"].contains(&table.name.as_str()) {
        return Ok(());
    }
    let places = vec!["?"; table.columns.len()].join(", ");
    let columns = table.columns.join(", ");
    let sql = format!("INSERT INTO {} ({columns}) VALUES ({places})", table.name);
    let mut insert = db.prepare(&sql).doing("fill the new state.db")?;
    for row in &table.rows {
        // A row that breaks a rule of the table, or hangs on one that was lost, stays in what was written down.
        match insert.execute(params_from_iter(row)) {
            Err(rusqlite::Error::SqliteFailure(failure, _))
                if failure.code == rusqlite::ErrorCode::ConstraintViolation => {}
            inserted => drop(inserted.doing("fill the new state.db")?),
        }
    }
    Ok(())
}

/// Makes the rows agree with each other again, and leaves no number to be given out twice.
fn settle(db: &Connection, tables: &[Table]) -> Result<(), StoreError> {
    db.execute_batch(
        "DELETE FROM operation_target WHERE mailbox NOT IN (SELECT id FROM mailbox);
         DELETE FROM operation WHERE NOT EXISTS (SELECT 1 FROM operation_target t WHERE t.operation = operation.id);
         UPDATE operation SET n_open =
         (SELECT count(*) FROM operation_target t WHERE t.operation = operation.id AND t.state IN (0, 4));",
    )
    .doing("make the journal agree with itself")?;
    let numbers = |name: &str, column: &'static str| {
        let table = tables.iter().find(|table| table.name == name);
        table.and_then(|table| table.numbers(column).max())
    };
    let next = [
        numbers("id_block", "next"),
        numbers("operation_target", "message").map(|last| last.saturating_add(1)),
        numbers("uid_map", "message").map(|last| last.saturating_add(1)),
        numbers("draft", "message").map(|last| last.saturating_add(1)),
        numbers("source", "message").map(|last| last.saturating_add(1)),
    ];
    let next = next.into_iter().flatten().max().unwrap_or(1);
    db.execute(
        "UPDATE id_block SET next = max(next, ?1) WHERE kind = 'message'",
        [next],
    )
    .map(|_| ())
    .doing("leave no number to be given out twice")
}
