//! How long an engine waits for what. The defaults are for people and their providers; tests wait for less.

use std::time::Duration;

use crate::remote::submission::mail::Deadlines;

/// The waits of an engine that are not the wire's own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pace {
    /// How often IDLE is renewed, and how often the other folders are looked at. Well within what a NAT box remembers;
    /// servers must allow 30 minutes. RFC 2177 §3.
    pub idle_for: Duration,
    /// How often a server without IDLE is asked for news.
    pub noop_every: Duration,
    /// A server that makes no progress for so long, with an answer due, counts as dead.
    pub silence: Duration,
    /// The same for what every server answers at once: the end of IDLE, NOOP. With the wait before the next attempt it is
    /// what a user waits for after a suspend.
    pub answer: Duration,
    /// The longest wait before the first attempt after a failure; it doubles from there, as [`Backoff`] says.
    ///
    /// [`Backoff`]: crate::engine::lane::backoff::Backoff
    pub first_retry: Duration,
    /// Connections of an account that may begin within a minute, however often they fail.
    pub openings_per_minute: usize,
    /// Connections that a command makes in a row, where they end over what they are asked for.
    pub connections_in_a_row: u32,
    /// How long the journal is given when the program ends. The goodbye comes behind it, all within two seconds.
    pub last_words: Duration,
    /// How long the steps of handing over a mail may take.
    pub submission: Deadlines,
}

impl Default for Pace {
    fn default() -> Self {
        Self {
            idle_for: Duration::from_mins(5),
            noop_every: Duration::from_mins(1),
            silence: Duration::from_mins(1),
            answer: Duration::from_secs(10),
            first_retry: Duration::from_secs(1),
            openings_per_minute: 10,
            connections_in_a_row: 30,
            last_words: Duration::from_millis(1_700),
            submission: Deadlines::default(),
        }
    }
}
