//! Two Sternas on one account: on one machine they share what is known, on two each hears of the other by one push.

use sterna::channel::job::Job;
use sterna::channel::operation::Change;
use sterna::demo::dialect::Dialect;
use sterna::mail::flag::SystemFlag;

use crate::place::{Desk, GUARD, Place, directory, stop};
use crate::view::{here, targets, there};

/// Moves the first message of INBOX to Archive and stars the next.
fn act(desk: &mut Desk) {
    let chosen = targets(desk, "INBOX");
    let to = desk.mailbox("Archive");
    let (moved, starred) = (chosen[0].1, chosen[1].1);
    let flag = SystemFlag::Flagged;
    for (target, change) in [
        (moved, Change::Move { to }),
        (starred, Change::Flag { flag, on: true }),
    ] {
        let ticket = sterna::channel::operation::Ticket(1);
        let action =
            sterna::channel::operation::Action::new(ticket, desk.account, change, vec![target]);
        desk.store.writer().record_now(action).unwrap();
    }
}

fn place() -> Place {
    let place = Place::with(Dialect::full(), 5);
    for mailbox in ["Archive", "Trash", "Work"] {
        place.server.create(mailbox, None);
    }
    place
}

#[test]
fn two_on_one_machine_show_the_same_before_the_server_knows() {
    let place = place();
    let mut one = place.open();
    one.sync();
    let mut other = place.open();
    act(&mut one);
    let promised = here(&mut one);
    assert_eq!(here(&mut other), promised);
    assert_eq!(other.reader.n_pending(None).unwrap(), 2);
    one.sync();
    assert_eq!(here(&mut other), promised);
    assert_eq!(there(&place.server), promised);
    assert_eq!(other.reader.n_pending(None).unwrap(), 0);
}

#[test]
fn two_homes_hear_of_each_other_by_one_push() {
    let place = place();
    let second = directory();
    let (mut one, mut other) = (place.open(), place.open_at(second.path()));
    one.sync();
    other.sync();
    let engines = [one.engine(), other.engine()];
    one.online();
    other.online();
    let idles = |log: &[sterna::demo::shared::Logged]| {
        log.iter().filter(|entry| entry.name == "IDLE").count() >= 2
    };
    assert!(place.server.await_log(GUARD, idles));
    let n_before = place.server.log().len();
    let connections: std::collections::BTreeSet<u32> = place
        .server
        .log()
        .iter()
        .filter(|entry| entry.name == "IDLE")
        .map(|entry| entry.connection)
        .collect();
    act(&mut one);
    engines[0].submit(Job::JournalChanged);
    let inbox = |desk: &mut Desk| {
        let view = here(desk).at.into_iter();
        view.filter_map(|(number, places)| Some((number, places.get("INBOX")?.clone())))
            .collect::<Vec<_>>()
    };
    let promised = inbox(&mut one);
    assert_eq!(promised.len(), 4);
    other.until("the other shows it", |other| inbox(other) == promised);
    // It asked for nothing: the server told it while it watched.
    let log = place.server.log();
    let acting = log[n_before..]
        .iter()
        .find(|entry| entry.name == "UID MOVE")
        .unwrap()
        .connection;
    let asked = log[n_before..]
        .iter()
        .filter(|entry| connections.contains(&entry.connection) && entry.connection != acting);
    let asked: Vec<&str> = asked.map(|entry| entry.name.as_str()).collect();
    assert!(
        !asked.contains(&"SELECT") && !asked.contains(&"UID FETCH"),
        "{asked:?}"
    );
    for engine in engines {
        stop(engine);
    }
}
