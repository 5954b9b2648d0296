//! Collected rows on their way to the store.

use crate::engine::link::Link;
use crate::engine::link::step::Step;
use crate::mail::uid_set::UidSet;
use crate::store::sync_state::FetchedHeader;

/// Counts of what a connection did, for the command line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Tally {
    /// Headers received of messages that were not known.
    pub n_new: u64,
    /// Flag changes received.
    pub n_changed: u64,
    /// Messages reported gone.
    pub n_gone: u64,
}

impl Link<'_> {
    /// Whether what has come is a part of the newest screenful, which a server sends from its oldest message on: the list
    /// begins with the newest, so it is stored when all of it is there.
    pub(super) fn waits_for_newest(&self) -> bool {
        !self.batches.is_too_much() && self.steps.values().any(|step| *step == Step::Newest)
    }

    /// Hands collected rows to the store, once the store knows the mailbox's epoch.
    pub(in crate::engine) fn flush_batches(&mut self) {
        let is_open = self
            .selection
            .as_ref()
            .is_some_and(|selection| selection.is_open);
        let Some((mailbox, validity)) = self.place().filter(|_| is_open) else {
            return;
        };
        let (headers, changes) = (self.batches.take_headers(), self.batches.take_changes());
        if !headers.is_empty() {
            self.want_previews(headers.iter().map(|header| header.uid));
            let covered = in_runs(&headers);
            self.writer.headers(mailbox, validity, headers, covered);
        }
        let previews = self.batches.take_previews();
        if !previews.is_empty() {
            self.writer.previews(mailbox, validity, previews);
        }
        if !changes.is_empty() {
            self.writer.flags(mailbox, validity, changes);
        }
    }

    /// Hands collected rows to the store together with what they cover of the gap.
    pub(in crate::engine) fn flush_covering(&mut self, covered: UidSet) {
        let Some((mailbox, validity)) = self.place() else {
            return;
        };
        let headers = self.batches.take_headers();
        self.want_previews(headers.iter().map(|header| header.uid));
        self.writer.headers(mailbox, validity, headers, covered);
        self.flush_batches();
    }
}

/// The UIDs of these headers, where they lie close: who goes on after a break need not ask for them again. Scattered ones
/// would make as many holes in the gap, which the end of their block closes anyway; then none.
fn in_runs(headers: &[FetchedHeader]) -> UidSet {
    let uids: UidSet = headers.iter().map(|header| header.uid).collect();
    if uids.ranges().len() * 8 > headers.len() {
        return UidSet::new();
    }
    uids
}
