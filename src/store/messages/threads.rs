//! Threads: every Message-ID that a message has or refers to belongs to one thread, and a message that refers to
//! several joins them. The order of arrival does not matter; loops and equal Message-IDs are harmless.
//!
//! Union by rank over `thread_link`: joining writes one row, whatever the size of the threads, and the way to a root
//! is at most about as long as the binary logarithm of the number of joins.

use rusqlite::{CachedStatement, Connection, OptionalExtension, params};

use crate::channel::error::StoreError;
use crate::mail::account::AccountId;
use crate::mail::envelope::Envelope;
use crate::mail::message_id::MessageId;
use crate::store::disk::sql::{Doing, hash, signed, unsigned};

/// References beyond this many are ignored.
const MAX_REFERENCES: usize = 10_000;

/// Longer than any path can be; ends the walk in a damaged file.
const MAX_DEPTH: usize = 64;

/// The statements that every message runs, kept at hand while many are placed.
pub(super) struct Threads<'c> {
    cache: &'c Connection,
    known: CachedStatement<'c>,
    remember: CachedStatement<'c>,
    link: CachedStatement<'c>,
}

impl<'c> Threads<'c> {
    pub(super) fn new(cache: &'c Connection) -> Result<Self, StoreError> {
        let known = cache
            .prepare_cached("SELECT thread FROM reference WHERE hash = ?1")
            .doing("look up references")?;
        let remember = cache
            .prepare_cached(
                "INSERT INTO reference (hash, thread, account) VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING",
            )
            .doing("remember references")?;
        Ok(Self {
            cache,
            known,
            remember,
            link: link(cache)?,
        })
    }

    /// Finds the thread of a new message and remembers its Message-IDs. The number is that of some message in the
    /// thread. `by_server` names the thread that the server puts it in, empty for none: what the server holds together
    /// is not taken apart.
    pub(super) fn place(
        &mut self,
        account: AccountId,
        message: MessageId,
        envelope: &Envelope,
        by_server: &str,
    ) -> Result<u64, StoreError> {
        let own = message.get();
        let ids: Vec<i64> = std::iter::once(&envelope.message_id)
            .chain(&envelope.references)
            .map(String::as_str)
            .filter(|id| !id.is_empty())
            .take(MAX_REFERENCES)
            .chain(Some(by_server).filter(|thread| !thread.is_empty()))
            .map(|id| hash(&[&account.get().to_le_bytes(), id.as_bytes()]))
            .collect();
        // The most common case, a message that starts a thread: one statement.
        if let [only] = ids.as_slice()
            && self.remember(account, *only, own)?
        {
            return Ok(own);
        }
        let mut thread = None;
        let mut unknown = Vec::new();
        for id in ids {
            match self.known(id)? {
                None => unknown.push(id),
                Some(other) => {
                    thread = Some(match thread {
                        None => follow(&mut self.link, other)?.0,
                        Some(thread) if thread == other => thread,
                        Some(thread) => self.join(thread, other)?,
                    });
                }
            }
        }
        let thread = thread.unwrap_or(own);
        for id in unknown {
            self.remember(account, id, thread)?;
        }
        Ok(thread)
    }

    fn known(&mut self, id: i64) -> Result<Option<u64>, StoreError> {
        self.known
            .query_row([id], |row| row.get::<_, i64>(0))
            .optional()
            .map(|thread| thread.map(unsigned))
            .doing("look up a reference")
    }

    /// Notes the thread of a Message-ID; false when it had one.
    fn remember(&mut self, account: AccountId, id: i64, thread: u64) -> Result<bool, StoreError> {
        self.remember
            .execute(params![id, signed(thread), account.get()])
            .map(|n_rows| n_rows > 0)
            .doing("remember a reference")
    }

    /// Makes two threads one and returns its number.
    fn join(&mut self, one: u64, other: u64) -> Result<u64, StoreError> {
        let ((one, one_rank), (other, other_rank)) =
            (follow(&mut self.link, one)?, follow(&mut self.link, other)?);
        if one == other {
            return Ok(one);
        }
        let (top, below) = if other_rank > one_rank {
            (other, one)
        } else {
            (one, other)
        };
        let rank = one_rank
            .max(other_rank)
            .saturating_add(i64::from(one_rank == other_rank));
        let mut statement = self
            .cache
            .prepare_cached(
                "INSERT OR REPLACE INTO thread_link (thread, parent, rank) VALUES (?1, ?2, ?3)",
            )
            .doing("join threads")?;
        for (thread, parent, rank) in [(below, top, 0), (top, top, rank)] {
            statement
                .execute(params![signed(thread), signed(parent), rank])
                .doing("join threads")?;
        }
        Ok(top)
    }
}

/// Where a thread number leads now, and the rank of that root.
pub(in crate::store) fn root(cache: &Connection, thread: u64) -> Result<(u64, i64), StoreError> {
    follow(&mut link(cache)?, thread)
}

fn link(cache: &Connection) -> Result<CachedStatement<'_>, StoreError> {
    cache
        .prepare_cached("SELECT parent, rank FROM thread_link WHERE thread = ?1")
        .doing("follow a thread")
}

fn follow(statement: &mut CachedStatement<'_>, thread: u64) -> Result<(u64, i64), StoreError> {
    let (mut at, mut rank) = (thread, 0);
    for _ in 0..MAX_DEPTH {
        let link = statement
            .query_row([signed(at)], |row| {
                Ok((row.get::<_, i64>(0)?, row.get::<_, i64>(1)?))
            })
            .optional()
            .doing("follow a thread")?;
        let Some((parent, its_rank)) = link else {
            return Ok((at, 0));
        };
        rank = its_rank;
        if unsigned(parent) == at {
            break;
        }
        at = unsigned(parent);
    }
    Ok((at, rank))
}
