//! A mail sent on as it is.

use sterna::compose::bounce::bounce;
use sterna::mail::outgoing::ComposeError;

use crate::{NOW, assert_clean, identities};

#[test]
fn only_resent_fields_stand_before_a_bounced_mail() {
    let original = b"From x Mon\nReceived: by x;\n\tMon\nFrom: a@b\nTo: c@d\nBcc: secret@x.example\nResent-Bcc: x@x.example\nX-Sterna-Bcc: y\nSubject:  odd   blanks \nX-8bit: \xfc\n\nbody \xfc\n.\n";
    let built = bounce(
        original,
        &identities()[0],
        "Bob <bob@b.example>, BOB@b.example",
        &NOW,
    )
    .unwrap();
    let expected = b"Resent-From: Anna Abel <anna@example.org>\r\nResent-To: Bob <bob@b.example>, BOB@b.example\r\n\
        Resent-Date: Mon, 02 Mar 2026 09:05:00 +0100\r\nResent-Message-ID: <69a544ac.0123456789abcdef0123456789abcdef@example.org>\r\n\
        Received: by x;\r\n\tMon\r\nFrom: a@b\r\nTo: c@d\r\nSubject:  odd   blanks \r\nX-8bit: \xfc\r\n\r\nbody \xfc\r\n.\r\n";
    assert_eq!(
        String::from_utf8_lossy(&built.wire),
        String::from_utf8_lossy(expected)
    );
    assert_eq!(built.wire, expected);
    assert_clean(&built.wire);
    assert_eq!(built.recipients, ["bob@b.example"]);
    assert_eq!(built.sender, "anna@example.org");
    assert!(!built.wire.is_ascii() && !built.needs_smtputf8);
}

#[test]
fn what_no_server_takes_is_not_bounced() {
    let me = &identities()[0];
    let line = |bytes: &[u8]| match bounce(bytes, me, "a@b.example", &NOW) {
        Err(ComposeError::NotAMessage { line, .. }) => Some(line),
        _ => None,
    };
    assert_eq!(line(b"From: a@b\n\nx\0\n"), Some(7));
    assert_eq!(line(b"no header\n\nx\n"), Some(1));
    assert_eq!(line(b"From: a@b\n\nx\n"), None);
    let built = bounce(b"From: a@b\n\nno end", me, "a@b.example", &NOW).unwrap();
    assert!(built.wire.ends_with(b"\r\nno end\r\n"));
    let built = bounce(b"From: a@b\n\nx\n", me, " ", &NOW);
    assert_eq!(built, Err(ComposeError::NoRecipient));
}
