//! Which targets an answer closes, and how a refused message is found among others.

use super::*;
use crate::mail::message_id::MessageId;
use crate::remote::response::code;

fn uid(n: u32) -> Uid {
    Uid::new(n).unwrap()
}

fn target(n: u32) -> Target {
    Target {
        message: MessageId::new(u64::from(n)).unwrap(),
        mailbox: MailboxId::new(1),
    }
}

fn bundle(uids: impl IntoIterator<Item = u32>) -> Bundle {
    let targets = uids.into_iter();
    Bundle {
        verb: Verb::Move(MailboxId::new(2)),
        targets: targets
            .map(|n| (uid(n), vec![(OperationId(1), target(n))]))
            .collect(),
        n_tries: 0,
    }
}

/// Tries a command and, where it is refused, its parts; returns all tries, each with its messages.
fn tries(bundle: &Bundle, is_refused: &impl Fn(&Bundle) -> bool, all: &mut Vec<Vec<Uid>>) {
    all.push(bundle.targets.keys().copied().collect());
    if is_refused(bundle) {
        for part in bundle.parts().unwrap_or_default() {
            tries(&part, is_refused, all);
        }
    }
}

#[test]
fn a_culprit_stands_alone_after_five_tries_at_most() {
    for (n, culprit) in [(1, 1), (2, 2), (3, 1), (17, 9), (500, 77), (10_000, 9_999)] {
        let mut all = Vec::new();
        let whole = bundle(1..=n);
        tries(
            &whole,
            &|part| part.targets.contains_key(&uid(culprit)),
            &mut all,
        );
        let with_culprit: Vec<usize> = all
            .iter()
            .filter(|uids| uids.contains(&uid(culprit)))
            .map(Vec::len)
            .collect();
        assert!(with_culprit.len() <= 5, "{n}: {with_culprit:?}");
        assert_eq!(with_culprit.last(), Some(&1), "{n}: {with_culprit:?}");
        let n_most = 1 + 4 * 10;
        assert!(all.len() <= n_most, "{n}: {} commands", all.len());
        let mut sent: Vec<Uid> = all.into_iter().flatten().collect();
        sent.sort_unstable();
        sent.dedup();
        assert_eq!(sent.len(), whole.targets.len(), "none is forgotten");
    }
}

#[test]
fn copyuid_is_believed_where_it_answers_what_was_asked() {
    for (text, expected) in [
        ("[COPYUID 7 1:3 10:12]", Some("1→10 2→11 3→12")),
        ("[COPYUID 7 3,1:2 10:12]", Some("1→11 2→12 3→10")),
        ("[COPYUID 7 2 99]", Some("2→99")),
        // Sets of different length, messages that were not asked for, one place for two, one message twice.
        ("[COPYUID 7 1:3 10:11]", None),
        ("[COPYUID 7 1:4 10:13]", None),
        ("[COPYUID 7 9 10]", None),
        ("[COPYUID 7 1,2 10,10]", None),
        ("[COPYUID 7 1,1 10,11]", None),
        ("[COPYUID 7 1:4294967295 1:4294967295]", None),
        ("[COPYUID 0 1 10]", None),
        ("[COPYUID 7 1:* 10:*]", None),
        ("[APPENDUID 7 1]", None),
    ] {
        let mut arrivals = Arrivals::default();
        let code = code::split(text.as_bytes()).0.unwrap();
        let is_believed = arrivals.learn(&code, &bundle(1..=3).targets);
        let told = arrivals.told.iter().map(|(from, to)| {
            assert_eq!(to.validity.get(), 7);
            format!("{}→{}", from.get(), to.uid.get())
        });
        let told = told.collect::<Vec<_>>().join(" ");
        assert_eq!(is_believed.then_some(told.as_str()), expected, "{text}");
    }
}

#[test]
fn a_long_move_may_be_told_in_several() {
    let mut arrivals = Arrivals::default();
    let asked = bundle(1..=4).targets;
    for (text, is_believed) in [
        ("[COPYUID 7 1:2 10:11]", true),
        ("[COPYUID 7 3 11]", false),
        // A message that went already, and another epoch of the same destination.
        ("[COPYUID 7 1 30]", false),
        ("[COPYUID 8 3:4 20:21]", false),
        ("[COPYUID 7 3:4 20:21]", true),
    ] {
        let code = code::split(text.as_bytes()).0.unwrap();
        assert_eq!(arrivals.learn(&code, &asked), is_believed, "{text}");
    }
    assert_eq!(arrivals.uids().to_string(), "1:4");
    assert_eq!(
        arrivals.of(uid(4)).map(|address| address.uid),
        Some(uid(21))
    );
}

#[test]
fn ranges_reach_over_holes_and_over_nothing_else() {
    for (set, others, expected) in [
        ("1,3,5,9", "", "1:9"),
        ("1,3,5,9", "2", "1,3:9"),
        ("1,3,5,9", "4,10:20", "1:3,5:9"),
        ("1,3,5,9", "6:8", "1:5,9"),
        ("1,3,5,9", "1:4294967295", "1,3,5,9"),
        ("4:6,8", "1:3,9", "4:8"),
        ("7", "", "7"),
        ("", "1", ""),
    ] {
        let parse = |text: &str| UidSet::parse(text.as_bytes()).unwrap();
        let all = bridged(&parse(set), &parse(others).minus(&parse(set)));
        assert_eq!(all.to_string(), expected, "{set} beside {others}");
    }
}

#[test]
fn of_a_move_over_several_mailboxes_the_last_one_arrives() {
    let targets = vec![(OperationId(1), target(1)), (OperationId(2), target(2))];
    let address = address(UidValidity::new(7).unwrap(), uid(5));
    let ends: Vec<_> = arrived(&targets, || Outcome::Done(Some(address))).collect();
    let outcomes: Vec<_> = ends
        .into_iter()
        .map(|(id, _, outcome)| (id.0, outcome))
        .collect();
    let expected = [(1, Outcome::Done(None)), (2, Outcome::Done(Some(address)))];
    assert_eq!(outcomes, expected);
}
