//! A large mailbox for the first time: the newest screenful, then older blocks, whatever interrupts; and coming back.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use sterna::channel::event::{Connection, Event};
use sterna::channel::job::Job;
use sterna::channel::rows::{Anchor, WindowQuery};
use sterna::demo::dialect::Dialect;
use sterna::demo::fault::{Fault, FaultKind};
use sterna::store::outgoing::outbox_waits::Holds;

use crate::equal::{assert_equal, until_equal};
use crate::place::{Desk, GUARD, Place, deliver, dialects, stop};

const MANY: u32 = 3_000;

fn large(dialect: Dialect) -> Place {
    let place = Place::new(dialect);
    place.server.bulk("INBOX", MANY, 200);
    place
}

/// UIDs of a window, newest first.
fn window(desk: &mut Desk, anchor: Anchor) -> Vec<u32> {
    let mailbox = desk.mailbox("INBOX");
    let query = WindowQuery {
        mailbox,
        limit: String::new(),
        anchor,
        n_rows: 50,
        serial: 0,
    };
    let rows = desk.reader.window(&query).unwrap().rows;
    rows.iter().map(|row| row.key.uid).collect()
}

fn n_headers(desk: &mut Desk) -> u64 {
    let mailbox = desk.mailbox("INBOX");
    desk.reader.sync_state(mailbox).unwrap().n_headers
}

fn is_listed(desk: &mut Desk) -> bool {
    !desk.reader.mailboxes(desk.account).unwrap().is_empty()
}

/// The ranges of which headers were asked for, in order.
fn blocks(place: &Place) -> Vec<(u32, u32)> {
    let log = place.server.log();
    let fetches = log
        .iter()
        .filter(|entry| entry.name == "UID FETCH" && entry.line.contains("HEADER.FIELDS"));
    fetches
        .filter_map(|entry| {
            let set = entry.line.split(' ').nth(3)?;
            let (low, high) = set.split_once(':')?;
            Some((low.parse().ok()?, high.parse().ok()?))
        })
        .filter(|(_, high)| *high <= MANY) // Beyond is the question for new ones.
        .collect()
}

/// The connection that would fetch the rest falls silent before it gives the first block.
fn silence_the_blocks(place: &Place) {
    place.fault(
        Fault::always(FaultKind::StallIn {
            command: "UID FETCH".to_owned(),
            after: 0,
        })
        .on(2),
    );
}

#[test]
fn the_newest_screenful_is_readable_before_the_rest_is_asked_for() {
    for (name, dialect) in dialects() {
        let place = large(dialect);
        silence_the_blocks(&place);
        let mut desk = place.open();
        let engine = desk.engine();
        desk.until(name, |desk| {
            is_listed(desk) && window(desk, Anchor::Newest).len() == 50
        });
        let expected: Vec<u32> = (MANY - 49..=MANY).rev().collect();
        assert_eq!(window(&mut desk, Anchor::Newest), expected, "{name}");
        desk.until("the rest is to be fetched", |_| {
            place.n_commands("UID FETCH") > 0
        });
        assert_eq!(n_headers(&mut desk), 100, "{name}: one screenful");
        place.heal();
        place.server.disconnect_all();
        until_equal(&place.server, &mut desk, name);
        stop(engine);
    }
}

#[test]
fn older_blocks_come_newest_first_and_none_is_asked_for_twice() {
    let place = large(Dialect::full());
    let mut desk = place.open();
    let engine = desk.engine();
    until_equal(&place.server, &mut desk, "the first sync");
    let is_block = |(_, high): &(u32, u32)| *high < u32::MAX - 1; // Not a look for new mail.
    let asked: Vec<_> = blocks(&place).into_iter().filter(is_block).collect();
    assert!(asked.len() >= 5, "{asked:?}");
    let mut next = MANY - 100;
    for (low, high) in &asked {
        assert_eq!(*high, next, "{asked:?}");
        next = low - 1;
    }
    assert_eq!(next, 0, "{asked:?}");
    let progress = desk.seen.iter().any(|event| {
        matches!(event, Event::Connection { state: Connection::Syncing { n_total, .. }, .. }
            if *n_total == u64::from(MANY))
    });
    assert!(progress, "the progress was told");
    stop(engine);
}

#[test]
fn the_oldest_rows_come_before_the_rest_where_they_are_wanted() {
    for (name, dialect) in dialects() {
        let place = large(dialect);
        silence_the_blocks(&place);
        let mut desk = place.open();
        let engine = desk.engine();
        desk.until(name, |desk| is_listed(desk) && n_headers(desk) >= 100);
        let inbox = desk.mailbox("INBOX");
        engine.submit(Job::WantOldest(inbox));
        // A screenful is stored in more than one step: neither end is there at once.
        desk.until(name, |desk| {
            window(desk, Anchor::Oldest).last() == Some(&1) && n_headers(desk) >= 200
        });
        let expected: Vec<u32> = (1..=50).rev().collect();
        assert_eq!(window(&mut desk, Anchor::Oldest), expected, "{name}");
        assert_eq!(n_headers(&mut desk), 200, "{name}: only the two ends");
        place.heal();
        place.server.disconnect_all();
        until_equal(&place.server, &mut desk, name);
        stop(engine);
    }
}

