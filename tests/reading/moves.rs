//! Moves, copies and deletions of the journal: each once, to the right messages, whatever happens on the way.

use sterna::channel::event::Event;
use sterna::channel::job::Job;
use sterna::channel::operation::{Action, Change, Outcome, Target, Ticket};
use sterna::demo::dialect::Dialect;
use sterna::demo::fault::{Fault, FaultKind};
use sterna::engine::once::Errands;
use sterna::mail::flag::{Keyword, SystemFlag};

use crate::equal::{assert_equal, here, until_equal};
use crate::place::{Desk, Place, deliver, stop};

/// Servers by how they move and what they tell of it.
fn servers() -> Vec<(&'static str, Dialect)> {
    vec![
        ("full", Dialect::full()),
        ("condstore", Dialect::condstore_only()),
        ("no MOVE", Dialect::full().without("MOVE")),
        ("MOVE without UIDPLUS", Dialect::full().without("UIDPLUS")),
        ("bare", Dialect::bare()),
    ]
}

/// Servers that can remove one message and no other.
pub fn servers_with_uidplus() -> Vec<(&'static str, Dialect)> {
    let all = servers().into_iter();
    all.filter(|(_, dialect)| dialect.has("UIDPLUS")).collect()
}

/// Five messages in INBOX, and an empty Archive.
pub fn synced(dialect: Dialect) -> (Place, Desk) {
    let place = Place::with(dialect, 5);
    place.server.create("Archive", None);
    place.server.create("Trash", None);
    let desk = place.open();
    desk.sync();
    place.server.clear_log();
    (place, desk)
}

pub fn to(desk: &mut Desk, mailbox: &str) -> Change {
    let to = desk.mailbox(mailbox);
    Change::Move { to }
}

/// The subjects in a mailbox that are not marked `\Deleted`: what a person would find there.
pub fn subjects(place: &Place, mailbox: &str) -> Vec<String> {
    let truth = place.server.truth(mailbox).into_iter();
    let kept = truth.filter(|message| !message.flags.has(SystemFlag::Deleted));
    let mut all: Vec<String> = kept
        .map(|message| {
            let raw = place.server.raw(mailbox, message.uid).unwrap();
            let text = String::from_utf8_lossy(&raw).into_owned();
            let line = text.lines().find(|line| line.starts_with("Subject: "));
            line.unwrap().replace("Subject: ", "")
        })
        .collect();
    all.sort();
    all
}

/// How the targets ended, in the order of the events.
pub fn outcomes(desk: &mut Desk) -> Vec<Outcome> {
    desk.drain();
    let closed = desk.seen.iter().filter_map(|event| match event {
        Event::Closed { outcomes, .. } => Some(outcomes.iter().map(|(_, outcome)| outcome.clone())),
        _ => None,
    });
    closed.flatten().collect()
}

/// Why targets were parked.
pub fn parked(ended: &[Outcome]) -> Vec<String> {
    let words = ended.iter().filter_map(|outcome| match outcome {
        Outcome::Parked(error) => Some(error.to_string()),
        _ => None,
    });
    words.collect()
}

/// The commands of the journal that came, with their arguments.
pub fn commands(place: &Place) -> Vec<String> {
    let names = [
        "UID MOVE",
        "UID COPY",
        "UID STORE",
        "UID EXPUNGE",
        "EXPUNGE",
        "CLOSE",
    ];
    let log = place.server.log().into_iter();
    let own = log.filter(|entry| names.contains(&entry.name.as_str()));
    own.map(|entry| entry.line.split_once(' ').unwrap().1.to_owned())
        .collect()
}

