//! Flags of a message: the five system flags and the keywords. RFC 3501 §2.3.2.

use std::collections::BTreeSet;

/// A system flag. `\Recent` is not one of ours: it is useless with several clients and gone in RFC 9051.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SystemFlag {
    /// `\Seen`
    Seen,
    /// `\Answered`
    Answered,
    /// `\Flagged`
    Flagged,
    /// `\Deleted`
    Deleted,
    /// `\Draft`
    Draft,
}

impl SystemFlag {
    /// All of them, in the order of their bits.
    pub const ALL: [Self; 5] = [
        Self::Seen,
        Self::Answered,
        Self::Flagged,
        Self::Deleted,
        Self::Draft,
    ];

    /// The bit under which the store keeps the flag; never changes its meaning.
    #[must_use]
    pub const fn bit(self) -> u8 {
        match self {
            Self::Seen => 1,
            Self::Answered => 2,
            Self::Flagged => 4,
            Self::Deleted => 8,
            Self::Draft => 16,
        }
    }

    /// The wire name, backslash included.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Seen => "\\Seen",
            Self::Answered => "\\Answered",
            Self::Flagged => "\\Flagged",
            Self::Deleted => "\\Deleted",
            Self::Draft => "\\Draft",
        }
    }
}

/// The flags of one message. Keywords keep the server's spelling and compare without case.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Flags {
    bits: u8,
    keywords: BTreeSet<String>,
}

impl Flags {
    /// Reads flag names as they come from a server: case-insensitive, unknown system flags and `\Recent` dropped.
    pub fn from_names<'a>(names: impl IntoIterator<Item = &'a str>) -> Self {
        let mut flags = Self::default();
        for name in names {
            flags.set(name, true);
        }
        flags
    }

    /// Rebuilds flags from what the store keeps.
    pub fn from_parts(bits: u8, keywords: impl IntoIterator<Item = String>) -> Self {
        Self {
            bits: bits & 31,
            keywords: keywords.into_iter().collect(),
        }
    }

    /// Sets or clears a flag by its wire name (`\Seen`, `$Junk`, `todo`).
    pub fn set(&mut self, name: &str, on: bool) {
        if name.starts_with('\\') {
            if let Some(flag) = SystemFlag::ALL
                .into_iter()
                .find(|flag| flag.name().eq_ignore_ascii_case(name))
            {
                self.set_system(flag, on);
            }
            return;
        }
        self.keywords
            .retain(|keyword| !keyword.eq_ignore_ascii_case(name));
        if on && !name.is_empty() {
            self.keywords.insert(name.to_owned());
        }
    }

    /// Sets or clears a system flag.
    pub const fn set_system(&mut self, flag: SystemFlag, on: bool) {
        if on {
            self.bits |= flag.bit();
        } else {
            self.bits &= !flag.bit();
        }
    }

    /// Whether a system flag is set.
    #[must_use]
    pub const fn has(&self, flag: SystemFlag) -> bool {
        self.bits & flag.bit() != 0
    }

    /// The system flags as the store's bits.
    #[must_use]
    pub const fn bits(&self) -> u8 {
        self.bits
    }

    /// The keywords, sorted.
    #[must_use]
    pub const fn keywords(&self) -> &BTreeSet<String> {
        &self.keywords
    }

    /// The wire names of all flags, system flags first.
    pub fn names(&self) -> impl Iterator<Item = &str> + '_ {
        SystemFlag::ALL
            .into_iter()
            .filter(|flag| self.has(*flag))
            .map(|flag| -> &str { flag.name() })
            .chain(self.keywords.iter().map(String::as_str))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_case_insensitive_and_seen_is_not_a_keyword() {
        let flags = Flags::from_names(["\\SEEN", "\\Recent", "$Junk", "$junk", "Seen", "\\*"]);
        assert!(flags.has(SystemFlag::Seen));
        assert_eq!(
            flags.names().collect::<Vec<_>>(),
            ["\\Seen", "$junk", "Seen"]
        );
    }
}
