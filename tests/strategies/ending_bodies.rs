//! A body that ends the connection: who waits for it is told so once, nobody else asks for it again, and everything else
//! comes.

use sterna::channel::event::{Event, PartState};
use sterna::channel::job::Job;
use sterna::demo::dialect::Dialect;
use sterna::demo::fault::{Fault, FaultKind};
use sterna::engine::lane::pace::Pace;
use sterna::engine::once::Errands;
use sterna::mail::account::Offline;
use sterna::mail::message_id::MessageId;
use sterna::mail::part::{PartPath, WantedPart};

use crate::equal::until_equal;
use crate::place::{Desk, Place, deliver, dialects, stop};

/// The server dies of what is to be read of a message, but for its flags.
fn dies_of(place: &Place, uid: u32) {
    place.fault(Fault::always(FaultKind::DropOnUid {
        command: "UID FETCH".to_owned(),
        uid,
    }));
}

/// What was told of bodies that did not come.
fn failures(desk: &mut Desk, message: MessageId) -> Vec<String> {
    desk.drain();
    let told = desk.seen.iter().filter_map(|event| match event {
        Event::BodyFailed {
            message: failed,
            error,
        } if *failed == message => Some(error.to_string()),
        _ => None,
    });
    told.collect()
}

fn n_logins(place: &Place) -> usize {
    place.n_commands("AUTHENTICATE") + place.n_commands("LOGIN")
}

/// A message too large to be fetched whole by itself.
fn deliver_large(place: &Place) -> u32 {
    let text = "0123456789abcdef\r\n".repeat(20_000);
    let raw = format!("From: anna@example.org\r\nSubject: Large\r\n\r\n{text}");
    place
        .server
        .deliver("INBOX", raw.as_bytes(), &[], 1_781_000_000)
}

#[test]
fn a_body_that_ends_the_connection_is_told_at_the_message_once_and_holds_nothing_up() {
    for (name, dialect) in dialects() {
        for is_large in [false, true] {
            let what = format!("{name}, large: {is_large}");
            let place = Place::with(dialect.clone(), 6);
            let uid = if is_large { deliver_large(&place) } else { 3 };
            let mut desk = place.open();
            desk.sync();
            let inbox = desk.mailbox("INBOX");
            let (fatal, other) = (desk.message(inbox, uid), desk.message(inbox, 4));
            let engine = desk.engine();
            desk.online();
            dies_of(&place, uid);
            place.server.clear_log();
            let want = |message| Job::WantBody {
                message,
                mailbox: inbox,
            };
            engine.submit(want(fatal));
            desk.until(&what, |desk| !failures(desk, fatal).is_empty());
            engine.submit(want(other));
            desk.until(&what, |desk| desk.seen.contains(&Event::BodyStored(other)));
            deliver(&place.server, "INBOX", 30, &[]);
            until_equal(&place.server, &mut desk, &what);
            let told = failures(&mut desk, fatal);
            assert!(told.len() == 1, "{what}: {told:?}");
            assert!(told[0].contains("ended the connection"), "{what}: {told:?}");
            assert!(n_logins(&place) <= 2, "{what}: {}", n_logins(&place));
            place.heal();
            engine.submit(want(fatal));
            desk.event(&what, |event| *event == Event::BodyStored(fatal));
            stop(engine);
            desk.close();
        }
    }
}

#[test]
fn a_part_that_ends_the_connection_is_told_and_holds_nothing_up() {
    let place = Place::with(Dialect::full(), 6);
    let uid = deliver_large(&place);
    let mut desk = place.open();
    desk.sync();
    let mailbox = desk.mailbox("INBOX");
    let (message, other) = (desk.message(mailbox, uid), desk.message(mailbox, 4));
    let engine = desk.engine();
    desk.online();
    dies_of(&place, uid);
    engine.submit(Job::WantPart(WantedPart {
        message,
        mailbox,
        path: PartPath::default(),
    }));
    desk.event("the word to who waits", |event| {
        let Event::Part { state, .. } = event else {
            return false;
        };
        matches!(state, PartState::Failed(error) if error.to_string().contains("ended the connection"))
    });
    let other_body = Job::WantBody {
        message: other,
        mailbox,
    };
    engine.submit(other_body);
    desk.event("another", |event| *event == Event::BodyStored(other));
    stop(engine);
}

/// An account of which all bodies are to come, with the headers here.
fn with_headers(n: u32) -> (Place, Desk) {
    let mut place = Place::with(Dialect::full(), n);
    let desk = place.open();
    desk.sync();
    desk.close();
    place.settings.offline = Offline::All;
    place.pace.connections_in_a_row = Pace::default().connections_in_a_row;
    let desk = place.open();
    dies_of(&place, 33);
    place.server.clear_log();
    (place, desk)
}

/// Whether all bodies are here but that of UID 33.
fn only_one_is_missing(desk: &mut Desk, n: u32) -> bool {
    let inbox = desk.mailbox("INBOX");
    let missing = desk.reader.without_body(inbox, None, n as usize).unwrap();
    missing.len() == 1 && missing[0].1.get() == 33
}

#[test]
fn a_body_fetched_ahead_that_ends_the_connection_costs_no_other() {
    let (place, mut desk) = with_headers(120);
    let engine = desk.engine();
    desk.until("the others", |desk| only_one_is_missing(desk, 120));
    deliver(&place.server, "INBOX", 900, &[]);
    desk.until("new ones too", |desk| {
        let inbox = desk.mailbox("INBOX");
        let state = desk.reader.sync_state(inbox).unwrap();
        state.n_headers == 121 && only_one_is_missing(desk, 121)
    });
    desk.online();
    // The interactive lane has one, and the other one ends three times before it goes on.
    assert!(n_logins(&place) <= 6, "{}", n_logins(&place));
    stop(engine);
}

#[test]
fn over_single_connections_it_costs_no_other_either() {
    let (place, mut desk) = with_headers(120);
    desk.once(&Errands::Everything).unwrap();
    assert!(only_one_is_missing(&mut desk, 120));
    assert!(n_logins(&place) <= 5, "{}", n_logins(&place));
}
