//! Servers that lie or rave: no panic, nothing outside the home directory, and once they speak the truth again the next
//! sync has no wrong row.

use std::collections::BTreeSet;
use std::path::PathBuf;

use sterna::demo::dialect::Dialect;
use sterna::demo::fault::{Fault, FaultKind, FaultPlan};
use sterna::engine::once::Errands;
use sterna::mail::flag::SystemFlag;

use crate::bodies::walk;
use crate::equal::{assert_equal, until_equal};
use crate::place::{Place, deliver, stop};
use crate::random::Sample;

/// Untagged lines that nobody asked for, or that cannot be.
const LINES: &[&[u8]] = &[
    b"* 1 FETCH (UID 0 FLAGS (\\Seen))\r\n",
    b"* 0 FETCH (UID 2 FLAGS (\\Seen \\Flagged))\r\n",
    b"* 99999 FETCH (FLAGS (\\Seen))\r\n",
    b"* 4294967295 FETCH (UID 4294967295 FLAGS (\\Seen))\r\n",
    b"* 1 FETCH (UID 77 FLAGS () INTERNALDATE \"01-Jan-2026 00:00:00 +0000\" RFC822.SIZE 5 BODY[HEADER.FIELDS (FROM)] {11}\r\nFrom: a@b\r\n)\r\n",
    b"* 3 FETCH (UID 99999999999999999999 FLAGS ())\r\n",
    b"* 1 FETCH (UID 1 FLAGS (\\Deleted) MODSEQ (9223372036854775807))\r\n",
    b"* 1 FETCH (UID 1 FLAGS (\\Draft) MODSEQ (18446744073709551615))\r\n",
    b"* 1 FETCH (UID 1 RFC822.SIZE -1 BODY[] NIL)\r\n",
    b"* 2 FETCH (UID 2 BODY[] {3}\r\nxyz)\r\n",
    b"* 1 FETCH (BODYSTRUCTURE ((((((((((((((((((((((\r\n",
    b"* 0 EXPUNGE\r\n",
    b"* 1 EXPUNGE\r\n",
    b"* 4294967295 EXPUNGE\r\n",
    b"* 0 EXISTS\r\n",
    b"* 3 EXISTS\r\n",
    b"* 4294967295 EXISTS\r\n",
    b"* -5 EXISTS\r\n",
    b"* VANISHED 1:4294967295\r\n",
    b"* VANISHED (EARLIER) 1:4294967295\r\n",
    b"* VANISHED 0\r\n",
    b"* VANISHED (EARLIER) 2,4,\r\n",
    b"* SEARCH 1 2 3 99 0 4294967295\r\n",
    b"* ESEARCH (TAG \"S1\") UID ALL 1:4294967295\r\n",
    b"* ESEARCH UID\r\n",
    b"* OK [UIDNEXT 0] x\r\n",
    b"* OK [UIDNEXT 4294967295] x\r\n",
    b"* OK [UIDNEXT 2] x\r\n",
    b"* OK [UIDVALIDITY 0] x\r\n",
    b"* OK [UIDVALIDITY 77] x\r\n",
    b"* OK [HIGHESTMODSEQ 0] x\r\n",
    b"* OK [HIGHESTMODSEQ 900000] x\r\n",
    b"* OK [HIGHESTMODSEQ 18446744073709551615] x\r\n",
    b"* OK [NOMODSEQ] x\r\n",
    b"* OK [CLOSED] x\r\n",
    b"* OK [PERMANENTFLAGS ()] x\r\n",
    b"* OK [CAPABILITY IMAP4rev1] x\r\n",
    b"* CAPABILITY IMAP4rev1 QRESYNC CONDSTORE ESEARCH IDLE\r\n",
    b"* FLAGS (\\Seen \\* [ \x1b[2J)\r\n",
    b"* NO\r\n",
    b"* NO not so fast\r\n",
    b"* BAD [ALERT] \x1b]0;owned\x07\r\n",
    b"* OK\r\n",
    b"*\r\n",
    b"* \r\n",
    b"\r\n",
    b"+ \r\n",
    b"+ idling\r\n",
    b"A999 OK done\r\n",
    b"* STATUS INBOX (MESSAGES 4294967295 UIDNEXT 1 UIDVALIDITY 1 UNSEEN 18446744073709551615)\r\n",
    b"* STATUS \"INBOX\" ()\r\n",
    b"* LIST () \"/\" INBOX\r\n",
    b"* LIST (\\Noselect) NIL \"Ghost\"\r\n",
    b"* LIST () \"/\" \"\"\r\n",
    b"* Goodbye and good luck\r\n",
    b"* ENABLED\r\n",
    b"* 5\r\n",
    b"\xff\xfe\x00garbage \x80\r\n",
];

