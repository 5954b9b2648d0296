//! Fuzzing on a stable compiler: every target is a plain function over bytes, and a seeded mutator drives it over a
//! corpus. The numbers are runs in `cargo test`, fewer where a target is slow; `tests/long` makes them a million.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::panic,
    clippy::print_stderr,
    missing_docs
)]

#[path = "fuzz/commands.rs"]
mod commands;
#[path = "fuzz/compose.rs"]
mod compose;
#[path = "fuzz/compressed.rs"]
mod compressed;
#[path = "fuzz/drive.rs"]
mod drive;
#[path = "fuzz/mime.rs"]
mod mime;
#[path = "support/random.rs"]
mod random;
#[path = "fuzz/text.rs"]
mod text;
#[allow(dead_code)]
#[path = "support/transcript.rs"]
mod transcript;
#[path = "fuzz/wire.rs"]
mod wire;
#[path = "fuzz/words.rs"]
mod words;
#[path = "fuzz/written.rs"]
mod written;

use std::cell::RefCell;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use drive::{Corpus, drive};
use transcript::{Transcript, transcripts};
use words::{
    ADDRESS_WORDS, COMPRESSED_WORDS, CONFIG_WORDS, FLOWED_WORDS, HTML_WORDS, MIME_WORDS,
    NUMBER_WORDS, TEXT_WORDS, WIRE_WORDS,
};

/// The usual number of runs.
const RUNS: u64 = 10_000;

fn corpus(seeds: Vec<Vec<u8>>, words: &'static [&'static [u8]]) -> Corpus {
    Corpus { seeds, words }
}

fn of(seeds: &[&str], words: &'static [&'static [u8]]) -> Corpus {
    corpus(
        seeds.iter().map(|seed| seed.as_bytes().to_vec()).collect(),
        words,
    )
}

fn here(path: &str) -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// What the servers of the transcripts say.
fn server_lines() -> Corpus {
    let said = transcripts()
        .iter()
        .map(Transcript::server)
        .collect::<Vec<_>>();
    corpus(
        said.into_iter()
            .filter(|bytes| bytes.len() < 5_000)
            .collect(),
        WIRE_WORDS,
    )
}

