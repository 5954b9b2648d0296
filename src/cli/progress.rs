//! Progress on standard error: not more often than a person reads.

use std::io::Write;
use std::time::{Duration, Instant};

/// A line at most so often.
const EVERY: Duration = Duration::from_secs(2);

/// Tells how far something is.
#[derive(Debug)]
pub struct Progress {
    told_at: Instant,
    verb: &'static str,
}

impl Progress {
    /// Begins; nothing is told of what is over soon.
    #[must_use]
    pub fn new(verb: &'static str) -> Self {
        Self {
            told_at: Instant::now(),
            verb,
        }
    }

    /// Tells, unless it did a moment ago: `exported 1200 (45 %)`.
    pub fn tell(&mut self, err: &mut dyn Write, n: u64, done: u64, all: u64) {
        if self.told_at.elapsed() < EVERY {
            return;
        }
        self.told_at = Instant::now();
        let percent = done.saturating_mul(100) / all.max(1);
        let _ = writeln!(err, "sterna: {} {n} ({percent} %)", self.verb);
    }
}
