//! What goes over the wire where nothing goes wrong.

use lettre::Transport as _;
use sterna::demo::smtp::manner::Manner;
use sterna::mail::flag::SystemFlag;
use sterna::remote::submission::carrier::Carrier;
use sterna::remote::submission::error::{Failure, Stage};
use sterna::remote::submission::mail::envelope;

use crate::rig::{self, LETTER, heard, names, open, send, server};

const ANNA: &str = "MAIL FROM:<anna@example.org>";

#[test]
fn several_mails_go_over_one_connection_byte_by_byte() {
    let server = server();
    let mut submission = open(&server);
    let long = [&b"Subject: long\r\n\r\n"[..], &b".x\r\n".repeat(100_000)].concat();
    for (n, wire) in [LETTER, b"\r\n", &long, LETTER].into_iter().enumerate() {
        let (sent, is_marked) = send(&mut submission, &["bela@example.org"], wire);
        assert_eq!(sent.unwrap().text.as_str(), "2.0.0 Ok, taken");
        assert!(is_marked);
        let taken = server.submissions();
        assert_eq!(taken.len(), n + 1);
        assert!(taken[n].data == wire, "mail {n} is another one");
        assert_eq!(
            (taken[n].connection, taken[n].to.as_slice()),
            (1, &names(&["bela@example.org"])[..])
        );
    }
    submission.quit();
}

#[test]
fn the_commands_are_those_of_the_standard_and_name_nobodys_machine() {
    let server = server();
    let mut submission = open(&server);
    let recipients = [
        "bela@example.org",
        "\"c d\"@example.net",
        "\"e..f\"@example.com",
        "g@[127.0.0.1]",
    ];
    send(&mut submission, &recipients, LETTER).0.unwrap();
    submission.quit();
    assert_eq!(
        heard(&server),
        [
            "EHLO [127.0.0.1]",
            "AUTH ***",
            &format!("{ANNA} SIZE={}", LETTER.len()),
            "RCPT TO:<bela@example.org>",
            "RCPT TO:<\"c d\"@example.net>",
            "RCPT TO:<\"e..f\"@example.com>",
            "RCPT TO:<g@[127.0.0.1]>",
            "DATA",
            ".",
            "QUIT"
        ]
    );
}

#[test]
fn only_what_is_offered_is_used_and_what_is_missing_is_told_before_a_word() {
    let server = server();
    let offering = |offers: &[&str]| {
        let offers = [&["localhost", "AUTH PLAIN"], offers].concat();
        server.set_manner(Manner {
            offers: names(&offers),
            files_sent: false,
        });
        open(&server)
    };
    let mut connections = [offering(&[]), offering(&["SIZE 20"])];
    send(&mut connections[0], &["bela@example.org"], LETTER)
        .0
        .unwrap();
    assert!(heard(&server).contains(&ANNA.to_owned()), "no parameter");
    server.clear_log();
    let utf8 = "Subject: Mittag\r\n\r\nschön\r\n".as_bytes();
    for (submission, recipient, wire, words) in [
        (0, "bela@example.org", utf8, "8BITMIME"),
        (0, "béla@example.org", LETTER, "SMTPUTF8"),
        (1, "bela@example.org", LETTER, "no more than 1 kB"),
    ] {
        let submission = &mut connections[submission];
        let (sent, is_marked) = send(submission, &[recipient], wire);
        let error = sent.unwrap_err();
        assert_eq!(
            (error.stage, &error.failure),
            (Stage::Check, &Failure::Permanent)
        );
        assert!(error.to_string().contains(words), "{error}");
        assert!(!is_marked && !submission.is_over());
    }
    assert!(heard(&server).iter().all(|line| !line.starts_with("MAIL")));
    let mut all = offering(&["8BITMIME", "SMTPUTF8", "SIZE"]);
    send(&mut all, &["béla@example.org"], utf8).0.unwrap();
    let expected = format!("{ANNA} SIZE={} BODY=8BITMIME SMTPUTF8", utf8.len());
    assert!(heard(&server).contains(&expected), "{:?}", heard(&server));
    // A header in UTF-8 needs the same, whatever the addresses are.
    let envelope = envelope(rig::ANNA, &names(&["bela@example.org"])).unwrap();
    server.clear_log();
    let mut mark = || Ok(());
    let carrier = Carrier::new(&mut all, &mut mark).with_utf8_header(true);
    carrier.send_raw(&envelope, utf8).unwrap();
    assert!(heard(&server).contains(&expected), "{:?}", heard(&server));
}

#[test]
fn a_server_that_files_sent_mail_has_it_in_both_places() {
    let server = server();
    let manner = Manner {
        files_sent: true,
        ..Manner::default()
    };
    server.set_manner(manner);
    send(&mut open(&server), &["bela@example.org"], LETTER)
        .0
        .unwrap();
    assert_eq!(server.raw("INBOX", 1).unwrap(), LETTER);
    assert_eq!(server.raw("Sent", 1).unwrap(), LETTER);
    assert!(server.truth("Sent")[0].flags.has(SystemFlag::Seen));
}

#[test]
fn a_server_without_a_login_gets_the_mail_and_no_password() {
    let server = server();
    server.set_manner(Manner {
        offers: names(&["localhost", "8BITMIME"]),
        files_sent: false,
    });
    send(&mut open(&server), &["bela@example.org"], LETTER)
        .0
        .unwrap();
    assert!(heard(&server).iter().all(|line| !line.starts_with("AUTH")));
    assert_eq!(server.submissions().len(), 1);
}

#[test]
fn a_hundred_mails_go_over_one_connection_each_once_and_in_order() {
    let server = server();
    let mut submission = open(&server);
    let filling = "0123456789 abcdefghijklmnopqrstuvwxyz\r\n".repeat(263);
    let mails: Vec<String> = (0..100)
        .map(|n| format!("Subject: number {n}\r\n\r\n{filling}"))
        .collect();
    for mail in &mails {
        send(&mut submission, &["bela@example.org"], mail.as_bytes())
            .0
            .unwrap();
    }
    let taken = server.submissions();
    assert!(taken.iter().all(|mail| mail.connection == 1));
    assert!(
        taken
            .iter()
            .map(|mail| &mail.data[..])
            .eq(mails.iter().map(String::as_bytes))
    );
}
