//! A message that the server does not give, and refuses every command for that names it: it costs no other message, few
//! commands, and one word to the user.

use sterna::demo::dialect::Dialect;
use sterna::demo::fault::{Fault, FaultKind, FaultPlan};
use sterna::engine::once::Errands;
use sterna::mail::account::Offline;

use crate::equal::{Line, assert_equal, here, there, until_equal};
use crate::lasting::notices;
use crate::place::{Desk, Place, deliver, dialects, stop};

const NO: &str = "NO Some messages could not be FETCHed (Failure)";
/// Exchange says BAD where it means NO.
const BAD: &str = "BAD Some messages could not be FETCHed. 10";
const COMMANDS: [&str; 2] = ["FETCH", "UID FETCH"];

/// What a server does with a command that names a message it cannot give.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Manner {
    /// It gives the others, and then says NO.
    GivesOthers,
    /// It says NO.
    GivesNone,
    /// It says BAD.
    SaysBad,
    /// It gives the others, and says OK. `jstedfast/MailKit#1615`, `OfflineIMAP/offlineimap#62` (Microsoft 365, Exchange).
    SaysNothing,
}

/// Those of which the server says something.
const MANNERS: [Manner; 3] = [Manner::GivesOthers, Manner::GivesNone, Manner::SaysBad];

fn fault(command: &str, uid: u32, manner: Manner) -> Fault {
    let answer = if manner == Manner::SaysBad { BAD } else { NO };
    let (command, answer) = (command.to_owned(), answer.to_owned());
    Fault::always(match manner {
        Manner::GivesOthers => FaultKind::WithoutUid {
            command,
            uid,
            answer,
        },
        Manner::SaysNothing => FaultKind::WithoutUid {
            command,
            uid,
            answer: "OK FETCH completed.".to_owned(),
        },
        Manner::GivesNone | Manner::SaysBad => FaultKind::RefuseUid {
            command,
            uid,
            answer,
        },
    })
}

fn break_messages(place: &Place, uids: &[u32], manner: Manner) {
    let both = |uid: &u32| COMMANDS.map(|command| fault(command, *uid, manner));
    let plan = uids.iter().flat_map(both).collect();
    place.server.set_faults(FaultPlan::new(plan));
}

fn n_fetches(place: &Place) -> usize {
    COMMANDS.map(|name| place.n_commands(name)).iter().sum()
}

/// INBOX as the server has it, but for these messages.
fn all_but(place: &Place, uids: &[u32]) -> Vec<Line> {
    let mut lines = there(&place.server, "INBOX");
    lines.retain(|(uid, ..)| !uids.contains(uid));
    lines
}

/// A sync brings all other messages and tells of the one that is missing; the next one has nothing to do; a program that
/// starts anew, once the server is mended, finds it.
#[track_caller]
fn only_one_is_missing(place: &Place, mut desk: Desk, uid: u32, what: &str) {
    place.server.clear_log();
    desk.sync();
    assert_eq!(here(&mut desk, "INBOX"), all_but(place, &[uid]), "{what}");
    let n = n_fetches(place);
    assert!(n <= 30, "{what}: {n} commands");
    let told = notices(&mut desk);
    let [words] = told.as_slice() else {
        panic!("{what}: {told:?}");
    };
    assert!(words.contains("INBOX is shown without"), "{what}: {words}");
    let says_why = words.contains("could not be FETCHed");
    assert_eq!(says_why, !what.contains("SaysNothing"), "{what}: {words}");
    place.server.clear_log();
    desk.sync();
    let n_again = (n_fetches(place), place.n_commands("UID SEARCH"));
    assert!(n_again.0 <= 3 && n_again.1 == 0, "{what}: {n_again:?}");
    assert_eq!(notices(&mut desk).len(), 1, "{what}");
    deliver(&place.server, "INBOX", 9_000, &[]);
    desk.sync();
    assert_eq!(here(&mut desk, "INBOX"), all_but(place, &[uid]), "{what}");
    desk.close();
    place.heal();
    let mut desk = place.open();
    desk.sync();
    assert_equal(&place.server, &mut desk, what);
    desk.close();
}

