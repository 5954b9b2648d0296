//! Responses apart from any connection: splits, and `imap-proto` as the oracle. Mutated ones are in `fuzz`.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::panic,
    missing_docs
)]

#[allow(dead_code)]
#[path = "support/transcript.rs"]
mod transcript;

use std::panic::catch_unwind;

use imap_proto::types::{AttributeValue, MailboxDatum, Response};
use sterna::remote::response::{self, Fetch, Received, Untagged};
use sterna::remote::wire::framer::{Caps, Framer};

use transcript::transcripts;

fn parse_all(framer: &mut Framer) -> Vec<String> {
    let mut all = Vec::new();
    while let Some(frame) = framer.next_frame() {
        all.push(format!("{:?}", response::parse(&frame)));
    }
    all
}

/// Small caps, so that small files reach them.
fn tight() -> Caps {
    Caps {
        line: 60,
        number_line: 200,
        response: 120,
        memory_literal: 6,
        literal: 400,
    }
}

#[test]
fn how_the_bytes_are_split_does_not_matter() {
    for transcript in transcripts() {
        let bytes = transcript.server();
        if bytes.len() > 20_000 {
            continue;
        }
        for caps in [Caps::default(), tight()] {
            let read = |step: usize| {
                let mut framer = Framer::new(caps);
                for part in bytes.chunks(step) {
                    framer.push(part);
                }
                let lost = framer.lost().cloned();
                // Files have descriptors in their description.
                let seen: Vec<_> = parse_all(&mut framer)
                    .into_iter()
                    .map(|text| text.split("File(").next().unwrap().to_owned())
                    .collect();
                (seen, lost)
            };
            let whole = read(usize::MAX);
            for step in [1, 2, 3, 7, 50] {
                assert_eq!(read(step), whole, "{} by {step}", transcript.name);
            }
        }
    }
}

