//! Before TLS nothing is believed, and nothing but STARTTLS is said; a greeting that is not OK ends it.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::time::Duration;

use sterna::channel::error::{Recovery, RemoteError};
use sterna::mail::account::{Endpoint, Protocol, Security};
use sterna::mail::secret::Secret;
use sterna::remote::connect::door::Door;
use sterna::remote::session::Session;
use sterna::remote::submission::Submission;
use sterna::remote::submission::mail::Deadlines;

use crate::certificates::{GOOD, key, self_signed};
use crate::home::{Home, authority};
use crate::script::{IR, Step, open, say, serve};
use crate::tls_front::{Before, Words};

#[test]
fn starttls_carries_an_account_and_asks_for_the_capabilities_again() {
    let home = Home::new();
    home.server.bulk("INBOX", 20, 500);
    let (root, good) = authority();
    // What the clear greeting says of logins is forgotten: inside TLS the server says otherwise.
    let front = home.front(&good, Before::StartTls(Words::default()));
    home.behind(&front, "starttls", Some(&root));
    home.run("sync").expect(0, &[]);
    assert_eq!(front.clear(), "T1 STARTTLS\r\n");
    let names: Vec<_> = home
        .server
        .log()
        .into_iter()
        .map(|entry| entry.name)
        .collect();
    assert_eq!(&names[..2], ["CAPABILITY", "AUTHENTICATE"]);
    let run = home.run("--offline list --json --limit 30").expect(0, &[]);
    assert_eq!(run.text.matches("\"uid\"").count(), 20);
}

#[test]
fn data_behind_the_answer_to_starttls_ends_the_connection() {
    let (root, good) = authority();
    for behind in [
        "* CAPABILITY IMAP4rev1 AUTH=LOGIN\r\na2 OK\r\n",
        "* OK [AL",
        "a1 OK logged in\r\n",
        "x",
    ] {
        let home = Home::new();
        let words = Words {
            behind_answer: behind.as_bytes().to_vec(),
            ..Words::default()
        };
        let front = home.front(&good, Before::StartTls(words));
        home.behind(&front, "starttls", Some(&root));
        home.run("sync").expect(77, &["data before TLS"]);
        assert_eq!(
            (front.clear().as_str(), front.n_secret()),
            ("T1 STARTTLS\r\n", 0)
        );
    }
}

/// What a client in STARTTLS mode says in clear to a server that plays this, and why it gave up.
fn in_clear(steps: Vec<Step>) -> (String, Recovery, String) {
    let mut server = serve(steps);
    server.endpoint.security = Security::StartTls;
    let error = open(&server).unwrap_err();
    (
        server.heard.join().unwrap(),
        error.recovery(),
        error.to_string(),
    )
}

#[test]
fn starttls_that_is_stripped_or_refused_leaves_no_credentials() {
    const OFFERED: &str = "* OK [CAPABILITY IMAP4rev1 STARTTLS AUTH=PLAIN] zebra";
    const STRIPPED: &str = "* OK [CAPABILITY IMAP4rev1 AUTH=PLAIN AUTH=LOGIN] zebra";
    for (greeting, answer) in [
        // The offer is gone, and so is the way.
        (STRIPPED, "T1 BAD no such command"),
        (STRIPPED, "T1 NO not here"),
        (
            STRIPPED,
            "T1 BAD [CAPABILITY IMAP4rev1 AUTH=PLAIN] say LOGIN",
        ),
        (STRIPPED, "+ go ahead in clear"),
        ("* OK zebra", "T1 NO"),
        ("* OK zebra", "T1 BAD"),
        // The offer is there, the way is not.
        (OFFERED, "T1 NO [UNAVAILABLE] later"),
        (OFFERED, "T1 BAD"),
        (OFFERED, "+"),
        (OFFERED, "T2 OK go"),
        (OFFERED, "* PREAUTH welcome\r\nT1 NO"),
        (OFFERED, "T1 OKAY"),
    ] {
        let (heard, recovery, error) =
            in_clear(vec![say(greeting), Step::Hear("T1 STARTTLS"), say(answer)]);
        assert_eq!(heard, "T1 STARTTLS\r\n", "{greeting} {answer}");
        assert_eq!(recovery, Recovery::TellUser, "{error}");
        assert!(
            !error.contains("zebra") && !error.contains("go ahead"),
            "shown before TLS: {error}"
        );
    }
}

