//! Where the messages are that drafts are made of, answer or forward: so that these are the same messages after the cache
//! was lost and filled again.

use std::collections::BTreeSet;

use rusqlite::{Connection, OptionalExtension, params};

use crate::channel::draft::DraftId;
use crate::channel::error::StoreError;
use crate::mail::account::AccountId;
use crate::mail::composition::Composition;
use crate::mail::mailbox::{MailboxId, MailboxName};
use crate::mail::message_id::MessageId;
use crate::store::disk::sql::{Doing, signed, small, unsigned};
use crate::store::messages::likeness;
use crate::store::messages::{leaving, placements};
use crate::store::reader::Reader;

/// What tells a message from all others, when the cache is new.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::store) struct Signs {
    pub message: MessageId,
    pub mailbox: MailboxId,
    pub validity: u32,
    pub uid: u32,
    /// Of Message-ID, size and internal date; 0 without a Message-ID.
    pub content: i64,
}

/// The messages that a mail is made of, answers or forwards.
pub(super) fn messages(composition: &Composition) -> BTreeSet<MessageId> {
    let origin = composition.origin.as_ref().map(|origin| origin.message);
    attached(composition).chain(origin).collect()
}

/// Those that are attached, or of which parts are.
fn attached(composition: &Composition) -> impl Iterator<Item = MessageId> {
    let attached = composition.attachments.iter();
    attached.filter_map(|attachment| attachment.source.message())
}

/// Whether a draft, or a mail that may become one again, needs the bytes of a message.
pub(in crate::store) fn is_attached(
    state: &Connection,
    message: MessageId,
) -> Result<bool, StoreError> {
    state
        .prepare_cached("SELECT 1 FROM source WHERE message = ?1 AND is_attached = 1 LIMIT 1")
        .and_then(|mut statement| statement.exists([signed(message.get())]))
        .doing("look for drafts that a message is attached to")
}

/// Notes where the messages of a draft are now. What the cache does not know (any more) stays as it was noted, for this
/// draft or another; a cache that cannot be read keeps no draft from being saved.
pub(super) fn note(
    state: &Connection,
    cache: &Connection,
    draft: DraftId,
    composition: &Composition,
) -> Result<(), StoreError> {
    let wanted = messages(composition);
    for message in known(state, draft)?.difference(&wanted) {
        state
            .prepare_cached("DELETE FROM source WHERE draft = ?1 AND message = ?2")
            .and_then(|mut statement| statement.execute(params![draft.0, signed(message.get())]))
            .doing("forget what a draft was made of")?;
    }
    for message in wanted {
        match signs(cache, message).ok().flatten() {
            Some(signs) => put(state, draft, signs)?,
            None => inherit(state, draft, message)?,
        }
        let is_attached = attached(composition).any(|one| one == message);
        mark_attached(state, draft, message, is_attached)?;
    }
    Ok(())
}

/// Notes whether a message is attached to a draft, also of one whose address nobody knows.
fn mark_attached(
    state: &Connection,
    draft: DraftId,
    message: MessageId,
    is_attached: bool,
) -> Result<(), StoreError> {
    for sql in [
        "INSERT OR IGNORE INTO source (draft, message) SELECT ?1, ?2 WHERE ?3",
        "UPDATE source SET is_attached = ?3 WHERE draft = ?1 AND message = ?2",
    ] {
        state
            .prepare_cached(sql)
            .and_then(|mut statement| {
                statement.execute(params![draft.0, signed(message.get()), is_attached])
            })
            .doing("note what a draft is made of")?;
    }
    Ok(())
}

fn known(state: &Connection, draft: DraftId) -> Result<BTreeSet<MessageId>, StoreError> {
    let mut statement = state
        .prepare_cached("SELECT message FROM source WHERE draft = ?1")
        .doing("read what a draft is made of")?;
    let found = statement
        .query_map([draft.0], |row| row.get(0))
        .and_then(Iterator::collect::<rusqlite::Result<Vec<i64>>>)
        .doing("read what a draft is made of")?;
    Ok(found
        .into_iter()
        .filter_map(|message| MessageId::new(unsigned(message)))
        .collect())
}

/// What the cache knows of a message; `None` where it is not there, or has no address.
fn signs(cache: &Connection, message: MessageId) -> Result<Option<Signs>, StoreError> {
    let mut places = placements::of(cache, message)?;
    places.extend(leaving::of(cache, message)?);
    let Some(place) = places.into_iter().find(placements::Placement::is_on_server) else {
        return Ok(None);
    };
    let content = cache
        .prepare_cached("SELECT message_id, size_bytes, internal_date FROM message WHERE id = ?1")
        .and_then(|mut statement| {
            let read = |row: &rusqlite::Row<'_>| {
                let message_id = row.get_ref(0)?.as_str()?;
                let content = likeness::content(message_id, row.get(1)?, row.get(2)?);
                Ok(if message_id.is_empty() { 0 } else { content })
            };
            statement
                .query_row([signed(message.get())], read)
                .optional()
        })
        .doing("read what tells a message from others")?;
    Ok(Some(Signs {
        message,
        mailbox: place.target.mailbox,
        validity: place.validity,
        uid: place.uid,
        content: content.unwrap_or(0),
    }))
}

