//! Large parts in blocks: whole in the end whatever happened on the way, and never fetched twice for it.

use std::io::Read as _;

use sterna::channel::event::{Event, PartState};
use sterna::channel::job::Job;
use sterna::demo::dialect::Dialect;
use sterna::demo::fault::{Fault, FaultKind, FaultPlan};
use sterna::engine::Engine;
use sterna::engine::once::find::{self, Want};
use sterna::mail::part::{PartPath, WantedPart};
use sterna::mail::secret::Secret;
use sterna::store::bodies::StoredBody;

use crate::place::{Desk, Place, dialects, stop};

/// Lines of the attachment: base64 of three and a half blocks or so.
const N_LINES: usize = 100_000;
const MEGABYTE: u64 = 1 << 20;

/// The attachment as transferred: every line is another one, so that a block in the wrong place is seen.
fn attachment() -> String {
    let line = |n: usize| format!("{n:036}\r\n");
    (0..N_LINES).map(line).collect()
}

fn deliver(place: &Place) -> u64 {
    let attachment = attachment();
    let raw = format!(
        "From: a@x\r\nSubject: large\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n\
         --b\r\nContent-Type: text/plain\r\n\r\nthe text\r\n--b\r\nContent-Type: application/pdf; name=a.pdf\r\n\
         Content-Disposition: attachment; filename=a.pdf\r\nContent-Transfer-Encoding: base64\r\n\r\n\
         {attachment}--b--\r\n"
    );
    place
        .server
        .deliver("INBOX", raw.as_bytes(), &[], 1_780_000_000);
    raw.len() as u64
}

fn wanted(desk: &mut Desk, numbers: &[u32]) -> WantedPart {
    let mailbox = desk.mailbox("INBOX");
    WantedPart {
        message: desk.message(mailbox, 1),
        mailbox,
        path: PartPath::new(numbers.to_vec()),
    }
}

/// The bytes of the attachment in the store, decoded.
fn stored(desk: &mut Desk) -> Option<Vec<u8>> {
    let inbox = desk.mailbox("INBOX");
    let message = desk.message(inbox, 1);
    let body = desk.reader.body(message).unwrap()?;
    let message = sterna::engine::opened::parsed(&body);
    let part = message
        .parts
        .into_iter()
        .find(|part| part.info.name == "a.pdf")?;
    part.body.is_some().then(|| part.decoded())
}

fn expected() -> Vec<u8> {
    let parsed = sterna::mime::parse::message(
        format!("Content-Transfer-Encoding: base64\r\n\r\n{}", attachment()).as_bytes(),
    );
    parsed.parts[0].decoded()
}

fn is_here(event: &Event) -> bool {
    matches!(
        event,
        Event::Part {
            state: PartState::Here,
            ..
        }
    )
}

/// Bytes of the part that were announced as here.
fn n_done(event: &Event) -> Option<u64> {
    match event {
        Event::Part {
            state: PartState::Coming { n_done, .. },
            ..
        } => Some(*n_done),
        _ => None,
    }
}

/// A synced desk with an engine that has the text of the message.
fn opened(place: &Place) -> (Desk, Engine) {
    let mut desk = place.open();
    desk.sync();
    let engine = desk.engine();
    desk.online();
    let WantedPart {
        message, mailbox, ..
    } = wanted(&mut desk, &[2]);
    engine.submit(Job::WantBody { message, mailbox });
    desk.event("the text", |event| *event == Event::BodyStored(message));
    assert_eq!(stored(&mut desk), None, "only the text");
    (desk, engine)
}

#[test]
fn a_part_comes_in_blocks_and_is_kept() {
    let mut kinds = dialects();
    kinds.push(("binary", Dialect::full().with("BINARY")));
    kinds.push(("binary off", Dialect::full().with("BINARY")));
    kinds.push(("no ranges", Dialect::full().with("X-NO-RANGES")));
    for (name, dialect) in kinds {
        let mut place = Place::new(dialect);
        if name == "binary off" {
            place.settings.disable = vec!["BINARY".to_owned()];
        }
        deliver(&place);
        let (mut desk, engine) = opened(&place);
        let before = place.server.counts().body_bytes;
        let part = wanted(&mut desk, &[2]);
        engine.submit(Job::WantPart(part.clone()));
        desk.event(name, is_here);
        assert!(stored(&mut desk) == Some(expected()), "{name}");
        let n_bytes = place.server.counts().body_bytes - before;
        let n_encoded = attachment().len() as u64;
        match name {
            "binary" => assert!(n_bytes < n_encoded * 3 / 4, "{name}: {n_bytes}"),
            // Both blocks that were asked for at once came whole.
            "no ranges" => assert!(n_bytes <= n_encoded * 2, "{name}: {n_bytes}"),
            _ => assert_eq!(
                n_bytes,
                n_encoded - 2,
                "{name}: the last line end is the boundary's"
            ),
        }
        engine.submit(Job::WantPart(part));
        desk.event(name, is_here);
        assert_eq!(
            place.server.counts().body_bytes - before,
            n_bytes,
            "{name}: once"
        );
        let left = std::fs::read_dir(place.home.path().join("cache/partial")).unwrap();
        assert_eq!(left.count(), 0, "{name}");
        stop(engine);
    }
}

