//! Open operations in, the commands that are left of them out.

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

fn copy_to(n: u32) -> Change {
    Change::Copy { to: mailbox(n) }
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
                operation(1, copy_to(ARCHIVE), INBOX, &[5]),
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
        sent(operation(4, copy_to(ARCHIVE), INBOX, &[4])),
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

#[test]
fn what_was_begun_is_one_bundle_for_each_way_with_each_message_once() {
    let doubt = |n: u32, id: i64, is_move| Doubt {
        uid: uid(n),
        is_move,
        to: mailbox(ARCHIVE),
        floor: None,
        targets: vec![(
            OperationId(id),
            Target {
                message: MessageId::new(u64::from(n)).unwrap(),
                mailbox: mailbox(INBOX),
            },
        )],
    };
    let doubts = [(1, 1, false), (2, 1, false), (1, 2, false), (3, 3, true)];
    let bundles = again(doubts.map(|(n, id, is_move)| doubt(n, id, is_move)).into());
    let n_messages: Vec<usize> = bundles.iter().map(|it| it.targets.len()).collect();
    assert_eq!(n_messages, [2, 1, 1]);
    assert!(bundles.iter().all(|bundle| bundle.n_tries > 0));
    assert_eq!(bundles.iter().flat_map(Bundle::all).count(), doubts.len());
}
