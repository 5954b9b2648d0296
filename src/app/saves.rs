//! Attachments that are being saved, and where the last one went.

use crate::channel::save::SaveRequest;
use crate::mail::account::AccountId;
use crate::mail::part::{PartPath, WantedPart};
use crate::mail::safe_text::SafeText;

/// What is being saved.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Saves {
    /// The directory that is offered: where the last attachment went, or where downloads go.
    pub directory: String,
    /// Requests that are unanswered, the latest last.
    pub open: Vec<Save>,
}

/// One request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Save {
    /// What was asked.
    pub request: SaveRequest,
    /// Whose message.
    pub account: AccountId,
    /// A name for it.
    pub what: SafeText,
    /// Parts that have to come first; empty while files are written.
    pub awaited: Vec<PartPath>,
    /// Bytes that have come of the part that is coming.
    pub n_done: u64,
    /// Bytes that there will be.
    pub n_total: u64,
}

impl Saves {
    /// Index of the request of that number.
    #[must_use]
    pub fn position(&self, serial: u64) -> Option<usize> {
        self.open
            .iter()
            .position(|save| save.request.serial == serial)
    }
}

impl Save {
    /// The parts that it waits for, as an engine is asked for them.
    pub fn wanted(&self) -> impl Iterator<Item = WantedPart> + '_ {
        let (message, mailbox) = (self.request.message, self.request.mailbox);
        self.awaited.iter().map(move |path| WantedPart {
            message,
            mailbox,
            path: path.clone(),
        })
    }
}
