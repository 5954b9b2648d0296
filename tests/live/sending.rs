//! Mail that goes to a real mail transfer agent, and from there into the mailbox.

#[path = "sending/foreign.rs"]
mod foreign;
#[path = "sending/program.rs"]
mod program;
#[path = "sending/readers.rs"]
mod readers;

use std::time::{Duration, Instant};

use lettre::Transport as _;
use sterna::channel::error::RemoteError;
use sterna::mail::account::{Endpoint, Protocol, Security};
use sterna::mail::secret::Secret;
use sterna::remote::connect::door::Door;
use sterna::remote::submission::Submission;
use sterna::remote::submission::carrier::Carrier;
use sterna::remote::submission::error::{Failure, SendError};
use sterna::remote::submission::mail::{Deadlines, envelope};

use crate::home::{Account, Home};
use crate::server::{Server, User, live};

const WAYS: [(&str, Security); 2] = [("tls", Security::Tls), ("starttls", Security::StartTls)];

fn open(server: &Server, user: &User, security: Security) -> Result<Submission, RemoteError> {
    let port = match security {
        Security::Tls => "SMTP_TLS_PORT",
        _ => "SMTP_STARTTLS_PORT",
    };
    let endpoint = Endpoint {
        host: "localhost".to_owned(),
        port: live(port).parse().unwrap(),
        security,
        ca_file: Some(server.ca.clone()),
    };
    let secret = Secret::new(user.password.clone());
    let mut door = Door::new(&endpoint, &user.name, &secret);
    door.protocol = Protocol::Smtp;
    Submission::open(&door, Deadlines::hasty(), &mut |_| {})
}

fn send(submission: &mut Submission, to: &[String], wire: &[u8]) -> Result<(), SendError> {
    let envelope = envelope("anna@example.org", to)?;
    let mut mark = || Ok(());
    let carrier = Carrier::new(submission, &mut mark);
    carrier.send_raw(&envelope, wire).map(|_| ())
}

/// Waits until so many messages are in the INBOX; their IDs, subjects and bytes, oldest first.
fn arrived(home: &Home, n_expected: usize) -> Vec<(String, String, Vec<u8>)> {
    let until = Instant::now() + Duration::from_mins(2);
    loop {
        home.ok(&["sync"]);
        let rows = home.rows("INBOX");
        if rows.len() < n_expected {
            assert!(Instant::now() < until, "only {} arrived", rows.len());
            continue;
        }
        let message = |row: &serde_json::Value| {
            let id = row["id"].as_str().unwrap();
            let raw = home.ok(&["show", id, "--raw"]).into_bytes();
            let subject = row["subject"].as_str().unwrap().to_owned();
            (id.to_owned(), subject, raw)
        };
        return rows.values().map(message).collect();
    }
}

#[test]
fn mail_over_465_and_587_arrives_as_it_was_sent() {
    let server = Server::shared();
    for (way, security) in WAYS {
        let user = server.fresh_user();
        let home = Account::tls(&server, &user).sending(way).home();
        let mut submission = open(&server, &user, security).unwrap();
        assert!(submission.offers().has("AUTH=PLAIN") && submission.offers().has("8BITMIME"));
        let to = [format!("{}@example.org", user.name)];
        let from = "From: Anna <anna@example.org>\r\nMIME-Version: 1.0\r\n";
        let utf8 = "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n";
        let bodies = [
            ("dots", "\r\n.\r\n..\r\n.a\r\n...\r\nend\r\n".to_owned()),
            ("beyond ASCII", format!("{utf8}\r\nschön, \u{1f600}\r\n")),
            (
                "long",
                format!("\r\n{}", ".0123456789 abcdefghij\r\n".repeat(20_000)),
            ),
            ("trailing", "\r\nblanks  \r\n\t\r\n\r\n\r\n".to_owned()),
        ];
        let mails = bodies.map(|(subject, rest)| format!("Subject: {subject}\r\n{from}{rest}"));
        for mail in &mails {
            send(&mut submission, &to, mail.as_bytes()).unwrap();
        }
        submission.quit();
        let arrived = arrived(&home, mails.len());
        assert_eq!(arrived.len(), mails.len());
        for mail in &mails {
            // Behind what was put on top of it on the way, it is there once, byte by byte.
            let n = arrived
                .iter()
                .filter(|(_, _, raw)| raw.ends_with(mail.as_bytes()))
                .count();
            let subject = mail.lines().next().unwrap();
            assert_eq!(n, 1, "{way}: {subject}");
        }
    }
}

#[test]
fn a_real_server_refuses_a_wrong_password_and_an_unknown_recipient() {
    let server = Server::shared();
    for (_, security) in WAYS {
        let user = server.fresh_user();
        let stranger = User {
            password: "wrong".to_owned(),
            ..user.clone()
        };
        let Err(error) = open(&server, &stranger, security) else {
            panic!("let in");
        };
        assert!(
            matches!(error, RemoteError::Unauthenticated { .. }),
            "{error}"
        );

        let mut submission = open(&server, &user, security).unwrap();
        let own = format!("{}@example.org", user.name);
        let both = [own.clone(), "nobody-here@example.org".to_owned()];
        let error = send(&mut submission, &both, b"Subject: no\r\n\r\n").unwrap_err();
        let Failure::Recipients(refusals) = &error.failure else {
            panic!("{error}");
        };
        assert_eq!((refusals.len(), refusals[0].code), (1, 550), "{error}");
        assert_eq!(refusals[0].address.as_str(), both[1]);
        // The connection goes on, and nothing of the first mail is anywhere.
        send(&mut submission, &[own], b"Subject: yes\r\n\r\ntext\r\n").unwrap();
        let home = Account::tls(&server, &user).home();
        let arrived = arrived(&home, 1);
        assert_eq!((arrived.len(), arrived[0].1.as_str()), (1, "yes"));
    }
}

#[test]
fn doctor_finds_nothing_wrong_with_a_real_server() {
    let server = Server::shared();
    for (way, _) in WAYS {
        let user = server.fresh_user();
        let home = Account::tls(&server, &user).sending(way).home();
        let report = home.json(&["doctor"]);
        let checks = report[0]["submission"]["checks"].as_array().unwrap();
        assert_eq!(checks.len(), 7, "{report}");
        let (clock, others) = checks.split_last().unwrap();
        assert!(
            others.iter().all(|check| check["result"] == "fine"),
            "{report}"
        );
        // Exim tells the time in its greeting; what comes before TLS is nobody's word.
        let result = if way == "tls" { "fine" } else { "skipped" };
        assert_eq!(clock["result"], result, "{report}");
    }
}
