//! The program is killed, or told to end, while somebody writes on its screen: what was saved is there once, as a draft or
//! as a mail on its way, and what an editor had comes back.

use std::fs::File;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use rustix::fs::{Mode, OFlags};
use sterna::channel::outbox::OutboxRow;

use crate::composing::{drafts, screen, send_the_draft, wait_until, write};
use crate::drafts::store_of;
use crate::post::{GUARD, Post};
use crate::pty::Pty;
use crate::random::count;

/// How often each happens.
fn n_kills() -> usize {
    usize::try_from(count("STERNA_COMPOSER_KILLS", 3)).unwrap()
}

fn signal(name: &str, screen: &Pty) {
    let sent = Command::new("sh")
        .args(["-c", &format!("kill -{name} {}", screen.pid())])
        .status();
    assert!(sent.unwrap().success());
}

fn saved(post: &Post, text: &str) -> bool {
    let drafts = drafts(post);
    drafts
        .iter()
        .any(|draft| draft.composition.body.contains(text))
}

fn outbox(post: &Post) -> Vec<OutboxRow> {
    let store = store_of(post);
    let rows = store.reader().unwrap().outbox().unwrap();
    store.close();
    rows
}

#[test]
fn what_was_typed_and_saved_by_itself_outlives_a_kill() {
    let post = Post::new();
    for n in 0..n_kills() {
        let mut screen = screen(&post);
        write(&screen, &format!("Mail {n}"), &format!("Words {n}."));
        // Nobody leaves the composer: it is saved while it is typed in.
        wait_until("a save", GUARD, || saved(&post, &format!("Words {n}.")));
        screen.keys(" And what was typed in the last moment.");
        screen.wait_for("the last moment");
        signal("KILL", &screen);
        screen.wait_for_end();
    }
    // Each was said once, by the next one to start.
    let mut last = screen(&post);
    last.wait_for_words("1 mail was not finished: the drafts have it");
    last.keys("gw");
    last.wait_for("Enter goes on with it");
    last.keys("\x1b");
    last.wait_without("Enter goes on with it");
    last.keys("Q");
    assert!(last.wait_for_end().success());
    let store = store_of(&post);
    assert_eq!(store.writer().leave_drafts_now().unwrap(), 0);
    store.close();
    let drafts = drafts(&post);
    let mut subjects: Vec<&str> = drafts
        .iter()
        .map(|draft| draft.composition.subject.as_str())
        .collect();
    subjects.sort_unstable();
    let mut expected: Vec<String> = (0..n_kills()).map(|n| format!("Mail {n}")).collect();
    expected.sort_unstable();
    assert_eq!(subjects, expected);
    for n in 0..n_kills() {
        assert!(saved(&post, &format!("Words {n}.")));
    }
}

#[test]
fn what_another_sterna_types_at_is_not_taken_for_what_a_crash_left() {
    let post = Post::new();
    let mut first = screen(&post);
    write(&first, "Lunch", "First words.");
    wait_until("a save", GUARD, || saved(&post, "First words."));
    let mut second = Pty::sterna(&[], post.home.path(), 120, 36);
    second.keys("gw");
    second.wait_for("Lunch");
    second.keys("\x1b");
    second.wait_without("Enter goes on with it");
    second.keys("Q");
    assert!(second.wait_for_end().success());
    let state = post.home.path().join(".local/share/sterna/state.db");
    let state = rusqlite::Connection::open(state).unwrap();
    let is_left = || state.query_row("SELECT is_left FROM draft", [], |row| row.get::<_, bool>(0));
    assert!(!is_left().unwrap(), "somebody types at it");
    signal("KILL", &first);
    first.wait_for_end();
    let mut third = screen(&post);
    third.wait_for_words("1 mail was not finished: the drafts have it");
    assert!(is_left().unwrap());
    third.keys("Q");
    assert!(third.wait_for_end().success());
}

#[test]
fn what_an_editor_had_when_the_program_was_killed_is_a_draft_again() {
    let post = Post::new();
    let editor = post.home.path().join("editor");
    let script =
        "#!/bin/sh\necho \"Words of the editor, $(date)\" >> \"$1\"\necho editing\nread answer\n";
    std::fs::write(&editor, script).unwrap();
    std::fs::set_permissions(&editor, std::fs::Permissions::from_mode(0o755)).unwrap();
    for n in 0..n_kills() {
        let mut command = Pty::command(&[], post.home.path());
        command.env("VISUAL", &editor);
        command.env("PATH", std::env::var_os("PATH").unwrap());
        let mut first = Pty::spawn(command, 120, 36);
        first.wait_for("online");
        write(&first, &format!("Mail {n}"), "Typed here.");
        first.keys("\x1b");
        first.wait_for("Enter type");
        first.keys("e");
        first.wait_for("editing");
        signal("KILL", &first);
        first.keys("\n");
        first.wait_for_end();
        let mut second = screen(&post);
        let is_back = || {
            let all = drafts(&post);
            let bodies = all.iter().map(|draft| &draft.composition.body);
            bodies
                .filter(|body| body.contains("Words of the editor"))
                .count()
                == n + 1
        };
        wait_until("the editor's words", GUARD, is_back);
        second.keys("gw");
        second.wait_for(&format!("Mail {n}"));
        second.keys("\x1b");
        second.wait_without("Drafts on this machine");
        second.keys("Q");
        assert!(second.wait_for_end().success());
    }
    let drafts = drafts(&post);
    assert_eq!(drafts.len(), n_kills(), "each once: {drafts:?}");
    let all = drafts.iter().map(|draft| &draft.composition.body);
    assert!(all.clone().all(|body| body.contains("Typed here.")));
    let left = std::fs::read_dir(post.home.path().join(".local/share/sterna/editing"));
    assert_eq!(left.unwrap().count(), 0, "no file stays behind");
}

