//! What changed in a mailbox since it was seen last, asked for in pieces, the newest messages first: where metering bounds
//! what one action may take, and where all of it is more than can be taken at once. How far it has come the store
//! remembers, so that a break costs one piece; the sync point rises when everything was heard.

use crate::engine::link::missing::MOST_RANGES;
use crate::mail::uid::ModSeq;
use crate::mail::uid_set::UidSet;
use crate::store::sync_state::SyncState;

/// Messages of one piece where nothing bounds what may come.
const PIECE: u64 = 20_000;
/// Messages of the first piece where something does: what it takes tells how many the next ones may have.
const FIRST: u64 = 200;
/// Fewer messages are not worth a round trip.
const LEAST: u64 = 10;
/// What the news of one message take on the wire, more or less, in bytes: its flags, or its place among what vanished.
const NEWS_BYTES: u64 = 100;

/// UIDs of which everything is known up to the same mod-sequence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Stretch {
    low: u32,
    high: u32,
    since: ModSeq,
}

/// What one command asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Piece {
    /// The UIDs, those left out whose headers are to come.
    pub set: UidSet,
    /// Those of them that are here.
    pub known: UidSet,
    /// The lowest UID that it is about.
    pub low: u32,
    /// The highest.
    pub high: u32,
    /// What changed later is told; zero where all flags are asked for.
    pub since: ModSeq,
}

/// The changes of the selected mailbox, as far as they were not heard.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Changes {
    /// What was not asked for yet, the newest last.
    rest: Vec<Stretch>,
    /// Whether that is everything; else the user says when the other messages are to be asked about.
    is_whole: bool,
    /// Whether the user has said so.
    has_leave: bool,
    /// There was no room for the next piece: it waits until the user says so, whatever room there is later. Who hears him
    /// looks at the mailbox anew, on another connection perhaps.
    is_held: bool,
    /// The messages of `rest` that may have changed.
    known: UidSet,
    /// UIDs whose headers come another time, with their flags.
    gap: UidSet,
    /// Whether the server tells what vanished beside what changed. RFC 7162 §3.2.6.
    tells_vanished: bool,
    in_flight: Option<Piece>,
    /// A piece that was refused, to be asked for in another way.
    again: Option<Piece>,
    /// From this UID on everything was heard.
    reached: u32,
    /// Whether that is more than was known before.
    is_begun: bool,
    /// Messages that came, and what they took on the wire.
    n_lines: u64,
    n_bytes: u64,
    /// Messages of the next piece at most, as long as that is not known well.
    width: u64,
}

impl Changes {
    /// What may have changed up to `highest` of the messages `known` that have UIDs up to `newest`. Where the user has not
    /// said that everything is to come, what was held back before stays so.
    #[must_use]
    pub fn new(
        state: &SyncState,
        (newest, highest): (u32, ModSeq),
        known: &UidSet,
        takes_all: bool,
    ) -> Self {
        let (mut rest, mut high) = (Vec::new(), newest);
        for row in &state.caught_up {
            let (low, since) = (row.low, row.mod_seq);
            rest.push(Stretch { low, high, since });
            high = high.min(low.saturating_sub(1));
        }
        let (low, since) = (1, state.mod_seq);
        rest.push(Stretch { low, high, since });
        let is_whole = takes_all || state.caught_up.is_empty();
        if !is_whole {
            rest.truncate(1);
        }
        rest.retain(|stretch| stretch.low <= stretch.high && stretch.since < highest);
        rest.reverse();
        let mut known = known.minus(&state.gap);
        known.remove_range(newest.saturating_add(1), u32::MAX);
        Self {
            rest,
            is_whole,
            has_leave: takes_all,
            is_held: false,
            known,
            gap: state.gap.clone(),
            tells_vanished: false,
            in_flight: None,
            again: None,
            reached: newest.saturating_add(1),
            is_begun: state.caught_up.is_empty(),
            n_lines: 0,
            n_bytes: 0,
            width: FIRST,
        }
    }

    /// The same where the server tells what vanished, too.
    #[must_use]
    pub const fn with_vanished(mut self, tells_vanished: bool) -> Self {
        self.tells_vanished = tells_vanished;
        self
    }

    /// Whether everything was heard.
    #[must_use]
    pub const fn is_complete(&self) -> bool {
        self.is_whole && self.rest.is_empty() && self.in_flight.is_none() && self.again.is_none()
    }

    /// Whether messages may have vanished of which the server would tell when it is asked for the rest.
    #[must_use]
    pub const fn hides_vanished(&self) -> bool {
        self.tells_vanished && !self.is_complete()
    }

