//! Folder names: namespaces with any delimiter, names that move, names in every encoding.

use sterna::channel::operation::{Action, Change, FolderChange, Ticket};
use sterna::channel::rows::FolderRow;
use sterna::demo::dialect::Dialect;
use sterna::demo::namespace::{Namespace as Space, Namespaces};
use sterna::engine::once::Errands;
use sterna::mail::flag::SystemFlag;
use sterna::mail::mailbox::{Namespace, Role};

use crate::equal::assert_equal;
use crate::place::{Desk, Place, deliver};

fn space(prefix: &str, delimiter: Option<char>) -> Space {
    Space {
        prefix: prefix.to_owned(),
        delimiter,
    }
}

/// What the folder pane shows: depth, label, whose.
fn tree(desk: &mut Desk) -> Vec<(u8, String, Namespace)> {
    let rows: Vec<FolderRow> = desk.reader.folders().unwrap();
    rows.into_iter()
        .map(|row| (row.depth, row.label.to_string(), row.namespace))
        .collect()
}

#[test]
fn a_courier_shows_its_folders_without_its_prefix_and_those_of_others() {
    use Namespace::{OtherUsers, Personal, Shared};
    for disable in [&[][..], &["LIST-EXTENDED", "SPECIAL-USE"][..]] {
        let mut place = Place::new(Dialect::full().without("QRESYNC"));
        place.settings.disable = disable.iter().map(|name| (*name).to_owned()).collect();
        place.server.set_namespaces(Namespaces {
            personal: vec![space("INBOX.", Some('.'))],
            others: vec![space("#user.", Some('.'))],
            shared: vec![space("#shared/", Some('/'))],
            are_apart: true,
        });
        for (number, name) in [
            "INBOX",
            "INBOX.Sent",
            "INBOX.Sent.2024",
            "INBOX.R&-D a/b",
            "INBOX.Lists.rust",
            "#user.anna.Trash",
            "#shared/team",
            "#shared/team/a.b",
        ]
        .into_iter()
        .enumerate()
        {
            deliver(
                &place.server,
                name,
                10 + u32::try_from(number).unwrap(),
                &[],
            );
        }
        let mut desk = place.open();
        desk.sync();
        assert_equal(&place.server, &mut desk, "every namespace is synced");
        let expected = [
            (0, "INBOX", Personal),
            (0, "Sent", Personal),
            (1, "2024", Personal),
            (0, "Lists.rust", Personal),
            (0, "R&D a/b", Personal),
            (0, "#user.anna.Trash", OtherUsers),
            (0, "#shared/team", Shared),
            (1, "a.b", Shared),
        ];
        let expected: Vec<_> = expected
            .into_iter()
            .map(|(depth, label, whose)| (depth, label.to_owned(), whose))
            .collect();
        assert_eq!(tree(&mut desk), expected, "{disable:?}");
        let rows = desk.reader.folders().unwrap();
        let trash: Vec<_> = rows
            .iter()
            .filter(|row| row.role == Some(Role::Trash))
            .collect();
        assert!(
            trash.is_empty(),
            "another's trash is not one's own: {trash:?}"
        );
    }
}

#[test]
fn without_namespaces_the_prefix_is_seen_in_the_names() {
    let mut place = Place::new(Dialect::full());
    place.settings.disable = vec!["NAMESPACE".to_owned()];
    place.server.set_namespaces(Namespaces {
        personal: vec![space("INBOX.", Some('.'))],
        ..Namespaces::default()
    });
    for name in ["INBOX.Trash", "INBOX.Work.x"] {
        deliver(&place.server, name, 5, &[]);
    }
    let mut desk = place.open();
    desk.sync();
    assert_eq!(place.n_commands("NAMESPACE"), 0);
    let labels: Vec<String> = tree(&mut desk).into_iter().map(|row| row.1).collect();
    assert_eq!(labels, ["INBOX", "Trash", "Work.x"]);
}

