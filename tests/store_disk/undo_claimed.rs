//! Taking back what is claimed, held, refused or marked already: nothing is sent twice, and nothing called unsent that was.

use sterna::channel::ledger::LedgerState;
use sterna::channel::operation::{Action, Address, Change, OperationId, Outcome, Ticket};
use sterna::store::outgoing::outbox_waits::Holds;
use sterna::store::sync_state::FlagChange;

use crate::place::{Place, address, moved, placed, refused};
use crate::support::{GUARD, validity};
use crate::undo::{archive, counts, done, open, undo};

#[test]
fn what_another_process_claims_meanwhile_is_led_back_and_not_called_unsent() {
    let place = Place::new(1);
    let (operation, _) = archive(&place, 1..=1);
    let other = rusqlite::Connection::open(place.fixture.paths.data.join("state.db")).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    other
        .execute("UPDATE operation_target SET state = 4", [])
        .unwrap();
    let writer = place.fixture.writer();
    let (tell, undone) = crossbeam_channel::bounded(1);
    let undoing = std::thread::spawn(move || tell.send(writer.undo_now().unwrap()).unwrap());
    // Long enough to look at the journal; nothing is decided before the claim stands.
    let patience = std::time::Duration::from_millis(300);
    assert!(undone.recv_timeout(patience).is_err());
    other.execute_batch("COMMIT").unwrap();
    assert_eq!(undone.recv_timeout(GUARD).unwrap().n_restored, 1);
    undoing.join().unwrap();
    let open = open(&place);
    assert_eq!((open[0].id, open[0].targets[0].is_sent), (operation, true));
    let inbox = place.fixture.inbox;
    assert_eq!(open[1].change, Change::Move { to: inbox });
    place.check();
    // And a claimed one is not given up.
    assert!(
        !place
            .fixture
            .writer()
            .drop_operation_now(operation)
            .unwrap()
    );
}

#[test]
fn what_was_refused_after_the_copy_is_looked_for_before_it_is_sent_again() {
    let place = Place::new(1);
    let (operation, targets) = archive(&place, 1..=1);
    let writer = place.fixture.writer();
    let claims = vec![(operation, targets[0])];
    writer.claim(claims, Some(address(30))).unwrap();
    place.close(operation, targets[0], refused());
    assert!(writer.retry_now(operation).unwrap());
    let again = open(&place)[0].targets[0];
    assert!(again.is_sent, "the copy may be there");
    assert_eq!(again.floor, Some(address(30)));
}

#[test]
fn what_is_held_is_not_claimed_and_what_is_claimed_is_led_back() {
    let place = Place::new(2);
    let target = place.fixture.target(1);
    let mut action = Action::new(
        Ticket(1),
        place.fixture.account,
        Change::Move { to: place.archive },
        vec![target],
    );
    (action.label, action.hold_seconds) = ("archive".to_owned(), 3_600);
    let writer = place.fixture.writer();
    let operation = writer.record_now(action).unwrap().operations[0];
    let wanted = vec![(operation, target)];
    assert_eq!(writer.claim(wanted.clone(), None).unwrap(), []);
    let held = &place.fixture.reader().ledger().unwrap().rows[0];
    assert_eq!((held.state, held.n_open), (LedgerState::Held, 1));
    writer.end_holds_now(Holds::Own(Vec::new())).unwrap();
    let floor = Some(address(30));
    assert_eq!(writer.claim(wanted.clone(), floor).unwrap(), wanted);
    assert_eq!(writer.claim(wanted.clone(), None).unwrap(), wanted);
    let sent = open(&place)[0].targets[0];
    assert!(sent.is_sent && sent.floor == floor, "the first word counts");
    let running = &place.fixture.reader().ledger().unwrap().rows[0];
    assert_eq!((running.state, running.n_sent), (LedgerState::Running, 1));
    // It may have left: a new operation leads back.
    assert_eq!(undo(&place), done(1, 0));
    assert_eq!((counts(&place), open(&place).len()), ((2, 0), 2));
    assert_eq!(
        open(&place)[1].targets[0].key,
        None,
        "not before the first ended"
    );
    writer
        .close(operation, vec![(target, Outcome::Done(Some(address(30))))])
        .unwrap();
    place.check();
    let back = open(&place);
    assert_eq!(back[0].targets[0].key.unwrap().uid.get(), 30);
    // Released, it is open again and undoing costs nothing.
    let (operation, targets) = archive(&place, 2..=2);
    let wanted = vec![(operation, targets[0])];
    writer.claim(wanted.clone(), None).unwrap();
    writer.release(wanted).unwrap();
    assert_eq!(undo(&place), done(1, 0));
    assert_eq!(open(&place).len(), 1);
}

