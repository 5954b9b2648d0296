//! Attachments into files: whatever a message calls them, they land in the directory that was named and nothing there is
//! touched. On the command line, beside a running screen, and from the screen itself.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    dead_code,
    missing_docs
)]

#[path = "support/pty.rs"]
mod pty;
#[path = "support/rig.rs"]
mod rig;
#[path = "support/shell.rs"]
mod shell;

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use pty::Pty;
use rig::Rig;
use shell::{assert_fails, code, errors};

const NAMES: &[&str] = &[
    "../../.bashrc",
    "/etc/passwd",
    "..",
    ".",
    "",
    "/",
    "\\",
    "...",
    "./x",
    "a/../../b",
    "..\\x",
    "C:\\x.exe",
    "\\\\host\\share\\x",
    ".ssh",
    ".ssh/authorized_keys",
    "~/.profile",
    "~root",
    "-rf",
    "--help",
    "-",
    "CON",
    "con.txt",
    "NUL",
    "aux.c",
    "COM1",
    "LPT9.txt",
    "prn",
    "a\0b",
    "\0",
    "a\nb",
    "a\r\nb",
    "\n",
    "a\tb",
    "\u{1b}[31mred",
    "\u{7}bell",
    "x\u{202e}fdp.exe",
    "\u{200f}x",
    "\u{2066}y\u{2069}",
    "\u{feff}z",
    "\u{85}n",
    "trailing.",
    "trailing ",
    " leading",
    "a:b",
    "a*b?",
    "\"quoted\"",
    "<tag>",
    "a|b",
    "$(id)",
    "`id`",
    "; rm x",
    "%2e%2e%2fx",
    "existing.txt",
    "link.txt",
    "dangling.txt",
    "directory",
    "existing.txt",
];

/// Sixty names that mean no good, or are just odd.
fn hostile_names() -> Vec<String> {
    let mut names: Vec<String> = NAMES.iter().map(|name| (*name).to_owned()).collect();
    names.push("x".repeat(5_000));
    names.push(format!("{}.pdf", "ü".repeat(300)));
    names.push(format!("a.{}", "e".repeat(400)));
    assert_eq!(names.len(), 60);
    names
}

/// A message with an attachment of each name, in RFC 2231 form, every third one in pieces.
fn message(names: &[String]) -> Vec<u8> {
    let mut raw = "From: a@example.org\r\nSubject: odd\r\nMIME-Version: 1.0\r\n\
                   Content-Type: multipart/mixed; boundary=bound\r\n\r\n"
        .to_owned();
    for (index, name) in names.iter().enumerate() {
        let encoded: Vec<String> = name.bytes().map(|byte| format!("%{byte:02X}")).collect();
        let parameter = if index % 3 == 0 && encoded.len() > 1 {
            let (first, second) = encoded.split_at(encoded.len() / 2);
            format!(
                "filename*0*=utf-8''{};\r\n filename*1*={}",
                first.concat(),
                second.concat()
            )
        } else {
            format!("filename*=utf-8''{}", encoded.concat())
        };
        write!(
            raw,
            "--bound\r\nContent-Type: application/octet-stream\r\nContent-Disposition: attachment;\r\n {parameter}\r\n\r\n\
             content {index}\r\n"
        )
        .unwrap();
    }
    raw.push_str("--bound--\r\n");
    raw.into_bytes()
}

fn everything_below(directory: &Path) -> BTreeSet<PathBuf> {
    let mut found = BTreeSet::new();
    for entry in fs::read_dir(directory).unwrap().flatten() {
        found.insert(entry.path());
        if entry.file_type().unwrap().is_dir() {
            found.extend(everything_below(&entry.path()));
        }
    }
    found
}

