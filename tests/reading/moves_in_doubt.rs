//! Moves and copies whose answer was lost: what the server has done is found out before anything is sent again.

use sterna::channel::operation::{Change, Outcome};
use sterna::demo::dialect::Dialect;
use sterna::demo::fault::{Fault, FaultKind};
use sterna::engine::once::Errands;
use sterna::mail::flag::SystemFlag;

use crate::equal::assert_equal;
use crate::moves::{commands, outcomes, servers, servers_with_uidplus, subjects, synced, to};
use crate::place::Place;
use crate::random::count;

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

/// Moves, flags and copies at random, at any moment a cut, and another client beside it. `STERNA_DOUBTS` sets how many.
#[test]
fn whatever_is_cut_when_nothing_is_lost_and_nothing_comes_twice() {
    for (name, dialect) in servers_with_uidplus() {
        for seed in 1..=count("STERNA_DOUBTS", 4) {
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
