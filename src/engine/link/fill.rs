//! Filling the gap: older headers in blocks, newest first, the width following how dense the UIDs are. A few are in flight,
//! or twice as many as the way holds, where that is long.

use crate::engine::meter::HEADER_BYTES;
use crate::mail::uid_set::UidSet;

/// Headers wanted in one block.
pub const WISH: u64 = 500;
/// Blocks in flight where the way is short.
pub const AHEAD: usize = 3;
/// Blocks in flight for each that the way holds. What it holds is measured while the store takes headers in bursts, and by
/// what was asked for: with no more in flight than that, few would stay few.
const IN_FLIGHT_FOR_EACH_HELD: usize = 2;
/// Blocks in flight over the longest way: what is on its way when the program ends comes a second time. Of 100,000
/// headers they are a twentieth. At most as many more have come and are not said to have ended.
pub const MOST_AHEAD: usize = 10;
/// Small blocks that go well before they grow, where one message may be fatal.
const CAREFUL: u32 = 16;

/// A gap being filled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fill {
    /// What was not asked for yet.
    rest: UidSet,
    /// How many UIDs the next block spans.
    width: u32,
    /// Blocks in flight.
    n_in_flight: usize,
    /// Headers wanted in one block.
    wish: u64,
    /// The same, where none of them may be fatal.
    usual: u64,
    /// Blocks that may be in flight.
    ahead: usize,
    /// Small blocks that are still to go well before they grow.
    n_careful: u32,
}

impl Fill {
    /// Starts on a gap of so many messages, of which a block has at most so many. Where metering allows so many bytes,
    /// blocks are small and come one by one.
    #[must_use]
    pub fn new(gap: UidSet, n_messages: u64, most: u64, metered: Option<u64>) -> Self {
        let (wish, ahead) = metered.map_or((WISH, AHEAD), |limit| {
            let wish = limit / (2 * HEADER_BYTES);
            (wish.clamp(10, WISH), 1)
        });
        let wish = wish.min(most).max(1);
        let span = gap.len().max(1);
        let width = (wish * span / n_messages.clamp(1, span)).clamp(wish, 1 << 24);
        Self {
            rest: gap,
            width: u32::try_from(width).unwrap_or(u32::MAX),
            n_in_flight: 0,
            wish,
            usual: wish,
            ahead,
            n_careful: 0,
        }
    }

    /// The same, beginning with blocks of so many UIDs, one by one: a message there may be fatal to the connection, and
    /// which UIDs have one is not known. Where many went well, they grow again.
    #[must_use]
    pub fn beginning_with(mut self, n_uids: Option<u64>) -> Self {
        if let Some(n) = n_uids {
            let wish = n.clamp(1, self.wish);
            let width = u64::from(self.width) * wish / self.wish;
            self.width = u32::try_from(width.clamp(1, wish)).unwrap_or(u32::MAX);
            (self.wish, self.ahead) = (wish, 1);
            self.n_careful = CAREFUL;
        }
        self
    }

    /// The next block, from the newest end, as long as few enough are in flight. The way holds so many headers, as
    /// [`Way::holds`] says; so many of the blocks in flight have come, but for the word that they have ended.
    ///
    /// [`Way::holds`]: crate::engine::link::way::Way::holds
    pub fn next_block(
        &mut self,
        is_store_behind: bool,
        way_holds: u64,
        n_overtaken: usize,
    ) -> Option<(u32, u32)> {
        let (most, width) = self.room(is_store_behind, way_holds);
        // One by one, they are to end. A server that says of none that it ended is not asked for ever more.
        let n_come = if self.ahead == 1 { 0 } else { n_overtaken };
        if self.n_in_flight >= most + n_come.min(MOST_AHEAD) {
            return None;
        }
        let (low, high) = *self.rest.ranges().last()?;
        let low = low.max(high.saturating_sub(width.saturating_sub(1)));
        self.rest.remove_range(low, high);
        self.n_in_flight += 1;
        Some((low, high))
    }

    /// How many blocks may be in flight, and how wide the next is. Over a short way it is one alone, of half the width,
    /// while the store is behind; over a long one the next arrives when the store has long caught up.
    fn room(&self, is_store_behind: bool, way_holds: u64) -> (usize, u32) {
        let is_short = self.ahead == 1 || way_holds <= self.wish / 2;
        if is_short && is_store_behind {
            return (1, self.width / 2);
        }
        if is_short {
            return (self.ahead, self.width);
        }
        let n_held = usize::try_from(way_holds.div_ceil(self.wish)).unwrap_or(usize::MAX);
        let n = n_held.saturating_mul(IN_FLIGHT_FOR_EACH_HELD);
        (n.clamp(self.ahead, MOST_AHEAD), self.width)
    }

