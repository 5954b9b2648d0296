//! Servers with no room for a third connection, or none for a second: the copies of what was sent are filed all the same,
//! and the lanes are there again afterwards.

use std::time::Duration;

use sterna::channel::draft::Base;
use sterna::channel::event::Event;
use sterna::channel::job::Job;
use sterna::channel::outbox::OutboxState;
use sterna::demo::fault::{Fault, FaultKind};
use sterna::demo::shared::Service;
use sterna::engine::Engine;
use sterna::mail::mailbox::Role;

use crate::drafts::text;
use crate::engine::{await_state, break_smtp, built, n_copies, place, queue, run_on_disk};
use crate::place::{Desk, GUARD, Place, deliver, stop};

#[test]
fn a_lane_gives_its_place_away_while_copies_are_filed_and_has_it_again() {
    for room in [2, 1] {
        let place = place();
        deliver(&place.server, "INBOX", 1, &[]);
        place.server.set_room(room);
        let mut desk = place.open();
        let engine = desk.engine();
        desk.online();
        for n in 1..4 {
            let mail = queue(&desk, built(n));
            engine.submit(Job::JournalChanged);
            await_state(&mut desk, mail, OutboxState::Sent);
            assert_eq!(n_copies(&place, &format!("Mail {n}")), 1, "room for {room}");
            // What comes now is heard of: somebody is there.
            deliver(&place.server, "INBOX", 100 + u32::try_from(n).unwrap(), &[]);
            engine.submit(Job::SyncNow);
            desk.event("everything is up to date", |event| {
                matches!(event, Event::Synced(_))
            });
            let inbox = desk.mailbox("INBOX");
            desk.until("the new mail is in the list", |desk| {
                let state = desk.reader.sync_state(inbox).unwrap();
                let uids: Vec<u32> = place
                    .server
                    .truth("INBOX")
                    .iter()
                    .map(|mail| mail.uid)
                    .collect();
                uids.iter().all(|uid| {
                    let uid = sterna::mail::uid::Uid::new(*uid).unwrap();
                    let found = desk.reader.message_at(inbox, state.validity.unwrap(), uid);
                    found.unwrap().is_some()
                })
            });
        }
        desk.drain();
        let asked = desk
            .seen
            .iter()
            .any(|event| matches!(event, Event::PasswordWanted { .. }));
        assert!(!asked, "the password is good");
        assert_eq!(place.server.submissions().len(), 3);
        stop(engine);
    }
}

#[test]
fn a_sent_folder_is_looked_for_and_made_where_there_is_no_room_for_that() {
    for (room, is_there) in [(2, false), (1, false), (2, true), (1, true)] {
        let place = place();
        place.server.delete_mailbox("Sent");
        deliver(&place.server, "INBOX", 1, &[]);
        place.server.set_room(room);
        let mut desk = place.open();
        let engine = desk.engine();
        desk.online();
        if is_there {
            place.server.create("Sent", Some(Role::Sent));
        }
        let mail = queue(&desk, built(1));
        engine.submit(Job::JournalChanged);
        await_state(&mut desk, mail, OutboxState::Sent);
        assert_eq!(n_copies(&place, "Mail 1"), 1, "room for {room}");
        stop(engine);
    }
}

/// A server with mail in two folders, and an answer that takes its time; with an engine on it that is at its first sync.
fn at_first_sync(room: usize) -> (Place, Desk, Engine) {
    let place = place();
    place.server.create("Drafts", Some(Role::Drafts));
    for number in 1..=600 {
        deliver(&place.server, "INBOX", number, &[]);
        deliver(&place.server, "Archive", number, &[]);
    }
    place.server.set_room(room);
    place.fault(Fault::always(FaultKind::Delay(Duration::from_millis(5))));
    let desk = place.open();
    let engine = desk.engine();
    let n_fetching = |connection| {
        place.server.await_log(GUARD, |log| {
            log.iter().any(|entry| {
                let is_fetch = entry.name == "UID FETCH" || entry.name == "FETCH";
                entry.service == Service::Imap && is_fetch && entry.connection == connection
            })
        })
    };
    assert!(n_fetching(1));
    if room != 1 {
        assert!(n_fetching(2), "both lanes are at work");
    }
    (place, desk, engine)
}

/// Has a mail sent and filed, a draft copied, and an uncertain mail looked for.
fn have_everything_asked(place: &Place, desk: &mut Desk, engine: &Engine) {
    let mail = queue(desk, built(1));
    engine.submit(Job::JournalChanged);
    await_state(desk, mail, OutboxState::Sent);
    assert_eq!(n_copies(place, "Mail 1"), 1);

    let writer = desk.store.writer();
    writer
        .save_draft_now(desk.account, Base::New, text(1))
        .unwrap();
    run_on_disk(place, "UPDATE draft SET changed = 0, created = 0");
    engine.submit(Job::JournalChanged);
    desk.until("the draft has its copy", |_| {
        place.server.truth("Drafts").len() == 1
    });

    // The server hears the end of the mail, and says nothing.
    break_smtp(
        place,
        vec![Fault::once(FaultKind::DropOn {
            command: ".".to_owned(),
        })],
    );
    let mail = queue(desk, built(2));
    engine.submit(Job::JournalChanged);
    await_state(desk, mail, OutboxState::Uncertain);
    assert!(place.server.await_log(GUARD, |log| {
        log.iter()
            .any(|entry| entry.name == "UID SEARCH" && entry.line.contains("2@x"))
    }));
}

#[test]
fn never_are_more_than_two_logged_in() {
    let (place, mut desk, engine) = at_first_sync(0);
    have_everything_asked(&place, &mut desk, &engine);
    place.heal();
    until_all_is_here(&place, &mut desk);
    stop(engine);
    assert_eq!(place.server.most_clients(), 2);
}

#[test]
fn where_one_may_be_logged_in_everything_is_asked_all_the_same() {
    let (place, mut desk, engine) = at_first_sync(1);
    have_everything_asked(&place, &mut desk, &engine);
    place.heal();
    until_all_is_here(&place, &mut desk);
    stop(engine);
    assert_eq!(place.server.most_clients(), 1);
}

/// The second connection stands still with much on its way: mail that was sent does not wait for that.
#[test]
fn a_connection_that_stands_still_is_given_up_for_a_copy_and_its_work_is_done() {
    let (place, mut desk, engine) = at_first_sync(0);
    place.fault(
        Fault::always(FaultKind::StallIn {
            command: "UID FETCH".to_owned(),
            after: 0,
        })
        .on(2),
    );
    let mail = queue(&desk, built(1));
    engine.submit(Job::JournalChanged);
    await_state(&mut desk, mail, OutboxState::Sent);
    assert_eq!(n_copies(&place, "Mail 1"), 1);
    until_all_is_here(&place, &mut desk);
    stop(engine);
    assert_eq!(place.server.most_clients(), 2);
}

/// What the lanes had to do is done.
fn until_all_is_here(place: &Place, desk: &mut Desk) {
    for folder in ["INBOX", "Archive"] {
        let mailbox = desk.mailbox(folder);
        let truth = place.server.truth(folder).len() as u64;
        desk.until(&format!("all of {folder}"), |desk| {
            desk.reader.known_uids(mailbox, 1).unwrap().len() == truth
        });
    }
}
