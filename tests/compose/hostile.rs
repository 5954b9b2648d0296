//! Nothing typed, linked or received becomes a header, a recipient or an SMTP command of its own.

use sterna::compose::{build, mailto, parse};
use sterna::mail::composition::{Attachment, Composition, ReplyKind, Source};
use sterna::mail::outgoing::Built;

use crate::replies::take_up;
use crate::{NOW, assert_clean, field_names, identities};

/// What somebody might put where an address belongs.
const ADDRESSES: &[&str] = &[
    "a@b.example\r\nRCPT TO:<v@v.example>",
    "a@b.example\nBcc: v@v.example",
    "a@b.example\rBcc: v@v.example",
    "a@b.example\0",
    "a\0@b.example",
    "a@b.example>\r\nDATA",
    "<a@b.example>\r\nDATA\r\n",
    "a@b.example> SIZE=1",
    "a@b.example> <v@v.example",
    "<a@b.example> BODY=8BITMIME",
    "\"a\r\nb\"@b.example",
    "\"a\\\r\nb\"@b.example",
    "\"a@b.example",
    "a@b.example (comment\r\n)",
    "a@[127.0.0.1\r\nDATA]",
    "a@[\r\n]",
    "a b@b.example",
    "a@b .example",
    "a@b.example v@v.example",
    "@v.example:a@b.example",
    "<@v.example:a@b.example>",
    "a@b.example\u{85}x",
    "a\u{9b}31m@b.example",
    "a@b.example\u{1b}[2J",
    "a@b.example\u{7f}",
    "a\u{202e}b@b.example",
    "a\u{200b}@b.example",
    "a@b\u{ad}.example",
    "a@b..example",
    "a@.b.example",
    "a@b.example.",
    "a@-b.example",
    "a@b_c\\.example",
    "a@",
    "@b.example",
    "a",
    "<>",
    "Bob <>",
    "\"\"",
    "a@b@c@",
    "a<b@b.example",
    "=?utf-8?q?a=40b=2Eexample?=",
    "=?utf-8?q?x=0D=0ABcc:_v?= <a b>",
    "a@b.example\u{2028}Bcc: v@v.example",
    "a@xn--\u{fc}.example",
    "|/bin/sh",
    "a@b.example/../x",
    "`id`@`id`",
    "a@b.example#\\",
    "a@b.example%0d%0aBcc: v@v.example",
];

fn mail(to: &str) -> Composition {
    Composition {
        from: "anna@example.org".to_owned(),
        to: to.to_owned(),
        subject: "x".to_owned(),
        ..Composition::default()
    }
}

/// The envelope holds nothing that could end a command, and the header only what was asked for.
fn assert_tame(built: &Built, expected: &[&str]) {
    assert_clean(&built.wire);
    for addr in built.recipients.iter().chain([&built.sender]) {
        let is_tame = |c: char| !c.is_control() && !matches!(c, '<' | '>');
        assert!(addr.contains('@') && addr.chars().all(is_tame), "{addr:?}");
        assert!(!addr.contains(' ') || addr.starts_with('"'), "{addr:?}");
    }
    assert_eq!(field_names(&built.wire), expected);
}

const USUAL: &[&str] = &[
    "date",
    "message-id",
    "from",
    "to",
    "subject",
    "mime-version",
    "content-type",
    "content-transfer-encoding",
];

#[test]
fn fifty_hostile_addresses_are_refused() {
    assert_eq!(ADDRESSES.len(), 50);
    for typed in ADDRESSES {
        let built = build::build(&mail(typed), &[], &NOW);
        assert!(built.is_err(), "{typed:?}: {:?}", built.unwrap().recipients);
        for line in ["From", "Cc", "Bcc", "Reply-To"] {
            let mut mail = mail("a@b.example");
            let field = match line {
                "From" => &mut mail.from,
                "Cc" => &mut mail.cc,
                "Bcc" => &mut mail.bcc,
                _ => &mut mail.reply_to,
            };
            (*typed).clone_into(field);
            let is_empty =
                sterna::compose::recipients::parse(typed).is_ok_and(|list| list.is_empty());
            let built = build::build(&mail, &[], &NOW);
            assert!(built.is_err() || is_empty, "{line}: {typed:?}");
        }
        // What the refusal says is fit for a screen.
        let text = build::build(&mail(typed), &[], &NOW)
            .unwrap_err()
            .to_string();
        assert!(!text.chars().any(char::is_control), "{text:?}");
    }
}

#[test]
fn hostile_addresses_in_files_reach_no_envelope() {
    for typed in ADDRESSES {
        let raw = format!("From: anna@example.org\nTo: {typed}\nSubject: x\n\nx\n");
        if let Ok(built) = parse::message(raw.as_bytes(), &identities()[0], &NOW) {
            assert_clean(&built.wire);
            for addr in &built.recipients {
                assert!(
                    !addr.contains(char::is_control) && !addr.contains(['<', '>']),
                    "{addr:?}"
                );
                assert!(!addr.contains(' ') || addr.starts_with('"'), "{addr:?}");
            }
        }
    }
}

