//! The journal after a crash and without the cache: what is durable is shown again and sent once.

use sterna::channel::operation::Outcome;
use sterna::mail::flag::SystemFlag;

use crate::support::{Fixture, copy, header};

#[test]
fn the_journal_survives_a_crash() {
    let fixture = Fixture::with_headers(5);
    let operation = fixture.record(
        vec![fixture.target(2), fixture.target(4)],
        SystemFlag::Seen,
        true,
    );
    let targets = [fixture.target(2), fixture.target(4)].map(|target| (operation, target));
    let claimed = fixture.writer().claim(targets.to_vec(), None).unwrap();
    assert_eq!(claimed, targets);
    let fixture = fixture.crash_and_open();
    let open = fixture.reader().open_operations(fixture.account).unwrap();
    assert_eq!(open.len(), 1);
    assert_eq!((open[0].id, open[0].attempts), (operation, 1));
    let uids: Vec<u32> = open[0]
        .targets
        .iter()
        .map(|open| open.key.unwrap().uid.get())
        .collect();
    assert_eq!(uids, [2, 4]);
    assert_eq!(fixture.reader().n_pending(None).unwrap(), 1);
    assert_eq!(fixture.unread(), Some(3));
}

#[test]
fn a_crash_between_journal_and_projection_is_mended_at_the_start() {
    let fixture = Fixture::with_headers(3);
    let before = fixture.directory.path().join("before");
    let fixture = fixture.reopen(|paths| copy(&paths.cache, &before));
    fixture.record(vec![fixture.target(2)], SystemFlag::Seen, true);
    // The cache of before the operation beside the journal with it.
    let fixture = fixture.reopen(|paths| {
        std::fs::remove_dir_all(&paths.cache).unwrap();
        copy(&before, &paths.cache);
    });
    assert!(fixture.row(2).flags.has(SystemFlag::Seen));
    assert_eq!(fixture.unread(), Some(2));
}

#[test]
fn a_crash_between_the_two_commits_of_closing_changes_nothing_when_closed_again() {
    let fixture = Fixture::with_headers(3);
    let target = fixture.target(2);
    let operation = fixture.record(vec![target], SystemFlag::Seen, true);
    let before = fixture.directory.path().join("before");
    let fixture = fixture.reopen(|paths| copy(&paths.data, &before));
    fixture
        .writer()
        .close(operation, vec![(target, Outcome::Done(None))])
        .unwrap();
    let fixture = fixture.reopen(|paths| {
        std::fs::remove_dir_all(&paths.data).unwrap();
        copy(&before, &paths.data);
    });
    assert_eq!(fixture.reader().n_pending(None).unwrap(), 1);
    assert_eq!(fixture.unread(), Some(2));
    fixture
        .writer()
        .close(operation, vec![(target, Outcome::Done(None))])
        .unwrap();
    assert_eq!(fixture.reader().n_pending(None).unwrap(), 0);
    assert_eq!(fixture.unread(), Some(2));
    assert!(fixture.row(2).flags.has(SystemFlag::Seen));
}

#[test]
fn a_lost_cache_gives_open_targets_their_numbers_back_and_shows_them_changed() {
    let fixture = Fixture::with_headers(5);
    let (three, five) = (fixture.message(3), fixture.message(5));
    let target = fixture.target(3);
    let operation = fixture.record(vec![target], SystemFlag::Seen, true);
    let fixture = fixture.reopen(|paths| std::fs::remove_dir_all(&paths.cache).unwrap());
    let open = || fixture.reader().open_operations(fixture.account).unwrap();
    assert!(
        open()[0].targets.is_empty(),
        "a folder that is not known cannot be selected"
    );
    let listed = fixture
        .writer()
        .listing(fixture.account, vec![crate::support::listed("INBOX", None)])
        .unwrap();
    assert_eq!(listed[0].1, fixture.inbox, "a mailbox keeps its number");
    // Even before its headers are here again the operation can be carried out.
    assert_eq!(open()[0].id, operation);
    assert_eq!(open()[0].targets[0].key.unwrap().uid.get(), 3);
    fixture.select(1, 5);
    fixture.insert((1..=5).map(header).collect());
    assert_eq!(fixture.message(3), three);
    assert_ne!(
        fixture.message(5),
        five,
        "numbers are never given out twice"
    );
    assert!(fixture.row(3).flags.has(SystemFlag::Seen));
    assert!(
        fixture
            .reader()
            .header_block(three)
            .unwrap()
            .unwrap()
            .starts_with(b"From: Anna")
    );
    let block = fixture
        .reader()
        .header_block(fixture.message(4))
        .unwrap()
        .unwrap();
    assert!(String::from_utf8(block).unwrap().contains("number 4"));
}
