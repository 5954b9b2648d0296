//! Mailboxes: listing, counts, gaps, vanished messages.

use proptest::prelude::*;
use sterna::channel::event::Event;
use sterna::channel::operation::Outcome;
use sterna::mail::flag::{Flags, SystemFlag};
use sterna::mail::mailbox::{MailboxId, Role};
use sterna::mail::uid::{ModSeq, Uid};
use sterna::mail::uid_set::UidSet;
use sterna::store::sync_state::{FlagChange, MailboxStatus};

use crate::support::{Fixture, copy, header, listed, selected, validity};

#[test]
fn folders_come_roles_first_and_as_a_tree() {
    let fixture = Fixture::with_headers(2);
    fixture
        .writer()
        .listing(
            fixture.account,
            vec![
                listed("Lists/rust", None),
                listed("Zeta", None),
                listed("Trash", Some(Role::Trash)),
                listed("Lists", None),
                listed("alpha", None),
                listed("INBOX", Some(Role::Inbox)),
                listed("Archive", Some(Role::Archive)),
            ],
        )
        .unwrap();
    let rows = fixture.reader().folders().unwrap();
    let shown: Vec<(String, u8)> = rows
        .iter()
        .map(|row| (row.label.to_string(), row.depth))
        .collect();
    let shown: Vec<(&str, u8)> = shown
        .iter()
        .map(|(label, depth)| (label.as_str(), *depth))
        .collect();
    assert_eq!(
        shown,
        [
            ("INBOX", 0),
            ("Archive", 0),
            ("Trash", 0),
            ("alpha", 0),
            ("Lists", 0),
            ("rust", 1),
            ("Zeta", 0)
        ]
    );
    assert_eq!(
        (rows[0].total, rows[0].unread, rows[0].n_headers),
        (Some(2), Some(2), 2)
    );
    assert_eq!((rows[1].total, rows[1].unread), (None, None));
}

#[test]
fn a_mailbox_that_is_listed_no_more_goes_and_keeps_its_number() {
    let (fixture, lists) = with_lists(300);
    let listing = |names: &[&str]| {
        let names = names.iter().map(|name| listed(name, None)).collect();
        fixture.writer().listing(fixture.account, names).unwrap()
    };
    listing(&["INBOX", "Other"]);
    assert_eq!(fixture.reader().folders().unwrap().len(), 2);
    assert!(fixture.reader().known_uids(lists, 1).unwrap().is_empty());
    assert_eq!(listing(&[]).len(), 0);
    assert_eq!(
        fixture.reader().folders().unwrap().len(),
        2,
        "an empty list is a mistake"
    );
    let again = listing(&["INBOX", "Lists", "Other"]);
    assert_eq!(again[1].1, lists);
    assert_eq!(fixture.reader().sync_state(lists).unwrap().validity, None);
}

#[test]
fn inbox_goes_with_no_list() {
    let fixture = Fixture::with_headers(3);
    let others = vec![listed("Other", None)];
    fixture.writer().listing(fixture.account, others).unwrap();
    assert_eq!(fixture.reader().folders().unwrap().len(), 2);
    let known = fixture.reader().known_uids(fixture.inbox, 1);
    assert_eq!(known.unwrap().len(), 3);
}

/// A store with an empty INBOX and messages 1 to `n` in another mailbox, which stands in its place.
fn with_lists(n: u32) -> (Fixture, MailboxId) {
    let mut fixture = Fixture::with_gap(0);
    let names = ["INBOX", "Lists"].map(|name| listed(name, None));
    let numbered = fixture.writer().listing(fixture.account, names.into());
    let lists = numbered.unwrap()[1].1;
    fixture.inbox = lists;
    fixture.select(1, n);
    fixture.insert((1..=n).map(header).collect());
    fixture.sync(1, n);
    (fixture, lists)
}

