//! Several processes of one person: one holds the connection, the others work through it, and one takes over.

use crate::chaos::Proxy;
use crate::home::{Account, kill};
use crate::proxy::commands;
use crate::rival::{Rival, numbers};
use crate::server::Server;

#[test]
fn show_gets_its_body_through_the_screen_that_holds_the_engine() {
    let server = Server::shared();
    let user = server.fresh_user();
    let mut rival = Rival::new(&server, &user);
    rival.create("Work");
    for folder in ["INBOX", "Work"] {
        rival.append(folder, &numbers(1..=30, ""));
    }
    let proxy = Proxy::new(server.plain_port);
    let home = Account::through(&proxy, &user).home();
    home.ok(&["sync"]);
    let ids = [home.id("INBOX", 5), home.id("Work", 6)];
    let mut screen = home.screen(140, 40);
    screen.wait_for("body-of-30.");
    screen.wait_for("online");
    proxy.take();
    for (id, body) in ids.iter().zip(["body-of-5.", "body-of-6."]) {
        let shown = home.json(&["show", id]);
        assert!(shown["text"].as_str().unwrap().contains(body), "{shown}");
    }
    // No connection of its own.
    let asked = commands(&proxy.take());
    assert!(
        !asked.iter().any(|line| line.starts_with("AUTHENTICATE")),
        "{asked:?}"
    );
    // A flag and a sync go that way too.
    assert_eq!(home.run(&["flag", &ids[0], "+seen"]).code, 0);
    screen.wait_for("29 unread of 30");
    screen.wait_without("pending");
    home.ok(&["sync"]);
    let asked = commands(&proxy.take());
    assert!(
        !asked.iter().any(|line| line.starts_with("AUTHENTICATE")),
        "{asked:?}"
    );
    assert!(rival.truth("INBOX")[&5].contains("\\Seen"));
    screen.keys("Q");
    assert!(screen.wait_for_end().success());
}

#[test]
fn when_the_holder_is_killed_the_other_screen_takes_over() {
    let server = Server::shared();
    let user = server.fresh_user();
    let mut rival = Rival::new(&server, &user);
    rival.append("INBOX", &numbers(1..=10, ""));
    let home = Account::tls(&server, &user).home();
    let mut first = home.screen(140, 40);
    first.wait_for("online");
    let mut second = home.screen(140, 40);
    second.wait_for("Number 10 here");
    // The second has no connection, and is told all the same.
    rival.deliver("INBOX", "Seen by both");
    first.wait_for("Seen by both");
    second.wait_for("Seen by both");
    kill(first.pid());
    assert!(!first.wait_for_end().success());
    rival.deliver("INBOX", "Seen by the heir");
    second.wait_for("Seen by the heir");
    second.wait_for("online");
    // The cursor is where it was.
    rival.ask("SELECT INBOX");
    rival.idle_until("the flag", "\\Seen", || second.keys("I"));
    rival.ask("UNSELECT");
    second.wait_for("11 unread of 12");
    home.wait_until_same(&mut rival, &["INBOX"]);
    second.keys("Q");
    assert!(second.wait_for_end().success());
    home.assert_same(&mut rival, &["INBOX"]);
}

#[test]
fn an_uncached_message_is_a_clear_error_while_the_holder_is_offline() {
    let server = Server::own();
    let user = server.fresh_user();
    let mut rival = Rival::new(&server, &user);
    rival.append("INBOX", &numbers(1..=10, ""));
    let home = Account::tls(&server, &user).home();
    home.ok(&["sync"]);
    let mut screen = home.screen(140, 40);
    screen.wait_for("online");
    server.stop();
    screen.wait_for("offline");
    let run = home.run(&["show", &home.id("INBOX", 2)]);
    assert_eq!(run.code, 75, "{}", run.err);
    assert!(run.err.contains("another Sterna"), "{}", run.err);
    let run = home.run(&["sync"]);
    assert_eq!(run.code, 75, "{}", run.out);
    assert!(
        run.out
            .contains("another Sterna holds the account and is offline"),
        "{}",
        run.out
    );
    // Asked again when the server is back, the holder connects for it without waiting for its next attempt.
    server.start();
    home.ok(&["show", &home.id("INBOX", 2)]);
    screen.wait_for("online");
    home.ok(&["sync"]);
    // By choice it stays offline, and says so.
    screen.keys("gO");
    screen.wait_for("offline");
    assert_eq!(home.run(&["show", &home.id("INBOX", 3)]).code, 75);
    assert_eq!(home.json(&["status"])[0]["state"], "offline");
    screen.keys("Q");
    assert!(screen.wait_for_end().success());
}