#[test]
fn a_server_that_cannot_decode_is_asked_for_the_part_as_it_was_sent() {
    for answer in ["NO [UNKNOWN-CTE] what is that", "BAD never heard of it"] {
        let place = Place::new(Dialect::full().with("BINARY"));
        deliver(&place);
        let (mut desk, engine) = opened(&place);
        let refuse = Fault {
            times: Some(2),
            ..Fault::always(FaultKind::Refuse {
                command: "UID FETCH".to_owned(),
                answer: answer.to_owned(),
            })
        };
        // The second connection syncs first: its first FETCHes are for the part.
        place.fault(refuse);
        engine.submit(Job::WantPart(wanted(&mut desk, &[2])));
        desk.event(answer, is_here);
        assert!(stored(&mut desk) == Some(expected()), "{answer}");
        stop(engine);
    }
}

#[test]
fn a_cut_connection_costs_what_was_on_its_way() {
    let place = Place::new(Dialect::full());
    deliver(&place);
    let (mut desk, engine) = opened(&place);
    let before = place.server.counts().body_bytes;
    place.fault(
        Fault::once(FaultKind::CutIn {
            command: "UID FETCH".to_owned(),
            after: MEGABYTE / 2,
        })
        .after(2),
    );
    engine.submit(Job::WantPart(wanted(&mut desk, &[2])));
    desk.event("the part", is_here);
    assert!(stored(&mut desk) == Some(expected()));
    let n_bytes = place.server.counts().body_bytes - before;
    let n_encoded = attachment().len() as u64;
    assert!(n_bytes > n_encoded, "it was cut");
    assert!(n_bytes <= n_encoded + 2 * MEGABYTE, "{n_bytes}");
    stop(engine);
}

#[test]
fn what_came_before_a_cancel_is_not_fetched_again_even_by_another_process() {
    let place = Place::new(Dialect::full());
    deliver(&place);
    let (mut desk, engine) = opened(&place);
    let command = || "UID FETCH".to_owned();
    let cut = FaultKind::CutIn {
        command: command(),
        after: 1_000,
    };
    let drop = FaultKind::DropOn { command: command() };
    let faults = vec![Fault::once(cut).after(2), Fault::always(drop).after(3)];
    place.server.set_faults(FaultPlan::new(faults));
    let part = wanted(&mut desk, &[2]);
    engine.submit(Job::WantPart(part.clone()));
    // The third block is asked for when the first one is here. What else was on its way may go with the connection.
    desk.until("a block", |desk| {
        desk.seen.iter().filter_map(n_done).max() >= Some(MEGABYTE)
    });
    engine.submit(Job::CancelPart(part.clone()));
    stop(engine);
    assert_eq!(stored(&mut desk), None);
    desk.drain();
    let kept = desk.seen.iter().filter_map(n_done).max();
    place.heal();
    desk.close();
    let mut desk = place.open();
    let key = desk
        .reader
        .key(part.message, part.mailbox)
        .unwrap()
        .unwrap();
    let secret = Secret::new(sterna::demo::server::PASSWORD.to_owned());
    let want = Want::Part(part.path);
    let stale = find::run(&desk.setup, &secret, &[key], &want, None).unwrap();
    assert_eq!(stale, []);
    assert!(stored(&mut desk) == Some(expected()));
    desk.drain();
    let first = desk.seen.iter().find_map(n_done);
    assert_eq!(first, kept, "it went on from there");
}

#[test]
fn a_partial_file_that_does_not_fit_is_begun_anew() {
    let place = Place::new(Dialect::full());
    deliver(&place);
    let (mut desk, engine) = opened(&place);
    stop(engine);
    let part = wanted(&mut desk, &[2]);
    let account = desk.account;
    let mut foreign = desk
        .store
        .partial(account, part.message, &part.path, "body", MEGABYTE)
        .unwrap();
    foreign
        .append(&mut std::io::repeat(b'x').take(5 << 20))
        .unwrap();
    drop(foreign);
    let engine = desk.engine();
    engine.submit(Job::WantPart(part));
    desk.event("the part", is_here);
    assert!(stored(&mut desk) == Some(expected()));
    stop(engine);
}

#[test]
fn a_large_message_comes_whole_in_blocks() {
    let place = Place::new(Dialect::full());
    let size = deliver(&place);
    let (mut desk, engine) = opened(&place);
    engine.submit(Job::WantPart(wanted(&mut desk, &[])));
    desk.event("the message", is_here);
    let inbox = desk.mailbox("INBOX");
    let message = desk.message(inbox, 1);
    match desk.reader.body(message).unwrap() {
        Some(StoredBody::Whole(raw)) => assert_eq!(raw.len() as u64, size),
        other => panic!("{}", other.is_some()),
    }
    stop(engine);
}

#[test]
fn a_part_that_is_not_there_and_a_message_that_went_are_told() {
    let place = Place::new(Dialect::full());
    deliver(&place);
    let (mut desk, engine) = opened(&place);
    let is_failed = |event: &Event| {
        matches!(
            event,
            Event::Part {
                state: PartState::Failed(_),
                ..
            }
        )
    };
    engine.submit(Job::WantPart(wanted(&mut desk, &[7])));
    desk.event("no such part", is_failed);
    let part = wanted(&mut desk, &[2]);
    place.server.expunge("INBOX", &[1]);
    engine.submit(Job::WantPart(part));
    desk.event("gone", is_failed);
    stop(engine);
}