/// A truthful sync, one beside which the server says `lines` before the answers to `command`, a truthful one: equal.
fn survives(dialect: Dialect, command: &str, lines: &[u8], is_first: bool) {
    survives_in(Place::with(dialect, 6), command, lines, is_first);
}

pub fn survives_in(mut place: Place, command: &str, lines: &[u8], is_first: bool) {
    place.pace.silence = std::time::Duration::from_secs(5); // Some lies leave a command without an end.
    let mut desk = place.open();
    if !is_first {
        desk.sync();
    }
    place.fault(Fault::always(FaultKind::Before {
        command: command.to_owned(),
        lines: lines.to_vec(),
    }));
    deliver(&place.server, "INBOX", 40, &[]);
    let _ = desk.once(&Errands::Everything);
    place.heal();
    // A lie about flags is corrected by the next word about them, not before: it could have been true.
    for uid in 1..=6 {
        place
            .server
            .set_flags("INBOX", uid, &["\\Answered", "$Work"]);
    }
    place.server.expunge("INBOX", &[3]);
    let text = String::from_utf8_lossy(lines).into_owned();
    desk.sync();
    assert_equal(
        &place.server,
        &mut desk,
        &format!("{text:?} before {command}"),
    );
    desk.close();
}

/// Every lie before the answers to each of these commands; `STERNA_LIES` takes every n-th.
fn lies(dialect: &Dialect, commands: &[(&str, bool)]) {
    let all = LINES
        .iter()
        .flat_map(|lines| commands.iter().map(move |command| (lines, command)));
    for (lines, (command, is_first)) in Sample::new("STERNA_LIES", 5).of(all) {
        survives(dialect.clone(), command, lines, *is_first);
    }
}

#[test]
fn lies_before_any_answer_leave_no_wrong_row_with_qresync() {
    let commands = [
        ("SELECT", false),
        ("UID FETCH", false),
        ("LIST", false),
        ("FETCH", true),
    ];
    lies(&Dialect::full(), &commands);
}

#[test]
fn lies_before_any_answer_leave_no_wrong_row_with_condstore_only() {
    let commands = [("SELECT", false), ("UID FETCH", false), ("FETCH", true)];
    lies(&Dialect::condstore_only(), &commands);
}

#[test]
fn lies_before_any_answer_leave_no_wrong_row_without_extensions() {
    let commands = [("SELECT", false), ("UID FETCH", false), ("FETCH", true)];
    lies(&Dialect::bare(), &commands);
}

#[test]
fn a_mailbox_that_claims_to_be_endless_is_not_fetched_without_end() {
    // More than any mailbox has is not believed; what can be is asked for until nothing comes again and again.
    for n in ["4294967295", "4000000"] {
        let mut place = Place::with(Dialect::full(), 6);
        place.pace.silence = std::time::Duration::from_secs(5);
        let mut desk = place.open();
        desk.sync();
        let instead = |command: &str, lines: String| {
            Fault::always(FaultKind::Instead {
                command: command.to_owned(),
                lines: lines.into_bytes(),
            })
        };
        let selected = format!(
            "* {n} EXISTS\r\n* OK [UIDVALIDITY 77] x\r\n* OK [UIDNEXT 2] x\r\n{{tag}} OK [READ-WRITE] done\r\n"
        );
        let found = format!("* ESEARCH UID ALL 1:{n}\r\n{{tag}} OK done\r\n");
        place.server.set_faults(FaultPlan::new(vec![
            instead("SELECT", selected),
            instead("UID SEARCH", found),
            instead("UID FETCH", "{tag} OK done\r\n".to_owned()),
            instead("FETCH", "{tag} OK done\r\n".to_owned()),
        ]));
        place.server.clear_log();
        let _ = desk.once(&Errands::Everything);
        let log = place.server.log();
        let n_of = |name: &str| log.iter().filter(|command| command.name == name).count();
        assert!(n_of("UID SEARCH") > 0, "{n}: nothing was claimed");
        assert!(n_of("UID FETCH") < 500, "{n}: {}", n_of("UID FETCH"));
        place.heal();
        desk.sync();
        assert_equal(&place.server, &mut desk, n);
        desk.close();
    }
}

