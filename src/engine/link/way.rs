//! How long the way to the server is, and how fast headers come over it, by the blocks of this connection. Pure: durations
//! go in, a number of headers comes out.

use std::time::Duration;

/// What was measured on one connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Way {
    /// From a command to its first header, the shortest: then nothing was before it. `None` where nothing was measured.
    round_trip: Option<Duration>,
    /// Headers that came, the latest counting most.
    n_headers: u64,
    /// The time in which they came, weighed as they are.
    lasted: Duration,
}

impl Way {
    /// Notes a block of so many headers: how long after the command the first came, and how long after that the last.
    pub fn came(&mut self, waited: Duration, lasted: Duration, n_headers: u64) {
        let shortest = self.round_trip.map_or(waited, |known| known.min(waited));
        self.round_trip = Some(shortest);
        self.n_headers = (self.n_headers / 2).saturating_add(n_headers);
        self.lasted = (self.lasted / 2).saturating_add(lasted);
    }

    /// How many headers come while one command goes there and its first header comes back. Where no more are asked for,
    /// the line is idle for a part of that time. Zero where nothing was measured.
    #[must_use]
    pub fn holds(&self) -> u64 {
        let round_trip = self.round_trip.unwrap_or_default().as_nanos();
        let n = u128::from(self.n_headers).saturating_mul(round_trip);
        let n = n.checked_div(self.lasted.as_nanos()).unwrap_or(0);
        u64::try_from(n).unwrap_or(u64::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn ms(n: u64) -> Duration {
        Duration::from_millis(n)
    }

    #[test]
    fn a_way_holds_what_comes_in_a_round_trip() {
        for (what, blocks, holds) in [
            ("nothing measured", vec![], 0),
            ("this machine", vec![(1, 10, 500)], 50),
            ("far and fast", vec![(50, 10, 500)], 2_500),
            ("far and slow", vec![(50, 1_000, 500)], 25),
            (
                "queued behind others",
                vec![(50, 10, 500), (80, 10, 500)],
                2_500,
            ),
            ("idle later", vec![(80, 10, 500), (50, 10, 500)], 2_500),
            ("nothing there", vec![(50, 0, 0)], 0),
            ("few among many", vec![(50, 10, 500), (50, 0, 0)], 2_500),
        ] {
            let mut way = Way::default();
            for (waited, lasted, n_headers) in blocks {
                way.came(ms(waited), ms(lasted), n_headers);
            }
            assert_eq!(way.holds(), holds, "{what}");
        }
    }

    #[test]
    fn what_is_long_past_counts_little() {
        let mut way = Way::default();
        way.came(ms(50), ms(1_000), 500); // A connection begins slowly.
        for _ in 0..10 {
            way.came(ms(50), ms(10), 500);
        }
        assert!((2_200..=2_500).contains(&way.holds()), "{}", way.holds());
    }
}
