//! Without the server: what is here stays usable, what is not says so, and what was done reaches the server later, once.

use crate::chaos::Proxy;
use crate::home::{Account, kill};
use crate::proxy::commands;
use crate::rival::{Rival, nth, numbers};
use crate::server::Server;

#[test]
fn everything_cached_is_there_and_the_rest_is_a_clear_error() {
    let server = Server::own();
    let user = server.fresh_user();
    let mut rival = Rival::new(&server, &user);
    rival.create("Work");
    for folder in ["INBOX", "Work"] {
        rival.append(
            folder,
            &(1..=50)
                .map(|n| nth(n, &format!("Number {n}"), ""))
                .collect::<Vec<_>>(),
        );
    }
    let home = Account::tls(&server, &user).home();
    home.ok(&["sync"]);
    let (here, not_here) = (home.id("INBOX", 9), home.id("INBOX", 10));
    let shown = home.json(&["show", &here]);
    let listed = home.json(&["list", "--folder", "Work"]);
    let folders = home.json(&["folders"]);

    server.stop();
    assert_eq!(home.json(&["show", &here]), shown);
    assert_eq!(home.json(&["list", "--folder", "Work"]), listed);
    assert_eq!(home.json(&["folders"]), folders);
    let status = home.json(&["status"]);
    assert_eq!(status[0]["state"], "offline");
    assert_eq!(status[0]["unread"], 100);
    let run = home.run(&["show", &not_here]);
    assert_eq!(run.code, 75, "{}", run.err);
    assert!(run.err.contains("not on this machine"), "{}", run.err);
    assert!(run.err.contains("no connection"), "{}", run.err);
    assert!(run.out.is_empty());
    let run = home.run(&["sync"]);
    assert_eq!(run.code, 75, "{}{}", run.out, run.err);
    assert!(run.out.contains("no connection"), "{}", run.out);

    server.start();
    let shown = home.json(&["show", &not_here]);
    assert!(shown["text"].as_str().unwrap().contains("body-of-10."));
    home.ok(&["sync"]);
    home.assert_same(&mut Rival::new(&server, &user), &["INBOX", "Work"]);
}

#[test]
fn the_screen_goes_offline_and_comes_back_without_a_key() {
    let server = Server::own();
    let user = server.fresh_user();
    let mut rival = Rival::new(&server, &user);
    rival.append("INBOX", &numbers(1..=30, ""));
    let home = Account::tls(&server, &user).home();
    let mut screen = home.screen(140, 40);
    screen.wait_for("body-of-30.");
    screen.wait_for("online");
    assert_eq!(home.json(&["status"])[0]["state"], "online");
    server.stop();
    screen.wait_for("offline");
    assert_eq!(home.json(&["status"])[0]["state"], "offline");
    // What was read is here, what was not says so.
    screen.keys("j");
    screen.wait_for("Not on this machine and offline");
    screen.keys("k");
    screen.wait_for("body-of-30.");
    screen.keys("j");
    screen.wait_for("Not on this machine and offline");
    server.start();
    // The message that was waited for loads, and what came in the meantime is here.
    screen.wait_for("body-of-29.");
    screen.wait_for("online");
    screen.wait_without("offline");
    Rival::new(&server, &user).deliver("INBOX", "After the break");
    screen.wait_for("After the break");
    screen.keys("Q");
    assert!(screen.wait_for_end().success());
}

#[test]
fn a_flag_set_offline_survives_a_kill_and_reaches_the_server_once() {
    let server = Server::own();
    let user = server.fresh_user();
    let mut rival = Rival::new(&server, &user);
    rival.append("INBOX", &numbers(1..=30, ""));
    let proxy = Proxy::new(server.plain_port);
    let home = Account::through(&proxy, &user).home();
    home.ok(&["sync"]);
    server.stop();
    let mut screen = home.screen(140, 40);
    screen.wait_for("Number 30 here");
    screen.wait_for("offline");
    screen.keys("I");
    // These words stand there only once the disk has it.
    screen.wait_for("1 pending");
    kill(screen.pid());
    assert!(!screen.wait_for_end().success());
    let pending = home.json(&["pending"]);
    assert_eq!(pending.as_array().unwrap().len(), 1, "{pending}");
    assert!(
        home.flags("INBOX")[&30].contains("\\Seen"),
        "shown as it will be"
    );

    server.start();
    proxy.take();
    home.ok(&["sync"]);
    let stores = || {
        let asked = commands(&proxy.take());
        asked
            .into_iter()
            .filter(|line| line.contains("STORE"))
            .collect::<Vec<_>>()
    };
    assert_eq!(stores().len(), 1);
    home.ok(&["sync"]);
    assert_eq!(stores().len(), 0, "once is enough");
    assert_eq!(home.json(&["pending"]).as_array().unwrap().len(), 0);
    let mut rival = Rival::new(&server, &user);
    let truth = rival.truth("INBOX");
    assert!(truth[&30].contains("\\Seen"));
    assert_eq!(
        truth
            .values()
            .filter(|flags| flags.contains("\\Seen"))
            .count(),
        1
    );
    home.assert_same(&mut rival, &["INBOX"]);
}

