//! How much room an account has and how much of it is in use. RFC 9208.

/// The resource STORAGE of one quota root, in bytes. On the wire it is in units of 1,024 bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quota {
    /// In use.
    pub used_bytes: u64,
    /// What there is; never zero.
    pub limit_bytes: u64,
}

impl Quota {
    /// From the numbers of a QUOTA response; `None` where the limit says nothing: some servers tell 0 for "no limit".
    #[must_use]
    pub const fn from_units(used: u64, limit: u64) -> Option<Self> {
        if limit == 0 {
            return None;
        }
        Some(Self {
            used_bytes: used.saturating_mul(1024),
            limit_bytes: limit.saturating_mul(1024),
        })
    }

    /// In use, in hundredths, rounded down; above 100 where a server lets more in than there is room.
    #[must_use]
    pub fn percent(self) -> u64 {
        let percent = u128::from(self.used_bytes) * 100 / u128::from(self.limit_bytes.max(1));
        u64::try_from(percent).unwrap_or(u64::MAX)
    }

    /// The one of two that is nearer to its end: several roots may count for one mailbox.
    #[must_use]
    pub fn fuller(self, other: Self) -> Self {
        if other.percent() > self.percent() {
            other
        } else {
            self
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_of_zero_is_none_and_the_fuller_root_counts() {
        assert_eq!(Quota::from_units(5, 0), None);
        let half = Quota::from_units(5, 10).unwrap();
        let over = Quota::from_units(u64::MAX, 10).unwrap();
        assert_eq!((half.used_bytes, half.percent()), (5120, 50));
        assert_eq!(half.fuller(over), over);
        assert_eq!(over.fuller(half), over);
    }
}
