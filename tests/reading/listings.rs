//! Listings that are not whole: too long, or with lines that cannot be read. No folder goes for that, and none waits.

use std::fmt::Write as _;

use sterna::channel::event::Event;
use sterna::demo::dialect::Dialect;
use sterna::demo::fault::{Fault, FaultKind};
use sterna::engine::once::Errands;

use crate::equal::assert_equal;
use crate::place::{Desk, Place, deliver};

/// A server with an INBOX and `Work`, read once.
fn known(dialect: Dialect) -> (Place, Desk) {
    let place = Place::with(dialect, 3);
    deliver(&place.server, "Work", 10, &[]);
    let desk = place.open();
    desk.sync();
    (place, desk)
}

fn before_the_list(place: &Place, lines: String) {
    place.fault(Fault::always(FaultKind::Before {
        command: "LIST".to_owned(),
        lines: lines.into_bytes(),
    }));
}

#[test]
fn a_list_without_end_takes_no_folder_away_and_is_told() {
    let many = (0..20_500).fold(String::new(), |mut lines, number| {
        let _ = write!(lines, "* LIST () \"/\" \"x{number}\"\r\n");
        lines
    });
    // Far fewer lines, but more bytes than a listing has.
    let long = "y".repeat(30_000);
    let large = (0..300).fold(String::new(), |mut lines, number| {
        let _ = write!(lines, "* LIST () \"/\" \"{long}{number}\"\r\n");
        lines
    });
    for (what, lines, most) in [("lines", many, 10_002), ("bytes", large, 285)] {
        let (place, mut desk) = known(Dialect::full());
        let (inbox, work) = (desk.mailbox("INBOX"), desk.mailbox("Work"));
        before_the_list(&place, lines);
        desk.once(&Errands::Folders).unwrap();
        assert_eq!(desk.mailbox("INBOX"), inbox, "{what}");
        assert_eq!(desk.mailbox("Work"), work, "{what}");
        let n = desk.reader.mailboxes(desk.account).unwrap().len();
        assert!(n > 100 && n <= most, "{what}: {n}");
        desk.drain();
        let notices = desk.seen.iter().filter(|event| {
            matches!(event, Event::Notice(words) if words.as_str().contains("more folders"))
        });
        assert_eq!(notices.count(), 1, "{what}");
        place.heal();
        desk.sync();
        assert_equal(&place.server, &mut desk, what);
    }
}

#[test]
fn other_names_every_time_do_not_pile_up() {
    let (place, desk) = known(Dialect::full());
    let mut reader = desk.store.reader().unwrap();
    for round in 0..3 {
        // Broken, so nothing that is known may go.
        let mut lines = "* LIST (\r\n".to_owned();
        for number in 0..9_000 {
            let _ = write!(lines, "* LIST () \"/\" \"{round}-{number}\"\r\n");
        }
        before_the_list(&place, lines);
        desk.once(&Errands::Folders).unwrap();
        let n = reader.mailboxes(desk.account).unwrap().len();
        assert!((9_000..=20_000).contains(&n), "{n}");
    }
}

#[test]
fn a_folder_whose_counts_cannot_be_read_is_asked_for_alone() {
    let (place, mut desk) = known(Dialect::full());
    deliver(&place.server, "Work", 11, &[]);
    let lines = "* LIST () \"/\" INBOX\r\n* LIST () \"/\" Work\r\n* STATUS INBOX (MESSAGES 3)\r\n\
                 * STATUS Work (MESSAGES (\r\n{tag} OK done\r\n";
    place.fault(Fault::always(FaultKind::Instead {
        command: "LIST".to_owned(),
        lines: lines.as_bytes().to_vec(),
    }));
    place.server.clear_log();
    desk.sync();
    assert_equal(&place.server, &mut desk, "the news of Work are here");
    assert_eq!(place.n_commands("STATUS"), 1, "and no other was asked for");
}
