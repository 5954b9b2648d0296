//! What an action of a metered account has taken. One meter is shared by all connections of the account in this process, so
//! that what one of them receives leaves the others less room.
//!
//! Counted is what the server sends from its greeting on, as compressed as it comes; what TLS and TCP add is not. An action
//! begins where the user asks for something that takes headers ([`Job::begins_action`](crate::channel::job::Job::begins_action)),
//! and takes what comes until the next one begins. A command of the command line is one.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// What a header costs on the wire, more or less, in bytes.
pub const HEADER_BYTES: u64 = 1_000;
/// Headers that a look at a folder brings however little room there is: somebody wants to see something.
const LEAST_HEADERS: u64 = 10;
/// What those few take, more or less, in bytes.
pub const FEW_BYTES: u64 = LEAST_HEADERS * HEADER_BYTES;

/// Bytes that came since the action began. Clones count together.
#[derive(Debug, Clone, Default)]
pub struct Meter(Arc<AtomicU64>);

impl Meter {
    /// An action begins.
    pub fn begin(&self) {
        self.0.store(0, Ordering::Relaxed);
    }

    /// So many bytes came.
    pub fn count(&self, bytes: u64) {
        self.0.fetch_add(bytes, Ordering::Relaxed);
    }

    /// How many more may come, of so many that the action may take; none where they are used up.
    #[must_use]
    pub fn room(&self, limit: u64) -> u64 {
        limit.saturating_sub(self.0.load(Ordering::Relaxed))
    }
}

/// How many headers there is room for, the few that come in any case among them.
#[must_use]
pub fn headers_within(room: u64) -> u32 {
    u32::try_from((room / HEADER_BYTES).max(LEAST_HEADERS)).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_any_connection_receives_leaves_less_room_until_the_next_action() {
        let meter = Meter::default();
        let other = meter.clone();
        meter.count(300);
        other.count(500);
        assert_eq!((meter.room(1_000), other.room(1_000)), (200, 200));
        other.count(u64::from(u32::MAX));
        assert_eq!(meter.room(1_000), 0);
        other.begin();
        assert_eq!(meter.room(1_000), 1_000);
    }

    #[test]
    fn a_few_headers_come_however_little_room_there_is() {
        assert_eq!(headers_within(0), 10);
        assert_eq!(headers_within(500_000), 500);
        assert_eq!(headers_within(u64::MAX), u32::MAX);
    }
}
