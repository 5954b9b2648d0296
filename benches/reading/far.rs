//! The first sync over a long way.

use std::time::Instant;

use crate::ROUND_TRIP;
use crate::client::Server;
use crate::raw::Raw;
use crate::relay::Relay;
use crate::sections::Bench;
use crate::table::{middle, part, row, s, times};

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
