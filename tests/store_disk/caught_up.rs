//! How far the flags of a mailbox are known while they come in pieces.

use sterna::mail::uid::ModSeq;
use sterna::store::sync_state::{CaughtUp, Selected, SyncState};

use crate::support::{Fixture, selected, validity};

fn note(fixture: &Fixture, low: u32, mod_seq: u64) {
    let mod_seq = ModSeq::new(mod_seq);
    let told = CaughtUp { low, mod_seq };
    let writer = fixture.writer();
    writer.caught_up(fixture.inbox, validity(1), told);
    writer.flush().unwrap();
}

fn sync(fixture: &Fixture, mod_seq: u64) {
    let writer = fixture.writer();
    writer.sync_point(fixture.inbox, validity(1), 101, ModSeq::new(mod_seq), 100);
    writer.flush().unwrap();
}

fn select(fixture: &Fixture, epoch: u32, highest: u64) -> SyncState {
    let told = Selected {
        highest_mod_seq: ModSeq::new(highest),
        ..selected(epoch, 100)
    };
    fixture.writer().selected(fixture.inbox, told).unwrap()
}

fn state(fixture: &Fixture) -> SyncState {
    fixture.reader().sync_state(fixture.inbox).unwrap()
}

fn rows(fixture: &Fixture) -> Vec<(u32, u64)> {
    let rows = state(fixture).caught_up;
    rows.iter()
        .map(|row| (row.low, row.mod_seq.get()))
        .collect()
}

/// A mailbox of a hundred messages at mod-sequence 10.
fn synced() -> Fixture {
    let fixture = Fixture::with_gap(100);
    select(&fixture, 1, 10);
    sync(&fixture, 10);
    fixture
}

#[test]
fn what_is_known_further_is_kept_until_all_is_known_as_far() {
    let fixture = synced();
    for (low, mod_seq) in [(80, 20), (60, 20), (90, 30)] {
        note(&fixture, low, mod_seq);
    }
    assert_eq!(rows(&fixture), [(90, 30), (60, 20)]);
    let inbox = fixture.reader().mailbox(fixture.inbox).unwrap().unwrap();
    assert!(inbox.has_old_flags);
    let fixture = fixture.crash_and_open();
    assert_eq!(rows(&fixture), [(90, 30), (60, 20)]);
    // A lane that was behind says where it began.
    sync(&fixture, 10);
    assert_eq!(rows(&fixture), [(90, 30), (60, 20)]);
    sync(&fixture, 20);
    assert_eq!(rows(&fixture), [(90, 30)]);
    sync(&fixture, 30);
    assert_eq!(rows(&fixture), []);
    sync(&fixture, 10);
    assert_eq!(state(&fixture).mod_seq, ModSeq::new(30), "never less");
    note(&fixture, 70, 30);
    assert_eq!(rows(&fixture), [], "all is known as far");
}

#[test]
fn of_many_rows_the_newest_and_the_oldest_stay() {
    let fixture = synced();
    for n in 0..30 {
        note(&fixture, 40 + n, 20 + u64::from(n));
    }
    let rows = rows(&fixture);
    assert_eq!(rows.len(), 16);
    assert_eq!((rows[0], rows[15]), ((69, 49), (40, 20)));
}

#[test]
fn a_history_that_was_lost_and_another_epoch_take_it_away() {
    let fixture = synced();
    note(&fixture, 80, 50);
    assert_eq!(select(&fixture, 1, 60).caught_up.len(), 1);
    let state = select(&fixture, 1, 40);
    assert_eq!(
        (state.mod_seq, state.caught_up),
        (ModSeq::new(0), Vec::new())
    );
    note(&fixture, 80, 50);
    assert_eq!(select(&fixture, 2, 60).caught_up, []);
    note(&fixture, 80, 70);
    assert_eq!(rows(&fixture), [], "it is about another epoch");
}
