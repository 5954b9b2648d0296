//! NOTIFY: what happens in folders that nobody looks at is told, and looked for where the server does not tell it.

use sterna::demo::dialect::Dialect;
use sterna::demo::fault::{Fault, FaultKind};
use sterna::demo::namespace::{Namespace, Namespaces};
use sterna::engine::Engine;

use crate::equal::until_equal;
use crate::place::{Desk, GUARD, Place, deliver, stop};

/// An engine at rest over an INBOX and an Archive, where time never brings a look at the folders.
fn resting(dialect: Dialect, disable: &[&str]) -> (Place, Desk, Engine) {
    let mut place = Place::with(dialect, 3);
    place.settings.disable = disable.iter().map(|name| (*name).to_owned()).collect();
    deliver(&place.server, "Archive", 10, &[]);
    let mut desk = place.open();
    let engine = desk.engine();
    desk.online();
    until_equal(&place.server, &mut desk, "at first");
    assert!(place.server.await_command("IDLE", GUARD));
    (place, desk, engine)
}

fn n_lists(place: &Place) -> usize {
    place.n_commands("LIST")
}

#[test]
fn what_happens_in_other_folders_is_told() {
    let (place, mut desk, engine) = resting(Dialect::full().with("NOTIFY"), &[]);
    assert!(place.server.await_command("NOTIFY", GUARD));
    let before = n_lists(&place);
    let uid = deliver(&place.server, "Archive", 11, &[]);
    until_equal(&place.server, &mut desk, "new mail elsewhere");
    place.server.set_flags("Archive", uid, &["\\Seen"]);
    until_equal(&place.server, &mut desk, "flags elsewhere");
    place.server.expunge("Archive", &[1]);
    until_equal(&place.server, &mut desk, "expunges elsewhere");
    deliver(&place.server, "INBOX", 12, &[]);
    until_equal(&place.server, &mut desk, "the open folder as ever");
    assert_eq!(n_lists(&place), before, "nothing was asked for");
    // Names are listed again when they are told to change.
    place.server.rename_mailbox("Archive", "Old");
    until_equal(&place.server, &mut desk, "a new name");
    place.server.delete_mailbox("Old");
    until_equal(&place.server, &mut desk, "a folder less");
    deliver(&place.server, "New", 13, &[]);
    until_equal(&place.server, &mut desk, "a folder more");
    stop(engine);
}

fn space(prefix: &str) -> Namespace {
    Namespace {
        prefix: prefix.to_owned(),
        delimiter: Some('/'),
    }
}

#[test]
fn folders_of_others_are_told_of_too_and_looked_at_where_that_is_refused() {
    for is_refused in [false, true] {
        let mut place = Place::with(Dialect::full().with("NOTIFY"), 3);
        place.server.set_namespaces(Namespaces {
            personal: vec![space("")],
            others: vec![space("Other Users/")],
            shared: vec![space("Shared/")],
            are_apart: false,
        });
        deliver(&place.server, "Shared/team", 10, &[]);
        deliver(&place.server, "Other Users/bela/INBOX", 11, &[]);
        if is_refused {
            // The first NOTIFY is accepted.
            place.pace.idle_for = std::time::Duration::from_millis(100);
            place.fault(Fault {
                skip: 1,
                ..Fault::always(FaultKind::Refuse {
                    command: "NOTIFY".to_owned(),
                    answer: "NO not those".to_owned(),
                })
            });
        }
        let mut desk = place.open();
        let engine = desk.engine();
        desk.online();
        until_equal(&place.server, &mut desk, "at first");
        assert!(place.server.await_log(GUARD, |log| {
            log.iter()
                .any(|entry| entry.name == "NOTIFY" && entry.line.contains("subtree"))
        }));
        deliver(&place.server, "Shared/team", 12, &[]);
        until_equal(&place.server, &mut desk, "a shared folder");
        let uid = deliver(&place.server, "Other Users/bela/INBOX", 13, &[]);
        place
            .server
            .set_flags("Other Users/bela/INBOX", uid, &["\\Seen"]);
        until_equal(&place.server, &mut desk, "another's folder");
        stop(engine);
    }
}

#[test]
fn a_server_that_gives_up_telling_is_asked_again() {
    let (mut place, mut desk, engine) = resting(Dialect::full().with("NOTIFY"), &[]);
    place.server.clear_log();
    place.server.overflow_notifications();
    assert!(
        place.server.await_command("NOTIFY", GUARD),
        "for the open folder alone"
    );
    assert!(
        place.server.await_command("LIST", GUARD),
        "what was not told is asked for"
    );
    deliver(&place.server, "INBOX", 20, &[]);
    until_equal(&place.server, &mut desk, "the open folder goes on");
    stop(engine);
    desk.close();
    // From then on it is looked at now and then.
    place.pace.idle_for = std::time::Duration::from_millis(100);
    let mut desk = place.open();
    let engine = desk.engine();
    desk.online();
    place.server.overflow_notifications();
    place.server.clear_log();
    assert!(place.server.await_command("LIST", GUARD));
    deliver(&place.server, "Archive", 22, &[]);
    until_equal(&place.server, &mut desk, "asked for now and then");
    stop(engine);
}

#[test]
fn refused_switched_off_or_not_offered_the_folders_are_looked_at() {
    for (dialect, disable, refusal) in [
        (
            Dialect::full().with("NOTIFY"),
            &[][..],
            "NO [BADEVENT (MessageNew)] not that",
        ),
        (Dialect::full().with("NOTIFY"), &[][..], "BAD what?"),
        (Dialect::full().with("NOTIFY"), &["NOTIFY"][..], ""),
        (Dialect::full(), &[][..], ""),
    ] {
        let mut place = Place::with(dialect, 3);
        place.pace.idle_for = std::time::Duration::from_millis(100);
        place.settings.disable = disable.iter().map(|name| (*name).to_owned()).collect();
        if !refusal.is_empty() {
            place.refuse("NOTIFY", refusal);
        }
        deliver(&place.server, "Archive", 10, &[]);
        let mut desk = place.open();
        let engine = desk.engine();
        desk.online();
        until_equal(&place.server, &mut desk, refusal);
        deliver(&place.server, "Archive", 11, &[]);
        until_equal(&place.server, &mut desk, refusal);
        deliver(&place.server, "INBOX", 12, &[]);
        until_equal(&place.server, &mut desk, refusal);
        assert_eq!(
            place.n_commands("NOTIFY") > 0,
            !refusal.is_empty(),
            "{refusal}"
        );
        stop(engine);
    }
}
