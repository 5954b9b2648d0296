//! The first start: nothing is known, and the newest messages are on the screen while the rest streams in.

use crate::chaos::Proxy;
use crate::home::Account;
use crate::proxy::commands;
use crate::rival::{Rival, nth};
use crate::server::Server;

/// Messages in the large mailbox.
const MANY: u32 = 3_000;

#[test]
fn the_newest_messages_and_all_folders_are_on_the_screen_over_tls() {
    let server = Server::shared();
    let user = server.fresh_user();
    let mut rival = Rival::new(&server, &user);
    for wire in [
        "Entw&APw-rfe 2",
        "Kunden",
        "Kunden/&ANw-bung",
        "&2D3cJg- birds",
        "a",
        "a/b",
        "a/b/c",
    ] {
        rival.create(wire);
    }
    let mails: Vec<_> = (1..=MANY)
        .map(|n| nth(n, &format!("Number {n} of many"), ""))
        .collect();
    rival.append("INBOX", &mails);

    let home = Account::tls(&server, &user).home();
    let mut screen = home.screen(160, 50);
    screen.wait_for("Number 3000 of many");
    screen.wait_for("Entwürfe 2");
    screen.wait_for("Übung");
    screen.wait_for("🐦 birds");
    // An end key in the middle of all that fetches the oldest screenful first.
    screen.keys("G");
    screen.wait_for("Number 1 of many");
    assert_eq!(rival.truth("INBOX").len(), 3_000);
    home.wait_until_same(&mut rival, &["INBOX"]);
    screen.wait_for("online");
    screen.wait_without("Headers: ");
    screen.keys("Q");
    assert!(screen.wait_for_end().success());
}

#[test]
fn the_first_thing_asked_for_is_the_newest_screenful() {
    let server = Server::shared();
    let user = server.fresh_user();
    let mut rival = Rival::new(&server, &user);
    let mails: Vec<_> = (1..=1_200)
        .map(|n| nth(n, &format!("Number {n}"), ""))
        .collect();
    rival.append("INBOX", &mails);
    let proxy = Proxy::new(server.plain_port);
    let home = Account::through(&proxy, &user).home();
    home.ok(&["sync"]);
    let asked = commands(&proxy.take());
    let fetches: Vec<&String> = asked
        .iter()
        .filter(|line| line.contains("FETCH "))
        .collect();
    assert!(fetches[0].starts_with("FETCH 1101:1200 "), "{}", fetches[0]);
    home.assert_same(&mut rival, &["INBOX"]);
}
