//! Filling the gap: older headers in blocks, newest first, a few in flight, the width following how dense the UIDs are.

use crate::mail::uid_set::UidSet;

/// Headers wanted in one block.
pub const WISH: u64 = 500;
/// What a header costs on the wire, more or less, in bytes.
const HEADER_BYTES: u64 = 1_000;
/// Blocks in flight.
pub const AHEAD: usize = 3;
/// Small blocks that go well before they grow, where one message may be fatal.
const CAREFUL: u32 = 16;

/// How many headers one action may bring that takes so many bytes; one at least.
#[must_use]
pub fn within(limit: u64) -> u32 {
    u32::try_from((limit / HEADER_BYTES).max(1)).unwrap_or(u32::MAX)
}

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

    /// The same, beginning with blocks of so many messages, one by one: one of them may be fatal to the connection. Where
    /// many went well, they grow again.
    #[must_use]
    pub fn beginning_with(mut self, n_messages: Option<u64>) -> Self {
        if let Some(n) = n_messages {
            let wish = n.clamp(1, self.wish);
            let width = u64::from(self.width) * wish / self.wish;
            self.width = u32::try_from(width.max(1)).unwrap_or(u32::MAX);
            (self.wish, self.ahead) = (wish, 1);
            self.n_careful = CAREFUL;
        }
        self
    }

    /// The next block, from the newest end, as long as few enough are in flight: one alone, of half the width, while the
    /// store is behind, since whatever is on its way when the program ends comes a second time.
    pub fn next_block(&mut self, is_store_behind: bool) -> Option<(u32, u32)> {
        let (most, width) = if is_store_behind {
            (1, self.width / 2)
        } else {
            (self.ahead, self.width)
        };
        if self.n_in_flight >= most {
            return None;
        }
        let (low, high) = *self.rest.ranges().last()?;
        let low = low.max(high.saturating_sub(width.saturating_sub(1)));
        self.rest.remove_range(low, high);
        self.n_in_flight += 1;
        Some((low, high))
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

    /// Whether another block would go beyond what metering allows, after so many bytes.
    #[must_use]
    pub const fn is_enough(&self, n_bytes: u64, limit: u64) -> bool {
        !self.rest.is_empty() && n_bytes.saturating_add(self.wish * HEADER_BYTES) > limit
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
    use super::*;

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
            while let Some(block) = fill.next_block(false) {
                blocks.push(block);
            }
            fill.ended(WISH);
        }
        assert_eq!(blocks, [(2000, 2100), (701, 1200), (201, 700), (1, 200)]);
    }

    #[test]
    fn one_block_at_a_time_is_asked_for_while_the_store_is_behind() {
        let mut fill = Fill::new(UidSet::from_range(1, 5_000), 5_000, WISH, None);
        assert_eq!(fill.next_block(true), Some((4_751, 5_000)));
        assert_eq!(fill.next_block(true), None);
        assert!(fill.next_block(false).is_some() && fill.next_block(false).is_some());
        assert_eq!(fill.next_block(false), None);
    }

    #[test]
    fn blocks_begin_small_where_one_message_may_be_fatal_and_grow_where_none_is() {
        let gap = UidSet::from_range(1, 5_000);
        let mut fill = Fill::new(gap, 5_000, u64::MAX, None).beginning_with(Some(1));
        let mut widths = Vec::new();
        while let Some((low, high)) = fill.next_block(false) {
            widths.push(high - low + 1);
            assert_eq!(fill.next_block(false), None, "one by one");
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
        while let Some(_block) = fill.next_block(false) {
            fill.ended(0);
            n_blocks += 1;
        }
        assert!(n_blocks < 40, "{n_blocks}");
    }
}
