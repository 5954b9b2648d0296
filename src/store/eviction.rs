//! Keeps the bodies of an account within their limit: the least recently read go first, never one that an open
//! operation is about.

use rusqlite::{Connection, params};

use crate::channel::error::StoreError;
use crate::mail::account::AccountId;
use crate::mail::message_id::MessageId;
use crate::store::bodies;
use crate::store::pending::Pending;
use crate::store::sql::{Doing, signed, unsigned};

/// Removes up to `step` bodies while the account holds more than `limit` bytes; returns how many went. Files to delete
/// after the commit are added to `files`.
pub(super) fn step(
    cache: &Connection,
    pending: &Pending,
    account: AccountId,
    limit: u64,
    step: usize,
    files: &mut Vec<String>,
) -> Result<usize, StoreError> {
    let mut held: u64 = cache
        .prepare_cached("SELECT coalesce(sum(stored_bytes), 0) FROM body WHERE account = ?1")
        .and_then(|mut statement| statement.query_row([account.get()], |row| row.get::<_, i64>(0)))
        .map(unsigned)
        .doing("measure the bodies")?;
    if held <= limit {
        return Ok(0);
    }
    let mut statement = cache
        .prepare_cached(
            "SELECT message, stored_bytes FROM body WHERE account = ?1 ORDER BY last_used, stored_bytes DESC LIMIT ?2",
        )
        .doing("find old bodies")?;
    // Some of the oldest may be needed; a few more are looked at, so that they do not stop the rest.
    let oldest: Vec<(u64, u64)> = statement
        .query_map(params![account.get(), signed(step as u64 * 4)], |row| {
            Ok((unsigned(row.get(0)?), unsigned(row.get(1)?)))
        })
        .and_then(Iterator::collect)
        .doing("find old bodies")?;
    let mut n_gone = 0;
    for (message, bytes) in oldest {
        if held <= limit || n_gone == step {
            break;
        }
        let Some(message) = MessageId::new(message) else {
            continue;
        };
        if pending.needs(message) {
            continue;
        }
        bodies::remove(cache, message, files)?;
        held = held.saturating_sub(bytes);
        n_gone += 1;
    }
    Ok(n_gone)
}

/// Whether a row names this file.
pub(super) fn is_named(cache: &Connection, name: &[u8]) -> Result<bool, StoreError> {
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
