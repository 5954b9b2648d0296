//! Windows: paging yields every row once, in order, and a limit finds what it should, indexed or not.

use proptest::prelude::*;
use sterna::channel::rows::{Anchor, RowKey, UnreadQuery};
use sterna::mail::address::Address;
use sterna::mail::flag::Flags;
use sterna::mail::mailbox::MailboxId;
use sterna::mail::safe_text::SafeText;
use sterna::store::sync_state::FetchedHeader;

use crate::support::{Fixture, header};

/// Pages down (or up) through a list and returns the keys in the order of the list.
fn page(fixture: &Fixture, limit: &str, n_rows: usize, down: bool) -> Vec<RowKey> {
    let mut reader = fixture.reader();
    let start = if down { Anchor::Newest } else { Anchor::Oldest };
    let mut window = reader.window(&fixture.query(limit, start, n_rows)).unwrap();
    let mut keys: Vec<RowKey> = window.rows.iter().map(|row| row.key).collect();
    loop {
        let edge = if down {
            window.rows.last()
        } else {
            window.rows.first()
        };
        let is_more = if down {
            window.more_below
        } else {
            window.more_above
        };
        let Some(edge) = edge.filter(|_| is_more) else {
            return keys;
        };
        let (edge, n_before) = (edge.key, keys.len());
        window = reader
            .window(&fixture.query(limit, Anchor::Around(edge), n_rows))
            .unwrap();
        assert!(window.rows.len() <= n_rows);
        let page: Vec<RowKey> = window.rows.iter().map(|row| row.key).collect();
        if down {
            let at = page
                .iter()
                .position(|key| *key == edge)
                .expect("the place itself");
            keys.extend(&page[at + 1..]);
        } else {
            let at = page
                .iter()
                .position(|key| *key == edge)
                .expect("the place itself");
            keys.splice(0..0, page[..at].iter().copied());
        }
        assert!(keys.len() > n_before, "no progress");
    }
}

#[test]
fn paging_through_ten_thousand_rows_yields_each_once_in_order() {
    let n = 10_000;
    let fixture = Fixture::with_gap(n);
    // Dates collide, run backwards and are absurd; UIDs decide then.
    let headers = (1..=n)
        .map(|uid| {
            let mut header = header(uid);
            header.internal_date = match uid % 7 {
                0 => i64::MIN,
                1 => i64::MAX,
                2 => -5,
                3 => 1_700_000_000,
                _ => 1_800_000_000 - i64::from(uid),
            };
            header
        })
        .collect();
    fixture.insert(headers);
    let down = page(&fixture, "", 333, true);
    assert_eq!(down.len(), n as usize);
    assert!(down.is_sorted_by(|above, below| above > below));
    assert_eq!(page(&fixture, "", 777, false), down);
    assert_eq!(
        fixture.window("", Anchor::Newest, 10).n_matching,
        u64::from(n)
    );
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 8, ..ProptestConfig::default() })]
    #[test]
    fn every_anchor_and_limit_gives_a_slice_of_the_list(n in 1_u32..60, at in 0_u32..70, n_rows in 2_usize..20) {
        let fixture = Fixture::with_gap(n);
        fixture.insert((1..=n).map(|uid| {
            let mut header = header(uid);
            if uid % 3 == 0 { header.envelope.subject = format!("Étude {uid}"); }
            header
        }).collect());
        for limit in ["", "etu", "anna subj", "nothing"] {
            let all = fixture.window(limit, Anchor::Newest, 2_000);
            prop_assert!(!all.more_above && !all.more_below);
            prop_assert_eq!(all.n_matching, all.rows.len() as u64);
            let place = RowKey { internal_date: 1_700_000_000 + i64::from(at) * 60, uid: at, message: all.rows.first().map_or(sterna::mail::message_id::MessageId::new(1).unwrap(), |row| row.key.message) };
            for anchor in [Anchor::Newest, Anchor::Oldest, Anchor::Around(place)] {
                let window = fixture.window(limit, anchor, n_rows);
                prop_assert_eq!(window.rows.len(), n_rows.min(all.rows.len()));
                let Some(first) = window.rows.first() else { continue };
                let start = all.rows.iter().position(|row| row == first).unwrap();
                prop_assert_eq!(&window.rows[..], &all.rows[start..start + window.rows.len()]);
                prop_assert_eq!(window.more_above, start > 0);
                prop_assert_eq!(window.more_below, start + window.rows.len() < all.rows.len());
            }
            prop_assert_eq!(page(&fixture, limit, n_rows.max(3), true).len(), all.rows.len());
        }
    }
}

/// Waits until the chores have indexed everything: the index then answers for rows whose words are taken from them.
fn wait_for_index(fixture: &Fixture) {
    let path = fixture.paths.cache.join("cache.db");
    let db =
        rusqlite::Connection::open_with_flags(path, rusqlite::OpenFlags::SQLITE_OPEN_READ_ONLY)
            .unwrap();
    for _ in 0..60_000 {
        let n: i64 = db
            .query_row("SELECT count(*) FROM unindexed", [], |row| row.get(0))
            .unwrap();
        if n == 0 {
            return;
        }
        std::thread::yield_now();
    }
    panic!("the index was never finished");
}

