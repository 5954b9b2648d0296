//! The demo driven as a person would, in a real pseudo-terminal, and its command line.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::panic,
    clippy::print_stderr,
    missing_docs
)]

#[path = "demo_screen/first_start.rs"]
mod first_start;
#[path = "support/pty.rs"]
mod pty;
#[path = "demo_screen/writing.rs"]
mod writing;

use std::path::Path;
use std::process::{Command, Output};

use pty::Pty;

/// Files and directories below a directory, itself left out.
fn contents(directory: &Path) -> Vec<String> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(directory).unwrap().flatten() {
        found.push(entry.path().display().to_string());
        if entry.file_type().unwrap().is_dir() {
            found.extend(contents(&entry.path()));
        }
    }
    found
}

fn home() -> tempfile::TempDir {
    let home = tempfile::tempdir().unwrap();
    std::fs::create_dir(home.path().join("tmp")).unwrap();
    home
}

fn sterna(home: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_sterna"))
        .args(arguments)
        .env_clear()
        .env("HOME", home)
        .env("TMPDIR", home.join("tmp"))
        .output()
        .unwrap()
}

fn json(output: &Output) -> serde_json::Value {
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    serde_json::from_slice(&output.stdout).unwrap()
}

#[test]
fn a_person_lists_opens_limits_changes_folder_and_quits() {
    let home = home();
    let mut screen = Pty::sterna(&["--demo"], home.path(), 120, 36);
    screen.wait_for("Demo: nothing leaves this machine");
    screen.wait_for("Welcome to Sterna");
    screen.wait_for("online");
    assert!(screen.is_alternate());

    screen.keys("jj\r");
    screen.wait_for("Your account will be closed today");
    screen.keys("q\\grandma");
    screen.wait_for("with \"grandma\"");
    screen.wait_for("Grandma's 80th");
    screen.wait_without("Welcome to Sterna");
    screen.keys("\x1b");
    screen.wait_for("Welcome to Sterna");

    screen.keys("gf");
    screen.keys("sail\r");
    screen.wait_without("Welcome to Sterna");
    screen.keys("gi");
    screen.wait_for("Welcome to Sterna");
    screen.keys("?");
    screen.wait_for("type to search");
    screen.keys("\x1b");
    screen.wait_without("type to search");
    screen.keys("\x0b");
    screen.wait_for("╭ Commands");
    screen.keys("\x1b");
    screen.wait_without("╭ Commands");
    screen.resize(80, 24);
    screen.wait_for("Welcome to Sterna");
    screen.keys("Q");
    assert!(screen.wait_for_end().success());
    assert!(!screen.is_alternate(), "the terminal is given back");
}

#[test]
fn a_new_mail_arrives_by_itself() {
    let home = home();
    let mut screen = Pty::sterna(&["--demo"], home.path(), 100, 30);
    screen.wait_for("Welcome to Sterna");
    let unread = |screen: &vt100::Screen| {
        let text = screen.contents();
        let (before, _) = text.split_once(" unread of ").unwrap_or_default();
        before
            .rsplit(' ')
            .next()
            .and_then(|word| word.parse::<u32>().ok())
    };
    let first = std::cell::Cell::new(None);
    screen.wait_until("a count of unread mail", |screen| {
        first.set(unread(screen));
        first.get().is_some()
    });
    screen.wait_until("one more unread mail", |screen| {
        unread(screen) > first.get()
    });
    screen.keys("Q");
    assert!(screen.wait_for_end().success());
}

#[test]
fn nothing_of_a_message_reaches_the_terminal_as_a_command() {
    let home = home();
    let mut screen = Pty::sterna(&["--demo"], home.path(), 100, 30);
    screen.wait_for("Welcome to Sterna");
    screen.keys("\\obey");
    screen.wait_for("Does your terminal obey me?");
    screen.keys("\r\r");
    screen.wait_for("Curious Cat");
    screen.keys("Q");
    screen.wait_for_end();
    let bytes = screen.bytes();
    let text = String::from_utf8_lossy(&bytes);
    for (at, _) in text.match_indices('\u{1b}') {
        let after = &text[at + 1..];
        // Our own: CSI, the title (OSC 2), and its end (ST).
        let is_ours = after.starts_with('[') || after.starts_with("]2;") || after.starts_with('\\');
        assert!(is_ours, "{:?}", &after[..after.len().min(20)]);
    }
    assert!(text.contains("␛]0;gotcha"), "shown, not obeyed");
}

