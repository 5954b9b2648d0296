//! Reads what can be read of a damaged `state.db`, from a copy: rows from the front up to the damage, and from the back
//! down to it.

mod copy;

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use rusqlite::Connection;
use rusqlite::types::Value;

use crate::channel::error::StoreError;
use crate::store::disk::files::{self, Files};
use crate::store::disk::salvage::copy::Copy;
use crate::store::disk::schema::STATE;
use crate::store::disk::sql::Doing;

/// Findings of one check; a file with more of them is not to be understood.
const MOST_FINDINGS: &str = "100000";

/// A table as far as it can be read.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Table {
    pub name: String,
    pub columns: Vec<String>,
    /// How many of the first columns the key has.
    n_key: usize,
    pub rows: Vec<Vec<Value>>,
    /// Whether no row was lost.
    pub is_whole: bool,
}

impl Table {
    /// The whole numbers in a column, 0 where there is none.
    pub(super) fn numbers(&self, column: &str) -> impl Iterator<Item = i64> {
        let at = self.columns.iter().position(|name| name == column);
        self.rows
            .iter()
            .map(move |row| match at.and_then(|at| row.get(at)) {
                Some(Value::Integer(number)) => *number,
                _ => 0,
            })
    }

    /// The rows as statements, for people and for `SQLite`'s own shell.
    pub(super) fn export(&self) -> String {
        let whole = if self.is_whole { "" } else { ", not all" };
        let mut text = format!("-- {}: {} rows{whole}\n", self.name, self.rows.len());
        for row in &self.rows {
            let values: Vec<String> = row.iter().map(literal).collect();
            let (columns, values) = (self.columns.join(", "), values.join(", "));
            let _ = writeln!(
                text,
                "INSERT INTO {} ({columns}) VALUES ({values});",
                self.name
            );
        }
        text
    }

    /// Reads the rows; gives what a check of the table alone says.
    fn read(&mut self, db: &Connection) -> Vec<String> {
        let mut seen = BTreeSet::new();
        let findings = check(db, &format!("'{}'", self.name));
        self.is_whole = self.scan(db, "ASC", &mut seen) && findings == ["ok"];
        if !self.is_whole {
            self.scan(db, "DESC", &mut seen);
        }
        findings
    }

    /// Reads rows in one direction, up to the end or to what was seen; false when the way was blocked.
    fn scan(&mut self, db: &Connection, direction: &str, seen: &mut BTreeSet<String>) -> bool {
        let keys = self.columns.iter().take(self.n_key);
        let order: Vec<String> = keys.map(|key| format!("{key} {direction}")).collect();
        let sql = format!(
            "SELECT {} FROM {} NOT INDEXED ORDER BY {}",
            self.columns.join(", "),
            self.name,
            order.join(", ")
        );
        let Ok(mut statement) = db.prepare(&sql) else {
            return false;
        };
        let Ok(mut rows) = statement.query([]) else {
            return false;
        };
        let mut is_whole = true;
        loop {
            let row = match rows.next() {
                Ok(Some(row)) => row,
                Ok(None) => return is_whole,
                Err(_) => return false,
            };
            let values: rusqlite::Result<Vec<Value>> =
                (0..self.columns.len()).map(|at| row.get(at)).collect();
            let Ok(values) = values else {
                is_whole = false; // One value that cannot be: this row alone is lost.
                continue;
            };
            let key: Vec<String> = values.iter().take(self.n_key).map(literal).collect();
            if !seen.insert(key.join(",")) {
                return false; // Backwards: the rows read before. Forwards: a page in two places.
            }
            self.rows.push(values);
        }
    }
}

/// What `SQLite` says of a table, or of everything, line by line: `ok` alone where it finds nothing wrong. It may stop at
/// what it meets; then that is the last line.
fn check(db: &Connection, what: &str) -> Vec<String> {
    let mut lines = Vec::new();
    let read = |lines: &mut Vec<String>| {
        let mut statement = db.prepare(&format!("PRAGMA integrity_check({what})"))?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            let verdict: String = row.get(0)?;
            lines.extend(verdict.lines().map(str::to_owned));
        }
        Ok(())
    };
    let end: rusqlite::Result<()> = read(&mut lines);
    lines.extend(end.err().map(|error| error.to_string()));
    lines
}

fn literal(value: &Value) -> String {
    match value {
        Value::Null => "NULL".to_owned(),
        Value::Integer(number) => number.to_string(),
        Value::Real(number) => number.to_string(),
        Value::Text(text) => format!("'{}'", text.replace('\'', "''")),
        Value::Blob(bytes) => {
            let digits = bytes.iter().fold(String::new(), |mut digits, byte| {
                let _ = write!(digits, "{byte:02x}");
                digits
            });
            format!("x'{digits}'")
        }
    }
}

/// Every table of `state.db`, in the order in which they refer to each other, as far as it can be read.
pub(super) fn read(files: &Files) -> Result<Vec<Table>, StoreError> {
    let model = Connection::open_in_memory().doing("make a model of state.db")?;
    STATE.migrate(&model)?;
    let mut tables = tables(&model)?;
    let copy = Copy::make(files)?;
    // As it is; else with the first page, which says where the tables lie, of a new one; else without the log too.
    for (has_own_start, has_log) in [(true, true), (false, true), (false, false)] {
        copy.lay_out(files, has_own_start, has_log)?;
        let Some(db) = copy.open() else {
            continue;
        };
        let mut findings = check(&db, "'sqlite_sequence'");
        for table in &mut tables {
            findings.extend(table.read(&db));
        }
        // What no table accounts for, such as a page that belongs to nothing, may have been of any of them: its rows are
        // gone without a gap where they were. So are those that only the log had.
        let all = check(&db, MOST_FINDINGS);
        let is_accounted_for = all.iter().all(|line| findings.contains(line));
        if !is_accounted_for || copy.lacks_log(files, &db) {
            for table in &mut tables {
                table.is_whole = false;
            }
        }
        break;
    }
    Ok(tables)
}

/// The tables without their rows.
fn tables(model: &Connection) -> Result<Vec<Table>, StoreError> {
    let mut statement = model
        .prepare(
            "SELECT t.name, c.name, c.pk > 0 FROM sqlite_schema t JOIN pragma_table_info(t.name) c
             WHERE t.type = 'table' AND t.name NOT LIKE 'sqlite_%' ORDER BY t.rowid, c.pk = 0, c.pk, c.cid",
        )
        .doing("read a model of state.db")?;
    let mut rows = statement.query([]).doing("read a model of state.db")?;
    let mut tables: Vec<Table> = Vec::new();
    while let Some(row) = rows.next().doing("read a model of state.db")? {
        let name: String = row.get(0).doing("read a model of state.db")?;
        if tables.last().is_none_or(|last| last.name != name) {
            tables.push(Table {
                name,
                ..Table::default()
            });
        }
        let (column, is_key): (String, bool) = (
            row.get(1).doing("read a model of state.db")?,
            row.get(2).doing("read a model of state.db")?,
        );
        if let Some(table) = tables.last_mut() {
            table.n_key += usize::from(is_key);
            table.columns.push(column);
        }
    }
    Ok(tables)
}

/// The path where a database is built before it takes the place of `state.db`.
pub(super) fn draft(state: &Path) -> PathBuf {
    files::with_suffix(state, ".rescued")
}

#[cfg(test)]
mod tests;