    /// From which UID on everything was heard; `None` where that is nothing new, or where all of it was.
    #[must_use]
    pub fn reached(&self) -> Option<u32> {
        (self.is_begun && !self.is_complete()).then_some(self.reached)
    }

    /// The next piece, of which at most so many bytes come (`None` for any number); `None` where nothing is left, or where
    /// it would be too much.
    pub fn next_piece(&mut self, room: Option<u64>) -> Option<Piece> {
        let n = self.n_messages(room);
        self.is_held |= n.is_none();
        let n = n.filter(|_| !self.is_held)?;
        let piece = match self.again.take() {
            Some(piece) => piece,
            None => self.cut(n)?,
        };
        self.in_flight = Some(piece.clone());
        Some(piece)
    }

    /// Of how many messages news may come, when each takes what those before took.
    fn n_messages(&self, room: Option<u64>) -> Option<u64> {
        let Some(room) = room else {
            return Some(PIECE);
        };
        let each = self.n_bytes.checked_div(self.n_lines).unwrap_or(0);
        let n = room / each.max(NEWS_BYTES);
        // Who wants more gets some, however little one action may take.
        let is_due = self.has_leave && self.width == FIRST;
        let n = if is_due { n.max(LEAST) } else { n };
        (n >= LEAST).then(|| n.min(self.width))
    }

    /// Cuts a piece of `n` messages off the newest end.
    fn cut(&mut self, n: u64) -> Option<Piece> {
        loop {
            let Stretch { low, high, since } = self.rest.pop()?;
            let Some(mut from) = lowest(&self.known, (low, high), n) else {
                continue; // Nothing that is here can have changed.
            };
            let mut set = UidSet::from_range(from, high).minus(&self.gap);
            let n_too_many = set.ranges().len().saturating_sub(MOST_RANGES);
            if let Some((lowest, _)) = set.ranges().get(n_too_many).filter(|_| n_too_many > 0) {
                from = *lowest;
                set.remove_range(1, from - 1);
            }
            if from > low {
                let high = from - 1;
                self.rest.push(Stretch { low, high, since });
            }
            let mut known = self.known.clone();
            known.remove_range(0, from - 1);
            self.known.remove_range(from, u32::MAX);
            let low = from;
            return Some(Piece {
                set,
                known,
                low,
                high,
                since,
            });
        }
    }

    /// Notes what a message took on the wire, in bytes, where it may have been asked for.
    pub const fn heard(&mut self, bytes: u64) {
        if self.in_flight.is_some() {
            self.n_lines = self.n_lines.saturating_add(1);
            self.n_bytes = self.n_bytes.saturating_add(bytes);
        }
    }

    /// The piece in flight was answered.
    pub fn ended(&mut self) -> Option<Piece> {
        let piece = self.in_flight.take()?;
        (self.reached, self.is_begun) = (piece.low, true);
        self.width = self.width.saturating_mul(4);
        Some(piece)
    }

    /// The piece in flight ends at this UID; what lies below is the next one.
    pub fn stop_at(&mut self, low: u32) {
        if let Some(piece) = self.in_flight.as_mut().filter(|piece| piece.low < low) {
            let mut rest = piece.clone();
            rest.set.remove_range(low, u32::MAX);
            rest.high = low - 1;
            piece.low = low;
            self.again = Some(rest).filter(|rest| !rest.set.is_empty());
        }
    }

    /// The piece in flight was refused; false where there is no other way to ask.
    pub fn refused(&mut self) -> bool {
        let can_be_other = std::mem::take(&mut self.tells_vanished);
        self.again = self.in_flight.take();
        can_be_other
    }

    /// Whether the next piece is to tell what vanished.
    #[must_use]
    pub fn asks_vanished(&self, piece: &Piece) -> bool {
        self.tells_vanished && piece.since.get() > 0
    }
}

/// The lowest UID of the `n` highest in a range: its low end where there are no more; `None` where there are none.
pub(super) fn lowest(known: &UidSet, (low, high): (u32, u32), n: u64) -> Option<u32> {
    let (mut left, mut is_any) = (n, false);
    for (from, to) in known.ranges().iter().rev() {
        let (from, to) = (low.max(*from), high.min(*to));
        if from > to {
            if to < low {
                break;
            }
            continue;
        }
        is_any = true;
        let here = u64::from(to - from) + 1;
        if here >= left {
            let more = u32::try_from(left.saturating_sub(1)).unwrap_or(u32::MAX);
            return Some(to.saturating_sub(more));
        }
        left -= here;
    }
    is_any.then_some(low)
}

#[cfg(test)]
mod tests;
