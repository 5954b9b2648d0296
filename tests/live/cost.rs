//! What an action costs, by the server's own log.

use std::time::{Duration, Instant};

use crate::home::{Account, Home};
use crate::rival::{Mail, Rival, plain};
use crate::server::{Server, User};

/// Octets of the message that is archived.
const LARGE: usize = 40 << 20;

/// Bytes to and from the server in each session of a user that has ended, the oldest first, as the server has logged them
/// at the logout: `in=123 out=4567`. They begin behind the login.
fn sessions(server: &Server, user: &User) -> Vec<u64> {
    let name = format!("imap({})", user.name);
    let log = server.log();
    let ends = log.lines().filter(|line| line.contains(&name));
    let number = |line: &str, key: &str| -> Option<u64> {
        let (_, rest) = line.split_once(key)?;
        rest.split(' ').next()?.parse().ok()
    };
    ends.filter_map(|line| Some(number(line, " in=")? + number(line, " out=")?))
        .collect()
}

/// Waits until so many sessions have ended; gives them.
fn await_sessions(server: &Server, user: &User, n: usize) -> Vec<u64> {
    let until = Instant::now() + Duration::from_mins(2);
    loop {
        let all = sessions(server, user);
        if all.len() >= n {
            return all;
        }
        assert!(Instant::now() < until, "not in the log: {all:?}");
        std::thread::park_timeout(Duration::from_millis(20));
    }
}

/// Runs a command, and gives the bytes of its session.
fn cost(server: &Server, user: &User, home: &Home, arguments: &[&str]) -> u64 {
    let n_before = sessions(server, user).len();
    home.ok(arguments);
    let all = await_sessions(server, user, n_before + 1);
    assert_eq!(all.len(), n_before + 1, "one connection: {all:?}");
    all[n_before]
}

#[test]
fn forty_megabytes_are_archived_for_less_than_a_thousand_bytes() {
    let server = Server::shared();
    let user = server.fresh_user();
    let mut rival = Rival::new(&server, &user);
    rival.create("Archive");
    let line = format!("{}\r\n", "0123456789abcdef".repeat(4));
    let text = line.repeat(LARGE / line.len() + 1);
    rival.append(
        "INBOX",
        &[Mail {
            flags: "",
            date: "01-Jan-2026 10:00:00 +0000".to_owned(),
            raw: plain("The large one", &text),
        }],
    );
    let home = Account::tls(&server, &user).home();
    home.ok(&["sync"]);
    let id = home.id("INBOX", 1);
    assert!(home.rows("INBOX")[&1]["size"].as_u64().unwrap() > LARGE as u64);
    // The session in which the message came.
    rival.ask("LOGOUT");
    await_sessions(&server, &user, 2);
    let n_idle = cost(&server, &user, &home, &["sync"]);
    let mut n_more = Vec::new();
    for action in [&["archive", &id][..], &["undo"]] {
        home.ok(&[&["--offline"], action].concat());
        let n = cost(&server, &user, &home, &["sync"]);
        n_more.push(n.saturating_sub(n_idle));
    }
    assert_eq!(home.rows("INBOX").len(), 1);
    eprintln!(
        "40 MB archived and taken back: {n_more:?} bytes more than the {n_idle} of a sync with nothing to do"
    );
    assert!(n_more[0] < 1_000, "{n_more:?}");
    assert!(
        n_more[1] < 10_000,
        "the way back is no download either: {n_more:?}"
    );
}
