//! The store thread's part in a sync: what the engine brings goes into the cache, in bounded transactions.

use std::collections::BTreeSet;

use crate::channel::error::StoreError;
use crate::channel::operation::Target;
use crate::mail::mailbox::MailboxId;
use crate::mail::message_id::MessageId;
use crate::mail::uid::{ModSeq, UidValidity};
use crate::mail::uid_set::UidSet;
use crate::store::disk::sql::transaction;
use crate::store::folders::{caught_up, gaps};
use crate::store::journal::projection::{self, Except};
use crate::store::messages::aside;
use crate::store::messages::headers::{Insertion, Statements};
use crate::store::messages::odd::Odd;
use crate::store::messages::placements::{self, Counts, Tally};
use crate::store::messages::{labels, leaving, members, removal, truth};
use crate::store::sync_state::{CaughtUp, FetchedHeader, FlagChange, Selected, SyncState};
use crate::store::worker::Worker;
use crate::store::worker::commit::BULK_ROWS;
use crate::store::{failpoint, folders};

/// Rows between two looks at the clock and at the user's lane.
pub(in crate::store) const STRIDE: usize = 32;

impl Worker {
    pub(in crate::store) fn insert_headers(
        &mut self,
        mailbox: MailboxId,
        validity: UidValidity,
        headers: &mut [FetchedHeader],
        covered: &UidSet,
    ) -> Result<(), StoreError> {
        self.bound(
            mailbox,
            headers.iter_mut().map(|header| &mut header.mod_seq),
        );
        let mut strides = headers.chunks(STRIDE).peekable();
        loop {
            self.begin()?;
            self.pending.refresh(&self.state)?;
            let Some(place) = placements::place(&self.cache, mailbox, validity)? else {
                return Ok(());
            };
            let odd = Odd::of(&self.cache, &self.pending, place)?;
            let (mut counts, mut is_due) = (Counts::default(), false);
            let (mut placed, mut laid) = (Vec::new(), Vec::new());
            while !is_due && let Some(stride) = strides.next() {
                let mut statements = Statements::new(&self.cache)?;
                let mut insertion = Insertion {
                    statements: &mut statements,
                    cache: &self.cache,
                    state: &self.state,
                    ids: &mut self.ids,
                    pending: &self.pending,
                    pack: &mut self.pack,
                    place,
                    counts,
                    placed: &mut placed,
                    covered: &mut laid,
                    odd: &odd,
                };
                for header in stride {
                    insertion.insert(header)?;
                }
                counts = insertion.counts;
                drop(statements);
                is_due = self.count(stride.len());
            }
            counts.store(&self.cache, mailbox)?;
            members::change(&self.cache, mailbox, &placed, true)?;
            self.arrange(laid)?;
            self.changed(mailbox);
            self.chores.index = true;
            if strides.peek().is_none() {
                gaps::remove(&self.cache, mailbox, covered)?;
                return Ok(());
            }
            self.try_commit()?;
            self.serve_user();
        }
    }

    pub(in crate::store) fn merge_flags(
        &mut self,
        mailbox: MailboxId,
        validity: UidValidity,
        mut changes: Vec<FlagChange>,
    ) -> Result<(), StoreError> {
        self.bound(
            mailbox,
            changes.iter_mut().map(|change| &mut change.mod_seq),
        );
        for stride in changes.chunks(STRIDE) {
            self.begin()?;
            self.pending.refresh(&self.state)?;
            if placements::place(&self.cache, mailbox, validity)?.is_none() {
                return Ok(());
            }
            let (mut counts, mut covered) = (Counts::default(), Vec::new());
            let mut is_changed = false;
            for change in stride {
                let Some(old) = truth::at(&self.cache, mailbox, change.uid)? else {
                    continue;
                };
                let (flags, mod_seq) = (&change.flags, change.mod_seq);
                let pending = &self.pending;
                is_changed |=
                    truth::merge(&self.cache, pending, &old, flags, mod_seq, &mut counts)?;
                if pending.needs(old.target.message) {
                    covered.push(old.target.message);
                }
                is_changed |=
                    labels::keep(&self.cache, old.target.message, change.labels.as_ref())?;
            }
            counts.store(&self.cache, mailbox)?;
            self.arrange(covered)?;
            if is_changed {
                self.changed(mailbox);
            }
            if self.count(stride.len()) {
                self.try_commit()?;
                self.serve_user();
            }
        }
        Ok(())
    }

