//! Messages that are told by their content: what came to a mailbox and is surely one that was to come.

use std::collections::BTreeMap;

use rusqlite::{Connection, OptionalExtension, params};

use crate::channel::error::StoreError;
use crate::channel::operation::{Address, Target};
use crate::mail::mailbox::MailboxId;
use crate::mail::message_id::MessageId;
use crate::mail::uid::Uid;
use crate::store::disk::sql::{Doing, hash, signed, small, unsigned};
use crate::store::folders;
use crate::store::journal::Arrival;
use crate::store::messages::truth::find;

/// The one message without an address in a mailbox that has this content; `None` where there is none, or more than one.
pub(super) fn unbound_like(
    cache: &Connection,
    mailbox: MailboxId,
    message_id: &str,
    size_bytes: u64,
    internal_date: i64,
) -> Result<Option<MessageId>, StoreError> {
    if message_id.is_empty() {
        return Ok(None);
    }
    let mut statement = cache
        .prepare_cached(
            "SELECT u.message FROM unbound u JOIN message m ON m.id = u.message
             WHERE u.mailbox = ?1 AND m.message_id = ?2 AND m.size_bytes = ?3 AND m.internal_date = ?4 LIMIT 2",
        )
        .doing("look for messages without an address")?;
    let found = statement
        .query_map(
            params![mailbox.get(), message_id, signed(size_bytes), internal_date],
            |row| row.get::<_, i64>(0),
        )
        .and_then(Iterator::collect::<rusqlite::Result<Vec<_>>>)
        .doing("look for messages without an address")?;
    Ok(match found.as_slice() {
        [one] => MessageId::new(unsigned(*one)),
        _ => None,
    })
}

/// Those of these messages that are in the list of a mailbox by an operation alone, by content, each with the UID from
/// which on its header may come. A content that several have stands for none.
pub(super) fn awaited(
    cache: &Connection,
    mailbox: MailboxId,
    arriving: impl Iterator<Item = (MessageId, u32)>,
) -> Result<Awaited, StoreError> {
    let mut statement = cache
        .prepare_cached(
            "SELECT m.message_id, m.size_bytes, m.internal_date FROM message m JOIN placement p ON p.message = m.id
             WHERE m.id = ?1 AND p.mailbox = ?2 AND p.uid = 0 AND m.message_id <> ''",
        )
        .doing("look for messages that are awaited")?;
    let mut awaited = Awaited::new();
    for (message, floor) in arriving {
        let key = statement
            .query_row(params![signed(message.get()), mailbox.get()], |row| {
                let text = row.get_ref(0)?.as_str()?;
                Ok(content(text, row.get(1)?, row.get(2)?))
            })
            .optional()
            .doing("look for messages that are awaited")?;
        if let Some(key) = key {
            let entry = awaited.entry(key).or_insert(Some((message, floor)));
            *entry = entry.filter(|(same, _)| *same == message);
        }
    }
    Ok(awaited)
}

/// By content: the message, and the first UID that it may have; `None` where several have this content.
pub(super) type Awaited = BTreeMap<i64, Option<(MessageId, u32)>>;

/// A content as a number.
pub(in crate::store) fn content(message_id: &str, size_bytes: i64, internal_date: i64) -> i64 {
    hash(&[
        message_id.as_bytes(),
        &size_bytes.to_le_bytes(),
        &internal_date.to_le_bytes(),
    ])
}

/// Whether any message of a mailbox has no address.
pub(super) fn is_any_unbound(cache: &Connection, mailbox: MailboxId) -> Result<bool, StoreError> {
    cache
        .prepare_cached("SELECT 1 FROM unbound WHERE mailbox = ?1 LIMIT 1")
        .and_then(|mut statement| statement.exists([mailbox.get()]))
        .doing("look for messages without an address")
}

