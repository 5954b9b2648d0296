//! The commands that change messages and folders: the real binary against the embedded server.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::panic,
    clippy::print_stderr,
    missing_docs
)]

#[path = "changes/going_back.rs"]
mod going_back;
#[path = "support/pty.rs"]
mod pty;
#[path = "support/rig.rs"]
#[allow(dead_code, reason = "every test target uses a part")]
mod rig;
#[path = "support/shell.rs"]
mod shell;
#[path = "changes/whole.rs"]
mod whole;

use std::collections::BTreeMap;
use std::process::{Command, Output};
use std::time::{Duration, Instant};

use pty::Pty;
use rig::Rig;
use shell::{assert_fails, code, errors};
use sterna::demo::dialect::Dialect;
use sterna::mail::flag::SystemFlag;
use sterna::mail::mailbox::Role;

/// An account with the usual folders and so many messages in INBOX; their IDs, the oldest first.
fn filled(n: usize) -> (Rig, Vec<String>) {
    let rig = Rig::new("headers");
    for (name, role) in [
        ("Archive", Role::Archive),
        ("Trash", Role::Trash),
        ("Spam", Role::Junk),
    ] {
        rig.server.create(name, Some(role));
    }
    rig.server.create("Lists/rust", None);
    for n in 0..n {
        rig.deliver(&format!("Message {n}\r\nMessage-ID: <{n}@example.org>"));
    }
    let mut ids = rig.ids("list --json");
    ids.reverse();
    (rig, ids)
}

/// The subjects in each folder that has any, in the order of their UIDs. What a server without UIDPLUS keeps, marked as
/// deleted, is not counted.
fn subjects(rig: &Rig) -> BTreeMap<String, Vec<String>> {
    let mut all = BTreeMap::new();
    for mailbox in rig.server.mailboxes() {
        let truth = rig.server.truth(&mailbox);
        let subjects: Vec<String> = truth
            .iter()
            .filter(|one| !one.flags.has(SystemFlag::Deleted))
            .map(|one| {
                let raw = String::from_utf8(rig.server.raw(&mailbox, one.uid).unwrap()).unwrap();
                let line = raw
                    .lines()
                    .find_map(|line| line.strip_prefix("Subject: Message "));
                line.unwrap().to_owned()
            })
            .collect();
        if !subjects.is_empty() {
            all.insert(mailbox, subjects);
        }
    }
    all
}

fn expected(folders: &[(&str, &[&str])]) -> BTreeMap<String, Vec<String>> {
    let own = |subjects: &[&str]| subjects.iter().map(|one| (*one).to_owned()).collect();
    folders
        .iter()
        .map(|(name, subjects)| ((*name).to_owned(), own(subjects)))
        .collect()
}

/// The flags of a message by the digit in its subject, wherever it is.
fn flags(rig: &Rig, digit: usize) -> Vec<String> {
    for mailbox in rig.server.mailboxes() {
        let truth = rig.server.truth(&mailbox).into_iter();
        for one in truth.filter(|one| !one.flags.has(SystemFlag::Deleted)) {
            let raw = rig.server.raw(&mailbox, one.uid).unwrap();
            if String::from_utf8(raw)
                .unwrap()
                .contains(&format!("Subject: Message {digit}\r\n"))
            {
                return one.flags.names().map(str::to_owned).collect();
            }
        }
    }
    panic!("message {digit} is gone");
}

#[track_caller]
fn assert_done(rig: &Rig, line: &str) {
    let output = rig.sterna(line);
    assert_eq!(code(&output), 0, "{line}: {}", errors(&output));
    assert_eq!(
        String::from_utf8_lossy(&output.stdout),
        "done\n",
        "{line}: {}",
        errors(&output)
    );
}

fn with_input(rig: &Rig, line: &str, input: &str) -> Output {
    shell::feed(&mut rig.command(line), input)
}

