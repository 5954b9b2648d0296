//! Threads: the order of arrival does not matter.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use sterna::channel::rows::Anchor;

use crate::support::{Fixture, header};

/// Messages by Message-ID number (0: none) and the numbers they refer to.
type Mails = Vec<(u32, Vec<u32>)>;

/// Which messages the store puts together, when they arrive in this order.
fn partition(mails: &Mails, order: &[usize]) -> BTreeSet<BTreeSet<u32>> {
    let n = u32::try_from(mails.len()).unwrap();
    let fixture = Fixture::with_gap(n);
    let headers = order
        .iter()
        .map(|index| {
            let mut header = header(u32::try_from(*index).unwrap() + 1);
            let (id, references) = &mails[*index];
            header.envelope.message_id = if *id == 0 {
                String::new()
            } else {
                format!("id{id}")
            };
            header.envelope.references = references.iter().map(|id| format!("id{id}")).collect();
            header
        })
        .collect();
    fixture.insert(headers);
    let window = fixture.window("", Anchor::Newest, 2_000);
    let mut threads: BTreeMap<u64, BTreeSet<u32>> = BTreeMap::new();
    for row in window.rows {
        threads.entry(row.thread).or_default().insert(row.key.uid);
    }
    threads.into_values().collect()
}

/// The same by the definition: connected through equal or mentioned Message-IDs.
fn expected(mails: &Mails) -> BTreeSet<BTreeSet<u32>> {
    let mut groups: Vec<(BTreeSet<u32>, BTreeSet<u32>)> = Vec::new();
    for (index, (id, references)) in mails.iter().enumerate() {
        let mut ids: BTreeSet<u32> = references.iter().copied().collect();
        ids.extend((*id > 0).then_some(*id));
        let mut members = BTreeSet::from([u32::try_from(index).unwrap() + 1]);
        groups.retain(|(others, other_ids)| {
            let is_apart = ids.is_disjoint(other_ids);
            if !is_apart {
                members.extend(others);
                ids.extend(other_ids);
            }
            is_apart
        });
        groups.push((members, ids));
    }
    groups.into_iter().map(|(members, _)| members).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, ..ProptestConfig::default() })]
    #[test]
    fn any_order_of_arrival_gives_the_same_threads(
        mails in prop::collection::vec((0_u32..15, prop::collection::vec(1_u32..15, 0..3)), 1..16),
        seed in any::<u64>(),
    ) {
        let mut order: Vec<usize> = (0..mails.len()).collect();
        order.sort_by_key(|index| (*index as u64 + 1).wrapping_mul(seed | 1));
        prop_assert_eq!(partition(&mails, &order), expected(&mails));
    }
}

#[test]
fn rings_self_parents_and_equal_ids_are_harmless() {
    let n = 3_000;
    // A ring: each refers to the next, the last to the first; half of them twice, under equal Message-IDs.
    let mails: Mails = (0..n)
        .map(|at| {
            (
                at % (n / 2) + 1,
                vec![(at + 1) % (n / 2) + 1, at % (n / 2) + 1],
            )
        })
        .collect();
    let order: Vec<usize> = (0..mails.len()).rev().collect();
    let fixture_threads = {
        let fixture = Fixture::with_gap(n);
        let headers = order
            .iter()
            .map(|index| {
                let mut header = header(u32::try_from(*index).unwrap() + 1);
                let (id, references) = &mails[*index];
                header.envelope.message_id = format!("id{id}");
                header.envelope.references =
                    references.iter().map(|id| format!("id{id}")).collect();
                header
            })
            .collect();
        fixture.insert(headers);
        let first = fixture.window("", Anchor::Newest, 2_000);
        let second = fixture.window("", Anchor::Oldest, 2_000);
        assert_eq!(first.n_matching, u64::from(n), "all of them are visible");
        first
            .rows
            .iter()
            .chain(&second.rows)
            .map(|row| row.thread)
            .collect::<BTreeSet<u64>>()
    };
    assert_eq!(fixture_threads.len(), 1);
}

#[test]
fn thousands_of_references_are_taken_and_more_ignored() {
    let fixture = Fixture::with_gap(1);
    let mut only = header(1);
    only.envelope.references = (0..12_000).map(|at| format!("r{at}")).collect();
    fixture.insert(vec![only]);
    assert_eq!(fixture.window("", Anchor::Newest, 10).rows.len(), 1);
}