#[test]
fn unread_is_the_servers_count_until_the_mailbox_is_known() {
    let fixture = Fixture::with_gap(100);
    let status = MailboxStatus {
        messages: Some(100),
        unseen: Some(40),
        ..MailboxStatus::default()
    };
    fixture.writer().status(fixture.inbox, status).unwrap();
    assert_eq!(fixture.unread(), Some(40));
    fixture.insert((91..=100).map(header).collect());
    assert_eq!(fixture.unread(), Some(40));
    fixture.record(
        vec![fixture.target(95), fixture.target(96)],
        SystemFlag::Seen,
        true,
    );
    assert_eq!(
        fixture.unread(),
        Some(38),
        "open operations lie over the server's count"
    );
    fixture.insert((1..=90).map(header).collect());
    fixture.sync(1, 100);
    assert_eq!(fixture.unread(), Some(98));
}

#[test]
fn the_gap_shrinks_with_what_is_covered_and_grows_with_uid_next() {
    let fixture = Fixture::with_gap(1_000);
    let writer = fixture.writer();
    let gap = || {
        fixture
            .reader()
            .sync_state(fixture.inbox)
            .unwrap()
            .gap
            .to_string()
    };
    assert_eq!(gap(), "1:1000");
    // A block in which most UIDs do not exist is covered all the same.
    writer.headers(
        fixture.inbox,
        validity(1),
        vec![header(950), header(999)],
        UidSet::from_range(901, 1_000),
    );
    writer.flush().unwrap();
    assert_eq!(gap(), "1:900");
    writer.vanished(
        fixture.inbox,
        validity(1),
        UidSet::parse(b"10:20,950").unwrap(),
    );
    writer.flush().unwrap();
    assert_eq!(gap(), "1:9,21:900");
    assert_eq!(
        fixture
            .reader()
            .known_uids(fixture.inbox, 1)
            .unwrap()
            .to_string(),
        "999"
    );
    // New mail that is here already is not missing.
    writer.headers(
        fixture.inbox,
        validity(1),
        vec![header(1_003)],
        UidSet::new(),
    );
    writer.flush().unwrap();
    let state = fixture.select(1, 1_005);
    assert_eq!(state.gap.to_string(), "1:9,21:900,1001:1002,1004:1005");
    assert_eq!((state.uid_next, state.n_headers), (1_006, 2));
    // What comes under another UIDVALIDITY is dropped.
    writer.headers(
        fixture.inbox,
        validity(2),
        vec![header(5)],
        UidSet::from_range(1, 100),
    );
    writer.vanished(fixture.inbox, validity(2), UidSet::from_range(1, 2_000));
    writer.flush().unwrap();
    assert_eq!(gap(), "1:9,21:900,1001:1002,1004:1005");
}

#[test]
fn a_server_without_uid_next_leaves_the_end_open_until_a_sync_point() {
    let fixture = Fixture::with_gap(1);
    let mut answer = selected(9, 5);
    answer.uid_next = None;
    let state = fixture.writer().selected(fixture.inbox, answer).unwrap();
    assert_eq!(state.gap.len(), u64::from(u32::MAX) - 1);
    fixture.insert_under(9, (1..=5).map(header).collect());
    fixture.sync(9, 5);
    assert!(
        fixture
            .reader()
            .sync_state(fixture.inbox)
            .unwrap()
            .gap
            .is_empty()
    );
}

