//! The wire against scripted servers on loopback: greeting, login, STARTTLS, literals, IDLE, deadlines, hostile framing.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::panic,
    missing_docs
)]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use sterna::channel::error::{Recovery, RemoteError};
use sterna::mail::account::{Endpoint, Security};
use sterna::mail::mailbox::MailboxName;
use sterna::mail::secret::Secret;
use sterna::mail::uid_set::UidSet;
use sterna::remote::capability::Capabilities;
use sterna::remote::command::Command;
use sterna::remote::framer::{Caps, Framer};
use sterna::remote::response::{self, Data, Received, Status, Untagged};
use sterna::remote::select::{self, Resync};
use sterna::remote::session::Session;
use sterna::remote::waker::Waker;
use sterna::remote::{fetch, flags, idle, list, search};

const GUARD: Duration = Duration::from_mins(1);

/// What the script does: say bytes, or take a line that begins so.
#[derive(Clone)]
enum Step {
    Say(Vec<u8>),
    Hear(&'static str),
    /// Take so many bytes, whatever they are.
    Take(usize),
}

fn say(text: &str) -> Step {
    Step::Say(format!("{text}\r\n").into_bytes())
}

struct Server {
    endpoint: Endpoint,
    /// Everything the client sent.
    heard: JoinHandle<String>,
}

/// Plays one connection, then reads until the client closes.
fn serve(steps: Vec<Step>) -> Server {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let heard = thread::spawn(move || {
        let (socket, _) = listener.accept().unwrap();
        socket.set_read_timeout(Some(GUARD)).unwrap();
        let mut reader = BufReader::new(socket.try_clone().unwrap());
        let mut writer = socket;
        let mut heard = String::new();
        for step in steps {
            match step {
                Step::Say(bytes) => {
                    if writer.write_all(&bytes).is_err() {
                        break;
                    }
                }
                Step::Hear(expected) => {
                    let mut line = String::new();
                    let _ = reader.read_line(&mut line);
                    heard.push_str(&line);
                    if !line.starts_with(expected) {
                        heard.push_str("?? ");
                        heard.push_str(expected);
                        break;
                    }
                }
                Step::Take(n) => {
                    let mut bytes = vec![0; n];
                    let _ = reader.read_exact(&mut bytes);
                    heard.push_str(&String::from_utf8_lossy(&bytes));
                }
            }
        }
        let _ = writer.shutdown(std::net::Shutdown::Write);
        let mut rest = Vec::new();
        let _ = reader.read_to_end(&mut rest);
        heard.push_str(&String::from_utf8_lossy(&rest));
        heard
    });
    Server {
        endpoint: Endpoint {
            host: "127.0.0.1".to_owned(),
            port,
            security: Security::Plain,
            ca_file: None,
        },
        heard,
    }
}

fn open(server: &Server) -> Result<Session, RemoteError> {
    let secret = Secret::new("gehe\"im".to_owned());
    Session::open(&server.endpoint, "anna", &secret, &["MOVE".to_owned()])
}

/// What came until nothing is in flight any more, or the connection died.
fn all(session: &mut Session) -> (Vec<Received>, Option<RemoteError>) {
    let mut seen = Vec::new();
    loop {
        while let Some(received) = session.next() {
            seen.push(received);
        }
        if session.in_flight() == 0 {
            return (seen, None);
        }
        if let Err(error) = session.wait(None, Instant::now() + GUARD) {
            return (seen, Some(error));
        }
    }
}

fn done(received: &Received) -> Option<Status> {
    match received {
        Received::Done { status, .. } => Some(*status),
        _ => None,
    }
}

const IR: &str = "* OK [CAPABILITY IMAP4rev1 AUTH=PLAIN SASL-IR LITERAL+] ready";

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
fn no_password_leaves_where_the_greeting_is_not_ok_or_passwords_are_refused() {
    for greeting in [
        "* PREAUTH welcome",
        "* BYE full",
        "HTTP/1.1 400 Bad Request",
        "a1 OK ready",
        "* 5 EXISTS",
        "220 mail ESMTP",
        "* OK [CAPABILITY IMAP4rev1 LOGINDISABLED STARTTLS] ready",
    ] {
        let server = serve(vec![say(greeting)]);
        assert!(open(&server).is_err(), "{greeting}");
        assert_eq!(server.heard.join().unwrap(), "", "{greeting}");
    }
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
    assert_eq!(server.heard.join().unwrap(), "");
}

#[test]
fn starttls_is_refused_where_anything_is_wrong_before_tls() {
    for (steps, part) in [
        (vec![say("* PREAUTH hi")], "PREAUTH"),
        (
            vec![say("* OK hi"), Step::Hear("T1 STARTTLS"), say("T1 NO")],
            "STARTTLS",
        ),
        (
            vec![say("* OK hi"), Step::Hear("T1 STARTTLS"), say("T1 BAD")],
            "STARTTLS",
        ),
        (
            vec![say("* OK hi"), Step::Hear("T1 STARTTLS"), say("+ go")],
            "STARTTLS",
        ),
        (
            vec![
                say("* OK hi"),
                Step::Hear("T1 STARTTLS"),
                say("T1 OK go\r\n* CAPABILITY AUTH=LOGIN\r\na2 OK"),
            ],
            "before TLS",
        ),
        (
            vec![
                say("* OK hi"),
                Step::Hear("T1 STARTTLS"),
                say("T1 OK go\r\n* OK [AL"),
            ],
            "before TLS",
        ),
    ] {
        let mut server = serve(steps);
        server.endpoint.security = Security::StartTls;
        let error = open(&server).unwrap_err();
        assert_eq!(error.recovery(), Recovery::TellUser);
        assert!(error.to_string().contains(part), "{error}");
        let heard = server.heard.join().unwrap();
        assert!(
            !heard.contains("AUTH") && !heard.contains("LOGIN"),
            "{heard}"
        );
    }
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

/// The certificates of `tests/tls`, made with openssl and good for a hundred years, but for the expired one.
fn tls_server(name: &str) -> (Endpoint, JoinHandle<String>) {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/tls");
    let read = |end: &str| std::fs::read(format!("{folder}/{name}.{end}")).unwrap();
    let identity = native_tls::Identity::from_pkcs8(&read("pem"), &read("key")).unwrap();
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
        ca_file: Some(format!("{folder}/ca.pem").into()),
    };
    (endpoint, heard)
}

#[test]
fn tls_with_an_authority_of_ones_own_carries_a_session() {
    let (endpoint, heard) = tls_server("good");
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

#[test]
fn a_bad_certificate_is_refused_before_any_word_and_the_error_says_why() {
    for (name, with_ca, part) in [
        ("good", false, "ca-file"),
        ("other-host", true, "mismatch"),
        ("expired", true, "expired"),
        ("self-signed", true, "ca-file"),
    ] {
        let (mut endpoint, heard) = tls_server(name);
        if !with_ca {
            endpoint.ca_file = None;
        }
        let secret = Secret::new("x".to_owned());
        let error = Session::open(&endpoint, "anna", &secret, &[]).unwrap_err();
        assert_eq!(error.recovery(), Recovery::TellUser, "{error}");
        assert!(error.to_string().contains(part), "{name}: {error}");
        assert!(!heard.join().unwrap().contains("AUTHENTICATE"));
    }
}

/// A session without login, and the script's other end.
fn bare(capabilities: &[&str], steps: Vec<Step>) -> (Session, JoinHandle<String>) {
    let server = serve(steps);
    let socket = TcpStream::connect(("127.0.0.1", server.endpoint.port)).unwrap();
    let wire = sterna::remote::wire::Wire::over(socket).unwrap();
    let names: Vec<String> = capabilities.iter().map(|name| (*name).to_owned()).collect();
    let session = Session::over(wire, "test", Capabilities::new(&names, &[]));
    (session, server.heard)
}

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
    session.set_silence(Duration::from_millis(30));
    // IDLE may be silent for longer than that.
    session
        .wait(None, Instant::now() + Duration::from_millis(60))
        .unwrap();
    session.set_silence(Duration::from_secs(30));
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
    session.set_silence(Duration::from_millis(30));
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
    let RemoteError::Refused { text, .. } = &error else {
        panic!("{error}");
    };
    assert_eq!(text.as_str(), "gibt es nicht: \u{e9}");
    let (from, to) = (MailboxName::from_raw(b"a\"b"), MailboxName::from_raw(b"c"));
    session.rename(&from, &to).unwrap();
    for name in [&b"x\r\nz DELETE y"[..], b"\xe9", b"", b"a\0"] {
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
fn commands_are_written_as_the_server_expects_them() {
    let names = |list: &[&str]| {
        list.iter()
            .map(|name| (*name).to_owned())
            .collect::<Vec<_>>()
    };
    let full = Capabilities::new(
        &names(&[
            "QRESYNC",
            "OBJECTID",
            "X-GM-EXT-1",
            "LIST-EXTENDED",
            "LIST-STATUS",
            "SPECIAL-USE",
            "ESEARCH",
        ]),
        &[],
    );
    let none = Capabilities::default();
    let set = UidSet::parse(b"1:5,9").unwrap();
    let uid = set.min().unwrap();
    let inbox = MailboxName::from_raw(b"inbox");
    let validity = sterna::mail::uid::UidValidity::new(7).unwrap();
    let mod_seq = sterna::mail::uid::ModSeq::new(99);
    let path = sterna::mail::part::PartPath::parse("1.2").unwrap();
    let fields = "BODY.PEEK[HEADER.FIELDS (date from to cc subject message-id references in-reply-to content-type \
                  list-id reply-to sender bcc auto-submitted list-post list-unsubscribe delivered-to)])";
    for (command, expected) in [
        (fetch::headers(&set, &none), format!("UID FETCH 1:5,9 (UID FLAGS INTERNALDATE RFC822.SIZE {fields}")),
        (
            fetch::headers_by_sequence(3, 9, &full),
            format!("FETCH 3:9 (UID FLAGS INTERNALDATE RFC822.SIZE MODSEQ EMAILID X-GM-MSGID X-GM-THRID {fields}"),
        ),
        (fetch::headers_from(uid, &none), format!("UID FETCH 1:* (UID FLAGS INTERNALDATE RFC822.SIZE {fields}")),
        (fetch::flags(&set, None), "UID FETCH 1:5,9 (UID FLAGS)".to_owned()),
        (fetch::flags(&set, Some(mod_seq)), "UID FETCH 1:5,9 (UID FLAGS) (CHANGEDSINCE 99)".to_owned()),
        (fetch::flags_and_vanished(&set, mod_seq), "UID FETCH 1:5,9 (UID FLAGS) (CHANGEDSINCE 99 VANISHED)".to_owned()),
        (fetch::body(uid), "UID FETCH 1 (UID BODY.PEEK[])".to_owned()),
        (fetch::structure_and_header(uid), "UID FETCH 1 (UID BODYSTRUCTURE BODY.PEEK[HEADER])".to_owned()),
        (fetch::section(uid, &path, Some((0, 65536))), "UID FETCH 1 (UID BODY.PEEK[1.2]<0.65536>)".to_owned()),
        (fetch::sections(uid, &[path.clone(), path.clone()], None), "UID FETCH 1 (UID BODY.PEEK[1.2] BODY.PEEK[1.2])".to_owned()),
        (flags::store(&set, true, ["\\Seen"]).unwrap(), "UID STORE 1:5,9 +FLAGS.SILENT (\\Seen)".to_owned()),
        (search::existing(&set, &full), "UID SEARCH RETURN (ALL) UID 1:5,9".to_owned()),
        (search::all(&none), "UID SEARCH ALL".to_owned()),
        (list::all(&none), "LIST \"\" \"*\"".to_owned()),
        (
            list::all(&full),
            "LIST \"\" \"*\" RETURN (SUBSCRIBED CHILDREN SPECIAL-USE STATUS (MESSAGES UIDNEXT UIDVALIDITY UNSEEN HIGHESTMODSEQ MAILBOXID))".to_owned(),
        ),
        (list::status(&inbox, &none).unwrap(), "STATUS INBOX (MESSAGES UIDNEXT UIDVALIDITY UNSEEN)".to_owned()),
        (select::select(&inbox, Resync::CondStore).unwrap(), "SELECT INBOX (CONDSTORE)".to_owned()),
        (
            select::select(&inbox, Resync::QResync { validity, mod_seq, max_uid: 20 }).unwrap(),
            "SELECT INBOX (QRESYNC (7 99 1:20))".to_owned(),
        ),
    ] {
        assert_eq!(command.to_string(), expected);
    }
    assert!(flags::store(&UidSet::new(), true, ["\\Seen"]).is_err());
}

#[test]
fn large_literals_go_to_a_file_and_lies_about_lengths_cost_nothing() {
    let mut framer = Framer::default();
    let body: Vec<u8> = (0..200_000_u32).map(|n| n.to_le_bytes()[0]).collect();
    framer.push(b"* 1 FETCH (UID 3 BODY[] {200000}\r\n");
    framer.push(&body);
    framer.push(b" FLAGS (\\Seen) BODY[1] {2}\r\nab)\r\n");
    let Received::Untagged(Untagged::Fetch(fetch)) = response::parse(&framer.next_frame().unwrap())
    else {
        panic!();
    };
    assert!(fetch.flags.is_some());
    let [whole, part] = fetch.sections.as_slice() else {
        panic!();
    };
    assert!(matches!(&part.data, Data::Memory(bytes) if bytes == b"ab"));
    let Data::File(file) = &whole.data else {
        panic!("{:?}", whole.data);
    };
    assert_eq!(file.read_at(199_998, 10).unwrap(), &body[199_998..]);
    assert_eq!(whole.data.clone().into_bytes().unwrap(), body);

    for (line, is_lost) in [
        (&b"* 1 FETCH (BODY[] {-1}\r\n"[..], false),
        (b"* 1 FETCH (BODY[] {}\r\n", false),
        (b"* 1 FETCH (BODY[] {x}\r\n", false),
        (b"* 1 FETCH (BODY[] {99999999999999999999}\r\n", true),
        (b"* 1 FETCH (BODY[] {4294967295}\r\nabc", true),
        (b"* 1 FETCH (BODY[] {1000000000}\r\nabc", false),
    ] {
        let mut framer = Framer::default();
        framer.push(line);
        assert_eq!(framer.lost().is_some(), is_lost, "{}", line.escape_ascii());
        framer.push(b"* 1 EXISTS\r\n");
        while let Some(frame) = framer.next_frame() {
            let _ = response::parse(&frame);
        }
    }
}

#[test]
fn what_is_too_long_is_skipped_and_what_follows_is_read() {
    let caps = Caps {
        line: 100,
        number_line: 1000,
        response: 1100,
        memory_literal: 250,
        literal: 5000,
    };
    let long = "x".repeat(200);
    let numbers = "1 ".repeat(400);
    let too_many = "1 ".repeat(600);
    let literal = "y".repeat(240);
    for (text, expected) in [
        (format!("* OK {long}"), "Broken"),
        // The length of a skipped line's literal still counts.
        (
            format!("* 1 FETCH (X {long} BODY[] {{5}}\r\n* 9 B)"),
            "Broken",
        ),
        (format!("* SEARCH {numbers}"), "Search"),
        (format!("* SEARCH {too_many}"), "Broken"),
        (
            format!("* OK [COPYUID 1 {0} {0}] x", "1,".repeat(200)),
            "CopyUid",
        ),
        (
            format!(
                "* 1 FETCH (A{} UID 3)",
                format!(" {{240}}\r\n{literal}").repeat(5)
            ),
            "Broken",
        ),
        (
            format!("* 1 FETCH (A {{1000}}\r\n{} UID 3)", "z".repeat(1000)),
            "uid: Some(Uid(3))",
        ),
    ] {
        let mut framer = Framer::new(caps);
        framer.push(text.as_bytes());
        framer.push(b"\r\n* 7 EXISTS\r\n");
        let first = format!("{:?}", response::parse(&framer.next_frame().unwrap()));
        assert!(first.contains(expected), "{first}");
        let second = framer.next_frame().map(|frame| response::parse(&frame));
        assert!(
            matches!(second, Some(Received::Untagged(Untagged::Exists(7)))),
            "{text}"
        );
    }
    // A line without end does not go on for ever.
    let mut framer = Framer::new(caps);
    for _ in 0..1000 {
        framer.push(&[b'x'; 100]);
    }
    assert!(framer.lost().is_some());
}

#[test]
fn a_million_numbers_in_any_order_are_read() {
    let mut line = b"* VANISHED ".to_vec();
    for n in (1..1_000_000_u32).rev() {
        line.extend_from_slice(format!("{},", n * 2).as_bytes());
    }
    line.extend_from_slice(b"2\r\n");
    let mut framer = Framer::default();
    framer.push(&line);
    let Received::Untagged(Untagged::Vanished { uids, .. }) =
        response::parse(&framer.next_frame().unwrap())
    else {
        panic!();
    };
    assert_eq!(uids.len(), 999_999);
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
fn the_whole_trace_of_a_session_holds_no_secret_and_no_mail() {
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
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_ansi(false)
        .with_writer(move || Log(Arc::clone(&sink)))
        .finish();
    tracing::subscriber::with_default(subscriber, || {
        let mut session = open(&server).unwrap();
        session.send(fetch::body(UidSet::from_range(1, 1).min().unwrap()));
        assert!(all(&mut session).1.is_none());
        session.logout();
    });
    let _ = server.heard.join();
    let log = String::from_utf8(log.lock().unwrap().clone()).unwrap();
    assert!(log.contains("C: S1 UID FETCH 1 (UID BODY.PEEK[])"), "{log}");
    assert!(log.contains("{15}<redacted 15>"), "{log}");
    for secret in ["gehe", "Z2VoZ", "AGFub", "privat", "\u{1b}"] {
        assert!(!log.contains(secret), "{secret:?} is in the log:\n{log}");
    }
}
