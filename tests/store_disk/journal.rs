//! The journal and its projection: what the user did is never lost, and never shown otherwise than it stands.

use sterna::channel::error::{RemoteError, StoreError};
use sterna::channel::event::Event;
use sterna::channel::operation::{Action, Change, Outcome, Target, Ticket};
use sterna::mail::flag::{Flags, SystemFlag};
use sterna::mail::mailbox::MailboxId;
use sterna::mail::message_id::MessageId;
use sterna::mail::safe_text::SafeText;
use sterna::mail::uid::{ModSeq, Uid};
use sterna::store::sync_state::FlagChange;

use crate::support::{Fixture, GUARD, header, settings, validity};

fn change(uid: u32, names: &[&str]) -> FlagChange {
    FlagChange {
        uid: Uid::new(uid).unwrap(),
        flags: Flags::from_names(names.iter().copied()),
        mod_seq: ModSeq::new(1_000),
        labels: None,
    }
}

#[test]
fn recording_answers_first_and_repaints_then() {
    let fixture = Fixture::with_headers(3);
    while fixture.events.try_recv().is_ok() {}
    let seen = Change::Flag {
        flag: SystemFlag::Seen,
        on: true,
    };
    let targets = vec![fixture.target(2)];
    fixture
        .writer()
        .record(Action::new(Ticket(42), fixture.account, seen, targets));
    let next = || fixture.events.recv_timeout(GUARD).unwrap();
    assert!(matches!(
        next(),
        Event::Recorded {
            ticket: Ticket(42),
            n_pending: 1,
            ..
        }
    ));
    assert_eq!(next(), Event::RowsChanged(fixture.inbox));
    assert_eq!(next(), Event::FoldersChanged);
    assert!(fixture.row(2).flags.has(SystemFlag::Seen));
    assert_eq!(fixture.unread(), Some(2));
}

#[test]
fn recording_on_nothing_is_refused() {
    let fixture = Fixture::with_headers(1);
    while fixture.events.try_recv().is_ok() {}
    let nothing = Target {
        message: MessageId::new(77_777).unwrap(),
        mailbox: MailboxId::new(9),
    };
    let seen = Change::Flag {
        flag: SystemFlag::Seen,
        on: true,
    };
    let action = Action::new(Ticket(9), fixture.account, seen, vec![nothing]);
    assert_eq!(
        fixture.writer().record_now(action.clone()),
        Err(StoreError::Gone)
    );
    fixture.writer().record(action);
    let event = fixture.events.recv_timeout(GUARD).unwrap();
    assert_eq!(
        event,
        Event::RecordFailed {
            ticket: Ticket(9),
            error: StoreError::Gone
        }
    );
}

#[test]
fn a_sync_never_reverts_what_the_server_has_not_acknowledged() {
    let fixture = Fixture::with_headers(1);
    let operation = fixture.record(vec![fixture.target(1)], SystemFlag::Seen, true);
    let writer = fixture.writer();
    // The server says something else of the message, before it knows of the operation.
    writer.flags(
        fixture.inbox,
        validity(1),
        vec![change(1, &["\\Flagged", "todo"])],
    );
    writer.flush().unwrap();
    assert_eq!(
        fixture.row(1).flags.names().collect::<Vec<_>>(),
        ["\\Seen", "\\Flagged", "todo"]
    );
    assert_eq!(fixture.unread(), Some(0));
    // The same through a header that comes again.
    let mut again = header(1);
    again.mod_seq = ModSeq::new(1_001);
    fixture.insert(vec![again]);
    assert_eq!(fixture.row(1).flags.names().collect::<Vec<_>>(), ["\\Seen"]);
    // Parked: the row returns to the truth.
    let error = RemoteError::Refused {
        action: "set the flag",
        text: SafeText::line("read-only"),
    };
    writer
        .close(
            operation,
            vec![(fixture.target(1), Outcome::Parked(error.clone()))],
        )
        .unwrap();
    assert!(!fixture.row(1).flags.has(SystemFlag::Seen));
    assert_eq!(fixture.unread(), Some(1));
    let open = fixture.reader().open_operations(fixture.account).unwrap();
    assert_eq!(open[0].parked, [(fixture.target(1), error.to_string())]);
    assert!(open[0].targets.is_empty());
    assert_eq!(
        fixture.reader().n_pending(Some(fixture.account)).unwrap(),
        0
    );
}

