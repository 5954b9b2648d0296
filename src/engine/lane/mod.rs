//! The thread of one connection: waits until it is wanted, connects, serves, and comes back after a failure.

pub mod agenda;
pub mod backoff;
pub mod company;
mod connecting;
pub mod cuts;
pub(super) mod holding;
pub mod orders;
pub mod pace;
pub mod rest;
pub mod standstill;
pub mod troubles;
pub mod waiting;

use std::sync::Arc;
use std::time::{Duration, Instant};

use crossbeam_channel::Receiver;

use crate::channel::error::{Recovery, RemoteError};
use crate::channel::event::{Connection, Event};
use crate::channel::job::Job;
use crate::engine::lane::agenda::Agenda;
use crate::engine::lane::backoff::Backoff;
use crate::engine::lane::company::Standing;
use crate::engine::lane::standstill::Standstill;
use crate::engine::link::Link;
use crate::engine::link::finish::protocol;
use crate::engine::once::room::Room;
use crate::engine::opening;
use crate::engine::places::Place;
use crate::engine::submitter::Submitter;
use crate::engine::{Order, Post, Setup};
use crate::mail::account::{Protocol, SecretSource};
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

    /// Which of the account's places it has.
    const fn place(self) -> Place {
        match self {
            Self::Interactive | Self::Once => Place::First,
            Self::Bulk => Place::Second,
        }
    }
}

/// Why a connection ended without an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    Stop,
    Offline,
    Superfluous,
    /// The machine slept: what the socket says is of no worth.
    Slept,
}

/// One connection's thread, whether it is connected or not.
pub(super) struct Lane<'a> {
    pub(super) kind: Kind,
    pub(super) setup: &'a Setup,
    pub(super) post: &'a Post,
    pub(super) orders: &'a Receiver<Order>,
    pub(super) other: &'a Post,
    pub(super) agenda: Agenda,
    pub(super) secret: Option<Secret>,
    pub(super) is_online: bool,
    /// An error that only the user can mend; the next attempt waits for a word.
    pub(super) is_blocked: bool,
    pub(super) is_password_asked: bool,
    pub(super) backoff: Backoff,
    /// Where the connections of the account are counted.
    pub(super) room: &'a Room,
    standing: Standing,
    /// Who sends mail; the interactive lane alone speaks to it.
    submitter: Option<&'a Submitter>,
    pub(super) retry_at: Option<Instant>,
    /// The user wants an attempt: it is made, however many there were.
    pub(super) is_wished: bool,
    /// The last attempt ended before the server let us in.
    pub(super) is_shut_out: bool,
    /// The user knows that the server has no room for this connection.
    pub(super) is_shut_out_told: bool,
    /// It comes back from making room, which is no news of the server.
    pub(super) is_back: bool,
    pub(super) standstill: Standstill,
}

/// Runs a lane until it is told to stop. The interactive one takes the account's lock first, or waits for it.
pub fn run(
    kind: Kind,
    setup: &Setup,
    post: &Post,
    orders: &Receiver<Order>,
    other: &Post,
    room: &Room,
    submitter: &Submitter,
) {
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
        room,
        standing: Standing::default(),
        submitter: (kind == Kind::Interactive).then_some(submitter),
        retry_at: None,
        is_wished: false,
        is_shut_out: false,
        is_shut_out_told: false,
        is_back: false,
        standstill: Standstill::new(&setup.clock),
    };
    // The bulk lane works on orders of the interactive one alone, and so needs no lock of its own.
    let lock = (kind == Kind::Interactive).then(|| lane.take_lock());
    let lock = match lock {
        Some(None) => return,
        Some(Some(lock)) => Some(Arc::new(lock)),
        None => None,
    };
    if let Some(lock) = &lock {
        submitter.begin(lock);
    }
    if setup.is_offline && kind == Kind::Interactive {
        lane.tell_state(Connection::OfflineByChoice);
    }
    while let Some(seat) = lane.wait_until_wanted() {
        match lane.connect_and_serve(seat) {
            Ok(End::Stop) => return,
            Ok(End::Offline) => lane.is_online = false,
            Ok(End::Superfluous) => {}
            Ok(End::Slept) => lane.woke_up(),
            Err(error) => lane.failed(&error),
        }
    }
}