fn messages() -> Vec<Vec<u8>> {
    let mut paths: Vec<_> = std::fs::read_dir(here("tests/eml"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    paths.sort();
    paths
        .iter()
        .map(|path| std::fs::read(path).unwrap())
        .collect()
}

/// The values of a header of all messages.
fn values(name: &str) -> Vec<Vec<u8>> {
    let mut all = Vec::new();
    for raw in messages() {
        for line in raw.split(|byte| *byte == b'\n') {
            if let Some(value) = line.strip_prefix(format!("{name}: ").as_bytes()) {
                all.push(value.to_vec());
            }
        }
    }
    all
}

#[test]
fn frames() {
    drive("frames", &server_lines(), RUNS, wire::framer);
}

#[test]
fn tokens() {
    drive("tokens", &server_lines(), RUNS, wire::tokens);
}

#[test]
fn responses() {
    drive("responses", &server_lines(), RUNS, wire::responses);
}

#[test]
fn codes() {
    let seeds = of(
        &[
            "[COPYUID 38505 304,319:320 3956:3958] Done",
            "[CAPABILITY IMAP4rev1 IDLE] x",
            "[APPENDUID 1 4392:4393] x",
            "[PERMANENTFLAGS (\\Deleted \\*)] x",
            "[BADCHARSET (US-ASCII \"KOI8-R\")] x",
            "[MODIFIED 7,9] x",
            "[MAILBOXID (F2212)] x",
            "[HIGHESTMODSEQ 18446744073709551615] x",
            "[UIDVALIDITY 0] [UIDNEXT 9]",
            "[REFERRAL imap://user;AUTH=*@host/x] x",
            "[MESSAGELIMIT 1000 23221] x",
            "[X {3}\r\nabc] x",
        ],
        WIRE_WORDS,
    );
    drive("codes", &seeds, RUNS, wire::codes);
}

#[test]
fn structures() {
    let seeds = of(
        &[
            "(\"TEXT\" \"PLAIN\" (\"CHARSET\" \"UTF-8\") NIL NIL \"7BIT\" 1152 23)",
            "((\"TEXT\" \"PLAIN\" NIL NIL NIL \"7BIT\" 10 1)(\"TEXT\" \"HTML\" NIL NIL NIL \"BASE64\" 20 2) \"ALTERNATIVE\" \
             (\"BOUNDARY\" \"b\") NIL NIL)",
            "((\"TEXT\" \"PLAIN\" NIL NIL NIL \"7BIT\" 1 1)(\"MESSAGE\" \"RFC822\" NIL NIL NIL \"7BIT\" 99 (\"Mon\" \"s\" \
             ((\"n\" NIL \"m\" \"h\")) NIL NIL NIL NIL NIL NIL \"<i>\") ((\"TEXT\" \"PLAIN\" NIL NIL NIL \"7BIT\" 1 1)\
             (\"IMAGE\" \"PNG\" (\"NAME*0*\" \"utf-8''%e2\") \"<cid>\" NIL \"BASE64\" 9) \"MIXED\") 5) \"MIXED\" \
             (\"BOUNDARY\" \"x\") (\"ATTACHMENT\" (\"FILENAME\" \"a.txt\")) \"de\" \"loc\")",
            "(\"APPLICATION\" \"PDF\" (\"NAME\" {5}\r\na.pdf) NIL NIL \"BASE64\" 4294967296 NIL (\"attachment\" NIL) NIL NIL)",
            "(NIL NIL NIL NIL NIL NIL NIL)",
            "((NIL NIL)(NIL) \"MIXED\")",
            "()",
        ],
        WIRE_WORDS,
    );
    drive("structures", &seeds, RUNS, wire::structures);
}

#[test]
fn literals() {
    drive(
        "literals",
        &corpus(server_lines().seeds, WIRE_WORDS),
        RUNS,
        wire::literals,
    );
}

#[test]
fn compressed_streams() {
    let seeds = compressed::seeds(&server_lines().seeds);
    drive(
        "compressed streams",
        &corpus(seeds, COMPRESSED_WORDS),
        RUNS,
        compressed::stream,
    );
}

#[test]
fn commands_without_literal_plus() {
    commands_with("commands", &["IMAP4REV1"]);
}

#[test]
fn commands_with_literal_plus() {
    commands_with("commands, LITERAL+", &["IMAP4REV1", "LITERAL+"]);
}

/// Slower than the others, since each run is five commands over a socket.
fn commands_with(name: &str, capabilities: &[&str]) {
    let seeds = of(
        &[
            "INBOX",
            "Entw&APw-rfe",
            "a b",
            "nil",
            "",
            "\\Seen $Work \\*",
            "1:5,9",
            "1.2.3",
            "{3}",
            "{3+}",
            "x\r\nS9 DELETE y",
            "\u{e9}t\u{e9} \"quoted\\",
            "[Gmail]/All Mail",
            "(a)",
        ],
        TEXT_WORDS,
    );
    let line = RefCell::new(commands::Line::new(capabilities));
    drive(name, &seeds, RUNS, |bytes| {
        commands::commands(&mut line.borrow_mut(), bytes);
    });
}

#[test]
fn mailbox_names() {
    let seeds = of(
        &[
            "INBOX",
            "~peter/mail/&U,BTFw-/&ZeVnLIqe-",
            "&Jjo-!",
            "&U,BTFw-&ZeVnLIqe-",
            "Entw\u{fc}rfe",
            "a&-b",
            "&2D3eTQ-",
            "\u{1f600}&\u{e9}",
            "&AGE-",
        ],
        TEXT_WORDS,
    );
    drive("mailbox names", &seeds, RUNS, text::utf7);
}

#[test]
fn uid_sets() {
    let seeds = of(
        &[
            "1:5,9",
            "1",
            "4294967295",
            "3:1",
            "1,2,3,5:9",
            "1:4294967295",
            "7,7,7",
        ],
        NUMBER_WORDS,
    );
    drive("UID sets", &seeds, RUNS, text::uid_set);
}

#[test]
fn public_names() {
    let seeds = of(
        &["1.1.1700000000.42", "l.7", "1.2.3", "0.0.0.0", "1"],
        NUMBER_WORDS,
    );
    drive("public names", &seeds, RUNS, text::names);
}

#[test]
fn safe_text() {
    let mut seeds = values("Subject");
    seeds.extend(values("From"));
    seeds.push(
        "a\tb   c \u{202e}fdp.exe \u{1f468}\u{200d}\u{1f469} e\u{301}"
            .as_bytes()
            .to_vec(),
    );
    drive(
        "safe text",
        &corpus(seeds, TEXT_WORDS),
        RUNS,
        text::safe_text,
    );
}

#[test]
fn whole_messages() {
    drive(
        "messages",
        &corpus(messages(), MIME_WORDS),
        RUNS,
        mime::message,
    );
}

#[test]
fn header_blocks() {
    drive(
        "header blocks",
        &corpus(messages(), MIME_WORDS),
        RUNS,
        mime::header_block,
    );
}

#[test]
fn addresses() {
    let seeds = [values("From"), values("To"), values("Cc"), values("Sender")].concat();
    drive("addresses", &corpus(seeds, ADDRESS_WORDS), RUNS, |value| {
        mime::header_block(&[b"From: ", value, b"\r\n\r\n"].concat());
    });
}

#[test]
fn html() {
    let seeds = messages().into_iter().filter_map(|raw| {
        let at = raw
            .windows(5)
            .position(|window| window.eq_ignore_ascii_case(b"<html"))?;
        Some(raw[at..].to_vec())
    });
    let mut seeds: Vec<_> = seeds.collect();
    seeds.push(
        b"<p>One <b>two</b></p><table><tr><td>3<td>4</table><a href='http://x'>y</a>".to_vec(),
    );
    drive("HTML", &corpus(seeds, HTML_WORDS), RUNS, |html| {
        mime::message(&[b"Content-Type: text/html; charset=utf-8\r\n\r\n", html].concat());
    });
}

#[test]
fn flowed_text() {
    let seeds = of(
        &[
            "One line \r\nthat flows on\r\n> and a \r\n> quote\r\n-- \r\nA sign\r\n",
            ">> two\r\n> one \r\nnone\r\n",
            " space-stuffed\r\n >\r\n",
        ],
        FLOWED_WORDS,
    );
    drive("flowed text", &seeds, RUNS, |text| {
        for kind in ["flowed", "flowed; delsp=yes"] {
            let head = format!("Content-Type: text/plain; format={kind}\r\n\r\n");
            mime::message(&[head.as_bytes(), text].concat());
        }
    });
}

/// Each run writes a file, as the program reads one.
#[test]
fn configurations() {
    let sample = std::fs::read(here("assets/config.toml")).unwrap();
    let small = b"[accounts.work]\nemail = \"anna@example.org\"\nimap = { host = \"imap.example.org\" }\n[ui]\n".to_vec();
    let memory = Path::new("/dev/shm");
    let directory = if memory.is_dir() {
        tempfile::tempdir_in(memory).unwrap()
    } else {
        tempfile::tempdir().unwrap()
    };
    let path = directory.path().join("config.toml");
    std::fs::write(&path, &sample).unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
    drive(
        "configurations",
        &corpus(vec![sample, small], CONFIG_WORDS),
        RUNS,
        |bytes| {
            std::fs::write(&path, bytes).unwrap();
            if let Err(error) = sterna::config::load(&path) {
                let words = error.to_string();
                assert!(!words.is_empty());
                assert!(
                    !words.replace('\n', "").contains(char::is_control),
                    "{words:?}"
                );
            }
        },
    );
}
