//! The program's screen in a pseudo-terminal: what a person sends, takes back and gives on, as the server sees it.

use std::fs;

use sterna::demo::fault::{Fault, FaultKind};

use crate::composing::write;
use crate::post::{Post, refuse};
use crate::pty::Pty;

/// The screen of an account whose mail is held for a second.
fn screen(post: &Post, arguments: &[&str]) -> Pty {
    screen_that_holds(post, "1s", arguments)
}

fn screen_that_holds(post: &Post, hold: &str, arguments: &[&str]) -> Pty {
    fs::create_dir_all(post.home.path().join("runtime")).unwrap();
    let file = post.home.path().join(".config/sterna/config.toml");
    let text = fs::read_to_string(&file).unwrap();
    let account = text.split("\n[ui]").next().unwrap();
    let ui = format!("[ui]\nsend-hold = \"{hold}\"\n");
    fs::write(&file, format!("{account}\n{ui}")).unwrap();
    Pty::sterna(arguments, post.home.path(), 120, 36)
}

/// A text of the copy in the Sent folder; there must be one.
fn sent_copy(post: &Post) -> String {
    let truth = post.server.truth("Sent");
    assert_eq!(truth.len(), 1);
    String::from_utf8(post.server.raw("Sent", truth[0].uid).unwrap()).unwrap()
}

#[test]
fn a_bounce_is_taken_back_and_then_goes_once_with_one_copy() {
    let post = Post::new();
    let original =
        b"Message-ID: <first@x>\r\nFrom: Cleo <cleo@example.org>\r\nTo: anna@example.org\r\n\
                     Bcc: secret@example.org\r\nSubject: To be given on\r\n\r\nThe text of it.\r\n";
    post.server.deliver("INBOX", original, &[], 1_772_532_000);
    let bounced = |screen: Pty| {
        screen.wait_for("online");
        screen.wait_for("To be given on");
        screen.wait_for("The text of it.");
        screen.keys("B");
        screen.wait_for("bounce to:");
        screen.keys("ben@example.org\r");
        screen.wait_for_words("Sending in");
        screen
    };
    // Nobody is as slow as that.
    let mut screen = bounced(screen_that_holds(&post, "60s", &[]));
    screen.keys("u");
    screen.wait_for_words("taken back: it was not sent");
    screen.wait_without("Sending in");
    assert_eq!(post.json("outbox --all --json"), serde_json::json!([]));
    screen.keys("Q");
    assert!(screen.wait_for_end().success());
    let mut screen = bounced(screen_that_holds(&post, "1s", &[]));
    screen.wait_for_words("sent: To be given on");
    screen.keys("Q");
    assert!(screen.wait_for_end().success());
    post.cure();
    let taken = post.server.submissions();
    assert_eq!(taken.len(), 1, "the one that was taken back never left");
    assert_eq!(taken[0].to, ["ben@example.org"]);
    let wire = String::from_utf8(taken[0].data.clone()).unwrap();
    assert!(wire.starts_with("Resent-From: "), "{wire}");
    assert!(
        wire.contains("Message-ID: <first@x>\r\n") && wire.ends_with("\r\nThe text of it.\r\n")
    );
    assert!(!wire.contains("secret@example.org"), "{wire}");
    let copy = sent_copy(&post);
    assert!(copy.contains("Resent-To: ben@example.org\r\n"), "{copy}");
    assert!(copy.contains("Bcc: secret@example.org\r\n"), "{copy}");
    let rows = post.json("outbox --all --json");
    assert_eq!(rows[0]["state"], "sent", "{rows}");
}

#[test]
fn a_refused_password_is_asked_for_on_the_screen_and_another_one_sends_the_mail() {
    let post = Post::new();
    post.configure_smtp("password-command = [\"echo\", \"wrong\"]");
    let mut screen = screen(&post, &[]);
    screen.wait_for("online");
    let queued = post.sterna(&post.line(1, 100));
    assert!(queued.status.success());
    screen.wait_for("Password for sending from work");
    screen.wait_for("refused the password");
    screen.keys("demo\r");
    screen.wait_without("Password for sending");
    post.await_sent(1);
    screen.keys("Q");
    assert!(screen.wait_for_end().success());
    let log = post.server.log().into_iter();
    let offered = log.filter(|entry| entry.line == "AUTH ***").count();
    assert_eq!(offered, 2, "the wrong one once, the right one once");
}

