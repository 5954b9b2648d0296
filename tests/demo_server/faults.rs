//! Fault scripts do what they say, where they say it.

use std::time::Duration;

use sterna::demo::fault::{Fault, FaultKind, FaultPlan};
use sterna::demo::server::Contents;
use sterna::demo::server::{Options, Server};

use crate::client::{Client, GUARD, inbox, message};

fn command(name: &str) -> String {
    name.to_owned()
}

#[test]
fn a_cut_comes_after_exactly_so_many_bytes() {
    let server = inbox(&["a"]);
    for bytes in [0, 1, 10, 57] {
        server.set_faults(FaultPlan::new(vec![Fault::always(FaultKind::CutAfter(
            bytes,
        ))]));
        let mut client = Client::connect(server.imap_addr());
        let mut seen = client.greeting.clone().into_bytes();
        seen.extend(client.rest());
        assert_eq!(seen.len() as u64, bytes);
    }
}

#[test]
fn a_stall_stays_silent_and_open() {
    let server = inbox(&["a"]);
    server.set_faults(FaultPlan::new(vec![Fault::once(FaultKind::StallIn {
        command: command("NOOP"),
        after: 3,
    })]));
    let mut client = Client::login(&server);
    client.send("t2 NOOP\r\nt3 NOOP\r\n");
    assert!(server.await_command("NOOP", GUARD));
    client.set_timeout(Duration::from_millis(50));
    assert_eq!(client.rest(), b"t2 ");
    assert_eq!(server.n_connections(), 1);
    server.disconnect_all();
    assert!(client.rest().is_empty());
}

#[test]
fn fragments_and_delays_change_nothing_but_time() {
    let server = inbox(&["a"]);
    server.set_faults(FaultPlan::new(vec![
        Fault::always(FaultKind::Fragment(3)),
        Fault::always(FaultKind::Delay(Duration::from_micros(50))),
    ]));
    let mut client = Client::login(&server);
    client.ok("SELECT INBOX");
    assert_eq!(client.ok("FETCH 1 (UID)"), ["* 1 FETCH (UID 1)"]);
}

#[test]
fn a_reply_can_be_lost_after_the_deed_and_before_it() {
    let server = inbox(&["a", "b"]);
    server.create("Archive", None);
    server.set_faults(FaultPlan::new(vec![
        Fault::once(FaultKind::CutIn {
            command: command("UID MOVE"),
            after: 0,
        }),
        Fault::once(FaultKind::DropOn {
            command: command("UID MOVE"),
        })
        .after(1),
    ]));
    for (uid, left) in [(1, 1), (2, 1)] {
        let mut client = Client::login(&server);
        client.ok("SELECT INBOX");
        client.send(&format!("m UID MOVE {uid} Archive\r\n"));
        assert!(client.rest().is_empty());
        assert_eq!(server.truth("INBOX").len(), left);
    }
}

#[test]
fn commands_can_be_refused_replaced_and_preceded() {
    let server = inbox(&["a"]);
    server.set_faults(FaultPlan::new(vec![
        Fault::once(FaultKind::Refuse {
            command: command("SELECT"),
            answer: "NO [UNAVAILABLE] later".into(),
        }),
        Fault::once(FaultKind::Before {
            command: command("SELECT"),
            lines: b"* NO [ALERT] careful\r\n".to_vec(),
        })
        .after(1),
        Fault::always(FaultKind::Instead {
            command: command("NOOP"),
            lines: b"* garbage {\r\n{tag} OK odd\r\n".to_vec(),
        })
        .on(1),
    ]));
    let mut client = Client::login(&server);
    assert_eq!(client.answer("SELECT INBOX"), "NO [UNAVAILABLE] later");
    assert_eq!(client.ok("SELECT INBOX")[0], "* NO [ALERT] careful");
    assert_eq!(
        client.command("NOOP"),
        (vec!["* garbage {".into()], "OK odd".into())
    );
    assert_eq!(Client::login(&server).answer("NOOP"), "OK Done");
}

#[test]
fn input_can_be_cut_in_the_middle_of_a_literal() {
    let server = inbox(&[]);
    let head = "a LOGIN demo demo\r\nb APPEND INBOX {30+}\r\n";
    server.set_faults(FaultPlan::new(vec![Fault::always(FaultKind::CutInput(
        head.len() as u64 + 10,
    ))]));
    let mut client = Client::connect(server.imap_addr());
    client.send(&format!("{head}{}\r\n", "x".repeat(30)));
    client.rest();
    assert!(server.truth("INBOX").is_empty());
}

#[test]
fn a_paused_server_refuses_and_comes_back_on_its_port_with_its_mail() {
    let server = inbox(&["a"]);
    let mut client = Client::login(&server);
    server.pause();
    assert!(client.rest().is_empty());
    assert!(std::net::TcpStream::connect(server.imap_addr()).is_err());
    server.deliver("INBOX", message("b").as_bytes(), &[], 0);
    server.resume().unwrap();
    let mut client = Client::login(&server);
    assert!(client.ok("SELECT INBOX").contains(&"* 2 EXISTS".to_owned()));
}

#[test]
fn a_hundred_thousand_generated_messages_are_there_at_once_and_stream() {
    let server = Server::start(Options {
        contents: Contents::Bulk {
            messages: 100_000,
            size_bytes: 10_000,
        },
        ..Options::default()
    })
    .unwrap();
    let mut client = Client::login(&server);
    assert!(
        client
            .ok("SELECT INBOX")
            .contains(&"* 100000 EXISTS".to_owned())
    );
    assert_eq!(client.ok("UID FETCH 1:* (FLAGS)").len(), 100_000);
    let lines = client.ok("UID FETCH 99999:* (RFC822.SIZE BODY.PEEK[])");
    let size: usize = lines[0].split(' ').nth(6).unwrap().parse().unwrap();
    assert!(lines[0].contains(&format!("BODY[] {{{size}}}")));
}
