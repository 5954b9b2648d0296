//! The ledger: the operations of the journal in rows for a screen.

use std::collections::{BTreeMap, BTreeSet};

use rusqlite::{Connection, Row, params};

use crate::channel::error::StoreError;
use crate::channel::ledger::{Ledger, LedgerFolder, LedgerRow, LedgerState};
use crate::channel::operation::{Change, FolderChange, GroupId, OperationId};
use crate::mail::account::AccountId;
use crate::mail::flag::SystemFlag;
use crate::mail::mailbox::{MailboxId, MailboxName};
use crate::mail::safe_text::SafeText;
use crate::store::disk::sql::{Doing, now, small, unsigned};
use crate::store::journal::changes::{self, Columns};
use crate::store::journal::{is_held, state as code};
use crate::store::reader::Reader;

/// Rows of what is open or parked, and of what has ended.
const OPEN_ROWS: i64 = 1_000;
const ENDED_ROWS: i64 = 200;

impl Reader {
    /// The journal in rows for a screen, and when each folder was last brought up to date.
    ///
    /// # Errors
    /// What the disk said.
    pub fn ledger(&mut self) -> Result<Ledger, StoreError> {
        let folders = self.folders()?.into_iter();
        let rows = self.checked(rows(&self.state, &self.cache, now()))?;
        let folders = folders
            .filter(|row| row.selectable)
            .map(|row| LedgerFolder {
                account: row.account,
                mailbox: row.mailbox,
                name: row.name,
                synced_at: row.synced_at,
            });
        Ok(Ledger {
            rows,
            folders: folders.collect(),
        })
    }

    /// Messages that were gone from the server when one of these operations came to it.
    ///
    /// # Errors
    /// What the disk said.
    pub fn n_gone(&mut self, operations: &[OperationId]) -> Result<u64, StoreError> {
        let mut messages = BTreeSet::new();
        let mut statement = self
            .state
            .prepare_cached(
                "SELECT message FROM operation_target WHERE operation = ?1 AND state = ?2 AND message <> 0",
            )
            .doing("count what is gone")?;
        for operation in operations {
            let found =
                statement.query_map(params![operation.0, code::GONE], |row| row.get::<_, i64>(0));
            for message in found.doing("count what is gone")? {
                messages.insert(message.doing("count what is gone")?);
            }
        }
        Ok(messages.len() as u64)
    }
}

/// The operations that are open or parked, oldest first, then those that ended last, newest first.
fn rows(state: &Connection, cache: &Connection, now: i64) -> Result<Vec<LedgerRow>, StoreError> {
    let names = names(state, cache)?;
    let waits =
        "(o.n_open > 0 OR o.id IN (SELECT operation FROM operation_target WHERE state = 3))";
    let mut rows = Vec::new();
    for (which, order, limit) in [
        (waits, "o.id", OPEN_ROWS),
        ("NOT ", "o.id DESC", ENDED_ROWS),
    ] {
        let which = match which {
            "NOT " => format!("NOT {waits}"),
            which => which.to_owned(),
        };
        let mut statement = state
            .prepare_cached(&format!(
                "SELECT o.id, o.undo_group, coalesce(g.label, ''), o.account, o.attempts, o.created, o.not_before, {}
                 FROM operation o JOIN account a ON a.id = o.account LEFT JOIN undo_group g ON g.id = o.undo_group
                 WHERE a.active = 1 AND {which} ORDER BY {order} LIMIT ?1",
                changes::COLUMNS
            ))
            .doing("read the ledger")?;
        let mut found = statement.query(params![limit]).doing("read the ledger")?;
        while let Some(row) = found.next().doing("read the ledger")? {
            let Some(mut ledger_row) = read(row, &names).doing("read the ledger")? else {
                continue;
            };
            count(state, &mut ledger_row, &names)?;
            ledger_row.state = stands(&ledger_row, now);
            rows.push(ledger_row);
        }
    }
    Ok(rows)
}

type Names = BTreeMap<MailboxId, SafeText>;

/// The names of all mailboxes, those that are gone included.
fn names(state: &Connection, cache: &Connection) -> Result<Names, StoreError> {
    let mut names = Names::new();
    // The cache's word is the newer one.
    for db in [state, cache] {
        let mut statement = db
            .prepare_cached("SELECT id, name FROM mailbox")
            .doing("read the names of folders")?;
        let mut rows = statement.query([]).doing("read the names of folders")?;
        while let Some(row) = rows.next().doing("read the names of folders")? {
            let id: i64 = row.get(0).doing("read the names of folders")?;
            let name: Vec<u8> = row.get(1).doing("read the names of folders")?;
            names.insert(MailboxId::new(small(id)), shown(&name));
        }
    }
    Ok(names)
}

