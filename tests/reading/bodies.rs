//! Texts of messages: fetched when asked for, as much as is read, ahead only where the configuration says so.

use std::time::{SystemTime, UNIX_EPOCH};

use sterna::channel::event::{Connection, Event};
use sterna::channel::job::Job;
use sterna::demo::dialect::Dialect;
use sterna::mail::account::Offline;
use sterna::store::bodies::StoredBody;

use crate::equal::{assert_equal, until_equal};
use crate::place::{Desk, Place, deliver, dialects, stop};

fn now() -> i64 {
    i64::try_from(
        SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap()
            .as_secs(),
    )
    .unwrap()
}

/// A message with an attachment far beyond what is fetched whole.
fn large() -> Vec<u8> {
    let mut raw = b"From: a@x\r\nSubject: large\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n\
        --b\r\nContent-Type: text/plain\r\n\r\nthe text\r\n--b\r\nContent-Type: application/pdf; name=a.pdf\r\n\
        Content-Disposition: attachment; filename=a.pdf\r\nContent-Transfer-Encoding: base64\r\n\r\n"
        .to_vec();
    for _ in 0..20_000 {
        raw.extend_from_slice(b"QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVo=\r\n");
    }
    raw.extend_from_slice(b"--b--\r\n");
    raw
}

fn read(desk: &mut Desk, uid: u32) {
    let inbox = desk.mailbox("INBOX");
    let message = desk.message(inbox, uid);
    desk.read(message, inbox);
}

fn body(desk: &mut Desk, uid: u32) -> Option<StoredBody> {
    let inbox = desk.mailbox("INBOX");
    let message = desk.message(inbox, uid);
    desk.reader.body(message).unwrap()
}

#[test]
fn a_small_message_is_fetched_whole_once() {
    for (name, dialect) in dialects() {
        let place = Place::with(dialect, 3);
        let mut desk = place.open();
        desk.sync();
        assert_eq!(
            place.server.counts().bodies,
            0,
            "{name}: headers fetch no body"
        );
        read(&mut desk, 2);
        let raw = place.server.raw("INBOX", 2).unwrap();
        assert_eq!(body(&mut desk, 2), Some(StoredBody::Whole(raw)), "{name}");
        assert_eq!(place.server.counts().bodies, 1, "{name}");
        read(&mut desk, 2);
        assert_eq!(place.server.counts().bodies, 1, "{name}: cached");
        assert!(
            !place.server.truth("INBOX")[1]
                .flags
                .names()
                .any(|flag| flag == "\\Seen")
        );
    }
}

#[test]
fn of_a_large_message_only_the_text_is_fetched() {
    for (name, dialect) in dialects() {
        let place = Place::new(dialect);
        place.server.deliver("INBOX", &large(), &[], 1_780_000_000);
        let mut desk = place.open();
        desk.sync();
        read(&mut desk, 1);
        let counts = place.server.counts();
        assert!(counts.body_bytes < 2_000, "{name}: {counts:?}");
        let Some(StoredBody::Parts { header, parts }) = body(&mut desk, 1) else {
            panic!("{name}: not in parts");
        };
        assert!(header.starts_with(b"From: a@x"), "{name}");
        assert_eq!(parts.len(), 2, "{name}");
        assert_eq!(parts[0].1.as_deref(), Some(&b"the text"[..]), "{name}");
        assert_eq!(parts[1].1, None, "{name}");
    }
}

#[test]
fn a_body_that_came_in_parts_is_completed_where_everything_is_kept() {
    for (name, dialect) in dialects() {
        let mut place = Place::new(dialect);
        place.settings.offline = Offline::Recent;
        place.server.deliver("INBOX", &large(), &[], now());
        let mut desk = place.open();
        desk.sync();
        let is_in_parts = matches!(body(&mut desk, 1), Some(StoredBody::Parts { .. }));
        assert!(is_in_parts, "{name}: opened under another policy");
        desk.close();
        place.settings.offline = Offline::All;
        let mut desk = place.open();
        desk.sync();
        assert_eq!(
            body(&mut desk, 1),
            Some(StoredBody::Whole(large())),
            "{name}"
        );
        let n_fetched = place.server.counts().bodies;
        desk.sync();
        assert_eq!(place.server.counts().bodies, n_fetched, "{name}: once");
    }
}

