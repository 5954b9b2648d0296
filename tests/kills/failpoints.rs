//! The program ends at every pass of every named point, in several scenarios: run again, it comes to the same end, and a
//! third run changes nothing. Built with the feature `failpoints` only.

#![cfg(feature = "failpoints")]

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Command, Output};

use sterna::demo::dialect::Dialect;
use sterna::store::failpoint;

use crate::place::{Place, deliver};

/// A home with a configuration for the place's server.
fn configure(place: &Place, home: &Path) {
    let directory = home.join(".config/sterna");
    fs::create_dir_all(&directory).unwrap();
    let file = directory.join("config.toml");
    let port = place.server.imap_addr().port();
    let text = format!(
        "[accounts.work]\nemail = \"anna@example.org\"\nuser = \"demo\"\npassword-plaintext = \"demo\"\n\
         imap = {{ host = \"127.0.0.1\", port = {port}, security = \"plain\" }}\noffline = \"headers\"\n"
    );
    fs::write(&file, text).unwrap();
    fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).unwrap();
}

fn sterna(home: &Path, line: &str, point: Option<&str>) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_sterna"));
    command
        .args(line.split(' '))
        .env_clear()
        .env("HOME", home)
        .env("XDG_RUNTIME_DIR", home.join("runtime"));
    if let Some(point) = point {
        command.env("STERNA_FAILPOINT", point);
    }
    command.output().unwrap()
}

/// What a user sees: the rows, without what differs from home to home.
fn seen(home: &Path) -> String {
    let output = sterna(home, "--offline list --limit 1000 --json", None);
    assert!(output.status.success(), "{output:?}");
    let text = String::from_utf8(output.stdout).unwrap();
    // Numbers of our own, given out in blocks: which ones a crash leaves out says nothing.
    let lines = text.lines().filter(|line| !line.contains("\"thread_id\""));
    lines.collect::<Vec<_>>().join("\n")
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap().flatten() {
        let target = to.join(entry.file_name());
        match entry.file_type().unwrap() {
            kind if kind.is_dir() => copy(&entry.path(), &target),
            kind if kind.is_file() => _ = fs::copy(entry.path(), target).unwrap(),
            _ => {}
        }
    }
}

/// Ends a scenario at every pass of every point; gives how many ends there were.
fn every_step(name: &str, place: &Place, base: &Path, lines: &[String]) -> u32 {
    let mut n_ends = 0;
    let whole = crate::place::directory();
    copy(base, whole.path());
    for line in lines {
        assert!(
            sterna(whole.path(), line, None).status.success(),
            "{name}: {line}"
        );
    }
    assert!(sterna(whole.path(), "sync", None).status.success());
    let expected = seen(whole.path());
    for point in failpoint::NAMES {
        for pass in 1.. {
            let home = crate::place::directory();
            copy(base, home.path());
            let wanted = format!("{point}:{pass}");
            let codes: Vec<_> = lines
                .iter()
                .map(|line| sterna(home.path(), line, Some(&wanted)).status.code())
                .collect();
            if !codes.contains(&Some(100)) {
                break; // Passed less often than that.
            }
            n_ends += 1;
            for line in lines {
                let again = sterna(home.path(), line, None);
                assert!(again.status.success(), "{name}, {wanted}: {again:?}");
            }
            assert!(sterna(home.path(), "sync", None).status.success());
            assert_eq!(seen(home.path()), expected, "{name}, {wanted}");
            place.server.clear_log();
            assert!(sterna(home.path(), "sync", None).status.success());
            assert_eq!(seen(home.path()), expected, "{name}, {wanted}: once more");
            assert_eq!(place.n_commands("UID STORE"), 0, "{name}, {wanted}");
        }
    }
    n_ends
}

#[test]
fn an_end_at_every_step_comes_to_the_same_end() {
    let place = Place::with(Dialect::full(), 30);
    let empty = crate::place::directory();
    configure(&place, empty.path());
    let known = crate::place::directory();
    copy(empty.path(), known.path());
    assert!(sterna(known.path(), "sync", None).status.success());
    let rows: serde_json::Value = serde_json::from_str(&seen(known.path())).unwrap();
    let id = |at: usize| rows[at]["id"].as_str().unwrap().to_owned();
    let mut all = Vec::new();
    let mut run = |name: &'static str, base: &Path, lines: &[String]| {
        all.push((name, every_step(name, &place, base, lines)));
    };
    run("first sync", empty.path(), &["sync".to_owned()]);
    run("flag", known.path(), &[format!("flag {} +seen", id(0))]);
    run(
        "flags of two",
        known.path(),
        &[format!("flag {} {} +seen", id(1), id(2))],
    );
    run("show", known.path(), &[format!("show {}", id(3))]);
    run(
        "flag offline, then sync",
        known.path(),
        &[format!("--offline flag {} +seen", id(4)), "sync".to_owned()],
    );
    for uid in [3, 9] {
        place.server.expunge("INBOX", &[uid]);
    }
    place.server.set_flags("INBOX", 12, &["\\Flagged", "$Work"]);
    deliver(&place.server, "INBOX", 500, &[]);
    run("resync", known.path(), &["sync".to_owned()]);
    eprintln!("ended at every step: {all:?}");
    assert!(all.iter().all(|(_, n)| *n > 0), "{all:?}");
}