#[test]
fn a_move_arrives_once_and_its_headers_are_not_fetched_again() {
    for (name, dialect) in servers() {
        let (tells, has_move) = (dialect.has("UIDPLUS"), dialect.has("MOVE"));
        let (place, mut desk) = synced(dialect);
        let change = to(&mut desk, "Archive");
        desk.act(&[1, 2, 4], change);
        desk.once(&Errands::Journal).unwrap();
        assert_eq!(subjects(&place, "Archive"), ["n1", "n2", "n4"], "{name}");
        assert_eq!(subjects(&place, "INBOX"), ["n3", "n5"], "{name}");
        let said = commands(&place);
        let expected: &[&str] = match (has_move, tells) {
            (true, _) => &["UID MOVE 1:2,4 Archive"],
            (false, true) => &[
                "UID COPY 1:2,4 Archive",
                "UID STORE 1:2,4 +FLAGS.SILENT (\\Deleted)",
                "UID EXPUNGE 1:2,4",
            ],
            (false, false) => &[
                "UID COPY 1:2,4 Archive",
                "UID STORE 1:2,4 +FLAGS.SILENT (\\Deleted)",
            ],
        };
        assert_eq!(said, expected, "{name}");
        let ended = outcomes(&mut desk);
        assert_eq!(ended.len(), 3, "{name}");
        let is_told = |outcome: &Outcome| matches!(outcome, Outcome::Done(Some(_)));
        assert!(!tells || ended.iter().all(is_told), "{name}: {ended:?}");
        desk.sync();
        assert_eq!(commands(&place).len(), expected.len(), "{name}: once");
        let log = place.server.log();
        let fetched = log.iter().map(|entry| entry.line.as_str());
        let fetched: Vec<&str> = fetched
            .filter(|line| line.contains("HEADER.FIELDS"))
            .collect();
        let is_again = |line: &&&str| [" 1:", " 2:", " 3:"].iter().any(|low| line.contains(low));
        assert!(
            !tells || !fetched.iter().any(|line| is_again(&line)),
            "{name}: {fetched:?}"
        );
        if tells || has_move {
            assert_equal(&place.server, &mut desk, name);
        } else {
            let shown = here(&mut desk, "INBOX").into_iter().map(|line| line.0);
            assert_eq!(
                shown.collect::<Vec<_>>(),
                [3, 5],
                "{name}: the marked ones are hidden"
            );
        }
    }
}

#[test]
fn moves_over_several_folders_are_one_command_and_there_and_back_is_none() {
    for (name, dialect) in servers_with_uidplus() {
        let has_move = dialect.has("MOVE");
        let (place, mut desk) = synced(dialect);
        let (inbox, archive) = (desk.mailbox("INBOX"), desk.mailbox("Archive"));
        let trash = desk.mailbox("Trash");
        let moved: Vec<_> = [1, 2].map(|uid| desk.message(inbox, uid)).to_vec();
        desk.act(&[1, 2], Change::Move { to: archive });
        for (message, to) in [(moved[0], trash), (moved[1], inbox)] {
            let target = Target {
                message,
                mailbox: archive,
            };
            let action = Action::new(Ticket(1), desk.account, Change::Move { to }, vec![target]);
            desk.store.writer().record_now(action).unwrap();
        }
        desk.once(&Errands::Journal).unwrap();
        let said = commands(&place);
        assert_eq!(said.len(), if has_move { 1 } else { 3 }, "{name}: {said:?}");
        assert!(said[0].ends_with(" 1 Trash"), "{name}: {said:?}");
        assert_eq!(subjects(&place, "Trash"), ["n1"], "{name}");
        assert_eq!(
            subjects(&place, "INBOX"),
            ["n2", "n3", "n4", "n5"],
            "{name}"
        );
        assert_eq!(desk.reader.n_pending(None).unwrap(), 0, "{name}");
        desk.sync();
        assert_equal(&place.server, &mut desk, name);
    }
}

/// Moves, flags and copies at random, at any moment a cut, and another client beside it.
#[test]
fn whatever_is_cut_when_nothing_is_lost_and_nothing_comes_twice() {
    for (name, dialect) in servers_with_uidplus() {
        for seed in 1..=12_u64 {
            let what = format!("{name}, seed {seed}");
            let place = Place::with(dialect.clone(), 12);
            place.server.create("Archive", None);
            place.server.create("Trash", None);
            let mut desk = place.open();
            desk.sync();
            let change = to(&mut desk, "Archive");
            desk.act(&[1, 2, 3, 4, 5, 6], change);
            let change = to(&mut desk, "Trash");
            desk.act(&[7, 8], change);
            desk.record(&[9, 10], SystemFlag::Flagged, true);
            let archive = desk.mailbox("Archive");
            desk.act(&[11], Change::Copy { to: archive });
            place.server.expunge("INBOX", &[6]);
            // Ever later cuts, until one comes too late.
            let mut at = 400 + seed * 41;
            loop {
                place.fault(Fault::always(FaultKind::CutAfter(at)));
                if desk.once(&Errands::Journal).is_ok() {
                    break;
                }
                at += 173;
            }
            place.heal();
            desk.sync();
            let expected = ["n1", "n11", "n2", "n3", "n4", "n5"];
            assert_eq!(subjects(&place, "Archive"), expected, "{what}");
            assert_eq!(subjects(&place, "Trash"), ["n7", "n8"], "{what}");
            assert_eq!(
                subjects(&place, "INBOX"),
                ["n10", "n11", "n12", "n9"],
                "{what}"
            );
            assert_eq!(desk.reader.n_pending(None).unwrap(), 0, "{what}");
            assert_equal(&place.server, &mut desk, &what);
        }
    }
}

