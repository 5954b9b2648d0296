//! Folders that open operations create: they are in the cache at once, so that messages can be moved to them.

use rusqlite::{Connection, params};

use crate::channel::error::StoreError;
use crate::channel::operation::OperationId;
use crate::mail::account::AccountId;
use crate::mail::mailbox::{MailboxId, MailboxName, Namespace, ON_THIS_COMPUTER};
use crate::store::disk::sql::{Doing, signed, small, transaction};
use crate::store::worker::Worker;
use crate::store::{failpoint, folders, journal};

/// Why an operation is parked whose destination will not be.
const UNBORN: &str = "the folder it goes to was not created";

/// Account, number and name of the folders that open operations create.
fn expected(state: &Connection) -> Result<Vec<(AccountId, MailboxId, MailboxName)>, StoreError> {
    let mut statement = state
        .prepare_cached(
            "SELECT account, mailbox, name FROM operation WHERE n_open > 0 AND kind = 'create' ORDER BY id",
        )
        .doing("read what is to be created")?;
    let rows = statement
        .query_map([], |row| {
            let name: Vec<u8> = row.get(2)?;
            Ok((
                AccountId::new(small(row.get(0)?)),
                MailboxId::new(small(row.get(1)?)),
                MailboxName::from_raw(&name),
            ))
        })
        .doing("read what is to be created")?;
    rows.map(|row| row.doing("read what is to be created"))
        .collect()
}

/// Adds a mailbox that is to be created; one that is there stays as it is.
fn conceive(
    cache: &Connection,
    account: AccountId,
    mailbox: MailboxId,
    name: &MailboxName,
) -> Result<(), StoreError> {
    cache
        .prepare_cached(
            "INSERT INTO mailbox (id, account, name, delimiter, is_unborn, namespace, prefix_bytes) VALUES (?1, ?2, ?3,
             coalesce(?4, (SELECT delimiter FROM mailbox WHERE account = ?2 AND name = CAST('INBOX' AS BLOB)), 0), 1,
             ?5, ?6) ON CONFLICT DO NOTHING",
        )
        .and_then(|mut statement| {
            let (delimiter, space, prefix_bytes) = if name.is_local() {
                (Some(b'/'), Namespace::Local.name(), ON_THIS_COMPUTER.len() + 1)
            } else {
                (None, "", 0)
            };
            statement.execute(params![
                mailbox.get(),
                account.get(),
                name.raw(),
                delimiter,
                space,
                signed(prefix_bytes as u64)
            ])
        })
        .map(|_| ())
        .doing("add a mailbox")
}

impl Worker {
    /// Adds every folder that an open operation creates and that is not there yet.
    pub(super) fn conceive_all(&mut self) -> Result<(), StoreError> {
        let expected = expected(&self.state)?;
        if expected.is_empty() {
            return Ok(());
        }
        transaction(&self.cache, |cache| {
            for (account, mailbox, name) in &expected {
                conceive(cache, *account, *mailbox, name)?;
            }
            Ok(())
        })?;
        self.changes.folders = true;
        self.publish();
        Ok(())
    }

    /// Lets go of the folder that an operation was to create: what was to go there comes back and is parked.
    pub(super) fn abandon_folder(&mut self, operation: OperationId) -> Result<(), StoreError> {
        let Some((account, mailbox)) = journal::folder_of(&self.state, operation)? else {
            return Ok(());
        };
        failpoint::pass("folder.before-abandon");
        self.abandon(account, mailbox)
    }

    /// Lets go of folders that were to be created by operations that have ended since: a crash came between the two. What is
    /// in the cache is read first, since the journal knew of it earlier.
    pub(super) fn abandon_rest(&mut self) -> Result<(), StoreError> {
        let accounts: Vec<AccountId> = self.accounts.iter().map(|account| account.id).collect();
        for account in accounts {
            let unborn = folders::unborn(&self.cache, account)?;
            if unborn.is_empty() {
                continue;
            }
            let expected = expected(&self.state)?;
            for mailbox in unborn {
                if expected.iter().all(|(_, awaited, _)| *awaited != mailbox) {
                    self.abandon(account, mailbox)?;
                }
            }
        }
        Ok(())
    }

    fn abandon(&mut self, account: AccountId, mailbox: MailboxId) -> Result<(), StoreError> {
        self.changes.folders = true;
        if !folders::unborn(&self.cache, account)?.contains(&mailbox) {
            self.publish();
            return Ok(());
        }
        self.pending.refresh(&self.state)?;
        let waiting = self.pending.all().filter(|(target, layer)| {
            let goes = layer.change.destination() == Some(mailbox);
            layer.is_open() && (goes || target.mailbox == mailbox)
        });
        let waiting = waiting
            .map(|(target, layer)| (layer.operation, target))
            .collect();
        self.park(waiting, UNBORN)?;
        self.remove_mailbox(mailbox)?;
        self.publish();
        Ok(())
    }
}
