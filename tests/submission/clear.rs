//! STARTTLS: nothing but EHLO and STARTTLS is said in clear, whatever the server, or somebody in between, answers; and
//! nothing that was heard before TLS is believed inside it.

use std::net::{SocketAddr, TcpStream};

use sterna::channel::error::{Recovery, RemoteError};
use sterna::demo::server::USER;
use sterna::mail::account::{Endpoint, Security};
use sterna::remote::submission::Submission;
use sterna::remote::submission::mail::Deadlines;

use crate::certificates::Identity;
use crate::home::authority;
use crate::rig::{LETTER, enter, heard, password, send, server};
use crate::script::{GUARD, Step, say, serve};
use crate::tls_front::{Before, Front, Words};

pub const HELLO: &str = "EHLO [127.0.0.1]\r\n";
const OFFERED: &str = "250-zebra\r\n250-AUTH PLAIN\r\n250 STARTTLS";
const STRIPPED: &str = "250-zebra\r\n250 AUTH PLAIN LOGIN";

/// What a client in STARTTLS mode says in clear to a server that plays this, and why it gave up.
fn in_clear(steps: Vec<Step>) -> (String, Recovery, String) {
    let mut server = serve(steps);
    server.endpoint.security = Security::StartTls;
    let Err(error) = enter(&server.endpoint, USER, password(), Deadlines::default()) else {
        panic!("it went on");
    };
    let heard = server.heard.join().unwrap();
    (heard, error.recovery(), error.to_string())
}

/// Ways not to begin TLS: what a server, or somebody in between, plays, and all that a client may say to it.
pub fn refusals() -> Vec<(Vec<Step>, String)> {
    let ways = [
        // The offer is gone, and so is the way.
        (STRIPPED, None),
        ("250 zebra", None),
        ("502 5.5.1 unknown", None),
        ("500 what", None),
        ("421 later", None),
        ("354 go on", None),
        ("220 zebra", None),
        ("250 XSTARTTLS", None),
        // The offer is there, the way is not.
        (OFFERED, Some("502 5.5.1 no such command")),
        (OFFERED, Some("454 4.7.0 not now")),
        (OFFERED, Some("354 go on in clear")),
        (OFFERED, Some("250 zebra")),
        (OFFERED, Some("235 you are in")),
        (OFFERED, Some("530 log in first")),
        (OFFERED, Some("220-zebra\r\n250 zebra")),
        (OFFERED, Some("zebra")),
    ];
    let played = |(answer, offer): (&str, Option<&str>)| {
        let mut steps = vec![say("220 zebra"), Step::Hear("EHLO"), say(answer)];
        let mut expected = HELLO.to_owned();
        if let Some(offer) = offer {
            steps.extend([Step::Hear("STARTTLS"), say(offer)]);
            expected.push_str("STARTTLS\r\n");
        }
        (steps, expected)
    };
    ways.into_iter().map(played).collect()
}

/// What somebody in between says behind the answer to STARTTLS.
pub const INJECTED: [&str; 4] = [
    "250-zebra\r\n250 AUTH PLAIN\r\n",
    "250 zebra\r\n235 in\r\n250 ok\r\n",
    "2",
    "\r\n",
];

/// A front that says that.
pub fn injecting(behind: SocketAddr, identity: &Identity, injected: &str) -> Front {
    let words = Words {
        behind_answer: injected.as_bytes().to_vec(),
        ..Words::smtp()
    };
    Front::start(behind, identity, Before::StartTls(words))
}

#[test]
fn starttls_that_is_stripped_or_refused_leaves_neither_credentials_nor_mail() {
    for (n, (steps, expected)) in refusals().into_iter().enumerate() {
        let (heard, recovery, error) = in_clear(steps);
        assert_eq!(heard, expected, "{n}");
        assert_eq!(recovery, Recovery::TellUser, "{n}: {error}");
        assert!(
            !error.contains("zebra") && !error.contains("log in first"),
            "shown before TLS: {error}"
        );
    }
}

#[test]
fn a_greeting_that_is_none_is_answered_with_nothing() {
    for greeting in [
        "554 zebra",
        "421 zebra",
        "* OK IMAP4rev1 zebra",
        "235 zebra",
        "354 zebra",
        "zebra",
        "",
        "220-zebra\r\n221 zebra",
    ] {
        let (heard, _, error) = in_clear(vec![say(greeting)]);
        assert_eq!(heard, "", "{greeting}");
        assert!(!error.contains("zebra"), "{error}");
    }
    let (heard, _, error) = in_clear(Vec::new());
    assert_eq!(heard, "", "{error}");
    // A line without an end is not kept for ever; nor are lines without one.
    for flood in [vec![b'x'; 1 << 20], b"220-zebra\r\n".repeat(100_000)] {
        let (heard, _, error) = in_clear(vec![Step::Say(flood)]);
        assert_eq!(heard, "", "{error}");
    }
}

