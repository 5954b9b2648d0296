//! Servers that lose their history, their messages or their numbering: noticed and healed, and no body is fetched twice.

use sterna::channel::event::Event;
use sterna::channel::operation::Outcome;
use sterna::demo::dialect::Dialect;
use sterna::demo::fault::{Fault, FaultKind, FaultPlan};
use sterna::mail::flag::SystemFlag;
use sterna::mail::message_id::MessageId;

use crate::equal::{assert_equal, until_equal};
use crate::place::{Desk, GUARD, Place, deliver, message, stop};

/// The ways of a resync.
fn ways() -> [(&'static str, Dialect); 4] {
    [
        ("QRESYNC", Dialect::full()),
        (
            "CONDSTORE and ESEARCH",
            Dialect::condstore_only().with("ESEARCH"),
        ),
        ("CONDSTORE", Dialect::condstore_only()),
        ("bare", Dialect::bare()),
    ]
}

/// A synced INBOX of eight messages, two of them with bodies.
fn synced(dialect: Dialect) -> (Place, Desk, Vec<MessageId>) {
    let place = Place::with(dialect, 8);
    let mut desk = place.open();
    desk.sync();
    let inbox = desk.mailbox("INBOX");
    let read: Vec<MessageId> = [3, 6].map(|uid| desk.message(inbox, uid)).to_vec();
    for message in &read {
        desk.read(*message, inbox);
    }
    assert_eq!(place.server.counts().bodies, 2);
    (place, desk, read)
}

/// The cache is right again, and the bodies are still those that were fetched.
fn assert_healed(place: &Place, desk: &mut Desk, read: &[MessageId], what: &str) {
    desk.sync();
    assert_equal(&place.server, desk, what);
    for message in read {
        assert!(desk.reader.body(*message).unwrap().is_some(), "{what}");
    }
    assert_eq!(place.server.counts().bodies, 2, "{what}: fetched again");
}

#[test]
fn mod_sequences_that_went_back_are_not_believed() {
    for (name, dialect) in ways() {
        let (place, mut desk, read) = synced(dialect);
        // A backup was put in place: older numbers, other flags under numbers that the cache has seen already.
        place.server.set_mod_seq("INBOX", 2);
        place.server.set_flags("INBOX", 4, &["\\Flagged"]);
        place.server.set_flags("INBOX", 5, &["\\Seen", "$Work"]);
        place.server.expunge("INBOX", &[1]);
        assert_healed(&place, &mut desk, &read, &format!("{name}: went back"));
        place.server.set_flags("INBOX", 4, &[]);
        assert_healed(&place, &mut desk, &read, &format!("{name}: and goes on"));
    }
}

/// What says that the mailbox, or a message in it, is at a mod-sequence a little above the true one.
const TOO_HIGH: [&str; 2] = [
    "* OK [HIGHESTMODSEQ 110] x\r\n",
    "* 2 FETCH (UID 2 FLAGS (\\Seen) MODSEQ (110))\r\n",
];

#[test]
fn a_mod_sequence_that_is_told_too_high_hides_no_change() {
    for (name, dialect) in ways() {
        for line in TOO_HIGH {
            let (place, mut desk, read) = synced(dialect.clone());
            place.server.set_mod_seq("INBOX", 100);
            desk.sync();
            place.fault(Fault::once(FaultKind::Before {
                command: "UID FETCH".to_owned(),
                lines: line.as_bytes().to_vec(),
            }));
            deliver(&place.server, "INBOX", 40, &[]);
            desk.sync();
            for uid in 2..=5 {
                place.server.set_flags("INBOX", uid, &["\\Flagged"]);
            }
            assert_healed(&place, &mut desk, &read, &format!("{name}: {line}"));
        }
    }
}

#[test]
fn a_mod_sequence_that_is_told_too_high_to_who_watches_hides_no_change() {
    for line in TOO_HIGH {
        let place = Place::with(Dialect::full(), 6);
        place.server.set_mod_seq("INBOX", 100);
        let mut desk = place.open();
        place.fault(Fault::once(FaultKind::Before {
            command: "IDLE".to_owned(),
            lines: line.as_bytes().to_vec(),
        }));
        let engine = desk.engine();
        desk.online();
        assert!(place.server.await_command("IDLE", GUARD));
        stop(engine);
        for uid in 2..=5 {
            place.server.set_flags("INBOX", uid, &["\\Flagged"]);
        }
        desk.sync();
        assert_equal(&place.server, &mut desk, line);
    }
}

#[test]
fn a_change_that_could_not_be_read_is_asked_for_again() {
    let (place, mut desk, read) = synced(Dialect::full());
    place.server.set_mod_seq("INBOX", 100);
    desk.sync();
    place.server.set_flags("INBOX", 4, &["\\Flagged"]);
    let inbox = desk.mailbox("INBOX");
    let state = desk.reader.sync_state(inbox).unwrap();
    let validity = state.validity.unwrap().get();
    let instead = |command: &str, lines: String| {
        Fault::once(FaultKind::Instead {
            command: command.to_owned(),
            lines: lines.into_bytes(),
        })
    };
    let selected = format!(
        "* 8 EXISTS\r\n* OK [UIDVALIDITY {validity}] x\r\n* OK [UIDNEXT 9] x\r\n* OK [HIGHESTMODSEQ 101] x\r\n\
         * 4 FETCH (UID 4 FLAGS (\\Flagged MODSEQ (101)\r\n{{tag}} OK [READ-WRITE] done\r\n"
    );
    place.server.set_faults(FaultPlan::new(vec![
        instead("SELECT", selected),
        instead("UID FETCH", "{tag} OK done\r\n".to_owned()),
    ]));
    desk.sync();
    assert_healed(&place, &mut desk, &read, "a line without an end");
}

/// What comes under another UIDVALIDITY than the one that was selected is about nothing that is known.
#[test]
fn an_open_mailbox_that_is_given_another_number_is_opened_anew() {
    let place = Place::with(Dialect::full(), 6);
    let mut desk = place.open();
    place.fault(Fault::once(FaultKind::Before {
        command: "IDLE".to_owned(),
        lines: b"* OK [UIDVALIDITY 77] x\r\n".to_vec(),
    }));
    let engine = desk.engine();
    desk.online();
    assert!(place.server.await_command("IDLE", GUARD));
    place.server.set_flags("INBOX", 3, &["\\Flagged"]);
    until_equal(&place.server, &mut desk, "what is told afterwards");
    stop(engine);
}

#[test]
fn a_mailbox_without_mod_sequences_has_its_flags_read() {
    for (name, dialect) in ways() {
        let (place, mut desk, read) = synced(dialect);
        for (uid, flags) in [(2, &["\\Seen"][..]), (2, &[]), (7, &["\\Answered"])] {
            place.server.set_flags("INBOX", uid, flags);
            place.server.set_mod_seq("INBOX", 0);
            assert_healed(
                &place,
                &mut desk,
                &read,
                &format!("{name}: {uid} {flags:?}"),
            );
        }
    }
}

#[test]
fn what_vanished_without_a_word_is_missed_in_the_count() {
    for (name, dialect) in ways() {
        let (place, mut desk, read) = synced(dialect);
        place.server.lose("INBOX", &[2, 5]);
        assert_healed(&place, &mut desk, &read, &format!("{name}: two lost"));
        // As many come as go: neither EXISTS nor UIDNEXT alone tells.
        place.server.lose("INBOX", &[4]);
        deliver(&place.server, "INBOX", 40, &[]);
        assert_healed(
            &place,
            &mut desk,
            &read,
            &format!("{name}: one lost, one new"),
        );
        place.server.forget_expunges("INBOX");
        place.server.expunge("INBOX", &[7]);
        place.server.forget_expunges("INBOX");
        assert_healed(
            &place,
            &mut desk,
            &read,
            &format!("{name}: an expunge forgotten"),
        );
    }
}

#[test]
fn the_uids_are_asked_for_only_when_the_numbers_do_not_add_up() {
    for (dialect, search) in [
        (
            Dialect::condstore_only().with("ESEARCH"),
            "UID SEARCH RETURN (ALL) ALL",
        ),
        (Dialect::condstore_only(), "UID SEARCH ALL"),
    ] {
        let (place, mut desk, read) = synced(dialect);
        place.server.set_flags("INBOX", 2, &["\\Seen"]);
        deliver(&place.server, "INBOX", 50, &[]);
        assert_healed(&place, &mut desk, &read, search);
        assert_eq!(
            place.n_commands("UID SEARCH"),
            0,
            "{search}: nothing was missing"
        );
        place.server.expunge("INBOX", &[1]);
        deliver(&place.server, "INBOX", 51, &[]);
        assert_healed(&place, &mut desk, &read, search);
        let log = place.server.log();
        let asked: Vec<_> = log
            .iter()
            .filter(|entry| entry.name == "UID SEARCH")
            .collect();
        assert!(
            asked.len() == 1 && asked[0].line.ends_with(search),
            "{search}: {asked:?}"
        );
    }
}

#[test]
fn a_search_that_leaves_messages_out_empties_nothing() {
    for (name, lines) in [
        ("an empty ESEARCH", "* ESEARCH UID\r\n{tag} OK done\r\n"),
        ("a short one", "* ESEARCH UID ALL 2:3\r\n{tag} OK done\r\n"),
        ("none at all", "{tag} OK done\r\n"),
    ] {
        let (place, mut desk, read) = synced(Dialect::condstore_only().with("ESEARCH"));
        place.server.expunge("INBOX", &[1]);
        place.fault(Fault::once(FaultKind::Instead {
            command: "UID SEARCH".to_owned(),
            lines: lines.as_bytes().to_vec(),
        }));
        assert_healed(&place, &mut desk, &read, name);
        assert_eq!(
            place.n_commands("UID SEARCH"),
            2,
            "{name}: the second time without ESEARCH"
        );
    }
}

/// Two messages that differ in nothing but the server's word.
fn twins(dialect: Dialect) -> (Place, Desk, [MessageId; 2]) {
    let place = Place::with(dialect, 1);
    for _ in 0..2 {
        place
            .server
            .deliver("INBOX", &message(70), &[], 1_780_004_200);
    }
    let mut desk = place.open();
    desk.sync();
    let inbox = desk.mailbox("INBOX");
    let both = [2, 3].map(|uid| desk.message(inbox, uid));
    for message in both {
        desk.read(message, inbox);
    }
    desk.record(&[3], SystemFlag::Flagged, true);
    place.server.expunge("INBOX", &[1]);
    place.server.change_uid_validity("INBOX");
    desk.sync();
    desk.sync();
    assert_equal(&place.server, &mut desk, "after the renumbering");
    (place, desk, both)
}

#[test]
fn twins_are_told_apart_by_the_servers_own_ids() {
    for capability in ["OBJECTID", "X-GM-EXT-1"] {
        let (place, mut desk, both) = twins(Dialect::full().with(capability));
        let inbox = desk.mailbox("INBOX");
        assert_eq!(
            [1, 2].map(|uid| desk.message(inbox, uid)),
            both,
            "{capability}"
        );
        for message in both {
            assert!(desk.reader.body(message).unwrap().is_some(), "{capability}");
        }
        let flagged = |at: usize| {
            place.server.truth("INBOX")[at]
                .flags
                .has(SystemFlag::Flagged)
        };
        assert!(!flagged(0) && flagged(1), "{capability}: the right one");
    }
}

#[test]
fn without_them_what_cannot_be_told_apart_is_parked() {
    let (place, mut desk, both) = twins(Dialect::full());
    let inbox = desk.mailbox("INBOX");
    for uid in [1, 2] {
        assert!(
            !both.contains(&desk.message(inbox, uid)),
            "{uid}: nothing is guessed"
        );
    }
    assert!(
        place
            .server
            .truth("INBOX")
            .iter()
            .all(|message| !message.flags.has(SystemFlag::Flagged))
    );
    desk.event("the operation is parked", |event| {
        let Event::Closed { outcomes, .. } = event else {
            return false;
        };
        matches!(outcomes.as_slice(), [(_, Outcome::Parked(_))])
    });
}

#[test]
fn qresync_that_is_switched_on_in_silence_is_used() {
    // iCloud obeys ENABLE and says nothing of it.
    let (place, mut desk, read) = synced(Dialect::icloud());
    place.server.set_flags("INBOX", 4, &["\\Flagged"]);
    place.server.expunge("INBOX", &[1]);
    place.server.clear_log();
    assert_healed(&place, &mut desk, &read, "in silence");
    let log = place.server.log();
    let says = |words: &str| log.iter().any(|entry| entry.line.contains(words));
    assert!(says("ENABLE QRESYNC") && says("(QRESYNC ("));
    assert!(
        !says("UID SEARCH") && !says("CHANGEDSINCE"),
        "nothing else was needed"
    );
}

#[test]
fn qresync_that_was_not_switched_on_is_not_believed_in() {
    // An OK to ENABLE alone is no promise: the server does not know the parameter, or reads it and forgets it.
    for answer in ["OK done", "NO not here"] {
        let (place, mut desk, read) = synced(Dialect::icloud());
        place.server.set_flags("INBOX", 4, &["\\Flagged"]);
        place.server.expunge("INBOX", &[1]);
        place.refuse("ENABLE", answer);
        assert_healed(&place, &mut desk, &read, answer);
        place.server.expunge("INBOX", &[2]);
        deliver(&place.server, "INBOX", 40, &[]);
        assert_healed(&place, &mut desk, &read, answer);
    }
}
