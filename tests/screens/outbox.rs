//! The outbox: what is said of it, its page, and the end that waits for it.

use sterna::channel::effect::Effect;
use sterna::channel::error::RemoteError;
use sterna::channel::event::{Connection, Event, Timer};
use sterna::channel::outbox::{OutboxId, OutboxRow, OutboxState};

use crate::harness::*;
use crate::post::row;

fn changed(screen: &mut Screen, row: OutboxRow) {
    screen.send(Event::MailChanged(Box::new(row)));
}

fn with(rows: Vec<OutboxRow>) -> Screen {
    let mut screen = Screen::new(inbox());
    screen.post.outbox = rows;
    screen.at(100, 30)
}

fn has(screen: &Screen, effect: &Effect) -> bool {
    screen.effects.contains(effect)
}

#[test]
fn what_is_left_of_the_last_run_is_said() {
    let screen = with(vec![row(1, OutboxState::Queued, "Lunch")]);
    assert!(screen.shows("1 mail in the outbox, go lists it") && screen.shows("1 in outbox"));
    let screen = with(vec![
        row(1, OutboxState::Queued, "Lunch"),
        row(2, OutboxState::Uncertain, "Dinner"),
    ]);
    assert!(
        screen.shows("1 mail: nobody knows whether it was sent"),
        "{}",
        screen.text()
    );
    assert!(screen.shows("1 uncertain"));
}

#[test]
fn a_mail_is_followed_on_the_status_line() {
    let mut screen = with(Vec::new());
    changed(&mut screen, row(1, OutboxState::Sending, "Lunch"));
    assert!(screen.shows("1 sending"));
    changed(&mut screen, row(1, OutboxState::Accepted, "Lunch"));
    assert!(screen.shows("sent: Lunch") && !screen.shows("1 sending"));
    changed(&mut screen, row(1, OutboxState::Sent, "Lunch"));
    assert!(screen.model.outbox.rows.is_empty());
    let mut failed = row(2, OutboxState::Failed, "Dinner");
    failed.error = safe("550 no such user");
    changed(&mut screen, failed);
    assert!(
        screen.shows("not sent, go tells more: 550 no such user"),
        "{}",
        screen.text()
    );
    assert!(screen.shows("1 not sent"));
}

#[test]
fn a_mail_is_tried_again_edited_and_given_up() {
    let mut failed = row(2, OutboxState::Failed, "Dinner");
    failed.error = safe("550 no such user");
    let mut screen = with(vec![row(1, OutboxState::Queued, "Lunch"), failed]);
    screen.press("go j r");
    assert!(has(&screen, &Effect::RetryMail(OutboxId(2))));
    screen.press("enter");
    assert!(screen.shows("From anna@example.org") && screen.shows("not tried yet"));
    screen.press("enter k d");
    assert!(screen.shows("Give this mail up?"));
    screen.press("n");
    assert!(
        !has(&screen, &Effect::DropMail(OutboxId(1))) && screen.shows("it stays in the outbox")
    );
    screen.press("go d y");
    assert!(has(&screen, &Effect::DropMail(OutboxId(1))));
    screen.press("go e");
    assert!(has(&screen, &Effect::TakeBack(OutboxId(2))));
}

#[test]
fn what_is_uncertain_is_never_sent_again_without_a_question() {
    let mut screen = with(vec![row(1, OutboxState::Uncertain, "Dinner")]);
    screen.press("go r");
    assert!(
        screen.shows("Send this mail again?") && !has(&screen, &Effect::RetryMail(OutboxId(1)))
    );
    screen.press("esc go e");
    assert!(!has(&screen, &Effect::TakeBack(OutboxId(1))));
    screen.press("s");
    let settled = Effect::ResolveMail {
        outbox: OutboxId(1),
        as_sent: true,
    };
    assert!(has(&screen, &settled));
    screen.press("r y");
    assert!(has(&screen, &Effect::RetryMail(OutboxId(1))));
}

#[test]
fn what_is_being_sent_is_left_alone() {
    let mut screen = with(vec![row(1, OutboxState::Committing, "Lunch")]);
    screen.press("go d");
    assert!(screen.shows("too late") && !screen.shows("Give this mail up?"));
}

