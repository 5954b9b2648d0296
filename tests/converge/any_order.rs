//! The property: after any order of local actions, actions of a rival, cuts, lost caches and restarts, both sides hold the
//! same, nothing is lost, nothing is there twice, and what no rival touched is exactly as the user left it.

use sterna::demo::dialect::Dialect;

use crate::random::count;
use crate::view::there;
use crate::world::World;

/// Steps of one run.
const STEPS: usize = 30;
/// Actions of a long time without a connection.
const OFFLINE: usize = 120;
/// Connections without a cut until both sides must be the same.
const ROUNDS: usize = 4;

/// Each takes another way to the same end.
fn dialects() -> [(&'static str, Dialect); 5] {
    [
        ("full", Dialect::full()),
        ("object ids", Dialect::full().with("OBJECTID")),
        ("condstore", Dialect::condstore_only()),
        ("no MOVE", Dialect::full().without("MOVE")),
        ("MOVE without COPYUID", Dialect::full().without("UIDPLUS")),
    ]
}

/// How much of what may happen happens.
#[derive(Clone, Copy)]
struct Trouble {
    has_rival: bool,
    is_renumbered: bool,
}

fn run(name: &str, dialect: Dialect, seed: u64, trouble: Trouble) {
    let deletes = dialect.has("UIDPLUS");
    let mut world = World::new(dialect, seed);
    world.deletes = deletes;
    for _ in 0..STEPS {
        match world.random.below(20) {
            10..=12 if trouble.has_rival => world.rival(),
            13..=16 => world.connect(true),
            17 => world.restart(true),
            18 => world.restart(false),
            19 if trouble.is_renumbered => world.renumber(),
            _ => world.act(),
        }
    }
    settle(&mut world, name, seed);
}

/// Connections that hold: then both sides are the same.
fn settle(world: &mut World, name: &str, seed: u64) {
    let mut last = None;
    world.forgive_parked();
    for _ in 0..ROUNDS {
        if !world.deletes {
            world.expunge_marked();
        }
        world.desk().sync();
        world.is_complete = true;
        last = world.difference();
        if last.is_none() {
            break;
        }
    }
    world.forgive_parked();
    let told = world.told();
    let story = || format!("{name}, seed {seed}:\n{told}");
    assert!(last.is_none(), "{}\n{}", last.unwrap(), story());
    let there = there(&world.place.server);
    let (left, right) = (
        there.without(&world.touched),
        world.expected.without(&world.touched),
    );
    assert!(
        left == right,
        "there and expected: {}\n{}",
        left.difference(&right),
        story()
    );
    for number in &world.touched {
        let is_there = there.at.contains_key(number);
        assert!(
            is_there || world.removed.contains(number),
            "n{number} is lost\n{}",
            story()
        );
        let n = there
            .at
            .get(number)
            .map_or(0, std::collections::BTreeMap::len);
        let most = 1 + world.n_copies.get(number).copied().unwrap_or(0);
        assert!(n <= most, "n{number} is there {n} times\n{}", story());
    }
    // A rival may have put one where the user put a copy of another.
    let is_copy =
        |number: &u32| world.touched.contains(number) && world.n_copies.contains_key(number);
    let mut twice = there.twice.iter().filter(|(number, _)| !is_copy(number));
    assert!(twice.next().is_none(), "{:?}\n{}", there.twice, story());
}

fn seeds(test: u64, trouble: Trouble) {
    for seed in count("STERNA_FIRST", 0)..count("STERNA_ORDERS", 4) {
        for (index, (name, dialect)) in (0..).zip(dialects()) {
            run(name, dialect, seed * 1_000 + test * 100 + index, trouble);
        }
    }
}

#[test]
fn without_a_rival_the_server_ends_exactly_as_the_user_saw_it() {
    seeds(
        1,
        Trouble {
            has_rival: false,
            is_renumbered: false,
        },
    );
}

#[test]
fn with_a_rival_nothing_is_lost_doubled_or_mistaken() {
    seeds(
        2,
        Trouble {
            has_rival: true,
            is_renumbered: false,
        },
    );
}

#[test]
fn a_mailbox_that_is_numbered_anew_changes_nothing_else() {
    seeds(
        3,
        Trouble {
            has_rival: true,
            is_renumbered: true,
        },
    );
}

#[test]
fn long_work_offline_is_carried_out_as_it_was_done() {
    // Each takes as long as many of the others.
    for seed in count("STERNA_FIRST", 0)..count("STERNA_ORDERS", 1) {
        // Without UIDPLUS what was copied away may stay behind, marked as deleted.
        let exact = dialects()
            .into_iter()
            .filter(|(_, dialect)| dialect.has("UIDPLUS"));
        for (index, (name, dialect)) in (0..).zip(exact) {
            let seed = seed * 1_000 + 400 + index;
            let mut world = World::new(dialect, seed);
            for _ in 0..OFFLINE {
                world.act();
            }
            for _ in 0..12 {
                world.connect(true);
            }
            settle(&mut world, name, seed);
        }
    }
}