/// On lines that both understand, ours and imap-proto say the same.
fn assert_same_attribute(theirs: &AttributeValue<'_>, ours: &Fetch) {
    match theirs {
        AttributeValue::Uid(uid) => assert_eq!(*uid, ours.uid.unwrap().get()),
        AttributeValue::Flags(flags) => {
            let names: Vec<_> = ours.flags.as_ref().unwrap().names().collect();
            assert_eq!(*flags, names);
        }
        AttributeValue::Rfc822Size(n) => assert_eq!(Some(u64::from(*n)), ours.size_bytes),
        AttributeValue::ModSeq(n) => assert_eq!(*n, ours.mod_seq.unwrap().get()),
        AttributeValue::GmailMsgId(n) => assert_eq!(Some(*n), ours.gm_message),
        AttributeValue::BodySection { data, .. } => {
            let ours = ours.sections[0].data.clone().into_bytes(u64::MAX).unwrap();
            assert_eq!(data.as_ref().unwrap().as_ref(), ours);
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn well_formed_lines_mean_what_imap_proto_says() {
    let mut n_compared = 0;
    for line in [
        "* 23 EXISTS",
        "* 44 EXPUNGE",
        "* SEARCH 2 84 882",
        "* FLAGS (\\Answered \\Seen $Junk)",
        "* LIST (\\Noselect \\HasChildren) \"/\" \"foo bar\"",
        "* STATUS blurdybloop (MESSAGES 231 UIDNEXT 44292)",
        "* 12 FETCH (UID 7 FLAGS (\\Seen $x) RFC822.SIZE 44827 MODSEQ (65402))",
        "* 12 FETCH (UID 7 BODY[HEADER] {5}\r\nA: b\n X-GM-MSGID 12)",
    ] {
        let full = format!("{line}\r\n");
        let (_, theirs) = imap_proto::parser::parse_response(full.as_bytes()).unwrap();
        let mut framer = Framer::default();
        framer.push(full.as_bytes());
        let Received::Untagged(ours) = response::parse(&framer.next_frame().unwrap()) else {
            panic!("{line}");
        };
        match (theirs, ours) {
            (Response::MailboxData(MailboxDatum::Exists(a)), Untagged::Exists(b))
            | (Response::Expunge(a), Untagged::Expunge(b)) => assert_eq!(a, b),
            (Response::MailboxData(MailboxDatum::Search(a)), Untagged::Search(uids)) => {
                assert_eq!(a, uids);
            }
            (Response::MailboxData(MailboxDatum::Flags(a)), Untagged::Flags(b)) => assert_eq!(a, b),
            (
                Response::MailboxData(MailboxDatum::List {
                    name, delimiter, ..
                }),
                Untagged::List(b),
            ) => {
                assert_eq!(name.as_bytes(), b.name.raw());
                assert_eq!(delimiter.map(|d| d.as_bytes()[0]), b.delimiter);
            }
            (
                Response::MailboxData(MailboxDatum::Status { mailbox, .. }),
                Untagged::Status { name, items },
            ) => {
                assert_eq!(mailbox.as_bytes(), name.raw());
                assert_eq!((items.messages, items.uid_next), (Some(231), Some(44292)));
            }
            (Response::Fetch(seq, values), Untagged::Fetch(fetch)) => {
                assert_eq!(seq, fetch.seq);
                for value in &values {
                    assert_same_attribute(value, &fetch);
                }
            }
            other => panic!("{other:?}"),
        }
        n_compared += 1;
    }
    assert_eq!(n_compared, 8);
}

/// One line for each thing that imap-proto refuses or dies of; ours reads every one of them.
#[test]
fn lines_that_imap_proto_rejects_are_read() {
    for line in [
        "* XLIST () \"/\" x",
        "* SORT 2 3 (MODSEQ 9)",
        "* STATUS x (SIZE 1)",
        "* STATUS x (APPENDLIMIT NIL)",
        "* LIST () \"/\" x (\"CHILDINFO\" (\"SUBSCRIBED\"))",
        "* LIST (Marked) \"/\" x",
        "* LIST () \"/\" a*b",
        "* 1 FETCH (ENVELOPE (NIL NIL () NIL NIL NIL NIL NIL NIL NIL))",
        "* 1 FETCH (BODYSTRUCTURE (\"TEXT\" \"PLAIN\" () NIL NIL \"7BIT\" 1 1))",
        "* 1 FETCH (BODYSTRUCTURE (\"TEXT\" \"PLAIN\" (\"CHARSET\" NIL) NIL NIL \"7BIT\" 1 1))",
        "* 1 FETCH (BODYSTRUCTURE (\"TEXT\" \"PLAIN\" NIL NIL NIL NIL 1 1))",
        "* 1 FETCH (BODYSTRUCTURE ((\"RELATED\" NIL (\"ATTACHMENT\" NIL) NIL) \"MIXED\"))",
        "* 1 FETCH ((ENVELOPE (NIL NIL NIL NIL NIL NIL NIL NIL NIL NIL)))",
        "* 1 FETCH (BODY (\"TEXT\" \"PLAIN\" NIL NIL NIL \"7BIT\" 1 1))",
        "* 1 FETCH (BINARY[1] \"x\")",
        "* 1 FETCH (BINARY.SIZE[1] 5)",
        "* 1 FETCH (BINARY[1] ~{1}\r\nx)",
        "* 1 FETCH ()",
        "* 1 FETCH (PREVIEW \"x\")",
        "* 1 FETCH (SAVEDATE NIL)",
        "* 1 FETCH (THREADID NIL)",
        "* 1 FETCH (EMAILID (M1))",
        "* 1 FETCH (RFC822.SIZE -1)",
        "* 1 FETCH (RFC822.SIZE 4294967296)",
        "* 1 FETCH (FLAGS NIL)",
        "* 1 FETCH (MODSEQ (NIL))",
        "* 1 FETCH (INTERNALDATE NIL)",
        "* 1 FETCH (X-GM-LABELS ({1}\r\nx))",
        "* 1 FETCH (FLAGS (t\u{e4}g))",
        "* 1  FETCH (UID 1)",
        "* 1 FETCH ( UID 1 )",
    ] {
        let bytes = format!("{line}\r\n");
        let theirs = catch_unwind(|| {
            imap_proto::parser::parse_response(bytes.as_bytes())
                .is_ok_and(|(rest, _)| rest.is_empty())
        });
        assert!(
            !theirs.is_ok_and(|is_read| is_read),
            "imap-proto reads {line} now"
        );
        let mut framer = Framer::default();
        framer.push(bytes.as_bytes());
        let ours = response::parse(&framer.next_frame().unwrap());
        assert!(
            matches!(&ours, Received::Untagged(untagged) if !matches!(untagged, Untagged::Other)),
            "{line}: {ours:?}"
        );
    }
}

/// Field names stand in a section as a server likes: what is behind them is read in any case.
#[test]
fn a_section_names_its_fields_in_any_form() {
    let fetched = |list: &str| {
        let line = format!(
            "* 1 FETCH (UID 7 BODY[HEADER.FIELDS {list}] {{2}}\r\n\r\n FLAGS (\\Seen))\r\n"
        );
        let mut framer = Framer::default();
        framer.push(line.as_bytes());
        match response::parse(&framer.next_frame().unwrap()) {
            Received::Untagged(Untagged::Fetch(fetch)) if fetch.flags.is_some() => {
                let names = fetch.sections.iter().map(|section| section.name.clone());
                Some(names.collect::<Vec<_>>())
            }
            _ => None,
        }
    };
    for list in [
        "(DATE FROM)",
        "()",
        "(A]B d\u{e4}te)",
        "(\"a)b\" X)",
        "({3}\r\na)b X)",
        "(X {3}\r\na]b)",
        "((A) B)",
        "NIL",
        "\"DATE\"",
    ] {
        let read = fetched(list);
        let is_list = list.starts_with('(');
        assert_eq!(
            read,
            is_list.then(|| vec!["HEADER.FIELDS".to_owned()]),
            "{list}"
        );
    }
    assert_eq!(fetched("(DATE FROM"), None, "a list without end");
}

#[test]
fn mailbox_names_and_attributes_are_bounded() {
    let parse = |line: &[u8]| {
        let mut framer = Framer::default();
        framer.push(line);
        response::parse(&framer.next_frame().unwrap())
    };
    let line = |n: usize| [b"* LIST () \"/\" ", "x".repeat(n).as_bytes(), b"\r\n"].concat();
    assert!(matches!(
        parse(&line(32 * 1024)),
        Received::Untagged(Untagged::List(_))
    ));
    assert!(matches!(
        parse(&line(32 * 1024 + 1)),
        Received::Broken { .. }
    ));
    let attributes = "\\X ".repeat(10_000);
    let Received::Untagged(Untagged::List(entry)) =
        parse(format!("* LIST ({attributes}) \"/\" a\r\n").as_bytes())
    else {
        panic!();
    };
    assert_eq!(entry.attributes.len(), 64);
}

#[test]
fn a_server_may_claim_any_number_of_namespaces_and_a_hundred_of_each_kind_are_kept() {
    let kind = "(\"#user.\" \".\")".repeat(5_000);
    let line = format!("* NAMESPACE ({kind}) NIL ({kind}(\"#x\" NIL \"X\" (\"y\")))\r\n");
    let mut framer = Framer::new(Caps::default());
    framer.push(line.as_bytes());
    let frame = framer.next_frame().unwrap();
    let Received::Untagged(Untagged::Namespace(told)) = response::parse(&frame) else {
        panic!("it is not read");
    };
    let n = [&told.personal, &told.others, &told.shared].map(Vec::len);
    assert_eq!(n, [100, 0, 100]);
}