/// What a mailbox shows of a message that may have come to it with the UID of `floor` or a higher one.
pub(in crate::store) fn arrival(
    cache: &Connection,
    place: Target,
    floor: Option<Address>,
) -> Result<Arrival, StoreError> {
    let validity = match folders::validity(cache, place.mailbox) {
        Err(StoreError::Gone) => None,
        validity => validity?,
    };
    let Some(now) = validity else {
        return Ok(Arrival::Missing); // Never read.
    };
    // Another epoch knows nothing of the old numbers.
    let lowest = floor.filter(|floor| floor.validity == now);
    let lowest = lowest.map_or(1, |floor| floor.uid.get());
    let known = find(cache, place)?.and_then(|row| Uid::new(row.uid));
    let uid = match known.filter(|uid| uid.get() >= lowest) {
        Some(uid) => Some(uid),
        None => came_like(cache, place.mailbox, place.message, lowest)?,
    };
    Ok(match uid {
        Some(uid) => Arrival::At(Address { validity: now, uid }),
        None if is_any_like(cache, place, lowest)? => Arrival::Like,
        None if is_described(cache, place.message)? => Arrival::Missing,
        None => Arrival::Unknown,
    })
}

/// Whether anything is known of a message by which it could be told.
fn is_described(cache: &Connection, message: MessageId) -> Result<bool, StoreError> {
    cache
        .prepare_cached("SELECT 1 FROM message WHERE id = ?1")
        .and_then(|mut statement| statement.exists([signed(message.get())]))
        .doing("look for a message")
}

/// Whether anything came to a mailbox from `floor` on that has the size and the Message-ID of a message, or none like it.
fn is_any_like(cache: &Connection, place: Target, floor: u32) -> Result<bool, StoreError> {
    cache
        .prepare_cached(
            "SELECT 1 FROM placement p JOIN message n ON n.id = p.message JOIN message o ON o.id = ?2
             WHERE p.mailbox = ?1 AND p.uid >= ?3 AND p.uid > 0 AND n.message_id = o.message_id
             AND n.size_bytes = o.size_bytes LIMIT 1",
        )
        .and_then(|mut statement| {
            statement.exists(params![
                place.mailbox.get(),
                signed(place.message.get()),
                floor.max(1)
            ])
        })
        .doing("look for messages like one")
}

/// Whether two messages have the same Message-ID (or none, and the same date) and the same size.
pub(in crate::store) fn is_alike(
    cache: &Connection,
    one: MessageId,
    other: MessageId,
) -> Result<bool, StoreError> {
    cache
        .prepare_cached(
            "SELECT 1 FROM message n JOIN message o ON o.id = ?2 WHERE n.id = ?1 AND n.size_bytes = o.size_bytes
             AND n.message_id = o.message_id AND (o.message_id <> '' OR n.internal_date = o.internal_date)",
        )
        .and_then(|mut statement| {
            statement.exists(params![signed(one.get()), signed(other.get())])
        })
        .doing("compare two messages")
}

/// The UID of the one message that came to a mailbox from `floor` on with the content of `message`; `None` where there is
/// none, or more than one.
pub(in crate::store) fn came_like(
    cache: &Connection,
    mailbox: MailboxId,
    message: MessageId,
    floor: u32,
) -> Result<Option<Uid>, StoreError> {
    let mut statement = cache
        .prepare_cached(
            "SELECT p.uid FROM placement p JOIN message n ON n.id = p.message JOIN message o ON o.id = ?2
             WHERE p.mailbox = ?1 AND p.uid >= ?3 AND p.uid > 0 AND o.message_id <> '' AND n.message_id = o.message_id
             AND n.size_bytes = o.size_bytes AND n.internal_date = o.internal_date LIMIT 2",
        )
        .doing("look for a message that came")?;
    let found = statement
        .query_map(
            params![mailbox.get(), signed(message.get()), floor.max(1)],
            |row| row.get::<_, i64>(0),
        )
        .and_then(Iterator::collect::<rusqlite::Result<Vec<_>>>)
        .doing("look for a message that came")?;
    Ok(match found.as_slice() {
        [one] => Uid::new(small(*one)),
        _ => None,
    })
}
