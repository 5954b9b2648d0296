//! What the user keeps on this machine: marks that outlive the process and every lack of room, and what is whole here.

use sterna::channel::event::Event;
use sterna::channel::kept::{News, Subject, Weight, WeightQuery};
use sterna::mail::part::{PartInfo, PartPath};
use sterna::mail::uid_set::UidSet;
use sterna::store::bodies::StoredBody;
use sterna::store::outgoing::outbox_waits::Holds;

use crate::room::{here, keep, noise, wait_until, with_limit};
use crate::support::{Fixture, GUARD, check_cache, header, validity};

fn weight(fixture: &Fixture, uids: impl IntoIterator<Item = u32>) -> Weight {
    let targets = uids.into_iter().map(|uid| fixture.target(uid)).collect();
    let query = WeightQuery {
        subject: Subject::Messages(targets),
        serial: 0,
    };
    fixture.reader().weight(&query).unwrap()
}

fn mark(fixture: &Fixture, uids: impl IntoIterator<Item = u32>, on: bool) -> u64 {
    let messages = uids.into_iter().map(|uid| fixture.message(uid)).collect();
    fixture.writer().keep_now(messages, on).unwrap()
}

fn is_complete(fixture: &Fixture) -> bool {
    fixture.reader().folders().unwrap()[0].is_complete
}

/// How often it was told that what is kept is too much.
fn n_told(fixture: &Fixture) -> usize {
    let events = fixture.events.try_iter();
    events
        .filter(|event| matches!(event, Event::Keeping(News::Beyond { .. })))
        .count()
}

#[test]
fn what_is_kept_is_known_after_a_crash_and_asked_for_until_it_is_here() {
    let fixture = Fixture::with_headers(5);
    keep(&fixture, [2]);
    let before = weight(&fixture, 1..=3);
    assert_eq!((before.n(), before.n_kept), (3, 0));
    assert_eq!((before.bytes, before.bytes_missing), (3_006, 2_004));
    assert_eq!(mark(&fixture, 1..=3, true), 3);
    assert_eq!(mark(&fixture, 2..=3, true), 0, "they are kept already");
    let fixture = fixture.crash_and_open();
    assert!(weight(&fixture, 1..=3).is_all_kept());
    let mut reader = fixture.reader();
    assert_eq!(reader.kept_missing(fixture.account).unwrap(), (2, 2_004));
    assert_eq!(reader.keeping(fixture.account).unwrap(), [fixture.inbox]);
    let missing = reader
        .keeping_of(fixture.account, fixture.inbox, 10)
        .unwrap();
    let uids: Vec<u32> = missing.iter().map(|(_, uid, _)| uid.get()).collect();
    assert_eq!(uids, [3, 1], "newest first");
    keep(&fixture, [3]);
    fixture.writer().stop_keeping(fixture.account);
    fixture
        .writer()
        .end_holds_now(Holds::Own(Vec::new()))
        .unwrap(); // Behind it.
    assert_eq!(reader.kept_missing(fixture.account).unwrap(), (0, 0));
    assert!(weight(&fixture, [2, 3]).is_all_kept(), "what came stays");
    assert_eq!(weight(&fixture, [1]).n_kept, 0);
    check_cache(&fixture.paths);
}

#[test]
fn what_is_kept_never_goes_for_lack_of_room_which_is_told_once() {
    let fixture = Fixture::with_headers(10);
    keep(&fixture, 1..=10);
    mark(&fixture, 1..=5, true);
    let fixture = with_limit(fixture, 35_000);
    wait_until("evicted", || here(&fixture).len() <= 5);
    assert_eq!(here(&fixture), (1..=5).collect());
    let told = fixture.events.iter().find_map(|event| match event {
        Event::Keeping(News::Beyond { bytes, limit, .. }) => Some((bytes, limit)),
        _ => None,
    });
    assert_eq!(told, Some((50_000, 35_000)));
    // Another body comes and goes: nothing is told again.
    keep(&fixture, [6]);
    keep(&fixture, 7..=10);
    wait_until("evicted", || here(&fixture).len() <= 9);
    assert_eq!(n_told(&fixture), 0);
    assert!(here(&fixture).is_superset(&(1..=5).collect()));
    // Let go, they are like all others.
    assert_eq!(mark(&fixture, 1..=5, false), 5);
    wait_until("evicted", || here(&fixture) == (7..=10).collect()); // What came last stays, as ever.
    check_cache(&fixture.paths);
}

#[test]
fn bodies_of_what_vanishes_are_counted_in_whatever_order_it_came() {
    let fixture = Fixture::with_gap(3);
    // The later a message came the higher its number: newest first, UIDs and numbers run against each other.
    for uid in [3, 2, 1] {
        fixture.insert(vec![header(uid)]);
    }
    keep(&fixture, 1..=2);
    check_cache(&fixture.paths);
    let (writer, uids) = (fixture.writer(), UidSet::from_range(1, 2));
    writer.vanished(fixture.inbox, validity(1), uids);
    writer.flush().unwrap();
    check_cache(&fixture.paths);
}

