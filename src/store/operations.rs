//! An operation on its way: into the journal and then the cache when the user acts, out of the cache and then the journal
//! when the server has answered.

use crate::channel::error::StoreError;
use crate::channel::event::Event;
use crate::channel::operation::{Operation, OperationId, Outcome, Target};
use crate::store::sql::transaction;
use crate::store::worker::Worker;
use crate::store::{failpoint, journal, projection};

impl Worker {
    /// Journal first, then its projection.
    pub(super) fn record(&mut self, operation: &Operation) -> Result<OperationId, StoreError> {
        let id = journal::record(&self.state, &self.cache, operation)?;
        self.pending.forget();
        let n_pending = journal::n_pending(&self.state, None).unwrap_or(1);
        self.send(Event::Recorded {
            ticket: operation.ticket,
            operation: id,
            n_pending,
        });
        if let Err(error) = self.project(operation, id) {
            // The operation is durable and will be carried out; its picture follows.
            self.owes_projection = true;
            self.note(&error);
            self.send(Event::StoreFailed(error));
        }
        Ok(id)
    }

    fn project(&mut self, operation: &Operation, id: OperationId) -> Result<(), StoreError> {
        self.pending.refresh(&self.state)?;
        let changed = transaction(&self.cache, |cache| {
            let targets = operation.targets.iter().copied();
            let changed = projection::project(cache, &self.pending, targets, Some(id))?;
            failpoint::pass("projection.before-commit");
            Ok(changed)
        })?;
        failpoint::pass("projection.after-commit");
        self.announce(changed);
        Ok(())
    }

    /// Cache first, then the journal.
    pub(super) fn close_operation(
        &mut self,
        operation: OperationId,
        outcomes: &[(Target, Outcome)],
    ) -> Result<(), StoreError> {
        self.pending.refresh(&self.state)?;
        let change = self
            .pending
            .all()
            .find(|(_, open)| open.operation == operation)
            .map(|(_, open)| open.change.clone());
        failpoint::pass("close.before-cache");
        let changed = transaction(&self.cache, |cache| {
            projection::close(cache, &self.pending, operation, change.as_ref(), outcomes)
        })?;
        failpoint::pass("close.between");
        let ended = transaction(&self.state, |state| {
            journal::close(state, operation, outcomes)
        })?;
        failpoint::pass("close.after-state");
        self.pending.forget();
        if !ended.is_empty() {
            let n_pending = journal::n_pending(&self.state, None)?;
            self.send(Event::Closed {
                operation,
                outcomes: ended,
                n_pending,
            });
        }
        self.announce(changed);
        Ok(())
    }
}
