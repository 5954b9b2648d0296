//! A first sync whose process is killed at some moment, another one each time: what it costs to go on where it was.

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use rusqlite::{Connection, OpenFlags};
use sterna::config::paths::FilePaths;

use crate::relay::Relay;
use crate::sections::{Bench, MANY};
use crate::table::{note, row};

/// First syncs that are killed.
const RUNS: u32 = 20;
/// The budget: bytes that came again, of all that a sync takes.
const MOST: f64 = 0.05;

pub fn interrupted(bench: &mut Bench) {
    let relay = Relay::start(bench.server.port, Duration::ZERO);
    let (home, start) = (bench.fresh(), Instant::now());
    sync(&relay, &home).wait().unwrap();
    let time = start.elapsed();
    let (whole, _) = relay.received(start, Instant::now());
    let mut again: Vec<f64> = Vec::new();
    let n_runs = if bench.n > MANY { 1 } else { RUNS };
    for run in 1..=n_runs {
        let (home, start) = (bench.fresh(), Instant::now());
        let mut first = sync(&relay, &home);
        // Moments all over the sync, in no order.
        let moment = f64::from(run * 7 % RUNS) / f64::from(RUNS);
        std::thread::sleep(time.mul_f64(0.05 + 0.9 * moment));
        first.kill().unwrap();
        first.wait().unwrap();
        let status = sync(&relay, &home).wait().unwrap();
        assert!(status.success() && n_rows(&home) == bench.n, "run {run}");
        let (n_bytes, _) = relay.received(start, Instant::now());
        again.push(n_bytes as f64 / whole as f64 - 1.0);
        std::fs::remove_dir_all(&home).unwrap();
    }
    again.sort_by(f64::total_cmp);
    let percent = |share: f64| format!("{:.1} %", 100.0 * share);
    let most = again[again.len() - 1];
    row(
        &format!("first sync killed once: received again, most of {n_runs}"),
        "",
        &percent(most),
        "",
        "<= 5 %",
        most <= MOST,
    );
    note("  median", "", &percent(again[again.len() / 2]));
}

/// A first sync through the relay, in a process of its own; it ends when all headers are there and nothing is in a gap.
fn sync(relay: &Relay, home: &Path) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .env("STERNA_BENCH_PART", "first-sync")
        .env("STERNA_BENCH_HOME", home)
        .env("STERNA_LIVE_PLAIN_PORT", relay.port.to_string())
        .stdout(Stdio::null())
        .spawn()
        .unwrap()
}

fn n_rows(home: &Path) -> u32 {
    let cache = FilePaths::under(home).cache.join("cache.db");
    let database = Connection::open_with_flags(cache, OpenFlags::SQLITE_OPEN_READ_ONLY).unwrap();
    database
        .query_row("SELECT count(*) FROM placement", [], |row| row.get(0))
        .unwrap()
}
