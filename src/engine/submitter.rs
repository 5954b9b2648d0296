//! The thread that submits an account's mail: there only while something of its outbox is to come, asleep until its
//! moment. Who holds the account's lock has it, and the lock is not let go before it has ended.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::channel::error::{Recovery, RemoteError, StoreError};
use crate::channel::event::Event;
use crate::channel::job::Job;
use crate::engine::backoff::Backoff;
use crate::engine::lock::Lock;
use crate::engine::sent_copy::now;
use crate::engine::{
    Order, Post, Setup, draft_copy, opening, seek, sent_copy, store_failed, submit,
};
use crate::mail::account::{AccountId, SecretSource};
use crate::mail::secret::Secret;
use crate::store::Store;
use crate::store::reader::Reader;

/// A moment further ahead is looked at again after so long: clocks are set, machines sleep.
const LOOK: Duration = Duration::from_mins(1);
/// After a failure of the disk, and where nothing could be done about what is due.
const PAUSE: Duration = Duration::from_secs(5);
/// After refused credentials: more would be taken for an attack.
const REFUSED: Duration = Duration::from_mins(5);

/// The way to the thread. Cheap to clone.
#[derive(Clone)]
pub struct Submitter {
    shared: Arc<Shared>,
}

struct Shared {
    setup: Setup,
    bulk: Option<Post>,
    desk: Mutex<Desk>,
    changed: Condvar,
}

/// What the thread and its lane tell each other.
#[derive(Default)]
struct Desk {
    lock: Option<Arc<Lock>>,
    secret: Option<Secret>,
    is_online: bool,
    is_running: bool,
    /// Something may have come since the thread looked.
    is_wanted: bool,
    /// Waits for another attempt are over.
    is_hurried: bool,
    is_over: bool,
}

impl Submitter {
    /// Makes the way to a thread that does not run yet; `bulk` hears where copies were filed.
    #[must_use]
    pub fn new(setup: &Setup, bulk: Option<Post>) -> Self {
        let secret = match &setup.settings.secret {
            SecretSource::Known(secret) => Some(secret.clone()),
            _ => None,
        };
        let desk = Desk {
            secret,
            is_online: !setup.is_offline,
            ..Desk::default()
        };
        Self {
            shared: Arc::new(Shared {
                setup: setup.clone(),
                bulk,
                desk: Mutex::new(desk),
                changed: Condvar::new(),
            }),
        }
    }

    /// The account's lock was taken: what the engine before left behind is settled, and from now on mail is sent.
    pub(super) fn begin(&self, lock: &Arc<Lock>) {
        let writer = self.shared.setup.store.writer();
        if let Err(error) = writer.abandon_mail(self.shared.setup.account) {
            // Nothing is sent by a process that could not tell what was sent before.
            let _ = self.shared.setup.events.send(Event::StoreFailed(error));
            return;
        }
        self.desk().lock = Some(Arc::clone(lock));
        self.look();
    }

    /// Hears what is ordered of the lane.
    pub(super) fn overhear(&self, order: &Order) {
        match order {
            Order::Job(Job::JournalChanged) => self.look(),
            Order::Job(Job::SyncNow) => self.hurry(),
            Order::Job(Job::Password(secret)) => {
                self.desk().secret = Some(secret.clone());
                self.look();
            }
            Order::Job(Job::SetOnline(is_online)) => {
                self.desk().is_online = *is_online;
                self.look();
            }
            Order::Stop => self.end(),
            _ => {}
        }
    }

    /// Nothing waits for another attempt: the network is back, or the user wants it.
    pub(super) fn hurry(&self) {
        self.desk().is_hurried = true;
        self.look();
    }

