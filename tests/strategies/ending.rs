//! A folder that ends the connection: it holds no other up, one message of it costs no other, and the account comes to
//! rest.

use std::time::Duration;

use sterna::channel::event::{Connection, Event};
use sterna::channel::job::Job;
use sterna::demo::dialect::Dialect;
use sterna::demo::fault::{Fault, FaultKind, FaultPlan};
use sterna::engine::lane::pace::Pace;
use sterna::engine::once::Errands;

use crate::equal::{difference_in, here, there, until_equal};
use crate::lasting::notices;
use crate::place::{Desk, Place, deliver, dialects, stop};

const COMMANDS: [&str; 2] = ["FETCH", "UID FETCH"];

/// An account with two folders beside INBOX, which has few messages; the first one has `n`. All are looked at when the
/// test says so.
fn place(dialect: Dialect, n: u32) -> Place {
    let mut place = Place::with(dialect, 6);
    place.pace.connections_in_a_row = Pace::default().connections_in_a_row;
    for number in 1..=n {
        deliver(&place.server, "Archive", number, &[]);
    }
    deliver(&place.server, "Lists/rust", 900, &[]);
    place.open().once(&Errands::Folders).unwrap();
    place
}

fn others_are_equal(place: &Place, desk: &mut Desk) -> bool {
    ["INBOX", "Lists/rust"]
        .iter()
        .all(|name| difference_in(&place.server, desk, name).is_none())
}

/// The server dies of one message of a folder.
fn dies_of(place: &Place, uid: u32) {
    let dies = |command: &str| {
        Fault::always(FaultKind::DropOnUid {
            command: command.to_owned(),
            uid,
        })
    };
    let plan = COMMANDS.map(dies);
    place.server.set_faults(FaultPlan::new(plan.into()));
}

/// What the server says of Archive, without a number under which its UIDs count.
fn without_validity(place: &Place, code: &str) {
    let lines = format!("* 20 EXISTS\r\n{code}{{tag}} OK [READ-WRITE] done\r\n");
    place.fault(Fault::always(FaultKind::InsteadOf {
        command: "SELECT".to_owned(),
        argument: "Archive".to_owned(),
        lines: lines.into_bytes(),
    }));
}

#[test]
fn a_folder_without_a_uidvalidity_is_told_and_holds_no_other_up() {
    for code in ["", "* OK [UIDVALIDITY 0] x\r\n"] {
        let place = place(Dialect::full(), 20);
        without_validity(&place, code);
        let mut desk = place.open();
        let engine = desk.engine();
        desk.until("the others", |desk| others_are_equal(&place, desk));
        desk.until("the word to the user", |desk| {
            notices(desk).iter().any(|words| words.contains("Archive"))
        });
        let archive = desk.mailbox("Archive");
        let n_told = notices(&mut desk).len();
        engine.submit(Job::OpenMailbox(archive));
        desk.until("who opens it is told", |desk| notices(desk).len() > n_told);
        deliver(&place.server, "INBOX", 30, &[]);
        desk.until("the others go on", |desk| others_are_equal(&place, desk));
        let is_offline = desk.seen.iter().any(|event| {
            matches!(event, Event::Connection { state, .. } if matches!(state, Connection::Offline { .. }))
        });
        assert!(!is_offline, "{code:?}: the account was cut off");
        place.heal();
        engine.submit(Job::OpenMailbox(archive));
        until_equal(&place.server, &mut desk, "mended");
        stop(engine);
        desk.close();
    }
}

#[test]
fn a_single_connection_goes_on_behind_a_folder_without_a_uidvalidity() {
    let place = place(Dialect::full(), 20);
    without_validity(&place, "");
    let mut desk = place.open();
    let report = desk.once(&Errands::Everything).unwrap();
    assert!(others_are_equal(&place, &mut desk));
    assert_eq!(report.refused[0].0, desk.mailbox("Archive"));
}

/// Everything of a folder but one message comes, and what is told of it names the folder.
fn only_one_is_missing(place: &Place, name: &str, uid: u32, what: &str) {
    let mut desk = place.open();
    let engine = desk.engine();
    desk.until(what, |desk| {
        let mut lines = there(&place.server, name);
        lines.retain(|(known, ..)| *known != uid);
        let is_known = difference_in(&place.server, desk, "Lists/rust").is_none();
        is_known && here(desk, name) == lines
    });
    desk.until(what, |desk| {
        notices(desk).iter().any(|words| words.contains(name))
    });
    desk.online();
    stop(engine);
    desk.close();
}

#[test]
fn a_message_that_the_server_dies_of_costs_no_other() {
    for (name, dialect) in dialects() {
        for uid in [3, 333, 700] {
            let what = format!("{name}, UID {uid}");
            let mut place = place(dialect.clone(), 700);
            place.pace.idle_for = Duration::from_secs(1);
            dies_of(&place, uid);
            // INBOX has a third message too, and one of them is enough.
            place.server.expunge("INBOX", &[3]);
            only_one_is_missing(&place, "Archive", uid, &what);
        }
    }
}

#[test]
fn a_message_that_the_server_dies_of_costs_no_other_where_uids_have_holes() {
    for (distance, n) in [(2, 1_400), (20, 2_000)] {
        let mut place = place(Dialect::full(), n);
        place.pace.idle_for = Duration::from_secs(1);
        let gone: Vec<u32> = (1..=n).filter(|uid| uid % distance != 0).collect();
        place.server.expunge("Archive", &gone);
        place.server.expunge("INBOX", &[40]);
        dies_of(&place, 40);
        only_one_is_missing(&place, "Archive", 40, &format!("one in {distance}"));
    }
}

