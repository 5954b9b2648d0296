//! The bulk transaction of the store thread: when it begins and ends, and what is told of it afterwards.

use std::collections::{BTreeSet, VecDeque};
use std::fs;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use crate::channel::error::StoreError;
use crate::channel::event::Event;
use crate::mail::mailbox::MailboxId;
use crate::mail::message_id::MessageId;
use crate::store::disk::sql::run;
use crate::store::failpoint;
use crate::store::worker::Worker;

/// A bulk transaction ends after so many rows or so long.
pub(in crate::store) const BULK_ROWS: usize = 2_000;
pub(super) const BULK_TIME: Duration = Duration::from_millis(25);

/// Failures that are kept for writers that have not flushed since.
const FAILURES: usize = 16;

/// What the events after a commit will say.
#[derive(Debug, Default)]
pub(in crate::store) struct Changes {
    pub mailboxes: BTreeSet<MailboxId>,
    pub folders: bool,
    pub bodies: Vec<MessageId>,
    /// Files in the body directory that no row names any more.
    pub files: Vec<String>,
}

/// The latest failures of bulk writes, numbered, so that each writer is told of each once.
#[derive(Debug, Default)]
pub(in crate::store) struct Failures {
    /// How many there were since the start; read by whoever makes a writer.
    pub n: Arc<AtomicU64>,
    latest: VecDeque<StoreError>,
}

impl Failures {
    pub(super) fn add(&mut self, error: StoreError) {
        if self.latest.len() >= FAILURES {
            self.latest.pop_front();
        }
        self.latest.push_back(error);
        self.n.fetch_add(1, Ordering::SeqCst);
    }

    /// How many there were, and the first after the `seen`-th, as far back as they are kept.
    pub(super) fn since(&self, seen: u64) -> (u64, Option<StoreError>) {
        let n = self.n.load(Ordering::SeqCst);
        let n_new = usize::try_from(n.saturating_sub(seen)).unwrap_or(usize::MAX);
        let error = match n_new {
            0 => None,
            _ => self.latest.get(self.latest.len().saturating_sub(n_new)),
        };
        (n, error.cloned())
    }
}

impl Worker {
    /// Opens the bulk transaction, unless it is open.
    pub(in crate::store) fn begin(&mut self) -> Result<(), StoreError> {
        if self.began.is_none() {
            run(&self.cache, "BEGIN IMMEDIATE", "begin")?;
            self.began = Some(Instant::now());
            self.n_rows = 0;
        }
        Ok(())
    }

    /// Counts rows of the bulk transaction; true when it must end or the user waits.
    pub(in crate::store) fn count(&mut self, n_rows: usize) -> bool {
        self.n_rows = self.n_rows.saturating_add(n_rows);
        self.is_due()
    }

    pub(super) fn is_due(&self) -> bool {
        self.began.is_some_and(|began| {
            self.n_rows >= BULK_ROWS || began.elapsed() >= BULK_TIME || !self.user.is_empty()
        })
    }

    /// Commits the bulk transaction and tells what changed; an error is kept for the next flush.
    pub(in crate::store) fn commit(&mut self) {
        if let Err(error) = self.try_commit() {
            self.fail(error);
        }
    }

    pub(in crate::store) fn try_commit(&mut self) -> Result<(), StoreError> {
        if self.began.is_none() {
            return Ok(());
        }
        self.pack.flush(&self.cache)?;
        failpoint::pass("bulk.before-commit");
        run(&self.cache, "COMMIT", "commit")?;
        failpoint::pass("bulk.after-commit");
        self.began = None;
        self.committed = Instant::now();
        self.publish();
        Ok(())
    }

    /// Drops the bulk transaction: what was in it is to be read again from the server.
    pub(super) fn fail(&mut self, error: StoreError) {
        self.drop_bulk();
        self.note(&error);
        if let StoreError::Full { .. } = error {
            // What was committed stands in the log and, in part, in the cache: carried over, it takes its room once.
            let _ = self.checkpoint();
        }
        tracing::error!(?error, "a bulk write failed");
        self.send(Event::StoreFailed(error.clone()));
        self.failures.add(error);
    }

    pub(in crate::store) fn announce(&mut self, mailboxes: BTreeSet<MailboxId>) {
        if mailboxes.is_empty() {
            return;
        }
        self.changes.folders = true;
        self.changes.mailboxes.extend(mailboxes);
        self.publish();
    }

    /// Tells what changed, and deletes files that nothing names any more.
    pub(in crate::store) fn publish(&mut self) {
        let changes = std::mem::take(&mut self.changes);
        for mailbox in changes.mailboxes {
            self.send(Event::RowsChanged(mailbox));
        }
        if changes.folders {
            self.send(Event::FoldersChanged);
        }
        for message in changes.bodies {
            self.send(Event::BodyStored(message));
        }
        for name in changes.files {
            if let Err(error) = fs::remove_file(self.files.bodies.join(name)) {
                tracing::debug!(%error, "a body's file could not be removed");
            }
        }
    }

    pub(in crate::store) fn send(&self, event: Event) {
        // The runtime may be gone already; the store's work is done all the same.
        let _ = self.events.send(event);
    }
}