#[test]
fn a_header_that_a_claimed_move_brought_is_known_before_the_answer() {
    let place = Place::new(3);
    let (operation, targets) = archive(&place, 1..=2);
    let [one, two] = [targets[0], targets[1]];
    let writer = place.fixture.writer();
    writer
        .claim(vec![(operation, one), (operation, two)], Some(address(20)))
        .unwrap();
    // One like it was there before: not ours.
    place.arrives(place.archive, moved(1, 19));
    let mut reader = place.fixture.reader();
    assert_eq!(reader.key(one.message, place.archive).unwrap(), None);
    place.arrives(place.archive, moved(1, 20));
    place.check();
    let key = reader.key(one.message, place.archive).unwrap().unwrap();
    assert_eq!(key.uid.get(), 20);
    assert_eq!(place.rows(place.archive).len(), 3);
    place.close(operation, one, Outcome::Done(Some(address(20))));
    assert_eq!(place.rows(place.archive).len(), 3);
}

#[test]
fn an_original_that_stays_marked_is_hidden_until_it_goes_or_is_unmarked() {
    let place = Place::new(2);
    let inbox = place.fixture.inbox;
    let (operation, targets) = archive(&place, 1..=2);
    for (target, uid) in targets.iter().zip(5..) {
        place.close(operation, *target, Outcome::Marked(Some(address(uid))));
    }
    assert_eq!(counts(&place), (0, 2));
    assert_eq!(place.fixture.reader().n_pending(None).unwrap(), 0);
    let place = place.crash_and_open();
    place.check();
    assert_eq!(counts(&place), (0, 2));
    place.vanishes(inbox, 1, 1);
    place.check();
    assert_eq!(counts(&place), (0, 2));
    let flags = FlagChange {
        uid: sterna::mail::uid::Uid::new(2).unwrap(),
        flags: sterna::mail::flag::Flags::default(),
        mod_seq: sterna::mail::uid::ModSeq::new(99),
        labels: None,
    };
    let writer = place.fixture.writer();
    writer.flags(inbox, validity(1), vec![flags]);
    writer.flush().unwrap();
    place.check();
    assert_eq!(counts(&place), (1, 2));
}

#[test]
fn a_message_that_comes_back_beside_its_marked_original_is_shown() {
    let place = Place::new(1);
    let inbox = place.fixture.inbox;
    let (operation, targets) = archive(&place, 1..=1);
    let message = targets[0].message;
    let there = Outcome::Marked(Some(address(5)));
    place.close(operation, targets[0], there);
    assert_eq!(undo(&place), done(1, 0));
    let here = Address {
        validity: validity(1),
        uid: sterna::mail::uid::Uid::new(9).unwrap(),
    };
    let back = open(&place)[0].id;
    let from = placed(place.archive, message);
    place.close(back, from, Outcome::Done(Some(here)));
    assert_eq!(
        (place.list(inbox), counts(&place)),
        (vec![(message, 9)], (1, 0))
    );
    let place = place.crash_and_open();
    // The original is a message of its own from now on.
    place.fixture.insert(vec![crate::support::header(1)]);
    place.check();
    let list = place.list(inbox);
    assert_eq!(list.len(), 2);
    assert!(list.contains(&(message, 9)));
}

#[test]
fn what_is_refused_is_tried_again_or_given_up() {
    let place = Place::new(3);
    let (operation, targets) = archive(&place, 1..=2);
    place.close(operation, targets[0], refused());
    let writer = place.fixture.writer();
    let row = |place: &Place| place.fixture.reader().ledger().unwrap().rows[0].clone();
    let parked = row(&place);
    assert_eq!(
        (parked.state, parked.n_open, parked.n_parked),
        (LedgerState::Queued, 1, 1)
    );
    assert_eq!((parked.kind, parked.label.as_str()), ("move", "archive"));
    assert_eq!(
        (parked.from.as_str(), parked.to.as_str()),
        ("INBOX", "Archive")
    );
    assert!(parked.error.as_str().contains("over quota"));
    assert!(writer.retry_now(operation).unwrap());
    place.check();
    assert_eq!((counts(&place), row(&place).n_open), ((1, 2), 2));
    assert!(!writer.retry_now(operation).unwrap());
    // What waits for it in the other folder goes with it.
    let there = placed(place.archive, targets[0].message);
    place.record(Change::Move { to: place.spare }, vec![there]);
    assert!(writer.drop_operation_now(operation).unwrap());
    place.check();
    assert_eq!((counts(&place), place.rows(place.spare).len()), ((3, 0), 0));
    assert!(!writer.drop_operation_now(operation).unwrap());
    let rows = place.fixture.reader().ledger().unwrap().rows;
    let states: Vec<LedgerState> = rows.iter().map(|row| row.state).collect();
    assert_eq!(states, [LedgerState::Parked, LedgerState::Undone]);
    assert_eq!(rows[0].operation, OperationId(operation.0 + 1));
    let folders = place.fixture.reader().ledger().unwrap().folders;
    assert!(
        folders
            .iter()
            .any(|folder| folder.name.as_str() == "Archive")
    );
}
