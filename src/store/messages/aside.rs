//! What happens to messages when a mailbox gets another UIDVALIDITY: their placements are void, the messages and their
//! bodies are kept aside until they are found again under new UIDs, or given up.
//!
//! Found again: by EMAILID or X-GM-MSGID while headers come in; else, once every header is here, by Message-ID,
//! internal date and size, where exactly one message on either side has them.

use std::collections::BTreeMap;

use rusqlite::{Connection, params};

use crate::channel::error::StoreError;
use crate::channel::operation::{OperationId, Target};
use crate::mail::mailbox::MailboxId;
use crate::mail::message_id::MessageId;
use crate::store::disk::sql::{Doing, hash, signed, unsigned};
use crate::store::messages::placements::{self, COLUMNS, Placement, Tally};
use crate::store::messages::{leaving, truth};

/// Moves up to `limit` placements aside, and what is leaving too; returns the messages.
pub(super) fn put(
    cache: &Connection,
    mailbox: MailboxId,
    limit: usize,
) -> Result<Vec<MessageId>, StoreError> {
    let mut statement = cache
        .prepare_cached(&format!(
            "SELECT {COLUMNS} FROM placement WHERE mailbox = ?1 AND operation = 0 LIMIT ?2"
        ))
        .doing("find void placements")?;
    let shown: Vec<Placement> = statement
        .query_map(
            params![mailbox.get(), signed(limit as u64)],
            Placement::read,
        )
        .and_then(Iterator::collect::<rusqlite::Result<Vec<_>>>)
        .doing("find void placements")?
        .into_iter()
        .flatten()
        .collect();
    let mut tally = Tally::default();
    for placement in &shown {
        placement.take(cache)?;
        tally.of(mailbox).told(placement, -1);
        tally.list(placement, false);
        truth::forget_unbound(cache, placement.target)?;
    }
    let leaving = leaving::empty(cache, mailbox, limit)?;
    for placement in &leaving {
        tally.of(mailbox).told(placement, -1);
    }
    tally.store(cache)?;
    let mut insert = cache
        .prepare_cached(
            "INSERT OR REPLACE INTO aside (message, mailbox, uid_validity, uid, internal_date)
             VALUES (?1, ?2, ?3, ?4, ?5)",
        )
        .doing("put a message aside")?;
    let mut messages = Vec::with_capacity(shown.len() + leaving.len());
    for placement in shown.iter().chain(&leaving) {
        let message = placement.target.message;
        messages.push(message);
        if placement.is_gone {
            continue;
        }
        insert
            .execute(params![
                signed(message.get()),
                mailbox.get(),
                placement.validity,
                placement.uid,
                placement.internal_date
            ])
            .doing("put a message aside")?;
    }
    Ok(messages)
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
                 (SELECT 1 FROM placement p WHERE p.message = a.message AND p.mailbox = a.mailbox AND p.operation = 0)
                 AND NOT EXISTS (SELECT 1 FROM leaving l WHERE l.message = a.message AND l.mailbox = a.mailbox)",
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
    tally: &mut Tally,
) -> Result<bool, StoreError> {
    let at = |message| Target { message, mailbox };
    let Some(row) = truth::find(cache, at(new))? else {
        return Ok(false);
    };
    let is_same = cache
        .prepare_cached(
            "SELECT 1 FROM message o, message n, aside a WHERE o.id = ?1 AND n.id = ?2
             AND o.message_id = n.message_id AND o.size_bytes = n.size_bytes AND a.message = ?1 AND a.mailbox = ?3
             AND a.internal_date = ?4",
        )
        .and_then(|mut statement| {
            statement.exists(params![
                signed(old.get()),
                signed(new.get()),
                mailbox.get(),
                row.internal_date
            ])
        })
        .doing("compare renumbered messages")?;
    if !is_same {
        return Ok(false);
    }
    truth::take(cache, at(new), tally)?;
    // It may be in the list already by an operation alone.
    if let Some(shown) = placements::find(cache, at(old))? {
        shown.take(cache)?;
        tally.list(&shown, false);
    }
    let row = Placement {
        target: at(old),
        effective: row.server.clone(),
        operation: OperationId(0),
        ..row
    };
    row.put(cache)?;
    tally.of(mailbox).told(&row, 1);
    tally.list(&row, true);
    truth::inherit(cache, new, old)?;
    Ok(true)
}

/// The address of a message in a mailbox now; `None` where it has none.
pub(super) fn address(
    cache: &Connection,
    target: Target,
) -> Result<Option<(u32, u32)>, StoreError> {
    let row = truth::find(cache, target)?;
    Ok(row
        .filter(Placement::is_on_server)
        .map(|row| (row.validity, row.uid)))
}

/// Whether the server gives the message an id of its content, so that finding it again is no guess.
pub(super) fn is_certain(cache: &Connection, message: MessageId) -> Result<bool, StoreError> {
    cache
        .prepare_cached(
            "SELECT 1 FROM message WHERE id = ?1 AND (email_id <> '' OR gm_message <> 0)",
        )
        .and_then(|mut statement| statement.exists([signed(message.get())]))
        .doing("look how a message was found again")
}

/// Ends the waiting for up to `limit` messages of the mailbox; returns them.
pub(in crate::store) fn clear(
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
