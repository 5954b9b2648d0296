//! One logged-in connection at work: what it holds selected, what is in flight, and what it does next.
//!
//! A turn of the lane is `go_on` (issue what may be issued), a wait, and `take` for every answer. Nothing here blocks.

pub mod batches;
mod breaks;
pub mod changes;
mod changing;
pub mod counts;
pub mod fill;
pub mod filling;
pub mod finish;
pub mod flight;
mod here;
pub mod left_out;
pub mod limits;
pub mod listing;
mod metering;
pub mod missing;
pub mod mode;
pub mod namespaces;
pub mod narrowing;
pub mod notify;
mod partial;
pub(super) mod passing_over;
pub mod previews;
pub mod receive;
pub mod refusals;
pub mod relisting;
pub mod roles;
pub mod select;
pub mod selection;
pub mod seq_map;
pub mod step;
pub mod storing;
pub(super) mod telling;
pub mod way;

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use crate::channel::error::{RemoteError, StoreError};
use crate::engine::bodies::arriving::Download;
use crate::engine::bodies::keeping::Keeping;
use crate::engine::drain::Replay;
use crate::engine::lane::Kind;
use crate::engine::lane::agenda::{Agenda, Errand};
use crate::engine::link::batches::Batches;
use crate::engine::link::limits::Limits;
use crate::engine::link::listing::Listing;
use crate::engine::link::namespaces::Spaces;
use crate::engine::link::notify::Telling;
use crate::engine::link::selection::Selection;
use crate::engine::link::step::{BodyWorks, Step};
use crate::engine::link::storing::Tally;
use crate::engine::link::telling::Alerts;
use crate::engine::link::way::Way;
use crate::engine::{Post, Setup};
use crate::mail::mailbox::MailboxId;
use crate::mail::message_id::MessageId;
use crate::mail::uid::Uid;
use crate::remote::command::{Command, Tag};
use crate::remote::response::code::Code;
use crate::remote::response::{Received, Status, Untagged};
use crate::remote::session::Session;
use crate::store::disk::parsing::Parsing;
use crate::store::{reader::Reader, writer::Writer};

/// Progress is told at most this often.
pub(super) const PROGRESS_EVERY: Duration = Duration::from_millis(100);

/// How much of RFC 7162 this connection uses; lowered where the server breaks what it offered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Resync {
    /// Nothing.
    None,
    /// CONDSTORE.
    ModSeq,
    /// QRESYNC.
    Full,
}

/// One connection at work.
pub struct Link<'a> {
    pub(super) kind: Kind,
    pub(super) setup: &'a Setup,
    pub(super) other: Post,
    pub(super) session: Session,
    pub(super) writer: Writer,
    pub(super) reader: Reader,
    pub(super) selection: Option<Selection>,
    pub(super) steps: BTreeMap<Tag, Step>,
    pub(super) works: BodyWorks,
    pub(super) download: Option<Download>,
    pub(super) keeping: Keeping,
    pub(super) batches: Batches,
    pub(super) way: Way,
    pub(super) parsing: Parsing,
    pub(super) listing: Listing,
    pub(super) spaces: Spaces,
    pub(super) limits: Limits,
    /// There are folders of other users, or shared ones.
    pub(super) has_foreign: bool,
    /// The user was told that not every folder is kept.
    pub(super) is_cut_told: bool,
    pub(super) telling: Telling,
    pub(super) alerts: Alerts,
    pub(super) tally: Tally,
    pub(super) refused: Vec<(MailboxId, RemoteError)>,
    pub(super) unfetchable: BTreeSet<MessageId>,
    /// A connection may have ended over their bodies: each is asked for alone.
    pub(super) doubted: BTreeSet<MessageId>,
    /// The body that was handed to the store last.
    pub(super) given: Option<MessageId>,
    /// Bytes that came and are counted.
    pub(super) n_counted: u64,
    /// How often in a row a mailbox was opened anew for what was announced, and nothing new came.
    pub(super) n_opened_anew: u32,
    /// The server has a mailbox selected that is no selection here any more.
    pub(super) is_left_open: bool,
    /// The selected mailbox has reached a sync point: the journal may have something for it now.
    pub(super) wants_journal: bool,
    pub(super) replay: Replay,
    /// The selected mailbox has news that this lane itself has to follow up.
    pub(super) wants_sync: bool,
    pub(super) resync: Resync,
    /// There is no other lane to give work to.
    pub(super) is_alone: bool,
    /// Mailboxes with gaps of which it was asked which messages exist that are here, and how many were not here then.
    pub(super) asked_who: BTreeMap<MailboxId, u64>,
    /// How far down the command was carried out that is answered next, where that was told before its answer.
    pub(super) stopped_at: Option<Uid>,
    /// The other lane was given work and has not said that it is done.
    pub(super) is_other_busy: bool,
    pub(super) is_compression_asked: bool,
    /// What the flight was built on before the server said what it can; `None` once it has.
    pub(super) assumed: Option<Vec<String>>,
    pub(super) has_idle: bool,
    /// Whether BINARY, where it is offered, works for what was asked.
    pub(super) has_binary: bool,
    pub(super) is_idle_ended: bool,
    pub(super) refreshed_at: Instant,
    pub(super) rest_until: Option<Instant>,
    told_at: Option<Instant>,
    pub(super) is_rest_told: bool,
    pub(super) is_online_told: bool,
}

