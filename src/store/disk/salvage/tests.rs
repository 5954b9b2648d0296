//! What may be called whole.

use std::fs;

use tempfile::TempDir;

use super::*;
use crate::store::disk::open;

const PAGE: usize = 4_096;
const N_TARGETS: u32 = 2_000;

/// A `state.db` with targets on many pages, and a draft.
fn filled() -> (TempDir, Files) {
    let directory = tempfile::tempdir().unwrap();
    let (data, cache) = (
        directory.path().join("data"),
        directory.path().join("cache"),
    );
    let files = Files::prepare(&data, &cache).unwrap();
    let db = open::make_state(&files.state).unwrap();
    db.execute_batch(&format!(
        "INSERT INTO account (name) VALUES ('work');
         INSERT INTO mailbox (account, name) VALUES (1, x'494e424f58');
         INSERT INTO operation (account, kind) VALUES (1, 'flag');
         INSERT INTO operation_target (operation, mailbox, message)
         WITH RECURSIVE n (n) AS (VALUES (1) UNION ALL SELECT n + 1 FROM n WHERE n < {N_TARGETS}) SELECT 1, 1, n FROM n;
         INSERT INTO draft (account, raw) VALUES (1, x'44');"
    ))
    .unwrap();
    db.close().unwrap();
    (directory, files)
}

/// The number of the first page of a table, from 0.
fn root(files: &Files, table: &str) -> usize {
    let db = open::connect(&files.state).unwrap();
    let sql = "SELECT rootpage - 1 FROM sqlite_schema WHERE name = ?1";
    let root: u32 = db.query_row(sql, [table], |row| row.get(0)).unwrap();
    root as usize
}

/// A page of a database.
fn page(bytes: &mut [u8], number: usize) -> &mut [u8] {
    &mut bytes[number * PAGE..][..PAGE]
}

/// The last child of an inner page, from 0. File format, 1.6.
fn last_child(bytes: &mut [u8], number: usize) -> usize {
    let four = page(bytes, number)[8..12].try_into().unwrap();
    u32::from_be_bytes(four) as usize - 1
}

/// How many rows a table has, and whether those are all.
fn rows(files: &Files, name: &str) -> (u32, bool) {
    let tables = read(files).unwrap();
    let table = tables.iter().find(|table| table.name == name).unwrap();
    (u32::try_from(table.rows.len()).unwrap(), table.is_whole)
}

#[test]
fn what_is_sound_is_whole() {
    let (_directory, files) = filled();
    assert_eq!(rows(&files, "operation_target"), (N_TARGETS, true));
    assert_eq!(rows(&files, "draft"), (1, true));
}

#[test]
fn a_lost_page_of_a_table_is_missed_in_that_table_alone() {
    let (_directory, files) = filled();
    let root = root(&files, "operation_target");
    let mut bytes = fs::read(&files.state).unwrap();
    let leaf = last_child(&mut bytes, root);
    page(&mut bytes, leaf).fill(0);
    fs::write(&files.state, bytes).unwrap();
    let (n_rows, is_whole) = rows(&files, "operation_target");
    assert!(n_rows > N_TARGETS / 2 && n_rows < N_TARGETS, "{n_rows}");
    assert!(!is_whole);
    assert_eq!(rows(&files, "draft"), (1, true));
}

#[test]
fn a_page_that_belongs_to_nothing_makes_no_table_whole() {
    let (_directory, files) = filled();
    let db = open::connect(&files.state).unwrap();
    let half = N_TARGETS / 2;
    db.execute("DELETE FROM operation_target WHERE message > ?1", [half])
        .unwrap();
    db.close().unwrap();
    assert_eq!(rows(&files, "operation_target"), (half, true));
    // What leads to the free pages is gone: they may as well have been of a table.
    let mut bytes = fs::read(&files.state).unwrap();
    bytes[32..40].fill(0);
    fs::write(&files.state, bytes).unwrap();
    assert_eq!(rows(&files, "operation_target"), (half, false));
    assert_eq!(rows(&files, "draft"), (1, false));
    // Damage elsewhere does not hide it.
    let root = root(&files, "operation_target");
    let mut bytes = fs::read(&files.state).unwrap();
    let leaf = last_child(&mut bytes, root);
    page(&mut bytes, leaf).fill(0);
    fs::write(&files.state, bytes).unwrap();
    assert_eq!(rows(&files, "draft"), (1, false));
}

#[test]
fn what_only_the_log_had_is_missed() {
    let (_directory, files) = filled();
    let log = files::with_suffix(&files.state, "-wal");
    let db = open::connect(&files.state).unwrap();
    db.query_row("PRAGMA journal_mode = WAL", [], |_| Ok(()))
        .unwrap();
    for _ in 0..5 {
        db.execute("INSERT INTO draft (account, raw) VALUES (1, x'44')", [])
            .unwrap();
    }
    drop(db); // Such a connection leaves the log as it is.
    let sound = fs::read(&log).unwrap();
    assert_eq!(rows(&files, "draft"), (6, true));
    for (at, most) in [(0, 1), (sound.len() / 2, 5)] {
        let mut bytes = sound.clone();
        bytes[at..][..100].fill(0xff);
        fs::write(&log, bytes).unwrap();
        let (n_rows, is_whole) = rows(&files, "draft");
        assert!(n_rows <= most && !is_whole, "at {at}: {n_rows} {is_whole}");
    }
}
