//! Two connections where the server has room for both, one where it has not.
//!
//! A second connection that is refused while the first one stands says that there is no room for it, whatever code or
//! words come with the refusal (`[UNAVAILABLE]`, `[LIMIT]`, `[ALERT]`, BYE, or a closed door): the password was good a moment
//! ago. Then the interactive lane does all the work, and after a pause that grows they are two again. If it is the first
//! one that is refused, the second one makes room. For what is asked beside both a lane lends its place, as `once::room`
//! says: the bulk lane keeps its work for the moment that this takes, and gives it away where it takes longer.

use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};

use crate::channel::error::RemoteError;
use crate::channel::event::Event;
use crate::engine::lane::agenda::Agenda;
use crate::engine::lane::{Kind, Lane};
use crate::engine::link::Link;
use crate::engine::places::{Line, Seat};
use crate::engine::{Given, Order};
use crate::mail::account::SecretSource;
use crate::mail::mailbox::MailboxId;
use crate::mail::safe_text::SafeText;

/// The pause before a second connection is tried again, in delays of the ordinary back-off, which doubles.
const PATIENCE: u32 = 10;
/// A place that is lent for longer is done without: the other lane does the work.
const LENT_AT_MOST: Duration = Duration::from_secs(10);
/// How often a place that somebody has is looked at again. Of this process he tells when he goes.
pub(super) const LOOK_EVERY: Duration = Duration::from_secs(1);

/// How a lane stands to its place on the server.
#[derive(Debug, Default)]
pub struct Standing {
    /// It stands in line for it.
    pub(super) line: Option<Line>,
    /// It has it, as long as a connection or an attempt at one does.
    seat: Weak<Seat>,
    /// Somebody else has it since then, or had when it was wanted last.
    without_since: Option<Instant>,
}

impl Agenda {
    /// Takes the work of the other lane over.
    pub fn be_alone(&mut self, given: &Given) {
        self.want_sync(&given.mailboxes, false);
        for part in &given.parts {
            self.want_part(part.clone());
        }
        self.owes_answer |= given.owes_answer;
        self.leave = given.leave.or(self.leave);
        self.alone_until = Some(given.until);
    }
}