#[test]
fn a_cut_in_the_middle_resumes_where_it_was() {
    for (name, dialect) in dialects() {
        let place = large(dialect);
        // All headers are about two megabytes.
        place.fault(Fault::always(FaultKind::CutAfter(800_000)).on(1));
        let desk = place.open();
        assert!(
            desk.once(&sterna::engine::once::Errands::Everything)
                .is_err()
        );
        desk.close();
        let mut desk = place.open();
        let n_before = n_headers(&mut desk);
        assert!(
            n_before >= 500 && n_before < u64::from(MANY),
            "{name}: {n_before}"
        );
        place.heal();
        let report = desk.sync();
        assert_equal(&place.server, &mut desk, name);
        // The block that was cut is asked for again, nothing else.
        let n_twice = (report.tally.n_new + n_before).checked_sub(u64::from(MANY));
        assert!(
            n_twice.is_some_and(|n| n <= 500),
            "{name}: {n_twice:?} twice"
        );
    }
}

#[test]
fn a_cut_engine_comes_back_by_itself_and_goes_on() {
    let place = large(Dialect::full());
    place.fault(Fault::always(FaultKind::CutAfter(600_000)).on(2));
    let mut desk = place.open();
    let engine = desk.engine();
    until_equal(&place.server, &mut desk, "after the cut");
    stop(engine);
    let whole = {
        let fresh = large(Dialect::full());
        let desk = fresh.open();
        desk.sync().bytes_received
    };
    let sent = place.server.counts().bytes_sent;
    assert!(sent < whole + whole / 2, "{sent} of {whole}");
}

#[test]
fn going_offline_interrupts_a_first_sync_and_loses_nothing() {
    let place = large(Dialect::full());
    let mut desk = place.open();
    let engine = desk.engine();
    desk.until("some headers", |desk| {
        is_listed(desk) && n_headers(desk) >= 100
    });
    engine.submit(Job::SetOnline(false));
    desk.state("offline", |state| *state == Connection::OfflineByChoice);
    desk.until("no connection is left", |_| {
        place.server.n_connections() == 0
    });
    let n_before = n_headers(&mut desk);
    place.server.clear_log();
    deliver(&place.server, "INBOX", 9_000, &[]);
    engine.submit(Job::SyncNow);
    desk.drain();
    assert_eq!(place.server.log().len(), 0, "offline is offline");
    engine.submit(Job::SetOnline(true));
    until_equal(&place.server, &mut desk, "online again");
    assert!(n_before >= 100);
    stop(engine);
}

#[test]
fn nothing_changed_costs_one_flight_and_little() {
    for (name, dialect, commands) in [
        (
            "full",
            Dialect::full(),
            &[
                "AUTHENTICATE",
                "ID",
                "ENABLE",
                "NAMESPACE",
                "LIST",
                "SELECT",
                "UID FETCH",
                "MYRIGHTS",
                "GETQUOTAROOT",
                "IDLE",
            ][..],
        ),
        (
            "condstore",
            Dialect::condstore_only(),
            &[
                "AUTHENTICATE",
                "ID",
                "NAMESPACE",
                "LIST",
                "SELECT",
                "UID FETCH",
                "IDLE",
            ][..],
        ),
    ] {
        let place = large(dialect);
        let desk = place.open();
        desk.sync();
        desk.close();
        place.server.clear_log();
        let sent = place.server.counts().bytes_sent;
        let mut desk = place.open();
        let engine = desk.engine();
        desk.online();
        assert!(place.server.await_command("IDLE", GUARD));
        let log = place.server.log();
        let names: Vec<&str> = log.iter().map(|entry| entry.name.as_str()).collect();
        assert_eq!(names, commands, "{name}");
        let sent = place.server.counts().bytes_sent - sent;
        assert!(sent < 4_000, "{name}: {sent} bytes");
        assert_equal(&place.server, &mut desk, name);
        stop(engine);
    }
}

#[test]
fn no_folder_is_one_too_many_where_each_has_to_be_asked_for() {
    let place = Place::with(Dialect::bare(), 1);
    for number in 1..=210 {
        deliver(&place.server, &format!("Folder {number}"), number, &[]);
    }
    let mut desk = place.open();
    desk.sync();
    assert_equal(&place.server, &mut desk, "210 folders");
}

#[test]
fn the_newest_messages_are_seen_first_however_often_the_store_commits() {
    let place = Place::with(Dialect::full(), 150);
    let mut desk = place.open();
    let is_over = AtomicBool::new(false);
    std::thread::scope(|scope| {
        // Who waits for the store has it commit what came so far.
        for _ in 0..4 {
            let writer = desk.store.writer();
            let is_over = &is_over;
            scope.spawn(move || {
                while !is_over.load(Ordering::Relaxed) {
                    writer.end_holds_now(Holds::Own(Vec::new())).unwrap();
                }
            });
        }
        let engine = desk.engine();
        let mut first = None;
        let deadline = Instant::now() + GUARD;
        while first.is_none() && Instant::now() < deadline {
            if is_listed(&mut desk) {
                first = window(&mut desk, Anchor::Newest).first().copied();
            }
        }
        is_over.store(true, Ordering::Relaxed);
        assert_eq!(first, Some(150));
        until_equal(&place.server, &mut desk, "the others");
        stop(engine);
        // Messages are numbered as they are stored.
        let inbox = desk.mailbox("INBOX");
        let stored: Vec<_> = (51..=150).map(|uid| desk.message(inbox, uid)).collect();
        assert!(stored.is_sorted_by(|older, newer| older > newer));
    });
}
