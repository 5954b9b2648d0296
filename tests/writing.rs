//! Writing on the screen, with servers that answer as real ones do: the program in a pseudo-terminal, its mail at the
//! embedded submission server.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    missing_docs
)]

#[path = "writing/accounts.rs"]
mod accounts;
#[allow(dead_code, reason = "every test target uses a part")]
#[path = "outbox/post.rs"]
mod post;
#[path = "support/pty.rs"]
mod pty;

use sterna::demo::fault::{Fault, FaultKind};

use post::{GUARD, Post, code, errors, printed};
use pty::Pty;

fn open(post: &Post) -> Pty {
    let screen = Pty::sterna(&[], post.home.path(), 100, 30);
    screen.wait_for("online");
    screen
}

/// Writes a mail, up to the commands behind it.
fn write(screen: &Pty, subject: &str) {
    screen.keys("c");
    screen.wait_for("New mail");
    screen.keys("bob@example.org\r\r\r");
    screen.keys(&format!("{subject}\rAt noon?"));
    screen.wait_for("At noon?");
    screen.keys("\x1b");
    screen.wait_for("Enter type");
}

/// Writes a mail and sends it; it is held now.
fn send(screen: &Pty, subject: &str) {
    write(screen, subject);
    screen.keys("y");
    screen.wait_for_words("Sending in");
}

fn n_sent(post: &Post) -> usize {
    post.server.submissions().len()
}

fn stall(command: &str) -> Fault {
    Fault::once(FaultKind::StallIn {
        command: command.to_owned(),
        after: 0,
    })
}

#[test]
fn the_end_waits_for_mail_that_is_held() {
    let post = Post::new();
    let mut screen = open(&post);
    send(&screen, "At the last moment");
    screen.keys("Q");
    assert!(screen.wait_for_end().success());
    assert_eq!(n_sent(&post), 1, "{}", screen.text());
    let data = String::from_utf8(post.server.submissions()[0].data.clone()).unwrap();
    assert!(data.contains("Subject: At the last moment"), "{data}");
    assert!(
        !screen.text().contains("in the outbox"),
        "{}",
        screen.text()
    );
}

/// Somebody may be about to take it back.
#[test]
fn neither_a_sync_nor_the_end_of_another_window_ends_a_hold() {
    let post = Post::new();
    let mut first = open(&post);
    let mut second = Pty::sterna(&[], post.home.path(), 100, 30);
    second.wait_for("Inbox");
    send(&second, "Not yet");
    // No test is as slow as that.
    let disk = post.home.path().join(".local/share/sterna/state.db");
    let disk = rusqlite::Connection::open(disk).unwrap();
    disk.busy_timeout(GUARD).unwrap();
    let longer = "UPDATE outbox SET not_before = not_before + 3600";
    assert_eq!(disk.execute(longer, []).unwrap(), 1);
    let state = || -> String {
        let read = disk.query_row("SELECT state FROM outbox", [], |row| row.get(0));
        read.unwrap()
    };
    assert_eq!(code(&post.sterna("sync")), 0);
    assert_eq!((state().as_str(), n_sent(&post)), ("held", 0));
    first.keys("Q");
    assert!(first.wait_for_end().success());
    assert_eq!((state().as_str(), n_sent(&post)), ("held", 0));
    // Where nobody looks at it any more, it goes.
    second.keys("Q");
    assert!(second.wait_for_end().success());
    assert_eq!(code(&post.sterna("sync")), 0);
    assert_eq!(n_sent(&post), 1);
}

#[test]
fn asked_twice_for_the_end_mail_stays_and_that_is_said_twice() {
    let post = Post::new();
    let mut screen = open(&post);
    post.break_smtp(vec![stall("MAIL")]);
    send(&screen, "Slowly");
    screen.keys("Q");
    screen.wait_for_words("Sending 1 mail\u{2026} q again leaves it in the outbox");
    screen.keys("q");
    assert!(screen.wait_for_end().success());
    let words = "sterna: 1 mail is in the outbox; it is sent with the next start";
    assert!(screen.text().contains(words), "{}", screen.text());
    assert_eq!(n_sent(&post), 0);
    let mut again = Pty::sterna(&["--offline"], post.home.path(), 100, 30);
    again.wait_for_words("1 mail in the outbox, go lists it");
    again.keys("Q");
    assert!(again.wait_for_end().success());
    assert_eq!(n_sent(&post), 0, "offline nothing leaves");
    post.cure();
    assert_eq!(n_sent(&post), 1);
}

/// Whoever sends a mail and closes the window has sent it.
#[test]
fn a_window_that_is_closed_sends_what_is_held() {
    let post = Post::new();
    let mut screen = open(&post);
    send(&screen, "And away");
    let pid = i32::try_from(screen.pid()).unwrap();
    let pid = rustix::process::Pid::from_raw(pid).unwrap();
    rustix::process::kill_process(pid, rustix::process::Signal::HUP).unwrap();
    screen.wait_for_end();
    if n_sent(&post) == 0 {
        // On a busy machine it may be too late for that; the hold is over all the same.
        let rows = post.json("outbox --json");
        assert!(rows[0]["not_before"].is_null(), "{rows}");
    }
    post.cure();
    assert_eq!(n_sent(&post), 1);
}

