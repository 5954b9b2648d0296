//! The numbers an IMAP server gives: UID, UIDVALIDITY, mod-sequence.

use std::num::NonZeroU32;

/// Identifies a message inside one mailbox, while that mailbox keeps its UIDVALIDITY.
///
/// Ascending, never zero, not contiguous. Not a position. RFC 3501 §2.3.1.1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Uid(NonZeroU32);

impl Uid {
    /// Wraps a server's number; `None` for zero, which some servers send (PROTOCOL: trap 2).
    #[must_use]
    pub fn new(uid: u32) -> Option<Self> {
        NonZeroU32::new(uid).map(Self)
    }

    /// The number, at least 1.
    #[must_use]
    pub const fn get(self) -> u32 {
        self.0.get()
    }
}

/// The epoch of a mailbox's UIDs: when it changes, every UID known before is void. RFC 3501 §2.3.1.1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UidValidity(NonZeroU32);

impl UidValidity {
    /// Wraps a server's number; `None` for zero.
    #[must_use]
    pub fn new(validity: u32) -> Option<Self> {
        NonZeroU32::new(validity).map(Self)
    }

    /// The number, at least 1.
    #[must_use]
    pub const fn get(self) -> u32 {
        self.0.get()
    }
}

/// A mod-sequence, 63 bit; zero means that the mailbox keeps none. RFC 7162 §3.1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct ModSeq(u64);

impl ModSeq {
    /// Wraps a server's number, clamped to 63 bit.
    #[must_use]
    pub const fn new(value: u64) -> Self {
        const MAX: u64 = i64::MAX as u64;
        Self(if value > MAX { MAX } else { value })
    }

    /// The number; zero means none.
    #[must_use]
    pub const fn get(self) -> u64 {
        self.0
    }
}
