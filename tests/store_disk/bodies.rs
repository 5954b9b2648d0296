//! Bodies: kept whole or in parts, small or large, checked when read, evicted by age, purged for good.

use std::os::unix::fs::PermissionsExt;

use sterna::channel::event::Event;
use sterna::mail::flag::SystemFlag;
use sterna::mail::part::{PartInfo, PartPath};
use sterna::store::bodies::StoredBody;

use crate::support::{Fixture, GUARD, header, settings};

fn part(path: &str, name: &str) -> PartInfo {
    PartInfo {
        path: PartPath::parse(path).unwrap(),
        content_type: "text/plain".to_owned(),
        charset: "utf-8".to_owned(),
        encoding: "7bit".to_owned(),
        name: name.to_owned(),
        size_bytes: 7,
        is_attachment: !name.is_empty(),
        content_id: String::new(),
    }
}

/// Bytes that do not compress.
fn noise(n: usize) -> Vec<u8> {
    let mut state = 1_u64;
    let mut next = || {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        state.to_be_bytes()[0]
    };
    (0..n).map(|_| next()).collect()
}

#[test]
fn small_and_large_bodies_come_back_as_they_went_in() {
    let fixture = Fixture::with_headers(4);
    let mut reader = fixture.reader();
    for (uid, bytes) in [
        (1, Vec::new()),
        (2, b"text ".repeat(50)),
        (3, noise(70_000)),
        (4, noise(3_000_000)),
    ] {
        let message = fixture.message(uid);
        assert_eq!(reader.body(message).unwrap(), None);
        fixture
            .writer()
            .body(message, StoredBody::Whole(bytes.clone()));
        fixture.writer().flush().unwrap();
        assert_eq!(
            reader.body(message).unwrap(),
            Some(StoredBody::Whole(bytes))
        );
        assert!(
            fixture
                .events
                .iter()
                .any(|event| event == Event::BodyStored(message))
        );
    }
    let files: Vec<_> = std::fs::read_dir(fixture.paths.cache.join("bodies"))
        .unwrap()
        .flatten()
        .collect();
    assert_eq!(files.len(), 2);
    assert!(
        files
            .iter()
            .all(|file| file.metadata().unwrap().permissions().mode() & 0o777 == 0o600)
    );
    assert_eq!(reader.without_body(fixture.inbox, None, 10).unwrap(), []);
}

#[test]
fn parts_are_added_to_those_that_are_here() {
    let fixture = Fixture::with_headers(1);
    let message = fixture.message(1);
    let body = |first: Option<&[u8]>, second: Option<Vec<u8>>| StoredBody::Parts {
        header: b"Subject: x\r\n\r\n".to_vec(),
        parts: vec![
            (part("1", ""), first.map(<[u8]>::to_vec)),
            (part("2.1", "a.bin"), second),
        ],
    };
    fixture.writer().body(message, body(Some(b"hello"), None));
    fixture
        .writer()
        .body(message, body(None, Some(noise(100_000))));
    fixture.writer().flush().unwrap();
    let expected = body(Some(b"hello"), Some(noise(100_000)));
    assert_eq!(fixture.reader().body(message).unwrap(), Some(expected));
    // The whole message replaces the parts, and their files go.
    fixture
        .writer()
        .body(message, StoredBody::Whole(b"all".to_vec()));
    fixture.writer().flush().unwrap();
    assert_eq!(
        fixture.reader().body(message).unwrap(),
        Some(StoredBody::Whole(b"all".to_vec()))
    );
    assert_eq!(
        std::fs::read_dir(fixture.paths.cache.join("bodies"))
            .unwrap()
            .count(),
        0
    );
}

#[test]
fn a_body_from_a_source_is_the_same_and_one_that_ends_early_leaves_nothing() {
    let fixture = Fixture::with_headers(3);
    let writer = fixture.writer();
    for (uid, bytes) in [(1, noise(300)), (2, noise(3_000_001))] {
        let message = fixture.message(uid);
        writer.body_from(message, bytes.len() as u64, bytes.as_slice());
        writer.flush().unwrap();
        let stored = fixture.reader().body(message).unwrap();
        assert_eq!(stored, Some(StoredBody::Whole(bytes)));
    }
    for length in [500, 3_000_001] {
        writer.body_from(fixture.message(3), length, noise(400).as_slice());
        assert!(writer.flush().is_err());
    }
    assert_eq!(fixture.reader().body(fixture.message(3)).unwrap(), None);
    let n_files = std::fs::read_dir(fixture.paths.cache.join("bodies")).unwrap();
    assert_eq!(n_files.count(), 1);
}

