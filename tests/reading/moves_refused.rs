//! Moves, copies and deletions that the server or a rival does not let through: what stays, stays with a word.

use sterna::channel::operation::{Change, Outcome};
use sterna::demo::dialect::Dialect;
use sterna::demo::fault::{Fault, FaultKind};
use sterna::engine::once::Errands;
use sterna::mail::flag::{Keyword, SystemFlag};

use crate::moves::{
    commands, outcomes, parked, servers, servers_with_uidplus, subjects, synced, to,
};
use crate::place::Place;

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