#[test]
fn flags_and_keywords_go_on_and_off() {
    let (rig, ids) = filled(3);
    assert_done(
        &rig,
        &format!("flag {} {} +flagged +todo +answered", ids[0], ids[1]),
    );
    assert_eq!(flags(&rig, 0), ["\\Answered", "\\Flagged", "todo"]);
    assert_done(&rig, &format!("flag {} -flagged -TODO +seen", ids[1]));
    assert_eq!(flags(&rig, 1), ["\\Seen", "\\Answered"]);
    let input = with_input(
        &rig,
        "flag - +draft --json",
        &format!("{}\n{} {}\n", ids[0], ids[2], ids[2]),
    );
    assert_eq!(code(&input), 0, "{}", errors(&input));
    let printed: serde_json::Value = serde_json::from_slice(&input.stdout).unwrap();
    assert_eq!(printed, serde_json::json!({"state": "done", "count": 2}));
    assert_eq!(flags(&rig, 2), ["\\Draft"]);
    for (input, expected, words) in [
        ("", 65, "no message is named"),
        ("INBOX\n", 64, "is not the ID"),
    ] {
        let output = with_input(&rig, "archive -", input);
        assert_fails(&output, expected, words);
    }
}

#[test]
fn messages_go_where_they_are_sent() {
    for dialect in [Dialect::full(), Dialect::condstore_only(), Dialect::bare()] {
        goes_where_it_is_sent(dialect);
    }
}

fn goes_where_it_is_sent(dialect: Dialect) {
    let (rig, ids) = filled(7);
    rig.server.set_dialect(dialect);
    assert_done(&rig, &format!("move {} {} Lists/rust", ids[0], ids[1]));
    assert_done(&rig, &format!("copy {} Lists/rust", ids[2]));
    assert_done(&rig, &format!("archive {}", ids[3]));
    assert_done(&rig, &format!("delete {}", ids[4]));
    assert_done(&rig, &format!("junk {}", ids[5]));
    let after = expected(&[
        ("Archive", &["3"]),
        ("INBOX", &["2", "6"]),
        ("Lists/rust", &["0", "1", "2"]),
        ("Spam", &["5"]),
        ("Trash", &["4"]),
    ]);
    assert_eq!(subjects(&rig), after);
    assert_eq!(flags(&rig, 5), ["$Junk"]);
    let junk = rig.ids("list --json --folder Spam").remove(0);
    assert_done(&rig, &format!("not-junk {junk} {}", ids[6]));
    assert_eq!(flags(&rig, 5), ["$NotJunk"]);
    assert_eq!(flags(&rig, 6), ["$NotJunk"]);
    assert_eq!(subjects(&rig)["INBOX"], ["2", "6", "5"]);
    assert_eq!(rig.json("pending --json"), serde_json::json!([]));
}

#[test]
fn what_goes_for_good_is_asked() {
    let (rig, ids) = filled(3);
    assert_done(&rig, &format!("delete {}", ids[0]));
    let trashed = rig.ids("list --json --folder Trash").remove(0);
    for line in [
        format!("delete {trashed}"),
        format!("delete {} --forever", ids[1]),
    ] {
        assert_fails(&rig.sterna(&line), 64, "say --yes");
    }
    assert_eq!(
        subjects(&rig),
        expected(&[("INBOX", &["1", "2"]), ("Trash", &["0"])])
    );
    assert_done(&rig, &format!("delete {trashed} --yes"));
    assert_done(&rig, &format!("delete {} --forever --yes", ids[1]));
    assert_eq!(subjects(&rig), expected(&[("INBOX", &["2"])]));
}

#[test]
fn what_cannot_be_said_changes_nothing() {
    let rig = Rig::new("headers");
    rig.deliver("Message 0");
    let id = rig.ids("list --json").remove(0);
    for command in ["archive", "delete", "junk"] {
        assert_fails(
            &rig.sterna(&format!("{command} {id}")),
            65,
            "nothing was changed",
        );
    }
    assert_fails(&rig.sterna(&format!("move {id} Nowhere")), 65, "no folder");
    assert_fails(&rig.sterna("move 1.77.1.1 INBOX"), 65, "names no message");
    let there = rig.sterna(&format!("move {id} inbox"));
    assert_eq!(code(&there), 0, "{}", errors(&there));
    assert!(errors(&there).contains("already"), "{}", errors(&there));
    assert_eq!(rig.json("pending --json"), serde_json::json!([]));
    assert_eq!(rig.server.truth("INBOX").len(), 1);
}

#[test]
fn a_running_screen_carries_out_what_a_command_recorded() {
    let (rig, ids) = filled(3);
    let mut screen = rig.screen();
    assert_done(&rig, &format!("archive {} --wait", ids[0]));
    assert_done(&rig, &format!("flag {} +todo --wait", ids[1]));
    assert_eq!(
        subjects(&rig),
        expected(&[("Archive", &["0"]), ("INBOX", &["1", "2"])])
    );
    screen.keys("Q");
    assert!(screen.wait_for_end().success());
}

