//! Rights and room: known before anybody tries, and never for a round trip that somebody waits for.

use sterna::channel::job::Job;
use sterna::channel::operation::Change;
use sterna::channel::rows::FolderRow;
use sterna::demo::dialect::Dialect;
use sterna::demo::fault::{Fault, FaultKind};
use sterna::demo::namespace::{Namespace as Space, Namespaces};
use sterna::engine::once::Errands;
use sterna::mail::flag::{Keyword, SystemFlag};
use sterna::mail::quota::Quota;
use sterna::mail::rights::{Deed, refusal};

use crate::place::{Desk, GUARD, Place, deliver, stop};

fn row(desk: &mut Desk, name: &str) -> FolderRow {
    let mailbox = desk.mailbox(name);
    let rows = desk.reader.folders().unwrap();
    rows.into_iter().find(|row| row.mailbox == mailbox).unwrap()
}

/// INBOX, a folder of a team that may be read only, and one of another user where mail may be put.
fn shared() -> Place {
    let place = Place::with(Dialect::full(), 2);
    let space = |prefix: &str| Space {
        prefix: prefix.to_owned(),
        delimiter: Some('/'),
    };
    place.server.set_namespaces(Namespaces {
        personal: vec![space("")],
        others: vec![space("Users/")],
        shared: vec![space("Team/")],
        are_apart: false,
    });
    deliver(&place.server, "Team/news", 3, &[]);
    deliver(&place.server, "Users/anna", 4, &[]);
    place.server.set_rights("Team/news", "lr");
    place.server.set_rights("Users/anna", "lri");
    place
}

#[test]
fn a_folder_that_may_only_be_read_says_so_before_anybody_tries() {
    let place = shared();
    let mut desk = place.open();
    desk.sync();
    let news = row(&mut desk, "Team/news");
    assert!(news.read_only, "SELECT said READ-ONLY");
    assert_eq!(news.rights.unwrap().letters(), "lr");
    let why = |row: &FolderRow, deed| refusal(row.rights, row.read_only, deed);
    for deed in [Deed::MarkRead, Deed::Mark, Deed::Add, Deed::Remove] {
        assert!(why(&news, deed).unwrap().starts_with("you may not"));
    }
    let anna = row(&mut desk, "Users/anna");
    assert_eq!(why(&anna, Deed::Add), None);
    let words = why(&anna, Deed::Remove).unwrap();
    assert_eq!(words, "you may not take mail out of here");
    let inbox = row(&mut desk, "INBOX");
    assert_eq!(why(&inbox, Deed::Remove), None);
}

#[test]
fn rights_of_folders_of_others_are_known_without_opening_them() {
    let place = shared();
    let mut desk = place.open();
    // The first connection learns that there are such folders.
    desk.once(&Errands::Folders).unwrap();
    let engine = desk.engine();
    desk.until("the rights are known", |desk| {
        ["Team/news", "Users/anna"]
            .iter()
            .all(|name| row(desk, name).rights.is_some())
    });
    stop(engine);
}

#[test]
fn without_acl_a_read_only_folder_is_told_by_its_select() {
    let place = Place::with(Dialect::full().without("ACL"), 2);
    place.server.set_rights("INBOX", "lr");
    let mut desk = place.open();
    desk.sync();
    let inbox = row(&mut desk, "INBOX");
    assert_eq!((inbox.read_only, inbox.rights), (true, None));
    assert_eq!(place.n_commands("MYRIGHTS"), 0);
}

#[test]
fn the_room_is_asked_for_when_nobody_waits_and_not_again_soon() {
    let place = Place::with(Dialect::full(), 3);
    place.server.set_quota(Some(10 << 20));
    let mut desk = place.open();
    let engine = desk.engine();
    desk.until("the room is known", |desk| {
        !desk.reader.quotas().unwrap().is_empty()
    });
    assert!(place.server.await_command("IDLE", GUARD));
    stop(engine);
    let quota = Quota {
        used_bytes: 1 << 10,
        limit_bytes: 10 << 20,
    };
    assert_eq!(desk.reader.quotas().unwrap(), [(desk.account, quota)]);
    let log = place.server.log();
    let first = |name: &str| log.iter().position(|entry| entry.name == name).unwrap();
    assert!(
        first("GETQUOTAROOT") > first("SELECT"),
        "it is not in the first flight"
    );
    assert_eq!(place.n_commands("GETQUOTAROOT"), 1);
    place.server.clear_log();
    place.server.set_quota(Some(20 << 20));
    desk.sync();
    let told = desk.reader.quotas().unwrap();
    assert_eq!(
        told[0].1.limit_bytes,
        20 << 20,
        "a single connection asks once"
    );
    assert_eq!(place.n_commands("GETQUOTAROOT"), 1);
}

/// RFC 3501 §6.3.1: who tells no PERMANENTFLAGS keeps all of FLAGS. Whether it keeps anything else, nobody knows.
#[test]
fn without_permanent_flags_those_of_the_mailbox_are_kept_and_new_keywords_stay_here() {
    for dialect in [Dialect::full(), Dialect::bare()] {
        let place = Place::with(dialect.without_permanent_flags(), 4);
        place.server.set_flags("INBOX", 4, &["todo"]);
        place.server.create("Archive", None);
        let mut desk = place.open();
        desk.sync();
        let keyword = |name| Change::Keyword {
            keyword: Keyword::parse(name).unwrap(),
            on: true,
        };
        desk.record(&[1], SystemFlag::Flagged, true);
        desk.act(&[1], keyword("todo"));
        desk.act(&[2], keyword("fresh"));
        let to = desk.mailbox("Archive");
        desk.act(&[3], Change::Move { to });
        desk.sync();
        let truth = place.server.truth("INBOX");
        let flags = truth.iter().map(|message| {
            let names: Vec<&str> = message.flags.names().collect();
            (message.uid, names.join(" "))
        });
        let is_there = |uid: u32, names: &str| {
            let found = flags.clone().find(|(known, _)| *known == uid);
            found.is_some_and(|(_, there)| there == names)
        };
        assert!(is_there(1, "\\Flagged todo"), "{truth:?}");
        assert!(is_there(2, ""), "{truth:?}");
        assert_eq!(place.server.truth("Archive").len(), 1);
        let inbox = desk.mailbox("INBOX");
        let fresh = desk.message(inbox, 2);
        let row = desk.reader.row(fresh, inbox).unwrap().unwrap();
        assert_eq!(
            row.flags.names().collect::<Vec<_>>(),
            ["fresh"],
            "kept here"
        );
        assert_eq!(desk.reader.n_pending(None).unwrap(), 0);
    }
}

#[test]
fn a_keyword_that_comes_up_while_the_mailbox_is_open_is_kept_there_without_permanent_flags() {
    let place = Place::with(Dialect::full().without_permanent_flags(), 2);
    place.fault(Fault::once(FaultKind::Before {
        command: "IDLE".to_owned(),
        lines: b"* FLAGS (\\Answered \\Flagged \\Deleted \\Seen \\Draft todo)\r\n".to_vec(),
    }));
    let mut desk = place.open();
    let engine = desk.engine();
    desk.online();
    assert!(place.server.await_command("IDLE", GUARD));
    desk.act(
        &[1],
        Change::Keyword {
            keyword: Keyword::parse("todo").unwrap(),
            on: true,
        },
    );
    engine.submit(Job::JournalChanged);
    desk.until("the server has the keyword", |_| {
        let truth = place.server.truth("INBOX");
        truth[0].flags.names().any(|name| name == "todo")
    });
    stop(engine);
}
