//! Two processes on one home directory, started together: one holds the account, both act; the holder is killed, and the
//! other takes over. Everything is carried out once.

use std::ops::RangeInclusive;
use std::process::Child;
use std::time::{Duration, Instant};

use crossbeam_channel::Receiver;
use sterna::demo::dialect::Dialect;
use sterna::demo::shared::Logged;

use crate::equal::assert_equal;
use crate::place::{GUARD, Place};
use crate::{Expected, OWN, begin, count, has, until_left};

/// The messages of each process.
const HALVES: [RangeInclusive<u32>; 2] = [1..=OWN / 2, OWN / 2 + 1..=OWN];

/// A process that acts, and what the server must have of it.
struct Actor {
    child: Child,
    lines: Receiver<String>,
    half: usize,
}

/// The home of the pairs, and what was acknowledged on each half.
struct Stage {
    place: Place,
    expected: [Expected; 2],
    n_begun: u64,
}

impl Stage {
    /// A process that will have acted.
    fn begin(&mut self, half: usize) -> Actor {
        self.n_begun += 1;
        let port = self.place.server.imap_addr().port();
        let (child, lines) = begin(self.place.home.path(), port, self.n_begun, &HALVES[half]);
        Actor { child, lines, half }
    }

    fn hear(&mut self, actor: &Actor, line: &str) -> bool {
        self.expected[actor.half].hear(line)
    }

    /// Waits until a process has acted.
    fn acts(&mut self, actor: &Actor) {
        let mut n_acknowledged = 0;
        while n_acknowledged < 5 {
            let line = actor.lines.recv_timeout(GUARD).unwrap();
            n_acknowledged += u32::from(self.hear(actor, &line));
        }
    }

    fn kill(&mut self, mut actor: Actor) {
        actor.child.kill().unwrap();
        actor.child.wait().unwrap();
        while let Ok(line) = actor.lines.recv() {
            self.hear(&actor, &line);
        }
    }

    /// Waits until somebody is connected; fails where there stay more connections than one holder has. Of one that was
    /// killed the server need not know yet.
    fn is_held(&self) {
        let until = Instant::now() + GUARD;
        while !(1..=2).contains(&self.place.server.n_connections()) {
            assert!(Instant::now() < until, "nobody or two hold the account");
            std::thread::yield_now();
        }
    }

    /// Kills a process; gives how long it took until another one was the holder, or `None` where the holder lives.
    fn kill_and_watch(&mut self, actor: Actor) -> Option<Duration> {
        self.is_held();
        // A holder is known by its work: connected, it may not have said a word yet.
        let works = |log: &[Logged]| log.iter().any(|entry| entry.name == "UID STORE");
        assert!(self.place.server.await_log(GUARD, works), "nobody works");
        let log = self.place.server.log();
        let last = log.iter().map(|entry| entry.connection).max().unwrap();
        let began = Instant::now();
        self.kill(actor);
        let n_before = self.place.server.log().len();
        // The journal is carried out over one connection of a holder; what the killed one had sent is two rounds at most.
        let n_stores = |log: &[Logged], is_new: bool| {
            let stores = log.iter().skip(n_before);
            let stores = stores.filter(|entry| entry.name == "UID STORE");
            stores
                .filter(|entry| (entry.connection > last) == is_new)
                .count()
        };
        let is_known = self.place.server.await_log(GUARD, |log| {
            n_stores(log, true) > 0 || n_stores(log, false) > 12
        });
        assert!(is_known, "nobody took over");
        let time = began.elapsed();
        let has_taken_over = n_stores(&self.place.server.log(), true) > 0;
        has_taken_over.then_some(time)
    }

    /// Nobody is left: all that was acknowledged is there, and nothing else changed.
    fn assert_done(&mut self, what: &str) {
        until_left(&self.place);
        let mut desk = self.place.open();
        desk.sync();
        assert_eq!(desk.reader.n_pending(None).unwrap(), 0, "{what}");
        for expected in &self.expected {
            for (slot, on) in &expected.sure {
                let is_on = has(&self.place, slot.0, &slot.1);
                let is_so = is_on == *on || expected.open.get(slot) == Some(&is_on);
                assert!(is_so, "{what}: {slot:?} is {is_on}, acknowledged {on}");
            }
        }
        assert_equal(&self.place.server, &mut desk, what);
        self.place.server.clear_log();
        desk.sync();
        assert_eq!(self.place.n_commands("UID STORE"), 0, "{what}: again");
        desk.close();
        self.place.server.clear_log();
    }
}

#[test]
fn of_two_processes_one_holds_the_account_and_the_other_takes_over() {
    let n_pairs = count("STERNA_PAIRS", 5);
    let mut stage = Stage {
        place: Place::with(Dialect::full(), OWN),
        expected: [Expected::default(), Expected::default()],
        n_begun: 0,
    };
    stage.place.open().sync();
    let mut slowest = Duration::ZERO;
    for pair in 0..n_pairs {
        let what = format!("pair {pair}");
        let (one, mut other) = (stage.begin(0), stage.begin(1));
        stage.acts(&one);
        stage.acts(&other);
        let taken = stage.kill_and_watch(one).unwrap_or_else(|| {
            // It was not the holder: then the other is, and a third one takes over.
            let third = stage.begin(0);
            stage.acts(&third);
            let holder = std::mem::replace(&mut other, third);
            stage.kill_and_watch(holder).expect(&what)
        });
        slowest = slowest.max(taken);
        stage.acts(&other);
        stage.is_held();
        stage.kill(other);
        stage.assert_done(&what);
    }
    eprintln!(
        "{n_pairs} pairs, taken over after at most {slowest:.1?}; everything carried out once"
    );
}
