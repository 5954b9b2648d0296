//! This disk: two databases, one thread that writes them, and readers.
//!
//! `state.db` holds what only this machine knows (numbers, the journal), durable at every commit, never dropped.
//! `cache.db` holds what the server last said, with the open operations projected over it; it may be lost. No
//! transaction spans the two; the order of the commits is in `projection`. SQL stands in this module and nowhere else.
//!
//! Invariants: readers never wait for the writer. A user's write never waits for more than one bulk transaction (2,000
//! rows or 25 ms), and once in a long while for a full log to be carried over into the cache. A `MessageId` is never given out twice, and comes back to its message after the cache was lost where
//! an open operation names it. What the server has not yet acknowledged is never reverted by what it says.
//!
//! | room | what is in it |
//! |---|---|
//! | [`disk`] | the two files: opened, migrated, judged, put aside, rescued |
//! | `worker` | the thread that writes: what is asked of it, its transactions, its chores |
//! | [`journal`] | what the user did: recorded, projected, claimed, closed, taken back |
//! | [`folders`] | mailboxes, their tree, gaps, limits; the folders on this computer |
//! | `messages` | headers, placements, threads, and what a new UIDVALIDITY does to them |
//! | [`bodies`] | texts and parts: stored, kept, let go |
//! | `lists` | windows, selections, the words to limit a list by |
//! | [`outgoing`] | drafts and the outbox |

pub mod background;
pub mod bodies;
pub mod disk;
pub mod failpoint;
pub mod folders;
pub mod journal;
pub mod outgoing;
pub mod public_id;
pub mod reader;
pub mod sync_state;
pub mod writer;

mod accounts;
mod adoption;
mod lists;
pub mod messages;
mod user_writer;
mod worker;

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

use crossbeam_channel::{Sender, bounded, unbounded};

use crate::channel::damage::{COMMITS_LOST, Replaced};
use crate::channel::error::StoreError;
use crate::channel::event::Event;
use crate::mail::account::{AccountId, AccountSettings};
use crate::mail::message_id::MessageId;
use crate::mail::part::PartPath;
use crate::store::accounts::Registered;
use crate::store::bodies::partial::Partial;
use crate::store::disk::ended;
use crate::store::disk::files::Files;
use crate::store::disk::open;
use crate::store::disk::opening::Opening;
use crate::store::disk::parsing::Parsing;
use crate::store::disk::rescue;
use crate::store::disk::sql::Doing;
use crate::store::disk::wal;
use crate::store::reader::Reader;
use crate::store::worker::Worker;
use crate::store::worker::commit::Failures;
use crate::store::worker::request::BulkRequest;
use crate::store::writer::{Spent, Writer};

/// Requests that may wait in the bulk lane; then the engine waits (back-pressure bounds the memory). As many headers as a
/// server sends while one transaction is being committed: else it is not read from meanwhile, and what was asked for over a
/// long way comes in bursts with pauses between them.
const BULK_REQUESTS: usize = 12;

/// Where the files of a store lie.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Paths {
    /// The directory of `state.db`.
    pub data: PathBuf,
    /// The directory of `cache.db` and `bodies/`.
    pub cache: PathBuf,
}

/// The open store of this process. Cheap to clone; the last one to go ends the store thread.
#[derive(Clone)]
pub struct Store {
    /// Its count of failures is the store thread's own.
    writer: Writer,
    files: Arc<Files>,
    accounts: Arc<[Registered]>,
    replaced: Option<Arc<Replaced>>,
    lacks_commits: bool,
    thread: Arc<Mutex<Option<JoinHandle<()>>>>,
}

