//! Several processes on one home directory: one holds the account, the others look on and take over.

use sterna::channel::event::{Connection, Event};
use sterna::channel::job::Job;
use sterna::demo::dialect::Dialect;
use sterna::engine::lock;
use sterna::mail::flag::SystemFlag;

use crate::equal::until_equal;
use crate::place::{Place, deliver, stop};

#[test]
fn the_second_process_waits_and_takes_over() {
    let place = Place::with(Dialect::full(), 4);
    let (mut first, mut second) = (place.open(), place.open());
    let first_engine = first.engine();
    first.online();
    let second_engine = second.engine();
    second.state("elsewhere", |state| *state == Connection::Elsewhere);
    until_equal(
        &place.server,
        &mut second,
        "the second reads what the first fetched",
    );
    assert_eq!(
        place.n_commands("SELECT"),
        place.n_commands("AUTHENTICATE"),
        "one holder"
    );
    let free = lock::try_take(&second.setup.locks, second.account).unwrap();
    assert!(free.is_none());
    stop(first_engine);
    first.close();
    second.online();
    deliver(&place.server, "INBOX", 50, &[]);
    until_equal(&place.server, &mut second, "the second is the holder now");
    stop(second_engine);
    assert!(
        lock::try_take(&second.setup.locks, second.account)
            .unwrap()
            .is_some()
    );
}

#[test]
fn a_waiting_process_can_be_ended() {
    let place = Place::with(Dialect::full(), 1);
    let (first, mut second) = (place.open(), place.open());
    let _lock = lock::try_take(&first.setup.locks, first.account)
        .unwrap()
        .unwrap();
    let engine = second.engine();
    second.state("elsewhere", |state| *state == Connection::Elsewhere);
    stop(engine);
    assert_eq!(place.server.log().len(), 0);
}

#[test]
fn what_one_process_records_goes_out_through_the_one_that_holds_the_account() {
    let place = Place::with(Dialect::full(), 4);
    let (mut first, mut second) = (place.open(), place.open());
    let engine = first.engine();
    first.online();
    until_equal(&place.server, &mut second, "both see the same");
    let operation = second.record(&[2], SystemFlag::Seen, true);
    engine.submit(Job::JournalChanged); // What the other process's datagram becomes.
    first.event(
        "closed",
        |event| matches!(event, Event::Closed { operation: closed, .. } if *closed == operation),
    );
    assert_eq!(second.reader.n_pending(None).unwrap(), 0);
    until_equal(&place.server, &mut second, "both see the same again");
    until_equal(&place.server, &mut first, "both see the same again");
    stop(engine);
}
