//! With a gap the numbers cannot add up, so they do not show what vanished without a word: the server is asked which of the
//! messages that are here it still has. Once on each connection, and when a mailbox holds fewer messages than it did; not
//! where the server tells what vanished.

use std::sync::Arc;

use crate::channel::error::RemoteError;
use crate::engine::link::changes::lowest;
use crate::engine::link::missing::chunks;
use crate::engine::link::step::Step;
use crate::engine::link::{Link, Resync};
use crate::mail::uid::Uid;
use crate::mail::uid_set::UidSet;
use crate::remote::command::{Command, search};

/// Messages asked about in one command before they are taken for gone.
const AT_ONCE: u64 = 1_000;

impl Link<'_> {
    /// Asks for what no number shows, and which messages there are where the numbers do not add up but for so many; false
    /// where there is nothing to ask.
    pub(super) fn ask_what_is_there(&mut self, n_left_out: u64) -> Result<bool, RemoteError> {
        let Some(selection) = &mut self.selection else {
            return Ok(false);
        };
        let wants_count = std::mem::take(&mut selection.wants_count);
        let is_miscounted = selection.is_miscounted(n_left_out) && !selection.is_counted;
        if wants_count || is_miscounted {
            selection.is_counted = true;
            if self.count()? {
                return Ok(true);
            }
        }
        self.ask_who_is_here()
    }

    /// Asks which of the messages that are here exist; of the newest alone where metering bounds the answer. False where
    /// there is nothing to ask.
    pub(super) fn ask_who_is_here(&mut self) -> Result<bool, RemoteError> {
        let is_told = self.resync == Resync::Full && self.session.capabilities().has("QRESYNC");
        let Some(selection) = self.selection.as_ref().filter(|_| !is_told) else {
            return Ok(false);
        };
        let gap = selection.known.gap.clone();
        if gap.is_empty() || selection.exists == 0 {
            return Ok(false);
        }
        let (mailbox, n_elsewhere) = (selection.mailbox, selection.n_elsewhere());
        let before = self.asked_who.insert(mailbox, n_elsewhere);
        if before.is_some_and(|before| n_elsewhere >= before) {
            return Ok(false);
        }
        let mut known = self.known_here()?.minus(&gap);
        if let Some(room) = self.room() {
            let longest = known.max().map_or(1, Uid::get).to_string().len() as u64 + 1;
            let n = room / longest;
            let low = lowest(&known, (1, u32::MAX), n).filter(|_| n > 0);
            known.remove_range(0, low.map_or(u32::MAX, |low| low - 1));
        }
        let Some((low, high)) = known.min().zip(known.max()) else {
            return Ok(false);
        };
        if let Some(selection) = &mut self.selection {
            selection.found = None;
        }
        // What is here is as scattered as the UIDs are; what is between it is not there, or in the gap.
        let set = UidSet::from_range(low.get(), high.get()).minus(&gap);
        let known = Arc::new(known);
        for set in chunks(&set, u64::from(u32::MAX)) {
            let known = Arc::clone(&known);
            self.ask_again(&Step::WhoIsHere { set, known });
        }
        Ok(true)
    }

    /// The server said which of these exist. An answer may have been lost on the way: those that it does not name are gone
    /// where their flags do not come either.
    pub(super) fn who_is_here_told(&mut self, set: &UidSet, known: &Arc<UidSet>) {
        let Some(selection) = &mut self.selection else {
            return;
        };
        let found = selection.found.take().unwrap_or_default();
        let outside = known.minus(set);
        let unheard = known.minus(&outside).minus(&found);
        selection.found = Some(found.minus(set));
        for uid in unheard.iter() {
            selection.reported.remove_range(uid.get(), uid.get());
        }
        for set in chunks(&unheard, AT_ONCE) {
            let known = Arc::clone(known);
            self.ask_again(&Step::AllFlags { set, known });
        }
    }

    /// The command for those of a set that exist.
    pub(super) fn which_of(&self, set: &UidSet) -> Command {
        search::among(set, self.lists_ranges())
    }
}
