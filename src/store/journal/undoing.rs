//! The store thread's part in taking back: undo and redo, and what the user decides about single operations.

use std::collections::BTreeSet;

use rusqlite::Connection;

use crate::channel::error::{RemoteError, StoreError};
use crate::channel::event::Event;
use crate::channel::operation::{GroupId, OperationId, Outcome, Target, Ticket, Undone};
use crate::mail::mailbox::MailboxId;
use crate::mail::message_id::MessageId;
use crate::mail::safe_text::SafeText;
use crate::store::disk::sql::transaction;
use crate::store::journal::outcomes::{self, Closing};
use crate::store::journal::pending::Pending;
use crate::store::journal::projection::{self, Except};
use crate::store::journal::undo::{self, Group, Plan};
use crate::store::journal::{giving_up, recording};
use crate::store::messages::placements::Tally;
use crate::store::outgoing::outbox_waits::{self, Holds};
use crate::store::worker::Worker;
use crate::store::{failpoint, journal};

/// Why an operation ends that waited for one which the user gave up.
const GIVEN_UP: &str = "what was to come before it was taken back";

/// What was carried out of a plan.
struct Carried {
    group: Group,
    plan: Plan,
    /// The operations that lead back.
    steps: Vec<OperationId>,
}

/// What came of targets that end before they were sent.
struct LetGo {
    /// Mailboxes in which something changed.
    changed: BTreeSet<MailboxId>,
    /// What waited for them.
    waiting: Closing,
}

impl Worker {
    /// Takes back the newest action that stands, or does again the one that was taken back last.
    pub(super) fn undo(&mut self, ticket: Ticket, redo: bool) -> Result<Undone, StoreError> {
        let mut undone = Undone::default();
        while let Some(carried) = self.carry_out(redo)? {
            let (group, plan) = (carried.group, &carried.plan);
            // Given up before, operation by operation: that was its undo.
            if plan.is_empty() && plan.stands.is_none() {
                continue;
            }
            undone = Undone {
                label: group.label,
                n_restored: plan.n_restored(),
                n_skipped: plan.skipped.len(),
                cursor: plan.restored.first().copied(),
                stands: plan.stands.filter(|_| plan.is_empty()),
            };
            self.show_steps(plan, &carried.steps)?;
            break;
        }
        let n_pending = journal::n_pending(&self.state, None)?;
        self.send(Event::Undone {
            ticket,
            label: undone.label.clone(),
            n_restored: undone.n_restored,
            n_skipped: undone.n_skipped,
            cursor: undone.cursor,
            stands: undone.stands,
            redo,
            n_pending,
        });
        Ok(undone)
    }

    /// Ends what was never sent, first in the cache, then in the journal, together with the operations that lead back.
    /// What is never sent is looked for under the lock: another process may claim it until then.
    fn carry_out(&mut self, redo: bool) -> Result<Option<Carried>, StoreError> {
        let result = transaction(&self.state, |state| {
            let Some((group, plan)) = next_plan(state, &self.cache, redo)? else {
                return Ok(None);
            };
            let let_go = let_go((state, &self.cache), &mut self.pending, &plan, "")?;
            failpoint::pass("undo.between");
            giving_up::mark(state, group.id, redo, plan.is_empty())?;
            let undoes = if redo { GroupId(0) } else { group.id };
            let steps = recording::steps(state, &self.cache, &group, undoes, &plan.steps)?;
            failpoint::pass("undo.before-commit");
            Ok(Some((Carried { group, plan, steps }, let_go)))
        });
        self.pending.forget();
        // The cache may show what the journal did not take.
        self.owes_projection |= result.is_err();
        let Some((carried, let_go)) = result? else {
            return Ok(None);
        };
        failpoint::pass("undo.after-commit");
        self.let_rest_go(let_go, &carried.plan.cancel_folders)?;
        Ok(Some(carried))
    }

    /// Ends what follows from targets that are let go.
    fn let_rest_go(&mut self, let_go: LetGo, folders: &[OperationId]) -> Result<(), StoreError> {
        self.announce(let_go.changed);
        for operation in folders {
            self.abandon_folder(*operation)?;
            self.send(Event::FoldersChanged);
        }
        if !let_go.waiting.is_empty() {
            self.close_operations(let_go.waiting)?;
        }
        Ok(())
    }

    fn show_steps(&mut self, plan: &Plan, steps: &[OperationId]) -> Result<(), StoreError> {
        self.conceive_all()?;
        let targets = plan.steps.iter().flat_map(|step| &step.targets);
        let messages: BTreeSet<MessageId> =
            targets.map(|placement| placement.target.message).collect();
        let last = steps.last().copied();
        if let Err(error) = self.project(messages, last) {
            self.owes_projection = true;
            self.note(&error);
            self.send(Event::StoreFailed(error));
        }
        self.tell_plans(plan.steps.iter().map(|step| &step.change));
        Ok(())
    }

