//! Bad networks: through a proxy of our own the engine meets delays, narrow lines, fragments, silence, resets, half-closed
//! ends and cuts, dead connections, suspended machines and clocks that jump. Time passes by an injected clock; no test
//! asserts how long anything took.
//!
//! `STERNA_NETWORK_RUNS` sets how many seeds each fault gets, `STERNA_SUSPENDS` how many times a machine sleeps.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::panic,
    clippy::print_stderr,
    clippy::cast_precision_loss,
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
#[path = "network/screen.rs"]
mod screen;
#[path = "support/shell.rs"]
mod shell;
#[path = "network/sleep.rs"]
mod sleep;
#[path = "network/stalls.rs"]
mod stalls;
#[path = "network/weather.rs"]
mod weather;
