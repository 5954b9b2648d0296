//! What the user decides about what was recorded, and about what stays on this machine.

use crate::channel::error::StoreError;
use crate::channel::event::Event;
use crate::channel::operation::Ticket;
use crate::store::worker::Worker;
use crate::store::worker::request::{Reply, UserRequest};

impl Worker {
    /// What the user decides about what was recorded.
    pub(in crate::store) fn decided(&mut self, request: UserRequest) {
        match request {
            UserRequest::Undo(ticket, redo) => {
                if let Err(error) = self.undo(ticket, redo) {
                    self.note(&error);
                    self.send(Event::RecordFailed { ticket, error });
                }
            }
            UserRequest::UndoNow(redo, reply) => {
                let result = self.undo(Ticket(0), redo);
                let _ = reply.send(self.noted(result));
            }
            UserRequest::EndHolds(holds, reply) => {
                let result = self.end_holds(&holds);
                self.answer(result, reply);
            }
            UserRequest::Retry(operation, reply) => {
                let result = self.retry(operation);
                self.answer(result, reply);
            }
            UserRequest::Drop(operation, reply) => {
                let result = self.drop_operation(operation);
                self.answer(result, reply);
            }
            UserRequest::Keep(messages, on, reply) => {
                let result = self.keep(&messages, on);
                self.answer(result, reply);
            }
            UserRequest::StopKeeping(account) => {
                let result = self.stop_keeping(account);
                self.answer(result, None);
            }
            UserRequest::Record(_)
            | UserRequest::RecordNow(..)
            | UserRequest::Mail(_)
            | UserRequest::Damaged(_) => {}
        }
    }

    /// Answers whoever waits; what failed and nobody waits for is told by an event.
    pub(in crate::store) fn answer<T>(
        &mut self,
        result: Result<T, StoreError>,
        reply: Option<Reply<T>>,
    ) {
        let result = self.noted(result);
        match (reply, result) {
            (Some(reply), result) => drop(reply.send(result)),
            (None, Err(error)) => self.send(Event::StoreFailed(error)),
            (None, Ok(_)) => {}
        }
    }
}