#[test]
fn a_flat_namespace_is_not_cut() {
    let place = Place::new(Dialect::full());
    place.server.set_namespaces(Namespaces {
        personal: vec![space("", None)],
        ..Namespaces::default()
    });
    for name in ["a/b", "a", "a.b\\c"] {
        deliver(&place.server, name, 5, &[]);
    }
    let mut desk = place.open();
    desk.sync();
    assert_equal(&place.server, &mut desk, "flat names");
    let shown: Vec<(u8, String)> = tree(&mut desk)
        .into_iter()
        .map(|(depth, label, _)| (depth, label))
        .collect();
    let expected = ["INBOX", "a", "a.b\\c", "a/b"].map(|name| (0, name.to_owned()));
    assert_eq!(shown, expected);
}

#[test]
fn a_refused_namespace_changes_nothing() {
    let place = Place::with(Dialect::full(), 3);
    deliver(&place.server, "Lists/rust", 9, &[]);
    place.refuse("NAMESPACE", "NO not for you");
    let mut desk = place.open();
    desk.sync();
    assert_equal(&place.server, &mut desk, "without an answer to NAMESPACE");
}

#[test]
fn a_renamed_folder_keeps_its_rows_its_bodies_and_its_operations() {
    let dialect = Dialect::full().with("OBJECTID");
    for (dialect, lists_ids) in [
        (dialect.clone(), true),
        (dialect.without("LIST-STATUS"), false),
    ] {
        a_renamed_folder_keeps_all(dialect, lists_ids);
    }
}

fn a_renamed_folder_keeps_all(dialect: Dialect, lists_ids: bool) {
    let place = Place::new(dialect);
    for number in 1..=6 {
        deliver(&place.server, "Work", number, &[]);
    }
    deliver(&place.server, "Old", 20, &[]);
    let mut desk = place.open();
    desk.sync();
    let work = desk.mailbox("Work");
    let kept = desk.message(work, 3);
    desk.read(kept, work);
    let before = place.server.counts().bodies;
    // One name moves on, another is taken over, a third goes round.
    place.server.delete_mailbox("Old");
    place.server.rename_mailbox("Work", "Old");
    deliver(&place.server, "Work", 30, &[]);
    desk.record_in(work, &[2], SystemFlag::Flagged, true);
    desk.sync();
    desk.sync();
    assert_equal(&place.server, &mut desk, "after the renaming");
    assert_eq!(
        desk.mailbox("Old"),
        work,
        "the folder is the same under its new name"
    );
    assert_ne!(
        desk.mailbox("Work"),
        work,
        "and another one has the old name"
    );
    assert_eq!(desk.message(work, 3), kept);
    assert!(
        desk.reader.body(kept).unwrap().is_some(),
        "the body came along"
    );
    assert_eq!(place.server.counts().bodies, before);
    let flagged = place.server.truth("Old")[1].flags.has(SystemFlag::Flagged);
    assert!(flagged, "the operation followed the folder");
    let new = desk.mailbox("Work");
    place.server.rename_mailbox("Old", "Temporary");
    place.server.rename_mailbox("Work", "Old");
    place.server.rename_mailbox("Temporary", "Work");
    desk.sync();
    assert_equal(&place.server, &mut desk, "after the exchange");
    assert_eq!((desk.mailbox("Work"), desk.mailbox("Old")), (work, new));
    assert_eq!(place.n_commands("STATUS") == 0, lists_ids);
}

