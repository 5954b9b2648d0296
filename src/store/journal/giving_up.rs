//! How targets of the journal end or open again by the user's word.

use std::collections::BTreeSet;

use rusqlite::{Connection, params};

use crate::channel::error::StoreError;
use crate::channel::operation::{GroupId, OperationId, Target};
use crate::mail::account::AccountId;
use crate::mail::mailbox::MailboxId;
use crate::mail::message_id::MessageId;
use crate::store::disk::sql::{Doing, signed, small, unsigned};
use crate::store::journal::closing;
use crate::store::messages::truth;

/// The reason of a target that the user gave up; one that undo ended has none.
pub(super) const DROPPED: &str = "given up";

/// Ends targets that were never sent, or that were refused, or whose keyword was only here.
pub(super) fn cancel(
    state: &Connection,
    targets: &[(OperationId, Target)],
    reason: &str,
) -> Result<(), StoreError> {
    let mut update = state
        .prepare_cached(
            "UPDATE operation_target SET state = 5, reason = ?4
             WHERE operation = ?1 AND mailbox = ?2 AND message = ?3 AND state IN (0, 3, 6)",
        )
        .doing("take a target back")?;
    let mut operations = BTreeSet::new();
    for (operation, target) in targets {
        update
            .execute(params![
                operation.0,
                target.mailbox.get(),
                signed(target.message.get()),
                reason
            ])
            .doing("take a target back")?;
        operations.insert(*operation);
    }
    for operation in operations {
        closing::recount(state, operation)?;
    }
    Ok(())
}

/// Ends changes of folders that were never sent, or that were refused.
pub(super) fn cancel_folders(
    state: &Connection,
    operations: &[OperationId],
    reason: &str,
) -> Result<(), StoreError> {
    for operation in operations {
        state
            .prepare_cached(
                "UPDATE operation_target SET state = 5, reason = ?2
                 WHERE operation = ?1 AND message = 0 AND state IN (0, 3)",
            )
            .and_then(|mut statement| statement.execute(params![operation.0, reason]))
            .doing("take back a change of a folder")?;
        closing::recount(state, *operation)?;
    }
    Ok(())
}

/// Marks a group as taken back, and as the last such; one that was done again, or that nothing is to be done about, is
/// marked for good.
pub(super) fn mark(
    state: &Connection,
    group: GroupId,
    redo: bool,
    for_good: bool,
) -> Result<(), StoreError> {
    let sql = if redo || for_good {
        "UPDATE undo_group SET undone = -1 WHERE id = ?1"
    } else {
        "UPDATE undo_group SET undone = 1 + max(0, (SELECT coalesce(max(undone), 0) FROM undo_group WHERE undone > 0))
         WHERE id = ?1"
    };
    state
        .prepare_cached(sql)
        .and_then(|mut statement| statement.execute([group.0]))
        .map(|_| ())
        .doing("mark an action as taken back")
}

/// Ends the holds of an account, or (`None`) of all.
pub(super) fn end_holds(state: &Connection, account: Option<AccountId>) -> Result<(), StoreError> {
    state
        .prepare_cached(
            "UPDATE operation SET not_before = 0
             WHERE n_open > 0 AND not_before > 0 AND (?1 IS NULL OR account = ?1)",
        )
        .and_then(|mut statement| statement.execute([account.map(AccountId::get)]))
        .map(|_| ())
        .doing("end the holds")
}

/// Opens refused targets again, at the addresses that their messages have now; `None` where there are none.
///
/// What was claimed with a floor stays claimed: the copy may have been made before the refusal (of a removal, where MOVE is
/// not offered), and a second one must not come of it. The engine looks first.
pub(super) fn retry(
    state: &Connection,
    cache: &Connection,
    operation: OperationId,
) -> Result<Option<BTreeSet<MessageId>>, StoreError> {
    let refused = targets(
        state,
        operation,
        "SELECT mailbox, message FROM operation_target WHERE operation = ?1 AND state = 3",
    )?;
    let n_rows = state
        .prepare_cached(
            "UPDATE operation_target SET state = CASE WHEN to_validity > 0 THEN 4 ELSE 0 END, reason = ''
             WHERE operation = ?1 AND state = 3",
        )
        .and_then(|mut statement| statement.execute([operation.0]))
        .doing("open an operation again")?;
    if n_rows == 0 {
        return Ok(None);
    }
    for target in &refused {
        if let Some(row) = truth::find(cache, *target)?.filter(|row| row.uid > 0) {
            closing::readdress(state, *target, row.validity, row.uid)?;
        }
    }
    state
        .prepare_cached("UPDATE operation SET attempts = 0, not_before = 0 WHERE id = ?1")
        .and_then(|mut statement| statement.execute([operation.0]))
        .doing("open an operation again")?;
    closing::recount(state, operation)?;
    let messages = refused.iter().map(|target| target.message);
    Ok(Some(messages.collect()))
}

/// The targets of an operation that were refused or never sent.
pub(super) fn droppable(
    state: &Connection,
    operation: OperationId,
) -> Result<Vec<Target>, StoreError> {
    targets(
        state,
        operation,
        "SELECT mailbox, message FROM operation_target WHERE operation = ?1 AND state IN (0, 3)",
    )
}

/// Whether an operation is a change of a folder that was refused or never sent.
pub(super) fn is_open_folder(
    state: &Connection,
    operation: OperationId,
) -> Result<bool, StoreError> {
    state
        .prepare_cached(
            "SELECT 1 FROM operation_target WHERE operation = ?1 AND message = 0 AND state IN (0, 3)",
        )
        .and_then(|mut statement| statement.exists([operation.0]))
        .doing("look at a change of a folder")
}

fn targets(
    state: &Connection,
    operation: OperationId,
    sql: &str,
) -> Result<Vec<Target>, StoreError> {
    let mut statement = state.prepare_cached(sql).doing("read targets")?;
    let rows = statement
        .query_map([operation.0], |row| {
            let mailbox = MailboxId::new(small(row.get(0)?));
            let message = MessageId::new(unsigned(row.get(1)?));
            Ok(message.map(|message| Target { message, mailbox }))
        })
        .and_then(Iterator::collect::<rusqlite::Result<Vec<_>>>)
        .doing("read targets")?;
    Ok(rows.into_iter().flatten().collect())
}