#[test]
fn a_server_that_claims_to_be_logged_in_before_tls_hears_nothing() {
    for greeting in [
        "* PREAUTH welcome",
        "* PREAUTH [CAPABILITY IMAP4rev1 STARTTLS] welcome",
        "* preauth",
        "* PREAUTH x\r\n* LIST () \"/\" INBOX\r\n* 3 EXISTS",
        "* PREAUTH [ALERT] type your password here",
    ] {
        let (heard, recovery, error) = in_clear(vec![say(greeting)]);
        assert_eq!(
            (heard.as_str(), recovery),
            ("", Recovery::TellUser),
            "{greeting}"
        );
        assert!(
            error.contains("PREAUTH") && !error.contains("type your"),
            "{error}"
        );
    }
}

/// What waits for the server waits on.
#[test]
fn what_is_pending_stays_here_where_a_server_claims_to_be_logged_in_before_tls() {
    let home = Home::new();
    home.server
        .deliver("INBOX", b"Subject: True\r\n\r\ntext", &[], 1_772_532_000);
    let (root, good) = authority();
    let honest = home.front(&good, Before::StartTls(Words::default()));
    home.behind(&honest, "starttls", Some(&root));
    home.run("sync").expect(0, &[]);
    let listed = home.run("--offline list --json").expect(0, &[]);
    let ids: serde_json::Value = serde_json::from_str(&listed.text).unwrap();
    let id = ids[0]["id"].as_str().unwrap();
    home.run(&format!("--offline flag {id} +flagged"))
        .expect(0, &["queued"]);
    home.server.clear_log();
    let forged = Words {
        greeting: b"* PREAUTH [CAPABILITY IMAP4rev1 STARTTLS UIDPLUS] welcome\r\n".to_vec(),
        ..Words::default()
    };
    let front = home.front(&good, Before::StartTls(forged));
    home.behind(&front, "starttls", Some(&root));
    home.run("sync").expect(77, &["PREAUTH"]);
    assert_eq!((front.clear().as_str(), front.n_secret()), ("", 0));
    assert!(home.server.log().is_empty(), "something was said");
    let pending = home.run("--offline pending --json").expect(0, &[]);
    let rows: serde_json::Value = serde_json::from_str(&pending.text).unwrap();
    assert_eq!(rows.as_array().unwrap().len(), 1, "{rows}");
}

#[test]
fn no_word_follows_a_greeting_that_is_not_ok() {
    for greeting in [
        "* PREAUTH welcome",
        "* BYE full",
        "HTTP/1.1 400 Bad Request",
        "a1 OK ready",
        "* 5 EXISTS",
        "220 mail ESMTP",
        "",
        "* OK [CAPABILITY IMAP4rev1 LOGINDISABLED STARTTLS] ready",
    ] {
        let server = serve(vec![say(greeting)]);
        assert!(open(&server).is_err(), "{greeting}");
        assert_eq!(server.heard.join().unwrap(), "", "{greeting}");
    }
    let mut line = vec![b'x'; 1 << 20];
    for end in [&b""[..], b"\r\n* OK ready\r\n"] {
        line.extend_from_slice(end);
        for security in [Security::Plain, Security::StartTls] {
            let mut server = serve(vec![Step::Say(line.clone())]);
            server.endpoint.security = security;
            assert!(open(&server).is_err());
            assert_eq!(server.heard.join().unwrap(), "");
        }
    }
    let server = serve(Vec::new());
    assert!(open(&server).is_err(), "closed at once");
    assert_eq!(server.heard.join().unwrap(), "");
}

#[test]
fn a_server_that_talks_for_ever_before_the_login_is_left() {
    let mut raving = IR.as_bytes().to_vec();
    raving.extend_from_slice(b"\r\n");
    raving.extend_from_slice(&b"* CAPABILITY IMAP4rev1\r\n".repeat(10_000));
    let server = serve(vec![Step::Say(raving)]);
    let error = open(&server).unwrap_err().to_string();
    assert!(error.contains("before a login"), "{error}");
    let _ = server.heard.join();
}