/// The hold is for who looks at the screen; whoever says `sync` wants it done.
#[test]
fn sync_sends_what_is_still_held() {
    for is_killed in [true, false] {
        let (rig, _) = filled(3);
        rig.configure_ui("hold = \"60s\"");
        let mut screen = rig.screen();
        screen.wait_for("Message 2");
        screen.keys("e");
        screen.wait_for("1 pending");
        if is_killed {
            let pid = screen.pid().to_string();
            let killed = Command::new("kill").args(["-KILL", &pid]).status();
            assert!(killed.unwrap().success());
            screen.wait_for_end();
        }
        rig.json("sync --json");
        assert_eq!(
            subjects(&rig),
            expected(&[("Archive", &["2"]), ("INBOX", &["0", "1"])]),
            "killed: {is_killed}"
        );
        assert_eq!(rig.json("status --json")[0]["pending"], 0);
        if !is_killed {
            screen.keys("u");
            screen.wait_for("Message 2");
            screen.keys("Q");
            assert!(screen.wait_for_end().success());
            rig.json("sync --json"); // Where the two seconds of the end were too few.
            assert_eq!(subjects(&rig).len(), 1, "undo costs a command more");
        }
    }
}

/// On one machine they share the store: neither waits for the server, nor for a look now and then.
#[test]
fn two_screens_show_what_is_done_on_either() {
    let (rig, _) = filled(3);
    rig.configure_ui("hold = \"60s\"");
    let mut first = rig.screen();
    let mut second = Pty::sterna(&[], rig.home.path(), 120, 36);
    for screen in [&first, &second] {
        screen.wait_for("Message 2");
    }
    let mut longest = Duration::ZERO;
    for (acting, watching) in [(&first, &second), (&second, &first)] {
        let begin = Instant::now();
        acting.keys("e");
        watching.wait_without("Message 2");
        longest = longest.max(begin.elapsed());
        let begin = Instant::now();
        // What one did the other takes back.
        watching.keys("u");
        acting.wait_for("Message 2");
        longest = longest.max(begin.elapsed());
        // It acts next, and its cursor is to be on that message again.
        watching.wait_until("the cursor on what came back", |screen| {
            let text = screen.contents();
            let mut rows = text.lines().filter_map(|line| line.split('│').nth(1));
            rows.any(|row| row.starts_with('▌') && row.contains("Message 2"))
        });
    }
    eprintln!("two screens: what one did the other showed after at most {longest:?}");
    assert_eq!(subjects(&rig), expected(&[("INBOX", &["0", "1", "2"])]));
    for screen in [&mut first, &mut second] {
        screen.keys("Q");
        assert!(screen.wait_for_end().success());
    }
}

#[test]
fn folders_come_and_go() {
    let (rig, _) = filled(1);
    assert_done(&rig, "folder create Projects/2026");
    assert!(rig.server.mailboxes().contains(&"Projects/2026".to_owned()));
    assert_fails(&rig.sterna("folder create Projects/2026"), 65, "already");
    assert_done(&rig, "folder rename Projects/2026 Projects/done");
    assert!(rig.server.mailboxes().contains(&"Projects/done".to_owned()));
    assert_done(&rig, "folder unsubscribe Projects/done");
    assert_eq!(rig.server.is_subscribed("Projects/done"), Some(false));
    assert_done(&rig, "folder subscribe Projects/done");
    assert_eq!(rig.server.is_subscribed("Projects/done"), Some(true));
    assert_fails(&rig.sterna("folder delete Projects/done"), 64, "say --yes");
    assert_done(&rig, "folder delete Projects/done --yes");
    assert!(!rig.server.mailboxes().contains(&"Projects/done".to_owned()));
    for line in [
        "folder delete INBOX --yes",
        "folder rename INBOX Old",
        "folder delete Nowhere --yes",
    ] {
        assert_eq!(code(&rig.sterna(line)), 65, "{line}");
    }
}

#[test]
fn the_manual_needs_no_configuration() {
    let home = tempfile::tempdir().unwrap();
    let output = shell::sterna(home.path(), ["man"]).output().unwrap();
    let page = shell::done(&output);
    assert!(page.starts_with(".TH STERNA 1 "), "{page}");
    assert!(page.contains("sterna move ID… FOLDER"), "{page}");
}