fn shown(name: &[u8]) -> SafeText {
    SafeText::line(&MailboxName::from_raw(name).display())
}

fn read(row: &Row<'_>, names: &Names) -> rusqlite::Result<Option<LedgerRow>> {
    let columns = Columns::read(row, 7)?;
    let Some(change) = columns.change() else {
        return Ok(None);
    };
    let to = change.destination();
    let not_before: i64 = row.get(6)?;
    Ok(Some(LedgerRow {
        operation: OperationId(row.get(0)?),
        group: GroupId(row.get(1)?),
        account: AccountId::new(small(row.get(3)?)),
        label: SafeText::line(row.get_ref(2)?.as_str()?),
        kind: kind(&change),
        detail: detail(&change),
        from: SafeText::default(),
        to: to
            .and_then(|to| names.get(&to).cloned())
            .unwrap_or_default(),
        n_open: 0,
        n_sent: 0,
        n_done: 0,
        n_gone: 0,
        n_parked: 0,
        n_local: 0,
        state: LedgerState::Done,
        attempts: small(row.get(4)?),
        error: SafeText::default(),
        created: row.get(5)?,
        not_before: Some(not_before).filter(|seconds| *seconds > 0),
    }))
}

/// Counts the targets of an operation by how they stand.
fn count(state: &Connection, row: &mut LedgerRow, names: &Names) -> Result<(), StoreError> {
    let mut statement = state
        .prepare_cached(
            "SELECT state, count(*), min(mailbox), max(reason) FROM operation_target WHERE operation = ?1
             GROUP BY state ORDER BY state",
        )
        .doing("count the targets of an operation")?;
    let mut found = statement
        .query([row.operation.0])
        .doing("count the targets of an operation")?;
    let mut n_undone = 0;
    while let Some(some) = found.next().doing("count the targets of an operation")? {
        let number = |at: usize| {
            some.get::<_, i64>(at)
                .doing("count the targets of an operation")
        };
        let (state, n) = (number(0)?, unsigned(number(1)?));
        if let Some(name) = names.get(&MailboxId::new(small(number(2)?)))
            && row.from.as_str().is_empty()
        {
            row.from = name.clone();
        }
        match state {
            code::OPEN => row.n_open = n,
            code::DONE | code::MARKED => row.n_done += n,
            code::GONE => row.n_gone = n,
            code::PARKED => {
                row.n_parked = n;
                let reason: String = some.get(3).doing("count the targets of an operation")?;
                row.error = SafeText::line(&reason);
            }
            code::SENT => row.n_sent = n,
            code::LOCAL => row.n_local = n,
            _ => n_undone = n,
        }
    }
    if n_undone > 0 && row.n_done + row.n_gone + row.n_local == 0 {
        row.state = LedgerState::Undone;
    }
    Ok(())
}

fn stands(row: &LedgerRow, now: i64) -> LedgerState {
    if row.n_sent > 0 {
        LedgerState::Running
    } else if row.n_open > 0 {
        let until = row.not_before.unwrap_or(0);
        if is_held(row.created, until, now) {
            LedgerState::Held
        } else {
            LedgerState::Queued
        }
    } else if row.n_parked > 0 {
        LedgerState::Parked
    } else {
        row.state
    }
}

const fn kind(change: &Change) -> &'static str {
    match change {
        Change::Flag {
            flag: SystemFlag::Seen,
            on,
        } => {
            if *on {
                "read"
            } else {
                "unread"
            }
        }
        Change::Flag { on: true, .. } => "flag",
        Change::Flag { on: false, .. } => "unflag",
        Change::Keyword { .. } => "keyword",
        Change::Move { .. } => "move",
        Change::Copy { .. } => "copy",
        Change::Delete => "delete",
        Change::Folder(FolderChange::Create { .. }) => "create",
        Change::Folder(FolderChange::Rename { .. }) => "rename",
        Change::Folder(FolderChange::Delete { .. }) => "remove",
        Change::Folder(FolderChange::Subscribe { on: true, .. }) => "subscribe",
        Change::Folder(FolderChange::Subscribe { on: false, .. }) => "unsubscribe",
    }
}

fn detail(change: &Change) -> SafeText {
    match change {
        Change::Keyword { keyword, on } => {
            let sign = if *on { '+' } else { '-' };
            SafeText::line(&format!("{sign}{}", keyword.as_str()))
        }
        Change::Folder(FolderChange::Create { name } | FolderChange::Rename { to: name, .. }) => {
            SafeText::line(&name.display())
        }
        _ => SafeText::default(),
    }
}
