//! What of the journal can be sent to the selected mailbox now, folded into as few commands as possible. Pure.
//!
//! Of each message only what comes first goes out: its flags together, or the one move, copy or deletion that stands
//! before everything else. What follows waits for the answer, so that nothing is sent to a message that is gone already,
//! and a refusal never reaches over what came before it. Messages are independent of each other.

use std::collections::{BTreeMap, BTreeSet};

use crate::channel::operation::{Address, Change, OperationId, Outcome, Target};
use crate::engine::drain::bundle::{Bundle, Targets, Verb};
use crate::mail::mailbox::MailboxId;
use crate::mail::message_id::MessageId;
use crate::mail::uid::{Uid, UidValidity};
use crate::store::journal::{OpenOperation, OpenTarget};

/// What may be done in one mailbox now.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Plan {
    /// Commands, in any order: no message is in two of them, but for several flags.
    pub bundles: Vec<Bundle>,
    /// Ends that need no command: moved to and fro.
    pub settled: Vec<(OperationId, Target, Outcome)>,
    /// What may have been carried out before a connection broke, and may not be sent twice.
    pub doubts: Vec<Doubt>,
    /// Targets here that wait for their UID.
    pub unaddressed: BTreeSet<(OperationId, Target)>,
}

/// A move or copy that was sent and whose answer never came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Doubt {
    /// Where the message was.
    pub uid: Uid,
    /// Whether the original was to go.
    pub is_move: bool,
    /// Where it was to go.
    pub to: MailboxId,
    /// UIDVALIDITY and UIDNEXT of the destination before the command left: it cannot have arrived below. `None` where
    /// they were not known.
    pub floor: Option<Address>,
    /// What it closes; the last one is what takes it to its destination.
    pub targets: Targets,
}

/// The journal by message and mailbox, each in the order of recording.
struct Journal<'a> {
    places: BTreeMap<Target, Vec<Entry<'a>>>,
    circumstances: &'a Circumstances,
}

/// What the plan depends on beside the journal.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Circumstances {
    /// Seconds since the epoch.
    pub now: i64,
    /// Mailboxes that are to be created or renamed first.
    pub unsettled: BTreeSet<MailboxId>,
    /// Messages about which something was sent that has no answer yet.
    pub on_their_way: BTreeSet<MessageId>,
    /// Targets without a UID whose mailbox was looked at on this connection.
    pub sought: BTreeSet<(OperationId, Target)>,
}

#[derive(Clone, Copy)]
struct Entry<'a> {
    operation: &'a OpenOperation,
    open: &'a OpenTarget,
}

impl<'a> Journal<'a> {
    fn new(operations: &'a [OpenOperation], circumstances: &'a Circumstances) -> Self {
        let mut places: BTreeMap<Target, Vec<Entry<'a>>> = BTreeMap::new();
        for operation in operations {
            for open in &operation.targets {
                let entries = places.entry(open.target).or_default();
                entries.push(Entry { operation, open });
            }
        }
        Self {
            places,
            circumstances,
        }
    }

    fn is_unsettled(&self, mailbox: MailboxId) -> bool {
        self.circumstances.unsettled.contains(&mailbox)
    }

    fn is_held(&self, entry: Entry<'_>) -> bool {
        entry.operation.is_held(self.circumstances.now)
    }

    /// Whether a move or copy that was recorded before this entry is still to bring the message there: the entry is about
    /// what it brings, also where that can be seen already and only its end is not known.
    fn is_expected(&self, entry: Entry<'_>) -> bool {
        let (id, place) = entry.named();
        let from_elsewhere = self
            .places
            .range(places_of(place.message))
            .filter(|(other, _)| other.mailbox != place.mailbox);
        from_elsewhere
            .flat_map(|(_, entries)| entries)
            .any(|other| other.operation.id < id && other.goes_to() == Some(place.mailbox))
    }

