//! Sequence numbers of the selected mailbox, kept only where the server speaks in them (no QRESYNC). RFC 3501 §2.3.1.2.
//!
//! What is expunged leaves an empty place behind, and a Fenwick tree counts the places that are not empty. So a position
//! is found, and an EXPUNGE is noted, in logarithmic time: who empties a mailbox of a million sends a million of them.

use crate::mail::uid::Uid;

/// Position to UID; 0 stands for a UID that was not heard yet.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SeqMap {
    /// By place: those of messages that are there, and the empty ones between them.
    uids: Vec<u32>,
    /// Node `i` (from 1 on) counts the messages in the places above `i - low_bit(i)`, up to `i`. Nothing while no place is
    /// empty: then position and place are one.
    counts: Vec<u32>,
    /// Messages that are there.
    n: usize,
}

/// More positions than this are not tracked: a server may claim four billion messages.
pub const MOST: usize = 5_000_000;
/// So many empty places are no reason to move anything.
const FEW: usize = 64;

impl SeqMap {
    /// Notes `* n EXISTS`: new positions at the end are unknown.
    pub fn exists(&mut self, n: u32) {
        let n = usize::try_from(n).unwrap_or(MOST).min(MOST);
        let n_new = n.saturating_sub(self.n);
        let has_counts = !self.counts.is_empty();
        self.uids.resize(self.uids.len() + n_new, 0);
        if has_counts {
            self.count();
        }
        self.n += n_new;
    }

    /// Notes that position `seq` is `uid`.
    pub fn learn(&mut self, seq: u32, uid: Uid) {
        if let Some(slot) = self.place(seq).and_then(|at| self.uids.get_mut(at)) {
            *slot = uid.get();
        }
    }

    /// The UID at a position; `None` while unknown.
    #[must_use]
    pub fn uid(&self, seq: u32) -> Option<Uid> {
        let uid = self.place(seq).and_then(|at| self.uids.get(at));
        uid.and_then(|uid| Uid::new(*uid))
    }

    /// Notes `* n EXPUNGE`; gives the UID that went, `None` while it was unknown. RFC 3501 §7.4.1.
    pub fn expunge(&mut self, seq: u32) -> Option<Uid> {
        let at = self.place(seq)?;
        self.count();
        let uid = self.uids.get_mut(at).map(std::mem::take)?;
        let mut node = at + 1;
        while let Some(count) = self.counts.get_mut(node - 1) {
            *count -= 1;
            node += low_bit(node);
        }
        self.n -= 1;
        if self.uids.len() > 2 * self.n + FEW {
            self.close_up();
        }
        Uid::new(uid)
    }

    /// The place of a position; `None` where there is no such message.
    fn place(&self, seq: u32) -> Option<usize> {
        let at = usize::try_from(seq).ok()?.checked_sub(1)?;
        if at >= self.n || self.counts.is_empty() {
            return (at < self.n).then_some(at);
        }
        let (mut node, mut rest) = (0, seq);
        let mut step = self
            .counts
            .len()
            .checked_ilog2()
            .map_or(0, |bits| 1 << bits);
        while step > 0 {
            if let Some(count) = self
                .counts
                .get(node + step - 1)
                .filter(|count| **count < rest)
            {
                rest -= count;
                node += step;
            }
            step /= 2;
        }
        Some(node)
    }

    /// Counts the places that were added since it was done last; all of them hold messages.
    fn count(&mut self) {
        self.counts.reserve(self.uids.len() - self.counts.len());
        for node in self.counts.len() + 1..=self.uids.len() {
            let (mut count, mut child) = (1, node - 1);
            while child > node - low_bit(node) {
                count += self.counts.get(child - 1).copied().unwrap_or(0);
                child -= low_bit(child);
            }
            self.counts.push(count);
        }
    }

    /// Forgets the empty places, so that a mailbox that always changes does not grow without end.
    fn close_up(&mut self) {
        let places = (1..=self.n).filter_map(|seq| self.place(u32::try_from(seq).ok()?));
        let uids = places.filter_map(|at| self.uids.get(at).copied()).collect();
        (self.uids, self.counts) = (uids, Vec::new());
    }
}

/// The lowest bit of a number that is set.
const fn low_bit(n: usize) -> usize {
    n & n.wrapping_neg()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn expunges_shift_what_is_behind_them() {
        let mut map = SeqMap::default();
        map.exists(4);
        for (seq, uid) in [(1, 10), (2, 20), (4, 40)] {
            map.learn(seq, Uid::new(uid).unwrap());
        }
        assert_eq!(map.expunge(2), Uid::new(20));
        assert_eq!(
            map.expunge(2),
            None,
            "the UID of the old third was never heard"
        );
        assert_eq!(map.uid(2), Uid::new(40));
        assert_eq!((map.expunge(9), map.expunge(0)), (None, None));
        map.exists(u32::MAX);
        assert_eq!(map.uid(2), Uid::new(40));
    }

    /// What the map means, said with a list.
    #[derive(Default)]
    struct Model(Vec<u32>);

    impl Model {
        fn expunge(&mut self, seq: u32) -> Option<Uid> {
            let at = usize::try_from(seq).unwrap().checked_sub(1)?;
            (at < self.0.len())
                .then(|| self.0.remove(at))
                .and_then(Uid::new)
        }
    }

    #[test]
    fn any_order_of_news_means_what_it_means_in_a_list() {
        for seed in 1..=20_u64 {
            let (mut map, mut model) = (SeqMap::default(), Model::default());
            let mut random = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15);
            let mut below = |n: u32| {
                random ^= random << 13;
                random ^= random >> 7;
                random ^= random << 17;
                u32::try_from(random % u64::from(n)).unwrap()
            };
            for uid in 1..=300 {
                let len = u32::try_from(model.0.len()).unwrap();
                let seq = below(len + 3);
                match below(8) {
                    0 => {
                        let n = len + below(12);
                        map.exists(n);
                        model.0.resize(usize::try_from(n).unwrap(), 0);
                    }
                    1..=2 => {
                        map.learn(seq, Uid::new(uid).unwrap());
                        let at = usize::try_from(seq).unwrap().checked_sub(1);
                        if let Some(slot) = at.and_then(|at| model.0.get_mut(at)) {
                            *slot = uid;
                        }
                    }
                    _ => assert_eq!(map.expunge(seq), model.expunge(seq), "seed {seed}"),
                }
                for (at, uid) in (1..).zip(&model.0) {
                    assert_eq!(map.uid(at), Uid::new(*uid), "seed {seed}, position {at}");
                }
                assert_eq!(map.n, model.0.len(), "seed {seed}");
                assert!(map.uids.len() <= 2 * map.n + FEW, "seed {seed}");
            }
        }
    }
}
