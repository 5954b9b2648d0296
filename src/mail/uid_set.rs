//! A set of UIDs as sorted, disjoint ranges: how servers speak of many messages, and how gaps are kept.

use std::fmt;

use crate::mail::uid::Uid;

/// A set of UIDs; its size in memory follows the number of ranges, not of UIDs. RFC 3501 §9 `sequence-set`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct UidSet {
    /// Sorted, disjoint and not adjacent, each `low <= high`, none zero.
    ranges: Vec<(u32, u32)>,
}

impl UidSet {
    /// The empty set.
    #[must_use]
    pub const fn new() -> Self {
        Self { ranges: Vec::new() }
    }

    /// All UIDs from `low` to `high`; empty where `low > high`. Zero is left out.
    #[must_use]
    pub fn from_range(low: u32, high: u32) -> Self {
        let mut set = Self::new();
        set.insert_range(low, high);
        set
    }

    /// Reads `1:5,9,12:10` (ranges in any order and direction); `None` for anything else, `*` included.
    #[must_use]
    pub fn parse(text: &[u8]) -> Option<Self> {
        let text = std::str::from_utf8(text).ok()?;
        let mut ranges = Vec::new();
        for item in text.split(',').filter(|item| !item.is_empty()) {
            let (low, high) = match item.split_once(':') {
                Some((a, b)) => (a.parse::<u32>().ok()?, b.parse::<u32>().ok()?),
                None => (item.parse::<u32>().ok()?, item.parse::<u32>().ok()?),
            };
            ranges.push((low.min(high), low.max(high)));
        }
        Some(Self::of_ranges(ranges))
    }

    /// All of these ranges, in any order: a server may well name a million of them backwards.
    fn of_ranges(mut ranges: Vec<(u32, u32)>) -> Self {
        if !ranges.is_sorted() {
            ranges.sort_unstable();
        }
        let mut set = Self::new();
        for (low, high) in ranges {
            set.insert_range(low, high);
        }
        set
    }

    /// Adds one UID.
    pub fn insert(&mut self, uid: Uid) {
        self.insert_range(uid.get(), uid.get());
    }

    /// Adds every UID from `low` to `high`; nothing where `low > high`.
    pub fn insert_range(&mut self, low: u32, high: u32) {
        let low = low.max(1);
        if low > high {
            return;
        }
        // The common case, ascending input, touches only the last range.
        match self.ranges.last_mut() {
            None => return self.ranges.push((low, high)),
            Some(last) if low > last.1.saturating_add(1) => return self.ranges.push((low, high)),
            Some(last) if low >= last.0 => {
                last.1 = last.1.max(high);
                return;
            }
            Some(_) => {}
        }
        let start = self
            .ranges
            .partition_point(|range| range.1.saturating_add(1) < low);
        let end = self
            .ranges
            .partition_point(|range| range.0 <= high.saturating_add(1));
        let merged = self
            .ranges
            .get(start..end)
            .unwrap_or_default()
            .iter()
            .fold((low, high), |all, range| {
                (all.0.min(range.0), all.1.max(range.1))
            });
        self.ranges.splice(start..end, [merged]);
    }

    /// Adds every UID of `other`.
    pub fn merge(&mut self, other: &Self) {
        let mut ranges = std::mem::take(&mut self.ranges);
        ranges.extend_from_slice(&other.ranges);
        *self = Self::of_ranges(ranges);
    }

    /// Takes every UID from `low` to `high` out.
    pub fn remove_range(&mut self, low: u32, high: u32) {
        if low > high {
            return;
        }
        let start = self.ranges.partition_point(|range| range.1 < low);
        let end = self.ranges.partition_point(|range| range.0 <= high);
        let mut kept = Vec::new();
        for range in self.ranges.get(start..end).unwrap_or_default() {
            if range.0 < low {
                kept.push((range.0, low - 1));
            }
            if range.1 > high {
                kept.push((high + 1, range.1));
            }
        }
        if start <= end {
            self.ranges.splice(start..end, kept);
        }
    }

    /// Whether `uid` is in the set.
    #[must_use]
    pub fn contains(&self, uid: Uid) -> bool {
        let at = self.ranges.partition_point(|range| range.1 < uid.get());
        self.ranges
            .get(at)
            .is_some_and(|range| range.0 <= uid.get())
    }

    /// Whether nothing is in the set.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.ranges.is_empty()
    }

    /// How many UIDs are in the set.
    #[must_use]
    pub fn len(&self) -> u64 {
        self.ranges
            .iter()
            .map(|range| u64::from(range.1) - u64::from(range.0) + 1)
            .sum()
    }

    /// The ranges, ascending, disjoint and not adjacent, both ends included.
    #[must_use]
    pub fn ranges(&self) -> &[(u32, u32)] {
        &self.ranges
    }

    /// The highest UID; `None` when empty.
    #[must_use]
    pub fn max(&self) -> Option<Uid> {
        self.ranges.last().and_then(|range| Uid::new(range.1))
    }

    /// The lowest UID; `None` when empty.
    #[must_use]
    pub fn min(&self) -> Option<Uid> {
        self.ranges.first().and_then(|range| Uid::new(range.0))
    }

    /// Every UID, ascending. A server can announce four billion: take a bounded number.
    pub fn iter(&self) -> impl Iterator<Item = Uid> + '_ {
        self.ranges
            .iter()
            .flat_map(|range| range.0..=range.1)
            .filter_map(Uid::new)
    }

    /// What is in this set and not in `other`.
    #[must_use]
    pub fn minus(&self, other: &Self) -> Self {
        let mut rest = Self::new();
        let mut add = |low: u64, high: u32| {
            // Behind the highest number there is nothing.
            if let Ok(low) = u32::try_from(low) {
                rest.insert_range(low, high);
            }
        };
        let mut taken = other.ranges.as_slice();
        for (low, high) in &self.ranges {
            let mut next = u64::from(*low);
            while let Some(((from, to), behind)) = taken.split_first() {
                if from > high {
                    break;
                }
                add(next, from.saturating_sub(1));
                next = next.max(u64::from(*to) + 1);
                if to > high {
                    break; // It may reach into the next range too.
                }
                taken = behind;
            }
            add(next, *high);
        }
        rest
    }
}

