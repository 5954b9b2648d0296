//! Transcripts of servers: each file is played to the real session over loopback, and to the `imap` crate alone.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::panic,
    clippy::print_stdout,
    missing_docs
)]

#[allow(dead_code)]
#[path = "support/transcript.rs"]
mod transcript;

use std::io::{BufRead, BufReader, Cursor, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::unix::process::ExitStatusExt as _;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::thread;
use std::time::{Duration, Instant};

use sterna::remote::command::Command;
use sterna::remote::response::Received;
use sterna::remote::session::Session;
use sterna::remote::strategy::capability::Capabilities;
use sterna::remote::wire::Wire;

use transcript::{Step, Transcript, transcripts};

/// A hang guard, nothing else.
const GUARD: Duration = Duration::from_mins(1);

/// A pair of connected sockets.
fn pair() -> (TcpStream, TcpStream) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let client = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    let (server, _) = listener.accept().unwrap();
    server.set_read_timeout(Some(GUARD)).unwrap();
    (client, server)
}

/// Plays the server's side; returns what did not come as written.
fn serve(socket: TcpStream, steps: Vec<Step>) -> Vec<String> {
    let mut wrong = Vec::new();
    let mut reader = BufReader::new(socket.try_clone().unwrap());
    let mut writer = socket;
    for step in steps {
        match step {
            Step::Client(expected) => {
                let mut line = String::new();
                let _ = reader.read_line(&mut line);
                let line = line.trim_end();
                let command = line.split_once(' ').map_or(line, |(_, command)| command);
                if command != expected {
                    wrong.push(format!("{expected} came as {line}"));
                }
            }
            Step::Server(bytes) => writer.write_all(&bytes).unwrap(),
        }
    }
    wrong
}

/// Runs one transcript through the real session.
fn play(transcript: &Transcript) -> (Vec<String>, Option<String>) {
    let (client, server) = pair();
    let steps = transcript.steps.clone();
    let server = thread::spawn(move || serve(server, steps));
    let mut caps = transcript.caps.clone();
    caps.push("IMAP4REV1".to_owned());
    let wire = Wire::over(client).unwrap();
    let mut session = Session::over(wire, "test", Capabilities::new(&caps, &[]));
    for step in &transcript.steps {
        match step {
            Step::Client(command) if command == "DONE" => {}
            Step::Client(command) if command == "IDLE" => {
                session.send(sterna::remote::command::idle::idle());
            }
            Step::Client(command) => {
                session.send(Command::new(command.clone().leak()));
            }
            Step::Server(_) => {}
        }
    }
    let until = Instant::now() + GUARD;
    let mut seen = Vec::new();
    let mut is_idling = false;
    let error = loop {
        while let Some(received) = session.next() {
            match &received {
                Received::Continue => is_idling = true,
                Received::Untagged(_) if is_idling => {
                    is_idling = false;
                    session.end_idle();
                }
                _ => {}
            }
            seen.push(format!("{received:?}"));
        }
        if session.in_flight() == 0 {
            break None;
        }
        if let Err(error) = session.wait(None, until) {
            break Some(error.to_string());
        }
        assert!(Instant::now() < until, "{} hangs", transcript.name);
    };
    session.logout();
    assert_eq!(server.join().unwrap(), Vec::<String>::new());
    (seen, error)
}

#[test]
fn every_transcript_is_read_as_it_says() {
    for transcript in transcripts() {
        let (seen, error) = play(&transcript);
        let name = &transcript.name;
        assert_eq!(seen.len(), transcript.expected.len(), "{name}: {seen:#?}");
        for (seen, expected) in seen.iter().zip(&transcript.expected) {
            assert!(seen.contains(expected), "{name}: {seen}\nis not {expected}");
        }
        match (&error, &transcript.error) {
            (None, None) => {}
            (Some(error), Some(part)) if error.contains(part) => {}
            _ => panic!("{name}: {error:?}"),
        }
    }
}

/// A stream for the `imap` crate alone: the server's bytes are all there, what it writes goes nowhere.
#[derive(Debug)]
struct Script(Cursor<Vec<u8>>);

impl Read for Script {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        self.0.read(buffer)
    }
}

