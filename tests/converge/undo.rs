//! Undo after the server has done it: everything is back where it was, as it was.

use sterna::channel::operation::{Action, Change, Target, Ticket};
use sterna::demo::dialect::Dialect;
use sterna::mail::flag::{Keyword, SystemFlag};

use crate::place::{Desk, Place, deliver};
use crate::view::{here, targets, there};

/// Messages that are archived with one key.
const MANY: u32 = 500;

fn record(desk: &Desk, label: &str, changes: Vec<Change>, targets: Vec<Target>) {
    let action = Action {
        label: label.to_owned(),
        changes,
        ..Action::new(Ticket(1), desk.account, Change::Delete, targets)
    };
    desk.store.writer().record_now(action).unwrap();
}

#[test]
fn an_archive_of_five_hundred_comes_back_with_its_flags() {
    for (name, dialect) in [
        ("MOVE", Dialect::full()),
        ("COPY", Dialect::full().without("MOVE")),
        ("no COPYUID", Dialect::condstore_only().without("UIDPLUS")),
    ] {
        let place = Place::new(dialect);
        for mailbox in ["Archive", "Trash", "Work"] {
            place.server.create(mailbox, None);
        }
        for number in 1..=MANY {
            let flags: &[&str] =
                [&[][..], &["\\Seen"], &["\\Flagged", "todo"]][number as usize % 3];
            deliver(&place.server, "INBOX", number, flags);
        }
        let mut desk = place.open();
        desk.sync();
        let before = here(&mut desk);
        let to = desk.mailbox("Archive");
        let chosen = targets(&mut desk, "INBOX");
        let all = chosen.into_iter().map(|(_, target)| target).collect();
        record(&desk, "archive", vec![Change::Move { to }], all);
        desk.sync();
        assert_eq!(place.server.truth("Archive").len(), MANY as usize, "{name}");
        assert!(place.server.truth("INBOX").is_empty(), "{name}");
        // The program ends and starts: the way back is in the journal.
        desk.close();
        let mut desk = place.open();
        place.server.clear_log();
        let undone = desk.store.writer().undo_now().unwrap();
        assert_eq!(
            (undone.label.as_str(), undone.n_restored),
            ("archive", MANY as usize),
            "{name}"
        );
        assert_eq!(undone.n_skipped, 0, "{name}");
        assert!(here(&mut desk) == before, "{name}: at once");
        desk.sync();
        desk.sync();
        assert!(
            there(&place.server) == before,
            "{name}: {}",
            there(&place.server).difference(&before)
        );
        assert!(here(&mut desk) == before, "{name}");
        let n_moves = place.n_commands("UID MOVE") + place.n_commands("UID COPY");
        assert_eq!(n_moves, 1, "{name}: one command");
        let redone = desk.store.writer().redo_now().unwrap();
        assert_eq!(redone.n_restored, MANY as usize, "{name}");
        desk.sync();
        assert_eq!(place.server.truth("Archive").len(), MANY as usize, "{name}");
    }
}

/// The messages have other numbers then; the journal knows where they went.
#[test]
fn behind_a_lost_cache_they_come_back_too() {
    let place = Place::with(Dialect::full(), 6);
    place.server.create("Archive", None);
    let mut desk = place.open();
    desk.sync();
    let before = here(&mut desk);
    let to = desk.mailbox("Archive");
    let (flag, on) = (SystemFlag::Flagged, true);
    for (label, change) in [
        ("star", Change::Flag { flag, on }),
        ("archive", Change::Move { to }),
    ] {
        let chosen = targets(&mut desk, "INBOX");
        let all = chosen.into_iter().map(|(_, target)| target).collect();
        record(&desk, label, vec![change], all);
        desk.sync();
    }
    assert_eq!(place.server.truth("Archive").len(), 6);
    for label in ["archive", "star"] {
        desk.close();
        std::fs::remove_dir_all(place.home.path().join("cache")).unwrap();
        desk = place.open();
        desk.sync();
        let undone = desk.store.writer().undo_now().unwrap();
        assert_eq!(undone.label, label);
        let n = if label == "archive" { 6 } else { 0 };
        assert_eq!((undone.n_restored, undone.n_skipped), (n, 6 - n), "{label}");
        desk.sync();
        assert_eq!(here(&mut desk), there(&place.server), "{label}");
    }
    let back = there(&place.server);
    assert_eq!(back.at.len(), before.at.len());
    let is_in_inbox = |number: &u32| back.holds(*number, "INBOX");
    assert!(before.at.keys().all(is_in_inbox), "{back:?}");
}

#[test]
fn what_another_client_took_meanwhile_is_skipped_and_counted() {
    let place = Place::with(Dialect::full(), 6);
    place.server.create("Junk", None);
    let mut desk = place.open();
    desk.sync();
    let to = desk.mailbox("Junk");
    let inbox = desk.mailbox("INBOX");
    let all: Vec<Target> = (1..=6)
        .map(|uid| Target {
            message: desk.message(inbox, uid),
            mailbox: inbox,
        })
        .collect();
    let junk = vec![
        Change::Keyword {
            keyword: Keyword::junk(),
            on: true,
        },
        Change::Flag {
            flag: SystemFlag::Seen,
            on: true,
        },
        Change::Move { to },
    ];
    record(&desk, "junk", junk, all);
    desk.sync();
    place.server.expunge("Junk", &[2, 3]);
    desk.sync();
    let undone = desk.store.writer().undo_now().unwrap();
    assert_eq!((undone.n_restored, undone.n_skipped), (4, 2));
    desk.sync();
    let back = place.server.truth("INBOX");
    assert_eq!(back.len(), 4);
    assert!(
        back.iter()
            .all(|message| message.flags.names().next().is_none()),
        "{back:?}"
    );
}