#[test]
fn every_command_works_and_nothing_stays_behind() {
    let home = home();
    let folders = json(&sterna(home.path(), &["--demo", "folders", "--json"]));
    let names: Vec<&str> = folders
        .as_array()
        .unwrap()
        .iter()
        .map(|row| row["name"].as_str().unwrap())
        .collect();
    for name in ["INBOX", "Projekte/Öffentlichkeit", "日本語"] {
        assert!(names.contains(&name), "{names:?}");
    }
    let list = json(&sterna(
        home.path(),
        &["--demo", "list", "--json", "--limit", "5"],
    ));
    let rows = list.as_array().unwrap();
    assert_eq!(rows.len(), 5);
    assert_eq!(rows[0]["subject"], "Welcome to Sterna");
    assert_eq!(rows[0]["folder"], "INBOX");
    assert_eq!(rows[0]["unread"], true);
    let found = json(&sterna(
        home.path(),
        &["--demo", "list", "--json", "--folder", "日本語"],
    ));
    assert!(!found.as_array().unwrap().is_empty());
    let status = json(&sterna(home.path(), &["--demo", "status", "--json"]));
    assert_eq!(status[0]["account"], "demo");
    let sync = json(&sterna(home.path(), &["--demo", "sync", "--json"]));
    assert_eq!(sync[0]["error"], serde_json::Value::Null);
    assert!(sync[0]["new"].as_u64().unwrap() > 0, "{sync}");
    let pending = json(&sterna(home.path(), &["--demo", "pending", "--json"]));
    assert_eq!(pending, serde_json::json!([]));
    let stale = sterna(home.path(), &["--demo", "show", "1.1.1.1"]);
    assert_eq!(stale.status.code(), Some(65));
    let nowhere = sterna(home.path(), &["--demo", "list", "--folder", "Nowhere"]);
    assert_eq!(nowhere.status.code(), Some(65));
    assert_eq!(
        contents(home.path()),
        [home.path().join("tmp").display().to_string()]
    );
}

#[test]
fn an_id_of_one_run_names_the_same_message_in_the_next() {
    let home = home();
    let all = ["--demo", "list", "--json", "--limit", "1000"];
    let list = json(&sterna(home.path(), &all));
    let rows = list.as_array().unwrap();
    assert!(rows.len() > 20, "{}", rows.len());
    for row in [&rows[0], rows.last().unwrap()] {
        let (id, subject) = (
            row["id"].as_str().unwrap(),
            row["subject"].as_str().unwrap(),
        );
        let shown = sterna(home.path(), &["--demo", "show", id]);
        assert!(shown.status.success(), "{shown:?}");
        assert!(
            String::from_utf8_lossy(&shown.stdout).contains(subject),
            "{shown:?}"
        );
        let flagged = sterna(home.path(), &["--demo", "flag", id, "+seen"]);
        assert!(flagged.status.success(), "{flagged:?}");
    }
    let with_part = rows
        .iter()
        .find(|row| row["has_attachment"] == true)
        .unwrap();
    let id = with_part["id"].as_str().unwrap();
    let to = home.path().display().to_string();
    let saved = sterna(home.path(), &["--demo", "save", id, "--to", &to]);
    assert!(saved.status.success(), "{saved:?}");
    assert!(
        contents(home.path()).len() > 1,
        "a file beside the directory"
    );
}

#[test]
fn a_picture_is_the_screen_as_text() {
    let home = home();
    let picture = sterna(home.path(), &["--demo", "--picture", "120x36"]);
    assert!(picture.status.success());
    let text = String::from_utf8(picture.stdout).unwrap();
    assert_eq!(text.lines().count(), 36);
    assert!(
        text.starts_with(" Demo: nothing leaves this machine"),
        "{text}"
    );
    assert!(
        text.contains("Welcome to Sterna") && text.contains("Things to try"),
        "{text}"
    );
    let svg = sterna(home.path(), &["--demo", "--picture", "80x24", "--svg"]);
    assert!(svg.stdout.starts_with(b"<svg "));
}

/// Whether a colour was set: SGR 30 to 38, 40 to 48, 90 to 97, 100 to 107. 39 and 49 are the terminal's own.
fn sets_colour(bytes: &[u8]) -> bool {
    let text = String::from_utf8_lossy(bytes);
    let sequences = text.split("\x1b[").skip(1).filter_map(|rest| {
        let end = rest.find(|c: char| !c.is_ascii_digit() && c != ';' && c != ':')?;
        rest[end..].starts_with('m').then(|| &rest[..end])
    });
    let mut numbers = sequences
        .flat_map(|numbers| numbers.split([';', ':']))
        .filter_map(|number| number.parse::<u32>().ok());
    numbers.any(|number| matches!(number, 30..=38 | 40..=48 | 90..=97 | 100..=107))
}

