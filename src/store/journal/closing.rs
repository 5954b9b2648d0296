//! How targets of the journal end: claimed before a command leaves, closed when the server has answered.

use rusqlite::{Connection, OptionalExtension, params};

use crate::channel::error::StoreError;
use crate::channel::operation::{Address, OperationId, Outcome, Target};
use crate::mail::mailbox::MailboxId;
use crate::mail::message_id::MessageId;
use crate::store::disk::sql::{Doing, now, signed};
use crate::store::journal::state as code;

/// Marks targets as on their way; returns those that may be sent: open, with no hold on them, or claimed before. One that
/// was recorded before its message had an address here gets that from `address`, a UIDVALIDITY and a UID.
pub(super) fn claim(
    state: &Connection,
    targets: &[(OperationId, Target)],
    floor: Option<Address>,
    address: impl Fn(Target) -> Result<Option<(u32, u32)>, StoreError>,
) -> Result<Vec<(OperationId, Target)>, StoreError> {
    let mut update = state
        .prepare_cached(
            "UPDATE operation_target SET state = 4,
             to_validity = CASE WHEN state = 4 AND to_validity > 0 THEN to_validity ELSE ?4 END,
             to_uid_next = CASE WHEN state = 4 AND to_validity > 0 THEN to_uid_next ELSE ?5 END
             WHERE operation = ?1 AND mailbox = ?2 AND message = ?3 AND state IN (0, 4)
             AND EXISTS (SELECT 1 FROM operation o WHERE o.id = ?1 AND NOT (o.created <= ?6 AND ?6 < o.not_before))
             RETURNING uid",
        )
        .doing("claim a target")?;
    let (validity, uid_next) =
        floor.map_or((0, 0), |floor| (floor.validity.get(), floor.uid.get()));
    let (now, mut claimed) = (now(), Vec::with_capacity(targets.len()));
    for (operation, target) in targets {
        let bound = params![
            operation.0,
            target.mailbox.get(),
            signed(target.message.get()),
            validity,
            uid_next,
            now,
        ];
        let uid: Option<u32> = update
            .query_row(bound, |row| row.get(0))
            .optional()
            .doing("claim a target")?;
        let Some(uid) = uid else {
            continue;
        };
        if uid == 0
            && let Some((validity, uid)) = address(*target)?
        {
            address_one(state, *operation, *target, (validity, uid))?;
        }
        claimed.push((*operation, *target));
    }
    Ok(claimed)
}

/// Gives one target its address. Others of the message may be meant for when it has come here again.
fn address_one(
    state: &Connection,
    operation: OperationId,
    target: Target,
    (validity, uid): (u32, u32),
) -> Result<(), StoreError> {
    state
        .prepare_cached(
            "UPDATE operation_target SET uid_validity = ?4, uid = ?5
             WHERE operation = ?1 AND mailbox = ?2 AND message = ?3",
        )
        .and_then(|mut statement| {
            statement.execute(params![
                operation.0,
                target.mailbox.get(),
                signed(target.message.get()),
                validity,
                uid
            ])
        })
        .map(|_| ())
        .doing("give a target its address")
}

/// Takes the mark from targets whose command surely never left.
pub(super) fn release(
    state: &Connection,
    targets: &[(OperationId, Target)],
) -> Result<(), StoreError> {
    let mut update = state
        .prepare_cached(
            "UPDATE operation_target SET state = 0, to_validity = 0, to_uid_next = 0
             WHERE operation = ?1 AND mailbox = ?2 AND message = ?3 AND state = 4",
        )
        .doing("release a target")?;
    for (operation, target) in targets {
        update
            .execute(params![
                operation.0,
                target.mailbox.get(),
                signed(target.message.get())
            ])
            .doing("release a target")?;
    }
    Ok(())
}

