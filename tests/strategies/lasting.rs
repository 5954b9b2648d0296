//! What is wrong with one mailbox and stays so: the others go on, and so does what can go on in it.

use std::time::Duration;

use sterna::channel::event::Event;
use sterna::channel::job::Job;
use sterna::demo::dialect::Dialect;
use sterna::demo::fault::{Fault, FaultKind, FaultPlan};
use sterna::demo::server::Server;
use sterna::demo::shared::Logged;
use sterna::engine::once::Errands;
use sterna::mail::flag::SystemFlag;

use crate::equal::{difference_in, until_equal};
use crate::place::{Desk, GUARD, Place, deliver, stop};

fn is_flagged(server: &Server, uid: u32) -> bool {
    let truth = server.truth("INBOX");
    let message = truth.iter().find(|message| message.uid == uid).unwrap();
    message.flags.has(SystemFlag::Flagged)
}

#[test]
fn a_search_that_is_always_refused_holds_nothing_up() {
    for dialect in [
        Dialect::condstore_only(),
        Dialect::condstore_only().with("ESEARCH"),
    ] {
        for answer in ["NO [SERVERBUG] no", "BAD no"] {
            let place = Place::with(dialect.clone(), 6);
            let mut desk = place.open();
            desk.sync();
            place.server.lose("INBOX", &[2]);
            place.refuse("UID SEARCH", answer);
            desk.record(&[4], SystemFlag::Flagged, true);
            place.server.clear_log();
            let engine = desk.engine();
            desk.until("the change arrives", |_| is_flagged(&place.server, 4));
            deliver(&place.server, "INBOX", 30, &[]);
            let inbox = desk.mailbox("INBOX");
            desk.until("so does new mail", |desk| {
                desk.reader.sync_state(inbox).unwrap().uid_next == 8
            });
            assert!(place.n_commands("UID SEARCH") > 0);
            assert!(
                place.n_commands("SELECT") <= 4,
                "{}",
                place.n_commands("SELECT")
            );
            stop(engine);
        }
    }
}

/// What the server says of a folder that it cannot read, as the user is told it.
const BROKEN: &str =
    "Archive: the server would not list its messages. It said: \"its index is broken\"";

/// An account with a folder whose messages the server does not give, which comes first by its name. All folders are
/// looked at often.
fn with_a_broken_folder() -> (Place, Desk) {
    let mut place = Place::with(Dialect::full(), 6);
    place.pace.idle_for = Duration::from_millis(50);
    for name in ["Archive", "Lists/rust"] {
        deliver(&place.server, name, 20, &[]);
    }
    let mut desk = place.open();
    desk.sync();
    for name in ["Archive", "Lists/rust"] {
        deliver(&place.server, name, 21, &[]);
    }
    desk.record(&[3], SystemFlag::Flagged, true);
    // What was numbered anew is asked for by position, and from then on by UID.
    place.server.change_uid_validity("Archive");
    let refused = ["FETCH", "UID FETCH"].map(|command| {
        Fault::always(FaultKind::RefuseIn {
            command: command.to_owned(),
            mailbox: "Archive".to_owned(),
            answer: "NO [SERVERBUG] its index is broken".to_owned(),
        })
    });
    place.server.set_faults(FaultPlan::new(refused.into()));
    place.server.clear_log();
    (place, desk)
}

fn others_are_equal(place: &Place, desk: &mut Desk) -> bool {
    ["INBOX", "Lists/rust"]
        .iter()
        .all(|name| difference_in(&place.server, desk, name).is_none())
}

/// How often the broken folder was opened.
fn n_tries(place: &Place) -> usize {
    let log = place.server.log();
    let is_try = |entry: &&Logged| entry.name == "SELECT" && entry.line.contains("Archive");
    log.iter().filter(is_try).count()
}

fn n_logins(place: &Place) -> usize {
    place.n_commands("AUTHENTICATE") + place.n_commands("LOGIN")
}

