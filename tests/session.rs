//! The session against scripted servers: literals, IDLE, deadlines, administrative commands, load in both directions.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::panic,
    missing_docs
)]

#[allow(dead_code)]
#[path = "support/script.rs"]
mod script;

use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use sterna::channel::error::{Recovery, RemoteError};
use sterna::mail::mailbox::MailboxName;
use sterna::remote::command::Command;
use sterna::remote::command::idle;
use sterna::remote::command::select;
use sterna::remote::response::code::Code;
use sterna::remote::response::{Received, Status, Untagged};
use sterna::remote::wire::waker::Waker;

use script::{GUARD, IR, Step, all, bare, done, open, say, serve};

fn create(name: &str) -> Command {
    Command::new("CREATE").astring(name.as_bytes()).unwrap()
}

#[test]
fn a_literal_waits_for_its_plus_and_those_behind_wait_with_it() {
    let (mut session, heard) = bare(
        &[],
        vec![
            Step::Hear("S1 NOOP"),
            Step::Hear("S2 CREATE {3}"),
            say("* 1 EXISTS\r\nS1 OK"),
            say("+ go"),
            Step::Hear("\u{fc}x"),
            say("S2 OK"),
            Step::Hear("S3 CREATE {2}"),
            // Refused: the literal must not follow.
            say("S3 NO never"),
            Step::Hear("S4 NOOP"),
            say("S4 OK"),
        ],
    );
    session.send(select::noop());
    session.send(create("\u{fc}x"));
    session.send(create("\u{fc}"));
    session.send(select::noop());
    let (seen, error) = all(&mut session);
    assert!(error.is_none(), "{error:?}");
    let ends: Vec<_> = seen.iter().filter_map(done).collect();
    assert_eq!(ends, [Status::Ok, Status::Ok, Status::No, Status::Ok]);
    session.logout();
    assert!(!heard.join().unwrap().contains("??"));
}

#[test]
fn literal_plus_and_minus_save_the_round_trip_within_their_limits() {
    for (capability, n, expected) in [
        ("LITERAL+", 5000, "S1 X {5000+}\r\n"),
        ("LITERAL-", 4096, "S1 X {4096+}\r\n"),
        ("LITERAL-", 4097, "S1 X {4097}\r\n"),
        ("LITERAL+", 100_001, "S1 X {100001}\r\n"),
    ] {
        let (mut session, heard) = bare(
            &[capability],
            vec![
                Step::Hear(expected),
                say("+ go"),
                Step::Take(n),
                Step::Hear("\r\n"),
                say("S1 OK"),
            ],
        );
        session.send(Command::new("X").literal(vec![b'x'; n]).unwrap());
        let (_, error) = all(&mut session);
        assert!(error.is_none(), "{error:?}");
        session.logout();
        assert!(!heard.join().unwrap().contains("??"), "{capability} {n}");
    }
}

#[test]
fn a_waker_interrupts_idle_and_the_next_command_follows_its_end() {
    let (mut session, heard) = bare(
        &["IDLE"],
        vec![
            Step::Hear("S1 IDLE"),
            say("+ idling"),
            Step::Hear("DONE"),
            say("* 3 EXPUNGE\r\nS1 OK"),
            Step::Hear("S2 NOOP"),
            say("S2 OK"),
        ],
    );
    let waker = Waker::new().unwrap();
    session.send(idle::idle());
    while !matches!(session.next(), Some(Received::Continue)) {
        session.wait(Some(&waker), Instant::now() + GUARD).unwrap();
    }
    let woken = Arc::new(Mutex::new(false));
    let (other, flag) = (waker.clone(), Arc::clone(&woken));
    let thread = thread::spawn(move || {
        *flag.lock().unwrap() = true;
        other.wake();
    });
    while !*woken.lock().unwrap() {
        session.wait(Some(&waker), Instant::now() + GUARD).unwrap();
    }
    thread.join().unwrap();
    waker.drain();
    session.send(select::noop());
    session.end_idle();
    let (seen, error) = all(&mut session);
    assert!(error.is_none());
    assert!(matches!(seen[0], Received::Untagged(Untagged::Expunge(3))));
    session.logout();
    assert!(!heard.join().unwrap().contains("??"));
}

#[test]
fn an_idle_that_is_ended_before_it_begins_ends_at_once() {
    let (mut session, heard) = bare(
        &[],
        vec![
            Step::Hear("S1 IDLE"),
            say("+"),
            Step::Hear("DONE"),
            say("S1 OK"),
        ],
    );
    session.send(idle::idle());
    session.end_idle();
    let (_, error) = all(&mut session);
    assert!(error.is_none());
    session.logout();
    assert!(!heard.join().unwrap().contains("??"));
}

