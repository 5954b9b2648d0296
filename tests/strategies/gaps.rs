//! A mailbox of which the older headers are not here: what vanishes among the others while nobody looks on is noticed, though
//! no count can show it.

use sterna::demo::dialect::Dialect;
use sterna::demo::fault::{Fault, FaultKind};

use crate::equal::{here, there};
use crate::place::{Desk, Place, deliver, stop};

/// Messages in INBOX, of which metering brings some here.
const N: u32 = 400;

/// The servers that do not say what vanished.
fn dialects() -> [(&'static str, Dialect); 4] {
    [
        ("gmail", Dialect::gmail()),
        ("CONDSTORE", Dialect::condstore_only()),
        (
            "CONDSTORE, in parts",
            Dialect::condstore_only().limited_to(7),
        ),
        ("bare", Dialect::bare()),
    ]
}

/// An INBOX whose newest messages are here.
fn with_a_gap(dialect: Dialect) -> (Place, Desk) {
    let mut place = Place::with(dialect, N);
    place.settings.metered_bytes = Some(60_000);
    let mut desk = place.open();
    desk.sync();
    let n_here = here(&mut desk, "INBOX").len();
    assert!((50..300).contains(&n_here), "{n_here} messages");
    (place, desk)
}

/// Everything that is here is on the server, as it is there, and nothing else from its lowest UID on is missing.
fn is_true(place: &Place, desk: &mut Desk) -> bool {
    let here = here(desk, "INBOX");
    let mut there = there(&place.server, "INBOX");
    let lowest = here.iter().map(|line| line.0).min();
    there.retain(|line| lowest.is_some_and(|lowest| line.0 >= lowest));
    here == there
}

#[test]
fn what_vanished_is_missed_also_where_there_is_a_gap() {
    for (what, dialect) in dialects() {
        let (place, mut desk) = with_a_gap(dialect);
        place.server.lose("INBOX", &[390, 391]);
        desk.sync();
        assert!(is_true(&place, &mut desk), "{what}: lost");
        place.server.lose("INBOX", &[395]);
        place.server.set_flags("INBOX", 399, &["\\Flagged"]);
        for number in 1..=3 {
            deliver(&place.server, "INBOX", N + number, &[]);
        }
        desk.sync();
        assert!(is_true(&place, &mut desk), "{what}: lost beside new ones");
    }
}

#[test]
fn the_screen_notices_it_too() {
    for (what, dialect) in dialects() {
        let (place, mut desk) = with_a_gap(dialect);
        place.server.lose("INBOX", &[390]);
        let engine = desk.engine();
        desk.until(what, |desk| is_true(&place, desk));
        deliver(&place.server, "INBOX", N + 1, &[]);
        desk.until(what, |desk| is_true(&place, desk));
        stop(engine);
    }
}

#[test]
fn an_answer_that_was_lost_empties_nothing() {
    for (what, dialect) in dialects() {
        let (place, mut desk) = with_a_gap(dialect);
        let n_here = here(&mut desk, "INBOX").len();
        place.fault(Fault::always(FaultKind::Instead {
            command: "UID SEARCH".to_owned(),
            lines: b"{tag} OK Done\r\n".to_vec(),
        }));
        desk.sync();
        assert!(is_true(&place, &mut desk), "{what}");
        assert!(here(&mut desk, "INBOX").len() >= n_here, "{what}");
    }
}
