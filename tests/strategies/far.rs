//! A long way to the server: as many older headers are asked for ahead as come in the time of a round trip, up to a bound.

use std::fmt::Write as _;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpListener;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use sterna::engine::link::fill::{MOST_AHEAD, WISH};
use sterna::engine::once::Errands;
use sterna::remote::clock::{Ahead, Clock};

use crate::place::{GUARD, desk_at, directory, settings};
use sterna::engine::lane::pace::Pace;

/// Messages in INBOX, numbered from one.
const N: u64 = 100 + 12 * WISH;

/// Headers as a server gives them.
fn headers(low: u64, high: u64) -> String {
    (low..=high).fold(String::new(), |mut lines, n| {
        let _ = write!(
            lines,
            "* {n} FETCH (UID {n} FLAGS () INTERNALDATE \"01-Jun-2026 10:00:00 +0000\" RFC822.SIZE 99 \
             BODY[HEADER.FIELDS (DATE)] {{2}}\r\n\r\n)\r\n"
        );
        lines
    })
}

/// The numbers of a set that is one range.
fn range(command: &str) -> Option<(u64, u64)> {
    let set = command.split(' ').find(|word| word.contains(':'))?;
    let (low, high) = set.split_once(':')?;
    Some((low.parse().ok()?, high.parse().ok()?))
}

/// Serves one connection: answers the first block after an hour, and those behind it when so many wait that no more are
/// asked for. Gives how many that were.
fn serve(listener: &TcpListener, clock: &Ahead) -> usize {
    const CAPABILITIES: &str = "CAPABILITY IMAP4rev1 AUTH=PLAIN SASL-IR";
    let (socket, _) = listener.accept().unwrap();
    socket.set_read_timeout(Some(GUARD)).unwrap();
    let mut out = &socket;
    write!(out, "* OK [{CAPABILITIES}] ready\r\n").unwrap();
    let (mut n_blocks, mut waiting, mut most) = (0, Vec::new(), 0);
    for line in BufReader::new(&socket).lines() {
        let Ok(line) = line else { break };
        let (tag, command) = line.split_once(' ').unwrap();
        let answer = match command.split(' ').next().unwrap() {
            "AUTHENTICATE" => format!("{tag} OK [{CAPABILITIES}] in\r\n"),
            "LIST" => format!("* LIST () \"/\" INBOX\r\n{tag} OK\r\n"),
            "SELECT" => format!(
                "* {N} EXISTS\r\n* OK [UIDVALIDITY 1]\r\n* OK [UIDNEXT {}]\r\n{tag} OK\r\n",
                N + 1
            ),
            "FETCH" | "UID" => {
                let (low, high) = range(command).unwrap();
                let answer = format!("{}{tag} OK\r\n", headers(low, high));
                if command.starts_with("UID") && command.contains("HEADER") {
                    n_blocks += 1;
                    waiting.push(answer);
                    match n_blocks {
                        1 => clock.pass(Duration::from_hours(1)),
                        _ if low > 1 && waiting.len() < MOST_AHEAD => continue,
                        _ => most = most.max(waiting.len()),
                    }
                    waiting.drain(..).collect()
                } else {
                    answer
                }
            }
            _ => format!("{tag} OK\r\n"),
        };
        out.write_all(answer.as_bytes()).unwrap();
    }
    most
}

#[test]
fn over_a_long_way_ten_blocks_are_on_it() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let ahead = Arc::new(Ahead::default());
    let clock = Arc::clone(&ahead);
    let server = thread::spawn(move || serve(&listener, &clock));
    let home = directory();
    let mut desk = desk_at(home.path(), &settings(port), Pace::default());
    desk.setup.clock = Clock::ahead_by(&ahead);
    desk.once(&Errands::Everything).unwrap();
    let inbox = desk.mailbox("INBOX");
    let state = desk.reader.sync_state(inbox).unwrap();
    assert!(state.gap.is_empty() && state.n_headers == N);
    assert_eq!(server.join().unwrap(), MOST_AHEAD);
}
