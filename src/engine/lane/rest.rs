//! What a lane does when there is nothing to do: watches, tells that it rests, and looks again in time.

use std::time::Duration;

use crate::channel::error::RemoteError;
use crate::channel::event::{Connection, Event};
use crate::engine::Order;
use crate::engine::lane::Kind;
use crate::engine::lane::agenda::Agenda;
use crate::engine::link::Link;
use crate::engine::link::step::Step;
use crate::remote::command::{idle, select};

/// How long the bulk lane keeps a connection that has nothing to do.
const LINGER: Duration = Duration::from_secs(30);

impl Link<'_> {
    /// Rests: watches the selected mailbox, by IDLE where there is one.
    pub(in crate::engine) fn rest(&mut self, agenda: &mut Agenda) -> Result<(), RemoteError> {
        // A running IDLE is rest too: the other lane may have said meanwhile that it is done.
        if self.steps.values().all(|step| *step == Step::Idle) {
            self.rested();
        }
        if self.steps.is_empty() {
            self.ask_previews(); // The list is there; this only adorns it.
        }
        self.answer(agenda)?;
        if !self.steps.is_empty() {
            return Ok(());
        }
        if self.kind == Kind::Once || self.rest_until.is_some() {
            return Ok(()); // Nobody watches a single connection: IDLE would keep a command from ever ending.
        }
        let is_watching = self.selection.is_some() && agenda.home.is_some();
        let can_idle = self.has_idle && self.session.capabilities().has("IDLE");
        let time = match (self.kind, is_watching, can_idle) {
            (Kind::Bulk, false, _) => LINGER,
            (_, true, true) => self.look_after(),
            _ => self.setup.pace.noop_every,
        };
        self.rest_until = Some(self.setup.clock.now() + time);
        self.ask_limits()?;
        if is_watching && can_idle {
            self.is_idle_ended = false;
            self.send(idle::idle(), Step::Idle);
        }
        Ok(())
    }

    /// Tells who waits for it that everything is up to date and stored.
    fn answer(&mut self, agenda: &mut Agenda) -> Result<(), RemoteError> {
        let is_quiet = self
            .steps
            .values()
            .all(|step| matches!(step, Step::Idle | Step::Noop));
        let is_mine = self.does_all() && self.kind != Kind::Once;
        if is_mine && agenda.owes_answer && is_quiet && self.works.is_empty() {
            agenda.owes_answer = false;
            let flushed = self.writer.flush();
            self.stored(flushed)?;
            self.tell(Event::Synced(self.setup.account));
        }
        Ok(())
    }

    /// Tells that time has passed: renews IDLE, asks a server that has none, looks at the other folders.
    pub fn tick(&mut self, agenda: &mut Agenda) {
        let now = self.setup.clock.now();
        self.look_for_company(agenda);
        self.end_holds(agenda);
        if self.rest_until.is_none_or(|until| now < until) {
            return;
        }
        self.rest_until = None;
        let look_after = self.look_after() * self.renewals_between_looks();
        if self.kind == Kind::Interactive && now >= self.refreshed_at + look_after {
            self.look_at_all(agenda);
        }
        if self.is_idling() {
            self.end_idle();
        } else if self.steps.is_empty() && self.kind != Kind::Once && agenda.is_done() {
            self.session.patience().set_silence(self.setup.pace.answer);
            self.send(select::noop(), Step::Noop);
        }
    }

    /// Ends the rest, and so asks the server for a sign of life; nothing where an answer is due anyway.
    pub(super) fn probe(&mut self) {
        if self.rest_until.is_some() {
            self.rest_until = Some(self.setup.clock.now());
        }
    }

    /// What is answered at once was answered: from now on the server may think.
    pub(in crate::engine) const fn answered(&mut self) {
        self.session.patience().set_silence(self.setup.pace.silence);
        self.rest_until = None;
    }

    /// IDLE has ended. A server that refuses it, or ends it unasked, is asked by NOOP from now on.
    pub(in crate::engine) fn idle_ended(&mut self, is_refused: bool) {
        if is_refused || !self.is_idle_ended {
            self.has_idle = false;
        }
        self.answered();
    }

    /// Puts on the agenda what the selected mailbox asks for since it was brought up to date.
    pub(in crate::engine) fn follow_up(&mut self, agenda: &mut Agenda) {
        self.fetched_for_files(agenda);
        let wants_all = std::mem::take(&mut self.replay.wants_all);
        let has_synced = std::mem::take(&mut self.wants_journal);
        if (wants_all || has_synced) && self.does_replay() {
            self.read_journal(agenda);
        }
        let Some(mailbox) = self.selected() else {
            return;
        };
        if has_synced {
            self.was_read(mailbox, agenda);
        }
        let fills = self.kind != Kind::Once || agenda.keeps_up;
        if std::mem::take(&mut self.wants_sync) && fills {
            if let Some(selection) = &mut self.selection {
                selection.look_again();
            }
            agenda.want_sync(&[mailbox], false);
        }
    }

    /// Whether the bulk lane has nothing left to do and nobody to watch for.
    #[must_use]
    pub fn is_superfluous(&self, agenda: &Agenda) -> bool {
        self.kind == Kind::Bulk
            && agenda.is_done()
            && agenda.home.is_none()
            && self.steps.is_empty()
            && self
                .rest_until
                .is_some_and(|until| self.setup.clock.now() >= until)
    }

    /// Ends IDLE so that commands can follow; its tagged answer comes in its time.
    pub(in crate::engine) fn end_idle(&mut self) {
        self.rest_until = None;
        // Once: a second time would give a server that does not answer new patience.
        if self.is_idling() && !self.is_idle_ended {
            self.is_idle_ended = true;
            self.session.patience().set_silence(self.setup.pace.answer);
            self.session.end_idle();
        }
    }

    pub(super) fn is_idling(&self) -> bool {
        self.steps.values().any(|step| *step == Step::Idle)
    }

    /// Nothing is left to do: the interactive lane tells the user, the bulk lane tells the interactive one.
    fn rested(&mut self) {
        // The other lane tells when it has done its part, and this is looked at again.
        let is_waiting = self.is_other_busy && self.kind == Kind::Interactive;
        if self.is_rest_told || self.kind == Kind::Once {
            return;
        }
        if is_waiting && self.is_online_told {
            return;
        }
        self.is_rest_told = !is_waiting;
        self.is_online_told = true;
        if self.kind == Kind::Bulk {
            return self.other.send(Order::Settled);
        }
        self.setup.tell_state(Connection::Online);
    }

    /// Has the end of the present work told, although nothing may change.
    pub(in crate::engine) const fn tell_rest_again(&mut self) {
        self.is_rest_told = false;
    }
}