    /// Whether something that was done before is still to be done where this one takes the message: a message that was
    /// there and comes back must be gone first, or the two would be taken for each other.
    fn is_barred(&self, chain: &[Entry<'_>]) -> bool {
        let Some(last) = chain.last() else {
            return false;
        };
        let message = last.open.target.message;
        let place = last.goes_to().map(|mailbox| Target { message, mailbox });
        let there = place.and_then(|place| self.places.get(&place));
        there.into_iter().flatten().any(|entry| {
            let is_in_chain = chain
                .iter()
                .any(|link| link.operation.id == entry.operation.id);
            entry.operation.id < last.operation.id && !is_in_chain
        })
    }

    /// The moves that take a message on from where this one takes it, with nothing between them. Of what was sent: the
    /// moves that one command carried out together, whatever was found or recorded since.
    fn chain(&self, first: Entry<'a>) -> Vec<Entry<'a>> {
        let mut chain = vec![first];
        let mut last = first;
        while let Change::Move { to } = last.operation.change {
            let place = Target {
                message: last.open.target.message,
                mailbox: to,
            };
            let there = self.places.get(&place).map_or(&[][..], Vec::as_slice);
            let next = match there {
                [next] => Some(*next),
                [next, ..] if first.open.is_sent => Some(*next),
                _ => None,
            };
            let Some(next) = next.filter(|next| self.goes_with(*next, last)) else {
                break;
            };
            chain.push(next);
            last = next;
        }
        if first.open.is_sent {
            return chain;
        }
        // What bars the end may wait for the beginning.
        while chain.len() > 1 && self.is_barred(&chain) {
            chain.pop();
        }
        chain
    }

    /// Whether a move is, or was, carried out in one command with the move before it.
    fn goes_with(&self, next: Entry<'_>, last: Entry<'_>) -> bool {
        let is_next = matches!(next.operation.change, Change::Move { .. })
            && next.operation.id > last.operation.id
            && next.open.is_sent == last.open.is_sent;
        if last.open.is_sent {
            return is_next && next.open.floor == last.open.floor; // They were claimed together.
        }
        is_next
            && next.open.key.is_none()
            && !self.is_held(next)
            && next.goes_to().is_some_and(|to| !self.is_unsettled(to))
    }
}

impl Entry<'_> {
    /// Where the change takes the message; `None` where it stays.
    const fn goes_to(&self) -> Option<MailboxId> {
        match self.operation.change {
            Change::Move { to } | Change::Copy { to } => Some(to),
            Change::Flag { .. } | Change::Keyword { .. } | Change::Delete | Change::Folder(_) => {
                None
            }
        }
    }

    const fn named(&self) -> (OperationId, Target) {
        (self.operation.id, self.open.target)
    }
}

/// Everything recorded about one message.
fn places_of(message: MessageId) -> std::ops::RangeInclusive<Target> {
    let at = |number| Target {
        message,
        mailbox: MailboxId::new(number),
    };
    at(0)..=at(u32::MAX)
}

/// The mailboxes to go to, and when to look again: the end of the first hold (seconds since the epoch).
///
/// A message without a UID is worth a look at its mailbox, unless it is still to be brought there or was sought already.
#[must_use]
pub fn wanted(
    operations: &[OpenOperation],
    circumstances: &Circumstances,
) -> (BTreeSet<MailboxId>, Option<i64>) {
    let journal = Journal::new(operations, circumstances);
    let mut mailboxes = BTreeSet::new();
    let mut next: Option<i64> = None;
    for (place, entries) in &journal.places {
        let Some(first) = entries.first() else {
            continue;
        };
        if journal.is_held(*first) {
            let end = first.operation.not_before;
            next = Some(next.map_or(end, |next| next.min(end)));
            continue;
        }
        if journal.is_expected(*first) || journal.is_barred(&journal.chain(*first)) {
            continue; // Another mailbox comes first.
        }
        let is_addressed = first.open.key.is_some();
        let is_findable = || !circumstances.sought.contains(&first.named());
        let mut ends = [Some(place.mailbox), first.goes_to()].into_iter().flatten();
        if ends.all(|mailbox| !journal.is_unsettled(mailbox)) && (is_addressed || is_findable()) {
            mailboxes.insert(place.mailbox);
        }
    }
    (mailboxes, next)
}

/// What can be done in a mailbox now.
#[must_use]
pub fn plan(
    operations: &[OpenOperation],
    (mailbox, validity): (MailboxId, UidValidity),
    circumstances: &Circumstances,
) -> Plan {
    let journal = Journal::new(operations, circumstances);
    let mut folding = Folding {
        journal: &journal,
        validity,
        bundles: BTreeMap::new(),
        plan: Plan::default(),
    };
    if journal.is_unsettled(mailbox) {
        return folding.plan;
    }
    for (place, entries) in &journal.places {
        let is_on_its_way = circumstances.on_their_way.contains(&place.message);
        if place.mailbox == mailbox && !is_on_its_way {
            folding.take_in(entries);
        }
    }
    folding.done()
}

/// The plan as it grows, message by message.
struct Folding<'a> {
    journal: &'a Journal<'a>,
    validity: UidValidity,
    bundles: BTreeMap<Verb, BTreeMap<Uid, Targets>>,
    plan: Plan,
}

