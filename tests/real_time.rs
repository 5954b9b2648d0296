//! The waits that people get, by the machine's own clock: lines that fall silent, a program that is stopped and goes on,
//! a network that comes and goes for ten minutes. Not part of `cargo test`, since it takes ten minutes: `tests/long` runs
//! it. Next to no processor time is used, and every figure is printed.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stderr,
    missing_docs
)]

#[path = "support/chaos.rs"]
mod chaos;
#[allow(dead_code)]
#[path = "reading/equal.rs"]
mod equal;
#[allow(dead_code)]
#[path = "reading/place.rs"]
mod place;
#[path = "support/pty.rs"]
mod pty;
#[path = "support/random.rs"]
mod random;
#[allow(dead_code)]
#[path = "support/rig.rs"]
mod rig;
#[path = "support/shell.rs"]
mod shell;

use std::process::Command;
use std::sync::mpsc::channel;
use std::time::{Duration, Instant};

use sterna::channel::event::{Connection, Event};
use sterna::demo::dialect::Dialect;
use sterna::engine::Engine;
use sterna::engine::lane::pace::Pace;

use chaos::Proxy;
use equal::difference;
use place::{Desk, Place, deliver, stop};
use rig::Rig;

/// Mail behind a dead line is here after so long: the promise.
const SEEN_WITHIN: Duration = Duration::from_mins(6);
/// After a stop, and after the last flap, all is well again within so long: the promise.
const USABLE_WITHIN: Duration = Duration::from_secs(15);
/// Where a promise is broken, the figure is still worth having.
const GIVE_UP: Duration = Duration::from_mins(15);

/// Lets time pass.
fn pass(time: Duration) {
    let (_sender, nothing) = channel::<()>();
    let _ = nothing.recv_timeout(time);
}

/// An engine with the usual waits, behind a proxy, online.
struct Watching {
    place: Place,
    proxy: Proxy,
    desk: Desk,
    engine: Engine,
}

impl Watching {
    fn new(dialect: Dialect) -> Self {
        let mut place = Place::with(dialect, 5);
        let proxy = Proxy::new(place.server.imap_addr().port());
        place.settings.imap.port = proxy.port;
        place.pace = Pace::default();
        let desk = place.open();
        let engine = desk.engine();
        let mut all = Self {
            place,
            proxy,
            desk,
            engine,
        };
        all.until_well();
        all
    }

    /// Waits until the store equals the server and the engine is online; gives how long that took.
    fn until_well(&mut self) -> Duration {
        let began = Instant::now();
        let mut is_online = true;
        loop {
            for event in self.desk.events.try_iter() {
                if let Event::Connection { state, .. } = event {
                    is_online = state == Connection::Online;
                }
            }
            let difference = difference(&self.place.server, &mut self.desk);
            if is_online && difference.is_none() {
                return began.elapsed();
            }
            assert!(began.elapsed() < GIVE_UP, "never: {difference:?}");
            pass(Duration::from_millis(50));
        }
    }
}

/// The line dies without a word while a mail arrives; new connections go through.
fn half_open(name: &str, dialect: Dialect, calm: Duration) {
    let mut all = Watching::new(dialect);
    pass(calm);
    all.proxy.freeze();
    deliver(&all.place.server, "INBOX", 100, &[]);
    let time = all.until_well();
    eprintln!("half-open, {name}: the mail was here {time:.1?} after the line died");
    assert!(time <= SEEN_WITHIN, "{time:?}");
    stop(all.engine);
}

#[test]
fn mail_behind_a_line_that_died_is_seen_with_idle() {
    half_open("IDLE", Dialect::full(), Duration::from_secs(1));
}

#[test]
fn mail_behind_a_line_that_died_later_is_seen_with_idle() {
    half_open(
        "IDLE, later",
        Dialect::condstore_only(),
        Duration::from_secs(20),
    );
}

#[test]
fn mail_behind_a_line_that_died_is_seen_without_idle() {
    half_open("NOOP", Dialect::bare(), Duration::from_secs(1));
}

fn signal(name: &str, pid: u32) {
    let done = Command::new("kill")
        .args([format!("-{name}"), pid.to_string()])
        .status();
    assert!(done.unwrap().success());
}

/// The program is stopped, its connections die and mail arrives meanwhile; then it goes on.
fn stopped(time: Duration) {
    let rig = Rig::new("headers");
    for n in 1..=5 {
        rig.deliver(&format!("Number {n} here"));
    }
    let proxy = Proxy::new(rig.server.imap_addr().port());
    rig.configure_port("headers", "demo", proxy.port);
    let mut screen = rig.screen();
    screen.wait_for("Number 5 here");
    let idles = proxy.await_traffic(Duration::from_mins(2), |seen| {
        seen.iter().any(|one| one.asked.ends_with(b"IDLE\r\n"))
    });
    assert!(idles, "the program never watched");
    signal("STOP", screen.pid());
    proxy.freeze();
    rig.deliver("After the stop");
    pass(time);
    signal("CONT", screen.pid());
    let began = Instant::now();
    screen.wait_for("After the stop");
    let usable = began.elapsed();
    eprintln!("stopped for {time:?}: the mail was on the screen {usable:.1?} after going on");
    screen.keys("Q");
    assert!(screen.wait_for_end().success());
    assert!(usable <= USABLE_WITHIN, "{usable:?}");
}

#[test]
fn a_program_that_was_stopped_for_a_minute_goes_on() {
    stopped(Duration::from_mins(1));
}

#[test]
fn a_program_that_was_stopped_for_six_minutes_goes_on() {
    stopped(Duration::from_mins(6));
}

/// Sixty flaps in ten minutes: at most ten logins in any minute, and soon after the last one all is well.
#[test]
fn a_network_that_flaps_for_ten_minutes_is_not_stormed() {
    let mut all = Watching::new(Dialect::full());
    let n_before = all.proxy.n_connections();
    for flap in 1..=60 {
        all.proxy.set_down(true);
        all.proxy.reset_all();
        pass(Duration::from_secs(5));
        all.proxy.set_down(false);
        deliver(&all.place.server, "INBOX", 100 + flap, &[]);
        pass(Duration::from_secs(5));
    }
    let time = all.until_well();
    let begun = all.proxy.begun();
    let within_a_minute = |at: &Instant| {
        let minute = *at..*at + Duration::from_mins(1);
        begun.iter().filter(|at| minute.contains(*at)).count()
    };
    let most = begun.iter().map(within_a_minute).max().unwrap();
    let n = begun.len() - n_before;
    eprintln!(
        "flapping: {n} logins in ten minutes, at most {most} in one; well {time:.1?} after the last flap"
    );
    assert!(most <= 10, "{most} logins in a minute");
    assert!(time <= USABLE_WITHIN, "{time:?}");
    stop(all.engine);
}
