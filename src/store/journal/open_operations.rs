//! What of the journal is still to be done, each target with the address under which that can be asked for.

use std::collections::BTreeSet;

use rusqlite::Connection;

use crate::channel::error::StoreError;
use crate::channel::operation::Target;
use crate::mail::account::AccountId;
use crate::mail::mailbox::MailboxId;
use crate::mail::message_id::MessageKey;
use crate::mail::uid::{Uid, UidValidity};
use crate::store::folders;
use crate::store::journal::{self, OpenOperation, Unresolved};
use crate::store::messages::truth;
use crate::store::reader::Reader;

impl Reader {
    /// The operations of an account with open or parked targets, in the order of recording. Open targets in mailboxes that
    /// are not in the cache are left out: nobody could carry them out, and the next LIST brings them back or parks them.
    ///
    /// # Errors
    /// What the disk said.
    pub fn open_operations(
        &mut self,
        account: AccountId,
    ) -> Result<Vec<OpenOperation>, StoreError> {
        let found = journal::unfinished(&self.state, account)?;
        self.addressed(account, found)
    }

    /// What of [`Reader::open_operations`] bears on one mailbox: of the messages that are to be changed there all open
    /// targets, also those in other mailboxes, and the open changes of folders. Parked targets are left out.
    ///
    /// # Errors
    /// What the disk said.
    pub fn open_operations_on(
        &mut self,
        account: AccountId,
        mailbox: MailboxId,
    ) -> Result<Vec<OpenOperation>, StoreError> {
        let found = journal::bearing_on(&self.state, account, mailbox)?;
        self.addressed(account, found)
    }

    fn addressed(
        &mut self,
        account: AccountId,
        found: Vec<Unresolved>,
    ) -> Result<Vec<OpenOperation>, StoreError> {
        self.refresh()?;
        let listed = self.checked(folders::ids(&self.cache, account))?;
        let listed: BTreeSet<MailboxId> = listed.into_iter().collect();
        let mut operations = Vec::with_capacity(found.len());
        for (mut operation, addresses) in found {
            for (open, address) in operation.targets.iter_mut().zip(addresses) {
                open.key = self.checked(key(&self.cache, account, open.target, address))?;
            }
            operation
                .targets
                .retain(|open| listed.contains(&open.target.mailbox));
            operations.push(operation);
        }
        Ok(operations)
    }

    /// Operations with open targets, of one account or of all.
    ///
    /// # Errors
    /// What the disk said.
    pub fn n_pending(&mut self, account: Option<AccountId>) -> Result<u64, StoreError> {
        journal::n_pending(&self.state, account)
    }
}

/// The address of a target: its placement's, else the one that was recorded with it, unless the mailbox was renumbered
/// since. So the journal is carried out even before a lost cache is filled again.
fn key(
    cache: &Connection,
    account: AccountId,
    target: Target,
    recorded: (u32, u32),
) -> Result<Option<MessageKey>, StoreError> {
    let key = |(validity, uid)| {
        let address = UidValidity::new(validity).zip(Uid::new(uid));
        address.map(|(validity, uid)| MessageKey {
            account,
            mailbox: target.mailbox,
            validity,
            uid,
        })
    };
    let row = truth::find(cache, target)?;
    if let Some(here) = row.and_then(|row| key((row.validity, row.uid))) {
        return Ok(Some(here));
    }
    let now = match folders::validity(cache, target.mailbox) {
        Err(StoreError::Gone) => None,
        known => known?,
    };
    let then = key(recorded);
    Ok(then.filter(|then| now.is_none_or(|now| now == then.validity)))
}
