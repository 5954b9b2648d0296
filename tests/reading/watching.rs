//! What other clients do appears while Sterna looks on: by IDLE, by asking where there is none, in INBOX always.

use sterna::channel::event::Event;
use sterna::channel::job::Job;
use sterna::demo::dialect::Dialect;
use sterna::mail::mailbox::MailboxId;

use crate::equal::{difference_in, until_equal};
use crate::place::{Desk, GUARD, Place, deliver, dialects, stop};

/// The store equals the server in this folder, and the screen was told since.
fn appears(place: &Place, desk: &mut Desk, folder: &str, what: &str) {
    let mailbox: MailboxId = desk.mailbox(folder);
    desk.until(what, |desk| {
        difference_in(&place.server, desk, folder).is_none()
    });
    desk.event(what, |event| *event == Event::RowsChanged(mailbox));
}

fn changes_appear(place: &Place, desk: &mut Desk, folder: &str, dialect: &str) {
    let server = &place.server;
    desk.drain();
    desk.seen.clear();
    let uid = deliver(server, folder, 700, &[]);
    appears(place, desk, folder, &format!("{dialect}: new mail"));
    server.set_flags(folder, uid, &["\\Seen", "$Work"]);
    appears(place, desk, folder, &format!("{dialect}: flags"));
    server.expunge(folder, &[1, uid]);
    appears(place, desk, folder, &format!("{dialect}: expunges"));
    for number in 701..720 {
        deliver(server, folder, number, &["\\Flagged"]);
    }
    server.expunge(folder, &[2]);
    server.set_flags(folder, 3, &["\\Answered"]);
    appears(place, desk, folder, &format!("{dialect}: all at once"));
}

#[test]
fn changes_in_the_open_folder_appear() {
    for (name, dialect) in dialects() {
        let place = Place::with(dialect, 5);
        let mut desk = place.open();
        let engine = desk.engine();
        desk.online();
        until_equal(&place.server, &mut desk, name);
        changes_appear(&place, &mut desk, "INBOX", name);
        stop(engine);
    }
}

/// Five messages in INBOX and five in Archive.
fn with_archive(dialect: Dialect) -> Place {
    let place = Place::with(dialect, 5);
    for number in 10..15 {
        deliver(&place.server, "Archive", number, &[]);
    }
    place
}

#[test]
fn changes_in_inbox_appear_while_another_folder_is_open() {
    for (name, dialect) in dialects() {
        let place = with_archive(dialect);
        let mut desk = place.open();
        let engine = desk.engine();
        desk.online();
        until_equal(&place.server, &mut desk, name);
        let archive = desk.mailbox("Archive");
        engine.submit(Job::OpenMailbox(archive));
        changes_appear(&place, &mut desk, "INBOX", name);
        changes_appear(&place, &mut desk, "Archive", name);
        stop(engine);
    }
}

#[test]
fn a_folder_opened_later_is_brought_up_to_date() {
    for (name, dialect) in dialects() {
        let place = with_archive(dialect);
        let mut desk = place.open();
        let engine = desk.engine();
        desk.online();
        until_equal(&place.server, &mut desk, name);
        place.server.set_flags("Archive", 2, &["\\Flagged"]);
        place.server.expunge("Archive", &[3]);
        let archive = desk.mailbox("Archive");
        engine.submit(Job::OpenMailbox(archive));
        until_equal(&place.server, &mut desk, name);
        stop(engine);
    }
}

#[test]
fn idle_is_left_for_a_job_and_taken_up_again() {
    let place = Place::with(Dialect::full(), 5);
    let mut desk = place.open();
    let engine = desk.engine();
    desk.online();
    assert!(place.server.await_command("IDLE", GUARD));
    for round in 1..=3_usize {
        engine.submit(Job::SyncNow);
        let is_back = place.server.await_log(GUARD, |log| {
            let n_idle = log.iter().filter(|entry| entry.name == "IDLE").count();
            let n_done = log.iter().filter(|entry| entry.name == "DONE").count();
            n_idle > round && n_done >= round
        });
        assert!(is_back, "round {round}");
    }
    assert!(place.n_commands("LIST") >= 4);
    stop(engine);
}

#[test]
fn folders_that_nobody_looks_at_are_looked_at_now_and_then() {
    for (name, dialect) in dialects() {
        let mut place = Place::with(dialect, 5);
        place.pace.idle_for = std::time::Duration::from_millis(100);
        deliver(&place.server, "Archive", 10, &[]);
        let mut desk = place.open();
        let engine = desk.engine();
        desk.online();
        until_equal(&place.server, &mut desk, name);
        deliver(&place.server, "Archive", 11, &[]);
        deliver(&place.server, "New", 12, &[]);
        until_equal(&place.server, &mut desk, name);
        stop(engine);
    }
}
