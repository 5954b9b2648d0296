//! A draft on the server is gone on with by Sterna or by another program.

use sterna::compose::{build, check};
use sterna::mail::composition::{Composition, ReplyKind, Source, Warning};
use sterna::mime::parse;

use crate::NOW;
use crate::letters::letter;
use crate::replies::take_up;

#[test]
fn a_draft_comes_back_as_it_was_typed() {
    let mail = Composition {
        from: "abel@work.example".to_owned(),
        to: "Bob <bob@b.example>, half typ".to_owned(),
        cc: "\"open quote".to_owned(),
        bcc: "x@x.example".to_owned(),
        reply_to: "r@r.example".to_owned(),
        subject: "Gr\u{fc}\u{df}e".to_owned(),
        body: "text\n\n> quoted\n\ttab and trailing  \n-- \nme\n".to_owned(),
        in_reply_to: Some("1@b.example".to_owned()),
        references: vec!["0@x.example".to_owned(), "1@b.example".to_owned()],
        ..Composition::default()
    };
    let raw = build::draft(&mail, &[], &NOW).unwrap();
    assert_eq!(take_up(&raw, ReplyKind::Draft).unwrap(), mail);
    let raw = build::draft(&Composition::default(), &[], &NOW).unwrap();
    let expected = Composition {
        from: "Anna Abel <anna@example.org>".to_owned(),
        ..Composition::default()
    };
    assert_eq!(take_up(&raw, ReplyKind::Draft).unwrap(), expected);
}

#[test]
fn any_draft_can_be_gone_on_with() {
    for seed in 1..100 {
        let letter = letter(seed);
        let raw = build::draft(&letter.mail, &letter.material, &NOW).unwrap();
        let again = take_up(&raw, ReplyKind::Draft).unwrap();
        let sent = build::build(&letter.mail, &letter.material, &NOW).unwrap();
        // The attachments are parts of the draft now.
        let message = parse::message(&raw);
        let material: Vec<Vec<u8>> = again
            .attachments
            .iter()
            .map(|attachment| {
                let Source::Part { part, .. } = &attachment.source else {
                    panic!("{attachment:?}");
                };
                let path = sterna::mail::part::PartPath::parse(part).unwrap();
                let mut parts = message.parts.iter();
                parts.find(|part| part.info.path == path).unwrap().decoded()
            })
            .collect();
        let sent_later = build::build(&again, &material, &NOW).unwrap();
        assert_eq!(sent_later.recipients, sent.recipients, "seed {seed}");
        let (first, later) = (parse::message(&sent.wire), parse::message(&sent_later.wire));
        assert_eq!(first.envelope, later.envelope, "seed {seed}");
        assert_eq!(first.parts.len(), later.parts.len(), "seed {seed}");
    }
}

#[test]
fn a_draft_of_another_program_is_gone_on_with() {
    let raw = "From: Anna <anna@example.org>\nTo: Bob <bob@b.example>,\n\tcarl@c.example\nX-Mozilla-Draft-Info: x\nSubject: hello\n\
        In-Reply-To: <1@b.example>\nReferences: <0@b.example>\n <1@b.example>\nContent-Type: multipart/alternative; boundary=b\n\n\
        --b\nContent-Type: text/plain; format=flowed\n\nHello \nBob\n> quoted \n> text\n--b\nContent-Type: text/html\n\n<p>Hello Bob\n--b--\n";
    let mail = take_up(raw.as_bytes(), ReplyKind::Draft).unwrap();
    assert_eq!(mail.from, "Anna <anna@example.org>");
    assert_eq!(mail.to, "Bob <bob@b.example>, carl@c.example");
    assert_eq!(mail.body, "Hello Bob\n> quoted text\n");
    assert_eq!(mail.in_reply_to.as_deref(), Some("1@b.example"));
    assert_eq!(mail.references, ["0@b.example", "1@b.example"]);
    assert!(mail.is_formatted, "its other form is lost");
    assert_eq!(check::check(&mail, &[]), [Warning::Formatting]);
    let again = take_up(raw.as_bytes(), ReplyKind::EditAsNew).unwrap();
    assert!(
        !again.is_formatted,
        "a new mail leaves the old one what it is"
    );
}

/// A draft as a program writes it that has HTML only, with pictures in it and files.
const FORMATTED: &str = "From: Anna <anna@example.org>\nTo: bob@b.example\nSubject: Photos\nMIME-Version: 1.0\n\
    Content-Type: multipart/mixed; boundary=m\n\n\
    --m\nContent-Type: multipart/related; boundary=r\n\n\
    --r\nContent-Type: text/html; charset=utf-8\n\n<p>Look: <img src=\"cid:one\"> and <b>this</b></p>\n\
    --r\nContent-Type: image/png; name=\"one.png\"\nContent-ID: <one>\nContent-Disposition: inline\n\
    Content-Transfer-Encoding: base64\n\nAAAA\n\
    --r\nContent-Type: image/jpeg\nContent-ID: <two>\nContent-Transfer-Encoding: base64\n\nBBBB\n--r--\n\
    --m\nContent-Type: text/html; name=\"report.html\"\nContent-Disposition: attachment\n\n<p>kept\n\
    --m\nContent-Type: application/pdf; name=\"a.pdf\"\nContent-Disposition: attachment\n\nx\n--m--\n";

#[test]
fn nothing_but_the_formatting_of_a_formatted_draft_is_left_behind() {
    let mail = take_up(FORMATTED.as_bytes(), ReplyKind::Draft).unwrap();
    assert!(mail.is_formatted);
    assert!(
        mail.body.contains("and") && mail.body.contains("this"),
        "{}",
        mail.body
    );
    let files: Vec<(&str, &str)> = mail
        .attachments
        .iter()
        .map(|file| (file.name.as_str(), file.media_type.as_str()))
        .collect();
    assert_eq!(
        files,
        [
            ("one.png", "image/png"),
            ("picture", "image/jpeg"),
            ("report.html", "text/html"),
            ("a.pdf", "application/pdf")
        ]
    );
}

#[test]
fn a_text_alone_is_not_formatted_whatever_is_attached() {
    let forwarded = "From: anna@example.org\nContent-Type: multipart/mixed; boundary=m\n\n--m\n\ntext\n\
        --m\nContent-Type: message/rfc822\n\nSubject: x\nContent-Type: text/html\n\n<p>theirs\n\
        --m\nContent-Type: text/html; name=a.html\nContent-Disposition: attachment\n\n<p>a file\n--m--\n";
    for raw in ["From: anna@example.org\n\ntext\n", forwarded] {
        let mail = take_up(raw.as_bytes(), ReplyKind::Draft).unwrap();
        assert!(!mail.is_formatted, "{raw}");
        assert_eq!(mail.body, "text\n");
    }
}