#[test]
fn a_silent_server_is_dead_only_while_an_answer_is_due() {
    let (mut session, heard) = bare(
        &[],
        vec![Step::Hear("S1 IDLE"), say("+"), Step::Hear("DONE")],
    );
    session.send(idle::idle());
    while !matches!(session.next(), Some(Received::Continue)) {
        session.wait(None, Instant::now() + GUARD).unwrap();
    }
    session.patience().set_silence(Duration::from_millis(30));
    // IDLE may be silent for longer than that.
    session
        .wait(None, Instant::now() + Duration::from_millis(60))
        .unwrap();
    session.patience().set_silence(Duration::from_secs(30));
    session.end_idle();
    let error = all(&mut session).1.unwrap();
    assert!(
        error.to_string().contains("closed the connection"),
        "{error}"
    );
    // Dead stays dead.
    assert_eq!(session.wait(None, Instant::now()), Err(error));
    drop(session);
    let _ = heard.join();

    let (mut session, heard) = bare(&[], vec![Step::Hear("S1 NOOP"), Step::Hear("never")]);
    session.patience().set_silence(Duration::from_millis(30));
    session.send(select::noop());
    let error = all(&mut session).1.unwrap();
    assert!(error.to_string().contains("silent"), "{error}");
    assert_eq!(error.recovery(), Recovery::Reconnect);
    let _ = heard.join();
}

#[test]
fn administrative_commands_go_through_imap_and_lose_nothing() {
    let server = serve(vec![
        say(IR),
        Step::Hear("a1 AUTHENTICATE"),
        say("a1 OK [CAPABILITY IMAP4rev1] in"),
        Step::Hear("a2 CREATE \"Entw&APw-rfe\""),
        say("* 2 EXPUNGE\r\n* Goodbye {x}\r\n* NO \u{e9}\r\na2 OK created"),
        Step::Hear("a3 DELETE \"x\""),
        say("a3 NO [NONEXISTENT] gibt es nicht: \u{e9}"),
        Step::Hear("a4 RENAME \"a\\\"b\" \"c\""),
        say("a4 OK"),
        Step::Hear("S1 NOOP"),
        say("S1 OK"),
    ]);
    let mut session = open(&server).unwrap();
    session
        .create(&MailboxName::from_display("Entw\u{fc}rfe"))
        .unwrap();
    assert!(matches!(
        session.next(),
        Some(Received::Untagged(Untagged::Expunge(2)))
    ));
    let error = session.delete(&MailboxName::from_raw(b"x")).unwrap_err();
    let RemoteError::Refused { text, .. } = &error.error else {
        panic!("{error:?}");
    };
    assert_eq!(text.as_str(), "gibt es nicht: \u{e9}");
    assert_eq!(error.code, Some(Code::Nonexistent));
    let (from, to) = (MailboxName::from_raw(b"a\"b"), MailboxName::from_raw(b"c"));
    session.rename(&from, &to).unwrap();
    for name in [&b"x\r\nz DELETE y"[..], b"", b"a\0"] {
        assert!(session.subscribe(&MailboxName::from_raw(name)).is_err());
    }
    // Busy: refused, and nothing sent.
    session.send(select::noop());
    assert!(session.unsubscribe(&to).is_err());
    assert!(all(&mut session).1.is_none());
    session.logout();
    assert!(!server.heard.join().unwrap().contains("??"));
}

#[test]
fn reading_goes_on_while_much_is_being_written() {
    const N: usize = 100;
    let mut news = Vec::new();
    while news.len() < 8_000_000 {
        news.extend_from_slice(format!("* OK {}\r\n", "x".repeat(900)).as_bytes());
    }
    // The server hears nothing until it has said everything: neither side's buffers could hold it.
    let mut steps = vec![Step::Say(news)];
    for n in 1..=N {
        let text: &'static str = format!("S{n} X {{90000+}}\r\n").leak();
        steps.push(Step::Hear(text));
        steps.push(Step::Take(90_000));
        steps.push(Step::Hear("\r\n"));
        steps.push(say(&format!("S{n} OK")));
    }
    let (mut session, heard) = bare(&["LITERAL+"], steps);
    for _ in 0..N {
        session.send(Command::new("X").literal(vec![b'y'; 90_000]).unwrap());
    }
    let (seen, error) = all(&mut session);
    assert!(error.is_none(), "{error:?}");
    assert_eq!(seen.iter().filter_map(done).count(), N);
    session.logout();
    assert!(!heard.join().unwrap().contains("??"));
}