#[test]
fn sixty_hostile_names_stay_in_the_directory_and_touch_nothing() {
    let rig = Rig::new("headers");
    let names = hostile_names();
    let uid = rig
        .server
        .deliver("INBOX", &message(&names), &[], 1_772_532_000);
    let id = rig.id_of(uid);
    let sandbox = tempfile::tempdir().unwrap();
    let target = sandbox.path().join("a/b/target");
    fs::create_dir_all(target.join("directory")).unwrap();
    let (existing, outside) = (
        target.join("existing.txt"),
        sandbox.path().join("outside.txt"),
    );
    fs::write(&existing, "mine").unwrap();
    fs::write(&outside, "mine").unwrap();
    std::os::unix::fs::symlink(&outside, target.join("link.txt")).unwrap();
    std::os::unix::fs::symlink(sandbox.path().join("nowhere"), target.join("dangling.txt"))
        .unwrap();
    let before = everything_below(sandbox.path());

    let line = format!("save {id} --to {}", target.display());
    let saved = rig.sterna(&line);
    assert_eq!(code(&saved), 0, "{}", errors(&saved));

    let after = everything_below(sandbox.path());
    assert!(before.is_subset(&after));
    let new: Vec<&PathBuf> = after.difference(&before).collect();
    assert_eq!(new.len(), 60);
    assert_eq!(String::from_utf8_lossy(&saved.stdout).lines().count(), 60);
    assert_eq!(fs::read(&existing).unwrap(), b"mine");
    assert_eq!(fs::read(&outside).unwrap(), b"mine");
    let mut contents = BTreeSet::new();
    for path in new {
        assert_eq!(path.parent(), Some(target.as_path()), "{}", path.display());
        let name = path.file_name().unwrap().to_str().unwrap();
        assert!(name.len() <= 210, "{name}");
        assert!(!name.starts_with(['.', '-', ' ']), "{name}");
        let is_odd =
            |c: char| c.is_control() || "\u{202e}\u{200f}\u{2066}\u{2069}\u{feff}/\\".contains(c);
        assert!(!name.contains(is_odd), "{name:?}");
        let about = fs::symlink_metadata(path).unwrap();
        assert!(
            about.is_file() && about.permissions().mode() & 0o777 == 0o600,
            "{name}"
        );
        contents.insert(fs::read_to_string(path).unwrap());
    }
    let expected: BTreeSet<String> = (0..60).map(|index| format!("content {index}")).collect();
    assert_eq!(contents, expected);
}

#[test]
fn one_part_or_all_attachments_are_saved_and_mistakes_are_named() {
    let rig = Rig::new("headers");
    let (uid, attachment) = rig.deliver_large();
    let plain = rig.deliver("Plain");
    let (id, plain) = (rig.id_of(uid), rig.id_of(plain));
    let target = tempfile::tempdir().unwrap();
    let to = target.path().display().to_string();
    let saved = rig.sterna(&format!("save {id} --to {to}"));
    assert_eq!(code(&saved), 0, "{}", errors(&saved));
    assert_eq!(
        String::from_utf8_lossy(&saved.stdout),
        format!("{to}/data.bin\n")
    );
    assert!(fs::read(target.path().join("data.bin")).unwrap() == attachment.as_bytes());
    let again = rig.sterna(&format!("save {id} --part 2 --to {to}"));
    assert_eq!(
        String::from_utf8_lossy(&again.stdout),
        format!("{to}/data (2).bin\n")
    );
    let text = rig.sterna(&format!("save {plain} --part 1 --to {to}"));
    assert_eq!(
        String::from_utf8_lossy(&text.stdout),
        format!("{to}/part-1.txt\n")
    );

    assert_fails(
        &rig.sterna(&format!("save {plain} --to {to}")),
        65,
        "no attachments",
    );
    assert_fails(
        &rig.sterna(&format!("save {id} --part 9 --to {to}")),
        65,
        "no part 9",
    );
    assert_fails(
        &rig.sterna(&format!("save {id} --to {to}/none")),
        69,
        "not a directory",
    );
    rig.lose_cache();
    rig.server.pause();
    assert_fails(
        &rig.sterna(&format!("save {id} --to {to}")),
        75,
        "cannot be fetched",
    );
}

