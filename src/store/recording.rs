//! How a user's action comes into the journal.

use rusqlite::{Connection, params};

use crate::channel::error::StoreError;
use crate::channel::operation::{Action, Change, GroupId, OperationId, Recorded, Target};
use crate::mail::account::AccountId;
use crate::store::changes::Columns;
use crate::store::failpoint;
use crate::store::placements::{self, Placement};
use crate::store::sql::{Doing, now, signed, transaction};

/// Commits an action on those of its targets that exist.
pub(super) fn record(
    state: &Connection,
    cache: &Connection,
    action: &Action,
) -> Result<Recorded, StoreError> {
    let found = existing(cache, &action.targets)?;
    if found.is_empty() {
        return Err(StoreError::Gone);
    }
    let recorded = transaction(state, |state| {
        let group = group(state, action.account, &action.label, GroupId(0))?;
        let mut operations = Vec::with_capacity(action.changes.len());
        for change in &action.changes {
            let entry = Entry {
                account: action.account,
                group,
                change,
                hold_seconds: action.hold_seconds,
                undoes: OperationId(0),
            };
            operations.push(entry.write(state, &found)?);
        }
        failpoint::pass("journal.before-commit");
        Ok(Recorded {
            group,
            operations,
            n_targets: found.len(),
            created: None,
        })
    })?;
    failpoint::pass("journal.after-commit");
    Ok(recorded)
}

/// The placements of the targets that exist, each once: the same message twice is one target.
fn existing(cache: &Connection, targets: &[Target]) -> Result<Vec<Placement>, StoreError> {
    let mut found = Vec::with_capacity(targets.len());
    for target in targets {
        found.extend(placements::find(cache, *target)?);
    }
    found.sort_by_key(|placement| placement.target);
    found.dedup_by_key(|placement| placement.target);
    Ok(found)
}

/// Begins a group; `undoes` is the group that it takes back, 0 for none.
fn group(
    state: &Connection,
    account: AccountId,
    label: &str,
    undoes: GroupId,
) -> Result<GroupId, StoreError> {
    state
        .prepare_cached(
            "INSERT INTO undo_group (label, created, account, undoes) VALUES (?1, ?2, ?3, ?4)",
        )
        .and_then(|mut statement| statement.execute(params![label, now(), account.get(), undoes.0]))
        .doing("record an action")?;
    Ok(GroupId(state.last_insert_rowid()))
}

/// One operation, about to be written.
struct Entry<'a> {
    account: AccountId,
    group: GroupId,
    change: &'a Change,
    hold_seconds: u32,
    /// The operation that it takes back; 0 for none.
    undoes: OperationId,
}

impl Entry<'_> {
    fn write(&self, state: &Connection, found: &[Placement]) -> Result<OperationId, StoreError> {
        let now = now();
        let not_before = match self.hold_seconds {
            0 => 0,
            seconds => now.saturating_add(i64::from(seconds)),
        };
        let columns = Columns::of(self.change);
        let [kind, flag, is_on, keyword, mailbox, name] = columns.values();
        let n_open = signed(found.len() as u64);
        state
            .prepare_cached(
                "INSERT INTO operation (account, undo_group, undoes, created, not_before, n_open, kind, flag, is_on,
                 keyword, mailbox, name) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)",
            )
            .and_then(|mut statement| {
                statement.execute(params![
                    self.account.get(),
                    self.group.0,
                    self.undoes.0,
                    now,
                    not_before,
                    n_open,
                    kind,
                    flag,
                    is_on,
                    keyword,
                    mailbox,
                    name,
                ])
            })
            .doing("record an operation")?;
        let id = OperationId(state.last_insert_rowid());
        targets(state, id, found)?;
        Ok(id)
    }
}

fn targets(state: &Connection, id: OperationId, found: &[Placement]) -> Result<(), StoreError> {
    let mut insert = state
        .prepare_cached(
            "INSERT INTO operation_target (operation, mailbox, message, uid_validity, uid, before_flags, before_keywords)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
        )
        .doing("record a target")?;
    for placement in found {
        insert
            .execute(params![
                id.0,
                placement.target.mailbox.get(),
                signed(placement.target.message.get()),
                placement.validity,
                placement.uid,
                placement.effective.bits(),
                placements::keywords(&placement.effective),
            ])
            .doing("record a target")?;
    }
    Ok(())
}
