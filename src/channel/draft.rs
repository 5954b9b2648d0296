//! Mail being written, as a list shows it.

use crate::mail::account::AccountId;
use crate::mail::safe_text::SafeText;

/// Numbers a draft for good; given out by `state.db`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DraftId(pub i64);

/// A draft, without its text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DraftRow {
    /// Its number.
    pub id: DraftId,
    /// From which account it is to be sent.
    pub account: AccountId,
    /// The line of recipients as typed.
    pub to: SafeText,
    /// Its subject; may be empty.
    pub subject: SafeText,
    /// When it was saved last, seconds since the epoch.
    pub changed: i64,
    /// Why it came back from the outbox, as a sentence; empty where it did not.
    pub reason: SafeText,
}
