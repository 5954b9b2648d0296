//! Which messages are placed in a mailbox, as bitmaps beside the placements; every change of a placement comes here too.

use std::collections::BTreeMap;

use rusqlite::{Connection, OptionalExtension, params};

use crate::channel::error::StoreError;
use crate::mail::mailbox::MailboxId;
use crate::mail::message_id::MessageId;
use crate::store::bodies::whole;
use crate::store::disk::sql::{Doing, signed, unsigned};
use crate::store::lists::id_set::{Bits, CHUNK, IdSet, has_bit, set_bit};

/// Notes that messages are (or are no longer) placed in the mailbox.
pub(super) fn change(
    cache: &Connection,
    mailbox: MailboxId,
    messages: &[MessageId],
    on: bool,
) -> Result<(), StoreError> {
    let mut chunks: BTreeMap<u64, Bits> = BTreeMap::new();
    let mut changed = Vec::new();
    for message in messages {
        let chunk = message.get() / CHUNK;
        if let std::collections::btree_map::Entry::Vacant(vacant) = chunks.entry(chunk) {
            vacant.insert(load(cache, mailbox, chunk)?);
        }
        if let Some(bits) = chunks.get_mut(&chunk) {
            if has_bit(bits, message.get()) != on {
                changed.push(*message);
            }
            set_bit(bits, message.get(), on);
        }
    }
    let mut store = cache
        .prepare_cached(
            "INSERT INTO member (mailbox, chunk, bits) VALUES (?1, ?2, ?3)
             ON CONFLICT (mailbox, chunk) DO UPDATE SET bits = ?3",
        )
        .doing("note the messages of a mailbox")?;
    for (chunk, bits) in chunks {
        let bytes: Vec<u8> = bits.iter().flat_map(|word| word.to_le_bytes()).collect();
        store
            .execute(params![mailbox.get(), signed(chunk), bytes])
            .doing("note the messages of a mailbox")?;
    }
    whole::listed(cache, mailbox, &changed, on)
}

/// Whether a message is noted as placed in the mailbox.
pub(in crate::store) fn has(
    cache: &Connection,
    mailbox: MailboxId,
    message: MessageId,
) -> Result<bool, StoreError> {
    let bits = load(cache, mailbox, message.get() / CHUNK)?;
    Ok(has_bit(&bits, message.get()))
}

fn load(cache: &Connection, mailbox: MailboxId, chunk: u64) -> Result<Bits, StoreError> {
    cache
        .prepare_cached("SELECT bits FROM member WHERE mailbox = ?1 AND chunk = ?2")
        .and_then(|mut statement| {
            statement
                .query_row(params![mailbox.get(), signed(chunk)], |row| {
                    Ok(words(row.get_ref(0)?.as_blob()?))
                })
                .optional()
        })
        .map(|bits| bits.unwrap_or([0; 64]))
        .doing("read the messages of a mailbox")
}

fn words(bytes: &[u8]) -> Bits {
    let mut bits = [0; 64];
    for (word, eight) in bits.iter_mut().zip(bytes.chunks_exact(8)) {
        *word = <[u8; 8]>::try_from(eight).map_or(0, u64::from_le_bytes);
    }
    bits
}

/// Those of the messages that are placed in the mailbox.
pub(in crate::store) fn only(
    cache: &Connection,
    mailbox: MailboxId,
    found: &IdSet,
) -> Result<IdSet, StoreError> {
    let mut statement = cache
        .prepare_cached("SELECT chunk, bits FROM member WHERE mailbox = ?1")
        .doing("read the messages of a mailbox")?;
    let mut rows = statement
        .query([mailbox.get()])
        .doing("read the messages of a mailbox")?;
    let mut only = IdSet::default();
    while let Some(row) = rows.next().doing("read the messages of a mailbox")? {
        let chunk = unsigned(row.get(0).doing("read the messages of a mailbox")?);
        let bits = row
            .get_ref(1)
            .and_then(|bits| Ok(words(bits.as_blob()?)))
            .doing("read the messages of a mailbox")?;
        only.insert_common(found, chunk, &bits);
    }
    Ok(only)
}
