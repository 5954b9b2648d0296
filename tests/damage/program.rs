//! Damage as a user meets it: on the screen and on the command line.

use std::fs;
use std::path::PathBuf;

use crate::pty::Pty;
use crate::rig::Rig;
use crate::shell::{assert_fails, code, errors};

fn state(rig: &Rig) -> PathBuf {
    rig.home.path().join(".local/share/sterna/state.db")
}

/// A rig with a change that the server has not been told, and a damaged `state.db`.
fn damaged() -> (Rig, u32) {
    let rig = Rig::new("headers");
    let uid = rig.deliver("Lunch");
    let id = rig.ids("list --json").remove(0);
    let flagged = rig.json(&format!("--offline flag {id} +seen --json"));
    assert_eq!(flagged["state"], "queued");
    let path = state(&rig);
    let mut bytes = fs::read(&path).unwrap();
    bytes[..50].fill(b'#');
    fs::write(&path, bytes).unwrap();
    (rig, uid)
}

#[test]
fn the_command_line_says_what_to_do_about_a_damaged_state_and_touches_nothing() {
    let (rig, _) = damaged();
    let before = fs::read(state(&rig)).unwrap();
    rig.server.clear_log();
    for command in [
        "folders",
        "list --json",
        "sync",
        "status --json",
        "--picture 80x24",
    ] {
        let output = rig.sterna(command);
        assert_fails(&output, 65, "state.db is damaged");
        assert!(
            errors(&output).contains("run `sterna` on a terminal"),
            "{}",
            errors(&output)
        );
    }
    assert_eq!(fs::read(state(&rig)).unwrap(), before);
    assert!(rig.server.log().is_empty(), "a server was asked");
}

#[test]
fn the_screen_asks_before_it_starts_over_a_damaged_state() {
    let (rig, uid) = damaged();
    let before = fs::read(state(&rig)).unwrap();
    rig.server.clear_log();
    fs::create_dir_all(rig.home.path().join("runtime")).unwrap();
    let mut screen = Pty::sterna(&[], rig.home.path(), 100, 30);
    screen.wait_for("start anew with what can be read");
    screen.wait_for("1  changes that no server has been told yet");
    assert!(
        rig.server.log().is_empty(),
        "a server was asked before the answer"
    );
    screen.keys("q");
    assert_eq!(screen.wait_for_end().exit_code(), 65);
    assert_eq!(fs::read(state(&rig)).unwrap(), before);

    let mut screen = Pty::sterna(&[], rig.home.path(), 100, 30);
    screen.wait_for("start anew with what can be read");
    screen.keys("r");
    screen.wait_for("Lunch");
    screen.wait_for("online");
    screen.keys("q");
    assert_eq!(screen.wait_for_end().exit_code(), 0);
    rig.json("sync --json");
    assert!(
        rig.is_seen(uid),
        "the change that was rescued never reached the server"
    );
    let names = fs::read_dir(state(&rig).parent().unwrap())
        .unwrap()
        .flatten();
    let names: Vec<String> = names
        .map(|entry| entry.file_name().into_string().unwrap())
        .collect();
    let kept = names
        .iter()
        .find(|name| name.starts_with("state.db.damaged-"))
        .unwrap();
    assert_eq!(fs::read(state(&rig).with_file_name(kept)).unwrap(), before);
    assert!(
        names.iter().any(|name| name.contains(".rescued-")),
        "{names:?}"
    );
}

#[test]
fn a_replaced_cache_is_told_on_the_command_line_and_on_the_screen() {
    let rig = Rig::new("headers");
    rig.deliver("Lunch");
    let cache = rig.home.path().join(".cache/sterna/cache.db");
    for on_screen in [false, true] {
        rig.json("sync --json");
        let n = fs::metadata(&cache).unwrap().len();
        fs::write(&cache, vec![0xff; usize::try_from(n).unwrap()]).unwrap();
        if on_screen {
            let screen = rig.screen();
            screen.wait_for_words("the cache was damaged");
            screen.wait_for("Lunch");
        } else {
            let output = rig.sterna("list --json");
            assert_eq!(code(&output), 0, "{}", errors(&output));
            assert!(
                errors(&output).contains("the cache was damaged"),
                "{}",
                errors(&output)
            );
        }
    }
}

#[test]
fn files_of_a_newer_sterna_are_refused_with_the_words_for_it() {
    let rig = Rig::new("headers");
    rig.json("sync --json");
    for path in [state(&rig), rig.home.path().join(".cache/sterna/cache.db")] {
        let whole = fs::read(&path).unwrap();
        let mut newer = whole.clone();
        newer[60..64].copy_from_slice(&99_u32.to_be_bytes());
        fs::write(&path, &newer).unwrap();
        assert_fails(&rig.sterna("folders"), 78, "was written by a newer Sterna");
        assert_eq!(fs::read(&path).unwrap(), newer);
        fs::write(&path, whole).unwrap();
    }
    let path = state(&rig);
    let moved = path.with_file_name("elsewhere");
    fs::rename(&path, &moved).unwrap();
    std::os::unix::fs::symlink(&moved, &path).unwrap();
    assert_fails(&rig.sterna("folders"), 69, "is a symbolic link");
}

#[test]
fn a_body_that_is_damaged_is_fetched_again() {
    let rig = Rig::new("headers");
    // Large enough for a file of its own, small enough to be fetched whole.
    let text = "The text of it. 0123456789 abcdefghij\r\n".repeat(2_500);
    let raw = format!("From: anna@example.org\r\nSubject: Report\r\n\r\n{text}");
    rig.server
        .deliver("INBOX", raw.as_bytes(), &[], 1_772_532_000);
    let id = rig.ids("list --json").remove(0);
    let whole = rig.json(&format!("show {id} --json"));
    let bodies = rig.home.path().join(".cache/sterna/bodies");
    let file = fs::read_dir(&bodies)
        .unwrap()
        .next()
        .unwrap()
        .unwrap()
        .path();
    let fetched = rig.server.counts().bodies;
    for ruin in ["flip", "cut", "delete"] {
        let mut bytes = fs::read(&file).unwrap();
        let middle = bytes.len() / 2;
        match ruin {
            "flip" => bytes[middle] ^= 1,
            "cut" => bytes.truncate(middle),
            _ => {}
        }
        fs::write(&file, bytes).unwrap();
        if ruin == "delete" {
            fs::remove_file(&file).unwrap();
        }
        let before = rig.server.counts().bodies;
        assert_eq!(rig.json(&format!("show {id} --json")), whole, "{ruin}");
        assert_eq!(rig.server.counts().bodies, before + 1, "{ruin}");
    }
    assert_eq!(rig.json(&format!("--offline show {id} --json")), whole);
    assert!(fetched > 0);
}
