//! A referral to another server is never followed.

use std::io::ErrorKind;
use std::net::TcpListener;

use sterna::demo::fault::{Fault, FaultKind, FaultPlan};

use crate::home::Home;

#[test]
fn referrals_are_not_followed() {
    for (command, status) in [
        ("AUTHENTICATE", "NO"),
        ("AUTHENTICATE", "BAD"),
        ("SELECT", "NO"),
        ("LIST", "NO"),
    ] {
        // Where the attacker waits for the password.
        let elsewhere = TcpListener::bind("127.0.0.2:0").unwrap();
        elsewhere.set_nonblocking(true).unwrap();
        let port = elsewhere.local_addr().unwrap().port();
        let home = Home::new();
        home.server
            .set_faults(FaultPlan::new(vec![Fault::always(FaultKind::Refuse {
                command: command.to_owned(),
                answer: format!(
                    "{status} [REFERRAL imap://demo;AUTH=*@127.0.0.2:{port}/INBOX] moved"
                ),
            })]));
        let here = home.server.imap_addr().port();
        home.configure(
            "password-plaintext = \"demo\"",
            "127.0.0.1",
            here,
            "plain",
            None,
        );
        home.run("sync");
        home.run("list");
        let error = elsewhere.accept().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::WouldBlock, "{command} {status}");
        assert!(
            home.server.log().iter().any(|entry| entry.name == command),
            "never came to {command}"
        );
    }
}
