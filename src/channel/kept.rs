//! What the user keeps on this machine: how much it would be, and how far it has come.

use crate::channel::operation::Target;
use crate::channel::rows::SelectionQuery;
use crate::mail::account::AccountId;
use crate::mail::message_id::MessageId;

/// Which messages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Subject {
    /// These.
    Messages(Vec<Target>),
    /// Those of a list.
    List(SelectionQuery),
}

/// A question about how much some messages are; answered by `News::Weighed`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WeightQuery {
    /// Which messages.
    pub subject: Subject,
    /// Tells the answer from one to an older question.
    pub serial: u64,
}

/// How much some messages are.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Weight {
    /// The messages, at most 100,000.
    pub messages: Vec<MessageId>,
    /// How many were meant.
    pub n_matching: u64,
    /// How many of `messages` are kept already.
    pub n_kept: u64,
    /// Their bytes, as the server says.
    pub bytes: u64,
    /// Bytes of those whose bodies are not here whole.
    pub bytes_missing: u64,
}

impl Weight {
    /// Whether there is nothing more to keep.
    #[must_use]
    pub fn is_all_kept(&self) -> bool {
        self.n_kept == self.n()
    }

    /// How many messages.
    #[must_use]
    pub fn n(&self) -> u64 {
        self.messages.len().try_into().unwrap_or(u64::MAX)
    }
}

/// What of an account is kept and has not come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Missing {
    /// Whose.
    pub account: AccountId,
    /// Messages.
    pub n_left: u64,
    /// Their bytes, as the server says.
    pub bytes_left: u64,
    /// Whether bodies are being fetched; if not, what is left waits: for a connection, or for its way to the server.
    pub is_coming: bool,
}

/// What happens about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum News {
    /// How much some messages are.
    Weighed {
        /// The number of the question.
        serial: u64,
        /// How much.
        weight: Weight,
    },
    /// Messages are kept on this machine from now on, or no longer.
    Changed {
        /// Whose.
        accounts: Vec<AccountId>,
        /// How many were not so before.
        n_changed: u64,
        /// Whether they are kept.
        on: bool,
    },
    /// What is kept and has not come, while it is being fetched and when that ends.
    Missing(Missing),
    /// What the user keeps is more than the account may hold: nothing of it goes.
    Beyond {
        /// Whose.
        account: AccountId,
        /// Bytes that are kept.
        bytes: u64,
        /// Bytes that the account may hold.
        limit: u64,
    },
}
