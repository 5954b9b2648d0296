//! What the engine tells the store and asks of it: data only, in the words of the protocol.

use crate::mail::account::AccountId;
use crate::mail::envelope::Envelope;
use crate::mail::flag::Flags;
use crate::mail::label::Labels;
use crate::mail::mailbox::{MailboxId, MailboxName, Namespace, Role};
use crate::mail::rights::Rights;
use crate::mail::uid::{ModSeq, Uid, UidValidity};
use crate::mail::uid_set::UidSet;

/// One mailbox of a LIST response. RFC 3501 §7.2.2.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ListedMailbox {
    /// The name as the server spells it.
    pub name: MailboxName,
    /// The hierarchy delimiter; `None` for NIL, a flat name.
    pub delimiter: Option<u8>,
    /// Attributes, backslash included.
    pub attributes: Vec<String>,
    /// What it is for, by SPECIAL-USE, configuration or name; `None` for an ordinary mailbox.
    pub role: Option<Role>,
    /// Whether the user subscribed to it; `None` where nobody said so: it stays as it is known, and a new one is.
    pub subscribed: Option<bool>,
    /// Whether SELECT makes sense.
    pub selectable: bool,
    /// Whose it is.
    pub namespace: Namespace,
    /// Bytes at the beginning of the name that say nothing to a person: the prefix of the user's own namespace.
    pub prefix_bytes: usize,
    /// MAILBOXID; empty where the server did not say. RFC 8474 §4.1.
    pub object_id: String,
}

/// A STATUS response; `None` where the server did not say. RFC 3501 §7.2.4.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct MailboxStatus {
    /// Messages in the mailbox.
    pub messages: Option<u64>,
    /// Messages without `\Seen`.
    pub unseen: Option<u64>,
    /// The next UID.
    pub uid_next: Option<u32>,
    /// The epoch of the UIDs.
    pub uid_validity: Option<UidValidity>,
    /// HIGHESTMODSEQ; zero where the mailbox keeps none. RFC 7162 §3.1.2.
    pub highest_mod_seq: Option<ModSeq>,
}

/// What SELECT answered. RFC 3501 §6.3.1.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Selected {
    /// The epoch of the UIDs.
    pub validity: UidValidity,
    /// The next UID; `None` where the server did not say.
    pub uid_next: Option<u32>,
    /// Messages in the mailbox.
    pub exists: u32,
    /// HIGHESTMODSEQ; zero for NOMODSEQ.
    pub highest_mod_seq: ModSeq,
    /// PERMANENTFLAGS; `None` where the server did not say, which means all.
    pub permanent_flags: Option<Vec<String>>,
    /// Whether nothing may be changed.
    pub read_only: bool,
}

/// How far a mailbox is known.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SyncState {
    /// The epoch of the placements; `None` while the mailbox was never selected.
    pub validity: Option<UidValidity>,
    /// Below it every UID is known, in the gap, or gone; 0 while unknown.
    pub uid_next: u32,
    /// Of the last sync point; zero for none, then flags must be read in full.
    pub mod_seq: ModSeq,
    /// UIDs whose headers are still to be fetched.
    pub gap: UidSet,
    /// From which UIDs on flags are known further than `mod_seq`, the highest first; empty where all are known as far.
    pub caught_up: Vec<CaughtUp>,
    /// Messages that the server has there whose headers are on this machine; those that are leaving included.
    pub n_headers: u64,
    /// EXISTS at the last sync point; `None` before the first.
    pub exists: Option<u64>,
}

impl SyncState {
    /// The highest mod-sequence up to which any flags are known; zero for none.
    #[must_use]
    pub fn highest_told(&self) -> ModSeq {
        let told = self.caught_up.iter().map(|row| row.mod_seq).max();
        told.map_or(self.mod_seq, |told| told.max(self.mod_seq))
    }
}

/// How far some flags of a mailbox are known, where they come in pieces.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CaughtUp {
    /// The lowest UID that it is about. It ends below the next higher one's.
    pub low: u32,
    /// Everything up to it was heard.
    pub mod_seq: ModSeq,
}

/// A mailbox with all that is known of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MailboxInfo {
    /// Its number.
    pub id: MailboxId,
    /// Whose.
    pub account: AccountId,
    /// The name as the server spells it.
    pub name: MailboxName,
    /// The hierarchy delimiter; `None` for a flat name.
    pub delimiter: Option<u8>,
    /// What it is for.
    pub role: Option<Role>,
    /// Whether SELECT makes sense.
    pub selectable: bool,
    /// Whose it is.
    pub namespace: Namespace,
    /// Bytes at the beginning of the name that the folder pane leaves out.
    pub prefix_bytes: usize,
    /// Whether the last SELECT found it read-only.
    pub read_only: bool,
    /// What the user may do there; `None` where the server does not tell.
    pub rights: Option<Rights>,
    /// STATUS as last heard.
    pub status: MailboxStatus,
    /// How far it is known.
    pub state: SyncState,
    /// Rows of its list, open operations included.
    pub n_listed: u64,
    /// Whether all of it is on this machine: every header, and every body whole.
    pub is_complete: bool,
    /// Whether flags of some messages are as they were seen last, and newer ones have not come.
    pub has_old_flags: bool,
    /// When it was last brought up to date, seconds since the epoch; `None` for never.
    pub synced_at: Option<i64>,
    /// Messages; `None` while unknown.
    pub total: Option<u64>,
    /// Unread messages, open operations included; `None` while unknown.
    pub unread: Option<u64>,
}

/// The header of one message as fetched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FetchedHeader {
    /// Its UID.
    pub uid: Uid,
    /// The server's flags.
    pub flags: Flags,
    /// INTERNALDATE, seconds since the epoch.
    pub internal_date: i64,
    /// RFC822.SIZE; an estimate on some servers.
    pub size_bytes: u64,
    /// Its mod-sequence; zero for none.
    pub mod_seq: ModSeq,
    /// The header fields as received.
    pub block: Vec<u8>,
    /// What a row shows of the block ([`crate::mime::header::of_row`]): of the addresses From and To alone.
    pub envelope: Envelope,
    /// EMAILID; empty where the server has none. RFC 8474 §5.1.
    pub email_id: String,
    /// X-GM-MSGID; 0 where the server has none.
    pub gm_message: u64,
    /// X-GM-THRID; 0 where the server has none.
    pub gm_thread: u64,
    /// THREADID; empty where the server has none. RFC 8474 §5.2.
    pub thread_id: String,
    /// The beginning of the text as the server tells it; empty where it does not. RFC 8970.
    pub preview: String,
    /// X-GM-LABELS; `None` where the server has none.
    pub labels: Option<Labels>,
}

impl FetchedHeader {
    /// A message of which no more is known: unseen, of no date and no size.
    #[must_use]
    pub fn new(uid: Uid, block: Vec<u8>, envelope: Envelope) -> Self {
        Self {
            uid,
            flags: Flags::default(),
            internal_date: 0,
            size_bytes: 0,
            mod_seq: ModSeq::default(),
            block,
            envelope,
            email_id: String::new(),
            gm_message: 0,
            gm_thread: 0,
            thread_id: String::new(),
            preview: String::new(),
            labels: None,
        }
    }
}

/// New flags of one message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FlagChange {
    /// Which.
    pub uid: Uid,
    /// All its flags now.
    pub flags: Flags,
    /// Its mod-sequence; zero for none.
    pub mod_seq: ModSeq,
    /// All its labels now; `None` where the server did not say.
    pub labels: Option<Labels>,
}
