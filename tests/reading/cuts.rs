//! A connection that ends at any byte of a session: after reconnecting the store equals the server. In process, any byte
//! of what the server says, and any byte of what the client says.
//!
//! `STERNA_CUT_BYTES` sets how many bytes lie between two cuts: 1 cuts at every byte, as `tests/long` does. Usually there
//! are more, and chance chooses the first place.
//!
//! Where a store goes through all cuts, other clients change the mailbox anew before each, so that every session has
//! the same things to learn.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpStream;

use sterna::demo::dialect::Dialect;
use sterna::demo::fault::{Fault, FaultKind};
use sterna::demo::server::{PASSWORD, Server, USER};
use sterna::engine::once::Errands;
use sterna::mail::flag::SystemFlag;

use crate::equal::assert_equal;
use crate::place::{Desk, Place, deliver};
use crate::random::Sample;

/// No session here is longer than this, in bytes.
const LONGEST: u64 = 10_000;
/// The client's login is at least as long as this, in bytes.
const LOGIN: u64 = 40;

/// What other clients do while Sterna is away: a message goes, two change, one comes, one comes and goes.
fn rival(server: &Server, round: u32) {
    let uids: Vec<u32> = server
        .truth("INBOX")
        .iter()
        .map(|message| message.uid)
        .collect();
    let (keywords, flags): (&[&str], &[&str]) = if round.is_multiple_of(2) {
        (&["\\Seen", "$Work"], &["\\Flagged"])
    } else {
        (&["$Home"], &["\\Answered"])
    };
    server.expunge("INBOX", &[uids[1]]);
    server.set_flags("INBOX", uids[2], keywords);
    server.set_flags("INBOX", uids[4], flags);
    deliver(server, "INBOX", 2 * round, &[]);
    let brief = deliver(server, "INBOX", 2 * round + 1, &["\\Answered"]);
    server.expunge("INBOX", &[brief]);
}

/// Runs a session that breaks as `fault` says, then one that does not; tells whether the first did not break after all.
fn broken(place: &Place, desk: &mut Desk, fault: FaultKind, what: &str) -> bool {
    place.fault(Fault::always(fault));
    let result = desk.once(&Errands::Everything);
    place.heal();
    let is_whole = result.is_ok();
    if !is_whole {
        desk.once(&Errands::Everything).unwrap();
    }
    assert_equal(&place.server, desk, what);
    assert_eq!(desk.reader.n_pending(None).unwrap(), 0, "{what}");
    is_whole
}

/// Bytes that the server says until a login has succeeded.
fn login_bytes(place: &Place) -> u64 {
    let mut stream = TcpStream::connect(place.server.imap_addr()).unwrap();
    let mut answers = BufReader::new(stream.try_clone().unwrap());
    let mut text = String::new();
    answers.read_line(&mut text).unwrap();
    stream
        .write_all(format!("a LOGIN {USER} {PASSWORD}\r\n").as_bytes())
        .unwrap();
    while !text.contains("\na OK") {
        assert!(answers.read_line(&mut text).unwrap() > 0, "{text}");
    }
    text.len() as u64
}

/// Where to cut, from `start` on.
fn places(start: u64) -> impl Iterator<Item = u64> {
    Sample::new("STERNA_CUT_BYTES", 11).of(start..)
}

/// Cuts the sessions of one store, from the byte `start` on.
fn any_byte(place: &Place, start: u64) {
    let mut desk = place.open();
    desk.sync();
    for (round, at) in (100..).zip(places(start)) {
        rival(&place.server, round);
        let what = format!("cut after {at}");
        if broken(place, &mut desk, FaultKind::CutAfter(at), &what) {
            assert!((1_000..LONGEST).contains(&at), "{at}");
            desk.close();
            return;
        }
    }
}

#[test]
fn a_resync_cut_at_any_byte_heals_with_qresync() {
    any_byte(&Place::with(Dialect::full(), 5), 0);
}

// A login is the same in every dialect: the others begin behind it.

#[test]
fn a_resync_cut_at_any_byte_heals_with_condstore_only() {
    let place = Place::with(Dialect::condstore_only(), 5);
    any_byte(&place, login_bytes(&place));
}

#[test]
fn a_resync_cut_at_any_byte_heals_without_extensions() {
    let place = Place::with(Dialect::bare(), 5);
    any_byte(&place, login_bytes(&place));
}

/// Cuts a first sync behind the login.
fn any_byte_of_a_first_sync(dialect: Dialect) {
    let place = Place::with(dialect, 5);
    rival(&place.server, 100);
    let mut desk = place.open();
    for at in places(login_bytes(&place)) {
        let what = format!("cut after {at}");
        if broken(&place, &mut desk, FaultKind::CutAfter(at), &what) {
            assert!((1_000..LONGEST).contains(&at), "{at}");
            desk.close();
            return;
        }
        // The cache is empty again, as before a first sync.
        desk.store.writer().purge(desk.account).unwrap();
    }
}

#[test]
fn a_first_sync_cut_at_any_byte_heals_with_qresync() {
    any_byte_of_a_first_sync(Dialect::full());
}

#[test]
fn a_first_sync_cut_at_any_byte_heals_with_condstore_only() {
    any_byte_of_a_first_sync(Dialect::condstore_only());
}

/// The journal is carried out over a connection that loses what the client says, from its byte `start` on.
fn any_byte_of_the_client(dialect: Dialect, start: u64) {
    let place = Place::with(dialect, 5);
    let mut desk = place.open();
    desk.sync();
    for (round, at) in (0_u32..).zip(places(start)) {
        let on = round.is_multiple_of(2);
        desk.record(&[1, 4], SystemFlag::Seen, on);
        desk.record(&[3], SystemFlag::Flagged, on);
        // Another client changes the same messages meanwhile, and neither takes back what the other did.
        let other = if on { "$Work" } else { "$Home" };
        let before: &[(u32, &str)] = &[(1, "\\Seen"), (3, "\\Flagged"), (4, "\\Seen")];
        for (uid, flag) in before {
            let flags = if on { vec![other] } else { vec![*flag, other] };
            place.server.set_flags("INBOX", *uid, &flags);
        }
        place.server.clear_log();
        let what = format!("cut after {at} of the client's bytes");
        let is_whole = broken(&place, &mut desk, FaultKind::CutInput(at), &what);
        let truth = place.server.truth("INBOX");
        for (uid, flag) in before {
            let message = truth.iter().find(|message| message.uid == *uid).unwrap();
            let flags: Vec<&str> = message.flags.names().collect();
            let expected = if on { vec![*flag, other] } else { vec![other] };
            assert_eq!(flags, expected, "{what}: {uid}");
        }
        if is_whole {
            assert!(at > 400, "{at}");
            desk.close();
            return;
        }
    }
}

#[test]
fn a_journal_cut_at_any_byte_of_the_client_arrives_with_qresync() {
    any_byte_of_the_client(Dialect::full(), 0);
}

#[test]
fn a_journal_cut_at_any_byte_of_the_client_arrives_with_condstore_only() {
    any_byte_of_the_client(Dialect::condstore_only(), LOGIN);
}

#[test]
fn a_journal_cut_at_any_byte_of_the_client_arrives_without_extensions() {
    any_byte_of_the_client(Dialect::bare(), LOGIN);
}
