//! A connection that ends at any byte of a session: after reconnecting the store equals the server. In process, every
//! byte of what the server says, and every byte of what the client says.

use std::fs;
use std::path::Path;

use sterna::demo::dialect::Dialect;
use sterna::demo::fault::{Fault, FaultKind};
use sterna::demo::server::Server;
use sterna::engine::once::Errands;
use sterna::mail::flag::SystemFlag;

use crate::equal::{assert_equal, difference};
use crate::place::{Place, deliver, directory};

/// The recording may be no longer than this, in bytes.
const LONGEST: u64 = 10_000;

/// What other clients did while Sterna was away.
fn rival(server: &Server) {
    server.expunge("INBOX", &[2]);
    server.set_flags("INBOX", 3, &["\\Seen", "$Work"]);
    server.set_flags("INBOX", 5, &["\\Flagged"]);
    deliver(server, "INBOX", 6, &[]);
    deliver(server, "INBOX", 7, &["\\Answered"]);
    server.expunge("INBOX", &[7]);
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap().flatten() {
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}

/// A place whose home knows INBOX from before the rival's changes, and a journal where `is_recording`.
fn prepared(dialect: Dialect, is_recording: bool) -> Place {
    let place = Place::with(dialect, 5);
    let mut desk = place.open();
    desk.sync();
    if is_recording {
        desk.record(&[1, 4], SystemFlag::Seen, true);
        desk.record(&[3], SystemFlag::Flagged, true);
    }
    desk.close();
    rival(&place.server);
    place
}

/// Copies the home, runs a session that breaks as `fault` says, then one that does not; tells whether the first did not
/// break after all.
fn broken(place: &Place, base: &Path, fault: FaultKind, what: &str) -> bool {
    let home = tempfile::tempdir_in(place.home.path()).unwrap();
    copy(base, home.path());
    let mut desk = place.open_at(home.path());
    place.fault(Fault::always(fault));
    let result = desk.once(&Errands::Everything);
    place.heal();
    let is_whole = result.is_ok();
    if !is_whole {
        desk.once(&Errands::Everything).unwrap();
    }
    assert_equal(&place.server, &mut desk, what);
    assert_eq!(desk.reader.n_pending(None).unwrap(), 0, "{what}");
    desk.close();
    is_whole
}

/// Bytes that a whole session sends and receives from a copy of the home.
fn recording(place: &Place, base: &Path) -> u64 {
    let home = tempfile::tempdir_in(place.home.path()).unwrap();
    copy(base, home.path());
    let sent = place.server.counts().bytes_sent;
    let mut desk = place.open_at(home.path());
    desk.sync();
    assert_eq!(difference(&place.server, &mut desk), None);
    desk.close();
    place.server.counts().bytes_sent - sent
}

fn every_byte(dialect: Dialect) {
    let place = prepared(dialect, false);
    let base = directory();
    copy(place.home.path(), base.path());
    let n_bytes = recording(&place, base.path());
    assert!((1_000..LONGEST).contains(&n_bytes), "{n_bytes}");
    for at in 0..n_bytes {
        broken(
            &place,
            base.path(),
            FaultKind::CutAfter(at),
            &format!("cut after {at} of {n_bytes}"),
        );
    }
}

#[test]
fn a_resync_cut_at_every_byte_heals_with_qresync() {
    every_byte(Dialect::full());
}

#[test]
fn a_resync_cut_at_every_byte_heals_with_condstore_only() {
    every_byte(Dialect::condstore_only());
}

#[test]
fn a_resync_cut_at_every_byte_heals_without_extensions() {
    every_byte(Dialect::bare());
}

#[test]
fn a_first_sync_cut_at_every_byte_heals() {
    let place = prepared(Dialect::full(), false);
    let base = directory();
    let n_bytes = recording(&place, base.path());
    assert!((1_000..LONGEST).contains(&n_bytes), "{n_bytes}");
    for at in 0..n_bytes {
        broken(
            &place,
            base.path(),
            FaultKind::CutAfter(at),
            &format!("cut after {at} of {n_bytes}"),
        );
    }
}

/// The journal is carried out over a connection that loses what the client says, at every byte of it.
#[test]
fn a_journal_cut_at_every_byte_of_the_client_arrives() {
    let place = prepared(Dialect::full(), true);
    let base = directory();
    copy(place.home.path(), base.path());
    for at in 0.. {
        for uid in [1, 3, 4] {
            place.server.set_flags("INBOX", uid, &["$Work"]);
        }
        place.server.clear_log();
        let what = format!("cut after {at} of the client's bytes");
        let is_whole = broken(&place, base.path(), FaultKind::CutInput(at), &what);
        for (uid, flag) in [(1, "\\Seen"), (4, "\\Seen"), (3, "\\Flagged")] {
            let truth = place.server.truth("INBOX");
            let message = truth.iter().find(|message| message.uid == uid).unwrap();
            let flags: Vec<&str> = message.flags.names().collect();
            assert_eq!(flags, [flag, "$Work"], "{what}: {uid}");
        }
        if is_whole {
            assert!(at > 500, "{at}");
            return;
        }
    }
}