/// What was told in the status line.
pub fn notices(desk: &mut Desk) -> Vec<String> {
    desk.drain();
    let told = desk.seen.iter().filter_map(|event| match event {
        Event::Notice(words) => Some(words.as_str().to_owned()),
        _ => None,
    });
    told.collect()
}

#[test]
fn a_folder_that_cannot_be_read_is_told_once_holds_no_other_up_and_heals_by_itself() {
    let (place, mut desk) = with_a_broken_folder();
    let engine = desk.engine();
    desk.until("the others", |desk| {
        is_flagged(&place.server, 3) && others_are_equal(&place, desk)
    });
    desk.until("it is tried again and again", |_| n_tries(&place) >= 12);
    assert_eq!(notices(&mut desk), [BROKEN]);
    // One for each lane, two by which the second one tried whether that helps, and room for a machine that stood still.
    assert!(n_logins(&place) <= 8, "{}", n_logins(&place));
    place.heal();
    until_equal(&place.server, &mut desk, "mended");
    assert_eq!(notices(&mut desk), [BROKEN]);
    stop(engine);
}

#[test]
fn who_asks_for_a_folder_that_cannot_be_read_is_told_again() {
    let (place, mut desk) = with_a_broken_folder();
    let engine = desk.engine();
    desk.until("the notice", |desk| notices(desk) == [BROKEN]);
    engine.submit(Job::SyncNow);
    desk.until("the answer to a sync", |desk| notices(desk) == [BROKEN; 2]);
    let archive = desk.mailbox("Archive");
    engine.submit(Job::OpenMailbox(archive));
    desk.until("the answer to who opens it", |desk| {
        notices(desk) == [BROKEN; 3]
    });
    deliver(&place.server, "INBOX", 30, &[]);
    desk.until("the others go on", |desk| others_are_equal(&place, desk));
    assert!(n_logins(&place) <= 8, "{}", n_logins(&place));
    place.heal();
    engine.submit(Job::OpenMailbox(archive));
    until_equal(&place.server, &mut desk, "asked for again");
    assert_eq!(notices(&mut desk), [BROKEN; 3]);
    stop(engine);
}

#[test]
fn a_single_connection_goes_on_behind_a_folder_that_cannot_be_read() {
    let (place, mut desk) = with_a_broken_folder();
    let report = desk.once(&Errands::Everything).unwrap();
    assert!(is_flagged(&place.server, 3) && others_are_equal(&place, &mut desk));
    assert_eq!(report.refused[0].0, desk.mailbox("Archive"));
    assert_eq!(notices(&mut desk), [BROKEN]);
}

/// An INBOX whose older messages the server does not give by their UIDs; one of them alone would be left out.
fn without_older_messages() -> Place {
    let mut place = Place::with(Dialect::full(), 150);
    place.pace.idle_for = Duration::from_millis(50);
    let refused = (1..=50).map(|uid| {
        Fault::always(FaultKind::RefuseUid {
            command: "UID FETCH".to_owned(),
            uid,
            answer: "NO [SERVERBUG] its index is broken".to_owned(),
        })
    });
    place.server.set_faults(FaultPlan::new(refused.collect()));
    place
}

/// What the user is told of it.
const INCOMPLETE: &str = "INBOX is not complete: the server would not list its messages. It said: \"its index is broken\"";

#[test]
fn older_messages_that_do_not_come_are_told_once_until_they_come() {
    let place = without_older_messages();
    let mut desk = place.open();
    // The newest are here first: of a question for them too, some would come, and the others be asked for one by one.
    desk.once(&Errands::Folders).unwrap();
    let inbox = desk.mailbox("INBOX");
    desk.once(&Errands::Newest(inbox)).unwrap();
    let engine = desk.engine();
    let n_refused = || {
        let log = place.server.log();
        let blocks = log.iter().filter(|entry| entry.name == "UID FETCH");
        blocks.filter(|entry| entry.line.contains("1:50")).count()
    };
    desk.until("it is tried again and again", |_| n_refused() >= 6);
    assert_eq!(notices(&mut desk), [INCOMPLETE]);
    place.heal();
    until_equal(&place.server, &mut desk, "mended");
    assert_eq!(notices(&mut desk), [INCOMPLETE]);
    stop(engine);
}

