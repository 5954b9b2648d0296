//! The files of the store: where they lie, who may read them, and what to do with damaged ones.
//!
//! Opens nothing in `SQLite`; `open` does.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::Read;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use crate::channel::error::StoreError;
use crate::store::disk::ended;
use crate::store::disk::sql::{Doing, now};

/// The files of one store, in use by this process while the value lives.
#[derive(Debug)]
pub(in crate::store) struct Files {
    /// `state.db`.
    pub state: PathBuf,
    /// `cache.db`.
    pub cache: PathBuf,
    /// Whether `state.db` is as an orderly end left it, so that what held of it then holds now; see [`Files::look_back`].
    pub is_as_left: bool,
    /// The directory of bodies too large for the database.
    pub bodies: PathBuf,
    /// The directory of parts that have not come to their end.
    pub partial: PathBuf,
    /// Locked shared by every process that uses the store; a database is replaced under the exclusive lock only: nobody
    /// may go on writing to the old one.
    lock: File,
    /// How often this process has replaced the cache; readers that have opened an older one open it again.
    generation: AtomicU64,
}

impl Files {
    /// The names under the two directories, which are made where missing, private to the user.
    pub(in crate::store) fn prepare(data: &Path, cache: &Path) -> Result<Self, StoreError> {
        let (bodies, partial) = (cache.join("bodies"), cache.join("partial"));
        for directory in [data, cache, &bodies, &partial] {
            DirBuilder::new()
                .recursive(true)
                .mode(0o700)
                .create(directory)
                .doing("make the store's directory")?;
            restrict(directory, 0o700)?;
        }
        let lock = data.join("store.lock");
        create_private(&lock)?;
        let lock = File::open(lock).doing("open the lock of the store")?;
        lock.lock_shared().doing("lock the store")?;
        Ok(Self {
            state: data.join("state.db"),
            is_as_left: false,
            cache: cache.join("cache.db"),
            bodies,
            partial,
            lock,
            generation: AtomicU64::new(0),
        })
    }

    /// Looks how the run before this one ended.
    pub(in crate::store) fn look_back(&mut self) {
        self.is_as_left = ended::take_note(&self.state);
    }

    /// How often this process has replaced the cache.
    pub(in crate::store) fn generation(&self) -> u64 {
        self.generation.load(Ordering::SeqCst)
    }

    /// Has every reader of this process open the cache again.
    pub(in crate::store) fn renew(&self) {
        self.generation.fetch_add(1, Ordering::SeqCst);
    }

    /// The file that says, from one run to the next, that the cache was found damaged.
    fn damage_mark(&self) -> PathBuf {
        self.cache.with_extension("db.is-damaged")
    }

    /// Remembers for the next start that the cache is damaged. Best effort: without it the damage is found again.
    pub(in crate::store) fn mark_damaged(&self) {
        if let Err(error) = create_private(&self.damage_mark()) {
            tracing::warn!(%error, "the damaged cache could not be marked");
        }
    }

    /// Whether an earlier run found the cache damaged.
    pub(super) fn is_marked_damaged(&self) -> bool {
        self.damage_mark().exists()
    }

    /// Does something that no other process may be at work beside.
    ///
    /// # Errors
    /// `Io` while another Sterna uses the store; else as `work`.
    pub(in crate::store) fn alone<T>(
        &self,
        work: impl FnOnce() -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        if self.lock.try_lock().is_err() {
            self.lock.lock_shared().doing("lock the store")?;
            return Err(StoreError::Io {
                cause: "a damaged file must be replaced, but another Sterna uses it; end that one first"
                    .to_owned(),
            });
        }
        let done = work();
        self.lock.lock_shared().doing("lock the store")?;
        done
    }

    /// Moves the cache out of the way, so that an empty one can take its place; where it went. One such copy is kept. This
    /// process must be alone and not write to it any more; a connection that still reads it goes on reading the copy.
    pub(super) fn quarantine(&self) -> Result<PathBuf, StoreError> {
        self.drop_old_copies();
        let copy = with_suffix(&self.cache, &format!(".quarantine-{}", now()));
        set_aside(&self.cache, &copy)?;
        let mark = self.damage_mark();
        if mark.exists() {
            fs::remove_file(mark).doing("remove the mark of the damaged cache")?;
        }
        Ok(copy)
    }

