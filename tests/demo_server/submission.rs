//! The submission sink.

use sterna::demo::fault::{Fault, FaultKind, FaultPlan};

use crate::client::{Client, server};

fn say(client: &mut Client, text: &str) -> String {
    client.send(&format!("{text}\r\n"));
    let mut line = client.line();
    while line.as_bytes().get(3) == Some(&b'-') {
        line = client.line();
    }
    line
}

fn submit(client: &mut Client) -> String {
    for line in [
        "EHLO me",
        "AUTH PLAIN AGRlbW8AZGVtbw==",
        "MAIL FROM:<demo@x.org> SIZE=9",
        "RCPT TO:<a@x.org>",
        "RCPT TO:<b@x.org>",
        "DATA",
    ] {
        let answer = say(client, line);
        assert!(
            answer.starts_with('2') || answer.starts_with('3'),
            "{line}: {answer}"
        );
    }
    say(client, "Subject: sent\r\n\r\n..dots\r\n.")
}

#[test]
fn a_submission_is_recorded_and_delivered() {
    let server = server();
    let mut client = Client::connect(server.smtp_addr());
    assert!(say(&mut client, "MAIL FROM:<x@y>").starts_with("530"));
    assert!(submit(&mut client).starts_with("250"));
    let sent = server.submissions();
    assert_eq!((sent.len(), sent[0].from.as_str()), (1, "demo@x.org"));
    assert_eq!(sent[0].to, ["a@x.org", "b@x.org"]);
    assert_eq!(sent[0].data, b"Subject: sent\r\n\r\n.dots\r\n");
    assert_eq!(server.raw("INBOX", 1).unwrap(), sent[0].data);
    assert!(say(&mut client, "QUIT").starts_with("221"));
}

#[test]
fn bare_line_feeds_neither_end_the_data_nor_disappear() {
    let server = server();
    let mut client = Client::connect(server.smtp_addr());
    for line in [
        "EHLO me",
        "AUTH PLAIN AGRlbW8AZGVtbw==",
        "MAIL FROM:<>",
        "RCPT TO:<a@x.org>",
        "DATA",
    ] {
        say(&mut client, line);
    }
    assert!(say(&mut client, "a\n.\nMAIL FROM:<b>\n.\r\n.").starts_with("250"));
    assert_eq!(server.submissions()[0].data, b"a\n.\nMAIL FROM:<b>\n.\r\n");
}

#[test]
fn login_needs_the_password_and_the_log_keeps_none() {
    let server = server();
    let mut client = Client::connect(server.smtp_addr());
    assert!(say(&mut client, "AUTH LOGIN").starts_with("334"));
    assert!(say(&mut client, "ZGVtbw==").starts_with("334"));
    assert!(say(&mut client, "bm8=").starts_with("535"));
    assert!(
        server
            .log()
            .iter()
            .all(|entry| !entry.line.contains("ZGVt"))
    );
}

#[test]
fn the_end_of_the_data_can_fail_before_and_after_the_deed() {
    let server = server();
    for (kind, expected) in [
        (
            FaultKind::DropOn {
                command: ".".into(),
            },
            0,
        ),
        (
            FaultKind::Refuse {
                command: ".".into(),
                answer: "452 full".into(),
            },
            0,
        ),
        (
            FaultKind::CutIn {
                command: ".".into(),
                after: 0,
            },
            1,
        ),
    ] {
        server.set_smtp_faults(FaultPlan::new(vec![Fault::once(kind)]));
        let answer = submit(&mut Client::connect(server.smtp_addr()));
        assert!(answer.is_empty() || answer == "452 full");
        assert_eq!(server.submissions().len(), expected);
    }
}
