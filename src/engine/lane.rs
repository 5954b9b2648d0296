//! The thread of one connection: waits until it is wanted, connects, serves, and comes back after a failure.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, RecvTimeoutError, bounded};

use crate::channel::error::{Recovery, RemoteError};
use crate::channel::event::{Connection, Event};
use crate::channel::job::Job;
use crate::engine::agenda::Agenda;
use crate::engine::backoff::Backoff;
use crate::engine::finish::protocol;
use crate::engine::link::Link;
use crate::engine::lock::{self, Lock};
use crate::engine::opening;
use crate::engine::orders::watched_beside;
use crate::engine::{Order, Post, Setup};
use crate::mail::account::SecretSource;
use crate::mail::safe_text::SafeText;
use crate::mail::secret::Secret;
use crate::remote::session::Session;

/// Which of an account's connections this is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// What the user looks at and waits for.
    Interactive,
    /// Everything else, when there is something.
    Bulk,
    /// A single connection of the command line, which does all and ends.
    Once,
}

impl Kind {
    /// The name, for threads and logs.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Interactive => "interactive",
            Self::Bulk => "bulk",
            Self::Once => "once",
        }
    }
}

/// Why a connection ended without an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    Stop,
    Offline,
    Superfluous,
}

/// A connection that held this long makes the next failure start from the shortest delay.
const HELD: Duration = Duration::from_secs(10);

struct Lane<'a> {
    kind: Kind,
    setup: &'a Setup,
    post: &'a Post,
    orders: &'a Receiver<Order>,
    other: &'a Post,
    agenda: Agenda,
    secret: Option<Secret>,
    is_online: bool,
    /// An error that only the user can mend; the next attempt waits for a word.
    is_blocked: bool,
    is_password_asked: bool,
    backoff: Backoff,
    retry_at: Option<Instant>,
}

/// Runs a lane until it is told to stop. The interactive one takes the account's lock first, or waits for it.
pub fn run(kind: Kind, setup: &Setup, post: &Post, orders: &Receiver<Order>, other: &Post) {
    let secret = match &setup.settings.secret {
        SecretSource::Known(secret) if kind == Kind::Interactive => Some(secret.clone()),
        _ => None,
    };
    let seed = u64::from(std::process::id()).wrapping_mul(0x9E37_79B9_7F4A_7C15)
        ^ u64::from(setup.account.get());
    let mut lane = Lane {
        kind,
        setup,
        post,
        orders,
        other,
        agenda: Agenda::default(),
        secret,
        is_online: !setup.is_offline,
        is_blocked: false,
        is_password_asked: false,
        backoff: Backoff::new(setup.pace.first_retry, seed),
        retry_at: None,
    };
    // The bulk lane works on orders of the interactive one alone, and so needs no lock of its own.
    let lock = (kind == Kind::Interactive).then(|| lane.take_lock());
    if matches!(lock, Some(None)) {
        return;
    }
    if setup.is_offline && kind == Kind::Interactive {
        lane.tell_state(Connection::OfflineByChoice);
    }
    while lane.wait_until_wanted() {
        match lane.connect_and_serve() {
            Ok(End::Stop) => return,
            Ok(End::Offline) => lane.is_online = false,
            Ok(End::Superfluous) => {}
            Err(error) => lane.failed(error),
        }
    }
}

