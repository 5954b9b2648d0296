//! Each capability that Sterna uses can be switched off: then nothing of it is sent, and the cache equals the server all
//! the same.

use std::collections::BTreeSet;

use sterna::demo::dialect::Dialect;
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

/// Of attachments (`reading::parts`), of the login and of what follows it directly (`reading::flight`, tests/login.rs).
const ELSEWHERE: &[&str] = &["BINARY", "ID", "SASL-IR"];

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
