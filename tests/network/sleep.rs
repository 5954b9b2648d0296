//! Half-open connections, suspended machines, clocks that jump, networks that come and go: by an injected clock.

use std::sync::Arc;
use std::time::Duration;

use sterna::channel::event::{Connection, Event};
use sterna::channel::job::Job;
use sterna::demo::dialect::Dialect;
use sterna::engine::Engine;
use sterna::engine::lane::pace::Pace;
use sterna::mail::flag::SystemFlag;
use sterna::remote::clock::{Ahead, Clock};

use crate::chaos::Proxy;
use crate::equal::until_equal;
use crate::place::{Desk, GUARD, Place, deliver, stop};
use crate::random::{Random, count};
use crate::stalls::listen;
use crate::weather::through_proxy;

/// An engine with the waits that people get, online, behind a proxy, and its clock.
struct Watching {
    place: Place,
    proxy: Proxy,
    ahead: Arc<Ahead>,
    desk: Desk,
    engine: Engine,
}

/// The last state that the engine told.
fn last_state(desk: &Desk) -> Option<Connection> {
    desk.seen.iter().rev().find_map(|event| match event {
        Event::Connection { state, .. } => Some(state.clone()),
        _ => None,
    })
}

impl Watching {
    fn new(dialect: Dialect) -> Self {
        let (mut place, proxy) = through_proxy(dialect, 5);
        place.pace = Pace {
            first_retry: Duration::from_millis(20),
            ..Pace::default()
        };
        let ahead = Arc::new(Ahead::default());
        let mut desk = place.open();
        desk.setup.clock = Clock::ahead_by(&ahead);
        let engine = desk.engine();
        let mut all = Self {
            place,
            proxy,
            ahead,
            desk,
            engine,
        };
        all.settled("the start");
        all
    }

    /// Waits until the store equals the server and the engine watches.
    fn settled(&mut self, what: &str) {
        until_equal(&self.place.server, &mut self.desk, what);
        // Nothing told since the test looked last: still online.
        self.desk.until(what, |desk| {
            matches!(last_state(desk), Some(Connection::Online) | None)
        });
    }

    /// Lets time pass, and waits until the engine has looked at the clock and an attempt, if it makes one, has ended.
    fn pass(&mut self, seconds: u64) {
        self.ahead.pass(Duration::from_secs(seconds));
        self.look();
    }

    /// What a timer, or the end of a suspend, does: wakes the lane.
    fn look(&mut self) {
        listen(&self.engine);
        self.desk.until("an attempt ends", |desk| {
            last_state(desk) != Some(Connection::Connecting)
        });
    }

    /// Lets time pass until the engine has made another connection; gives the seconds.
    fn until_connected_anew(&mut self, at_most: u64) -> u64 {
        const STEP: u64 = 5;
        let n_before = self.proxy.n_connections();
        for step in 1.. {
            self.pass(STEP);
            // The line was given up: the next attempt waits for a moment of the true clock.
            if last_state(&self.desk).is_some_and(|state| state != Connection::Online) {
                let proxy = &self.proxy;
                self.desk
                    .until("another connection", |_| proxy.n_connections() > n_before);
            }
            if self.proxy.n_connections() > n_before {
                return step * STEP;
            }
            assert!(
                step * STEP <= at_most,
                "{} s: {}",
                step * STEP,
                self.heard()
            );
        }
        unreachable!()
    }

    /// Waits until a server has agreed to IDLE, and nothing else is on its way.
    fn idles(&self) {
        let idles = self.proxy.await_traffic(GUARD, |seen| {
            seen.iter().any(|one| {
                let last = one
                    .answered
                    .trim_ascii_end()
                    .rsplit(|byte| *byte == b'\n')
                    .next();
                one.asked.ends_with(b"IDLE\r\n") && last.is_some_and(|line| line.starts_with(b"+"))
            })
        });
        assert!(idles, "no IDLE: {}", self.heard());
    }

    /// What went up since it was asked for last.
    fn heard(&self) -> String {
        let asked = self.proxy.take().into_iter().map(|one| one.asked);
        let lines: Vec<_> = asked
            .map(|asked| asked.escape_ascii().to_string())
            .collect();
        lines.join(" | ")
    }

    /// A message that comes while the connection is dead; gives after how many seconds the next one was made.
    fn mail_behind_a_dead_line(&mut self, number: u32, at_most: u64) -> u64 {
        self.proxy.take();
        self.desk.drain();
        self.desk.seen.clear();
        self.proxy.freeze();
        deliver(&self.place.server, "INBOX", number, &[]);
        let seconds = self.until_connected_anew(at_most);
        self.settled(&format!("message {number}"));
        seconds
    }
}

/// IDLE on a line that died is renewed after five minutes, the line given up ten seconds later, the mail is here.
#[test]
fn mail_behind_a_half_open_connection_is_seen_within_six_minutes() {
    for (dialect, at_most) in [(Dialect::full(), 345), (Dialect::bare(), 120)] {
        let mut all = Watching::new(dialect);
        let n_runs = u32::try_from(count("STERNA_SUSPENDS", 50)).unwrap();
        let times = (1..=n_runs).map(|run| all.mail_behind_a_dead_line(100 + run, at_most));
        let longest = times.max().unwrap();
        eprintln!("half-open: {n_runs} runs, connected anew after at most {longest} s");
        stop(all.engine);
    }
}