impl<'a> Folding<'a> {
    /// What comes first for one message: its flags together, or what takes it away.
    fn take_in(&mut self, entries: &[Entry<'a>]) {
        let mut flags: BTreeMap<String, (Verb, Uid, Targets)> = BTreeMap::new();
        for entry in entries {
            if self.journal.is_expected(*entry) || self.journal.is_held(*entry) {
                break;
            }
            let Some(key) = entry.open.key.filter(|key| key.validity == self.validity) else {
                self.plan.unaddressed.insert(entry.named());
                break;
            };
            let Some(verb) = Verb::of_flag(&entry.operation.change) else {
                if flags.is_empty() {
                    self.travel(*entry, key.uid);
                }
                break;
            };
            let (last, _, targets) = flags
                .entry(verb.flag_key())
                .or_insert_with(|| (verb.clone(), key.uid, Targets::new()));
            *last = verb; // The last word counts, and closes all before it.
            targets.push(entry.named());
        }
        for (verb, uid, targets) in flags.into_values() {
            self.put(verb, uid, targets);
        }
    }

    /// A move, copy or deletion that stands first.
    fn travel(&mut self, entry: Entry<'a>, uid: Uid) {
        let chain = self.journal.chain(entry);
        let last = chain.last().copied().unwrap_or(entry);
        let targets: Targets = chain.iter().map(Entry::named).collect();
        let is_move = matches!(entry.operation.change, Change::Move { .. });
        let Some(to) = last.goes_to() else {
            // Deleting twice deletes once: no UID is given a second time.
            return self.put(Verb::Delete, uid, targets);
        };
        if self.journal.is_unsettled(to) {
            return;
        }
        let is_round = is_move && to == entry.open.target.mailbox;
        // What ends where it began was never sent as that: there is no copy for which the original could go.
        if last.open.is_sent && !is_round {
            return self.plan.doubts.push(Doubt {
                uid,
                is_move,
                to,
                floor: last.open.floor,
                targets,
            });
        }
        if self.journal.is_barred(&chain) {
            return;
        }
        if is_round {
            let validity = self.validity;
            let ends = targets.iter().map(|(operation, target)| {
                let is_last = *operation == last.operation.id;
                let back = is_last.then_some(Address { validity, uid });
                (*operation, *target, Outcome::Done(back))
            });
            self.plan.settled.extend(ends);
        } else if is_move {
            self.put(Verb::Move(to), uid, targets);
        } else {
            self.put(Verb::Copy(to), uid, targets);
        }
    }

    fn put(&mut self, verb: Verb, uid: Uid, targets: Targets) {
        self.bundles.entry(verb).or_default().insert(uid, targets);
    }

    fn done(mut self) -> Plan {
        let bundles = self.bundles.into_iter();
        self.plan.bundles = bundles
            .map(|(verb, targets)| Bundle {
                verb,
                targets,
                n_tries: 0,
            })
            .collect();
        self.plan
    }
}

/// What was begun before a cut, once more: as few bundles as hold each message once.
#[must_use]
pub fn again(doubts: Vec<Doubt>) -> Vec<Bundle> {
    let mut bundles: Vec<Bundle> = Vec::new();
    for doubt in doubts {
        let verb = if doubt.is_move {
            Verb::Move(doubt.to)
        } else {
            Verb::Copy(doubt.to)
        };
        let takes =
            |bundle: &&mut Bundle| bundle.verb == verb && !bundle.targets.contains_key(&doubt.uid);
        if let Some(bundle) = bundles.iter_mut().find(takes) {
            bundle.targets.insert(doubt.uid, doubt.targets);
        } else {
            bundles.push(Bundle {
                verb,
                targets: BTreeMap::from([(doubt.uid, doubt.targets)]),
                n_tries: 1,
            });
        }
    }
    bundles
}

#[cfg(test)]
mod tests;
