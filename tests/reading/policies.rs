//! `offline-folders`: what is fetched of which folder without being opened, by the first pattern that fits.

use std::time::{SystemTime, UNIX_EPOCH};

use sterna::channel::event::Connection;
use sterna::channel::job::Job;
use sterna::demo::dialect::Dialect;
use sterna::mail::account::Offline;
use sterna::mail::uid::Uid;
use sterna::store::bodies::StoredBody;

use crate::place::{Desk, Place, dialects, message, stop};

const DAY: i64 = 86_400;
const FOLDERS: [&str; 4] = ["Web/none", "Web/heads", "Web/recent", "Web/all"];

fn now() -> i64 {
    let passed = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    i64::try_from(passed.as_secs()).unwrap()
}

/// Every folder with a message of yesterday, one of a year ago, and a large one of yesterday.
fn place(dialect: Dialect) -> Place {
    let mut place = Place::new(dialect);
    for name in FOLDERS {
        place.server.create(name, None);
        place.server.deliver(name, &message(1), &[], now() - DAY);
        let old = now() - 365 * DAY;
        place.server.deliver(name, &message(2), &[], old);
        place.server.deliver(name, &large(), &[], now() - DAY);
    }
    let policy = |pattern: &str, offline| (pattern.to_owned(), offline);
    place.settings.offline_folders = vec![
        policy("*/none", Offline::None),
        policy("Web/all", Offline::All),
        policy("*rec*", Offline::Recent),
        policy("Web/*", Offline::Headers),
        policy("Web/all", Offline::None), // The first that fits counts.
    ];
    place
}

fn large() -> Vec<u8> {
    let mut raw =
        b"From: a@x\r\nSubject: large\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n\
        --b\r\nContent-Type: text/plain\r\n\r\nthe text\r\n--b\r\nContent-Type: application/pdf; name=a.pdf\r\n\
        Content-Disposition: attachment; filename=a.pdf\r\nContent-Transfer-Encoding: base64\r\n\r\n"
            .to_vec();
    for _ in 0..10_000 {
        raw.extend_from_slice(b"QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVo=\r\n");
    }
    raw.extend_from_slice(b"--b--\r\n");
    raw
}

/// What is here of a folder's three messages: `h` a header alone, `t` the text, `w` the whole message, `-` nothing.
fn here(desk: &mut Desk, name: &str) -> String {
    let mailbox = desk.mailbox(name);
    let Some(validity) = desk.reader.sync_state(mailbox).unwrap().validity else {
        return "---".to_owned();
    };
    let one = |desk: &mut Desk, uid| {
        let uid = Uid::new(uid).unwrap();
        let Some(message) = desk.reader.message_at(mailbox, validity, uid).unwrap() else {
            return '-';
        };
        match desk.reader.body(message).unwrap() {
            None => 'h',
            Some(StoredBody::Parts { .. }) => 't',
            Some(StoredBody::Whole(_)) => 'w',
        }
    };
    (1..=3).map(|uid| one(desk, uid)).collect()
}

const EXPECTED: [(&str, &str, bool); 4] = [
    ("Web/none", "---", false),
    ("Web/heads", "hhh", false),
    ("Web/recent", "wht", false),
    ("Web/all", "www", true),
];

fn assert_as_expected(desk: &mut Desk, name: &str) {
    for (folder, expected, is_complete) in EXPECTED {
        assert_eq!(here(desk, folder), expected, "{name}: {folder}");
        let rows = desk.reader.folders().unwrap();
        let row = rows.iter().find(|row| row.name.as_str() == folder).unwrap();
        assert_eq!(row.is_complete, is_complete, "{name}: {folder}");
    }
}

#[test]
fn every_policy_does_what_it_says_over_one_connection() {
    for (name, dialect) in dialects() {
        let place = place(dialect);
        let mut desk = place.open();
        desk.sync();
        assert_as_expected(&mut desk, name);
        desk.sync();
        assert_as_expected(&mut desk, name);
    }
}

#[test]
fn every_policy_does_what_it_says_while_the_screen_runs() {
    for (name, dialect) in dialects() {
        let place = place(dialect);
        let mut desk = place.open();
        let engine = desk.engine();
        desk.until("what is wanted ahead is here", |desk| {
            let folders = desk.reader.folders().unwrap();
            folders
                .iter()
                .any(|row| row.name.as_str() == "Web/all" && row.is_complete)
                && here(desk, "Web/recent") == "wht"
                && here(desk, "Web/heads") == "hhh"
        });
        assert_as_expected(&mut desk, name);
        // What is looked at is read, whatever is kept of it.
        let online = desk.mailbox("Web/none");
        engine.submit(Job::OpenMailbox(online));
        desk.until("an open folder is read", |desk| {
            here(desk, "Web/none") == "hhh"
        });
        stop(engine);
        desk.close();
    }
}

#[test]
fn an_account_of_the_online_model_has_exceptions_too() {
    let mut place = place(Dialect::full());
    place.settings.offline = Offline::None;
    place.settings.offline_folders = vec![("Web/all".to_owned(), Offline::All)];
    let mut desk = place.open();
    let engine = desk.engine();
    desk.until("the exception is here", |desk| {
        let folders = desk.reader.folders().unwrap();
        folders
            .iter()
            .any(|row| row.name.as_str() == "Web/all" && row.is_complete)
    });
    desk.state("at rest", |state| *state == Connection::Online);
    for folder in ["Web/none", "Web/heads", "Web/recent"] {
        assert_eq!(here(&mut desk, folder), "---", "{folder}");
    }
    stop(engine);
    desk.close();
}
