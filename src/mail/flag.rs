//! Flags of a message: the five system flags and the keywords. RFC 3501 §2.3.2.

use std::collections::{BTreeMap, BTreeSet};

/// Keywords of one message that are kept; a server may send any number.
const MOST_KEYWORDS: usize = 100;
/// Bytes of all keywords of one message that are kept.
const MOST_KEYWORD_BYTES: usize = 4_096;
/// Bytes of one keyword that a user sets.
const MOST_NAME_BYTES: usize = 100;

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

/// A keyword that may be sent: an atom of printable ASCII, at most 100 bytes. RFC 3501 §9 (`flag-keyword`).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Keyword(String);

impl Keyword {
    /// `$Junk`: the message is junk. RFC 9051 §2.3.2.
    #[must_use]
    pub fn junk() -> Self {
        Self("$Junk".to_owned())
    }

    /// `$NotJunk`: the message is no junk. RFC 9051 §2.3.2.
    #[must_use]
    pub fn not_junk() -> Self {
        Self("$NotJunk".to_owned())
    }

    /// Checks a name; `None` for one that is empty, too long, or holds a character that no atom may.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        let is_atom = |byte: u8| byte.is_ascii_graphic() && !b"(){%*\"\\]".contains(&byte);
        let is_keyword =
            !name.is_empty() && name.len() <= MOST_NAME_BYTES && name.bytes().all(is_atom);
        is_keyword.then(|| Self(name.to_owned()))
    }

    /// The wire name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
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
    /// Keywords count up to 100 and 4,096 bytes; those behind are dropped.
    pub fn from_names<'a>(names: impl IntoIterator<Item = &'a str>) -> Self {
        let mut flags = Self::default();
        // By lower-case name: to look through all for each would take quadratic time.
        let mut keywords = BTreeMap::new();
        let mut n_bytes = 0_usize;
        for name in names {
            if name.starts_with('\\') {
                flags.set(name, true);
                continue;
            }
            if name.is_empty() || name.len() > MOST_KEYWORD_BYTES {
                continue;
            }
            let key = name.to_ascii_lowercase();
            let is_new = !keywords.contains_key(&key);
            if is_new {
                if keywords.len() >= MOST_KEYWORDS || n_bytes + name.len() > MOST_KEYWORD_BYTES {
                    continue;
                }
                n_bytes += name.len();
            }
            keywords.insert(key, name.to_owned());
        }
        flags.keywords = keywords.into_values().collect();
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

/// The flags of a mailbox (FLAGS, PERMANENTFLAGS) with the same cap on keywords; `\*` stays where it was told.
#[must_use]
pub fn of_mailbox(names: &[String]) -> Vec<String> {
    let flags = Flags::from_names(names.iter().map(String::as_str));
    let takes_new = names.iter().any(|name| name == "\\*");
    let names = flags.names().map(str::to_owned);
    names.chain(takes_new.then(|| "\\*".to_owned())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keywords_without_end_are_cut_by_number_and_by_bytes() {
        let many: Vec<String> = (0..40_000).map(|n| format!("k{n}")).collect();
        let names = many.iter().map(String::as_str).chain(["\\Seen", "K0"]);
        let flags = Flags::from_names(names);
        assert_eq!(flags.keywords().len(), MOST_KEYWORDS);
        assert!(flags.has(SystemFlag::Seen), "behind the cut");
        assert!(flags.keywords().contains("K0"), "one that is here already");
        let long: Vec<String> = (10..60)
            .map(|n| format!("{n}{}", "x".repeat(998)))
            .collect();
        let flags = Flags::from_names(long.iter().map(String::as_str));
        assert_eq!(flags.keywords().len(), 4);

        let mut told = many;
        told.push("\\*".to_owned());
        let kept = of_mailbox(&told);
        assert_eq!(kept.len(), MOST_KEYWORDS + 1);
        assert_eq!(kept.last().map(String::as_str), Some("\\*"));
    }

    #[test]
    fn a_keyword_is_an_atom() {
        let long = "x".repeat(100);
        for good in ["todo", "$Junk", "a.b-c_d/e", "[old", "+1", long.as_str()] {
            assert_eq!(Keyword::parse(good).unwrap().as_str(), good);
        }
        let longer = "x".repeat(101);
        for bad in [
            "",
            "\\Seen",
            "two words",
            "a\"",
            "a)",
            "a%",
            "a*",
            "a]",
            "a{",
            "ü",
            "a\r\n",
            longer.as_str(),
        ] {
            assert_eq!(Keyword::parse(bad), None, "{bad:?}");
        }
    }

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
