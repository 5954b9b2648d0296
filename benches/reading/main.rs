//! Reading a large mailbox on a real server: what the budgets speak of, next to a bare socket that sends the same
//! commands and parses nothing. `benches/run` prepares the server and starts this; it prints one table.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    clippy::cast_sign_loss,
    missing_docs
)]

mod client;
mod mailbox;
#[path = "../../tests/support/pty.rs"]
mod pty;
mod raw;
mod relay;
mod screen;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use client::Server;
use raw::Raw;

/// As in the budgets.
const ROUND_TRIP: Duration = Duration::from_millis(50);
/// Headers in one command of the bare socket, as the engine asks for them.
const BLOCK: u32 = 500;

fn variable(name: &str) -> String {
    std::env::var(name)
        .unwrap_or_else(|_| panic!("{name} is not set: this is started by benches/run"))
}

fn main() {
    let part = std::env::var("STERNA_BENCH_PART").unwrap_or_default();
    if std::env::var_os("STERNA_LIVE_PLAIN_PORT").is_none() {
        println!("reading: NOT RUN (benches/run prepares the server it needs)");
        return;
    }
    let server = Server {
        port: variable("STERNA_LIVE_PLAIN_PORT").parse().unwrap(),
        user: variable("STERNA_LIVE_USER"),
        password: variable("STERNA_LIVE_PASSWORD"),
    };
    let n: u32 = variable("STERNA_BENCH_MESSAGES").parse().unwrap();
    let home = || PathBuf::from(variable("STERNA_BENCH_HOME"));
    match part.as_str() {
        "" => table(&server, n),
        "mailbox" => mailbox::make(&server, n),
        "first-screen" => client::first_screen(&home(), &server),
        "first-sync" => client::first_sync(&home(), &server, u64::from(n)),
        "warm-start" => client::warm_start(&home(), &server),
        "limit" => client::limit(&home(), &server),
        "reopen" => client::reopen(&home(), &server, ROUND_TRIP),
        "open-message" => client::open_message(&home(), &server, ROUND_TRIP),
        other => panic!("no such part: {other}"),
    }
}

/// Runs a part in a process of its own, so that no part inherits another's memory or threads.
fn part(name: &str, home: &Path) -> BTreeMap<String, f64> {
    let output = Command::new(std::env::current_exe().unwrap())
        .env("STERNA_BENCH_PART", name)
        .env("STERNA_BENCH_HOME", home)
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{name}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    let text = String::from_utf8(output.stdout).unwrap();
    let figures = text.lines().filter_map(|line| line.split_once(' '));
    figures
        .map(|(name, value)| (name.to_owned(), value.parse().unwrap()))
        .collect()
}

/// The middle of several runs of a part, figure by figure.
fn median(name: &str, n_runs: usize, mut home: impl FnMut() -> PathBuf) -> BTreeMap<String, f64> {
    let mut all: BTreeMap<String, Vec<f64>> = BTreeMap::new();
    for _ in 0..n_runs {
        for (figure, value) in part(name, &home()) {
            all.entry(figure).or_default().push(value);
        }
    }
    all.into_iter()
        .map(|(figure, values)| (figure, middle(values)))
        .collect()
}

