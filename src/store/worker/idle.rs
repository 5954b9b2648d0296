//! Chores of the store thread, done in small steps when nothing else is asked: index headers, keep the
//! bodies within their limit, remove files that nothing names.

use std::fs;
use std::time::{Duration, SystemTime};

use rusqlite::OptionalExtension;

use crate::channel::error::StoreError;
use crate::mail::message_id::MessageId;
use crate::store::bodies::eviction;
use crate::store::bodies::parts::{self, PreparedPart};
use crate::store::bodies::{self, PreparedBody};
use crate::store::disk::sql::{Doing, now, signed};
use crate::store::disk::{files, open};
use crate::store::journal::prune;
use crate::store::lists::search;
use crate::store::worker::Worker;

/// Messages indexed in one step.
const INDEX_STEP: u32 = 2_000;
/// A log of the cache from so many bytes on is carried over when there is nothing else to do.
const LONG_LOG: u64 = 4 * 1024 * 1024;
/// And when nothing was written for so long: in the pauses of a slow line much would be carried over again and again.
const REST: Duration = Duration::from_secs(1);

/// Bodies that go in one step.
const EVICT_STEP: usize = 100;

/// The latest bodies, which never go: whoever asked for one has not read it yet.
const FRESH: usize = 4;

/// A body read again within this many seconds needs no new stamp.
const TOUCH_SECONDS: i64 = 3_600;

/// Files younger than this may be on their way into a row, of this process or another.
const STRAY_AGE: Duration = Duration::from_hours(1);

/// What is left to do.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(in crate::store) struct Chores {
    /// Headers to index.
    pub index: bool,
    /// Bodies may have outgrown their limit.
    pub evict: bool,
    /// What is held for drafts may be needed no longer.
    pub release: bool,
    /// Files without a row may be there.
    pub stray: bool,
    /// Operations that ended long ago may be in the journal.
    pub prune: bool,
    /// Bodies came or went: the folder pane may have to say something else of what is complete.
    pub folders: bool,
    /// The log has become long: carried over, it need not be read by a start after a crash.
    pub checkpoint: bool,
}

impl Chores {
    /// Everything, at the start.
    pub(super) const fn at_start() -> Self {
        Self {
            index: true,
            evict: true,
            release: true,
            stray: true,
            prune: true,
            folders: false,
            checkpoint: false,
        }
    }

    /// Whether nothing is left.
    pub(super) fn is_idle(self) -> bool {
        self == Self::default()
    }
}

impl Worker {
    /// Does one step of one chore; false when there was none.
    pub(super) fn chore(&mut self) -> bool {
        let result = if self.chores.folders {
            self.chores.folders = false;
            self.changes.folders = true;
            self.publish();
            Ok(())
        } else if self.chores.index {
            self.index_step()
        } else if self.chores.evict {
            self.evict_step()
        } else if self.chores.release {
            self.chores.release = false;
            self.release_held()
        } else if self.chores.stray {
            self.chores.stray = false;
            self.remove_strays()
        } else if self.chores.prune {
            prune::step(&self.state).map(|is_more| self.chores.prune = is_more)
        } else if self.chores.checkpoint && self.committed.elapsed() >= REST {
            self.chores.checkpoint = false;
            self.checkpoint()
        } else {
            return false;
        };
        match result.and_then(|()| self.try_commit()) {
            Ok(()) => true,
            Err(error) => {
                // Not tried again before something new comes: a full disk must not spin.
                self.chores = Chores::default();
                self.fail(error);
                false
            }
        }
    }

    fn index_step(&mut self) -> Result<(), StoreError> {
        self.begin()?;
        let n_done = search::catch_up(&self.cache, INDEX_STEP)?;
        self.chores.index = n_done > 0;
        self.chores.checkpoint |= self.has_long_log();
        Ok(())
    }

    fn has_long_log(&self) -> bool {
        let log = files::with_suffix(&self.files.cache, "-wal");
        fs::metadata(log).is_ok_and(|log| log.len() > LONG_LOG)
    }

