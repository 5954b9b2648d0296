//! Replies to mail of all shapes: recipients, subject, references and quote.

use sterna::app::text_area;
use sterna::compose::build;
use sterna::compose::identity::Own;
use sterna::compose::reply::{Original, reply};
use sterna::mail::composition::{Attachment, Composition, OriginKind, ReplyKind, Source, Warning};
use sterna::mail::message_id::MessageId;
use sterna::mail::outgoing::ComposeError;
use sterna::mime::parse;

use crate::shapes::SHAPES;
use crate::{HOME, NOW, numbered};

pub fn take_up(mail: &[u8], kind: ReplyKind) -> Result<Composition, ComposeError> {
    let message = parse::message(mail);
    let original = Original::new(MessageId::new(7), mail, &message, mail.len() as u64);
    let own = Own {
        account: HOME,
        identities: &numbered(),
        silent: &[],
    };
    reply(&original, kind, own)
}

#[test]
fn every_shape_is_answered_as_the_table_says() {
    assert!(SHAPES.len() >= 40);
    for shape in SHAPES {
        let what = shape.what;
        for mail in [shape.mail.to_owned(), shape.mail.replace('\n', "\r\n")] {
            let answer = take_up(mail.as_bytes(), shape.kind).unwrap();
            assert_eq!(answer.from, shape.from, "{what}: From");
            assert_eq!(answer.to, shape.to, "{what}: To");
            assert_eq!(answer.cc, shape.cc, "{what}: Cc");
            assert_eq!(answer.bcc, "", "{what}: Bcc");
            assert_eq!(answer.subject, shape.subject, "{what}: Subject");
            let in_reply_to = answer.in_reply_to.clone().unwrap_or_default();
            assert_eq!(in_reply_to, shape.in_reply_to, "{what}: In-Reply-To");
            assert_eq!(answer.references, shape.references, "{what}: References");
            let signature = if shape.from.contains("anna@") {
                "\n\n-- \nAnna\n"
            } else {
                "\n"
            };
            let text = format!("{}{signature}", shape.quote);
            assert_eq!(answer.body, text, "{what}: text");
        }
    }
}

#[test]
fn a_list_that_takes_no_mail_is_not_answered() {
    for mail in [
        "From: a@b\nTo: list@l.example\nList-Post: NO (read only)\nList-Id: <list.l.example>\n\nx\n",
        "From: a@b\nTo: anna@example.org\n\nx\n",
        "From: a@b\nTo: c@d\nList-Post: <https://l.example/post>\n\nx\n",
        "From: a@b\nTo: c@d\nList-Id: <list.l.example>\n\nx\n",
    ] {
        let answer = take_up(mail.as_bytes(), ReplyKind::List);
        assert_eq!(answer, Err(ComposeError::NoList), "{mail}");
    }
}

/// Whom the answer names is whom it reaches; where that cannot be, it does not leave, and says whom it means.
#[test]
fn an_answer_reaches_whom_it_names_or_does_not_leave() {
    let token = format!("reply+{}@b.example", "0".repeat(80));
    let devanagari = "\u{938}\u{902}\u{926}\u{94d}\u{930}@b.example";
    for (reply_to, reached) in [
        (token.as_str(), Ok(token.as_str())),
        ("taro.@b.example", Ok("\"taro.\"@b.example")),
        ("Taro <ta..ro@b.example>", Ok("\"ta..ro\"@b.example")),
        (devanagari, Ok(devanagari)),
        ("x@y..z", Err("x@y..z")),
        ("Office <of fice@b.example>", Err("of fice@b.example")),
    ] {
        let mail =
            format!("From: bob@b.example\nReply-To: {reply_to}\nTo: anna@example.org\n\nx\n");
        let answer = take_up(mail.as_bytes(), ReplyKind::Sender).unwrap();
        match (build::build(&answer, &[], &NOW), reached) {
            (Ok(built), Ok(reached)) => {
                assert_eq!(built.recipients, [reached]);
                assert_eq!(built.needs_smtputf8, !reached.is_ascii());
                let to = parse::message(&built.wire).envelope.to.remove(0).addr;
                assert_eq!(to, reached);
            }
            (Err(ComposeError::Addresses { field, typed, .. }), Err(named)) => {
                assert_eq!(field, "To");
                assert!(typed.as_str().contains(named), "{typed}");
            }
            other => panic!("{reply_to}: {other:?}"),
        }
    }
}

