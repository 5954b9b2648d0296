//! The store thread's part in listing: what LIST, STATUS and the capabilities say of an account goes into the cache.

use std::collections::BTreeSet;

use rusqlite::Connection;

use crate::channel::error::{RemoteError, StoreError};
use crate::channel::operation::{OperationId, Outcome, Target};
use crate::mail::account::AccountId;
use crate::mail::mailbox::{MailboxId, MailboxName};
use crate::mail::safe_text::SafeText;
use crate::store::disk::sql::{Doing, transaction};
use crate::store::folders::{here, numbers};
use crate::store::journal::outcomes;
use crate::store::messages::placements::Counts;
use crate::store::messages::sync::STRIDE;
use crate::store::messages::{aside, leaving, removal};
use crate::store::sync_state::{ListedMailbox, MailboxStatus};
use crate::store::worker::Worker;
use crate::store::{folders, journal};

/// Why an operation on a mailbox that went is parked.
const UNLISTED: &str = "the folder is not on the server any more";

impl Worker {
    pub(in crate::store) fn take_listing(
        &mut self,
        account: AccountId,
        listed: &[ListedMailbox],
    ) -> Result<Vec<(MailboxName, MailboxId)>, StoreError> {
        if listed.is_empty() {
            return Ok(Vec::new());
        }
        let numbered = numbers::number(&self.state, &self.cache, account, listed)?;
        let mut gone = transaction(&self.cache, |cache| {
            folders::list(cache, account, listed, &numbered)
        })?;
        // A server's list says nothing of the folders on this computer, and theirs nothing of a server's.
        let is_here = listed.iter().any(|mailbox| mailbox.name.is_local());
        let here = here::ids(&self.state, account)?;
        gone.retain(|mailbox| here.contains(mailbox) == is_here);
        for mailbox in gone {
            self.remove_mailbox(mailbox)?;
        }
        self.changes.folders = true;
        self.publish();
        let is_meant = |mailbox: MailboxId| here.contains(&mailbox) == is_here;
        self.park_unlisted(account, &numbered, &is_meant)?;
        Ok(numbered)
    }

    /// Parks the open operations on mailboxes that are not there any more, so that nothing tries them for ever. All that
    /// the list does not name of those that are meant by it: a crash may have come between the removal of a mailbox and
    /// this.
    fn park_unlisted(
        &mut self,
        account: AccountId,
        numbered: &[(MailboxName, MailboxId)],
        is_meant: &dyn Fn(MailboxId) -> bool,
    ) -> Result<(), StoreError> {
        let mut open = journal::open_targets(&self.state, account)?;
        if open.is_empty() {
            return Ok(());
        }
        let mut listed = folders::unborn(&self.cache, account)?;
        listed.extend(numbered.iter().map(|(_, id)| *id));
        self.pending.refresh(&self.state)?;
        open.retain(|(operation, target)| {
            let mut layers = self.pending.of(target.message).iter();
            let to = layers
                .find(|layer| layer.operation == *operation)
                .and_then(|layer| layer.change.destination());
            let is_there = |mailbox| listed.contains(&mailbox) || !is_meant(mailbox);
            !is_there(target.mailbox) || to.is_some_and(|to| !is_there(to))
        });
        self.park(open, UNLISTED)
    }

    /// Parks open targets, and tells.
    pub(in crate::store) fn park(
        &mut self,
        targets: Vec<(OperationId, Target)>,
        reason: &str,
    ) -> Result<(), StoreError> {
        if targets.is_empty() {
            return Ok(());
        }
        let error = RemoteError::Protocol {
            detail: SafeText::line(reason),
        };
        let targets = targets.into_iter();
        let ended =
            targets.map(|(operation, target)| (operation, target, Outcome::Parked(error.clone())));
        self.close_operations(outcomes::by_operation(ended))
    }

    /// Removes a mailbox with its messages.
    pub(in crate::store) fn remove_mailbox(
        &mut self,
        mailbox: MailboxId,
    ) -> Result<(), StoreError> {
        self.empty_mailbox(mailbox, folders::remove)
    }

    /// Removes the messages of a mailbox, a few at a time, and then does the rest in the last transaction.
    pub(in crate::store) fn empty_mailbox(
        &mut self,
        mailbox: MailboxId,
        rest: fn(&Connection, MailboxId) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        loop {
            self.begin()?;
            let mut counts = Counts::default();
            let mut gone = removal::any_placements(&self.cache, mailbox, STRIDE * 4, &mut counts)?;
            counts.store(&self.cache, mailbox)?;
            gone.extend(aside::clear(&self.cache, mailbox, STRIDE * 4)?);
            let leaving = leaving::empty(&self.cache, mailbox, STRIDE * 4)?;
            gone.extend(leaving.iter().map(|row| row.target.message));
            self.removed(mailbox, &gone)?;
            let is_done = gone.is_empty();
            if is_done {
                rest(&self.cache, mailbox)?;
                return self.try_commit();
            }
            if self.count(gone.len().max(1)) {
                self.try_commit()?;
                self.serve_user();
            }
        }
    }

    pub(in crate::store) fn take_status(
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

    pub(in crate::store) fn take_statuses(
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

    pub(in crate::store) fn take_capabilities(
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
