//! What the user keeps on this machine: whole, from wherever it lies, over cuts and restarts, and no more than that.

use sterna::channel::event::{Connection, Event};
use sterna::channel::job::Job;
use sterna::channel::kept::{Missing, News};
use sterna::demo::dialect::Dialect;
use sterna::demo::fault::{Fault, FaultKind};
use sterna::engine::Engine;
use sterna::engine::once::Errands;
use sterna::mail::message_id::MessageId;
use sterna::store::bodies::StoredBody;

use crate::place::{Desk, Place, deliver, dialects, message, stop};

/// A message beyond what comes in one piece: in blocks.
fn huge() -> Vec<u8> {
    let mut raw = b"From: a@x\r\nSubject: huge\r\n\r\n".to_vec();
    while raw.len() < 5 << 20 {
        raw.extend_from_slice(b"0123456789 0123456789 0123456789 0123456789 0123456789\r\n");
    }
    raw
}

/// A place with 30 messages in INBOX and 20 in Archive, all listed here.
fn place(dialect: Dialect) -> Place {
    let place = Place::with(dialect, 30);
    place.server.create("Archive", None);
    for number in 31..=50 {
        deliver(&place.server, "Archive", number, &[]);
    }
    place
}

fn all_of(desk: &mut Desk, mailbox: &str, uids: std::ops::RangeInclusive<u32>) -> Vec<MessageId> {
    let mailbox = desk.mailbox(mailbox);
    uids.map(|uid| desk.message(mailbox, uid)).collect()
}

/// Marks messages, as the screen does.
fn mark(desk: &Desk, engine: &Engine, messages: Vec<MessageId>) {
    desk.store.writer().keep_now(messages, true).unwrap();
    engine.submit(Job::Keep);
}

fn n_missing(desk: &mut Desk) -> u64 {
    desk.reader.kept_missing(desk.account).unwrap().0
}

/// Waits until everything that is kept is here.
fn until_here(desk: &mut Desk) {
    desk.until("what is kept comes", |desk| n_missing(desk) == 0);
}

fn whole(desk: &mut Desk, mailbox: &str, uid: u32) -> Option<Vec<u8>> {
    let mailbox = desk.mailbox(mailbox);
    let message = desk.message(mailbox, uid);
    match desk.reader.body(message).unwrap() {
        Some(StoredBody::Whole(bytes)) => Some(bytes),
        _ => None,
    }
}

fn is_complete(desk: &mut Desk, name: &str) -> bool {
    let folders = desk.reader.folders().unwrap();
    let found = folders.iter().find(|folder| folder.name.as_str() == name);
    found.unwrap().is_complete
}

/// A desk that is up to date, and an engine that stays away from the server.
fn offline(place: &Place) -> (Desk, Engine) {
    let mut desk = place.open();
    desk.sync();
    desk.setup.is_offline = true;
    let engine = desk.engine();
    desk.state("offline", |state| *state == Connection::OfflineByChoice);
    (desk, engine)
}

#[test]
fn what_is_kept_comes_whole_from_every_folder_and_only_that() {
    for (name, dialect) in dialects() {
        let place = place(dialect);
        place.server.deliver("INBOX", &huge(), &[], 1_780_009_000);
        let mut desk = place.open();
        desk.sync();
        let engine = desk.engine();
        desk.online();
        let mut wanted = all_of(&mut desk, "Archive", 1..=20);
        wanted.extend(all_of(&mut desk, "INBOX", 29..=31));
        mark(&desk, &engine, wanted);
        until_here(&mut desk);
        desk.event("the end is told", |event| {
            let Event::Keeping(News::Missing(Missing {
                n_left, is_coming, ..
            })) = event
            else {
                return false;
            };
            *n_left == 0 && !is_coming
        });
        assert_eq!(whole(&mut desk, "INBOX", 31), Some(huge()), "{name}");
        assert_eq!(whole(&mut desk, "INBOX", 29), Some(message(29)), "{name}");
        assert_eq!(whole(&mut desk, "Archive", 1), Some(message(31)), "{name}");
        assert_eq!(whole(&mut desk, "INBOX", 1), None, "{name}: not asked for");
        assert!(is_complete(&mut desk, "Archive"), "{name}");
        assert!(!is_complete(&mut desk, "INBOX"), "{name}");
        stop(engine);
        desk.close();
    }
}

