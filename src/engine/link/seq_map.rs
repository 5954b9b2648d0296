//! Sequence numbers of the selected mailbox, kept only where the server speaks in them (no QRESYNC). RFC 3501 §2.3.1.2.

use crate::mail::uid::Uid;

/// Position to UID; 0 stands for a UID that was not heard yet.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SeqMap {
    uids: Vec<u32>,
}

/// More positions than this are not tracked: a server may claim four billion messages.
pub const MOST: usize = 5_000_000;

impl SeqMap {
    /// Notes `* n EXISTS`: new positions at the end are unknown.
    pub fn exists(&mut self, n: u32) {
        let n = usize::try_from(n).unwrap_or(MOST).min(MOST);
        if n > self.uids.len() {
            self.uids.resize(n, 0);
        }
    }

    /// Notes that position `seq` is `uid`.
    pub fn learn(&mut self, seq: u32, uid: Uid) {
        if let Some(slot) = index(seq).and_then(|at| self.uids.get_mut(at)) {
            *slot = uid.get();
        }
    }

    /// The UID at a position; `None` while unknown.
    #[must_use]
    pub fn uid(&self, seq: u32) -> Option<Uid> {
        index(seq)
            .and_then(|at| self.uids.get(at))
            .and_then(|uid| Uid::new(*uid))
    }

    /// Notes `* n EXPUNGE`; gives the UID that went, `None` while it was unknown. RFC 3501 §7.4.1.
    pub fn expunge(&mut self, seq: u32) -> Option<Uid> {
        let at = index(seq).filter(|at| *at < self.uids.len())?;
        Uid::new(self.uids.remove(at))
    }
}

fn index(seq: u32) -> Option<usize> {
    usize::try_from(seq).ok()?.checked_sub(1)
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
}
