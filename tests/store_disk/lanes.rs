//! Two lanes write at once: what one brings late, or loses, never harms what the other brought.

use sterna::channel::error::StoreError;
use sterna::mail::flag::{Flags, SystemFlag};
use sterna::mail::message_id::MessageId;
use sterna::mail::uid::{ModSeq, Uid};
use sterna::mail::uid_set::UidSet;
use sterna::store::sync_state::{FlagChange, MailboxStatus, Selected, SyncState};

use crate::support::{Fixture, header, selected, validity};

fn change(uid: u32, names: &[&str], mod_seq: u64) -> FlagChange {
    FlagChange {
        uid: Uid::new(uid).unwrap(),
        flags: Flags::from_names(names.iter().copied()),
        mod_seq: ModSeq::new(mod_seq),
        labels: None,
    }
}

fn merge(fixture: &Fixture, changes: Vec<FlagChange>) {
    let writer = fixture.writer();
    writer.flags(fixture.inbox, validity(1), changes);
    writer.flush().unwrap();
}

/// A SELECT of a mailbox of so many messages that tells so high a mod-sequence.
fn select(fixture: &Fixture, n: u32, highest: u64) -> SyncState {
    let told = Selected {
        highest_mod_seq: ModSeq::new(highest),
        ..selected(1, n)
    };
    fixture.writer().selected(fixture.inbox, told).unwrap()
}

fn names(fixture: &Fixture, uid: u32) -> Vec<String> {
    let row = fixture.row(uid);
    row.flags.names().map(str::to_owned).collect()
}

/// Something that cannot be stored: the directory of large bodies is away.
fn lose_a_batch(fixture: &Fixture, writer: &sterna::store::writer::Writer, message: MessageId) {
    let bodies = fixture.paths.cache.join("bodies");
    let away = fixture.paths.cache.join("away");
    std::fs::rename(&bodies, &away).unwrap();
    let body = sterna::store::bodies::StoredBody::Whole(vec![b'x'; 100_000]);
    writer.body(message, body);
    std::fs::rename(&away, &bodies).unwrap();
}

#[test]
fn flags_older_than_those_that_are_here_change_nothing() {
    let fixture = Fixture::with_headers(2);
    select(&fixture, 2, 49);
    merge(&fixture, vec![change(1, &["\\Flagged"], 50)]);
    // The other lane's batch was fetched before that push. Of two changes that are both later than every SELECT it is not
    // known which one is newer: the last word stands, until the next SELECT.
    merge(&fixture, vec![change(1, &["\\Seen"], 49)]);
    assert_eq!(names(&fixture, 1), ["\\Flagged"]);
    fixture.insert(vec![header(1)]);
    assert_eq!(names(&fixture, 1), ["\\Flagged"]);
    merge(&fixture, vec![change(1, &["\\Answered"], 50)]);
    assert_eq!(names(&fixture, 1), ["\\Answered"], "as new is new enough");
    merge(&fixture, vec![change(1, &["\\Draft"], 0)]);
    assert_eq!(
        names(&fixture, 1),
        ["\\Draft"],
        "without a number it is believed"
    );
    assert_eq!(fixture.unread(), Some(2));
}

#[test]
fn a_number_beyond_all_that_was_told_keeps_no_later_flags_out() {
    let fixture = Fixture::with_headers(2);
    for highest in [3, 60] {
        select(&fixture, 2, highest);
        merge(&fixture, vec![change(1, &["\\Flagged"], 1_000)]);
        merge(&fixture, vec![change(1, &["\\Seen"], highest + 1)]);
        assert_eq!(names(&fixture, 1), ["\\Seen"], "behind {highest}");
    }
}

#[test]
fn a_server_that_lost_its_history_is_believed_though_its_numbers_are_lower() {
    let fixture = Fixture::with_headers(3);
    merge(&fixture, vec![change(1, &["\\Flagged"], 900)]);
    fixture
        .writer()
        .sync_point(fixture.inbox, validity(1), 4, ModSeq::new(900), 3);
    let state = select(&fixture, 3, 7);
    assert_eq!(state.mod_seq, ModSeq::new(0), "flags are read in full");
    merge(&fixture, vec![change(1, &["\\Seen"], 6)]);
    assert_eq!(names(&fixture, 1), ["\\Seen"]);
}

#[test]
fn a_late_sync_point_never_takes_away_what_a_newer_one_left_to_be_read() {
    let fixture = Fixture::with_headers(10);
    // Thirty more came: they are in the gap.
    assert_eq!(fixture.select(1, 40).gap, UidSet::from_range(11, 40));
    fixture.sync(1, 10);
    let state = fixture.reader().sync_state(fixture.inbox).unwrap();
    assert_eq!(state.gap, UidSet::from_range(11, 40));
    assert_eq!(state.uid_next, 41);
}

#[test]
fn a_late_status_never_lowers_uid_next_but_another_epoch_does() {
    let fixture = Fixture::with_gap(0);
    let heard = |uid_next: u32, epoch: Option<u32>| {
        let status = MailboxStatus {
            uid_next: Some(uid_next),
            uid_validity: epoch.map(validity),
            ..MailboxStatus::default()
        };
        fixture.writer().status(fixture.inbox, status).unwrap();
        let info = fixture.reader().mailbox(fixture.inbox).unwrap().unwrap();
        info.status.uid_next
    };
    assert_eq!(heard(50, Some(1)), Some(50));
    assert_eq!(heard(40, Some(1)), Some(50));
    assert_eq!(heard(45, None), Some(50));
    assert_eq!(heard(7, Some(2)), Some(7));
}

#[test]
fn what_one_lane_lost_is_told_to_that_lane_and_the_other_cannot_swallow_it() {
    let fixture = Fixture::with_headers(2);
    let (interactive, bulk) = (fixture.writer(), fixture.writer());
    lose_a_batch(&fixture, &interactive, fixture.message(1));
    // The transaction may have held rows of both, so both hear of it; each once.
    assert!(matches!(bulk.flush(), Err(StoreError::Io { .. })));
    assert!(matches!(interactive.flush(), Err(StoreError::Io { .. })));
    assert_eq!(bulk.flush(), Ok(()));
    assert_eq!(interactive.flush(), Ok(()));
    // A handle taken later had nothing in it, a copy is the same handle.
    assert_eq!(fixture.writer().flush(), Ok(()));
    let copy = interactive.clone();
    lose_a_batch(&fixture, &interactive, fixture.message(1));
    assert!(copy.flush().is_err());
    assert_eq!(interactive.flush(), Ok(()));
    assert!(!fixture.row(1).flags.has(SystemFlag::Seen));
}