/// Through a front that speaks STARTTLS, to a sink that does not.
fn through(front: &Front, root: &Identity) -> Result<Submission, RemoteError> {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), root.pem()).unwrap();
    let endpoint = Endpoint {
        host: "localhost".to_owned(),
        port: front.port,
        security: Security::StartTls,
        ca_file: Some(file.path().to_owned()),
    };
    enter(&endpoint, USER, password(), Deadlines::default())
}

#[test]
fn behind_starttls_everything_is_asked_again_and_the_mail_arrives() {
    let (root, good) = authority();
    let server = server();
    let front = Front::start(server.smtp_addr(), &good, Before::StartTls(Words::smtp()));
    let mut submission = through(&front, &root).unwrap();
    assert!(submission.offers().has("SMTPUTF8") && !submission.offers().has("STARTTLS"));
    send(&mut submission, &["bela@example.org"], LETTER)
        .0
        .unwrap();
    assert_eq!(server.submissions()[0].data, LETTER);
    assert_eq!(front.clear(), format!("{HELLO}STARTTLS\r\n"));
    assert_eq!(heard(&server)[0], HELLO.trim_end());
}

#[test]
fn data_behind_the_answer_to_starttls_ends_the_connection() {
    let (root, good) = authority();
    for injected in INJECTED {
        let server = server();
        let front = injecting(server.smtp_addr(), &good, injected);
        let Err(error) = through(&front, &root) else {
            panic!("it went on");
        };
        assert_eq!(error.recovery(), Recovery::TellUser);
        assert!(error.to_string().contains("data before TLS"), "{error}");
        assert_eq!(front.n_secret(), 0);
        assert_eq!(front.clear(), format!("{HELLO}STARTTLS\r\n"));
    }
}

#[test]
fn an_answer_that_came_before_starttls_was_said_is_none() {
    let (heard, _, error) = in_clear(vec![
        say("220 zebra"),
        Step::Hear("EHLO"),
        say("250-zebra\r\n250 STARTTLS\r\n220 go"),
    ]);
    assert_eq!(heard, HELLO, "{error}");
}

#[test]
fn plain_is_for_this_machine_alone() {
    // Reserved for documentation: nobody answers there, and nobody is asked.
    let endpoint = Endpoint {
        host: "192.0.2.1".to_owned(),
        port: 587,
        security: Security::Plain,
        ca_file: None,
    };
    let Err(error) = enter(&endpoint, USER, password(), Deadlines::default()) else {
        panic!("it went on");
    };
    assert!(
        error.to_string().contains("for this machine only"),
        "{error}"
    );
}

#[test]
fn a_server_that_talks_without_end_is_left() {
    for flood in [vec![b'x'; 1 << 20], b"220-zebra\r\n".repeat(100_000)] {
        let server = serve(vec![Step::Say(flood)]);
        let Err(error) = enter(&server.endpoint, USER, password(), Deadlines::default()) else {
            panic!("it went on");
        };
        assert!(
            error.to_string().contains("more than any reply has"),
            "{error}"
        );
        assert_eq!(server.heard.join().unwrap(), "");
    }
}

#[test]
fn tls_on_a_plain_port_names_the_mend() {
    let server = server();
    let endpoint = Endpoint {
        host: "127.0.0.1".to_owned(),
        port: server.smtp_addr().port(),
        security: Security::Tls,
        ca_file: None,
    };
    let Err(error) = enter(&endpoint, USER, password(), Deadlines::default()) else {
        panic!("it went on");
    };
    assert!(
        error.to_string().contains("security = \"starttls\""),
        "{error}"
    );
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let endpoint = Endpoint {
        port: closed.local_addr().unwrap().port(),
        ..endpoint
    };
    drop(closed);
    assert!(TcpStream::connect(("127.0.0.1", endpoint.port)).is_err());
    let Err(error) = enter(&endpoint, USER, password(), Deadlines::default()) else {
        panic!("it went on");
    };
    assert!(error.to_string().contains("465 is usual"), "{error}");
    assert!(server.await_log(GUARD, |log| {
        log.iter().all(|entry| !entry.name.starts_with("AUTH"))
    }));
}