impl Lane<'_> {
    /// What concerns mail that is to be sent is heard on the way.
    pub(super) fn overhear(&self, order: &Order) {
        if let Some(submitter) = self.submitter {
            submitter.overhear(order);
        }
    }

    fn serve(&mut self, session: Session) -> Result<End, RemoteError> {
        let reader = self.setup.store.reader();
        let mut link = reader
            .and_then(|reader| {
                Link::new(self.kind, self.setup, self.other.clone(), session, reader)
            })
            .map_err(|error| crate::engine::store_failed(&error))?;
        link.shun(&self.agenda);
        if self.kind == Kind::Interactive {
            link.first_flight(&mut self.agenda)?;
        } else {
            link.enable()?;
        }
        loop {
            // Those that are there, or a flood of them would keep the lane from the server.
            for order in self.orders.try_iter().take(self.orders.len()) {
                self.overhear(&order);
                if self.makes_room(&order, &link) {
                    link.fall_silent(&mut self.agenda);
                    link.want_bodies_again(&mut self.agenda);
                    link.leave();
                    self.made_room(&order);
                    return Ok(End::Superfluous);
                }
                let is_stop = order == Order::Stop;
                if !link.order(order, &mut self.agenda) {
                    if !self.last_words(&mut link, is_stop) {
                        link.leave();
                        return Ok(End::Stop);
                    }
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
            let turned = self.turn(&mut link);
            if let Err(error) = &turned {
                link.broke(error, &mut self.agenda);
            }
            if !turned? {
                link.want_bodies_again(&mut self.agenda);
                return Ok(End::Slept);
            }
        }
    }

    /// Issues what may be issued, waits, and takes what has come; false where the machine slept meanwhile.
    fn turn(&mut self, link: &mut Link<'_>) -> Result<bool, RemoteError> {
        link.tick(&mut self.agenda);
        link.go_on(&mut self.agenda)?;
        let deadline = link.deadline();
        link.wait(self.post.waker(), deadline)?;
        self.post.waker().drain();
        if self.standstill.look(Some(deadline)).is_some() {
            return Ok(false);
        }
        link.take_all(&mut self.agenda)?;
        Ok(true)
    }

    /// Has what is on its way answered before the end; a second word to be offline means at once. False for the end of
    /// the lane.
    fn last_words(&mut self, link: &mut Link<'_>, is_stop: bool) -> bool {
        let n_waiting = link.n_on_the_way();
        if !is_stop && n_waiting > 0 {
            self.tell_state(Connection::Leaving { n_waiting });
        }
        let (orders, mut heard) = (self.orders, Vec::new());
        let is_hurry = |order: &Order| *order == Order::Job(Job::SetOnline(false));
        link.last_words(&mut self.agenda, is_stop, self.post.waker(), &mut || {
            heard.extend(orders.try_iter());
            heard.iter().any(is_hurry)
        });
        heard.into_iter().all(|order| self.note(order))
    }

    /// What an error means for the next attempt.
    fn failed(&mut self, error: &RemoteError) {
        tracing::warn!(
            account = self.setup.account.get(),
            lane = self.kind.name(),
            kind = error.kind(),
            "the connection failed"
        );
        if self.is_shut_out && self.gives_way(error) {
            return;
        }
        let mut retry_seconds = None;
        self.submitter.inspect(|submitter| submitter.unheard(error));
        match error.recovery() {
            Recovery::Reconnect => {
                let delay = self.backoff.failed();
                self.retry_at = Some(self.setup.clock.now() + delay);
                let rounded_up = delay + Duration::from_millis(999);
                retry_seconds = Some(rounded_up.as_secs().max(1));
            }
            Recovery::AskCredentials => {}
            Recovery::TellUser => self.is_blocked = true,
        }
        if self.kind == Kind::Interactive {
            let error = error.clone();
            self.tell_state(Connection::Offline {
                error,
                retry_seconds,
            });
        } else {
            self.other.send(Order::Settled); // Its progress must not stay on the screen.
        }
        if error.recovery() == Recovery::AskCredentials {
            self.refused(error); // Behind the state, as the answer may be a better one.
        }
    }

    /// What a server refused is not offered again; another one is wanted. A token of the bulk lane may simply be old.
    fn refused(&mut self, error: &RemoteError) {
        self.secret = None;
        self.submitter.inspect(|submitter| submitter.forget());
        let settings = &self.setup.settings;
        let has_tokens = matches!(settings.secret, SecretSource::Token(_));
        if self.kind != Kind::Interactive {
            self.retry_at = Some(self.setup.clock.now() + self.backoff.failed());
        }
        if self.kind == Kind::Interactive || has_tokens {
            self.is_password_asked = true;
            self.tell(Event::PasswordWanted {
                account: self.setup.account,
                protocol: Protocol::Imap,
                refusal: opening::refusal(&settings.imap.host, error),
            });
        }
    }

    pub(super) fn tell(&self, event: Event) {
        let _ = self.setup.events.send(event);
    }
    pub(super) fn tell_state(&self, state: Connection) {
        self.setup.tell_state(state);
    }
}

fn defect() -> RemoteError {
    protocol("a defect in Sterna ended the connection; the log has it")
}