impl Lane<'_> {
    /// Takes the account's lock, or waits for it; `None` for the end.
    fn take_lock(&mut self) -> Option<Lock> {
        match lock::try_take(&self.setup.locks, self.setup.account) {
            Ok(Some(lock)) => return Some(lock),
            Ok(None) => self.tell_state(Connection::Elsewhere),
            Err(error) => self.tell_lock_failed(&error),
        }
        let (sender, taken) = bounded(1);
        let (directory, account) = (self.setup.locks.clone(), self.setup.account);
        // Waiting in the kernel: no wake-ups, and the lock is ours the moment its holder dies.
        let waiter = std::thread::Builder::new()
            .name("lock".to_owned())
            .spawn(move || {
                let _ = sender.send(lock::wait_for(&directory, account));
            });
        waiter.ok()?;
        loop {
            crossbeam_channel::select! {
                recv(taken) -> lock => match lock.ok()? {
                    Ok(lock) => return Some(lock),
                    Err(error) => self.tell_lock_failed(&error),
                },
                recv(self.orders) -> order => if !self.note(order.ok()?) { return None },
            }
        }
    }

    fn tell_lock_failed(&self, error: &std::io::Error) {
        self.tell_state(Connection::Offline {
            error: protocol(&format!("the lock file: {error}")),
            retry_seconds: None,
        });
    }

    /// Waits until a connection is wanted and possible; false for the end.
    fn wait_until_wanted(&mut self) -> bool {
        loop {
            while let Ok(order) = self.orders.try_recv() {
                if !self.note(order) {
                    return false;
                }
            }
            let now = Instant::now();
            let has_work = self.kind == Kind::Interactive
                || !self.agenda.is_done()
                || self.agenda.home.is_some();
            if !has_work && std::mem::take(&mut self.agenda.owes_answer) {
                self.tell(Event::Synced(self.setup.account));
            }
            let is_possible = self.is_online && !self.is_blocked && self.has_secret();
            if has_work && is_possible && self.retry_at.is_none_or(|at| now >= at) {
                return true;
            }
            let order = match self.retry_at.filter(|_| has_work && is_possible) {
                Some(at) => self.orders.recv_deadline(at),
                None => self
                    .orders
                    .recv()
                    .map_err(|_| RecvTimeoutError::Disconnected),
            };
            match order {
                Ok(order) if !self.note(order.clone()) => return false,
                Ok(_) | Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return false,
            }
        }
    }

    fn has_secret(&mut self) -> bool {
        if self.secret.is_none() && self.kind == Kind::Interactive && !self.is_password_asked {
            self.is_password_asked = true;
            self.tell(Event::PasswordWanted {
                account: self.setup.account,
                refusal: SafeText::default(),
            });
            let error = RemoteError::NoCredentials {
                cause: SafeText::default(),
            };
            self.tell_state(Connection::Offline {
                error,
                retry_seconds: None,
            });
        }
        self.secret.is_some()
    }

    /// Takes an order while there is no connection; false for the end.
    fn note(&mut self, order: Order) -> bool {
        match order {
            Order::Stop => return false,
            Order::Answer => self.agenda.owes_answer = true,
            Order::Sync(mailboxes) => self.agenda.want_sync(&mailboxes, false),
            Order::HomeIs(mailbox) => {
                let reader = self.setup.store.reader().ok();
                self.agenda.home = reader.and_then(|mut reader| {
                    watched_beside(mailbox, &mut reader, self.setup.account)
                });
            }
            Order::Accepted(secret) => {
                self.secret = Some(secret);
                self.is_blocked = false;
            }
            Order::Settled => {}
            Order::Job(job) => self.note_job(job),
        }
        true
    }

    fn note_job(&mut self, job: Job) {
        match job {
            Job::OpenMailbox(mailbox) => {
                self.agenda.open(mailbox);
                if self.kind == Kind::Interactive {
                    self.other.send(Order::HomeIs(mailbox));
                }
            }
            Job::WantOldest(mailbox) => self.agenda.oldest = Some(mailbox),
            Job::WantBody { message, mailbox } => self.agenda.want_body(message, mailbox),
            Job::WantPart(wanted) => self.agenda.want_part(wanted),
            Job::CancelPart(unwanted) => self.agenda.parts.retain(|part| *part != unwanted),
            Job::JournalChanged => {} // Read when the connection is there.
            Job::SyncNow => {
                self.agenda.owes_answer |= self.kind == Kind::Interactive;
                self.try_again();
            }
            Job::SetOnline(is_online) => {
                self.is_online = is_online;
                self.try_again();
                if !is_online && self.kind == Kind::Interactive {
                    self.tell_state(Connection::OfflineByChoice);
                }
            }
            Job::Password(secret) => {
                self.secret = Some(secret);
                self.is_blocked = false;
                self.retry_at = None;
            }
        }
    }

    /// The user wants another attempt: at once, and with the question for a password where one is missing.
    const fn try_again(&mut self) {
        self.retry_at = None;
        self.is_blocked = false;
        self.is_password_asked = false;
    }

    fn connect_and_serve(&mut self) -> Result<End, RemoteError> {
        let Some(secret) = self.secret.clone() else {
            return Ok(End::Superfluous);
        };
        if self.kind == Kind::Interactive {
            self.tell_state(Connection::Connecting);
        }
        let mut session = match self.open(&secret)? {
            Ok(session) => session,
            Err(end) => return Ok(end),
        };
        session.set_silence(self.setup.pace.silence);
        if self.kind == Kind::Interactive {
            self.other.send(Order::Accepted(secret));
        }
        let started = Instant::now();
        self.post.note_serving(true);
        let served = catch_unwind(AssertUnwindSafe(|| self.serve(session)))
            .unwrap_or_else(|_| Err(defect()));
        self.post.note_serving(false);
        if started.elapsed() >= HELD {
            self.backoff.held();
        }
        served
    }

    /// Connects and logs in on a thread of its own, so that the lane hears orders meanwhile: whoever ends, or wants to be
    /// offline, does not wait for a server. An attempt that was given up ends by its own deadlines, and hangs up.
    fn open(&mut self, secret: &Secret) -> Result<Result<Session, End>, RemoteError> {
        let (sender, opened) = bounded(0);
        let (setup, secret) = (self.setup.clone(), secret.clone());
        std::thread::Builder::new()
            .name("opening".to_owned())
            .spawn(move || {
                let opened = opening::open(&setup.settings, &setup.locks, &secret, &mut |_| {});
                let _ = sender.send(opened);
            })
            .map_err(|error| protocol(&format!("no thread for the connection: {error}")))?;
        loop {
            crossbeam_channel::select! {
                // A defect in a parser costs this connection, never the account: nothing is sent then.
                recv(opened) -> session => return session.unwrap_or_else(|_| Err(defect())).map(Ok),
                recv(self.orders) -> order => {
                    if !order.is_ok_and(|order| self.note(order)) {
                        return Ok(Err(End::Stop));
                    }
                    if !self.is_online {
                        return Ok(Err(End::Offline));
                    }
                }
            }
        }
    }

    fn serve(&mut self, session: Session) -> Result<End, RemoteError> {
        let mut link = Link::new(self.kind, self.setup, self.other.clone(), session)
            .map_err(|error| crate::engine::store_failed(&error))?;
        if self.kind == Kind::Interactive {
            link.first_flight(&mut self.agenda)?;
        } else {
            link.enable()?;
        }
        loop {
            while let Ok(order) = self.orders.try_recv() {
                let is_stop = order == Order::Stop;
                if !link.order(order, &mut self.agenda) {
                    link.leave();
                    if !is_stop {
                        if self.kind == Kind::Interactive {
                            self.tell_state(Connection::OfflineByChoice);
                        }
                        return Ok(End::Offline);
                    }
                    return Ok(End::Stop);
                }
            }
            if link.is_superfluous(&self.agenda) {
                link.leave();
                return Ok(End::Superfluous);
            }
            link.tick(&mut self.agenda);
            link.go_on(&mut self.agenda)?;
            let deadline = link.deadline();
            link.wait(self.post.waker(), deadline)?;
            self.post.waker().drain();
            link.take_all(&mut self.agenda)?;
        }
    }

    /// What an error means for the next attempt.
    fn failed(&mut self, error: RemoteError) {
        tracing::warn!(
            account = self.setup.account.get(),
            lane = self.kind.name(),
            "{error}"
        );
        let mut retry_seconds = None;
        match error.recovery() {
            Recovery::Reconnect => {
                let delay = self.backoff.failed();
                self.retry_at = Some(Instant::now() + delay);
                let rounded_up = delay + Duration::from_millis(999);
                retry_seconds = Some(rounded_up.as_secs().max(1));
            }
            Recovery::AskCredentials => self.refused(&error),
            Recovery::TellUser => self.is_blocked = true,
        }
        if self.kind == Kind::Interactive {
            self.tell_state(Connection::Offline {
                error,
                retry_seconds,
            });
        } else {
            self.other.send(Order::Settled); // Its progress must not stay on the screen.
        }
    }

    /// What a server refused is not offered again; another one is wanted. A token of the bulk lane may simply be old.
    fn refused(&mut self, error: &RemoteError) {
        self.secret = None;
        let settings = &self.setup.settings;
        let has_tokens = matches!(settings.secret, SecretSource::Token(_));
        if self.kind != Kind::Interactive {
            self.retry_at = Some(Instant::now() + self.backoff.failed());
        }
        if self.kind == Kind::Interactive || has_tokens {
            self.is_password_asked = true;
            self.tell(Event::PasswordWanted {
                account: self.setup.account,
                refusal: crate::engine::refusal(&settings.imap.host, error),
            });
        }
    }

    fn tell(&self, event: Event) {
        let _ = self.setup.events.send(event);
    }

    fn tell_state(&self, state: Connection) {
        self.setup.tell_state(state);
    }
}

fn defect() -> RemoteError {
    protocol("a defect in Sterna ended the connection; the log has it")
}
