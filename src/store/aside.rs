//! What happens to messages when a mailbox gets another UIDVALIDITY: their placements are void, the messages and their
//! bodies are kept aside until they are found again under new UIDs, or given up.
//!
//! Found again: by EMAILID or X-GM-MSGID while headers come in; else, once every header is here, by Message-ID,
//! internal date and size, where exactly one message on either side has them.

use std::collections::BTreeMap;

use rusqlite::{Connection, OptionalExtension, params};

use crate::channel::error::StoreError;
use crate::channel::operation::Target;
use crate::mail::mailbox::MailboxId;
use crate::mail::message_id::MessageId;
use crate::store::members;
use crate::store::placements::{COLUMNS, Counts, Placement};
use crate::store::sql::{Doing, hash, signed, small, unsigned};

/// Moves up to `limit` placements aside; returns how many.
pub(super) fn put(
    cache: &Connection,
    mailbox: MailboxId,
    limit: usize,
) -> Result<usize, StoreError> {
    let mut statement = cache
        .prepare_cached(&format!(
            "SELECT {COLUMNS}, internal_date FROM placement WHERE mailbox = ?1 LIMIT ?2"
        ))
        .doing("find void placements")?;
    let void: Vec<(Option<Placement>, i64)> = statement
        .query_map(params![mailbox.get(), signed(limit as u64)], |row| {
            Ok((Placement::read(row)?, row.get(9)?))
        })
        .and_then(Iterator::collect)
        .doing("find void placements")?;
    let mut counts = Counts::default();
    for (placement, internal_date) in &void {
        let Some(placement) = placement else {
            continue;
        };
        let key = params![
            signed(placement.target.message.get()),
            mailbox.get(),
            placement.validity,
            placement.uid,
            internal_date
        ];
        cache
            .prepare_cached(
                "INSERT OR REPLACE INTO aside (message, mailbox, uid_validity, uid, internal_date)
                 VALUES (?1, ?2, ?3, ?4, ?5)",
            )
            .and_then(|mut statement| statement.execute(key))
            .doing("put a message aside")?;
        cache
            .prepare_cached("DELETE FROM placement WHERE message = ?1 AND mailbox = ?2")
            .and_then(|mut statement| {
                statement.execute(params![
                    signed(placement.target.message.get()),
                    mailbox.get()
                ])
            })
            .doing("remove a void placement")?;
        counts.count(&placement.server, &placement.effective, -1);
    }
    counts.store(cache, mailbox)?;
    let messages: Vec<MessageId> = void
        .iter()
        .filter_map(|(placement, _)| placement.as_ref())
        .map(|placement| placement.target.message)
        .collect();
    members::change(cache, mailbox, &messages, false)?;
    Ok(void.len())
}

/// Whether messages of this mailbox wait to be found again.
pub(super) fn is_waiting(cache: &Connection, mailbox: MailboxId) -> Result<bool, StoreError> {
    cache
        .prepare_cached("SELECT 1 FROM aside WHERE mailbox = ?1 LIMIT 1")
        .and_then(|mut statement| statement.exists([mailbox.get()]))
        .doing("look for messages kept aside")
}

/// What one content (Message-ID, internal date, size) matched on either side.
#[derive(Debug, Default)]
struct Match {
    n_old: u32,
    old: Option<MessageId>,
    n_new: u32,
    new: Option<MessageId>,
}

/// Pairs of messages that are surely the same: the one kept aside and the one that came under the new UIDVALIDITY.
#[derive(Debug, Default)]
pub(super) struct Matches {
    by_content: BTreeMap<i64, Match>,
    after_uid: i64,
}

impl Matches {
    /// Begins with the messages kept aside that are in no place of this mailbox yet.
    pub(super) fn of_aside(cache: &Connection, mailbox: MailboxId) -> Result<Self, StoreError> {
        let mut matches = Self::default();
        let mut statement = cache
            .prepare_cached(
                "SELECT a.message, a.internal_date, m.size_bytes, m.message_id FROM aside a JOIN message m ON m.id = a.message
                 WHERE a.mailbox = ?1 AND m.message_id <> '' AND NOT EXISTS
                 (SELECT 1 FROM placement p WHERE p.message = a.message AND p.mailbox = a.mailbox)",
            )
            .doing("read messages kept aside")?;
        let mut rows = statement
            .query([mailbox.get()])
            .doing("read messages kept aside")?;
        while let Some(row) = rows.next().doing("read messages kept aside")? {
            let (message, key) = content(row).doing("read messages kept aside")?;
            let found = matches.by_content.entry(key).or_default();
            found.n_old = found.n_old.saturating_add(1);
            found.old = message;
        }
        Ok(matches)
    }

