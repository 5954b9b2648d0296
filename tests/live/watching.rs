//! What others do while the screen is open appears by itself.

use crate::home::Account;
use crate::pty::Pty;
use crate::rival::{Rival, nth, numbers};
use crate::server::Server;

/// The line of the screen that holds this text; empty where there is none.
fn line(screen: &vt100::Screen, text: &str) -> String {
    let contents = screen.contents();
    let found = contents.lines().find(|line| line.contains(text));
    found.unwrap_or_default().to_owned()
}

fn wait_for_line(screen: &Pty, what: &str, text: &str, is_so: impl Fn(&str) -> bool) {
    screen.wait_until(what, |seen| {
        let line = line(seen, text);
        !line.is_empty() && is_so(&line)
    });
}

/// Waits until the folder pane counts so many unread messages in INBOX; zero is not written.
fn wait_for_inbox(screen: &Pty, count: &str) {
    wait_for_folder(screen, "Inbox", count);
}

/// The same for any folder.
fn wait_for_folder(screen: &Pty, name: &str, count: &str) {
    screen.wait_until(&format!("{name} {count}"), |seen| {
        let contents = seen.contents();
        let mut panes = contents.lines().filter_map(|line| line.split('│').next());
        panes.any(|pane| {
            let words = pane.trim_start_matches('▌').split_whitespace();
            words.eq([name, count].into_iter().filter(|word| !word.is_empty()))
        })
    });
}

fn others_are_seen(disable: &[&'static str]) {
    let server = Server::shared();
    let user = server.fresh_user();
    let mut rival = Rival::new(&server, &user);
    rival.append("INBOX", &numbers(1..=20, "\\Seen"));
    let home = Account::tls(&server, &user).disable(disable).home();
    let mut screen = home.screen(120, 40);
    screen.wait_for("Number 20 here");
    screen.wait_for("online");

    // New mail, in the list and in the count.
    rival.deliver("INBOX", "Fresh from elsewhere");
    wait_for_line(&screen, "the new message", "Fresh from elsewhere", |line| {
        line.contains('●')
    });
    wait_for_inbox(&screen, "1");
    // Flags, both ways.
    rival.within("INBOX", "UID STORE 18 +FLAGS (\\Flagged)");
    wait_for_line(&screen, "a star", "Number 18 here", |line| {
        line.contains('★')
    });
    rival.within("INBOX", "UID STORE 18 -FLAGS (\\Flagged \\Seen)");
    wait_for_line(&screen, "no star, unread", "Number 18 here", |line| {
        !line.contains('★') && line.contains('●')
    });
    rival.within("INBOX", "UID STORE 18,21 +FLAGS (\\Seen)");
    wait_for_line(&screen, "read", "Number 18 here", |line| {
        !line.contains('●')
    });
    // Messages that go.
    rival.expunge("INBOX", "15:16");
    screen.wait_without("Number 15 here");
    screen.wait_without("Number 16 here");
    // Several things at once.
    rival.append("INBOX", &numbers(31..=35, ""));
    rival.expunge("INBOX", "1,23");
    screen.wait_for("4 unread of 22");
    home.wait_until_same(&mut rival, &["INBOX"]);
    screen.keys("Q");
    assert!(screen.wait_for_end().success());
    home.assert_same(&mut rival, &["INBOX"]);
}

#[test]
fn the_open_folder_follows_other_clients() {
    others_are_seen(&[]);
}

#[test]
fn the_open_folder_follows_other_clients_without_qresync() {
    others_are_seen(&["QRESYNC"]);
}

#[test]
fn the_open_folder_follows_other_clients_without_mod_sequences() {
    others_are_seen(&["QRESYNC", "CONDSTORE", "ENABLE", "LIST-STATUS", "ESEARCH"]);
}

#[test]
fn the_inbox_is_counted_while_another_folder_is_open() {
    let server = Server::shared();
    let user = server.fresh_user();
    let mut rival = Rival::new(&server, &user);
    rival.create("Work");
    rival.append("INBOX", &[nth(1, "One", "\\Seen")]);
    rival.append(
        "Work",
        &(1..=5)
            .map(|n| nth(n, &format!("Work {n}"), ""))
            .collect::<Vec<_>>(),
    );
    let home = Account::tls(&server, &user).home();
    let mut screen = home.screen(120, 40);
    screen.wait_for("online");
    screen.keys("gfWork\r");
    screen.wait_for("5 unread of 5");
    screen.wait_for("body-of-5.");
    rival.deliver("INBOX", "Counted elsewhere");
    rival.deliver("INBOX", "Counted too");
    wait_for_inbox(&screen, "2");
    rival.within("INBOX", "UID STORE 2 +FLAGS (\\Seen)");
    wait_for_inbox(&screen, "1");
    rival.expunge("INBOX", "3");
    wait_for_inbox(&screen, "");
    // And the open one still is watched.
    rival.deliver("Work", "Work goes on");
    screen.wait_for("Work goes on");
    screen.keys("gi");
    screen.wait_for("Counted elsewhere");
    home.wait_until_same(&mut rival, &["INBOX", "Work"]);
    screen.keys("Q");
    assert!(screen.wait_for_end().success());
    home.assert_same(&mut rival, &["INBOX", "Work"]);
}

/// By NOTIFY: the next look at the folders would come after five minutes, and the guard of every wait is shorter.
#[test]
fn folders_that_were_never_opened_are_counted_at_once() {
    let server = Server::shared();
    let user = server.fresh_user();
    let mut rival = Rival::new(&server, &user);
    rival.create("Work");
    rival.append("Work", &[nth(1, "One", "\\Seen")]);
    let home = Account::tls(&server, &user).home();
    let mut screen = home.screen(120, 40);
    screen.wait_for("online");
    rival.deliver("Work", "Counted elsewhere");
    wait_for_folder(&screen, "Work", "1");
    rival.within("Work", "UID STORE 1 -FLAGS (\\Seen)");
    wait_for_folder(&screen, "Work", "2");
    rival.expunge("Work", "1");
    wait_for_folder(&screen, "Work", "1");
    rival.create("Later");
    wait_for_folder(&screen, "Later", "");
    rival.deliver("INBOX", "The open one goes on");
    screen.wait_for("The open one goes on");
    home.wait_until_same(&mut rival, &["INBOX", "Work", "Later"]);
    screen.keys("Q");
    assert!(screen.wait_for_end().success());
    home.assert_same(&mut rival, &["INBOX", "Work", "Later"]);
}

#[test]
fn a_message_read_here_is_read_elsewhere_and_again_unread() {
    let server = Server::shared();
    let user = server.fresh_user();
    let mut rival = Rival::new(&server, &user);
    rival.append("INBOX", &[nth(1, "One", ""), nth(2, "Two", "")]);
    let home = Account::tls(&server, &user).home();
    let mut screen = home.screen(120, 40);
    screen.wait_for("online");
    screen.wait_for("2 unread of 2");
    // What the rival sees, it sees by IDLE; no look in between.
    rival.ask("SELECT INBOX");
    rival.idle_until("the flag", "\\Seen", || screen.keys("I"));
    screen.wait_for("1 unread of 2");
    rival.idle_until("no flag", "FLAGS (", || screen.keys("U"));
    screen.wait_for("2 unread of 2");
    screen.wait_without("pending");
    home.wait_until_same(&mut rival, &["INBOX"]);
    screen.keys("Q");
    assert!(screen.wait_for_end().success());
    assert!(rival.truth("INBOX")[&2].is_empty());
    home.assert_same(&mut rival, &["INBOX"]);
}
