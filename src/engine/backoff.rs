//! How long to wait before the next attempt: doubling, capped, jittered, so that many clients do not come back at once.

use std::time::Duration;

const LONGEST: Duration = Duration::from_mins(2);

/// The delays of one connection. Deterministic for a seed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Backoff {
    first: Duration,
    n_failures: u32,
    random: u64,
}

impl Backoff {
    /// Starts without a failure; `first` is the longest first wait, `seed` decides the jitter.
    #[must_use]
    pub const fn new(first: Duration, seed: u64) -> Self {
        Self {
            first,
            n_failures: 0,
            random: seed | 1,
        }
    }

    /// Notes a failure and tells how long to wait: between half and all of the first wait, then twice as long each time, up to
    /// 120 seconds.
    pub fn failed(&mut self) -> Duration {
        let whole = self
            .first
            .saturating_mul(
                1_u32
                    .checked_shl(self.n_failures.min(16))
                    .unwrap_or(u32::MAX),
            )
            .min(LONGEST);
        self.n_failures = self.n_failures.saturating_add(1);
        // xorshift64: jitter needs no better randomness.
        self.random ^= self.random << 13;
        self.random ^= self.random >> 7;
        self.random ^= self.random << 17;
        let part = u32::try_from(self.random % 512).unwrap_or(0);
        whole / 2 + whole.saturating_mul(part) / 1024
    }

    /// Notes that a connection held: the next failure starts from the beginning.
    pub const fn held(&mut self) {
        self.n_failures = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn delays_double_up_to_two_minutes_and_never_go_below_half() {
        let mut backoff = Backoff::new(Duration::from_secs(1), 42);
        for whole in [1, 2, 4, 8, 16, 32, 64, 120, 120, 120] {
            let delay = backoff.failed();
            assert!(
                delay >= Duration::from_secs(whole) / 2 && delay <= Duration::from_secs(whole),
                "{delay:?} of {whole}"
            );
        }
        backoff.held();
        assert!(backoff.failed() <= Duration::from_secs(1));
    }
}
