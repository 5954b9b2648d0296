//! What the store thread mends by itself while it runs: a cache that turns out to be damaged is replaced, and what a full
//! disk kept it from projecting is projected once there is room.

use std::sync::Arc;
use std::time::Duration;

use rusqlite::Connection;

use crate::channel::damage::Replaced;
use crate::channel::error::StoreError;
use crate::channel::event::Event;
use crate::store::disk::open;
use crate::store::disk::sql::{Doing, run};
use crate::store::worker::Worker;
use crate::store::worker::commit::Changes;
use crate::store::worker::idle::Chores;

/// How long after a failed projection the next attempt follows.
pub(super) const TRY_AGAIN: Duration = Duration::from_secs(2);

impl Worker {
    /// Notes a failure; a damaged cache is replaced before the next request is served.
    pub(in crate::store) fn note(&mut self, error: &StoreError) {
        self.is_damaged |= matches!(error, StoreError::Corrupt { .. });
    }

    pub(in crate::store) fn noted<T>(
        &mut self,
        result: Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        if let Err(error) = &result {
            self.note(error);
        }
        result
    }

    /// A reader met damage in the cache that was open after `generation` replacements.
    pub(super) fn reported(&mut self, generation: u64) {
        self.is_damaged |= generation == self.files.generation();
    }

    /// Replaces the cache where damage was met since the last look. Every engine is told by its next flush, and begins
    /// anew.
    pub(super) fn heal(&mut self) {
        if !std::mem::take(&mut self.is_damaged) {
            return;
        }
        self.drop_bulk();
        // Which of the two it was, the error does not say; the small one is asked.
        if let Err(error) = open::check_state(&self.state).map_err(open::of_state) {
            self.give_up(error);
            return;
        }
        let files = Arc::clone(&self.files);
        match files.alone(|| self.replace_cache()) {
            Ok(replaced) => {
                self.files.renew();
                self.failures.add(StoreError::Corrupt {
                    cause: replaced.why.as_str().to_owned(),
                });
                self.send(Event::CacheReplaced(replaced));
            }
            Err(error) => {
                self.files.mark_damaged();
                self.give_up(error);
            }
        }
    }

    fn replace_cache(&mut self) -> Result<Replaced, StoreError> {
        // The damaged one is closed before it is moved.
        self.cache = Connection::open_in_memory().doing("close the damaged cache")?;
        let why = "damage was met while it was in use";
        let (cache, replaced) = open::replace_cache(&self.files, &self.state, &self.accounts, why)?;
        self.cache = cache;
        self.fresh.clear();
        self.chores = Chores::at_start();
        self.pending.forget();
        self.project_all()?;
        Ok(replaced)
    }

    fn give_up(&mut self, error: StoreError) {
        tracing::error!(?error, "the store cannot be mended now");
        self.send(Event::StoreFailed(error.clone()));
        self.failures.add(error);
    }

    /// Drops the bulk transaction and what was to be told of it.
    pub(super) fn drop_bulk(&mut self) {
        if self.began.take().is_some() {
            // SQLite may have rolled back by itself already.
            let _ = run(&self.cache, "ROLLBACK", "roll back");
        }
        self.pack.forget();
        self.changes = Changes::default();
    }

    /// Projects again what could not be projected when it was recorded.
    pub(super) fn catch_up(&mut self) {
        if !self.owes_projection {
            return;
        }
        self.owes_projection = false;
        self.commit();
        if let Err(error) = self.project_all() {
            tracing::warn!(?error, "the open operations are still not projected");
            self.owes_projection = true;
            self.note(&error);
        }
    }
}