    /// Looks at the next `limit` messages of the mailbox; false when it has seen all.
    pub(super) fn look(
        &mut self,
        cache: &Connection,
        mailbox: MailboxId,
        limit: usize,
    ) -> Result<bool, StoreError> {
        if self.by_content.is_empty() {
            return Ok(false);
        }
        let mut statement = cache
            .prepare_cached(
                "SELECT p.message, p.internal_date, m.size_bytes, m.message_id, p.uid FROM placement p
                 JOIN message m ON m.id = p.message WHERE p.mailbox = ?1 AND p.uid > ?2 AND p.uid > 0
                 AND NOT EXISTS (SELECT 1 FROM aside a WHERE a.message = p.message AND a.mailbox = p.mailbox)
                 ORDER BY p.uid LIMIT ?3",
            )
            .doing("match renumbered messages")?;
        let mut rows = statement
            .query(params![mailbox.get(), self.after_uid, signed(limit as u64)])
            .doing("match renumbered messages")?;
        let mut is_more = false;
        while let Some(row) = rows.next().doing("match renumbered messages")? {
            let (message, key) = content(row).doing("match renumbered messages")?;
            self.after_uid = row.get(4).doing("match renumbered messages")?;
            is_more = true;
            if let Some(found) = self.by_content.get_mut(&key) {
                found.n_new = found.n_new.saturating_add(1);
                found.new = message;
            }
        }
        Ok(is_more)
    }

    /// The pairs that are unique on both sides.
    pub(super) fn pairs(self) -> Vec<(MessageId, MessageId)> {
        self.by_content
            .into_values()
            .filter(|found| found.n_old == 1 && found.n_new == 1)
            .filter_map(|found| Some((found.old?, found.new?)))
            .collect()
    }
}

fn content(row: &rusqlite::Row<'_>) -> rusqlite::Result<(Option<MessageId>, i64)> {
    let (date, size): (i64, i64) = (row.get(1)?, row.get(2)?);
    let key = hash(&[
        &date.to_le_bytes(),
        &size.to_le_bytes(),
        row.get_ref(3)?.as_str()?.as_bytes(),
    ]);
    Ok((MessageId::new(unsigned(row.get(0)?)), key))
}

/// Gives the message kept aside the place of the one that turned out to be the same, inside a transaction of the
/// caller; false when their contents differ after all (a collision of hashes).
pub(super) fn rebind(
    cache: &Connection,
    mailbox: MailboxId,
    old: MessageId,
    new: MessageId,
) -> Result<bool, StoreError> {
    let ids = params![signed(old.get()), signed(new.get()), mailbox.get()];
    let is_same = cache
        .prepare_cached(
            "SELECT 1 FROM message o, message n, aside a, placement p WHERE o.id = ?1 AND n.id = ?2
             AND o.message_id = n.message_id AND o.size_bytes = n.size_bytes AND a.message = ?1 AND a.mailbox = ?3
             AND p.message = ?2 AND p.mailbox = ?3 AND a.internal_date = p.internal_date",
        )
        .and_then(|mut statement| statement.exists(ids))
        .doing("compare renumbered messages")?;
    if !is_same {
        return Ok(false);
    }
    cache
        .prepare_cached("UPDATE placement SET message = ?1 WHERE message = ?2 AND mailbox = ?3")
        .and_then(|mut statement| statement.execute(ids))
        .doing("rebind a message")?;
    // A body that was fetched under the new number is as good as the one kept aside.
    for sql in [
        "UPDATE OR IGNORE body SET message = ?1 WHERE message = ?2",
        "UPDATE OR IGNORE part SET message = ?1 WHERE message = ?2 AND NOT EXISTS
         (SELECT 1 FROM body WHERE message = ?2)",
        "UPDATE OR IGNORE evicted SET message = ?1 WHERE message = ?2",
    ] {
        cache
            .prepare_cached(sql)
            .and_then(|mut statement| {
                statement.execute(params![signed(old.get()), signed(new.get())])
            })
            .doing("rebind a body")?;
    }
    Ok(true)
}

/// The address of a message in a mailbox now; `None` where it is not placed.
pub(super) fn address(
    cache: &Connection,
    target: Target,
) -> Result<Option<(u32, u32)>, StoreError> {
    cache
        .prepare_cached(
            "SELECT uid_validity, uid FROM placement WHERE message = ?1 AND mailbox = ?2",
        )
        .and_then(|mut statement| {
            statement
                .query_row(
                    params![signed(target.message.get()), target.mailbox.get()],
                    |row| Ok((small(row.get(0)?), small(row.get(1)?))),
                )
                .optional()
        })
        .doing("find the new address of a message")
}

/// Ends the waiting for up to `limit` messages of the mailbox; returns them.
pub(super) fn clear(
    cache: &Connection,
    mailbox: MailboxId,
    limit: usize,
) -> Result<Vec<MessageId>, StoreError> {
    let mut statement = cache
        .prepare_cached("SELECT message FROM aside WHERE mailbox = ?1 LIMIT ?2")
        .doing("give up messages kept aside")?;
    let messages: Vec<MessageId> = statement
        .query_map(params![mailbox.get(), signed(limit as u64)], |row| {
            row.get::<_, i64>(0)
        })
        .and_then(Iterator::collect::<rusqlite::Result<Vec<_>>>)
        .doing("give up messages kept aside")?
        .into_iter()
        .filter_map(|id| MessageId::new(unsigned(id)))
        .collect();
    for message in &messages {
        cache
            .prepare_cached("DELETE FROM aside WHERE mailbox = ?1 AND message = ?2")
            .and_then(|mut statement| {
                statement.execute(params![mailbox.get(), signed(message.get())])
            })
            .doing("give up messages kept aside")?;
    }
    Ok(messages)
}
