//! Lists of folders that leave something out: what is known stays, with all that is in it, and what is there is found.

use sterna::channel::event::Event;
use sterna::channel::job::Job;
use sterna::demo::dialect::Dialect;
use sterna::demo::fault::{Fault, FaultKind};
use sterna::demo::server::Server;
use sterna::engine::once::Errands;
use sterna::mail::account::Offline;
use sterna::mail::flag::SystemFlag;
use sterna::mail::mailbox::Role;

use crate::equal::{assert_equal, difference, difference_in, until_equal};
use crate::lasting::notices;
use crate::place::{Desk, GUARD, Place, deliver, stop};

/// Servers that offer the extended LIST and leave something out of its answer.
fn odd() -> [(&'static str, Dialect); 3] {
    let full = Dialect::full;
    [
        ("INBOX is left out", full().leaving_inbox_out()),
        ("nothing comes", full().returning_nothing()),
        (
            "the subscribed alone come",
            full().returning_subscribed_alone(),
        ),
    ]
}

/// Five messages in INBOX and some in two more folders, one of which is not subscribed to.
fn place(dialect: Dialect) -> Place {
    let mut place = Place::with(dialect, 5);
    place.settings.offline = Offline::All;
    deliver(&place.server, "Work", 10, &[]);
    for number in 20..23 {
        deliver(&place.server, "Lists/rust", number, &[]);
    }
    place.server.set_subscribed("Lists/rust", false);
    place
}

/// The same, with all of it here.
fn known(dialect: Dialect) -> (Place, Desk) {
    let place = place(dialect);
    let desk = place.open();
    desk.sync();
    (place, desk)
}

/// What every LIST is answered with, where it is not carried out.
fn answer_lists(place: &Place, lines: &str) {
    place.fault(Fault::always(list_answered(lines)));
}

fn list_answered(lines: &str) -> FaultKind {
    FaultKind::Instead {
        command: "LIST".to_owned(),
        lines: lines.as_bytes().to_vec(),
    }
}

/// Every message of these folders is here, and its text came once.
fn all_are_here(place: &Place, desk: &mut Desk, n_texts: u64, what: &str) {
    for name in ["INBOX", "Work", "Lists/rust"] {
        assert_eq!(difference_in(&place.server, desk, name), None, "{what}");
    }
    let inbox = desk.mailbox("INBOX");
    let message = desk.message(inbox, 3);
    let body = desk.reader.body(message).unwrap();
    assert!(body.is_some(), "{what}: the text is still here");
    let n = place.server.counts().bodies;
    assert_eq!(n, n_texts, "{what}: no text came twice");
}

fn n_returns(server: &Server) -> usize {
    let log = server.log();
    let returns = log.iter().filter(|entry| entry.line.contains("RETURN ("));
    returns.count()
}

#[test]
fn a_server_that_begins_to_leave_folders_out_costs_no_message() {
    for (name, dialect) in odd() {
        let (place, mut desk) = known(Dialect::full());
        let n_texts = place.server.counts().bodies;
        let inbox = desk.mailbox("INBOX");
        let read = desk.message(inbox, 3);
        desk.record(&[2], SystemFlag::Flagged, true);
        place.server.set_dialect(dialect);
        desk.sync();
        all_are_here(&place, &mut desk, n_texts, name);
        assert_eq!(
            (desk.mailbox("INBOX"), desk.message(inbox, 3)),
            (inbox, read)
        );
        let flags = &place.server.truth("INBOX")[1].flags;
        assert!(flags.has(SystemFlag::Flagged), "{name}: the change arrived");
    }
}

#[test]
fn a_first_start_finds_every_folder_of_such_a_server() {
    for (name, dialect) in odd() {
        let place = place(dialect);
        let mut desk = place.open();
        desk.sync();
        assert_equal(&place.server, &mut desk, name);
    }
}

#[test]
fn such_a_server_is_asked_so_once_on_a_connection() {
    for (name, dialect) in odd() {
        let place = place(dialect);
        let mut desk = place.open();
        let engine = desk.engine();
        until_equal(&place.server, &mut desk, name);
        let n = n_returns(&place.server);
        for number in 30..33 {
            deliver(&place.server, "Lists/rust", number, &[]);
            engine.submit(Job::SyncNow);
            until_equal(&place.server, &mut desk, name);
        }
        assert_eq!(n_returns(&place.server), n, "{name}");
        stop(engine);
        desk.close();
    }
}

#[test]
fn a_list_that_forgets_a_folder_once_takes_none_away() {
    let with_inbox_alone =
        "* LIST () \"/\" INBOX\r\n* STATUS INBOX (MESSAGES 5)\r\n{tag} OK done\r\n";
    for dialect in [Dialect::full(), Dialect::bare()] {
        for lines in [with_inbox_alone, "{tag} OK done\r\n", "{tag} BAD what?\r\n"] {
            let (place, mut desk) = known(dialect.clone());
            let n_texts = place.server.counts().bodies;
            place.fault(Fault::once(list_answered(lines)));
            desk.sync();
            all_are_here(&place, &mut desk, n_texts, lines);
        }
    }
}

#[test]
fn a_folder_that_is_gone_goes() {
    for dialect in [Dialect::full(), Dialect::bare()] {
        let (place, mut desk) = known(dialect);
        place.server.delete_mailbox("Lists/rust");
        desk.sync();
        assert_eq!(difference(&place.server, &mut desk), None);
    }
}

#[test]
fn without_inbox_in_any_list_nothing_goes() {
    for lines in [
        "* LIST () \"/\" Work\r\n{tag} OK done\r\n",
        "{tag} OK done\r\n",
    ] {
        let (place, mut desk) = known(Dialect::full());
        let n_texts = place.server.counts().bodies;
        answer_lists(&place, lines);
        deliver(&place.server, "Work", 11, &[]);
        let _ = desk.once(&Errands::Everything);
        for name in ["INBOX", "Lists/rust"] {
            assert_eq!(difference_in(&place.server, &mut desk, name), None);
        }
        place.heal();
        desk.sync();
        all_are_here(&place, &mut desk, n_texts + 1, lines);
    }
}

#[test]
fn an_inbox_that_only_its_name_brings_out_takes_no_other_folder_away() {
    for lines in [
        "* LIST () \"/\" Work\r\n{tag} OK done\r\n",
        "{tag} OK done\r\n",
    ] {
        let (place, mut desk) = known(Dialect::full());
        let n_texts = place.server.counts().bodies;
        let twice = Fault {
            times: Some(2),
            ..Fault::always(list_answered(lines))
        };
        place.fault(twice);
        place.server.clear_log();
        desk.once(&Errands::Folders).unwrap();
        assert_eq!(place.n_commands("LIST"), 3, "twice all, then INBOX");
        all_are_here(&place, &mut desk, n_texts, lines);
    }
}

#[test]
fn inbox_is_read_on_a_server_that_lists_nothing() {
    for (lines, is_refused) in [
        ("{tag} OK done\r\n", true),
        ("* LIST () \"/\" Work\r\n{tag} OK done\r\n", false),
        ("{tag} NO not today\r\n", true),
        ("{tag} BAD what?\r\n", true),
    ] {
        let place = place(Dialect::full());
        answer_lists(&place, lines);
        let mut desk = place.open();
        let done = desk.once(&Errands::Everything);
        assert_eq!(done.is_err(), is_refused, "{lines}: {done:?}");
        let difference = difference_in(&place.server, &mut desk, "INBOX");
        assert_eq!(difference, None, "{lines}");
    }
}

#[test]
fn a_list_that_is_refused_is_told_with_the_words_of_the_server() {
    let (place, mut desk) = known(Dialect::full());
    let n_texts = place.server.counts().bodies;
    place.refuse("LIST", "NO not today");
    deliver(&place.server, "INBOX", 40, &[]);
    let error = desk.once(&Errands::Everything).unwrap_err();
    assert!(error.to_string().contains("not today"), "{error}");
    all_are_here(&place, &mut desk, n_texts + 1, "INBOX is read all the same");
    desk.drain();
    desk.seen.clear();
    let engine = desk.engine();
    let told = |desk: &mut Desk| {
        let words = notices(desk).into_iter();
        words.filter(|words| words.contains("not today")).count()
    };
    desk.until("the word to the user", |desk| told(desk) > 0);
    desk.online();
    let n = place.n_commands("LIST");
    engine.submit(Job::SyncNow);
    assert!(place.server.await_log(GUARD, |log| {
        log.iter().filter(|entry| entry.name == "LIST").count() > n
    }));
    desk.online();
    place.heal();
    deliver(&place.server, "Lists/rust", 41, &[]);
    engine.submit(Job::SyncNow);
    until_equal(&place.server, &mut desk, "the list comes again");
    let is_told = |event: &&Event| matches!(event, Event::Notice(words) if words.as_str().contains("not today"));
    assert!(desk.seen.iter().filter(is_told).count() <= 2, "once a wish");
    stop(engine);
    desk.close();
}

/// The folder that sent mail goes to, as it is stored.
fn sent(desk: &mut Desk) -> Option<String> {
    let rows = desk.reader.folders().unwrap();
    let sent = rows.iter().find(|row| row.role == Some(Role::Sent))?;
    Some(sent.label.as_str().to_owned())
}

#[test]
fn a_role_that_a_plain_list_does_not_tell_stays() {
    let place = place(Dialect::full().leaving_inbox_out_and_roles_to_return());
    place.server.create("Ausgang", Some(Role::Sent));
    let mut desk = place.open();
    let engine = desk.engine();
    until_equal(&place.server, &mut desk, "the first list");
    assert_eq!(sent(&mut desk).as_deref(), Some("Ausgang"));
    let n = n_returns(&place.server);
    // By its name it might be meant as well.
    deliver(&place.server, "Sent", 60, &[]);
    engine.submit(Job::SyncNow);
    until_equal(&place.server, &mut desk, "a plain one");
    assert_eq!(n_returns(&place.server), n, "it is asked for no more");
    assert_eq!(sent(&mut desk).as_deref(), Some("Ausgang"));
    stop(engine);
    desk.close();
}

#[test]
fn a_plain_list_that_is_refused_spoils_no_extended_one() {
    let (place, mut desk) = known(Dialect::full());
    place
        .server
        .set_dialect(Dialect::full().returning_subscribed_alone());
    let plain = FaultKind::Refuse {
        command: "LIST".to_owned(),
        answer: "NO not in these words".to_owned(),
    };
    place.fault(Fault::always(plain).after(1));
    deliver(&place.server, "Work", 70, &[]);
    place.server.clear_log();
    desk.once(&Errands::Everything).unwrap();
    assert_eq!(place.n_commands("LIST"), 2);
    for name in ["INBOX", "Work", "Lists/rust"] {
        assert_eq!(
            difference_in(&place.server, &mut desk, name),
            None,
            "{name}"
        );
    }
}
