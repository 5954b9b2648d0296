//! The journal in `state.db`: operations, their targets, and how each target ended.

use rusqlite::{Connection, params};

use crate::channel::error::StoreError;
use crate::channel::operation::{Change, Operation, OperationId, Outcome, Target};
use crate::mail::account::AccountId;
use crate::mail::mailbox::MailboxId;
use crate::mail::message_id::{MessageId, MessageKey};
use crate::store::failpoint;
use crate::store::placements::{self, Placement};
use crate::store::sql::{Doing, now, small, transaction, unsigned};

/// An operation of the journal that has targets which are open or parked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenOperation {
    /// Its number; the order of replay.
    pub id: OperationId,
    /// Whose.
    pub account: AccountId,
    /// What is to change.
    pub change: Change,
    /// Targets still open, with the server's address; `None` while it is unknown (a mailbox renumbered and not read
    /// again yet). Empty when only parked ones are left, or while their mailboxes are not listed.
    pub targets: Vec<(Target, Option<MessageKey>)>,
    /// How often it was tried.
    pub attempts: u32,
    /// When it was recorded, seconds since the epoch.
    pub created: i64,
    /// Targets that wait for the user, with the reason.
    pub parked: Vec<(Target, String)>,
}

/// Commits an operation on those of its targets that exist.
pub(super) fn record(
    state: &Connection,
    cache: &Connection,
    operation: &Operation,
) -> Result<OperationId, StoreError> {
    let mut found = Vec::with_capacity(operation.targets.len());
    for target in &operation.targets {
        found.extend(placements::find(cache, *target)?);
    }
    // The same message twice is one target.
    found.sort_by_key(|placement| placement.target);
    found.dedup_by_key(|placement| placement.target);
    if found.is_empty() {
        return Err(StoreError::Gone);
    }
    let Change::Flag { flag, on } = operation.change;
    let id = transaction(state, |state| {
        state
            .prepare_cached(
                "INSERT INTO operation (account, kind, flag, is_on, created, n_open) VALUES (?1, 'flag', ?2, ?3, ?4, ?5)",
            )
            .and_then(|mut statement| {
                statement.execute(params![
                    operation.account.get(),
                    flag.bit(),
                    on,
                    now(),
                    i64::try_from(found.len()).unwrap_or(i64::MAX),
                ])
            })
            .doing("record an operation")?;
        let id = state.last_insert_rowid();
        targets(state, id, &found)?;
        failpoint::pass("journal.before-commit");
        Ok(OperationId(id))
    })?;
    failpoint::pass("journal.after-commit");
    Ok(id)
}

fn targets(state: &Connection, id: i64, found: &[Placement]) -> Result<(), StoreError> {
    let mut insert = state
        .prepare_cached(
            "INSERT INTO operation_target (operation, mailbox, message, uid_validity, uid, before_flags, before_keywords)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
        )
        .doing("record a target")?;
    for placement in found {
        insert
            .execute(params![
                id,
                placement.target.mailbox.get(),
                i64::try_from(placement.target.message.get()).unwrap_or(i64::MAX),
                placement.validity,
                placement.uid,
                placement.effective.bits(),
                placements::keywords(&placement.effective),
            ])
            .doing("record a target")?;
    }
    Ok(())
}

/// Operations with open targets.
pub(super) fn n_pending(state: &Connection, account: Option<AccountId>) -> Result<u64, StoreError> {
    state
        .prepare_cached(
            "SELECT count(*) FROM operation WHERE n_open > 0 AND (?1 IS NULL OR account = ?1)",
        )
        .and_then(|mut statement| {
            statement.query_row([account.map(AccountId::get)], |row| row.get::<_, i64>(0))
        })
        .map(unsigned)
        .doing("count open operations")
}

/// The open targets of an account, in the order of their operations.
pub(super) fn open_targets(
    state: &Connection,
    account: AccountId,
) -> Result<Vec<(OperationId, Target)>, StoreError> {
    let mut statement = state
        .prepare_cached(
            "SELECT o.id, t.mailbox, t.message FROM operation o JOIN operation_target t ON t.operation = o.id
             WHERE o.account = ?1 AND o.n_open > 0 AND t.state = 0 ORDER BY o.id, t.mailbox, t.uid",
        )
        .doing("read open targets")?;
    let rows = statement
        .query_map([account.get()], |row| {
            let mailbox = MailboxId::new(small(row.get(1)?));
            let message = MessageId::new(unsigned(row.get(2)?));
            let id = OperationId(row.get(0)?);
            Ok(message.map(|message| (id, Target { message, mailbox })))
        })
        .and_then(Iterator::collect::<rusqlite::Result<Vec<_>>>)
        .doing("read open targets")?;
    Ok(rows.into_iter().flatten().collect())
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
             WHERE operation = ?1 AND mailbox = ?2 AND message = ?3 AND state = 0",
        )
        .doing("end a target")?;
    for (target, outcome) in outcomes {
        let (code, reason) = match outcome {
            Outcome::Done => (1, String::new()),
            Outcome::Gone => (2, String::new()),
            Outcome::Parked(error) => (3, error.to_string()),
        };
        let n_rows = update
            .execute(params![
                operation.0,
                target.mailbox.get(),
                i64::try_from(target.message.get()).unwrap_or(i64::MAX),
                code,
                reason,
            ])
            .doing("end a target")?;
        if n_rows > 0 {
            ended.push((*target, outcome.clone()));
        }
    }
    recount(state, operation)?;
    Ok(ended)
}

