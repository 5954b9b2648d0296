//! Reads what can be read of a damaged `state.db`, from a copy: rows from the front up to the damage, and from the back
//! down to it.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs::{self, DirBuilder, OpenOptions};
use std::io::Write as _;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use rusqlite::Connection;
use rusqlite::types::Value;

use crate::channel::error::StoreError;
use crate::store::files::{self, Files};
use crate::store::open;
use crate::store::schema::{self, STATE};
use crate::store::sql::Doing;

/// The size of the pages, which is `SQLite`'s own choice.
const PAGE_BYTES: usize = 4_096;

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

    fn read(&mut self, db: &Connection) {
        let mut seen = BTreeSet::new();
        self.is_whole = self.scan(db, "ASC", &mut seen) && self.is_sound(db);
        if !self.is_whole {
            self.scan(db, "DESC", &mut seen);
        }
    }

    /// Whether no page of it was lost, not even to another one that looks sound.
    fn is_sound(&self, db: &Connection) -> bool {
        db.query_row(
            &format!("PRAGMA integrity_check('{}')", self.name),
            [],
            |row| row.get::<_, String>(0),
        )
        .is_ok_and(|verdict| verdict == "ok")
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
        for table in &mut tables {
            table.read(&db);
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

/// A private directory with a copy of `state.db`, removed at the end.
struct Copy {
    directory: PathBuf,
}

impl Copy {
    fn make(files: &Files) -> Result<Self, StoreError> {
        let directory =
            files::with_suffix(&files.state, &format!(".examined-{}", std::process::id()));
        if directory.exists() {
            fs::remove_dir_all(&directory).doing("remove an old copy of state.db")?;
        }
        DirBuilder::new()
            .mode(0o700)
            .create(&directory)
            .doing("make room for a copy of state.db")?;
        Ok(Self { directory })
    }

    fn path(&self) -> PathBuf {
        self.directory.join("state.db")
    }

    fn lay_out(&self, files: &Files, has_own_start: bool, has_log: bool) -> Result<(), StoreError> {
        for suffix in ["", "-wal", "-shm"] {
            let (from, to) = (
                files::with_suffix(&files.state, suffix),
                files::with_suffix(&self.path(), suffix),
            );
            if to.exists() {
                fs::remove_file(&to).doing("remove an old copy of state.db")?;
            }
            let is_wanted = suffix.is_empty() || (suffix == "-wal" && has_log);
            if is_wanted && from.exists() {
                fs::copy(&from, &to).doing("copy state.db")?;
            }
        }
        if !has_own_start {
            self.borrow_start()?;
        }
        Ok(())
    }

    /// Gives the copy the first page of a new `state.db`: the tables of both lie in the same places.
    fn borrow_start(&self) -> Result<(), StoreError> {
        let model = self.directory.join("model.db");
        if !model.exists() {
            let db = Connection::open(&model).doing("make a model of state.db")?;
            STATE.migrate(&db)?;
        }
        let mut page = fs::read(&model).doing("read a model of state.db")?;
        page.truncate(PAGE_BYTES);
        // 0 in "version-valid-for" (file format, 1.3.8): the size of the file counts, not the one in the header.
        if let Some(field) = page.get_mut(92..96) {
            field.fill(0);
        }
        OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(false)
            .open(self.path())
            .and_then(|mut file| file.write_all(&page))
            .doing("mend a copy of state.db")
    }

    /// The copy as a database whose tables are known; `None` where it is none.
    fn open(&self) -> Option<Connection> {
        let db = open::connect(&self.path()).ok()?;
        let version = schema::version(&db).ok()?;
        let is_known = version > 0 && version <= STATE.known();
        (is_known && STATE.is_as_made(&db, version).ok()?).then_some(db)
    }
}

impl Drop for Copy {
    fn drop(&mut self) {
        if let Err(error) = fs::remove_dir_all(&self.directory) {
            tracing::warn!(%error, "a copy of state.db could not be removed");
        }
    }
}

/// The path where a database is built before it takes the place of `state.db`.
pub(super) fn draft(state: &Path) -> PathBuf {
    files::with_suffix(state, ".rescued")
}