#[test]
fn without_colours_where_the_environment_says_so_and_the_cursor_is_still_seen() {
    for (value, is_coloured) in [("1", false), ("", true)] {
        let home = home();
        let mut command = Pty::command(&["--demo"], home.path());
        command.env("NO_COLOR", value);
        let mut screen = Pty::spawn(command, 120, 36);
        screen.wait_for("Welcome to Sterna");
        screen.keys("j\r");
        screen.wait_for("From");
        screen.wait_until("a marked row", |screen| {
            let mut cells = (0..36).flat_map(|row| (0..120).map(move |column| (row, column)));
            cells.any(|(row, column)| {
                let cell = screen.cell(row, column).unwrap();
                cell.inverse() || cell.bgcolor() != vt100::Color::Default
            })
        });
        screen.keys("?");
        screen.wait_for("type to search");
        screen.keys("\x1b");
        screen.wait_without("type to search");
        screen.keys("Q");
        screen.wait_for_end();
        assert_eq!(
            sets_colour(&screen.bytes()),
            is_coloured,
            "NO_COLOR={value}"
        );
    }
}

/// A server of tmux with a socket of its own, which ends with the test.
struct Tmux<'a> {
    home: &'a Path,
}

impl Tmux<'_> {
    fn command(&self, arguments: &[&str]) -> Vec<String> {
        let socket = self.home.join("tmux").display().to_string();
        let own = ["tmux", "-S", &socket, "-f", "/dev/null"];
        let all = own.iter().chain(arguments);
        all.map(|word| (*word).to_owned()).collect()
    }
}

impl Drop for Tmux<'_> {
    fn drop(&mut self) {
        let words = self.command(&["kill-server"]);
        // Where the test went well, it has gone with its only window.
        let _ = Command::new(&words[0]).args(&words[1..]).output();
    }
}

#[test]
fn inside_tmux_it_is_the_same_screen() {
    if Command::new("tmux").arg("-V").output().is_err() {
        eprintln!("NOT RUN: inside_tmux_it_is_the_same_screen (no tmux here)");
        return;
    }
    let home = home();
    let tmux = Tmux { home: home.path() };
    let mut command = Pty::command(&[], home.path());
    let program = env!("CARGO_BIN_EXE_sterna");
    let words = tmux.command(&["new-session", program, "--demo"]);
    *command.get_argv_mut() = words.into_iter().map(Into::into).collect();
    command.env("PATH", std::env::var_os("PATH").unwrap());
    command.env("SHELL", "/bin/sh");
    let mut screen = Pty::spawn(command, 120, 36);
    screen.wait_for("Welcome to Sterna");
    screen.wait_for("online");
    screen.keys("jj\r");
    screen.wait_for("Your account will be closed today");
    screen.resize(80, 24);
    screen.keys("q?");
    screen.wait_for("type to search");
    screen.keys("\x1b");
    screen.wait_without("type to search");
    screen.keys("gf");
    screen.keys("sail\r");
    screen.wait_without("Welcome to Sterna");
    screen.keys("Q");
    screen.wait_for_end();
    assert!(!screen.is_alternate(), "the terminal is given back");
}

#[test]
fn a_person_selects_archives_takes_back_stars_tags_moves_and_quits() {
    let home = home();
    let mut screen = Pty::sterna(&["--demo"], home.path(), 100, 30);
    screen.wait_for("Welcome to Sterna");
    screen.wait_for("online");
    screen.keys("jxx");
    screen.wait_for_words("2 selected");
    screen.keys("e");
    screen.wait_for_words("archived 2 messages, u undoes");
    screen.wait_without("electrician");
    screen.keys("u");
    screen.wait_for_words("taken back: archive (2 messages)");
    screen.wait_for("electrician");
    screen.keys("s");
    screen.keys("tharbour\r");
    screen.wait_for("#harbour");
    screen.keys("vsailing\r");
    screen.wait_for_words("moved to Lists/sailing, u undoes");
    screen.wait_without("#harbour");
    // What was taken back comes to the server as nothing; what was not, comes there after the hold.
    screen.wait_for("pending");
    screen.wait_without("pending");
    screen.keys("gfsailing\r");
    screen.wait_for("#harbour");
    screen.keys("gS");
    screen.wait_for("move to Lists/sailing");
    screen.wait_for("Nothing waits");
    screen.keys("q");
    screen.wait_without("Nothing waits");
    screen.keys("Q");
    assert!(screen.wait_for_end().success());
}
