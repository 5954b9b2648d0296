//! The whole program over poisoned messages. Built with the feature `failpoints` only.

use crate::pty::Pty;
use crate::rig::Rig;
use crate::shell::{code, errors};

fn deliver(rig: &Rig, subject: &str, poison: &str) -> u32 {
    let raw = format!(
        "From: Anna <anna@example.org>\r\nTo: demo@example.org\r\nSubject: {subject}\r\n{poison}\
         Date: Tue, 3 Mar 2026 10:00:00 +0000\r\n\r\nThe text of {subject}.\r\n"
    );
    rig.server
        .deliver("INBOX", raw.as_bytes(), &[], 1_772_532_000)
}

#[test]
fn keys_go_on_and_the_next_start_works() {
    let rig = Rig::new("headers");
    deliver(&rig, "Harmless", "");
    deliver(&rig, "Abort", "X-Poison: abort\r\n");
    deliver(&rig, "Hang", "X-Poison: hang\r\n");
    deliver(&rig, "Panic", "X-Poison: panic\r\n");
    let mut screen = rig.screen();
    screen.wait_for("Panic");
    screen.keys("gg\r");
    screen.wait_for("it is shown as it came");
    screen.keys("q");
    screen.keys("j\r");
    // While it hangs, the keys are answered.
    screen.keys("?");
    screen.wait_for("Help");
    screen.keys("\x1b");
    screen.wait_for("took too long");
    screen.keys("q");
    screen.keys("j\r");
    // The process is gone; the next one shows the message as it came.
    assert_ne!(screen.wait_for_end().exit_code(), 0);
    let screen = rig.screen();
    screen.wait_for("Abort");
    screen.keys("ggjj\r");
    screen.wait_for("Sterna ended over it");
    screen.wait_for("X-Poison: abort");
    screen.keys("q");
    screen.keys("j\r");
    screen.wait_for("The text of Harmless");
}

#[test]
fn the_command_line_shows_poison_as_it_came_from_the_second_time_on() {
    let rig = Rig::new("headers");
    let uid = deliver(&rig, "Abort", "X-Poison: abort\r\n");
    let id = rig.id_of(uid);
    let first = rig.sterna(&format!("show {id}"));
    assert_eq!(first.status.code(), None, "it was not ended");
    let second = rig.sterna(&format!("show {id}"));
    assert_eq!(code(&second), 0, "{}", errors(&second));
    assert!(String::from_utf8_lossy(&second.stdout).contains("The text of Abort"));
}

#[test]
fn a_sync_goes_on_behind_a_header_that_panics() {
    let rig = Rig::new("headers");
    deliver(&rig, "First", "");
    let uid = deliver(&rig, "Second", "List-Id: X-Poison-Header: panic\r\n");
    deliver(&rig, "Third", "");
    let rows = rig.json("list --json");
    let subjects: Vec<&str> = rows
        .as_array()
        .unwrap()
        .iter()
        .map(|row| row["subject"].as_str().unwrap())
        .collect();
    assert_eq!(
        subjects
            .iter()
            .filter(|subject| !subject.is_empty())
            .count(),
        2,
        "{subjects:?}"
    );
    assert_eq!(rows.as_array().unwrap().len(), 3);
    let shown = rig.json(&format!("show {} --json", rig.id_of(uid)));
    assert!(
        shown["text"]
            .as_str()
            .unwrap()
            .contains("The text of Second")
    );
}

#[test]
fn a_header_that_ends_the_sync_does_so_once() {
    let rig = Rig::new("headers");
    deliver(&rig, "First", "");
    // What ends a process is long.
    let long = "<x@example.org>\r\n ".repeat(1_000);
    let poison = format!("References: {long}\r\nList-Id: X-Poison-Header: abort\r\n");
    deliver(&rig, "Second", &poison);
    deliver(&rig, "Third", "");
    assert_eq!(rig.sterna("sync").status.code(), None, "it was not ended");
    let second = rig.sterna("sync");
    assert_eq!(code(&second), 0, "{}", errors(&second));
    let rows = rig.json("list --json");
    let rows = rows.as_array().unwrap();
    let mut subjects: Vec<&str> = rows
        .iter()
        .map(|row| row["subject"].as_str().unwrap())
        .collect();
    subjects.sort_unstable();
    assert_eq!(subjects, ["", "First", "Third"]);
}

#[test]
fn a_screen_is_drawn_by_every_start() {
    let rig = Rig::new("all");
    for deed in ["abort", "hang", "panic"] {
        deliver(&rig, deed, &format!("X-Poison: {deed}\r\n"));
    }
    for _ in 0..5 {
        let mut screen = Pty::sterna(&[], rig.home.path(), 120, 36);
        screen.wait_for("panic");
        screen.keys("\r");
        screen.wait_until("an answer", |seen| seen.contents().contains("as it came"));
        screen.keys("qq");
        screen.wait_for_end();
    }
}