/// Names that are paths, commands, escapes, or just too much.
fn names() -> Vec<Vec<u8>> {
    let mut names: Vec<Vec<u8>> = [
        &b"../../x"[..],
        b"/etc/passwd",
        b"..",
        ".".as_bytes(),
        b"`id`",
        b"$(id)",
        b"a\x1b[2Jb",
        b"a\x00b",
        b"a\x7f\x80b",
        b"~root",
        b"-rf",
        b"&AGE",
        b"&&&",
        b"a//b",
        b"\\\\server\\share",
        b"con",
        b"a\tb",
        b"%s%n",
        b"*",
        b"%",
        "\u{202e}xobni".as_bytes(),
        b"INBOX/..",
        b"inbox",
    ]
    .iter()
    .map(|name| name.to_vec())
    .collect();
    for number in 0..175 {
        names.push(format!("../{number}/\u{1b}]0;{number}").into_bytes());
    }
    names
}

fn files(place: &Place) -> BTreeSet<PathBuf> {
    let files = walk(place.home.path()).into_iter();
    files
        .map(|file| file.strip_prefix(place.home.path()).unwrap().to_owned())
        .collect()
}

/// A server lists these names: they are shown as text, and no file comes of them. Every second folder is opened too, from
/// the one at `first` on.
fn listed(dialect: Dialect, names: &[Vec<u8>], first: usize) {
    let place = Place::with(dialect, 3);
    let mut desk = place.open();
    desk.sync();
    let before = files(&place);
    let mut lines = Vec::new();
    for name in names {
        lines.extend_from_slice(format!("* LIST () \"/\" {{{}}}\r\n", name.len()).as_bytes());
        lines.extend_from_slice(name);
        lines.extend_from_slice(b"\r\n");
    }
    place.fault(Fault::always(FaultKind::Before {
        command: "LIST".to_owned(),
        lines,
    }));
    let _ = desk.once(&Errands::Everything);
    let folders = desk.reader.folders().unwrap();
    // Some are no names at all.
    assert!(folders.len() + 10 > names.len(), "{}", folders.len());
    for folder in &folders {
        assert!(
            !folder.name.as_str().chars().any(char::is_control),
            "{:?}",
            folder.name
        );
        assert!(
            !folder.label.as_str().contains('\u{202e}'),
            "{:?}",
            folder.label
        );
    }
    assert_eq!(files(&place), before, "no file but the store's own");
    // Each is opened by the name that the server gave, and refused by a server that has no such folder.
    let ids: Vec<_> = folders.iter().map(|folder| folder.mailbox).collect();
    for id in ids.into_iter().skip(first).step_by(2) {
        let _ = desk.once(&Errands::Newest(id));
    }
    assert_eq!(files(&place), before, "no file but the store's own");
    place.heal();
    desk.sync();
    assert_equal(&place.server, &mut desk, "only what there is");
}

#[test]
fn folder_names_are_never_paths() {
    // By themselves, as a tree of five thousand levels takes its time whenever folders are looked at.
    let long = [vec![b'x'; 10_000], b"a/".repeat(5_000)];
    assert_eq!(names().len() + long.len(), 200);
    for (first, dialect) in [Dialect::full(), Dialect::bare()].into_iter().enumerate() {
        listed(dialect.clone(), &names(), first);
        listed(dialect, &long, first);
    }
}

#[test]
fn an_engine_outlives_lies_while_it_watches() {
    for lines in LINES {
        let place = Place::with(Dialect::full(), 6);
        let mut desk = place.open();
        place.fault(Fault::once(FaultKind::Before {
            command: "IDLE".to_owned(),
            lines: lines.to_vec(),
        }));
        let engine = desk.engine();
        desk.online();
        for uid in 1..=6 {
            place.server.set_flags("INBOX", uid, &["\\Flagged"]);
        }
        // What was told wrongly stays until the next look; a new connection looks again.
        place.server.await_command("IDLE", crate::place::GUARD);
        place.server.disconnect_all();
        let what = String::from_utf8_lossy(lines).into_owned();
        until_equal(&place.server, &mut desk, &what);
        stop(engine);
    }
}

#[test]
fn an_operation_survives_lies() {
    for lines in LINES {
        let place = Place::with(Dialect::full(), 6);
        let mut desk = place.open();
        desk.sync();
        desk.record(&[2], SystemFlag::Seen, true);
        place.fault(Fault::always(FaultKind::Before {
            command: "SELECT".to_owned(),
            lines: lines.to_vec(),
        }));
        let _ = desk.once(&Errands::Everything);
        place.heal();
        desk.sync();
        desk.sync();
        let what = String::from_utf8_lossy(lines).into_owned();
        let open = desk.reader.open_operations(desk.account).unwrap();
        let is_done = place.server.truth("INBOX")[1].flags.has(SystemFlag::Seen);
        let is_parked = open.iter().any(|operation| !operation.parked.is_empty());
        assert!(
            is_done || is_parked,
            "{what:?}: neither done nor shown, {open:?}"
        );
    }
}
