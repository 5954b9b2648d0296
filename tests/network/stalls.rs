//! Servers and lines that fall silent or trickle: they are given up in time, and the user need not wait for that.

use std::io::Write as _;
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::time::{Duration, Instant};

use sterna::channel::event::{Connection, Event};
use sterna::channel::job::Job;
use sterna::demo::dialect::Dialect;
use sterna::demo::server::Server;
use sterna::engine::Engine;
use sterna::engine::lane::pace::Pace;
use sterna::remote::clock::{Ahead, Clock};
use sterna::remote::command::select;
use sterna::remote::session::Session;
use sterna::remote::strategy::capability::Capabilities;
use sterna::remote::wire::Wire;

use crate::chaos::toxic::{AFTER_LOGIN, Toxic, Weather};
use crate::equal::{difference, until_equal};
use crate::place::{Desk, GUARD, deliver, stop};
use crate::random::{Random, count};
use crate::weather::{sync_patiently, through_proxy};

/// A session with a NOOP on its way, the server's end of it, and the clock it goes by.
fn waiting() -> (Session, TcpStream, Arc<Ahead>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let client = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    let (server, _) = listener.accept().unwrap();
    server.set_nodelay(true).unwrap();
    let ahead = Arc::new(Ahead::default());
    let mut session = Session::over(Wire::over(client).unwrap(), "test", Capabilities::default());
    session.patience().set_clock(&Clock::ahead_by(&ahead));
    session.patience().set_silence(Pace::default().silence);
    session.send(select::noop());
    session.wait(None, Instant::now()).unwrap();
    (session, server, ahead)
}

/// Feeds the session `bytes` every `every`; tells after how long it gave the connection up, and why.
fn until_given_up(bytes: &[u8], every: Duration) -> (Duration, String) {
    let (mut session, mut server, ahead) = waiting();
    let clock = Clock::ahead_by(&ahead);
    let begin = clock.now();
    loop {
        let before = session.counters().n_received;
        server.write_all(bytes).unwrap();
        while session.counters().n_received < before + bytes.len() as u64 {
            session
                .wait(None, clock.now() + Duration::from_secs(1))
                .unwrap();
            while session.next().is_some() {}
        }
        ahead.pass(every);
        let passed = clock.now() - begin;
        if let Err(error) = session.wait(None, clock.now()) {
            return (passed, error.to_string());
        }
        if passed > Duration::from_mins(30) {
            return (passed, String::new());
        }
    }
}

#[test]
fn a_trickle_is_ended_and_a_slow_line_is_not() {
    let second = Duration::from_secs(1);
    for (bytes, every, words) in [
        (&b"*"[..], second * 10, "gave only"),
        (b"x", second, "gave only"),
        (b"", second, "silent"),
    ] {
        let (passed, error) = until_given_up(bytes, every);
        assert!(error.contains(words), "{error}");
        assert!(
            (second * 60..=second * 120).contains(&passed),
            "{passed:?}: {error}"
        );
    }
    for (bytes, every) in [
        // A modem, and a server that says that it is still there.
        (&[b'x'; 1_100][..], second * 50),
        (b"* OK Still here\r\n", second * 50),
    ] {
        let (passed, error) = until_given_up(bytes, every);
        assert!(passed > second * 1_700, "{passed:?}: {error}");
    }
}

#[test]
fn who_goes_on_asking_a_dead_server_hears_that_it_is_dead() {
    let (mut session, _server, ahead) = waiting();
    let clock = Clock::ahead_by(&ahead);
    for n in 1.. {
        ahead.pass(Duration::from_secs(5));
        session.send(select::noop());
        if let Err(error) = session.wait(None, clock.now()) {
            assert_eq!(n, 12, "{error}");
            return;
        }
        assert!(n < 12);
    }
}

/// The server falls silent at a random byte; nobody would notice for an hour, but the user need not wait.
#[test]
fn a_stalled_connection_is_left_at_once_when_the_user_says_so() {
    let n_runs = count("STERNA_NETWORK_RUNS", 6);
    for seed in 1..=n_runs {
        let mut random = Random::new(seed ^ 0x57a1_1ed0);
        let (mut place, proxy) = through_proxy(Dialect::full(), 40);
        (place.pace.silence, place.pace.answer) =
            (Duration::from_hours(1), Duration::from_hours(1));
        // Behind the login, which waits by a clock of its own.
        let at = random.between(AFTER_LOGIN, 4_000);
        proxy.set(Weather {
            up: Vec::new(),
            down: vec![Toxic::Stall(at)],
        });
        let mut desk = place.open();
        let engine = desk.engine();
        assert!(
            proxy.await_traffic(GUARD, |seen| {
                seen.first()
                    .is_some_and(|one| one.answered.len() as u64 >= at)
            }),
            "seed {seed}: never so much"
        );
        engine.submit(Job::SetOnline(false));
        desk.state(&format!("seed {seed}: away"), |state| {
            *state == Connection::OfflineByChoice
        });
        proxy.set(Weather::default());
        engine.submit(Job::SetOnline(true));
        until_equal(&place.server, &mut desk, &format!("seed {seed}"));
        stop(engine);
    }
}

