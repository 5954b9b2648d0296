//! What taking back an action comes to: targets that were never sent are simply let go of, for the others new operations
//! lead back. Restores only what the action changed, and only where it still stands.

use std::collections::{BTreeMap, BTreeSet};

use rusqlite::{Connection, OptionalExtension};

use crate::channel::error::StoreError;
use crate::channel::operation::{Change, GroupId, OperationId, Stands, Target};
use crate::mail::account::AccountId;
use crate::mail::mailbox::MailboxId;
use crate::mail::message_id::MessageId;
use crate::store::disk::sql::{Doing, small};
use crate::store::journal::state as code;
use crate::store::journal::undo_target::{back, entries, folder_back, renumbered, stands};
use crate::store::messages::placements::{self, Placement};

/// A group that can be taken back or done again.
#[derive(Debug, Clone)]
pub(super) struct Group {
    pub id: GroupId,
    pub account: AccountId,
    pub label: String,
}

/// A new operation on messages where they are now, for an old one.
#[derive(Debug, Clone)]
pub(super) struct Step {
    pub undoes: OperationId,
    pub change: Change,
    pub targets: Vec<Placement>,
}

/// What is to be done to take a group back or to do it again.
#[derive(Debug, Default)]
pub(super) struct Plan {
    /// Never sent: they end.
    pub cancel: Vec<(OperationId, Target)>,
    /// Changes of folders that were never sent.
    pub cancel_folders: Vec<OperationId>,
    /// New operations, in their order.
    pub steps: Vec<Step>,
    /// Messages put back, in the order of the targets, with the mailbox in which they will be.
    pub restored: Vec<Target>,
    /// Messages that are nowhere.
    pub skipped: BTreeSet<MessageId>,
    /// Folders put back.
    pub n_folders: usize,
    /// Why what is done of it stays; `None` where nothing of it is done, since all of it was given up before.
    pub stands: Option<Stands>,
}

impl Plan {
    /// Whether there is nothing to do and nothing to tell.
    pub(super) fn is_empty(&self) -> bool {
        let Self {
            cancel,
            cancel_folders,
            steps,
            skipped,
            ..
        } = self;
        cancel.is_empty() && cancel_folders.is_empty() && steps.is_empty() && skipped.is_empty()
    }

    /// Messages put back, each once.
    pub(super) fn n_restored(&self) -> usize {
        let messages: BTreeSet<MessageId> =
            self.restored.iter().map(|target| target.message).collect();
        messages.len() + self.n_folders
    }
}

/// The newest group of the user's own that stands.
pub(super) fn newest(state: &Connection) -> Result<Option<Group>, StoreError> {
    group(
        state,
        "SELECT g.id, g.account, g.label FROM undo_group g JOIN account a ON a.id = g.account
         WHERE g.undone = 0 AND g.undoes = 0 AND g.label <> '' AND a.active = 1 ORDER BY g.id DESC LIMIT 1",
    )
}

/// The group that was taken back last and can be done again.
pub(super) fn last_undone(state: &Connection) -> Result<Option<Group>, StoreError> {
    group(
        state,
        "SELECT g.id, g.account, g.label FROM undo_group g JOIN account a ON a.id = g.account
         WHERE g.undone > 0 AND a.active = 1 ORDER BY g.undone DESC LIMIT 1",
    )
}

fn group(state: &Connection, sql: &str) -> Result<Option<Group>, StoreError> {
    state
        .prepare_cached(sql)
        .and_then(|mut statement| {
            statement
                .query_row([], |row| {
                    Ok(Group {
                        id: GroupId(row.get(0)?),
                        account: AccountId::new(small(row.get(1)?)),
                        label: row.get(2)?,
                    })
                })
                .optional()
        })
        .doing("look for an action to take back")
}

/// Gathers steps: one for each operation and change, in the order in which they must go.
#[derive(Default)]
struct Steps {
    flags: BTreeMap<(OperationId, bool), Step>,
    deletions: BTreeMap<(OperationId, MailboxId), Step>,
    moves: BTreeMap<(OperationId, MailboxId), Step>,
}

