//! Folders on this computer: the real binary, the embedded server, and other programs at the same Maildir.

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
#[path = "support/random.rs"]
mod random;
#[path = "support/rig.rs"]
#[allow(dead_code, reason = "every test target uses a part")]
mod rig;

use std::collections::BTreeMap;
use std::fs;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use random::Random;
use rig::{Rig, code, errors};
use serde_json::Value;
use sterna::demo::dialect::Dialect;
use sterna::demo::fault::{Fault, FaultKind, FaultPlan};
use sterna::local::folder::Folder;
use sterna::local::message::LocalMessage;
use sterna::mail::flag::Flags;

/// Nothing waited for here takes a hundredth of it on an idle machine.
const GUARD: Duration = Duration::from_mins(2);
const SAVED: &str = "On this computer/Saved";

fn command(rig: &Rig, words: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_sterna"));
    command
        .args(words)
        .env_clear()
        .env("HOME", rig.home.path())
        .env("XDG_RUNTIME_DIR", rig.home.path().join("runtime"));
    command
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
fn what_happens_on_this_computer_needs_no_server() {
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
fn a_move_made_offline_is_shown_at_once_and_done_later() {
    let rig = rig_with(5);
    done(&rig, &["sync"]);
    let before = on_server(&rig, "INBOX");
    let their_ids = ids(&rig, "INBOX");
    let mut words = vec!["--offline", "move"];
    words.extend(their_ids.iter().map(String::as_str));
    words.push(SAVED);
    assert_eq!(done(&rig, &words), "queued\n");
    assert_eq!((ids(&rig, SAVED).len(), ids(&rig, "INBOX").len()), (5, 0));
    assert_eq!(on_server(&rig, "INBOX"), before);
    done(&rig, &["sync"]);
    assert_eq!(in_files(&rig, "Saved"), before);
    assert_eq!(n_of(&on_server(&rig, "INBOX")), 0);

    let own_ids = ids(&rig, SAVED);
    let mut words = vec!["--offline", "move"];
    words.extend(own_ids.iter().map(String::as_str));
    words.push("INBOX");
    assert_eq!(done(&rig, &words), "queued\n");
    assert_eq!((ids(&rig, SAVED).len(), ids(&rig, "INBOX").len()), (0, 5));
    rig.lose_cache();
    done(&rig, &["sync"]);
    assert_eq!(on_server(&rig, "INBOX"), before);
    assert_eq!(n_of(&in_files(&rig, "Saved")), 0);
}

/// Every message is in one of the two places, once, and as it was.
fn assert_whole(rig: &Rig, other: &str, before: &Mail, when: &str) {
    let mut all = on_server(rig, other);
    for (name, copies) in in_files(rig, "Saved") {
        all.entry(name).or_default().extend(copies);
    }
    let differences: Vec<_> = before
        .iter()
        .filter(|(name, copies)| all.get(*name) != Some(*copies))
        .collect();
    assert!(differences.is_empty(), "{when}: {differences:?}");
    assert_eq!(n_of(&all), n_of(before), "{when}");
}

#[test]
fn cuts_at_every_stage_lose_nothing_and_double_nothing() {
    for dialect in [Dialect::full(), Dialect::bare()] {
        let rig = rig_with(10);
        rig.deliver_large();
        let has_uidplus = dialect.has("UIDPLUS");
        rig.server.set_dialect(dialect);
        done(&rig, &["sync"]);
        let before = on_server(&rig, "INBOX");
        let cut = |command: &str, after: u32, is_done: bool| {
            let command = command.to_owned();
            let kind = if is_done {
                FaultKind::CutIn { command, after: 0 }
            } else {
                FaultKind::DropOn { command }
            };
            rig.server
                .set_faults(FaultPlan::new(vec![Fault::once(kind).after(after)]));
        };
        let expunge = if has_uidplus {
            "UID EXPUNGE"
        } else {
            "UID STORE"
        };
        let cuts = [("UID FETCH", 4), ("UID STORE", 0), (expunge, 0)];
        let mut from = "INBOX".to_owned();
        for (n, (command, after)) in cuts.into_iter().enumerate() {
            for is_done in [true, false] {
                cut(command, after, is_done);
                moves(&rig, &from, SAVED);
                rig.server.set_faults(FaultPlan::default());
                done(&rig, &["sync"]);
                let when = format!("{command} {is_done} from {from}");
                assert_eq!(in_files(&rig, "Saved"), before, "{when}");
                assert_eq!(ids(&rig, SAVED).len(), 11, "{when}");
                assert_eq!(ids(&rig, &from).len(), 0, "{when}");
                // Back, cut where the server has added a message and nobody heard of it, and where it has not.
                from = format!("Back-{n}-{is_done}");
                rig.server.create(&from, None);
                done(&rig, &["sync"]);
                cut("APPEND", 3, true);
                moves(&rig, SAVED, &from);
                cut("APPEND", 3, false);
                run(&rig, &["sync"]);
                rig.server.set_faults(FaultPlan::default());
                done(&rig, &["sync"]);
                assert_eq!(n_of(&in_files(&rig, "Saved")), 0, "{when}");
                assert_eq!(ids(&rig, &from).len(), 11, "{when}");
                assert_eq!(on_server(&rig, &from), before, "{when}");
            }
        }
    }
}

#[test]
fn kills_at_any_moment_lose_nothing_and_double_nothing() {
    let rig = rig_with(40);
    done(&rig, &["sync"]);
    let before = on_server(&rig, "INBOX");
    let mut random = Random::new(23);
    for round in 0..6 {
        let (from, to) = if round % 2 == 0 {
            ("INBOX", SAVED)
        } else {
            (SAVED, "INBOX")
        };
        let there = ids(&rig, from);
        let mut words = vec!["move"];
        words.extend(there.iter().map(String::as_str));
        words.push(to);
        for attempt in 0..4 {
            let words = if attempt == 0 {
                words.clone()
            } else {
                vec!["sync"]
            };
            let mut child = command(&rig, &words)
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .spawn()
                .unwrap();
            let until = Instant::now() + Duration::from_millis(random.between(20, 900));
            while Instant::now() < until && child.try_wait().unwrap().is_none() {
                std::thread::yield_now();
            }
            let _ = child.kill();
            child.wait().unwrap();
        }
        done(&rig, &["sync"]);
        done(&rig, &["sync"]);
        assert_whole(&rig, "INBOX", &before, &format!("round {round}"));
        let pending = done(&rig, &["pending", "--json"]);
        assert_eq!(ids(&rig, to).len(), n_at(&rig, to), "{pending}");
    }
}

fn n_at(rig: &Rig, folder: &str) -> usize {
    if folder == SAVED {
        n_of(&in_files(rig, "Saved"))
    } else {
        rig.server.truth(folder).len()
    }
}

/// The file of a message, whatever its flags.
fn find(rig: &Rig, base: &str) -> Option<PathBuf> {
    let place = path(rig, "Saved");
    let all = ["cur", "new"].map(|part| fs::read_dir(place.join(part)).unwrap());
    let paths = all.into_iter().flatten().map(|entry| entry.unwrap().path());
    let is_it = |path: &PathBuf| {
        path.file_name()
            .unwrap()
            .to_string_lossy()
            .starts_with(base)
    };
    paths.into_iter().find(is_it)
}

#[test]
fn what_other_programs_do_is_shown_while_the_screen_is_open() {
    let rig = rig_with(1);
    let place = path(&rig, "Saved");
    let write = |name: &str, subject: &str| {
        let text =
            format!("From: Bob <bob@example.org>\nSubject: {subject}\n\nThe text of {subject}.\n");
        fs::write(place.join("tmp/x"), text).unwrap();
        fs::rename(place.join("tmp/x"), place.join(name)).unwrap();
    };
    write("new/1700000000.a.b", "first here");
    write("cur/hostile\u{1b}[31m.c:2,S", "hostile name");
    let mut screen = rig.screen();
    screen.wait_for("On this computer");
    screen.keys(":folder saved\r");
    screen.wait_for("first here");
    write("new/1700000001.c.d", "second here");
    screen.wait_for("second here");
    screen.keys("k\r");
    screen.wait_for("The text of second here");
    let until = Instant::now() + GUARD;
    // Sterna may rename them at the same time.
    while find(&rig, "1700000001")
        .is_none_or(|path| fs::rename(path, place.join("cur/1700000001.c.d:2,FS")).is_err())
    {
        assert!(Instant::now() < until);
    }
    while !list(&rig, SAVED)
        .iter()
        .any(|row| row["flags"].to_string().contains("lagged"))
    {
        assert!(Instant::now() < until);
    }
    while find(&rig, "1700000000").is_some_and(|path| fs::remove_file(path).is_err()) {
        assert!(Instant::now() < until);
    }
    screen.keys("q");
    screen.wait_without("first here");
    assert!(!screen.text().contains("hostile name"));
    screen.keys("Q");
    assert!(screen.wait_for_end().success());
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
fn a_giant_is_listed_and_not_read() {
    let rig = rig_with(0);
    let place = path(&rig, "Saved");
    fs::write(place.join("cur/1700000000.a.b:2,"), "Subject: giant\n\nx\n").unwrap();
    let file = fs::OpenOptions::new()
        .write(true)
        .open(place.join("cur/1700000000.a.b:2,"))
        .unwrap();
    file.set_len(1 << 32).unwrap();
    fs::create_dir(place.join("cur/1700000001.directory:2,")).unwrap();
    let rows = list(&rig, SAVED);
    assert_eq!(rows.len(), 1, "{rows:?}");
    assert_eq!(rows[0]["size"], 1_u64 << 32, "{}", rows[0]);
    let shown = run(&rig, &["show", rows[0]["id"].as_str().unwrap(), "--raw"]);
    assert_eq!(code(&shown), 65, "{}", errors(&shown));
    assert!(errors(&shown).contains("too many"), "{}", errors(&shown));
}
