//! Bounces on their way out.

use sterna::channel::job::Job;
use sterna::channel::outbox::OutboxState;
use sterna::compose::bounce::bounce;
use sterna::demo::fault::{Fault, FaultKind, FaultPlan};
use sterna::mail::composition::Identity;
use sterna::mail::outgoing::Moment;

use crate::engine::{await_state, break_smtp, cut_in, n_copies, place, queue, row};
use crate::place::{Place, stop};

/// What goes wrong with the n-th of them.
fn goes_wrong(place: &Place, n: u128) {
    match n {
        // Filed, and nobody was told.
        1 => place
            .server
            .set_faults(FaultPlan::new(vec![cut_in("APPEND")])),
        2 => break_smtp(
            place,
            vec![Fault::once(FaultKind::DropOn {
                command: ".".to_owned(),
            })],
        ),
        // Taken, and nobody was told.
        _ => break_smtp(place, vec![cut_in(".")]),
    }
}

/// Its own Message-ID is in Resent-Message-ID; in Message-ID it has that of the original, which may lie anywhere.
#[test]
fn a_bounce_has_one_copy_and_is_found_when_it_is_uncertain() {
    let place = place();
    let original =
        b"Message-ID: <first@x>\r\nFrom: a@example.org\r\nSubject: Given on\r\n\r\nText\r\n";
    for mailbox in ["Sent", "INBOX"] {
        place.server.deliver(mailbox, original, &[], 1_772_532_000);
    }
    let mut desk = place.open();
    let engine = desk.engine();
    desk.online();
    let identity = Identity {
        name: "Demo".to_owned(),
        email: "demo@demo.example".to_owned(),
        signature: String::new(),
    };
    for (random, is_taken) in [(1, true), (2, false), (3, true)] {
        let moment = Moment {
            seconds: 1_790_000_000,
            offset_minutes: 0,
            random,
        };
        let built = bounce(original, &identity, "demo@demo.example", &moment).unwrap();
        let id = format!("Resent-Message-ID: <{}>", built.message_id);
        goes_wrong(&place, random);
        let mail = queue(&desk, built);
        engine.submit(Job::JournalChanged);
        if random == 1 {
            desk.until("its copy is looked for again", |desk| {
                !row(desk, mail).error.is_empty() || row(desk, mail).state == OutboxState::Sent
            });
            engine.submit(Job::SyncNow);
        }
        if is_taken {
            await_state(&mut desk, mail, OutboxState::Sent);
            assert_eq!(n_copies(&place, &id), 1, "{random}");
            continue;
        }
        // The original is no sign that the bounce arrived.
        desk.until("it is uncertain, and was looked for", |desk| {
            let db = rusqlite::Connection::open(place.home.path().join("data/state.db")).unwrap();
            let due = db.query_row(
                "SELECT not_before > changed FROM outbox WHERE id = ?1",
                [mail.0],
                |row| row.get::<_, bool>(0),
            );
            row(desk, mail).state == OutboxState::Uncertain && due.unwrap()
        });
        assert_eq!(n_copies(&place, &id), 0, "{random}");
    }
    stop(engine);
    assert_eq!(place.server.submissions().len(), 2);
}