    fn drop_old_copies(&self) {
        let Some(directory) = self.cache.parent() else {
            return;
        };
        let old = fs::read_dir(directory)
            .into_iter()
            .flatten()
            .flatten()
            .filter(|entry| {
                entry
                    .file_name()
                    .to_string_lossy()
                    .starts_with("cache.db.quarantine-")
            });
        for entry in old {
            if let Err(error) = fs::remove_file(entry.path()) {
                tracing::warn!(%error, "an old quarantined cache could not be removed");
            }
        }
    }
}

/// Moves a database with its log to another name. The log first: without it the database is older, not wrong.
pub(super) fn set_aside(database: &Path, copy: &Path) -> Result<(), StoreError> {
    for suffix in ["-wal", "-shm", ""] {
        let from = with_suffix(database, suffix);
        if from.exists() {
            fs::rename(&from, with_suffix(copy, suffix)).doing("move a damaged file aside")?;
        }
    }
    Ok(())
}

/// What the first 100 bytes of a database file say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Header {
    /// There is no file.
    Missing,
    /// The file is there and empty.
    Empty,
    /// A database; its schema version as far as the main file knows (the write-ahead log may know a later one).
    Database {
        /// `user_version`.
        version: u32,
    },
    /// Something else, or a database shorter than it says.
    Damaged,
}

/// Reads the header of a database file without opening it, so that nothing is touched.
pub(super) fn header(path: &Path) -> Result<Header, StoreError> {
    refuse_link(path)?;
    let mut file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Header::Missing),
        Err(error) => return Err(error).doing("open the database file"),
    };
    let length = file.metadata().doing("look at the database file")?.len();
    if length == 0 {
        return Ok(Header::Empty);
    }
    let mut bytes = [0_u8; 100];
    if length < 100
        || file.read_exact(&mut bytes).is_err()
        || !bytes.starts_with(b"SQLite format 3\0")
    {
        return Ok(Header::Damaged);
    }
    let number = |at: usize| {
        bytes
            .get(at..at.saturating_add(4))
            .and_then(|four| <[u8; 4]>::try_from(four).ok())
            .map_or(0, u32::from_be_bytes)
    };
    let page_bytes = match u64::from(number(16) >> 16) {
        1 => 65_536,
        bytes => bytes,
    };
    let has_log = fs::metadata(with_suffix(path, "-wal")).is_ok_and(|log| log.len() > 0);
    // The page count in the header holds only when the change counter confirms it, and only without a log.
    if !has_log && number(24) == number(92) && u64::from(number(28)) * page_bytes > length {
        return Ok(Header::Damaged);
    }
    Ok(Header::Database {
        version: number(60),
    })
}

/// Refuses a symbolic link in the place of a database: its log would lie elsewhere, and whoever made the link chose the
/// file that is written.
fn refuse_link(path: &Path) -> Result<(), StoreError> {
    if !fs::symlink_metadata(path).is_ok_and(|about| about.is_symlink()) {
        return Ok(());
    }
    let path = path.display();
    Err(StoreError::Io {
        cause: format!(
            "{path} is a symbolic link; put the file itself there: mv \"$(readlink -f '{path}')\" '{path}'"
        ),
    })
}

/// `path` with a suffix behind its whole name.
pub(in crate::store) fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}

/// Makes an empty file of mode 0600 whatever the umask says; an existing one keeps its bytes and gets the mode.
pub(super) fn create_private(path: &Path) -> Result<(), StoreError> {
    OpenOptions::new()
        .create(true)
        .append(true)
        .mode(0o600)
        .open(path)
        .doing("make a private file")?;
    restrict(path, 0o600)
}

/// Sets the mode, independent of the umask.
pub(in crate::store) fn restrict(path: &Path, mode: u32) -> Result<(), StoreError> {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).doing("make a file private")
}

/// Makes a rename durable.
pub(in crate::store) fn sync_directory(path: &Path) -> Result<(), StoreError> {
    File::open(path)
        .and_then(|directory| directory.sync_all())
        .doing("flush a directory")
}
