//! The message that a mail of the outbox answers or forwards, and where it is.

use rusqlite::{Connection, OptionalExtension};

use crate::channel::error::StoreError;
use crate::channel::operation::Target;
use crate::channel::outbox::OutboxId;
use crate::mail::account::AccountId;
use crate::mail::mailbox::MailboxId;
use crate::mail::message_id::MessageId;
use crate::store::disk::sql::{Doing, signed, small, unsigned};

/// What a mail came from.
pub(super) struct Origin {
    pub message: MessageId,
    /// It was forwarded; else answered.
    pub is_forward: bool,
}

/// What a mail came from; `None` for a new one.
pub(super) fn of(state: &Connection, mail: OutboxId) -> Result<Option<Origin>, StoreError> {
    let found: Option<(i64, bool)> = state
        .prepare_cached("SELECT origin, is_forward FROM outbox WHERE id = ?1")
        .and_then(|mut statement| {
            statement
                .query_row([mail.0], |row| Ok((row.get(0)?, row.get(1)?)))
                .optional()
        })
        .doing("read what a mail answers")?;
    Ok(found.and_then(|(message, is_forward)| {
        let message = MessageId::new(unsigned(message))?;
        Some(Origin {
            message,
            is_forward,
        })
    }))
}

/// Where a message is, and in whose mailboxes; `None` where it is nowhere.
pub(super) fn places(
    cache: &Connection,
    message: MessageId,
) -> Result<Option<(AccountId, Vec<Target>)>, StoreError> {
    let mut statement = cache
        .prepare_cached(
            "SELECT m.account, p.mailbox FROM placement p JOIN mailbox m ON m.id = p.mailbox WHERE p.message = ?1
             ORDER BY p.mailbox",
        )
        .doing("look for what a mail answers")?;
    let rows: Vec<(i64, i64)> = statement
        .query_map([signed(message.get())], |row| {
            Ok((row.get(0)?, row.get(1)?))
        })
        .and_then(Iterator::collect)
        .doing("look for what a mail answers")?;
    let Some((account, _)) = rows.first() else {
        return Ok(None);
    };
    let targets = rows.iter().map(|(_, mailbox)| Target {
        message,
        mailbox: MailboxId::new(small(*mailbox)),
    });
    Ok(Some((AccountId::new(small(*account)), targets.collect())))
}
