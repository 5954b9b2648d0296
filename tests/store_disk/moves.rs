//! Moves, copies, deletions and keywords that the server does not know of yet: shown at once, merged under, ended well.

use sterna::channel::operation::{Address, Change, Outcome};
use sterna::mail::flag::{Flags, SystemFlag};
use sterna::mail::uid::{ModSeq, Uid};
use sterna::store::bodies::StoredBody;
use sterna::store::sync_state::{FetchedHeader, FlagChange};

use crate::place::{Place, address, moved, placed, refused};
use crate::support::{header, validity};

#[test]
fn a_move_is_shown_at_once_and_bound_by_the_address_that_the_server_tells() {
    let place = Place::new(3);
    let (inbox, archive) = (place.fixture.inbox, place.archive);
    let target = place.fixture.target(2);
    let operation = place.record(Change::Move { to: archive }, vec![target]);
    assert_eq!(place.rows(inbox).len(), 2);
    assert_eq!(place.list(archive), [(target.message, 0)]);
    let mut reader = place.fixture.reader();
    // The sync goes on as if it were still there, for there it is.
    assert_eq!(reader.sync_state(inbox).unwrap().n_headers, 3);
    assert_eq!(reader.known_uids(inbox, 1).unwrap().to_string(), "1:3");
    assert_eq!(reader.sync_state(archive).unwrap().n_headers, 0);
    assert_eq!(
        reader.mailbox(archive).unwrap().unwrap().unread,
        Some(1),
        "unread counts follow"
    );
    let open = reader.open_operations(place.fixture.account).unwrap();
    assert_eq!(open[0].targets[0].key.unwrap().uid.get(), 2);

    place.close(operation, target, Outcome::Done(Some(address(40))));
    assert_eq!(place.list(archive), [(target.message, 40)]);
    assert_eq!(reader.known_uids(inbox, 1).unwrap().to_string(), "1,3");
    assert_eq!(reader.sync_state(archive).unwrap().n_headers, 1);
    // Its header comes all the same: the same message, not another.
    place.arrives(archive, moved(2, 40));
    assert_eq!(place.list(archive), [(target.message, 40)]);
    place.check();
}

#[test]
fn an_address_of_another_message_is_not_believed() {
    let place = Place::new(3);
    place.arrives(place.archive, moved(3, 40));
    let other = place.rows(place.archive)[0].key.message;
    let target = place.fixture.target(1);
    let operation = place.record(Change::Move { to: place.archive }, vec![target]);
    let body = StoredBody::Whole(b"of the other".to_vec());
    let writer = place.fixture.writer();
    writer.body(other, body.clone());
    writer.flush().unwrap();
    place.close(operation, target, Outcome::Done(Some(address(40))));
    let mut list = place.list(place.archive);
    list.sort_by_key(|(_, uid)| *uid);
    assert_eq!(list, [(target.message, 0), (other, 40)]);
    let mut reader = place.fixture.reader();
    assert_eq!(reader.body(other).unwrap(), Some(body));
    // Nor one that was given out before the command left.
    let target = place.fixture.target(2);
    let operation = place.record(Change::Move { to: place.archive }, vec![target]);
    let claims = vec![(operation, target)];
    writer.claim(claims, Some(address(50))).unwrap();
    place.close(operation, target, Outcome::Done(Some(address(49))));
    assert!(place.list(place.archive).contains(&(target.message, 0)));
}

#[test]
fn a_refused_move_comes_back_with_what_waited_for_it() {
    let place = Place::new(3);
    let (inbox, archive, spare) = (place.fixture.inbox, place.archive, place.spare);
    let target = place.fixture.target(2);
    let first = place.record(Change::Move { to: archive }, vec![target]);
    let there = placed(archive, target.message);
    let seen = Change::Flag {
        flag: SystemFlag::Seen,
        on: true,
    };
    place.record(seen, vec![there]);
    place.record(Change::Move { to: spare }, vec![there]);
    assert_eq!(place.list(spare), [(target.message, 0)]);
    assert!(place.rows(spare)[0].flags.has(SystemFlag::Seen));
    assert!(place.rows(archive).is_empty());

    place.close(first, target, refused());
    assert_eq!(place.list(inbox).len(), 3);
    assert!(place.rows(archive).is_empty() && place.rows(spare).is_empty());
    let mut reader = place.fixture.reader();
    let parked = reader.open_operations(place.fixture.account).unwrap();
    assert_eq!(parked.len(), 3);
    assert!(parked.iter().all(|operation| operation.parked.len() == 1));
    assert!(
        parked[2].parked[0]
            .1
            .contains("did not come to this folder")
    );
    assert_eq!(reader.n_pending(None).unwrap(), 0);
}