#[test]
fn a_lower_mod_sequence_than_the_known_one_is_forgotten() {
    let fixture = Fixture::with_headers(5);
    assert_eq!(
        fixture.reader().sync_state(fixture.inbox).unwrap().mod_seq,
        ModSeq::new(6)
    );
    let mut answer = selected(1, 5);
    answer.highest_mod_seq = ModSeq::new(3);
    assert_eq!(
        fixture
            .writer()
            .selected(fixture.inbox, answer)
            .unwrap()
            .mod_seq,
        ModSeq::new(0)
    );
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 16, ..ProptestConfig::default() })]
    #[test]
    fn counts_and_gaps_follow_every_change(steps in prop::collection::vec((0_u8..5, 1_u32..40, 1_u32..40), 1..40)) {
        let fixture = Fixture::with_gap(40);
        let writer = fixture.writer();
        let mut gap = UidSet::from_range(1, 40);
        let mut seen = std::collections::BTreeMap::new();
        let mut user_seen = std::collections::BTreeMap::new();
        // UIDs never come back.
        let mut gone = UidSet::new();
        for (kind, a, b) in steps {
            let range = UidSet::from_range(a.min(b), a.max(b));
            match kind {
                0 => {
                    let headers: Vec<_> = range.minus(&gone).iter().map(|uid| header(uid.get())).collect();
                    range.minus(&gone).iter().for_each(|uid| { seen.insert(uid.get(), false); });
                    writer.headers(fixture.inbox, validity(1), headers, range.clone());
                    gap = gap.minus(&range);
                }
                1 => {
                    range.iter().for_each(|uid| gone.insert(uid));
                    writer.vanished(fixture.inbox, validity(1), range.clone());
                    range.iter().for_each(|uid| { seen.remove(&uid.get()); user_seen.remove(&uid.get()); });
                    gap = gap.minus(&range);
                }
                2 | 3 => {
                    let flags = if kind == 2 { Flags::from_names(["\\Seen"]) } else { Flags::default() };
                    let changes = range.iter().map(|uid| FlagChange { uid, flags: flags.clone(), mod_seq: ModSeq::new(0), labels: None }).collect();
                    writer.flags(fixture.inbox, validity(1), changes);
                    range.iter().for_each(|uid| { seen.entry(uid.get()).and_modify(|seen| *seen = kind == 2); });
                }
                _ => {
                    writer.flush().unwrap();
                    if seen.contains_key(&a) {
                        fixture.record(vec![fixture.target(a)], SystemFlag::Seen, b % 2 == 0);
                        user_seen.insert(a, b % 2 == 0);
                    }
                }
            }
        }
        writer.flush().unwrap();
        fixture.sync(1, 40);
        let state = fixture.reader().sync_state(fixture.inbox).unwrap();
        prop_assert_eq!(state.gap.to_string(), gap.to_string());
        prop_assert_eq!(state.n_headers, seen.len() as u64);
        let known: UidSet = seen.keys().filter_map(|uid| Uid::new(*uid)).collect();
        prop_assert_eq!(fixture.reader().known_uids(fixture.inbox, 1).unwrap(), known);
        if gap.is_empty() {
            let n_unread = seen.iter().filter(|(uid, seen)| !user_seen.get(uid).unwrap_or(seen)).count();
            prop_assert_eq!(fixture.unread(), Some(n_unread as u64));
        }
        for (uid, seen) in &seen {
            prop_assert_eq!(fixture.row(*uid).flags.has(SystemFlag::Seen), *user_seen.get(uid).unwrap_or(seen));
        }
    }
}

#[test]
fn a_mailbox_that_goes_parks_the_open_operations_on_it() {
    let fixture = Fixture::with_headers(3);
    let names = |names: &[&str]| {
        let names = names.iter().map(|name| listed(name, None)).collect();
        fixture.writer().listing(fixture.account, names).unwrap()
    };
    names(&["INBOX", "Other"]);
    let targets = vec![fixture.target(1), fixture.target(2)];
    let first = fixture.record(targets.clone(), SystemFlag::Seen, true);
    let second = fixture.record(vec![targets[0]], SystemFlag::Flagged, true);
    while fixture.events.try_recv().is_ok() {}
    names(&["Other"]);
    let closed: Vec<_> = fixture
        .events
        .try_iter()
        .filter_map(|event| match event {
            Event::Closed {
                operation,
                outcomes,
                n_pending,
            } => Some((operation, outcomes, n_pending)),
            _ => None,
        })
        .collect();
    assert_eq!(closed.len(), 2);
    assert_eq!((closed[0].0, closed[0].2), (first, 0));
    assert_eq!((closed[1].0, closed[1].2), (second, 0));
    assert_eq!(closed[0].1.len(), 2);
    assert!(
        closed
            .iter()
            .flat_map(|(_, outcomes, _)| outcomes)
            .all(|(_, outcome)| matches!(outcome, Outcome::Parked(_)))
    );
    let mut reader = fixture.reader();
    assert_eq!(reader.n_pending(None).unwrap(), 0);
    // Back again: still parked, for the user to decide.
    names(&["INBOX", "Other"]);
    let open = reader.open_operations(fixture.account).unwrap();
    assert_eq!(open.len(), 2);
    assert!(open.iter().all(|operation| operation.targets.is_empty()));
    let parked: Vec<_> = open[0].parked.iter().map(|(target, _)| *target).collect();
    assert_eq!(parked, targets);
    assert!(
        open[0].parked[0].1.contains("folder"),
        "{:?}",
        open[0].parked
    );
}

