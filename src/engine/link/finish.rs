//! Tagged answers: what a command that has ended means for what comes next.

use crate::channel::error::RemoteError;
use crate::engine::lane::agenda::Agenda;
use crate::engine::link::mode::Mode;
use crate::engine::link::step::{Block, Step};
use crate::engine::link::{Link, Resync};
use crate::mail::safe_text::SafeText;
use crate::mail::uid_set::UidSet;
use crate::remote::response::Status;

impl Link<'_> {
    /// A command has ended.
    pub(super) fn finish(
        &mut self,
        step: Step,
        status: Status,
        text: &SafeText,
        agenda: &mut Agenda,
    ) -> Result<(), RemoteError> {
        self.no_longer_waits_for(&step);
        if status != Status::Ok {
            return self.refused(step, status, text, agenda);
        }
        match step {
            Step::List
            | Step::ListApart(_)
            | Step::Namespace
            | Step::Lsub
            | Step::Status { .. } => {
                return self.listing_ended(agenda);
            }
            Step::Notify => self.notify_ended(true, agenda),
            Step::Select => return self.selected_ok(agenda),
            Step::Changes => self.changes_ended(),
            Step::AllFlags { set, known } => self.all_flags_ended(&set, &known),
            Step::Everything { known, .. } => return self.everything_ended(&known),
            Step::WhoIsHere { set, known } => self.who_is_here_told(&set, &known),
            Step::Presence(doubts) => return self.presence_ended(doubts),
            Step::Look(mailbox, set) => return self.look_ended(mailbox, set),
            Step::Idle => {
                self.idle_ended(false);
                self.flush_batches();
            }
            Step::Void | Step::Bundle(_) | Step::Add(_) => {} // The latter end in `bundle_ended` and `added`.
            Step::Capability => self.assumed = None, // Where nothing was told, nothing has changed.
            Step::Noop => {
                self.answered();
                self.flush_batches();
            }
            Step::Enable | Step::Courtesy | Step::Identify => self.flush_batches(),
            Step::New { from } => self.new_ended(from),
            Step::Newest => self.newest_ended(),
            Step::Missing(set) => return self.missing_answered(&set),
            Step::Oldest | Step::ChangedFlags { .. } => {
                let headers = self.batches.headers().iter();
                let covered = headers.map(|header| header.uid).collect();
                self.flush_covering(covered);
            }
            Step::Block(block) => self.block_ended(&block),
            Step::Previews => self.previews_ended(),
            Step::Bodies(uids) => self.bodies_ended(&uids),
            Step::Structure(uid) => self.structure_ended(uid),
            Step::Parts(uid) => self.parts_ended(uid),
            Step::Piece(_) => return self.piece_ended(None, agenda),
        }
        Ok(())
    }

    /// Nothing is in flight for this step any more.
    pub(super) fn no_longer_waits_for(&mut self, step: &Step) {
        if let Some(selection) = &mut self.selection
            && step.is_catching_up()
        {
            selection.n_catching_up = selection.n_catching_up.saturating_sub(1);
        }
    }

    /// NO or BAD: only what was asked is affected.
    fn refused(
        &mut self,
        step: Step,
        status: Status,
        text: &SafeText,
        agenda: &mut Agenda,
    ) -> Result<(), RemoteError> {
        self.doubt_assumed()?;
        let error = refusal(&step, status, text);
        tracing::warn!(
            account = self.setup.account.get(),
            ?step,
            "refused: {error}"
        );
        let Some(step) = self.narrow(step, text)? else {
            return Ok(());
        };
        match step {
            Step::Select if self.falls_back(status) => {}
            Step::Select => self.select_refused(&error, agenda),
            Step::Idle => self.idle_ended(true),
            Step::Notify => self.notify_ended(false, agenda),
            Step::Capability => self.assumed = None,
            Step::Enable => self.resync = self.resync.min(Resync::ModSeq),
            Step::Bodies(uids) => self.bodies_refused(&uids, &error),
            Step::Structure(uid) | Step::Parts(uid) => self.body_failed(uid, &error),
            Step::Piece(_) => return self.piece_ended(Some(error), agenda),
            Step::Look(mailbox, _) => return self.look_refused(mailbox),
            Step::List => {
                self.listing.refusal = Some(error);
                return self.listing_ended(agenda);
            }
            Step::ListApart(prefix) => {
                self.listing.unheard.push(prefix);
                return self.listing_ended(agenda);
            }
            Step::Lsub => return self.subscriptions_refused(agenda),
            Step::Namespace | Step::Status { .. } => return self.listing_ended(agenda),
            Step::Changes if self.changes_refused() => {}
            Step::Everything { .. } => return self.count_refused(),
            Step::Missing(_) if self.is_readable() => self.missing_refused(&error, agenda),
            // Without its answer the mailbox cannot be known to be complete: leave it, try again at the next look.
            Step::New { .. }
            | Step::Newest
            | Step::Missing(_)
            | Step::AllFlags { .. }
            | Step::ChangedFlags { .. }
            | Step::Changes
            | Step::Presence(_) => return self.look_in_vain(error, agenda),
            Step::Block(block) => self.block_refused(&block, &error, agenda),
            Step::Previews => self.previews_ended(),
            _ => {}
        }
        Ok(())
    }

    /// Whether a BAD to SELECT means that the server breaks an extension it offered: then it is asked again without.
    fn falls_back(&mut self, status: Status) -> bool {
        let mode = self.selection.as_ref().map(|selection| selection.mode);
        let lower = match mode {
            Some(Mode::Qresync { .. }) => Resync::ModSeq,
            Some(Mode::Condstore { .. }) => Resync::None,
            _ => return false,
        };
        if status != Status::Bad {
            return false;
        }
        self.resync = self.resync.min(lower);
        self.selection = None; // The agenda still wants it.
        true
    }

    pub(super) fn new_ended(&mut self, low: u32) {
        let Some(selection) = &mut self.selection else {
            return;
        };
        let before = selection.from;
        let covered = selection.told_from(low);
        selection.n_in_vain = if selection.from > before {
            self.n_opened_anew = 0;
            0
        } else {
            selection.n_in_vain.saturating_add(1)
        };
        self.flush_covering(covered);
    }

    fn newest_ended(&mut self) {
        // By position, from the lowest that came up to the end, nothing is left out.
        let headers = self.batches.headers().iter();
        let lowest = headers.map(|header| header.uid.get()).min();
        let Some(selection) = &mut self.selection else {
            return;
        };
        let covered = selection.told_from(lowest.unwrap_or(u32::MAX));
        self.batches.put_newest_first();
        self.flush_covering(covered);
    }

    fn block_ended(&mut self, block: &Block) {
        if let Some((first, last)) = block.came_at {
            let waited = first.saturating_duration_since(block.asked_at);
            let lasted = last.saturating_duration_since(first);
            self.way.came(waited, lasted, block.n_headers);
        }
        self.block_came(block.low, block.high);
        let Some(selection) = &mut self.selection else {
            return;
        };
        selection.block_ended(block.n_headers);
        selection.known.n_headers += block.n_headers;
        let (mailbox, n_done, n_total) = (
            selection.mailbox,
            selection.known.n_headers,
            u64::from(selection.exists),
        );
        self.tell_progress(mailbox, n_done, n_total);
    }

    /// The server has answered for these UIDs of the gap.
    pub(super) fn block_came(&mut self, low: u32, high: u32) {
        self.flush_covering(UidSet::from_range(low, high));
        if let Some(selection) = &mut self.selection {
            selection.known.gap.remove_range(low, high);
        }
    }

    /// All flags of these came: what was known of them when that was asked and was not reported is gone.
    pub(super) fn all_flags_ended(&mut self, set: &UidSet, known: &UidSet) {
        self.flush_batches();
        let Some(selection) = &self.selection else {
            return;
        };
        let unheard = known.minus(&selection.reported);
        let gone = unheard.minus(&unheard.minus(set));
        // A line that could not be read may have been about any of them.
        if !gone.is_empty() && !selection.has_holes {
            self.gone(&gone);
        }
    }

    pub(in crate::engine) fn known_uids(&mut self) -> Result<UidSet, RemoteError> {
        let Some(mailbox) = self.selected() else {
            return Ok(UidSet::new());
        };
        let flushed = self.writer.flush();
        self.stored(flushed)?;
        let known = self.reader.known_uids(mailbox, 1);
        self.stored(known)
    }
}

/// A tagged NO or BAD as an error.
fn refusal(step: &Step, status: Status, text: &SafeText) -> RemoteError {
    if status == Status::No {
        let (action, text) = (action(step), text.clone());
        return RemoteError::Refused { action, text };
    }
    protocol(&format!("it answered BAD: \"{text}\""))
}

/// What a step is for, as the end of "the server would not …".
const fn action(step: &Step) -> &'static str {
    match step {
        Step::Select => "open the folder",
        Step::List | Step::ListApart(_) | Step::Namespace | Step::Lsub => "list the folders",
        Step::New { .. }
        | Step::Newest
        | Step::Oldest
        | Step::Block(_)
        | Step::Missing(_)
        | Step::AllFlags { .. }
        | Step::ChangedFlags { .. }
        | Step::Changes
        | Step::Everything { .. }
        | Step::WhoIsHere { .. } => "list its messages",
        Step::Bodies(_) | Step::Structure(_) | Step::Parts(_) => "give the message",
        Step::Piece(_) => "give the part",
        _ => "answer",
    }
}

/// A breach of the protocol, in words.
pub fn protocol(detail: &str) -> RemoteError {
    RemoteError::Protocol {
        detail: SafeText::line(detail),
    }
}
