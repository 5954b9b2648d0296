//! Transcripts of servers: each file is played to the real session over loopback, and to the `imap` crate alone.
//!
//! `C:` a command, `S:` a line of the server (`{T}` the last command's tag, `\xNN` a byte, `\r`, `\n`, a last `\` no line
//! end), `=` a part of the next response's description, `!` of the error at the end, `caps:` what the server can do,
//! `imap:` what the crate alone does with it: `fails`, `loses` (succeeds or not, but hands nothing on), `takes`.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::panic,
    missing_docs
)]

use std::io::{BufRead, BufReader, Cursor, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::thread;
use std::time::{Duration, Instant};

use sterna::remote::capability::Capabilities;
use sterna::remote::command::Command;
use sterna::remote::filter;
use sterna::remote::framer::{Caps, Framer};
use sterna::remote::response::{self, Received, Untagged};
use sterna::remote::session::Session;
use sterna::remote::wire::Wire;

/// A hang guard, nothing else.
const GUARD: Duration = Duration::from_mins(1);

#[derive(Debug, Clone)]
enum Step {
    Client(String),
    Server(Vec<u8>),
}

#[derive(Debug, Clone)]
struct Transcript {
    name: String,
    imap: String,
    caps: Vec<String>,
    steps: Vec<Step>,
    expected: Vec<String>,
    error: Option<String>,
}

impl Transcript {
    fn read(name: &str, text: &str) -> Self {
        let mut all = Self {
            name: name.to_owned(),
            imap: String::new(),
            caps: Vec::new(),
            steps: Vec::new(),
            expected: Vec::new(),
            error: None,
        };
        let mut n_commands = 0;
        for line in text.lines() {
            match line.split_at(line.find(' ').map_or(line.len(), |at| at + 1)) {
                ("C: ", command) => {
                    n_commands += i32::from(command != "DONE");
                    all.steps.push(Step::Client(command.to_owned()));
                }
                ("S: ", line) => {
                    let line = line.replace("{T}", &format!("S{n_commands}"));
                    all.steps.push(Step::Server(bytes(&line)));
                }
                ("S:", "") => all.steps.push(Step::Server(b"\r\n".to_vec())),
                ("= ", part) => all.expected.push(part.to_owned()),
                ("! ", part) => all.error = Some(part.to_owned()),
                ("imap: ", what) => what.clone_into(&mut all.imap),
                ("caps: ", names) => all.caps = names.split(' ').map(str::to_owned).collect(),
                ("# ", _) | ("", "") => {}
                _ => panic!("{name}: {line}"),
            }
        }
        assert!(!all.imap.is_empty(), "{name} says nothing of imap");
        all
    }

    /// Everything the server says.
    fn server(&self) -> Vec<u8> {
        let lines = self.steps.iter().filter_map(|step| match step {
            Step::Server(bytes) => Some(bytes.as_slice()),
            Step::Client(_) => None,
        });
        lines.collect::<Vec<_>>().concat()
    }
}

fn bytes(line: &str) -> Vec<u8> {
    let line = line.replace("@NEST@", &"(".repeat(100_000));
    let mut out = Vec::new();
    let mut rest = line.as_str();
    let mut ended = false;
    while let Some(at) = rest.find('\\') {
        out.extend_from_slice(&rest.as_bytes()[..at]);
        let after = &rest[at + 1..];
        match after.chars().next() {
            Some('x') => {
                out.push(u8::from_str_radix(&after[1..3], 16).unwrap());
                rest = &after[3..];
            }
            Some('r') => {
                out.push(b'\r');
                rest = &after[1..];
            }
            Some('n') => {
                out.push(b'\n');
                rest = &after[1..];
            }
            None => {
                ended = true;
                rest = after;
            }
            // A backslash of the protocol.
            Some(_) => {
                out.push(b'\\');
                let n = usize::from(after.starts_with(['\\', '"']));
                out.extend_from_slice(&after.as_bytes()[..n]);
                rest = &after[n..];
            }
        }
    }
    out.extend_from_slice(rest.as_bytes());
    if !ended {
        out.extend_from_slice(b"\r\n");
    }
    out
}

fn transcripts() -> Vec<Transcript> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/transcripts");
    let mut files: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    files.sort();
    let all: Vec<_> = files
        .iter()
        .map(|path| {
            let text = std::fs::read_to_string(path).unwrap();
            Transcript::read(path.file_stem().unwrap().to_str().unwrap(), &text)
        })
        .collect();
    assert!(all.len() > 25);
    all
}

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
                session.send(sterna::remote::idle::idle());
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