#[test]
fn a_message_opened_offline_is_read_at_the_server_after_a_kill_and_told_once() {
    let server = Server::own();
    let user = server.fresh_user();
    let mut rival = Rival::new(&server, &user);
    rival.append("INBOX", &numbers(1..=5, ""));
    let proxy = Proxy::new(server.plain_port);
    let home = Account::through(&proxy, &user)
        .ui("mark-read-after = \"open\"")
        .home();
    home.ok(&["sync"]);
    let shown = home.json(&["show", &home.id("INBOX", 5)]);
    assert!(shown["text"].as_str().unwrap().contains("body-of-5."));
    server.stop();
    // Where only the list has room, a message is opened by Enter and not by the cursor.
    let mut screen = home.screen(80, 24);
    screen.wait_for("Number 5 here");
    screen.wait_for("offline");
    assert_eq!(home.json(&["pending"]).as_array().unwrap().len(), 0);
    screen.keys("\r");
    screen.wait_for("1 pending");
    kill(screen.pid());
    assert!(!screen.wait_for_end().success());
    assert_eq!(home.json(&["pending"]).as_array().unwrap().len(), 1);
    assert!(home.flags("INBOX")[&5].contains("\\Seen"));

    server.start();
    assert!(!Rival::new(&server, &user).truth("INBOX")[&5].contains("\\Seen"));
    proxy.take();
    home.ok(&["sync"]);
    home.ok(&["sync"]);
    let asked = commands(&proxy.take());
    let stores: Vec<_> = asked.iter().filter(|line| line.contains("STORE")).collect();
    assert_eq!(stores.len(), 1, "{stores:?}");
    assert!(stores[0].contains("\\Seen"), "{stores:?}");
    assert_eq!(home.json(&["pending"]).as_array().unwrap().len(), 0);
    let mut rival = Rival::new(&server, &user);
    let truth = rival.truth("INBOX");
    let read: Vec<u32> = truth
        .iter()
        .filter(|(_, flags)| flags.contains("\\Seen"))
        .map(|(uid, _)| *uid)
        .collect();
    assert_eq!(read, [5]);
    home.assert_same(&mut rival, &["INBOX"]);
}

#[test]
fn a_flag_set_by_the_command_line_offline_reaches_the_server_at_the_next_screen() {
    let server = Server::own();
    let user = server.fresh_user();
    let mut rival = Rival::new(&server, &user);
    rival.append("INBOX", &numbers(1..=5, ""));
    let proxy = Proxy::new(server.plain_port);
    let home = Account::through(&proxy, &user).home();
    home.ok(&["sync"]);
    let id = home.id("INBOX", 3);
    assert_eq!(home.ok(&["--offline", "flag", &id, "+seen"]), "queued\n");
    server.stop();
    let run = home.run(&["flag", &home.id("INBOX", 4), "+seen"]);
    assert_eq!((run.code, run.out.as_str()), (0, "queued\n"), "{}", run.err);
    server.start();
    let mut rival = Rival::new(&server, &user);
    assert!(!rival.truth("INBOX")[&3].contains("\\Seen"));
    proxy.take();
    let mut screen = home.screen(140, 40);
    screen.wait_for("3 unread of 5");
    screen.wait_for("online");
    screen.wait_without("pending");
    screen.keys("Q");
    assert!(screen.wait_for_end().success());
    let asked = commands(&proxy.take());
    let stores: Vec<_> = asked.iter().filter(|line| line.contains("STORE")).collect();
    assert_eq!(stores.len(), 1, "{stores:?}");
    let truth = rival.truth("INBOX");
    assert!(truth[&3].contains("\\Seen") && truth[&4].contains("\\Seen"));
    // And with the server there it is done at once.
    assert_eq!(home.ok(&["flag", &id, "-seen"]), "done\n");
    assert!(!rival.truth("INBOX")[&3].contains("\\Seen"));
}

#[test]
fn what_others_changed_meanwhile_is_not_taken_back() {
    let server = Server::shared();
    let user = server.fresh_user();
    let mut rival = Rival::new(&server, &user);
    rival.append("INBOX", &numbers(1..=4, ""));
    let home = Account::tls(&server, &user).home();
    home.ok(&["sync"]);
    let ids = [home.id("INBOX", 1), home.id("INBOX", 2)];
    home.ok(&["--offline", "flag", &ids[0], &ids[1], "+seen"]);
    // Another client stars one of them, reads a third and removes the other.
    rival.within("INBOX", "UID STORE 1,3 +FLAGS (\\Flagged \\Seen)");
    rival.within("INBOX", "UID STORE 1 -FLAGS (\\Seen)");
    rival.expunge("INBOX", "2");
    home.ok(&["sync"]);
    assert_eq!(home.json(&["pending"]).as_array().unwrap().len(), 0);
    let truth = rival.truth("INBOX");
    let flags = |uid: u32| truth[&uid].iter().map(String::as_str).collect::<Vec<_>>();
    assert_eq!(flags(1), ["\\Flagged", "\\Seen"]);
    assert_eq!(flags(3), ["\\Flagged", "\\Seen"]);
    home.assert_same(&mut rival, &["INBOX"]);
}
