//! The user's lane of the writer: what is recorded, taken back and decided.

use crossbeam_channel::bounded;

use crate::channel::error::StoreError;
use crate::channel::event::Event;
use crate::channel::operation::{Action, OperationId, Recorded, Ticket, Undone};
use crate::mail::account::AccountId;
use crate::mail::message_id::MessageId;
use crate::store::outgoing::outbox_waits::Holds;
use crate::store::worker::request::{Reply, UserRequest};
use crate::store::writer::{Writer, ended};

impl Writer {
    /// Has a user's action committed to the journal; never blocks.
    ///
    /// Answered by [`Event::Recorded`] or [`Event::RecordFailed`], then by `RowsChanged` and `FoldersChanged`.
    pub fn record(&self, action: Action) {
        if let Err(unsent) = self.user.send(UserRequest::Record(action))
            && let UserRequest::Record(action) = unsent.into_inner()
        {
            // Nobody may be left to read it; then nobody waits for it either.
            let _ = self.events.send(Event::RecordFailed {
                ticket: action.ticket,
                error: ended(),
            });
        }
    }

    /// Commits a user's action and waits for it; for callers without a screen. The same events go out.
    ///
    /// # Errors
    /// `Gone` when none of the targets exists; else what the disk said. Nothing was recorded then.
    pub fn record_now(&self, action: Action) -> Result<Recorded, StoreError> {
        let (reply, answer) = bounded(1);
        self.user
            .send(UserRequest::RecordNow(action, reply))
            .map_err(|_| ended())?;
        answer.recv().map_err(|_| ended())?
    }

    /// Takes back the newest action that can be; answered by [`Event::Undone`] or [`Event::RecordFailed`].
    pub fn undo(&self, ticket: Ticket) {
        self.tell_user(UserRequest::Undo(ticket, false));
    }

    /// Does again what was taken back last; answered as [`Writer::undo`].
    pub fn redo(&self, ticket: Ticket) {
        self.tell_user(UserRequest::Undo(ticket, true));
    }

    /// Takes back the newest action that can be, and waits for it. The label is empty where there was none.
    ///
    /// # Errors
    /// What the disk said; nothing was taken back then.
    pub fn undo_now(&self) -> Result<Undone, StoreError> {
        self.ask_user(|reply| UserRequest::UndoNow(false, reply))
    }

    /// Does again what was taken back last, and waits for it.
    ///
    /// # Errors
    /// As [`Writer::undo_now`].
    pub fn redo_now(&self) -> Result<Undone, StoreError> {
        self.ask_user(|reply| UserRequest::UndoNow(true, reply))
    }

    /// Ends holds: what is held may be sent now. [`Event::JournalChanged`] follows.
    pub fn end_holds(&self, holds: Holds) {
        self.tell_user(UserRequest::EndHolds(holds, None));
    }

    /// Ends holds, and waits for it.
    ///
    /// # Errors
    /// What the disk said.
    pub fn end_holds_now(&self, holds: Holds) -> Result<(), StoreError> {
        self.ask_user(|reply| UserRequest::EndHolds(holds, Some(reply)))
    }

    /// Opens the refused targets of an operation again. [`Event::JournalChanged`] follows.
    pub fn retry(&self, operation: OperationId) {
        self.tell_user(UserRequest::Retry(operation, None));
    }

    /// Opens the refused targets of an operation again, and waits for it; false where it has none.
    ///
    /// # Errors
    /// What the disk said.
    pub fn retry_now(&self, operation: OperationId) -> Result<bool, StoreError> {
        self.ask_user(|reply| UserRequest::Retry(operation, Some(reply)))
    }

    /// Gives up what of an operation was refused or never sent; it cannot be done again. [`Event::JournalChanged`] follows.
    pub fn drop_operation(&self, operation: OperationId) {
        self.tell_user(UserRequest::Drop(operation, None));
    }

    /// Gives an operation up as [`Writer::drop_operation`], and waits for it; false where nothing of it waits.
    ///
    /// # Errors
    /// What the disk said.
    pub fn drop_operation_now(&self, operation: OperationId) -> Result<bool, StoreError> {
        self.ask_user(|reply| UserRequest::Drop(operation, Some(reply)))
    }

    /// Has the bodies of messages kept on this machine, or (`on` false) let go; never blocks. [`Event::Keeping`] follows.
    pub fn keep(&self, messages: Vec<MessageId>, on: bool) {
        self.tell_user(UserRequest::Keep(messages, on, None));
    }

    /// Keeps bodies as [`Writer::keep`], and waits for it; tells how many messages were not so before.
    ///
    /// # Errors
    /// What the disk said.
    pub fn keep_now(&self, messages: Vec<MessageId>, on: bool) -> Result<u64, StoreError> {
        self.ask_user(|reply| UserRequest::Keep(messages, on, Some(reply)))
    }

    /// Lets go of what an account is to keep and has not come; never blocks. [`Event::Keeping`] follows.
    pub fn stop_keeping(&self, account: AccountId) {
        self.tell_user(UserRequest::StopKeeping(account));
    }

    pub(super) fn tell_user(&self, request: UserRequest) {
        if self.user.send(request).is_err() {
            let _ = self.events.send(Event::StoreFailed(ended()));
        }
    }

    pub(super) fn ask_user<T>(
        &self,
        request: impl FnOnce(Reply<T>) -> UserRequest,
    ) -> Result<T, StoreError> {
        let (reply, answer) = bounded(1);
        self.user.send(request(reply)).map_err(|_| ended())?;
        answer.recv().map_err(|_| ended())?
    }
}
