//! The journal in `state.db` as it is read: operations, their targets, and how each target stands.

pub(super) mod changes;
pub(super) mod closing;
pub(super) mod deciding;
pub(super) mod expecting;
pub(super) mod folder_plans;
pub(super) mod giving_up;
pub(super) mod ledger;
pub(super) mod open_operations;
pub(super) mod operations;
pub(super) mod outcomes;
pub(super) mod pending;
pub(super) mod projection;
pub(super) mod prune;
pub(super) mod rearranging;
pub(super) mod recording;
pub(super) mod undo;
pub(super) mod undo_target;
pub(super) mod undoing;

use rusqlite::{Connection, OptionalExtension, Params, Row, params};

use crate::channel::error::StoreError;
use crate::channel::operation::{Address, Change, GroupId, OperationId, Target};
use crate::mail::account::AccountId;
use crate::mail::mailbox::MailboxId;
use crate::mail::message_id::{MessageId, MessageKey};
use crate::mail::uid::{Uid, UidValidity};
use crate::store::disk::sql::{Doing, small, unsigned};
use crate::store::journal::changes::Columns;

/// The states of a target, as numbers of `operation_target.state`.
pub(super) mod state {
    /// It waits.
    pub const OPEN: i64 = 0;
    /// The server has it.
    pub const DONE: i64 = 1;
    /// The message was gone.
    pub const GONE: i64 = 2;
    /// The server refused.
    pub const PARKED: i64 = 3;
    /// A command with it may have left.
    pub const SENT: i64 = 4;
    /// Taken back before it was sent, or given up: then with a reason.
    pub const UNDONE: i64 = 5;
    /// A keyword that stays on this machine.
    pub const LOCAL: i64 = 6;
    /// Moved or deleted, but the original stays on the server, marked `\\Deleted`, and hidden here.
    pub const MARKED: i64 = 7;
}

/// An operation of the journal that has targets which are open or parked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenOperation {
    /// Its number; the order of replay.
    pub id: OperationId,
    /// The action that it belongs to.
    pub group: GroupId,
    /// Whose.
    pub account: AccountId,
    /// What is to change.
    pub change: Change,
    /// Targets still open. Empty when only parked ones are left, while their mailboxes are not listed, and for changes of
    /// folders.
    pub targets: Vec<OpenTarget>,
    /// How a change of a folder stands; `None` for changes of messages.
    pub folder: Option<FolderState>,
    /// The folder that changes, the one that is to be created included; `None` for changes of messages.
    pub folder_mailbox: Option<MailboxId>,
    /// How often it was tried.
    pub attempts: u32,
    /// When it was recorded, seconds since the epoch.
    pub created: i64,
    /// When its hold ends, seconds since the epoch; 0 for none. See [`OpenOperation::is_held`].
    pub not_before: i64,
    /// Targets that wait for the user, with the reason.
    pub parked: Vec<(Target, String)>,
}

impl OpenOperation {
    /// Whether its hold still lasts. A clock that was set back ends it: nothing waits for a time that may never come.
    #[must_use]
    pub const fn is_held(&self, now: i64) -> bool {
        is_held(self.created, self.not_before, now)
    }
}

/// Whether what was recorded at `created` and is not to be sent before `not_before` is still held.
pub(super) const fn is_held(created: i64, not_before: i64, now: i64) -> bool {
    created <= now && now < not_before
}

/// A target that has not ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OpenTarget {
    /// Which message in which mailbox.
    pub target: Target,
    /// The server's address; `None` while it is unknown: a mailbox renumbered and not read again yet, or a message whose
    /// move there is still open.
    pub key: Option<MessageKey>,
    /// Whether it was claimed: a command with it may have reached the server.
    pub is_sent: bool,
    /// Of a claimed move or copy: the UIDVALIDITY and UIDNEXT of the destination before the command left, where they were
    /// known. What arrived there by the command has that UID or a higher one.
    pub floor: Option<Address>,
}

/// What a mailbox shows of a message that may have come to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Arrival {
    /// Nothing.
    Missing,
    /// Nobody knows: what the message looked like went with a lost cache, or with the original.
    Unknown,
    /// Messages like it: which of them it is cannot be told.
    Like,
    /// The message itself.
    At(Address),
}

/// How a change of a folder stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FolderState {
    /// It waits.
    Open,
    /// It was claimed: a command with it may have reached the server.
    Sent,
    /// The server refused, with the reason; it waits for the user.
    Parked(String),
}

/// An operation, and the address (UIDVALIDITY, UID) that was recorded with each of its open targets; 0 for none.
pub(super) type Unresolved = (OpenOperation, Vec<(u32, u32)>);

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

/// Account and folder of an operation about a folder; `None` for any other.
pub(super) fn folder_of(
    state: &Connection,
    operation: OperationId,
) -> Result<Option<(AccountId, MailboxId)>, StoreError> {
    state
        .prepare_cached(
            "SELECT o.account, t.mailbox FROM operation o JOIN operation_target t ON t.operation = o.id
             WHERE o.id = ?1 AND t.message = 0",
        )
        .and_then(|mut statement| {
            statement
                .query_row([operation.0], |row| {
                    let account = AccountId::new(small(row.get(0)?));
                    Ok((account, MailboxId::new(small(row.get(1)?))))
                })
                .optional()
        })
        .doing("look which folder an operation is about")
}

