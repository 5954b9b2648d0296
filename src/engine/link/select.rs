//! Selecting a mailbox and bringing it up to date: one flight where the server can, then what the answers ask for.

use std::sync::Arc;

use crate::channel::error::{RemoteError, StoreError};
use crate::channel::event::Event;
use crate::engine::Order;
use crate::engine::lane::agenda::Agenda;
use crate::engine::lane::troubles::Reading;
use crate::engine::link::changes::Changes;
use crate::engine::link::finish::protocol;
use crate::engine::link::mode::Mode;
use crate::engine::link::selection::Selection;
use crate::engine::link::seq_map::SeqMap;
use crate::engine::link::step::Step;
use crate::engine::link::{Link, Resync as Level};
use crate::mail::mailbox::{MailboxId, Role};
use crate::mail::safe_text::SafeText;
use crate::mail::uid::{ModSeq, Uid};
use crate::mail::uid_set::UidSet;
use crate::remote::command::{fetch, select};
use crate::store::sync_state::{MailboxInfo, Selected};

/// Rows of a first screenful; a tall terminal shows fewer.
pub const SCREENFUL: u32 = 100;
/// So often in a row may a server announce new messages and give none.
pub(super) const MOST_IN_VAIN: u32 = 50;
/// What is said of it then.
pub(super) const ANNOUNCED_IN_VAIN: &str = "it keeps announcing messages that it does not give";
/// In `Plain` mode the flags of this many UIDs are asked for first.
const NEWEST_FLAGS: u32 = 200;
/// What the flags of a message cost on the wire, more or less, in bytes.
const FLAGS_BYTES: u64 = 60;

