//! Taking back and doing again, whatever the server has heard by then; holds, claims, and what the user decides.

use sterna::channel::operation::{Change, FolderChange, OperationId, Outcome, Stands, Target};
use sterna::mail::flag::{Keyword, SystemFlag};
use sterna::mail::mailbox::{MailboxId, MailboxName};
use sterna::store::journal::{FolderState, OpenOperation};
use sterna::store::sync_state::FlagChange;

use crate::place::{Place, address, mailboxes, moved, placed};
use crate::support::{listed, validity};

pub fn open(place: &Place) -> Vec<OpenOperation> {
    let account = place.fixture.account;
    place.fixture.reader().open_operations(account).unwrap()
}

pub fn undo(place: &Place) -> (String, usize, usize) {
    let undone = place.fixture.writer().undo_now().unwrap();
    place.check();
    (undone.label, undone.n_restored, undone.n_skipped)
}

fn redo(place: &Place) -> (String, usize, usize) {
    let undone = place.fixture.writer().redo_now().unwrap();
    place.check();
    (undone.label, undone.n_restored, undone.n_skipped)
}

pub fn archive(place: &Place, uids: std::ops::RangeInclusive<u32>) -> (OperationId, Vec<Target>) {
    let targets: Vec<Target> = uids.map(|uid| place.fixture.target(uid)).collect();
    let change = Change::Move { to: place.archive };
    (place.record(change, targets.clone()), targets)
}

pub fn counts(place: &Place) -> (usize, usize) {
    let inbox = place.fixture.inbox;
    (place.rows(inbox).len(), place.rows(place.archive).len())
}

pub fn done(n: usize, skipped: usize) -> (String, usize, usize) {
    ("archive".to_owned(), n, skipped)
}

fn nothing() -> (String, usize, usize) {
    (String::new(), 0, 0)
}

#[test]
fn what_was_not_sent_is_taken_back_for_nothing_and_done_again() {
    let place = Place::new(5);
    archive(&place, 1..=3);
    archive(&place, 4..=4);
    assert_eq!(counts(&place), (1, 4));
    assert_eq!(undo(&place), done(1, 0));
    assert_eq!(undo(&place), done(3, 0));
    assert_eq!((counts(&place), open(&place).len()), ((5, 0), 0));
    assert_eq!(undo(&place), nothing());
    // In the order in which they were taken back, over a restart.
    let place = place.crash_and_open();
    assert_eq!(redo(&place), done(3, 0));
    assert_eq!(counts(&place), (2, 3));
    assert_eq!(redo(&place), done(1, 0));
    assert_eq!(redo(&place), nothing());
    assert_eq!(counts(&place), (1, 4));
    assert_eq!(undo(&place), done(1, 0));
    // Something new ends what could be done again.
    archive(&place, 5..=5);
    assert_eq!(redo(&place), nothing());
    assert_eq!(undo(&place), done(1, 0));
    assert_eq!(undo(&place), done(3, 0));
    assert_eq!(counts(&place), (5, 0));
}

#[test]
fn what_the_server_has_done_is_led_back_with_what_is_still_there() {
    let place = Place::new(4);
    let junk = Change::Keyword {
        keyword: Keyword::junk(),
        on: true,
    };
    let targets: Vec<Target> = (1..=4).map(|uid| place.fixture.target(uid)).collect();
    let changes = vec![junk, Change::Move { to: place.archive }];
    let recorded = place.action(changes, targets.clone());
    for target in &targets {
        place.close(recorded.operations[0], *target, Outcome::Done(None));
    }
    for (target, uid) in targets.iter().zip(11..) {
        let there = Outcome::Done(Some(address(uid)));
        place.close(recorded.operations[1], *target, there);
    }
    // Another client takes one away and unmarks one.
    place.vanishes(place.archive, 7, 11);
    let flags = FlagChange {
        uid: sterna::mail::uid::Uid::new(12).unwrap(),
        flags: sterna::mail::flag::Flags::default(),
        mod_seq: sterna::mail::uid::ModSeq::new(77),
        labels: None,
    };
    let writer = place.fixture.writer();
    writer.flags(place.archive, validity(7), vec![flags]);
    writer.flush().unwrap();
    assert_eq!(undo(&place), done(3, 1));
    assert_eq!(counts(&place), (3, 0));
    let rows = place.rows(place.fixture.inbox);
    assert!(rows.iter().all(|row| row.flags.keywords().is_empty()));
    let back = open(&place);
    assert_eq!(back.len(), 2);
    let off = Change::Keyword {
        keyword: Keyword::junk(),
        on: false,
    };
    assert_eq!((&back[0].change, back[0].targets.len()), (&off, 2));
    let to = Change::Move {
        to: place.fixture.inbox,
    };
    assert_eq!((&back[1].change, back[1].targets.len()), (&to, 3));
    let uids: Vec<u32> = back[1]
        .targets
        .iter()
        .map(|open| open.key.unwrap().uid.get())
        .collect();
    assert_eq!(uids, [12, 13, 14]);
    // And again, before the server heard of it.
    assert_eq!(redo(&place), done(3, 0));
    assert_eq!(counts(&place), (0, 3));
    assert_eq!(open(&place).len(), 4);
    assert_eq!(undo(&place), done(3, 0));
    assert_eq!(counts(&place), (3, 0));
}

