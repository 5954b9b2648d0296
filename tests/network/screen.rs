//! The screen while the server is silent: keys are answered, and the program ends when it is told to.

use std::time::Instant;

use crate::chaos::Proxy;
use crate::chaos::toxic::Weather;
use crate::random::count;
use crate::rig::Rig;

#[test]
fn keys_are_answered_while_the_server_is_silent() {
    let rig = Rig::new("headers");
    for n in 1..=60 {
        rig.deliver(&format!("Number {n:02} here"));
    }
    let proxy = Proxy::new(rig.server.imap_addr().port());
    rig.configure_port("headers", "demo", proxy.port);
    let mut screen = rig.screen();
    screen.wait_for("Number 60 here");
    screen.wait_for("The text of Number 60");
    proxy.set(Weather::default());
    proxy.freeze();
    // The next body is asked for and never comes; the list answers all the same.
    let mut times = Vec::new();
    let n_keys = count("STERNA_STALLED_KEYS", 20);
    for n in 0..n_keys {
        // Down and up again, one row at a time: the title line of the message names the row.
        let (key, expected) = if n % 2 == 0 {
            ("j", "Number 59 here")
        } else {
            ("k", "Number 60 here")
        };
        let began = Instant::now();
        screen.keys(key);
        // In the message pane, not in the list: there the sender stands before it.
        screen.wait_until(expected, |seen| {
            let text = seen.contents();
            let mut lines = text.lines();
            lines.any(|line| line.contains(expected) && !line.contains("Anna"))
        });
        times.push(began.elapsed());
    }
    times.sort();
    eprintln!(
        "keys while stalled: {n_keys}, median {:?}, 99 of 100 within {:?}, slowest {:?}",
        times[times.len() / 2],
        times[(times.len() * 99).div_ceil(100) - 1],
        times[times.len() - 1]
    );
    screen.keys("?");
    screen.wait_for("Help: type to search");
    screen.keys("\u{1b}");
    screen.wait_without("Help:");
    screen.keys("gO");
    screen.wait_for("offline");
    screen.keys("gO");
    screen.wait_for("online");
    proxy.freeze();
    screen.keys("Q");
    assert!(screen.wait_for_end().success());
}
