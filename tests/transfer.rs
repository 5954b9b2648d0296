//! `export` and `import`: the real binary against the embedded server, cut and killed in between.

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
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use random::Random;
use rig::{Rig, assert_fails, code, errors, refuse};
use sterna::demo::dialect::Dialect;
use sterna::demo::fault::{Fault, FaultKind, FaultPlan};
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
            let mut child = spawn(&rig, &format!("export INBOX --to {to} {}", file.display()));
            let until = Instant::now() + Duration::from_millis(random.between(1, 600));
            while Instant::now() < until && child.try_wait().unwrap().is_none() {
                std::thread::yield_now();
            }
            let _ = child.kill();
            child.wait().unwrap();
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

fn spawn(rig: &Rig, line: &str) -> std::process::Child {
    Command::new(env!("CARGO_BIN_EXE_sterna"))
        .args(line.split(' '))
        .env_clear()
        .env("HOME", rig.home.path())
        .env("XDG_RUNTIME_DIR", rig.home.path().join("runtime"))
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
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
fn an_import_gives_the_server_what_an_export_took() {
    for (to, dialect) in [
        ("mbox", Dialect::full()),
        ("maildir", Dialect::full()),
        ("mbox", Dialect::bare()),
    ] {
        let rig = Rig::new("headers");
        rig.server.set_dialect(dialect);
        deliver_some(&rig, 60);
        rig.server.create("Other", None);
        let file = path(&rig, "out");
        rig.json(&format!("export INBOX --to {to} {} --json", file.display()));
        let import = format!("import {} Other --json", file.display());
        let report = rig.json(&import);
        assert_eq!(
            (report["imported"].as_u64(), report["refused"].as_u64()),
            (Some(62), Some(0))
        );
        assert!(on_server(&rig, "Other") == on_server(&rig, "INBOX"), "{to}");
        assert_eq!(rig.ids("list --json --folder Other --limit 100").len(), 62);
        let again = rig.json(&import);
        assert_eq!(
            (again["imported"].as_u64(), again["there"].as_u64()),
            (Some(0), Some(62))
        );
        assert_eq!(rig.server.truth("Other").len(), 62);
        assert_eq!(rig.json(&format!("{import} --again"))["imported"], 62);
        assert_eq!(rig.server.truth("Other").len(), 124);
    }
}

#[test]
fn an_import_that_was_cut_adds_nothing_twice() {
    let rig = Rig::new("headers");
    for n in 0..300 {
        rig.deliver(&format!("Message {n}\r\nMessage-ID: <{n}@example.org>"));
    }
    let file = path(&rig, "out");
    rig.json(&format!("export INBOX --to mbox {} --json", file.display()));
    rig.server.create("Other", None);
    let import = format!("import {} Other --json", file.display());
    for n in [0, 3, 5, 7] {
        // The server has the message, and its answer is lost.
        rig.server.set_faults(FaultPlan::new(vec![
            Fault::once(FaultKind::CutIn {
                command: "APPEND".to_owned(),
                after: 0,
            })
            .after(n),
        ]));
        let cut = rig.sterna(&import);
        assert_eq!(code(&cut), 75, "{}", errors(&cut));
        assert!(
            errors(&cut).contains("the next run goes on"),
            "{}",
            errors(&cut)
        );
        rig.server.set_faults(FaultPlan::new(vec![
            Fault::once(FaultKind::DropOn {
                command: "APPEND".to_owned(),
            })
            .after(n),
        ]));
        assert_eq!(code(&rig.sterna(&import)), 75);
        rig.server.set_faults(FaultPlan::default());
    }
    let last = rig.sterna(&import);
    assert_eq!(code(&last), 0, "{}", errors(&last));
    assert!(on_server(&rig, "Other") == on_server(&rig, "INBOX"));
}

#[test]
fn an_import_that_was_killed_at_any_moment_adds_everything_once() {
    let rig = Rig::new("headers");
    for n in 0..300 {
        rig.deliver(&format!(
            "Message {n}\r\nMessage-ID: <{}@example.org>",
            n / 2
        ));
    }
    let file = path(&rig, "out");
    rig.json(&format!("export INBOX --to mbox {} --json", file.display()));
    rig.server.create("Other", None);
    let import = format!("import {} Other", file.display());
    let mut random = Random::new(11);
    let mut n_before = 0;
    for _ in 0..8 {
        let wanted = n_before + random.below(40) + 1;
        let mut child = spawn(&rig, &import);
        let until = Instant::now() + GUARD;
        while rig.server.truth("Other").len() < wanted && child.try_wait().unwrap().is_none() {
            assert!(Instant::now() < until);
        }
        let _ = child.kill();
        child.wait().unwrap();
        n_before = rig.server.truth("Other").len();
    }
    let last = rig.sterna(&import);
    assert_eq!(code(&last), 0, "{}", errors(&last));
    assert!(
        on_server(&rig, "Other") == on_server(&rig, "INBOX"),
        "{}",
        rig.server.truth("Other").len()
    );
}

#[test]
fn an_import_goes_on_after_a_line_that_was_torn() {
    let rig = Rig::new("headers");
    rig.deliver("Alone\r\nMessage-ID: <alone@example.org>");
    let file = path(&rig, "out");
    rig.json(&format!("export INBOX --to mbox {} --json", file.display()));
    rig.server.create("Other", None);
    let import = format!("import {} Other --json", file.display());
    let cut = |command: &str| {
        rig.server
            .set_faults(FaultPlan::new(vec![Fault::once(FaultKind::CutIn {
                command: command.to_owned(),
                after: 0,
            })]));
        assert_eq!(code(&rig.sterna(&import)), 75);
        rig.server.set_faults(FaultPlan::default());
    };
    cut("STATUS");
    let imports = rig.home.path().join(".local/share/sterna/imports");
    fs::create_dir_all(&imports).unwrap();
    let journal = fs::read_dir(&imports).unwrap().next().unwrap().unwrap();
    let mut journal = fs::OpenOptions::new()
        .append(true)
        .open(journal.path())
        .unwrap();
    journal.write_all(b"sent 0123").unwrap();
    cut("APPEND");
    assert_eq!(rig.server.truth("Other").len(), 1, "its answer was lost");
    let last = rig.json(&import);
    assert_eq!(
        (last["imported"].as_u64(), last["there"].as_u64()),
        (Some(0), Some(1))
    );
    assert_eq!(rig.server.truth("Other").len(), 1);
}

#[test]
fn an_import_looks_again_where_the_folder_is_another_one() {
    let rig = Rig::new("headers");
    for n in 0..5 {
        rig.deliver(&format!("Message {n}\r\nMessage-ID: <{n}@example.org>"));
    }
    let file = path(&rig, "out");
    rig.json(&format!("export INBOX --to mbox {} --json", file.display()));
    rig.server.create("Other", None);
    rig.server.bulk("Other", 20, 100);
    let import = format!("import {} Other --json", file.display());
    let run = || {
        let report = rig.json(&import);
        (report["imported"].as_u64(), report["there"].as_u64())
    };
    assert_eq!(run(), (Some(5), Some(0)));
    rig.server.change_uid_validity("Other");
    assert_eq!(run(), (Some(0), Some(5)), "they are there, renumbered");
    rig.server.delete_mailbox("Other");
    rig.server.create("Other", None);
    // The first one comes, and its answer is lost: below the UIDs of the time before.
    rig.server
        .set_faults(FaultPlan::new(vec![Fault::once(FaultKind::CutIn {
            command: "APPEND".to_owned(),
            after: 0,
        })]));
    assert_eq!(code(&rig.sterna(&import)), 75);
    rig.server.set_faults(FaultPlan::default());
    let n_there = rig.server.truth("Other").len() as u64;
    assert!(n_there > 0);
    assert_eq!(run(), (Some(5 - n_there), Some(n_there)));
    assert!(on_server(&rig, "Other") == on_server(&rig, "INBOX"));
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

#[test]
fn what_the_server_does_not_want_is_said_and_the_rest_goes_on() {
    let rig = Rig::new("headers");
    rig.deliver("Lunch");
    let letters = path(&rig, "letters");
    fs::create_dir(&letters).unwrap();
    for (name, text) in [
        ("1.eml", "Subject: 1\n\none\n"),
        ("2.eml", "Subject: 2\n\nnul\0\n"),
        ("3.eml", "Subject: 3\r\n\r\nthree\r\n"),
    ] {
        fs::write(letters.join(name), text).unwrap();
    }
    let partly = rig.sterna(&format!("import {} INBOX", letters.display()));
    assert_eq!(code(&partly), 65);
    assert_eq!(partly.stdout, b"imported 2, there already 0, refused 1\n");
    assert!(
        errors(&partly).contains("message 2 was not imported"),
        "{}",
        errors(&partly)
    );
    let truth = rig.server.truth("INBOX");
    let texts: Vec<Vec<u8>> = truth
        .iter()
        .map(|one| rig.server.raw("INBOX", one.uid).unwrap())
        .collect();
    assert_eq!(
        texts[1..],
        [
            b"Subject: 1\r\n\r\none\r\n".to_vec(),
            b"Subject: 3\r\n\r\nthree\r\n".to_vec()
        ]
    );

    rig.server
        .set_faults(FaultPlan::new(vec![Fault::always(FaultKind::Refuse {
            command: "APPEND".to_owned(),
            answer: "NO [OVERQUOTA] full".to_owned(),
        })]));
    let full = rig.sterna(&format!("import {} INBOX --again", letters.display()));
    assert_eq!(code(&full), 65, "{}", errors(&full));
    assert!(errors(&full).contains("full"), "{}", errors(&full));
    rig.server.set_faults(refuse("APPEND"));
    let refused = rig.sterna(&format!(
        "import {} INBOX --again --json",
        letters.display()
    ));
    assert_eq!(code(&refused), 65);
    assert!(
        errors(&refused).contains("not today"),
        "{}",
        errors(&refused)
    );
    rig.server.set_faults(FaultPlan::default());
    assert_eq!(rig.server.truth("INBOX").len(), 3);
    let letter = letters.join("1.eml");
    assert_fails(
        &rig.sterna(&format!("import {} Nowhere", letter.display())),
        65,
        "no folder",
    );
    assert_fails(
        &rig.sterna(&format!("import {}/none INBOX", letters.display())),
        69,
        "No such file",
    );
    assert_fails(
        &rig.sterna(&format!("--offline import {} INBOX", letter.display())),
        75,
        "offline by choice",
    );
}

/// A home without a configuration, with three messages in an mbox.
fn opened() -> (tempfile::TempDir, String) {
    let home = tempfile::tempdir().unwrap();
    let file = home.path().join("old.mbox");
    let letter = |n: u32| {
        let status = if n == 2 { "O" } else { "RO" };
        format!(
            "From a@b Tue Mar  3 10:00:00 2026\nFrom: Anna <anna@example.org>\nSubject: Letter {n}\n\
             Date: Tue, 3 Mar 2026 10:0{n}:00 +0000\nStatus: {status}\n\nThe text of letter {n}.\n\n"
        )
    };
    let text = [1, 2, 3].map(letter).concat();
    fs::write(&file, text).unwrap();
    let file = file.to_str().unwrap().to_owned();
    (home, file)
}

fn open(home: &Path, arguments: &[&str]) -> std::process::Output {
    Command::new(env!("CARGO_BIN_EXE_sterna"))
        .arg("open")
        .args(arguments)
        .env_clear()
        .env("HOME", home)
        .output()
        .unwrap()
}

#[test]
fn files_are_shown_as_text_without_a_configuration() {
    let (home, file) = opened();
    let before = fs::read(&file).unwrap();
    let list = open(home.path(), &[&file]);
    assert_eq!(code(&list), 0, "{}", errors(&list));
    let printed = String::from_utf8(list.stdout).unwrap();
    let expected = "    DATE              FROM                     SUBJECT   ID\n\
                    \u{20}   2026-03-03 10:01  Anna <anna@example.org>  Letter 1  1\n\
                    N   2026-03-03 10:02  Anna <anna@example.org>  Letter 2  2\n\
                    \u{20}   2026-03-03 10:03  Anna <anna@example.org>  Letter 3  3\n";
    let squeezed = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    assert_eq!(squeezed(&printed), squeezed(expected), "{printed}");
    let rows = open(home.path(), &[&file, "--json", "--limit", "2"]);
    let rows: serde_json::Value = serde_json::from_slice(&rows.stdout).unwrap();
    assert_eq!(
        (&rows[0]["id"], &rows[0]["unread"]),
        (&"2".into(), &true.into())
    );
    assert_eq!(rows.as_array().unwrap().len(), 2);
    let second = open(home.path(), &[&file, "--message", "2"]);
    assert!(
        String::from_utf8(second.stdout)
            .unwrap()
            .ends_with("Subject: Letter 2\n\nThe text of letter 2.\n")
    );
    assert_fails(
        &open(home.path(), &[&file, "--message", "4"]),
        65,
        "no message 4",
    );
    assert_fails(&open(home.path(), &["/nowhere"]), 69, "No such file");

    let letter = home.path().join("one.eml");
    fs::write(&letter, "Subject: \u{1b}[2Jalone\n\nhello\n").unwrap();
    let letter = letter.to_str().unwrap();
    let shown = open(home.path(), &[letter]);
    let text = String::from_utf8(shown.stdout).unwrap();
    assert!(
        text.contains("alone\n\nhello\n") && !text.contains('\u{1b}'),
        "{text:?}"
    );
    assert_eq!(fs::read(&file).unwrap(), before);
    let mut names: Vec<_> = fs::read_dir(home.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .collect();
    names.sort();
    assert_eq!(names, ["old.mbox", "one.eml"], "nothing is left behind");
}

#[test]
fn files_are_shown_on_the_screen_without_a_configuration() {
    let (home, file) = opened();
    let before = fs::read(&file).unwrap();
    let mut screen = pty::Pty::sterna(&["open", &file], home.path(), 120, 36);
    screen.wait_for("Letter 3");
    screen.wait_for("Letter 1");
    screen.wait_for("old.mbox");
    screen.keys("\r");
    screen.wait_for("The text of letter 3.");
    screen.keys("I");
    screen.keys("Q");
    assert!(screen.wait_for_end().success());
    assert_eq!(fs::read(&file).unwrap(), before);
}
