//! Servers with no room for a third connection, or none for a second: the copies of what was sent are filed all the same,
//! and the lanes are there again afterwards.

use sterna::channel::event::Event;
use sterna::channel::job::Job;
use sterna::channel::outbox::OutboxState;
use sterna::mail::mailbox::Role;

use crate::engine::{await_state, built, n_copies, place, queue};
use crate::place::{deliver, stop};

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