impl<'a> Link<'a> {
    /// Puts a fresh session to work.
    ///
    /// # Errors
    /// The store cannot be read.
    pub fn new(
        kind: Kind,
        setup: &'a Setup,
        other: Post,
        session: Session,
        reader: Reader,
    ) -> Result<Self, StoreError> {
        Ok(Self {
            kind,
            setup,
            other,
            session,
            writer: setup.store.writer(),
            reader,
            selection: None,
            steps: BTreeMap::new(),
            works: BodyWorks::new(),
            download: None,
            keeping: Keeping::default(),
            batches: Batches::default(),
            way: Way::default(),
            parsing: setup.store.parsing()?,
            listing: Listing::default(),
            spaces: Spaces::default(),
            limits: Limits::default(),
            has_foreign: false,
            is_cut_told: false,
            telling: Telling::default(),
            alerts: Alerts::default(),
            tally: Tally::default(),
            refused: Vec::new(),
            unfetchable: BTreeSet::new(),
            doubted: BTreeSet::new(),
            given: None,
            n_counted: 0,
            n_opened_anew: 0,
            is_left_open: false,
            wants_journal: false,
            replay: Replay::default(),
            wants_sync: false,
            resync: Resync::Full,
            is_alone: false,
            asked_who: BTreeMap::new(),
            stopped_at: None,
            is_other_busy: false,
            is_compression_asked: false,
            assumed: None,
            has_idle: true,
            has_binary: true,
            is_idle_ended: false,
            refreshed_at: setup.clock.now(),
            rest_until: None,
            told_at: None,
            is_rest_told: false,
            is_online_told: false,
        })
    }

    /// Issues everything that may be issued now.
    ///
    /// # Errors
    /// The store failed.
    pub fn go_on(&mut self, agenda: &mut Agenda) -> Result<(), RemoteError> {
        loop {
            let selection = self.selection.as_ref();
            if selection.is_some_and(|selection| !selection.is_open) {
                return Ok(()); // A SELECT is in flight: everything else waits for what it says.
            }
            self.catch_up()?;
            self.follow_up(agenda);
            let selected = self.selected();
            let Some(errand) = agenda.next(selected) else {
                return self.rest(agenda);
            };
            let is_urgent = matches!(errand, Errand::Body(..) | Errand::Part(_));
            if self.has_much_in_flight() && !is_urgent {
                return Ok(());
            }
            if self.passes_over(errand, agenda) {
                agenda.sync.pop_front();
                continue;
            }
            let elsewhere =
                |mailbox: &MailboxId| Some(*mailbox) != selected || agenda.leave == Some(*mailbox);
            if let Some(mailbox) = errand.mailbox().filter(elsewhere) {
                if self.move_to(mailbox, agenda)? {
                    continue; // It cannot be selected and has left the agenda.
                }
                return Ok(());
            }
            let selection = self.selection.as_ref();
            let catching_up = selection.is_some_and(|selection| !selection.is_fresh);
            if catching_up && !is_urgent {
                return Ok(());
            }
            self.end_idle();
            if !self.carry_out(errand, agenda)? {
                return Ok(());
            }
        }
    }