impl Store {
    /// Opens both databases, making or migrating them, registers the accounts, projects the open operations and starts
    /// the store thread.
    ///
    /// # Errors
    /// `Newer` when a newer Sterna wrote either file, then nothing was touched; `StateDamaged` when `state.db` is (a
    /// damaged cache is replaced instead, see [`Store::replaced`]); else what the disk said.
    pub fn open(
        paths: &Paths,
        accounts: &[AccountSettings],
        events: Sender<Event>,
    ) -> Result<Self, StoreError> {
        open::check_sqlite()?;
        let mut files = Files::prepare(&paths.data, &paths.cache)?;
        open::refuse_newer(&files)?;
        files.look_back();
        let files = Arc::new(files);
        rescue::finish(&files)?;
        let lacks_commits = wal::lacks_commits(&files.state);
        let state = open::state(&files.state, files.is_as_left)?;
        if lacks_commits {
            tracing::error!("{COMMITS_LOST}");
            let _ = events.send(Event::CommitsLost);
        }
        let (registered, retired) = accounts::register(&state, accounts).map_err(open::of_state)?;
        let registered: Arc<[Registered]> = registered.into();
        let (user, user_requests) = unbounded();
        let (bulk, bulk_requests) = bounded(BULK_REQUESTS);
        let failures = Failures::default();
        let n_failed = Arc::clone(&failures.n);
        let (worker, replaced) = Worker::start(
            state,
            Arc::clone(&files),
            Arc::clone(&registered),
            &retired,
            events.clone(),
            (user_requests, bulk_requests),
            failures,
        )?;
        let thread = std::thread::Builder::new()
            .name("store".to_owned())
            .spawn(move || {
                background::give_way();
                let state = worker.files.state.clone();
                if worker.run() {
                    ended::note(&state);
                }
            })
            .map_err(|error| StoreError::Io {
                cause: format!("start the store thread: {error}"),
            })?;
        Ok(Self {
            writer: Writer {
                user,
                bulk,
                events,
                bodies: files.bodies.clone().into(),
                n_failed,
                spent: Spent::new(),
            },
            files,
            accounts: registered,
            replaced: replaced.map(Arc::new),
            lacks_commits,
            thread: Arc::new(Mutex::new(Some(thread))),
        })
    }

    /// The number of a configured account; `None` for an unknown name.
    #[must_use]
    pub fn account(&self, name: &str) -> Option<AccountId> {
        self.accounts
            .iter()
            .find(|account| account.name == name)
            .map(|account| account.id)
    }

    /// What happened to a cache that was found damaged when the store was opened; `None` when it was sound. An event tells
    /// the same.
    #[must_use]
    pub fn replaced(&self) -> Option<&Replaced> {
        self.replaced.as_deref()
    }

    /// Whether the log of `state.db` had lost commits when the store was opened. An event tells the same.
    #[must_use]
    pub const fn lacks_commits(&self) -> bool {
        self.lacks_commits
    }

    /// A handle for writing, told of every error from now on; one for each lane.
    #[must_use]
    pub fn writer(&self) -> Writer {
        let n_failed = self.writer.n_failed.load(Ordering::SeqCst);
        Writer {
            n_failed: Arc::new(AtomicU64::new(n_failed)),
            spent: Spent::new(),
            ..self.writer.clone()
        }
    }

    /// A handle for reading, with connections of its own.
    ///
    /// # Errors
    /// What the disk said.
    pub fn reader(&self) -> Result<Reader, StoreError> {
        let generation = self.files.generation();
        let reader = Reader::new(
            Arc::clone(&self.files),
            Arc::clone(&self.accounts),
            self.writer.clone(),
        );
        if let Err(StoreError::Corrupt { .. }) = &reader {
            self.writer.damaged(generation);
        }
        reader
    }

    /// Notes of the messages that this process opens, for one thread; what a process left behind that ended over a message
    /// is taken over.
    ///
    /// # Errors
    /// What the disk said.
    pub fn opening(&self) -> Result<Opening, StoreError> {
        let data = self.files.state.parent().unwrap_or(Path::new("."));
        Opening::begin(data).doing("note what is being opened")
    }

    /// Notes of the headers that one connection brings; what a process left behind that ended over a header is taken over.
    ///
    /// # Errors
    /// What the disk said.
    pub fn parsing(&self) -> Result<Parsing, StoreError> {
        let data = self.files.state.parent().unwrap_or(Path::new("."));
        Parsing::begin(data).doing("note what is being taken apart")
    }

    /// Opens what has come so far of a part of a message, whole blocks of it; an empty path is the whole message. `kind`
    /// tells forms of the same part apart. To be used by who holds the account's lock.
    ///
    /// # Errors
    /// What the disk said.
    pub fn partial(
        &self,
        account: AccountId,
        message: MessageId,
        part: &PartPath,
        kind: &str,
        block: u64,
    ) -> Result<Partial, StoreError> {
        Partial::open(&self.files.partial, account, message, part, kind, block)
    }

    /// A private directory for files without a name, of what is still coming from a server.
    #[must_use]
    pub fn spool(&self) -> &Path {
        &self.files.partial
    }

    /// Commits what waits in both lanes and ends the store thread. Later writes are refused.
    pub fn close(self) {
        let (reply, answer) = bounded(1);
        if self.writer.bulk.send(BulkRequest::Shutdown(reply)).is_ok() {
            // An error has gone out as an event already.
            let _ = answer.recv();
        }
        let thread = self
            .thread
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        if let Some(thread) = thread
            && thread.join().is_err()
        {
            tracing::error!("the store thread had panicked");
        }
    }
}
