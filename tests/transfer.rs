//! `export` and `import`: the real binary against the embedded server, cut and killed in between.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::panic,
    missing_docs
)]

#[path = "transfer/files.rs"]
mod files;
#[path = "transfer/imports.rs"]
mod imports;
#[path = "support/pty.rs"]
mod pty;
#[path = "support/random.rs"]
mod random;
#[path = "support/rig.rs"]
#[allow(dead_code, reason = "every test target uses a part")]
mod rig;
#[path = "support/shell.rs"]
mod shell;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use random::Random;
use rig::Rig;
use shell::{assert_fails, code, errors};
use sterna::local::message::LocalMessage;
use sterna::local::source::Source;
use sterna::mail::flag::Flags;

/// Nothing waited for here takes a hundredth of it on an idle machine.
const GUARD: Duration = Duration::from_mins(2);

fn path(rig: &Rig, name: &str) -> PathBuf {
    rig.home.path().join(name)
}

/// What a message is: its bytes, flags, and date.
type Mail = (Vec<u8>, Flags, i64);

fn in_files(path: &Path) -> Vec<Mail> {
    let mut source = Source::open(path).unwrap();
    let mut all = Vec::new();
    while let Some(found) = source.next_message().unwrap() {
        let LocalMessage {
            bytes,
            flags,
            internal_date,
        } = found.unwrap();
        all.push((bytes, flags, internal_date.unwrap()));
    }
    sorted(all)
}

fn on_server(rig: &Rig, mailbox: &str) -> Vec<Mail> {
    let truth = rig.server.truth(mailbox).into_iter();
    sorted(
        truth
            .map(|one| {
                (
                    rig.server.raw(mailbox, one.uid).unwrap(),
                    one.flags,
                    one.internal_date,
                )
            })
            .collect(),
    )
}

fn sorted(mut all: Vec<Mail>) -> Vec<Mail> {
    all.sort_by_key(|(bytes, flags, date)| (*date, bytes.clone(), flags.bits()));
    all
}

fn deliver_some(rig: &Rig, n: usize) {
    for n in 0..n {
        let uid = rig.deliver(&format!("Message {n}\r\nMessage-ID: <{n}@example.org>"));
        let flags: &[&str] = [
            &[] as &[&str],
            &["\\Seen"],
            &["\\Flagged", "todo"],
            &["\\Seen", "\\Answered", "$Forwarded"],
        ][n % 4];
        assert!(rig.server.set_flags("INBOX", uid, flags));
    }
    let raw = b"Subject: From-lines\r\n\r\nFrom me to you\r\n>From him\r\n";
    rig.server.deliver("INBOX", raw, &[], 1_700_000_000);
    rig.deliver_large();
}

#[test]
fn an_export_has_every_message_once_however_often_it_runs() {
    for to in ["mbox", "maildir"] {
        let rig = Rig::new("headers");
        deliver_some(&rig, 60);
        let file = path(&rig, "out");
        let export = format!("export INBOX --to {to} {} --json", file.display());
        let report = rig.json(&export);
        assert_eq!(
            (report["exported"].as_u64(), report["missing"].as_u64()),
            (Some(62), Some(0)),
            "{to}"
        );
        assert!(in_files(&file) == on_server(&rig, "INBOX"), "{to}");
        let before = names_and_sizes(&file);
        let again = rig.json(&export);
        assert_eq!(
            (again["exported"].as_u64(), again["there"].as_u64()),
            (Some(0), Some(62)),
            "{to}"
        );
        assert_eq!(names_and_sizes(&file), before);
        rig.deliver("One more");
        rig.lose_cache();
        assert_eq!(rig.json(&export)["exported"], 1, "{to}");
        assert!(in_files(&file) == on_server(&rig, "INBOX"), "{to}");
    }
}

fn names_and_sizes(path: &Path) -> BTreeMap<PathBuf, u64> {
    let mut all = BTreeMap::new();
    let mut open = vec![path.to_owned()];
    while let Some(path) = open.pop() {
        if path.is_dir() {
            open.extend(
                fs::read_dir(&path)
                    .unwrap()
                    .map(|entry| entry.unwrap().path()),
            );
        } else {
            let size = fs::metadata(&path).unwrap().len();
            all.insert(path, size);
        }
    }
    all
}

