//! The ledger: what the journal holds, in rows for a screen.

use crate::channel::operation::{GroupId, OperationId};
use crate::mail::account::AccountId;
use crate::mail::mailbox::MailboxId;
use crate::mail::safe_text::SafeText;

/// How an operation stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum LedgerState {
    /// It waits for its hold to pass; undoing it costs nothing.
    Held,
    /// It waits for a connection or its turn.
    Queued,
    /// Some of it is on its way to the server.
    Running,
    /// Some of it was refused and waits for the user; nothing is open.
    Parked,
    /// It ended.
    Done,
    /// It was taken back before it was sent.
    Undone,
}

impl LedgerState {
    /// The stable lower-case name, as in `--json`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Held => "held",
            Self::Queued => "queued",
            Self::Running => "running",
            Self::Parked => "parked",
            Self::Done => "done",
            Self::Undone => "undone",
        }
    }
}

/// One operation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LedgerRow {
    /// Its number.
    pub operation: OperationId,
    /// The action that it belongs to.
    pub group: GroupId,
    /// Whose.
    pub account: AccountId,
    /// The name of the action; empty where it has none.
    pub label: SafeText,
    /// What it does, a stable word: `read`, `unread`, `flag`, `unflag`, `keyword`, `move`, `copy`, `delete`, `create`,
    /// `rename`, `remove`, `subscribe`, `unsubscribe`.
    pub kind: &'static str,
    /// The keyword with `+` or `-`, or the new name of a folder; empty for others.
    pub detail: SafeText,
    /// The folder of its targets, the first where they are in several; empty while unknown.
    pub from: SafeText,
    /// Where a move or copy goes; empty for others.
    pub to: SafeText,
    /// Targets that wait.
    pub n_open: u64,
    /// Targets that are on their way to the server.
    pub n_sent: u64,
    /// Targets that the server has.
    pub n_done: u64,
    /// Targets that were gone.
    pub n_gone: u64,
    /// Targets that were refused.
    pub n_parked: u64,
    /// Targets whose keyword stays on this machine.
    pub n_local: u64,
    /// How it stands.
    pub state: LedgerState,
    /// How often it was tried.
    pub attempts: u32,
    /// Why the first of the refused targets was refused; empty where none was.
    pub error: SafeText,
    /// When it was recorded, seconds since the epoch.
    pub created: i64,
    /// When its hold ends, seconds since the epoch; `None` without one.
    pub not_before: Option<i64>,
}

/// When a folder was last brought up to date.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LedgerFolder {
    /// Whose.
    pub account: AccountId,
    /// Which.
    pub mailbox: MailboxId,
    /// Its name.
    pub name: SafeText,
    /// Seconds since the epoch; `None` for never.
    pub synced_at: Option<i64>,
}

/// The journal at one moment. What the connections do, the model knows itself.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Ledger {
    /// What is open or parked, oldest first, then what ended recently, newest first.
    pub rows: Vec<LedgerRow>,
    /// The folders that hold messages, in the order of the folder pane.
    pub folders: Vec<LedgerFolder>,
}