#[test]
fn a_mail_for_later_stays_and_can_be_made_a_draft_again() {
    let post = Post::new();
    let mut screen = open(&post);
    write(&screen, "In two hours");
    screen.keys("S");
    screen.wait_for("tomorrow 9");
    screen.keys("+2h\r");
    screen.wait_without("Enter type");
    screen.wait_for("1 in outbox");
    screen.keys("Q");
    assert!(screen.wait_for_end().success());
    let words = "sterna: 1 mail is to be sent later";
    assert!(screen.text().contains(words), "{}", screen.text());
    post.cure();
    assert_eq!(n_sent(&post), 0);
    let number = post.json("outbox --json")[0]["id"].to_string();
    let edited = post.sterna(&format!("outbox edit {number}"));
    assert_eq!(printed(&edited), "done", "{}", errors(&edited));
    assert_eq!(post.json("outbox --json"), serde_json::json!([]));
    let mut again = open(&post);
    again.keys("gw");
    again.wait_for("In two hours");
    again.keys("\r");
    again.wait_for("At noon?");
    again.keys("\x1b");
    again.wait_for("Enter type");
    again.keys("Q");
    assert!(again.wait_for_end().success());
}

#[test]
fn other_processes_are_answered_while_an_editor_has_the_terminal() {
    let post = Post::new();
    let editor = post.home.path().join("editor");
    std::fs::write(
        &editor,
        "#!/bin/sh\necho waiting\nread answer\necho \"$answer\" >> \"$1\"\n",
    )
    .unwrap();
    let mode = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    std::fs::set_permissions(&editor, mode).unwrap();
    let mut command = Pty::command(&[], post.home.path());
    command.env("EDITOR", &editor);
    command.env("PATH", std::env::var_os("PATH").unwrap());
    let mut screen = Pty::spawn(command, 100, 30);
    screen.wait_for("online");
    write(&screen, "From the editor");
    screen.keys("e");
    screen.wait_for("waiting");
    post.server.deliver(
        "INBOX",
        b"Subject: meanwhile\r\n\r\nx\r\n",
        &[],
        1_773_846_000,
    );
    let synced = post.sterna("sync");
    assert_eq!(code(&synced), 0, "{}", errors(&synced));
    assert!(!screen.is_alternate(), "the editor has the terminal");
    screen.keys("Written there\r");
    screen.wait_for("Written there");
    screen.wait_for("Enter type");
    screen.keys("\x1b");
    screen.wait_for("meanwhile");
    screen.keys("Q");
    assert!(screen.wait_for_end().success());
}

const INVITATION: &[u8] =
    b"From: Zoe <zoe@example.org>\r\nTo: anna@example.org\r\nBcc: secret@example.org\r\n\
    Subject: Dinner\r\nMessage-ID: <dinner@example.org>\r\n\r\nOn Saturday.\r\n";

#[test]
fn a_message_is_bounced_as_it_is_and_has_one_copy() {
    let post = Post::new();
    post.server.deliver("INBOX", INVITATION, &[], 1_773_846_000);
    let mut screen = open(&post);
    screen.wait_for("Dinner");
    screen.keys("B");
    screen.wait_for("bounce to: ");
    screen.keys("cai@example.org\r");
    screen.wait_for_words("Sending in");
    screen.keys("Q");
    assert!(screen.wait_for_end().success());
    let sent = post.server.submissions();
    assert_eq!(
        (sent.len(), &sent[0].to[..]),
        (1, &["cai@example.org".to_owned()][..])
    );
    let data = String::from_utf8(sent[0].data.clone()).unwrap();
    assert!(data.contains("Resent-To: cai@example.org\r\n"), "{data}");
    assert!(
        data.ends_with("Message-ID: <dinner@example.org>\r\n\r\nOn Saturday.\r\n"),
        "{data}"
    );
    assert!(!data.contains("secret@example.org"), "{data}");
    post.cure();
    post.cure();
    assert_eq!((n_sent(&post), post.server.truth("Sent").len()), (1, 1));
}

#[test]
fn a_bounce_that_waits_for_its_message_does_not_outlive_the_connection() {
    let post = Post::new();
    post.server.deliver("INBOX", INVITATION, &[], 1_773_846_000);
    let mut screen = open(&post);
    screen.wait_for("Dinner");
    post.server.clear_log();
    post.break_imap(vec![stall("UID FETCH")]);
    screen.keys("B");
    screen.wait_for("bounce to: ");
    screen.keys("cai@example.org\r");
    assert!(post.server.await_command("UID FETCH", GUARD));
    post.break_imap(Vec::new());
    post.server.disconnect_all();
    screen.wait_for_words("not bounced:");
    screen.keys("\r");
    screen.wait_for("On Saturday.");
    screen.keys("Q");
    assert!(screen.wait_for_end().success());
    assert_eq!(n_sent(&post), 0);
    assert_eq!(post.json("outbox --all --json"), serde_json::json!([]));
}

#[test]
fn the_desktop_file_calls_the_program_as_it_wants_to_be_called() {
    let file = include_str!("../assets/sterna.desktop");
    let calls: Vec<&str> = file
        .lines()
        .filter_map(|line| line.strip_prefix("Exec="))
        .collect();
    assert_eq!(calls.len(), 2, "{file}");
    assert!(file.contains("MimeType=x-scheme-handler/mailto;\n"));
    for call in calls {
        let words = call.replace("%u", "mailto:anna@example.org?subject=Hello");
        let parsed = sterna::cli::args::parse(words.split(' ').map(Into::into));
        let command = parsed.expect("a command line that is understood").command;
        match command {
            Some(sterna::cli::args::Command::Compose { address }) => {
                assert!(call.ends_with(" %u"), "one address, as one word");
                assert!(sterna::cli::compose::begun(address.as_deref()).is_ok());
            }
            other => assert!(other.is_none(), "the screen: {call}"),
        }
    }
}