/// A log of some MiB is answered and forwarded with what fits, and says that there is more.
#[test]
fn of_a_long_text_an_answer_quotes_what_fits() {
    let head = "From: Bob <bob@b.example>\nTo: anna@example.org\nSubject: log\nMessage-ID: <1@b.example>\n";
    let log = format!("{head}\n{}", "a line of a log \u{fc}\n".repeat(150_000));
    let line = format!(
        "{head}Content-Type: text/html\n\n<p>{}",
        "\u{fc}".repeat(900_000)
    );
    for mail in [log, line] {
        for kind in [ReplyKind::Sender, ReplyKind::All, ReplyKind::Forward] {
            let answer = take_up(mail.as_bytes(), kind).unwrap();
            assert!(text_area::fits(&answer.body), "{kind:?}");
            assert!(answer.body.len() > text_area::MAX_BYTES / 2, "{kind:?}");
            let (text, after) = answer.body.rsplit_once("\n[The original goes on;").unwrap();
            assert!(text.contains(if kind == ReplyKind::Forward {
                "\n"
            } else {
                "\n> "
            }));
            assert_eq!(after, " no more of its text fits here.]\n\n\n-- \nAnna\n");
            let is_answer = kind != ReplyKind::Forward;
            assert_eq!(answer.in_reply_to.is_some(), is_answer);
            assert!(answer.origin.is_some());
        }
    }
    // What is gone on with is never cut: it is not opened at all.
    let mail = format!("{head}\n{}", "a line of a log\n".repeat(100_000));
    for kind in [ReplyKind::EditAsNew, ReplyKind::Draft] {
        let again = take_up(mail.as_bytes(), kind).unwrap();
        assert_eq!(again.body.len(), 1_600_000);
        assert!(!text_area::fits(&again.body));
    }
    // What just fits is whole.
    let mail = format!("{head}\n{}", "a line of a log\n".repeat(40_000));
    let answer = take_up(mail.as_bytes(), ReplyKind::Sender).unwrap();
    assert_eq!(answer.body.matches("> a line of a log\n").count(), 40_000);
    assert!(!answer.body.contains("goes on"));
}

#[test]
fn an_answer_knows_what_it_answers() {
    let mail = b"From: a@b\nTo: abel@work.example\n\nx\n";
    let origin = take_up(mail, ReplyKind::All).unwrap().origin.unwrap();
    assert_eq!(origin.kind, OriginKind::Reply);
    assert_eq!(origin.addressed, ["abel@work.example"]);
    let origin = take_up(mail, ReplyKind::ForwardAttached)
        .unwrap()
        .origin
        .unwrap();
    assert_eq!(origin.kind, OriginKind::Forward);
    assert_eq!(take_up(mail, ReplyKind::EditAsNew).unwrap().origin, None);
}

#[test]
fn a_forwarded_mail_takes_its_attachments_along() {
    let mail = "From: a@b\nSubject: ../../the \"plan\"\nContent-Type: multipart/mixed; boundary=b\n\n--b\n\ntext\n--b\n\
        Content-Type: application/pdf\nContent-Disposition: attachment; filename=\"../x.pdf\"\nContent-Transfer-Encoding: base64\n\nAAAA\n\
        --b\nContent-Type: message/rfc822\n\nSubject: inner\nContent-Type: image/png\n\nxx\n--b--\n";
    let inline = take_up(mail.as_bytes(), ReplyKind::Forward).unwrap();
    let found: Vec<_> = inline
        .attachments
        .iter()
        .map(|one| {
            (
                one.name.as_str(),
                one.media_type.as_str(),
                one.source.clone(),
            )
        })
        .collect();
    let part = |part: &str| Source::Part {
        message: MessageId::new(7).unwrap(),
        part: part.to_owned(),
    };
    assert_eq!(
        found,
        [
            ("x.pdf", "application/pdf", part("2")),
            ("message.eml", "message/rfc822", part("3")),
        ]
    );
    let whole = take_up(mail.as_bytes(), ReplyKind::ForwardAttached).unwrap();
    let [attachment] = whole.attachments.as_slice() else {
        panic!("{whole:?}");
    };
    assert_eq!(
        attachment.source,
        Source::Message(MessageId::new(7).unwrap())
    );
    assert_eq!(attachment.media_type, "message/rfc822");
    assert_eq!(attachment.name, "the _plan_.eml");
    assert_eq!(whole.body, "\n\n-- \nAnna\n");
}