impl Link<'_> {
    /// Selects a mailbox; what is sure to be wanted goes in the same flight.
    pub(in crate::engine) fn select(
        &mut self,
        mailbox: MailboxId,
        agenda: &mut Agenda,
    ) -> Result<(), RemoteError> {
        if agenda.home == Some(mailbox) {
            agenda.is_home_due = false;
        }
        let known = match self.reader.sync_state(mailbox) {
            // It went from the server's list since it was put on the agenda.
            Err(StoreError::Gone) => {
                self.forget(agenda, mailbox);
                return Ok(());
            }
            state => self.stored(state)?,
        };
        let info = self.reader.mailbox(mailbox);
        let is_refused = self.refused.iter().any(|(refused, _)| *refused == mailbox);
        let Some(info) = self
            .stored(info)?
            .filter(|info| info.selectable && !is_refused && !info.name.is_local())
        else {
            self.forget(agenda, mailbox);
            return Ok(());
        };
        let capabilities = self.session.capabilities();
        let has_qresync = capabilities.has("QRESYNC") && self.resync == Level::Full;
        // In one answer whatever changed would come, be it as much as it may.
        let is_metered = self.setup.settings.metered_bytes.is_some();
        let at_once = has_qresync && !is_metered && known.caught_up.is_empty();
        let mode = Mode::choose(at_once, self.has_mod_seqs(), &known);
        let (is_known, uid_next) = (known.validity.is_some(), known.uid_next.max(1));
        // What a connection before, or the other one, has handed over was told before this SELECT.
        let flushed = self.writer.flush();
        self.stored(flushed)?;
        let here_before = self.known_beyond(mailbox, uid_next)?;
        let known_to = here_before.max().map_or(uid_next - 1, Uid::get);
        let parameter = mode.parameter(known_to);
        let Ok(command) = select::select(&info.name, parameter) else {
            self.forget(agenda, mailbox);
            return Ok(());
        };
        let was_selected = self.selection.is_some() || std::mem::take(&mut self.is_left_open);
        let is_behind = was_selected && has_qresync;
        let has_leave = agenda.leave.take_if(|wanted| *wanted == mailbox).is_some();
        let at_once = |reading| agenda.troubles.at_once(mailbox, reading);
        let careful = (at_once(Reading::News), at_once(Reading::Gap));
        self.selection = Some(Selection {
            label: label(&info),
            rights: info.rights,
            here_before,
            has_leave,
            careful,
            seqs: (!has_qresync).then(SeqMap::default),
            ..Selection::new(mailbox, mode, known, is_behind)
        });
        self.send(command, Step::Select);
        // Where it matters how much comes, SELECT says first how much that may be.
        if is_known && !is_metered && careful.0.is_none() {
            self.ask_from(uid_next)?;
        }
        self.ask_unknown_rights(&info);
        Ok(())
    }

    /// Whether the server counts changes. RFC 7162 §3.1; whoever has QRESYNC has CONDSTORE.
    pub(super) fn has_mod_seqs(&self) -> bool {
        let capabilities = self.session.capabilities();
        self.resync >= Level::ModSeq
            && (capabilities.has("CONDSTORE") || capabilities.has("QRESYNC"))
    }

    /// Has the store learn what SELECT told, and asks for the rest.
    pub(super) fn selected_ok(&mut self, agenda: &mut Agenda) -> Result<(), RemoteError> {
        let Some(selection) = &mut self.selection else {
            return Ok(());
        };
        let Some(validity) = selection.validity else {
            let error = protocol("SELECT was accepted without a UIDVALIDITY");
            self.select_refused(&error, agenda);
            self.is_left_open = true;
            return Ok(());
        };
        let before = selection.known.validity;
        let told = Selected {
            validity,
            uid_next: Some(selection.uid_next).filter(|next| *next > 0),
            exists: selection.exists,
            highest_mod_seq: selection.highest,
            permanent_flags: selection.kept_flags().cloned(),
            read_only: selection.is_read_only,
        };
        let result = self.writer.selected(selection.mailbox, told);
        let known = self.stored(result)?;
        let Some(selection) = &mut self.selection else {
            return Ok(());
        };
        selection.is_open = true;
        selection.knows(known);
        let is_metered = self.setup.settings.metered_bytes.is_some();
        if selection.careful.0.is_some() && selection.uid_next > 0 && !is_metered {
            // What is new is in the gap, from which it comes in small pieces.
            selection.from = selection.from.max(selection.uid_next);
        }
        if before == Some(validity) {
            self.ask_changes()?;
            self.ask_new_metered()?;
        } else {
            self.ask_newest();
        }
        Ok(())
    }

    /// A first look, or another UIDVALIDITY: the newest screenful, by position since no UID is known.
    fn ask_newest(&mut self) {
        let n = self.screenful();
        let Some(selection) = &mut self.selection else {
            return;
        };
        selection.mode = Mode::Condstore {
            since: selection.highest,
        };
        let exists = selection.exists;
        if exists > 0 && !(selection.careful.0.is_some() && selection.uid_next > 0) {
            let low = exists.saturating_sub(n - 1).max(1);
            let command = fetch::headers_by_sequence(low, exists, self.session.capabilities());
            self.send(command, Step::Newest);
        }
    }

    /// The mailbox is known: what changed in what is cached?
    fn ask_changes(&mut self) -> Result<(), RemoteError> {
        let is_metered = self.setup.settings.metered_bytes.is_some();
        let Some(selection) = &self.selection else {
            return Ok(());
        };
        // What is new comes with its flags.
        let uid_next = if is_metered {
            selection.from
        } else {
            selection.known.uid_next
        };
        let (mode, highest) = (selection.mode, selection.highest);
        let newest = uid_next.saturating_sub(1);
        if newest == 0 {
            return Ok(());
        }
        if self.comes_in_pieces() {
            return self.begin_changes(newest);
        }
        match mode {
            // SELECT has told it, unless the server lost its history and knows less than we do.
            Mode::Qresync { mod_seq, .. } if highest >= mod_seq => Ok(()),
            Mode::Condstore { since } if since.get() > 0 && highest == since => Ok(()),
            Mode::Condstore { since } if since.get() > 0 && highest > since => {
                self.ask_changed_flags(newest, since)
            }
            // What the new headers leave of the action is for these.
            _ if is_metered => {
                if let Some(selection) = &mut self.selection {
                    selection.flags_due = Some(newest);
                }
                Ok(())
            }
            Mode::Qresync { .. } | Mode::Condstore { .. } | Mode::Plain => {
                self.ask_all_flags(newest)
            }
        }
    }

    /// Asks for the flags that changed of the messages up to a UID.
    fn ask_changed_flags(&mut self, newest: u32, since: ModSeq) -> Result<(), RemoteError> {
        let set = UidSet::from_range(1, newest).minus(&self.left_out());
        for set in self.within_limit(set, None)? {
            let command = fetch::flags(&set, Some(since), self.session.capabilities());
            self.send(command, Step::ChangedFlags { set, since });
        }
        Ok(())
    }

    /// Asks for all flags of the messages up to a UID, of the newest first. Where the action has no room for all of them,
    /// those of older messages stay as they were seen last.
    fn ask_all_flags(&mut self, newest: u32) -> Result<(), RemoteError> {
        let most = self.room().map(|room| room / FLAGS_BYTES);
        let most = most.and_then(|most| u32::try_from(most).ok());
        let oldest = newest.saturating_sub(most.unwrap_or(u32::MAX)) + 1;
        let (here, left_out) = (Arc::new(self.known_here()?), self.left_out());
        let gap = selection_gap(self.selection.as_ref());
        let middle = newest.saturating_sub(NEWEST_FLAGS);
        for (low, high) in [(middle + 1, newest), (1, middle)] {
            let set = UidSet::from_range(low.max(oldest), high).minus(&left_out);
            if set.minus(&gap).is_empty() {
                continue;
            }
            for set in self.within_limit(set, Some(&here))? {
                let command = fetch::flags(&set, None, self.session.capabilities());
                let known = Arc::clone(&here);
                self.send(command, Step::AllFlags { set, known });
            }
        }
        Ok(())
    }

    /// Asks for the flags that waited for new headers; false where nothing was asked.
    fn ask_due_flags(&mut self) -> Result<bool, RemoteError> {
        let due = self
            .selection
            .as_mut()
            .and_then(|open| open.flags_due.take());
        let Some(newest) = due else {
            return Ok(false);
        };
        self.ask_all_flags(newest)?;
        let selection = self.selection.as_ref();
        Ok(selection.is_some_and(|open| open.n_catching_up > 0))
    }

    /// Asks for what was announced.
    fn ask_announced(&mut self) -> Result<(), RemoteError> {
        if self.is_too_much_new() {
            return self.open_anew();
        }
        let Some(selection) = &mut self.selection else {
            return Ok(());
        };
        (selection.wants_new, selection.n_announced) = (false, 0);
        selection.is_fresh = false;
        let from = selection.from;
        self.end_idle();
        self.ask_from(from)
    }

    /// What a selection that is open still needs before it counts as fresh, and what pushes have brought up since.
    pub(super) fn catch_up(&mut self) -> Result<(), RemoteError> {
        let Some(selection) = &mut self.selection else {
            return Ok(());
        };
        // A sync point stands on what the server can do, not on what it could.
        if !selection.is_open || selection.n_catching_up > 0 || self.assumed.is_some() {
            return Ok(());
        }
        if selection.wants_new && selection.n_in_vain >= MOST_IN_VAIN {
            return Err(protocol(ANNOUNCED_IN_VAIN));
        }
        if selection.wants_new {
            return self.ask_announced();
        }
        if self.ask_due_flags()? || self.ask_next_changes() {
            return Ok(());
        }
        let selection = self.selection.as_mut();
        let Some(selection) = selection.filter(|open| !open.is_fresh || open.wants_count) else {
            return Ok(());
        };
        // The server tells it when it is asked for the rest.
        let changes = selection.changes.as_ref();
        let may_hide = changes.is_some_and(Changes::hides_vanished);
        selection.wants_count &= !may_hide;
        self.flush_batches();
        let flushed = self.writer.flush();
        self.stored(flushed)?;
        let Some(mailbox) = self.selected() else {
            return Ok(());
        };
        let state = self.reader.sync_state(mailbox);
        let state = self.stored(state)?;
        let n_left_out = self.setup.left_out.n_unlisted(mailbox, state.validity);
        let Some(selection) = &mut self.selection else {
            return Ok(());
        };
        selection.known = state;
        if self.fetch_missing() {
            return Ok(());
        }
        let is_asking = !may_hide && self.ask_what_is_there(n_left_out)?;
        if !is_asking {
            self.record_sync_point();
        }
        Ok(())
    }

    /// Everything known is stored: remembers from where the next resync may start, and hands the gap on.
    fn record_sync_point(&mut self) {
        let Some(selection) = &mut self.selection else {
            return;
        };
        (selection.is_fresh, selection.n_parts) = (true, 0);
        if let Some(n_elsewhere) = self.asked_who.get_mut(&selection.mailbox) {
            *n_elsewhere = selection.n_elsewhere();
        }
        let (mailbox, has_gap) = (selection.mailbox, !selection.known.gap.is_empty());
        self.write_sync_point();
        self.note_reached();
        self.wants_journal = true;
        if (has_gap && self.fills_gap()) || self.wants_prefetch(mailbox) {
            if self.does_all() {
                self.wants_sync = true;
            } else {
                self.is_other_busy = true;
                self.other.send(Order::Sync(vec![mailbox]));
            }
        }
    }

    /// Has the store remember how far the selected mailbox is known.
    pub(super) fn write_sync_point(&mut self) {
        let Some(selection) = &self.selection else {
            return;
        };
        let Some(validity) = selection.validity else {
            return;
        };
        let uid_next = selection.from.max(selection.known.uid_next);
        self.writer.sync_point(
            selection.mailbox,
            validity,
            uid_next,
            selection.known_up_to(),
            selection.exists,
        );
    }

    /// A mailbox that cannot be selected leaves the agenda; who waits for one of its messages is told.
    pub(super) fn forget(&self, agenda: &mut Agenda, mailbox: MailboxId) {
        for (message, _) in agenda.bodies.iter().filter(|(_, known)| *known == mailbox) {
            let text = SafeText::line("the folder cannot be opened");
            let error = RemoteError::Refused {
                action: "give the message",
                text,
            };
            self.tell(Event::BodyFailed {
                message: *message,
                error,
            });
        }
        forget(agenda, mailbox);
    }
}

/// The label that a mailbox of Gmail is, where it is one: those for a purpose of their own are none, or have other names.
fn label(info: &MailboxInfo) -> Option<String> {
    match info.role {
        Some(Role::Inbox) => Some("\\Inbox".to_owned()),
        Some(_) => None,
        None => String::from_utf8(info.name.raw().to_vec()).ok(),
    }
}

fn selection_gap(selection: Option<&Selection>) -> UidSet {
    selection
        .map(|selection| selection.known.gap.clone())
        .unwrap_or_default()
}

fn forget(agenda: &mut Agenda, mailbox: MailboxId) {
    agenda.sync.retain(|known| *known != mailbox);
    agenda.keep.retain(|known| *known != mailbox);
    agenda.drain.retain(|known| *known != mailbox);
    agenda.look.retain(|known| *known != mailbox);
    agenda.bodies.retain(|(_, known)| *known != mailbox);
    agenda.oldest = agenda.oldest.filter(|known| *known != mailbox);
    agenda.home = agenda.home.filter(|known| *known != mailbox);
    agenda.leave = agenda.leave.filter(|known| *known != mailbox);
}
