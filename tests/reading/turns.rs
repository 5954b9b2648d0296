//! Round trips, counted as turns of the conversation and not in time: a proxy between engine and server keeps what was
//! said in which order. What one side says without hearing anything is one turn, whatever the segments were.

use std::io::{Read as _, Write as _};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

use sterna::demo::dialect::{Dialect, Telling};
use sterna::mail::account::AccountSettings;

use crate::equal::until_equal;
use crate::place::{GUARD, Place, deliver, desk_at, stop};

/// What the client said, turn by turn, on each connection.
type Turns = Arc<Mutex<Vec<Vec<String>>>>;

/// A port that leads to the server.
fn proxy(place: &Place) -> (u16, Turns) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let (turns, to) = (Turns::default(), place.server.imap_addr());
    let kept = Arc::clone(&turns);
    thread::spawn(move || {
        for client in listener.incoming().map_while(Result::ok) {
            let Ok(server) = TcpStream::connect(to) else {
                continue;
            };
            let at = {
                let mut kept = kept.lock().unwrap();
                kept.push(Vec::new());
                kept.len() - 1
            };
            let is_clients = Arc::new(Mutex::new(false));
            let (back, forth) = (server.try_clone().unwrap(), client.try_clone().unwrap());
            let (kept, turn) = (Arc::clone(&kept), Arc::clone(&is_clients));
            thread::spawn(move || {
                carry(client, server, |bytes| {
                    let mut turn = turn.lock().unwrap();
                    let mut kept = kept.lock().unwrap();
                    if !std::mem::replace(&mut turn, true) {
                        kept[at].push(String::new());
                    }
                    let text = String::from_utf8_lossy(bytes);
                    kept[at].last_mut().unwrap().push_str(&text);
                });
            });
            thread::spawn(move || carry(back, forth, |_| *is_clients.lock().unwrap() = false));
        }
    });
    (port, turns)
}

fn carry(mut from: TcpStream, mut to: TcpStream, mut note: impl FnMut(&[u8])) {
    let mut buffer = [0; 16 * 1024];
    while let Ok(n @ 1..) = from.read(&mut buffer) {
        note(&buffer[..n]);
        if to.write_all(&buffer[..n]).is_err() {
            break;
        }
    }
    let _ = to.shutdown(Shutdown::Both);
    let _ = from.shutdown(Shutdown::Both);
}

/// The turns of the client on a warm start, up to IDLE, by the names of the commands.
fn warm_start(dialect: Dialect) -> Vec<Vec<String>> {
    let place = Place::with(dialect, 30);
    place.open().sync();
    let (port, turns) = proxy(&place);
    let mut settings: AccountSettings = place.settings.clone();
    settings.imap.port = port;
    deliver(&place.server, "INBOX", 900, &[]);
    place.server.expunge("INBOX", &[3]);
    place.server.set_flags("INBOX", 5, &["\\Flagged"]);
    place.server.clear_log();
    let mut desk = desk_at(place.home.path(), &settings, place.pace);
    let engine = desk.engine();
    desk.online();
    until_equal(&place.server, &mut desk, "fresh");
    assert!(place.server.await_command("IDLE", GUARD));
    stop(engine);
    let turns = turns.lock().unwrap();
    let name = |line: &str| {
        let words: Vec<&str> = line.split(' ').skip(1).take(2).collect();
        let n = if words[0] == "UID" { 2 } else { 1 };
        words[..n].join(" ")
    };
    turns[0]
        .iter()
        .map(|turn| turn.lines().map(name).collect::<Vec<_>>())
        .take_while(|names| names.iter().all(|name| name != "IDLE"))
        .collect()
}

/// With TCP, TLS 1.3 and the greeting, of one round trip each, these are five until the list is fresh.
#[test]
fn a_warm_start_takes_a_login_and_one_flight() {
    assert_eq!(
        warm_start(Dialect::full()),
        [
            &["AUTHENTICATE"][..],
            &["ID", "ENABLE", "NAMESPACE", "LIST", "SELECT", "UID FETCH"],
        ]
    );
}

/// A server that says nothing of itself, or nothing behind the login: what it could the last time takes the place of
/// the answer.
#[test]
fn a_taciturn_server_costs_nothing_more() {
    let able = "IMAP4rev1 AUTH=PLAIN SASL-IR ENABLE CONDSTORE QRESYNC IDLE LIST-EXTENDED LIST-STATUS ESEARCH";
    let flight = &["CAPABILITY", "ENABLE", "LIST", "SELECT", "UID FETCH"];
    for telling in [Telling::Greeting, Telling::Asked] {
        let dialect = Dialect::saying(able).telling(telling, "IMAP4rev1 AUTH=PLAIN SASL-IR");
        assert_eq!(
            warm_start(dialect),
            [&["AUTHENTICATE"][..], flight],
            "{telling:?}"
        );
    }
}