#[test]
fn operations_on_one_message_apply_in_their_order_and_close_one_by_one() {
    let fixture = Fixture::with_headers(1);
    let target = fixture.target(1);
    let first = fixture.record(vec![target], SystemFlag::Seen, true);
    let second = fixture.record(vec![target], SystemFlag::Seen, false);
    assert!(!fixture.row(1).flags.has(SystemFlag::Seen));
    fixture
        .writer()
        .close(first, vec![(target, Outcome::Done(None))])
        .unwrap();
    // The server has it seen now, the open operation lies over it.
    assert!(!fixture.row(1).flags.has(SystemFlag::Seen));
    fixture
        .writer()
        .close(second, vec![(target, Outcome::Done(None))])
        .unwrap();
    assert!(!fixture.row(1).flags.has(SystemFlag::Seen));
    assert_eq!(fixture.reader().n_pending(None).unwrap(), 0);
    assert_eq!(fixture.unread(), Some(1));
}

#[test]
fn closing_some_targets_leaves_the_others_open_and_tells_each_once() {
    let fixture = Fixture::with_headers(3);
    let targets = vec![fixture.target(1), fixture.target(2), fixture.target(3)];
    let operation = fixture.record(targets.clone(), SystemFlag::Flagged, true);
    while fixture.events.try_recv().is_ok() {}
    let writer = fixture.writer();
    let outcomes = vec![
        (targets[0], Outcome::Done(None)),
        (targets[1], Outcome::Gone),
    ];
    writer.close(operation, outcomes.clone()).unwrap();
    writer.close(operation, outcomes.clone()).unwrap();
    let closed: Vec<Event> = fixture
        .events
        .try_iter()
        .filter(|event| matches!(event, Event::Closed { .. }))
        .collect();
    assert_eq!(
        closed,
        [Event::Closed {
            operation,
            outcomes,
            n_pending: 1
        }]
    );
    let open = fixture.reader().open_operations(fixture.account).unwrap();
    assert_eq!(open[0].targets.len(), 1);
    assert_eq!(open[0].targets[0].target, targets[2]);
    // Nothing to do for the one that is gone, so its picture is the server's again.
    assert!(fixture.row(1).flags.has(SystemFlag::Flagged));
    assert!(!fixture.row(2).flags.has(SystemFlag::Flagged));
    assert!(fixture.row(3).flags.has(SystemFlag::Flagged));
}

#[test]
fn an_account_that_points_elsewhere_parks_its_operations_and_shows_nothing_of_the_old() {
    let fixture = Fixture::with_headers(2);
    fixture.record(vec![fixture.target(1)], SystemFlag::Seen, true);
    let old = fixture.account;
    let mut other = settings("work");
    other.user = "somebody-else".to_owned();
    let Fixture {
        directory,
        paths,
        settings,
        store,
        events,
        ..
    } = fixture;
    drop(store);
    while events.recv_timeout(GUARD).is_ok() {}
    let (store, _events) = crate::support::open(&paths, &[other]).unwrap();
    let new = store.account("work").unwrap();
    assert_ne!(new, old);
    let mut reader = store.reader().unwrap();
    assert!(reader.folders().unwrap().is_empty());
    assert!(reader.open_operations(new).unwrap().is_empty());
    assert_eq!(reader.n_pending(None).unwrap(), 0);
    let parked = reader.open_operations(old).unwrap();
    assert!(parked[0].targets.is_empty() && parked[0].parked[0].1.contains("another login"));
    drop(reader);
    store.close();
    // Back again: the old number, still parked.
    let (store, _events) = crate::support::open(&paths, &settings).unwrap();
    assert_eq!(store.account("work"), Some(old));
    assert_eq!(store.reader().unwrap().n_pending(None).unwrap(), 0);
    store.close();
    drop(directory);
}

