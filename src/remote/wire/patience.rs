//! How long a server is waited for: as long as it makes progress. A whole response is progress, and so are many bytes of
//! one; what trickles is as good as silent.

use std::time::{Duration, Instant};

use crate::remote::clock::Clock;

/// A connection that makes no progress for so long, with an answer due, is dead.
const SILENCE: Duration = Duration::from_mins(1);
/// So many bytes are progress.
const TRICKLE: usize = 1024;

/// The patience with one connection.
#[derive(Debug)]
pub struct Patience {
    clock: Clock,
    silence: Duration,
    /// When something went on last, or the last answer became due.
    moved: Instant,
    /// Bytes of an unfinished response since then.
    n_trickled: usize,
}

impl Patience {
    /// A minute by the machine's clock, from now on.
    pub(crate) fn new() -> Self {
        let clock = Clock::default();
        Self {
            silence: SILENCE,
            moved: clock.now(),
            n_trickled: 0,
            clock,
        }
    }

    /// Changes after how long without progress a server counts as dead.
    pub const fn set_silence(&mut self, silence: Duration) {
        self.silence = silence;
    }

    /// Goes by another clock than the machine's.
    pub fn set_clock(&mut self, clock: &Clock) {
        self.clock = clock.clone();
        self.progress();
    }

    /// Something went on: from here on silence counts.
    pub(crate) fn progress(&mut self) {
        self.moved = self.clock.now();
        self.n_trickled = 0;
    }

    /// Bytes came; `is_whole` where a response is complete with them.
    pub(crate) fn received(&mut self, n: usize, is_whole: bool) {
        self.n_trickled += n;
        if is_whole || self.n_trickled >= TRICKLE {
            self.progress();
        }
    }

    /// When it ends.
    pub(crate) fn end(&self) -> Instant {
        self.moved + self.silence
    }

    /// Whether it has ended.
    pub(crate) fn is_over(&self) -> bool {
        self.clock.now() >= self.end()
    }

    /// A moment of its clock by that of the machine.
    pub(crate) fn on_machine(&self, moment: Instant) -> Instant {
        self.clock.on_machine(moment)
    }

    /// What a server did meanwhile, in words.
    pub(crate) fn words(&self, host: &str) -> String {
        let seconds = self.silence.as_secs();
        match self.n_trickled {
            0 => format!("{host} has been silent for {seconds} seconds"),
            n => format!("{host} gave only {n} bytes in {seconds} seconds"),
        }
    }
}
