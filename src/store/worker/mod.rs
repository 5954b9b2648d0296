//! The store thread: the only writer of the process. Serves the user's lane before the bulk lane, gathers bulk writes
//! into transactions of at most 2,000 rows or 25 ms, and does what can wait when nothing else is asked.

pub(super) mod commit;
pub(super) mod heal;
pub(super) mod idle;
pub(super) mod request;

use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, TryRecvError, select};
use rusqlite::Connection;

use crate::channel::damage::Replaced;
use crate::channel::error::StoreError;
use crate::channel::event::Event;
use crate::mail::account::AccountId;
use crate::mail::mailbox::MailboxId;
use crate::mail::message_id::MessageId;
use crate::mail::uid::ModSeq;
use crate::store::accounts::Registered;
use crate::store::disk::files::Files;
use crate::store::disk::open;
use crate::store::disk::sql::Doing;
use crate::store::journal::pending::Pending;
use crate::store::journal::projection;
use crate::store::messages::ids::Ids;
use crate::store::messages::packs::Pack;
use crate::store::worker::commit::{BULK_TIME, Changes, Failures};
use crate::store::worker::heal::TRY_AGAIN;
use crate::store::worker::idle::Chores;
use crate::store::worker::request::{BulkRequest, UserRequest};

/// After this much quiet, chores begin.
const QUIET: Duration = Duration::from_millis(60);

/// Chores come at least this often while bulk writes never pause.
const CHORES_EVERY: Duration = Duration::from_secs(2);

/// The store thread's belongings.
pub(super) struct Worker {
    pub state: Connection,
    pub cache: Connection,
    pub files: Arc<Files>,
    pub accounts: Arc<[Registered]>,
    pub ids: Ids,
    pub pending: Pending,
    pub pack: Pack,
    pub changes: Changes,
    pub chores: Chores,
    /// The bodies that came last.
    pub fresh: Vec<MessageId>,
    pub events: Sender<Event>,
    pub user: Receiver<UserRequest>,
    bulk: Receiver<BulkRequest>,
    pub began: Option<Instant>,
    pub n_rows: usize,
    pub committed: Instant,
    /// Nothing was asked since the last chore, so the next may follow at once.
    is_quiet: bool,
    pub failures: Failures,
    /// Damage was met in the cache; it is replaced before the next request.
    pub is_damaged: bool,
    /// An operation is durable and not yet in the cache.
    pub owes_projection: bool,
    /// The highest mod-sequence that a SELECT of this run told.
    pub highest: BTreeMap<MailboxId, ModSeq>,
    /// Accounts of which it was told that what is kept is more than they may hold.
    pub told_beyond: BTreeSet<AccountId>,
}

/// What comes after a request.
enum Next {
    Continue,
    End,
}

impl Worker {
    /// Opens the cache and projects the open operations. A cache that turns out to be damaged is replaced, which is told
    /// and returned.
    pub(super) fn start(
        state: Connection,
        files: Arc<Files>,
        accounts: Arc<[Registered]>,
        retired: &[AccountId],
        events: Sender<Event>,
        (user, bulk): (Receiver<UserRequest>, Receiver<BulkRequest>),
        failures: Failures,
    ) -> Result<(Self, Option<Replaced>), StoreError> {
        let (cache, mut replaced) = open::cache(&files, &state, &accounts)?;
        let mut worker = Self {
            state,
            cache,
            files,
            accounts,
            ids: Ids::default(),
            pending: Pending::default(),
            pack: Pack::default(),
            changes: Changes::default(),
            chores: Chores::default(),
            fresh: Vec::new(),
            events,
            user,
            bulk,
            began: None,
            n_rows: 0,
            committed: Instant::now(),
            is_quiet: false,
            failures,
            is_damaged: false,
            owes_projection: false,
            highest: BTreeMap::new(),
            told_beyond: BTreeSet::new(),
        };
        if let Err(error) = worker.prepare(retired) {
            let StoreError::Corrupt { cause } = error else {
                return Err(error);
            };
            // The damaged one is closed before it is moved.
            worker.cache = Connection::open_in_memory().doing("close the damaged cache")?;
            let files = Arc::clone(&worker.files);
            let (cache, again) = files
                .alone(|| open::replace_cache(&files, &worker.state, &worker.accounts, &cause))?;
            (worker.cache, replaced) = (cache, Some(again));
            worker.prepare(retired)?;
        }
        if let Some(replaced) = &replaced {
            worker.send(Event::CacheReplaced(replaced.clone()));
        }
        Ok((worker, replaced))
    }

