//! Many actions of every kind, made without a connection and drained through cuts: the server ends exactly as the user saw
//! it. And the same beside a rival that expunges and moves: no wrong message, none lost, none twice.
//!
//! `STERNA_MIXED` sets how many actions are made offline (1,000), `STERNA_RACED` how many beside the rival (500).

use std::collections::BTreeSet;

use sterna::channel::operation::{Action, Change, Target, Ticket};
use sterna::engine::once::Errands;
use sterna::mail::flag::{Keyword, SystemFlag};

use crate::chaos::Proxy;
use crate::chaos::toxic::{Toxic, Weather};
use crate::live_site;
use crate::place::Desk;
use crate::random::{Random, count};
use crate::site::Site;
use crate::view::{MAILBOXES, View, here, targets};

/// Connections that may break before the journal must be empty.
const MOST_CONNECTIONS: usize = 2_000;
/// Actions between two rounds of the race.
const ROUND: u64 = 25;

fn bench(n: u32) -> (Site<()>, Proxy, Desk) {
    let mut site = live_site();
    for mailbox in MAILBOXES.into_iter().filter(|name| *name != "INBOX") {
        assert!(site.rival.create(mailbox));
    }
    for number in 1..=n {
        site.deliver("INBOX", number, "");
    }
    let proxy = Proxy::new(site.port);
    let desk = site.open_through(proxy.port);
    desk.sync();
    (site, proxy, desk)
}

/// One action on some messages of a mailbox, or the last one taken back, or done again; false where there was nothing.
fn act(desk: &mut Desk, random: &mut Random, is_raced: bool) -> bool {
    let (writer, turn) = (desk.store.writer(), random.below(12));
    if turn < 2 {
        let turned = match turn {
            0 => writer.undo_now().unwrap(),
            _ => writer.redo_now().unwrap(),
        };
        return !turned.label.is_empty() && turned.stands.is_none();
    }
    let mailbox = *random.pick(&MAILBOXES);
    let mut chosen = targets(desk, mailbox);
    let most = 1 + random.below(6);
    while chosen.len() > most {
        chosen.swap_remove(random.below(chosen.len()));
    }
    let on = random.below(2) == 0;
    let others: Vec<&str> = MAILBOXES
        .into_iter()
        .filter(|name| *name != mailbox)
        .collect();
    let to = *random.pick(&others);
    let kind = random.below(20);
    let change = match kind {
        0..=6 => {
            let flag = *random.pick(&[SystemFlag::Seen, SystemFlag::Flagged]);
            Change::Flag { flag, on }
        }
        7..=9 => {
            let keyword = Keyword::parse("todo").unwrap();
            Change::Keyword { keyword, on }
        }
        10..=17 => Change::Move {
            to: desk.mailbox(to),
        },
        18 if !is_raced => Change::Copy {
            to: desk.mailbox(to),
        },
        _ if !is_raced => Change::Delete,
        _ => return false,
    };
    if kind >= 10 {
        let there = targets(desk, to);
        let is_there = |number: u32| there.iter().any(|(other, _)| *other == number);
        chosen.retain(|(number, _)| !is_there(*number));
    }
    if kind >= 18 {
        chosen.truncate(1);
    }
    let targets: Vec<Target> = chosen.into_iter().map(|(_, target)| target).collect();
    if targets.is_empty() {
        return false;
    }
    let action = Action {
        label: "act".to_owned(),
        ..Action::new(Ticket(1), desk.account, change, targets)
    };
    writer.record_now(action).unwrap();
    true
}

/// Connects until the journal is empty, each time cut a little later; gives how often.
fn drain(proxy: &Proxy, desk: &mut Desk, random: &mut Random) -> usize {
    let mut at = 1_500;
    for attempt in 1..=MOST_CONNECTIONS {
        let cut = vec![Toxic::Cut(random.between(at / 3, at))];
        let weather = if random.below(2) == 0 {
            Weather {
                up: cut,
                ..Weather::default()
            }
        } else {
            Weather {
                down: cut,
                ..Weather::default()
            }
        };
        proxy.set(weather);
        let is_whole = desk.once(&Errands::Journal).is_ok();
        if is_whole && desk.reader.n_pending(None).unwrap() == 0 {
            proxy.set(Weather::default());
            return attempt;
        }
        at += random.between(50, 1_500);
    }
    panic!("the journal never empties");
}