#[test]
fn a_hold_ends_by_itself_and_nothing_is_sent_before() {
    let (place, mut desk) = synced(Dialect::full());
    let engine = desk.engine();
    desk.online();
    let (inbox, archive) = (desk.mailbox("INBOX"), desk.mailbox("Archive"));
    let held = Action {
        hold_seconds: 2,
        ..Action::new(
            Ticket(1),
            desk.account,
            Change::Move { to: archive },
            vec![Target {
                message: desk.message(inbox, 1),
                mailbox: inbox,
            }],
        )
    };
    let recorded = desk.store.writer().record_now(held).unwrap();
    engine.submit(Job::JournalChanged);
    // What is not held goes at once, and passes it by.
    let at_once = desk.record(&[2], SystemFlag::Seen, true);
    engine.submit(Job::JournalChanged);
    desk.event(
        "the flag",
        |event| matches!(event, Event::Closed { operation, .. } if *operation == at_once),
    );
    desk.event("the move", |event| {
        matches!(event, Event::Closed { operation, .. } if *operation == recorded.operations[0])
    });
    let said = commands(&place);
    assert!(
        said[0].starts_with("UID STORE 2 ") && said[1].starts_with("UID MOVE 1 "),
        "{said:?}"
    );
    until_equal(&place.server, &mut desk, "after the hold");
    stop(engine);
}

#[test]
fn an_answer_that_was_lost_is_found_out_and_nothing_is_sent_twice() {
    for (name, dialect) in servers() {
        for command in ["UID MOVE", "UID COPY", "UID STORE", "UID EXPUNGE"] {
            let lost = FaultKind::CutIn {
                command: command.to_owned(),
                after: 0,
            };
            let dropped = FaultKind::DropOn {
                command: command.to_owned(),
            };
            let half = FaultKind::PartOf {
                command: command.to_owned(),
                n_messages: 2,
            };
            for fault in [lost, dropped, half] {
                let what = format!("{name}: {fault:?}");
                let (place, mut desk) = synced(dialect.clone());
                let change = to(&mut desk, "Archive");
                desk.act(&[1, 2, 4], change);
                place.fault(Fault::once(fault));
                let is_met = desk.once(&Errands::Journal).is_err();
                place.heal();
                desk.once(&Errands::Everything).unwrap();
                assert_eq!(subjects(&place, "Archive"), ["n1", "n2", "n4"], "{what}");
                assert_eq!(subjects(&place, "INBOX"), ["n3", "n5"], "{what}");
                let ended = outcomes(&mut desk);
                let is_done =
                    |outcome: &Outcome| matches!(outcome, Outcome::Done(_) | Outcome::Marked(_));
                assert!(
                    ended.len() == 3 && ended.iter().all(is_done),
                    "{what}: {ended:?}"
                );
                assert_eq!(desk.reader.n_pending(None).unwrap(), 0, "{what}");
                assert!(
                    is_met
                        || !commands(&place)
                            .iter()
                            .any(|line| line.starts_with(command))
                );
            }
        }
    }
}

#[test]
fn a_copy_whose_answer_was_lost_is_not_made_twice() {
    for (name, dialect) in servers() {
        for after in [0, 10] {
            let (place, mut desk) = synced(dialect.clone());
            let to = desk.mailbox("Archive");
            desk.act(&[1, 2], Change::Copy { to });
            place.fault(Fault::once(FaultKind::CutIn {
                command: "UID COPY".to_owned(),
                after,
            }));
            assert!(desk.once(&Errands::Journal).is_err(), "{name}");
            place.heal();
            desk.once(&Errands::Everything).unwrap();
            assert_eq!(subjects(&place, "Archive"), ["n1", "n2"], "{name}");
            assert_eq!(subjects(&place, "INBOX").len(), 5, "{name}");
            assert_eq!(place.n_commands("UID COPY"), 1, "{name}");
            assert_eq!(desk.reader.n_pending(None).unwrap(), 0, "{name}");
        }
    }
}

