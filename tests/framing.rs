//! Commands as they are written, and hostile framing: lengths that lie, lines without end, floods of numbers.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::panic,
    missing_docs
)]

#[allow(dead_code)]
#[path = "support/script.rs"]
mod script;

use sterna::mail::mailbox::MailboxName;
use sterna::mail::part::PartPath;
use sterna::mail::uid::{ModSeq, UidValidity};
use sterna::mail::uid_set::UidSet;
use sterna::remote::command::select::{self, Resync};
use sterna::remote::command::{fetch, flags, list, notify, search};
use sterna::remote::response::{self, Data, Received, Untagged};
use sterna::remote::strategy::capability::Capabilities;
use sterna::remote::wire::framer::{Caps, Framer};

/// A server that has every capability that changes a command.
fn everything() -> Capabilities {
    let names = [
        "QRESYNC",
        "OBJECTID",
        "X-GM-EXT-1",
        "LIST-EXTENDED",
        "LIST-STATUS",
        "SPECIAL-USE",
        "ESEARCH",
        "PREVIEW",
    ]
    .map(str::to_owned);
    Capabilities::new(&names, &[])
}

#[test]
fn fetches_are_written_as_the_server_expects_them() {
    let (full, none) = (everything(), Capabilities::default());
    let set = UidSet::parse(b"1:5,9").unwrap();
    let uid = set.min().unwrap();
    let (mod_seq, path) = (ModSeq::new(99), PartPath::parse("1.2").unwrap());
    let fields = "BODY.PEEK[HEADER.FIELDS (date from to cc subject message-id references in-reply-to content-type \
                  list-id reply-to sender bcc auto-submitted list-post list-unsubscribe delivered-to)])";
    for (command, expected) in [
        (
            fetch::headers(&set, &none),
            format!("UID FETCH 1:5,9 (UID FLAGS INTERNALDATE RFC822.SIZE {fields}"),
        ),
        (
            fetch::headers_by_sequence(3, 9, &full),
            format!(
                "FETCH 3:9 (UID FLAGS INTERNALDATE RFC822.SIZE MODSEQ EMAILID THREADID X-GM-MSGID X-GM-THRID X-GM-LABELS {fields}"
            ),
        ),
        (
            fetch::headers(&set, &full),
            format!(
                "UID FETCH 1:5,9 (UID FLAGS INTERNALDATE RFC822.SIZE MODSEQ EMAILID THREADID X-GM-MSGID X-GM-THRID X-GM-LABELS {fields}"
            ),
        ),
        (
            fetch::headers_from(uid, &none),
            format!("UID FETCH 1:4294967294 (UID FLAGS INTERNALDATE RFC822.SIZE {fields}"),
        ),
        (
            fetch::previews(&set),
            "UID FETCH 1:5,9 (UID PREVIEW (LAZY))".to_owned(),
        ),
        (
            fetch::flags(&set, None, &none),
            "UID FETCH 1:5,9 (UID FLAGS)".to_owned(),
        ),
        (
            fetch::flags(&set, Some(mod_seq), &full),
            "UID FETCH 1:5,9 (UID FLAGS X-GM-LABELS) (CHANGEDSINCE 99)".to_owned(),
        ),
        (
            fetch::bodies(&set),
            "UID FETCH 1:5,9 (UID BODY.PEEK[])".to_owned(),
        ),
        (
            fetch::structure_and_header(uid),
            "UID FETCH 1 (UID BODYSTRUCTURE BODY.PEEK[HEADER])".to_owned(),
        ),
        (
            fetch::sections(uid, std::slice::from_ref(&path), Some((0, 65536))),
            "UID FETCH 1 (UID BODY.PEEK[1.2]<0.65536>)".to_owned(),
        ),
        (
            fetch::sections(uid, &[path.clone(), path.clone()], None),
            "UID FETCH 1 (UID BODY.PEEK[1.2] BODY.PEEK[1.2])".to_owned(),
        ),
    ] {
        assert_eq!(command.to_string(), expected);
    }
}

#[test]
fn commands_are_written_as_the_server_expects_them() {
    let (full, none) = (everything(), Capabilities::default());
    let set = UidSet::parse(b"1:5,9").unwrap();
    let inbox = MailboxName::from_raw(b"inbox");
    let validity = UidValidity::new(7).unwrap();
    let mod_seq = ModSeq::new(99);
    for (command, expected) in [
        (
            flags::store(&set, true, ["\\Seen"]).unwrap(),
            "UID STORE 1:5,9 +FLAGS.SILENT (\\Seen)",
        ),
        (search::uids(u32::MAX, true), "UID SEARCH RETURN (ALL) ALL"),
        (search::uids(u32::MAX, false), "UID SEARCH ALL"),
        (search::uids(7, true), "UID SEARCH RETURN (ALL) UID 1:7"),
        (list::all(&none), "LIST \"\" \"*\""),
        (
            list::all(&full),
            "LIST \"\" \"*\" RETURN (SUBSCRIBED CHILDREN SPECIAL-USE STATUS (MESSAGES UIDNEXT UIDVALIDITY UNSEEN HIGHESTMODSEQ MAILBOXID))",
        ),
        (
            notify::everywhere_and_below(
                &["Other Users", "#shared"].map(|name| MailboxName::from_raw(name.as_bytes())),
            )
            .unwrap(),
            "NOTIFY SET (selected-delayed (MessageNew MessageExpunge FlagChange)) (personal (MessageNew MessageExpunge FlagChange MailboxName)) \
             (subtree (\"Other Users\" #shared) (MessageNew MessageExpunge FlagChange MailboxName))",
        ),
        (
            list::status(&inbox, &none).unwrap(),
            "STATUS INBOX (MESSAGES UIDNEXT UIDVALIDITY UNSEEN)",
        ),
        (
            select::select(&inbox, Resync::CondStore).unwrap(),
            "SELECT INBOX (CONDSTORE)",
        ),
        (
            select::select(
                &inbox,
                Resync::QResync {
                    validity,
                    mod_seq,
                    max_uid: 20,
                },
            )
            .unwrap(),
            "SELECT INBOX (QRESYNC (7 99 1:20))",
        ),
    ] {
        assert_eq!(command.to_string(), expected);
    }
    assert!(flags::store(&UidSet::new(), true, ["\\Seen"]).is_err());
}