fn put(state: &Connection, draft: DraftId, signs: Signs) -> Result<(), StoreError> {
    state
        .prepare_cached(
            "INSERT OR REPLACE INTO source (draft, message, mailbox, uid_validity, uid, content)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        )
        .and_then(|mut statement| {
            statement.execute(params![
                draft.0,
                signed(signs.message.get()),
                signs.mailbox.get(),
                signs.validity,
                signs.uid,
                signs.content
            ])
        })
        .map(|_| ())
        .doing("note what a draft is made of")
}

/// A draft that went on from another one knows what that knew.
fn inherit(state: &Connection, draft: DraftId, message: MessageId) -> Result<(), StoreError> {
    state
        .prepare_cached(
            "INSERT OR IGNORE INTO source (draft, message, mailbox, uid_validity, uid, content)
             SELECT ?1, message, mailbox, uid_validity, uid, content FROM source WHERE message = ?2 LIMIT 1",
        )
        .and_then(|mut statement| statement.execute(params![draft.0, signed(message.get())]))
        .map(|_| ())
        .doing("note what a draft is made of")
}

/// Forgets what a draft was made of, once that is over.
pub(super) fn forget(state: &Connection, draft: DraftId) -> Result<(), StoreError> {
    state
        .prepare_cached(
            "DELETE FROM source WHERE draft = ?1
             AND NOT EXISTS (SELECT 1 FROM draft WHERE id = ?1 AND outbox >= 0)",
        )
        .and_then(|mut statement| statement.execute([draft.0]))
        .map(|_| ())
        .doing("forget what a draft was made of")
}

/// The messages of all drafts, each with its account.
pub(in crate::store) fn all(state: &Connection) -> Result<Vec<(AccountId, Signs)>, StoreError> {
    let mut statement = state
        .prepare_cached(
            "SELECT s.message, s.mailbox, s.uid_validity, s.uid, s.content, m.account FROM source s
             JOIN mailbox m ON m.id = s.mailbox",
        )
        .doing("read what drafts are made of")?;
    let rows = statement
        .query_map([], |row| {
            let message = MessageId::new(unsigned(row.get(0)?));
            let mailbox = MailboxId::new(small(row.get(1)?));
            let (validity, uid) = (small(row.get(2)?), small(row.get(3)?));
            let (content, account) = (row.get(4)?, AccountId::new(small(row.get(5)?)));
            let signs = message.map(|message| Signs {
                message,
                mailbox,
                validity,
                uid,
                content,
            });
            Ok(signs.map(|signs| (account, signs)))
        })
        .and_then(Iterator::collect::<rusqlite::Result<Vec<_>>>)
        .doing("read what drafts are made of")?;
    Ok(rows.into_iter().flatten().collect())
}

impl Reader {
    /// The folder in which a message of a draft is still to be found again after the cache was lost; `None` where it is in
    /// the cache, or was looked for there in vain.
    ///
    /// # Errors
    /// What the disk said.
    pub fn awaited_in(&mut self, message: MessageId) -> Result<Option<MailboxName>, StoreError> {
        self.refresh()?;
        let noted: Option<(Noted, Vec<u8>)> = self
            .state
            .prepare_cached(
                "SELECT s.mailbox, s.uid_validity, s.uid, m.account, m.name FROM source s JOIN mailbox m
                 ON m.id = s.mailbox WHERE s.message = ?1 LIMIT 1",
            )
            .and_then(|mut statement| {
                let read = |row: &rusqlite::Row<'_>| {
                    let noted = Noted {
                        mailbox: row.get(0)?,
                        validity: row.get(1)?,
                        uid: row.get(2)?,
                        account: row.get(3)?,
                    };
                    Ok((noted, row.get(4)?))
                };
                statement.query_row([signed(message.get())], read).optional()
            })
            .doing("look for what a draft is made of")?;
        let Some((noted, name)) = noted else {
            return Ok(None);
        };
        let is_awaited = is_awaited(&self.cache, message, &noted);
        let is_awaited = self.checked(is_awaited)?;
        Ok(is_awaited.then(|| MailboxName::from_raw(&name)))
    }
}

/// Where a message was, as the columns have it.
struct Noted {
    account: i64,
    mailbox: i64,
    validity: i64,
    uid: i64,
}

/// Whether a message is unknown, and its mailbox not read as far as its UID, or the list of mailboxes not yet.
fn is_awaited(cache: &Connection, message: MessageId, noted: &Noted) -> Result<bool, StoreError> {
    cache
        .prepare_cached(
            "SELECT CASE
             WHEN EXISTS (SELECT 1 FROM message WHERE id = ?1) THEN 0
             WHEN NOT EXISTS (SELECT 1 FROM mailbox WHERE id = ?3)
             THEN NOT EXISTS (SELECT 1 FROM mailbox WHERE account = ?2)
             ELSE (SELECT uid_validity = 0 OR (uid_validity = ?4 AND (uid_next <= ?5 OR EXISTS
                   (SELECT 1 FROM gap WHERE gap.mailbox = ?3 AND lo <= ?5 AND hi >= ?5))) FROM mailbox WHERE id = ?3) END",
        )
        .and_then(|mut statement| {
            let message = signed(message.get());
            let bound = params![message, noted.account, noted.mailbox, noted.validity, noted.uid];
            statement.query_row(bound, |row| row.get(0))
        })
        .doing("look for what a draft is made of")
}
