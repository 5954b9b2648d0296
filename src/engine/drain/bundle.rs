//! One command of the replay, whose targets it closes, and what its answers mean for them. Pure.

use std::collections::{BTreeMap, BTreeSet};

use crate::channel::operation::{Address, Change, OperationId, Outcome, Target};
use crate::mail::mailbox::{MailboxId, MailboxName};
use crate::mail::uid::{Uid, UidValidity};
use crate::mail::uid_set::UidSet;
use crate::remote::command::{Command, Unsendable};
use crate::remote::command::{flags, transfer};
use crate::remote::response::code::Code;

/// Whose targets a command closes, in the order of recording.
pub type Targets = Vec<(OperationId, Target)>;

/// So often is a message part of a command that is refused before it is parked: then it stands alone.
const MOST_TRIES: u8 = 5;

/// What a command does.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verb {
    /// A flag or keyword goes on or off.
    Flag {
        /// Its wire name.
        name: String,
        /// On or off.
        on: bool,
    },
    /// To another mailbox.
    Move(MailboxId),
    /// Into another mailbox too.
    Copy(MailboxId),
    /// For good.
    Delete,
}

impl Verb {
    /// The change of a flag or keyword; `None` for what is none.
    #[must_use]
    pub fn of_flag(change: &Change) -> Option<Self> {
        let (name, on) = match change {
            Change::Flag { flag, on } => (flag.name(), *on),
            Change::Keyword { keyword, on } => (keyword.as_str(), *on),
            Change::Move { .. } | Change::Copy { .. } | Change::Delete | Change::Folder(_) => {
                return None;
            }
        };
        let name = name.to_owned();
        Some(Self::Flag { name, on })
    }

    /// Equal for all spellings and both directions of a flag; empty for what is none.
    #[must_use]
    pub fn flag_key(&self) -> String {
        match self {
            Self::Flag { name, .. } => name.to_ascii_lowercase(),
            Self::Move(_) | Self::Copy(_) | Self::Delete => String::new(),
        }
    }

    /// What it is for, as the end of "the server would not …".
    #[must_use]
    pub const fn action(&self) -> &'static str {
        match self {
            Self::Flag { .. } => "change the flags",
            Self::Move(_) => "move the message",
            Self::Copy(_) => "copy the message",
            Self::Delete => "delete the message",
        }
    }

    /// The mailbox that it brings messages to.
    #[must_use]
    pub const fn to(&self) -> Option<MailboxId> {
        match self {
            Self::Move(to) | Self::Copy(to) => Some(*to),
            Self::Flag { .. } | Self::Delete => None,
        }
    }
}

/// One command: what it does to which messages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bundle {
    /// What.
    pub verb: Verb,
    /// The messages, and whose targets each closes. Of a move over several mailboxes the last one is what arrives.
    pub targets: BTreeMap<Uid, Targets>,
    /// How often commands with these messages were refused.
    pub n_tries: u8,
}

impl Bundle {
    /// Its UIDs.
    #[must_use]
    pub fn uids(&self) -> UidSet {
        self.targets.keys().copied().collect()
    }

    /// All its targets.
    pub fn all(&self) -> impl Iterator<Item = (OperationId, Target)> + '_ {
        self.targets.values().flatten().copied()
    }

    /// The same command for the messages of a set.
    #[must_use]
    pub fn only(&self, set: &UidSet) -> Self {
        let targets = self.targets.iter().filter(|(uid, _)| set.contains(**uid));
        Self {
            verb: self.verb.clone(),
            targets: targets
                .map(|(uid, targets)| (*uid, targets.clone()))
                .collect(),
            n_tries: self.n_tries,
        }
    }

    /// Every target with the same end.
    #[must_use]
    pub fn ends(&self, outcome: &Outcome) -> Vec<(OperationId, Target, Outcome)> {
        self.all()
            .map(|(operation, target)| (operation, target, outcome.clone()))
            .collect()
    }

    /// After a refusal: smaller commands, so that a culprit among them stands alone soon. `None` where it does, or where
    /// it was tried often enough.
    ///
    /// As many parts as make the fifth try one with a single message, however many there are: ten parts of ten thousand.
    #[must_use]
    pub fn parts(&self) -> Option<Vec<Self>> {
        let n_tries = self.n_tries.saturating_add(1);
        let n = self.targets.len();
        if n < 2 || n_tries >= MOST_TRIES {
            return None;
        }
        let n_parts = root(n, u32::from(MOST_TRIES - n_tries)).max(2);
        let size = n.div_ceil(n_parts);
        let mut parts: Vec<Self> = Vec::new();
        for (index, (uid, targets)) in self.targets.iter().enumerate() {
            if index % size == 0 {
                parts.push(Self {
                    verb: self.verb.clone(),
                    targets: BTreeMap::new(),
                    n_tries,
                });
            }
            if let Some(part) = parts.last_mut() {
                part.targets.insert(*uid, targets.clone());
            }
        }
        Some(parts)
    }
}

/// The smallest number whose `degree`-th power is at least `n`.
fn root(n: usize, degree: u32) -> usize {
    (1..=n)
        .find(|root| root.checked_pow(degree).is_none_or(|power| power >= n))
        .unwrap_or(n)
}

