//! A referral to another server is never followed. RFC 2221, RFC 2193.

use std::io::ErrorKind;
use std::net::TcpListener;

use sterna::demo::fault::{Fault, FaultKind, FaultPlan};

use crate::home::Home;

/// Runs the program on a server that refers it to another, and listens there.
fn is_not_followed(what: &str, refer: impl FnOnce(&str) -> FaultKind) {
    // Where the attacker waits for the password.
    let elsewhere = TcpListener::bind("127.0.0.2:0").unwrap();
    elsewhere.set_nonblocking(true).unwrap();
    let port = elsewhere.local_addr().unwrap().port();
    let kind = refer(&format!(
        "[REFERRAL imap://demo;AUTH=*@127.0.0.2:{port}/INBOX] moved"
    ));
    let home = Home::new();
    home.server
        .set_faults(FaultPlan::new(vec![Fault::always(kind.clone())]));
    let here = home.server.imap_addr().port();
    let secret = "password-plaintext = \"demo\"";
    home.configure(secret, "127.0.0.1", here, "plain", None);
    home.run("sync");
    home.run("list");
    let error = elsewhere.accept().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::WouldBlock, "{what}");
    if let FaultKind::Refuse { command, .. } = &kind {
        let log = home.server.log();
        let has_come = log.iter().any(|entry| entry.name == *command);
        assert!(has_come, "never came to {what}");
    }
}

#[test]
fn referrals_are_not_followed() {
    for (command, status) in [
        ("AUTHENTICATE", "NO"),
        ("AUTHENTICATE", "BAD"),
        // Logged in here, and another server is recommended for the next time.
        ("AUTHENTICATE", "OK"),
        ("SELECT", "NO"),
        ("LIST", "NO"),
    ] {
        is_not_followed(&format!("{command} {status}"), |referral| {
            FaultKind::Refuse {
                command: command.to_owned(),
                answer: format!("{status} {referral}"),
            }
        });
    }
    is_not_followed("a goodbye", |referral| {
        FaultKind::Greeting(format!("* BYE {referral}\r\n").into_bytes())
    });
    is_not_followed("a goodbye later", |referral| FaultKind::Before {
        command: "SELECT".to_owned(),
        lines: format!("* BYE {referral}\r\n").into_bytes(),
    });
}