#[test]
fn a_download_goes_on_after_a_restart_and_fetches_nothing_twice() {
    let place = place(Dialect::full());
    let mut desk = place.open();
    desk.sync();
    let wanted = all_of(&mut desk, "INBOX", 1..=30);
    let first: Vec<_> = wanted[..10].to_vec();
    // A part of it came, then the process ended.
    desk.store.writer().keep_now(first, true).unwrap();
    desk.once(&Errands::Kept).unwrap();
    assert_eq!(place.server.counts().bodies, 10);
    desk.store.writer().keep_now(wanted, true).unwrap();
    desk.close();
    let mut desk = place.open();
    assert_eq!(n_missing(&mut desk), 20);
    let engine = desk.engine();
    until_here(&mut desk);
    assert_eq!(place.server.counts().bodies, 30, "each once");
    assert!(is_complete(&mut desk, "INBOX"));
    stop(engine);
    desk.close();
}

#[test]
fn a_cut_connection_costs_what_was_on_its_way_and_nothing_else() {
    let place = place(Dialect::full());
    let mut desk = place.open();
    desk.sync();
    let engine = desk.engine();
    desk.online();
    let wanted = all_of(&mut desk, "Archive", 1..=20);
    place.fault(Fault::once(FaultKind::CutIn {
        command: "UID FETCH".to_owned(),
        after: 1_500,
    }));
    mark(&desk, &engine, wanted);
    until_here(&mut desk);
    assert_eq!(whole(&mut desk, "Archive", 20), Some(message(50)));
    stop(engine);
    desk.close();
}

#[test]
fn what_is_marked_offline_comes_with_the_connection() {
    let place = place(Dialect::full());
    let (mut desk, engine) = offline(&place);
    let wanted = all_of(&mut desk, "Archive", 1..=20);
    mark(&desk, &engine, wanted);
    assert_eq!(n_missing(&mut desk), 20);
    engine.submit(Job::SetOnline(true));
    until_here(&mut desk);
    stop(engine);
    desk.close();
}

#[test]
fn what_is_let_go_is_not_fetched_and_what_came_stays() {
    let place = place(Dialect::full());
    let (mut desk, engine) = offline(&place);
    let kept = all_of(&mut desk, "INBOX", 1..=5);
    let dropped = all_of(&mut desk, "Archive", 1..=20);
    mark(&desk, &engine, kept);
    mark(&desk, &engine, dropped.clone());
    desk.store.writer().keep_now(dropped, false).unwrap();
    engine.submit(Job::Keep);
    engine.submit(Job::SetOnline(true));
    until_here(&mut desk);
    desk.online();
    assert_eq!(place.server.counts().bodies, 5);
    stop(engine);
    desk.close();
}

#[test]
fn one_connection_is_enough_and_metering_was_asked_about() {
    let mut place = place(Dialect::full());
    place.settings.metered_bytes = Some(1_000);
    let mut desk = place.open();
    desk.sync();
    let wanted = all_of(&mut desk, "INBOX", 28..=30);
    desk.store.writer().keep_now(wanted, true).unwrap();
    desk.once(&Errands::Kept).unwrap();
    assert_eq!(n_missing(&mut desk), 0);
    assert_eq!(place.server.counts().bodies, 3);
}

#[test]
fn what_another_client_moved_away_is_left_and_the_rest_comes() {
    let place = place(Dialect::full());
    let mut desk = place.open();
    desk.sync();
    let wanted = all_of(&mut desk, "Archive", 1..=20);
    desk.store.writer().keep_now(wanted, true).unwrap();
    place.server.expunge("Archive", &[3]);
    desk.once(&Errands::Kept).unwrap();
    assert_eq!(whole(&mut desk, "Archive", 20), Some(message(50)));
    // The message is gone from this machine too, and with it the mark.
    assert_eq!(n_missing(&mut desk), 0);
}
