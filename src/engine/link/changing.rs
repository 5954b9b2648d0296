//! Asking for what changed in pieces, and taking what comes.

use crate::channel::error::RemoteError;
use crate::engine::link::changes::Changes;
use crate::engine::link::finish::protocol;
use crate::engine::link::mode::Mode;
use crate::engine::link::seq_map::MOST;
use crate::engine::link::step::Step;
use crate::engine::link::{Link, Resync};
use crate::mail::label::Labels;
use crate::mail::mailbox::MailboxId;
use crate::mail::uid_set::UidSet;
use crate::remote::command::fetch;
use crate::store::sync_state::{CaughtUp, FlagChange};

/// What a line of flags takes on the wire without the flags, more or less, in bytes.
const LINE_BYTES: usize = 60;

impl Link<'_> {
    /// Whether what changed in the selected mailbox is asked for in pieces: where metering bounds what may come, where all
    /// at once was too much, and where that was begun before.
    pub(super) fn comes_in_pieces(&self) -> bool {
        let is_metered = self.setup.settings.metered_bytes.is_some();
        let selection = self.selection.as_ref();
        selection.is_some_and(|open| {
            let has_mod_seqs =
                matches!(open.mode, Mode::Condstore { .. }) && open.highest.get() > 0;
            let is_begun = open.is_too_long || !open.known.caught_up.is_empty();
            has_mod_seqs && (is_metered || is_begun)
        })
    }

    /// Begins with what changed of the messages up to this UID.
    pub(super) fn begin_changes(&mut self, newest: u32) -> Result<(), RemoteError> {
        let known = self.known_uids()?;
        let can_tell = self.resync == Resync::Full && self.session.capabilities().has("QRESYNC");
        let is_metered = self.setup.settings.metered_bytes.is_some();
        let Some(selection) = &mut self.selection else {
            return Ok(());
        };
        let (state, highest) = (&selection.known, selection.highest);
        if state.mod_seq == highest && state.caught_up.is_empty() {
            return Ok(());
        }
        let takes_all = std::mem::take(&mut selection.has_leave) || !is_metered;
        let changes = Changes::new(state, (newest, highest), &known, takes_all);
        selection.changes = Some(changes.with_vanished(can_tell));
        if !is_metered {
            self.note_reached(); // From now on it goes on in pieces, also after a break.
        }
        Ok(())
    }

    /// Asks for the next piece; false where nothing is left, or where the user is to say when there is to be more.
    pub(super) fn ask_next_changes(&mut self) -> bool {
        let (room, left_out) = (self.room(), self.left_out());
        let Some(selection) = &mut self.selection else {
            return false;
        };
        let Some(changes) = &mut selection.changes else {
            return false;
        };
        let Some(piece) = changes.next_piece(room) else {
            return false;
        };
        let asks_vanished = changes.asks_vanished(&piece);
        let capabilities = self.session.capabilities();
        let given = piece.set.minus(&left_out);
        let set = if given.is_empty() { &piece.set } else { &given };
        let command = fetch::changes(set, piece.since, asks_vanished, capabilities);
        self.end_idle();
        self.send(command, Step::Changes);
        true
    }

    /// A piece was answered.
    pub(super) fn changes_ended(&mut self) {
        self.flush_batches();
        let changes = self
            .selection
            .as_mut()
            .and_then(|open| open.changes.as_mut());
        let Some(piece) = changes.and_then(Changes::ended) else {
            return;
        };
        if piece.since.get() == 0 {
            let asked = UidSet::from_range(piece.low, piece.high).minus(&self.left_out());
            self.all_flags_ended(&asked, &piece.known);
        }
        self.note_reached();
    }

    /// A piece is answered for down to a UID only.
    pub(super) fn changes_stop_at(&mut self, low: u32) {
        let selection = self.selection.as_mut();
        if let Some(changes) = selection.and_then(|open| open.changes.as_mut()) {
            changes.stop_at(low);
        }
    }

    /// A piece was refused; true where it is asked for in another way.
    pub(super) fn changes_refused(&mut self) -> bool {
        let changes = self
            .selection
            .as_mut()
            .and_then(|open| open.changes.as_mut());
        changes.is_some_and(Changes::refused)
    }

    /// Has the store remember how far the changes were heard, where they were not heard to the end.
    pub(super) fn note_reached(&self) {
        let Some((selection, (mailbox, validity))) = self.selection.as_ref().zip(self.place())
        else {
            return;
        };
        let reached = selection.changes.as_ref().and_then(Changes::reached);
        // A line that could not be read may have been about any of them.
        if let Some(low) = reached.filter(|_| !selection.has_holes) {
            let mod_seq = selection.highest;
            self.writer
                .caught_up(mailbox, validity, CaughtUp { low, mod_seq });
        }
    }

    /// Takes the flags of a message that is known. What comes with a SELECT and is too much for it is asked for later.
    pub(super) fn take_change(&mut self, change: FlagChange) -> Result<(), RemoteError> {
        self.tally.n_changed += 1;
        if let Some(selection) = &mut self.selection {
            if selection.is_too_long && !selection.is_open {
                selection.n_dropped += 1;
                if selection.n_dropped > MOST {
                    return Err(protocol("it told of changes without end"));
                }
                return Ok(());
            }
            if let Some(changes) = &mut selection.changes {
                changes.heard(wire_bytes(&change));
            }
        }
        self.batches.add_change(change);
        Ok(())
    }

    /// Whether changes of a mailbox wait until the user wants them.
    pub(in crate::engine) fn holds_back(&mut self, mailbox: MailboxId) -> bool {
        let state = self.reader.sync_state(mailbox);
        state.is_ok_and(|state| !state.caught_up.is_empty())
    }

    /// SELECT does not tell all that changed: it is asked for in pieces. False where SELECT was not to tell it.
    pub(super) fn takes_changes_in_pieces(&mut self) -> bool {
        let selection = self.selection.as_mut();
        let Some(selection) = selection.filter(|selection| {
            !selection.is_open && matches!(selection.mode, Mode::Qresync { .. })
        }) else {
            return false;
        };
        let since = selection.known.mod_seq;
        (selection.mode, selection.is_too_long) = (Mode::Condstore { since }, true);
        true
    }

    /// Before SELECT has ended nothing can be stored. Where too many changes come until then they are given up, to be asked
    /// for in pieces: all of a large mailbox may have changed. A server that sends anything else without end is left.
    pub(super) fn check_batches(&mut self) -> Result<(), RemoteError> {
        if self.batches.is_too_much() && self.takes_changes_in_pieces() {
            self.batches.take_changes();
            tracing::info!("too many changes at once: they are asked for in pieces");
        }
        if self.batches.is_too_much() {
            return Err(protocol("it sent messages without saying of which folder"));
        }
        Ok(())
    }
}

/// What the flags of a message took on the wire, more or less, in bytes.
fn wire_bytes(change: &FlagChange) -> u64 {
    let names: usize = change.flags.names().map(|name| name.len() + 1).sum();
    let labels = change.labels.as_ref().map_or(0, Labels::size_bytes);
    (LINE_BYTES + names + labels) as u64
}
