//! More than can be taken: of changes at once, and of a message that has no end.

use sterna::channel::error::RemoteError;
use sterna::channel::event::{Event, PartState};
use sterna::channel::job::Job;
use sterna::demo::dialect::Dialect;
use sterna::demo::fault::{Fault, FaultKind};
use sterna::mail::part::{PartPath, WantedPart};

use crate::equal::{assert_equal, until_equal};
use crate::place::{Place, message, stop};

/// A synced INBOX where more than the cap comes with every SELECT, whatever it asks for.
fn flooded() -> Place {
    let place = Place::with(Dialect::full(), 300);
    place.open().sync();
    for uid in 1..=300 {
        place.server.set_flags("INBOX", uid, &["\\Flagged"]);
    }
    place.server.expunge("INBOX", &[5, 7]);
    let keyword = "k".repeat(4_000);
    let line = |uid: u32| format!("* 1 FETCH (UID {uid} FLAGS ({keyword}) MODSEQ (2))\r\n");
    place.fault(Fault::always(FaultKind::Before {
        command: "SELECT".to_owned(),
        lines: (1..=8_600).map(line).collect::<String>().into_bytes(),
    }));
    place.server.clear_log();
    place
}

#[test]
fn more_changes_than_can_be_taken_at_once_come_in_pieces() {
    let place = flooded();
    let mut desk = place.open();
    let engine = desk.engine();
    until_equal(&place.server, &mut desk, "in pieces");
    desk.online();
    let n_logins = place.n_commands("AUTHENTICATE") + place.n_commands("LOGIN");
    assert!(n_logins <= 2, "{n_logins}: one for each lane");
    let log = place.server.log();
    let asks = |words: &str| log.iter().any(|entry| entry.line.contains(words));
    assert!(asks("(QRESYNC (") && asks("VANISHED)"));
    stop(engine);
}

#[test]
fn a_single_connection_takes_them_too() {
    let place = flooded();
    let mut desk = place.open();
    desk.sync();
    assert_equal(&place.server, &mut desk, "in pieces");
    let inbox = desk.mailbox("INBOX");
    let state = desk.reader.sync_state(inbox).unwrap();
    assert!(state.caught_up.is_empty() && state.mod_seq.get() > 300);
}

#[test]
fn a_message_that_goes_on_far_beyond_what_was_announced_is_given_up() {
    let place = Place::new(Dialect::full());
    let mut raw = message(1);
    raw.resize(66 << 20, b'x');
    place.server.deliver("INBOX", &raw, &[], 1_780_000_000);
    let lines = "* 1 FETCH (UID 1 FLAGS () INTERNALDATE \"01-Jun-2026 10:00:00 +0000\" RFC822.SIZE 300000 \
                 BODY[HEADER.FIELDS (FROM)] {13}\r\nFrom: a@x\r\n\r\n)\r\n{tag} OK done\r\n";
    place.fault(Fault::once(FaultKind::Instead {
        command: "FETCH".to_owned(),
        lines: lines.as_bytes().to_vec(),
    }));
    let mut desk = place.open();
    desk.sync();
    let engine = desk.engine();
    desk.online();
    let mailbox = desk.mailbox("INBOX");
    let message = desk.message(mailbox, 1);
    engine.submit(Job::WantPart(WantedPart {
        message,
        mailbox,
        path: PartPath::default(),
    }));
    desk.event("it is given up", |event| {
        let Event::Part { state, .. } = event else {
            return false;
        };
        let PartState::Failed(RemoteError::Protocol { detail }) = state else {
            return false;
        };
        detail.as_str().contains("announced 300000 bytes and sent")
    });
    let left = std::fs::read_dir(place.home.path().join("cache/partial")).unwrap();
    assert_eq!(left.count(), 0, "it takes no room");
    stop(engine);
}
