//! The store thread's part in the end of a renumbering: messages kept aside are found again, their operations follow.

use crate::channel::error::StoreError;
use crate::channel::operation::{OperationId, Target};
use crate::mail::mailbox::MailboxId;
use crate::mail::message_id::MessageId;
use crate::mail::uid::UidValidity;
use crate::store::aside::{self, Matches};
use crate::store::commit::BULK_ROWS;
use crate::store::placements::Counts;
use crate::store::sync::STRIDE;
use crate::store::worker::Worker;
use crate::store::{closing, members, projection};

/// Why an operation could not follow its message.
const LOST: &str = "the server renumbered the folder and the message was not found again";

impl Worker {
    /// Ends a renumbering once every header is here: finds messages kept aside, gives their operations the new address,
    /// parks the operations whose message was not found, and lets go of the rest.
    pub(super) fn settle(
        &mut self,
        mailbox: MailboxId,
        validity: UidValidity,
    ) -> Result<(), StoreError> {
        let is_waiting = aside::is_waiting(&self.cache, mailbox)?;
        let is_stale = |worker: &Self| {
            worker.pending.all().any(|(target, open)| {
                target.mailbox == mailbox && open.validity != validity.get() && open.uid > 0
            })
        };
        if !is_waiting && !is_stale(self) {
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
            self.removed(mailbox, &waiting, Counts::default())?;
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
            let mut replaced = Vec::new();
            let mut found = Vec::new();
            for (old, new) in some {
                if self.pending.needs(*new) {
                    // The user acted on the message under its new number: the journal follows first, so that a crash
                    // here leaves an operation that the next attempt finds again.
                    closing::rename(&self.state, mailbox, *new, *old)?;
                    self.pending.forget();
                }
                if aside::rebind(&self.cache, mailbox, *old, *new)? {
                    replaced.push(*new);
                    found.push(Target {
                        message: *old,
                        mailbox,
                    });
                }
            }
            let back: Vec<MessageId> = found.iter().map(|target| target.message).collect();
            members::change(&self.cache, mailbox, &replaced, false)?;
            members::change(&self.cache, mailbox, &back, true)?;
            self.removed(mailbox, &replaced, Counts::default())?;
            // Operations on the old number lie over the new placement from now on.
            self.pending.refresh(&self.state)?;
            projection::project(&self.cache, &self.pending, found, None)?;
            self.try_commit()?;
            self.serve_user();
        }
        Ok(())
    }

    /// Open operations follow their messages to the new addresses or are parked.
    fn follow(&mut self, mailbox: MailboxId, validity: UidValidity) -> Result<(), StoreError> {
        let stale: Vec<(Target, OperationId)> = self
            .pending
            .all()
            .filter(|(target, open)| {
                target.mailbox == mailbox && open.validity != validity.get() && open.uid > 0
            })
            .map(|(target, open)| (target, open.operation))
            .collect();
        let mut lost: Vec<(OperationId, Target)> = Vec::new();
        for (target, operation) in stale {
            match aside::address(&self.cache, target)? {
                Some((validity, uid)) => {
                    closing::readdress(&self.state, target, validity, uid)?;
                }
                None => lost.push((operation, target)),
            }
        }
        self.pending.forget();
        lost.sort_unstable();
        self.park(&lost, LOST)?;
        self.pending.refresh(&self.state)
    }
}
