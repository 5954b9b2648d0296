//! Rows for a screen: folders, and a window of a message list. Foreign text arrives sanitised.

use crate::mail::account::AccountId;
use crate::mail::flag::{Flags, Keyword};
use crate::mail::mailbox::{MailboxId, Namespace, Role};
use crate::mail::message_id::MessageId;
use crate::mail::rights::Rights;
use crate::mail::safe_text::SafeText;

/// One folder of the folder pane.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FolderRow {
    /// Whose.
    pub account: AccountId,
    /// Which.
    pub mailbox: MailboxId,
    /// The whole decoded name, `Lists/rust`.
    pub name: SafeText,
    /// What the name says beyond the folder it lies in, `rust`.
    pub label: SafeText,
    /// How deep in the tree; 0 for the top.
    pub depth: u8,
    /// What it is for; `None` for an ordinary folder.
    pub role: Option<Role>,
    /// Whose it is.
    pub namespace: Namespace,
    /// False for a level that only has children (`\Noselect`, `\NonExistent`).
    pub selectable: bool,
    /// Whether the last SELECT said READ-ONLY; false while it was never opened.
    pub read_only: bool,
    /// What the user may do there; `None` where the server does not tell. [`crate::mail::rights::refusal`] says why
    /// something cannot be done.
    pub rights: Option<Rights>,
    /// Messages, as the server last said; `None` while unknown.
    pub total: Option<u64>,
    /// Unread messages, open operations included; `None` while unknown.
    pub unread: Option<u64>,
    /// Headers on this machine.
    pub n_headers: u64,
    /// When it was last brought up to date, seconds since the epoch; `None` for never.
    pub synced_at: Option<i64>,
    /// Whether all of it is on this machine: every header and every body, as of the last time it was brought up to date.
    pub is_complete: bool,
    /// Whether flags of some messages are as they were seen last, and newer ones have not come.
    pub has_old_flags: bool,
    /// What is to become of it and the server does not know yet; `None` for nothing.
    pub plan: Option<FolderPlan>,
}

/// A change of a folder that waits for the server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FolderPlan {
    /// It is to be created: only this machine knows it.
    Create,
    /// It is to have this name.
    Rename(SafeText),
    /// It is to be deleted.
    Delete,
}

/// The place of a row in its list: newest first, by internal date, then UID, then message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RowKey {
    /// INTERNALDATE, seconds since the epoch.
    pub internal_date: i64,
    /// The UID; 0 while the message has none.
    pub uid: u32,
    /// The message.
    pub message: MessageId,
}

/// One row of a message list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MessageRow {
    /// Its place.
    pub key: RowKey,
    /// Where.
    pub mailbox: MailboxId,
    /// The sender as the list shows it: display name, else address; flagged by `sender_suspect`.
    pub from: SafeText,
    /// The sender's addr-spec; empty when unparsable.
    pub from_addr: SafeText,
    /// True where the display name pretends to be another address.
    pub sender_suspect: bool,
    /// The recipients as the list of a Sent folder shows them.
    pub to: SafeText,
    /// The subject; empty when there is none.
    pub subject: SafeText,
    /// The beginning of the text, where the server tells it; empty elsewhere.
    pub preview: SafeText,
    /// The server's labels (Gmail), decoded: `Work`, `\Inbox`; empty where it has none.
    pub labels: Vec<SafeText>,
    /// Date in seconds since the epoch as the sender says, clamped; the internal date where missing.
    pub date: i64,
    /// Effective flags: the server's, with open operations over them.
    pub flags: Flags,
    /// Those of its keywords that stay on this machine, since the server keeps no such keyword; ascending.
    pub kept_here: Vec<String>,
    /// RFC822.SIZE in bytes; an estimate on some servers.
    pub size_bytes: u64,
    /// Numbers the thread.
    pub thread: u64,
    /// `None` while unknown.
    pub has_attachment: Option<bool>,
}

/// Which rows around which place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Anchor {
    /// From the newest row on.
    Newest,
    /// The last rows of the list.
    Oldest,
    /// About as many rows before as after this place; the place itself included when it still exists.
    Around(RowKey),
    /// The same around this message, wherever it is; around the place where the list does not have it.
    Message(MessageId, RowKey),
}

/// A request for a window of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WindowQuery {
    /// Which list.
    pub mailbox: MailboxId,
    /// Words that from or subject must contain, each as the beginning of a word; empty for no limit.
    pub limit: String,
    /// Where.
    pub anchor: Anchor,
    /// How many rows at the most.
    pub n_rows: usize,
    /// Counted up by the model; an answer to an older request is dropped.
    pub serial: u64,
}

/// A search for the next unread message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnreadQuery {
    /// The lists to look through, one after the other: the first beyond `after`, the others from their end on.
    pub mailboxes: Vec<MailboxId>,
    /// A place in the first list; `None` for its end.
    pub after: Option<RowKey>,
    /// Words that limit the first list, as in a `WindowQuery`; empty for no limit.
    pub limit: String,
    /// Towards older messages.
    pub down: bool,
    /// Tells the answer from one to an older search.
    pub serial: u64,
}

/// Rows of a list, newest first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Window {
    /// What was asked.
    pub query: WindowQuery,
    /// The rows.
    pub rows: Vec<MessageRow>,
    /// Whether the list goes on above (newer).
    pub more_above: bool,
    /// Whether the list goes on below (older).
    pub more_below: bool,
    /// Rows in the whole list that are on this machine; with a limit, the rows that match.
    pub n_matching: u64,
}

/// Which messages of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wanted {
    /// All.
    All,
    /// Those of a thread.
    Thread(u64),
    /// Those without `\Seen`, open operations included.
    Unread,
    /// Those between two places, both included, in either order.
    Between(RowKey, RowKey),
}

/// A request for many messages of a list, as a selection has them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SelectionQuery {
    /// Which list.
    pub mailbox: MailboxId,
    /// Words that from or subject must contain, as in a `WindowQuery`; empty for no limit.
    pub limit: String,
    /// Which of its messages.
    pub wanted: Wanted,
    /// Tells the answer from one to an older request.
    pub serial: u64,
}

/// The keywords that a folder takes. RFC 3501 §7.1 (PERMANENTFLAGS).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Keywords {
    /// Which folder.
    pub mailbox: MailboxId,
    /// Keywords in use there, sorted.
    pub names: Vec<Keyword>,
    /// Whether the server keeps others too; while nothing is known it is taken to do so.
    pub takes_new: bool,
}
