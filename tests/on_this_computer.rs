//! Folders on this computer: the real binary, the embedded server, and other programs at the same Maildir.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::panic,
    missing_docs
)]

#[path = "on_this_computer/cuts.rs"]
mod cuts;
#[path = "on_this_computer/files.rs"]
mod files;
#[path = "on_this_computer/many.rs"]
mod many;
#[cfg(feature = "failpoints")]
#[path = "on_this_computer/points.rs"]
mod points;
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
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::path::PathBuf;
use std::process::{Command, Output};
use std::time::Duration;

use rig::Rig;
use serde_json::Value;
use shell::{code, errors};
use sterna::demo::dialect::Dialect;
use sterna::local::folder::Folder;
use sterna::local::message::LocalMessage;
use sterna::mail::flag::Flags;

/// Nothing waited for here takes a hundredth of it on an idle machine.
const GUARD: Duration = Duration::from_mins(2);
const SAVED: &str = "On this computer/Saved";

fn command(rig: &Rig, words: &[&str]) -> Command {
    shell::sterna(rig.home.path(), words)
}

fn run(rig: &Rig, words: &[&str]) -> Output {
    command(rig, words).output().unwrap()
}

fn done(rig: &Rig, words: &[&str]) -> String {
    let output = run(rig, words);
    assert_eq!(code(&output), 0, "{words:?}: {}", errors(&output));
    String::from_utf8(output.stdout).unwrap()
}

fn list(rig: &Rig, folder: &str) -> Vec<Value> {
    let printed = done(
        rig,
        &["list", "--json", "--limit", "1000", "--folder", folder],
    );
    serde_json::from_str(&printed).unwrap()
}

fn ids(rig: &Rig, folder: &str) -> Vec<String> {
    let rows = list(rig, folder);
    rows.iter()
        .map(|row| row["id"].as_str().unwrap().to_owned())
        .collect()
}

fn path(rig: &Rig, folder: &str) -> PathBuf {
    rig.home
        .path()
        .join(".local/share/sterna/mail/work")
        .join(folder)
}

/// A rig with `n` messages in INBOX and a folder on this computer.
fn rig_with(n: usize) -> Rig {
    let rig = Rig::new("headers");
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
    done(&rig, &["folder", "create", SAVED]);
    rig
}

fn moves(rig: &Rig, from: &str, to: &str) -> Output {
    let ids = ids(rig, from);
    let mut words: Vec<&str> = vec!["move"];
    words.extend(ids.iter().map(String::as_str));
    words.push(to);
    run(rig, &words)
}

/// Messages by what they are: the subject, the bytes in short, the date; with flags, each as often as it is there.
type Mail = BTreeMap<(String, u64, i64), Vec<Vec<String>>>;

fn add(all: &mut Mail, bytes: &[u8], date: i64, flags: &Flags) {
    let mut names: Vec<String> = flags.names().map(str::to_owned).collect();
    names.sort();
    all.entry(name(bytes, date)).or_default().push(names);
}

fn name(bytes: &[u8], date: i64) -> (String, u64, i64) {
    let text = String::from_utf8_lossy(bytes);
    let subject = text
        .lines()
        .find(|line| line.starts_with("Subject:"))
        .unwrap();
    let mut hasher = DefaultHasher::new();
    bytes.hash(&mut hasher);
    (subject.to_owned(), hasher.finish(), date)
}

fn on_server(rig: &Rig, mailbox: &str) -> Mail {
    let mut all = Mail::new();
    for one in rig.server.truth(mailbox) {
        let bytes = rig.server.raw(mailbox, one.uid).unwrap();
        add(&mut all, &bytes, one.internal_date, &one.flags);
    }
    all
}

fn in_files(rig: &Rig, folder: &str) -> Mail {
    let mut all = Mail::new();
    let mut folder = Folder::open(&path(rig, folder)).unwrap();
    let uids: Vec<_> = folder.look().unwrap().keys().copied().collect();
    for uid in uids {
        let LocalMessage {
            bytes,
            flags,
            internal_date,
        } = folder.read(uid).unwrap().unwrap().unwrap();
        add(&mut all, &bytes, internal_date.unwrap(), &flags);
    }
    all
}

