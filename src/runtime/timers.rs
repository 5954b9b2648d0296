//! Timers that `update` asked for, and when the next one rings.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::time::{Duration, Instant};

use crate::channel::event::Timer;

/// Timers waiting to ring, the earliest first; equal ones in the order in which they were set.
#[derive(Debug, Default)]
pub struct Timers {
    waiting: BinaryHeap<Reverse<(Instant, u64)>>,
    named: std::collections::BTreeMap<u64, Timer>,
    n_set: u64,
}

impl Timers {
    /// Sets a timer.
    pub fn set(&mut self, now: Instant, after: Duration, timer: Timer) {
        self.n_set += 1;
        self.waiting.push(Reverse((now + after, self.n_set)));
        self.named.insert(self.n_set, timer);
    }

    /// When the next one rings; `None` while none is set.
    #[must_use]
    pub fn next(&self) -> Option<Instant> {
        self.waiting.peek().map(|Reverse((at, _))| *at)
    }

    /// The timers that have rung by now, in order.
    pub fn rung(&mut self, now: Instant) -> Vec<Timer> {
        let mut rung = Vec::new();
        while let Some(Reverse((at, number))) = self.waiting.peek().copied() {
            if at > now {
                break;
            }
            self.waiting.pop();
            rung.extend(self.named.remove(&number));
        }
        rung
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn timers_ring_in_order_and_once() {
        let (mut timers, now) = (Timers::default(), Instant::now());
        timers.set(now, Duration::from_millis(20), Timer::Clock);
        timers.set(now, Duration::from_millis(10), Timer::Preview(1));
        timers.set(now, Duration::from_millis(10), Timer::Preview(2));
        assert_eq!(timers.next(), Some(now + Duration::from_millis(10)));
        assert_eq!(timers.rung(now), []);
        assert_eq!(
            timers.rung(now + Duration::from_millis(15)),
            [Timer::Preview(1), Timer::Preview(2)]
        );
        assert_eq!(timers.rung(now + Duration::from_secs(1)), [Timer::Clock]);
        assert_eq!(timers.next(), None);
    }
}
