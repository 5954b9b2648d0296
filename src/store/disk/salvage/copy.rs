//! A copy of a damaged `state.db` that can be opened and read.

use std::fs::{self, DirBuilder, OpenOptions};
use std::io::Write as _;
use std::os::unix::fs::DirBuilderExt;
use std::path::PathBuf;

use rusqlite::Connection;

use crate::channel::error::StoreError;
use crate::store::disk::files::{self, Files};
use crate::store::disk::open;
use crate::store::disk::schema::{self, STATE};
use crate::store::disk::sql::Doing;

/// The size of the pages, which is `SQLite`'s own choice.
const PAGE_BYTES: usize = 4_096;
/// What stands before the frames of a log. File format, 4.1.
const LOG_HEAD_BYTES: usize = 32;
/// What stands before the page of a frame.
const FRAME_HEAD_BYTES: usize = 24;

/// A private directory with a copy of `state.db`, removed at the end.
pub(super) struct Copy {
    directory: PathBuf,
}

impl Copy {
    pub(super) fn make(files: &Files) -> Result<Self, StoreError> {
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

    /// Copies the database anew, with its own first page or one of a new database, and with its log or without it.
    pub(super) fn lay_out(
        &self,
        files: &Files,
        has_own_start: bool,
        has_log: bool,
    ) -> Result<(), StoreError> {
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
    pub(super) fn open(&self) -> Option<Connection> {
        let db = open::connect(&self.path()).ok()?;
        let version = schema::version(&db).ok()?;
        let is_known = version > 0 && version <= STATE.known();
        (is_known && STATE.is_as_made(&db, version).ok()?).then_some(db)
    }

    /// Whether the log of the damaged database holds more than the open copy has of it: commits behind a damaged place are
    /// not read.
    pub(super) fn lacks_log(&self, files: &Files, db: &Connection) -> bool {
        let Ok(log) = fs::read(files::with_suffix(&files.state, "-wal")) else {
            return false;
        };
        if !files::with_suffix(&self.path(), "-wal").exists() {
            return !log.is_empty();
        }
        let n_read = db.query_row("PRAGMA wal_checkpoint", [], |row| row.get::<_, i64>(1));
        let n_read = n_read.ok().and_then(|n| usize::try_from(n).ok());
        n_read.unwrap_or(0) < n_frames(&log)
    }
}

impl Drop for Copy {
    fn drop(&mut self) {
        if let Err(error) = fs::remove_dir_all(&self.directory) {
            tracing::warn!(%error, "a copy of state.db could not be removed");
        }
    }
}

/// Frames of a log up to the last one that is of its present round; the others are left from the rounds before. At least
/// one where its beginning cannot be believed.
fn n_frames(log: &[u8]) -> usize {
    let round = log.get(16..20);
    let frames = log.get(LOG_HEAD_BYTES..).unwrap_or_default();
    let mut frames = frames.chunks(FRAME_HEAD_BYTES + PAGE_BYTES);
    let first = usize::from(frames.len() > 0);
    // The first salt of a round is one more than that of the round before; zeros are damage.
    let is_older = |frame: &[u8]| {
        let salt = frame.get(8..12);
        salt < round && salt != Some(&[0; 4])
    };
    let last = frames.rposition(|frame| !is_older(frame));
    last.map_or(first, |last| last + 1)
}
