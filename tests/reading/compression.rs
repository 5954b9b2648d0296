//! COMPRESS=DEFLATE under the engine: asked for last in the first flight, off on this machine, and nothing else changes.

use sterna::channel::event::Event;
use sterna::channel::job::Job;
use sterna::demo::dialect::Dialect;
use sterna::demo::fault::{Fault, FaultKind};
use sterna::engine::once::Errands;

use crate::equal::{assert_equal, until_equal};
use crate::place::{GUARD, Place, deliver, dialects, stop};

fn place(dialect: Dialect, n: u32) -> Place {
    let mut place = Place::with(dialect.with("COMPRESS=DEFLATE"), n);
    place.settings.compress_loopback = true;
    place
}

/// The commands of a connection, without their arguments.
fn names(place: &Place, connection: u32) -> Vec<String> {
    let log = place.server.log().into_iter();
    log.filter(|entry| entry.connection == connection)
        .map(|entry| entry.name)
        .collect()
}

#[test]
fn a_first_sync_and_a_second_one_equal_the_server() {
    for (name, dialect) in dialects() {
        let place = place(dialect, 300);
        let mut desk = place.open();
        desk.sync();
        assert_equal(&place.server, &mut desk, name);
        let first = place.server.counts().bytes_sent;
        let headers: u64 = place
            .server
            .truth("INBOX")
            .iter()
            .map(|one| one.size_bytes)
            .sum();
        assert!(first < headers, "{name}: {first} bytes for {headers}");
        deliver(&place.server, "INBOX", 900, &["\\Seen"]);
        place.server.expunge("INBOX", &[1, 5]);
        desk.sync();
        assert_equal(&place.server, &mut desk, name);
        for connection in [1, 2] {
            let names = names(&place, connection);
            let at = names.iter().position(|name| name == "COMPRESS").unwrap();
            assert_eq!(names.iter().filter(|name| *name == "COMPRESS").count(), 1);
            assert!(at > names.iter().position(|name| name == "LIST").unwrap());
        }
    }
}

#[test]
fn both_lanes_compress_and_watch_over_it() {
    let mut place = place(Dialect::full(), 40);
    place.settings.offline = sterna::mail::account::Offline::All;
    for number in 50..60 {
        deliver(&place.server, "Archive", number, &[]);
    }
    let mut desk = place.open();
    let engine = desk.engine();
    desk.online();
    until_equal(&place.server, &mut desk, "first sync");
    assert!(place.server.await_command("IDLE", GUARD));
    deliver(&place.server, "INBOX", 900, &["\\Flagged"]);
    until_equal(&place.server, &mut desk, "news by IDLE");
    let archive = desk.mailbox("Archive");
    engine.submit(Job::OpenMailbox(archive));
    deliver(&place.server, "Archive", 901, &[]);
    until_equal(&place.server, &mut desk, "another folder");
    let log = place.server.log();
    let n = log.iter().filter(|entry| entry.name == "COMPRESS").count();
    let n_connections = log.iter().map(|entry| entry.connection).max().unwrap();
    assert_eq!(u32::try_from(n).unwrap(), n_connections);
    assert_eq!(
        names(&place, 1)[..9],
        [
            "AUTHENTICATE",
            "ID",
            "ENABLE",
            "NAMESPACE",
            "LIST",
            "COMPRESS",
            "SELECT",
            "MYRIGHTS",
            "FETCH"
        ]
    );
    stop(engine);
}

#[test]
fn a_warm_start_asks_behind_everything_else() {
    let place = place(Dialect::full(), 10);
    place.open().sync();
    place.server.clear_log();
    let mut desk = place.open();
    let engine = desk.engine();
    desk.online();
    assert!(place.server.await_command("IDLE", GUARD));
    let flight = names(&place, 2);
    assert_eq!(
        flight[..8],
        [
            "AUTHENTICATE",
            "ID",
            "ENABLE",
            "NAMESPACE",
            "LIST",
            "SELECT",
            "UID FETCH",
            "COMPRESS"
        ]
    );
    stop(engine);
}

#[test]
fn it_is_not_asked_for_on_this_machine_nor_where_it_is_switched_off() {
    let far = |disable: &[&str], loopback: bool| {
        let mut place = place(Dialect::full(), 3);
        place.settings.compress_loopback = loopback;
        place.settings.disable = disable.iter().map(|name| (*name).to_owned()).collect();
        let mut desk = place.open();
        desk.sync();
        assert_equal(&place.server, &mut desk, "sync");
        place.n_commands("COMPRESS")
    };
    assert_eq!(far(&[], true), 1);
    assert_eq!(far(&[], false), 0);
    assert_eq!(far(&["COMPRESS"], true), 0);
    assert_eq!(far(&["COMPRESS=DEFLATE"], true), 0);
}

#[test]
fn a_refusal_changes_nothing() {
    for answer in ["NO not now", "BAD never heard of it"] {
        let place = place(Dialect::full(), 30);
        place.refuse("COMPRESS", answer);
        let mut desk = place.open();
        desk.sync();
        assert_equal(&place.server, &mut desk, answer);
        deliver(&place.server, "INBOX", 900, &[]);
        let engine = desk.engine();
        desk.online();
        until_equal(&place.server, &mut desk, answer);
        stop(engine);
    }
}

#[test]
fn a_cut_in_the_compressed_stream_heals() {
    let place = place(Dialect::full(), 200);
    let mut desk = place.open();
    // One connection after the other breaks a little later, the first in clear, the last far into the compressed part, until
    // one comes to its end.
    let mut n_cut = 0;
    for after in (400..).step_by(200) {
        place.fault(Fault::always(FaultKind::CutAfter(after)));
        if desk.once(&Errands::Everything).is_ok() {
            break;
        }
        n_cut += 1;
    }
    let is_compressed = |n: &u32| names(&place, *n).iter().any(|name| name == "COMPRESS");
    let n_compressed = (1..=n_cut).filter(is_compressed).count();
    assert!(n_compressed >= 3, "{n_compressed} of {n_cut}");
    place.heal();
    desk.sync();
    assert_equal(&place.server, &mut desk, "healed");
}

/// A server that says OK and goes on in clear breaks the connection; the words reach the screen.
#[test]
fn a_false_ok_is_told() {
    let place = place(Dialect::full(), 3);
    place.fault(Fault::once(FaultKind::Instead {
        command: "COMPRESS".to_owned(),
        lines: b"{tag} OK yes\r\ngibberish in clear\r\n".to_vec(),
    }));
    let mut desk = place.open();
    let engine = desk.engine();
    desk.event("the reason", |event| {
        format!("{event:?}").contains("compressed data that cannot be read")
    });
    // The next connection does well.
    until_equal(&place.server, &mut desk, "healed");
    assert!(
        !desk
            .seen
            .iter()
            .any(|event| matches!(event, Event::StoreFailed(_)))
    );
    stop(engine);
}
