//! How a user's action comes into the journal.

use rusqlite::{Connection, params};

use crate::channel::error::StoreError;
use crate::channel::operation::{
    Action, Change, FolderChange, GroupId, OperationId, Recorded, Target,
};
use crate::mail::account::AccountId;
use crate::mail::mailbox::MailboxId;
use crate::store::disk::sql::{Doing, now, run, signed, transaction};
use crate::store::folders::numbers;
use crate::store::journal::changes::Columns;
use crate::store::journal::undo::{Group, Step};
use crate::store::journal::undo_target::name_text;
use crate::store::messages::placements::{self, Placement};
use crate::store::{failpoint, folders};

/// Commits an action on those of its targets that exist.
pub(super) fn record(
    state: &Connection,
    cache: &Connection,
    action: &Action,
) -> Result<Recorded, StoreError> {
    let recorded = transaction(state, |state| {
        let recorded = write(state, cache, action)?;
        failpoint::pass("journal.before-commit");
        Ok(recorded)
    })?;
    failpoint::pass("journal.after-commit");
    Ok(recorded)
}

/// Writes an action on those of its targets that exist, inside a transaction of the caller.
pub(in crate::store) fn write(
    state: &Connection,
    cache: &Connection,
    action: &Action,
) -> Result<Recorded, StoreError> {
    let found = existing(cache, &action.targets)?;
    let is_folder = |change: &Change| matches!(change, Change::Folder(_));
    if found.is_empty() && !action.changes.iter().any(is_folder) {
        return Err(StoreError::Gone);
    }
    let group = group(state, action.account, &action.label, GroupId(0))?;
    if !action.label.is_empty() {
        // What was taken back before cannot be done again over something new.
        run(
            state,
            "UPDATE undo_group SET undone = -1 WHERE undone > 0",
            "end redo",
        )?;
    }
    let (mut operations, mut created) = (Vec::with_capacity(action.changes.len()), None);
    for change in &action.changes {
        let entry = Entry {
            account: action.account,
            group,
            change,
            hold_seconds: action.hold_seconds,
            undoes: OperationId(0),
        };
        operations.push(match change {
            Change::Folder(change) => {
                let (id, folder) = entry.write_folder(state, cache, change)?;
                let is_new = matches!(change, FolderChange::Create { .. });
                created = created.or(is_new.then_some(folder));
                id
            }
            _ => entry.write(state, &found)?,
        });
    }
    Ok(Recorded {
        group,
        operations,
        n_targets: found.len(),
        created,
    })
}

/// Writes the operations that take a group back, or (`undoes` is 0 then) do it again, inside a transaction of the caller.
pub(super) fn steps(
    state: &Connection,
    cache: &Connection,
    like: &Group,
    undoes: GroupId,
    steps: &[Step],
) -> Result<Vec<OperationId>, StoreError> {
    if steps.is_empty() {
        return Ok(Vec::new());
    }
    let group = group(state, like.account, &like.label, undoes)?;
    let written = steps.iter().map(|step| {
        let entry = Entry {
            account: like.account,
            group,
            change: &step.change,
            hold_seconds: 0,
            undoes: step.undoes,
        };
        if let Change::Folder(change) = &step.change {
            return Ok(entry.write_folder(state, cache, change)?.0);
        }
        let mut targets = step.targets.clone();
        targets.sort_by_key(|placement| placement.target);
        targets.dedup_by_key(|placement| placement.target);
        entry.write(state, &targets)
    });
    written.collect()
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
        let id = self.insert(state, &Columns::of(self.change), found.len())?;
        targets(state, id, found)?;
        Ok(id)
    }

    fn insert(
        &self,
        state: &Connection,
        columns: &Columns,
        n_targets: usize,
    ) -> Result<OperationId, StoreError> {
        let now = now();
        let not_before = match self.hold_seconds {
            0 => 0,
            seconds => now.saturating_add(i64::from(seconds)),
        };
        let [kind, flag, is_on, keyword, mailbox, name] = columns.values();
        let n_open = signed(n_targets as u64);
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
        Ok(OperationId(state.last_insert_rowid()))
    }

    /// A change of a folder: one target, without a message. Returns the folder too, which gets its number here where it is
    /// new.
    fn write_folder(
        &self,
        state: &Connection,
        cache: &Connection,
        change: &FolderChange,
    ) -> Result<(OperationId, MailboxId), StoreError> {
        let mut columns = Columns::of(self.change);
        let mut before = String::new();
        let folder = match change {
            FolderChange::Create { name } => numbers::of(state, self.account, name)?,
            FolderChange::Rename { mailbox, .. }
            | FolderChange::Delete { mailbox }
            | FolderChange::Subscribe { mailbox, .. } => {
                let name = folders::name(cache, *mailbox)?.ok_or(StoreError::Gone)?;
                before = name_text(&name);
                *mailbox
            }
        };
        columns.mailbox = folder.get();
        let id = self.insert(state, &columns, 1)?;
        state
            .prepare_cached(
                "INSERT INTO operation_target (operation, mailbox, message, before_keywords) VALUES (?1, ?2, 0, ?3)",
            )
            .and_then(|mut statement| statement.execute(params![id.0, folder.get(), before]))
            .doing("record a folder")?;
        Ok((id, folder))
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
