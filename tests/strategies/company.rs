//! Servers with room for one connection: everything works over it, and it is said.

use sterna::channel::event::Event;
use sterna::channel::job::Job;
use sterna::demo::dialect::Dialect;
use sterna::demo::fault::{Fault, FaultKind, FaultPlan};
use sterna::mail::flag::SystemFlag;

use crate::equal::{difference_in, until_equal};
use crate::place::{GUARD, Place, deliver, stop};

/// Refuses every login but the first.
fn one_login(answer: &str) -> FaultPlan {
    let refuse = FaultKind::Refuse {
        command: "AUTHENTICATE".to_owned(),
        answer: answer.to_owned(),
    };
    FaultPlan::new(vec![Fault::always(refuse).after(1)])
}

/// Says goodbye to every connection but the first.
fn one_greeting() -> FaultPlan {
    let faults = (2..200).map(|connection| {
        let goodbye = b"* BYE Too many connections\r\n".to_vec();
        Fault::always(FaultKind::Greeting(goodbye)).on(connection)
    });
    FaultPlan::new(faults.collect())
}

#[test]
fn one_connection_is_enough_for_everything() {
    for (name, plan) in [
        (
            "UNAVAILABLE",
            one_login("NO [UNAVAILABLE] Maximum number of connections exceeded"),
        ),
        ("LIMIT", one_login("NO [LIMIT] no more")),
        (
            "ALERT",
            one_login("NO [ALERT] Too many simultaneous connections. (Failure)"),
        ),
        ("no code", one_login("NO no more")),
        ("BYE", one_greeting()),
    ] {
        let place = Place::with(Dialect::full(), 350);
        for number in 400..410 {
            deliver(&place.server, "Archive", number, &[]);
        }
        place.server.set_faults(plan);
        let mut desk = place.open();
        let engine = desk.engine();
        until_equal(
            &place.server,
            &mut desk,
            &format!("{name}: gaps and other folders"),
        );
        desk.event(&format!("{name}: it is said"), |event| {
            matches!(event, Event::Notice(text) if text.as_str().contains("no second connection"))
        });
        desk.online();
        // Another folder is open: INBOX is looked at now and then.
        let archive = desk.mailbox("Archive");
        engine.submit(Job::OpenMailbox(archive));
        deliver(&place.server, "INBOX", 500, &[]);
        deliver(&place.server, "Archive", 501, &[]);
        until_equal(
            &place.server,
            &mut desk,
            &format!("{name}: both are followed"),
        );
        desk.record(&[7], SystemFlag::Seen, true);
        engine.submit(Job::JournalChanged);
        until_equal(&place.server, &mut desk, &format!("{name}: the journal"));
        deliver(&place.server, "Lists", 502, &[]);
        desk.seen.clear();
        engine.submit(Job::SyncNow);
        desk.event(&format!("{name}: an answer"), |event| {
            matches!(event, Event::Synced(_))
        });
        until_equal(&place.server, &mut desk, name);
        desk.drain();
        let asked = desk
            .seen
            .iter()
            .any(|event| matches!(event, Event::PasswordWanted { .. }));
        assert!(!asked, "{name}: the password is good");
        stop(engine);
    }
}

#[test]
fn with_room_again_there_are_two() {
    let place = Place::with(Dialect::full(), 3);
    place.server.set_faults(one_login("NO [UNAVAILABLE] full"));
    deliver(&place.server, "Archive", 10, &[]);
    let mut desk = place.open();
    let engine = desk.engine();
    until_equal(&place.server, &mut desk, "alone");
    place.heal();
    place.server.clear_log();
    // The pause is over at some time: then work goes to the second connection again.
    for number in 11.. {
        deliver(&place.server, "Archive", number, &[]);
        engine.submit(Job::SyncNow);
        until_equal(&place.server, &mut desk, "with or without company");
        if place.n_commands("AUTHENTICATE") > 0 {
            break;
        }
    }
    stop(engine);
}

#[test]
fn the_second_connection_makes_room_for_the_first() {
    let place = Place::with(Dialect::full(), 3);
    deliver(&place.server, "Archive", 10, &[]);
    let mut desk = place.open();
    let engine = desk.engine();
    desk.online();
    let archive = desk.mailbox("Archive");
    engine.submit(Job::OpenMailbox(archive));
    // The second connection watches INBOX.
    assert!(place.server.await_log(GUARD, |log| {
        log.iter()
            .any(|entry| entry.connection == 2 && entry.name == "IDLE")
    }));
    let refuse = FaultKind::Refuse {
        command: "AUTHENTICATE".to_owned(),
        answer: "NO [UNAVAILABLE] full".to_owned(),
    };
    let cut = FaultKind::DropOn {
        command: "LIST".to_owned(),
    };
    place.server.set_faults(FaultPlan::new(vec![
        Fault::always(refuse),
        Fault::always(cut).on(1),
    ]));
    engine.submit(Job::SyncNow);
    desk.until("nobody is left on the server", |_| {
        place.server.n_connections() == 0
    });
    place.heal();
    deliver(&place.server, "INBOX", 20, &[]);
    desk.until("both folders", |desk| {
        ["INBOX", "Archive"]
            .iter()
            .all(|name| difference_in(&place.server, desk, name).is_none())
    });
    stop(engine);
}
