//! What of the journal can be sent to the selected mailbox now, folded into as few commands as possible. Pure.
//!
//! Of each message only what comes first goes out: its flags together, or the one move, copy or deletion that stands
//! before everything else. What follows waits for the answer, so that nothing is sent to a message that is gone already,
//! and a refusal never reaches over what came before it. Messages are independent of each other.

use std::collections::{BTreeMap, BTreeSet};

use crate::channel::operation::{Address, Change, OperationId, Outcome, Target};
use crate::engine::bundle::{Bundle, Targets, Verb};
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
    let mut plan = Plan::default();
    let mut bundles: BTreeMap<Verb, BTreeMap<Uid, Targets>> = BTreeMap::new();
    if journal.is_unsettled(mailbox) {
        return plan;
    }
    for (place, entries) in &journal.places {
        let is_on_its_way = circumstances.on_their_way.contains(&place.message);
        let is_expected = |first: &Entry<'_>| journal.is_expected(*first);
        if place.mailbox != mailbox || is_on_its_way || entries.first().is_some_and(is_expected) {
            continue;
        }
        let mut flags: BTreeMap<String, (Verb, Uid, Targets)> = BTreeMap::new();
        for entry in entries {
            if journal.is_held(*entry) || journal.is_expected(*entry) {
                break;
            }
            let Some(key) = entry.open.key.filter(|key| key.validity == validity) else {
                plan.unaddressed.insert(entry.named());
                break;
            };
            let Some(verb) = Verb::of_flag(&entry.operation.change) else {
                if flags.is_empty() {
                    let address = Address {
                        validity,
                        uid: key.uid,
                    };
                    travel(&journal, *entry, address, &mut bundles, &mut plan);
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
            bundles.entry(verb).or_default().insert(uid, targets);
        }
    }
    let bundles = bundles.into_iter();
    plan.bundles = bundles
        .map(|(verb, targets)| Bundle {
            verb,
            targets,
            n_tries: 0,
        })
        .collect();
    plan
}

/// A move, copy or deletion that stands first.
fn travel(
    journal: &Journal<'_>,
    entry: Entry<'_>,
    at: Address,
    bundles: &mut BTreeMap<Verb, BTreeMap<Uid, Targets>>,
    plan: &mut Plan,
) {
    let chain = journal.chain(entry);
    let last = chain.last().copied().unwrap_or(entry);
    let targets: Targets = chain.iter().map(Entry::named).collect();
    let is_move = matches!(entry.operation.change, Change::Move { .. });
    let mut put = |verb, targets| {
        bundles.entry(verb).or_default().insert(at.uid, targets);
    };
    let Some(to) = last.goes_to() else {
        // Deleting twice deletes once: no UID is given a second time.
        return put(Verb::Delete, targets);
    };
    if journal.is_unsettled(to) {
        return;
    }
    let is_round = is_move && to == entry.open.target.mailbox;
    // What ends where it began was never sent as that: there is no copy for which the original could go.
    if last.open.is_sent && !is_round {
        return plan.doubts.push(Doubt {
            uid: at.uid,
            is_move,
            to,
            floor: last.open.floor,
            targets,
        });
    }
    if journal.is_barred(&chain) {
        return;
    }
    if is_round {
        let ends = targets.iter().map(|(operation, target)| {
            let is_last = *operation == last.operation.id;
            let outcome = Outcome::Done(is_last.then_some(at));
            (*operation, *target, outcome)
        });
        plan.settled.extend(ends);
    } else if is_move {
        put(Verb::Move(to), targets);
    } else {
        put(Verb::Copy(to), targets);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::channel::operation::GroupId;
    use crate::mail::account::AccountId;
    use crate::mail::flag::{Keyword, SystemFlag};
    use crate::mail::message_id::MessageKey;

    const INBOX: u32 = 1;
    const ARCHIVE: u32 = 2;
    const TRASH: u32 = 3;

    fn mailbox(n: u32) -> MailboxId {
        MailboxId::new(n)
    }

    fn epoch(n: u32) -> UidValidity {
        UidValidity::new(n).unwrap()
    }

    fn uid(n: u32) -> Uid {
        Uid::new(n).unwrap()
    }

    /// An operation on messages of a mailbox; message `n` has UID `n`, and none where it is negative.
    fn operation(id: i64, change: Change, at: u32, messages: &[i64]) -> OpenOperation {
        let account = AccountId::new(1);
        let targets = messages.iter().map(|n| OpenTarget {
            target: Target {
                message: MessageId::new(n.unsigned_abs()).unwrap(),
                mailbox: mailbox(at),
            },
            key: u32::try_from(*n).ok().map(|n| MessageKey {
                account,
                mailbox: mailbox(at),
                validity: epoch(9),
                uid: uid(n),
            }),
            is_sent: false,
            floor: None,
        });
        OpenOperation {
            id: OperationId(id),
            group: GroupId(id),
            account,
            change,
            targets: targets.collect(),
            folder: None,
            folder_mailbox: None,
            attempts: 0,
            created: 0,
            not_before: 0,
            parked: Vec::new(),
        }
    }

    const fn flag(flag: SystemFlag, on: bool) -> Change {
        Change::Flag { flag, on }
    }

    fn keyword(name: &str, on: bool) -> Change {
        let keyword = Keyword::parse(name).unwrap();
        Change::Keyword { keyword, on }
    }

    fn to(n: u32) -> Change {
        Change::Move { to: mailbox(n) }
    }

    fn held(mut operation: OpenOperation, until: i64) -> OpenOperation {
        operation.not_before = until;
        operation
    }

    fn sent(mut operation: OpenOperation) -> OpenOperation {
        for open in &mut operation.targets {
            open.is_sent = true;
        }
        operation
    }

    fn at_ten() -> Circumstances {
        Circumstances {
            now: 10,
            ..Circumstances::default()
        }
    }

    /// The plan for a mailbox as words: `name UIDs (targets)`.
    fn planned(operations: &[OpenOperation], at: u32) -> Vec<String> {
        words(&plan(operations, (mailbox(at), epoch(9)), &at_ten()))
    }

    fn words(plan: &Plan) -> Vec<String> {
        let name = |verb: &Verb| match verb {
            Verb::Flag { name, on } => format!("{}{name}", if *on { '+' } else { '-' }),
            Verb::Move(to) => format!("move to {}", to.get()),
            Verb::Copy(to) => format!("copy to {}", to.get()),
            Verb::Delete => "delete".to_owned(),
        };
        let bundles = plan.bundles.iter().map(|bundle| {
            let ids: Vec<String> = bundle.all().map(|(id, _)| id.0.to_string()).collect();
            let (name, uids) = (name(&bundle.verb), bundle.uids());
            format!("{name} {uids} ({})", ids.join(" "))
        });
        let doubts = plan.doubts.iter().map(|doubt| {
            let what = if doubt.is_move { "moved" } else { "copied" };
            format!("{what} {}? to {}", doubt.uid.get(), doubt.to.get())
        });
        let settled = plan.settled.iter();
        let settled = settled.map(|(id, _, outcome)| format!("{} {outcome:?}", id.0));
        bundles.chain(doubts).chain(settled).collect()
    }

    #[test]
    fn the_last_word_on_a_flag_wins_and_closes_all_before_it() {
        let operations = [
            operation(1, flag(SystemFlag::Seen, true), INBOX, &[1, 2, 3]),
            operation(2, flag(SystemFlag::Seen, false), INBOX, &[2]),
            operation(3, flag(SystemFlag::Seen, true), INBOX, &[-4]),
            operation(4, keyword("ToDo", true), INBOX, &[1]),
            operation(5, keyword("todo", false), INBOX, &[1]),
        ];
        let expected = ["-\\Seen 2 (1 2)", "+\\Seen 1,3 (1 1)", "-todo 1 (4 5)"];
        assert_eq!(planned(&operations, INBOX), expected);
        assert!(planned(&operations, ARCHIVE).is_empty());
        let other_epoch = plan(&operations, (mailbox(INBOX), epoch(10)), &at_ten());
        assert!(other_epoch.bundles.is_empty());
        assert_eq!(other_epoch.unaddressed.len(), 4, "each waits at its first");
    }

    #[test]
    fn what_is_before_a_move_goes_before_it_and_only_for_that_message() {
        let junk = |messages: &[i64]| {
            [
                operation(1, keyword("$Junk", true), INBOX, messages),
                operation(2, keyword("$NotJunk", false), INBOX, messages),
                operation(3, to(TRASH), INBOX, messages),
            ]
        };
        let mut operations = junk(&[5]).to_vec();
        operations.push(operation(4, to(ARCHIVE), INBOX, &[6, 7]));
        operations.push(operation(5, Change::Delete, INBOX, &[8]));
        let expected = [
            "+$Junk 5 (1)",
            "-$NotJunk 5 (2)",
            "move to 2 6:7 (4 4)",
            "delete 8 (5)",
        ];
        assert_eq!(planned(&operations, INBOX), expected);
        assert_eq!(planned(&junk(&[5])[2..], INBOX), ["move to 3 5 (3)"]);
        let mut away = at_ten();
        away.on_their_way.insert(MessageId::new(5).unwrap());
        let plan = plan(&operations, (mailbox(INBOX), epoch(9)), &away);
        assert_eq!(words(&plan), expected[2..], "an answer is waited for");
    }

    #[test]
    fn moves_in_a_row_are_one_and_there_and_back_is_none() {
        let first = || operation(1, to(ARCHIVE), INBOX, &[5]);
        let second = |change| operation(2, change, ARCHIVE, &[-5]);
        for (operations, expected) in [
            (
                vec![first(), second(to(TRASH))],
                vec!["move to 3 5 (1 2)".to_owned()],
            ),
            (
                vec![first(), second(to(INBOX))],
                vec![
                    "1 Done(None)".to_owned(),
                    format!(
                        "2 Done(Some({:?}))",
                        Address {
                            validity: epoch(9),
                            uid: uid(5)
                        }
                    ),
                ],
            ),
            // With something between them, or not yet to be sent, each goes alone.
            (
                vec![
                    first(),
                    second(flag(SystemFlag::Flagged, true)),
                    operation(3, to(TRASH), ARCHIVE, &[-5]),
                ],
                vec!["move to 2 5 (1)".to_owned()],
            ),
            (
                vec![first(), held(second(to(TRASH)), 15)],
                vec!["move to 2 5 (1)".to_owned()],
            ),
            // It was in the archive before: that message is another matter.
            (
                vec![first(), operation(2, to(TRASH), ARCHIVE, &[5])],
                vec!["move to 2 5 (1)".to_owned()],
            ),
            (
                vec![
                    operation(
                        1,
                        Change::Copy {
                            to: mailbox(ARCHIVE),
                        },
                        INBOX,
                        &[5],
                    ),
                    second(to(TRASH)),
                ],
                vec!["copy to 2 5 (1)".to_owned()],
            ),
            // Sent together: in doubt together.
            (
                vec![sent(first()), sent(second(to(TRASH)))],
                vec!["moved 5? to 3".to_owned()],
            ),
            (
                vec![sent(first()), second(to(TRASH))],
                vec!["moved 5? to 2".to_owned()],
            ),
        ] {
            assert_eq!(planned(&operations, INBOX), expected);
        }
    }

    #[test]
    fn what_was_brought_is_not_taken_on_before_it_is_known_that_it_came() {
        // The message can be seen in the archive, but whether it came by the move is not known yet.
        let operations = [
            sent(operation(1, to(ARCHIVE), INBOX, &[5])),
            operation(2, to(INBOX), ARCHIVE, &[5]),
        ];
        assert!(planned(&operations, ARCHIVE).is_empty());
        assert_eq!(planned(&operations, INBOX), ["moved 5? to 2"]);
        let (mailboxes, _) = wanted(&operations, &at_ten());
        assert_eq!(mailboxes, [mailbox(INBOX)].into());
        // One that was recorded before has nothing to do with it.
        let operations = [
            operation(1, to(TRASH), ARCHIVE, &[5]),
            operation(2, to(ARCHIVE), INBOX, &[5]),
        ];
        assert_eq!(planned(&operations, ARCHIVE), ["move to 3 5 (1)"]);
    }

    #[test]
    fn what_one_command_moved_stays_one_doubt_when_its_arrival_is_seen() {
        // There, away and back again was sent as one move. The message has been seen where it arrived, and the user has
        // done something to it there since.
        let mut operations = vec![
            sent(operation(1, to(ARCHIVE), INBOX, &[5])),
            sent(operation(2, to(TRASH), ARCHIVE, &[7])),
            sent(operation(3, to(ARCHIVE), TRASH, &[-5])),
            operation(4, flag(SystemFlag::Seen, true), ARCHIVE, &[7]),
        ];
        for operation in &mut operations {
            operation.targets[0].target.message = MessageId::new(5).unwrap();
        }
        let doubts = plan(&operations, (mailbox(INBOX), epoch(9)), &at_ten()).doubts;
        let ids: Vec<i64> = doubts[0].targets.iter().map(|(id, _)| id.0).collect();
        assert_eq!(
            (doubts.len(), doubts[0].to, ids),
            (1, mailbox(ARCHIVE), vec![1, 2, 3])
        );
        // Never is the arrival taken for an original whose copy is where it itself is.
        let left = &operations[1..];
        assert_eq!(planned(left, ARCHIVE).len(), 2);
        assert!(
            plan(left, (mailbox(ARCHIVE), epoch(9)), &at_ten())
                .doubts
                .is_empty()
        );
    }

    #[test]
    fn after_a_cut_flags_and_deletions_go_again_and_moves_are_in_doubt() {
        let operations = [
            sent(operation(1, flag(SystemFlag::Seen, true), INBOX, &[1])),
            sent(operation(2, Change::Delete, INBOX, &[2])),
            sent(operation(3, to(ARCHIVE), INBOX, &[3])),
            sent(operation(
                4,
                Change::Copy {
                    to: mailbox(ARCHIVE),
                },
                INBOX,
                &[4],
            )),
        ];
        let expected = [
            "+\\Seen 1 (1)",
            "delete 2 (2)",
            "moved 3? to 2",
            "copied 4? to 2",
        ];
        assert_eq!(planned(&operations, INBOX), expected);
    }

    #[test]
    fn a_hold_keeps_back_what_follows_and_says_when_to_look_again() {
        let operations = [
            held(operation(1, flag(SystemFlag::Seen, true), INBOX, &[1]), 15),
            operation(2, to(ARCHIVE), INBOX, &[1]),
            held(operation(3, to(ARCHIVE), TRASH, &[2]), 12),
            held(operation(4, to(ARCHIVE), TRASH, &[3]), 9),
        ];
        assert!(planned(&operations, INBOX).is_empty());
        assert_eq!(planned(&operations, TRASH), ["move to 2 3 (4)"]);
        let (mailboxes, next) = wanted(&operations, &at_ten());
        assert_eq!((mailboxes, next), ([mailbox(TRASH)].into(), Some(12)));
    }

    #[test]
    fn a_mailbox_is_gone_to_where_something_can_be_done_or_found() {
        let operations = [
            operation(1, to(ARCHIVE), INBOX, &[1]),
            operation(2, flag(SystemFlag::Seen, true), ARCHIVE, &[-1]),
            operation(3, flag(SystemFlag::Seen, true), TRASH, &[-2]),
        ];
        let mut circumstances = at_ten();
        let at = |list: &[u32]| list.iter().map(|n| mailbox(*n)).collect::<BTreeSet<_>>();
        assert_eq!(wanted(&operations, &circumstances).0, at(&[INBOX, TRASH]));
        assert_eq!(
            wanted(&operations[1..], &circumstances).0,
            at(&[ARCHIVE, TRASH])
        );
        let found = plan(&operations[2..], (mailbox(TRASH), epoch(9)), &circumstances);
        circumstances.sought = found.unaddressed;
        assert_eq!(wanted(&operations, &circumstances).0, at(&[INBOX]));
        circumstances.unsettled = at(&[ARCHIVE]);
        assert_eq!(wanted(&operations, &circumstances).0, at(&[]));
        let plan = plan(&operations, (mailbox(INBOX), epoch(9)), &circumstances);
        assert!(plan.bundles.is_empty(), "where to does not exist yet");
    }
}
