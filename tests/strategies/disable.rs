//! Each capability that Sterna uses can be switched off: then nothing of it is sent, and the cache equals the server all
//! the same.

use std::collections::BTreeSet;

use sterna::channel::operation::Change;
use sterna::demo::dialect::Dialect;
use sterna::engine::once::Errands;
use sterna::mail::capability::USED;

use crate::equal::{assert_equal, until_equal};
use crate::place::{GUARD, Place, deliver, stop};

/// A capability, and what is in the commands only where it is used.
const TABLE: &[(&str, &str)] = &[
    ("ACL", " MYRIGHTS "),
    ("COMPRESS=DEFLATE", " COMPRESS DEFLATE"),
    ("CONDSTORE", "MODSEQ"),
    ("ENABLE", " ENABLE "),
    ("ESEARCH", " SEARCH RETURN "),
    ("IDLE", " IDLE"),
    ("LIST-EXTENDED", " RETURN (SUBSCRIBED "),
    (
        "LIST-STATUS",
        " STATUS (MESSAGES UIDNEXT UIDVALIDITY UNSEEN HIGHESTMODSEQ MAILBOXID))",
    ),
    ("LITERAL+", "+}"),
    ("LITERAL-", "+}"),
    ("NAMESPACE", " NAMESPACE"),
    ("NOTIFY", " NOTIFY "),
    ("OBJECTID", "EMAILID"),
    ("PREVIEW", "PREVIEW"),
    ("QRESYNC", "QRESYNC"),
    ("QUOTA", " GETQUOTAROOT "),
    ("SPECIAL-USE", " SPECIAL-USE"),
    ("X-GM-EXT-1", "X-GM-MSGID"),
];

/// Of attachments (`reading::parts`), of the login and of what follows it directly (`reading::flight`, tests/login.rs), of
/// changes (below, and `reading::detours`), of drafts (`outbox::replacing`), of the clock (`command_line::clock`).
const ELSEWHERE: &[&str] = &[
    "BINARY",
    "ID",
    "MESSAGELIMIT",
    "MOVE",
    "REPLACE",
    "SASL-IR",
    "UIDPLUS",
    "WITHIN",
];

/// Everything that a first sync, a screen at rest and a second sync send, the capability being there.
fn sent(name: &str, is_off: bool) -> String {
    let full = ["NOTIFY", "OBJECTID", "PREVIEW", "X-GM-EXT-1"]
        .into_iter()
        .fold(Dialect::full(), Dialect::with);
    let dialect = match name {
        "LITERAL-" => full.without("LITERAL+").with("LITERAL-"),
        _ => full,
    };
    let mut place = Place::with(dialect, 3);
    place.settings.compress_loopback = true;
    if is_off {
        place.settings.disable = vec![name.to_owned()];
    }
    // A name that needs a literal.
    deliver(&place.server, "Entw\u{fc}rfe", 10, &[]);
    let mut desk = place.open();
    let engine = desk.engine();
    desk.online();
    until_equal(&place.server, &mut desk, name);
    let rests = |name: &str| name == "IDLE" || name == "NOOP";
    assert!(
        place
            .server
            .await_log(GUARD, |log| log.iter().any(|entry| rests(&entry.name)))
    );
    stop(engine);
    place.server.lose("INBOX", &[2]);
    place.server.set_flags("INBOX", 3, &["\\Seen"]);
    desk.sync();
    assert_equal(&place.server, &mut desk, name);
    let lines: Vec<String> = place
        .server
        .log()
        .into_iter()
        .map(|entry| entry.line)
        .collect();
    lines.join("\n")
}

#[test]
fn each_is_used_where_it_is_offered_and_not_where_it_is_switched_off() {
    let named: BTreeSet<&str> = TABLE
        .iter()
        .map(|(name, _)| *name)
        .chain(ELSEWHERE.iter().copied())
        .collect();
    assert_eq!(named, USED.iter().copied().collect());
    for (name, sign) in TABLE {
        assert!(sent(name, false).contains(sign), "{name} is not used");
        let without = sent(name, true);
        assert!(
            !without.contains(sign),
            "{name} is used although it is off: {without}"
        );
    }
}

#[test]
fn changes_go_the_plain_way_where_the_better_one_is_switched_off() {
    for (off, moving, is_removed) in [
        ("", "UID MOVE", true),
        ("MOVE", "UID COPY", true),
        ("UIDPLUS", "UID MOVE", false),
    ] {
        let mut place = Place::with(Dialect::full(), 3);
        place.settings.disable = vec![off.to_owned()];
        place.server.create("Archive", None);
        let mut desk = place.open();
        desk.sync();
        let to = desk.mailbox("Archive");
        desk.act(&[1], Change::Move { to });
        desk.act(&[2], Change::Delete);
        desk.once(&Errands::Journal).unwrap();
        let n_each = ["UID MOVE", "UID COPY"].map(|name| place.n_commands(name));
        let expected = ["UID MOVE", "UID COPY"].map(|name| usize::from(name == moving));
        assert_eq!(n_each, expected, "without {off}");
        let has_removed = place.n_commands("UID EXPUNGE") > 0;
        assert_eq!(has_removed, is_removed, "without {off}");
        assert_eq!(place.n_commands("EXPUNGE"), 0, "without {off}");
        let n_in = |name: &str| place.server.truth(name).len();
        let n_left = if is_removed { 1 } else { 2 };
        assert_eq!(
            (n_in("INBOX"), n_in("Archive")),
            (n_left, 1),
            "without {off}"
        );
    }
}

/// RFC 9738. A server that has the limit all the same is sent the rest again.
#[test]
fn a_limit_of_messages_that_is_switched_off_splits_nothing() {
    for (off, first) in [("", "UID MOVE 1:2 "), ("MESSAGELIMIT", "UID MOVE 1:5 ")] {
        let mut place = Place::with(Dialect::full().limited_to(2), 5);
        place.settings.disable = vec![off.to_owned()];
        place.server.create("Archive", None);
        let mut desk = place.open();
        desk.sync();
        let to = desk.mailbox("Archive");
        desk.act(&[1, 2, 3, 4, 5], Change::Move { to });
        desk.once(&Errands::Journal).unwrap();
        let log = place.server.log();
        let said = log.iter().find(|entry| entry.name == "UID MOVE").unwrap();
        assert!(said.line.contains(first), "without {off:?}: {}", said.line);
        assert_eq!(place.server.truth("Archive").len(), 5, "without {off:?}");
        desk.sync();
        assert_equal(&place.server, &mut desk, off);
    }
}