#[test]
fn names_go_back_as_the_bytes_they_came_in() {
    for dialect in [Dialect::full(), Dialect::bare()] {
        let mut place = Place::new(dialect);
        place.settings.folders = vec![(Role::Drafts, "Entwürfe".to_owned())];
        let names = [
            ("Entwürfe", "Entwürfe"),         // UTF-8 as it is, without UTF8=ACCEPT
            ("Entw&APw-rfe 2", "Entwürfe 2"), // modified UTF-7
            ("日本語/子", "日本語/子"),       // the level above is not listed
            ("&AGE", "&AGE"),                 // a shift without an end
            ("&AGE-b", "ab"),                 // letters that need none
            ("a&b", "a&b"),
            ("&&&-", "&&&"),
            ("&2AA-x", "&2AA-x"), // half a surrogate pair
            ("100%*\"", "100%*\""),
        ];
        for (number, (name, _)) in (10..).zip(names) {
            deliver(&place.server, name, number, &[]);
        }
        let mut desk = place.open();
        desk.sync();
        assert_equal(
            &place.server,
            &mut desk,
            "every folder is selected by its own name",
        );
        let rows = desk.reader.folders().unwrap();
        for (name, label) in names {
            let id = desk.mailbox(name);
            let row = rows.iter().find(|row| row.mailbox == id).unwrap();
            assert_eq!(row.label.as_str(), label, "{name}");
        }
        let drafts = desk.mailbox("Entwürfe");
        let row = rows
            .iter()
            .find(|row| row.role == Some(Role::Drafts))
            .unwrap();
        assert_eq!(
            row.mailbox, drafts,
            "the configuration names it as it is read"
        );
        let log = place.server.log();
        let enables = |name: &str| log.iter().any(|entry| entry.line.contains(name));
        assert!(!enables("UTF8=ACCEPT") && !enables("IMAP4rev2"));
    }
}

#[test]
fn a_server_of_the_second_revision_alone_is_read_by_what_that_contains() {
    let place = Place::new(Dialect::second_revision());
    for number in 1..=4 {
        deliver(&place.server, "INBOX", number, &[]);
    }
    deliver(&place.server, "Entwürfe", 20, &[]);
    let mut desk = place.open();
    desk.sync();
    assert_equal(&place.server, &mut desk, "at first");
    place.server.expunge("INBOX", &[2]);
    place.server.set_flags("INBOX", 3, &["\\Seen"]);
    deliver(&place.server, "INBOX", 30, &[]);
    desk.sync();
    assert_equal(&place.server, &mut desk, "and again");
    assert_eq!(place.n_commands("LSUB"), 0, "the revision has none");
    let log = place.server.log();
    assert!(
        log.iter()
            .any(|entry| entry.line.contains("RETURN (SUBSCRIBED CHILDREN STATUS ("))
    );
    assert!(
        !log.iter().any(|entry| entry.line.contains("IMAP4rev2")),
        "nothing is enabled"
    );
}

/// Which folders the store says are subscribed to.
fn subscribed(place: &Place) -> Vec<String> {
    let db = rusqlite::Connection::open(place.home.path().join("cache/cache.db")).unwrap();
    let mut query = db
        .prepare("SELECT name FROM mailbox WHERE subscribed ORDER BY name")
        .unwrap();
    let rows = query.query_map([], |row| row.get::<_, Vec<u8>>(0)).unwrap();
    rows.map(|name| String::from_utf8(name.unwrap()).unwrap())
        .collect()
}

#[test]
fn what_is_subscribed_to_stays_known_where_the_server_does_not_say() {
    for (dialect, command) in [
        (Dialect::full().without("LIST-EXTENDED"), "LSUB"),
        (Dialect::full(), "LIST"),
    ] {
        let place = Place::with(dialect, 3);
        for folder in ["Archive", "Lists"] {
            deliver(&place.server, folder, 9, &[]);
        }
        let mut desk = place.open();
        desk.sync();
        let mailbox = desk.mailbox("Lists");
        let change = Change::Folder(FolderChange::Subscribe { mailbox, on: false });
        let action = Action::new(Ticket(1), desk.account, change, Vec::new());
        desk.store.writer().record_now(action).unwrap();
        desk.sync();
        let expected = subscribed(&place);
        assert!(expected.contains(&"Archive".to_owned()), "{expected:?}");
        assert!(!expected.contains(&"Lists".to_owned()), "{expected:?}");
        for answer in ["NO not now", "BAD what?"] {
            place.refuse(command, answer);
            // Where nothing is listed at all, that is said.
            let synced = desk.once(&Errands::Everything);
            assert_eq!(synced.is_err(), command == "LIST", "{synced:?}");
            assert_eq!(subscribed(&place), expected, "{command}: {answer}");
            place.heal();
            desk.sync();
            assert_eq!(subscribed(&place), expected, "{command} again");
        }
    }
}
