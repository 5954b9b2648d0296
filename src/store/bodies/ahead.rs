//! Which messages are worth fetching ahead: those whose bodies are not here and fit.

use rusqlite::{Connection, params};

use crate::channel::error::StoreError;
use crate::mail::mailbox::MailboxId;
use crate::mail::message_id::MessageId;
use crate::mail::uid::Uid;
use crate::store::disk::sql::{Doing, signed, small, unsigned};

/// Up to `limit` messages, newest first, that together take no more than `room` bytes. Without `since` everything is
/// wanted whole: a body of which only some parts are here is wanted again.
pub(in crate::store) fn messages(
    cache: &Connection,
    mailbox: MailboxId,
    since: Option<i64>,
    limit: usize,
    room: u64,
) -> Result<Vec<(MessageId, Uid, u64)>, StoreError> {
    if room == 0 {
        return Ok(Vec::new());
    }
    let mut statement = cache
        .prepare_cached(
            "SELECT p.message, p.uid, m.size_bytes FROM placement p JOIN message m ON m.id = p.message
             WHERE p.mailbox = ?1 AND p.internal_date >= ?2 AND p.uid > 0 AND m.size_bytes <= ?4
             AND NOT EXISTS (SELECT 1 FROM body b WHERE b.message = p.message AND (b.in_parts = 0 OR ?5))
             AND NOT EXISTS (SELECT 1 FROM evicted e WHERE e.message = p.message)
             ORDER BY p.internal_date DESC, p.uid DESC, p.message DESC LIMIT ?3",
        )
        .doing("find messages without a body")?;
    let wanted = params![
        mailbox.get(),
        since.unwrap_or(i64::MIN),
        signed(limit as u64),
        signed(room),
        since.is_some()
    ];
    let rows = statement
        .query_map(wanted, |row| {
            let size = unsigned(row.get(2)?);
            let (message, uid) = (unsigned(row.get(0)?), small(row.get(1)?));
            Ok((MessageId::new(message), Uid::new(uid), size))
        })
        .and_then(Iterator::collect::<rusqlite::Result<Vec<_>>>)
        .doing("find messages without a body")?;
    let mut left = room;
    let mut fitting = Vec::with_capacity(rows.len());
    for (message, uid, size) in rows {
        if let (Some(message), Some(uid), Some(rest)) = (message, uid, left.checked_sub(size)) {
            left = rest;
            fitting.push((message, uid, size));
        }
    }
    Ok(fitting)
}