#[test]
fn messages_that_nobody_can_tell_apart_move_too() {
    for (name, dialect) in servers() {
        let place = Place::new(dialect);
        for _ in 0..3 {
            let raw = b"From: a@example.org\r\nSubject: same\r\n\r\ntext\r\n";
            place.server.deliver("INBOX", raw, &[], 1_780_000_000);
        }
        place.server.create("Archive", None);
        let mut desk = place.open();
        desk.sync();
        let change = to(&mut desk, "Archive");
        desk.act(&[1, 2], change);
        desk.once(&Errands::Journal).unwrap();
        desk.sync();
        assert_eq!(subjects(&place, "Archive"), ["same", "same"], "{name}");
        assert_eq!(subjects(&place, "INBOX"), ["same"], "{name}");
        let ended = outcomes(&mut desk);
        let is_done = |outcome: &Outcome| matches!(outcome, Outcome::Done(_) | Outcome::Marked(_));
        assert!(
            ended.len() == 2 && ended.iter().all(is_done),
            "{name}: {ended:?}"
        );
    }
}

/// A destination that was never selected, with and without a word of its UIDs, and more copies than a first look shows.
#[test]
fn many_copies_into_a_folder_never_opened_are_not_made_twice() {
    for has_status in [true, false] {
        for is_move in [true, false] {
            let what = format!("STATUS: {has_status}, move: {is_move}");
            let dialect = Dialect::bare().with("UIDPLUS");
            let place = Place::with(dialect, 150);
            let mut desk = place.open();
            desk.sync();
            place.server.create("Archive", None);
            if !has_status {
                place.refuse("STATUS", "NO not now");
            }
            desk.once(&Errands::Folders).unwrap();
            let to = desk.mailbox("Archive");
            let change = if is_move {
                Change::Move { to }
            } else {
                Change::Copy { to }
            };
            desk.act(&(1..=150).collect::<Vec<_>>(), change);
            let lost = FaultKind::CutIn {
                command: "UID COPY".to_owned(),
                after: 0,
            };
            place.fault(Fault::once(lost));
            assert!(desk.once(&Errands::Journal).is_err(), "{what}");
            place.heal();
            desk.once(&Errands::Journal).unwrap();
            let mut expected: Vec<String> = (1..=150).map(|n| format!("n{n}")).collect();
            expected.sort();
            assert_eq!(subjects(&place, "Archive"), expected, "{what}");
            let n_left = if is_move { 0 } else { 150 };
            assert_eq!(subjects(&place, "INBOX").len(), n_left, "{what}");
            assert_eq!(place.n_commands("UID COPY"), 1, "{what}");
            assert_eq!(desk.reader.n_pending(None).unwrap(), 0, "{what}");
        }
    }
}

/// Where copies cannot be looked for, none is sent on suspicion.
#[test]
fn a_copy_into_a_folder_that_cannot_be_read_is_not_made_twice() {
    let (place, mut desk) = synced(Dialect::bare().with("UIDPLUS"));
    let archive = desk.mailbox("Archive");
    desk.act(&[1, 2], Change::Copy { to: archive });
    place.fault(Fault::once(FaultKind::CutIn {
        command: "UID COPY".to_owned(),
        after: 0,
    }));
    assert!(desk.once(&Errands::Journal).is_err());
    place.heal();
    place.server.set_rights("Archive", "li");
    desk.once(&Errands::Journal).unwrap();
    assert_eq!(place.n_commands("UID COPY"), 1);
    assert_eq!(subjects(&place, "Archive"), ["n1", "n2"]);
    let ended = outcomes(&mut desk);
    let is_parked = |outcome: &Outcome| matches!(outcome, Outcome::Parked(_));
    assert!(ended.len() == 2 && ended.iter().all(is_parked), "{ended:?}");
}

