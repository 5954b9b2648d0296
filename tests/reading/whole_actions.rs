//! Metered accounts: everything that an action takes over all connections of the account together, from the greeting on, is
//! no more than it may be; but for the answer to one command, of which nobody knows beforehand how long it is.

use sterna::channel::event::Event;
use sterna::channel::job::Job;
use sterna::demo::dialect::Dialect;
use sterna::engine::Engine;
use sterna::engine::once::Errands;
use sterna::mail::mailbox::MailboxId;
use sterna::mail::uid::Uid;

use crate::place::{Desk, Place, deliver, stop};

/// What one action may take.
const LIMIT: u64 = 24_000;
/// One command's answer: the list of the folders with their counts, a few headers.
const ONE_ANSWER: u64 = 4_000;
/// Messages of a large folder.
const MANY: u32 = 400;
/// Headers that a look brings at least.
const LEAST: u64 = 10;

/// Ways of a server to tell what changed. Each can watch, so that a screen that rests costs nothing.
fn dialects() -> [(&'static str, Dialect); 3] {
    [
        ("QRESYNC", Dialect::full()),
        ("CONDSTORE", Dialect::condstore_only().with("IDLE")),
        ("bare", Dialect::bare().with("IDLE")),
    ]
}

/// Two large folders among others, metered from now on.
fn place(dialect: Dialect) -> Place {
    let mut place = Place::new(dialect);
    for name in ["INBOX", "Archive"] {
        for number in 1..=MANY {
            deliver(&place.server, name, number, &[]);
        }
    }
    for number in 1..=20 {
        place.server.create(&format!("Folder {number}"), None);
    }
    place.settings.metered_bytes = Some(LIMIT);
    place
}

fn sent(place: &Place) -> u64 {
    place.server.counts().bytes_sent
}

fn n_headers(desk: &mut Desk, mailbox: MailboxId) -> u64 {
    desk.reader.sync_state(mailbox).unwrap().n_headers
}

/// What a job takes until nothing is left to do.
fn cost(place: &Place, desk: &mut Desk, engine: &Engine, job: Job) -> u64 {
    let before = sent(place);
    engine.submit(job);
    at_rest(desk, engine);
    sent(place) - before
}

/// Waits until both connections have done everything. What is asked for at once is one action with what was asked before.
fn at_rest(desk: &mut Desk, engine: &Engine) {
    engine.submit(Job::SyncNow);
    desk.event("rest", |event| matches!(event, Event::Synced(_)));
}

#[track_caller]
#[allow(clippy::print_stderr, reason = "figures")]
fn assert_within(spent: u64, what: &str) {
    eprintln!("{what}: {spent} of {LIMIT}");
    assert!(spent <= LIMIT + ONE_ANSWER, "{what}: {spent}");
}

#[test]
fn a_start_takes_no_more_than_one_action_may() {
    for (name, dialect) in dialects() {
        let place = place(dialect);
        let mut desk = place.open();
        let engine = desk.engine();
        desk.online();
        assert_within(sent(&place), name);
        let before = sent(&place);
        at_rest(&mut desk, &engine);
        assert_within(sent(&place) - before, &format!("{name}: a refresh"));
        let inbox = desk.mailbox("INBOX");
        assert!(n_headers(&mut desk, inbox) >= LEAST, "{name}");
        stop(engine);
    }
}

#[test]
fn a_second_folder_takes_no_more_than_one_action_may() {
    for (name, dialect) in dialects() {
        let place = place(dialect);
        let mut desk = place.open();
        let engine = desk.engine();
        desk.online();
        at_rest(&mut desk, &engine);
        let archive = desk.mailbox("Archive");
        let spent = cost(&place, &mut desk, &engine, Job::OpenMailbox(archive));
        assert_within(spent, name);
        assert!(n_headers(&mut desk, archive) >= LEAST, "{name}");
        stop(engine);
    }
}

#[test]
fn older_headers_and_the_oldest_take_no_more_than_one_action_may() {
    for (name, dialect) in dialects() {
        let place = place(dialect);
        let mut desk = place.open();
        let engine = desk.engine();
        desk.online();
        at_rest(&mut desk, &engine);
        let inbox = desk.mailbox("INBOX");
        for job in [Job::WantOldest(inbox), Job::FetchMore(inbox)] {
            let before = n_headers(&mut desk, inbox);
            let what = format!("{name}: {job:?}");
            let spent = cost(&place, &mut desk, &engine, job);
            assert_within(spent, &what);
            let more = n_headers(&mut desk, inbox) - before;
            assert!(more >= LEAST, "{what}: {more} headers more");
        }
        stop(engine);
    }
}

/// An INBOX that was all here, and of which everything has changed since; as many messages are new.
fn changed(dialect: Dialect) -> Place {
    let mut place = place(dialect);
    place.settings.metered_bytes = None;
    place.open().sync();
    place.settings.metered_bytes = Some(LIMIT);
    for uid in 1..=MANY {
        place.server.set_flags("INBOX", uid, &["\\Flagged"]);
    }
    place.server.bulk("INBOX", MANY, 1_000);
    place
}

#[test]
fn changed_flags_and_new_messages_take_no_more_than_one_action_may() {
    for (name, dialect) in dialects() {
        let place = changed(dialect);
        let mut desk = place.open();
        let before = sent(&place);
        let engine = desk.engine();
        desk.online();
        assert_within(sent(&place) - before, name);
        let before = sent(&place);
        at_rest(&mut desk, &engine);
        assert_within(sent(&place) - before, &format!("{name}: a refresh"));
        let inbox = desk.mailbox("INBOX");
        let n = n_headers(&mut desk, inbox) - u64::from(MANY);
        assert!(
            (LEAST..u64::from(MANY)).contains(&n),
            "{name}: {n} new ones"
        );
        stop(engine);
    }
}

#[test]
fn a_command_that_finds_much_changed_takes_no_more_than_one_action_may() {
    for (name, dialect) in dialects() {
        let place = changed(dialect);
        let mut desk = place.open();
        let before = sent(&place);
        desk.sync();
        assert_within(sent(&place) - before, name);
        let inbox = desk.mailbox("INBOX");
        let n = n_headers(&mut desk, inbox) - u64::from(MANY);
        assert!(
            (LEAST..u64::from(MANY)).contains(&n),
            "{name}: {n} new ones"
        );
    }
}

#[test]
fn many_messages_that_come_while_somebody_watches_do_not_come_at_once() {
    for (name, dialect) in dialects() {
        let place = place(dialect);
        let mut desk = place.open();
        let engine = desk.engine();
        desk.online();
        at_rest(&mut desk, &engine);
        let inbox = desk.mailbox("INBOX");
        let (before, n_before) = (sent(&place), n_headers(&mut desk, inbox));
        place.server.bulk("INBOX", MANY, 1_000);
        let newest = Uid::new(2 * MANY).unwrap();
        desk.until("the newest", |desk| {
            let state = desk.reader.sync_state(inbox).unwrap();
            state.uid_next > newest.get() && !state.gap.contains(newest)
        });
        assert_within(sent(&place) - before, name);
        let before = sent(&place);
        at_rest(&mut desk, &engine);
        assert_within(sent(&place) - before, &format!("{name}: a refresh"));
        let n = n_headers(&mut desk, inbox) - n_before;
        assert!(
            (LEAST..u64::from(MANY)).contains(&n),
            "{name}: {n} new ones"
        );
        stop(engine);
    }
}

#[test]
fn one_command_takes_no_more_than_one_action_may() {
    for (name, dialect) in dialects() {
        let place = place(dialect);
        let mut desk = place.open();
        // What a command asks for one after the other is one action.
        desk.once(&Errands::Folders).unwrap();
        let archive = desk.mailbox("Archive");
        desk.once(&Errands::Newest(archive)).unwrap();
        desk.once(&Errands::Everything).unwrap();
        assert_within(sent(&place), name);
        for folder in ["INBOX", "Archive"] {
            let mailbox = desk.mailbox(folder);
            assert!(n_headers(&mut desk, mailbox) >= LEAST, "{name}: {folder}");
        }
    }
}
