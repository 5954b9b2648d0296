//! Keeps the bodies of an account within their limit. First go those that were fetched ahead and never read, the oldest
//! mail first, then the least recently read; never one that an open operation is about or a draft is made of, nor one that
//! just came, nor one that the user keeps: where those alone are too much, that is said.

use rusqlite::{Connection, params};

use crate::channel::error::StoreError;
use crate::mail::account::AccountId;
use crate::mail::message_id::MessageId;
use crate::store::bodies;
use crate::store::disk::sql::{Doing, signed, unsigned};
use crate::store::journal::pending::Pending;
use crate::store::outgoing::draft_sources;

/// Fetching ahead fills so many tenths of the room; the rest is for what the user reads.
const AHEAD_TENTHS: u64 = 9;

/// How many bytes the bodies of an account take on this disk.
pub(in crate::store) fn held(cache: &Connection, account: AccountId) -> Result<u64, StoreError> {
    cache
        .prepare_cached("SELECT coalesce(sum(stored_bytes), 0) FROM body WHERE account = ?1")
        .and_then(|mut statement| statement.query_row([account.get()], |row| row.get::<_, i64>(0)))
        .map(unsigned)
        .doing("measure the bodies")
}

/// How many of those bytes the user keeps.
fn kept(cache: &Connection, account: AccountId) -> Result<u64, StoreError> {
    cache
        .prepare_cached(
            "SELECT coalesce(sum(stored_bytes), 0) FROM body WHERE account = ?1 AND is_kept = 1",
        )
        .and_then(|mut statement| statement.query_row([account.get()], |row| row.get::<_, i64>(0)))
        .map(unsigned)
        .doing("measure what is kept")
}

/// The bytes that may still be fetched ahead.
pub(in crate::store) const fn room_ahead(held: u64, limit: u64) -> u64 {
    (limit / 10 * AHEAD_TENTHS).saturating_sub(held)
}

/// What one step of an eviction must know.
pub(in crate::store) struct Step<'a> {
    pub account: AccountId,
    /// Bytes that the account may hold.
    pub limit: u64,
    /// Bodies that go at most.
    pub n: usize,
    pub pending: &'a Pending,
    /// Knows the drafts.
    pub state: &'a Connection,
    /// Bodies that just came: whoever asked for them has not read them yet.
    pub fresh: &'a [MessageId],
}

/// What one step came to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(in crate::store) struct Swept {
    /// Bodies that went.
    pub n_gone: usize,
    /// What the user keeps takes so many bytes, which is more than the account may hold; `None` where it is not.
    pub kept_beyond: Option<u64>,
}

impl Step<'_> {
    /// Removes bodies while the account holds too much. Files to delete after the commit are added to `files`.
    pub(in crate::store) fn run(
        &self,
        cache: &Connection,
        files: &mut Vec<String>,
    ) -> Result<Swept, StoreError> {
        let mut held = held(cache, self.account)?;
        if held <= self.limit / 2 {
            forget(cache, self.account)?;
        }
        if held <= self.limit {
            return Ok(Swept::default());
        }
        let kept = kept(cache, self.account)?;
        let kept_beyond = Some(kept).filter(|bytes| *bytes > self.limit);
        let mut n_gone = 0;
        for (message, bytes) in self.candidates(cache)? {
            if held <= self.limit || n_gone == self.n {
                break;
            }
            let Some(message) = MessageId::new(message) else {
                continue;
            };
            let is_needed = self.fresh.contains(&message)
                || self.pending.needs(message)
                || draft_sources::is_attached(self.state, message)?;
            if is_needed && bytes <= self.limit {
                continue;
            }
            // One that alone is too much must not drive out all others while it is needed.
            held = held.saturating_sub(bytes);
            if !is_needed {
                bodies::remove(cache, message, files)?;
                remember(cache, message, self.account)?;
                n_gone += 1;
            }
        }
        Ok(Swept {
            n_gone,
            kept_beyond,
        })
    }

    /// The bodies in the order in which they go, with their sizes; first those that can never fit.
    fn candidates(&self, cache: &Connection) -> Result<Vec<(u64, u64)>, StoreError> {
        let read = |sql: &str| {
            // Some of the oldest may be needed; a few more are looked at, so that they do not stop the rest.
            let n = signed(self.n as u64 * 4);
            cache
                .prepare_cached(sql)
                .and_then(|mut statement| {
                    statement
                        .query_map(params![self.account.get(), signed(self.limit), n], |row| {
                            Ok((unsigned(row.get(0)?), unsigned(row.get(1)?)))
                        })?
                        .collect::<rusqlite::Result<Vec<_>>>()
                })
                .doing("find old bodies")
        };
        let mut all = read(
            "SELECT message, stored_bytes FROM body WHERE account = ?1 AND is_kept = 0 AND stored_bytes > ?2 LIMIT ?3",
        )?;
        all.extend(read(
            "SELECT message, stored_bytes FROM body WHERE account = ?1 AND is_kept = 0 AND stored_bytes <= ?2
             ORDER BY last_used, internal_date, stored_bytes DESC LIMIT ?3",
        )?);
        Ok(all)
    }
}

/// Remembers that a body went for lack of room.
fn remember(cache: &Connection, message: MessageId, account: AccountId) -> Result<(), StoreError> {
    cache
        .prepare_cached("INSERT OR IGNORE INTO evicted (message, account) VALUES (?1, ?2)")
        .and_then(|mut statement| statement.execute(params![signed(message.get()), account.get()]))
        .map(|_| ())
        .doing("remember an evicted body")
}

/// Forgets what went: there is much room again, so it may be fetched ahead once more.
fn forget(cache: &Connection, account: AccountId) -> Result<(), StoreError> {
    cache
        .prepare_cached("DELETE FROM evicted WHERE account = ?1")
        .and_then(|mut statement| statement.execute([account.get()]))
        .map(|_| ())
        .doing("forget evicted bodies")
}

/// Whether a row names this file.
pub(in crate::store) fn is_named(cache: &Connection, name: &[u8]) -> Result<bool, StoreError> {
    // The name begins with the message's number, so this is a look-up and not a scan.
    let message = name
        .split(|byte| *byte == b'-')
        .next()
        .and_then(|digits| std::str::from_utf8(digits).ok())
        .and_then(|digits| digits.parse::<i64>().ok())
        .unwrap_or(0);
    cache
        .prepare_cached(
            "SELECT 1 FROM body WHERE message = ?1 AND codec = 2 AND data = ?2
             UNION ALL SELECT 1 FROM part WHERE message = ?1 AND codec = 2 AND data = ?2",
        )
        .and_then(|mut statement| statement.exists(params![message, name]))
        .doing("look for the row of a file")
}
