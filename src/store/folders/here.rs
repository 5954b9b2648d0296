//! The folders on this computer in the store: told from the server's by their names, which `state.db` keeps.

use std::collections::BTreeSet;

use rusqlite::{Connection, OptionalExtension, params};

use crate::channel::error::StoreError;
use crate::channel::operation::Target;
use crate::mail::account::AccountId;
use crate::mail::flag::Flags;
use crate::mail::mailbox::{MailboxId, ON_THIS_COMPUTER};
use crate::mail::message_id::MessageId;
use crate::store::disk::sql::{Doing, signed, small, unsigned};
use crate::store::messages::{leaving, placements, truth};
use crate::store::reader::Reader;

/// A message as a file can have it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Held {
    /// Its flags, open operations in its folder included.
    pub flags: Flags,
    /// INTERNALDATE, seconds since the epoch.
    pub internal_date: i64,
}

/// The numbers of an account's folders on this computer, those that are gone included.
pub(super) fn ids(
    state: &Connection,
    account: AccountId,
) -> Result<BTreeSet<MailboxId>, StoreError> {
    let mut statement = state
        .prepare_cached(
            "SELECT id FROM mailbox WHERE account = ?1 AND substr(name, 1, length(?2)) = ?2",
        )
        .doing("read the folders on this computer")?;
    let prefix = format!("{ON_THIS_COMPUTER}/").into_bytes();
    let found = statement
        .query_map(params![account.get(), prefix], |row| row.get(0))
        .and_then(Iterator::collect::<rusqlite::Result<Vec<i64>>>)
        .doing("read the folders on this computer")?;
    Ok(found
        .into_iter()
        .map(|id| MailboxId::new(small(id)))
        .collect())
}

impl Reader {
    /// The numbers of an account's folders on this computer, those that are gone included.
    ///
    /// # Errors
    /// What the disk said.
    pub fn local_ids(&mut self, account: AccountId) -> Result<BTreeSet<MailboxId>, StoreError> {
        ids(&self.state, account)
    }

    /// Whether any open operation is about a folder on this computer.
    ///
    /// # Errors
    /// What the disk said.
    pub fn concerns_local(&mut self, account: AccountId) -> Result<bool, StoreError> {
        let mut open = self
            .state
            .prepare_cached(
                "SELECT EXISTS (SELECT 1 FROM operation o WHERE o.account = ?1 AND o.n_open > 0 AND (o.mailbox = ?2
                 OR EXISTS (SELECT 1 FROM operation_target t WHERE t.operation = o.id AND t.mailbox = ?2)))",
            )
            .doing("look for work on this computer")?;
        for mailbox in ids(&self.state, account)? {
            let found = open.query_row(params![account.get(), mailbox.get()], |row| row.get(0));
            if found.doing("look for work on this computer")? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Where a message is that is shown in a folder: there, or where it is still leaving from; `None` where it has no
    /// address at all.
    ///
    /// # Errors
    /// What the disk said.
    pub fn source(
        &mut self,
        message: MessageId,
        mailbox: MailboxId,
    ) -> Result<Option<MailboxId>, StoreError> {
        self.refresh()?;
        let found = self.checked(sources(&self.cache, message))?;
        let here = found.iter().find(|known| **known == mailbox);
        Ok(here.or(found.first()).copied())
    }

    /// What a file needs beside the bytes of a message; `None` where it is not there (any more).
    ///
    /// # Errors
    /// What the disk said.
    pub fn held(
        &mut self,
        message: MessageId,
        mailbox: MailboxId,
    ) -> Result<Option<Held>, StoreError> {
        self.refresh()?;
        let found = self.checked(truth::find(&self.cache, Target { message, mailbox }))?;
        Ok(found.map(|row| Held {
            flags: row.effective,
            internal_date: row.internal_date,
        }))
    }

    /// The size of a message in bytes, as its server says; 0 where it is not known.
    ///
    /// # Errors
    /// What the disk said.
    pub fn size_bytes(&mut self, message: MessageId) -> Result<u64, StoreError> {
        self.refresh()?;
        let size = self
            .cache
            .query_row(
                "SELECT size_bytes FROM message WHERE id = ?1",
                [signed(message.get())],
                |row| row.get::<_, i64>(0),
            )
            .optional()
            .doing("read the size of a message");
        Ok(self.checked(size)?.map_or(0, unsigned))
    }
}

/// The mailboxes in which a message has an address.
fn sources(cache: &Connection, message: MessageId) -> Result<Vec<MailboxId>, StoreError> {
    let mut rows = placements::of(cache, message)?;
    rows.extend(leaving::of(cache, message)?);
    rows.retain(|row| row.uid > 0 && !row.is_gone);
    Ok(rows.into_iter().map(|row| row.target.mailbox).collect())
}