#[test]
fn a_damaged_body_is_not_shown() {
    let fixture = Fixture::with_headers(2);
    let (small, large) = (fixture.message(1), fixture.message(2));
    fixture
        .writer()
        .body(small, StoredBody::Whole(b"text ".repeat(50)));
    fixture
        .writer()
        .body(large, StoredBody::Whole(noise(100_000)));
    fixture.writer().flush().unwrap();
    let file = std::fs::read_dir(fixture.paths.cache.join("bodies"))
        .unwrap()
        .flatten()
        .next()
        .unwrap()
        .path();
    let mut bytes = std::fs::read(&file).unwrap();
    bytes[50_000] ^= 1;
    std::fs::write(&file, &bytes).unwrap();
    assert_eq!(fixture.reader().body(large).unwrap(), None);
    std::fs::remove_file(&file).unwrap();
    assert_eq!(fixture.reader().body(large).unwrap(), None);
    // It is fetched again and stands.
    fixture
        .writer()
        .body(large, StoredBody::Whole(noise(100_000)));
    fixture.writer().flush().unwrap();
    assert!(fixture.reader().body(large).unwrap().is_some());
    let db = rusqlite::Connection::open(fixture.paths.cache.join("cache.db")).unwrap();
    db.execute("UPDATE body SET hash = hash + 1 WHERE codec < 2", [])
        .unwrap();
    assert_eq!(fixture.reader().body(small).unwrap(), None);
}

#[test]
fn the_oldest_bodies_go_first_and_never_one_that_an_operation_is_about() {
    let fixture = Fixture::with_headers(10);
    fixture.record(vec![fixture.target(1)], SystemFlag::Seen, true);
    for uid in 1..=10 {
        fixture
            .writer()
            .body(fixture.message(uid), StoredBody::Whole(noise(10_000)));
    }
    fixture.writer().flush().unwrap();
    let Fixture {
        directory,
        paths,
        inbox,
        store,
        events,
        account,
        ..
    } = fixture;
    drop(store);
    while events.recv_timeout(GUARD).is_ok() {}
    {
        let db = rusqlite::Connection::open(paths.cache.join("cache.db")).unwrap();
        db.execute("UPDATE body SET last_used = message", [])
            .unwrap();
    }
    let mut tight = settings("work");
    tight.cache_bytes = 35_000;
    let (store, events) = crate::support::open(&paths, &[tight.clone()]).unwrap();
    let fixture = Fixture {
        directory,
        paths,
        settings: vec![tight],
        store,
        events,
        account,
        inbox,
    };
    let here = || -> Vec<u32> {
        let mut reader = fixture.reader();
        (1..=10)
            .filter(|uid| reader.body(fixture.message(*uid)).unwrap().is_some())
            .collect()
    };
    let start = std::time::Instant::now();
    while here().len() > 3 {
        assert!(start.elapsed() < GUARD, "nothing was evicted");
        std::thread::yield_now();
    }
    assert_eq!(here(), [1, 9, 10]);
}

#[test]
fn purging_an_account_leaves_no_trace_of_it_on_the_disk() {
    let fixture = Fixture::with_gap(300);
    let headers = (1..=300)
        .map(|uid| {
            let mut header = header(uid);
            header.envelope.subject = "Zaphodbeeblebrox".to_owned();
            header.block = b"Subject: Zaphodbeeblebrox\r\n\r\n".to_vec();
            header
        })
        .collect();
    fixture.insert(headers);
    fixture
        .writer()
        .capabilities(fixture.account, vec!["IDLE".to_owned()])
        .unwrap();
    fixture.writer().body(
        fixture.message(1),
        StoredBody::Whole(b"Zaphodbeeblebrox".repeat(9_000)),
    );
    fixture.writer().flush().unwrap();
    fixture.writer().purge(fixture.account).unwrap();
    assert!(fixture.reader().folders().unwrap().is_empty());
    assert!(
        fixture
            .reader()
            .capabilities(fixture.account)
            .unwrap()
            .is_empty()
    );
    let paths = fixture.paths.clone();
    let _directory = fixture.directory;
    fixture.store.close();
    for path in [
        paths.cache.join("cache.db"),
        paths.cache.join("cache.db-wal"),
    ] {
        let bytes = std::fs::read(&path)
            .unwrap_or_default()
            .to_ascii_lowercase();
        for trace in ["phodbeeble", "inbox", "anna@example"] {
            let is_there = bytes
                .windows(trace.len())
                .any(|window| window == trace.as_bytes());
            assert!(!is_there, "{trace} in {}", path.display());
        }
    }
    assert_eq!(
        std::fs::read_dir(paths.cache.join("bodies"))
            .unwrap()
            .count(),
        0
    );
}
