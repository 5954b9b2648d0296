//! What the journal records: a user's action on messages or folders, before any server knows of it.

use crate::channel::error::RemoteError;
use crate::mail::account::AccountId;
use crate::mail::flag::{Keyword, SystemFlag};
use crate::mail::mailbox::{MailboxId, MailboxName};
use crate::mail::message_id::MessageId;
use crate::mail::uid::{Uid, UidValidity};

/// Ties an action of the screen to the answer of the store; counted up by the model.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Ticket(pub u64);

/// Numbers a recorded operation; ascending in the order of recording, which is the order of replay.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct OperationId(pub i64);

/// Numbers the operations of one action: they were recorded together and are undone together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct GroupId(pub i64);

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
    /// A keyword goes on or off.
    Keyword {
        /// Which.
        keyword: Keyword,
        /// On or off.
        on: bool,
    },
    /// The message goes to another mailbox of the account.
    Move {
        /// Where to.
        to: MailboxId,
    },
    /// The message is to be in another mailbox of the account too.
    Copy {
        /// Where to.
        to: MailboxId,
    },
    /// The message goes for good: `\Deleted`, and UID EXPUNGE of its UID only.
    Delete,
    /// A mailbox itself changes; such an operation has no targets.
    Folder(FolderChange),
}

impl Change {
    /// Where a move or copy goes; `None` for all else.
    #[must_use]
    pub const fn destination(&self) -> Option<MailboxId> {
        match self {
            Self::Move { to } | Self::Copy { to } => Some(*to),
            _ => None,
        }
    }
}

/// What is to happen to a mailbox. RFC 3501 §6.3.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FolderChange {
    /// There is to be a mailbox of this name. The store gives it its number at once.
    Create {
        /// Its name as the server will spell it.
        name: MailboxName,
    },
    /// It gets another name, and so do those below it.
    Rename {
        /// Which.
        mailbox: MailboxId,
        /// The whole new name.
        to: MailboxName,
    },
    /// It goes with all that is in it.
    Delete {
        /// Which.
        mailbox: MailboxId,
    },
    /// It is among the user's subscriptions or not.
    Subscribe {
        /// Which.
        mailbox: MailboxId,
        /// Subscribed or not.
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

/// What the user did with one key: recorded in one transaction, undone together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Action {
    /// The screen's own number for it.
    pub ticket: Ticket,
    /// Whose journal. An action on messages of two accounts is two.
    pub account: AccountId,
    /// Its name for people: `archive`, `junk`, `+todo`. Whoever shows it adds the numbers.
    pub label: String,
    /// What, in order, each on all targets. A move or a deletion comes last: behind it the message is not there any more.
    pub changes: Vec<Change>,
    /// On what; empty for changes of folders.
    pub targets: Vec<Target>,
    /// For so many seconds nothing of it is sent, so that undoing it costs nothing.
    pub hold_seconds: u32,
}

impl Action {
    /// One change, sent at once, without a name.
    #[must_use]
    pub fn new(ticket: Ticket, account: AccountId, change: Change, targets: Vec<Target>) -> Self {
        Self {
            ticket,
            account,
            label: String::new(),
            changes: vec![change],
            targets,
            hold_seconds: 0,
        }
    }
}

/// What the journal made of an action.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recorded {
    /// The number under which it is undone.
    pub group: GroupId,
    /// An operation for each change, in the order of the changes.
    pub operations: Vec<OperationId>,
    /// Messages that it is about: those of the targets that exist, each once.
    pub n_targets: usize,
    /// The number of the mailbox that is to be created; `None` where none is.
    pub created: Option<MailboxId>,
}

/// An address on the server in a mailbox that is known from elsewhere: where COPYUID or APPENDUID say that a message went
/// (RFC 4315 §3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Address {
    /// The UIDVALIDITY of the mailbox.
    pub validity: UidValidity,
    /// The UID in it.
    pub uid: Uid,
}

/// How one target of an operation ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// The server has it. Of a move or copy, the address there, where the server told it; `None` for all else.
    Done(Option<Address>),
    /// The message is gone from the mailbox, so there is nothing to do.
    Gone,
    /// The server keeps no such keyword (PERMANENTFLAGS): it stays on this machine.
    Local,
    /// It was moved or is to go for good, but the original stays on the server, marked `\\Deleted`: expunging it alone is
    /// not possible there (no UIDPLUS). It is hidden until the server expunges it or the mark is taken off. The address is
    /// that of [`Outcome::Done`].
    Marked(Option<Address>),
    /// The server refused; kept, shown, not retried by itself.
    Parked(RemoteError),
}

/// What undoing (or doing again) came to.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Undone {
    /// The name of the action; empty when there was none to undo.
    pub label: String,
    /// Messages (or folders) put back.
    pub n_restored: usize,
    /// Messages that are gone, so that nothing could be put back.
    pub n_skipped: usize,
    /// A message put back, where it is now: the cursor's place. `None` where none was.
    pub cursor: Option<Target>,
    /// Why the action stands; `None` where it was taken back. It is not offered again: the next undo is about the one before.
    pub stands: Option<Stands>,
}

/// Why the newest action cannot be taken back. Nothing older is taken back in its place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stands {
    /// The messages are deleted for good.
    Deleted,
    /// The server has made the folder; there may be mail in it.
    FolderMade,
    /// The server has deleted the folder with what was in it.
    FolderDeleted,
    /// The server did not tell the address of the copy.
    UnknownCopy,
    /// Somebody has changed since all that it changed.
    NothingLeft,
}

impl Stands {
    /// The reason in words, to come after a colon.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::Deleted => "deleted for good",
            Self::FolderMade => "the folder is made",
            Self::FolderDeleted => "the folder is deleted",
            Self::UnknownCopy => "the server did not say which message is the copy",
            Self::NothingLeft => "nothing of it is left",
        }
    }
}