#[test]
fn large_literals_go_to_a_file_and_lies_about_lengths_cost_nothing() {
    let mut framer = Framer::default();
    let body: Vec<u8> = (0..200_000_u32).map(|n| n.to_le_bytes()[0]).collect();
    framer.push(b"* 1 FETCH (UID 3 BODY[] {200000}\r\n");
    framer.push(&body);
    framer.push(b" FLAGS (\\Seen) BODY[1] {2}\r\nab)\r\n");
    let Received::Untagged(Untagged::Fetch(fetch)) = response::parse(&framer.next_frame().unwrap())
    else {
        panic!();
    };
    assert!(fetch.flags.is_some());
    let [whole, part] = fetch.sections.as_slice() else {
        panic!();
    };
    assert!(matches!(&part.data, Data::Memory(bytes) if bytes == b"ab"));
    let Data::File(file) = &whole.data else {
        panic!("{:?}", whole.data);
    };
    assert_eq!(file.first(10).unwrap(), &body[..10]);
    assert_eq!(whole.data.clone().into_bytes(u64::MAX).unwrap(), body);

    for (line, is_lost) in [
        (&b"* 1 FETCH (BODY[] {-1}\r\n"[..], false),
        (b"* 1 FETCH (BODY[] {}\r\n", false),
        (b"* 1 FETCH (BODY[] {x}\r\n", false),
        (b"* 1 FETCH (BODY[] {99999999999999999999}\r\n", true),
        (b"* 1 FETCH (BODY[] {4294967295}\r\nabc", true),
        (b"* 1 FETCH (BODY[] {1000000000}\r\nabc", false),
    ] {
        let mut framer = Framer::default();
        framer.push(line);
        assert_eq!(framer.lost().is_some(), is_lost, "{}", line.escape_ascii());
        framer.push(b"* 1 EXISTS\r\n");
        while let Some(frame) = framer.next_frame() {
            let _ = response::parse(&frame);
        }
    }
}

#[test]
fn what_is_too_long_is_skipped_and_what_follows_is_read() {
    let caps = Caps {
        line: 100,
        number_line: 1000,
        response: 1100,
        memory_literal: 250,
        literal: 5000,
    };
    let long = "x".repeat(200);
    let numbers = "1 ".repeat(400);
    let too_many = "1 ".repeat(600);
    let literal = "y".repeat(240);
    for (text, expected) in [
        (format!("* OK {long}"), "Broken"),
        // The length of a skipped line's literal still counts.
        (
            format!("* 1 FETCH (X {long} BODY[] {{5}}\r\n* 9 B)"),
            "Broken",
        ),
        (format!("* SEARCH {numbers}"), "Search"),
        (format!("* SEARCH {too_many}"), "Broken"),
        (
            format!("* OK [COPYUID 1 {0} {0}] x", "1,".repeat(200)),
            "CopyUid",
        ),
        (
            format!(
                "* 1 FETCH (A{} UID 3)",
                format!(" {{240}}\r\n{literal}").repeat(5)
            ),
            "Broken",
        ),
        (
            format!("* 1 FETCH (A {{1000}}\r\n{} UID 3)", "z".repeat(1000)),
            "uid: Some(Uid(3))",
        ),
    ] {
        let mut framer = Framer::new(caps);
        framer.push(text.as_bytes());
        framer.push(b"\r\n* 7 EXISTS\r\n");
        let first = format!("{:?}", response::parse(&framer.next_frame().unwrap()));
        assert!(first.contains(expected), "{first}");
        let second = framer.next_frame().map(|frame| response::parse(&frame));
        assert!(
            matches!(second, Some(Received::Untagged(Untagged::Exists(7)))),
            "{text}"
        );
    }
    // A line without end does not go on for ever.
    let mut framer = Framer::new(caps);
    for _ in 0..1000 {
        framer.push(&[b'x'; 100]);
    }
    assert!(framer.lost().is_some());
}

#[test]
fn literals_on_the_disk_have_one_limit_together() {
    let caps = Caps {
        memory_literal: 100,
        literal: 1000,
        ..Caps::default()
    };
    let literal = format!(" {{400}}\r\n{}", "z".repeat(400));
    for (n, is_lost) in [(2, false), (3, true)] {
        let mut framer = Framer::new(caps);
        // What an earlier response had does not count.
        for _ in 0..2 {
            framer.push(format!("* 1 FETCH (BODY[]{})\r\n", literal.repeat(n)).as_bytes());
        }
        assert_eq!(framer.lost().is_some(), is_lost, "{n}");
    }
}

#[test]
fn a_million_numbers_in_any_order_are_read() {
    let mut line = b"* VANISHED ".to_vec();
    for n in (1..1_000_000_u32).rev() {
        line.extend_from_slice(format!("{},", n * 2).as_bytes());
    }
    line.extend_from_slice(b"2\r\n");
    let mut framer = Framer::default();
    framer.push(&line);
    let Received::Untagged(Untagged::Vanished { uids, .. }) =
        response::parse(&framer.next_frame().unwrap())
    else {
        panic!();
    };
    assert_eq!(uids.len(), 999_999);
}
