//! A metered account that comes back to many changes: they come in pieces, each as much as one action may take, until the
//! end equals the server.

use std::time::{Duration, Instant};

use crate::chaos::Proxy;
use crate::home::{Account, Home};
use crate::proxy::bytes_after_login;
use crate::rival::{Mail, Rival, Truth, nth};
use crate::server::Server;

/// Octets that one action may take, over all connections.
const LIMIT: usize = 10_000;
/// The answer to one command, of which nobody knows beforehand how long it is.
const ONE_ANSWER: usize = 1_000;
const N_MESSAGES: u32 = 1200;

fn mails(from: u32, to: u32) -> Vec<Mail> {
    (from..=to)
        .map(|n| nth(n, &format!("Number {n}"), ""))
        .collect()
}

/// Every second message gets a flag, every fifth goes, and three come.
fn meddle(rival: &mut Rival) {
    let uids = |step: usize| {
        let uids = (1..=N_MESSAGES).step_by(step).map(|uid| uid.to_string());
        uids.collect::<Vec<_>>().join(",")
    };
    rival.within(
        "INBOX",
        &format!("UID STORE {} +FLAGS (\\Flagged)", uids(2)),
    );
    rival.expunge("INBOX", &uids(5));
    rival.append("INBOX", &mails(N_MESSAGES + 1, N_MESSAGES + 3));
}

/// Messages that are here as they are there, and those that are here and not there any more.
fn right_and_wrong(home: &Home, there: &Truth) -> (usize, usize) {
    let here = home.flags("INBOX");
    let n_right = there
        .iter()
        .filter(|(uid, flags)| here.get(uid) == Some(flags))
        .count();
    let n_gone = here.keys().filter(|uid| !there.contains_key(uid)).count();
    (n_right, n_gone)
}

fn comes_in_pieces(disable: &[&'static str]) {
    let server = Server::shared();
    let user = server.fresh_user();
    let mut rival = Rival::new(&server, &user);
    rival.append("INBOX", &mails(1, N_MESSAGES));
    let proxy = Proxy::new(server.plain_port);
    let account = Account::through(&proxy, &user).disable(disable);
    let home = account.home();
    home.ok(&["sync"]);
    home.configure(&account.metered("10kB"));
    meddle(&mut rival);
    let there = rival.truth("INBOX");
    proxy.take();
    let mut screen = home.screen(120, 40);
    screen.wait_for("fetches more");
    let mut seen = right_and_wrong(&home, &there);
    assert_ne!(seen, (there.len(), 0), "more than one action may take");
    let mut n_actions = 1;
    while seen != (there.len(), 0) {
        screen.keys("zm");
        n_actions += 1;
        let until = Instant::now() + Duration::from_mins(2);
        let before = seen;
        while seen == before {
            assert!(Instant::now() < until, "{before:?} of {}", there.len());
            seen = right_and_wrong(&home, &there);
        }
    }
    screen.wait_without("fetches more");
    screen.keys("Q");
    assert!(screen.wait_for_end().success());
    let n_bytes = bytes_after_login(&proxy.take());
    eprintln!("{n_actions} actions of {LIMIT} bytes took {n_bytes} bytes, without {disable:?}");
    assert!(n_bytes <= n_actions * LIMIT + ONE_ANSWER, "{n_bytes}");
    // A command without a limit finds nothing more.
    home.ok(&["sync", "--unmetered"]);
    home.assert_same(&mut rival, &["INBOX"]);
}

#[test]
fn with_qresync_many_changes_come_in_pieces() {
    comes_in_pieces(&[]);
}

#[test]
fn with_condstore_alone_many_changes_come_in_pieces() {
    comes_in_pieces(&["QRESYNC"]);
}