    /// Notes that a block has ended with this many headers.
    pub fn ended(&mut self, n_headers: u64) {
        self.n_in_flight = self.n_in_flight.saturating_sub(1);
        if self.n_careful > 0 {
            self.n_careful -= 1;
            if self.n_careful == 0 && self.wish < self.usual {
                self.wish = (self.wish * 4).min(self.usual);
                self.width = self.width.saturating_mul(4);
                self.n_careful = CAREFUL;
            }
            return;
        }
        if n_headers < self.wish / 4 {
            self.width = self.width.saturating_mul(4).min(1 << 28);
        } else if n_headers > self.wish * 2 {
            self.width = (self.width / 2).max(1);
        }
    }

    /// Asks for no more.
    pub fn stop(&mut self) {
        self.rest = UidSet::new();
    }

    /// Whether another block would take more than so many bytes.
    #[must_use]
    pub const fn is_beyond(&self, room: u64) -> bool {
        !self.rest.is_empty() && self.wish * HEADER_BYTES > room
    }

    /// Whether blocks are in flight.
    #[must_use]
    pub const fn is_waiting(&self) -> bool {
        self.n_in_flight > 0
    }

    /// Whether everything was asked for and answered.
    #[must_use]
    pub const fn is_done(&self) -> bool {
        self.rest.is_empty() && self.n_in_flight == 0
    }
}

#[cfg(test)]
mod tests {
    use std::collections::VecDeque;
    use std::time::Duration;

    use super::*;
    use crate::engine::link::way::Way;

    #[test]
    fn blocks_come_newest_first_and_leave_nothing_out() {
        let mut fill = Fill::new(
            UidSet::parse(b"1:1200,2000:2100").unwrap(),
            1_301,
            WISH,
            None,
        );
        let mut blocks = Vec::new();
        while !fill.is_done() {
            while let Some(block) = fill.next_block(false, 0, 0) {
                blocks.push(block);
            }
            fill.ended(WISH);
        }
        assert_eq!(blocks, [(2000, 2100), (701, 1200), (201, 700), (1, 200)]);
    }

    #[test]
    fn one_block_at_a_time_is_asked_for_while_the_store_is_behind() {
        let mut fill = Fill::new(UidSet::from_range(1, 5_000), 5_000, WISH, None);
        assert_eq!(fill.next_block(true, 0, 0), Some((4_751, 5_000)));
        assert_eq!(fill.next_block(true, 0, 0), None);
        assert!(fill.next_block(false, 0, 0).is_some() && fill.next_block(false, 0, 0).is_some());
        assert_eq!(fill.next_block(false, 0, 0), None);
    }

    #[test]
    fn a_block_that_has_come_makes_room_before_the_server_says_that_it_ended() {
        let gap = || UidSet::from_range(1, 50_000);
        let mut fill = Fill::new(gap(), 50_000, WISH, None);
        while fill.next_block(false, 0, 0).is_some() {}
        assert!(fill.next_block(false, 0, 1).is_some());
        assert_eq!(fill.next_block(false, 0, 1), None);

        let mut careful = Fill::new(gap(), 50_000, WISH, None).beginning_with(Some(8));
        assert!(careful.next_block(false, 0, 0).is_some());
        assert_eq!(careful.next_block(false, 0, 1), None, "one by one");
    }

    #[test]
    fn a_server_that_says_of_no_block_that_it_ended_is_not_asked_for_ever() {
        let mut fill = Fill::new(UidSet::from_range(1, u32::MAX), u64::MAX, WISH, None);
        let mut n_asked = 0;
        while fill.next_block(false, u64::MAX, n_asked).is_some() {
            n_asked += 1;
        }
        assert_eq!(n_asked, 2 * MOST_AHEAD);
    }

    const N: u32 = 100_000;
    /// Headers that the store has waiting when it is behind.
    const BEHIND: u32 = 400;
    /// Headers that may wait for the store; no more are read then.
    const WAITING: u32 = 800;
    /// Headers that the store takes at twice its pace before it commits them for as long.
    const TRANSACTION: u32 = 2_000;

