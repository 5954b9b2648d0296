//! Bodies come when they are asked for, once.

use crate::chaos::Proxy;
use crate::home::Account;
use crate::proxy::{commands, count};
use crate::rival::{Mail, Rival, nth, plain};
use crate::server::Server;

/// A part of every body that `nth` makes, and of no header.
const MARK: &str = "body-of-";

fn n_bodies_asked(asked: &[String]) -> usize {
    let bodies = asked.iter().filter(|line| {
        line.replace("BODY.PEEK[HEADER.FIELDS", "").contains("BODY")
            || line.contains("RFC822 ")
            || line.contains("RFC822.TEXT")
    });
    bodies.count()
}

#[test]
fn syncing_headers_serves_no_body_and_reading_serves_one() {
    let server = Server::shared();
    let user = server.fresh_user();
    let mut rival = Rival::new(&server, &user);
    rival.create("Work");
    for folder in ["INBOX", "Work"] {
        let mails: Vec<_> = (1..=300)
            .map(|n| nth(n, &format!("Number {n}"), ""))
            .collect();
        rival.append(folder, &mails);
    }
    let proxy = Proxy::new(server.plain_port);
    let home = Account::through(&proxy, &user).home();
    home.ok(&["sync"]);
    let first = proxy.take();
    assert_eq!(
        n_bodies_asked(&commands(&first)),
        0,
        "{:?}",
        commands(&first)
    );
    assert_eq!(count(&first, MARK), 0);
    home.assert_same(&mut rival, &["INBOX", "Work"]);

    let id = home.id("INBOX", 7);
    let shown = home.json(&["show", &id]);
    assert!(
        shown["text"].as_str().unwrap().contains("body-of-7."),
        "{shown}"
    );
    let opened = proxy.take();
    assert_eq!(
        n_bodies_asked(&commands(&opened)),
        1,
        "{:?}",
        commands(&opened)
    );
    assert_eq!(count(&opened, MARK), 1);

    let again = home.json(&["show", &id]);
    assert_eq!(again, shown);
    assert!(proxy.take().is_empty(), "the second look needs no server");
    // Reading by the command line changes nothing there.
    assert!(!rival.truth("INBOX")[&7].contains("\\Seen"));
}

#[test]
fn the_screen_opens_a_message_with_one_fetch_and_again_with_none() {
    let server = Server::shared();
    let user = server.fresh_user();
    let mut rival = Rival::new(&server, &user);
    let mails: Vec<_> = (1..=40)
        .map(|n| nth(n, &format!("Number {n}"), ""))
        .collect();
    rival.append("INBOX", &mails);
    let proxy = Proxy::new(server.plain_port);
    // Where a text begins comes with the header, and would be counted as the text.
    let account = Account::through(&proxy, &user).disable(&["PREVIEW"]);
    let home = account.home();
    home.ok(&["sync"]);
    let id = home.id("INBOX", 39);
    proxy.take();
    let mut screen = home.screen(160, 40);
    screen.wait_for("online");
    screen.wait_for("body-of-40.");
    screen.keys("j");
    screen.wait_for("body-of-39.");
    screen.keys("k");
    screen.wait_for("body-of-40.");
    screen.keys("Q");
    assert!(screen.wait_for_end().success());
    let seen = proxy.take();
    let bodies = [count(&seen, "body-of-40."), count(&seen, "body-of-39.")];
    assert_eq!(bodies, [1, 1], "{:?}", commands(&seen));
    assert_eq!(count(&seen, MARK), 2, "no neighbour is fetched ahead");
    home.ok(&["show", &id]);
    assert!(proxy.take().is_empty());
}

#[test]
fn of_a_large_message_only_the_text_is_served() {
    let server = Server::shared();
    let user = server.fresh_user();
    let mut rival = Rival::new(&server, &user);
    let attachment = "QUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFB\r\n";
    let raw = format!(
        "From: Rita <rita@example.org>\r\nSubject: Large\r\nMIME-Version: 1.0\r\n\
         Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n\
         The text of the large one.\r\n--b\r\nContent-Type: image/png; name=big.png\r\n\
         Content-Transfer-Encoding: base64\r\n\r\n{}--b--\r\n",
        attachment.repeat(14_000)
    );
    assert!(raw.len() > 1_000_000);
    rival.append(
        "INBOX",
        &[Mail {
            flags: "",
            date: "01-Feb-2026 10:00:00 +0000".to_owned(),
            raw: raw.into_bytes(),
        }],
    );
    let proxy = Proxy::new(server.plain_port);
    let home = Account::through(&proxy, &user).home();
    home.ok(&["sync"]);
    proxy.take();
    let id = home.id("INBOX", 1);
    let shown = home.json(&["show", &id]);
    assert!(
        shown["text"]
            .as_str()
            .unwrap()
            .contains("The text of the large one."),
        "{shown}"
    );
    assert_eq!(shown["parts"][1]["name"], "big.png");
    let seen = proxy.take();
    let n_bytes: usize = seen.iter().map(|one| one.answered.len()).sum();
    eprintln!("opening a message of 1 MB received {n_bytes} bytes, login included");
    assert!(n_bytes < 20_000, "{n_bytes}");
    home.ok(&["show", &id]);
    assert!(proxy.take().is_empty());
}

#[test]
fn a_local_copy_fetches_every_body_once() {
    let server = Server::shared();
    let user = server.fresh_user();
    let mut rival = Rival::new(&server, &user);
    let mails: Vec<_> = (1..=120)
        .map(|n| nth(n, &format!("Number {n}"), ""))
        .collect();
    rival.append("INBOX", &mails);
    let proxy = Proxy::new(server.plain_port);
    let account = Account::through(&proxy, &user).offline("all");
    let home = account.disable(&["PREVIEW"]).home();
    home.ok(&["sync"]);
    assert_eq!(count(&proxy.take(), MARK), 120);
    rival.append("INBOX", &[nth(121, "One more", "")]);
    home.ok(&["sync"]);
    assert_eq!(count(&proxy.take(), MARK), 1);
    let id = home.id("INBOX", 60);
    let shown = home.json(&["--offline", "show", &id]);
    assert!(shown["text"].as_str().unwrap().contains("body-of-60."));
}

#[test]
fn raw_bytes_are_what_the_server_has() {
    let server = Server::shared();
    let user = server.fresh_user();
    let mut rival = Rival::new(&server, &user);
    rival.deliver("INBOX", "Byte for byte");
    let home = Account::tls(&server, &user).home();
    home.ok(&["sync"]);
    let raw = home.ok(&["show", "--raw", &home.id("INBOX", 1)]);
    assert_eq!(raw.as_bytes(), plain("Byte for byte", "Hello."));
}
