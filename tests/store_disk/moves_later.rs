//! Moves that meet a lost cache, a renumbered mailbox, or a destination that goes.

use sterna::channel::operation::{Change, Outcome, Target};
use sterna::mail::flag::Keyword;
use sterna::store::journal::Arrival;

use crate::place::{Place, address, mailboxes, moved, placed};
use crate::support::{Fixture, header, listed, selected};

#[test]
fn a_lost_cache_is_projected_again_as_the_headers_come_back() {
    let place = Place::new(4);
    let (one, two) = (place.fixture.target(1), place.fixture.target(2));
    place.record(Change::Move { to: place.archive }, vec![one, two]);
    place.record(Change::Delete, vec![place.fixture.target(3)]);
    let Place {
        fixture,
        archive,
        spare,
    } = place;
    let fixture = fixture.reopen(|paths| {
        std::fs::remove_dir_all(&paths.cache).unwrap();
    });
    assert_eq!(mailboxes(&fixture), [archive, spare]);
    fixture.select(1, 4);
    fixture.insert((1..=4).map(header).collect());
    fixture.sync(1, 4);
    let place = Place {
        fixture,
        archive,
        spare,
    };
    place.check();
    assert_eq!(place.rows(place.fixture.inbox).len(), 1);
    assert_eq!(
        place.list(archive),
        [(two.message, 0), (one.message, 0)],
        "under their old numbers"
    );
}

#[test]
fn what_a_lost_cache_knew_of_a_message_is_not_taken_for_its_absence() {
    let place = Place::new(1);
    let (inbox, archive) = (place.fixture.inbox, place.archive);
    let message = place.fixture.target(1).message;
    let arrived = |fixture: &Fixture| {
        let there = Target {
            message,
            mailbox: archive,
        };
        fixture.reader().arrival(there, None).unwrap()
    };
    assert_eq!(arrived(&place.fixture), Arrival::Missing);
    place.record(
        Change::Move { to: archive },
        vec![Target {
            message,
            mailbox: inbox,
        }],
    );
    let fixture = place.fixture.reopen(|paths| {
        std::fs::remove_dir_all(&paths.cache).unwrap();
    });
    mailboxes(&fixture);
    fixture.writer().selected(archive, selected(7, 0)).unwrap();
    assert_eq!(arrived(&fixture), Arrival::Unknown);
}

#[test]
fn renumbered_sources_and_destinations() {
    let place = Place::new(4);
    let (inbox, archive) = (place.fixture.inbox, place.archive);
    let (one, three) = (place.fixture.target(1), place.fixture.target(3));
    let operation = place.record(Change::Move { to: archive }, vec![one]);
    place.record(Change::Delete, vec![three]);
    place.fixture.select(2, 4);
    place.check();
    place
        .fixture
        .insert_under(2, (1..=4).map(|old| moved(old, 5 - old)).collect());
    place.fixture.sync(2, 4);
    place.check();
    assert_eq!(place.list(archive), [(one.message, 0)]);
    // A deletion for good is never rebound by content: the message is back, the operation is before the user.
    assert_eq!(place.rows(inbox).len(), 3);
    let mut reader = place.fixture.reader();
    let open = reader.open_operations(place.fixture.account).unwrap();
    assert_eq!(open[0].targets[0].key.unwrap().uid.get(), 4);
    assert!(open[1].targets.is_empty() && open[1].parked[0].1.contains("only you can say"));
    // The destination gets other numbers; what comes to it comes under the new ones.
    let writer = place.fixture.writer();
    writer.selected(archive, selected(8, 0)).unwrap();
    place.check();
    assert_eq!(place.list(archive), [(one.message, 0)]);
    place.close(operation, one, Outcome::Done(Some(address(4))));
    assert_eq!(
        place.list(archive),
        [(one.message, 0)],
        "an address of before"
    );
}

#[test]
fn a_destination_that_goes_gives_its_messages_back() {
    let place = Place::new(2);
    let target = place.fixture.target(2);
    place.record(Change::Move { to: place.spare }, vec![target]);
    let names = ["INBOX", "Archive"].map(|name| listed(name, None));
    let writer = place.fixture.writer();
    writer
        .listing(place.fixture.account, names.to_vec())
        .unwrap();
    place.check();
    assert_eq!(place.rows(place.fixture.inbox).len(), 2);
    let mut reader = place.fixture.reader();
    let open = reader.open_operations(place.fixture.account).unwrap();
    assert!(open[0].parked[0].1.contains("not on the server any more"));
}

#[test]
fn keywords_are_merged_like_flags_and_stay_here_where_the_server_keeps_none() {
    let place = Place::new(2);
    let target = place.fixture.target(1);
    let word = |on| Change::Keyword {
        keyword: Keyword::parse("todo").unwrap(),
        on,
    };
    let shown = |place: &Place, mailbox| {
        let rows = place.rows(mailbox).into_iter();
        let mut rows = rows.filter(|row| row.key.message == target.message);
        rows.next().unwrap().flags.keywords().contains("todo")
    };
    let inbox = place.fixture.inbox;
    let operation = place.record(word(true), vec![target]);
    assert!(shown(&place, inbox));
    place.close(operation, target, Outcome::Local);
    assert!(shown(&place, inbox));
    assert_eq!(place.fixture.reader().n_pending(None).unwrap(), 0);
    // It goes along with the message, and outlives a restart.
    let moving = place.record(Change::Move { to: place.archive }, vec![target]);
    assert!(shown(&place, place.archive));
    place.close(moving, target, Outcome::Done(Some(address(3))));
    assert!(shown(&place, place.archive));
    let place = place.crash_and_open();
    assert!(shown(&place, place.archive));
    // Until it is taken off, which nobody but this machine need know.
    let there = placed(place.archive, target.message);
    let off = place.record(word(false), vec![there]);
    assert!(!shown(&place, place.archive));
    place.close(off, there, Outcome::Done(None));
    assert!(!shown(&place, place.archive));
}

#[test]
fn one_action_of_several_changes_goes_in_their_order() {
    let place = Place::new(2);
    let targets = vec![place.fixture.target(1), place.fixture.target(2)];
    let junk = Change::Keyword {
        keyword: Keyword::junk(),
        on: true,
    };
    let changes = vec![junk, Change::Move { to: place.spare }];
    let recorded = place.action(changes, targets);
    assert_eq!((recorded.operations.len(), recorded.n_targets), (2, 2));
    let rows = place.rows(place.spare);
    assert_eq!(rows.len(), 2);
    assert!(
        rows.iter()
            .all(|row| row.flags.keywords().contains("$Junk"))
    );
}
