//! What the user keeps on this machine: marks in the cache, which outlive the process and keep bodies from eviction.

use std::collections::BTreeSet;

use rusqlite::{Connection, OptionalExtension, params};

use crate::channel::error::StoreError;
use crate::channel::event::Event;
use crate::channel::kept::{News, Subject, Weight, WeightQuery};
use crate::mail::account::AccountId;
use crate::mail::mailbox::MailboxId;
use crate::mail::message_id::MessageId;
use crate::mail::uid::Uid;
use crate::store::disk::sql::{Doing, signed, small, transaction, unsigned};
use crate::store::reader::Reader;
use crate::store::worker::Worker;

/// Messages in one transaction.
const AT_ONCE: usize = 2_000;

impl Worker {
    /// Keeps the bodies of messages, or lets them go; how many were not so before. Unknown ones are left out.
    pub(in crate::store) fn keep(
        &mut self,
        messages: &[MessageId],
        on: bool,
    ) -> Result<u64, StoreError> {
        let (mut accounts, mut n_changed) = (BTreeSet::new(), 0);
        for some in messages.chunks(AT_ONCE) {
            n_changed += transaction(&self.cache, |cache| {
                let mut n = 0;
                for message in some {
                    let account = set(cache, *message, on)?;
                    n += u64::from(account.is_some());
                    accounts.extend(account);
                }
                Ok(n)
            })?;
        }
        self.kept(accounts, n_changed, on);
        Ok(n_changed)
    }

    /// Lets go of what an account is to keep and has not come.
    pub(in crate::store) fn stop_keeping(&mut self, account: AccountId) -> Result<(), StoreError> {
        let messages: Vec<MessageId> = self
            .cache
            .prepare_cached("SELECT message FROM kept WHERE account = ?1 AND is_here = 0")
            .and_then(|mut statement| {
                statement
                    .query_map([account.get()], |row| row.get(0).map(unsigned))?
                    .filter_map(|id| id.map(MessageId::new).transpose())
                    .collect()
            })
            .doing("find what has not come")?;
        self.keep(&messages, false).map(|_| ())
    }

    fn kept(&mut self, accounts: BTreeSet<AccountId>, n_changed: u64, on: bool) {
        if !on {
            self.chores.evict = true; // What was kept beyond the room may go now.
        }
        self.send(Event::Keeping(News::Changed {
            accounts: accounts.into_iter().collect(),
            n_changed,
            on,
        }));
    }

    /// Tells, once, that what is kept is more than the account may hold: nothing of it goes.
    pub(in crate::store) fn tell_beyond(
        &mut self,
        account: AccountId,
        limit: u64,
        kept: Option<u64>,
    ) {
        match kept {
            None => drop(self.told_beyond.remove(&account)),
            Some(bytes) if self.told_beyond.insert(account) => {
                self.send(Event::Keeping(News::Beyond {
                    account,
                    bytes,
                    limit,
                }));
            }
            Some(_) => {}
        }
    }
}

/// Keeps a body or lets it go; whose it is, where that changed anything.
fn set(cache: &Connection, message: MessageId, on: bool) -> Result<Option<AccountId>, StoreError> {
    let sql = if on {
        "INSERT INTO kept (message, account, is_here) SELECT id, account,
         EXISTS (SELECT 1 FROM body WHERE body.message = id AND in_parts = 0) FROM message WHERE id = ?1
         ON CONFLICT DO NOTHING RETURNING account"
    } else {
        "DELETE FROM kept WHERE message = ?1 RETURNING account"
    };
    let id = signed(message.get());
    let account: Option<i64> = cache
        .prepare_cached(sql)
        .and_then(|mut statement| statement.query_row([id], |row| row.get(0)).optional())
        .doing("keep a message")?;
    if account.is_some() {
        cache
            .prepare_cached("UPDATE body SET is_kept = ?2 WHERE message = ?1")
            .and_then(|mut statement| statement.execute(params![id, on]))
            .doing("keep a body")?;
    }
    Ok(account.map(|account| AccountId::new(small(account))))
}

impl Reader {
    /// How much some messages are, and how much of that is kept or here already.
    ///
    /// # Errors
    /// What the disk said.
    pub fn weight(&mut self, query: &WeightQuery) -> Result<Weight, StoreError> {
        let (targets, n_matching) = match &query.subject {
            Subject::Messages(targets) => (targets.clone(), targets.len() as u64),
            Subject::List(list) => self.selection(list)?,
        };
        self.refresh()?;
        let mut weight = Weight {
            n_matching,
            ..Weight::default()
        };
        for target in targets {
            let found = weigh(&self.cache, target.message);
            if let Some((bytes, is_kept, is_here)) = self.checked(found)? {
                weight.messages.push(target.message);
                weight.n_kept += u64::from(is_kept);
                weight.bytes = weight.bytes.saturating_add(bytes);
                let missing = if is_here { 0 } else { bytes };
                weight.bytes_missing = weight.bytes_missing.saturating_add(missing);
            }
        }
        Ok(weight)
    }