#[test]
fn a_server_that_says_much_at_once_before_the_login_is_left() {
    let literals = |n| {
        [&b" {60000}\r\n"[..], &vec![b'X'; 60_000]]
            .concat()
            .repeat(n)
    };
    for (what, raving) in [
        ("a line", b"* CAPABILITY ".repeat(6_000)),
        (
            "a line that ends",
            [&b"* CAPABILITY ".repeat(6_000)[..], b"\r\n"].concat(),
        ),
        (
            "a challenge",
            [b"+ ".as_slice(), &vec![b'A'; 70_000]].concat(),
        ),
        (
            "a literal for the disk",
            b"* CAPABILITY {70000}\r\n".to_vec(),
        ),
        (
            "literals",
            [b"* CAPABILITY", literals(2).as_slice()].concat(),
        ),
        (
            "lines that nobody believes",
            b"* 5 EXISTS\r\n".repeat(100_000),
        ),
        ("empty lines", b"\r\n".repeat(600_000)),
    ] {
        let server = serve(vec![say(IR), Step::Hear("a1 AUTH"), Step::Say(raving)]);
        let error = open(&server).unwrap_err();
        assert_eq!(error.recovery(), Recovery::Reconnect, "{what}: {error}");
        let error = error.to_string();
        assert!(error.contains("before a login"), "{what}: {error}");
        let _ = server.heard.join();
    }
}

#[test]
fn tls_and_clear_text_on_the_wrong_ports_name_the_mend() {
    let home = Home::new();
    let alone = self_signed(GOOD, &key());
    let plain = home.server.imap_addr().port();
    let secret = "password-plaintext = \"demo\"";
    home.configure(secret, "localhost", plain, "tls", None);
    home.run("sync")
        .expect(77, &["does not speak TLS there", "security = \"starttls\""]);
    let front = home.front(&alone, Before::Nothing);
    // Where TLS begins with the first byte, a server waits for the client, and in the end hangs up.
    let (heard, _, error) = in_clear(Vec::new());
    assert!(
        heard.is_empty() && error.contains("security = \"tls\" is meant"),
        "{error}"
    );
    home.configure(secret, "localhost", 1, "tls", None);
    home.run("sync")
        .expect(75, &["refused the connection", "993 is usual"]);
    home.configure(secret, "no-such-host.invalid", front.port, "tls", None);
    home.run("sync")
        .expect(75, &["the name no-such-host.invalid is not known"]);
}

/// Where either side waits for the other, nobody is kept waiting for long.
#[test]
fn a_port_that_speaks_tls_at_once_is_known_by_its_silence() {
    let home = Home::new();
    let front = home.front(&self_signed(GOOD, &key()), Before::Nothing);
    let endpoint = Endpoint::new("localhost", front.port, Security::StartTls);
    for protocol in [Protocol::Imap, Protocol::Smtp] {
        let error = enter_at_once(&endpoint, protocol);
        assert_eq!(error.recovery(), Recovery::TellUser, "{error}");
        let error = error.to_string();
        assert!(
            error.contains("speaks TLS from the first byte; security = \"tls\" is meant"),
            "{error}"
        );
    }
    assert_eq!((front.clear().as_str(), front.n_secret()), ("", 0));
}

#[test]
fn a_server_that_is_slow_to_greet_is_waited_for() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let server = std::thread::spawn(move || {
        let (mut first, _) = listener.accept().unwrap();
        // It greets when it was looked whether it speaks TLS.
        drop(listener.accept().unwrap());
        first.write_all(b"* OK ready\r\n").unwrap();
        let mut heard = [0; 13];
        first.read_exact(&mut heard).unwrap();
        first.write_all(b"T1 NO not here\r\n").unwrap();
        heard
    });
    let endpoint = Endpoint::new("127.0.0.1", port, Security::StartTls);
    let error = enter_at_once(&endpoint, Protocol::Imap).to_string();
    assert!(error.contains("does not offer STARTTLS"), "{error}");
    assert_eq!(&server.join().unwrap(), b"T1 STARTTLS\r\n");
}

/// Why nobody gets in who takes it for silence at once that nothing is said.
fn enter_at_once(endpoint: &Endpoint, protocol: Protocol) -> RemoteError {
    let nothing = Secret::new(String::new());
    let door = Door {
        protocol,
        hush: Duration::ZERO,
        ..Door::new(endpoint, "anna", &nothing)
    };
    let result = match protocol {
        Protocol::Imap => Session::enter(&door, &mut |_| {}).map(|_| ()),
        Protocol::Smtp => Submission::open(&door, Deadlines::default(), &mut |_| {}).map(|_| ()),
    };
    result.unwrap_err()
}