/// A place with an old and a recent message, synced under a policy, by one connection or by an engine.
fn prefetched(offline: Offline, with_engine: bool) -> (Place, Desk, Vec<bool>) {
    let mut place = Place::new(Dialect::full());
    place.settings.offline = offline;
    for (number, days) in [(1, 400), (2, 91), (3, 89), (4, 0)] {
        let raw = crate::place::message(number);
        place
            .server
            .deliver("INBOX", &raw, &[], now() - days * 24 * 3600);
    }
    let mut desk = place.open();
    if with_engine {
        let engine = desk.engine();
        until_equal(&place.server, &mut desk, "prefetch");
        let expected = match offline {
            Offline::All => 4,
            Offline::Recent => 2,
            _ => 0,
        };
        desk.until("prefetch", |_| place.server.counts().bodies >= expected);
        desk.until("prefetch", |desk| {
            (1..=4).filter(|uid| body(desk, *uid).is_some()).count() as u64 >= expected
        });
        stop(engine);
    } else {
        desk.sync();
    }
    let has = (1..=4).map(|uid| body(&mut desk, uid).is_some()).collect();
    (place, desk, has)
}

#[test]
fn bodies_are_fetched_ahead_as_the_configuration_says() {
    for with_engine in [false, true] {
        for (offline, expected) in [
            (Offline::Headers, [false, false, false, false]),
            (Offline::Recent, [false, false, true, true]),
            (Offline::All, [true, true, true, true]),
        ] {
            let (place, mut desk, has) = prefetched(offline, with_engine);
            assert_eq!(has, expected, "{offline:?} {with_engine}");
            let n_expected = expected.iter().filter(|is_here| **is_here).count() as u64;
            assert_eq!(
                place.server.counts().bodies,
                n_expected,
                "{offline:?} {with_engine}"
            );
            assert_equal(&place.server, &mut desk, "prefetch");
        }
    }
}

#[test]
fn the_online_model_leaves_nothing_behind() {
    let mut place = Place::with(Dialect::full(), 3);
    place.settings.offline = Offline::None;
    deliver(&place.server, "Archive", 9, &[]);
    let mut desk = place.open();
    let engine = desk.engine();
    desk.online();
    desk.until("INBOX", |desk| {
        crate::equal::difference_in(&place.server, desk, "INBOX").is_none()
    });
    let archive = desk.mailbox("Archive");
    assert_eq!(
        desk.reader.sync_state(archive).unwrap().n_headers,
        0,
        "only what is looked at"
    );
    let (inbox, message) = {
        let inbox = desk.mailbox("INBOX");
        (inbox, desk.message(inbox, 1))
    };
    engine.submit(Job::WantBody {
        message,
        mailbox: inbox,
    });
    desk.event("the body", |event| *event == Event::BodyStored(message));
    stop(engine);
    desk.store.writer().purge(desk.account).unwrap();
    assert!(desk.reader.mailboxes(desk.account).unwrap().is_empty());
    assert_eq!(desk.reader.body(message).unwrap(), None);
    desk.close();
    // Not a word of it is left in any file.
    for entry in walk(place.home.path()) {
        let bytes = std::fs::read(&entry).unwrap();
        let has = |needle: &[u8]| bytes.windows(needle.len()).any(|window| window == needle);
        let is_clean = !has(b"text 1\r\n") && !has(b"a1@example.org") && !has(b"Subject: n1");
        assert!(is_clean, "{}", entry.display());
    }
}

/// Every file below a directory.
pub fn walk(directory: &std::path::Path) -> Vec<std::path::PathBuf> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(directory).unwrap().flatten() {
        if entry.file_type().unwrap().is_dir() {
            files.extend(walk(&entry.path()));
        } else {
            files.push(entry.path());
        }
    }
    files
}

#[test]
fn a_body_asked_for_offline_arrives_after_reconnecting() {
    for (name, dialect) in dialects() {
        let place = Place::with(dialect, 3);
        let mut desk = place.open();
        desk.sync();
        place.server.pause();
        let engine = desk.engine();
        desk.state(name, |state| matches!(state, Connection::Offline { .. }));
        let inbox = desk.mailbox("INBOX");
        let message = desk.message(inbox, 2);
        engine.submit(Job::WantBody {
            message,
            mailbox: inbox,
        });
        place.server.resume().unwrap();
        desk.event(name, |event| *event == Event::BodyStored(message));
        assert!(body(&mut desk, 2).is_some(), "{name}");
        stop(engine);
    }
}

#[test]
fn a_body_of_a_message_that_went_says_so() {
    for (name, dialect) in dialects() {
        let place = Place::with(dialect, 3);
        let mut desk = place.open();
        desk.sync();
        let inbox = desk.mailbox("INBOX");
        let message = desk.message(inbox, 2);
        place.server.expunge("INBOX", &[2]);
        let engine = desk.engine();
        engine.submit(Job::WantBody {
            message,
            mailbox: inbox,
        });
        desk.event(name, |event| {
            matches!(event, Event::BodyFailed { message: failed, .. } if *failed == message)
        });
        stop(engine);
    }
}