/// The reason why the hot path is our own: where the crate alone fails, the transcript above passes.
#[test]
fn the_imap_crate_alone_does_what_the_transcripts_say() {
    for transcript in transcripts() {
        let name = &transcript.name;
        let (verdict, call) = transcript
            .imap
            .split_once(' ')
            .unwrap_or((&transcript.imap, ""));
        // A stack overflow cannot be caught: told, not run.
        if verdict == "recurses" {
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

fn parse_all(framer: &mut Framer) -> Vec<String> {
    let mut all = Vec::new();
    while let Some(frame) = framer.next_frame() {
        all.push(format!("{:?}", response::parse(&frame)));
    }
    all
}

/// Small caps, so that small files reach them.
fn tight() -> Caps {
    Caps {
        line: 60,
        number_line: 200,
        response: 120,
        memory_literal: 6,
        literal: 400,
    }
}

#[test]
fn how_the_bytes_are_split_does_not_matter() {
    for transcript in transcripts() {
        let bytes = transcript.server();
        if bytes.len() > 20_000 {
            continue;
        }
        for caps in [Caps::default(), tight()] {
            let read = |step: usize| {
                let mut framer = Framer::new(caps);
                for part in bytes.chunks(step) {
                    framer.push(part);
                }
                let lost = framer.lost().cloned();
                // Files have descriptors in their description.
                let seen: Vec<_> = parse_all(&mut framer)
                    .into_iter()
                    .map(|text| text.split("File(").next().unwrap().to_owned())
                    .collect();
                (seen, lost)
            };
            let whole = read(usize::MAX);
            for step in [1, 2, 3, 7, 50] {
                assert_eq!(read(step), whole, "{} by {step}", transcript.name);
            }
        }
    }
}

/// A fuzz target: any bytes, no panic.
fn fuzz_wire(bytes: &[u8]) {
    for caps in [Caps::default(), tight()] {
        let mut framer = Framer::new(caps);
        framer.push(bytes);
        framer.push(b"\r\n");
        while let Some(frame) = framer.next_frame() {
            let _ = response::parse(&frame);
            let _ = filter::for_imap(&frame);
        }
    }
    let _ = sterna::mail::utf7::decode(bytes);
}

/// A small generator of our own, so that a failure can be repeated.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % u64::try_from(limit.max(1)).unwrap()).unwrap()
    }
}

fn mutate(seed: &[u8], random: &mut Random) -> Vec<u8> {
    const WORDS: [&[u8]; 16] = [
        b"(",
        b")",
        b"\"",
        b"{5}\r\n",
        b"{99999999999}\r\n",
        b"NIL",
        b"[",
        b"]",
        b"\\",
        b"\0",
        b"\xff",
        b"18446744073709551616",
        b"-1",
        b":*",
        b" ",
        b"\r\n",
    ];
    let mut bytes = seed.to_vec();
    for _ in 0..=random.below(6) {
        let at = random.below(bytes.len() + 1);
        match random.below(5) {
            0 if at < bytes.len() => bytes[at] = u8::try_from(random.below(256)).unwrap(),
            1 if at < bytes.len() => {
                bytes.remove(at);
            }
            2 => bytes.truncate(at),
            3 => {
                let end = (at + random.below(20)).min(bytes.len());
                let piece = bytes[at..end].to_vec();
                let to = random.below(bytes.len() + 1);
                bytes.splice(to..to, piece);
            }
            _ => {
                let word = WORDS[random.below(WORDS.len())];
                bytes.splice(at..at, word.iter().copied());
            }
        }
    }
    bytes
}

#[test]
fn ten_thousand_mutated_responses_do_no_harm() {
    let seeds: Vec<Vec<u8>> = transcripts()
        .iter()
        .map(Transcript::server)
        .filter(|bytes| bytes.len() < 5000)
        .collect();
    let n = std::env::var("STERNA_FUZZ_RUNS")
        .ok()
        .and_then(|n| n.parse().ok())
        .unwrap_or(10_000);
    let mut random = Random(0x5EED_0001);
    for run in 0..n {
        let bytes = mutate(&seeds[random.below(seeds.len())], &mut random);
        let result = catch_unwind(|| fuzz_wire(&bytes));
        assert!(result.is_ok(), "run {run}: {}", bytes.escape_ascii());
    }
}

/// On lines that both understand, ours and imap-proto say the same.
#[test]
fn well_formed_lines_mean_what_imap_proto_says() {
    use imap_proto::types::{AttributeValue, MailboxDatum, Response};
    let mut n_compared = 0;
    for line in [
        "* 23 EXISTS",
        "* 44 EXPUNGE",
        "* SEARCH 2 84 882",
        "* FLAGS (\\Answered \\Seen $Junk)",
        "* LIST (\\Noselect \\HasChildren) \"/\" \"foo bar\"",
        "* STATUS blurdybloop (MESSAGES 231 UIDNEXT 44292)",
        "* 12 FETCH (UID 7 FLAGS (\\Seen $x) RFC822.SIZE 44827 MODSEQ (65402))",
        "* 12 FETCH (UID 7 BODY[HEADER] {5}\r\nA: b\n X-GM-MSGID 12)",
    ] {
        let full = format!("{line}\r\n");
        let (_, theirs) = imap_proto::parser::parse_response(full.as_bytes()).unwrap();
        let mut framer = Framer::default();
        framer.push(full.as_bytes());
        let Received::Untagged(ours) = response::parse(&framer.next_frame().unwrap()) else {
            panic!("{line}");
        };
        match (theirs, ours) {
            (Response::MailboxData(MailboxDatum::Exists(a)), Untagged::Exists(b))
            | (Response::Expunge(a), Untagged::Expunge(b)) => assert_eq!(a, b),
            (Response::MailboxData(MailboxDatum::Search(a)), Untagged::Search { uids, .. }) => {
                assert_eq!(a, uids);
            }
            (Response::MailboxData(MailboxDatum::Flags(a)), Untagged::Flags(b)) => assert_eq!(a, b),
            (
                Response::MailboxData(MailboxDatum::List {
                    name, delimiter, ..
                }),
                Untagged::List(b),
            ) => {
                assert_eq!(name.as_bytes(), b.name.raw());
                assert_eq!(delimiter.map(|d| d.as_bytes()[0]), b.delimiter);
            }
            (
                Response::MailboxData(MailboxDatum::Status { mailbox, .. }),
                Untagged::Status { name, items },
            ) => {
                assert_eq!(mailbox.as_bytes(), name.raw());
                assert_eq!((items.messages, items.uid_next), (Some(231), Some(44292)));
            }
            (Response::Fetch(seq, values), Untagged::Fetch(fetch)) => {
                assert_eq!(seq, fetch.seq);
                for value in values {
                    match value {
                        AttributeValue::Uid(uid) => assert_eq!(uid, fetch.uid.unwrap().get()),
                        AttributeValue::Flags(flags) => {
                            assert_eq!(
                                flags,
                                fetch.flags.as_ref().unwrap().names().collect::<Vec<_>>()
                            );
                        }
                        AttributeValue::Rfc822Size(n) => {
                            assert_eq!(Some(u64::from(n)), fetch.size_bytes);
                        }
                        AttributeValue::ModSeq(n) => assert_eq!(n, fetch.mod_seq.unwrap().get()),
                        AttributeValue::GmailMsgId(n) => assert_eq!(Some(n), fetch.gm_message),
                        AttributeValue::BodySection { data, .. } => {
                            let ours = fetch.sections[0].data.clone().into_bytes().unwrap();
                            assert_eq!(data.unwrap().as_ref(), ours);
                        }
                        other => panic!("{other:?}"),
                    }
                }
            }
            other => panic!("{other:?}"),
        }
        n_compared += 1;
    }
    assert_eq!(n_compared, 8);
}

/// One line for each thing that imap-proto refuses or dies of; ours reads every one of them.
#[test]
fn lines_that_imap_proto_rejects_are_read() {
    for line in [
        "* XLIST () \"/\" x",
        "* SORT 2 3 (MODSEQ 9)",
        "* STATUS x (SIZE 1)",
        "* STATUS x (APPENDLIMIT NIL)",
        "* LIST () \"/\" x (\"CHILDINFO\" (\"SUBSCRIBED\"))",
        "* LIST (Marked) \"/\" x",
        "* LIST () \"/\" a*b",
        "* 1 FETCH (ENVELOPE (NIL NIL () NIL NIL NIL NIL NIL NIL NIL))",
        "* 1 FETCH (BODYSTRUCTURE (\"TEXT\" \"PLAIN\" () NIL NIL \"7BIT\" 1 1))",
        "* 1 FETCH (BODYSTRUCTURE (\"TEXT\" \"PLAIN\" (\"CHARSET\" NIL) NIL NIL \"7BIT\" 1 1))",
        "* 1 FETCH (BODYSTRUCTURE (\"TEXT\" \"PLAIN\" NIL NIL NIL NIL 1 1))",
        "* 1 FETCH (BODYSTRUCTURE ((\"RELATED\" NIL (\"ATTACHMENT\" NIL) NIL) \"MIXED\"))",
        "* 1 FETCH ((ENVELOPE (NIL NIL NIL NIL NIL NIL NIL NIL NIL NIL)))",
        "* 1 FETCH (BODY (\"TEXT\" \"PLAIN\" NIL NIL NIL \"7BIT\" 1 1))",
        "* 1 FETCH (BINARY[1] \"x\")",
        "* 1 FETCH (BINARY.SIZE[1] 5)",
        "* 1 FETCH (BINARY[1] ~{1}\r\nx)",
        "* 1 FETCH ()",
        "* 1 FETCH (PREVIEW \"x\")",
        "* 1 FETCH (SAVEDATE NIL)",
        "* 1 FETCH (THREADID NIL)",
        "* 1 FETCH (EMAILID (M1))",
        "* 1 FETCH (RFC822.SIZE -1)",
        "* 1 FETCH (RFC822.SIZE 4294967296)",
        "* 1 FETCH (FLAGS NIL)",
        "* 1 FETCH (MODSEQ (NIL))",
        "* 1 FETCH (INTERNALDATE NIL)",
        "* 1 FETCH (X-GM-LABELS ({1}\r\nx))",
        "* 1 FETCH (FLAGS (t\u{e4}g))",
        "* 1  FETCH (UID 1)",
        "* 1 FETCH ( UID 1 )",
    ] {
        let bytes = format!("{line}\r\n");
        let theirs = catch_unwind(|| {
            imap_proto::parser::parse_response(bytes.as_bytes())
                .is_ok_and(|(rest, _)| rest.is_empty())
        });
        assert!(
            !theirs.is_ok_and(|is_read| is_read),
            "imap-proto reads {line} now"
        );
        let mut framer = Framer::default();
        framer.push(bytes.as_bytes());
        let ours = response::parse(&framer.next_frame().unwrap());
        assert!(
            matches!(&ours, Received::Untagged(untagged) if !matches!(untagged, Untagged::Other)),
            "{line}: {ours:?}"
        );
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
        session.send(sterna::remote::select::noop());
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
