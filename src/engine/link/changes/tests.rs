//! Changes in pieces: bounded, and nothing left out.

use super::*;
use crate::store::sync_state::CaughtUp;

fn state(mod_seq: u64, gap: &str, rows: &[(u32, u64)]) -> SyncState {
    let rows = rows.iter().map(|(low, mod_seq)| CaughtUp {
        low: *low,
        mod_seq: ModSeq::new(*mod_seq),
    });
    SyncState {
        mod_seq: ModSeq::new(mod_seq),
        gap: UidSet::parse(gap.as_bytes()).unwrap(),
        caught_up: rows.collect(),
        ..SyncState::default()
    }
}

fn changes(state: &SyncState, known: &str, takes_all: bool) -> Changes {
    let known = UidSet::parse(known.as_bytes()).unwrap();
    let newest = known.max().unwrap().get();
    Changes::new(state, (newest, ModSeq::new(90)), &known, takes_all)
}

/// All pieces where so much room is left before each, as sets with their mod-sequences.
fn pieces(changes: &mut Changes, room: Option<u64>) -> Vec<(String, u64)> {
    let mut all = Vec::new();
    while let Some(piece) = changes.next_piece(room) {
        all.push((piece.set.to_string(), piece.since.get()));
        assert!(!changes.is_complete());
        changes.heard(60);
        assert_eq!(changes.ended(), Some(piece));
    }
    all
}

#[test]
fn pieces_come_newest_first_and_leave_nothing_out() {
    let mut all = changes(&state(7, "501:600", &[]), "1:500,601:1600", false);
    let mut seen = Vec::new();
    while let Some(piece) = all.next_piece(Some(50_000)) {
        seen.push(piece.set.to_string());
        all.heard(60);
        all.ended();
    }
    assert_eq!(seen, ["1401:1600", "901:1400", "301:500,601:900", "1:300"]);
    assert!(all.is_complete());
}

#[test]
fn one_piece_takes_the_messages_that_are_here_however_far_they_lie_apart() {
    let mut all = changes(&state(7, "", &[]), "5,1000000,4000000000", false);
    assert_eq!(pieces(&mut all, None), [("1:4000000000".to_owned(), 7)]);
}

#[test]
fn a_piece_follows_what_those_before_took() {
    let mut all = changes(&state(7, "", &[]), "1:10000", false);
    let first = all.next_piece(Some(100_000)).unwrap();
    assert_eq!(first.set.len(), FIRST);
    for _ in 0..200 {
        all.heard(400);
    }
    all.ended();
    assert_eq!(all.next_piece(Some(20_000)).unwrap().set.len(), 50);
    all.ended();
    assert_eq!(all.next_piece(Some(3_999)), None);
    assert_eq!(all.next_piece(Some(100_000)), None, "it waits for a word");
    assert!(all.reached() == Some(9_751));
}

#[test]
fn what_was_held_back_waits_for_leave_and_news_do_not() {
    let rows = state(7, "", &[(900, 80), (500, 70)]);
    let mut news = changes(&rows, "1:1000", false);
    assert_eq!(pieces(&mut news, None), [("900:1000".to_owned(), 80)]);
    assert!(!news.is_complete());
    let mut all = changes(&rows, "1:1000", true);
    let expected = [("900:1000", 80), ("500:899", 70), ("1:499", 7)];
    let expected = expected.map(|(set, since)| (set.to_owned(), since));
    assert_eq!(pieces(&mut all, None), expected);
    assert!(all.is_complete());
}

#[test]
fn who_wants_more_gets_some_however_small_the_allowance_is() {
    let rows = state(7, "", &[(900, 80)]);
    assert_eq!(changes(&rows, "1:1000", false).next_piece(Some(300)), None);
    let piece = changes(&rows, "1:1000", true).next_piece(Some(300));
    assert_eq!(piece.map(|piece| piece.set.len()), Some(LEAST));
}

#[test]
fn nothing_is_asked_where_nothing_can_have_changed() {
    let mut known = changes(&state(7, "", &[(11, 90)]), "1:1000", false);
    assert_eq!(known.next_piece(None), None);
    assert!(!known.is_complete(), "the rest is held back");
    let mut known = changes(&state(90, "", &[]), "1:1000", false);
    assert_eq!(known.next_piece(None), None);
    assert!(known.is_complete());
}

#[test]
fn a_piece_that_is_refused_is_asked_for_without_what_vanished() {
    let mut all = changes(&state(7, "", &[]), "1:10", false).with_vanished(true);
    let piece = all.next_piece(None).unwrap();
    assert!(all.asks_vanished(&piece) && all.hides_vanished());
    assert!(all.refused());
    assert_eq!(all.next_piece(None), Some(piece.clone()));
    assert!(!all.asks_vanished(&piece) && !all.hides_vanished());
    assert!(!all.refused(), "there is no third way");
}

#[test]
fn a_gap_in_shreds_makes_bounded_commands() {
    let gap: Vec<String> = (1..=300).map(|n| (n * 2).to_string()).collect();
    let known: Vec<String> = (1..=300).map(|n| (n * 2 - 1).to_string()).collect();
    let mut all = changes(&state(7, &gap.join(","), &[]), &known.join(","), false);
    let mut n = 0;
    while let Some(piece) = all.next_piece(None) {
        assert!(piece.set.ranges().len() <= MOST_RANGES);
        n += piece.set.len();
        all.ended();
    }
    assert_eq!(n, 300);
}
