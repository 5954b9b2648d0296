//! The server's truth that open operations hide: messages that are leaving their mailboxes.

use rusqlite::{Connection, OptionalExtension, Row, params};

use crate::channel::error::StoreError;
use crate::channel::operation::Target;
use crate::mail::mailbox::MailboxId;
use crate::mail::message_id::MessageId;
use crate::mail::uid::Uid;
use crate::store::disk::sql::{Doing, signed};
use crate::store::messages::placements::{COLUMNS, Counts, Placement};

fn read(row: &Row<'_>) -> rusqlite::Result<Option<Placement>> {
    let is_gone = row.get(11)?;
    Ok(Placement::read(row)?.map(|placement| Placement {
        is_gone,
        ..placement
    }))
}

/// Every mailbox that a message is leaving.
pub(in crate::store) fn of(
    cache: &Connection,
    message: MessageId,
) -> Result<Vec<Placement>, StoreError> {
    let mut statement = cache
        .prepare_cached(&format!(
            "SELECT {COLUMNS}, is_gone FROM leaving WHERE message = ?1"
        ))
        .doing("find what is leaving")?;
    let found = statement
        .query_map([signed(message.get())], read)
        .and_then(Iterator::collect::<rusqlite::Result<Vec<_>>>)
        .doing("find what is leaving")?;
    Ok(found.into_iter().flatten().collect())
}

/// Whether any message is leaving this mailbox.
pub(super) fn is_any(cache: &Connection, mailbox: MailboxId) -> Result<bool, StoreError> {
    cache
        .prepare_cached("SELECT 1 FROM leaving WHERE mailbox = ?1 AND uid > 0 LIMIT 1")
        .and_then(|mut statement| statement.exists([mailbox.get()]))
        .doing("look for what is leaving")
}

/// What is leaving a mailbox under this UID.
pub(super) fn at(
    cache: &Connection,
    mailbox: MailboxId,
    uid: Uid,
) -> Result<Option<Placement>, StoreError> {
    cache
        .prepare_cached(&format!(
            "SELECT {COLUMNS}, is_gone FROM leaving WHERE mailbox = ?1 AND uid = ?2 AND uid > 0"
        ))
        .and_then(|mut statement| {
            statement
                .query_row(params![mailbox.get(), uid.get()], read)
                .optional()
        })
        .map(Option::flatten)
        .doing("find what is leaving by its UID")
}

/// Every message that is leaving some mailbox.
pub(in crate::store) fn messages(cache: &Connection) -> Result<Vec<i64>, StoreError> {
    let mut statement = cache
        .prepare_cached("SELECT message FROM leaving")
        .doing("find what is leaving")?;
    statement
        .query_map([], |row| row.get(0))
        .and_then(Iterator::collect)
        .doing("find what is leaving")
}

/// Writes a row in place of what stands there.
pub(in crate::store) fn put(cache: &Connection, row: &Placement) -> Result<(), StoreError> {
    cache
        .prepare_cached(
            "INSERT OR REPLACE INTO leaving (message, mailbox, uid_validity, uid, internal_date, server_flags, flags,
             server_keywords, keywords, mod_seq, operation, is_gone)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)",
        )
        .and_then(|mut statement| {
            row.bind(&mut statement)?;
            statement.raw_bind_parameter(12, row.is_gone)?;
            statement.raw_execute()
        })
        .map(|_| ())
        .doing("let a message leave")
}

/// Removes a row.
pub(in crate::store) fn take(cache: &Connection, target: Target) -> Result<(), StoreError> {
    cache
        .prepare_cached("DELETE FROM leaving WHERE message = ?1 AND mailbox = ?2")
        .and_then(|mut statement| {
            statement.execute(params![signed(target.message.get()), target.mailbox.get()])
        })
        .map(|_| ())
        .doing("end a leaving")
}

/// Notes that the server has expunged what was leaving under these UIDs: it comes back no more.
pub(super) fn expunged(
    cache: &Connection,
    mailbox: MailboxId,
    lo: u32,
    hi: u32,
    counts: &mut Counts,
) -> Result<(), StoreError> {
    let mut statement = cache
        .prepare_cached(&format!(
            "SELECT {COLUMNS}, is_gone FROM leaving
             WHERE mailbox = ?1 AND uid >= ?2 AND uid <= ?3 AND uid > 0 AND is_gone = 0"
        ))
        .doing("find what is leaving")?;
    let rows = statement
        .query_map(params![mailbox.get(), lo, hi], read)
        .and_then(Iterator::collect::<rusqlite::Result<Vec<_>>>)
        .doing("find what is leaving")?;
    for row in rows.into_iter().flatten() {
        counts.told(&row, -1);
        put(
            cache,
            &Placement {
                is_gone: true,
                ..row
            },
        )?;
    }
    Ok(())
}

/// Takes up to `limit` rows out of a mailbox.
pub(in crate::store) fn empty(
    cache: &Connection,
    mailbox: MailboxId,
    limit: usize,
) -> Result<Vec<Placement>, StoreError> {
    let mut statement = cache
        .prepare_cached(&format!(
            "SELECT {COLUMNS}, is_gone FROM leaving WHERE mailbox = ?1 LIMIT ?2"
        ))
        .doing("find what is leaving")?;
    let rows: Vec<Placement> = statement
        .query_map(params![mailbox.get(), signed(limit as u64)], read)
        .and_then(Iterator::collect::<rusqlite::Result<Vec<_>>>)
        .doing("find what is leaving")?
        .into_iter()
        .flatten()
        .collect();
    for row in &rows {
        take(cache, row.target)?;
    }
    Ok(rows)
}
