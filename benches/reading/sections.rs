//! The sections of the table: each runs its parts, next to the bare socket where there is something to compare.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Instant;

use crate::client::Server;
use crate::raw::Raw;
use crate::relay::Relay;
use crate::screen::{self, Repaints};
use crate::table::{mb, median, middle, ms, note, part, percentile, row, s, times};
use crate::{ROUND_TRIP, peers};

/// Runs of what varies.
const RUNS: usize = 5;
/// Runs of what takes long.
const FEW_RUNS: usize = 3;
/// A mailbox of more messages is synchronised only once.
pub const MANY: u32 = 100_000;
/// A frame of a 60 Hz screen, in seconds.
const FRAME: f64 = 0.016;

/// What all sections share.
pub struct Bench {
    pub server: Server,
    /// Messages in INBOX.
    pub n: u32,
    directory: tempfile::TempDir,
    n_homes: usize,
    /// A home with all headers in it.
    full: Option<PathBuf>,
}

impl Bench {
    pub fn new(server: Server, n: u32) -> Self {
        let directory = tempfile::tempdir().unwrap();
        Self {
            server,
            n,
            directory,
            n_homes: 0,
            full: None,
        }
    }

    /// A home that is not there yet.
    pub fn fresh(&mut self) -> PathBuf {
        self.n_homes += 1;
        self.directory.path().join(format!("home{}", self.n_homes))
    }

    pub fn n_syncs(&self) -> usize {
        if self.n > MANY { 1 } else { FEW_RUNS }
    }

    /// The home with all headers in it.
    pub fn full(&mut self) -> PathBuf {
        if self.full.is_none() {
            let home = self.fresh();
            part("first-sync", &home);
            self.full = Some(home);
        }
        self.full.clone().unwrap()
    }

    pub fn first_screen(&mut self) {
        let raw = (0..RUNS).map(|_| {
            let mut raw = Raw::login(&self.server);
            let start = Instant::now();
            raw.command("SELECT INBOX (CONDSTORE)");
            raw.newest(100, self.n);
            start.elapsed().as_secs_f64()
        });
        let raw = middle(raw.collect());
        let time = median("first-screen", RUNS, || self.fresh())["first_screen"];
        row(
            "first start: newest 100 readable after the login",
            &ms(raw),
            &ms(time),
            &times(time, raw),
            "<= 100 ms",
            time <= 0.1,
        );
    }

    pub fn first_sync(&mut self) {
        let (mut raw_times, mut headers, mut finished, mut cpu, mut bytes) =
            (Vec::new(), Vec::new(), Vec::new(), Vec::new(), 0.0);
        for _ in 0..self.n_syncs() {
            let start = Instant::now();
            let mut raw = Raw::login(&self.server);
            raw.command("SELECT INBOX (CONDSTORE)");
            raw.headers(self.n);
            raw_times.push(start.elapsed().as_secs_f64());
            bytes = raw.n_bytes as f64;
            let home = self.fresh();
            let figures = part("first-sync", &home);
            headers.push(figures["all_headers"]);
            finished.push(figures["finished"]);
            cpu.push(figures["cpu_seconds"]);
            self.full = Some(home);
        }
        let (raw, headers, finished) = (middle(raw_times), middle(headers), middle(finished));
        row(
            &format!("first start: all headers durable ({})", mb(bytes)),
            &s(raw),
            &s(headers),
            &times(headers, raw),
            "<= 2 x raw",
            headers <= 2.0 * raw,
        );
        row(
            "first start: threads and index finished",
            &s(raw),
            &s(finished),
            &times(finished, raw),
            "<= 4 x raw",
            finished <= 4.0 * raw,
        );
        note("  processor time of it", "", &s(middle(cpu)));
    }

    pub fn warm_start(&mut self) {
        let home = self.full();
        let time = median("warm-start", 9, || home.clone())["warm_start"];
        row(
            "warm start: store opened, first window, list drawn",
            "",
            &ms(time),
            "",
            "<= 50 ms",
            time <= 0.05,
        );
    }

    pub fn limit(&mut self) {
        let home = self.full();
        let figures = median("limit", RUNS, || home.clone());
        for name in ["limit_rare", "limit_word", "limit_letter"] {
            let time = figures[name];
            let n_rows = figures[&format!("{name}_rows")];
            row(
                &format!("list limited to a word, {n_rows} rows match"),
                "",
                &ms(time),
                "",
                "<= 20 ms",
                time <= 0.02,
            );
        }
    }

    pub fn reopen(&mut self) {
        let home = self.full();
        let figures = median("reopen", FEW_RUNS, || home.clone());
        let (n_bytes, trips) = (figures["reopen_bytes"], figures["reopen_round_trips"]);
        row(
            "unchanged reopen: bytes received after the login",
            "",
            &format!("{n_bytes} B"),
            "",
            "<= 2 kB",
            n_bytes <= 2_048.0,
        );
        // A trip and what both sides take for their work.
        row(
            "unchanged reopen: round trips after the login",
            "1",
            &format!("{trips:.2}"),
            "",
            "1",
            trips < 1.8,
        );
        note(
            "  connections",
            "",
            &figures["reopen_connections"].to_string(),
        );
        let figures = median("fresh", RUNS, || home.clone());
        let (time, turns) = (figures["fresh"], figures["fresh_turns"]);
        row(
            "start to fresh list, 50 ms round trip, TLS: round trips",
            "4",
            &format!("{turns:.0}"),
            "",
            "<= 5",
            turns <= 5.0,
        );
        note("  time", &ms(4.0 * ROUND_TRIP.as_secs_f64()), &ms(time));
    }

