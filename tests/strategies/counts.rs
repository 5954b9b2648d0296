//! Counts of folders that do not come, or not with the list: such a folder is read all the same.

use sterna::demo::dialect::Dialect;
use sterna::demo::fault::{Fault, FaultKind};

use crate::equal::{assert_equal, difference_in, until_equal};
use crate::place::{Desk, Place, deliver, dialects, stop};

/// A server with two folders beside INBOX, read once; both have news.
fn with_news(dialect: Dialect) -> (Place, Desk) {
    let place = Place::with(dialect, 3);
    deliver(&place.server, "Work", 10, &[]);
    deliver(&place.server, "Lists", 20, &[]);
    let desk = place.open();
    desk.sync();
    deliver(&place.server, "Work", 11, &[]);
    deliver(&place.server, "Lists", 21, &[]);
    place.server.clear_log();
    (place, desk)
}

/// A list that tells the numbers of INBOX and Lists, and none of Work. RFC 5819 §2 allows it.
const WITHOUT_WORK: &str = "* LIST () \"/\" INBOX\r\n* STATUS INBOX (MESSAGES 3)\r\n* LIST () \"/\" Work\r\n\
    * LIST () \"/\" Lists\r\n* STATUS Lists (MESSAGES 2)\r\n{tag} OK done\r\n";

#[test]
fn a_folder_whose_counts_are_left_out_of_the_list_is_asked_for_alone() {
    let (place, mut desk) = with_news(Dialect::full());
    place.fault(Fault::always(FaultKind::Instead {
        command: "LIST".to_owned(),
        lines: WITHOUT_WORK.as_bytes().to_vec(),
    }));
    desk.sync();
    assert_equal(&place.server, &mut desk, "the news of Work are here");
    assert_eq!(place.n_commands("STATUS"), 1, "and no other was asked for");
}

/// STATUS of one folder, or of any, is answered so.
fn refusals(answer: &str) -> [Fault; 2] {
    [
        Fault::always(FaultKind::InsteadOf {
            command: "STATUS".to_owned(),
            argument: "Work".to_owned(),
            lines: format!("{{tag}} {answer}\r\n").into_bytes(),
        }),
        Fault::always(FaultKind::Refuse {
            command: "STATUS".to_owned(),
            answer: answer.to_owned(),
        }),
    ]
}

#[test]
fn a_folder_whose_counts_are_refused_is_read() {
    for (name, dialect) in dialects() {
        let dialect = dialect.without("LIST-STATUS");
        for answer in ["NO not now", "BAD what?"] {
            for fault in refusals(answer) {
                let what = format!("{name}, {answer}");
                let (place, mut desk) = with_news(dialect.clone());
                place.fault(fault.clone());
                desk.sync();
                assert_equal(&place.server, &mut desk, &what);
                // And on the screen.
                deliver(&place.server, "Work", 12, &[]);
                let engine = desk.engine();
                until_equal(&place.server, &mut desk, &what);
                stop(engine);
                desk.close();
            }
        }
    }
}

#[test]
fn what_may_not_be_read_is_no_error() {
    let (place, mut desk) = with_news(Dialect::full().without("LIST-STATUS"));
    place.server.set_rights("Work", "l");
    desk.sync();
    let difference = difference_in(&place.server, &mut desk, "Lists");
    assert_eq!(difference, None);
}

#[test]
fn a_server_that_knows_the_old_numbers_alone_is_asked_for_those() {
    let dialect = Dialect::condstore_only().without("LIST-STATUS");
    let (place, mut desk) = with_news(dialect);
    let refused = FaultKind::Refuse {
        command: "STATUS".to_owned(),
        answer: "BAD what?".to_owned(),
    };
    place.fault(Fault {
        times: Some(2),
        ..Fault::always(refused)
    });
    desk.sync();
    assert_equal(&place.server, &mut desk, "the counts came");
    let log = place.server.log();
    let few = log
        .iter()
        .filter(|entry| entry.name == "STATUS" && !entry.line.contains("HIGHESTMODSEQ"));
    assert_eq!(few.count(), 2, "each folder but INBOX once");
}
