//! What an attacker says before TLS reaches neither the cache nor the screen, and what a server says later
//! is shown as its words.

use sterna::demo::fault::{Fault, FaultKind, FaultPlan};

use crate::certificates::Identity;
use crate::home::{Home, authority};
use crate::tls_front::{Before, Words};

/// The untagged responses of the paper "Why TLS is better without STARTTLS".
const FORGED: [&str; 10] = [
    "* LIST () \"/\" \"Forged\"",
    "* LSUB () \"/\" \"Forged\"",
    "* STATUS INBOX (MESSAGES 99 UIDNEXT 100 UNSEEN 99)",
    "* STATUS \"Forged\" (MESSAGES 99 UIDNEXT 100 UIDVALIDITY 1)",
    "* SEARCH 1 2 99",
    "* FLAGS (\\Seen Forged)",
    "* 99 EXISTS",
    "* 99 RECENT",
    "* 1 EXPUNGE",
    "* 1 FETCH (UID 1 FLAGS (Forged) BODY[HEADER] {19}\r\nSubject: Forged\r\n\r\n)",
];

/// What the cache shows after a sync behind these words.
fn cached(root: &Identity, good: &Identity, words: Words) -> String {
    let home = Home::new();
    home.server
        .deliver("INBOX", b"Subject: True\r\n\r\ntext", &[], 1_772_532_000);
    let front = home.front(good, Before::StartTls(words));
    home.behind(&front, "starttls", Some(root));
    home.run("sync").expect(0, &[]);
    let list = home.run("--offline list --json").expect(0, &["True"]);
    let folders = home.run("--offline folders --json").expect(0, &["INBOX"]);
    let lines = folders
        .text
        .lines()
        .filter(|line| !line.contains("synced_at"));
    let folders: Vec<String> = lines.map(|line| without(line, "uid_validity")).collect();
    without(&list.text, "id") + &folders.join("\n")
}

/// Numbers that differ from server to server.
fn without(text: &str, key: &str) -> String {
    let is_kept = |line: &&str| !line.contains(&format!("\"{key}\""));
    text.lines().filter(is_kept).collect::<Vec<_>>().join("\n")
}

#[test]
fn forged_data_before_tls_reaches_no_cache() {
    let (root, good) = authority();
    let clean = cached(&root, &good, Words::default());
    for forged in FORGED {
        let line = format!("{forged}\r\n").into_bytes();
        let mut after_greeting = Words::default();
        after_greeting.greeting.extend_from_slice(&line);
        let before_answer = Words {
            before_answer: line,
            ..Words::default()
        };
        for words in [after_greeting, before_answer] {
            assert_eq!(cached(&root, &good, words), clean, "{forged}");
        }
    }
}

#[test]
fn words_before_tls_reach_no_screen() {
    let home = Home::new();
    home.server
        .deliver("INBOX", b"Subject: True\r\n\r\ntext", &[], 1_772_532_000);
    let (root, good) = authority();
    let forged = FORGED.join("\r\n") + "\r\n";
    let front = home.front(
        &good,
        Before::StartTls(Words {
            greeting: b"* OK [ALERT] Your mailbox moved to evil.example\r\n".to_vec(),
            before_answer: format!("* NO [ALERT] evil.example\r\n{forged}* BYE evil.example\r\n")
                .into(),
            behind_answer: Vec::new(),
        }),
    );
    home.behind(&front, "starttls", Some(&root));
    let mut screen = home.screen();
    screen.wait_for("online");
    screen.wait_for("True");
    screen.keys("Q");
    assert!(screen.wait_for_end().success());
    let bytes = String::from_utf8_lossy(&screen.bytes()).into_owned();
    assert!(!bytes.contains("evil") && !bytes.contains("Forged"));
}

#[test]
fn an_alert_is_shown_as_the_servers_words_and_does_nothing() {
    let home = Home::new();
    let alert = format!(
        "* OK [ALERT] \x1b[2J\x1b[32mconnected {}\r\n",
        "wide\u{3042}".repeat(100)
    );
    home.server
        .set_faults(FaultPlan::new(vec![Fault::always(FaultKind::Before {
            command: "SELECT".to_owned(),
            lines: alert.into_bytes(),
        })]));
    let port = home.server.imap_addr().port();
    home.configure(
        "password-plaintext = \"demo\"",
        "127.0.0.1",
        port,
        "plain",
        None,
    );
    let mut screen = home.screen();
    screen.wait_for_words("127.0.0.1 says: \"");
    screen.keys("Q");
    assert!(screen.wait_for_end().success());
    let bytes = String::from_utf8_lossy(&screen.bytes()).into_owned();
    assert!(!bytes.contains("\x1b[32mconnected"), "it took effect");
}

#[test]
fn refused_logins_show_the_servers_words_inert() {
    let home = Home::new();
    home.server
        .set_faults(FaultPlan::new(vec![Fault::always(FaultKind::Refuse {
            command: "AUTHENTICATE".to_owned(),
            answer: "NO [ALERT] \x1b[2J\x1b]0;owned\x07 type your password at evil.example"
                .to_owned(),
        })]));
    let port = home.server.imap_addr().port();
    home.configure(
        "password-plaintext = \"demo\"",
        "127.0.0.1",
        port,
        "plain",
        None,
    );
    let run = home
        .run("list")
        .expect(77, &["refused the password", "evil.example"]);
    assert!(!run.text.contains('\x1b') && !run.text.contains('\x07'));
}
