//! The thread that submits an account's mail: there only while something of its outbox is to come, asleep until its
//! moment. Who holds the account's lock has it, and the lock is not let go before it has ended. What it does when it
//! wakes up is a `sending_round`; what is asked of the mail server then, `filing` does beside it, and ends before it.

mod asking;
pub mod draft_copy;
mod filing;
pub mod material;
mod own_folder;
pub mod seek;
pub mod sending_round;
pub mod sent_copy;
pub mod submission_key;
pub mod submit;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use crate::channel::error::{Recovery, RemoteError, StoreError};
use crate::channel::event::Event;
use crate::channel::job::Job;
use crate::engine::lock::Lock;
use crate::engine::submitter::filing::Filing;
use crate::engine::submitter::sending_round::{Key, Leave, PAUSE, Round, due};
use crate::engine::submitter::submission_key::SubmissionKey;
use crate::engine::{Order, Post, Setup, store_failed};
use crate::mail::account::AccountId;
use crate::mail::safe_text::SafeText;
use crate::mail::secret::Secret;
use crate::store::Store;
use crate::store::outgoing::outbox_waits::Waits;

/// What is said where Sterna itself fails.
const DEFECT: &str =
    "a defect in Sterna interrupted the sending of mail (the log has it); it goes on in a moment";

/// As for the render thread: drafts are made of foreign messages too.
const STACK: usize = 8 << 20;

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
struct Desk {
    lock: Option<Arc<Lock>>,
    key: SubmissionKey,
    is_online: bool,
    /// The mail server took the account's secret.
    is_let_in: bool,
    /// The account's secret, while the mail server has yet to say whether it takes it: asked by two at once, an account
    /// is locked twice as fast, and its user asked twice.
    unjudged: Option<Secret>,
    is_running: bool,
    /// Something may have come since the thread looked.
    is_wanted: bool,
    /// Waits for another attempt that are over; `None` where none is.
    hurried: Option<Waits>,
    filing: Filing,
    is_over: bool,
}

