//! Metered accounts: no action takes more than it may, and nothing comes that nobody asked for.

use sterna::channel::error::RemoteError;
use sterna::channel::event::Event;
use sterna::channel::job::Job;
use sterna::demo::dialect::Dialect;
use sterna::mail::account::Offline;
use sterna::mail::flag::SystemFlag;
use sterna::mail::uid::Uid;
use sterna::store::bodies::StoredBody;

use crate::place::{Desk, Place, deliver, message, stop};

fn place(limit: u64) -> Place {
    let mut place = Place::new(Dialect::full());
    place.settings.offline = Offline::All;
    place.settings.metered_bytes = Some(limit);
    place
}

fn long_text(bytes: usize) -> Vec<u8> {
    let mut raw = message(1);
    raw.extend(
        "some words of a long text\r\n"
            .repeat(bytes / 27)
            .into_bytes(),
    );
    raw
}

fn n_headers(desk: &mut Desk) -> u64 {
    let inbox = desk.mailbox("INBOX");
    desk.reader.sync_state(inbox).unwrap().n_headers
}

#[test]
fn a_text_beyond_the_limit_waits_until_it_is_wanted_all_the_same() {
    let place = place(50_000);
    place
        .server
        .deliver("INBOX", &long_text(90_000), &[], 1_780_000_000);
    deliver(&place.server, "INBOX", 2, &[]);
    let mut desk = place.open();
    let engine = desk.engine();
    desk.online();
    desk.until("headers", |desk| n_headers(desk) == 2);
    assert_eq!(place.server.counts().bodies, 0, "nothing comes ahead");
    let mailbox = desk.mailbox("INBOX");
    let (long, short) = (desk.message(mailbox, 1), desk.message(mailbox, 2));
    engine.submit(Job::WantBody {
        message: short,
        mailbox,
    });
    desk.event("the short one", |event| *event == Event::BodyStored(short));
    engine.submit(Job::WantBody {
        message: long,
        mailbox,
    });
    desk.event("held back", |event| {
        matches!(
            event,
            Event::BodyFailed {
                error: RemoteError::Metered {
                    bytes: 80_000..=99_000,
                    limit: 50_000
                },
                ..
            }
        )
    });
    assert!(place.server.counts().body_bytes < 2_000);
    engine.submit(Job::FetchAnyway {
        message: long,
        mailbox,
    });
    desk.event("the long one", |event| *event == Event::BodyStored(long));
    let body = desk.reader.body(long).unwrap();
    assert!(matches!(body, Some(StoredBody::Whole(raw)) if raw == long_text(90_000)));
    stop(engine);
}

#[test]
fn older_headers_stop_at_the_limit_and_go_on_when_they_are_wanted() {
    let place = place(100_000);
    for number in 1..=1_000 {
        deliver(&place.server, "INBOX", number, &[]);
    }
    let mut desk = place.open();
    let engine = desk.engine();
    desk.online();
    let first = n_headers(&mut desk);
    assert!((50..600).contains(&first), "{first}");
    let mailbox = desk.mailbox("INBOX");
    engine.submit(Job::FetchMore(mailbox));
    desk.until("more", |desk| n_headers(desk) > first);
    let mut before = 0;
    // Each time a part of the rest, up to all of it.
    while n_headers(&mut desk) < 1_000 {
        let now = n_headers(&mut desk);
        if now == before {
            engine.submit(Job::FetchMore(mailbox));
            desk.until("more", |desk| n_headers(desk) > now);
        }
        before = now;
    }
    stop(engine);
}

#[test]
fn other_folders_wait_until_they_are_opened() {
    let place = place(100_000);
    deliver(&place.server, "INBOX", 1, &[]);
    deliver(&place.server, "Archive", 2, &[]);
    let mut desk = place.open();
    let engine = desk.engine();
    desk.online();
    let archive = desk.mailbox("Archive");
    assert_eq!(desk.reader.sync_state(archive).unwrap().n_headers, 0);
    engine.submit(Job::OpenMailbox(archive));
    desk.until("the folder", |desk| {
        desk.reader.sync_state(archive).unwrap().n_headers == 1
    });
    stop(engine);
}

#[test]
fn without_mod_sequences_the_flags_of_older_messages_wait() {
    const LIMIT: u64 = 20_000;
    let mut place = Place::with(Dialect::bare(), 1_500);
    place.open().sync();
    for uid in [1, 1_500] {
        place.server.set_flags("INBOX", uid, &["\\Flagged"]);
    }
    place.settings.metered_bytes = Some(LIMIT);
    let mut desk = place.open();
    let before = place.server.counts().bytes_sent;
    desk.sync();
    let spent = place.server.counts().bytes_sent - before;
    assert!(spent <= LIMIT, "{spent}");
    let inbox = desk.mailbox("INBOX");
    let is_flagged = |desk: &mut Desk, uid| {
        let message = desk.message(inbox, uid);
        let row = desk.reader.row(message, inbox).unwrap().unwrap();
        row.flags.has(SystemFlag::Flagged)
    };
    assert!(is_flagged(&mut desk, 1_500) && !is_flagged(&mut desk, 1));
    desk.close();
    place.settings.metered_bytes = None;
    let mut desk = place.open();
    desk.sync();
    assert!(is_flagged(&mut desk, 1), "nothing is lost");
}

