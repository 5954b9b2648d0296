//! Login and TLS against scripted servers: what is sent and what is refused. What an attacker may try before that is in
//! `tls.rs`, what the log holds in `trace.rs`.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::panic,
    missing_docs
)]

#[allow(dead_code)]
#[path = "support/certificates.rs"]
mod certificates;
#[allow(dead_code)]
#[path = "support/script.rs"]
mod script;

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::thread::{self, JoinHandle};

use sterna::channel::error::Recovery;
use sterna::mail::account::{Endpoint, Security};
use sterna::mail::mailbox::MailboxName;
use sterna::mail::secret::Secret;
use sterna::remote::command::select;
use sterna::remote::response::{Received, Status, Untagged};
use sterna::remote::session::Session;

use certificates::{AUTHORITY, GOOD, key, self_signed};
use script::{GUARD, IR, Step, all, done, open, say, serve};

#[test]
fn plain_with_an_initial_response_takes_one_round_trip_and_the_code_tells_the_capabilities() {
    let server = serve(vec![
        say(IR),
        Step::Hear("a1 AUTHENTICATE PLAIN AGFubmEAZ2VoZSJpbQ=="),
        // Behind the answer, in the same segment: ours to read after the login.
        say("a1 OK [CAPABILITY IMAP4rev1 IDLE MOVE] \u{fc}ber\r\n* 5 EXISTS"),
        Step::Hear("S1 NOOP"),
        say("S1 OK done"),
        Step::Hear("a2 LOGOUT"),
        say("* BYE\r\na2 BYE wp.pl says so"),
    ]);
    let mut session = open(&server).unwrap();
    assert!(session.capabilities().has("IDLE") && !session.capabilities().has("MOVE"));
    session.send(select::noop());
    let (seen, error) = all(&mut session);
    assert!(error.is_none());
    assert!(matches!(seen[0], Received::Untagged(Untagged::Exists(5))));
    assert_eq!(done(&seen[1]), Some(Status::Ok));
    assert!(session.counters().n_received > 100 && session.counters().n_sent > 40);
    session.logout();
    assert!(!server.heard.join().unwrap().contains("??"));
}

#[test]
fn what_stands_behind_the_login_is_read_however_it_was_cut() {
    // More than may come before the login: other caps count from the OK on.
    let long = "x".repeat(100_000);
    let behind = format!("* 5 EXISTS\r\n* 1 FETCH (UID 7 BODY[] {{100000}}\r\n{long})\r\n");
    let answer = format!("a1 OK [CAPABILITY IMAP4rev1] in\r\n{behind}");
    let n_ahead = answer.len() - long.len();
    for at in 0..n_ahead + 10 {
        let (first, second) = answer.as_bytes().split_at(at);
        let server = serve(vec![
            say(IR),
            Step::Hear("a1 AUTHENTICATE"),
            Step::Say(first.to_vec()),
            Step::Say(second.to_vec()),
            Step::Hear("S1 NOOP"),
            say("S1 OK done"),
        ]);
        let mut session = open(&server).unwrap();
        session.send(select::noop());
        let (seen, error) = all(&mut session);
        assert!(error.is_none(), "cut at {at}: {error:?}");
        assert!(
            matches!(seen[0], Received::Untagged(Untagged::Exists(5))),
            "cut at {at}: {seen:?}"
        );
        let Received::Untagged(Untagged::Fetch(fetch)) = &seen[1] else {
            panic!("cut at {at}: {seen:?}");
        };
        assert_eq!(fetch.sections[0].data.size_bytes(), 100_000);
        drop(session);
        assert!(!server.heard.join().unwrap().contains("??"));
    }
}

#[test]
fn an_initial_response_that_is_switched_off_waits_for_the_server() {
    let server = serve(vec![
        say(IR),
        Step::Hear("a1 AUTHENTICATE PLAIN\r\n"),
        say("+"),
        Step::Hear("AGFubmEAZ2VoZSJpbQ=="),
        say("a1 OK [CAPABILITY IMAP4rev1] in"),
    ]);
    let secret = Secret::new("gehe\"im".to_owned());
    let disable = ["SASL-IR".to_owned()];
    drop(Session::open(&server.endpoint, "anna", &secret, &disable).unwrap());
    assert!(!server.heard.join().unwrap().contains("??"));
}

#[test]
fn a_way_to_log_in_that_is_switched_off_is_not_taken() {
    let server = serve(vec![
        say(IR),
        Step::Hear("a1 LOGIN \"anna\" \"gehe\\\"im\"\r\n"),
        say("a1 OK [CAPABILITY IMAP4rev1] in"),
    ]);
    let secret = Secret::new("gehe\"im".to_owned());
    let disable = ["AUTH=PLAIN".to_owned()];
    drop(Session::open(&server.endpoint, "anna", &secret, &disable).unwrap());
    assert!(!server.heard.join().unwrap().contains("??"));
}

