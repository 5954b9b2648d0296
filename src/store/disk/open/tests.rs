//! That every connection is hardened.

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
