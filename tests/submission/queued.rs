//! A mail in the outbox of the real program while STARTTLS is refused, stripped or tampered with: nothing of it is said in
//! clear, it stays queued with the reason, and after the cure it goes once.

use std::fs;
use std::net::TcpStream;

use serde_json::Value;

use crate::clear::{HELLO, INJECTED, injecting, refusals};
use crate::home::{Home, authority};
use crate::program::configure;
use crate::script::serve;
use crate::tls_front::{Before, Front, Words};

/// The only mail of the outbox, those that were sent included: its state, and what is said of it.
fn row(home: &Home) -> (String, String) {
    let run = home.run("outbox --all --json").expect(0, &[]);
    let rows: Value = serde_json::from_str(&run.text).unwrap();
    assert_eq!(rows.as_array().unwrap().len(), 1, "{rows}");
    let text = |key: &str| rows[0][key].as_str().unwrap_or_default().to_owned();
    (text("state"), text("error"))
}

#[track_caller]
fn assert_queued(home: &Home, what: &str) {
    let (state, error) = row(home);
    assert_eq!(state, "queued", "{what}: {error}");
    assert!(!error.is_empty(), "{what}");
    assert!(!error.contains("zebra"), "heard before TLS: {error}");
    assert!(home.server.submissions().is_empty(), "{what}");
}

#[test]
fn a_queued_mail_waits_for_starttls_and_leaves_once() {
    let (root, good) = authority();
    let home = Home::new();
    let file = home.path().join("mail");
    fs::write(
        &file,
        "To: bela@example.org\nSubject: Lunch\n\nsecret words\n",
    )
    .unwrap();
    let mut line = format!("send {}", file.display());
    for (n, (steps, expected)) in refusals().into_iter().enumerate() {
        let server = serve(steps);
        let port = server.endpoint.port;
        configure(&home, "127.0.0.1", port, "starttls", None, "demo");
        home.run(&line);
        // Had nobody come, it would wait for ever.
        drop(TcpStream::connect(("127.0.0.1", port)));
        assert_eq!(server.heard.join().unwrap(), expected, "{n}");
        assert_queued(&home, &format!("{n}"));
        "sync".clone_into(&mut line);
    }
    let behind = |port| configure(&home, "localhost", port, "starttls", Some(&root), "demo");
    for injected in INJECTED {
        let front = injecting(home.server.smtp_addr(), &good, injected);
        behind(front.port);
        home.run("sync");
        assert_eq!(front.clear(), format!("{HELLO}STARTTLS\r\n"));
        assert_eq!(front.n_secret(), 0);
        assert_queued(&home, injected);
    }
    let before = Before::StartTls(Words::smtp());
    let front = Front::start(home.server.smtp_addr(), &good, before);
    behind(front.port);
    for _ in 0..2 {
        home.run("sync").expect(0, &[]);
        assert_eq!(row(&home).0, "sent");
        assert_eq!(home.server.submissions().len(), 1);
    }
    assert_eq!(front.clear(), format!("{HELLO}STARTTLS\r\n"));
}
