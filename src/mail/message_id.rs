//! Who a message is (for good) and where the server has it (for now).

use std::num::NonZeroU64;

use serde::{Deserialize, Serialize};

use crate::mail::account::AccountId;
use crate::mail::mailbox::MailboxId;
use crate::mail::uid::{Uid, UidValidity};

/// Names a message for good: given out by `state.db`, never reused, there before any server knows the message.
///
/// What the model, the journal and every event carry. Where the message is, its placements say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct MessageId(NonZeroU64);

impl MessageId {
    /// Wraps a number of `state.db`; `None` for zero.
    #[must_use]
    pub fn new(id: u64) -> Option<Self> {
        NonZeroU64::new(id).map(Self)
    }

    /// The number, at least 1.
    #[must_use]
    pub const fn get(self) -> u64 {
        self.0.get()
    }
}

/// Addresses a message on the server; resolved from a placement when a command is built, never sooner.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct MessageKey {
    /// The account whose server is meant.
    pub account: AccountId,
    /// The mailbox that must be selected.
    pub mailbox: MailboxId,
    /// The UIDVALIDITY under which `uid` means this message.
    pub validity: UidValidity,
    /// The message in that mailbox.
    pub uid: Uid,
}