#[test]
fn a_new_message_in_inbox_that_the_server_dies_of_costs_no_other() {
    for (name, dialect) in dialects() {
        let place = place(dialect, 5);
        place.open().sync();
        for number in 50..60 {
            deliver(&place.server, "INBOX", number, &[]);
        }
        dies_of(&place, 11);
        only_one_is_missing(&place, "INBOX", 11, name);
    }
}

#[test]
fn a_header_that_is_announced_too_long_costs_no_other() {
    let mut place = place(Dialect::full(), 40);
    place.pace.silence = Duration::from_secs(1);
    let lies = |command: &str| {
        Fault::always(FaultKind::HeaderOf {
            command: command.to_owned(),
            uid: 33,
            header: "{1000000}\r\nX: y\r\n".to_owned(),
        })
    };
    let plan = COMMANDS.map(lies);
    place.server.set_faults(FaultPlan::new(plan.into()));
    only_one_is_missing(&place, "Archive", 33, "a literal without end");
}

/// The server says goodbye to who opens Archive.
fn ends_over_archive(place: &Place) {
    place.fault(Fault::always(FaultKind::InsteadOf {
        command: "SELECT".to_owned(),
        argument: "Archive".to_owned(),
        lines: b"* BYE its index is broken\r\n".to_vec(),
    }));
}

#[test]
fn a_sync_of_its_own_goes_on_behind_a_folder_that_ends_the_connection() {
    for (name, dialect) in dialects() {
        let place = place(dialect, 20);
        ends_over_archive(&place);
        let mut desk = place.open();
        let report = desk.once(&Errands::Everything).unwrap();
        assert!(others_are_equal(&place, &mut desk), "{name}");
        let [(mailbox, error)] = report.refused.as_slice() else {
            panic!("{name}: {:?}", report.refused);
        };
        assert_eq!(*mailbox, desk.mailbox("Archive"), "{name}");
        assert!(
            error.to_string().contains("its index is broken"),
            "{name}: {error}"
        );
        assert!(
            report.tally.n_new >= 7 && report.bytes_received > 0,
            "{name}"
        );
        place.heal();
        assert!(desk.sync().refused.is_empty(), "{name}");
        until_equal(&place.server, &mut desk, name);
        desk.close();
    }
}

#[test]
fn a_sync_of_its_own_does_without_one_message_that_the_server_dies_of() {
    let place = place(Dialect::full(), 700);
    dies_of(&place, 333);
    let mut desk = place.open();
    desk.once(&Errands::Everything).unwrap();
    let mut lines = there(&place.server, "Archive");
    lines.retain(|(uid, ..)| *uid != 333);
    assert!(here(&mut desk, "Archive") == lines);
    assert!(others_are_equal(&place, &mut desk));
}

/// The server dies of the counts of Archive, asked for alone or with the list.
fn dies_of_the_counts() -> Vec<Fault> {
    let dies = |command: &str, word: &str| {
        Fault::always(FaultKind::DropOnWord {
            command: command.to_owned(),
            word: word.to_owned(),
        })
    };
    vec![dies("LIST", "STATUS"), dies("STATUS", "Archive")]
}

#[test]
fn a_folder_whose_counts_the_server_dies_of_holds_no_other_up() {
    for dialect in [Dialect::full(), Dialect::bare().with("IDLE")] {
        let place = place(dialect, 20);
        place
            .server
            .set_faults(FaultPlan::new(dies_of_the_counts()));
        let mut desk = place.open();
        let engine = desk.engine();
        desk.until("the others", |desk| others_are_equal(&place, desk));
        desk.until("the word to the user", |desk| {
            notices(desk).iter().any(|words| words.contains("Archive"))
        });
        desk.until("the account comes to rest", |desk| {
            let mut states = desk.seen.iter().rev().filter_map(|event| match event {
                Event::Connection { state, .. } => Some(state),
                _ => None,
            });
            states.next() == Some(&Connection::Online)
        });
        deliver(&place.server, "INBOX", 30, &[]);
        desk.until("the others go on", |desk| others_are_equal(&place, desk));
        stop(engine);
        desk.close();
    }
}

#[test]
fn a_new_folder_whose_id_the_server_dies_of_holds_no_other_up() {
    // Ids are asked for by STATUS, before a folder is stored.
    let place = place(Dialect::bare().with("OBJECTID"), 20);
    let mut desk = place.open();
    desk.sync();
    deliver(&place.server, "New", 40, &[]);
    place.fault(Fault::always(FaultKind::DropOnWord {
        command: "STATUS".to_owned(),
        word: "New".to_owned(),
    }));
    let engine = desk.engine();
    desk.until("the word to the user", |desk| {
        notices(desk).iter().any(|words| words.contains("New"))
    });
    deliver(&place.server, "Lists/rust", 901, &[]);
    desk.until("the others go on", |desk| others_are_equal(&place, desk));
    stop(engine);
    desk.close();
}

#[test]
fn inbox_is_read_where_the_server_dies_of_every_list() {
    let place = place(Dialect::full(), 5);
    place.fault(Fault::always(FaultKind::DropOn {
        command: "LIST".to_owned(),
    }));
    let mut desk = place.open();
    let engine = desk.engine();
    desk.until("INBOX", |desk| {
        difference_in(&place.server, desk, "INBOX").is_none()
    });
    place.heal();
    engine.submit(Job::SyncNow);
    until_equal(&place.server, &mut desk, "mended");
    stop(engine);
    desk.close();
}
