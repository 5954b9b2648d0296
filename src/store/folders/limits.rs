//! What the servers can do and what they allow, as last heard: capabilities, rights in mailboxes (RFC 4314), room of accounts (RFC 9208).

use rusqlite::{Connection, params};

use crate::channel::error::StoreError;
use crate::mail::account::AccountId;
use crate::mail::mailbox::MailboxId;
use crate::mail::quota::Quota;
use crate::mail::rights::Rights;
use crate::store::disk::sql::{Doing, signed, small, transaction, unsigned};
use crate::store::reader::Reader;
use crate::store::worker::Worker;

impl Worker {
    /// Keeps what a server told, and tells the screen where that is news.
    pub(in crate::store) fn keep_limits(
        &mut self,
        account: AccountId,
        rights: &[(MailboxId, Rights)],
        quota: Option<Quota>,
    ) -> Result<(), StoreError> {
        self.commit();
        let is_news = transaction(&self.cache, |cache| {
            let mut n_changed = 0;
            for (mailbox, rights) in rights {
                n_changed += keep_rights(cache, account, *mailbox, *rights)?;
            }
            if let Some(quota) = quota {
                n_changed += keep_quota(cache, account, quota)?;
            }
            Ok(n_changed > 0)
        })?;
        if is_news {
            self.changes.folders = true;
            self.publish();
        }
        Ok(())
    }
}

fn keep_rights(
    cache: &Connection,
    account: AccountId,
    mailbox: MailboxId,
    rights: Rights,
) -> Result<usize, StoreError> {
    cache
        .prepare_cached(
            "UPDATE mailbox SET rights = ?3 WHERE id = ?2 AND account = ?1 AND rights <> ?3",
        )
        .and_then(|mut statement| {
            statement.execute(params![account.get(), mailbox.get(), rights.letters()])
        })
        .doing("keep rights")
}

fn keep_quota(cache: &Connection, account: AccountId, quota: Quota) -> Result<usize, StoreError> {
    cache
        .prepare_cached(
            "INSERT INTO quota (account, used_bytes, limit_bytes) VALUES (?1, ?2, ?3)
             ON CONFLICT (account) DO UPDATE SET used_bytes = ?2, limit_bytes = ?3
             WHERE used_bytes <> ?2 OR limit_bytes <> ?3",
        )
        .and_then(|mut statement| {
            statement.execute(params![
                account.get(),
                signed(quota.used_bytes),
                signed(quota.limit_bytes)
            ])
        })
        .doing("keep a quota")
}

impl Reader {
    /// The capabilities after the last login; empty before the first.
    ///
    /// # Errors
    /// What the disk said.
    pub fn capabilities(&mut self, account: AccountId) -> Result<Vec<String>, StoreError> {
        self.refresh()?;
        let names = self
            .cache
            .prepare_cached("SELECT name FROM capability WHERE account = ?1 ORDER BY name")
            .and_then(|mut statement| {
                statement
                    .query_map([account.get()], |row| row.get(0))?
                    .collect()
            })
            .doing("read capabilities");
        self.checked(names)
    }

    /// The room of every account whose server tells it, by account.
    ///
    /// # Errors
    /// What the disk said.
    pub fn quotas(&mut self) -> Result<Vec<(AccountId, Quota)>, StoreError> {
        self.refresh()?;
        let quotas = quotas(&self.cache);
        self.checked(quotas)
    }
}

fn quotas(cache: &Connection) -> Result<Vec<(AccountId, Quota)>, StoreError> {
    let mut statement = cache
        .prepare_cached("SELECT account, used_bytes, limit_bytes FROM quota ORDER BY account")
        .doing("read quotas")?;
    let rows = statement.query_map([], |row| {
        let quota = Quota {
            used_bytes: unsigned(row.get(1)?),
            limit_bytes: unsigned(row.get(2)?),
        };
        Ok((AccountId::new(small(row.get(0)?)), quota))
    });
    rows.and_then(Iterator::collect).doing("read quotas")
}