impl Submitter {
    /// Makes the way to a thread that does not run yet; `bulk` hears where copies were filed.
    #[must_use]
    pub fn new(setup: &Setup, bulk: Option<Post>) -> Self {
        let desk = Desk {
            lock: None,
            key: SubmissionKey::new(&setup.settings),
            is_online: !setup.is_offline,
            is_let_in: false,
            unjudged: None,
            is_running: false,
            is_wanted: false,
            hurried: None,
            filing: Filing::default(),
            is_over: false,
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

    /// The account's lock was taken: from now on mail is sent.
    pub(super) fn begin(&self, lock: &Arc<Lock>) {
        // What the engine before left behind is told at once, also while nothing can be sent. Every round settles it
        // before it sends, so a disk that cannot do so now holds nothing up for good.
        let setup = &self.shared.setup;
        if let Err(error) = setup.store.writer().abandon_mail(setup.account) {
            let _ = setup.events.send(Event::StoreFailed(error));
        }
        let mut desk = self.desk();
        desk.lock = Some(Arc::clone(lock));
        desk.hurried = desk.hurried.max(Some(Waits::Unreached));
        drop(desk);
        self.look();
    }

    /// Hears what is ordered of the lane.
    pub(super) fn overhear(&self, order: &Order) {
        match order {
            Order::Job(Job::JournalChanged) => self.look(),
            Order::Job(Job::SendNow) => self.hurry(Waits::All),
            Order::Job(Job::SyncNow) => {
                self.desk().key.wished();
                self.hurry(Waits::All);
            }
            Order::Job(Job::Password(secret)) => {
                let mut desk = self.desk();
                desk.unjudged = Some(secret.clone());
                let is_let_in = desk.is_let_in;
                drop(desk);
                if is_let_in {
                    self.judged();
                }
            }
            Order::Job(Job::SubmissionPassword(secret)) => {
                self.came(|key| key.came_for_submission(secret.clone()));
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
    fn hurry(&self, waits: Waits) {
        let mut desk = self.desk();
        desk.hurried = desk.hurried.max(Some(waits));
        drop(desk);
        self.look();
    }

    /// The mail server takes the account's secret; the network is there.
    pub(super) fn let_in(&self) {
        self.desk().is_let_in = true;
        self.judged();
        self.hurry(Waits::Unreached);
    }

    /// The connection failed. Where the mail server said nothing of the secret, what is to be sent does not wait for that.
    pub(super) fn unheard(&self, error: &RemoteError) {
        self.desk().is_let_in = false;
        if error.recovery() != Recovery::AskCredentials {
            self.judged();
        }
    }

    /// It does not: no other server is offered it.
    pub(super) fn forget(&self) {
        let mut desk = self.desk();
        desk.unjudged = None;
        desk.key.forget();
    }

    /// What the mail server has judged, or cannot, may open the submission server too.
    fn judged(&self) {
        let secret = self.desk().unjudged.take();
        if let Some(secret) = secret {
            self.came(|key| key.came(secret));
        }
    }

    /// A password or token came.
    fn came(&self, note: impl FnOnce(&mut SubmissionKey) -> Option<SafeText>) {
        let refusal = note(&mut self.desk().key);
        if let Some(refusal) = refusal {
            self.shared.ask(refusal);
        }
        self.hurry(Waits::Unreached); // What was said of the wait for it is old.
    }

    /// Looks whether there is something to do, and has it done.
    fn look(&self) {
        let mut desk = self.desk();
        desk.is_wanted = true;
        self.shared.changed.notify_all();
        if desk.is_running || desk.is_over || !desk.may_run() {
            return;
        }
        let (store, account) = (&self.shared.setup.store, self.shared.setup.account);
        if !has_work(store, account) {
            return;
        }
        let shared = Arc::clone(&self.shared);
        let name = format!("{}-submission", self.shared.setup.settings.name);
        let thread = std::thread::Builder::new()
            .name(name)
            .stack_size(STACK)
            .spawn(move || shared.run());
        desk.is_running = thread.is_ok();
    }

    /// Begins nothing further; what is on its way comes to its end.
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
    const fn may_run(&self) -> bool {
        self.is_online && self.lock.is_some()
    }

    const fn leave(&self) -> Leave {
        match (self.is_online, self.is_over) {
            (false, _) => Leave::Nothing,
            (true, true) => Leave::Copies,
            (true, false) => Leave::All,
        }
    }
}

impl Shared {
    fn desk(&self) -> MutexGuard<'_, Desk> {
        self.desk.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Works until nothing is to come; the thread's whole life. A defect costs one round.
    fn run(self: &Arc<Self>) {
        let leave = || self.desk().leave();
        let mut round = Round::new(&self.setup, &leave);
        loop {
            let done = catch_unwind(AssertUnwindSafe(|| self.round(&mut round)));
            let next = done.unwrap_or_else(|_| {
                round.failed_itself(self.tell_defect());
                Some(Instant::now() + PAUSE)
            });
            if !self.wait(next) {
                return;
            }
        }
    }

    /// Says that Sterna itself failed, and gives the words.
    fn tell_defect(&self) -> SafeText {
        tracing::error!("a defect interrupted the submission of mail");
        let words = SafeText::own(DEFECT);
        let _ = self.setup.events.send(Event::Notice(words.clone()));
        words
    }

    /// One round, where mail may be sent or its copies be made; when to look again.
    fn round(self: &Arc<Self>, round: &mut Round<'_>) -> Option<Instant> {
        let ended = self.desk().filing.ended.take();
        if let Some(ended) = ended {
            round.filed(ended);
        }
        let is_news = self.desk().is_wanted;
        let (hurried, key) = self.take_orders()?;
        if let Some(waits) = hurried {
            round.hurry(waits);
        }
        let key = match key {
            Ok(key) => key,
            Err(words) => {
                round.explain(words);
                return None;
            }
        };
        let done = round.run(&key, is_news);
        if done.is_to_file {
            self.file(&key.account);
        }
        if let Ok(secret) = key.submission {
            self.heard_of_login(secret, done.is_let_in, done.refused);
        }
        done.next
    }

    /// What was asked since the last round, and what opens the servers or why nothing does; `None` where nothing may be
    /// done.
    fn take_orders(&self) -> Option<(Option<Waits>, Result<Key, SafeText>)> {
        let mut desk = self.desk();
        desk.is_wanted = false;
        if !desk.may_run() || desk.is_over {
            return None;
        }
        let key = match desk.key.account().cloned() {
            Some(account) => {
                self.ask_where_unknown(&mut desk);
                Ok(Key {
                    account,
                    submission: desk.key.offer(),
                })
            }
            None => Err(SafeText::own("the password of the account is not here yet")),
        };
        Some((desk.hurried.take(), key))
    }

    /// Waits for a moment, or until something may have come or what is filed beside has ended; false for the end of the
    /// thread, also where nothing is to come.
    fn wait(&self, next: Option<Instant>) -> bool {
        let mut desk = self.desk();
        while !desk.is_over || desk.filing.is_running {
            if !desk.is_over && (desk.is_wanted || desk.filing.ended.is_some()) {
                return true;
            }
            desk = match next.filter(|_| !desk.is_over) {
                None if !desk.filing.is_running => break,
                None => self
                    .changed
                    .wait(desk)
                    .unwrap_or_else(PoisonError::into_inner),
                Some(at) => {
                    let left = at.saturating_duration_since(Instant::now());
                    if left.is_zero() {
                        return true;
                    }
                    let waited = self.changed.wait_timeout(desk, left);
                    waited.unwrap_or_else(PoisonError::into_inner).0
                }
            };
        }
        desk.is_running = false;
        if desk.is_over {
            desk.lock = None;
        }
        false
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

/// Sends what is due, files and looks for what is due, once; for the command line. The caller holds the account's lock.
///
/// # Errors
/// What the disk said, as an error of the connection; the outbox says what became of each mail.
pub fn once(setup: &Setup, account: &Secret, submission: &Secret) -> Result<(), RemoteError> {
    let stored = |error: StoreError| store_failed(&error);
    sending_round::once(setup, account, submission).map_err(stored)?
}
