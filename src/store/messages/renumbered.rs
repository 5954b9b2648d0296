//! The store thread's part in the end of a renumbering: messages kept aside are found again, their operations follow.

use std::collections::BTreeSet;

use crate::channel::error::StoreError;
use crate::channel::operation::{Change, OperationId, Target};
use crate::mail::mailbox::MailboxId;
use crate::mail::uid::UidValidity;
use crate::store::journal::closing;
use crate::store::journal::pending::Layer;
use crate::store::messages::aside::{self, Matches};
use crate::store::messages::placements::Tally;
use crate::store::messages::sync::STRIDE;
use crate::store::messages::truth;
use crate::store::worker::Worker;
use crate::store::worker::commit::BULK_ROWS;

/// Why an operation could not follow its message.
const LOST: &str = "the server renumbered the folder and the message was not found again";
/// Why a deletion did not follow its message, though that was found by its content.
const UNSURE: &str = "the server renumbered the folder; a message like this one is there, but only you can say whether to \
                      delete it for good";

/// Why an operation has nothing to act on.
const UNREACHABLE: &str = "the message was moved to this folder and not found again";

impl Worker {
    /// Ends a renumbering once every header is here: finds messages kept aside, gives their operations the new address,
    /// parks the operations whose message was not found, and lets go of the rest.
    pub(super) fn settle(
        &mut self,
        mailbox: MailboxId,
        validity: UidValidity,
    ) -> Result<(), StoreError> {
        let is_waiting = aside::is_waiting(&self.cache, mailbox)?;
        let has_stale = |worker: &Self| {
            let mut all = worker.pending.all();
            all.any(|(target, open)| target.mailbox == mailbox && is_stale(open, validity))
        };
        if !is_waiting && !has_stale(self) {
            return Ok(());
        }
        self.try_commit()?;
        if is_waiting {
            self.rebind(mailbox)?;
        }
        self.pending.refresh(&self.state)?;
        self.follow(mailbox, validity)?;
        loop {
            self.begin()?;
            let waiting = aside::clear(&self.cache, mailbox, STRIDE * 4)?;
            self.removed(mailbox, &waiting)?;
            self.try_commit()?;
            if waiting.is_empty() {
                return Ok(());
            }
            self.serve_user();
        }
    }

    fn rebind(&mut self, mailbox: MailboxId) -> Result<(), StoreError> {
        let mut matches = Matches::of_aside(&self.cache, mailbox)?;
        while matches.look(&self.cache, mailbox, BULK_ROWS)? {
            self.serve_user();
        }
        for some in matches.pairs().chunks(STRIDE * 4) {
            self.begin()?;
            let (mut replaced, mut found) = (Vec::new(), BTreeSet::new());
            let mut tally = Tally::default();
            for (old, new) in some {
                if self.pending.needs(*new) {
                    // The user acted on the message under its new number: the journal follows first, so that a crash
                    // here leaves an operation that the next attempt finds again.
                    closing::rename(&self.state, mailbox, *new, *old)?;
                    self.pending.forget();
                }
                if aside::rebind(&self.cache, mailbox, *old, *new, &mut tally)? {
                    replaced.push(*new);
                    found.insert(*old);
                }
            }
            tally.store(&self.cache)?;
            // Operations on the old number lie over the new placement from now on.
            self.pending.refresh(&self.state)?;
            self.arrange(found.into_iter().chain(replaced.iter().copied()))?;
            self.removed(mailbox, &replaced)?;
            self.try_commit()?;
            self.serve_user();
        }
        Ok(())
    }

    /// Parks operations on messages that have no address here, are not here, and are not on their way here, now that every
    /// header is: the cache was lost before anybody told where a move had taken them.
    pub(super) fn park_unreachable(&mut self, mailbox: MailboxId) -> Result<(), StoreError> {
        let mut unreachable = Vec::new();
        for (target, layer) in self.pending.all() {
            let is_addressed = layer.uid > 0 || !layer.is_open();
            if target.mailbox != mailbox || is_addressed {
                continue;
            }
            let before = self.pending.of(target.message).iter();
            let is_coming = before
                .filter(|before| before.is_open() && before.operation < layer.operation)
                .any(|before| matches!(before.change, Change::Move { to } | Change::Copy { to } if to == mailbox));
            if !is_coming && truth::find(&self.cache, target)?.is_none() {
                unreachable.push((layer.operation, target));
            }
        }
        if unreachable.is_empty() {
            return Ok(());
        }
        self.try_commit()?;
        self.park(unreachable, UNREACHABLE)?;
        self.pending.refresh(&self.state)
    }

    /// Open operations follow their messages to the new addresses or are parked.
    fn follow(&mut self, mailbox: MailboxId, validity: UidValidity) -> Result<(), StoreError> {
        let stale: Vec<(Target, OperationId, bool)> = self
            .pending
            .all()
            .filter(|(target, open)| target.mailbox == mailbox && is_stale(open, validity))
            .map(|(target, open)| (target, open.operation, open.change == Change::Delete))
            .collect();
        let (mut lost, mut unsure) = (Vec::new(), Vec::new());
        for (target, operation, is_deletion) in stale {
            match aside::address(&self.cache, target)? {
                Some(_) if is_deletion && !aside::is_certain(&self.cache, target.message)? => {
                    unsure.push((operation, target));
                }
                Some((validity, uid)) => {
                    closing::readdress(&self.state, target, validity, uid)?;
                }
                None => lost.push((operation, target)),
            }
        }
        self.pending.forget();
        self.park(lost, LOST)?;
        self.park(unsure, UNSURE)?;
        self.pending.refresh(&self.state)
    }
}

/// Whether a target was recorded under another UIDVALIDITY. A keyword on this machine needs no address.
fn is_stale(open: &Layer, validity: UidValidity) -> bool {
    open.validity != validity.get() && open.uid > 0 && open.is_open()
}
