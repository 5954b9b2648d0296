//! Another UIDVALIDITY: messages, bodies and operations find each other again, or are parked; nothing is guessed.

use sterna::channel::event::Event;
use sterna::channel::operation::Outcome;
use sterna::mail::flag::SystemFlag;
use sterna::mail::message_id::MessageId;
use sterna::mail::uid::Uid;
use sterna::store::bodies::StoredBody;
use sterna::store::sync_state::FetchedHeader;

use crate::support::{Fixture, header, validity};

fn at(fixture: &Fixture, epoch: u32, uid: u32) -> Option<MessageId> {
    fixture
        .reader()
        .message_at(fixture.inbox, validity(epoch), Uid::new(uid).unwrap())
        .unwrap()
}

/// Message `old` as the server gives it under its new UID.
fn moved(old: u32, uid: u32) -> FetchedHeader {
    FetchedHeader {
        uid: Uid::new(uid).unwrap(),
        ..header(old)
    }
}

#[test]
fn void_placements_leave_the_list_and_the_gap_is_everything() {
    let fixture = Fixture::with_headers(2_500);
    let state = fixture.select(2, 2_500);
    assert_eq!(
        (
            state.validity,
            state.n_headers,
            state.gap.to_string().as_str()
        ),
        (Some(validity(2)), 0, "1:2500")
    );
    assert_eq!((state.mod_seq.get(), state.exists), (0, None));
    assert_eq!(at(&fixture, 1, 5), None);
}

#[test]
fn messages_bodies_and_operations_follow_by_content() {
    let fixture = Fixture::with_headers(5);
    let ids: Vec<MessageId> = (1..=5).map(|uid| fixture.message(uid)).collect();
    fixture
        .writer()
        .body(ids[1], StoredBody::Whole(b"two".to_vec()));
    let operation = fixture.record(vec![fixture.target(2)], SystemFlag::Seen, true);
    fixture.select(2, 5);
    let open = fixture.reader().open_operations(fixture.account).unwrap();
    assert_eq!(open[0].targets[0].key, None, "a void UID is no address");
    fixture.insert_under(2, (1..=5).map(|old| moved(old, 6 - old)).collect());
    fixture.sync(2, 5);
    for old in 1..=5 {
        assert_eq!(at(&fixture, 2, 6 - old), Some(ids[old as usize - 1]));
    }
    assert_eq!(
        fixture.reader().body(ids[1]).unwrap(),
        Some(StoredBody::Whole(b"two".to_vec()))
    );
    let open = fixture.reader().open_operations(fixture.account).unwrap();
    let key = open[0].targets[0].key.unwrap();
    assert_eq!(
        (open[0].id, key.uid.get(), key.validity),
        (operation, 4, validity(2))
    );
    let row = fixture
        .reader()
        .row(ids[1], fixture.inbox)
        .unwrap()
        .unwrap();
    assert!(row.flags.has(SystemFlag::Seen));
    assert_eq!(fixture.unread(), Some(4));
    assert_eq!(
        fixture
            .window("", sterna::channel::rows::Anchor::Newest, 10)
            .rows
            .len(),
        5
    );
    assert!(fixture.reader().header_block(ids[1]).unwrap().is_some());
}

#[test]
fn a_server_with_email_ids_needs_no_waiting() {
    let with_id = |mut header: FetchedHeader, old: u32| {
        header.email_id = format!("M{old}");
        header.envelope.message_id = "all-the-same".to_owned();
        header
    };
    let fixture = Fixture::with_gap(3);
    fixture.insert((1..=3).map(|uid| with_id(header(uid), uid)).collect());
    fixture.sync(1, 3);
    let ids: Vec<MessageId> = (1..=3).map(|uid| fixture.message(uid)).collect();
    fixture.record(vec![fixture.target(3)], SystemFlag::Flagged, true);
    fixture.select(7, 9);
    fixture.insert_under(7, vec![with_id(moved(3, 8), 3)]);
    assert_eq!(at(&fixture, 7, 8), Some(ids[2]));
    let row = fixture
        .reader()
        .row(ids[2], fixture.inbox)
        .unwrap()
        .unwrap();
    assert!(row.flags.has(SystemFlag::Flagged));
    let open = fixture.reader().open_operations(fixture.account).unwrap();
    assert_eq!(open[0].targets[0].key.unwrap().uid.get(), 8);
}

#[test]
fn what_is_not_unique_on_both_sides_is_not_guessed_and_its_operation_is_parked() {
    let twin = |uid: u32| {
        let mut header = header(uid);
        header.envelope.message_id = "twin@example.org".to_owned();
        header.internal_date = 1_700_000_000;
        header.size_bytes = 5;
        header
    };
    let fixture = Fixture::with_gap(3);
    fixture.insert(vec![twin(1), twin(2), header(3)]);
    fixture.sync(1, 3);
    let (first, third) = (fixture.message(1), fixture.message(3));
    let operation = fixture.record(
        vec![fixture.target(1), fixture.target(3)],
        SystemFlag::Seen,
        true,
    );
    fixture.select(2, 3);
    fixture.insert_under(2, vec![twin(1), twin(2), moved(3, 3)]);
    while fixture.events.try_recv().is_ok() {}
    fixture.sync(2, 3);
    assert_ne!(at(&fixture, 2, 1), Some(first));
    assert_eq!(at(&fixture, 2, 3), Some(third));
    let open = fixture.reader().open_operations(fixture.account).unwrap();
    assert_eq!(open[0].targets.len(), 1);
    assert_eq!(open[0].parked[0].0.message, first);
    assert!(open[0].parked[0].1.contains("renumbered"));
    assert!(fixture.events.try_iter().any(|event| matches!(
        event,
        Event::Closed { operation: closed, ref outcomes, .. }
            if closed == operation && matches!(outcomes[..], [(_, Outcome::Parked(_))])
    )));
    assert_eq!(
        fixture.reader().header_block(first).unwrap(),
        None,
        "what was not found again is gone"
    );
}

#[test]
fn an_operation_on_the_new_number_moves_to_the_old_one() {
    let fixture = Fixture::with_headers(2);
    let old = fixture.message(1);
    fixture.select(2, 2);
    fixture.insert_under(2, vec![moved(1, 1), moved(2, 2)]);
    let new = at(&fixture, 2, 1).unwrap();
    assert_ne!(new, old);
    let target = sterna::channel::operation::Target {
        message: new,
        mailbox: fixture.inbox,
    };
    fixture.record(vec![target], SystemFlag::Seen, true);
    fixture.sync(2, 2);
    assert_eq!(at(&fixture, 2, 1), Some(old));
    let open = fixture.reader().open_operations(fixture.account).unwrap();
    assert_eq!(open[0].targets[0].target.message, old);
    assert_eq!(open[0].targets[0].key.unwrap().uid.get(), 1);
    let row = fixture.reader().row(old, fixture.inbox).unwrap().unwrap();
    assert!(row.flags.has(SystemFlag::Seen));
}