/// Every dialect and manner of a refusal, with a word for each.
fn cases() -> Vec<(String, Dialect, Manner)> {
    let both = |(name, dialect): (&str, Dialect)| {
        MANNERS.map(|manner| (format!("{name}, {manner:?}"), dialect.clone(), manner))
    };
    dialects().into_iter().flat_map(both).collect()
}

/// The same, and where nothing is refused.
fn all_cases() -> Vec<(String, Dialect, Manner)> {
    let silent = |(name, dialect): (&str, Dialect)| {
        let manner = Manner::SaysNothing;
        (format!("{name}, {manner:?}"), dialect, manner)
    };
    let mut cases = cases();
    cases.extend(dialects().into_iter().map(silent));
    cases
}

#[test]
fn one_of_the_newest_messages_costs_no_other() {
    for (what, dialect, manner) in all_cases() {
        let place = Place::with(dialect, 150);
        break_messages(&place, &[120], manner);
        only_one_is_missing(&place, place.open(), 120, &what);
    }
}

#[test]
fn one_of_the_older_messages_costs_no_other() {
    for (what, dialect, manner) in all_cases() {
        let place = Place::with(dialect, 700);
        break_messages(&place, &[333], manner);
        only_one_is_missing(&place, place.open(), 333, &what);
    }
}

#[test]
fn one_of_the_new_messages_costs_no_other() {
    for uid in [21, 25, 30] {
        for (what, dialect, manner) in all_cases() {
            let place = Place::with(dialect, 20);
            let desk = place.open();
            desk.sync();
            for number in 21..=30 {
                deliver(&place.server, "INBOX", number, &[]);
            }
            break_messages(&place, &[uid], manner);
            only_one_is_missing(&place, desk, uid, &format!("{what}, UID {uid}"));
        }
    }
}

#[test]
fn one_that_comes_while_the_mailbox_is_watched_costs_no_other() {
    for (what, dialect, manner) in all_cases() {
        let place = Place::with(dialect, 20);
        let mut desk = place.open();
        let engine = desk.engine();
        until_equal(&place.server, &mut desk, &what);
        break_messages(&place, &[22], manner);
        for number in 21..=24 {
            deliver(&place.server, "INBOX", number, &[]);
        }
        desk.until(&what, |desk| here(desk, "INBOX") == all_but(&place, &[22]));
        desk.until("the word to the user", |desk| !notices(desk).is_empty());
        deliver(&place.server, "INBOX", 25, &[]);
        desk.until(&what, |desk| here(desk, "INBOX") == all_but(&place, &[22]));
        stop(engine);
        assert_eq!(notices(&mut desk).len(), 1, "{what}");
    }
}

#[test]
fn a_message_whose_flags_are_not_told_keeps_those_it_had_and_the_others_change() {
    for (what, dialect, manner) in cases() {
        let place = Place::with(dialect, 300);
        let mut desk = place.open();
        desk.sync();
        break_messages(&place, &[40], manner);
        place.server.set_flags("INBOX", 39, &["\\Seen"]);
        place.server.set_flags("INBOX", 299, &["\\Flagged"]);
        place.server.expunge("INBOX", &[41]);
        place.server.clear_log();
        desk.sync();
        assert_equal(&place.server, &mut desk, &what);
        let n = n_fetches(&place);
        assert!(n <= 30, "{what}: {n} commands");
        place.server.set_flags("INBOX", 38, &["\\Seen"]);
        place.server.clear_log();
        desk.sync();
        assert_equal(&place.server, &mut desk, &what);
        let n = n_fetches(&place);
        assert!(n <= 4, "{what}: {n} commands");
        assert!(notices(&mut desk).len() <= 1, "{what}");
    }
}

#[test]
fn a_message_that_is_left_out_and_goes_leaves_nothing_behind() {
    for (what, dialect, manner) in all_cases() {
        let place = Place::with(dialect, 30);
        break_messages(&place, &[12], manner);
        let mut desk = place.open();
        desk.sync();
        place.server.expunge("INBOX", &[12, 13]);
        desk.sync();
        assert_equal(&place.server, &mut desk, &what);
        place.server.clear_log();
        desk.sync();
        assert_eq!(place.n_commands("UID SEARCH"), 0, "{what}");
    }
}