/// A copy that broke off half way: what was copied must not pass for what was not.
#[test]
fn one_that_looks_like_another_is_not_removed_for_its_copy() {
    for message_id in ["", "Message-ID: <same@example.org>\r\n"] {
        let place = Place::new(Dialect::full().without("MOVE"));
        for (subject, date) in ["n1", "n2", "n3", "n4"]
            .into_iter()
            .zip(1_780_000_000_i64..)
        {
            let raw =
                format!("From: a@example.org\r\n{message_id}Subject: {subject}\r\n\r\ntext\r\n");
            place.server.deliver("INBOX", raw.as_bytes(), &[], date);
        }
        place.server.create("Archive", None);
        let mut desk = place.open();
        desk.sync();
        let change = to(&mut desk, "Archive");
        desk.act(&[1, 2, 3, 4], change);
        place.fault(Fault::once(FaultKind::PartOf {
            command: "UID COPY".to_owned(),
            n_messages: 2,
        }));
        assert!(desk.once(&Errands::Journal).is_err());
        place.heal();
        desk.once(&Errands::Everything).unwrap();
        let mut kept = subjects(&place, "Archive");
        kept.extend(subjects(&place, "INBOX"));
        for subject in ["n1", "n2", "n3", "n4"] {
            let is_kept = kept.iter().any(|one| one == subject);
            assert!(is_kept, "{subject} of {message_id:?}: {kept:?}");
        }
        assert_eq!(desk.reader.n_pending(None).unwrap(), 0);
    }
}

#[test]
fn one_message_that_is_refused_is_parked_alone_and_the_others_move() {
    for (name, dialect) in servers_with_uidplus() {
        let command = if dialect.has("MOVE") {
            "UID MOVE"
        } else {
            "UID COPY"
        };
        let place = Place::with(dialect, 60);
        place.server.create("Archive", None);
        let mut desk = place.open();
        desk.sync();
        let change = to(&mut desk, "Archive");
        desk.act(&(1..=60).collect::<Vec<_>>(), change);
        place.fault(Fault::always(FaultKind::RefuseUid {
            command: command.to_owned(),
            uid: 17,
            answer: "NO it holds a virus".to_owned(),
        }));
        place.server.clear_log();
        desk.once(&Errands::Journal).unwrap();
        assert_eq!(subjects(&place, "INBOX"), ["n17"], "{name}");
        assert_eq!(subjects(&place, "Archive").len(), 59, "{name}");
        let tries = place.server.log().into_iter().filter(|entry| {
            let set = entry.line.split(' ').nth(3).unwrap_or_default().as_bytes();
            let uid = sterna::mail::uid::Uid::new(17).unwrap();
            let set = sterna::mail::uid_set::UidSet::parse(set);
            entry.name == command && set.is_some_and(|set| set.contains(uid))
        });
        let n_tries = tries.count();
        assert!((2..=5).contains(&n_tries), "{name}: {n_tries} tries");
        let ended = outcomes(&mut desk);
        let parked = parked(&ended);
        assert!(
            parked.len() == 1 && parked[0].contains("it holds a virus"),
            "{name}: {parked:?}"
        );
        assert_eq!(desk.reader.n_pending(None).unwrap(), 0, "{name}");
    }
}

#[test]
fn what_is_refused_for_all_is_tried_once() {
    for (code, dialect) in [
        ("NO [OVERQUOTA] full", Dialect::full()),
        ("NO [NOPERM] not yours", Dialect::full()),
        ("NO [TRYCREATE] no such folder", Dialect::full()),
        ("BAD what?", Dialect::full()),
    ] {
        let (place, mut desk) = synced(dialect);
        let change = to(&mut desk, "Archive");
        desk.act(&[1, 2, 3], change);
        place.refuse("UID MOVE", code);
        desk.once(&Errands::Journal).unwrap();
        assert_eq!(place.n_commands("UID MOVE"), 1, "{code}");
        assert_eq!(place.n_commands("CREATE"), 0, "{code}");
        let ended = outcomes(&mut desk);
        let is_parked = |outcome: &Outcome| matches!(outcome, Outcome::Parked(_));
        assert!(
            ended.len() == 3 && ended.iter().all(is_parked),
            "{code}: {ended:?}"
        );
        assert_eq!(subjects(&place, "INBOX").len(), 5, "{code}");
    }
}

