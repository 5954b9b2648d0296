//! What the journal records: a user's action on messages, before any server knows of it.

use crate::channel::error::RemoteError;
use crate::mail::account::AccountId;
use crate::mail::flag::SystemFlag;
use crate::mail::mailbox::MailboxId;
use crate::mail::message_id::MessageId;

/// Ties an action of the screen to the answer of the store; counted up by the model.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Ticket(pub u64);

/// Numbers a recorded operation; ascending in the order of recording, which is the order of replay.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct OperationId(pub i64);

/// What is to change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// A system flag goes on or off.
    Flag {
        /// Which.
        flag: SystemFlag,
        /// On or off.
        on: bool,
    },
}

/// A message in a mailbox: the placement that an operation is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Target {
    /// Which message.
    pub message: MessageId,
    /// In which mailbox.
    pub mailbox: MailboxId,
}

/// A user's action, to be recorded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Operation {
    /// The screen's own number for it.
    pub ticket: Ticket,
    /// Whose journal.
    pub account: AccountId,
    /// On what.
    pub targets: Vec<Target>,
    /// What.
    pub change: Change,
}

/// How one target of an operation ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// The server has it.
    Done,
    /// The message is gone from the mailbox, so there is nothing to do.
    Gone,
    /// The server refused; kept, shown, not retried by itself.
    Parked(RemoteError),
}
