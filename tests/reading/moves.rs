//! Moves, copies and deletions of the journal: each once, to the right messages, whatever happens on the way.

use sterna::channel::event::Event;
use sterna::channel::job::Job;
use sterna::channel::operation::{Action, Change, Outcome, Target, Ticket};
use sterna::demo::dialect::Dialect;
use sterna::engine::once::Errands;
use sterna::mail::flag::{Keyword, SystemFlag};

use crate::equal::{assert_equal, here, until_equal};
use crate::place::{Desk, Place, deliver, stop};

/// Servers by how they move and what they tell of it.
pub fn servers() -> Vec<(&'static str, Dialect)> {
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
