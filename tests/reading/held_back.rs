//! Metered accounts, and what changed in a folder while nobody looked: it comes in pieces, as much as one action may take,
//! and the rest when the user wants it.

use sterna::channel::event::Event;
use sterna::channel::job::Job;
use sterna::demo::dialect::Dialect;
use sterna::demo::fault::{Fault, FaultKind};
use sterna::engine::Engine;
use sterna::mail::flag::SystemFlag;

use crate::equal::difference_in;
use crate::place::{Desk, Place, deliver, stop};
use crate::random::count;

/// What one action may take.
fn limit() -> u64 {
    count("STERNA_LIMIT", 8_000)
}

/// The answer to one command, of which nobody knows beforehand how long it is.
const ONE_ANSWER: u64 = 2_000;
/// What a connection takes that has nothing to do: greeting, capabilities, folders and counts, SELECT.
const A_CONNECTION: u64 = 6_000;

/// Ways of a server that counts changes.
fn dialects() -> [(&'static str, Dialect); 3] {
    [
        ("Gmail", Dialect::gmail()),
        ("QRESYNC", Dialect::full()),
        ("CONDSTORE", Dialect::condstore_only().with("ESEARCH")),
    ]
}

/// Messages in INBOX, of which every second one changes.
fn n_messages() -> u32 {
    u32::try_from(count("STERNA_CHANGES", 400)).unwrap()
}

/// A synced INBOX of so many messages, metered from now on.
fn metered(dialect: Dialect, n: u32) -> Place {
    let mut place = Place::with(dialect, n);
    place.open().sync();
    place.settings.metered_bytes = Some(limit());
    place
}

fn change_many(place: &Place, n: u32) {
    for uid in (1..=n).rev().step_by(2) {
        place.server.set_flags("INBOX", uid, &["\\Flagged"]);
    }
}

fn is_flagged(desk: &mut Desk, uid: u32) -> bool {
    let inbox = desk.mailbox("INBOX");
    let message = desk.message(inbox, uid);
    let row = desk.reader.row(message, inbox).unwrap().unwrap();
    row.flags.has(SystemFlag::Flagged)
}

fn holds_back(desk: &mut Desk) -> bool {
    let inbox = desk.mailbox("INBOX");
    desk.reader.mailbox(inbox).unwrap().unwrap().has_old_flags
}

/// The lowest UID from which on everything was heard.
fn reached(desk: &mut Desk) -> u32 {
    let inbox = desk.mailbox("INBOX");
    let state = desk.reader.sync_state(inbox).unwrap();
    state.caught_up.last().map_or(0, |row| row.low)
}

/// Has more fetched, and waits until nothing is left to do.
fn fetch_more(desk: &mut Desk, engine: &Engine) {
    let inbox = desk.mailbox("INBOX");
    engine.submit(Job::FetchMore(inbox));
    engine.submit(Job::SyncNow);
    desk.event("more", |event| matches!(event, Event::Synced(_)));
}

fn difference(place: &Place, desk: &mut Desk) -> Option<String> {
    difference_in(&place.server, desk, "INBOX")
}

fn assert_same(place: &Place, desk: &mut Desk, name: &str) {
    assert_eq!(difference(place, desk), None, "{name}");
}

fn until_same(place: &Place, desk: &mut Desk, name: &str) {
    desk.until(name, |desk| difference(place, desk).is_none());
}

/// Has more fetched until nothing is held back; how many times the user had to say so.
fn fetch_the_rest(place: &Place, desk: &mut Desk, engine: &Engine) -> u32 {
    let mut n = 0;
    while holds_back(desk) {
        let (from, before) = (place.server.counts().bytes_sent, reached(desk));
        fetch_more(desk, engine);
        assert!(reached(desk) < before, "{before}");
        let spent = place.server.counts().bytes_sent - from;
        assert!(spent <= limit() + ONE_ANSWER, "{spent}");
        n += 1;
    }
    n
}

#[test]
#[allow(clippy::print_stderr, reason = "figures")]
fn of_many_changes_the_newest_come_and_the_rest_when_it_is_wanted() {
    for (name, dialect) in dialects() {
        let n = n_messages();
        let place = metered(dialect, n);
        change_many(&place, n);
        let mut desk = place.open();
        let before = place.server.counts().bytes_sent;
        let engine = desk.engine();
        desk.online();
        let spent = place.server.counts().bytes_sent - before;
        assert!(spent <= limit() + ONE_ANSWER, "{name}: {spent}");
        assert!(
            is_flagged(&mut desk, n) && !is_flagged(&mut desk, 2),
            "{name}"
        );
        assert!(holds_back(&mut desk), "{name}: the user can know it");
        let n_times = fetch_the_rest(&place, &mut desk, &engine);
        assert!(n_times >= 1, "{name}");
        eprintln!("{name}: {n} messages, {spent} bytes at first, {n_times} times more");
        until_same(&place, &mut desk, name);
        // What comes later is told at once again.
        place.server.set_flags("INBOX", 1, &["\\Answered"]);
        until_same(&place, &mut desk, name);
        stop(engine);
    }
}

#[test]
fn few_changes_come_without_a_question() {
    for (name, dialect) in dialects() {
        let place = metered(dialect, 400);
        for uid in [1, 200, 400] {
            place.server.set_flags("INBOX", uid, &["\\Flagged"]);
        }
        place.server.expunge("INBOX", &[2]);
        let mut desk = place.open();
        let before = place.server.counts().bytes_sent;
        desk.sync();
        let spent = place.server.counts().bytes_sent - before;
        assert!(spent <= limit() + ONE_ANSWER, "{name}: {spent}");
        assert_same(&place, &mut desk, name);
        assert!(!holds_back(&mut desk), "{name}");
    }
}

#[test]
fn what_vanished_comes_with_what_changed() {
    for (name, dialect) in dialects() {
        let place = metered(dialect, 400);
        change_many(&place, 400);
        let gone: Vec<u32> = (1..=400).step_by(3).collect();
        place.server.expunge("INBOX", &gone);
        let mut desk = place.open();
        let engine = desk.engine();
        desk.online();
        fetch_the_rest(&place, &mut desk, &engine);
        stop(engine);
        desk.close();
        if name != "QRESYNC" {
            // Which are gone only a list of all tells, which may be too long.
            let mut place = place;
            place.settings.metered_bytes = None;
            let mut desk = place.open();
            desk.sync();
            assert_same(&place, &mut desk, name);
            continue;
        }
        let mut desk = place.open();
        assert_same(&place, &mut desk, name);
    }
}

#[test]
fn what_was_heard_is_not_told_again_after_a_break() {
    for (name, dialect) in dialects() {
        let place = metered(dialect, 400);
        change_many(&place, 400);
        let mut n_looks = 0_u32;
        let before = place.server.counts().bytes_sent;
        loop {
            // Each time another process, which the user tells to fetch more once.
            let mut desk = place.open();
            let engine = desk.engine();
            desk.online();
            if n_looks > 0 {
                fetch_more(&mut desk, &engine);
            }
            stop(engine);
            let is_done = !holds_back(&mut desk);
            desk.close();
            n_looks += 1;
            if is_done {
                break;
            }
        }
        let spent = place.server.counts().bytes_sent - before;
        let all = 200 * 100 + u64::from(n_looks) * 2 * A_CONNECTION;
        assert!(spent <= all, "{name}: {spent} in {n_looks} looks");
        let mut desk = place.open();
        assert_same(&place, &mut desk, name);
    }
}

#[test]
fn without_metering_what_was_held_back_comes_at_once() {
    for (name, dialect) in dialects() {
        let mut place = metered(dialect, 400);
        change_many(&place, 400);
        let mut desk = place.open();
        desk.sync();
        assert!(holds_back(&mut desk), "{name}");
        desk.close();
        // Changed once more above and below of what was held back, and something new.
        for uid in [400, 3] {
            place.server.set_flags("INBOX", uid, &["\\Answered"]);
        }
        deliver(&place.server, "INBOX", 401, &[]);
        place.settings.metered_bytes = None;
        let mut desk = place.open();
        desk.sync();
        assert_same(&place, &mut desk, name);
        assert!(!holds_back(&mut desk), "{name}");
    }
}

#[test]
fn a_history_that_is_lost_meanwhile_leaves_no_old_flags() {
    for (name, dialect) in dialects() {
        let mut place = metered(dialect, 400);
        place.server.set_mod_seq("INBOX", 5_000);
        place.settings.metered_bytes = None;
        place.open().sync();
        place.settings.metered_bytes = Some(limit());
        change_many(&place, 400);
        let mut desk = place.open();
        desk.sync();
        assert!(holds_back(&mut desk), "{name}");
        desk.close();
        place.server.set_mod_seq("INBOX", 5_100);
        place.server.set_flags("INBOX", 400, &["\\Seen"]);
        let mut desk = place.open();
        let engine = desk.engine();
        desk.online();
        fetch_the_rest(&place, &mut desk, &engine);
        until_same(&place, &mut desk, name);
        stop(engine);
    }
}

#[test]
fn a_connection_that_is_cut_in_the_middle_costs_one_piece() {
    for (name, dialect) in dialects() {
        let mut place = metered(dialect, 400);
        change_many(&place, 400);
        place.settings.metered_bytes = Some(1_000_000);
        for n_passed in [0, 1] {
            place.fault(Fault {
                skip: n_passed,
                ..Fault::once(FaultKind::CutIn {
                    command: "UID FETCH".to_owned(),
                    after: 400,
                })
            });
            let desk = place.open();
            let engine = desk.engine();
            let mut desk = desk;
            until_same(&place, &mut desk, name);
            stop(engine);
            desk.close();
            place.heal();
            change_many(&place, 400);
        }
    }
}