    /// Fills a gap over a way on which `line` headers come a second, into a store that takes `store` of them. Gives how long
    /// that took, and how many were in flight at most.
    fn fill_over(round_trip: Duration, line: u32, store: u32) -> (Duration, u64) {
        let time = |n: u32, per_second: u32| Duration::from_secs(n.into()) / per_second;
        let mut fill = Fill::new(UidSet::from_range(1, N), N.into(), WISH, None);
        let (mut way, mut in_flight) = (Way::default(), VecDeque::new());
        let (mut line_free_at, mut stored_at) = (Duration::ZERO, Duration::ZERO);
        let (mut now, mut most, mut n_open) = (Duration::ZERO, 0, 0);
        loop {
            let is_behind = stored_at >= now + time(BEHIND, store);
            while let Some((low, high)) = fill.next_block(is_behind, way.holds(), 0) {
                let n = high - low + 1;
                let begins = line_free_at.max(now + round_trip);
                line_free_at = begins + time(n, line);
                in_flight.push_back((now, begins, line_free_at, n));
            }
            most = most.max(in_flight.iter().map(|block| u64::from(block.3)).sum());
            let Some((asked, begins, ends, n)) = in_flight.pop_front() else {
                return (stored_at, most);
            };
            let begins = begins.max(now);
            stored_at = stored_at.max(begins) + time(n, 2 * store);
            n_open += n;
            if n_open >= TRANSACTION {
                stored_at += time(n_open, 2 * store);
                n_open = 0;
            }
            now = ends.max(stored_at.saturating_sub(time(WAITING, store)));
            stored_at = stored_at.max(now);
            way.came(
                begins.saturating_sub(asked),
                now.saturating_sub(begins),
                n.into(),
            );
            fill.ended(n.into());
        }
    }

    #[test]
    fn nothing_is_idle_however_long_the_way_is_and_no_more_is_ahead_than_that_takes() {
        for (round_trip_us, line, store, most) in [
            (200, 200_000, 70_000, 1_500),
            (200, 70_000, 200_000, 1_500),
            (5_000, 200_000, 70_000, 2_500),
            (5_000, 70_000, 200_000, 1_500),
            (50_000, 2_000, 70_000, 1_500),
            (50_000, 20_000, 70_000, 2_000),
            (50_000, 30_000, 70_000, 3_000),
            (50_000, 70_000, 70_000, 5_000),
            (50_000, 200_000, 70_000, 5_000),
            (100_000, 20_000, 70_000, 4_000),
        ] {
            let what = format!("{round_trip_us} us, {line}/s, {store}/s");
            let round_trip = Duration::from_micros(round_trip_us);
            let (time, n_ahead) = fill_over(round_trip, line, store);
            assert!(n_ahead <= most, "{what}: {n_ahead}");
            let least = Duration::from_secs(N.into()) / line.min(store);
            let is_idle = time > least.mul_f64(1.1) + 3 * round_trip;
            assert!(!is_idle, "{what}: {time:?}, not {least:?}");
        }
        for round_trip_ms in [100, 300, 2_000] {
            let (_, n_ahead) = fill_over(Duration::from_millis(round_trip_ms), 70_000, 70_000);
            assert_eq!(n_ahead, u64::from(N) / 20, "{round_trip_ms}");
        }
    }

    #[test]
    fn what_comes_one_by_one_does_so_over_any_way() {
        let gap = || UidSet::from_range(1, 5_000);
        let metered = Fill::new(gap(), 5_000, WISH, Some(100_000));
        let careful = Fill::new(gap(), 5_000, WISH, None).beginning_with(Some(8));
        for mut fill in [metered, careful] {
            assert!(fill.next_block(false, 4_000, 0).is_some());
            assert_eq!(fill.next_block(false, 4_000, 0), None);
        }
    }

    #[test]
    fn blocks_begin_small_where_one_message_may_be_fatal_and_grow_where_none_is() {
        let gap = UidSet::from_range(1, 5_000);
        let mut fill = Fill::new(gap, 5_000, u64::MAX, None).beginning_with(Some(1));
        let mut widths = Vec::new();
        while let Some((low, high)) = fill.next_block(false, 0, 0) {
            widths.push(high - low + 1);
            assert_eq!(fill.next_block(false, 0, 0), None, "one by one");
            fill.ended(u64::from(high - low + 1));
        }
        assert!(widths[..16].iter().all(|width| *width == 1), "{widths:?}");
        assert!(widths.contains(&256) && widths.len() < 100, "{widths:?}");
        assert_eq!(widths.iter().sum::<u32>(), 5_000);
    }

    #[test]
    fn four_billion_holes_are_crossed_in_few_steps() {
        let mut fill = Fill::new(UidSet::from_range(1, u32::MAX), 10, WISH, None);
        let mut n_blocks = 0;
        while let Some(_block) = fill.next_block(false, 0, 0) {
            fill.ended(0);
            n_blocks += 1;
        }
        assert!(n_blocks < 40, "{n_blocks}");
    }
}
