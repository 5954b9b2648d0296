//! The edges of a connection's life: the first flight after login, the wait, and the end.

use std::time::{Duration, Instant};

use crate::channel::error::{RemoteError, StoreError};
use crate::channel::job::Job;
use crate::engine::Order;
use crate::engine::lane::Kind;
use crate::engine::lane::agenda::Agenda;
use crate::engine::link::listing::Listing;
use crate::engine::link::notify::Telling;
use crate::engine::link::step::Step;
use crate::engine::link::{Link, Resync};
use crate::engine::once::Report;
use crate::remote::command::{id, select};
use crate::remote::session::Session;
use crate::remote::wire::deflate;
use crate::remote::wire::waker::Waker;

/// Answers that are taken before orders are heard again.
const MOST_IN_A_TURN: usize = 1_000;

/// How long what is on its way may take to end, where a lane is to go.
const FALLING_SILENT: Duration = Duration::from_secs(1);
/// The same for the bulk lane: nobody waits for it, and what is cut has to come again.
const FALLING_SILENT_AT_WORK: Duration = Duration::from_secs(5);

impl Link<'_> {
    /// Everything a warm start needs, in one write: ID, ENABLE, LIST with counts, SELECT of the home with its resync, new
    /// headers. RFC 7162 §3.2.3 wants ENABLE before SELECT.
    pub(in crate::engine) fn first_flight(
        &mut self,
        agenda: &mut Agenda,
    ) -> Result<(), RemoteError> {
        self.enable()?;
        self.read_journal(agenda);
        self.other.send(Order::Job(Job::Keep)); // What was begun before this start, or before the cut.
        agenda.refresh = false;
        if agenda.home.is_none() {
            let inbox = self.reader.inbox(self.setup.account);
            let inbox = self.stored(inbox)?;
            agenda.home = inbox.filter(|inbox| !agenda.troubles.shuns(*inbox));
        }
        if let Some(home) = agenda.home {
            // Where no list can be had, this mailbox is read at least.
            if !agenda.troubles.is_list_fatal() {
                self.ask_listing();
            }
            self.select(home, agenda)?;
        } else {
            self.ask_names();
        }
        Ok(())
    }

    /// What every connection begins with: what the server can do, who we are, and what must be turned on. RFC 2971,
    /// RFC 5161.
    pub(in crate::engine) fn enable(&mut self) -> Result<(), RemoteError> {
        self.know()?;
        if let Some(id) = id::id(self.session.capabilities(), self.session.host()) {
            self.send(id, Step::Courtesy);
        }
        if self.session.capabilities().has("QRESYNC") && self.session.capabilities().has("ENABLE") {
            self.send(select::enable_qresync(), Step::Enable);
        }
        self.count_received();
        Ok(())
    }

    /// Knows what the server can do, by its own word or by what it could the last time.
    fn know(&mut self) -> Result<(), RemoteError> {
        let remembered = self.reader.capabilities(self.setup.account);
        let remembered = self.stored(remembered)?;
        if let Some(tag) = self.session.know(&remembered)? {
            self.steps.insert(tag, Step::Capability);
            self.assumed = Some(self.session.capabilities().names());
        }
        self.remember(&remembered)
    }

    /// Keeps what the server can do for the next connection.
    fn remember(&self, before: &[String]) -> Result<(), RemoteError> {
        let memory = self.session.memory();
        if memory == before {
            return Ok(());
        }
        let written = self.writer.capabilities(self.setup.account, memory);
        self.stored(written)
    }

    /// The server says what it can do. Where the flight was built on something else, it did not ask what it seems to have
    /// asked, so all its answers are void, good ones too, and everything is asked for again: once, for it is remembered.
    pub(super) fn capabilities_told(&mut self, agenda: &mut Agenda) -> Result<(), RemoteError> {
        let Some(assumed) = self.assumed.take() else {
            return Ok(());
        };
        if self.session.capabilities().names() == assumed {
            return Ok(());
        }
        self.remember(&assumed)?;
        let capabilities = self.session.capabilities();
        let was_assumed = |name: &str| assumed.iter().any(|known| known == name);
        if capabilities.has("QRESYNC") && !was_assumed("QRESYNC") {
            self.resync = self.resync.min(Resync::ModSeq); // ENABLE comes too late now. RFC 5161 §3.1.
        }
        self.void();
        agenda.refresh = true;
        Ok(())
    }

    /// Something was refused before the server said what it can: if this is the end, the next connection asks first.
    pub(in crate::engine) fn doubt_assumed(&self) -> Result<(), RemoteError> {
        if self.assumed.is_none() {
            return Ok(());
        }
        let forgotten = self.writer.capabilities(self.setup.account, Vec::new());
        self.stored(forgotten)
    }

    fn void(&mut self) {
        for step in self.steps.values_mut() {
            *step = Step::Void;
        }
        self.selection = None; // The agenda still wants it.
        self.listing = Listing::default();
        self.telling = Telling::Unasked;
        self.batches.clear();
    }

    /// Whether void answers are still to come.
    pub(super) fn is_voided(&self) -> bool {
        self.steps.values().any(|step| *step == Step::Void)
    }

    /// Asks for compression, once and last in the first flight, since nothing may follow until its answer. On this
    /// machine it costs more than it saves.
    fn compress(&mut self) {
        if std::mem::replace(&mut self.is_compression_asked, true) {
            return;
        }
        let is_far = self.setup.settings.compress_loopback || !self.session.is_loopback();
        if is_far && self.session.capabilities().has("COMPRESS=DEFLATE") {
            self.send(deflate::compress(), Step::Courtesy);
        }
    }

    /// Waits for the server, an order, or the deadline.
    pub(in crate::engine) fn wait(
        &mut self,
        waker: &Waker,
        until: Instant,
    ) -> Result<(), RemoteError> {
        self.compress();
        self.session.wait(Some(waker), until)
    }

    /// Waits for the server or the deadline.
    pub(in crate::engine) fn wait_alone(&mut self, until: Instant) -> Result<(), RemoteError> {
        self.compress();
        self.session.wait(None, until)
    }

    fn take_each(&mut self, agenda: &mut Agenda) -> Result<(), RemoteError> {
        for _ in 0..MOST_IN_A_TURN {
            let Some(received) = self.session.next() else {
                break;
            };
            self.take(received, agenda)?;
        }
        Ok(())
    }

    /// Takes the answers that have come, or so many of them that orders wait no longer: then the next wait is none.
    pub(in crate::engine) fn take_all(&mut self, agenda: &mut Agenda) -> Result<(), RemoteError> {
        self.count_received();
        let taken = self.take_each(agenda);
        self.end_uploads()?; // Also what was answered before a break.
        taken?;
        self.take_tellings(agenda)?;
        self.keep_limits()?;
        // What a watched mailbox pushes is shown at once, not when a batch is full.
        if self
            .selection
            .as_ref()
            .is_some_and(|selection| selection.is_fresh)
        {
            self.flush_batches();
        }
        Ok(())
    }

    /// Whether nothing is open, in flight or being collected.
    #[must_use]
    pub(in crate::engine) fn is_at_rest(&self, agenda: &Agenda) -> bool {
        let is_fresh = self
            .selection
            .as_ref()
            .is_none_or(|selection| selection.is_fresh);
        let is_home = agenda.home.is_none() || agenda.home == self.selected();
        is_home && agenda.is_done() && self.steps.is_empty() && self.works.is_empty() && is_fresh
    }

    /// Puts INBOX on the agenda, whatever its counts say.
    pub(in crate::engine) fn want_inbox(&mut self, agenda: &mut Agenda) {
        if let Ok(Some(inbox)) = self.reader.inbox(self.setup.account) {
            agenda.want_sync(&[inbox], false);
        }
    }

    /// Changes of messages that were sent and not answered.
    pub(in crate::engine) fn n_on_the_way(&self) -> u64 {
        let sent = self.steps.values().map(|step| match step {
            Step::Bundle(running) => running.bundle.targets.len(),
            Step::Presence(doubts) => doubts.len(),
            _ => 0,
        });
        sent.sum::<usize>().try_into().unwrap_or(u64::MAX)
    }

    /// Goes on with the journal for a moment before the end: with what is on its way, and where the program ends also with
    /// what may be sent now. Whenever the waker was woken, `is_enough` says whether to end at once.
    pub(in crate::engine) fn last_words(
        &mut self,
        agenda: &mut Agenda,
        takes_new: bool,
        waker: &Waker,
        is_enough: &mut dyn FnMut() -> bool,
    ) {
        if !self.does_replay() {
            return;
        }
        *agenda = Agenda {
            home: agenda.home,
            ..Agenda::default()
        };
        if takes_new {
            self.read_journal(agenda);
        }
        let until = Instant::now() + self.setup.pace.last_words;
        // What fails now stays in the journal, as what is late does.
        while Instant::now() < until
            && !is_enough()
            && matches!(self.say_on(agenda, takes_new, until, waker), Ok(true))
        {}
    }

    /// One turn of the last words; false when all is said.
    fn say_on(
        &mut self,
        agenda: &mut Agenda,
        takes_new: bool,
        until: Instant,
        waker: &Waker,
    ) -> Result<bool, RemoteError> {
        if takes_new && agenda.has_journal() {
            self.go_on(agenda)?;
        }
        let is_due =
            |step: &Step| matches!(step, Step::Bundle(_) | Step::Add(_) | Step::Presence(_));
        let is_more = takes_new && agenda.has_journal();
        if !is_more && !self.steps.values().any(is_due) {
            return Ok(false);
        }
        self.session.wait(Some(waker), until)?;
        waker.drain();
        self.take_all(agenda)?;
        if takes_new {
            self.follow_up(agenda);
        }
        Ok(true)
    }

    /// Has what is on its way end, for a moment: only a connection on which nothing is can say goodbye, and once a server
    /// has answered that, it has room for another. Of one that is just closed it may hear later.
    pub(in crate::engine) fn fall_silent(&mut self, agenda: &mut Agenda) {
        self.end_idle();
        let time = match self.kind {
            Kind::Interactive => FALLING_SILENT,
            Kind::Bulk | Kind::Once => FALLING_SILENT_AT_WORK,
        };
        let until = Instant::now() + time;
        while !self.steps.is_empty()
            && Instant::now() < until
            && self.session.wait(None, until).is_ok()
            && self.take_all(agenda).is_ok()
        {}
    }

    /// Says goodbye, not waiting long for the answer.
    pub(in crate::engine) fn leave(self) {
        let _ = self.writer.flush();
        self.session.logout();
    }

    /// Ends the connection and tells what was done.
    ///
    /// # Errors
    /// The last rows could not be stored.
    pub(in crate::engine) fn end(mut self) -> Result<Report, StoreError> {
        self.flush_batches();
        self.writer.flush()?;
        let n_mailboxes = self.reader.mailboxes(self.setup.account)?.len() as u64;
        let report = Report {
            tally: self.tally,
            n_mailboxes,
            bytes_received: self.session.counters().n_received,
            refused: std::mem::take(&mut self.refused),
        };
        self.session.logout();
        Ok(report)
    }

    /// Stores what came, and gives the session to somebody else.
    pub(in crate::engine) fn into_session(mut self) -> Result<Session, StoreError> {
        self.flush_batches();
        self.writer.flush()?;
        Ok(self.session)
    }
}
