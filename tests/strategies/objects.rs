//! What a server tells of a message beyond its bytes: ids of its own, threads, the beginning of the text.

use sterna::channel::rows::{Anchor, MessageRow, WindowQuery};
use sterna::demo::dialect::Dialect;

use crate::equal::assert_equal;
use crate::place::{Desk, Place, deliver};

fn rows(desk: &mut Desk, name: &str) -> Vec<MessageRow> {
    let query = WindowQuery {
        mailbox: desk.mailbox(name),
        limit: String::new(),
        anchor: Anchor::Newest,
        n_rows: 100,
        serial: 0,
    };
    desk.reader.window(&query).unwrap().rows
}

#[test]
fn a_message_in_several_folders_is_one_with_one_body() {
    for capability in ["OBJECTID", "X-GM-EXT-1"] {
        for is_off in [false, true] {
            let mut place = Place::with(Dialect::full().with(capability), 3);
            if is_off {
                place.settings.disable = vec![capability.to_owned()];
            }
            let there = place.server.also_in("INBOX", 2, "Work").unwrap();
            let mut desk = place.open();
            desk.sync();
            assert_equal(&place.server, &mut desk, capability);
            let (inbox, work) = (desk.mailbox("INBOX"), desk.mailbox("Work"));
            let (here, again) = (desk.message(inbox, 2), desk.message(work, there));
            assert_eq!(here == again, !is_off, "{capability}");
            desk.read(here, inbox);
            desk.read(again, work);
            let n_bodies = place.server.counts().bodies;
            assert_eq!(n_bodies, if is_off { 2 } else { 1 }, "{capability}");
        }
    }
}

/// Three unread messages, of which one is in two folders and one in three.
#[test]
fn unread_messages_in_several_folders_are_counted_once() {
    for capability in ["OBJECTID", "X-GM-EXT-1", "PREVIEW"] {
        let place = Place::with(Dialect::full().with(capability), 3);
        place.server.create("Travel", None);
        place.server.also_in("INBOX", 2, "Work").unwrap();
        place.server.also_in("INBOX", 3, "Work").unwrap();
        place.server.also_in("INBOX", 3, "Travel").unwrap();
        let mut desk = place.open();
        desk.sync();
        let folders = ["INBOX", "Work", "Travel"].map(|name| desk.mailbox(name));
        let inbox = desk.reader.mailbox(folders[0]).unwrap().unwrap();
        let n_again = |desk: &mut Desk| desk.reader.n_unread_again(inbox.account, &folders);
        let knows = capability != "PREVIEW";
        assert_eq!(n_again(&mut desk).unwrap(), if knows { 3 } else { 0 });
        place.server.set_flags("INBOX", 3, &["\\Seen"]);
        desk.sync();
        let expected = if knows { 2 } else { 0 };
        assert_eq!(n_again(&mut desk).unwrap(), expected, "{capability}");
    }
}

#[test]
fn what_the_server_holds_together_is_one_thread() {
    let message = |id: &str, refers: &str| {
        format!(
            "From: a@example.org\r\nMessage-ID: <{id}@x>\r\nReferences: {refers}\r\n\r\ntext\r\n"
        )
    };
    // The embedded server goes by the first word of the references, which is no Message-ID here.
    for (capability, expected) in [("OBJECTID", true), ("X-GM-EXT-1", true), ("PREVIEW", false)] {
        let place = Place::new(Dialect::full().with(capability));
        for (id, refers) in [("1", "talk <a@x>"), ("2", "talk <b@x>")] {
            place
                .server
                .deliver("INBOX", message(id, refers).as_bytes(), &[], 1_780_000_000);
        }
        let mut desk = place.open();
        desk.sync();
        let rows = rows(&mut desk, "INBOX");
        assert_eq!(rows[0].thread == rows[1].thread, expected, "{capability}");
    }
}

#[test]
fn the_beginning_of_the_text_is_kept_where_the_server_tells_it() {
    for is_off in [false, true] {
        let mut place = Place::new(Dialect::full().with("PREVIEW"));
        if is_off {
            place.settings.disable = vec!["PREVIEW".to_owned()];
        }
        deliver(&place.server, "INBOX", 7, &[]);
        let mut desk = place.open();
        desk.sync();
        let expected = if is_off { "" } else { "text 7" };
        assert_eq!(rows(&mut desk, "INBOX")[0].preview.as_str(), expected);
        assert_eq!(
            place.server.counts().bodies,
            0,
            "no body was fetched for it"
        );
    }
}

/// `n` messages, with texts that the embedded server shows the beginnings of, or in HTML, which it leaves alone.
fn with_texts(n: u32, are_plain: bool) -> Place {
    let place = Place::new(Dialect::full().with("PREVIEW"));
    for number in 1..=n {
        let body = if are_plain {
            format!("\r\ntext {number}\r\n")
        } else {
            "Content-Type: text/html\r\n\r\n<p>text</p>\r\n".to_owned()
        };
        let message = format!("Message-ID: <{number}@x>\r\nSubject: a\r\n{body}");
        let date = 1_780_000_000 + i64::from(number);
        place.server.deliver("INBOX", message.as_bytes(), &[], date);
    }
    place
}

#[test]
fn beginnings_of_texts_are_asked_for_after_the_headers_and_no_further_where_there_are_none() {
    for (are_plain, n_commands) in [(true, 2), (false, 1)] {
        let place = with_texts(60, are_plain);
        let mut desk = place.open();
        desk.sync();
        let rows = rows(&mut desk, "INBOX");
        assert_eq!(rows.len(), 60);
        assert!(
            rows.iter()
                .all(|row| row.preview.as_str().is_empty() != are_plain)
        );
        let log = place.server.log();
        let asking: Vec<_> = log
            .iter()
            .map(|entry| entry.line.as_str())
            .filter(|line| line.contains("PREVIEW"))
            .collect();
        assert_eq!(asking.len(), n_commands, "{asking:?}");
        assert!(asking.iter().all(|line| !line.contains("HEADER.FIELDS")));
    }
}