#[test]
fn capabilities_are_asked_for_where_the_server_does_not_tell_them() {
    let server = serve(vec![
        say("* OK ready"),
        Step::Hear("a1 CAPABILITY"),
        say("* CAPABILITY IMAP4rev1 AUTH=PLAIN\r\na1 OK"),
        Step::Hear("a2 AUTHENTICATE PLAIN\r\n"),
        say("+ go ahead"),
        Step::Hear("AGFubmEAZ2VoZSJpbQ==\r\n"),
        say("a2 OK in"),
        Step::Hear("S1 CAPABILITY"),
        say("* CAPABILITY IMAP4rev2 QRESYNC\r\nS1 OK done"),
        Step::Hear("a3 LOGOUT"),
    ]);
    let session = open(&server).unwrap();
    assert!(session.capabilities().has("CONDSTORE"));
    assert!(!session.capabilities().has("IMAP4REV2"));
    session.logout();
    assert!(!server.heard.join().unwrap().contains("??"));
}

#[test]
fn a_server_that_talks_for_ever_beside_an_answer_is_left() {
    let short = b"* 1 EXISTS\r\n".repeat(120_000);
    let long = [b"* STATUS x (".as_slice(), &vec![b'x'; 500_000], b"\r\n"]
        .concat()
        .repeat(40);
    for raving in [short, long] {
        let server = serve(vec![
            say(IR),
            Step::Hear("a1 AUTHENTICATE"),
            say("a1 OK in"),
            Step::Hear("S1 CAPABILITY"),
            Step::Say(raving.clone()),
        ]);
        let error = open(&server).unwrap_err();
        assert!(error.to_string().contains("beside an answer"), "{error}");
        let _ = server.heard.join();
        // The same while the other reader of the wire waits.
        let server = serve(vec![
            say(IR),
            Step::Hear("a1 AUTHENTICATE"),
            say("a1 OK [CAPABILITY IMAP4rev1] in"),
            Step::Hear("a2 CREATE"),
            Step::Say(raving),
        ]);
        let mut session = open(&server).unwrap();
        let refused = session.create(&MailboxName::from_raw(b"New")).unwrap_err();
        let error = format!("{refused:?}");
        assert!(error.contains("beside an answer"), "{error}");
        drop(session);
        let _ = server.heard.join();
    }
}

#[test]
fn login_is_the_last_resort_and_quotes_the_password() {
    let server = serve(vec![
        say("* OK [CAPABILITY IMAP4rev1] ready"),
        Step::Hear("a1 LOGIN \"anna\" \"gehe\\\"im\"\r\n"),
        say("* CAPABILITY IMAP4rev1 IDLE\r\na1 OK in"),
        Step::Hear("a2 LOGOUT"),
        say("a2 OK bye"),
    ]);
    let session = open(&server).unwrap();
    assert!(session.capabilities().has("IDLE"));
    session.logout();
    assert!(!server.heard.join().unwrap().contains("??"));
}

#[test]
fn a_refused_password_is_offered_once_and_the_kind_follows_the_code() {
    for (answer, recovery) in [
        (
            "a1 NO [AUTHENTICATIONFAILED] wrong \u{e9}",
            Recovery::AskCredentials,
        ),
        ("a1 NO no", Recovery::AskCredentials),
        ("a1 NO [UNAVAILABLE] later", Recovery::Reconnect),
        ("a1 NO [LIMIT] too many connections", Recovery::Reconnect),
        ("a1 BAD what", Recovery::Reconnect),
        ("* BYE too many connections", Recovery::Reconnect),
    ] {
        let server = serve(vec![say(IR), Step::Hear("a1 AUTHENTICATE"), say(answer)]);
        let error = open(&server).unwrap_err();
        assert_eq!(error.recovery(), recovery, "{answer}");
        let words = answer.rsplit(']').next().unwrap().trim();
        let words = words.trim_start_matches("a1 ").trim_start_matches("* ");
        let words = words.split_once(' ').map_or(words, |(_, words)| words);
        assert!(error.to_string().contains(words), "{error} lacks {words}");
        let heard = server.heard.join().unwrap();
        assert_eq!(heard.matches("AUTHENTICATE").count(), 1);
    }
}

#[test]
fn a_password_that_cannot_be_one_line_is_not_sent() {
    let server = serve(vec![say(IR)]);
    let secret = Secret::new("a\r\nb LOGOUT".to_owned());
    assert!(Session::open(&server.endpoint, "anna", &secret, &[]).is_err());
    // Not even connected to: this connection is the script's first.
    drop(TcpStream::connect(("127.0.0.1", server.endpoint.port)));
    assert_eq!(server.heard.join().unwrap(), "");
}