fn n_of(mail: &Mail) -> usize {
    mail.values().map(Vec::len).sum()
}

#[test]
fn messages_go_to_this_computer_and_back_with_bytes_flags_and_date() {
    for dialect in [Dialect::full(), Dialect::bare()] {
        let rig = rig_with(12);
        rig.server.set_dialect(dialect);
        rig.server.deliver(
            "INBOX",
            b"Subject: bare ends\n\nof lines\r\nmixed\n",
            &["\\Seen"],
            1_700_000_000,
        );
        rig.deliver_large();
        let before = on_server(&rig, "INBOX");
        done(&rig, &["sync"]);

        let moved = moves(&rig, "INBOX", SAVED);
        assert_eq!(
            String::from_utf8_lossy(&moved.stdout),
            "done\n",
            "{}",
            errors(&moved)
        );
        assert_eq!(in_files(&rig, "Saved"), before);
        assert_eq!(ids(&rig, SAVED).len(), 14);
        assert_eq!(ids(&rig, "INBOX").len(), 0);

        // Reading needs no server.
        let id = ids(&rig, SAVED).remove(0);
        let shown = run(&rig, &["--offline", "show", &id, "--raw"]);
        assert_eq!(code(&shown), 0, "{}", errors(&shown));
        let is_shown = |date| before.contains_key(&name(&shown.stdout, date));
        assert!(is_shown(1_772_532_000) || is_shown(1_700_000_000));

        rig.server.create("Back", None);
        done(&rig, &["sync"]);
        let back = moves(&rig, SAVED, "Back");
        assert_eq!(
            String::from_utf8_lossy(&back.stdout),
            "done\n",
            "{}",
            errors(&back)
        );
        assert_eq!(on_server(&rig, "Back"), before);
        assert_eq!(n_of(&in_files(&rig, "Saved")), 0);
        assert_eq!(ids(&rig, "Back").len(), 14);
    }
}

#[test]
fn undo_brings_them_back_from_either_side() {
    let rig = rig_with(6);
    done(&rig, &["sync"]);
    let before = on_server(&rig, "INBOX");
    assert_eq!(code(&moves(&rig, "INBOX", SAVED)), 0);
    assert_eq!(done(&rig, &["undo"]), "done\n");
    assert_eq!(on_server(&rig, "INBOX"), before);
    assert_eq!(n_of(&in_files(&rig, "Saved")), 0);
    assert_eq!(ids(&rig, "INBOX").len(), 6);

    assert_eq!(done(&rig, &["redo"]), "done\n");
    assert_eq!(in_files(&rig, "Saved"), before);
    rig.server.create("Other", None);
    done(&rig, &["sync"]);
    assert_eq!(code(&moves(&rig, SAVED, "Other")), 0);
    assert_eq!(on_server(&rig, "Other"), before);
    assert_eq!(done(&rig, &["undo"]), "done\n");
    assert_eq!(in_files(&rig, "Saved"), before);
    assert_eq!(n_of(&on_server(&rig, "Other")), 0);
}

#[test]
fn flags_on_this_computer_need_no_server() {
    let rig = rig_with(4);
    done(&rig, &["sync"]);
    assert_eq!(code(&moves(&rig, "INBOX", SAVED)), 0);
    let n_before = rig.server.n_connections();
    rig.server.pause();
    let id = ids(&rig, SAVED).remove(0);
    assert_eq!(
        done(&rig, &["flag", &id, "+flagged", "+urgent", "+seen"]),
        "done\n"
    );
    let row = list(&rig, SAVED).remove(0);
    let flags = row["flags"].as_array().unwrap();
    assert!(flags.iter().any(|flag| flag == "urgent"), "{row}");
    let with = |flag: &str| {
        let mail = in_files(&rig, "Saved");
        let flags = mail.into_values().flatten();
        flags
            .filter(|names| names.iter().any(|name| name == flag))
            .count()
    };
    assert_eq!((with("urgent"), with("$Forwarded")), (1, 1));
    assert_eq!(rig.server.n_connections(), n_before, "nobody was asked");
}