#[test]
fn a_rival_that_is_faster_leaves_nothing_to_do_and_is_not_touched() {
    for (name, dialect) in servers_with_uidplus() {
        let command = if dialect.has("MOVE") {
            "UID MOVE"
        } else {
            "UID COPY"
        };
        for goes_to in [None, Some("Trash".to_owned())] {
            let (place, mut desk) = synced(dialect.clone());
            let change = to(&mut desk, "Archive");
            desk.act(&[1, 2], change);
            place.server.set_flags("INBOX", 5, &["\\Deleted"]);
            place.fault(Fault::once(FaultKind::Rival {
                command: command.to_owned(),
                mailbox: "INBOX".to_owned(),
                uids: vec![2],
                to: goes_to.clone(),
            }));
            desk.once(&Errands::Journal).unwrap();
            assert_eq!(subjects(&place, "Archive"), ["n1"], "{name}");
            let there: Vec<u32> = place
                .server
                .truth("INBOX")
                .iter()
                .map(|it| it.uid)
                .collect();
            assert_eq!(there, [3, 4, 5], "{name}: what others marked stays");
            let n_in_trash = usize::from(goes_to.is_some());
            assert_eq!(subjects(&place, "Trash").len(), n_in_trash, "{name}");
            let ended = outcomes(&mut desk);
            let count = |is: fn(&Outcome) -> bool| ended.iter().filter(|end| is(end)).count();
            let n_moved = count(|end| matches!(end, Outcome::Done(Some(_))));
            let n_gone = count(|end| *end == Outcome::Gone);
            let counts = (n_moved, n_gone, ended.len());
            assert_eq!(counts, (1, 1, 2), "{name}: {ended:?}");
        }
    }
}

#[test]
fn a_deletion_takes_what_it_means_and_nothing_that_others_marked() {
    for (name, dialect) in servers() {
        let removes = dialect.has("UIDPLUS");
        let (place, mut desk) = synced(dialect);
        place.server.set_flags("INBOX", 4, &["\\Deleted"]);
        desk.act(&[2, 3], Change::Delete);
        desk.once(&Errands::Journal).unwrap();
        assert_eq!(subjects(&place, "INBOX"), ["n1", "n5"], "{name}");
        let n_left = place.server.truth("INBOX").len();
        assert_eq!(n_left, if removes { 3 } else { 5 }, "{name}");
        assert_eq!(place.n_commands("EXPUNGE"), 0, "{name}");
        assert_eq!(desk.reader.n_pending(None).unwrap(), 0, "{name}");
    }
}

#[test]
fn ten_thousand_are_one_command_over_holes_and_never_over_others() {
    let place = Place::new(Dialect::full());
    place.server.bulk("INBOX", 10_400, 100);
    place.server.create("Archive", None);
    let holes: Vec<u32> = (1..=10_400).filter(|uid| uid % 40 == 0).collect();
    place.server.expunge("INBOX", &holes);
    let mut desk = place.open();
    desk.sync();
    let others = [1_001, 5_002];
    let is_meant = |uid: &u32| !uid.is_multiple_of(40) && !others.contains(uid);
    let uids: Vec<u32> = (1..=10_400).filter(is_meant).collect();
    assert!(uids.len() > 10_000);
    place.server.clear_log();
    desk.record(&uids, SystemFlag::Flagged, true);
    desk.once(&Errands::Journal).unwrap();
    let change = to(&mut desk, "Archive");
    desk.act(&uids, change);
    desk.once(&Errands::Journal).unwrap();
    let set = "1:999,1002:5001,5003:10399";
    let expected = [
        format!("UID STORE {set} +FLAGS.SILENT (\\Flagged)"),
        format!("UID MOVE {set} Archive"),
    ];
    assert_eq!(commands(&place), expected);
    let left: Vec<u32> = place
        .server
        .truth("INBOX")
        .iter()
        .map(|it| it.uid)
        .collect();
    assert_eq!(left, others);
    let moved = place.server.truth("Archive");
    assert_eq!(moved.len(), uids.len());
    assert!(
        moved
            .iter()
            .all(|message| message.flags.has(SystemFlag::Flagged))
    );
}

#[test]
fn flags_go_before_the_move_and_what_follows_goes_where_the_message_is() {
    for (name, dialect) in servers_with_uidplus() {
        let (place, mut desk) = synced(dialect);
        let keyword = |word: &str, on| Change::Keyword {
            keyword: Keyword::parse(word).unwrap(),
            on,
        };
        desk.act(&[1, 2], keyword("$Junk", true));
        desk.act(&[1, 2], keyword("$NotJunk", false));
        let change = to(&mut desk, "Archive");
        desk.act(&[1, 2], change);
        desk.once(&Errands::Journal).unwrap();
        let truth = place.server.truth("Archive");
        let is_junk =
            |message: &sterna::demo::hooks::Truth| message.flags.keywords().contains("$Junk");
        assert!(
            truth.len() == 2 && truth.iter().all(is_junk),
            "{name}: {truth:?}"
        );
        let said = commands(&place);
        let n_stores = said
            .iter()
            .take_while(|line| line.starts_with("UID STORE"))
            .count();
        assert_eq!(n_stores, 2, "{name}: {said:?}");
    }
}