#[test]
fn which_messages_are_gone_is_not_asked_where_the_answer_is_too_long() {
    const LIMIT: u64 = 5_000;
    let dialect = Dialect::condstore_only();
    for (dialect, is_asked) in [(dialect.clone(), false), (dialect.with("ESEARCH"), true)] {
        let mut place = Place::with(dialect, 1_500);
        place.open().sync();
        place.server.lose("INBOX", &[700]);
        place.settings.metered_bytes = Some(LIMIT);
        let mut desk = place.open();
        let before = place.server.counts().bytes_sent;
        desk.sync();
        let spent = place.server.counts().bytes_sent - before;
        assert!(spent <= LIMIT, "{spent}");
        assert_eq!(n_headers(&mut desk) == 1_499, is_asked);
        if !is_asked {
            desk.event("it is told", |event| {
                matches!(event, Event::Notice(words) if words.as_str().contains("--unmetered"))
            });
        }
        desk.close();
        place.settings.metered_bytes = None;
        let mut desk = place.open();
        desk.sync();
        assert_eq!(n_headers(&mut desk), 1_499, "nothing is lost");
    }
}

#[test]
fn where_a_folder_keeps_no_mod_sequences_the_flags_of_older_messages_wait() {
    const LIMIT: u64 = 20_000;
    let dialect = Dialect::condstore_only().without_mod_seqs();
    let mut place = Place::with(dialect, 1_500);
    place.open().sync();
    place.settings.metered_bytes = Some(LIMIT);
    let desk = place.open();
    let before = place.server.counts().bytes_sent;
    desk.sync();
    let spent = place.server.counts().bytes_sent - before;
    assert!(spent <= LIMIT, "{spent}");
}

#[test]
fn of_many_new_messages_the_newest_come_and_the_rest_when_it_is_wanted() {
    const LIMIT: u64 = 100_000;
    for dialect in [Dialect::full(), Dialect::condstore_only(), Dialect::bare()] {
        let mut place = Place::with(dialect, 20);
        place.settings.offline = Offline::Headers;
        place.open().sync();
        for number in 21..=1_000 {
            deliver(&place.server, "INBOX", number, &[]);
        }
        place.server.set_flags("INBOX", 3, &["\\Flagged"]);
        place.settings.metered_bytes = Some(LIMIT);
        let mut desk = place.open();
        let before = place.server.counts().bytes_sent;
        let engine = desk.engine();
        desk.online();
        let inbox = desk.mailbox("INBOX");
        let newest = |desk: &mut Desk| {
            let validity = desk.reader.sync_state(inbox).unwrap().validity.unwrap();
            let uid = Uid::new(1_000).unwrap();
            desk.reader.message_at(inbox, validity, uid).unwrap()
        };
        desk.until("the newest", |desk| newest(desk).is_some());
        stop(engine);
        let spent = place.server.counts().bytes_sent - before;
        assert!(spent <= LIMIT + 20_000, "{spent}");
        assert!((100..600).contains(&n_headers(&mut desk)));
        desk.close();
        place.settings.metered_bytes = None;
        let mut desk = place.open();
        desk.sync();
        assert_eq!(n_headers(&mut desk), 1_000, "nothing is lost");
        let flagged = desk.message(inbox, 3);
        let row = desk.reader.row(flagged, inbox).unwrap().unwrap();
        assert!(row.flags.has(SystemFlag::Flagged));
    }
}

#[test]
fn what_a_message_costs_that_nobody_told_is_asked_first() {
    const LIMIT: u64 = 50_000;
    let mut place = Place::new(Dialect::full().without_sizes());
    place.settings.metered_bytes = Some(LIMIT);
    let text = long_text(90_000);
    place.server.deliver("INBOX", &text, &[], 1_780_000_000);
    let mut desk = place.open();
    let engine = desk.engine();
    desk.online();
    let mailbox = desk.mailbox("INBOX");
    desk.until("headers", |desk| n_headers(desk) == 1);
    let message = desk.message(mailbox, 1);
    engine.submit(Job::WantBody { message, mailbox });
    desk.event("held back", |event| {
        matches!(
            event,
            Event::BodyFailed {
                error: RemoteError::Metered { .. },
                ..
            }
        )
    });
    assert!(place.server.counts().body_bytes < 2_000);
    stop(engine);
}
