//! An operation on its way: into the journal and then the cache when the user acts, out of the cache and then the journal
//! when the server has answered.

use std::collections::BTreeSet;

use crate::channel::error::StoreError;
use crate::channel::event::Event;
use crate::channel::operation::{Action, Address, Change, OperationId, Recorded, Target};
use crate::mail::message_id::MessageId;
use crate::store::disk::sql::transaction;
use crate::store::journal::outcomes::{self, Closing};
use crate::store::journal::projection::{self, Except};
use crate::store::journal::{closing, recording};
use crate::store::messages::placements::Tally;
use crate::store::messages::{removal, truth};
use crate::store::worker::Worker;
use crate::store::{failpoint, journal};

impl Worker {
    /// Journal first, then its projection.
    pub(in crate::store) fn record(&mut self, action: &Action) -> Result<Recorded, StoreError> {
        let recorded = recording::record(&self.state, &self.cache, action)?;
        self.recorded(action, &recorded);
        Ok(recorded)
    }

    /// Tells of what was committed to the journal, and projects it.
    pub(in crate::store) fn recorded(&mut self, action: &Action, recorded: &Recorded) {
        self.pending.forget();
        let n_pending = journal::n_pending(&self.state, None).unwrap_or(1);
        self.send(Event::Recorded {
            ticket: action.ticket,
            group: recorded.group,
            operations: recorded.operations.clone(),
            n_targets: recorded.n_targets,
            created: recorded.created,
            n_pending,
        });
        let last = recorded.operations.last().copied();
        if recorded.created.is_some()
            && let Err(error) = self.conceive_all()
        {
            self.owes_projection = true;
            self.note(&error);
            self.send(Event::StoreFailed(error));
        }
        let messages = action.targets.iter().map(|target| target.message);
        if let Err(error) = self.project(messages.collect(), last) {
            // The operation is durable and will be carried out; its picture follows.
            self.owes_projection = true;
            self.note(&error);
            self.send(Event::StoreFailed(error));
        }
        self.tell_plans(action.changes.iter());
    }

    /// The folder pane says what is to become of folders.
    pub(super) fn tell_plans<'a>(&mut self, mut changes: impl Iterator<Item = &'a Change>) {
        if changes.any(|change| matches!(change, Change::Folder(_))) {
            self.changes.folders = true;
            self.publish();
        }
    }

    /// Projects every open operation: after a crash between two commits, and after a lost cache.
    pub(in crate::store) fn project_all(&mut self) -> Result<(), StoreError> {
        self.conceive_all()?;
        self.abandon_rest()?;
        self.pending.refresh(&self.state)?;
        // What operations show or hide that are not open any more goes back.
        let mut messages = projection::projected(&self.cache)?;
        messages.extend(self.pending.messages());
        if messages.is_empty() {
            return Ok(());
        }
        let last = self.pending.all().map(|(_, open)| open.operation).max();
        self.project(messages, last)
    }

    /// Arranges messages anew, in a transaction of its own, and tells what changed.
    pub(super) fn project(
        &mut self,
        messages: BTreeSet<MessageId>,
        last: Option<OperationId>,
    ) -> Result<(), StoreError> {
        self.pending.refresh(&self.state)?;
        let changed = transaction(&self.cache, |cache| {
            let mut tally = Tally::default();
            projection::project(cache, &self.pending, messages, &Except::new(), &mut tally)?;
            projection::applied(cache, last)?;
            let changed = tally.store(cache)?;
            failpoint::pass("projection.before-commit");
            Ok(changed)
        })?;
        failpoint::pass("projection.after-commit");
        self.announce(changed);
        Ok(())
    }

    /// Marks targets as on their way, durably; returns those that may be sent.
    pub(in crate::store) fn claim(
        &mut self,
        targets: &[(OperationId, Target)],
        floor: Option<Address>,
    ) -> Result<Vec<(OperationId, Target)>, StoreError> {
        // What was found by its likeness would not be found again behind a lost cache.
        let address = |target| {
            let row = truth::find(&self.cache, target)?.filter(|row| row.uid > 0);
            Ok(row.map(|row| (row.validity, row.uid)))
        };
        let claimed = transaction(&self.state, |state| {
            let claimed = closing::claim(state, targets, floor, address)?;
            let operations: BTreeSet<OperationId> = claimed.iter().map(|(id, _)| *id).collect();
            for operation in operations {
                closing::attempted(state, operation)?;
            }
            failpoint::pass("claim.before-commit");
            Ok(claimed)
        })?;
        failpoint::pass("claim.after-commit");
        let messages = claimed.iter().map(|(_, target)| target.message);
        self.pending.forget_about(messages);
        Ok(claimed)
    }

    /// Takes the mark from targets that surely were not sent.
    pub(in crate::store) fn release(
        &mut self,
        targets: &[(OperationId, Target)],
    ) -> Result<(), StoreError> {
        let messages = targets.iter().map(|(_, target)| target.message);
        self.pending.forget_about(messages);
        transaction(&self.state, |state| closing::release(state, targets))
    }

    /// Cache first, then the journal.
    pub(in crate::store) fn close_operations(
        &mut self,
        closing: Closing,
    ) -> Result<(), StoreError> {
        self.pending.refresh(&self.state)?;
        let closing = outcomes::believed(&self.cache, &self.pending, closing)?;
        let closing = outcomes::with_dependents(&self.cache, &self.pending, closing)?;
        failpoint::pass("close.before-cache");
        let (closed, files) = transaction(&self.cache, |cache| {
            let closed = outcomes::close(cache, &self.pending, &closing)?;
            let files = removal::orphans((cache, &self.state), &closed.left)?;
            Ok((closed, files))
        })?;
        failpoint::pass("close.between");
        let ended = transaction(&self.state, |state| {
            for (mailbox, double, message) in &closed.doubles {
                closing::rename(state, *mailbox, *double, *message)?;
            }
            let ended = closing.iter().map(|(operation, outcomes)| {
                let ended = closing::close(state, *operation, outcomes)?;
                Ok((*operation, ended))
            });
            ended.collect::<Result<Closing, StoreError>>()
        })?;
        failpoint::pass("close.after-state");
        let targets = closing.iter().flat_map(|(_, outcomes)| outcomes);
        let ended_messages = targets.map(|(target, _)| target.message);
        self.pending.forget_about(ended_messages);
        let doubles = closed.doubles.iter();
        self.pending
            .forget_about(doubles.flat_map(|(_, double, message)| [*double, *message]));
        let n_pending = journal::n_pending(&self.state, None)?;
        for (operation, outcomes) in ended {
            if !outcomes.is_empty() {
                self.send(Event::Closed {
                    operation,
                    outcomes,
                    n_pending,
                });
            }
        }
        self.changes.files.extend(files);
        self.announce(closed.changed);
        let renamed = closed.doubles.iter().map(|(_, _, message)| *message);
        let renamed: BTreeSet<MessageId> = renamed.collect();
        if renamed.is_empty() {
            return Ok(());
        }
        self.project(renamed, None)
    }
}