impl Steps {
    fn add(&mut self, undoes: OperationId, change: &Change, target: Placement) {
        let step = Step {
            undoes,
            change: change.clone(),
            targets: Vec::new(),
        };
        let place = match change {
            Change::Flag { on, .. } | Change::Keyword { on, .. } => {
                self.flags.entry((undoes, *on)).or_insert(step)
            }
            Change::Move { to } => self.moves.entry((undoes, *to)).or_insert(step),
            _ => {
                let mailbox = target.target.mailbox;
                self.deletions.entry((undoes, mailbox)).or_insert(step)
            }
        };
        place.targets.push(target);
    }

    /// Flags first: behind a move the message is not there any more.
    fn in_order(self) -> Vec<Step> {
        let steps = self.flags.into_values().chain(self.deletions.into_values());
        steps.chain(self.moves.into_values()).collect()
    }
}

/// What taking a group back comes to.
pub(super) fn take_back(
    state: &Connection,
    cache: &Connection,
    group: &Group,
) -> Result<Plan, StoreError> {
    let (mut plan, mut steps) = (Plan::default(), Steps::default());
    let entries = entries(state, group.id)?;
    let sent = [code::DONE, code::SENT, code::MARKED];
    for entry in &entries {
        if entry.state != code::UNDONE {
            plan.stands.get_or_insert(stands(&entry.change));
        }
        let Some(message) = entry.message else {
            folder_back(state, cache, entry, &mut plan)?;
            continue;
        };
        let target = Target {
            message,
            mailbox: entry.mailbox,
        };
        if [code::OPEN, code::PARKED, code::LOCAL].contains(&entry.state) {
            plan.cancel.push((entry.operation, target));
            if entry.state != code::PARKED {
                plan.restored.push(target);
            }
        } else if sent.contains(&entry.state) {
            let mut now = placements::of(cache, message)?;
            if now.is_empty() {
                now.extend(renumbered(state, cache, entry, target)?);
            }
            if now.is_empty() {
                if entry.change != Change::Delete {
                    plan.skipped.insert(message);
                }
            } else if let Some((change, from)) = back(state, cache, entry, target, &now)? {
                let message = from.target.message;
                plan.restored.push(Target { message, ..target });
                steps.add(entry.operation, &change, from);
            }
        } else if entry.state == code::GONE {
            plan.skipped.insert(message);
        }
    }
    plan.steps.extend(steps.in_order());
    Ok(plan)
}

/// What doing a group again comes to: the same changes on what was taken back, where it is where it was.
pub(super) fn again(
    state: &Connection,
    cache: &Connection,
    group: &Group,
) -> Result<Plan, StoreError> {
    let mut plan = Plan::default();
    let mut steps: BTreeMap<OperationId, Step> = BTreeMap::new();
    for entry in entries(state, group.id)? {
        let was_undone = entry.state == code::UNDONE && !entry.is_dropped;
        if !was_undone && !entry.is_compensated {
            continue;
        }
        let step = steps.entry(entry.operation).or_insert_with(|| Step {
            undoes: OperationId(0),
            change: entry.change.clone(),
            targets: Vec::new(),
        });
        let Some(message) = entry.message else {
            plan.n_folders += 1;
            continue;
        };
        let target = Target {
            message,
            mailbox: entry.mailbox,
        };
        match placements::find(cache, target)? {
            Some(row) => {
                step.targets.push(row);
                let mailbox = entry.change.destination().unwrap_or(target.mailbox);
                plan.restored.push(Target { message, mailbox });
            }
            None => {
                plan.skipped.insert(message);
            }
        }
    }
    let is_to_do =
        |step: &Step| !step.targets.is_empty() || matches!(step.change, Change::Folder(_));
    plan.steps = steps.into_values().filter(is_to_do).collect();
    Ok(plan)
}