#[test]
fn two_processes_share_numbers_and_journal() {
    let fixture = Fixture::with_headers(4);
    let (other, _events) = crate::support::open(&fixture.paths, &fixture.settings).unwrap();
    assert_eq!(other.account("work"), Some(fixture.account));
    // The other process records; this one merges under it.
    let operation = other
        .writer()
        .record_now(Action::new(
            Ticket(5),
            fixture.account,
            Change::Flag {
                flag: SystemFlag::Seen,
                on: true,
            },
            vec![fixture.target(1)],
        ))
        .unwrap()
        .operations[0];
    fixture
        .writer()
        .flags(fixture.inbox, validity(1), vec![change(1, &["\\Answered"])]);
    fixture.writer().flush().unwrap();
    assert_eq!(
        fixture.row(1).flags.names().collect::<Vec<_>>(),
        ["\\Seen", "\\Answered"]
    );
    fixture
        .writer()
        .close(operation, vec![(fixture.target(1), Outcome::Done(None))])
        .unwrap();
    assert_eq!(other.reader().unwrap().n_pending(None).unwrap(), 0);
    // Both give out numbers.
    other.writer().headers(
        fixture.inbox,
        validity(1),
        vec![header(5)],
        sterna::mail::uid_set::UidSet::new(),
    );
    other.writer().flush().unwrap();
    fixture.insert(vec![header(6)]);
    let ids: std::collections::BTreeSet<_> = (1..=6).map(|uid| fixture.message(uid)).collect();
    assert_eq!(ids.len(), 6);
    other.close();
}

#[test]
fn operations_that_ended_long_ago_are_forgotten_and_no_others() {
    let fixture = Fixture::with_headers(12);
    let mut ids = Vec::new();
    for uid in 1..=12 {
        ids.push(fixture.record(vec![fixture.target(uid)], SystemFlag::Flagged, true));
    }
    let refused = RemoteError::Refused {
        action: "set a flag",
        text: SafeText::line("no"),
    };
    for (at, id) in ids.iter().enumerate().skip(4) {
        let outcome = if at < 6 {
            Outcome::Parked(refused.clone())
        } else {
            Outcome::Done(None)
        };
        let uid = u32::try_from(at + 1).unwrap();
        let outcomes = vec![(fixture.target(uid), outcome)];
        fixture.writer().close(*id, outcomes).unwrap();
    }
    let journal = |fixture: &Fixture| {
        rusqlite::Connection::open(fixture.paths.data.join("state.db"))
            .and_then(|db| {
                let mut rows = db.prepare("SELECT id FROM operation ORDER BY id")?;
                rows.query_map([], |row| row.get::<_, i64>(0))?.collect()
            })
            .unwrap()
    };
    // All but the last two ended a year ago, or were recorded then and are open or parked.
    let fixture = fixture.reopen(|paths| {
        let db = rusqlite::Connection::open(paths.data.join("state.db")).unwrap();
        let sql = "UPDATE operation SET created = created - 31536000 WHERE id < ?1";
        db.execute(sql, [ids[10].0]).unwrap();
    });
    let expected: Vec<i64> = [0, 1, 2, 3, 4, 5, 10, 11].map(|at| ids[at].0).to_vec();
    let until = std::time::Instant::now() + GUARD;
    let mut left: Vec<i64> = journal(&fixture);
    while left != expected && std::time::Instant::now() < until {
        // Chores come when nothing is asked.
        let _ = fixture
            .events
            .recv_timeout(std::time::Duration::from_millis(100));
        left = journal(&fixture);
    }
    assert_eq!(left, expected);
    assert_eq!(fixture.reader().n_pending(None).unwrap(), 4);
    // A number is never given out twice.
    let next = fixture.record(vec![fixture.target(1)], SystemFlag::Seen, true);
    assert!(next.0 > ids[11].0);
}
