//! How much of a mailbox is here whole: counted with every change of a row or a body, so that nobody ever walks a list for
//! it. What counts is a bit of the mailbox's members together with a body that came whole, in whatever order they change.

use rusqlite::{Connection, params};

use crate::channel::error::StoreError;
use crate::mail::mailbox::MailboxId;
use crate::mail::message_id::MessageId;
use crate::store::disk::sql::{Doing, signed};
use crate::store::messages::members;
use crate::store::messages::placements;

/// Does something that may bring the body of a message, or take it away, and counts what it did.
pub(in crate::store) fn watch<T>(
    cache: &Connection,
    message: MessageId,
    work: impl FnOnce() -> Result<T, StoreError>,
) -> Result<T, StoreError> {
    let before = is_here(cache, message)?;
    let value = work()?;
    let after = is_here(cache, message)?;
    if before != after {
        let sign = if after { 1 } else { -1 };
        for placement in placements::of(cache, message)? {
            let mailbox = placement.target.mailbox;
            if members::has(cache, mailbox, message)? {
                add(cache, mailbox, sign)?;
            }
        }
        cache
            .prepare_cached("UPDATE kept SET is_here = ?2 WHERE message = ?1")
            .and_then(|mut statement| statement.execute(params![signed(message.get()), after]))
            .doing("note that a kept body came or went")?;
    }
    Ok(value)
}

/// Counts messages that are in the list of a mailbox from now on, or no longer.
pub(in crate::store) fn listed(
    cache: &Connection,
    mailbox: MailboxId,
    messages: &[MessageId],
    on: bool,
) -> Result<(), StoreError> {
    // New messages have no body yet, and numbers that follow one another.
    if !is_any_here(cache, messages)? {
        return Ok(());
    }
    let mut n = 0;
    for message in messages {
        n += i64::from(is_here(cache, *message)?);
    }
    if n == 0 {
        return Ok(());
    }
    add(cache, mailbox, if on { n } else { -n })
}

/// Whether there may be a body of one of the messages: looked for once, from the lowest number to the highest.
fn is_any_here(cache: &Connection, messages: &[MessageId]) -> Result<bool, StoreError> {
    let ids = || messages.iter().map(|message| signed(message.get()));
    let (Some(low), Some(high)) = (ids().min(), ids().max()) else {
        return Ok(false);
    };
    cache
        .prepare_cached("SELECT 1 FROM body WHERE message BETWEEN ?1 AND ?2")
        .and_then(|mut statement| statement.exists([low, high]))
        .doing("look for bodies")
}

/// Whether the body of a message is here whole.
fn is_here(cache: &Connection, message: MessageId) -> Result<bool, StoreError> {
    cache
        .prepare_cached("SELECT 1 FROM body WHERE message = ?1 AND in_parts = 0")
        .and_then(|mut statement| statement.exists([signed(message.get())]))
        .doing("look for a whole body")
}

fn add(cache: &Connection, mailbox: MailboxId, n: i64) -> Result<(), StoreError> {
    cache
        .prepare_cached("UPDATE mailbox SET n_whole = max(0, n_whole + ?2) WHERE id = ?1")
        .and_then(|mut statement| statement.execute(params![mailbox.get(), n]))
        .map(|_| ())
        .doing("count whole bodies")
}
