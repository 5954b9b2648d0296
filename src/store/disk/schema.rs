//! The schemas of both databases as numbered SQL files, and the step from one number to the next.
//!
//! A file that has been released never changes; a new number is added. `state.db` is migrated for ever; `cache.db` may
//! instead be rebuilt.

use flate2::Crc;
use rusqlite::Connection;

use crate::channel::error::StoreError;
use crate::store::disk::sql::{Doing, small, transaction};

/// The steps of one database: the number of a step is its place, from 1.
#[derive(Debug, Clone, Copy)]
pub(in crate::store) struct Schema {
    /// The file's name, for errors.
    pub file: &'static str,
    steps: &'static [&'static str],
    /// CRC-32 of the definitions that the newest step leaves. Every start judges a database by it; making all tables once
    /// more to compare them takes longer than reading the first screen.
    sum: u32,
}

/// The schema of `state.db`.
pub(in crate::store) const STATE: Schema = Schema {
    file: "state.db",
    steps: &[
        include_str!("schema/state_001.sql"),
        include_str!("schema/state_002.sql"),
        include_str!("schema/state_003.sql"),
        include_str!("schema/state_004.sql"),
        include_str!("schema/state_005.sql"),
        include_str!("schema/state_006.sql"),
        include_str!("schema/state_007.sql"),
        include_str!("schema/state_008.sql"),
    ],
    sum: 0x4390_0803,
};

/// The schema of `cache.db`.
pub(in crate::store) const CACHE: Schema = Schema {
    file: "cache.db",
    steps: &[
        include_str!("schema/cache_001.sql"),
        include_str!("schema/cache_002.sql"),
        include_str!("schema/cache_003.sql"),
        include_str!("schema/cache_004.sql"),
        include_str!("schema/cache_005.sql"),
        include_str!("schema/cache_006.sql"),
        include_str!("schema/cache_007.sql"),
        include_str!("schema/cache_008.sql"),
        include_str!("schema/cache_009.sql"),
        include_str!("schema/cache_010.sql"),
        include_str!("schema/cache_011.sql"),
        include_str!("schema/cache_012.sql"),
    ],
    sum: 0xe04f_b6ca,
};

impl Schema {
    /// The newest version this program knows.
    pub(in crate::store) fn known(self) -> u32 {
        u32::try_from(self.steps.len()).unwrap_or(u32::MAX)
    }

    /// Refuses a version from the future.
    pub(super) fn refuse_newer(self, found: u32) -> Result<(), StoreError> {
        if found <= self.known() {
            return Ok(());
        }
        Err(StoreError::Newer {
            file: self.file.to_owned(),
            found,
            known: self.known(),
        })
    }

    /// Whether an open database of this version has the tables and indexes that this program makes, word for word. A flipped
    /// bit in a definition changes what the rows mean.
    pub(super) fn is_as_made(self, db: &Connection, version: u32) -> Result<bool, StoreError> {
        let found = definitions(db)?;
        if version == self.known() && sum(&found) == self.sum {
            return Ok(true);
        }
        Ok(found == self.model(version)?)
    }

    /// What this program makes for such a version.
    fn model(self, version: u32) -> Result<Vec<[String; 4]>, StoreError> {
        let model = Connection::open_in_memory().doing("make a model of the schema")?;
        for step in self.steps.iter().take(version as usize) {
            model
                .execute_batch(step)
                .doing("make a model of the schema")?;
        }
        definitions(&model)
    }

    /// Brings an open database to the newest version, in one transaction; another process may be doing the same.
    pub(in crate::store) fn migrate(self, db: &Connection) -> Result<(), StoreError> {
        if version(db)? == self.known() {
            return Ok(());
        }
        transaction(db, |db| {
            let found = version(db)?;
            self.refuse_newer(found)?;
            for step in self.steps.iter().skip(found as usize) {
                db.execute_batch(step).doing("migrate")?;
            }
            db.pragma_update(None, "user_version", self.known())
                .doing("set the schema version")
        })
    }
}