    /// Ends holds.
    pub(super) fn end_holds(&mut self, holds: &Holds) -> Result<(), StoreError> {
        let account = match holds {
            Holds::Account(account) => Some(*account),
            Holds::Own(_) => None,
        };
        giving_up::end_holds(&self.state, account)?;
        if outbox_waits::end_holds(&self.state, holds)? > 0 {
            self.tell_outbox()?;
        }
        self.journal_changed()
    }

    /// Opens the refused targets of an operation again; false where it has none.
    pub(super) fn retry(&mut self, operation: OperationId) -> Result<bool, StoreError> {
        let targets = transaction(&self.state, |state| {
            giving_up::retry(state, &self.cache, operation)
        })?;
        self.pending.forget();
        let Some(targets) = targets else {
            return Ok(false);
        };
        self.conceive_all()?;
        self.project(targets, None)?;
        self.journal_changed()?;
        Ok(true)
    }

    /// Gives up what of an operation is refused or was never sent; false where there is nothing of that.
    pub(super) fn drop_operation(&mut self, operation: OperationId) -> Result<bool, StoreError> {
        let result = transaction(&self.state, |state| {
            let targets = giving_up::droppable(state, operation)?;
            let is_folder = giving_up::is_open_folder(state, operation)?;
            if targets.is_empty() && !is_folder {
                return Ok(None);
            }
            let targets = targets.into_iter().map(|target| (operation, target));
            let plan = Plan {
                cancel: targets.collect(),
                cancel_folders: is_folder.then_some(operation).into_iter().collect(),
                ..Plan::default()
            };
            let dbs = (state, &self.cache);
            let let_go = let_go(dbs, &mut self.pending, &plan, giving_up::DROPPED)?;
            Ok(Some((let_go, plan.cancel_folders)))
        });
        self.pending.forget();
        self.owes_projection |= result.is_err();
        let Some((let_go, folders)) = result? else {
            return Ok(false);
        };
        self.let_rest_go(let_go, &folders)?;
        self.journal_changed()?;
        Ok(true)
    }

    fn journal_changed(&mut self) -> Result<(), StoreError> {
        let n_pending = journal::n_pending(&self.state, None)?;
        self.send(Event::JournalChanged { n_pending });
        Ok(())
    }
}

fn next_plan(
    state: &Connection,
    cache: &Connection,
    redo: bool,
) -> Result<Option<(Group, Plan)>, StoreError> {
    let group = if redo {
        undo::last_undone(state)?
    } else {
        undo::newest(state)?
    };
    let Some(group) = group else {
        return Ok(None);
    };
    let plan = if redo {
        undo::again(state, cache, &group)?
    } else {
        undo::take_back(state, cache, &group)?
    };
    Ok(Some((group, plan)))
}

/// Ends what of a plan was never sent, in the journal and in the cache, inside a transaction of the journal.
fn let_go(
    (state, cache): (&Connection, &Connection),
    pending: &mut Pending,
    plan: &Plan,
    reason: &str,
) -> Result<LetGo, StoreError> {
    pending.refresh(state)?;
    let waiting = waiting_for(cache, pending, &plan.cancel)?;
    giving_up::cancel(state, &plan.cancel, reason)?;
    giving_up::cancel_folders(state, &plan.cancel_folders, reason)?;
    pending.forget();
    pending.refresh(state)?;
    let messages = plan.cancel.iter().map(|(_, target)| target.message);
    let messages: BTreeSet<MessageId> = messages.collect();
    let changed = transaction(cache, |cache| {
        let mut tally = Tally::default();
        projection::project(cache, pending, messages, &Except::new(), &mut tally)?;
        tally.store(cache)
    })?;
    Ok(LetGo { changed, waiting })
}

/// What waits for these targets and will never come to where it is to be changed.
fn waiting_for(
    cache: &Connection,
    pending: &Pending,
    targets: &[(OperationId, Target)],
) -> Result<Closing, StoreError> {
    let error = RemoteError::Protocol {
        detail: SafeText::line(GIVEN_UP),
    };
    let ended = targets
        .iter()
        .map(|(operation, target)| (*operation, *target, Outcome::Parked(error.clone())));
    let closing = outcomes::by_operation(ended);
    let n = closing.len();
    let mut all = outcomes::with_dependents(cache, pending, closing)?;
    Ok(all.split_off(n))
}
