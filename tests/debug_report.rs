//! `sterna debug-report`: says what a report of a defect needs, and nothing of what was planted all over the place.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::panic,
    missing_docs
)]

#[path = "support/pty.rs"]
mod pty;
#[path = "support/rig.rs"]
#[allow(dead_code, reason = "shared with other targets")]
mod rig;
#[path = "support/shell.rs"]
mod shell;

use std::fs;
use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::process::Output;

use rig::Rig;
use shell::{code, errors};

/// What must not leave, each in a form that nothing else has.
const PLANTED: [&str; 16] = [
    "Accountqqa",
    "userqqb",
    "aliasqqc",
    "domainqqd",
    "Annaqqe",
    "Abelqqf",
    "passwordqqg",
    "Folderqqh",
    "Subqqi",
    "Subjectqqj",
    "Textqqk",
    "senderqql",
    "Folderqqm",
    "otherqqn",
    "Otherqqo",
    "198.51.100.7",
];

/// An account whose every name is planted, on a server with planted mail, and a log of everything.
fn planted() -> Rig {
    let rig = Rig::new("headers");
    rig.server.create("Folderqqh", None);
    rig.server.create("Folderqqh/Subqqi", None);
    let raw = "From: Senderqql <senderqql@domainqqd.example>\r\nTo: demo@example.org\r\nSubject: Subjectqqj\r\n\
               Date: Tue, 3 Mar 2026 10:00:00 +0000\r\n\r\nTextqqk\r\n";
    rig.server
        .deliver("INBOX", raw.as_bytes(), &[], 1_772_532_000);
    rig.server
        .deliver("Folderqqh", raw.as_bytes(), &[], 1_772_532_000);
    let port = rig.server.imap_addr().port();
    let file = rig.home.path().join(".config/sterna/config.toml");
    let text = format!(
        "[accounts.Accountqqa]\nname = \"Annaqqe Abelqqf\"\nemail = \"userqqb@domainqqd.example\"\n\
         aliases = [\"aliasqqc@otherqqn.example\"]\nuser = \"demo\"\npassword-plaintext = \"demo\"\n\
         imap = {{ host = \"127.0.0.1\", port = {port}, security = \"plain\" }}\n\
         offline-folders = {{ \"Folderqqm/*\" = \"all\" }}\noffline = \"all\"\n"
    );
    fs::write(&file, &text).unwrap();
    let synced = run(&rig, "sync --json");
    assert_eq!(code(&synced), 0, "{}", errors(&synced));
    // A second time with a password that is refused: the log has more to say then.
    fs::write(
        &file,
        text.replace("\"demo\"\nimap", "\"passwordqqg\"\nimap"),
    )
    .unwrap();
    assert_ne!(code(&run(&rig, "sync --json")), 0);
    rig
}

fn run(rig: &Rig, line: &str) -> Output {
    let mut command = rig.command(line);
    command.env("STERNA_LOG", "trace").output().unwrap()
}

#[test]
fn nothing_that_was_planted_leaves() {
    let rig = planted();
    let path = rig.home.path().join(".local/state/sterna/sterna.log");
    let log = fs::read_to_string(&path).unwrap();
    assert!(
        log.contains("Folderqqh"),
        "the log has something to hide:\n{log}"
    );
    // What warnings may say: the server's words, hosts, addresses, names.
    let mut file = fs::OpenOptions::new().append(true).open(&path).unwrap();
    for words in [
        "sterna::engine::link::finish: refused: it said: \"no Otherqqo\" account=1",
        "sterna::engine::lane: mail.domainqqd.example: connection refused (198.51.100.7:993)",
        "sterna::store::worker::commit: Folderqqh of senderqql@domainqqd.example, open /home/userqqb/x",
    ] {
        writeln!(file, "2026-03-03T10:00:00.000000Z  WARN {words}").unwrap();
    }
    let output = run(&rig, "debug-report");
    assert_eq!(code(&output), 0, "{}", errors(&output));
    let report = String::from_utf8(output.stdout).unwrap();
    let lower = report.to_ascii_lowercase();
    for planted in PLANTED {
        assert!(
            !lower.contains(&planted.to_ascii_lowercase()),
            "{planted} is in\n{report}"
        );
    }
    let home = rig.home.path().display().to_string();
    assert!(
        !report.contains(&home) && !report.contains("127.0.0.1"),
        "{report}"
    );
    for expected in [
        concat!("version   ", env!("CARGO_PKG_VERSION")),
        "SQLite    3.",
        "state.db  schema ",
        "TERM=",
        "port ",
        "plain",
        "roles Inbox",
        "server    ",
        "1 WARN sterna::engine::link::finish",
        "refused: it said: <quoted> account=1",
        "debug and trace lines, not shown",
        "state.db      600",
    ] {
        assert!(report.contains(expected), "no {expected} in\n{report}");
    }
    let schema = report
        .lines()
        .find_map(|line| line.trim().strip_prefix("state.db  schema "));
    let (found, known) = schema.and_then(|words| words.split_once(" of ")).unwrap();
    assert_eq!(found, known, "{report}");
}

#[test]
fn it_goes_into_a_new_file_that_only_its_owner_reads() {
    let rig = Rig::new("headers");
    let path = rig.home.path().join("report.txt");
    let line = format!("--offline debug-report --output {}", path.display());
    let output = rig.sterna(&line);
    assert_eq!(code(&output), 0, "{}", errors(&output));
    assert!(output.stdout.is_empty());
    let report = fs::read_to_string(&path).unwrap();
    assert!(report.starts_with("Sterna debug report."));
    assert_eq!(
        fs::metadata(&path).unwrap().permissions().mode() & 0o777,
        0o600
    );
    // What is there is not written over.
    fs::write(&path, "mine").unwrap();
    assert_eq!(code(&rig.sterna(&line)), 69);
    assert_eq!(fs::read_to_string(&path).unwrap(), "mine");
}

#[test]
fn it_has_something_to_say_where_the_store_cannot_be_opened() {
    let rig = Rig::new("headers");
    rig.json("sync --json");
    let state = rig.home.path().join(".local/share/sterna/state.db");
    fs::write(&state, "no database").unwrap();
    let output = rig.sterna("debug-report");
    assert_eq!(code(&output), 0, "{}", errors(&output));
    let report = String::from_utf8(output.stdout).unwrap();
    assert!(
        report.contains("could not be read: StateDamaged"),
        "{report}"
    );
    assert!(
        !report.contains(&rig.home.path().display().to_string()),
        "{report}"
    );
    assert_eq!(fs::read(&state).unwrap(), b"no database");
}