#[test]
fn a_crash_between_the_removal_of_a_mailbox_and_the_parking_is_mended_by_the_next_list() {
    let (fixture, _) = with_lists(2);
    let names = vec![listed("INBOX", None)];
    let operation = fixture.record(vec![fixture.target(1)], SystemFlag::Seen, true);
    let before = fixture.directory.path().join("before");
    let fixture = fixture.reopen(|paths| copy(&paths.data, &before));
    let done = fixture.writer().listing(fixture.account, names.clone());
    assert!(done.is_ok());
    // The cache of afterwards beside the journal of before.
    let fixture = fixture.reopen(|paths| {
        std::fs::remove_dir_all(&paths.data).unwrap();
        copy(&before, &paths.data);
    });
    let mut reader = fixture.reader();
    assert_eq!(reader.n_pending(None).unwrap(), 1);
    let open = reader.open_operations(fixture.account).unwrap();
    assert_eq!(open[0].id, operation);
    assert!(open[0].targets.is_empty(), "nobody can carry it out");
    fixture.writer().listing(fixture.account, names).unwrap();
    assert_eq!(reader.n_pending(None).unwrap(), 0);
}

#[test]
fn many_statuses_are_one_change_of_the_folders() {
    let fixture = Fixture::with_headers(1);
    let names: Vec<String> = (0..200).map(|n| format!("Folder {n}")).collect();
    let mut all = vec![listed("INBOX", Some(Role::Inbox))];
    all.extend(names.iter().map(|name| listed(name, None)));
    let numbered = fixture.writer().listing(fixture.account, all).unwrap();
    while fixture.events.try_recv().is_ok() {}
    let mut statuses: Vec<_> = (0..)
        .zip(&numbered)
        .map(|(n, (_, mailbox))| {
            let status = MailboxStatus {
                messages: Some(n),
                unseen: Some(n / 2),
                ..MailboxStatus::default()
            };
            (*mailbox, status)
        })
        .collect();
    // One that is not there harms nobody.
    statuses.insert(7, (MailboxId::new(77_777), MailboxStatus::default()));
    fixture
        .writer()
        .statuses(fixture.account, statuses.clone())
        .unwrap();
    let events: Vec<Event> = fixture.events.try_iter().collect();
    assert_eq!(events, [Event::FoldersChanged]);
    let mut reader = fixture.reader();
    for (n, (_, mailbox)) in (0..).zip(&numbered).skip(1) {
        let info = reader.mailbox(*mailbox).unwrap().unwrap();
        assert_eq!((info.total, info.unread), (Some(n), Some(n / 2)));
    }
    // Nothing of another account is changed.
    let elsewhere = sterna::mail::account::AccountId::new(99);
    statuses[1].1.messages = Some(1_000);
    fixture.writer().statuses(elsewhere, statuses).unwrap();
    assert_eq!(fixture.events.try_recv().ok(), None);
    let info = reader.mailbox(numbered[1].1).unwrap().unwrap();
    assert_eq!(info.total, Some(1));
}
