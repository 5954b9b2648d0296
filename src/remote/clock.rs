//! The time as a connection and its engine see it. Tests put it ahead, so that hours pass in no time.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::{Duration, Instant, SystemTime};

/// The machine's clocks, or those that a test has put ahead of them. Clones tell the same time.
#[derive(Debug, Clone, Default)]
pub struct Clock(Option<Arc<Ahead>>);

/// How far a test has put the clocks ahead.
#[derive(Debug, Default)]
pub struct Ahead {
    steady_ms: AtomicU64,
    wall_ms: AtomicI64,
}

impl Ahead {
    /// Lets time pass, as a process sees it that nobody has stopped, or that was stopped while the machine went on.
    pub fn pass(&self, time: Duration) {
        self.steady_ms
            .fetch_add(milliseconds(time), Ordering::SeqCst);
        self.suspend(time);
    }

    /// Lets time pass on the wall alone, as when the machine is suspended.
    pub fn suspend(&self, time: Duration) {
        let time = i64::try_from(milliseconds(time)).unwrap_or(i64::MAX);
        self.wall_ms.fetch_add(time, Ordering::SeqCst);
    }

    /// Puts the clock on the wall back, as a person or a time server does.
    pub fn put_back(&self, time: Duration) {
        let time = i64::try_from(milliseconds(time)).unwrap_or(i64::MAX);
        self.wall_ms.fetch_sub(time, Ordering::SeqCst);
    }
}

fn milliseconds(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

impl Clock {
    /// A clock that runs ahead of the machine's as `ahead` says.
    #[must_use]
    pub fn ahead_by(ahead: &Arc<Ahead>) -> Self {
        Self(Some(Arc::clone(ahead)))
    }

    /// The steady clock, for waits; it may stand still while the machine is suspended.
    #[must_use]
    pub fn now(&self) -> Instant {
        Instant::now() + self.steady_ahead()
    }

    /// The clock on the wall; anybody can set it.
    #[must_use]
    pub fn wall(&self) -> SystemTime {
        let now = SystemTime::now();
        let Some(ahead) = &self.0 else {
            return now;
        };
        let milliseconds = ahead.wall_ms.load(Ordering::SeqCst);
        let time = Duration::from_millis(milliseconds.unsigned_abs());
        let moved = if milliseconds < 0 {
            now.checked_sub(time)
        } else {
            now.checked_add(time)
        };
        moved.unwrap_or(now)
    }

    /// When a moment of this clock comes on the machine's own, for whoever waits by that.
    #[must_use]
    pub fn on_machine(&self, moment: Instant) -> Instant {
        moment
            .checked_sub(self.steady_ahead())
            .unwrap_or_else(Instant::now)
    }

    fn steady_ahead(&self) -> Duration {
        self.0.as_ref().map_or(Duration::ZERO, |ahead| {
            Duration::from_millis(ahead.steady_ms.load(Ordering::SeqCst))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_that_a_test_lets_pass_is_seen_by_every_clone_and_not_by_the_machine() {
        let ahead = Arc::new(Ahead::default());
        let clock = Clock::ahead_by(&ahead);
        let (clone, hour) = (clock.clone(), Duration::from_hours(1));
        let (steady, wall) = (clock.now(), clock.wall());
        ahead.pass(hour);
        assert!(clone.now() >= steady + hour && clone.wall() >= wall + hour);
        assert!(clone.on_machine(clone.now()) <= Instant::now());
        ahead.suspend(hour);
        assert!(clone.now() < steady + hour * 2 && clone.wall() >= wall + hour * 2);
        ahead.put_back(hour * 3);
        assert!(clone.wall() < wall);
    }
}
