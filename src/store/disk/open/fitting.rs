//! Whether a cache fits its `state.db`: neither from another one, nor from later, nor emptied by what happened to its log.

use rusqlite::{Connection, OptionalExtension};

use crate::channel::error::StoreError;
use crate::mail::account::AccountId;
use crate::store::accounts::Registered;
use crate::store::disk::open::damaged;
use crate::store::disk::sql::{Doing, transaction};

/// Whether the cache holds nothing at all, though an account that keeps something has mailboxes, and they were not taken
/// out on purpose: its log was lost.
pub(super) fn lacks_mailboxes(
    cache: &Connection,
    state: &Connection,
    accounts: &[Registered],
) -> Result<bool, StoreError> {
    let is_empty: bool = cache
        .query_row("SELECT NOT EXISTS (SELECT 1 FROM mailbox)", [], |row| {
            row.get(0)
        })
        .doing("look for mailboxes")?;
    for account in accounts.iter().filter(|account| is_empty && account.keeps) {
        let has_some: bool = state
            .query_row(
                "SELECT EXISTS (SELECT 1 FROM mailbox WHERE account = ?1)",
                [account.id.get()],
                |row| row.get(0),
            )
            .doing("look for mailboxes")?;
        if has_some && !was_purged(cache, account.id)? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Whether all of an account was taken out: it was out of use, or nothing of it was to be kept.
fn was_purged(cache: &Connection, account: AccountId) -> Result<bool, StoreError> {
    cache
        .query_row(
            "SELECT EXISTS (SELECT 1 FROM purging WHERE account = ?1)",
            [account.get()],
            |row| row.get(0),
        )
        .doing("look for a purge")
}

/// Ties an empty cache to its `state.db`, or refuses one that was made with another, or with a later state of it: numbers
/// that were given out then would be given out again.
pub(super) fn adopt(db: &Connection, state: &Connection) -> Result<(), StoreError> {
    let identity: i64 = state
        .query_row("SELECT value FROM identity WHERE id = 1", [], |row| {
            row.get(0)
        })
        .doing("read the name of state.db")?;
    let (found, applied, last_message) = transaction(db, |db| {
        db.execute(
            "UPDATE projection SET identity = ?1 WHERE id = 1 AND identity = 0",
            [identity],
        )
        .doing("name the cache")?;
        db.query_row(
            "SELECT identity, applied_op, (SELECT coalesce(max(id), 0) FROM message) FROM projection WHERE id = 1",
            [],
            |row| Ok((row.get::<_, i64>(0)?, row.get::<_, i64>(1)?, row.get::<_, i64>(2)?)),
        )
        .optional()
        .doing("read the name of the cache")
    })?
    .ok_or_else(|| damaged("its name is gone"))?;
    if found != identity {
        return Err(damaged("it was made with another state.db"));
    }
    // After the cache: another process may be at work on both.
    let (last_operation, next_message) = state
        .query_row(
            "SELECT coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'operation'), 0),
             (SELECT next FROM id_block WHERE kind = 'message')",
            [],
            |row| Ok((row.get::<_, i64>(0)?, row.get::<_, i64>(1)?)),
        )
        .doing("read how far state.db got")?;
    if applied > last_operation || last_message >= next_message {
        return Err(damaged(
            "state.db is older than it; the latest changes made here may be lost",
        ));
    }
    Ok(())
}