#[test]
fn a_running_screen_fetches_large_parts_for_a_command() {
    let rig = Rig::new("headers");
    let (uid, attachment) = rig.deliver_large();
    rig.deliver("The newest, which the screen shows");
    let id = rig.id_of(uid);
    let mut screen = rig.screen();
    let target = tempfile::tempdir().unwrap();
    let saved = rig.sterna(&format!("save {id} --to {}", target.path().display()));
    assert_eq!(code(&saved), 0, "{}", errors(&saved));
    assert!(fs::read(target.path().join("data.bin")).unwrap() == attachment.as_bytes());
    let raw = rig.sterna(&format!("show {id} --raw"));
    assert_eq!(code(&raw), 0, "{}", errors(&raw));
    assert!(raw.stdout == rig.server.raw("INBOX", uid).unwrap());
    let part = rig.sterna(&format!("show {id} --part 2"));
    assert!(part.stdout == attachment.as_bytes(), "{}", errors(&part));
    screen.keys("Q");
    assert!(screen.wait_for_end().success());
}

#[test]
fn the_screen_saves_an_attachment() {
    let rig = Rig::new("headers");
    let (_, attachment) = rig.deliver_large();
    let target = tempfile::tempdir().unwrap();
    let mut screen: Pty = rig.screen();
    screen.wait_for("Large");
    screen.keys("\r");
    screen.wait_for("data.bin");
    screen.keys("S");
    screen.wait_for("save data.bin (540 kB) to:");
    screen.keys(&format!("\u{15}{}\r", target.path().display()));
    screen.wait_for_words("saved data.bin in");
    assert!(fs::read(target.path().join("data.bin")).unwrap() == attachment.as_bytes());
    screen.keys("Q");
    assert!(screen.wait_for_end().success());
}

/// More lines for the account.
fn configure(rig: &Rig, lines: &str) {
    let file = rig.home.path().join(".config/sterna/config.toml");
    let text = fs::read_to_string(&file).unwrap();
    fs::write(&file, format!("{text}{lines}\n")).unwrap();
}

#[test]
fn a_metered_account_forwards_what_takes_too_much_once_it_is_kept() {
    let rig = Rig::new("headers");
    rig.deliver_large();
    let port = rig.server.smtp_addr().port();
    configure(
        &rig,
        &format!(
            "metered = \"100kB\"\nsmtp = {{ host = \"127.0.0.1\", port = {port}, security = \"plain\" }}"
        ),
    );
    let screen: Pty = rig.screen();
    screen.keys("\r");
    screen.wait_for("See below.");
    // As text it takes the attachment along.
    for key in ["f", "W"] {
        screen.keys(key);
        screen.wait_for_words("one action may take 100 kB");
        screen.keys("j");
        screen.wait_without("one action may take 100 kB");
    }
    assert!(rig.server.counts().body_bytes < 100_000);
    screen.keys("O");
    screen.wait_for("y keeps");
    screen.keys("y");
    let deadline = Instant::now() + Duration::from_mins(2);
    while rig.json("folders --json")[0]["complete"] != true {
        assert!(Instant::now() < deadline, "it does not come");
    }
    screen.keys("f");
    screen.wait_for("Fwd: Large");
}

#[test]
fn a_metered_account_refuses_what_takes_too_much_and_names_the_switch() {
    let rig = Rig::new("headers");
    let (uid, attachment) = rig.deliver_large();
    configure(&rig, "metered = \"100kB\"");
    let id = rig.id_of(uid);
    let shown = rig.json(&format!("show {id} --json"));
    assert!(shown["text"].as_str().unwrap().contains("See below."));
    let target = tempfile::tempdir().unwrap();
    let line = format!("save {id} --to {}", target.path().display());
    for refused in [
        line.clone(),
        format!("show {id} --raw"),
        format!("show {id} --part 2"),
    ] {
        assert_fails(&rig.sterna(&refused), 75, "--unmetered fetches it");
    }
    let saved = rig.sterna(&format!("{line} --unmetered"));
    assert_eq!(code(&saved), 0, "{}", errors(&saved));
    assert!(fs::read(target.path().join("data.bin")).unwrap() == attachment.as_bytes());
}
