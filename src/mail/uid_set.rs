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
        let mut set = Self::new();
        for item in text.split(',').filter(|item| !item.is_empty()) {
            let (low, high) = match item.split_once(':') {
                Some((a, b)) => (a.parse::<u32>().ok()?, b.parse::<u32>().ok()?),
                None => (item.parse::<u32>().ok()?, item.parse::<u32>().ok()?),
            };
            set.insert_range(low.min(high), low.max(high));
        }
        Some(set)
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
        let mut rest = self.clone();
        for (low, high) in &other.ranges {
            rest.remove_range(*low, *high);
        }
        rest
    }
}

impl FromIterator<Uid> for UidSet {
    fn from_iter<I: IntoIterator<Item = Uid>>(uids: I) -> Self {
        let mut set = Self::new();
        for uid in uids {
            set.insert(uid);
        }
        set
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
}