fn middle(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

fn row(figure: &str, raw: &str, sterna: &str, ratio: &str, budget: &str, is_met: Option<bool>) {
    let verdict = match is_met {
        Some(true) => "met",
        Some(false) => "MISSED",
        None => "",
    };
    println!("{figure:<52} | {raw:>9} | {sterna:>9} | {ratio:>6} | {budget:<18} | {verdict}");
}

fn ms(seconds: f64) -> String {
    format!("{:.1} ms", seconds * 1e3)
}

fn s(seconds: f64) -> String {
    format!("{seconds:.2} s")
}

fn table(server: &Server, n: u32) {
    let directory = tempfile::tempdir().unwrap();
    let mut n_homes = 0;
    let mut fresh = || {
        n_homes += 1;
        directory.path().join(format!("home{n_homes}"))
    };
    let wanted = std::env::var("STERNA_BENCH_ONLY").unwrap_or_default();
    let wants = |name: &str| wanted.is_empty() || wanted.split(',').any(|only| only == name);

    // The server reads the messages themselves only once; later it has the fields in its own cache.
    let warming = Instant::now();
    let mut raw = Raw::login(server.port, &server.user, &server.password);
    raw.command("SELECT INBOX (CONDSTORE)");
    raw.headers(n, BLOCK);
    println!(
        "server warm after {:.1} s; {n} messages",
        warming.elapsed().as_secs_f64()
    );
    row("figure", "raw", "Sterna", "ratio", "budget", None);

    if wants("first-screen") {
        let raw_newest = middle(
            (0..5)
                .map(|_| {
                    let mut raw = Raw::login(server.port, &server.user, &server.password);
                    let start = Instant::now();
                    raw.command("SELECT INBOX (CONDSTORE)");
                    raw.newest(100, n);
                    start.elapsed().as_secs_f64()
                })
                .collect(),
        );
        let figures = median("first-screen", 5, &mut fresh);
        let time = figures["first_screen"];
        row(
            "first start: newest 100 readable after the login",
            &ms(raw_newest),
            &ms(time),
            &format!("{:.1}", time / raw_newest),
            "<= 100 ms",
            Some(time <= 0.1),
        );
    }
    let warm = fresh();
    if wants("first-sync") {
        let (mut raw_times, mut headers, mut finished, mut cpu, mut megabytes) =
            (Vec::new(), Vec::new(), Vec::new(), Vec::new(), 0.0);
        for round in 0..3 {
            let start = Instant::now();
            let mut raw = Raw::login(server.port, &server.user, &server.password);
            raw.command("SELECT INBOX (CONDSTORE)");
            raw.headers(n, BLOCK);
            raw_times.push(start.elapsed().as_secs_f64());
            megabytes = raw.n_bytes as f64 / 1e6;
            let figures = part(
                "first-sync",
                &if round == 0 { warm.clone() } else { fresh() },
            );
            headers.push(figures["all_headers"]);
            finished.push(figures["finished"]);
            cpu.push(figures["cpu_seconds"]);
        }
        let (raw_time, headers, finished) = (middle(raw_times), middle(headers), middle(finished));
        row(
            &format!("first start: all headers durable ({megabytes:.0} MB)"),
            &s(raw_time),
            &s(headers),
            &format!("{:.2}", headers / raw_time),
            "<= 2 x raw",
            Some(headers <= 2.0 * raw_time),
        );
        row(
            "first start: threads and index finished",
            &s(raw_time),
            &s(finished),
            &format!("{:.2}", finished / raw_time),
            "<= 4 x raw",
            Some(finished <= 4.0 * raw_time),
        );
        row("  processor time of it", "", &s(middle(cpu)), "", "", None);
    } else {
        part("first-sync", &warm);
    }
    if wants("warm-start") {
        let figures = median("warm-start", 9, || warm.clone());
        let time = figures["warm_start"];
        row(
            "warm start: store opened, first window, list drawn",
            "",
            &ms(time),
            "",
            "<= 50 ms",
            Some(time <= 0.05),
        );
    }
    if wants("limit") {
        let figures = median("limit", 5, || warm.clone());
        for name in ["limit_rare", "limit_word", "limit_letter"] {
            let time = figures[name];
            row(
                &format!(
                    "list limited to a word, {} rows match",
                    figures[&format!("{name}_rows")]
                ),
                "",
                &ms(time),
                "",
                "<= 20 ms",
                Some(time <= 0.02),
            );
        }
    }
    if wants("reopen") {
        let figures = median("reopen", 3, || warm.clone());
        let (n_bytes, trips) = (figures["reopen_bytes"], figures["reopen_round_trips"]);
        row(
            "unchanged reopen: bytes received after the login",
            "",
            &format!("{n_bytes} B"),
            "",
            "<= 2 kB",
            Some(n_bytes <= 2_048.0),
        );
        // A trip and what both sides take for their work.
        row(
            "unchanged reopen: round trips after the login",
            "1",
            &format!("{trips:.2}"),
            "",
            "1",
            Some(trips < 1.8),
        );
        row(
            "start to fresh list in round trips (TCP, no TLS)",
            "4",
            &format!("{:.2}", figures["fresh_round_trips"]),
            "",
            "<= 5",
            Some(figures["fresh_round_trips"] <= 5.0),
        );
        row(
            "  connections",
            "",
            &figures["reopen_connections"].to_string(),
            "",
            "",
            None,
        );
    }
    if wants("open-message") {
        let figures = median("open-message", 3, || warm.clone());
        let time = figures["open_message"];
        let own = time - ROUND_TRIP.as_secs_f64();
        row(
            "open an uncached message, 50 ms round trip",
            "50 ms",
            &ms(time),
            &format!("{:.2}", time / ROUND_TRIP.as_secs_f64()),
            "1 trip + 10 ms",
            Some(own <= 0.01),
        );
    }
    if wants("screen") {
        let home = fresh();
        screen::configure(&home, server);
        let seen = screen::run(&home, u64::from(n));
        let mut repaints = seen.repaints;
        repaints.sort();
        let percentile = |p: usize| repaints[(repaints.len() * p / 100).min(repaints.len() - 1)];
        let p99 = percentile(99);
        row(
            &format!("key to repaint during the sync, p99 of {}", repaints.len()),
            "",
            &ms(p99.as_secs_f64()),
            "",
            "<= 16 ms",
            Some(p99 <= Duration::from_millis(16)),
        );
        row(
            "  median",
            "",
            &ms(percentile(50).as_secs_f64()),
            "",
            "",
            None,
        );
        let megabytes = seen.peak_bytes as f64 / 1e6;
        row(
            "peak memory of the program over that sync",
            "",
            &format!("{megabytes:.1} MB"),
            "",
            "<= 25 MB",
            Some(megabytes <= 25.0),
        );
        row(
            "program, empty cache: start to first row",
            "",
            &ms(seen.first_row.as_secs_f64()),
            "",
            "",
            None,
        );
        row(
            "program, empty cache: start to last header",
            "",
            &s(seen.synced.as_secs_f64()),
            "",
            "",
            None,
        );
        let again = middle(
            (0..5)
                .map(|_| screen::run(&home, 0).first_row.as_secs_f64())
                .collect(),
        );
        row(
            "program, warm: start to first row",
            "",
            &ms(again),
            "",
            "<= 50 ms",
            Some(again <= 0.05),
        );
    }
    if wants("peers") {
        let home = fresh();
        std::fs::create_dir_all(&home).unwrap();
        if let Some((first, warm)) = screen::neomutt(&home, server) {
            row(
                "peer: neomutt, first start",
                "",
                &s(first.as_secs_f64()),
                "",
                "",
                None,
            );
            row(
                "peer: neomutt, warm start",
                "",
                &s(warm.as_secs_f64()),
                "",
                "",
                None,
            );
        } else {
            row("peer: neomutt", "", "not run", "", "", None);
        }
    }
}