#[test]
fn older_messages_that_do_not_come_are_not_left_out_because_newer_ones_have_come() {
    let place = without_older_messages();
    let mut desk = place.open();
    // Over one connection, which the newest come over too.
    let report = desk.once(&Errands::Everything).unwrap();
    assert_eq!(notices(&mut desk), [INCOMPLETE]);
    assert_eq!(report.refused[0].0, desk.mailbox("INBOX"));
    place.server.clear_log();
    desk.once(&Errands::Everything).unwrap();
    let n = place.n_commands("UID FETCH");
    assert!(
        n <= 4,
        "what was refused as a whole is not taken apart again: {n}"
    );
    place.heal();
    desk.sync();
    until_equal(&place.server, &mut desk, "mended");
}

/// Three mails, one after the other, each seen without another look.
fn sees_new_mail(place: &Place, desk: &mut Desk, what: &str) {
    let n_looks = place.n_commands("SELECT");
    for number in 30..33 {
        deliver(&place.server, "INBOX", number, &[]);
        until_equal(&place.server, desk, what);
    }
    assert_eq!(place.n_commands("SELECT"), n_looks, "{what}");
}

#[test]
fn a_next_uid_that_is_told_too_high_to_who_watches_hides_no_mail() {
    for next in ["4294967295", "9"] {
        let place = Place::with(Dialect::full(), 6);
        let mut desk = place.open();
        place.fault(Fault::once(FaultKind::Before {
            command: "IDLE".to_owned(),
            lines: format!("* OK [UIDNEXT {next}] x\r\n").into_bytes(),
        }));
        let engine = desk.engine();
        desk.online();
        assert!(place.server.await_command("IDLE", GUARD));
        sees_new_mail(&place, &mut desk, next);
        let n_searches = place.n_commands("UID SEARCH");
        assert_eq!(n_searches, 0, "{next}: found by the numbers alone");
        stop(engine);
    }
}

#[test]
fn a_next_uid_that_went_back_hides_no_mail() {
    for (next, dialect) in [
        (4_294_967_295_u32, Dialect::full()),
        (9, Dialect::full()),
        (5_000, Dialect::bare().with("IDLE")),
    ] {
        let place = Place::with(dialect, 6);
        place.server.set_mod_seq("INBOX", 100);
        let mut desk = place.open();
        desk.sync();
        let inbox = desk.mailbox("INBOX");
        let state = desk.reader.sync_state(inbox).unwrap();
        let validity = state.validity.unwrap().get();
        let instead = |command: &str, lines: String| {
            Fault::always(FaultKind::Instead {
                command: command.to_owned(),
                lines: lines.into_bytes(),
            })
        };
        let selected = format!(
            "* 6 EXISTS\r\n* OK [UIDVALIDITY {validity}] x\r\n* OK [UIDNEXT {next}] x\r\n\
             * OK [HIGHESTMODSEQ 100] x\r\n{{tag}} OK [READ-WRITE] done\r\n"
        );
        place.server.set_faults(FaultPlan::new(vec![
            instead("SELECT", selected),
            instead("UID FETCH", "{tag} OK done\r\n".to_owned()),
        ]));
        let _ = desk.once(&Errands::Everything);
        place.heal();
        let state = desk.reader.sync_state(inbox).unwrap();
        assert_eq!(state.uid_next, next, "it was not believed");
        deliver(&place.server, "INBOX", 29, &[]);
        let engine = desk.engine();
        until_equal(&place.server, &mut desk, "after the lie");
        desk.online();
        sees_new_mail(&place, &mut desk, "and from then on");
        desk.until("the next UID is the true one", |desk| {
            desk.reader.sync_state(inbox).unwrap().uid_next == 11
        });
        stop(engine);
    }
}