#[test]
fn more_than_can_be_left_out_cost_no_other_and_not_without_end() {
    let bad: Vec<u32> = (1..=60).map(|n| n * 3).collect();
    for (what, dialect) in dialects() {
        let place = Place::with(dialect, 200);
        break_messages(&place, &bad, Manner::GivesOthers);
        let mut desk = place.open();
        place.server.clear_log();
        desk.sync();
        assert_eq!(here(&mut desk, "INBOX"), all_but(&place, &bad), "{what}");
        let n = n_fetches(&place);
        assert!(n <= 400, "{what}: {n} commands");
        place.server.clear_log();
        desk.sync();
        let n = n_fetches(&place);
        assert!(n <= 60, "{what}: {n} commands again");
        let told = notices(&mut desk).into_iter();
        let n_told = told.filter(|words| words.contains("shown without")).count();
        assert_eq!(n_told, 1, "{what}");
    }
}

#[test]
fn a_server_that_gives_nothing_at_all_is_not_asked_without_end() {
    for (what, dialect) in dialects() {
        let place = Place::with(dialect, 700);
        let refusals = COMMANDS.map(|command| {
            Fault::always(FaultKind::Refuse {
                command: command.to_owned(),
                answer: NO.to_owned(),
            })
        });
        place.server.set_faults(FaultPlan::new(refusals.into()));
        let mut desk = place.open();
        let report = desk.once(&Errands::Everything).unwrap();
        assert_eq!(report.refused.len(), 1, "{what}");
        assert!(n_fetches(&place) <= 100, "{what}: {}", n_fetches(&place));
        let n_told = notices(&mut desk).len();
        let engine = desk.engine();
        desk.until("it is given up", |desk| notices(desk).len() > n_told);
        stop(engine);
        assert!(n_fetches(&place) <= 200, "{what}: {}", n_fetches(&place));
    }
}

#[test]
fn a_body_that_cannot_be_had_costs_no_other() {
    for (what, dialect, manner) in cases() {
        let mut place = Place::with(dialect, 120);
        place.open().sync();
        break_messages(&place, &[60], manner);
        place.settings.offline = Offline::All;
        let mut desk = place.open();
        place.server.clear_log();
        desk.sync();
        let inbox = desk.mailbox("INBOX");
        for uid in 1..=120 {
            let message = desk.message(inbox, uid);
            let is_here = desk.reader.body(message).unwrap().is_some();
            assert_eq!(is_here, uid != 60, "{what}, UID {uid}");
        }
        assert_eq!(place.server.counts().bodies, 119, "{what}: each came once");
        let n = n_fetches(&place);
        assert!(n <= 40, "{what}: {n} commands");
    }
}

#[test]
fn a_server_that_gives_no_body_is_not_asked_for_each() {
    let mut place = Place::with(Dialect::full(), 600);
    place.open().sync();
    place.refuse("UID FETCH", NO);
    place.settings.offline = Offline::All;
    let desk = place.open();
    place.server.clear_log();
    desk.sync();
    assert!(n_fetches(&place) <= 100, "{}", n_fetches(&place));
}

#[test]
fn a_message_without_a_header_has_a_row() {
    for header in ["{0}\r\n", "\"\"", "NIL"] {
        for (name, dialect) in dialects() {
            let what = format!("{name}, {header:?}");
            let place = Place::with(dialect, 6);
            let of = |command: &str| {
                Fault::always(FaultKind::HeaderOf {
                    command: command.to_owned(),
                    uid: 3,
                    header: header.to_owned(),
                })
            };
            place
                .server
                .set_faults(FaultPlan::new(COMMANDS.map(of).into()));
            let mut desk = place.open();
            desk.sync();
            assert_equal(&place.server, &mut desk, &what);
            let inbox = desk.mailbox("INBOX");
            let message = desk.message(inbox, 3);
            let row = desk.reader.row(message, inbox).unwrap().unwrap();
            assert_eq!((row.subject.as_str(), row.from.as_str()), ("", ""));
            let truth = place.server.truth("INBOX");
            assert_eq!(row.date, truth[2].internal_date, "{what}");
            place.server.clear_log();
            desk.sync();
            assert_eq!(place.n_commands("UID SEARCH"), 0, "{what}");
        }
    }
}
