//! Messages that somebody else put together, as `send FILE` takes them.

use sterna::compose::parse;
use sterna::mail::outgoing::{Built, ComposeError};

use crate::{NOW, assert_clean, identities};

fn send(raw: &[u8]) -> Result<Built, ComposeError> {
    parse::message(raw, &identities()[0], &NOW)
}

#[test]
fn what_is_missing_is_added_and_the_rest_stays() {
    let built =
        send(b"To: Bob <bob@b.example>\nBcc: x@x.example\nSubject: hi\n\nbody\n.\n").unwrap();
    let expected = "From: Anna Abel <anna@example.org>\r\nDate: Mon, 02 Mar 2026 09:05:00 +0100\r\n\
        Message-ID: <69a544ac.0123456789abcdef0123456789abcdef@example.org>\r\nTo: Bob <bob@b.example>\r\nSubject: hi\r\n\r\nbody\r\n.\r\n";
    assert_eq!(String::from_utf8_lossy(&built.wire), expected);
    assert!(String::from_utf8_lossy(&built.copy).contains("\r\nBcc: x@x.example\r\n"));
    assert_eq!(built.recipients, ["bob@b.example", "x@x.example"]);
    assert_eq!(
        (built.sender.as_str(), built.subject.as_str()),
        ("anna@example.org", "hi")
    );
    let whole = b"Date: x\r\nMessage-ID: <a@b>\r\nFrom: q@q.example\r\nTo: c@d.example\r\nX-Odd:  kept \r\n as it is\r\n\r\nbody\r\n";
    let built = send(whole).unwrap();
    assert_eq!(built.wire, whole);
    assert_eq!(
        (built.message_id.as_str(), built.sender.as_str()),
        ("a@b", "q@q.example")
    );
    assert!(built.wire.is_ascii() && !built.needs_smtputf8);
}

#[test]
fn a_header_without_its_last_line_end_is_still_one() {
    let built = send(b"To: b@b.example\nSubject: no text").unwrap();
    assert!(built.wire.ends_with(b"\r\nSubject: no text\r\n\r\n"));
    // Nor does it leave where that field is a secret one.
    let built = send(b"To: b@b.example\nBcc: x@x.example").unwrap();
    assert!(built.wire.ends_with(b"\r\nTo: b@b.example\r\n\r\n"));
    assert!(built.copy.ends_with(b"\r\nBcc: x@x.example\r\n\r\n"));
}

#[test]
fn no_secret_field_leaves() {
    let raw = b"To: b@b.example\nResent-Bcc: x@x.example,\n y@y.example\nbcc: z@z.example\nX-Sterna-Bcc: q\n\nbody\n";
    let built = send(raw).unwrap();
    let wire = String::from_utf8(built.wire).unwrap();
    assert!(!wire.to_lowercase().contains("bcc"), "{wire}");
    assert!(!wire.contains("y@y.example"), "{wire}");
    let copy = String::from_utf8(built.copy).unwrap();
    assert!(
        copy.contains("Resent-Bcc: x@x.example,\r\n y@y.example\r\n"),
        "{copy}"
    );
}

#[test]
fn raw_utf8_of_scripts_is_encoded() {
    let built = send(
        "From: Jörg <j@b.example>\nTo: Bücherei <x@bücher.example>\nSubject: Grüße\n\nüber\n"
            .as_bytes(),
    )
    .unwrap();
    assert_clean(&built.wire);
    let message = sterna::mime::parse::message(&built.wire);
    assert_eq!(message.envelope.subject, "Grüße");
    assert_eq!(message.envelope.from[0].name, "Jörg");
    assert_eq!(built.recipients, ["x@xn--bcher-kva.example"]);
    assert_eq!(message.parts[0].text(), "über\n");
    assert_eq!(
        (
            message.parts[0].info.charset.as_str(),
            message.parts[0].info.encoding.as_str()
        ),
        ("utf-8", "8bit")
    );
    assert!(!built.wire.is_ascii() && !built.needs_smtputf8);
}

#[test]
fn what_cannot_be_sent_is_told() {
    let no_message = |raw: &[u8]| match send(raw) {
        Err(ComposeError::NotAMessage { line, .. }) => Some(line),
        _ => None,
    };
    assert_eq!(no_message(b""), Some(0));
    assert_eq!(no_message(b"Hello Bob\n"), Some(1));
    assert_eq!(no_message(b"To: a@b.example\nhello\n\nx"), Some(2));
    assert_eq!(
        no_message(b"To: a@b.example\nSubject: x\n\nx\ry\n"),
        Some(7)
    );
    assert_eq!(no_message(b"To: a@b.example\n\n\xff\n"), Some(0));
    assert_eq!(send(b"Subject: x\n\nx\n"), Err(ComposeError::NoRecipient));
    assert_eq!(
        send(b"From: a@b, c@d\nTo: e@f\n\nx\n"),
        Err(ComposeError::NoSender)
    );
    assert_eq!(
        send(b"From: a@b, c@d\nSender: c@d\nTo: e@f\n\nx\n")
            .unwrap()
            .sender,
        "c@d"
    );
    assert!(matches!(
        send(b"To: a@b.example, nobody\n\nx\n"),
        Err(ComposeError::Addresses { field: "To", .. })
    ));
}

#[test]
fn of_too_many_recipients_none_is_left_out() {
    let to = |n: usize| {
        let all: Vec<String> = (0..n).map(|n| format!("a{n}@b.example")).collect();
        format!("To: {}\n\nx\n", all.join(",\n "))
    };
    assert_eq!(
        send(to(10_000).as_bytes()).unwrap().recipients.len(),
        10_000
    );
    let error = send(to(10_001).as_bytes()).unwrap_err().to_string();
    assert!(error.contains("over 10,000 addresses"), "{error}");
}

#[test]
fn where_answers_go_is_not_changed_by_encoding_it() {
    let built = send("To: b@b.example\nReply-To: J\u{f6}rg <a b@c>\n\nx\n".as_bytes()).unwrap();
    let wire = String::from_utf8(built.wire).unwrap();
    assert!(
        wire.contains("\r\nReply-To: J\u{f6}rg <a b@c>\r\n"),
        "{wire}"
    );
    assert!(built.needs_smtputf8);
}