/// Subjects in several scripts, and words that find some of them, or none.
const SUBJECTS: [&str; 6] = [
    "Grüße aus Köln",
    "Re: Привет мир",
    "naïve café",
    "日本語の件名",
    "ordinary words",
    "½ price ⅷ",
];
const LIMITS: [&str; 16] = [
    "grusse",
    "GRÜ",
    "koln",
    "прив",
    "cafe naive",
    "日本",
    "ord wor",
    "ægir",
    "example",
    "a",
    "price",
    "⅞",
    "½",
    "is aegir",
    "\"*",
    "ord*",
];

#[test]
fn a_limit_finds_the_same_before_and_after_the_index_is_built() {
    let fixture = Fixture::with_gap(5_000);
    let headers = (1..=5_000_u32)
        .map(|uid| {
            let mut header = header(uid);
            SUBJECTS[uid as usize % SUBJECTS.len()].clone_into(&mut header.envelope.subject);
            if uid % 11 == 0 {
                header.envelope.from = vec![Address {
                    name: "Ægir Ørsted".to_owned(),
                    addr: "aegir@example.is".to_owned(),
                }];
            }
            header
        })
        .collect();
    fixture.insert(headers);
    let ask = |fixture: &Fixture| -> Vec<(u64, Vec<u32>)> {
        LIMITS
            .iter()
            .map(|limit| {
                let window = fixture.window(limit, Anchor::Newest, 500);
                (
                    window.n_matching,
                    window.rows.iter().map(|row| row.key.uid).collect(),
                )
            })
            .collect()
    };
    let before = ask(&fixture);
    wait_for_index(&fixture);
    let after = ask(&fixture);
    for ((limit, before), after) in LIMITS.iter().zip(&before).zip(&after) {
        assert_eq!(before.0, after.0, "{limit}");
        assert_eq!(before, after, "{limit}");
    }
    assert_eq!(after[2].0, 833);
    assert!(after[8].0 == 5_000 && after[0].0 == 0 && after[5].0 > 800);
    let block = fixture
        .reader()
        .header_block(fixture.message(4_321))
        .unwrap()
        .unwrap();
    assert_eq!(
        block,
        header(4_321).block,
        "compressed blocks come back as they were"
    );
}

#[test]
fn rows_are_safe_and_impostors_marked() {
    let fixture = Fixture::with_gap(1);
    let mut evil = header(1);
    evil.envelope.from = vec![Address {
        name: "ceo@bank.example\u{1b}[2J".to_owned(),
        addr: "x@evil.example".to_owned(),
    }];
    evil.envelope.subject = "a\u{7}\r\nb".to_owned();
    fixture.insert(vec![evil]);
    let row = fixture.row(1);
    assert!(row.sender_suspect);
    assert_eq!(row.subject, SafeText::line("a\u{7}\r\nb"));
    assert!(!row.from.as_str().contains('\u{1b}'));
}

fn seen_but_for_some(uid: u32) -> FetchedHeader {
    let mut header = header(uid);
    let is_seen = ![7, 1_500, 1_501, 2_990].contains(&uid);
    header.flags = Flags::from_names(["\\Seen"].into_iter().filter(|_| is_seen));
    let subject = if uid.is_multiple_of(2) { "even" } else { "odd" };
    subject.clone_into(&mut header.envelope.subject);
    header
}

#[test]
fn the_next_unread_message_is_found_in_either_direction_limited_or_not_and_elsewhere() {
    let n = 3_000;
    let fixture = Fixture::with_gap(n);
    fixture.insert((1..=n).map(seen_but_for_some).collect());
    let mut reader = fixture.reader();
    let keys = page(&fixture, "", 500, true);
    let key_of = |uid: u32| *keys.iter().find(|key| key.uid == uid).unwrap();
    let mut next = |after: Option<u32>, limit: &str, down: bool| {
        let query = UnreadQuery {
            mailboxes: vec![fixture.inbox],
            after: after.map(key_of),
            limit: limit.to_owned(),
            down,
            serial: 1,
        };
        let found = reader.next_unread(&query).unwrap();
        found.map(|(mailbox, key)| {
            assert_eq!(mailbox, fixture.inbox);
            key.uid
        })
    };
    let walk = |next: &mut dyn FnMut(Option<u32>) -> Option<u32>| {
        let mut found: Vec<u32> = Vec::new();
        while let Some(uid) = next(found.last().copied()) {
            found.push(uid);
        }
        found
    };
    assert_eq!(
        walk(&mut |after| next(after, "", true)),
        [2_990, 1_501, 1_500, 7]
    );
    assert_eq!(
        walk(&mut |after| next(after, "", false)),
        [7, 1_500, 1_501, 2_990]
    );
    assert_eq!(walk(&mut |after| next(after, "od", true)), [1_501, 7]);
    assert_eq!(
        walk(&mut |after| next(after, "even", false)),
        [1_500, 2_990]
    );
    assert_eq!(next(Some(2), "", true), None);
    let elsewhere = UnreadQuery {
        mailboxes: vec![MailboxId::new(99), fixture.inbox],
        after: Some(key_of(7)),
        limit: "odd".to_owned(),
        down: true,
        serial: 2,
    };
    let found = fixture.reader().next_unread(&elsewhere).unwrap().unwrap();
    assert_eq!(
        found.1.uid, 2_990,
        "place and limit are those of the first list"
    );
}
