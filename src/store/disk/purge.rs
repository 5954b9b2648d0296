//! Removes everything of an account from the cache and overwrites it on the disk: `offline = "none"`, and accounts that
//! went out of use.

use rusqlite::{Connection, params};

use crate::channel::error::StoreError;
use crate::mail::account::AccountId;
use crate::mail::mailbox::MailboxId;
use crate::mail::message_id::MessageId;
use crate::store::bodies::partial;
use crate::store::disk::sql::{Doing, transaction};
use crate::store::worker::Worker;
use crate::store::worker::request::BulkRequest;
use crate::store::{bodies, folders};

/// Rows removed in one transaction.
const STEP: i64 = 1_000;

impl Worker {
    /// Serves a request after which less is here.
    pub(in crate::store) fn serve_purge(&mut self, request: BulkRequest) {
        match request {
            BulkRequest::Purge(account, reply) => {
                let result = self.purge(account);
                let _ = reply.send(self.noted(result));
            }
            BulkRequest::Forget(mailboxes, reply) => {
                let result = self.forget(&mailboxes);
                let _ = reply.send(self.noted(result));
            }
            _ => {}
        }
    }

    pub(in crate::store) fn purge(&mut self, account: AccountId) -> Result<(), StoreError> {
        partial::purge(&self.files.partial, account)?;
        if !self.is_something_there(account)? {
            return Ok(());
        }
        // Before anything goes: a purge that is cut short is begun again.
        self.mark_purging(
            account,
            "INSERT INTO purging (account) VALUES (?1) ON CONFLICT DO UPDATE SET is_done = 0",
        )?;
        self.secure_delete(true)?;
        let result = self.purge_rows(account);
        self.secure_delete(false)?;
        result?;
        self.changes.folders = true;
        self.publish();
        // Pages that were freed before, without being overwritten, go with the old file; the log still holds copies until
        // it is carried over and cut.
        self.cache
            .execute_batch("VACUUM")
            .doing("rewrite the cache")?;
        self.cache
            .query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))
            .doing("carry the log over")?;
        self.mark_purging(account, "UPDATE purging SET is_done = 1 WHERE account = ?1")
    }

    /// Removes the messages of mailboxes of the online model, overwriting them; names and counts stay. A mailbox in which
    /// the user keeps something stays as it is.
    pub(super) fn forget(&mut self, mailboxes: &[MailboxId]) -> Result<(), StoreError> {
        let mut is_changed = false;
        for mailbox in mailboxes {
            if self.is_to_forget(*mailbox)? {
                self.secure_delete(true)?;
                let emptied = self.empty_mailbox(*mailbox, forget);
                self.secure_delete(false)?;
                emptied?;
                is_changed = true;
            }
        }
        if !is_changed {
            return Ok(());
        }
        self.changes.folders = true;
        self.publish();
        self.purge_index()?;
        self.cache
            .query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))
            .doing("carry the log over")
    }

    /// Whether a mailbox was read, and nothing in it is kept.
    fn is_to_forget(&self, mailbox: MailboxId) -> Result<bool, StoreError> {
        self.cache
            .prepare_cached(
                "SELECT uid_validity > 0 AND NOT EXISTS (SELECT 1 FROM kept k JOIN placement p ON p.message = k.message
                 WHERE p.mailbox = ?1) FROM mailbox WHERE id = ?1",
            )
            .and_then(|mut statement| {
                let mut rows = statement.query([mailbox.get()])?;
                rows.next()?.map_or(Ok(false), |row| row.get(0))
            })
            .doing("look at a mailbox")
    }

    /// Whether the cache holds anything of the account: rewriting it for nothing would keep the first frame waiting.
    fn is_something_there(&self, account: AccountId) -> Result<bool, StoreError> {
        // Looked up, never scanned. Whatever else there is hangs on one of these.
        self.cache
            .prepare_cached(
                "SELECT EXISTS (SELECT 1 FROM purging WHERE account = ?1 AND is_done = 0)
                 OR EXISTS (SELECT 1 FROM mailbox WHERE account = ?1)
                 OR EXISTS (SELECT 1 FROM header_pack WHERE account = ?1)
                 OR EXISTS (SELECT 1 FROM body WHERE account = ?1)
                 OR EXISTS (SELECT 1 FROM capability WHERE account = ?1)
                 OR EXISTS (SELECT 1 FROM quota WHERE account = ?1)",
            )
            .and_then(|mut statement| statement.query_row([account.get()], |row| row.get(0)))
            .doing("look for rests of an account")
    }

    fn mark_purging(&self, account: AccountId, sql: &str) -> Result<(), StoreError> {
        self.cache
            .prepare_cached(sql)
            .and_then(|mut statement| statement.execute([account.get()]))
            .map(|_| ())
            .doing("mark a purge")
    }

    fn secure_delete(&self, on: bool) -> Result<(), StoreError> {
        self.cache
            .query_row(
                if on {
                    "PRAGMA secure_delete = ON"
                } else {
                    "PRAGMA secure_delete = OFF"
                },
                [],
                |_| Ok(()),
            )
            .doing("set secure deletion")
    }

    fn purge_rows(&mut self, account: AccountId) -> Result<(), StoreError> {
        for mailbox in folders::ids(&self.cache, account)? {
            self.remove_mailbox(mailbox)?;
        }
        // What is in no mailbox: rests of an interrupted change.
        let mut files = Vec::new();
        let bodies_left: Vec<i64> = self
            .cache
            .prepare_cached("SELECT message FROM body WHERE account = ?1")
            .and_then(|mut statement| {
                statement
                    .query_map([account.get()], |row| row.get(0))?
                    .collect()
            })
            .doing("find bodies")?;
        transaction(&self.cache, |cache| {
            for message in bodies_left {
                if let Ok(number) = u64::try_from(message)
                    && let Some(message) = MessageId::new(number)
                {
                    bodies::remove(cache, message, &mut files)?;
                }
            }
            Ok(())
        })?;
        self.changes.files.append(&mut files);
        for sql in [
            "DELETE FROM search WHERE rowid IN (SELECT id FROM message WHERE account = ?1) AND ?2 > 0",
            "DELETE FROM message WHERE id IN (SELECT id FROM message WHERE account = ?1 LIMIT ?2)",
            "DELETE FROM unindexed WHERE first IN (SELECT first FROM header_pack WHERE account = ?1) AND ?2 > 0",
            "DELETE FROM header_pack WHERE first IN
             (SELECT first FROM header_pack WHERE account = ?1 LIMIT ?2)",
            "DELETE FROM reference WHERE hash IN (SELECT hash FROM reference WHERE account = ?1 LIMIT ?2)",
            "DELETE FROM address WHERE (account, addr, name) IN
             (SELECT account, addr, name FROM address WHERE account = ?1 LIMIT ?2)",
            "DELETE FROM evicted WHERE account = ?1 AND ?2 > 0",
            "DELETE FROM kept WHERE account = ?1 AND ?2 > 0",
            "DELETE FROM capability WHERE account = ?1 AND ?2 > 0",
            "DELETE FROM quota WHERE account = ?1 AND ?2 > 0",
        ] {
            loop {
                let n_rows = transaction(&self.cache, |cache| {
                    cache
                        .prepare_cached(sql)
                        .and_then(|mut statement| statement.execute(params![account.get(), STEP]))
                        .doing("purge an account")
                })?;
                self.serve_user();
                if i64::try_from(n_rows).unwrap_or(0) < STEP || sql.contains("?2 > 0") {
                    break;
                }
            }
        }
        self.purge_index()
    }

    /// The index keeps the words of removed messages until its parts are merged.
    fn purge_index(&self) -> Result<(), StoreError> {
        let is_empty = !self
            .cache
            .prepare_cached("SELECT 1 FROM message LIMIT 1")
            .and_then(|mut statement| statement.exists([]))
            .doing("look for messages")?;
        let command = if is_empty { "delete-all" } else { "optimize" };
        transaction(&self.cache, |cache| {
            cache
                .prepare_cached("INSERT INTO search (search) VALUES (?1)")
                .and_then(|mut statement| statement.execute([command]))
                .map(|_| ())
                .doing("purge the index")
        })
    }
}

/// Forgets how far a mailbox is known; its name and what STATUS said stay.
fn forget(cache: &Connection, mailbox: MailboxId) -> Result<(), StoreError> {
    for sql in [
        "DELETE FROM gap WHERE mailbox = ?1",
        "DELETE FROM caught_up WHERE mailbox = ?1",
        "DELETE FROM unbound WHERE mailbox = ?1",
        "DELETE FROM member WHERE mailbox = ?1",
        "UPDATE mailbox SET uid_validity = 0, uid_next = 0, mod_seq = 0, present = -1, synced_at = 0, n_whole = 0
         WHERE id = ?1",
    ] {
        cache
            .prepare_cached(sql)
            .and_then(|mut statement| statement.execute([mailbox.get()]))
            .doing("forget a mailbox")?;
    }
    Ok(())
}
