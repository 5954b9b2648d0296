//! The log of a session in full. Alone in its program: whether a line is listened to is settled for all threads at once.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    missing_docs
)]

#[allow(dead_code)]
#[path = "submission/rig.rs"]
mod rig;
#[allow(dead_code)]
#[path = "support/script.rs"]
mod script;

use std::io::Write;
use std::sync::{Arc, Mutex};

use sterna::demo::smtp::manner::Manner;
use sterna::mail::uid_set::UidSet;
use sterna::remote::command::fetch;

use script::{Step, all, open, say, serve};

/// A log in memory.
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[test]
fn the_whole_trace_of_a_session_and_of_a_mail_that_is_sent_holds_no_secret_and_no_mail() {
    let server = serve(vec![
        say("* OK [CAPABILITY IMAP4rev1 AUTH=PLAIN] ready"),
        Step::Hear("a1 AUTHENTICATE PLAIN"),
        say("+"),
        Step::Hear("AGFubmEA"),
        // A server that repeats what it heard.
        say("a1 OK [CAPABILITY IMAP4rev1] hello AGFubmEAZ2VoZSJpbQ== gehe\"im"),
        Step::Hear("S1 UID FETCH"),
        say("* 1 FETCH (UID 1 BODY[] {15}\r\nSubject: privat)\r\nS1 OK \u{1b}[2Jdone"),
    ]);
    let log = Arc::new(Mutex::new(Vec::new()));
    let sink = Arc::clone(&log);
    tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_ansi(false)
        .with_writer(move || Log(Arc::clone(&sink)))
        .init();
    let mut session = open(&server).unwrap();
    session.send(fetch::bodies(&UidSet::from_range(1, 1)));
    assert!(all(&mut session).1.is_none());
    session.logout();
    let _ = server.heard.join();
    send_mail();
    let log = String::from_utf8(log.lock().unwrap().clone()).unwrap();
    assert!(log.contains("C: S1 UID FETCH 1 (UID BODY.PEEK[])"), "{log}");
    assert!(log.contains("{15}<redacted 15>"), "{log}");
    for part in ["C: EHLO ", "S: 235 <", "C: MAIL FROM", "C: DATA", "S: 354 "] {
        assert!(log.contains(part), "{part} is not in the log:\n{log}");
    }
    let mail = ["ZGVtbw", "AGRlbW8", "VXNlcm5hbWU6", "Lunch"];
    for secret in ["gehe", "Z2VoZ", "AGFub", "privat", "\u{1b}"]
        .iter()
        .chain(&mail)
    {
        assert!(!log.contains(secret), "{secret:?} is in the log:\n{log}");
    }
}

/// By every way of a login with a password.
fn send_mail() {
    let server = rig::server();
    for mechanism in ["PLAIN", "LOGIN"] {
        server.set_manner(Manner {
            offers: rig::names(&["localhost", &format!("AUTH {mechanism}")]),
            files_sent: false,
        });
        let (sent, _) = rig::send(&mut rig::open(&server), &["bela@example.org"], rig::LETTER);
        sent.unwrap();
    }
}