#[test]
fn quitting_waits_for_mail_and_asked_again_leaves_it() {
    let mut screen = with(Vec::new());
    screen.press("r esc y Q");
    assert!(
        screen.shows("Sending 1 mail… q again leaves it in the outbox"),
        "{}",
        screen.text()
    );
    let own = screen.post.outbox[0].id;
    assert!(has(&screen, &Effect::Flush(vec![own])) && !has(&screen, &Effect::Quit));
    let mut sending = screen.post.outbox[0].clone();
    sending.state = OutboxState::Sending;
    changed(&mut screen, sending.clone());
    assert!(!has(&screen, &Effect::Quit));
    sending.state = OutboxState::Accepted;
    changed(&mut screen, sending);
    assert!(has(&screen, &Effect::Quit));

    let mut screen = with(vec![row(1, OutboxState::Sending, "Lunch")]);
    screen.press("q");
    assert!(!has(&screen, &Effect::Quit));
    screen.press("q");
    assert!(has(&screen, &Effect::Quit));
}

#[test]
fn quitting_does_not_wait_for_what_is_held_in_another_window() {
    let mut screen = with(vec![row(1, OutboxState::Held, "Lunch")]);
    screen.press("Q");
    assert!(has(&screen, &Effect::Quit));
}

#[test]
fn quitting_does_not_wait_for_what_cannot_go() {
    let mut failed = row(1, OutboxState::Queued, "Lunch");
    failed.error = safe("451 try later");
    let waits = vec![
        failed,
        row(2, OutboxState::Uncertain, "x"),
        row(3, OutboxState::Scheduled, "y"),
    ];
    let mut screen = with(waits);
    screen.press("Q");
    assert!(has(&screen, &Effect::Quit));

    let mut screen = with(vec![row(1, OutboxState::Queued, "Lunch")]);
    screen.send(Event::Connection {
        account: HOME,
        state: Connection::OfflineByChoice,
    });
    screen.press("Q");
    assert!(has(&screen, &Effect::Quit));
}

/// Mail is sent over a connection of its own.
#[test]
fn a_lost_connection_to_the_mailbox_stops_neither_the_countdown_nor_the_sending() {
    let mut screen = with(Vec::new());
    screen.send(Event::Connection {
        account: HOME,
        state: Connection::Offline {
            error: RemoteError::Offline {
                cause: safe("connection refused"),
            },
            retry_seconds: Some(30),
        },
    });
    screen.press("r esc y");
    assert!(screen.shows("Sending in 10 s"), "{}", screen.text());
    screen.press("Q");
    assert!(screen.shows("Sending 1 mail") && !has(&screen, &Effect::Quit));
    let mut deferred = screen.post.outbox[0].clone();
    (deferred.state, deferred.error) = (OutboxState::Queued, safe("no network"));
    changed(&mut screen, deferred);
    assert!(has(&screen, &Effect::Quit));
}

#[test]
fn who_goes_on_does_not_end() {
    let mut screen = with(vec![row(1, OutboxState::Sending, "Lunch")]);
    screen.press("Q j");
    changed(&mut screen, row(1, OutboxState::Accepted, "Lunch"));
    assert!(!has(&screen, &Effect::Quit));
}

#[test]
fn every_mail_that_waits_says_why_and_when_it_is_tried_next() {
    let mut away = row(1, OutboxState::Queued, "Lunch");
    (away.error, away.not_before) = (safe("no connection: refused"), Some(NOW + 12));
    let mut later = row(2, OutboxState::Queued, "Tea");
    (later.error, later.not_before) = (safe("451 try later"), Some(NOW + 90));
    let mut screen = with(vec![away, later]);
    screen.press("go");
    for words in [
        "again in 12 s",
        "no connection: refused",
        "again in 2 min",
        "451 try later",
    ] {
        assert!(screen.shows(words), "{words}: {}", screen.text());
    }
    // The seconds are counted while they are seen.
    screen.send(Event::Now {
        seconds: NOW + 1,
        offset: 0,
    });
    assert!(screen.shows("again in 11 s"), "{}", screen.text());
    let rung = Effect::After {
        milliseconds: 1_000,
        timer: Timer::Clock,
    };
    assert!(has(&screen, &rung));

    let mut screen = with(vec![row(1, OutboxState::Queued, "Lunch")]);
    for (state, words) in [
        (Connection::OfflineByChoice, "You are offline by choice"),
        (Connection::Elsewhere, "Another Sterna on this machine"),
    ] {
        screen.send(Event::Connection {
            account: HOME,
            state,
        });
        screen.press("go");
        assert!(screen.shows(words), "{}", screen.text());
        screen.press("esc");
    }
}
