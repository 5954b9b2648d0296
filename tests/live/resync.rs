//! Coming back: what others did in the meantime is here after one more look, whatever the server can.

use crate::chaos::Proxy;
use crate::home::{Account, Home};
use crate::proxy::{bytes_after_login, commands};
use crate::rival::{Mail, Rival, nth};
use crate::server::{Server, User};

/// Capabilities that a bare `IMAP4rev1` server does not have.
const BEYOND_BARE: [&str; 16] = [
    "QRESYNC",
    "CONDSTORE",
    "ENABLE",
    "IDLE",
    "LIST-STATUS",
    "LIST-EXTENDED",
    "SPECIAL-USE",
    "ESEARCH",
    "LITERAL+",
    "SASL-IR",
    "UIDPLUS",
    "MOVE",
    "BINARY",
    "NAMESPACE",
    "ID",
    "UNSELECT",
];

fn mails(from: u32, to: u32) -> Vec<Mail> {
    (from..=to)
        .map(|n| nth(n, &format!("Number {n}"), ""))
        .collect()
}

/// What others do while nobody looks here.
fn meddle(rival: &mut Rival) {
    for folder in ["INBOX", "Work"] {
        rival.expunge(folder, "3,40:60,300");
        rival.within(folder, "UID STORE 1:2,100:200 +FLAGS (\\Seen)");
        rival.within(folder, "UID STORE 5,299 +FLAGS (\\Flagged Urgent)");
        rival.append(folder, &mails(301, 330));
    }
    // Only flags: no count and no UIDNEXT tells.
    rival.within("Flags", "UID STORE 7 +FLAGS (\\Answered Urgent)");
    // As many go as come.
    rival.expunge("Level", "10,20");
    rival.append("Level", &mails(301, 302));
    rival.expunge("Emptied", "1:*");
    rival.ask("DELETE Doomed");
    rival.ask("RENAME Renamed After");
    rival.create("New");
    rival.append("New", &mails(1, 5));
}

/// And once more, on what the first look back left.
fn meddle_again(rival: &mut Rival) {
    for folder in ["INBOX", "Work"] {
        rival.within(folder, "UID STORE 100:200 -FLAGS (\\Seen)");
        rival.expunge(folder, "1,330");
        rival.append(folder, &mails(331, 333));
    }
    rival.within("Flags", "UID STORE 7 -FLAGS (Urgent)");
    rival.append("Emptied", &mails(1, 3));
    rival.expunge("New", "2");
}

const AFTERWARDS: [&str; 8] = [
    "INBOX", "Work", "Flags", "Level", "Emptied", "After", "New", "Sent",
];

fn mailbox(server: &Server) -> (User, Rival) {
    let user = server.fresh_user();
    let mut rival = Rival::new(server, &user);
    rival.append("INBOX", &mails(1, 300));
    for folder in ["Work", "Flags", "Level", "Emptied", "Doomed", "Renamed"] {
        rival.create(folder);
        rival.append(folder, &mails(1, 300));
    }
    (user, rival)
}

fn names(home: &Home) -> Vec<String> {
    let folders = home.json(&["--offline", "folders"]);
    let rows = folders.as_array().unwrap().iter();
    rows.map(|row| row["name"].as_str().unwrap().to_owned())
        .collect()
}

fn assert_counts(home: &Home, rival: &mut Rival) {
    let folders = home.json(&["--offline", "folders"]);
    for row in folders.as_array().unwrap() {
        let name = row["name"].as_str().unwrap();
        assert_eq!(row["total"], rival.status(name, "MESSAGES"), "{name}");
        assert_eq!(row["unread"], rival.status(name, "UNSEEN"), "{name}");
    }
}

