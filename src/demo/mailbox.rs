//! One mailbox of the model: messages, mod-sequences, and the log of what vanished. No sockets, no sessions.

use std::borrow::Cow;
use std::sync::Arc;

use crate::demo::rights::Rights;
use crate::mail::flag::Flags;
use crate::mail::flag::SystemFlag;
use crate::mail::mailbox::Role;

/// Makes the bytes of message number `index` whenever they are asked for, always the same.
///
/// With it a mailbox of a million messages costs the memory of their flags.
pub trait Generator: Send + Sync {
    /// The header block, the empty line included.
    fn header(&self, index: u32) -> Vec<u8>;
    /// What follows the header block.
    fn body(&self, index: u32) -> Vec<u8>;
    /// Size of the body in bytes, without making it.
    fn body_bytes(&self, index: u32) -> u64;
}

/// Where the bytes of a message come from.
#[derive(Clone)]
pub enum Content {
    /// Kept in memory.
    Stored(Arc<[u8]>),
    /// Made on demand.
    Generated(Arc<dyn Generator>, u32),
}

impl Content {
    /// The whole message.
    pub fn whole(&self) -> Cow<'_, [u8]> {
        match self {
            Self::Stored(bytes) => Cow::Borrowed(bytes),
            Self::Generated(generator, index) => {
                let mut bytes = generator.header(*index);
                bytes.extend(generator.body(*index));
                Cow::Owned(bytes)
            }
        }
    }

    /// The header block, the empty line included.
    pub fn header(&self) -> Cow<'_, [u8]> {
        match self {
            Self::Stored(bytes) => {
                let (header, _) = bytes.split_at(header_end(bytes));
                Cow::Borrowed(header)
            }
            Self::Generated(generator, index) => Cow::Owned(generator.header(*index)),
        }
    }

    /// Size of the whole message in bytes.
    pub fn size_bytes(&self) -> u64 {
        match self {
            Self::Stored(bytes) => bytes.len() as u64,
            Self::Generated(generator, index) => {
                generator.header(*index).len() as u64 + generator.body_bytes(*index)
            }
        }
    }
}

/// Where the body starts: behind the first empty line, or at the end.
pub fn header_end(bytes: &[u8]) -> usize {
    if bytes.starts_with(b"\r\n") {
        return 2;
    }
    bytes
        .windows(4)
        .position(|window| window == b"\r\n\r\n")
        .map_or(bytes.len(), |at| at + 4)
}

/// One message.
#[derive(Clone)]
pub struct Message {
    /// Its UID.
    pub uid: u32,
    /// Names the content for good, through COPY and MOVE (`EMAILID`, `X-GM-MSGID`).
    pub id: u64,
    /// Flags and keywords.
    pub flags: Flags,
    /// INTERNALDATE, seconds since the epoch.
    pub internal_date: i64,
    /// Mod-sequence of the last change.
    pub mod_seq: u64,
    /// The bytes.
    pub content: Content,
}

/// One mailbox.
pub struct Mailbox {
    /// Names the mailbox for good, through RENAME (`MAILBOXID`).
    pub id: u32,
    /// UIDVALIDITY.
    pub validity: u32,
    /// UIDNEXT.
    pub uid_next: u32,
    /// HIGHESTMODSEQ.
    pub highest_mod_seq: u64,
    /// Ascending by UID.
    pub messages: Vec<Message>,
    /// What was expunged: mod-sequence and UID, ascending by mod-sequence.
    pub vanished: Vec<(u64, u32)>,
    /// Below this mod-sequence expunges are forgotten.
    pub forgotten_below: u64,
    /// LSUB, `\Subscribed`.
    pub subscribed: bool,
    /// SPECIAL-USE.
    pub role: Option<Role>,
    /// `false` for `\Noselect`.
    pub selectable: bool,
    /// What the user may do here.
    pub rights: Rights,
    /// The keywords that are kept here, and no others; `None` for any.
    pub keywords: Option<Vec<String>>,
}

impl Mailbox {
    /// An empty mailbox, subscribed.
    pub fn new(validity: u32, role: Option<Role>) -> Self {
        Self {
            id: validity, // Given out once, and kept when the numbering changes.
            validity,
            uid_next: 1,
            highest_mod_seq: 1,
            messages: Vec::new(),
            vanished: Vec::new(),
            forgotten_below: 0,
            subscribed: true,
            role,
            selectable: true,
            rights: Rights::default(),
            keywords: None,
        }
    }

    /// The next mod-sequence, for one change of any number of messages.
    pub const fn next_mod_seq(&mut self) -> u64 {
        self.highest_mod_seq += 1;
        self.highest_mod_seq
    }

    /// Appends a message and gives its UID.
    pub fn add(&mut self, id: u64, flags: Flags, internal_date: i64, content: Content) -> u32 {
        let mod_seq = self.next_mod_seq();
        let uid = self.uid_next;
        self.uid_next = self.uid_next.saturating_add(1);
        self.messages.push(Message {
            uid,
            id,
            flags,
            internal_date,
            mod_seq,
            content,
        });
        uid
    }

    /// The message of a UID.
    pub fn get(&self, uid: u32) -> Option<&Message> {
        let at = self.position(uid)?;
        self.messages.get(at)
    }

    /// The message of a UID, to change it.
    pub fn get_mut(&mut self, uid: u32) -> Option<&mut Message> {
        let at = self.position(uid)?;
        self.messages.get_mut(at)
    }

    fn position(&self, uid: u32) -> Option<usize> {
        self.messages
            .binary_search_by_key(&uid, |message| message.uid)
            .ok()
    }

    /// Removes messages for good and writes them into the log of the vanished; gives those that were there.
    pub fn expunge(&mut self, gone: impl Fn(&Message) -> bool) -> Vec<u32> {
        let uids: Vec<u32> = self
            .messages
            .iter()
            .filter(|message| gone(message))
            .map(|message| message.uid)
            .collect();
        if !uids.is_empty() {
            let mod_seq = self.next_mod_seq();
            self.messages.retain(|message| !gone(message));
            self.vanished.extend(uids.iter().map(|uid| (mod_seq, *uid)));
        }
        uids
    }

    /// The UIDs expunged after `mod_seq`.
    pub fn vanished_since(&self, mod_seq: u64) -> impl Iterator<Item = u32> + '_ {
        let start = self.vanished.partition_point(|entry| entry.0 <= mod_seq);
        self.vanished.iter().skip(start).map(|entry| entry.1)
    }

    /// How many messages lack `\Seen`.
    pub fn n_unseen(&self) -> usize {
        self.messages
            .iter()
            .filter(|message| !message.flags.has(SystemFlag::Seen))
            .count()
    }
}