    fn prepare(&mut self, retired: &[AccountId]) -> Result<(), StoreError> {
        // After an orderly end everything is projected already, unless the cache is another one since.
        let is_projected =
            self.files.is_as_left && projection::is_complete(&self.cache, &self.state)?;
        match (!is_projected).then(|| self.project_all()).transpose() {
            // A full disk does not keep anybody from reading.
            Err(StoreError::Full { .. }) => self.owes_projection = true,
            projected => projected.map(|_| ())?,
        }
        for account in retired {
            self.purge(*account)?;
        }
        self.chores = Chores::at_start();
        Ok(())
    }

    /// Serves until the store is closed or nobody holds it any more; true when nothing went wrong and nothing is owed.
    pub(super) fn run(mut self) -> bool {
        let mut last_chore = Instant::now();
        loop {
            self.serve_user();
            self.heal();
            let ControlFlow::Continue(request) = self.turn(&mut last_chore) else {
                break;
            };
            if let Some(request) = request {
                self.is_quiet = false;
                if let Next::End = self.serve_bulk(request) {
                    break;
                }
            }
        }
        self.serve_user();
        self.commit();
        self.heal();
        !self.owes_projection && self.failures.since(0).0 == 0
    }

    /// The next request of the bulk lane, or some other work where there is none; breaks when nobody is left to ask.
    fn turn(&mut self, last_chore: &mut Instant) -> ControlFlow<(), Option<BulkRequest>> {
        match self.bulk.try_recv() {
            Ok(request) => return ControlFlow::Continue(Some(request)),
            Err(TryRecvError::Disconnected) => return ControlFlow::Break(()),
            Err(TryRecvError::Empty) => {}
        }
        let wants_chore = self.began.is_none() && last_chore.elapsed() > CHORES_EVERY;
        if wants_chore && self.chore() {
            *last_chore = Instant::now();
            return ControlFlow::Continue(None);
        }
        match self.wait() {
            Ok(request) => ControlFlow::Continue(request),
            // What was sent before the last handle went is still to be done.
            Err(RecvTimeoutError::Disconnected) => match self.bulk.try_recv() {
                Ok(request) => ControlFlow::Continue(Some(request)),
                Err(_) => ControlFlow::Break(()),
            },
            Err(RecvTimeoutError::Timeout) => {
                if self.began.is_some() {
                    self.commit();
                } else if self.owes_projection {
                    self.catch_up();
                } else {
                    self.is_quiet = self.chore();
                    *last_chore = Instant::now();
                }
                ControlFlow::Continue(None)
            }
        }
    }

    /// Waits for the next request: `Ok(None)` when the user's lane has one, a time-out when it is time to commit or for
    /// a chore.
    fn wait(&mut self) -> Result<Option<BulkRequest>, RecvTimeoutError> {
        // After a pause the first rows are committed at once, in a stream they are gathered.
        let patience = match self.began {
            Some(began) if self.committed.elapsed() < QUIET => {
                BULK_TIME.saturating_sub(began.elapsed())
            }
            Some(_) => Duration::ZERO,
            None if self.owes_projection => TRY_AGAIN,
            None if self.chores.is_idle() => Duration::from_hours(1),
            None if self.is_quiet => Duration::ZERO,
            None => QUIET,
        };
        let user = self.user.clone();
        let bulk = self.bulk.clone();
        select! {
            recv(user) -> request => match request {
                Ok(request) => {
                    self.commit();
                    self.user_request(request);
                    Ok(None)
                }
                Err(_) => Err(RecvTimeoutError::Disconnected),
            },
            recv(bulk) -> request => request.map(Some).map_err(|_| RecvTimeoutError::Disconnected),
            default(patience) => Err(RecvTimeoutError::Timeout),
        }
    }

    /// Serves everything in the user's lane.
    pub(super) fn serve_user(&mut self) {
        while let Ok(request) = self.user.try_recv() {
            self.commit();
            self.user_request(request);
        }
    }