#[test]
fn an_export_that_was_killed_or_torn_goes_on() {
    let rig = Rig::new("headers");
    deliver_some(&rig, 400);
    let mut random = Random::new(7);
    for to in ["mbox", "maildir"] {
        let file = path(&rig, to);
        for _ in 0..6 {
            let mut export = rig.command(&format!("export INBOX --to {to} {}", file.display()));
            let time = Duration::from_millis(random.between(1, 600));
            shell::kill_after(shell::spawn(&mut export), time);
            if to == "mbox" && file.exists() {
                let n_bytes = fs::metadata(&file).unwrap().len();
                let torn = fs::OpenOptions::new().write(true).open(&file).unwrap();
                torn.set_len(n_bytes.saturating_sub(random.between(0, 300)))
                    .unwrap();
            }
        }
        let last = rig.sterna(&format!("export INBOX --to {to} {}", file.display()));
        assert_eq!(code(&last), 0, "{}", errors(&last));
        assert!(in_files(&file) == on_server(&rig, "INBOX"), "{to}");
    }
}

#[test]
fn what_is_there_already_is_not_touched_and_what_is_missing_is_said() {
    let rig = Rig::new("headers");
    deliver_some(&rig, 3);
    let file = path(&rig, "file");
    fs::write(&file, "my own\n").unwrap();
    fs::create_dir_all(path(&rig, "directory/cur")).unwrap();
    fs::create_dir_all(path(&rig, "directory/new")).unwrap();
    assert_fails(
        &rig.sterna(&format!("export INBOX --to mbox {}", file.display())),
        65,
        "not touched",
    );
    let directory = path(&rig, "directory");
    assert_fails(
        &rig.sterna(&format!(
            "export INBOX --to maildir {}",
            directory.display()
        )),
        65,
        "there already",
    );
    assert_eq!(fs::read_to_string(&file).unwrap(), "my own\n");
    assert_fails(
        &rig.sterna(&format!("export Nowhere --to mbox {}", file.display())),
        65,
        "no folder",
    );

    rig.json("list --json");
    let out = path(&rig, "out");
    let export = format!("export INBOX --to mbox {} --json", out.display());
    let offline = rig.sterna(&format!("--offline {export}"));
    assert_eq!(code(&offline), 75, "{}", errors(&offline));
    assert!(
        errors(&offline).contains("5 messages are not on this machine"),
        "{}",
        errors(&offline)
    );
    rig.server.change_uid_validity("INBOX");
    rig.json(&export);
    rig.server.change_uid_validity("INBOX");
    rig.lose_cache();
    assert_fails(&rig.sterna(&export), 65, "not touched");
}

#[test]
fn an_export_goes_through_the_sterna_that_holds_the_account() {
    let rig = Rig::new("headers");
    deliver_some(&rig, 20);
    let mut screen = rig.screen();
    let file = path(&rig, "out");
    let report = rig.json(&format!("export INBOX --to mbox {} --json", file.display()));
    assert_eq!(report["exported"], 22);
    assert!(in_files(&file) == on_server(&rig, "INBOX"));
    screen.keys("Q");
    assert!(screen.wait_for_end().success());
}

#[test]
fn an_export_that_ended_while_its_maildir_was_made_goes_on() {
    let rig = Rig::new("headers");
    deliver_some(&rig, 3);
    let whole = path(&rig, "whole");
    rig.json(&format!(
        "export INBOX --to maildir {} --json",
        whole.display()
    ));
    let mark = fs::read(whole.join(".sterna-export")).unwrap();
    let file = path(&rig, "out");
    for (torn, made) in [
        (&mark[..0], &[] as &[&str]),
        (&mark[..3], &[]),
        (&mark[..], &[]),
        (&mark[..], &["tmp", "new"]),
        (&mark[..], &["tmp", "new", "cur"]),
    ] {
        fs::create_dir(&file).unwrap();
        fs::write(file.join(".sterna-export"), torn).unwrap();
        for name in made {
            fs::create_dir(file.join(name)).unwrap();
        }
        let export = format!("export INBOX --to maildir {} --json", file.display());
        assert_eq!(rig.json(&export)["exported"], 5, "{torn:?} {made:?}");
        assert_eq!(fs::read(file.join(".sterna-export")).unwrap(), mark);
        assert!(in_files(&file) == on_server(&rig, "INBOX"));
        fs::remove_dir_all(&file).unwrap();
    }
    fs::create_dir(&file).unwrap();
    fs::write(file.join("mine"), "my own\n").unwrap();
    assert_fails(
        &rig.sterna(&format!("export INBOX --to maildir {}", file.display())),
        65,
        "something else",
    );
    assert_eq!(fs::read_dir(&file).unwrap().count(), 1);
}