#[test]
fn errors_of_the_connection_say_what_is_wrong() {
    let server = serve(vec![say("* OK plain text here")]);
    let mut endpoint = server.endpoint.clone();
    endpoint.security = Security::Tls;
    let secret = Secret::new("x".to_owned());
    let error = Session::open(&endpoint, "u", &secret, &[]).unwrap_err();
    assert!(error.to_string().contains("does not speak TLS"), "{error}");
    let _ = server.heard.join();

    // Nobody listens any more.
    let error = Session::open(&endpoint, "u", &secret, &[]).unwrap_err();
    assert!(
        error.to_string().contains("refused the connection"),
        "{error}"
    );

    endpoint.ca_file = Some("/nonexistent/ca.pem".into());
    let server = serve(vec![]);
    endpoint.port = server.endpoint.port;
    let error = Session::open(&endpoint, "u", &secret, &[]).unwrap_err();
    assert!(
        error.to_string().contains("ca-file /nonexistent"),
        "{error}"
    );
    let _ = server.heard.join();

    // An address of documentation: refused before any packet.
    let away = Endpoint {
        host: "192.0.2.1".to_owned(),
        port: 143,
        security: Security::Plain,
        ca_file: None,
    };
    let error = Session::open(&away, "u", &secret, &[]).unwrap_err();
    assert!(error.to_string().contains("this machine only"), "{error}");
}

/// A server with a good certificate; the directory holds its authority's.
fn tls_server() -> (Endpoint, JoinHandle<String>, tempfile::TempDir) {
    let authority = self_signed(AUTHORITY, &key());
    let good = authority.issue(GOOD);
    let directory = tempfile::tempdir().unwrap();
    let ca = directory.path().join("ca.pem");
    std::fs::write(&ca, authority.pem()).unwrap();
    let key = good.key.private_key_to_pem_pkcs8().unwrap();
    let identity = native_tls::Identity::from_pkcs8(&good.pem(), &key).unwrap();
    let acceptor = native_tls::TlsAcceptor::new(identity).unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let heard = thread::spawn(move || {
        let (socket, _) = listener.accept().unwrap();
        socket.set_read_timeout(Some(GUARD)).unwrap();
        let Ok(mut stream) = acceptor.accept(socket) else {
            return "no TLS".to_owned();
        };
        let mut buffer = [0; 1000];
        let mut heard = String::new();
        let _ = stream.write_all(format!("{IR}\r\n").as_bytes());
        let Ok(n) = stream.read(&mut buffer) else {
            return "cut".to_owned();
        };
        heard.push_str(&String::from_utf8_lossy(&buffer[..n]));
        // More than a TLS record and than one read: what TLS has buffered must not wait for the socket.
        let mut answer = b"a1 OK [CAPABILITY IMAP4rev1] in\r\n".to_vec();
        answer.extend_from_slice(b"* 1 FETCH (UID 1 BODY[] {300000}\r\n");
        answer.extend_from_slice(&vec![b'm'; 300_000]);
        answer.extend_from_slice(b")\r\n* 5 EXISTS\r\n");
        let _ = stream.write_all(&answer);
        while let Ok(n) = stream.read(&mut buffer) {
            let line = String::from_utf8_lossy(&buffer[..n]).into_owned();
            if n == 0 || line.contains("LOGOUT") {
                break;
            }
            let tag = line.split(' ').next().unwrap_or_default().to_owned();
            let _ = stream.write_all(format!("{tag} OK done\r\n").as_bytes());
        }
        heard
    });
    let endpoint = Endpoint {
        host: "localhost".to_owned(),
        port,
        security: Security::Tls,
        ca_file: Some(ca),
    };
    (endpoint, heard, directory)
}

#[test]
fn tls_with_an_authority_of_ones_own_carries_a_session() {
    let (endpoint, heard, _directory) = tls_server();
    let secret = Secret::new("x".to_owned());
    let mut session = Session::open(&endpoint, "anna", &secret, &[]).unwrap();
    session.send(select::noop());
    let (seen, error) = all(&mut session);
    assert!(error.is_none(), "{error:?}");
    let Received::Untagged(Untagged::Fetch(fetch)) = &seen[0] else {
        panic!("{:?}", seen[0]);
    };
    assert_eq!(fetch.sections[0].data.size_bytes(), 300_000);
    assert!(matches!(seen[1], Received::Untagged(Untagged::Exists(5))));
    session.logout();
    assert!(heard.join().unwrap().starts_with("a1 AUTHENTICATE PLAIN "));
}