impl Lane<'_> {
    /// Whether a refused connection is seen to between the two lanes: without a word about passwords, and without another
    /// attempt before the pause is over.
    pub(super) fn gives_way(&mut self, error: &RemoteError) -> bool {
        if self.kind == Kind::Interactive {
            self.other.send(Order::MakeRoom);
            return false;
        }
        let has_tokens = matches!(self.setup.settings.secret, SecretSource::Token(_));
        let is_old_token = has_tokens && matches!(error, RemoteError::Unauthenticated { .. });
        if !self.other.is_serving() || is_old_token {
            return false; // Nobody gets in, or not with a token of yesterday: it is not for lack of room.
        }
        if !std::mem::replace(&mut self.is_shut_out_told, true) {
            let host = &self.setup.settings.imap.host;
            let words =
                format!("{host} takes no second connection now, one does all the work ({error})");
            self.tell(Event::Notice(SafeText::line(&words)));
        }
        self.room.note_scarce(true);
        self.be_without_for_a_while();
        true
    }

    /// Leaves the work to the other lane, for a pause that grows.
    fn be_without_for_a_while(&mut self) {
        let pause = self.backoff.failed().saturating_mul(PATIENCE);
        self.hand_over(pause);
    }

    /// Whether this lane goes for an order: the bulk lane for the other one, each for who stands in line for its place. What
    /// the user did must not be cut: its answer is waited for, and somebody asks again.
    pub(super) fn makes_room(&self, order: &Order, link: &Link<'_>) -> bool {
        let is_free = self.kind != Kind::Interactive || link.n_on_the_way() == 0;
        match order {
            Order::MakeRoom => self.kind == Kind::Bulk,
            Order::Lend => is_free && self.room.places().is_wanted(self.kind.place()),
            _ => false,
        }
    }

    /// It has made room: for the other lane, which does its work, or for who has its place for a moment.
    pub(super) fn made_room(&mut self, order: &Order) {
        if self.kind == Kind::Interactive {
            self.is_back = true;
        }
        if *order == Order::MakeRoom {
            self.hand_over(Duration::ZERO);
        }
    }

    /// Takes the lane's place on the server, or sees to what becomes of its work; `None` while somebody else has it.
    pub(super) fn take_place(&mut self, now: Instant) -> Option<Arc<Seat>> {
        if let Some(seat) = self.standing.seat.upgrade() {
            return Some(seat); // Of an attempt that was given up, and is about to hang up.
        }
        if self.standing.line.is_none() {
            self.standing.line = self.room.places().line(self.kind.place());
        }
        let seat = self.standing.line.as_ref().and_then(Line::take);
        // Only the interactive lane stands in line: what it does, nobody else can do.
        if seat.is_some() || self.kind != Kind::Interactive {
            self.standing.line = None;
        }
        if let Some(seat) = seat {
            self.standing.without_since = None;
            let seat = Arc::new(seat);
            if self.kind == Kind::Interactive {
                self.standing.seat = Arc::downgrade(&seat);
            }
            return Some(seat);
        }
        let since = *self.standing.without_since.get_or_insert(now);
        if self.kind == Kind::Bulk && now >= since + LENT_AT_MOST {
            self.be_without_for_a_while();
        }
        None
    }

    /// Gives what is to be done to the other lane, which is alone for a while.
    pub(super) fn hand_over(&mut self, pause: Duration) {
        self.agenda.home = None;
        self.agenda.keep.clear(); // The store knows it.
        let given = Given {
            mailboxes: self.agenda.sync.drain(..).collect(),
            parts: self.agenda.parts.drain(..).collect(),
            owes_answer: std::mem::take(&mut self.agenda.owes_answer),
            leave: self.agenda.leave.take(),
            until: self.setup.clock.now() + pause,
        };
        self.other.send(Order::Alone(given));
    }
}

impl Link<'_> {
    /// Takes the work of the other lane over. What it watched has to be looked at from now on, an IDLE that runs included.
    pub(super) fn left_alone(&mut self, given: &Given, agenda: &mut Agenda) {
        agenda.be_alone(given);
        (self.is_alone, self.is_other_busy) = (true, false);
        self.tell_rest_again();
        self.keep_again(agenda);
        let soon = self.setup.clock.now() + self.look_after();
        self.rest_until = self.rest_until.map(|until| until.min(soon));
    }

    /// Looks whether there is another lane to work with; after a time alone it watches INBOX again.
    pub(super) fn look_for_company(&mut self, agenda: &mut Agenda) {
        if agenda
            .alone_until
            .is_some_and(|until| self.setup.clock.now() >= until)
        {
            agenda.alone_until = None;
            if let Some(home) = agenda.home {
                self.other.send(Order::HomeIs(home));
            }
        }
        self.is_alone = agenda.alone_until.is_some();
    }

    /// Whether this lane does what is otherwise done beside the user's own work.
    pub(in crate::engine) fn does_all(&self) -> bool {
        self.kind != Kind::Interactive || self.is_alone
    }

    /// How long IDLE runs before all folders are looked at. A lane that is alone cannot watch INBOX beside the open folder.
    pub(super) fn look_after(&self) -> Duration {
        let pace = self.setup.pace;
        if self.is_alone && !self.telling.is_on() {
            pace.noop_every.min(pace.idle_for)
        } else {
            pace.idle_for
        }
    }

    /// Has mailboxes brought up to date: by the other lane where there is one.
    pub(in crate::engine) fn delegate(&mut self, mailboxes: Vec<MailboxId>, agenda: &mut Agenda) {
        if mailboxes.is_empty() {
            return;
        }
        if self.is_alone {
            agenda.want_sync(&mailboxes, false);
            return self.tell_rest_again();
        }
        self.is_other_busy = true;
        self.other.send(Order::Sync(mailboxes));
    }
}