/// A machine that sleeps while its connections die: they are not trusted, others are made at once.
#[test]
fn after_a_suspend_the_connection_is_made_anew_at_once() {
    let mut all = Watching::new(Dialect::full());
    let n_runs = count("STERNA_SUSPENDS", 50);
    for run in 1..=n_runs {
        let mut random = Random::new(run);
        all.idles();
        all.proxy.take();
        let n_before = all.proxy.n_connections();
        all.desk.drain();
        all.desk.seen.clear();
        let is_dead = random.below(4) > 0;
        if is_dead {
            all.proxy.freeze();
        }
        let seconds = random.between(31, 100_000);
        let (ahead, time) = (&all.ahead, Duration::from_secs(seconds));
        if random.below(2) == 0 {
            ahead.suspend(time);
        } else {
            // Stopped: the wait for the end of IDLE is over, long since.
            ahead.pass(time.max(Duration::from_secs(400)));
        }
        all.look();
        // Who was stopped between two waits ends IDLE first, and has no answer ten seconds later.
        all.pass(8);
        all.pass(8);
        let what = format!("run {run}, {seconds} s");
        if is_dead {
            all.desk
                .state(&what, |state| *state == Connection::Connecting);
        }
        deliver(
            &all.place.server,
            "INBOX",
            100 + u32::try_from(run).unwrap(),
            &[],
        );
        all.settled(&what);
        assert!(!is_dead || all.proxy.n_connections() > n_before, "{what}");
    }
    eprintln!("suspend: {n_runs} runs, connected anew within 16 s");
    stop(all.engine);
}

/// What the user had asked for when the lid was closed comes over the next connection.
#[test]
fn a_message_that_was_on_its_way_comes_after_a_suspend() {
    let mut all = Watching::new(Dialect::full());
    all.idles();
    all.proxy.freeze();
    let mailbox = all.desk.mailbox("INBOX");
    let message = all.desk.message(mailbox, 1);
    all.engine.submit(Job::WantBody { message, mailbox });
    all.look();
    all.ahead.suspend(Duration::from_hours(1));
    all.look();
    all.desk
        .event("the body", |event| *event == Event::BodyStored(message));
    stop(all.engine);
}

/// A machine that wakes up in the middle of a long wait for the next attempt does not wait on.
#[test]
fn after_a_suspend_an_offline_engine_tries_at_once() {
    let mut all = Watching::new(Dialect::full());
    all.proxy.set_down(true);
    all.proxy.reset_all();
    for _ in 0..8 {
        all.pass(20);
        all.desk.state("no way", |state| {
            matches!(state, Connection::Offline { .. })
        });
    }
    all.proxy.set_down(false);
    deliver(&all.place.server, "INBOX", 100, &[]);
    all.desk.seen.clear();
    all.ahead.suspend(Duration::from_hours(8));
    all.look();
    all.settled("awake");
    stop(all.engine);
}

/// Clocks put ahead and back by a year, with operations on their way: each arrives once, nothing waits for last year.
#[test]
fn clocks_that_jump_lose_and_double_nothing() {
    let year = Duration::from_hours(24 * 365);
    let mut all = Watching::new(Dialect::full());
    for (round, is_back) in [false, true, true, false, true].into_iter().enumerate() {
        all.place.server.clear_log();
        all.desk.seen.clear();
        let uid = u32::try_from(round).unwrap() + 1;
        all.desk.record(&[uid], SystemFlag::Flagged, true);
        if is_back {
            all.ahead.put_back(year);
        } else {
            all.ahead.suspend(year);
        }
        all.look();
        all.desk
            .until("the flag", |desk| desk.reader.n_pending(None).unwrap() == 0);
        deliver(&all.place.server, "INBOX", 100 + uid, &[]);
        until_equal(&all.place.server, &mut all.desk, "after a jump");
        // A connection given up for the jump may have said it already: once more changes nothing.
        assert!((1..=2).contains(&all.place.n_commands("UID STORE")));
        let truth = all.place.server.truth("INBOX");
        let flagged = truth.iter().filter(|it| it.flags.has(SystemFlag::Flagged));
        assert_eq!(flagged.count(), round + 1);
    }
    stop(all.engine);
}

/// Sixty flaps in ten minutes: no storm of logins, and fifteen seconds after the last one all is well.
#[test]
fn a_flapping_network_is_not_stormed_and_is_back_soon() {
    let mut all = Watching::new(Dialect::full());
    all.place.pace = Pace::default();
    all.desk.setup.pace = Pace::default();
    let n_before = all.proxy.n_connections();
    for flap in 1..=60 {
        all.proxy.set_down(true);
        all.proxy.reset_all();
        for _ in 0..5 {
            all.pass(1);
        }
        all.proxy.set_down(false);
        deliver(&all.place.server, "INBOX", 100 + flap, &[]);
        for _ in 0..5 {
            all.pass(1);
        }
    }
    let n = all.proxy.n_connections() - n_before;
    assert!((3..=110).contains(&n), "{n} connections in ten minutes");
    all.desk.seen.clear();
    for _ in 0..15 {
        all.pass(1);
    }
    all.settled("after the last flap");
    eprintln!("flapping: {n} connections in ten minutes");
    stop(all.engine);
}
