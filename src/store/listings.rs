//! The store thread's part in listing: what LIST, STATUS and the capabilities say of an account goes into the cache.

use std::collections::BTreeSet;

use crate::channel::error::{RemoteError, StoreError};
use crate::channel::event::Event;
use crate::channel::operation::{OperationId, Outcome, Target};
use crate::mail::account::AccountId;
use crate::mail::mailbox::{MailboxId, MailboxName};
use crate::mail::safe_text::SafeText;
use crate::store::placements::Counts;
use crate::store::sql::{Doing, transaction};
use crate::store::sync::STRIDE;
use crate::store::sync_state::{ListedMailbox, MailboxStatus};
use crate::store::worker::Worker;
use crate::store::{aside, closing, folders, journal, numbers, removal};

/// Why an operation on a mailbox that went is parked.
const UNLISTED: &str = "the folder is not on the server any more";

impl Worker {
    pub(super) fn take_listing(
        &mut self,
        account: AccountId,
        listed: &[ListedMailbox],
    ) -> Result<Vec<(MailboxName, MailboxId)>, StoreError> {
        if listed.is_empty() {
            return Ok(Vec::new());
        }
        let numbered = numbers::number(&self.state, &self.cache, account, listed)?;
        let gone = transaction(&self.cache, |cache| {
            folders::list(cache, account, listed, &numbered)
        })?;
        for mailbox in gone {
            self.remove_mailbox(mailbox)?;
        }
        self.changes.folders = true;
        self.publish();
        self.park_unlisted(account, &numbered)?;
        Ok(numbered)
    }

    /// Parks the open operations on mailboxes that are not there any more, so that nothing tries them for ever. All that
    /// the list does not name: a crash may have come between the removal of a mailbox and this.
    fn park_unlisted(
        &mut self,
        account: AccountId,
        numbered: &[(MailboxName, MailboxId)],
    ) -> Result<(), StoreError> {
        let mut open = journal::open_targets(&self.state, account)?;
        if open.is_empty() {
            return Ok(());
        }
        let listed: BTreeSet<MailboxId> = numbered.iter().map(|(_, id)| *id).collect();
        open.retain(|(_, target)| !listed.contains(&target.mailbox));
        self.park(&open, UNLISTED)
    }

    /// Parks open targets, in the order of their operations, and tells.
    pub(super) fn park(
        &mut self,
        targets: &[(OperationId, Target)],
        reason: &str,
    ) -> Result<(), StoreError> {
        for some in targets.chunk_by(|(first, _), (second, _)| first == second) {
            let Some((operation, _)) = some.first() else {
                continue;
            };
            let error = RemoteError::Protocol {
                detail: SafeText::line(reason),
            };
            let outcomes: Vec<(Target, Outcome)> = some
                .iter()
                .map(|(_, target)| (*target, Outcome::Parked(error.clone())))
                .collect();
            let ended = transaction(&self.state, |state| {
                closing::close(state, *operation, &outcomes)
            })?;
            self.pending.forget();
            let n_pending = journal::n_pending(&self.state, None)?;
            self.send(Event::Closed {
                operation: *operation,
                outcomes: ended,
                n_pending,
            });
        }
        Ok(())
    }

    /// Removes a mailbox with its messages, a few at a time.
    pub(super) fn remove_mailbox(&mut self, mailbox: MailboxId) -> Result<(), StoreError> {
        loop {
            self.begin()?;
            let mut counts = Counts::default();
            let gone = removal::any_placements(&self.cache, mailbox, STRIDE * 4, &mut counts)?;
            let waiting = aside::clear(&self.cache, mailbox, STRIDE * 4)?;
            self.removed(mailbox, &gone, counts)?;
            self.removed(mailbox, &waiting, Counts::default())?;
            let is_done = gone.len().max(waiting.len()) < STRIDE * 4;
            if is_done {
                folders::remove(&self.cache, mailbox)?;
                return self.try_commit();
            }
            if self.count(gone.len()) {
                self.try_commit()?;
                self.serve_user();
            }
        }
    }

    pub(super) fn take_status(
        &mut self,
        mailbox: MailboxId,
        status: &MailboxStatus,
    ) -> Result<(), StoreError> {
        if !transaction(&self.cache, |cache| folders::status(cache, mailbox, status))? {
            return Err(StoreError::Gone);
        }
        self.changes.folders = true;
        self.publish();
        Ok(())
    }

    pub(super) fn take_statuses(
        &mut self,
        account: AccountId,
        statuses: &[(MailboxId, MailboxStatus)],
    ) -> Result<(), StoreError> {
        let own: BTreeSet<MailboxId> = folders::ids(&self.cache, account)?.into_iter().collect();
        let is_changed = transaction(&self.cache, |cache| {
            let mut is_changed = false;
            // The last word on a mailbox is said last, so no order is lost.
            for (mailbox, status) in statuses.iter().filter(|(mailbox, _)| own.contains(mailbox)) {
                is_changed |= folders::status(cache, *mailbox, status)?;
            }
            Ok(is_changed)
        })?;
        if is_changed {
            self.changes.folders = true;
            self.publish();
        }
        Ok(())
    }

    pub(super) fn take_capabilities(
        &mut self,
        account: AccountId,
        names: &[String],
    ) -> Result<(), StoreError> {
        transaction(&self.cache, |cache| {
            cache
                .prepare_cached("DELETE FROM capability WHERE account = ?1")
                .and_then(|mut statement| statement.execute([account.get()]))
                .doing("keep capabilities")?;
            let mut insert = cache
                .prepare_cached(
                    "INSERT INTO capability (account, name) VALUES (?1, ?2) ON CONFLICT DO NOTHING",
                )
                .doing("keep capabilities")?;
            for name in names.iter().take(1_000) {
                insert
                    .execute(rusqlite::params![account.get(), name])
                    .doing("keep capabilities")?;
            }
            Ok(())
        })
    }
}
