//! Folders that hold messages again: Gmail's All Mail, Starred and Important.

use sterna::channel::job::Job;
use sterna::channel::operation::Change;
use sterna::channel::rows::{Anchor, WindowQuery};
use sterna::demo::dialect::Dialect;
use sterna::engine::once::Errands;
use sterna::mail::account::Offline;
use sterna::mail::mailbox::Role;

use crate::equal::{assert_equal, difference_in, until_equal};
use crate::place::{Desk, GUARD, Place, deliver, stop};

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

fn labels(desk: &mut Desk, name: &str) -> Vec<String> {
    let query = WindowQuery {
        mailbox: desk.mailbox(name),
        limit: String::new(),
        anchor: Anchor::Newest,
        n_rows: 100,
        serial: 0,
    };
    let window = desk.reader.window(&query).unwrap();
    let labels = window.rows[0].labels.iter();
    labels.map(ToString::to_string).collect()
}

#[test]
fn labels_are_those_of_the_message_wherever_one_looks() {
    for is_off in [false, true] {
        let mut place = Place::new(Dialect::gmail());
        if is_off {
            place.settings.disable = vec!["X-GM-EXT-1".to_owned()];
        }
        let uid = deliver(&place.server, "INBOX", 1, &[]);
        place.server.create("R&-D", None);
        place.server.also_in("INBOX", uid, "R&-D");
        let mut desk = place.open();
        desk.sync();
        let expected: &[&str] = if is_off { &[] } else { &["R&D", "\\Inbox"] };
        for name in ["INBOX", "R&-D"] {
            assert_eq!(labels(&mut desk, name), expected, "{name}");
        }
        // A label more: the message is told to have changed.
        place.server.create("Travel", None);
        place.server.also_in("INBOX", uid, "Travel");
        place.server.set_flags("INBOX", uid, &["\\Seen"]);
        desk.sync();
        let expected: &[&str] = if is_off {
            &[]
        } else {
            &["R&D", "Travel", "\\Inbox"]
        };
        for name in ["INBOX", "R&-D", "Travel"] {
            assert_eq!(labels(&mut desk, name), expected, "{name}");
        }
    }
}

/// All Mail keeps what it has: only a bin takes it from there, and then from everywhere.
#[test]
fn a_move_out_of_all_mail_is_a_label_and_one_to_the_trash_a_move() {
    let place = Place::new(Dialect::gmail());
    deliver(&place.server, "INBOX", 1, &[]);
    place.server.create("Travel", None);
    let mut desk = place.open();
    desk.sync();
    let (all, travel) = (desk.mailbox(ALL), desk.mailbox("Travel"));
    let trash = desk.mailbox("[Gmail]/Trash");
    desk.once(&Errands::Newest(all)).unwrap();
    place.server.clear_log();
    desk.act_in(all, &[1], Change::Move { to: travel });
    desk.once(&Errands::Journal).unwrap();
    let n_commands = |name: &str| place.n_commands(name);
    let asked = (n_commands("UID COPY"), n_commands("UID MOVE"));
    assert_eq!(asked, (1, 0));
    assert_eq!((n_commands("UID STORE"), n_commands("UID EXPUNGE")), (0, 0));
    let n_in = |name: &str| place.server.truth(name).len();
    assert_eq!((n_in(ALL), n_in("INBOX"), n_in("Travel")), (1, 1, 1));
    for opened in [all, travel] {
        desk.once(&Errands::Newest(opened)).unwrap();
    }
    for name in [ALL, "INBOX", "Travel"] {
        assert_eq!(difference_in(&place.server, &mut desk, name), None);
    }
    desk.act_in(all, &[1], Change::Move { to: trash });
    desk.once(&Errands::Journal).unwrap();
    assert_eq!(place.n_commands("UID MOVE"), 1);
    let n_in = |name: &str| place.server.truth(name).len();
    assert_eq!((n_in(ALL), n_in("INBOX"), n_in("Travel")), (0, 0, 0));
    assert_eq!(n_in("[Gmail]/Trash"), 1);
    assert_eq!(desk.reader.n_pending(None).unwrap(), 0);
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
