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

/// Runs a command, and gives the bytes of its session.
fn cost(server: &Server, user: &User, home: &Home, arguments: &[&str]) -> u64 {
    let n_before = sessions(server, user).len();
    home.ok(arguments);
    let until = Instant::now() + Duration::from_mins(2);
    loop {
        let all = sessions(server, user);
        if let [cost] = all[n_before..] {
            return cost;
        }
        assert!(all.len() <= n_before, "{arguments:?}: {all:?}");
        assert!(Instant::now() < until, "{arguments:?} is not in the log");
        std::thread::park_timeout(Duration::from_millis(20));
    }
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
    drop(rival);
    let n_archived = cost(&server, &user, &home, &["archive", &id]);
    assert_eq!(home.rows("Archive").len(), 1);
    let n_undone = cost(&server, &user, &home, &["undo"]);
    assert_eq!(home.rows("INBOX").len(), 1);
    eprintln!(
        "40 MB archived: {n_archived} bytes, and taken back: {n_undone}, by the server's log"
    );
    assert!(n_archived < 1_000 && n_undone < 1_000);
}
