//! The sample mail is well formed, plentiful and dated back from now.

use std::collections::{BTreeMap, BTreeSet};

use mail_parser::{MessageParser, MimeHeaders};
use sterna::demo::server::{Contents, Options, Server};

use crate::client::Client;

fn server() -> Server {
    Server::start(Options {
        contents: Contents::Sample,
        ..Options::default()
    })
    .unwrap()
}

#[test]
fn every_sample_is_a_message_with_sender_date_and_identity() {
    let server = server();
    let now = sterna::demo::date::now();
    let mut ids: BTreeMap<String, String> = BTreeMap::new();
    let mut count = 0;
    for mailbox in server.mailboxes() {
        for truth in server.truth(&mailbox) {
            let raw = server.raw(&mailbox, truth.uid).unwrap();
            let message = MessageParser::default().parse(&raw).unwrap();
            let subject = message.subject().unwrap_or_default().to_owned();
            assert!(message.from().is_some(), "{mailbox}: {subject}");
            assert_eq!(
                message.date().unwrap().to_timestamp(),
                truth.internal_date,
                "{subject}"
            );
            assert!(truth.internal_date <= now);
            assert_eq!(raw.len() as u64, truth.size_bytes);
            assert!(
                !raw.windows(2)
                    .any(|pair| pair[1] == b'\n' && pair[0] != b'\r'),
                "{subject}: bare LF"
            );
            let id = message.message_id().unwrap().to_owned();
            assert_eq!(
                ids.insert(id, subject.clone()),
                None,
                "{subject}: Message-ID twice"
            );
            assert!(
                mailbox == "Drafts" || message.text_body_count() + message.html_body_count() > 0,
                "{subject}: no text"
            );
            count += 1;
        }
    }
    assert!((300..900).contains(&count), "{count} messages");
}

#[test]
fn replies_point_at_letters_that_are_there_and_threads_are_long() {
    let server = server();
    let mut sizes: BTreeMap<String, usize> = BTreeMap::new();
    let mut ids = BTreeSet::new();
    let mut references = Vec::new();
    for mailbox in server.mailboxes() {
        for truth in server.truth(&mailbox) {
            let raw = server.raw(&mailbox, truth.uid).unwrap();
            let message = MessageParser::default().parse(&raw).unwrap();
            ids.insert(message.message_id().unwrap().to_owned());
            let list = message.references().as_text_list().unwrap_or_default();
            if let Some(first) = list.first() {
                *sizes.entry(first.to_string()).or_insert(1) += 1;
            }
            references.extend(list.iter().map(ToString::to_string));
        }
    }
    for reference in references {
        assert!(ids.contains(&reference), "{reference}");
    }
    assert!(sizes.values().filter(|size| **size >= 3).count() >= 20);
    assert!(sizes.values().any(|size| *size >= 7));
}

#[test]
fn the_kinds_of_mail_that_the_demo_promises_are_there() {
    let server = server();
    let mut types = BTreeSet::new();
    let mut names = BTreeSet::new();
    let mut largest = 0;
    let mut text = String::new();
    for mailbox in server.mailboxes() {
        for truth in server.truth(&mailbox) {
            let raw = server.raw(&mailbox, truth.uid).unwrap();
            largest = largest.max(raw.len());
            let message = MessageParser::default().parse(&raw).unwrap();
            for part in &message.parts {
                if let Some(kind) = part.content_type() {
                    types.insert(format!(
                        "{}/{}",
                        kind.c_type,
                        kind.c_subtype.as_deref().unwrap_or_default()
                    ));
                }
                names.extend(part.attachment_name().map(str::to_owned));
            }
            text.push_str(message.subject().unwrap_or_default());
            text.push_str(&message.body_text(0).unwrap_or_default());
        }
    }
    for kind in [
        "text/html",
        "multipart/alternative",
        "message/rfc822",
        "image/png",
        "application/pdf",
        "text/calendar",
    ] {
        assert!(types.contains(kind), "{kind} in {types:?}");
    }
    for name in ["Entwurf-3-Fährlinie.pdf", "港の地図.png"] {
        assert!(names.contains(name), "{name} in {names:?}");
    }
    for piece in [
        "Größenangaben",
        "Καλημέρα",
        "Здравей",
        "神戸",
        "你好",
        "مرحبا",
        "שלום",
        "안녕하세요",
        "☕",
        "\u{1b}]0;",
    ] {
        assert!(text.contains(piece), "{piece}");
    }
    assert!((3_000_000..6_000_000).contains(&largest), "{largest}");
}

#[test]
fn a_welcome_lies_on_top_and_a_new_mail_arrives() {
    let server = Server::start(Options {
        contents: Contents::Sample,
        arrival_after: Some(std::time::Duration::ZERO),
        ..Options::default()
    })
    .unwrap();
    let mut client = Client::login(&server);
    client.ok("SELECT INBOX");
    client.send("i IDLE\r\n");
    // The arrival may come before or during IDLE; either way it is the highest message afterwards.
    let before = server.numbers("INBOX").unwrap().exists;
    server.arrive();
    let mut exists = 0;
    while exists <= before {
        let line = client.line();
        if let Some(count) = line
            .strip_prefix("* ")
            .and_then(|line| line.strip_suffix(" EXISTS"))
        {
            exists = count.parse().unwrap();
        }
    }
    let inbox = server.truth("INBOX");
    let subject = |uid: u32| {
        let raw = server.raw("INBOX", uid).unwrap();
        let message = MessageParser::default().parse(&raw).unwrap();
        message.subject().unwrap().to_owned()
    };
    assert!(subject(inbox.last().unwrap().uid).starts_with("Just arrived"));
    assert!(
        inbox
            .iter()
            .rev()
            .any(|truth| subject(truth.uid) == "Welcome to Sterna")
    );
    assert!(inbox.is_sorted_by_key(|truth| truth.internal_date));
}

#[test]
fn every_structure_of_the_samples_is_told_and_every_part_is_served() {
    let server = server();
    let mut client = Client::login(&server);
    for mailbox in server.mailboxes() {
        if !client
            .answer(&format!("SELECT \"{mailbox}\""))
            .starts_with("OK")
        {
            continue;
        }
        let exists = server.numbers(&mailbox).unwrap().exists;
        let lines = client.ok("UID FETCH 1:* (ENVELOPE BODYSTRUCTURE BODY.PEEK[1])");
        assert_eq!(lines.len(), exists);
        for line in lines {
            let (open, close) = (line.matches('(').count(), line.matches(')').count());
            assert!(open > 0 && close > 0);
            assert!(!line.contains("BODY[1] NIL"), "{line}");
        }
    }
}
