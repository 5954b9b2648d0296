//! How long to wait before the next attempt: doubling, capped, jittered, so that many clients do not come back at once.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

/// The longest wait while a network may be flapping: it is back within this time of coming back.
const LONGEST_AT_FIRST: Duration = Duration::from_secs(15);
/// So many failures, about ten minutes of them, are met that way.
const N_AT_FIRST: u32 = 60;
/// The longest wait of all.
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

    /// Notes a failure and tells how long to wait: between three quarters and all of the first wait, then twice as long each time, up
    /// to 15 seconds; after about ten minutes of that, up to 120 seconds.
    pub fn failed(&mut self) -> Duration {
        let (longest, n_doublings) = match self.n_failures.checked_sub(N_AT_FIRST) {
            None => (LONGEST_AT_FIRST, self.n_failures.min(16)),
            Some(further) => (LONGEST, further.saturating_add(5).min(16)),
        };
        let whole = self
            .first
            .saturating_mul(1_u32.checked_shl(n_doublings).unwrap_or(u32::MAX))
            .min(longest);
        self.n_failures = self.n_failures.saturating_add(1);
        // xorshift64: jitter needs no better randomness.
        self.random ^= self.random << 13;
        self.random ^= self.random >> 7;
        self.random ^= self.random << 17;
        let part = u32::try_from(self.random % 512).unwrap_or(0);
        whole / 4 * 3 + whole.saturating_mul(part) / 2048
    }

    /// Notes that a connection held: the next failure starts from the beginning.
    pub const fn held(&mut self) {
        self.n_failures = 0;
    }
}

/// How long a mail waits that a server did not take now, in seconds, after so many attempts: half a minute, then twice as
/// long each time, an hour at the most. A quarter of it is left to chance.
#[must_use]
pub fn pause_seconds(attempts: u32) -> i64 {
    let doublings = attempts.saturating_sub(1).min(7);
    pause_as_long(30_i64 << doublings)
}

/// The same for what has waited for so many seconds already, however often it was tried: as long again.
#[must_use]
pub fn pause_as_long(waited: i64) -> i64 {
    let whole = waited.clamp(30, 3_600);
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    let chance = now.map_or(0, |passed| i64::from(passed.subsec_nanos() % 256));
    whole - whole / 4 * chance / 256
}

/// When the connections of one account began, of all its lanes: a network that comes and goes makes no storm of logins.
#[derive(Debug, Default)]
pub struct Openings {
    begun: VecDeque<Instant>,
}

impl Openings {
    /// Notes a connection that begins now; or tells when it may, where `most` have begun within the last minute.
    pub fn begin(&mut self, now: Instant, most: usize) -> Result<(), Instant> {
        const MINUTE: Duration = Duration::from_mins(1);
        while self.begun.front().is_some_and(|at| now >= *at + MINUTE) {
            self.begun.pop_front();
        }
        let in_the_way = self.begun.len().checked_sub(most.max(1));
        if let Some(at) = in_the_way.and_then(|index| self.begun.get(index)) {
            return Err(*at + MINUTE);
        }
        self.begun.push_back(now);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn delays_double_up_to_fifteen_seconds_and_after_ten_minutes_up_to_two_minutes() {
        let mut backoff = Backoff::new(Duration::from_secs(1), 42);
        let expected = [1, 2, 4, 8]
            .into_iter()
            .chain([15; 56])
            .chain([32, 64, 120, 120]);
        for whole in expected {
            let delay = backoff.failed();
            assert!(
                delay >= Duration::from_secs(whole) / 4 * 3 && delay <= Duration::from_secs(whole),
                "{delay:?} of {whole}"
            );
        }
        backoff.held();
        assert!(backoff.failed() <= Duration::from_secs(1));
    }

    #[test]
    fn a_mail_that_is_refused_for_now_waits_half_a_minute_and_then_ever_longer_up_to_an_hour() {
        for (attempt, whole) in [
            (1, 30),
            (2, 60),
            (3, 120),
            (7, 1_920),
            (8, 3_600),
            (99, 3_600),
        ] {
            let pause = pause_seconds(attempt);
            assert!(
                whole / 4 * 3 <= pause && pause <= whole,
                "{pause} of {whole}"
            );
        }
    }

    /// Sixty flaps in ten minutes: both lanes fail as fast as they are let.
    #[test]
    fn a_flapping_network_sees_ten_openings_a_minute_and_none_waits_longer_than_fifteen_seconds() {
        for (seed, up) in (1..=20).zip([0, 1, 5, 9, 10, 11].into_iter().cycle()) {
            let begin = Instant::now();
            let mut openings = Openings::default();
            let lanes = [(10, seed), (3, seed + 77)];
            let mut lanes =
                lanes.map(|(most, seed)| (most, Backoff::new(Duration::from_secs(1), seed), begin));
            let mut all = Vec::new();
            for second in (0..600_000).step_by(100).map(Duration::from_millis) {
                let now = begin + second;
                for (most, backoff, next) in &mut lanes {
                    if now < *next {
                        continue;
                    }
                    if let Err(at) = openings.begin(now, *most) {
                        *next = at;
                        continue;
                    }
                    all.push((*most, now));
                    if up >= 10 {
                        backoff.held();
                    }
                    let delay = backoff.failed();
                    assert!(delay <= Duration::from_secs(15));
                    *next = now + Duration::from_secs(up) + delay;
                }
            }
            for (_, at) in &all {
                let within = all
                    .iter()
                    .filter(|(_, other)| (*at..*at + Duration::from_mins(1)).contains(other));
                assert!(within.count() <= 10, "seed {seed}");
            }
            let urgent: Vec<_> = all.iter().filter(|(most, _)| *most == 10).collect();
            let longest = urgent.windows(2).map(|pair| pair[1].1 - pair[0].1).max();
            assert!(
                longest.unwrap() <= Duration::from_secs(15 + up) + Duration::from_millis(100),
                "seed {seed}: {longest:?}"
            );
        }
    }

    #[test]
    fn the_first_of_a_minute_that_is_full_says_when_the_next_may_begin() {
        let (mut openings, now) = (Openings::default(), Instant::now());
        let second = Duration::from_secs(1);
        for n in 0..3 {
            assert_eq!(openings.begin(now + second * n, 3), Ok(()));
        }
        assert_eq!(openings.begin(now + second * 9, 3), Err(now + second * 60));
        assert_eq!(openings.begin(now + second * 9, 2), Err(now + second * 61));
        assert_eq!(openings.begin(now + second * 60, 3), Ok(()));
    }
}