    /// Looks whether there is something to do, and has it done.
    fn look(&self) {
        let mut desk = self.desk();
        desk.is_wanted = true;
        self.shared.changed.notify_all();
        if desk.is_running || desk.is_over || !desk.may_send() || !self.has_work() {
            return;
        }
        let shared = Arc::clone(&self.shared);
        let name = format!("{}-submission", self.shared.setup.settings.name);
        let thread = std::thread::Builder::new().name(name).spawn(move || {
            if catch_unwind(AssertUnwindSafe(|| shared.run())).is_err() {
                // What it had in hand is settled by the next engine.
                shared.desk().is_over = true;
                shared.desk().is_running = false;
                tracing::error!("a defect ended the submission of mail");
            }
        });
        desk.is_running = thread.is_ok();
    }

    fn has_work(&self) -> bool {
        let setup = &self.shared.setup;
        has_work(&setup.store, setup.account)
    }

    /// Sends nothing further.
    pub fn end(&self) {
        let mut desk = self.desk();
        desk.is_over = true;
        self.shared.changed.notify_all();
        if !desk.is_running {
            desk.lock = None;
        }
    }

    /// Whether a mail may be on its way just now.
    #[must_use]
    pub fn is_running(&self) -> bool {
        self.desk().is_running
    }

    fn desk(&self) -> MutexGuard<'_, Desk> {
        self.shared.desk()
    }
}

impl Desk {
    const fn may_send(&self) -> bool {
        self.is_online && self.secret.is_some() && self.lock.is_some()
    }
}

impl Shared {
    fn desk(&self) -> MutexGuard<'_, Desk> {
        self.desk.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Works until nothing is to come; the thread's whole life.
    fn run(&self) {
        let mut round = Round {
            setup: &self.setup,
            bulk: self.bulk.as_ref(),
            backoff: Backoff::new(self.setup.pace.first_retry, u64::from(std::process::id())),
            retry_at: None,
        };
        loop {
            let secret = self.begin(&mut round);
            let next = secret.and_then(|secret| round.run(&secret));
            if !self.wait(next) {
                return;
            }
        }
    }

    /// Takes what was asked since the last round; the secret, where mail may be sent.
    fn begin(&self, round: &mut Round<'_>) -> Option<Secret> {
        let (is_hurried, secret) = {
            let mut desk = self.desk();
            desk.is_wanted = false;
            let may_send = desk.may_send() && !desk.is_over;
            let secret = desk.secret.clone().filter(|_| may_send);
            (std::mem::take(&mut desk.is_hurried), secret)
        };
        if is_hurried {
            round.hurry();
        }
        secret
    }

    /// Waits for a moment, or until something may have come; false for the end of the thread, also where nothing is
    /// to come.
    fn wait(&self, next: Option<Instant>) -> bool {
        let mut desk = self.desk();
        while let Some(at) = next
            && !desk.is_wanted
            && !desk.is_over
        {
            let left = at.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return true;
            }
            let waited = self.changed.wait_timeout(desk, left);
            desk = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
        if desk.is_wanted && !desk.is_over {
            return true;
        }
        desk.is_running = false;
        if desk.is_over {
            desk.lock = None;
        }
        false
    }
}

/// What is kept from one look to the next.
struct Round<'a> {
    setup: &'a Setup,
    bulk: Option<&'a Post>,
    backoff: Backoff,
    /// The server could not be reached: not before this moment.
    retry_at: Option<Instant>,
}

