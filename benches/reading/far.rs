//! The first sync over a long way.

use std::time::Instant;

use crate::ROUND_TRIP;
use crate::client::Server;
use crate::raw::Raw;
use crate::relay::Relay;
use crate::screen::{self, Repaints};
use crate::sections::{Bench, MANY, answered};
use crate::table::{mb, middle, ms, note, part, row, s, times};

/// All headers beside a bare socket on the same way.
pub fn far_sync(bench: &mut Bench) {
    let (mut raw_times, mut headers) = (Vec::new(), Vec::new());
    for _ in 0..bench.n_syncs() {
        let relay = Relay::start(bench.server.port, ROUND_TRIP / 2);
        let far = Server {
            port: relay.port,
            ..bench.server.clone()
        };
        let start = Instant::now();
        let mut raw = Raw::login(&far);
        raw.command("SELECT INBOX (CONDSTORE)");
        raw.headers(bench.n);
        raw_times.push(start.elapsed().as_secs_f64());
        headers.push(part("far-sync", &bench.fresh())["all_headers"]);
    }
    let (raw, headers) = (middle(raw_times), middle(headers));
    row(
        "first start: all headers durable, 50 ms round trip",
        &s(raw),
        &s(headers),
        &times(headers, raw),
        "<= 2 x raw",
        headers <= 2.0 * raw,
    );
}

/// The program over the same way: its keys and its memory, and when there is something to read.
pub fn far_screen(bench: &mut Bench) {
    let (mut repaints, mut peak, mut first_row) = (Repaints::default(), 0, Vec::new());
    for _ in 0..bench.n_syncs() {
        let relay = Relay::start(bench.server.port, ROUND_TRIP / 2);
        let home = bench.fresh();
        screen::configure(&home, &bench.server, relay.port);
        let seen = screen::first_sync(&home, u64::from(bench.n));
        repaints.extend(seen.repaints);
        peak = peak.max(seen.peak_bytes);
        first_row.push(seen.first_row.as_secs_f64());
    }
    answered("during the sync, 50 ms round trip", repaints);
    let most = if bench.n > MANY { 30e6 } else { 25e6 };
    row(
        "peak memory over that sync",
        "",
        &mb(peak as f64),
        "",
        &format!("<= {:.0} MB", most / 1e6),
        peak as f64 <= most,
    );
    note(
        "program, empty cache: start to first row, 50 ms round trip",
        "",
        &ms(middle(first_row)),
    );
}
