//! Moves with a live server: in one command, and through cuts and a rival, with every message in one place at the end.
//!
//! Sixteen cuts for each way of moving; `STERNA_MOVE_CUTS` sets another number.

use std::collections::{BTreeMap, BTreeSet};

use sterna::channel::operation::{Change, OperationId};
use sterna::engine::once::Errands;
use sterna::mail::flag::SystemFlag;

use crate::chaos::Proxy;
use crate::chaos::toxic::{Toxic, Weather};
use crate::live_site;
use crate::place::Desk;
use crate::plain_rival::{Rival, Truth};
use crate::proxy::commands;
use crate::random::Random;
use crate::site::Site;

/// An account behind a proxy with so many messages in INBOX.
fn bench(n: u32, disable: &[&str]) -> (Site<()>, Proxy, Desk) {
    let mut site = live_site();
    for number in 1..=n {
        site.deliver("INBOX", number, "");
    }
    assert!(site.rival.create("Archive") && site.rival.create("Elsewhere"));
    let proxy = Proxy::new(site.port);
    let mut desk = site.open_through(proxy.port);
    desk.setup.settings.disable = disable.iter().map(ToString::to_string).collect();
    desk.sync();
    proxy.take();
    (site, proxy, desk)
}

fn archive(desk: &mut Desk, uids: &[u32]) -> OperationId {
    let to = desk.mailbox("Archive");
    desk.act(uids, Change::Move { to })
}

/// The subjects of a mailbox with how often each is there; what is marked `\Deleted` is not counted.
fn subjects(rival: &mut Rival, mailbox: &str) -> BTreeMap<String, usize> {
    let mut all = BTreeMap::new();
    let truth: Truth = rival.truth(mailbox);
    for message in truth.into_values() {
        if !message.flags.contains("\\deleted") {
            *all.entry(message.subject).or_default() += 1;
        }
    }
    all
}

fn one_of_each(numbers: impl IntoIterator<Item = u32>) -> BTreeMap<String, usize> {
    numbers.into_iter().map(|n| (format!("n{n}"), 1)).collect()
}

#[test]
fn five_hundred_are_archived_by_one_command() {
    for (disable, expected) in [
        (&[][..], &["UID MOVE 1:500 Archive"][..]),
        (
            &["MOVE"],
            &[
                "UID COPY 1:500 Archive",
                "UID STORE 1:500 +FLAGS.SILENT (\\Deleted)",
                "UID EXPUNGE 1:500",
            ],
        ),
    ] {
        let (mut site, proxy, mut desk) = bench(520, disable);
        for uid in 1..=500 {
            archive(&mut desk, &[uid]);
        }
        desk.once(&Errands::Journal).unwrap();
        let asked = commands(&proxy.take());
        let names = ["UID MOVE", "UID COPY", "UID STORE", "UID EXPUNGE"];
        let own = asked.iter().map(String::as_str);
        let is_own = |line: &&str| names.iter().any(|name| line.starts_with(name));
        let own: Vec<&str> = own.filter(is_own).collect();
        assert_eq!(own, expected);
        assert_eq!(subjects(&mut site.rival, "Archive"), one_of_each(1..=500));
        assert_eq!(subjects(&mut site.rival, "INBOX"), one_of_each(501..=520));
        desk.sync();
        let fetched: usize = proxy
            .take()
            .iter()
            .map(|traffic| traffic.answered.len())
            .sum();
        assert!(
            fetched < 60_000,
            "{fetched} bytes: headers that COPYUID told of came again"
        );
        site.assert_same(&mut desk, "500 archived");
        assert_eq!(desk.reader.n_pending(None).unwrap(), 0);
    }
}

/// Cuts the replay at random bytes, again and again, until it comes through; meanwhile another client moves and expunges.
fn through_cuts(disable: &[&str]) {
    let n_cuts = std::env::var("STERNA_MOVE_CUTS").ok();
    let n_cuts: u64 = n_cuts.and_then(|n| n.parse().ok()).unwrap_or(16);
    let (mut site, proxy, mut desk) = bench(40, disable);
    // Every message was delivered to INBOX, so its number is its UID there.
    let (mut in_inbox, mut in_archive) = ((1..=40).collect::<BTreeSet<u32>>(), BTreeSet::new());
    let mut next = 41;
    for seed in 1..=n_cuts {
        let mut random = Random::new(seed);
        let uids: Vec<u32> = in_inbox.iter().copied().collect();
        let (moved, kept) = uids.split_at(8);
        archive(&mut desk, moved);
        desk.record(&kept[..3], SystemFlag::Flagged, seed % 2 == 0);
        // The rival is faster with one of them.
        let taken = moved[random.below(8)];
        site.rival.expunge("INBOX", &taken.to_string());
        for uid in moved {
            in_inbox.remove(uid);
            if *uid != taken {
                in_archive.insert(*uid);
            }
        }
        let mut at = random.between(1, 2_000);
        loop {
            let weather = if random.below(2) == 0 {
                Weather {
                    up: vec![Toxic::Cut(at / 4 + 60)],
                    ..Weather::default()
                }
            } else {
                Weather {
                    down: vec![Toxic::Cut(at)],
                    ..Weather::default()
                }
            };
            proxy.set(weather);
            if desk.once(&Errands::Journal).is_ok() {
                break;
            }
            at += random.between(1, 700);
        }
        proxy.set(Weather::default());
        for _ in 0..8 {
            site.deliver("INBOX", next, "");
            in_inbox.insert(next);
            next += 1;
        }
        desk.sync();
        proxy.reset_all();
        let what = format!("without {disable:?}, seed {seed}");
        let archived = one_of_each(in_archive.iter().copied());
        assert_eq!(subjects(&mut site.rival, "Archive"), archived, "{what}");
        let left = one_of_each(in_inbox.iter().copied());
        assert_eq!(subjects(&mut site.rival, "INBOX"), left, "{what}");
        assert_eq!(desk.reader.n_pending(None).unwrap(), 0, "{what}");
        if !disable.contains(&"UIDPLUS") {
            site.assert_same(&mut desk, &what);
        }
    }
}

#[test]
fn through_cuts_and_beside_a_rival_every_message_is_in_one_place() {
    through_cuts(&[]);
}

#[test]
fn so_it_is_with_copies_instead_of_moves() {
    through_cuts(&["MOVE"]);
    through_cuts(&["MOVE", "QRESYNC", "CONDSTORE"]);
}

#[test]
fn and_where_the_server_tells_of_no_new_places() {
    through_cuts(&["UIDPLUS"]);
}