/// Everything that `SQLite` knows of the tables and indexes.
fn definitions(db: &Connection) -> Result<Vec<[String; 4]>, StoreError> {
    let mut statement = db
        .prepare(
            "SELECT type, name, tbl_name, coalesce(sql, '') FROM sqlite_schema ORDER BY type, name",
        )
        .doing("read the schema")?;
    statement
        .query_map([], |row| {
            Ok([row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?])
        })
        .and_then(Iterator::collect)
        .doing("read the schema")
}

/// CRC-32 of definitions, each word ended by a byte that none has.
fn sum(definitions: &[[String; 4]]) -> u32 {
    let mut sum = Crc::new();
    for word in definitions.iter().flatten() {
        sum.update(word.as_bytes());
        sum.update(&[0]);
    }
    sum.sum()
}

/// The schema version of an open database; 0 for a new one.
pub(in crate::store) fn version(db: &Connection) -> Result<u32, StoreError> {
    db.query_row("PRAGMA user_version", [], |row| row.get::<_, i64>(0))
        .map(small)
        .doing("read the schema version")
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use super::*;

    #[test]
    fn the_sum_of_a_schema_is_that_of_what_its_steps_make() {
        for schema in [STATE, CACHE] {
            let made = schema.model(schema.known()).unwrap();
            assert_eq!(
                schema.sum,
                sum(&made),
                "{}: a step was added, and its sum is to be written beside it",
                schema.file
            );
        }
    }

    #[test]
    fn a_flipped_bit_in_a_definition_is_seen() {
        for schema in [STATE, CACHE] {
            let mut made = schema.model(schema.known()).unwrap();
            let first = made.iter_mut().find(|row| !row[3].is_empty()).unwrap();
            first[3] = first[3].replacen('e', "d", 1);
            assert_ne!(sum(&made), schema.sum, "{}", schema.file);
        }
    }

    /// The one column of `state.db` that went (version 7).
    const DROPPED: (&str, &str) = ("outbox", "is_8bit");

    /// Puts a row into every table that takes one of ones.
    fn fill(db: &Connection) {
        let tables = contents(db).into_keys().map(|(table, _)| table);
        for table in tables.collect::<BTreeSet<_>>() {
            let one = "CASE type WHEN 'BLOB' THEN 'x''01''' ELSE '1' END";
            let ones = format!("SELECT group_concat({one}) FROM pragma_table_info('{table}')");
            let ones: String = db.query_row(&ones, [], |row| row.get(0)).unwrap();
            let insert = format!("INSERT OR IGNORE INTO {table} VALUES ({ones})");
            db.execute_batch(&insert).unwrap();
        }
    }

    /// What stands in each column of each table, as one text; empty where the table has no row.
    fn contents(db: &Connection) -> BTreeMap<(String, String), String> {
        let columns = "SELECT t.name, c.name FROM sqlite_schema t, pragma_table_info(t.name) c
                       WHERE t.type = 'table' AND t.name NOT LIKE 'sqlite%'";
        let columns: Vec<(String, String)> = db
            .prepare(columns)
            .and_then(|mut columns| {
                let rows = columns.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
                rows.collect()
            })
            .unwrap();
        let text = |(table, column): &(String, String)| {
            let all = format!("SELECT coalesce(group_concat(quote({column})), '') FROM {table}");
            db.query_row(&all, [], |row| row.get(0)).unwrap()
        };
        columns
            .into_iter()
            .map(|column| (column.clone(), text(&column)))
            .collect()
    }

    #[test]
    fn what_is_in_a_state_of_any_version_is_in_the_newest() {
        for version in 1..STATE.known() {
            let db = Connection::open_in_memory().unwrap();
            for step in STATE.steps.iter().take(version as usize) {
                db.execute_batch(step).unwrap();
            }
            db.pragma_update(None, "user_version", version).unwrap();
            fill(&db);
            let before = contents(&db);
            let n_filled = before.values().filter(|text| !text.is_empty()).count();
            assert!(n_filled * 2 > before.len(), "{before:?}");
            STATE.migrate(&db).unwrap();
            let after = contents(&db);
            for (column, text) in before {
                if (column.0.as_str(), column.1.as_str()) == DROPPED {
                    continue;
                }
                assert_eq!(after.get(&column), Some(&text), "{column:?} from {version}");
            }
            assert!(STATE.is_as_made(&db, STATE.known()).unwrap(), "{version}");
        }
    }
}