    fn user_request(&mut self, request: UserRequest) {
        match request {
            UserRequest::Record(action) => {
                let ticket = action.ticket;
                if let Err(error) = self.record(&action) {
                    self.note(&error);
                    self.send(Event::RecordFailed { ticket, error });
                }
            }
            UserRequest::RecordNow(action, reply) => {
                let result = self.record(&action);
                if let Err(error) = &result {
                    self.note(error);
                }
                // The caller may have given up; the operation stands all the same.
                let _ = reply.send(result);
            }
            UserRequest::Damaged(generation) => self.reported(generation),
            UserRequest::Mail(request) => self.mail_request(request),
            taking_back => self.decided(taking_back),
        }
    }

    fn serve_bulk(&mut self, request: BulkRequest) -> Next {
        let result = match request {
            BulkRequest::Headers {
                mailbox,
                validity,
                mut headers,
                covered,
                spent,
            } => {
                let result = self.insert_headers(mailbox, validity, &mut headers, &covered);
                let _ = spent.try_send(headers); // Freed here where there is no room, or nobody.
                result
            }
            BulkRequest::Flags {
                mailbox,
                validity,
                changes,
            } => self.merge_flags(mailbox, validity, changes),
            BulkRequest::Previews(place, previews) => self.keep_previews(place, &previews),
            BulkRequest::Vanished {
                mailbox,
                validity,
                uids,
            } => self.remove_vanished(mailbox, validity, &uids),
            BulkRequest::SyncPoint {
                mailbox,
                validity,
                uid_next,
                mod_seq,
                exists,
            } => self.note_sync_point(mailbox, validity, uid_next, mod_seq, exists),
            BulkRequest::CaughtUp(place, caught_up) => self.note_caught_up(place, caught_up),
            BulkRequest::Body(body) => self.keep_body(&body),
            BulkRequest::Part(part) => self.keep_part(&part),
            BulkRequest::Touch(message) => self.touch(message),
            BulkRequest::Failed(error) => Err(error),
            BulkRequest::Limits(account, rights, quota) => {
                self.keep_limits(account, &rights, quota)
            }
            blocking => return self.serve_blocking(blocking),
        };
        if let Err(error) = result {
            self.fail(error);
        } else if self.is_due() {
            self.commit();
        }
        Next::Continue
    }

    /// Requests whose caller waits: each in transactions of its own, after everything before it.
    fn serve_blocking(&mut self, request: BulkRequest) -> Next {
        self.commit();
        // A caller that is gone wants no answer; the work is done all the same.
        match request {
            BulkRequest::Listing(account, listed, reply) => {
                let result = self.take_listing(account, &listed);
                let _ = reply.send(self.noted(result));
            }
            BulkRequest::Status(mailbox, status, reply) => {
                let result = self.take_status(mailbox, &status);
                let _ = reply.send(self.noted(result));
            }
            BulkRequest::Statuses(account, statuses, reply) => {
                let result = self.take_statuses(account, &statuses);
                let _ = reply.send(self.noted(result));
            }
            BulkRequest::Selected(mailbox, selected, reply) => {
                let result = self.take_selected(mailbox, &selected);
                let _ = reply.send(self.noted(result));
            }
            BulkRequest::Capabilities(account, names, reply) => {
                let result = self.take_capabilities(account, &names);
                let _ = reply.send(self.noted(result));
            }
            BulkRequest::Claim(targets, floor, reply) => {
                let result = self.claim(&targets, floor);
                let _ = reply.send(self.noted(result));
            }
            BulkRequest::Release(targets, reply) => {
                let result = self.release(&targets);
                let _ = reply.send(self.noted(result));
            }
            BulkRequest::Close(closing, reply) => {
                let result = self.close_operations(closing);
                let _ = reply.send(self.noted(result));
            }
            BulkRequest::Folder(request) => self.serve_folder(request),
            BulkRequest::Purge(..) | BulkRequest::Forget(..) => self.serve_purge(request),
            BulkRequest::Flush(seen, reply) => {
                let _ = reply.send(Ok(self.failures.since(seen)));
            }
            BulkRequest::Shutdown(reply) => {
                self.serve_user();
                let _ = reply.send(Ok(()));
                return Next::End;
            }
            _ => {}
        }
        Next::Continue
    }
}
