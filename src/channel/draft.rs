//! Mail being written: what tells one draft from another, and as a list shows it.

use crate::mail::account::AccountId;
use crate::mail::composition::Composition;
use crate::mail::mailbox::MailboxId;
use crate::mail::safe_text::SafeText;

/// Numbers a draft for good; given out by `state.db`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DraftId(pub i64);

/// A draft as somebody saw it last. It is saved over only where it still is that: else both stay.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Revision {
    /// Which draft.
    pub draft: DraftId,
    /// Counts its changes, from 1.
    pub number: i64,
}

/// A draft as it lies on the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ServerCopy {
    /// In which mailbox.
    pub mailbox: MailboxId,
    /// Under which UIDVALIDITY.
    pub validity: u32,
    /// Its UID.
    pub uid: u32,
}

/// What a mail that is being written goes on from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Base {
    /// Nothing that is kept: it is new.
    #[default]
    New,
    /// A draft on this machine.
    Draft(Revision),
    /// A draft that only the server has, from this or another client: once kept here, this is its copy.
    Server(ServerCopy),
}

impl Base {
    /// The draft on this machine; `None` where there is none yet.
    #[must_use]
    pub const fn draft(self) -> Option<DraftId> {
        match self {
            Self::Draft(revision) => Some(revision.draft),
            Self::New | Self::Server(_) => None,
        }
    }
}

/// A draft with all that was typed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Draft {
    /// Which, and how often it was changed.
    pub revision: Revision,
    /// From which account it is to be sent.
    pub account: AccountId,
    /// Everything as typed.
    pub composition: Composition,
}

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
    /// How often it was changed.
    pub revision: i64,
    /// Why it came back from the outbox, or cannot be opened, as a sentence; empty where neither is so.
    pub reason: SafeText,
}

impl DraftRow {
    /// The draft as this row shows it.
    #[must_use]
    pub const fn seen(&self) -> Revision {
        Revision {
            draft: self.id,
            number: self.revision,
        }
    }
}