#[test]
fn a_folded_chain_ends_together() {
    let place = Place::new(2);
    let (archive, spare) = (place.archive, place.spare);
    let target = place.fixture.target(1);
    let first = place.record(Change::Move { to: archive }, vec![target]);
    let there = placed(archive, target.message);
    let second = place.record(Change::Move { to: spare }, vec![there]);
    let writer = place.fixture.writer();
    writer
        .close_together(vec![
            (first, vec![(target, Outcome::Done(None))]),
            (second, vec![(there, Outcome::Done(Some(address(5))))]),
        ])
        .unwrap();
    place.check();
    assert_eq!(place.list(spare), [(target.message, 5)]);
    assert!(place.rows(archive).is_empty());

    // There and back: nothing is sent, and it has its own address again.
    let target = place.fixture.target(2);
    let first = place.record(Change::Move { to: archive }, vec![target]);
    let there = placed(archive, target.message);
    let back = Change::Move {
        to: place.fixture.inbox,
    };
    let second = place.record(back, vec![there]);
    assert_eq!(place.list(place.fixture.inbox), [(target.message, 0)]);
    let home = Address {
        validity: validity(1),
        uid: Uid::new(2).unwrap(),
    };
    writer
        .close_together(vec![
            (first, vec![(target, Outcome::Done(None))]),
            (second, vec![(there, Outcome::Done(Some(home)))]),
        ])
        .unwrap();
    place.check();
    assert_eq!(place.list(place.fixture.inbox), [(target.message, 2)]);
}

#[test]
fn server_news_merge_under_a_message_that_is_leaving() {
    let place = Place::new(3);
    let (inbox, archive) = (place.fixture.inbox, place.archive);
    let target = place.fixture.target(3);
    let writer = place.fixture.writer();
    writer.body(target.message, StoredBody::Whole(b"three".to_vec()));
    let operation = place.record(Change::Move { to: archive }, vec![target]);
    let flags = FlagChange {
        uid: Uid::new(3).unwrap(),
        flags: Flags::from_names(["\\Seen", "todo"]),
        mod_seq: ModSeq::new(50),
        labels: None,
    };
    writer.flags(inbox, validity(1), vec![flags]);
    writer.flush().unwrap();
    place.check();
    let row = &place.rows(archive)[0];
    assert_eq!(row.flags.names().collect::<Vec<_>>(), ["\\Seen", "todo"]);
    // The server says that it is gone there before it says that the move is done.
    place.vanishes(inbox, 1, 3);
    place.check();
    assert_eq!(place.list(archive), [(target.message, 0)], "still shown");
    let mut reader = place.fixture.reader();
    assert_eq!(reader.known_uids(inbox, 1).unwrap().to_string(), "1:2");
    assert_eq!(reader.sync_state(inbox).unwrap().n_headers, 2);
    let gone = reader.message_at(inbox, validity(1), Uid::new(3).unwrap());
    assert_eq!(gone.unwrap(), None);
    place.close(operation, target, Outcome::Done(Some(address(9))));
    assert_eq!(place.list(archive), [(target.message, 9)]);
    let body = reader.body(target.message).unwrap();
    assert_eq!(body, Some(StoredBody::Whole(b"three".to_vec())));

    // Another client was faster: gone for good.
    let target = place.fixture.target(2);
    let operation = place.record(Change::Move { to: archive }, vec![target]);
    place.vanishes(inbox, 1, 2);
    place.close(operation, target, Outcome::Gone);
    assert_eq!((place.rows(inbox).len(), place.rows(archive).len()), (1, 1));
}