#[test]
fn five_hundred_archived_messages_come_back_with_their_flags() {
    let place = Place::new(500);
    let seen = Change::Flag {
        flag: SystemFlag::Flagged,
        on: true,
    };
    let starred: Vec<Target> = (1..=250).map(|uid| place.fixture.target(uid)).collect();
    let star = place.record(seen, starred.clone());
    let ended = starred.iter().map(|target| (*target, Outcome::Done(None)));
    let writer = place.fixture.writer();
    writer.close(star, ended.collect()).unwrap();
    let (operation, targets) = archive(&place, 1..=500);
    let ended = targets
        .iter()
        .zip(1_001..)
        .map(|(target, uid)| (*target, Outcome::Done(Some(address(uid)))));
    writer.close(operation, ended.collect()).unwrap();
    assert_eq!(counts(&place), (0, 500));
    assert_eq!(undo(&place), done(500, 0));
    assert_eq!(counts(&place), (500, 0));
    let rows = place.rows(place.fixture.inbox);
    let is_starred = |flags: &sterna::mail::flag::Flags| flags.has(SystemFlag::Flagged);
    assert_eq!(
        rows.iter().filter(|row| is_starred(&row.flags)).count(),
        250
    );
    let back = open(&place);
    let back = back.last().unwrap();
    assert!(back.targets.iter().all(|open| open.key.is_some()));
    assert_eq!(back.targets.len(), 500);
}

#[test]
fn only_what_was_changed_and_still_stands_is_taken_back() {
    let place = Place::new(3);
    let star = |on| Change::Flag {
        flag: SystemFlag::Flagged,
        on,
    };
    let [one, two, three] = [1, 2, 3].map(|uid| place.fixture.target(uid));
    let first = place.record(star(true), vec![one]);
    place.close(first, one, Outcome::Done(None));
    let all = place.record(star(true), vec![one, two, three]);
    let outcomes = [one, two, three].map(|target| (target, Outcome::Done(None)));
    let writer = place.fixture.writer();
    writer.close(all, outcomes.to_vec()).unwrap();
    // Somebody else has unstarred the third since.
    let flags = FlagChange {
        uid: sterna::mail::uid::Uid::new(3).unwrap(),
        flags: sterna::mail::flag::Flags::default(),
        mod_seq: sterna::mail::uid::ModSeq::new(77),
        labels: None,
    };
    writer.flags(place.fixture.inbox, validity(1), vec![flags]);
    writer.flush().unwrap();
    assert_eq!(undo(&place), done(1, 0));
    let stars: Vec<bool> = (1..=3)
        .map(|uid| place.fixture.row(uid).flags.has(SystemFlag::Flagged))
        .collect();
    assert_eq!(stars, [true, false, false]);
}

#[test]
fn a_copy_is_taken_back_by_the_address_that_the_server_told_and_never_by_a_guess() {
    let place = Place::new(2);
    let [one, two] = [1, 2].map(|uid| place.fixture.target(uid));
    let change = Change::Copy { to: place.archive };
    let copy = place.record(change.clone(), vec![one]);
    place.close(copy, one, Outcome::Done(Some(address(8))));
    assert_eq!(undo(&place), done(1, 0));
    assert_eq!(counts(&place), (2, 0));
    let back = open(&place);
    assert_eq!(back[0].change, Change::Delete);
    assert_eq!(back[0].targets[0].key.unwrap().uid.get(), 8);
    let copy = place.record(change, vec![two]);
    place.close(copy, two, Outcome::Done(None));
    place.arrives(place.archive, moved(2, 9));
    let stands = place.fixture.writer().undo_now().unwrap().stands;
    assert_eq!(stands, Some(Stands::UnknownCopy));
    assert_eq!(counts(&place), (2, 1));
}

#[test]
fn a_deletion_for_good_is_taken_back_only_before_it_is_sent() {
    let place = Place::new(2);
    let [one, two] = [1, 2].map(|uid| place.fixture.target(uid));
    place.record(Change::Delete, vec![one]);
    assert_eq!(undo(&place), done(1, 0));
    assert_eq!(counts(&place), (2, 0));
    archive(&place, 1..=1);
    let deletion = place.record(Change::Delete, vec![two]);
    place.close(deletion, two, Outcome::Done(None));
    // It is said, and nothing older is touched before it is asked for.
    let undone = place.fixture.writer().undo_now().unwrap();
    assert_eq!(undone.stands, Some(Stands::Deleted));
    assert_eq!((undone.n_restored, counts(&place)), (0, (0, 1)));
    assert_eq!(undo(&place), done(1, 0), "the archive before it");
    assert_eq!(counts(&place), (1, 0));
}