#[test]
fn keywords_that_a_folder_does_not_keep_stay_on_this_machine() {
    let place = Place::with(Dialect::full(), 3);
    place.server.keep_keywords("INBOX", &["$Junk"]);
    let mut desk = place.open();
    desk.sync();
    for (word, expected) in [("todo", Outcome::Local), ("$junk", Outcome::Done(None))] {
        let keyword = Keyword::parse(word).unwrap();
        desk.seen.clear();
        desk.act(&[1], Change::Keyword { keyword, on: true });
        place.server.clear_log();
        desk.once(&Errands::Journal).unwrap();
        assert_eq!(
            outcomes(&mut desk),
            std::slice::from_ref(&expected),
            "{word}"
        );
        let n_sent = usize::from(expected != Outcome::Local);
        assert_eq!(place.n_commands("UID STORE"), n_sent, "{word}");
    }
}

#[test]
fn a_read_only_folder_parks_what_would_change_it_and_gives_copies() {
    let (place, mut desk) = synced(Dialect::full());
    place.server.set_rights("INBOX", "lr");
    let archive = desk.mailbox("Archive");
    desk.record(&[1], SystemFlag::Flagged, true);
    desk.act(&[2], Change::Move { to: archive });
    desk.act(&[3], Change::Copy { to: archive });
    place.server.clear_log();
    desk.once(&Errands::Journal).unwrap();
    assert_eq!(commands(&place), ["UID COPY 3 Archive"]);
    let ended = outcomes(&mut desk);
    let words = parked(&ended);
    assert_eq!(words.len(), 2, "{ended:?}");
    assert!(
        words.iter().all(|text| text.contains("read-only")),
        "{words:?}"
    );
    assert_eq!(subjects(&place, "Archive"), ["n3"]);
}

#[test]
fn quitting_waits_for_what_may_be_sent_and_leaves_the_rest_in_the_journal() {
    for (name, dialect) in servers() {
        let (place, mut desk) = synced(dialect);
        let engine = desk.engine();
        desk.online();
        let change = to(&mut desk, "Archive");
        desk.act(&[1, 2], change.clone());
        let inbox = desk.mailbox("INBOX");
        let held = Action {
            hold_seconds: 1_000,
            ..Action::new(
                Ticket(2),
                desk.account,
                change,
                vec![Target {
                    message: desk.message(inbox, 3),
                    mailbox: inbox,
                }],
            )
        };
        desk.store.writer().record_now(held).unwrap();
        stop(engine);
        assert_eq!(subjects(&place, "Archive"), ["n1", "n2"], "{name}");
        assert_eq!(subjects(&place, "INBOX"), ["n3", "n4", "n5"], "{name}");
        assert_eq!(desk.reader.n_pending(None).unwrap(), 1, "{name}");
    }
}

#[test]
fn forty_megabytes_move_without_moving() {
    let place = Place::new(Dialect::full());
    deliver(&place.server, "INBOX", 1, &[]);
    place.server.bulk("INBOX", 1, 40_000_000);
    place.server.create("Archive", None);
    let mut desk = place.open();
    desk.sync();
    let engine = desk.engine();
    desk.online();
    let size = place
        .server
        .truth("INBOX")
        .iter()
        .map(|it| it.size_bytes)
        .max();
    assert!(size.is_some_and(|size| size >= 40_000_000));
    let big = place.server.truth("INBOX").last().unwrap().uid;
    let change = to(&mut desk, "Archive");
    let before = place.server.counts().bytes_sent;
    place.server.clear_log();
    let operation = desk.act(&[big], change);
    engine.submit(Job::JournalChanged);
    desk.event(
        "the move",
        |event| matches!(event, Event::Closed { operation: closed, .. } if *closed == operation),
    );
    let received = place.server.counts().bytes_sent - before;
    let sent: usize = place
        .server
        .log()
        .iter()
        .map(|entry| entry.line.len() + 2)
        .sum();
    assert!(
        received + (sent as u64) < 1_000,
        "{received} + {sent} bytes"
    );
    assert_eq!(place.server.truth("Archive").len(), 1);
    stop(engine);
}
