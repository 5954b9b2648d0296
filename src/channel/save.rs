//! Saving attachments to a directory: what is asked, and what became of it.

use crate::mail::mailbox::MailboxId;
use crate::mail::message_id::MessageId;
use crate::mail::part::PartPath;
use crate::mail::safe_text::SafeText;

/// Parts of a message to be written to files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SaveRequest {
    /// Ties the answer to the request.
    pub serial: u64,
    /// Of which message.
    pub message: MessageId,
    /// Where the message is.
    pub mailbox: MailboxId,
    /// Which parts; at least one.
    pub paths: Vec<PartPath>,
    /// The directory as typed; `~/` is the home directory.
    pub directory: String,
}

/// What became of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SaveOutcome {
    /// Nothing was written: these parts are not on this machine.
    Missing(Vec<PartPath>),
    /// Everything is written.
    Saved {
        /// The names of the files.
        names: Vec<SafeText>,
        /// Where they are.
        directory: SafeText,
    },
    /// It went wrong; files that were written before stay.
    Failed(SafeText),
}
