//! Folders that hold messages again: Gmail's All Mail, Starred and Important.

use sterna::channel::job::Job;
use sterna::demo::dialect::Dialect;
use sterna::mail::account::Offline;
use sterna::mail::mailbox::Role;

use crate::equal::{assert_equal, difference_in, until_equal};
use crate::place::{GUARD, Place, deliver, stop};

const ALL: &str = "[Gmail]/All Mail";

/// Every message of INBOX is in All Mail too.
fn place(dialect: Dialect) -> Place {
    let place = Place::new(dialect.with("X-GM-EXT-1"));
    place.server.create(ALL, Some(Role::All));
    place.server.create("[Gmail]/Starred", Some(Role::Flagged));
    for number in 1..=3 {
        let uid = deliver(&place.server, "INBOX", number, &[]);
        place.server.also_in("INBOX", uid, ALL);
        place.server.also_in("INBOX", uid, "[Gmail]/Starred");
    }
    place
}

#[test]
fn they_are_not_followed_before_they_are_opened() {
    for dialect in [
        Dialect::condstore_only(),
        Dialect::condstore_only().without("LIST-STATUS"),
    ] {
        let mut place = place(dialect);
        place.pace.idle_for = std::time::Duration::from_millis(50);
        let mut desk = place.open();
        let engine = desk.engine();
        desk.online();
        // What is asked for in the third round was decided by what the first two brought.
        assert!(place.server.await_log(GUARD, |log| {
            log.iter().filter(|entry| entry.name == "LIST").count() >= 4
        }));
        let asks = |what: &str| {
            let log = place.server.log().into_iter();
            log.filter(|entry| entry.line.contains(what))
                .filter(|entry| entry.line.contains("All Mail") || entry.line.contains("Starred"))
                .count()
        };
        assert_eq!((asks("SELECT"), asks("STATUS \"")), (0, 0));
        let all = desk.mailbox(ALL);
        engine.submit(Job::OpenMailbox(all));
        desk.until("All Mail was opened", |desk| {
            difference_in(&place.server, desk, ALL).is_none()
        });
        let inbox = desk.mailbox("INBOX");
        assert_eq!(
            desk.message(all, 2),
            desk.message(inbox, 2),
            "one message in both"
        );
        stop(engine);
    }
}

#[test]
fn a_whole_copy_has_them_and_each_body_once() {
    let mut place = place(Dialect::condstore_only());
    place.settings.offline = Offline::All;
    let mut desk = place.open();
    let engine = desk.engine();
    until_equal(&place.server, &mut desk, "everything is here");
    stop(engine);
    desk.sync();
    assert_equal(&place.server, &mut desk, "and stays");
    assert_eq!(place.server.counts().bodies, 3);
}