impl FromIterator<Uid> for UidSet {
    fn from_iter<I: IntoIterator<Item = Uid>>(uids: I) -> Self {
        let mut set = Self::new();
        let mut late = Vec::new();
        for uid in uids {
            let n = uid.get();
            match set.ranges.last() {
                Some((_, last)) if n < *last => late.push((n, n)),
                _ => set.insert(uid),
            }
        }
        if late.is_empty() {
            return set;
        }
        late.append(&mut set.ranges);
        Self::of_ranges(late)
    }
}

/// The wire form, `1:5,9`; empty text for the empty set, which no command may carry.
impl fmt::Display for UidSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, (low, high)) in self.ranges.iter().enumerate() {
            if index > 0 {
                f.write_str(",")?;
            }
            if low == high {
                write!(f, "{low}")?;
            } else {
                write!(f, "{low}:{high}")?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_merge_in_any_order() {
        for (text, expected) in [
            ("1:5,9", "1:5,9"),
            ("9,5:1", "1:5,9"),
            ("1,2,3", "1:3"),
            ("3,1,2,7:8,6", "1:3,6:8"),
            ("0:2", "1:2"),
            ("", ""),
        ] {
            assert_eq!(
                UidSet::parse(text.as_bytes()).unwrap().to_string(),
                expected,
                "{text}"
            );
        }
        assert_eq!(UidSet::parse(b"1:*"), None);
    }

    #[test]
    fn removing_splits_ranges() {
        let mut set = UidSet::from_range(1, 10);
        set.remove_range(4, 5);
        assert_eq!(set.to_string(), "1:3,6:10");
        set.remove_range(1, 6);
        assert_eq!(set.to_string(), "7:10");
        set.remove_range(20, 30);
        assert_eq!(set.len(), 4);
        assert!(set.contains(Uid::new(7).unwrap()) && !set.contains(Uid::new(6).unwrap()));
        assert_eq!(
            UidSet::from_range(u32::MAX, u32::MAX)
                .minus(&set)
                .to_string(),
            "4294967295"
        );
    }

    /// A small world in which every set can be compared with its members one by one.
    fn world(seed: u32) -> (UidSet, Vec<u32>) {
        let members: Vec<u32> = (0..24_u32)
            .filter(|n| (seed.wrapping_mul(0x9e37_79b9) >> n) & 1 == 1)
            .map(|n| if n < 20 { n + 1 } else { u32::MAX - 23 + n })
            .collect();
        let shuffled = members.iter().rev().chain(&members);
        (shuffled.copied().filter_map(Uid::new).collect(), members)
    }

    #[test]
    fn sums_and_differences_have_the_members_they_should() {
        for seed in 0..400 {
            let (a, in_a) = world(seed);
            let (b, in_b) = world(seed.wrapping_mul(31) + 7);
            let numbers = |set: &UidSet| set.iter().map(Uid::get).collect::<Vec<_>>();
            assert_eq!(numbers(&a), in_a);
            let left: Vec<u32> = in_a.iter().copied().filter(|n| !in_b.contains(n)).collect();
            assert_eq!(numbers(&a.minus(&b)), left, "{a} minus {b}");
            assert_eq!(
                a.minus(&b),
                UidSet::parse(a.minus(&b).to_string().as_bytes()).unwrap()
            );
            let mut sum = a.clone();
            sum.merge(&b);
            assert_eq!(
                sum,
                in_a.iter()
                    .chain(&in_b)
                    .copied()
                    .filter_map(Uid::new)
                    .collect()
            );
            assert_eq!(sum.minus(&b).minus(&a), UidSet::new());
        }
    }

    /// Each of these would take hours where one UID after the other is put in its place.
    #[test]
    fn a_million_backwards_take_no_time() {
        let backwards = || (1..1_000_000).rev().filter_map(|n| Uid::new(n * 2));
        let set: UidSet = backwards().collect();
        assert_eq!(set.len(), 999_999);
        let text: Vec<String> = backwards().map(|uid| uid.get().to_string()).collect();
        assert_eq!(UidSet::parse(text.join(",").as_bytes()), Some(set.clone()));
        assert!(set.minus(&set).is_empty());
        let mut sum = UidSet::from_range(1, 1);
        sum.merge(&set);
        assert_eq!(sum.len(), 1_000_000 - 1 + 1);
    }
}
