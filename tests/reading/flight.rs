//! The first flight of a connection: what it holds, in which order, and what it costs.

use sterna::channel::error::RemoteError;
use sterna::demo::dialect::{Dialect, Telling};
use sterna::engine::once::{self, Errands};
use sterna::mail::secret::Secret;

use crate::equal::{assert_equal, until_equal};
use crate::place::{GUARD, Place, deliver, stop};

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

/// What the server asked about is left out: the names of the commands of a connection.
fn names(place: &Place, connection: u32) -> Vec<String> {
    let log = place.server.log().into_iter();
    log.filter(|entry| entry.connection == connection)
        .map(|entry| entry.name)
        .collect()
}

/// A server that tells its capabilities only when it is asked, before the login and behind it.
fn taciturn(capabilities: &str) -> Dialect {
    Dialect::saying(capabilities).telling(Telling::Asked, "IMAP4rev1 AUTH=PLAIN SASL-IR")
}

const ABLE: &str = "IMAP4rev1 AUTH=PLAIN SASL-IR ENABLE CONDSTORE QRESYNC IDLE LIST-EXTENDED LIST-STATUS SPECIAL-USE \
                    ESEARCH UIDPLUS";

#[test]
fn what_the_server_could_the_last_time_saves_the_question() {
    let place = Place::new(taciturn(ABLE));
    for number in 1..=30 {
        deliver(&place.server, "INBOX", number, &[]);
    }
    place.open().sync();
    place.server.clear_log();
    let mut desk = place.open();
    let engine = desk.engine();
    desk.online();
    assert!(place.server.await_command("IDLE", GUARD));
    let names = names(&place, 2);
    let login = names
        .iter()
        .position(|name| name == "AUTHENTICATE")
        .unwrap();
    assert_eq!(
        names[login..],
        [
            "AUTHENTICATE",
            "CAPABILITY",
            "ENABLE",
            "LIST",
            "SELECT",
            "UID FETCH",
            "IDLE"
        ]
    );
    until_equal(&place.server, &mut desk, "by what was remembered");
    stop(engine);
}

/// Whatever the server can no longer do, or can do now: nothing is lost, and the next connection knows.
#[test]
fn a_server_that_has_changed_is_understood() {
    let less = |gone: &[&str]| {
        let left = ABLE.split(' ').filter(|name| !gone.contains(name));
        left.collect::<Vec<_>>().join(" ")
    };
    let bare = "IMAP4rev1 AUTH=PLAIN SASL-IR".to_owned();
    let all = ABLE.to_owned();
    for (before, after) in [
        (all.clone(), less(&["QRESYNC"])),
        (all.clone(), less(&["QRESYNC", "CONDSTORE", "ENABLE"])),
        (all.clone(), less(&["ENABLE"])),
        (all.clone(), less(&["LIST-STATUS"])),
        (
            all.clone(),
            less(&["LIST-EXTENDED", "LIST-STATUS", "SPECIAL-USE"]),
        ),
        (all.clone(), less(&["IDLE"])),
        (all.clone(), bare.clone()),
        (bare, all.clone()),
        (less(&["QRESYNC"]), all),
    ] {
        let what = format!("{before} -> {after}");
        let mut place = Place::new(taciturn(&before));
        place.pace.first_retry = GUARD; // A second attempt would never come.
        for number in 1..=150 {
            deliver(&place.server, "INBOX", number, &[]);
        }
        deliver(&place.server, "Archive", 900, &[]);
        let mut desk = place.open();
        desk.sync();
        assert_equal(&place.server, &mut desk, &what);
        // While nobody looks: another server software, and changes of every kind.
        place.server.set_dialect(taciturn(&after));
        change(&place);
        desk.close();
        let mut desk = place.open();
        let engine = desk.engine();
        desk.online();
        until_equal(&place.server, &mut desk, &what);
        stop(engine);
        let remembered = desk.reader.capabilities(desk.account).unwrap();
        let has = |name: &str| remembered.iter().any(|known| known == name);
        for name in ["QRESYNC", "LIST-STATUS", "IDLE"] {
            let is_told = after.split(' ').any(|told| told == name);
            let is_usable = name != "QRESYNC" || after.split(' ').any(|told| told == "ENABLE");
            assert!(has(name) == is_told || !is_usable, "{what}: {remembered:?}");
        }
        // The same over a single connection.
        place.server.set_dialect(taciturn(&before));
        change(&place);
        desk.sync();
        assert_equal(&place.server, &mut desk, &what);
    }
}

fn change(place: &Place) {
    let server = &place.server;
    let uid = deliver(server, "INBOX", 700, &["\\Flagged"]);
    server.set_flags("INBOX", 40, &["\\Seen", "$Work"]);
    server.set_flags("INBOX", uid - 1, &["\\Answered"]);
    server.expunge("INBOX", &[3, 90]);
    deliver(server, "Archive", 701, &[]);
}

/// The way in that is remembered is no longer there: the server is asked, and the secret is not refused.
#[test]
fn another_way_to_log_in_is_found() {
    let before = "IMAP4rev1 AUTH=PLAIN SASL-IR";
    for (after, answers) in [
        ("IMAP4rev1", ["AUTHENTICATE", "CAPABILITY", "LOGIN"]),
        (
            "IMAP4rev1 AUTH=PLAIN",
            ["AUTHENTICATE", "CAPABILITY", "AUTHENTICATE"],
        ),
    ] {
        let place = Place::new(Dialect::saying(ABLE).telling(Telling::Asked, before));
        deliver(&place.server, "INBOX", 1, &[]);
        let mut desk = place.open();
        desk.sync();
        let able = ABLE.replace(" AUTH=PLAIN", "").replace(" SASL-IR", "");
        place
            .server
            .set_dialect(Dialect::saying(&able).telling(Telling::Asked, after));
        deliver(&place.server, "INBOX", 2, &[]);
        desk.sync();
        assert_equal(&place.server, &mut desk, after);
        assert_eq!(names(&place, 2)[..3], answers);
        desk.sync();
        // Then it is known.
        assert_eq!(names(&place, 3)[..2], ["CAPABILITY", answers[2]]);
    }
}

/// A secret that is refused is refused once, by what is remembered too.
#[test]
fn a_refused_secret_is_offered_once() {
    let place = Place::new(taciturn(ABLE));
    let desk = place.open();
    desk.sync();
    let secret = Secret::new("wrong".to_owned());
    let refused = once::run(&desk.setup, &secret, &Errands::Folders, Some(GUARD));
    assert!(
        matches!(refused, Err(RemoteError::Unauthenticated { .. })),
        "{refused:?}"
    );
    assert_eq!(names(&place, 2), ["AUTHENTICATE", "CAPABILITY"]);
}