/// Waits until the lane has taken all orders, and so has read what came before them, looked at the clock, and begun what
/// that asks for.
pub fn listen(engine: &Engine) {
    let until = Instant::now() + GUARD;
    // An order may come between a look at the socket and one at the orders, or beside the last one; the next but one comes
    // behind all.
    for _ in 0..3 {
        engine.submit(Job::JournalChanged);
        while !engine.post().is_heard() {
            assert!(Instant::now() < until, "the lane does not listen");
            std::thread::yield_now();
        }
    }
}

/// Lets time pass until the engine gives its connection up; gives the seconds.
fn seconds_until_given_up(desk: &mut Desk, engine: &Engine, ahead: &Ahead, what: &str) -> u64 {
    // In steps, or the machine would seem to have slept.
    for seconds in (5..600).step_by(5) {
        ahead.pass(Duration::from_secs(5));
        listen(engine);
        desk.drain();
        let is_offline = |event: &Event| {
            matches!(
                event,
                Event::Connection {
                    state: Connection::Offline { .. },
                    ..
                }
            )
        };
        if desk.seen.iter().any(is_offline) {
            return seconds;
        }
    }
    panic!("{what}: it is never given up");
}

/// The default waits, by an injected clock: a line that died within a response is given up within a minute.
#[test]
fn a_dead_line_is_noticed_within_a_minute_and_all_is_well_after() {
    let n_runs = count("STERNA_NETWORK_RUNS", 6);
    for seed in 1..=n_runs {
        let mut random = Random::new(seed ^ 0xdead);
        let (mut place, proxy) = through_proxy(Dialect::full(), 40);
        let usual = Pace::default();
        (place.pace.silence, place.pace.answer) = (usual.silence, usual.answer);
        // Behind the login, which waits by a clock of its own.
        let at = random.between(AFTER_LOGIN, 4_000);
        proxy.set(Weather {
            up: Vec::new(),
            down: vec![Toxic::Stall(at)],
        });
        let what = format!("seed {seed}, silent after {at} bytes");
        let ahead = Arc::new(Ahead::default());
        let mut desk = place.open();
        desk.setup.clock = Clock::ahead_by(&ahead);
        let engine = desk.engine();
        assert!(
            proxy.await_traffic(GUARD, |seen| seen
                .first()
                .is_some_and(|one| one.n_given >= at)),
            "{what}: never so much"
        );
        deliver(&place.server, "INBOX", 900, &[]);
        proxy.set(Weather::default());
        // What came before the silence is read, or the silence would begin with that.
        listen(&engine);
        let seconds = seconds_until_given_up(&mut desk, &engine, &ahead, &what);
        // One step more than a minute: that it was given up may be heard in the next.
        assert!((60..=65).contains(&seconds), "{what}: {seconds} s");
        until_equal_as_time_passes(&place.server, &mut desk, &engine, &ahead, &what);
        stop(engine);
    }
}

/// Waits until the cache equals the server. The other lane may be waiting for a dead line too, and tells nobody: so time
/// goes on, slowly enough for who is alive.
fn until_equal_as_time_passes(
    server: &Server,
    desk: &mut Desk,
    engine: &Engine,
    ahead: &Ahead,
    what: &str,
) {
    let until = Instant::now() + GUARD;
    while let Some(difference) = difference(server, desk) {
        assert!(Instant::now() < until, "{what}: never equal: {difference}");
        if desk.events.recv_timeout(Duration::from_millis(20)).is_err() {
            ahead.pass(Duration::from_secs(1));
            engine.probe();
        }
    }
}

/// One byte at a time in both directions: the same store as from a line that fragments nothing.
#[test]
fn fragments_of_one_byte_change_nothing() {
    for (name, dialect) in crate::place::dialects() {
        let (place, proxy) = through_proxy(dialect, 30);
        proxy.set(Weather {
            up: vec![Toxic::Slicer(1)],
            down: vec![Toxic::Slicer(1)],
        });
        let mut desk = place.open();
        sync_patiently(&mut desk);
        assert_eq!(difference(&place.server, &mut desk), None, "{name}");
    }
}
