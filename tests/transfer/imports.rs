//! `import`: what an export took comes back once, however often it is cut, killed or refused.

use std::collections::BTreeSet;
use std::fs;
use std::io::Write as _;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use sterna::demo::dialect::Dialect;
use sterna::demo::fault::{Fault, FaultKind, FaultPlan};

use crate::pty::Pty;
use crate::random::Random;
use crate::rig::{Rig, refuse};
use crate::shell::{self, assert_fails, code, errors};
use crate::{GUARD, deliver_some, on_server, path};

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
fn an_import_takes_no_message_for_another_whose_id_ends_in_its_own() {
    let rig = Rig::new("headers");
    for id in ["no-1@example.org", "1@example.org"] {
        rig.deliver(&format!("Message\r\nMessage-ID: <{id}>"));
    }
    let file = path(&rig, "out");
    rig.json(&format!("export INBOX --to mbox {} --json", file.display()));
    rig.server.create("Other", None);
    let import = format!("import {} Other --json", file.display());
    let drop = Fault::once(FaultKind::DropOn {
        command: "APPEND".to_owned(),
    });
    rig.server.set_faults(FaultPlan::new(vec![drop.after(1)]));
    assert_eq!(code(&rig.sterna(&import)), 75);
    rig.server.set_faults(FaultPlan::default());
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
        let mut child = shell::spawn(&mut rig.command(&import));
        let until = Instant::now() + GUARD;
        while rig.server.truth("Other").len() < wanted && child.try_wait().unwrap().is_none() {
            assert!(Instant::now() < until);
        }
        let _ = child.kill();
        child.wait().unwrap();
        assert!(rig.server.await_left(GUARD));
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

/// Three messages in files, of which the second cannot be sent as it is.
fn letters(rig: &Rig) -> PathBuf {
    let letters = path(rig, "letters");
    fs::create_dir(&letters).unwrap();
    for (name, text) in [
        ("1.eml", "Subject: 1\n\none\n"),
        ("2.eml", "Subject: 2\n\nnul\0\n"),
        ("3.eml", "Subject: 3\r\n\r\nthree\r\n"),
    ] {
        fs::write(letters.join(name), text).unwrap();
    }
    letters
}

#[test]
fn what_the_server_does_not_want_is_said_and_the_rest_goes_on() {
    let rig = Rig::new("headers");
    rig.deliver("Lunch");
    let letters = letters(&rig);
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
}

#[test]
fn an_import_that_cannot_go_on_says_why() {
    let rig = Rig::new("headers");
    rig.deliver("Lunch");
    let letters = letters(&rig);
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
    assert_eq!(rig.server.truth("INBOX").len(), 1);
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

/// While both connections of a screen are at work.
#[test]
fn an_import_and_an_examination_beside_a_screen_stand_in_for_a_connection_of_its_own() {
    for room in [0, 1] {
        let rig = Rig::new("headers");
        for n in 0..40 {
            rig.deliver(&format!("Message {n}\r\nMessage-ID: <{n}@example.org>"));
        }
        let file = path(&rig, "out");
        rig.json(&format!("export INBOX --to mbox {} --json", file.display()));
        for folder in ["Other", "Archive"] {
            rig.server.create(folder, None);
        }
        let text = b"Subject: Old\r\n\r\nText\r\n";
        for n in 0..600 {
            for folder in ["INBOX", "Archive"] {
                rig.server.deliver(folder, text, &[], 1_772_532_000 + n);
            }
        }
        rig.server.set_room(room);
        let delay = FaultKind::Delay(Duration::from_millis(5));
        rig.server
            .set_faults(FaultPlan::new(vec![Fault::always(delay)]));
        rig.server.clear_log();
        fs::create_dir_all(path(&rig, "runtime")).unwrap();
        let mut screen = Pty::sterna(&[], rig.home.path(), 120, 36);
        let n_lanes = if room == 1 { 1 } else { 2 };
        assert!(rig.server.await_log(GUARD, |log| {
            let fetches = log.iter().filter(|entry| entry.name.ends_with("FETCH"));
            let lanes: BTreeSet<u32> = fetches.map(|entry| entry.connection).collect();
            lanes.len() >= n_lanes
        }));
        let report = rig.json(&format!("import {} Other --json", file.display()));
        assert_eq!(report["imported"], 40, "room for {room}");
        if room != 1 {
            assert_eq!(code(&rig.sterna("doctor --json")), 0);
        }
        assert_eq!(rig.server.most_clients(), n_lanes, "room for {room}");
        rig.server.set_faults(FaultPlan::default());
        let text = b"Subject: Lunch\r\n\r\nText\r\n";
        rig.server.deliver("INBOX", text, &[], 1_780_000_000);
        screen.wait_for("Lunch");
        screen.keys("Q");
        assert!(screen.wait_for_end().success());
        assert_eq!(rig.server.most_clients(), n_lanes, "room for {room}");
    }
}