    /// The mailboxes in which something lies that an account is to keep and that has not come.
    ///
    /// # Errors
    /// What the disk said.
    pub fn keeping(&mut self, account: AccountId) -> Result<Vec<MailboxId>, StoreError> {
        self.refresh()?;
        let mailboxes = self
            .cache
            .prepare_cached(&format!(
                "SELECT DISTINCT mailbox FROM ({ADDRESSES}) ORDER BY mailbox"
            ))
            .and_then(|mut statement| {
                let rows = statement.query_map([account.get()], |row| row.get(0))?;
                rows.map(|id| id.map(|id| MailboxId::new(small(id))))
                    .collect()
            })
            .doing("find what has not come");
        self.checked(mailboxes)
    }

    /// Up to `limit` messages of a mailbox that are kept and have not come, newest first, with UID and size in bytes.
    ///
    /// # Errors
    /// What the disk said.
    pub fn keeping_of(
        &mut self,
        account: AccountId,
        mailbox: MailboxId,
        limit: usize,
    ) -> Result<Vec<(MessageId, Uid, u64)>, StoreError> {
        self.refresh()?;
        let wanted = params![account.get(), mailbox.get(), signed(limit as u64)];
        let found = self
            .cache
            .prepare_cached(&format!(
                "SELECT message, uid, size_bytes FROM ({ADDRESSES}) a JOIN message m ON m.id = a.message
                 WHERE mailbox = ?2 ORDER BY m.internal_date DESC, message DESC LIMIT ?3"
            ))
            .and_then(|mut statement| {
                let rows = statement.query_map(wanted, |row| {
                    let message = MessageId::new(unsigned(row.get(0)?));
                    let uid = Uid::new(small(row.get(1)?));
                    Ok((message, uid, unsigned(row.get(2)?)))
                })?;
                rows.collect::<rusqlite::Result<Vec<_>>>()
            })
            .doing("find what has not come");
        let found = self.checked(found)?.into_iter();
        Ok(found
            .filter_map(|(message, uid, size_bytes)| Some((message?, uid?, size_bytes)))
            .collect())
    }

    /// How many messages an account is to keep that have not come, and their bytes.
    ///
    /// # Errors
    /// What the disk said.
    pub fn kept_missing(&mut self, account: AccountId) -> Result<(u64, u64), StoreError> {
        self.refresh()?;
        let counted = self
            .cache
            .prepare_cached(
                "SELECT count(*), coalesce(sum(m.size_bytes), 0) FROM kept k JOIN message m ON m.id = k.message
                 WHERE k.account = ?1 AND k.is_here = 0",
            )
            .and_then(|mut statement| {
                statement.query_row([account.get()], |row| {
                    Ok((unsigned(row.get(0)?), unsigned(row.get(1)?)))
                })
            })
            .doing("count what has not come");
        self.checked(counted)
    }

    /// Whether a message is kept and has not come.
    ///
    /// # Errors
    /// What the disk said.
    pub fn is_kept_missing(&mut self, message: MessageId) -> Result<bool, StoreError> {
        self.refresh()?;
        let found = self
            .cache
            .prepare_cached("SELECT 1 FROM kept WHERE message = ?1 AND is_here = 0")
            .and_then(|mut statement| statement.exists([signed(message.get())]))
            .doing("look for what has not come");
        self.checked(found)
    }
}

/// Where what has not come can be fetched: also what an open operation takes elsewhere, as long as it is there.
const ADDRESSES: &str = "SELECT k.message, p.mailbox, p.uid FROM kept k JOIN placement p ON p.message = k.message
     WHERE k.account = ?1 AND k.is_here = 0 AND p.uid > 0
     UNION ALL SELECT k.message, l.mailbox, l.uid FROM kept k JOIN leaving l ON l.message = k.message
     WHERE k.account = ?1 AND k.is_here = 0 AND l.uid > 0 AND l.is_gone = 0";

/// Size, whether it is kept, whether its body is here whole; `None` for an unknown message.
fn weigh(cache: &Connection, message: MessageId) -> Result<Option<(u64, bool, bool)>, StoreError> {
    cache
        .prepare_cached(
            "SELECT size_bytes, EXISTS (SELECT 1 FROM kept WHERE kept.message = id),
             EXISTS (SELECT 1 FROM body WHERE body.message = id AND in_parts = 0) FROM message WHERE id = ?1",
        )
        .and_then(|mut statement| {
            statement
                .query_row([signed(message.get())], |row| {
                    Ok((unsigned(row.get(0)?), row.get(1)?, row.get(2)?))
                })
                .optional()
        })
        .doing("weigh a message")
}