/// Ends targets; returns those that were open until now.
pub(super) fn close(
    state: &Connection,
    operation: OperationId,
    outcomes: &[(Target, Outcome)],
) -> Result<Vec<(Target, Outcome)>, StoreError> {
    let mut ended = Vec::with_capacity(outcomes.len());
    let mut update = state
        .prepare_cached(
            "UPDATE operation_target SET state = ?4, reason = ?5
             WHERE operation = ?1 AND mailbox = ?2 AND message = ?3 AND state IN (0, 4)",
        )
        .doing("end a target")?;
    for (target, outcome) in outcomes {
        let (code, reason) = match outcome {
            Outcome::Done(_) => (code::DONE, String::new()),
            Outcome::Gone => (code::GONE, String::new()),
            Outcome::Local => (code::LOCAL, String::new()),
            Outcome::Marked(_) => (code::MARKED, String::new()),
            Outcome::Parked(error) => (code::PARKED, error.to_string()),
        };
        let n_rows = update
            .execute(params![
                operation.0,
                target.mailbox.get(),
                signed(target.message.get()),
                code,
                reason,
            ])
            .doing("end a target")?;
        if n_rows == 0 {
            continue;
        }
        if let Outcome::Done(Some(address)) | Outcome::Marked(Some(address)) = outcome {
            note_address(state, operation, *target, *address)?;
            follow(state, operation, target.message, *address)?;
        }
        if !matches!(outcome, Outcome::Parked(_)) {
            end_local(state, operation, *target)?;
        }
        if matches!(outcome, Outcome::Done(_) | Outcome::Marked(_)) {
            end_marked(state, operation, target.message)?;
        }
        ended.push((*target, outcome.clone()));
    }
    recount(state, operation)?;
    Ok(ended)
}

/// Tells later operations on the message where it went, up to the one that takes it away from there again: they were
/// recorded when it had no address there, and after a lost cache nothing else would give it its number back.
fn follow(
    state: &Connection,
    operation: OperationId,
    message: MessageId,
    address: Address,
) -> Result<(), StoreError> {
    state
        .prepare_cached(
            "UPDATE operation_target SET uid_validity = ?3, uid = ?4
             WHERE message = ?2 AND mailbox = (SELECT mailbox FROM operation WHERE id = ?1) AND operation > ?1
             AND state IN (0, 4, 6, 7) AND operation <= coalesce(
                 (SELECT min(t.operation) FROM operation_target t JOIN operation o ON o.id = t.operation
                  WHERE t.message = ?2 AND t.mailbox = (SELECT mailbox FROM operation WHERE id = ?1)
                  AND t.operation > ?1 AND t.state IN (0, 4, 7) AND o.kind IN ('move', 'delete')), operation)",
        )
        .and_then(|mut statement| {
            statement.execute(params![
                operation.0,
                signed(message.get()),
                address.validity.get(),
                address.uid.get()
            ])
        })
        .map(|_| ())
        .doing("tell where a message went")
}

/// Keeps where a message went.
fn note_address(
    state: &Connection,
    operation: OperationId,
    target: Target,
    address: Address,
) -> Result<(), StoreError> {
    state
        .prepare_cached(
            "INSERT INTO uid_map (operation, message, from_mailbox, from_validity, from_uid, to_mailbox, to_validity, to_uid)
             SELECT o.id, t.message, t.mailbox, t.uid_validity, t.uid, o.mailbox, ?4, ?5
             FROM operation o JOIN operation_target t ON t.operation = o.id
             WHERE o.id = ?1 AND t.mailbox = ?2 AND t.message = ?3",
        )
        .and_then(|mut statement| {
            statement.execute(params![
                operation.0,
                target.mailbox.get(),
                signed(target.message.get()),
                address.validity.get(),
                address.uid.get()
            ])
        })
        .map(|_| ())
        .doing("note where a message went")
}