/// How far a command has come on its way over several others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// STORE, MOVE or COPY: there is nothing else to do.
    Whole,
    /// COPY of a message whose original is to go.
    Copying,
    /// STORE `\Deleted` on originals.
    Marking,
    /// UID EXPUNGE of originals.
    Expunging,
}

/// A command on its way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Running {
    /// What it closes.
    pub bundle: Bundle,
    /// Which of its commands is on the way.
    pub stage: Stage,
    /// Where the messages went, as COPYUID tells.
    pub arrivals: Arrivals,
}

/// Where messages went, by their UID here. RFC 4315 §3.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Arrivals {
    told: BTreeMap<Uid, Address>,
    /// The places in `told`: each is taken once.
    taken: BTreeSet<Uid>,
}

impl Arrivals {
    /// Takes a COPYUID in, if it speaks of `asked` alone and says of each message one place of its own; else nothing of
    /// it is believed, and false is returned. A server may tell a long move in several, all of one destination and each
    /// of other messages. RFC 6851 §4.3.
    pub fn learn(&mut self, code: &Code, asked: &BTreeMap<Uid, Targets>) -> bool {
        let Code::CopyUid { validity, .. } = code else {
            return false;
        };
        let mut known = self.told.values();
        if known
            .next()
            .is_some_and(|known| known.validity != *validity)
        {
            return false;
        }
        let pairs = code.copied(asked.len().saturating_add(1));
        let (mut told, mut taken) = (BTreeMap::new(), BTreeSet::new());
        for (from, to) in &pairs {
            let (Some(from), Some(to)) = (Uid::new(*from), Uid::new(*to)) else {
                return false;
            };
            let is_new = asked.contains_key(&from)
                && !self.told.contains_key(&from)
                && !self.taken.contains(&to)
                && taken.insert(to)
                && told.insert(from, address(*validity, to)).is_none();
            if !is_new {
                return false;
            }
        }
        self.told.extend(told);
        self.taken.extend(taken);
        !pairs.is_empty()
    }

    /// Notes where one message went.
    pub fn insert(&mut self, uid: Uid, address: Address) {
        self.told.insert(uid, address);
        self.taken.insert(address.uid);
    }

    /// Whether nothing is known.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.told.is_empty()
    }

    /// Where a message went.
    #[must_use]
    pub fn of(&self, uid: Uid) -> Option<Address> {
        self.told.get(&uid).copied()
    }

    /// The messages that went.
    #[must_use]
    pub fn uids(&self) -> UidSet {
        self.told.keys().copied().collect()
    }
}

const fn address(validity: UidValidity, uid: Uid) -> Address {
    Address { validity, uid }
}

/// The ends of all targets of messages that went: the last one arrived, those before it were on the way.
pub fn arrived(
    targets: &Targets,
    end: impl Fn() -> Outcome,
) -> impl Iterator<Item = (OperationId, Target, Outcome)> {
    let n = targets.len();
    targets
        .iter()
        .enumerate()
        .map(move |(index, (operation, target))| {
            let is_last = index + 1 == n;
            let outcome = if is_last { end() } else { Outcome::Done(None) };
            (*operation, *target, outcome)
        })
}

/// A set of UIDs as a command writes it shortest: over holes in which no message is, one range instead of two. `others`
/// are the UIDs that may exist and are not meant.
#[must_use]
pub fn bridged(set: &UidSet, others: &UidSet) -> UidSet {
    let mut short = UidSet::new();
    let mut last: Option<u32> = None;
    let others = others.ranges();
    for (low, high) in set.ranges() {
        // The first range of the others that does not end before the hole begins.
        let is_free = last.is_some_and(|last| {
            let at = others.partition_point(|range| range.1 <= last);
            others.get(at).is_none_or(|range| range.0 >= *low)
        });
        short.insert_range(last.filter(|_| is_free).unwrap_or(*low), *high);
        last = Some(*high);
    }
    short
}

/// The command of a stage.
///
/// # Errors
/// An empty set, or a name that no command can carry.
pub fn encode(
    verb: &Verb,
    stage: Stage,
    has_move: bool,
    set: &UidSet,
    name: &MailboxName,
) -> Result<Command, Unsendable> {
    match (stage, verb) {
        (Stage::Whole, Verb::Flag { name, on }) => flags::store(set, *on, [name.as_str()]),
        (Stage::Whole, Verb::Move(_)) if has_move => transfer::move_to(set, name),
        (Stage::Whole | Stage::Copying, _) => transfer::copy_to(set, name),
        (Stage::Marking, _) => flags::store(set, true, ["\\Deleted"]),
        (Stage::Expunging, _) => transfer::expunge(set),
    }
}

/// Cuts a set into sets of at most `limit` UIDs. RFC 9738.
#[must_use]
pub fn parts(uids: &UidSet, limit: Option<u32>) -> Vec<UidSet> {
    let Some(limit) = limit.and_then(|limit| usize::try_from(limit).ok()) else {
        return vec![uids.clone()];
    };
    let all: Vec<_> = uids.iter().collect();
    let parts = all.chunks(limit.max(1));
    parts.map(|part| part.iter().copied().collect()).collect()
}

#[cfg(test)]
mod tests;