fn recount(state: &Connection, operation: OperationId) -> Result<(), StoreError> {
    state
        .prepare_cached(
            "UPDATE operation SET n_open =
             (SELECT count(*) FROM operation_target WHERE operation = ?1 AND state = 0) WHERE id = ?1",
        )
        .and_then(|mut statement| statement.execute([operation.0]))
        .map(|_| ())
        .doing("recount an operation")
}

/// Parks everything of an account: its name now points at another login or host.
pub(super) fn park_account(
    state: &Connection,
    account: i64,
    reason: &str,
) -> Result<(), StoreError> {
    for sql in [
        "UPDATE operation_target SET state = 3, reason = ?2
         WHERE state = 0 AND operation IN (SELECT id FROM operation WHERE account = ?1)",
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
pub(super) fn readdress(
    state: &Connection,
    target: Target,
    validity: u32,
    uid: u32,
) -> Result<(), StoreError> {
    state
        .prepare_cached(
            "UPDATE operation_target SET uid_validity = ?3, uid = ?4 WHERE mailbox = ?1 AND message = ?2 AND state = 0",
        )
        .and_then(|mut statement| {
            statement.execute(params![
                target.mailbox.get(),
                i64::try_from(target.message.get()).unwrap_or(i64::MAX),
                validity,
                uid
            ])
        })
        .map(|_| ())
        .doing("give a target its new address")
}

/// Makes the open operations on one message those on another: both turned out to be the same.
pub(super) fn rename(
    state: &Connection,
    mailbox: MailboxId,
    from: MessageId,
    to: MessageId,
) -> Result<(), StoreError> {
    let number = |id: MessageId| i64::try_from(id.get()).unwrap_or(i64::MAX);
    state
        .prepare_cached(
            "UPDATE OR IGNORE operation_target SET message = ?3 WHERE mailbox = ?1 AND message = ?2 AND state = 0",
        )
        .and_then(|mut statement| {
            statement.execute(params![mailbox.get(), number(from), number(to)])
        })
        .map(|_| ())
        .doing("rebind an operation")
}

/// An operation, and the address (UIDVALIDITY, UID) that was recorded with each of its open targets; 0 for none.
pub(super) type Recorded = (OpenOperation, Vec<(u32, u32)>);

/// The operations of an account with open or parked targets, without server addresses, in the order of recording.
pub(super) fn unfinished(
    state: &Connection,
    account: AccountId,
) -> Result<Vec<Recorded>, StoreError> {
    let mut statement = state
        .prepare_cached(
            "SELECT o.id, o.kind, o.flag, o.is_on, o.attempts, o.created, t.mailbox, t.message, t.state, t.reason,
             t.uid_validity, t.uid FROM operation o JOIN operation_target t ON t.operation = o.id
             WHERE o.account = ?1 AND t.state IN (0, 3) AND (o.n_open > 0 OR o.id IN
             (SELECT operation FROM operation_target WHERE state = 3))
             ORDER BY o.id, t.mailbox, t.uid",
        )
        .doing("read the journal")?;
    let mut rows = statement.query([account.get()]).doing("read the journal")?;
    let mut all: Vec<Recorded> = Vec::new();
    while let Some(row) = rows.next().doing("read the journal")? {
        let number = |at: usize| row.get::<_, i64>(at).doing("read the journal");
        let text = |at: usize| row.get::<_, String>(at).doing("read the journal");
        let (Some(change), Some(message)) = (
            crate::store::pending::change(&text(1)?, number(2)?, number(3)?),
            MessageId::new(unsigned(number(7)?)),
        ) else {
            continue;
        };
        let id = OperationId(number(0)?);
        if all.last().is_none_or(|(last, _)| last.id != id) {
            let operation = OpenOperation {
                id,
                account,
                change,
                targets: Vec::new(),
                attempts: small(number(4)?),
                created: number(5)?,
                parked: Vec::new(),
            };
            all.push((operation, Vec::new()));
        }
        let target = Target {
            message,
            mailbox: MailboxId::new(small(number(6)?)),
        };
        if let Some((operation, addresses)) = all.last_mut() {
            if number(8)? == 0 {
                operation.targets.push((target, None));
                addresses.push((small(number(10)?), small(number(11)?)));
            } else {
                operation.parked.push((target, text(9)?));
            }
        }
    }
    Ok(all)
}