/// Ends keywords on this machine that a later word on the same keyword replaces.
fn end_local(state: &Connection, operation: OperationId, target: Target) -> Result<(), StoreError> {
    state
        .prepare_cached(
            "UPDATE operation_target SET state = 1
             WHERE message = ?2 AND state IN (0, 4, 6, 7) AND state = 6 AND operation < ?1 AND EXISTS
             (SELECT 1 FROM operation e JOIN operation o ON o.id = ?1 WHERE e.id = operation_target.operation
              AND e.kind = 'keyword' AND o.kind = 'keyword' AND e.keyword = o.keyword COLLATE NOCASE)",
        )
        .and_then(|mut statement| {
            statement.execute(params![operation.0, signed(target.message.get())])
        })
        .map(|_| ())
        .doing("end a keyword on this machine")
}

/// Ends what hides a marked original in the mailbox to which its message has come again, under another address.
fn end_marked(
    state: &Connection,
    operation: OperationId,
    message: MessageId,
) -> Result<(), StoreError> {
    state
        .prepare_cached(
            "UPDATE operation_target SET state = 1
             WHERE message = ?2 AND state IN (0, 4, 6, 7) AND state = 7 AND operation < ?1
             AND mailbox = (SELECT mailbox FROM operation WHERE id = ?1 AND kind IN ('move', 'copy'))",
        )
        .and_then(|mut statement| statement.execute(params![operation.0, signed(message.get())]))
        .map(|_| ())
        .doing("end the hiding of an original")
}

/// Counts the targets of an operation that have not ended.
pub(super) fn recount(state: &Connection, operation: OperationId) -> Result<(), StoreError> {
    state
        .prepare_cached(
            "UPDATE operation SET n_open =
             (SELECT count(*) FROM operation_target WHERE operation = ?1 AND state IN (0, 4)) WHERE id = ?1",
        )
        .and_then(|mut statement| statement.execute([operation.0]))
        .map(|_| ())
        .doing("recount an operation")
}

/// Parks everything of an account: its name now points at another login or host.
pub(in crate::store) fn park_account(
    state: &Connection,
    account: i64,
    reason: &str,
) -> Result<(), StoreError> {
    for sql in [
        "UPDATE operation_target SET state = 3, reason = ?2
         WHERE state IN (0, 4) AND operation IN (SELECT id FROM operation WHERE account = ?1)",
        "UPDATE operation SET n_open = 0 WHERE account = ?1 AND ?2 <> ''",
    ] {
        state
            .prepare_cached(sql)
            .and_then(|mut statement| statement.execute(params![account, reason]))
            .doing("park the operations of an account")?;
    }
    Ok(())
}

/// Counts an attempt.
pub(super) fn attempted(state: &Connection, operation: OperationId) -> Result<(), StoreError> {
    state
        .prepare_cached("UPDATE operation SET attempts = attempts + 1 WHERE id = ?1")
        .and_then(|mut statement| statement.execute([operation.0]))
        .map(|_| ())
        .doing("count an attempt")
}

/// Gives an open target of a renumbered mailbox its new address.
pub(in crate::store) fn readdress(
    state: &Connection,
    target: Target,
    validity: u32,
    uid: u32,
) -> Result<(), StoreError> {
    state
        .prepare_cached(
            "UPDATE operation_target SET uid_validity = ?3, uid = ?4
             WHERE mailbox = ?1 AND message = ?2 AND state IN (0, 4, 6, 7)",
        )
        .and_then(|mut statement| {
            statement.execute(params![
                target.mailbox.get(),
                signed(target.message.get()),
                validity,
                uid
            ])
        })
        .map(|_| ())
        .doing("give a target its new address")
}

/// Makes the open operations on one message those on another: both turned out to be the same.
pub(in crate::store) fn rename(
    state: &Connection,
    mailbox: MailboxId,
    from: MessageId,
    to: MessageId,
) -> Result<(), StoreError> {
    state
        .prepare_cached(
            "UPDATE OR IGNORE operation_target SET message = ?3
             WHERE mailbox = ?1 AND message = ?2 AND state IN (0, 4, 6, 7)",
        )
        .and_then(|mut statement| {
            statement.execute(params![mailbox.get(), signed(from.get()), signed(to.get())])
        })
        .map(|_| ())
        .doing("rebind an operation")
}