fn comes_back_right(disable: &[&'static str], is_compressed: bool) {
    let server = Server::shared();
    let (user, mut rival) = mailbox(&server);
    let mut account = Account::tls(&server, &user).disable(disable);
    if is_compressed {
        account = account.compressed();
    }
    let home = account.home();
    home.ok(&["sync"]);
    home.assert_same(
        &mut rival,
        &[
            "INBOX", "Work", "Flags", "Level", "Emptied", "Doomed", "Renamed",
        ],
    );
    for meddle in [meddle, meddle_again] {
        meddle(&mut rival);
        home.ok(&["sync"]);
        home.assert_same(&mut rival, &AFTERWARDS);
        assert_counts(&home, &mut rival);
        let names = names(&home);
        assert!(
            !names
                .iter()
                .any(|name| name == "Doomed" || name == "Renamed"),
            "{names:?}"
        );
    }
}

#[test]
fn with_qresync_the_end_equals_the_server() {
    comes_back_right(&[], false);
}

#[test]
fn compressed_the_end_equals_the_server() {
    comes_back_right(&[], true);
}

#[test]
fn with_condstore_alone_the_end_equals_the_server() {
    comes_back_right(&["QRESYNC"], false);
}

#[test]
fn on_a_bare_server_the_end_equals_the_server() {
    comes_back_right(&BEYOND_BARE, false);
}

/// The screen's way back, which is another than that of `sync`.
fn screen_comes_back_right(disable: &[&'static str]) {
    let server = Server::shared();
    let (user, mut rival) = mailbox(&server);
    let home = Account::tls(&server, &user).disable(disable).home();
    home.ok(&["sync"]);
    meddle(&mut rival);
    let mut screen = home.screen(120, 40);
    // The cursor stays on its message while 30 newer ones come above it.
    screen.wait_until("new rows", |screen| {
        let text = screen.contents();
        text.contains("Number 301") || text.contains("Number 330")
    });
    screen.keys("gg");
    screen.wait_for("Number 330");
    screen.wait_for("online");
    // The other folders follow by themselves.
    home.wait_until_same(&mut rival, &AFTERWARDS);
    rival.within("Work", "UID STORE 250 +FLAGS (\\Flagged)");
    screen.keys("gfWork\r");
    screen.wait_for("204 unread of 307");
    home.wait_until_same(&mut rival, &AFTERWARDS);
    screen.keys("Q");
    assert!(screen.wait_for_end().success());
}

#[test]
fn the_screen_comes_back_to_what_the_server_has() {
    screen_comes_back_right(&[]);
}

#[test]
fn nothing_new_costs_next_to_nothing_with_qresync() {
    let server = Server::shared();
    let (user, mut rival) = mailbox(&server);
    let proxy = Proxy::new(server.plain_port);
    let home = Account::through(&proxy, &user).home();
    home.ok(&["sync"]);
    home.ok(&["show", &home.id("INBOX", 300)]); // The screen would fetch what the cursor stands on.
    proxy.take();
    let mut screen = home.screen(120, 40);
    screen.wait_for("body-of-300.");
    screen.wait_for("online");
    screen.keys("Q");
    assert!(screen.wait_for_end().success());
    let seen = proxy.take();
    let n_bytes = bytes_after_login(&seen);
    eprintln!(
        "reopening 12 folders in which nothing changed received {n_bytes} bytes after login: {:?}",
        commands(&seen)
    );
    assert!(n_bytes < 8_000, "{n_bytes}");
    // Three flags and a message among 300.
    rival.within("INBOX", "UID STORE 1:3 +FLAGS (\\Seen)");
    rival.append("INBOX", &mails(301, 301));
    let mut screen = home.screen(120, 40);
    screen.wait_for("Number 301"); // It stands above the cursor, which stays on its message.
    screen.wait_for("online");
    screen.keys("Q");
    assert!(screen.wait_for_end().success());
    let seen = proxy.take();
    eprintln!(
        "after three flags and one message: {} bytes",
        bytes_after_login(&seen)
    );
    assert!(bytes_after_login(&seen) < 10_000);
    home.assert_same(&mut rival, &["INBOX"]);
}

#[test]
fn a_mailbox_that_was_deleted_and_made_again_heals() {
    for disable in [&[][..], &["QRESYNC"][..], &BEYOND_BARE[..]] {
        let server = Server::shared();
        let user = server.fresh_user();
        let mut rival = Rival::new(&server, &user);
        rival.create("Work");
        rival.append("Work", &mails(1, 50));
        let home = Account::tls(&server, &user).disable(disable).home();
        home.ok(&["sync"]);
        let (kept, lost) = (home.id("Work", 50), home.id("Work", 20));
        home.ok(&["show", &kept]);
        let before = rival.status("Work", "UIDVALIDITY");
        rival.ask("DELETE Work");
        rival.create("Work");
        assert_ne!(rival.status("Work", "UIDVALIDITY"), before);
        // The same messages under other numbers, and some that are new.
        rival.append("Work", &mails(45, 60));
        home.ok(&["sync"]);
        home.assert_same(&mut rival, &["Work"]);
        let rows = home.rows("Work");
        assert_eq!(rows[&1]["subject"], "Number 45");
        // The old addresses name nothing any more, rather than something else.
        for id in [&kept, &lost] {
            assert_eq!(home.run(&["show", id]).code, 65);
        }
        let shown = home.json(&["show", rows[&6]["id"].as_str().unwrap()]);
        assert!(
            shown["text"].as_str().unwrap().contains("body-of-50."),
            "{shown}"
        );
        home.ok(&["sync"]);
        home.assert_same(&mut rival, &["Work"]);
    }
}