#[test]
fn a_long_log_is_carried_over_when_nothing_else_is_to_be_done() {
    let fixture = Fixture::with_headers(600);
    let log = fixture.paths.cache.join("cache.db-wal");
    let n_bytes = || std::fs::metadata(&log).unwrap().len();
    keep(&fixture, 1..=600);
    assert!(n_bytes() > 5_000_000, "{}", n_bytes());
    wait_until("carried over", || n_bytes() == 0);
}

#[test]
fn a_body_that_is_fetched_again_stays_kept() {
    let fixture = Fixture::with_headers(4);
    keep(&fixture, 1..=4);
    mark(&fixture, [1], true);
    keep(&fixture, [1]);
    let fixture = with_limit(fixture, 15_000);
    wait_until("evicted", || here(&fixture).len() <= 1);
    assert_eq!(here(&fixture), [1].into());
}

#[test]
fn a_folder_is_complete_while_every_header_and_every_body_is_here() {
    let fixture = Fixture::with_headers(3);
    assert!(!is_complete(&fixture));
    keep(&fixture, 1..=2);
    let info = PartInfo {
        path: PartPath::new(vec![1]),
        content_type: "text/plain".to_owned(),
        charset: String::new(),
        encoding: String::new(),
        name: String::new(),
        size_bytes: 4,
        is_attachment: false,
        content_id: String::new(),
    };
    let parts = StoredBody::Parts {
        header: b"Subject: x\r\n\r\n".to_vec(),
        parts: vec![(info, Some(b"text".to_vec()))],
    };
    fixture.writer().body(fixture.message(3), parts.clone());
    fixture.writer().flush().unwrap();
    assert!(!is_complete(&fixture), "of one there is only the text");
    keep(&fixture, [3]);
    assert!(is_complete(&fixture));
    fixture.writer().body(fixture.message(3), parts);
    fixture.writer().flush().unwrap();
    assert!(!is_complete(&fixture));
    fixture
        .writer()
        .body(fixture.message(3), StoredBody::Whole(noise(100)));
    fixture.writer().flush().unwrap();
    let fixture = fixture.crash_and_open();
    assert!(is_complete(&fixture));
    check_cache(&fixture.paths);
    // New mail, of which the header is here alone.
    fixture.select(1, 4);
    assert!(!is_complete(&fixture), "a header is missing");
    fixture.insert(vec![header(4)]);
    fixture.sync(1, 4);
    assert!(!is_complete(&fixture), "a body is missing");
    keep(&fixture, [4]);
    assert!(is_complete(&fixture));
    // Eviction takes the mark away.
    let fixture = with_limit(fixture, 20_000);
    wait_until("evicted", || here(&fixture).len() < 4);
    assert!(!is_complete(&fixture));
    let told = |event: Event| event == Event::FoldersChanged;
    wait_until("told", || {
        fixture.events.recv_timeout(GUARD).is_ok_and(told)
    });
    check_cache(&fixture.paths);
}

#[test]
fn a_cache_of_the_version_before_learns_what_is_whole() {
    let fixture = Fixture::with_headers(3);
    keep(&fixture, 1..=3);
    let fixture = fixture.reopen(|paths| {
        let db = rusqlite::Connection::open(paths.cache.join("cache.db")).unwrap();
        db.execute_batch(
            "ALTER TABLE purging DROP COLUMN is_done; DROP TABLE caught_up; DROP TABLE held;
             DROP INDEX message_thread; DROP INDEX thread_link_parent; DROP TABLE kept; DROP INDEX body_worth;
             ALTER TABLE body DROP COLUMN is_kept; ALTER TABLE mailbox DROP COLUMN n_whole;
             CREATE INDEX body_worth ON body (account, last_used, internal_date, stored_bytes);
             PRAGMA user_version = 7;",
        )
        .unwrap();
    });
    assert!(is_complete(&fixture));
    check_cache(&fixture.paths);
}

#[test]
fn a_mailbox_of_the_online_model_is_forgotten_unless_something_in_it_is_kept() {
    let fixture = Fixture::with_headers(3);
    keep(&fixture, 1..=3);
    mark(&fixture, [2], true);
    fixture.writer().forget(vec![fixture.inbox]).unwrap();
    assert_eq!(here(&fixture), (1..=3).collect());
    mark(&fixture, [2], false);
    fixture.writer().forget(vec![fixture.inbox]).unwrap();
    assert!(here(&fixture).is_empty());
    let folder = fixture.reader().folders().unwrap().remove(0);
    assert_eq!((folder.name.as_str(), folder.n_headers), ("INBOX", 0));
    assert_eq!(folder.synced_at, None);
    check_cache(&fixture.paths);
}