    /// Lowers mod-sequences of messages to the one behind the highest that a SELECT told. Everything that changes later has
    /// that one or a higher one; so one that is not true is never newer than the truth.
    fn bound<'a>(&self, mailbox: MailboxId, told: impl Iterator<Item = &'a mut ModSeq>) {
        let highest = self
            .highest
            .get(&mailbox)
            .map_or(0, |highest| highest.get());
        if highest == 0 {
            return;
        }
        let most = ModSeq::new(highest.saturating_add(1));
        for mod_seq in told {
            *mod_seq = most.min(*mod_seq);
        }
    }

    pub(in crate::store) fn remove_vanished(
        &mut self,
        mailbox: MailboxId,
        validity: UidValidity,
        uids: &UidSet,
    ) -> Result<(), StoreError> {
        for (lo, hi) in uids.ranges() {
            loop {
                self.begin()?;
                self.pending.refresh(&self.state)?;
                if placements::place(&self.cache, mailbox, validity)?.is_none() {
                    return Ok(());
                }
                let mut counts = Counts::default();
                let gone =
                    removal::placements(&self.cache, mailbox, *lo, *hi, STRIDE * 4, &mut counts)?;
                let is_done = gone.len() < STRIDE * 4;
                if is_done {
                    gaps::remove(&self.cache, mailbox, &UidSet::from_range(*lo, *hi))?;
                    leaving::expunged(&self.cache, mailbox, *lo, *hi, &mut counts)?;
                }
                counts.store(&self.cache, mailbox)?;
                self.arrange(gone.iter().copied())?;
                self.removed(mailbox, &gone)?;
                if self.count(gone.len().max(1)) {
                    self.try_commit()?;
                    self.serve_user();
                }
                if is_done {
                    break;
                }
            }
        }
        Ok(())
    }

    /// Lets go of those of the messages that are nowhere any more, and tells that the mailbox changed.
    pub(in crate::store) fn removed(
        &mut self,
        mailbox: MailboxId,
        gone: &[MessageId],
    ) -> Result<(), StoreError> {
        if gone.is_empty() {
            return Ok(());
        }
        let files = removal::orphans((&self.cache, &self.state), gone)?;
        self.changes.files.extend(files);
        self.changed(mailbox);
        Ok(())
    }

    /// Arranges anew those of the messages that operations lie over, in the transaction of the caller.
    pub(super) fn arrange(
        &mut self,
        messages: impl IntoIterator<Item = MessageId>,
    ) -> Result<(), StoreError> {
        let covered: BTreeSet<MessageId> = messages
            .into_iter()
            .filter(|message| self.pending.needs(*message))
            .collect();
        if covered.is_empty() {
            return Ok(());
        }
        let mut tally = Tally::default();
        let (cache, pending) = (&self.cache, &self.pending);
        projection::project(cache, pending, covered, &Except::new(), &mut tally)?;
        for mailbox in tally.store(cache)? {
            self.changed(mailbox);
        }
        Ok(())
    }

    pub(in crate::store) fn note_sync_point(
        &mut self,
        mailbox: MailboxId,
        validity: UidValidity,
        uid_next: u32,
        mod_seq: ModSeq,
        exists: u32,
    ) -> Result<(), StoreError> {
        self.begin()?;
        if placements::place(&self.cache, mailbox, validity)?.is_none() {
            return Ok(());
        }
        folders::sync_point(&self.cache, mailbox, uid_next, mod_seq.get(), exists)?;
        self.changes.folders = true;
        self.count(1);
        if gaps::is_empty(&self.cache, mailbox)? {
            self.pending.refresh(&self.state)?;
            self.let_go_of_missed(mailbox)?;
            self.settle(mailbox, validity)?;
            self.park_unreachable(mailbox)?;
        }
        Ok(())
    }

    pub(in crate::store) fn note_caught_up(
        &mut self,
        (mailbox, validity): (MailboxId, UidValidity),
        told: CaughtUp,
    ) -> Result<(), StoreError> {
        self.begin()?;
        if placements::place(&self.cache, mailbox, validity)?.is_some() {
            caught_up::note(&self.cache, mailbox, told)?;
            self.changes.folders = true;
            self.count(1);
        }
        Ok(())
    }

    /// Lets go of messages whose addresses nobody told, now that every header that could be theirs is here.
    fn let_go_of_missed(&mut self, mailbox: MailboxId) -> Result<(), StoreError> {
        let uid_next = folders::sync_state(&self.cache, mailbox)?.uid_next;
        let missed = truth::missed(&self.cache, mailbox, uid_next)?;
        if missed.is_empty() {
            return Ok(());
        }
        let mut tally = Tally::default();
        for message in &missed {
            let message = *message;
            truth::take(&self.cache, Target { message, mailbox }, &mut tally)?;
        }
        tally.store(&self.cache)?;
        self.arrange(missed.iter().copied())?;
        self.removed(mailbox, &missed)
    }

    pub(super) fn changed(&mut self, mailbox: MailboxId) {
        self.changes.mailboxes.insert(mailbox);
        self.changes.folders = true;
    }

    pub(in crate::store) fn take_selected(
        &mut self,
        mailbox: MailboxId,
        selected: &Selected,
    ) -> Result<SyncState, StoreError> {
        let before = folders::validity(&self.cache, mailbox)?;
        self.take_highest(mailbox, before, selected)?;
        if before.is_some_and(|before| before != selected.validity) {
            self.pending.refresh(&self.state)?;
            // Void placements go aside in steps; a crash between them is continued by the next SELECT.
            loop {
                self.begin()?;
                let void = aside::put(&self.cache, mailbox, BULK_ROWS / 2)?;
                self.arrange(void.iter().copied())?;
                self.try_commit()?;
                if void.is_empty() {
                    break;
                }
                self.serve_user();
            }
            self.changed(mailbox);
        }
        transaction(&self.cache, |cache| {
            folders::select(cache, mailbox, selected)?;
            failpoint::pass("selected.before-commit");
            Ok(())
        })?;
        failpoint::pass("selected.after-commit");
        self.changes.folders = true;
        self.publish();
        folders::sync_state(&self.cache, mailbox)
    }

    /// Of two connections the one that selected the mailbox first may be heard last; but a server can lose its history.
    fn take_highest(
        &mut self,
        mailbox: MailboxId,
        before: Option<UidValidity>,
        selected: &Selected,
    ) -> Result<(), StoreError> {
        let known = folders::sync_state(&self.cache, mailbox)?.highest_told();
        let told = selected.highest_mod_seq;
        let goes_on = before == Some(selected.validity) && told >= known;
        let highest = self.highest.entry(mailbox).or_default();
        *highest = if goes_on { told.max(*highest) } else { told };
        Ok(())
    }
}