impl Round<'_> {
    fn hurry(&mut self) {
        self.retry_at = None;
        let _ = self.setup.store.writer().hurry_mail(self.setup.account);
    }

    /// Does everything that is due; when to look again, `None` where nothing is to come.
    fn run(&mut self, secret: &Secret) -> Option<Instant> {
        let begun = Instant::now();
        if let Some(at) = self.retry_at.filter(|at| begun < *at) {
            return Some(at);
        }
        self.retry_at = None;
        match self.try_run(secret) {
            Ok(next) => next,
            Err(error) => {
                let _ = self.setup.events.send(Event::StoreFailed(error));
                Some(Instant::now() + PAUSE)
            }
        }
    }

    fn try_run(&mut self, secret: &Secret) -> Result<Option<Instant>, StoreError> {
        let mut reader = self.setup.store.reader()?;
        let account = self.setup.account;
        if due(&mut reader, account)?.is_none() {
            return Ok(None);
        }
        let backoff = &mut self.backoff;
        let mut pause = || i64::try_from(backoff.failed().as_secs().max(1)).unwrap_or(1);
        let failed = submit::send_due(self.setup, secret, &mut reader, &mut pause)?;
        match failed {
            Some(error) => self.failed(&error),
            None => self.backoff.held(),
        }
        // What is found to be sent is filed like the rest.
        seek::look_for_due(self.setup, secret, &mut reader)?;
        sent_copy::file_due(self.setup, secret, &mut reader, self.bulk)?;
        draft_copy::copy_due(self.setup, secret, &mut reader, false, self.bulk)?;
        Ok(due(&mut reader, account)?.map(|at| self.moment(at)))
    }

    /// The server could not be reached, or let nobody in.
    fn failed(&mut self, error: &RemoteError) {
        let pause = match error.recovery() {
            Recovery::Reconnect => self.backoff.failed(),
            Recovery::AskCredentials | Recovery::TellUser => REFUSED,
        };
        self.retry_at = Some(Instant::now() + pause);
        if matches!(self.setup.settings.secret, SecretSource::Token(_))
            && error.recovery() == Recovery::AskCredentials
        {
            // The token may simply be old: its command is asked for another one.
            let _ = self.setup.events.send(Event::PasswordWanted {
                account: self.setup.account,
                refusal: opening::refusal(&self.setup.settings.imap.host, error),
            });
        }
    }

    /// When something is done about what is due at a moment, seconds since the epoch.
    fn moment(&self, due: i64) -> Instant {
        let left = due.saturating_sub(now());
        let wait = match u64::try_from(left) {
            // Due, and yet nothing was done: another look at once would be the same.
            Err(_) | Ok(0) => PAUSE,
            Ok(seconds) => Duration::from_secs(seconds).min(LOOK),
        };
        let at = Instant::now() + wait;
        self.retry_at.map_or(at, |retry| retry.max(at))
    }
}

/// Whether something is to come for an account's mail or drafts; true also where that cannot be read.
#[must_use]
pub fn has_work(store: &Store, account: AccountId) -> bool {
    let due = store
        .reader()
        .and_then(|mut reader| due(&mut reader, account));
    !matches!(due, Ok(None))
}

/// When something is to be done next for an account's mail or drafts, seconds since the epoch; `None` for never.
fn due(reader: &mut Reader, account: AccountId) -> Result<Option<i64>, StoreError> {
    let (mail, drafts) = (reader.outbox_due(account)?, reader.drafts_due(account)?);
    Ok(mail.into_iter().chain(drafts).min())
}

/// Sends what is due, files and looks for what is due, once; for the command line. The caller holds the account's lock.
///
/// # Errors
/// What the disk said, as an error of the connection; the outbox says what became of each mail.
pub fn once(setup: &Setup, secret: &Secret) -> Result<(), RemoteError> {
    let stored = |error: StoreError| store_failed(&error);
    let writer = setup.store.writer();
    writer.abandon_mail(setup.account).map_err(stored)?;
    writer.hurry_mail(setup.account).map_err(stored)?;
    let mut reader = setup.store.reader().map_err(stored)?;
    let failed = submit::send_due(setup, secret, &mut reader, &mut || 60).map_err(stored)?;
    // What is found to be sent is filed like the rest.
    seek::look_for_due(setup, secret, &mut reader).map_err(stored)?;
    sent_copy::file_due(setup, secret, &mut reader, None).map_err(stored)?;
    draft_copy::copy_due(setup, secret, &mut reader, true, None).map_err(stored)?;
    failed.map_or(Ok(()), Err)
}
