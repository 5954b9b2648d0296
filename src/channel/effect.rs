//! What leaves `update`: data that the runtime carries out.

use crate::channel::draft::{Base, DraftId, Revision};
use crate::channel::event::Timer;
use crate::channel::job::Job;
use crate::channel::kept::WeightQuery;
use crate::channel::operation::{Action, OperationId, Target, Ticket};
use crate::channel::outbox::OutboxId;
use crate::channel::rows::{SelectionQuery, UnreadQuery, WindowQuery};
use crate::channel::save::SaveRequest;
use crate::mail::account::AccountId;
use crate::mail::composition::{Composition, ReplyKind};
use crate::mail::mailbox::MailboxId;
use crate::mail::message_id::MessageId;
use crate::mail::safe_text::SafeText;
use crate::mail::styled::TextForm;

/// Something to be done outside the model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Effect {
    /// Commit a user's action to the journal; answered by `Recorded` or `RecordFailed`.
    Record(Action),
    /// Take back the newest action that can be; answered by `Undone` or `RecordFailed`.
    Undo(Ticket),
    /// Do again what was taken back last; answered by `Undone` or `RecordFailed`.
    Redo(Ticket),
    /// End the holds of all operations, and of these mails: what is held may be sent now.
    Flush(Vec<OutboxId>),
    /// Try a refused operation again: its refused targets are open again.
    Retry(OperationId),
    /// Give an operation up: what of it is refused or not sent yet is taken back for good.
    Drop(OperationId),
    /// Find many messages of a list; answered by `Selection`, latest wins.
    LoadSelection(SelectionQuery),
    /// Find out how much some messages are; answered by `Keeping`, latest wins.
    Weigh(WeightQuery),
    /// Keep the bodies of messages on this machine, or (`false`) let them go; answered by `Keeping`.
    Keep(Vec<MessageId>, bool),
    /// Let go of what an account is to keep and has not come; answered by `Keeping`.
    StopKeeping(AccountId),
    /// Read the ledger; answered by `Ledger`.
    LoadLedger,
    /// Read the keywords that a folder takes; answered by `Keywords`.
    LoadKeywords(MailboxId),
    /// Read where else a message is; answered by `Whereabouts`, latest wins.
    LoadWhereabouts(Target),
    /// Read the folders; answered by `Folders`.
    LoadFolders,
    /// Read a window of a list; answered by `Rows`, latest wins.
    LoadWindow(WindowQuery),
    /// Look for the next unread message; answered by `UnreadFound`, latest wins.
    FindUnread(UnreadQuery),
    /// Read and render a message, fetching it where it is missing; answered by `Message` or `MessageMissing`.
    LoadMessage {
        /// Which.
        message: MessageId,
        /// Opened from where.
        mailbox: MailboxId,
        /// The width to wrap for.
        columns: u16,
        /// Which form of its text is wanted where there are several.
        form: TextForm,
    },
    /// Write parts to files; answered by `Save`.
    Save(SaveRequest),
    /// Keep what is being written; answered by `DraftSaved` or `DraftFailed`.
    SaveDraft {
        /// Ties the answer to the request.
        ticket: Ticket,
        /// From which account it is to be sent.
        account: AccountId,
        /// What it goes on from. A draft that was changed or sent elsewhere meanwhile stays, and a new one is made.
        base: Base,
        /// Nobody types at it any more: its copy on the server need not wait.
        is_left: bool,
        /// Everything as typed.
        composition: Box<Composition>,
    },
    /// Make a mail of what another message is; answered by `Composed` or `ComposeFailed`.
    BeginReply {
        /// Ties the answer to the request.
        ticket: Ticket,
        /// Whose message.
        account: AccountId,
        /// Which.
        message: MessageId,
        /// Where it is.
        mailbox: MailboxId,
        /// In which way it is taken up.
        kind: ReplyKind,
    },
    /// Give a message on as it is; answered by `Queued` or `ComposeFailed`.
    Bounce {
        /// Ties the answer to the request.
        ticket: Ticket,
        /// Which account sends.
        account: AccountId,
        /// Which message.
        message: MessageId,
        /// Where it is.
        mailbox: MailboxId,
        /// To whom, as typed.
        to: String,
        /// Seconds in which it can be taken back.
        hold_seconds: u32,
    },
    /// Build a mail and put it into the outbox; answered by `Queued` or `SendRefused`.
    Send {
        /// Ties the answer to the request.
        ticket: Ticket,
        /// Which account sends.
        account: AccountId,
        /// What it goes on from, which ends with it.
        base: Base,
        /// Everything as typed.
        composition: Box<Composition>,
        /// Seconds in which it can be taken back.
        hold_seconds: u32,
        /// Not before this moment, in seconds since the epoch; `None` for now.
        not_before: Option<i64>,
    },
    /// Let the user's own editor have a mail, and the terminal; answered by `Edited`.
    EditExternally {
        /// Ties the answer to the request.
        ticket: Ticket,
        /// From which account it is to be sent.
        account: AccountId,
        /// Its draft, in which it is found after a crash.
        base: Base,
        /// Everything as typed.
        composition: Box<Composition>,
    },
    /// Look for addresses; answered by `Addresses`, latest wins.
    CompleteAddress {
        /// Ties the answer to the request.
        ticket: Ticket,
        /// Whose mail is looked through, whose command is asked.
        account: AccountId,
        /// What was typed of the address.
        typed: String,
    },
    /// Look for files; answered by `Paths`.
    CompletePath {
        /// Ties the answer to the request.
        ticket: Ticket,
        /// What was typed of the path.
        typed: String,
    },
    /// Look at a file that is to be attached; answered by `Attached`.
    Attach {
        /// Ties the answer to the request.
        ticket: Ticket,
        /// The path as typed.
        path: String,
    },
    /// Throw a draft away; answered by `Drafts`.
    DiscardDraft(Revision),
    /// Read a draft; answered by `Draft`, or `Drafts` where it is none any more.
    LoadDraft(DraftId),
    /// Read the list of drafts; answered by `Drafts`.
    LoadDrafts,
    /// Take a mail out of the outbox and make it a draft again; answered by `TakenBack`.
    TakeBack(OutboxId),
    /// Read the outbox; answered by `Outbox`.
    LoadOutbox,
    /// Send a mail now: one that waits, was refused, or whose end nobody knows; answered by `MailChanged`.
    RetryMail(OutboxId),
    /// Give a mail up for good; answered by `Outbox`.
    DropMail(OutboxId),
    /// Say what became of a mail whose end nobody knows; answered by `MailChanged`.
    ResolveMail {
        /// Which.
        outbox: OutboxId,
        /// It arrived; else it did not, and is sent again.
        as_sent: bool,
    },
    /// Ask the engine of an account.
    Job(AccountId, Job),
    /// Store the password that the user typed for an account; answered by `PasswordStored`.
    StorePassword(AccountId),
    /// Ask the engines of all accounts.
    JobForAll(Job),
    /// Ring a timer.
    After {
        /// Milliseconds from now.
        milliseconds: u64,
        /// Which.
        timer: Timer,
    },
    /// Set the window title.
    SetTitle(SafeText),
    /// Paint everything again.
    Repaint,
    /// Stop like Ctrl-Z in a shell.
    Suspend,
    /// End.
    Quit,
}
