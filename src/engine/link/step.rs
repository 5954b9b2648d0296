//! A command in flight: what was asked, so that its tagged answer can be understood. Untagged data is never attributed
//! by position; it says itself what it is about.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Instant;

use crate::engine::bodies::TEXT_BYTES;
use crate::engine::drain::bundle::{Bundle, Running};
use crate::engine::drain::plan::Doubt;
use crate::mail::mailbox::{MailboxId, MailboxName};
use crate::mail::message_id::MessageId;
use crate::mail::part::{PartInfo, PartPath};
use crate::mail::uid::{ModSeq, Uid};
use crate::mail::uid_set::UidSet;
use crate::remote::clock::Clock;
use crate::remote::response::Data;

/// A command in flight.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// CAPABILITY, in a flight that is built on what the server could the last time.
    Capability,
    /// ENABLE; where it is refused, QRESYNC is not used.
    Enable,
    /// COMPRESS or another courtesy whose refusal changes nothing.
    Courtesy,
    /// A command that was built on what the server can no longer do: its answer means nothing.
    Void,
    /// LIST, with or without STATUS.
    List,
    /// NOTIFY.
    Notify,
    /// NAMESPACE.
    Namespace,
    /// LIST of what begins with this prefix, of which the first one shows nothing.
    ListApart(MailboxName),
    /// LSUB, where LIST cannot tell what is subscribed.
    Lsub,
    /// STATUS of one mailbox, where LIST cannot carry it.
    Status {
        /// Which.
        name: MailboxName,
        /// It asks for more than every server knows.
        is_full: bool,
    },
    /// SELECT or EXAMINE of the lane's selection.
    Select,
    /// Headers from this UID on.
    New {
        /// The first UID that is wanted; the server may send a lower one, RFC 3501 §6.4.8.
        from: u32,
    },
    /// The newest screenful, by sequence number.
    Newest,
    /// The oldest screenful, by sequence number.
    Oldest,
    /// A block of the gap.
    Block(Block),
    /// Headers that are known to be missing: the arithmetic found them so, or a command for more was refused.
    Missing(UidSet),
    /// Beginnings of texts.
    Previews,
    /// Flags that changed.
    ChangedFlags {
        /// Of which messages.
        set: UidSet,
        /// Since this mod-sequence; zero for all flags.
        since: ModSeq,
    },
    /// A piece of what changed, where all of it may be too much.
    Changes,
    /// All flags of these, where the server keeps no mod-sequences; what is not reported is gone.
    AllFlags {
        /// Of which messages.
        set: UidSet,
        /// Those that this connection knew of when it asked.
        known: Arc<UidSet>,
    },
    /// UID and flags of one message of which only the position is known.
    Identify,
    /// Which UIDs exist at all.
    Everything {
        /// Those up to this one; the others were told before.
        up_to: u32,
        /// Those that this connection knew of when it asked.
        known: Arc<UidSet>,
    },
    /// Which of these exist.
    WhoIsHere {
        /// The UIDs asked about.
        set: UidSet,
        /// Those that this connection knew of when it asked.
        known: Arc<UidSet>,
    },
    /// Whole messages.
    Bodies(Vec<Uid>),
    /// The structure and the header of a large message.
    Structure(Uid),
    /// The text parts of a large message.
    Parts(Uid),
    /// A block of a part.
    Piece(Uid),
    /// A command of the journal.
    Bundle(Box<Running>),
    /// APPEND of one message of a folder on this computer.
    Add(Box<Bundle>),
    /// Which of these messages are still where a move or copy took them from.
    Presence(Vec<Doubt>),
    /// Headers of a mailbox that messages in doubt may have come to.
    Look(MailboxId, UidSet),
    /// IDLE, until DONE.
    Idle,
    /// NOOP, where the server has no IDLE.
    Noop,
}

impl Step {
    /// The block that was asked for; `None` for other steps.
    pub(super) const fn block(&self) -> Option<&Block> {
        match self {
            Self::Block(block) => Some(block),
            _ => None,
        }
    }

    /// Whether the selection counts as up to date only when this step has ended.
    #[must_use]
    pub const fn is_catching_up(&self) -> bool {
        matches!(
            self,
            Self::Select
                | Self::New { .. }
                | Self::Newest
                | Self::Missing(_)
                | Self::ChangedFlags { .. }
                | Self::Changes
                | Self::AllFlags { .. }
                | Self::Everything { .. }
                | Self::WhoIsHere { .. }
        )
    }
}

