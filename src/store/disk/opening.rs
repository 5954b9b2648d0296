//! Which messages are being opened: one over which a process ended is shown as it came.

use std::io;
use std::path::Path;

use crate::mail::message_id::MessageId;
use crate::store::disk::notes::Notes;

/// Notes of the messages that one thread opens.
#[derive(Debug)]
pub struct Opening(Notes);

impl Opening {
    /// Takes over what processes left behind that ended over a message, and begins notes of its own.
    pub(in crate::store) fn begin(data: &Path) -> io::Result<Self> {
        Notes::begin(data.join("opening")).map(Self)
    }

    /// Notes that a message is being opened by one of several workers, or that this one is done.
    pub fn note(&self, worker: usize, message: Option<MessageId>) {
        self.0.note(worker, message.map_or(0, MessageId::get));
    }

    /// Whether a message is to be shown as it came, because this version of Sterna ended or hung over it.
    #[must_use]
    pub fn is_shown_as_it_came(&self, message: MessageId) -> bool {
        self.0.is_left(message.get())
    }

    /// Has a message shown as it came from now on.
    pub fn show_as_it_came(&mut self, message: MessageId) {
        self.0.leave(message.get());
    }
}