/// The open targets of an account, in the order of their operations.
pub(super) fn open_targets(
    state: &Connection,
    account: AccountId,
) -> Result<Vec<(OperationId, Target)>, StoreError> {
    let mut statement = state
        .prepare_cached(
            "SELECT o.id, t.mailbox, t.message FROM operation o JOIN operation_target t ON t.operation = o.id
             WHERE o.account = ?1 AND o.n_open > 0 AND t.state IN (0, 4) ORDER BY o.id, t.mailbox, t.uid",
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

/// The operations of an account with open or parked targets, without server addresses, in the order of recording.
pub(super) fn unfinished(
    state: &Connection,
    account: AccountId,
) -> Result<Vec<Unresolved>, StoreError> {
    read(state, &unfinished_sql(), account, params![account.get()])
}

fn unfinished_sql() -> String {
    format!(
        "SELECT {} FROM operation o JOIN operation_target t ON t.operation = o.id
         WHERE o.account = ?1 AND t.state IN (0, 3, 4) AND (o.n_open > 0 OR o.id IN
         (SELECT operation FROM operation_target WHERE state = 3))
         ORDER BY o.id, t.mailbox, t.uid",
        columns()
    )
}

/// Of the messages that are to be changed in a mailbox all open targets, wherever they are, and the open changes of
/// folders; as [`unfinished`] has them. What is read follows the number of these messages, not of all that is open.
pub(super) fn bearing_on(
    state: &Connection,
    account: AccountId,
    mailbox: MailboxId,
) -> Result<Vec<Unresolved>, StoreError> {
    let bound = params![account.get(), mailbox.get()];
    read(state, &bearing_on_sql(), account, bound)
}

fn bearing_on_sql() -> String {
    // The list of states twice: as the index of the open targets has it, and what is asked for.
    format!(
        "SELECT {} FROM operation_target t JOIN operation o ON o.id = t.operation
         WHERE t.message IN (SELECT 0 UNION SELECT here.message FROM operation p
         JOIN operation_target here ON here.operation = p.id AND here.mailbox = ?2 AND here.state IN (0, 4)
         WHERE p.account = ?1 AND p.n_open > 0)
         AND t.state IN (0, 4, 6, 7) AND t.state IN (0, 4) AND o.account = ?1
         ORDER BY o.id, t.mailbox, t.uid",
        columns()
    )
}

/// An operation, what it changes (from the sixth on), and one of its targets.
fn columns() -> String {
    format!(
        "o.id, o.undo_group, o.attempts, o.created, o.not_before, {}, t.mailbox, t.message, t.state, t.reason,
         t.uid_validity, t.uid, t.to_validity, t.to_uid_next",
        changes::COLUMNS
    )
}

fn read(
    state: &Connection,
    sql: &str,
    account: AccountId,
    bound: impl Params,
) -> Result<Vec<Unresolved>, StoreError> {
    let mut statement = state.prepare_cached(sql).doing("read the journal")?;
    let mut rows = statement.query(bound).doing("read the journal")?;
    let mut all: Vec<Unresolved> = Vec::new();
    while let Some(row) = rows.next().doing("read the journal")? {
        let id = OperationId(row.get(0).doing("read the journal")?);
        if all.last().is_none_or(|(last, _)| last.id != id) {
            let Some(operation) = operation(row, id, account).doing("read the journal")? else {
                continue;
            };
            all.push((operation, Vec::new()));
        }
        if let Some(unresolved) = all.last_mut() {
            target(row, unresolved).doing("read the journal")?;
        }
    }
    Ok(all)
}

fn operation(
    row: &Row<'_>,
    id: OperationId,
    account: AccountId,
) -> rusqlite::Result<Option<OpenOperation>> {
    let Some(change) = Columns::read(row, 5)?.change() else {
        return Ok(None);
    };
    Ok(Some(OpenOperation {
        id,
        group: GroupId(row.get(1)?),
        account,
        change,
        targets: Vec::new(),
        folder: None,
        folder_mailbox: None,
        attempts: small(row.get(2)?),
        created: row.get(3)?,
        not_before: row.get(4)?,
        parked: Vec::new(),
    }))
}

fn target(row: &Row<'_>, (operation, addresses): &mut Unresolved) -> rusqlite::Result<()> {
    let code: i64 = row.get(13)?;
    let Some(message) = MessageId::new(unsigned(row.get(12)?)) else {
        operation.folder_mailbox = Some(MailboxId::new(small(row.get(11)?)));
        operation.folder = Some(match code {
            state::OPEN => FolderState::Open,
            state::SENT => FolderState::Sent,
            _ => FolderState::Parked(row.get(14)?),
        });
        return Ok(());
    };
    let target = Target {
        message,
        mailbox: MailboxId::new(small(row.get(11)?)),
    };
    if code == state::PARKED {
        operation.parked.push((target, row.get(14)?));
        return Ok(());
    }
    let validity = UidValidity::new(small(row.get(17)?));
    let floor = validity.zip(Uid::new(small(row.get(18)?)));
    operation.targets.push(OpenTarget {
        target,
        key: None,
        is_sent: code == state::SENT,
        floor: floor.map(|(validity, uid)| Address { validity, uid }),
    });
    addresses.push((small(row.get(15)?), small(row.get(16)?)));
    Ok(())
}

#[cfg(test)]
mod tests;