/// Bytes that are passed on mean what they meant, whatever they were encoded in.
#[test]
fn a_text_that_is_passed_on_keeps_its_charset() {
    let forwarded = |header: &str, content: &[u8]| {
        let head = format!(
            "From: a@b.example\nSubject: x\nContent-Type: multipart/mixed; boundary=b\n\n--b\n\ntext\n--b\n{header}\n\
             Content-Disposition: attachment; filename=a.txt\n\n"
        );
        let mail = [head.as_bytes(), content, b"\n--b--\n"].concat();
        let mut answer = take_up(&mail, ReplyKind::Forward).unwrap();
        answer.to = "c@d.example".to_owned();
        let message = parse::message(&mail);
        let material = vec![message.parts[1].decoded()];
        let built = build::build(&answer, &material, &NOW).unwrap();
        let sent = parse::message(&built.wire).parts.remove(1);
        (sent.text(), sent.info.charset.clone(), sent.decoded())
    };
    for (header, content, text, charset) in [
        (
            "Content-Type: text/plain; charset=ISO-8859-1",
            &b"Gr\xfc\xdfe"[..],
            "Gr\u{fc}\u{df}e",
            "iso-8859-1",
        ),
        (
            "Content-Type: text/plain; charset=iso-2022-jp",
            b"\x1b$B$\"\x1b(B",
            "\u{3042}",
            "iso-2022-jp",
        ),
        (
            "Content-Type: text/csv; charset=\"windows-1252\"\nContent-Transfer-Encoding: quoted-printable",
            b"=80",
            "\u{20ac}",
            "windows-1252",
        ),
        // Wrong, or no word at all: it is what it is.
        (
            "Content-Type: text/plain; charset=us-ascii",
            b"\xc3\xbc",
            "\u{fc}",
            "utf-8",
        ),
        (
            "Content-Type: text/plain; charset=x-no-charset-has-a-name-that-is-as-long-as-this-one",
            b"abc",
            "abc",
            "",
        ),
    ] {
        let (sent, said, bytes) = forwarded(header, content);
        assert_eq!(sent.trim_end(), text, "{header}");
        assert_eq!(said, charset, "{header}");
        if !header.contains("quoted") {
            assert!(bytes.starts_with(content), "{header}: {bytes:?}");
        }
    }
}

#[test]
fn a_mail_is_edited_as_new() {
    let mail = "From: Anna <abel@work.example>\nTo: Bob <bob@b.example>\nCc: c@d\nBcc: e@f\nReply-To: g@h\nSubject: hello\nMessage-ID: <1@x>\n\
        References: <0@x>\n\n> quoted\ttab\ntext\n-- \nold signature\n";
    let new = take_up(mail.as_bytes(), ReplyKind::EditAsNew).unwrap();
    assert_eq!(new.from, "Anna <abel@work.example>");
    assert_eq!(
        (new.to.as_str(), new.cc.as_str(), new.bcc.as_str()),
        ("Bob <bob@b.example>", "c@d", "e@f")
    );
    assert_eq!(
        (new.subject.as_str(), new.reply_to.as_str()),
        ("hello", "g@h")
    );
    assert_eq!(new.body, "> quoted\ttab\ntext\n-- \nold signature\n");
    assert_eq!((new.references.len(), new.in_reply_to), (0, None));
    // Somebody else's mail gets an own sender, and answers go there.
    let new = take_up(
        b"From: x@y\nReply-To: z@y\nTo: abel@work.example\n\nx\n",
        ReplyKind::EditAsNew,
    )
    .unwrap();
    assert_eq!(
        (new.from.as_str(), new.reply_to.as_str()),
        ("abel@work.example", "")
    );
}

#[test]
fn an_answer_from_the_wrong_address_is_warned_of() {
    let mut answer = take_up(
        b"From: a@b\nTo: abel@work.example\nSubject: x\n\nx\n",
        ReplyKind::Sender,
    )
    .unwrap();
    assert_eq!(sterna::compose::check::check(&answer, &numbered()), []);
    answer.from = "anna@example.org".to_owned();
    assert_eq!(
        sterna::compose::check::check(&answer, &numbered()),
        [Warning::OtherIdentity("abel@work.example".to_owned())]
    );
}

#[test]
fn nobody_reads_the_bcc_of_a_message_that_is_passed_on() {
    let own = b"From: a@b.example\r\nBcc: secret@x.example\r\nTo: c@d.example\r\n\r\nbody\r\n";
    let message = MessageId::new(7).unwrap();
    let part = "2".to_owned();
    for (source, leaves) in [
        (Source::Message(message), false),
        (Source::Part { message, part }, false),
        (Source::File("/own.eml".into()), true), // Chosen as it is.
    ] {
        let mail = Composition {
            from: "anna@example.org".to_owned(),
            to: "e@f.example".to_owned(),
            attachments: vec![Attachment {
                name: "own.eml".to_owned(),
                media_type: "message/rfc822".to_owned(),
                size_bytes: 0,
                source,
            }],
            ..Composition::default()
        };
        let wire = build::build(&mail, &[own.to_vec()], &NOW).unwrap().wire;
        let wire = String::from_utf8(wire).unwrap();
        assert!(wire.contains("To: c@d.example"), "{wire}");
        assert_eq!(wire.contains("secret"), leaves, "{wire}");
    }
}