impl Write for Script {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl imap::extensions::idle::SetReadTimeout for Script {
    fn set_read_timeout(&mut self, _: Option<Duration>) -> imap::Result<()> {
        Ok(())
    }
}

/// What the crate made of it.
struct Alone {
    is_ok: bool,
    /// Unsolicited responses it handed on.
    n_unsolicited: usize,
    /// Response codes it handed on, as it prints them.
    shown: String,
}

fn imap_alone(transcript: &Transcript, call: &str) -> Alone {
    // Its own tags: a1 is LOGIN.
    let text = transcript.server();
    let text = replace(&text, b"S1 ", b"a2 ");
    let text = replace(&text, b"S2 ", b"a3 ");
    let bytes = [b"* OK hello\r\na1 OK in\r\n".to_vec(), text].concat();
    let mut client = imap::Client::new(Script(Cursor::new(bytes)));
    client.read_greeting().unwrap();
    let mut session = client.login("u", "p").map_err(|(error, _)| error).unwrap();
    let (word, argument) = call.split_once(' ').unwrap_or((call, ""));
    let mut shown = String::new();
    let is_ok = match word {
        "run" => {
            let result = session.run(argument);
            shown = format!("{:?}", result.as_ref().map(|_| ()));
            result.is_ok()
        }
        "select" => session.select("INBOX").is_ok(),
        "uid_fetch" => session.uid_fetch("1:*", "FLAGS").is_ok(),
        "list" => session.list(None, Some("*")).is_ok(),
        "list_status" => session
            .list_status(None, Some("*"), "(MESSAGES)")
            .is_ok_and(|pairs| {
                pairs
                    .iter()
                    .all(|(_, status)| status.as_ref().is_some_and(|status| status.exists > 0))
            }),
        "search" => session.search("ALL").is_ok(),
        "uid_mv" => session.uid_mv("1", "x").is_ok(),
        "idle" => session.idle().wait_while(|_| true).is_ok(),
        _ => panic!("{call}"),
    };
    Alone {
        is_ok,
        n_unsolicited: session.take_all_unsolicited().len(),
        shown,
    }
}

fn replace(text: &[u8], from: &[u8], to: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let at_line_start = out.last().is_none_or(|byte| *byte == b'\n');
        if at_line_start && rest.starts_with(from) {
            out.extend_from_slice(to);
            rest = &rest[from.len()..];
        } else {
            out.push(rest[0]);
            rest = &rest[1..];
        }
    }
    out
}

/// Names the transcript that the child gives to the crate alone, and behind a colon the call.
const CHILD: &str = "STERNA_TEST_CHILD";

/// The process that is to end: without the variable there is nothing to play here.
#[test]
fn child() {
    let Ok(part) = std::env::var(CHILD) else {
        return;
    };
    let (name, call) = part.split_once(':').unwrap();
    let transcripts = transcripts();
    let transcript = transcripts.iter().find(|one| one.name == name).unwrap();
    println!("played");
    let alone = imap_alone(transcript, call);
    println!("survived: {}", alone.is_ok);
}

/// Gives a transcript to the crate alone in a process of its own, which must overflow its stack.
fn assert_ends_the_process(name: &str, call: &str) {
    let done = std::process::Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "child", "--nocapture", "--test-threads=1"])
        .env(CHILD, format!("{name}:{call}"))
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&done.stdout);
    let cried = String::from_utf8_lossy(&done.stderr);
    assert!(said.contains("played"), "{name}: {said}{cried}");
    assert!(!said.contains("survived"), "{name}: {said}");
    assert!(
        done.status.signal().is_some(),
        "{name}: {:?}: {cried}",
        done.status
    );
    assert!(cried.contains("overflowed its stack"), "{name}: {cried}");
}

/// The reason why the hot path is our own: where the crate alone fails, the transcript above passes.
#[test]
fn the_imap_crate_alone_does_what_the_transcripts_say() {
    for transcript in transcripts() {
        let name = &transcript.name;
        let (verdict, call) = transcript
            .imap
            .split_once(' ')
            .unwrap_or((&transcript.imap, ""));
        // A stack overflow cannot be caught: a process of its own.
        if verdict == "recurses" {
            assert_ends_the_process(name, call);
            continue;
        }
        let alone = catch_unwind(AssertUnwindSafe(|| imap_alone(&transcript, call)));
        match verdict {
            "fails" => assert!(
                !alone.as_ref().is_ok_and(|alone| alone.is_ok),
                "{name}: imap can do it now"
            ),
            "loses" => assert_eq!(alone.map_or(0, |alone| alone.n_unsolicited), 0, "{name}"),
            "loses_code" => {
                let alone = alone.unwrap();
                assert!(alone.is_ok && !alone.shown.contains("MODIFIED"), "{name}");
            }
            "takes" => assert!(alone.unwrap().is_ok, "{name}"),
            "takes_no" => assert!(!alone.unwrap().is_ok, "{name}"),
            other => panic!("{name}: {other}"),
        }
    }
}

#[test]
fn a_connection_cut_at_any_byte_ends_in_an_error_and_gives_only_whole_responses() {
    let all = transcripts();
    let transcript = all.iter().find(|one| one.name == "qresync_select").unwrap();
    let bytes = transcript.server();
    let (whole, _) = play(transcript);
    for cut in 0..bytes.len() {
        let (client, mut server) = pair();
        let wire = Wire::over(client).unwrap();
        let mut session = Session::over(wire, "test", Capabilities::default());
        session.send(sterna::remote::command::select::noop());
        server.write_all(&bytes[..cut]).unwrap();
        server.shutdown(std::net::Shutdown::Write).unwrap();
        let mut seen = Vec::new();
        let until = Instant::now() + GUARD;
        while session.wait(None, until).is_ok() {
            while let Some(received) = session.next() {
                seen.push(format!("{received:?}"));
            }
            if session.in_flight() == 0 {
                break;
            }
        }
        assert!(
            session.in_flight() == 1 || cut + 2 >= bytes.len(),
            "cut at {cut}"
        );
        assert_eq!(seen, whole[..seen.len()], "cut at {cut}");
    }
}
