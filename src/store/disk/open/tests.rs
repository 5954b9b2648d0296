//! That every connection is hardened, and set up the same way.

use rusqlite::StatementStatus;

use super::*;

#[test]
fn every_connection_is_hardened() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("state.db");
    let writer = state(&path, false).unwrap();
    for db in [writer, reader(&path).unwrap()] {
        let is_on = |setting| db.db_config(setting).unwrap();
        assert!(is_on(DbConfig::SQLITE_DBCONFIG_DEFENSIVE));
        assert!(!is_on(DbConfig::SQLITE_DBCONFIG_TRUSTED_SCHEMA));
        assert!(!is_on(DbConfig::SQLITE_DBCONFIG_ENABLE_TRIGGER));
        assert!(!is_on(DbConfig::SQLITE_DBCONFIG_ENABLE_VIEW));
        let checks: bool = db
            .query_row("PRAGMA cell_size_check", [], |row| row.get(0))
            .unwrap();
        assert!(checks);
    }
}

#[test]
fn a_statement_is_prepared_once_whatever_is_bound_to_it() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("state.db");
    let writer = state(&path, false).unwrap();
    for db in [writer, reader(&path).unwrap()] {
        let sql = "SELECT count(*) FROM id_block WHERE kind LIKE ?1";
        let mut statement = db.prepare(sql).unwrap();
        let mut n_rows = Vec::new();
        for kind in ["mess%", "%", "x"] {
            let n: i64 = statement.query_row([kind], |row| row.get(0)).unwrap();
            n_rows.push(n > 0);
        }
        assert_eq!(n_rows, [true, true, false]);
        assert_eq!(statement.get_status(StatementStatus::RePrepare), 0);
    }
}