#[test]
fn a_folder_that_is_made_stands_and_the_action_before_it_too() {
    let place = Place::new(1);
    archive(&place, 1..=1);
    let (operation, _) = create(&place, "Lists");
    let writer = place.fixture.writer();
    assert!(writer.claim_folder(operation).unwrap());
    writer.close_folder(operation, Outcome::Done(None)).unwrap();
    let undone = writer.undo_now().unwrap();
    assert_eq!(undone.stands, Some(Stands::FolderMade));
    assert_eq!(counts(&place), (0, 1));
}

#[test]
fn a_renamed_folder_gets_its_name_back_when_that_is_not_utf_8() {
    let place = Place::new(1);
    let mut odd = listed("odd", None);
    odd.name = MailboxName::from_raw(b"caf\xe9");
    let names = vec![listed("INBOX", None), listed("Archive", None), odd.clone()];
    let writer = place.fixture.writer();
    let folder = writer.listing(place.fixture.account, names).unwrap()[2].1;
    let to = MailboxName::from_display("coffee");
    let rename = FolderChange::Rename {
        mailbox: folder,
        to,
    };
    let recorded = place.action(vec![Change::Folder(rename)], Vec::new());
    let operation = recorded.operations[0];
    assert!(writer.claim_folder(operation).unwrap());
    writer.close_folder(operation, Outcome::Done(None)).unwrap();
    assert_eq!(undo(&place), done(1, 0));
    let back = FolderChange::Rename {
        mailbox: folder,
        to: odd.name,
    };
    assert_eq!(open(&place)[0].change, Change::Folder(back));
}

fn create(place: &Place, name: &str) -> (OperationId, MailboxId) {
    let create = FolderChange::Create {
        name: MailboxName::from_display(name),
    };
    let recorded = place.action(vec![Change::Folder(create)], Vec::new());
    (recorded.operations[0], recorded.created.unwrap())
}

#[test]
fn a_folder_that_is_to_be_created_takes_messages_at_once_and_gives_them_back() {
    let place = Place::new(2);
    let (operation, lists) = create(&place, "Lists");
    let row = |place: &Place| {
        let rows = place.fixture.reader().folders().unwrap();
        rows.into_iter().find(|row| row.mailbox == lists)
    };
    assert_eq!(row(&place).unwrap().name.as_str(), "Lists");
    let target = place.fixture.target(1);
    place.record(Change::Move { to: lists }, vec![target]);
    assert_eq!(place.list(lists), [(target.message, 0)]);
    // A list of the server does not have it yet; the cache may be lost.
    assert_eq!(mailboxes(&place.fixture), [place.archive, place.spare]);
    assert_eq!(place.list(lists), [(target.message, 0)]);
    let waiting = open(&place);
    assert_eq!(waiting[0].folder, Some(FolderState::Open));
    assert_eq!(waiting[0].folder_mailbox, Some(lists));
    assert!(waiting[0].targets.is_empty());
    // Given up: what was to go there comes back.
    assert!(
        place
            .fixture
            .writer()
            .drop_operation_now(operation)
            .unwrap()
    );
    place.check();
    assert_eq!(
        (place.rows(place.fixture.inbox).len(), row(&place)),
        (2, None)
    );
    assert!(open(&place)[0].parked[0].1.contains("was not created"));

    let (_, again) = create(&place, "Lists");
    assert_eq!(again, lists, "a name keeps its number");
    let mut names: Vec<_> = ["INBOX", "Archive", "Spare", "Lists"]
        .map(|name| listed(name, None))
        .to_vec();
    let writer = place.fixture.writer();
    let numbered = writer
        .listing(place.fixture.account, names.clone())
        .unwrap();
    assert_eq!(numbered[3].1, lists, "and it is that of the list");
    names.truncate(3);
    writer.listing(place.fixture.account, names).unwrap();
    assert_eq!(row(&place), None, "gone again from the server");
    assert_eq!(undo(&place).0, "archive");
}

#[test]
fn ten_thousand_at_once_repaint_each_list_once() {
    let place = Place::new(10_000);
    while place.fixture.events.try_recv().is_ok() {}
    let (inbox, mut reader) = (place.fixture.inbox, place.fixture.reader());
    let uids = (1..=10_000).filter_map(sterna::mail::uid::Uid::new);
    let targets: Vec<Target> = uids
        .map(|uid| reader.message_at(inbox, validity(1), uid).unwrap())
        .map(|message| placed(inbox, message.unwrap()))
        .collect();
    let recorded = place.action(vec![Change::Move { to: place.archive }], targets);
    assert_eq!(recorded.n_targets, 10_000);
    let listed = |mailbox| reader.mailbox(mailbox).unwrap().unwrap().n_listed;
    assert_eq!([inbox, place.archive].map(listed), [0, 10_000]);
    let repaints: Vec<MailboxId> = place
        .fixture
        .events
        .try_iter()
        .filter_map(|event| match event {
            sterna::channel::event::Event::RowsChanged(mailbox) => Some(mailbox),
            _ => None,
        })
        .collect();
    assert_eq!(repaints, [place.fixture.inbox, place.archive]);
}
