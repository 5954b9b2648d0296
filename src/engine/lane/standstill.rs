//! Tells that this process, or the whole machine, stood still: what the network did meanwhile nobody knows, and a
//! connection from before is not to be trusted.

use std::time::{Duration, Instant, SystemTime};

use crate::remote::clock::Clock;

/// A gap longer than this counts; a loaded machine has shorter ones.
const GAP: Duration = Duration::from_secs(30);

/// The clocks as they were when a lane last looked.
#[derive(Debug)]
pub struct Standstill {
    clock: Clock,
    steady: Instant,
    wall: SystemTime,
}

impl Standstill {
    /// Begins to watch.
    #[must_use]
    pub fn new(clock: &Clock) -> Self {
        Self {
            clock: clock.clone(),
            steady: clock.now(),
            wall: clock.wall(),
        }
    }

    /// How long nothing ran since the last look, where that was long. `until` is when the wait between was to end at
    /// the latest; `None` where it had no end.
    ///
    /// Two signs: the wake-up came late (the process was stopped), or the clock on the wall went further than the steady
    /// one, which may stand still while the machine is suspended. A clock that is put ahead looks the same and costs one
    /// reconnection.
    pub fn look(&mut self, until: Option<Instant>) -> Option<Duration> {
        let (steady, wall) = (self.clock.now(), self.clock.wall());
        let late = until.map_or(Duration::ZERO, |until| {
            steady.saturating_duration_since(until.max(self.steady))
        });
        let on_wall = wall.duration_since(self.wall).unwrap_or_default();
        let unseen = on_wall.saturating_sub(steady.saturating_duration_since(self.steady));
        (self.steady, self.wall) = (steady, wall);
        Some(late.max(unseen)).filter(|gap| *gap > GAP)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::remote::clock::Ahead;

    #[test]
    fn late_wakeups_and_suspends_are_told_from_waits_and_clocks_put_back() {
        let ahead = Arc::new(Ahead::default());
        let clock = Clock::ahead_by(&ahead);
        let mut watch = Standstill::new(&clock);
        let minute = Duration::from_mins(1);
        for (until, passed, suspended, is_gap) in [
            (Some(minute * 5), minute * 5, Duration::ZERO, false),
            (Some(minute * 5), minute * 6, Duration::ZERO, true),
            (None, minute * 60, Duration::ZERO, false),
            (Some(minute), Duration::ZERO, minute * 10, true),
            (None, Duration::ZERO, minute, true),
            (None, minute, Duration::from_secs(20), false),
        ] {
            let until = until.map(|until| clock.now() + until);
            ahead.pass(passed);
            ahead.suspend(suspended);
            let seen = watch.look(until);
            assert_eq!(seen.is_some(), is_gap, "{passed:?} {suspended:?}: {seen:?}");
        }
        ahead.put_back(Duration::from_hours(8_766));
        assert_eq!(watch.look(None), None);
        ahead.pass(minute);
        assert_eq!(watch.look(None), None);
    }
}
