//! The store thread's part in taking back: undo and redo, and what the user decides about single operations.

use std::collections::BTreeSet;

use crate::channel::error::{RemoteError, StoreError};
use crate::channel::event::Event;
use crate::channel::operation::{GroupId, OperationId, Outcome, Target, Ticket, Undone};
use crate::mail::message_id::MessageId;
use crate::mail::safe_text::SafeText;
use crate::store::outcomes::{self, Closing};
use crate::store::placements::Tally;
use crate::store::projection::{self, Except};
use crate::store::sql::transaction;
use crate::store::undo::{self, Group, Plan};
use crate::store::worker::Worker;
use crate::store::{failpoint, giving_up, journal, recording};

/// Why an operation ends that waited for one which the user gave up.
const GIVEN_UP: &str = "what was to come before it was taken back";

impl Worker {
    /// Takes back the newest action that can be, or does again the one that was taken back last.
    pub(super) fn undo(&mut self, ticket: Ticket, redo: bool) -> Result<Undone, StoreError> {
        let mut undone = Undone::default();
        // What there is nothing to do about is passed over, and never looked at again.
        while let Some((group, plan)) = self.next_plan(redo)? {
            let done = self.carry_out(&group, &plan, redo)?;
            if !plan.is_empty() {
                undone = Undone {
                    label: group.label,
                    n_restored: plan.n_restored(),
                    n_skipped: plan.skipped.len(),
                    cursor: plan.restored.first().copied(),
                };
                self.show_steps(&plan, &done)?;
                break;
            }
        }
        let n_pending = journal::n_pending(&self.state, None)?;
        self.send(Event::Undone {
            ticket,
            label: undone.label.clone(),
            n_restored: undone.n_restored,
            n_skipped: undone.n_skipped,
            cursor: undone.cursor,
            redo,
            n_pending,
        });
        Ok(undone)
    }

    fn next_plan(&mut self, redo: bool) -> Result<Option<(Group, Plan)>, StoreError> {
        let (state, cache) = (&self.state, &self.cache);
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

    /// Ends what was never sent, first in the cache, then in the journal, together with the operations that lead back.
    fn carry_out(
        &mut self,
        group: &Group,
        plan: &Plan,
        redo: bool,
    ) -> Result<Vec<OperationId>, StoreError> {
        let waiting = self.waiting_for(&plan.cancel)?;
        let result = transaction(&self.state, |state| {
            giving_up::cancel(state, &plan.cancel, "")?;
            giving_up::cancel_folders(state, &plan.cancel_folders, "")?;
            self.pending.forget();
            self.pending.refresh(state)?;
            let messages: BTreeSet<MessageId> = plan
                .cancel
                .iter()
                .map(|(_, target)| target.message)
                .collect();
            let changed = transaction(&self.cache, |cache| {
                let mut tally = Tally::default();
                projection::project(cache, &self.pending, messages, &Except::new(), &mut tally)?;
                tally.store(cache)
            })?;
            failpoint::pass("undo.between");
            giving_up::mark(state, group.id, redo, plan.is_empty())?;
            let undoes = if redo { GroupId(0) } else { group.id };
            let steps = recording::steps(state, &self.cache, group, undoes, &plan.steps)?;
            failpoint::pass("undo.before-commit");
            Ok((changed, steps))
        });
        self.pending.forget();
        let (changed, steps) = match result {
            Ok(done) => done,
            Err(error) => {
                // The cache may show what the journal did not take.
                self.owes_projection = true;
                return Err(error);
            }
        };
        failpoint::pass("undo.after-commit");
        self.announce(changed);
        for operation in &plan.cancel_folders {
            self.abandon_folder(*operation)?;
        }
        if !waiting.is_empty() {
            self.close_operations(waiting)?;
        }
        Ok(steps)
    }

    /// What waits for these targets and will never come to where it is to be changed.
    fn waiting_for(&mut self, targets: &[(OperationId, Target)]) -> Result<Closing, StoreError> {
        self.pending.refresh(&self.state)?;
        let error = RemoteError::Protocol {
            detail: SafeText::line(GIVEN_UP),
        };
        let ended = targets
            .iter()
            .map(|(operation, target)| (*operation, *target, Outcome::Parked(error.clone())));
        let closing = outcomes::by_operation(ended);
        let n = closing.len();
        let mut all = outcomes::with_dependents(&self.cache, &self.pending, closing)?;
        Ok(all.split_off(n))
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
        Ok(())
    }

    /// Ends every hold.
    pub(super) fn end_holds(&mut self) -> Result<(), StoreError> {
        giving_up::end_holds(&self.state)?;
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
        let targets = giving_up::droppable(&self.state, operation)?;
        let is_folder = giving_up::is_open_folder(&self.state, operation)?;
        if targets.is_empty() && !is_folder {
            return Ok(false);
        }
        let plan = Plan {
            cancel: targets
                .into_iter()
                .map(|target| (operation, target))
                .collect(),
            cancel_folders: is_folder.then_some(operation).into_iter().collect(),
            ..Plan::default()
        };
        let waiting = self.waiting_for(&plan.cancel)?;
        let changed = transaction(&self.state, |state| {
            giving_up::cancel(state, &plan.cancel, giving_up::DROPPED)?;
            giving_up::cancel_folders(state, &plan.cancel_folders, giving_up::DROPPED)?;
            self.pending.forget();
            self.pending.refresh(state)?;
            let messages = plan.cancel.iter().map(|(_, target)| target.message);
            let messages: BTreeSet<MessageId> = messages.collect();
            transaction(&self.cache, |cache| {
                let mut tally = Tally::default();
                projection::project(cache, &self.pending, messages, &Except::new(), &mut tally)?;
                tally.store(cache)
            })
        });
        self.pending.forget();
        self.owes_projection |= changed.is_err();
        self.announce(changed?);
        for operation in &plan.cancel_folders {
            self.abandon_folder(*operation)?;
        }
        if !waiting.is_empty() {
            self.close_operations(waiting)?;
        }
        self.journal_changed()?;
        Ok(true)
    }

    fn journal_changed(&mut self) -> Result<(), StoreError> {
        let n_pending = journal::n_pending(&self.state, None)?;
        self.send(Event::JournalChanged { n_pending });
        Ok(())
    }
}
