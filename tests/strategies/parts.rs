//! A server that carries a command out for so many messages and no more: what it leaves out is asked for, and nothing is
//! concluded from its absence. RFC 9738.

use sterna::demo::dialect::Dialect;
use sterna::mail::message_id::MessageId;

use crate::equal::{assert_equal, until_equal};
use crate::place::{Desk, Place, deliver, stop};

/// Messages of one command.
const LIMIT: u32 = 7;
/// Messages in INBOX.
const N: u32 = 60;

/// The ways of a resync, each told in both ways how far a command came.
fn servers() -> Vec<(String, Dialect)> {
    let ways = [
        ("QRESYNC", Dialect::full()),
        (
            "CONDSTORE and ESEARCH",
            Dialect::condstore_only().with("ESEARCH"),
        ),
        ("CONDSTORE", Dialect::condstore_only()),
        ("bare with ESEARCH", Dialect::bare().with("ESEARCH")),
        ("bare", Dialect::bare()),
    ];
    let both = |(name, dialect): (&str, Dialect)| {
        let dialect = dialect.limited_to(LIMIT);
        [
            (name.to_owned(), dialect.clone()),
            (format!("{name}, apart"), dialect.telling_limits_apart()),
        ]
    };
    ways.into_iter().flat_map(both).collect()
}

/// A synced INBOX on each server, also where the client does not want to know of the limit.
fn places() -> Vec<(String, Place)> {
    let mut places = Vec::new();
    for (name, dialect) in servers() {
        for off in ["", "MESSAGELIMIT"] {
            let mut place = Place::with(dialect.clone(), N);
            place.settings.disable = vec![off.to_owned()];
            places.push((format!("{name}, without {off:?}"), place));
        }
    }
    places
}

/// The messages of these UIDs, whose bodies are brought here.
fn read(desk: &mut Desk, uids: &[u32]) -> Vec<MessageId> {
    let inbox = desk.mailbox("INBOX");
    let of = |uid: &u32| {
        let message = desk.message(inbox, *uid);
        desk.read(message, inbox);
        message
    };
    uids.iter().map(of).collect()
}

/// These UIDs are still the messages that they were, with their bodies.
#[track_caller]
fn assert_same(desk: &mut Desk, uids: &[u32], messages: &[MessageId], what: &str) {
    let inbox = desk.mailbox("INBOX");
    for (uid, message) in uids.iter().zip(messages) {
        assert_eq!(desk.message(inbox, *uid), *message, "{what}: {uid}");
        let body = desk.reader.body(*message).unwrap();
        assert!(body.is_some(), "{what}: {uid}");
    }
}

#[test]
fn all_messages_come_in_parts() {
    for (what, place) in places() {
        let mut desk = place.open();
        desk.sync();
        assert_equal(&place.server, &mut desk, &what);
    }
}

#[test]
fn what_one_answer_leaves_out_is_neither_gone_nor_unchanged() {
    const READ: [u32; 4] = [2, 20, 40, 60];
    for (what, place) in places() {
        let mut desk = place.open();
        desk.sync();
        let messages = read(&mut desk, &READ);
        desk.sync();
        assert_same(&mut desk, &READ, &messages, &format!("{what}: no news"));
        for uid in [3, 20, 41, 59] {
            place.server.set_flags("INBOX", uid, &["\\Flagged"]);
        }
        place.server.expunge("INBOX", &[5, 31, 58]);
        for number in 1..=20 {
            deliver(&place.server, "INBOX", N + number, &[]);
        }
        desk.sync();
        assert_equal(&place.server, &mut desk, &what);
        assert_same(&mut desk, &READ, &messages, &what);
        place.server.clear_log();
        desk.sync();
        assert_eq!(place.n_commands("UID SEARCH"), 0, "{what}: it adds up");
    }
}

#[test]
fn what_vanished_alone_is_noticed() {
    for (what, place) in places() {
        let mut desk = place.open();
        desk.sync();
        let messages = read(&mut desk, &[1, 33]);
        place.server.expunge("INBOX", &[2, 17, 50]);
        desk.sync();
        assert_equal(&place.server, &mut desk, &what);
        assert_same(&mut desk, &[1, 33], &messages, &what);
    }
}

#[test]
fn many_new_messages_come_to_a_watched_mailbox() {
    for (what, dialect) in servers() {
        let place = Place::with(dialect, N);
        let mut desk = place.open();
        let engine = desk.engine();
        until_equal(&place.server, &mut desk, &what);
        for number in 1..=30 {
            deliver(&place.server, "INBOX", N + number, &[]);
        }
        place.server.set_flags("INBOX", 4, &["\\Seen"]);
        place.server.expunge("INBOX", &[9, 10]);
        until_equal(&place.server, &mut desk, &what);
        stop(engine);
    }
}

#[test]
fn changes_that_are_metered_come_in_parts_too() {
    for (what, mut place) in places() {
        place.open().sync();
        place.settings.metered_bytes = Some(100_000);
        for uid in 1..=50 {
            place.server.set_flags("INBOX", uid, &["\\Seen"]);
        }
        let mut desk = place.open();
        desk.sync();
        assert_equal(&place.server, &mut desk, &what);
    }
}
