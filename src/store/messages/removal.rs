//! Removes placements, and messages that are nowhere any more with all that hangs on them.

use rusqlite::{Connection, params};

use crate::channel::error::StoreError;
use crate::mail::mailbox::MailboxId;
use crate::mail::message_id::MessageId;
use crate::store::bodies;
use crate::store::disk::sql::{Doing, signed};
use crate::store::messages::placements::{COLUMNS, Counts, Placement};
use crate::store::messages::{held, members, packs};

/// Removes up to `limit` placements with UIDs in `lo..=hi`; returns their messages.
pub(super) fn placements(
    cache: &Connection,
    mailbox: MailboxId,
    lo: u32,
    hi: u32,
    limit: usize,
    counts: &mut Counts,
) -> Result<Vec<MessageId>, StoreError> {
    let mut statement = cache
        .prepare_cached(&format!(
            "SELECT {COLUMNS} FROM placement WHERE mailbox = ?1 AND uid >= ?2 AND uid <= ?3 AND uid > 0 LIMIT ?4"
        ))
        .doing("find vanished messages")?;
    let gone: Vec<Placement> = statement
        .query_map(
            params![mailbox.get(), lo, hi, signed(limit as u64)],
            Placement::read,
        )
        .and_then(Iterator::collect::<rusqlite::Result<Vec<_>>>)
        .doing("find vanished messages")?
        .into_iter()
        .flatten()
        .collect();
    drop(cache, mailbox, &gone, counts)
}

/// Removes up to `limit` placements of a mailbox, those without a UID included; returns their messages.
pub(in crate::store) fn any_placements(
    cache: &Connection,
    mailbox: MailboxId,
    limit: usize,
    counts: &mut Counts,
) -> Result<Vec<MessageId>, StoreError> {
    let mut statement = cache
        .prepare_cached(&format!(
            "SELECT {COLUMNS} FROM placement WHERE mailbox = ?1 LIMIT ?2"
        ))
        .doing("find the messages of a mailbox")?;
    let gone: Vec<Placement> = statement
        .query_map(
            params![mailbox.get(), signed(limit as u64)],
            Placement::read,
        )
        .and_then(Iterator::collect::<rusqlite::Result<Vec<_>>>)
        .doing("find the messages of a mailbox")?
        .into_iter()
        .flatten()
        .collect();
    drop(cache, mailbox, &gone, counts)
}

fn drop(
    cache: &Connection,
    mailbox: MailboxId,
    gone: &[Placement],
    counts: &mut Counts,
) -> Result<Vec<MessageId>, StoreError> {
    let mut delete = cache
        .prepare_cached("DELETE FROM placement WHERE message = ?1 AND mailbox = ?2")
        .doing("remove a placement")?;
    for placement in gone {
        delete
            .execute(params![
                signed(placement.target.message.get()),
                placement.target.mailbox.get()
            ])
            .doing("remove a placement")?;
        counts.both(placement, -1);
    }
    let messages: Vec<MessageId> = gone
        .iter()
        .map(|placement| placement.target.message)
        .collect();
    members::change(cache, mailbox, &messages, false)?;
    Ok(messages)
}

/// Removes those of the messages that are in no mailbox, leaving none and not kept aside; returns the files to delete after the
/// commit. Of what is attached to a draft the bytes are held, as far as they are here.
pub(in crate::store) fn orphans(
    (cache, state): (&Connection, &Connection),
    messages: &[MessageId],
) -> Result<Vec<String>, StoreError> {
    let mut files = Vec::new();
    let mut removed = Vec::new();
    for message in messages {
        let is_needed = cache
            .prepare_cached(
                "SELECT 1 FROM placement WHERE message = ?1 UNION ALL SELECT 1 FROM leaving WHERE message = ?1
                 UNION ALL SELECT 1 FROM aside WHERE message = ?1 LIMIT 1",
            )
            .and_then(|mut statement| statement.exists([signed(message.get())]))
            .doing("look for other placements")?;
        if is_needed || held::hold(cache, state, *message)? {
            continue;
        }
        bodies::remove(cache, *message, &mut files)?;
        for sql in [
            "DELETE FROM search WHERE rowid = ?1",
            "DELETE FROM evicted WHERE message = ?1",
            "DELETE FROM kept WHERE message = ?1",
            "DELETE FROM held WHERE message = ?1",
            "DELETE FROM message WHERE id = ?1",
        ] {
            cache
                .prepare_cached(sql)
                .and_then(|mut statement| statement.execute([signed(message.get())]))
                .doing("remove a message")?;
        }
        removed.push(*message);
    }
    removed.sort_unstable();
    packs::sweep(cache, &removed)?;
    Ok(files)
}
