//! What comes to the app: keys, rows, changes of the store, states of the accounts.

use crate::channel::damage::Replaced;
use crate::channel::draft::{Base, Draft, DraftRow, Revision};
use crate::channel::error::{RemoteError, StoreError};
use crate::channel::kept::News;
use crate::channel::key::Key;
use crate::channel::ledger::Ledger;
use crate::channel::mouse::Mouse;
use crate::channel::operation::{GroupId, OperationId, Outcome, Stands, Target, Ticket};
use crate::channel::outbox::{NotSent, OutboxId, OutboxRow, TakenBack};
use crate::channel::rows::{FolderRow, Keywords, RowKey, Window};
use crate::channel::save::SaveOutcome;
use crate::channel::view::MessageView;
use crate::mail::account::{AccountId, Protocol};
use crate::mail::composition::{Attachment, Composition};
use crate::mail::mailbox::MailboxId;
use crate::mail::message_id::MessageId;
use crate::mail::part::PartPath;
use crate::mail::quota::Quota;
use crate::mail::safe_text::SafeText;

/// A timer that `update` asked for and the runtime rings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Timer {
    /// `mark-read-after` has passed for this message.
    MarkRead(Target),
    /// A notice on the status line has been shown long enough; the number tells which.
    NoticeOver(u64),
    /// The cursor rests: load the message under it.
    Preview(u64),
    /// What is typed in the composer of this number is to be saved.
    Autosave(u64),
    /// The message that was asked for with this ticket should have come; for the runtime.
    Awaited(Ticket),
    /// Minutes passed: dates such as `14:32` may read otherwise now.
    Clock,
}

/// Whether an account reaches its server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Connection {
    /// Not tried yet, or a connection is being made.
    Connecting,
    /// Connected and idle.
    Online,
    /// Connected, headers or bodies are streaming in.
    Syncing {
        /// The mailbox being read.
        mailbox: MailboxId,
        /// Headers on this machine.
        n_done: u64,
        /// Headers there will be.
        n_total: u64,
    },
    /// No connection, by accident.
    Offline {
        /// Why.
        error: RemoteError,
        /// Seconds until the next attempt; `None` when it waits for the user.
        retry_seconds: Option<u64>,
    },
    /// Offline by choice as soon as what is on its way has been answered; that is waited for two seconds at most.
    Leaving {
        /// Changes of messages that are on their way.
        n_waiting: u64,
    },
    /// Offline because the user said so.
    OfflineByChoice,
    /// Another process holds the engine of this account.
    Elsewhere,
}

/// How a part that was asked for fares.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PartState {
    /// It is being fetched.
    Coming {
        /// Bytes that are here.
        n_done: u64,
        /// Bytes that there will be, as far as is known.
        n_total: u64,
    },
    /// It is in the store.
    Here,
    /// It could not be fetched.
    Failed(RemoteError),
}