#[test]
fn what_was_done_offline_ends_on_the_server_as_the_user_saw_it() {
    let n_actions = count("STERNA_MIXED", 250);
    let (mut site, proxy, mut desk) = bench(150);
    let mut random = Random::new(1);
    let mut n_done = 0;
    while n_done < n_actions {
        n_done += u64::from(act(&mut desk, &mut random, false));
    }
    let promised = here(&mut desk);
    let n_connections = drain(&proxy, &mut desk, &mut random);
    desk.sync();
    let now = here(&mut desk);
    assert!(now == promised, "{}", now.difference(&promised));
    site.assert_same(&mut desk, "offline");
    assert_eq!(desk.reader.n_pending(None).unwrap(), 0);
    eprintln!("{n_actions} actions, {n_connections} connections, the server is as it was shown");
}

/// The rival takes some messages from where it sees them; gives their numbers, and those that are gone for good.
fn rival(site: &mut Site<()>, random: &mut Random) -> (BTreeSet<u32>, BTreeSet<u32>) {
    let (mut touched, mut removed) = (BTreeSet::new(), BTreeSet::new());
    let mailbox = *random.pick(&MAILBOXES);
    let truth = site.rival.truth(mailbox);
    let found: Vec<(u32, u32)> = truth
        .iter()
        .map(|(uid, there)| (*uid, there.subject[1..].parse().unwrap()))
        .collect();
    if found.is_empty() {
        return (touched, removed);
    }
    let (uid, number) = *random.pick(&found);
    touched.insert(number);
    if random.below(2) == 0 {
        site.rival.expunge(mailbox, &uid.to_string());
        removed.insert(number);
    } else {
        let to = *random.pick(&MAILBOXES);
        if to != mailbox {
            site.rival.select(mailbox);
            site.rival.ask(&format!("UID MOVE {uid} {to}"));
        }
    }
    (touched, removed)
}

#[test]
fn beside_a_rival_no_message_is_mistaken_lost_or_doubled() {
    let n_actions = count("STERNA_RACED", 250);
    let (mut site, proxy, mut desk) = bench(80);
    let mut random = Random::new(2);
    let mut removed = BTreeSet::new();
    let (mut next, mut n_done) = (81, 0);
    while n_done < n_actions {
        let mut touched = BTreeSet::new();
        let mut compete = |site: &mut Site<()>, random: &mut Random| {
            let (some, gone) = rival(site, random);
            touched.extend(some);
            removed.extend(gone);
        };
        for _ in 0..ROUND {
            n_done += u64::from(act(&mut desk, &mut random, true));
        }
        let promised = here(&mut desk);
        compete(&mut site, &mut random);
        proxy.set(Weather {
            down: vec![Toxic::Cut(random.between(1_500, 9_000))],
            ..Weather::default()
        });
        let _ = desk.once(&Errands::Journal); // Cut somewhere, or done.
        compete(&mut site, &mut random);
        drain(&proxy, &mut desk, &mut random);
        desk.sync();
        proxy.reset_all();
        let what = format!("after {n_done} actions");
        let now: View = here(&mut desk);
        let (left, right) = (now.without(&touched), promised.without(&touched));
        assert!(left == right, "{what}: {}", left.difference(&right));
        site.assert_same(&mut desk, &what);
        for number in 1..next {
            let n_places = now
                .at
                .get(&number)
                .map_or(0, std::collections::BTreeMap::len);
            let expected = usize::from(!removed.contains(&number));
            assert_eq!(n_places, expected, "{what}: n{number}");
        }
        assert!(now.twice.is_empty(), "{what}: {:?}", now.twice);
        // Fewer than a window has rows, also after ten thousand actions.
        for _ in 0..2 {
            site.deliver("INBOX", next, "");
            next += 1;
        }
        desk.sync();
    }
    eprintln!(
        "{n_done} actions beside a rival that removed {}: 0 wrong, 0 lost, 0 twice",
        removed.len()
    );
}
