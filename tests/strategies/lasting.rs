//! What is wrong with one mailbox and stays so: the others go on, and so does what can go on in it.

use sterna::channel::job::Job;
use sterna::demo::dialect::Dialect;
use sterna::demo::fault::{Fault, FaultKind, FaultPlan};
use sterna::demo::server::Server;
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

/// An account with a folder whose messages the server does not give, which comes first by its name.
fn with_a_broken_folder() -> (Place, Desk) {
    let place = Place::with(Dialect::full(), 6);
    for name in ["Archive", "Lists/rust"] {
        deliver(&place.server, name, 20, &[]);
    }
    let mut desk = place.open();
    desk.sync();
    for name in ["Archive", "Lists/rust"] {
        deliver(&place.server, name, 21, &[]);
    }
    desk.record(&[3], SystemFlag::Flagged, true);
    // What was numbered anew is asked for by position.
    place.server.change_uid_validity("Archive");
    place.refuse("FETCH", "NO [SERVERBUG] its index is broken");
    place.server.clear_log();
    (place, desk)
}

fn others_are_equal(place: &Place, desk: &mut Desk) -> bool {
    ["INBOX", "Lists/rust"]
        .iter()
        .all(|name| difference_in(&place.server, desk, name).is_none())
}

#[test]
fn a_folder_that_cannot_be_read_holds_no_other_up() {
    let (place, mut desk) = with_a_broken_folder();
    let engine = desk.engine();
    desk.until("the others", |desk| {
        is_flagged(&place.server, 3) && others_are_equal(&place, desk)
    });
    desk.online();
    let n_logins = place.n_commands("AUTHENTICATE") + place.n_commands("LOGIN");
    assert!(n_logins <= 6, "{n_logins}");
    place.heal();
    let archive = desk.mailbox("Archive");
    engine.submit(Job::OpenMailbox(archive));
    until_equal(&place.server, &mut desk, "asked for again");
    stop(engine);
}

#[test]
fn a_single_connection_goes_on_behind_a_folder_that_cannot_be_read() {
    let (place, mut desk) = with_a_broken_folder();
    desk.once(&Errands::Everything).unwrap();
    assert!(is_flagged(&place.server, 3) && others_are_equal(&place, &mut desk));
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