#[test]
fn fifty_hostile_texts_stay_texts() {
    let pieces = [
        "\r\n.\r\nMAIL FROM:<v@v.example>\r\n",
        "\n.\n",
        "\r.\r",
        "\r\n..\r\n",
        ".",
        "\0",
        "x\r\nBcc: v@v.example\r\n\r\n",
        "--=_0123456789abcdef0123456789abcdef_0--",
        "\u{1b}[2J\u{9b}x",
        "\u{2028}\u{85}\u{b}\u{c}\n.\n",
    ];
    let mut n = 0;
    for piece in pieces {
        for place in 0..5 {
            let mut mail = mail("Bob <bob@b.example>");
            let mut expected = USUAL.to_vec();
            match place {
                0 => mail.body = piece.to_owned(),
                1 => {
                    mail.subject = piece.to_owned();
                    if piece.trim().is_empty() {
                        expected.retain(|name| *name != "subject");
                    }
                }
                2 => {
                    mail.in_reply_to = Some(format!("a{piece}@b"));
                    mail.references = vec![format!("a{piece}@b"), piece.to_owned()];
                    // Some of them are ids after all.
                    let is_id = |id: &str| id.bytes().all(|byte| byte.is_ascii_graphic());
                    if is_id(piece) {
                        expected.splice(5..5, ["in-reply-to", "references"]);
                    }
                }
                3 => {
                    mail.attachments = vec![Attachment {
                        name: format!("a{piece}b"),
                        media_type: format!("text/plain{piece}"),
                        size_bytes: 0,
                        source: Source::File("/x".into()),
                    }];
                    expected.pop();
                }
                _ => mail.body = format!("text{piece}text\n").repeat(3),
            }
            let built = build::build(&mail, &[piece.as_bytes().to_vec()], &NOW)
                .unwrap_or_else(|error| panic!("{piece:?}: {error}"));
            assert_tame(&built, &expected);
            assert_eq!(built.recipients, ["bob@b.example"]);
            n += 1;
        }
    }
    assert_eq!(n, 50);
}

/// An encoded word that decodes to a line break must not make a field of a reply.
#[test]
fn encoded_line_breaks_make_no_headers_in_replies() {
    let raw = "From: =?utf-8?q?Bob=0D=0AX-A:_b?= <bob@b.example>\nTo: anna@example.org\n\
        Subject: =?utf-8?q?x=0D=0ABcc:_v@v.example?=\nMessage-ID: <1@b.example>\nReferences: <a@b> <=0D=0A>\n\
        In-Reply-To: =?utf-8?q?<x=0D=0ABcc:_v>?=\n\nx\n";
    for kind in [
        ReplyKind::Sender,
        ReplyKind::All,
        ReplyKind::Forward,
        ReplyKind::EditAsNew,
        ReplyKind::Draft,
    ] {
        let mut mail = take_up(raw.as_bytes(), kind).unwrap();
        if mail.to.is_empty() {
            mail.to = "c@d.example".to_owned();
        }
        if kind == ReplyKind::Draft {
            mail.from = "anna@example.org".to_owned();
        }
        let built = build::build(&mail, &[], &NOW).unwrap();
        assert_clean(&built.wire);
        let names = field_names(&built.wire);
        let known = ["in-reply-to", "references"];
        let is_known =
            |name: &String| USUAL.contains(&name.as_str()) || known.contains(&name.as_str());
        assert!(names.iter().all(is_known), "{kind:?}: {names:?}");
        assert!(
            !built.recipients.contains(&"v@v.example".to_owned()),
            "{kind:?}"
        );
    }
}

/// A link of somebody else's: T22 of the threat table.
#[test]
fn a_link_attaches_nothing_and_hides_nobody() {
    let mut mail = mailto::parse(
        "mailto:a@b.example?attach=~/.ssh/id_rsa&Attach=.&bcc=x@x.example&subject=a%00b%0d%0aX:y",
    )
    .unwrap();
    assert_eq!(mail.attachments, []);
    assert_eq!(mail.bcc, "x@x.example");
    mail.from = "anna@example.org".to_owned();
    let built = build::build(&mail, &[], &NOW).unwrap();
    assert_tame(&built, USUAL);
    assert_eq!(built.recipients, ["a@b.example", "x@x.example"]);
    let smuggled = mailto::parse("mailto:a@b.example%0d%0aBcc:v@v.example").unwrap();
    let smuggled = Composition {
        from: "anna@example.org".to_owned(),
        ..smuggled
    };
    assert_eq!(smuggled.to, "a@b.example  Bcc:v@v.example");
    assert!(build::build(&smuggled, &[], &NOW).is_err());
}