/// Something happened. `update` is the only reader.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// A key.
    Key(Key),
    /// Pasted text; ignored outside text fields.
    Paste(String),
    /// The mouse.
    Mouse(Mouse),
    /// The terminal's size.
    Resize {
        /// Columns.
        columns: u16,
        /// Rows.
        rows: u16,
    },
    /// A timer rang.
    Timer(Timer),
    /// The wall clock in seconds since the epoch, and seconds east; before other events when it moved by a second or more.
    Now {
        /// Seconds since the epoch.
        seconds: i64,
        /// Seconds east of UTC.
        offset: i32,
    },
    /// The folders of all accounts.
    Folders(Vec<FolderRow>),
    /// The room of every account whose server tells it, by account.
    Quotas(Vec<(AccountId, Quota)>),
    /// A window of a list.
    Rows(Window),
    /// A window could not be read.
    RowsFailed {
        /// The number of the request.
        serial: u64,
        /// Why.
        error: StoreError,
    },
    /// The answer to a search for unread mail.
    UnreadFound {
        /// The number of the search.
        serial: u64,
        /// Where it is; `None` where there is none.
        found: Option<(MailboxId, RowKey)>,
    },
    /// Operations that are durable and not yet on the server, of all accounts; read with the folders.
    Pending(u64),
    /// A message, rendered.
    Message(Box<MessageView>),
    /// A message's text is not on this machine; it is being fetched when `coming`.
    MessageMissing {
        /// Which.
        message: MessageId,
        /// Whether an engine is online to fetch it.
        coming: bool,
    },
    /// A body could not be fetched.
    BodyFailed {
        /// Which.
        message: MessageId,
        /// Why.
        error: RemoteError,
    },
    /// A body arrived in the store.
    BodyStored(MessageId),
    /// News of a part that was asked for.
    Part {
        /// Of which message.
        message: MessageId,
        /// Which part; empty for the whole message.
        path: PartPath,
        /// What.
        state: PartState,
    },
    /// What became of parts that were to be saved.
    Save {
        /// The number of the request.
        serial: u64,
        /// What.
        outcome: SaveOutcome,
    },
    /// The store's folders changed (names, counts, roles).
    FoldersChanged,
    /// Rows of a mailbox changed in the store.
    RowsChanged(MailboxId),
    /// An action is durable.
    Recorded {
        /// The screen's number.
        ticket: Ticket,
        /// The journal's number for the action.
        group: GroupId,
        /// The journal's numbers for its changes, in their order.
        operations: Vec<OperationId>,
        /// Messages that it is about.
        n_targets: usize,
        /// The number of the folder that is to be created; `None` where none is.
        created: Option<MailboxId>,
        /// Operations now open.
        n_pending: u64,
    },
    /// The newest action was taken back, or done again.
    Undone {
        /// The screen's number.
        ticket: Ticket,
        /// The name of the action; empty when there was none.
        label: String,
        /// Messages (or folders) put back.
        n_restored: usize,
        /// Messages that are gone, so that nothing could be put back.
        n_skipped: usize,
        /// A message put back, where it is now; `None` where none was.
        cursor: Option<Target>,
        /// Why the action stands; `None` where it was taken back.
        stands: Option<Stands>,
        /// Done again instead of taken back.
        redo: bool,
        /// Operations now open.
        n_pending: u64,
    },
    /// The journal changed otherwise: holds ended, an operation is tried again or was given up.
    JournalChanged {
        /// Operations now open.
        n_pending: u64,
    },
    /// The messages that were asked for by a `SelectionQuery`.
    Selection {
        /// The number of the request.
        serial: u64,
        /// The messages, newest first; at most 100,000.
        targets: Vec<Target>,
        /// How many there are.
        n_matching: u64,
    },
    /// About what is kept on this machine.
    Keeping(News),
    /// The journal at this moment.
    Ledger(Ledger),
    /// The keywords that a folder takes.
    Keywords(Keywords),
    /// Where a message is besides the folder that was named; nowhere else while that is not known.
    Whereabouts {
        /// The message, in the folder that was named.
        target: Target,
        /// The other folders, by number.
        others: Vec<MailboxId>,
    },
    /// An action could not be recorded, taken back or done again: what the screen already shows must be taken back.
    RecordFailed {
        /// The screen's number.
        ticket: Ticket,
        /// Why.
        error: StoreError,
    },
    /// An operation ended on the server.
    Closed {
        /// The journal's number.
        operation: OperationId,
        /// How each target ended.
        outcomes: Vec<(Target, Outcome)>,
        /// Operations still open.
        n_pending: u64,
    },
    /// A mail is to be begun, as the command line or another program asks.
    Compose {
        /// What is to stand in it.
        composition: Box<Composition>,
        /// Names of what else was asked for, which is not done.
        left_out: Vec<SafeText>,
    },
    /// What became of another message: a mail to be gone on with.
    Composed {
        /// The screen's number.
        ticket: Ticket,
        /// Which account is to send it.
        account: AccountId,
        /// What it goes on from.
        base: Base,
        /// Everything that is there already.
        composition: Box<Composition>,
    },
    /// No mail could be made of another message.
    ComposeFailed {
        /// The screen's number.
        ticket: Ticket,
        /// Why, as a sentence.
        error: SafeText,
    },
    /// The user's own editor ended.
    Edited {
        /// The screen's number.
        ticket: Ticket,
        /// The mail as it is now; `None` where it is as it was.
        composition: Option<Box<Composition>>,
        /// The draft that has it; `None` where it is not kept, or as it was.
        saved: Option<Revision>,
        /// What went wrong, as a sentence; empty where nothing did.
        remark: SafeText,
    },
    /// Addresses that what was typed may become.
    Addresses {
        /// The screen's number.
        ticket: Ticket,
        /// What was typed.
        typed: String,
        /// `Name <address>` as it is typed, best first.
        found: Vec<String>,
        /// They come behind those of an earlier answer.
        is_more: bool,
    },
    /// Files that what was typed may become.
    Paths {
        /// What was typed.
        typed: String,
        /// As they would be typed, directories with a slash behind.
        found: Vec<String>,
        /// There are others behind these.
        is_more: bool,
    },
    /// A file that is to be attached was looked at.
    Attached {
        /// The screen's number.
        ticket: Ticket,
        /// The attachment, or why it is none, as a part of a sentence.
        outcome: Result<Attachment, SafeText>,
    },
    /// What is being written is durable.
    DraftSaved {
        /// The screen's number.
        ticket: Ticket,
        /// As what; another draft than asked for where that was changed or sent elsewhere meanwhile.
        saved: Revision,
    },
    /// What is being written could not be kept.
    DraftFailed {
        /// The screen's number.
        ticket: Ticket,
        /// Why.
        error: StoreError,
    },
    /// A draft, to be gone on with.
    Draft(Box<Draft>),
    /// All drafts, the one that was saved last first.
    Drafts(Vec<DraftRow>),
    /// A mail is in the outbox, durably; its draft is none any more.
    Queued {
        /// The screen's number.
        ticket: Ticket,
        /// Its number.
        outbox: OutboxId,
        /// Not sent earlier, seconds since the epoch; 0 for at once.
        not_before: i64,
    },
    /// A mail could not be built or queued; its draft stands.
    SendRefused {
        /// The screen's number.
        ticket: Ticket,
        /// Why.
        error: NotSent,
    },
    /// A mail was to be taken out of the outbox.
    TakenBack {
        /// Which.
        outbox: OutboxId,
        /// What came of it.
        outcome: TakenBack,
    },
    /// The outbox, oldest first.
    Outbox(Vec<OutboxRow>),
    /// A mail of the outbox fares differently.
    MailChanged(Box<OutboxRow>),
    /// The state of an account's connection.
    Connection {
        /// Whose.
        account: AccountId,
        /// What.
        state: Connection,
    },
    /// What `Job::SyncNow` found stale is up to date, in every folder.
    Synced(AccountId),
    /// The account needs a password from the user.
    PasswordWanted {
        /// Whose.
        account: AccountId,
        /// For which of its servers.
        protocol: Protocol,
        /// Why the last one did not do, as a sentence; empty the first time.
        refusal: SafeText,
    },
    /// The server took a password that the user typed: it may be stored, if the user wants that.
    PasswordAccepted {
        /// Whose.
        account: AccountId,
        /// Where it would be kept, as a sentence.
        place: SafeText,
    },
    /// A password was stored, or could not be.
    PasswordStored {
        /// Whose.
        account: AccountId,
        /// Why it could not be stored; `None` when it was.
        problem: Option<SafeText>,
    },
    /// Words for the status line, from a server (`ALERT`) or from Sterna.
    Notice(SafeText),
    /// The store failed in the background.
    StoreFailed(StoreError),
    /// The log of `state.db` was damaged or cut: what was committed last may be missing.
    CommitsLost,
    /// The cache was damaged: an empty one is in its place, which the server fills again.
    CacheReplaced(Replaced),
}