/// A block of the gap that was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Block {
    /// Lowest UID asked for.
    pub low: u32,
    /// Highest UID asked for.
    pub high: u32,
    /// Headers that came so far.
    pub n_headers: u64,
    /// When it was asked for.
    pub asked_at: Instant,
    /// When its first header came and when the latest; `None` before.
    pub came_at: Option<(Instant, Instant)>,
}

impl Block {
    /// Nothing of it has come.
    pub(in crate::engine) const fn new(low: u32, high: u32, asked_at: Instant) -> Self {
        Self {
            low,
            high,
            n_headers: 0,
            asked_at,
            came_at: None,
        }
    }

    /// What it is about.
    pub(in crate::engine) fn set(&self) -> UidSet {
        UidSet::from_range(self.low, self.high)
    }

    /// Takes a header, where it is one of these.
    pub(in crate::engine) fn came(&mut self, uid: u32, clock: &Clock) {
        if (self.low..=self.high).contains(&uid) {
            self.n_headers += 1;
            let now = clock.now();
            let (first, _) = self.came_at.unwrap_or((now, now));
            self.came_at = Some((first, now));
        }
    }
}

/// Of blocks, in the order in which they were asked for, how many have come but for the tagged line: a header of a later one
/// is here. Dovecot sends that line late, and then of several commands at once.
pub(in crate::engine) fn n_overtaken<'a>(blocks: impl Iterator<Item = &'a Block>) -> usize {
    let begun = blocks
        .enumerate()
        .filter(|(_, block)| block.came_at.is_some());
    begun.last().map_or(0, |(at, _)| at)
}

/// What is being collected for a body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BodyWork {
    /// For which message.
    pub message: MessageId,
    /// In which mailbox.
    pub mailbox: MailboxId,
    /// Whether the user waits for it.
    pub is_wanted: bool,
    /// The header of a large message.
    pub header: Vec<u8>,
    /// Its leaf parts, with the bytes of those that were fetched.
    pub parts: Vec<(PartInfo, Option<Vec<u8>>)>,
    /// The parts that were asked for and have not come.
    pub asked: BTreeSet<PartPath>,
    /// How many bytes of them are still taken.
    pub room: u64,
    /// Whether a whole body came and was stored.
    pub is_stored: bool,
    /// Whether the server was asked a second time, after a NOOP: a connection may not have heard of a message yet.
    pub is_retried: bool,
    /// Whether it may cost more than metering allows.
    pub is_allowed: bool,
}

impl BodyWork {
    /// Nothing of the body is here yet.
    pub(in crate::engine) const fn new(
        message: MessageId,
        mailbox: MailboxId,
        is_wanted: bool,
    ) -> Self {
        Self {
            message,
            mailbox,
            is_wanted,
            header: Vec::new(),
            parts: Vec::new(),
            asked: BTreeSet::new(),
            room: 0,
            is_stored: false,
            is_retried: false,
            is_allowed: false,
        }
    }

    /// Takes a text part, where it was asked for.
    pub(in crate::engine) fn take_text(&mut self, path: &PartPath, data: Data) {
        let n = data.size_bytes();
        let slot = self.parts.iter_mut().find(|(info, _)| info.path == *path);
        if let Some((_, slot)) = slot
            && n <= self.room.min(2 * TEXT_BYTES)
            && self.asked.remove(path)
        {
            self.room -= n;
            *slot = data.into_bytes(n).ok();
        }
    }
}

/// Bodies being collected, by UID of the selected mailbox.
pub type BodyWorks = BTreeMap<Uid, BodyWork>;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_block_is_overtaken_when_a_header_of_a_later_one_is_here() {
        let clock = Clock::default();
        let mut blocks = [(901, 1_000), (801, 900), (701, 800)]
            .map(|(low, high)| Block::new(low, high, clock.now()));
        let mut seen = Vec::new();
        for uid in [901, 1_000, 801, 42, 900, 701] {
            for block in &mut blocks {
                block.came(uid, &clock);
            }
            seen.push(n_overtaken(blocks.iter()));
        }
        assert_eq!(seen, [0, 0, 1, 1, 1, 2]);
        assert_eq!(blocks.map(|block| block.n_headers), [2, 2, 1]);
    }
}
