//! A set of message numbers as a sparse bitmap: what a search found. A hundred thousand numbers take some 13 kB.

use std::collections::BTreeMap;

/// Numbers per chunk.
pub(in crate::store) const CHUNK: u64 = 64 * 64;

/// The numbers of one chunk, a bit each.
pub(in crate::store) type Bits = [u64; 64];

/// Whether the bit of a number is set in the bits of its chunk.
pub(in crate::store) fn has_bit(bits: &Bits, id: u64) -> bool {
    let (word, bit) = position(id);
    bits.get(word).is_some_and(|word| word & bit != 0)
}

/// Sets or clears the bit of a number in the bits of its chunk.
pub(in crate::store) fn set_bit(bits: &mut Bits, id: u64, on: bool) {
    let (word, bit) = position(id);
    if let Some(word) = bits.get_mut(word) {
        if on {
            *word |= bit;
        } else {
            *word &= !bit;
        }
    }
}

/// The set.
#[derive(Debug, Clone, Default)]
pub(in crate::store) struct IdSet {
    chunks: BTreeMap<u64, Bits>,
    len: u64,
}

impl IdSet {
    /// Adds a number.
    pub(super) fn insert(&mut self, id: u64) {
        let (word, bit) = position(id);
        if let Some(bits) = self
            .chunks
            .entry(id / CHUNK)
            .or_insert([0; 64])
            .get_mut(word)
            && *bits & bit == 0
        {
            *bits |= bit;
            self.len += 1;
        }
    }

    /// Adds those numbers of one chunk that are in `other` and in `bits`.
    pub(in crate::store) fn insert_common(&mut self, other: &Self, chunk: u64, bits: &Bits) {
        let Some(others) = other.chunks.get(&chunk) else {
            return;
        };
        let mut common = [0; 64];
        for (common, (one, other)) in common.iter_mut().zip(bits.iter().zip(others)) {
            *common = one & other;
        }
        let n: u64 = common.iter().map(|word| u64::from(word.count_ones())).sum();
        if n > 0 {
            self.chunks.insert(chunk, common);
            self.len += n;
        }
    }

    /// Whether the number is in the set.
    pub(super) fn contains(&self, id: u64) -> bool {
        let (word, bit) = position(id);
        self.chunks
            .get(&(id / CHUNK))
            .and_then(|chunk| chunk.get(word))
            .is_some_and(|bits| bits & bit != 0)
    }

    /// How many there are.
    pub(super) const fn len(&self) -> u64 {
        self.len
    }

    /// The numbers, ascending.
    pub(super) fn iter(&self) -> impl Iterator<Item = u64> + '_ {
        self.chunks.iter().flat_map(|(chunk, words)| {
            let start = chunk * CHUNK;
            words.iter().zip(0_u64..).flat_map(move |(bits, word)| {
                (0..64)
                    .filter(move |bit| bits & (1 << bit) != 0)
                    .map(move |bit| start + word * 64 + bit)
            })
        })
    }
}

const fn position(id: u64) -> (usize, u64) {
    (((id % CHUNK) / 64) as usize, 1 << (id % 64))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    proptest::proptest! {
        #[test]
        fn a_bitmap_is_a_set(ids in proptest::collection::vec(0_u64..20_000, 0..500), far: u64) {
            let mut set = IdSet::default();
            let mut model = BTreeSet::new();
            for id in ids.into_iter().chain([far / 2]) {
                set.insert(id);
                model.insert(id);
            }
            proptest::prop_assert_eq!(set.len(), model.len() as u64);
            proptest::prop_assert!(set.iter().eq(model.iter().copied()));
            proptest::prop_assert!((0..20_000).all(|id| set.contains(id) == model.contains(&id)));
        }
    }
}
