//! A draft on the server is gone on with by Sterna or by another program.

use sterna::compose::build;
use sterna::mail::composition::{Composition, ReplyKind, Source};
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
}