    /// Carries an errand out, or its next piece; false where it must wait for answers first.
    fn carry_out(&mut self, errand: Errand, agenda: &mut Agenda) -> Result<bool, RemoteError> {
        match errand {
            Errand::Body(message, mailbox) => {
                agenda.bodies.retain(|wish| *wish != (message, mailbox));
                let is_allowed = agenda.allowed.remove(&message);
                self.want_body(message, mailbox, is_allowed)?;
                Ok(true)
            }
            Errand::Part(mailbox) => self.download_on(mailbox, agenda),
            Errand::Keep(mailbox) => self.keep_on(mailbox, agenda),
            Errand::Home(_) => Ok(false),
            Errand::Folders => self.rearrange(agenda),
            Errand::Oldest(_) => {
                agenda.oldest = None;
                self.fetch_oldest();
                Ok(true)
            }
            Errand::Drain(mailbox) => {
                agenda.drain.retain(|known| *known != mailbox);
                self.replay(mailbox, agenda)?;
                Ok(true)
            }
            Errand::Upload => {
                self.upload(agenda)?;
                Ok(true)
            }
            Errand::Look(mailbox) => {
                agenda.look.retain(|known| *known != mailbox);
                self.look(mailbox)?;
                Ok(true)
            }
            // One flight at a time: two would mix.
            Errand::Refresh if self.listing.n_open > 0 || self.is_voided() => Ok(false),
            Errand::Refresh => {
                agenda.refresh = false;
                self.refreshed_at = self.setup.clock.now();
                self.ask_listing();
                Ok(true)
            }
            Errand::Sync(mailbox) => {
                let is_done = self.fill_on(mailbox)?;
                if is_done {
                    agenda.sync.retain(|known| *known != mailbox);
                }
                Ok(is_done)
            }
        }
    }

    /// Leaves the selected mailbox for another, as soon as nothing is in flight; true where the other cannot be
    /// selected and was forgotten.
    fn move_to(&mut self, mailbox: MailboxId, agenda: &mut Agenda) -> Result<bool, RemoteError> {
        self.end_idle();
        if !self.steps.is_empty() || !self.works.is_empty() {
            return Ok(false);
        }
        self.select(mailbox, agenda)?;
        Ok(self.selected() != Some(mailbox))
    }

    /// When the lane must look again although nothing came.
    #[must_use]
    pub fn deadline(&self) -> Instant {
        let rest = self.rest_until;
        let rest = rest.unwrap_or_else(|| self.setup.clock.now() + self.setup.pace.noop_every);
        let hold = self.replay.hold_until.filter(|_| self.does_replay());
        hold.map_or(rest, |hold| hold.min(rest))
    }

    /// Sends a command and notes what it is.
    pub(super) fn send(&mut self, command: Command, step: Step) {
        if step.is_catching_up()
            && let Some(selection) = &mut self.selection
        {
            selection.n_catching_up += 1;
        }
        let tag = self.session.send(command);
        self.steps.insert(tag, step);
    }

    /// The selected mailbox; `None` while none is.
    #[must_use]
    pub fn selected(&self) -> Option<MailboxId> {
        self.selection.as_ref().map(|selection| selection.mailbox)
    }

    /// Takes one answer of the server.
    ///
    /// # Errors
    /// The store failed, or the server said BYE.
    pub fn take(&mut self, received: Received, agenda: &mut Agenda) -> Result<(), RemoteError> {
        match received {
            Received::Untagged(Untagged::Capability(_)) => self.capabilities_told(agenda),
            Received::Untagged(untagged) => self.untagged(untagged),
            Received::Done {
                tag,
                status,
                code,
                text,
            } => {
                if code == Some(Code::Alert) {
                    self.tell_alert(&text);
                }
                let step = self.steps.remove(&tag);
                if step == Some(Step::Select) {
                    self.opened_as(code.as_ref());
                }
                let part = self.part_told(status, code.as_ref());
                match step {
                    Some(Step::Bundle(running)) => {
                        let running = self.send_rest(*running, part)?;
                        self.bundle_ended(running, status, code.as_ref(), &text, agenda)
                    }
                    Some(Step::Status { name, is_full }) if status != Status::Ok => {
                        self.status_refused((name, is_full), status, code.as_ref(), agenda)
                    }
                    Some(Step::Add(bundle)) => self.added(*bundle, (status, code.as_ref(), &text)),
                    Some(step) => match part {
                        Some(lowest) => self.finish_part(step, lowest, &text, agenda),
                        None => self.finish(step, status, &text, agenda),
                    },
                    None => Ok(()),
                }
            }
            Received::Continue => Ok(()),
            Received::Broken { detail } => {
                self.listing.has_holes = true;
                if let Some(selection) = &mut self.selection {
                    selection.has_holes = true;
                }
                tracing::warn!(
                    account = self.setup.account.get(),
                    "skipped a broken response: {detail}"
                );
                Ok(())
            }
        }
    }
}