#[test]
fn a_mail_is_a_draft_or_in_the_outbox_whenever_the_program_is_killed_as_it_is_sent() {
    let post = Post::new();
    let n_kills = n_kills();
    for n in 0..n_kills {
        let mut screen = screen(&post);
        write(&screen, &format!("Mail {n}"), &format!("Words {n}."));
        screen.keys("\x1b");
        screen.wait_for("Enter type");
        wait_until("a save", GUARD, || saved(&post, &format!("Words {n}.")));
        screen.keys("y");
        match n % 3 {
            0 => {}
            1 => screen.wait_without("Enter type"),
            _ => wait_until("a row", GUARD, || {
                let is_it = |row: &OutboxRow| row.subject.as_str() == format!("Mail {n}");
                outbox(&post).iter().any(is_it)
            }),
        }
        signal("KILL", &screen);
        screen.wait_for_end();
    }
    let (drafts, rows) = (drafts(&post), outbox(&post));
    for n in 0..n_kills {
        let subject = format!("Mail {n}");
        let written = drafts
            .iter()
            .filter(|draft| draft.composition.subject == subject);
        let queued = rows.iter().filter(|row| row.subject.as_str() == subject);
        assert_eq!(written.count() + queued.count(), 1, "{subject}");
    }
    post.cure();
    post.cure();
    let sent = post.server.submissions();
    assert!(sent.len() <= rows.len(), "none is sent twice");
}

#[test]
fn what_is_not_saved_yet_is_saved_when_the_program_is_told_to_end() {
    let post = Post::new();
    for name in ["TERM", "HUP"] {
        let mut screen = screen(&post);
        let text = format!("Words before SIG{name}.");
        write(&screen, name, &text);
        signal(name, &screen);
        screen.wait_for_end();
        assert!(saved(&post, &text), "SIG{name}");
    }
    assert_eq!(drafts(&post).len(), 2);
}

/// A message so large that its text is a file of its own on this machine; the file.
fn with_a_large_message(post: &Post) -> PathBuf {
    let text = "nine lives\r\n".repeat(10_000);
    let head = "From: zoe@example.org\r\nTo: anna@example.org\r\nSubject: Photos\r\n\r\n";
    let raw = format!("{head}Look at these.\r\n{text}");
    post.server
        .deliver("INBOX", raw.as_bytes(), &[], 1_772_532_000);
    let mut first = screen(post);
    first.wait_for("Look at these.");
    first.keys("Q");
    assert!(first.wait_for_end().success());
    let mut files = std::fs::read_dir(post.home.path().join(".cache/sterna/bodies")).unwrap();
    files.next().unwrap().unwrap().path()
}

/// Opens the one end of a pipe as soon as somebody has opened the other.
fn met_at(pipe: &Path) -> Option<File> {
    let flags = OFlags::WRONLY | OFlags::NONBLOCK;
    let opened = rustix::fs::open(pipe, flags, Mode::empty());
    opened.ok().map(File::from)
}

#[test]
fn a_mail_that_is_being_built_when_the_program_is_told_to_end_stays_a_draft_and_goes_once_later() {
    let post = Post::new();
    let body = with_a_large_message(&post);
    let mut first = screen(&post);
    first.wait_for("Look at these.");
    first.keys("W");
    first.wait_for("Fwd: Photos");
    first.keys("ben@example.org\r");
    first.wait_for("ben@example.org");
    first.keys("\x1b");
    first.wait_for("Enter type");
    // From a pipe that nobody writes to: building lasts for as long as anybody likes.
    let aside = post.home.path().join("aside");
    std::fs::rename(&body, &aside).unwrap();
    assert!(
        Command::new("mkfifo")
            .arg(&body)
            .status()
            .unwrap()
            .success()
    );
    first.keys("y");
    let mut held = None;
    wait_until("the mail is being built", GUARD, || {
        held = met_at(&body);
        held.is_some()
    });
    signal("TERM", &first);
    first.wait_for_end();
    drop(held);
    std::fs::rename(&aside, &body).unwrap();
    let left = drafts(&post);
    assert_eq!(left.len(), 1, "{left:?}");
    let written = &left[0].composition;
    assert_eq!(
        (&written.subject[..], &written.to[..]),
        ("Fwd: Photos", "ben@example.org")
    );
    assert_eq!(written.attachments.len(), 1, "{written:?}");
    assert_eq!(outbox(&post), []);
    let mut second = send_the_draft(&post);
    second.wait_for_words("Sending in");
    second.keys("Q");
    assert!(second.wait_for_end().success());
    post.cure();
    let sent = post.server.submissions();
    assert_eq!(sent.len(), 1);
    assert!(String::from_utf8_lossy(&sent[0].data).contains("nine lives"));
    assert!(drafts(&post).is_empty());
}