    /// Beside a bare socket on the same long way: what a server takes to find the first message of a connection counts for
    /// both.
    pub fn open_message(&mut self) {
        let home = self.full();
        let relay = Relay::start(self.server.port, ROUND_TRIP / 2);
        let far = Server {
            port: relay.port,
            ..self.server.clone()
        };
        let raw = (0..FEW_RUNS).map(|_| {
            let mut raw = Raw::login(&far);
            raw.command("SELECT INBOX (CONDSTORE)");
            raw.command("FETCH * (UID BODY.PEEK[])").as_secs_f64()
        });
        let raw = middle(raw.collect());
        let time = median("open-message", FEW_RUNS, || home.clone())["open_message"];
        row(
            "open an uncached message, 50 ms round trip",
            &ms(raw),
            &ms(time),
            &times(time, raw),
            "raw + 10 ms",
            time - raw <= 0.01,
        );
    }

    pub fn screen(&mut self) {
        let (mut repaints, mut peak, mut home) = (Repaints::default(), 0, PathBuf::new());
        let (mut first_row, mut synced) = (Vec::new(), Vec::new());
        for _ in 0..self.n_syncs() {
            home = self.fresh();
            screen::configure(&home, &self.server, self.server.port);
            let seen = screen::first_sync(&home, u64::from(self.n));
            repaints.extend(seen.repaints);
            peak = peak.max(seen.peak_bytes);
            first_row.push(seen.first_row.as_secs_f64());
            synced.push(seen.synced.as_secs_f64());
        }
        answered("during the sync", repaints);
        let most = if self.n > MANY { 30e6 } else { 25e6 };
        row(
            "peak memory of the program over that sync",
            "",
            &mb(peak as f64),
            "",
            &format!("<= {:.0} MB", most / 1e6),
            peak as f64 <= most,
        );
        note(
            "program, empty cache: start to first row",
            "",
            &ms(middle(first_row)),
        );
        note(
            "program, empty cache: start to last header",
            "",
            &s(middle(synced)),
        );
        let again = (0..RUNS).map(|_| screen::first_row(&home).as_secs_f64());
        let again = middle(again.collect());
        row(
            "program, warm: start to first row",
            "",
            &ms(again),
            "",
            "<= 50 ms",
            again <= 0.05,
        );
        let rate = screen::wake_ups(&home);
        row(
            "program, idle: wake-ups per second of all threads",
            "",
            &format!("{rate:.2}"),
            "",
            "<= 0.1",
            rate <= 0.1,
        );
    }

    pub fn starred(&mut self) {
        let home = self.full();
        screen::configure(&home, &self.server, self.server.port);
        let (shown, repaints) = screen::starred(&home);
        let shown = shown.as_secs_f64();
        let n = self.n.min(MANY);
        row(
            &format!("{n} selected messages starred: key to the stars"),
            "",
            &ms(shown),
            "",
            "<= 16 ms",
            shown <= FRAME,
        );
        answered("while that drains", repaints);
    }

    pub fn stalled(&mut self) {
        let home = self.fresh();
        let repaints = screen::stalled(&home, &self.server);
        answered("while the server is stalled", repaints);
    }

    pub fn offline(&mut self) {
        let (mut raw_times, mut times_here) = (Vec::new(), Vec::new());
        for _ in 0..FEW_RUNS {
            forget(&self.server.mail);
            let mut raw = Raw::login(&self.server);
            let start = Instant::now();
            raw.command("SELECT INBOX");
            raw.command("UID FETCH 1:* (UID FLAGS INTERNALDATE BODY.PEEK[])");
            raw_times.push(start.elapsed().as_secs_f64());
            drop(raw);
            forget(&self.server.mail);
            let home = self.fresh();
            times_here.push(part("whole-messages", &home)["whole_messages"]);
        }
        let (raw, time) = (middle(raw_times), middle(times_here));
        row(
            &format!("{} whole messages, server without its cache", self.n),
            &s(raw),
            &s(time),
            &times(time, raw),
            "<= 1.5 s",
            time <= 1.5,
        );
    }

    pub fn peers(&mut self) {
        for (name, peer) in [
            ("neomutt", peers::neomutt as fn(&Path, &Server) -> _),
            ("aerc", peers::aerc),
        ] {
            let home = self.fresh();
            fs::create_dir_all(&home).unwrap();
            let starts = peer(&home, &self.server);
            let text = |time: fn(&peers::Starts) -> f64| {
                starts
                    .as_ref()
                    .map_or_else(|| "NOT RUN".to_owned(), |starts| s(time(starts)))
            };
            note(
                &format!("peer: {name}, first start"),
                "",
                &text(|starts| starts.first.as_secs_f64()),
            );
            note(
                &format!("peer: {name}, warm start"),
                "",
                &text(|starts| starts.warm.as_secs_f64()),
            );
        }
    }
}

pub fn answered(when: &str, repaints: Repaints) {
    let n = repaints.sterna.len();
    let (p99, echo) = (
        percentile(repaints.sterna.clone(), 99),
        percentile(repaints.echo.clone(), 99),
    );
    row(
        &format!("key to repaint {when}, p99 of {n}"),
        &ms(echo),
        &ms(p99),
        "",
        "<= 16 ms",
        p99 <= FRAME,
    );
    note(
        "  median",
        &ms(middle(repaints.echo)),
        &ms(middle(repaints.sterna)),
    );
}

/// Removes what the server has kept of messages it has parsed.
fn forget(directory: &Path) {
    for entry in fs::read_dir(directory).unwrap().flatten() {
        let path = entry.path();
        if path.is_dir() {
            forget(&path);
        } else if entry.file_name() == "dovecot.index.cache" {
            fs::remove_file(path).unwrap();
        }
    }
}
