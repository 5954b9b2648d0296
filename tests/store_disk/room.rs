//! The room for bodies: what goes first, what does not come back, and when fetching ahead stops.

use std::collections::BTreeSet;

use sterna::mail::message_id::MessageId;
use sterna::store::bodies::StoredBody;

use crate::support::{Fixture, GUARD, header};

/// Bytes that do not compress.
pub fn noise(n: usize) -> Vec<u8> {
    let mut state = 1_u64;
    let mut next = || {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        state.to_be_bytes()[0]
    };
    (0..n).map(|_| next()).collect()
}

/// Opens the store again under another limit.
pub fn with_limit(mut fixture: Fixture, bytes: u64) -> Fixture {
    fixture.settings[0].cache_bytes = bytes;
    fixture.crash_and_open()
}

pub fn keep(fixture: &Fixture, uids: impl IntoIterator<Item = u32>) {
    let writer = fixture.writer();
    for uid in uids {
        writer.body(fixture.message(uid), StoredBody::Whole(noise(10_000)));
    }
    writer.flush().unwrap();
}

/// The messages that have a body, by UID; read past the store, so that nothing counts as read.
pub fn here(fixture: &Fixture) -> BTreeSet<u32> {
    let db = rusqlite::Connection::open(fixture.paths.cache.join("cache.db")).unwrap();
    db.prepare("SELECT p.uid FROM body b JOIN placement p ON p.message = b.message")
        .unwrap()
        .query_map([], |row| row.get(0))
        .unwrap()
        .map(Result::unwrap)
        .collect()
}

pub fn wait_until(what: &str, mut is_so: impl FnMut() -> bool) {
    let start = std::time::Instant::now();
    while !is_so() {
        assert!(start.elapsed() < GUARD, "{what}");
        std::thread::yield_now();
    }
}

fn offered(fixture: &Fixture) -> Vec<u32> {
    let mut reader = fixture.reader();
    let messages = reader.without_body(fixture.inbox, None, 100).unwrap();
    messages.iter().map(|(_, uid, _)| uid.get()).collect()
}

#[test]
fn what_was_fetched_ahead_goes_before_what_was_read_the_oldest_mail_first_and_stays_away() {
    let fixture = Fixture::with_headers(10);
    keep(&fixture, (1..=10).rev());
    let mut reader = fixture.reader();
    assert!(reader.body(fixture.message(2)).unwrap().is_some());
    fixture.writer().flush().unwrap();
    drop(reader);
    let fixture = with_limit(fixture, 35_000);
    wait_until("evicted", || here(&fixture).len() <= 3);
    assert_eq!(here(&fixture), [2, 9, 10].into());
    assert!(
        offered(&fixture).is_empty(),
        "what went is not fetched again"
    );
    // The user opens one all the same: it stays.
    keep(&fixture, [1]);
    wait_until("evicted", || here(&fixture).len() <= 3);
    assert_eq!(here(&fixture), [1, 2, 10].into());
    assert!(offered(&fixture).is_empty());
    // Much room again: everything may come.
    let fixture = with_limit(fixture, 1 << 30);
    wait_until("offered", || offered(&fixture).len() == 7);
    assert_eq!(offered(&fixture), [9, 8, 7, 6, 5, 4, 3]);
}

#[test]
fn fetching_ahead_is_offered_no_more_than_nine_tenths_of_the_room() {
    let fixture = with_limit(Fixture::with_gap(21), 100_000);
    let sized = |uid: u32| {
        let mut header = header(uid);
        header.size_bytes = if uid == 21 { 95_000 } else { 10_000 };
        header
    };
    fixture.insert((1..=21).map(sized).collect());
    let room = || fixture.reader().body_room(fixture.account).unwrap();
    assert_eq!(room(), (0, 100_000));
    let newest: Vec<u32> = (12..=20).rev().collect();
    assert_eq!(offered(&fixture), newest, "21 can never fit");
    keep(&fixture, 16..=20);
    assert_eq!(room(), (50_000, 100_000));
    assert_eq!(offered(&fixture), [15, 14, 13, 12]);
    keep(&fixture, 12..=15);
    assert!(offered(&fixture).is_empty());
    assert_eq!(here(&fixture).len(), 9, "nothing had to go");
}

#[test]
fn one_body_that_is_too_large_does_not_drive_out_the_others() {
    let fixture = Fixture::with_headers(6);
    keep(&fixture, 1..=3);
    let large = fixture.message(6);
    fixture
        .writer()
        .body(large, StoredBody::Whole(noise(200_000)));
    fixture.writer().flush().unwrap();
    assert!(fixture.reader().body(large).unwrap().is_some());
    fixture.writer().flush().unwrap();
    let fixture = with_limit(fixture, 50_000);
    wait_until("evicted", || !here(&fixture).contains(&6));
    assert_eq!(here(&fixture), [1, 2, 3].into());
    // While it is new it is there to be read.
    let large: MessageId = fixture.message(6);
    fixture
        .writer()
        .body(large, StoredBody::Whole(noise(200_000)));
    fixture.writer().flush().unwrap();
    assert!(fixture.reader().body(large).unwrap().is_some());
    assert!(here(&fixture).is_superset(&[1, 2, 3].into()));
}

/// `VACUUM` gives the file another schema version.
fn generation(fixture: &Fixture) -> i64 {
    let db = rusqlite::Connection::open(fixture.paths.cache.join("cache.db")).unwrap();
    db.query_row("PRAGMA schema_version", [], |row| row.get(0))
        .unwrap()
}

#[test]
fn a_purge_of_nothing_does_not_rewrite_the_file_and_a_purge_cut_short_is_done_again() {
    let fixture = Fixture::with_headers(3);
    let first = generation(&fixture);
    fixture.writer().purge(fixture.account).unwrap();
    let second = generation(&fixture);
    assert_ne!(first, second);
    fixture.writer().purge(fixture.account).unwrap();
    assert_eq!(generation(&fixture), second);
    // The power went after the last row and before the file was rewritten.
    let account = fixture.account.get();
    let fixture = fixture.reopen(|paths| {
        let db = rusqlite::Connection::open(paths.cache.join("cache.db")).unwrap();
        let again = "UPDATE purging SET is_done = 0 WHERE account = ?1";
        assert_eq!(db.execute(again, [account]), Ok(1));
    });
    fixture.writer().purge(fixture.account).unwrap();
    let third = generation(&fixture);
    assert_ne!(third, second);
    fixture.writer().purge(fixture.account).unwrap();
    assert_eq!(generation(&fixture), third);
}
