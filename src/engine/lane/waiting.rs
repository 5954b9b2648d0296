//! What a lane does while it has no connection: takes orders, and waits until one is wanted and may begin.

use std::sync::Arc;
use std::time::Instant;

use crate::channel::error::RemoteError;
use crate::channel::event::{Connection, Event};
use crate::channel::job::Job;
use crate::engine::Order;
use crate::engine::lane::company::LOOK_EVERY;
use crate::engine::lane::orders::watched_beside;
use crate::engine::lane::{Kind, Lane};
use crate::engine::places::Seat;
use crate::mail::account::Protocol;
use crate::mail::safe_text::SafeText;

impl Lane<'_> {
    /// The machine slept, and the connection was given up for that: another at once.
    pub(super) fn woke_up(&mut self) {
        tracing::info!(
            account = self.setup.account.get(),
            lane = self.kind.name(),
            "the machine slept: connecting anew"
        );
        self.retry_at = None;
        if self.kind == Kind::Interactive {
            self.setup.meter.begin(); // Somebody has come back.
        } else {
            self.other.send(Order::Settled); // Its progress must not stay on the screen.
        }
    }

    /// Waits until a connection is wanted and possible, and gives its place; `None` for the end.
    pub(super) fn wait_until_wanted(&mut self) -> Option<Arc<Seat>> {
        loop {
            while let Ok(order) = self.orders.try_recv() {
                if !self.note(order) {
                    return None;
                }
            }
            let has_work = self.kind == Kind::Interactive
                || !self.agenda.is_done()
                || self.agenda.home.is_some();
            if !has_work && std::mem::take(&mut self.agenda.owes_answer) {
                self.tell(Event::Synced(self.setup.account));
            }
            let is_possible = self.is_online && !self.is_blocked && self.has_secret();
            let now = self.setup.clock.now();
            let mut until = None;
            if has_work && is_possible {
                match self.may_begin(now) {
                    Ok(seat) => return Some(seat),
                    Err(at) => until = Some(at),
                }
            } else {
                self.standing.line = None;
            }
            let waker = self.post.waker();
            if waker
                .wait(until.map(|at| self.setup.clock.on_machine(at)))
                .is_err()
            {
                return None;
            }
            waker.drain();
            if self.standstill.look(until).is_some() {
                self.retry_at = None; // Where the machine woke up there may be another network.
            }
        }
    }

    /// The place of a connection that begins now; else when to look again.
    fn may_begin(&mut self, now: Instant) -> Result<Arc<Seat>, Instant> {
        if let Some(at) = self.retry_at.filter(|at| now < *at) {
            return Err(at);
        }
        let seat = self.take_place(now).ok_or(now + LOOK_EVERY)?;
        match self.begin(now) {
            Ok(()) => Ok(seat),
            Err(at) => {
                self.retry_at = Some(at);
                Err(at)
            }
        }
    }

    /// Notes a connection that begins now, or tells when it may. The bulk lane has the first third only: it must not use
    /// up what the user waits for. What the user asks for is no storm.
    fn begin(&mut self, now: Instant) -> Result<(), Instant> {
        let most = self.setup.pace.openings_per_minute;
        let most = match self.kind {
            Kind::Interactive if std::mem::take(&mut self.is_wished) => usize::MAX,
            Kind::Interactive => most,
            Kind::Bulk | Kind::Once => most / 3,
        };
        self.room.begin(now, most)
    }

    fn has_secret(&mut self) -> bool {
        if self.secret.is_none() && self.kind == Kind::Interactive && !self.is_password_asked {
            self.is_password_asked = true;
            let error = RemoteError::NoCredentials {
                what: self.setup.settings.secret.what(),
                cause: SafeText::default(),
            };
            // First, so that an answer to the question, which may be the better error, is not overwritten.
            self.tell_state(Connection::Offline {
                error,
                retry_seconds: None,
            });
            self.tell(Event::PasswordWanted {
                account: self.setup.account,
                protocol: Protocol::Imap,
                refusal: SafeText::default(),
            });
        }
        self.secret.is_some()
    }

    /// Takes an order while there is no connection; false for the end.
    pub(super) fn note(&mut self, order: Order) -> bool {
        self.overhear(&order);
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
            Order::Alone(given) => self.agenda.be_alone(&given),
            Order::GivenUp(mailbox) => self.agenda.troubles.given_up(mailbox),
            Order::ReadAgain(mailbox) => {
                self.agenda.troubles.read(mailbox, false);
            }
            Order::Settled | Order::Probe | Order::MakeRoom | Order::Lend => {}
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
            Job::SyncNow => {
                self.agenda.troubles.asked_for_all();
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
            Job::Keep if self.kind == Kind::Bulk => {
                let reader = self.setup.store.reader().ok();
                let mailboxes =
                    reader.and_then(|mut reader| reader.keeping(self.setup.account).ok());
                self.agenda.keep = mailboxes.unwrap_or_default().into();
            }
            Job::SendNow => {} // Overheard by who sends.
            // The journal is read when the connection is there.
            wish => self.agenda.wish(wish),
        }
    }

    /// The user wants another attempt: at once, and with the question for a password where one is missing.
    const fn try_again(&mut self) {
        self.is_wished = true;
        self.retry_at = None;
        self.is_blocked = false;
        self.is_password_asked = false;
    }
}
