//! The first flight of a connection: what it holds, in which order, and what it costs.

use sterna::demo::dialect::Dialect;

use crate::equal::{assert_equal, until_equal};
use crate::place::{Place, deliver, stop};

/// The command lines of a connection without their tags.
fn lines(place: &Place, connection: u32) -> Vec<String> {
    let log = place.server.log().into_iter();
    log.filter(|entry| entry.connection == connection)
        .map(|entry| entry.line.split_once(' ').unwrap().1.to_owned())
        .collect()
}

#[test]
fn the_program_names_itself_before_it_opens_a_folder() {
    let place = Place::with(Dialect::netease(), 20);
    let mut desk = place.open();
    desk.sync();
    assert_equal(&place.server, &mut desk, "sync");
    deliver(&place.server, "Archive", 900, &[]);
    let engine = desk.engine();
    desk.online();
    until_equal(&place.server, &mut desk, "both lanes");
    stop(engine);
    let n_connections = place
        .server
        .log()
        .iter()
        .map(|entry| entry.connection)
        .max()
        .unwrap();
    assert!(n_connections >= 3);
    for connection in 1..=n_connections {
        let lines = lines(&place, connection);
        let version = env!("CARGO_PKG_VERSION");
        let place_of = |verb: &str| lines.iter().position(|line| line.starts_with(verb));
        let id = place_of("ID ").unwrap();
        assert_eq!(
            lines[id],
            format!("ID (\"name\" \"Sterna\" \"version\" \"{version}\")")
        );
        assert!(
            place_of("SELECT").is_none_or(|select| id < select),
            "{lines:?}"
        );
        assert_eq!(
            lines.iter().filter(|line| line.starts_with("ID ")).count(),
            1
        );
    }
}

#[test]
fn the_program_does_not_name_itself_where_that_is_switched_off_or_refused() {
    let mut place = Place::with(Dialect::full(), 20);
    place.refuse("ID", "NO who asks");
    let mut desk = place.open();
    desk.sync();
    assert_equal(&place.server, &mut desk, "refused");
    // The refusal does not cost QRESYNC.
    deliver(&place.server, "INBOX", 900, &[]);
    desk.sync();
    assert!(
        lines(&place, 2)
            .iter()
            .any(|line| line.contains("(QRESYNC"))
    );
    place.settings.disable = vec!["ID".to_owned()];
    let desk = place.open_at(place.home.path());
    desk.sync();
    assert!(!lines(&place, 3).iter().any(|line| line.starts_with("ID ")));
}