#[test]
fn what_is_queued_waits_for_as_long_as_the_user_wants_no_network() {
    let post = Post::new();
    let queued = post.sterna(&format!("--offline {}", post.line(1, 100)));
    assert!(queued.status.success());
    post.server.clear_log();
    let mut screen = screen(&post, &["--offline"]);
    screen.wait_for("1 in outbox");
    screen.keys("go");
    screen.wait_for("Mail 1");
    assert!(
        post.server.log().is_empty(),
        "nobody was asked for anything"
    );
    screen.keys("\x1b");
    screen.wait_without("╭ Outbox");
    screen.keys("gO");
    screen.wait_for("online");
    post.await_sent(1);
    screen.keys("Q");
    assert!(screen.wait_for_end().success());
}

#[test]
fn a_refused_mail_is_a_draft_with_the_servers_words_and_goes_once_when_it_was_mended() {
    let post = Post::new();
    post.break_smtp(vec![refuse("RCPT", "550 5.1.1 ben moved away")]);
    let mut screen = screen(&post, &[]);
    screen.wait_for("online");
    write(&screen, "To Ben", "Are you there?");
    screen.keys("\x1b");
    screen.wait_for("Enter type");
    screen.keys("y");
    screen.wait_for("1 not sent");
    assert_eq!(post.server.submissions().len(), 0);
    screen.keys("go");
    screen.wait_for("ben moved away");
    screen.keys("\x1b");
    screen.wait_without("╭ Outbox");
    screen.keys("gw");
    screen.wait_for("Drafts on this machine");
    screen.wait_until("the draft says why", |screen| {
        let text = screen.contents();
        let mut lines = text.lines();
        let words = "the server refused ben@example.org (550";
        lines.any(|line| line.contains("To Ben") && line.contains(words))
    });
    screen.keys("\r");
    screen.wait_for("Are you there?");
    screen.keys("\x1b");
    screen.wait_for("Enter type");
    screen.keys("y");
    screen.wait_without("1 not sent");
    screen.wait_for_words("sent: To Ben");
    screen.keys("Q");
    assert!(screen.wait_for_end().success());
    post.cure();
    assert_eq!(post.server.submissions().len(), 1);
    let rows = post.json("outbox --all --json");
    let states: Vec<_> = rows
        .as_array()
        .unwrap()
        .iter()
        .map(|row| &row["state"])
        .collect();
    assert_eq!(states, ["sent"], "the refused one went with the draft");
    assert_eq!(sent_copy(&post).matches("Are you there?").count(), 1);
}

/// The words of a server that lets nobody in are for the user; the log is for everybody to whom it is sent.
#[test]
fn the_log_of_a_lost_connection_has_no_address_and_no_word_of_the_server() {
    let post = Post::new();
    let answer = "NO [AUTHENTICATIONFAILED] anna@example.org is locked";
    let refused = ["LOGIN", "AUTHENTICATE"].map(|command| {
        Fault::always(FaultKind::Refuse {
            command: command.to_owned(),
            answer: answer.to_owned(),
        })
    });
    post.break_imap(refused.to_vec());
    let mut screen = screen(&post, &[]);
    screen.wait_for("is locked");
    screen.keys("\x1b");
    screen.wait_without("Password for");
    screen.keys("Q");
    assert!(screen.wait_for_end().success());
    let log = post.home.path().join(".local/state/sterna/sterna.log");
    let log = fs::read_to_string(log).unwrap();
    assert!(log.contains("the connection failed"), "{log}");
    assert!(!log.contains('@') && !log.contains("is locked"), "{log}");
}
