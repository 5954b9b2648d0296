//! Mail on its way out: what is handed over to be sent, and how it fares.

use crate::channel::draft::{Base, DraftId};
use crate::mail::account::AccountId;
use crate::mail::composition::{Composition, Origin};
use crate::mail::message_id::MessageId;
use crate::mail::outgoing::Built;
use crate::mail::safe_text::SafeText;

/// Numbers a mail in the outbox for good; given out by `state.db`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct OutboxId(pub i64);

/// How far a mail is. Only the store moves it from one to the next.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum OutboxState {
    /// It can be taken back until its moment has come.
    Held,
    /// The user named the moment.
    Scheduled,
    /// It goes with the next connection.
    Queued,
    /// A connection is at it; nothing that counts has left.
    Sending,
    /// The end of the mail is leaving: from here on the server may have it.
    Committing,
    /// The server has it; its copy is still to be filed.
    Accepted,
    /// The server has it, and nothing is left to do.
    Sent,
    /// The server does not want it. The user has it back as a draft, unless it was bounced.
    Failed,
    /// The answer to its end never came: the server may have it or not. Never sent again unasked.
    Uncertain,
}

impl OutboxState {
    /// Every state, in the order of a mail's way.
    pub const ALL: [Self; 9] = [
        Self::Held,
        Self::Scheduled,
        Self::Queued,
        Self::Sending,
        Self::Committing,
        Self::Accepted,
        Self::Sent,
        Self::Failed,
        Self::Uncertain,
    ];

    /// The name for scripts: what the mail is to the user, not to the machinery.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Held | Self::Scheduled | Self::Queued => "queued",
            Self::Sending | Self::Committing => "sending",
            Self::Accepted | Self::Sent => "sent",
            Self::Failed => "failed",
            Self::Uncertain => "uncertain",
        }
    }

    /// Whether it waits to be sent or is being sent.
    #[must_use]
    pub const fn is_leaving(self) -> bool {
        matches!(
            self,
            Self::Held | Self::Scheduled | Self::Queued | Self::Sending | Self::Committing
        )
    }
}

/// What came of the wish to take a mail back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TakenBack {
    /// It left the outbox and is this draft again.
    Draft(DraftId),
    /// It left the outbox; it never was a draft (it was bounced), so nothing stays of it.
    Gone,
    /// It stands as it did: there is no draft of it, as it was bounced. It can be dropped.
    Whole,
    /// Too late: it is leaving, or has left.
    TooLate,
}

/// A mail of the outbox, without its bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutboxRow {
    /// Its number.
    pub id: OutboxId,
    /// Whose server takes it.
    pub account: AccountId,
    /// Without brackets.
    pub message_id: String,
    /// The address in MAIL FROM.
    pub from: SafeText,
    /// The addresses in RCPT TO.
    pub to: Vec<SafeText>,
    /// Its subject; may be empty.
    pub subject: SafeText,
    /// How far it is.
    pub state: OutboxState,
    /// How often it was begun to be sent.
    pub attempts: u32,
    /// What went wrong last, as a sentence; empty where nothing did.
    pub error: SafeText,
    /// Not sent earlier, seconds since the epoch: the end of the hold, the moment the user named, or the next attempt;
    /// `None` for now.
    pub not_before: Option<i64>,
    /// When it was handed over, seconds since the epoch.
    pub created: i64,
    /// What it was written in, or becomes a draft in; `None` where it was bounced.
    pub draft: Option<DraftId>,
}

impl OutboxRow {
    /// Whether what it was written in is a draft again, as the server does not want it.
    #[must_use]
    pub const fn is_in_drafts(&self) -> bool {
        matches!(self.state, OutboxState::Failed) && self.draft.is_some()
    }
}

/// A mail that is built and may go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outgoing {
    /// Whose server is to take it.
    pub account: AccountId,
    /// Its bytes and its envelope.
    pub built: Built,
    /// What gets a flag once it was accepted.
    pub origin: Option<Origin>,
    /// What it was written in.
    pub base: Base,
    /// What was typed, or what a given mail is as a draft, so that it can be taken back; `None` where it is bounced.
    pub composition: Option<Composition>,
    /// Seconds in which it can be taken back.
    pub hold_seconds: u32,
    /// Not sent earlier, seconds since the epoch; `None` for at once.
    pub not_before: Option<i64>,
}

/// Why a mail was not put into the outbox.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotSent {
    /// As a sentence.
    pub words: SafeText,
    /// Attachments are of this message, and it is gone from the server and from this machine; `None` for any other reason.
    pub gone: Option<MessageId>,
}

impl From<SafeText> for NotSent {
    fn from(words: SafeText) -> Self {
        Self { words, gone: None }
    }
}