#[test]
fn folders_on_this_computer_need_no_server() {
    let rig = rig_with(4);
    done(&rig, &["sync"]);
    assert_eq!(code(&moves(&rig, "INBOX", SAVED)), 0);
    let n_before = rig.server.n_connections();
    rig.server.pause();
    assert_eq!(
        done(&rig, &["folder", "create", "On this computer/Saved/Deeper"]),
        "done\n"
    );
    let ids_now = ids(&rig, SAVED);
    done(
        &rig,
        &[
            "move",
            &ids_now[0],
            &ids_now[1],
            "On this computer/Saved/Deeper",
        ],
    );
    done(
        &rig,
        &["copy", &ids_now[2], "On this computer/Saved/Deeper"],
    );
    assert_eq!(n_of(&in_files(&rig, "Saved/Deeper")), 3);
    assert_eq!(n_of(&in_files(&rig, "Saved")), 2);
    assert_eq!(done(&rig, &["undo"]), "done\n");
    assert_eq!(done(&rig, &["undo"]), "done\n");
    assert_eq!(n_of(&in_files(&rig, "Saved/Deeper")), 0);
    assert_eq!(n_of(&in_files(&rig, "Saved")), 4);

    let id = ids(&rig, SAVED).remove(0);
    done(&rig, &["delete", &id]);
    let trash = ids(&rig, "On this computer/Trash");
    assert_eq!((trash.len(), ids(&rig, SAVED).len()), (1, 3));
    done(&rig, &["delete", "--yes", &trash[0]]);
    assert_eq!(n_of(&in_files(&rig, "Trash")), 0);
    done(&rig, &["folder", "rename", SAVED, "On this computer/Kept"]);
    assert_eq!(ids(&rig, "On this computer/Kept").len(), 3);
    assert!(path(&rig, "Kept/Deeper/cur").is_dir());
    done(
        &rig,
        &["folder", "delete", "--yes", "On this computer/Kept"],
    );
    assert!(!path(&rig, "Kept/cur").exists() && path(&rig, "Kept/Deeper/cur").is_dir());
    for name in [
        "On this computer/../up",
        "On this computer/a/cur",
        "On this computer/.a",
    ] {
        let refused = run(&rig, &["folder", "create", name]);
        assert_eq!(code(&refused), 65, "{name}: {}", errors(&refused));
        assert!(
            errors(&refused).contains("on this computer"),
            "{}",
            errors(&refused)
        );
    }
    assert_eq!(rig.server.n_connections(), n_before, "nobody was asked");
}

#[test]
fn export_and_import_work_there_like_anywhere() {
    let rig = rig_with(8);
    done(&rig, &["sync"]);
    let before = on_server(&rig, "INBOX");
    assert_eq!(code(&moves(&rig, "INBOX", SAVED)), 0);
    rig.server.pause();
    let file = rig.home.path().join("out").display().to_string();
    done(&rig, &["export", SAVED, "--to", "maildir", &file]);
    done(&rig, &["folder", "create", "On this computer/Again"]);
    for n_new in [8, 0] {
        let report = done(&rig, &["import", &file, "On this computer/Again", "--json"]);
        let report: Value = serde_json::from_str(&report).unwrap();
        assert_eq!(report["imported"], n_new, "{report}");
        assert_eq!(in_files(&rig, "Again"), before);
        assert_eq!(ids(&rig, "On this computer/Again").len(), 8);
    }
}

#[test]
fn what_takes_more_than_metering_allows_comes_once_it_is_kept() {
    let rig = rig_with(0);
    rig.deliver_large();
    let file = rig.home.path().join(".config/sterna/config.toml");
    let text = fs::read_to_string(&file).unwrap();
    fs::write(&file, format!("{text}metered = \"100kB\"\n")).unwrap();
    done(&rig, &["sync"]);
    let id = ids(&rig, "INBOX").remove(0);
    let moved = run(&rig, &["move", &id, SAVED]);
    assert_eq!(moved.stdout, b"parked\n", "{}", errors(&moved));
    assert!(errors(&moved).contains("one action may take 100 kB"));
    assert!(rig.server.counts().body_bytes < 100_000);
    done(&rig, &["keep", &id]);
    let pending = rig.json("pending --json")[0]["id"].to_string();
    done(&rig, &["pending", "retry", &pending]);
    assert_eq!(ids(&rig, SAVED).len(), 1);
    assert_eq!(rig.server.truth("INBOX").len(), 0);
}