    /// As far as readers let it; what they hold back is carried over another time. The log is emptied, since a start after
    /// a crash reads all of it, carried over or not.
    pub(super) fn checkpoint(&self) -> Result<(), StoreError> {
        // Nobody is waited for.
        self.cache
            .busy_timeout(Duration::ZERO)
            .doing("carry over the log")?;
        let done = self
            .cache
            .query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))
            .doing("carry over the log");
        self.cache
            .busy_timeout(open::BUSY)
            .doing("carry over the log")?;
        done
    }

    fn evict_step(&mut self) -> Result<(), StoreError> {
        self.begin()?;
        self.pending.refresh(&self.state)?;
        let accounts = std::sync::Arc::clone(&self.accounts);
        self.chores.evict = false;
        self.chores.checkpoint |= self.has_long_log();
        for account in accounts.iter() {
            let step = eviction::Step {
                account: account.id,
                limit: account.cache_bytes,
                n: EVICT_STEP,
                pending: &self.pending,
                state: &self.state,
                fresh: &self.fresh,
            };
            let swept = step.run(&self.cache, &mut self.changes.files)?;
            self.chores.evict |= swept.n_gone == EVICT_STEP;
            self.chores.folders |= swept.n_gone > 0;
            self.tell_beyond(account.id, account.cache_bytes, swept.kept_beyond);
        }
        Ok(())
    }

    /// Removes body files that no row names: left by a crash between the rename and the commit.
    fn remove_strays(&mut self) -> Result<(), StoreError> {
        let entries = fs::read_dir(&self.files.bodies).doing("look for stray bodies")?;
        for entry in entries.flatten() {
            let age = entry
                .metadata()
                .and_then(|about| about.modified())
                .ok()
                .and_then(|at| SystemTime::now().duration_since(at).ok());
            let name = entry.file_name();
            if age.is_none_or(|age| age < STRAY_AGE)
                || eviction::is_named(&self.cache, name.to_string_lossy().as_bytes())?
            {
                continue;
            }
            fs::remove_file(entry.path()).doing("remove a stray body")?;
        }
        Ok(())
    }

    pub(super) fn keep_body(&mut self, body: &PreparedBody) -> Result<(), StoreError> {
        self.begin()?;
        if bodies::store(&self.cache, body, &mut self.changes.files)? {
            self.note_fresh(body.message);
        }
        self.count(1);
        Ok(())
    }

    pub(super) fn keep_part(&mut self, part: &PreparedPart) -> Result<(), StoreError> {
        self.begin()?;
        if parts::store(&self.cache, part, &mut self.changes.files)? {
            self.note_fresh(part.message);
        }
        self.count(1);
        Ok(())
    }

    /// Something of a body came: it is told, there may be too much now, and this one is not what goes.
    fn note_fresh(&mut self, came: MessageId) {
        self.changes.bodies.push(came);
        (self.chores.evict, self.chores.folders) = (true, true);
        self.fresh.retain(|message| *message != came);
        if self.fresh.len() >= FRESH {
            self.fresh.remove(0);
        }
        self.fresh.push(came);
    }

    /// Notes that a body was read, at most once an hour.
    pub(super) fn touch(&mut self, message: MessageId) -> Result<(), StoreError> {
        let last: Option<i64> = self
            .cache
            .prepare_cached("SELECT last_used FROM body WHERE message = ?1")
            .and_then(|mut statement| {
                statement
                    .query_row([signed(message.get())], |row| row.get(0))
                    .optional()
            })
            .doing("read the age of a body")?;
        let now = now();
        if last.is_none_or(|last| now.saturating_sub(last) < TOUCH_SECONDS) {
            return Ok(());
        }
        self.begin()?;
        self.count(1);
        self.cache
            .prepare_cached("UPDATE body SET last_used = ?2 WHERE message = ?1")
            .and_then(|mut statement| statement.execute([signed(message.get()), now]))
            .map(|_| ())
            .doing("note that a body was read")
    }
}