#[test]
fn without_an_address_the_header_finds_its_message() {
    let place = Place::new(3);
    let archive = place.archive;
    let target = place.fixture.target(1);
    let operation = place.record(Change::Move { to: archive }, vec![target]);
    place.close(operation, target, Outcome::Done(None));
    assert_eq!(place.list(archive), [(target.message, 0)]);
    // What was on its way before the move says nothing of it.
    place.sync(archive, 1, 0);
    assert_eq!(place.list(archive), [(target.message, 0)]);
    place.arrives(archive, moved(1, 12));
    place.check();
    assert_eq!(place.list(archive), [(target.message, 12)]);

    // The header came first, as a message of its own.
    let target = place.fixture.target(2);
    let operation = place.record(Change::Move { to: archive }, vec![target]);
    place.arrives(archive, moved(2, 13));
    assert_eq!(place.rows(archive).len(), 3);
    place.close(operation, target, Outcome::Done(Some(address(13))));
    let list: Vec<u32> = place.list(archive).iter().map(|(_, uid)| *uid).collect();
    assert_eq!(list, [13, 12]);
    assert_eq!(place.list(archive)[0].0, target.message);

    // Never seen there: let go of once the mailbox is known beyond it.
    let target = place.fixture.target(3);
    let operation = place.record(Change::Move { to: archive }, vec![target]);
    place.close(operation, target, Outcome::Done(None));
    place.sync(archive, 20, 2);
    place.check();
    assert_eq!(place.rows(archive).len(), 2);
}

#[test]
fn the_same_message_by_the_servers_id_takes_its_place() {
    let place = Place::new(0);
    let (inbox, archive) = (place.fixture.inbox, place.archive);
    place.fixture.select(1, 1);
    let known = |uid, epoch_header: FetchedHeader| FetchedHeader {
        uid: Uid::new(uid).unwrap(),
        email_id: "M1".to_owned(),
        ..epoch_header
    };
    place.fixture.insert(vec![known(1, header(1))]);
    let target = place.fixture.target(1);
    let operation = place.record(Change::Move { to: archive }, vec![target]);
    place.arrives(archive, known(33, header(1)));
    place.check();
    assert_eq!(place.list(archive), [(target.message, 33)]);
    place.vanishes(inbox, 1, 1);
    place.close(operation, target, Outcome::Done(None));
    assert_eq!(place.list(archive), [(target.message, 33)]);
}

#[test]
fn copies_and_deletions() {
    let place = Place::new(3);
    let (inbox, archive) = (place.fixture.inbox, place.archive);
    let target = place.fixture.target(1);
    let copy = place.record(Change::Copy { to: archive }, vec![target]);
    assert_eq!((place.rows(inbox).len(), place.rows(archive).len()), (3, 1));
    place.close(copy, target, refused());
    assert_eq!((place.rows(inbox).len(), place.rows(archive).len()), (3, 0));
    let copy = place.record(Change::Copy { to: archive }, vec![target]);
    place.close(copy, target, Outcome::Done(Some(address(2))));
    assert_eq!(place.list(archive), [(target.message, 2)]);
    // A second copy is the server's to show.
    let copy = place.record(Change::Copy { to: archive }, vec![target]);
    place.close(copy, target, Outcome::Done(Some(address(3))));
    assert_eq!(place.list(archive), [(target.message, 2)]);
    place.arrives(archive, moved(1, 3));
    place.check();
    assert_eq!(place.rows(archive).len(), 2);

    let two = place.fixture.target(2);
    let delete = place.record(Change::Delete, vec![two]);
    assert_eq!(place.rows(inbox).len(), 2);
    place.close(delete, two, refused());
    assert_eq!(place.rows(inbox).len(), 3);
    let delete = place.record(Change::Delete, vec![two]);
    place.vanishes(inbox, 1, 2);
    place.close(delete, two, Outcome::Done(None));
    assert_eq!(place.rows(inbox).len(), 2);
}
