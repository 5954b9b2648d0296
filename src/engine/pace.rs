//! How long an engine waits for what. The defaults are for people and their providers; tests wait for less.

use std::time::Duration;

/// The waits of an engine that are not the wire's own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pace {
    /// How often a server without IDLE is asked for news.
    pub noop_every: Duration,
    /// A server that gives no byte for so long, with an answer due, counts as dead.
    pub silence: Duration,
    /// The longest wait before the first attempt after a failure; it doubles from there, up to two minutes.
    pub first_retry: Duration,
}

impl Default for Pace {
    fn default() -> Self {
        Self {
            noop_every: Duration::from_mins(1),
            silence: Duration::from_mins(1),
            first_retry: Duration::from_secs(1),
        }
    }
}
