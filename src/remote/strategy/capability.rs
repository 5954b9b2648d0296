//! What a server says it can do, less what the user switched off.

use std::collections::BTreeSet;

use crate::remote::strategy::quirks;

/// What can be done with a capability.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Offer {
    /// The server offers it, and nothing speaks against it.
    Usable,
    /// The server offers it; the user switched it off.
    Disabled,
    /// The server offers it, and was seen not to do it as it should.
    Distrusted,
    /// The server does not offer it, or is known not to mean it.
    Missing,
}

/// A server's capabilities after login, in upper case.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Capabilities {
    names: BTreeSet<String>,
    disabled: BTreeSet<String>,
    /// What the server offers and was seen not to do.
    distrusted: BTreeSet<&'static str>,
}

impl Capabilities {
    /// Takes what the server said; `disable` names what is not to be used.
    #[must_use]
    pub fn new(names: &[String], disable: &[String]) -> Self {
        let upper = |names: &[String]| names.iter().map(|name| name.to_ascii_uppercase()).collect();
        let mut all = Self {
            names: upper(names),
            disabled: upper(disable),
            distrusted: BTreeSet::new(),
        };
        quirks::correct(&mut all.names);
        all
    }

    /// Whether `name` (upper case) is there and not switched off.
    #[must_use]
    pub fn has(&self, name: &str) -> bool {
        self.offer(name) == Offer::Usable
    }

    /// The same with the reason.
    #[must_use]
    pub fn offer(&self, name: &str) -> Offer {
        let is_trusted = !depends(name, |name| self.distrusted.contains(name));
        match (self.names.contains(name), self.is_off(name)) {
            (true, false) if is_trusted => Offer::Usable,
            (true, false) => Offer::Distrusted,
            (true, true) => Offer::Disabled,
            (false, _) => Offer::Missing,
        }
    }

    /// Whether the user switched it off: itself, its family (`COMPRESS`), or what it is built on.
    fn is_off(&self, name: &str) -> bool {
        let family = name.split_once('=').map_or(name, |(family, _)| family);
        let is_named = |name: &str| self.disabled.contains(name);
        is_named(family) || depends(name, is_named)
    }

    /// Does without what the server offers and does not do as it should, and without what is built on it. What the server
    /// says of itself later changes nothing about that.
    pub fn distrust(&mut self, name: &'static str) {
        self.distrusted.insert(name);
    }

    /// Whether something is not used that the server was seen not to do, a capability or a part of one.
    #[must_use]
    pub fn is_distrusted(&self, name: &str) -> bool {
        self.distrusted.contains(name)
    }

    /// Whether the server told nothing: then it has to be asked.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.names.is_empty()
    }

    /// The names that may be used, sorted.
    #[must_use]
    pub fn names(&self) -> Vec<String> {
        let used = self.names.iter().filter(|name| !self.is_off(name));
        used.cloned().collect()
    }

    /// Replaces what the server said, keeping what is switched off.
    pub fn replace(&mut self, names: &[String]) {
        let disabled: Vec<String> = self.disabled.iter().cloned().collect();
        *self = Self {
            distrusted: std::mem::take(&mut self.distrusted),
            ..Self::new(names, &disabled)
        };
    }

    /// Whether mod-sequences can be used: CONDSTORE, or QRESYNC, which includes it (RFC 7162 §3.2.3).
    #[must_use]
    pub fn has_mod_sequences(&self) -> bool {
        self.has("CONDSTORE") || self.has("QRESYNC")
    }

    /// The most messages that one command may name; `None` where the server sets no limit. RFC 9738 §3.
    #[must_use]
    pub fn message_limit(&self) -> Option<u32> {
        let limits = self.names.iter().filter(|name| !self.is_off(name));
        let mut limits = limits.filter_map(|name| name.strip_prefix("MESSAGELIMIT="));
        limits.find_map(|limit| limit.parse().ok().filter(|limit| *limit > 0))
    }

    /// The longest command line the server can be trusted with, in bytes without literals. RFC 7162 §4.
    #[must_use]
    pub fn line_limit(&self) -> usize {
        if self.has_mod_sequences() {
            quirks::LINE_LIMIT_CONDSTORE
        } else {
            quirks::LINE_LIMIT
        }
    }
}

/// Marks what a server said before the login, where it is kept. No capability holds a space.
const BEFORE: &str = "before login ";

/// What is worth keeping of a server for its next connection: all that it said after the login, and of what it said
/// before the ways to log in.
#[must_use]
pub fn memory(before: &[String], after: Vec<String>) -> Vec<String> {
    let is_way = |name: &&String| name.starts_with("AUTH=") || *name == "SASL-IR";
    let ways = before.iter().filter(is_way);
    let mut all: Vec<String> = ways.map(|name| format!("{BEFORE}{name}")).collect();
    all.extend(after);
    all.sort_unstable();
    all.dedup();
    all
}

/// The part of a memory that was said before the login.
#[must_use]
pub fn remembered_before(memory: &[String]) -> Vec<String> {
    let names = memory.iter().filter_map(|name| name.strip_prefix(BEFORE));
    names.map(str::to_owned).collect()
}

/// The part of a memory that was said after the login.
#[must_use]
pub fn remembered_after(memory: &[String]) -> Vec<String> {
    let is_after = |name: &&String| !name.starts_with(BEFORE);
    memory.iter().filter(is_after).cloned().collect()
}

/// What makes no sense without another capability. RFC 7162 §3.2.3, RFC 5819 §2.
fn built_on(name: &str) -> &'static [&'static str] {
    match name {
        "QRESYNC" => &["CONDSTORE", "ENABLE"],
        "LIST-STATUS" => &["LIST-EXTENDED"],
        _ => &[],
    }
}

/// Whether something holds of a capability, or of one that it is built on.
fn depends(name: &str, holds: impl Fn(&str) -> bool) -> bool {
    holds(name) || built_on(name).iter().any(|base| holds(base))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn capabilities(names: &[&str], disable: &[&str]) -> Capabilities {
        let owned = |names: &[&str]| -> Vec<String> {
            names.iter().map(|name| (*name).to_owned()).collect()
        };
        Capabilities::new(&owned(names), &owned(disable))
    }

    #[test]
    fn what_is_switched_off_takes_along_what_is_built_on_it() {
        let all = ["IMAP4rev1", "QRESYNC", "ENABLE", "COMPRESS=DEFLATE", "IDLE"];
        for (disable, gone) in [
            (&[][..], &[][..]),
            (&["qresync"], &["QRESYNC"]),
            (&["ENABLE"], &["ENABLE", "QRESYNC"]),
            (&["CONDSTORE"], &["CONDSTORE", "QRESYNC"]),
            (&["COMPRESS"], &["COMPRESS=DEFLATE"]),
        ] {
            let left = capabilities(&all, disable);
            for name in ["QRESYNC", "CONDSTORE", "ENABLE", "COMPRESS=DEFLATE", "IDLE"] {
                assert_eq!(left.has(name), !gone.contains(&name), "{name} {disable:?}");
                assert_eq!(
                    left.names().iter().any(|known| known == name),
                    left.has(name)
                );
            }
        }
    }

    #[test]
    fn what_is_distrusted_is_not_used_with_what_is_built_on_it_whatever_is_told_later() {
        let names = ["IMAP4rev1", "LIST-EXTENDED", "LIST-STATUS", "IDLE"];
        let mut distrusting = capabilities(&names, &[]);
        let before = distrusting.names();
        distrusting.distrust("LIST-EXTENDED");
        distrusting.replace(&names.map(str::to_owned));
        for name in ["LIST-EXTENDED", "LIST-STATUS"] {
            assert_eq!(distrusting.offer(name), Offer::Distrusted);
        }
        assert!(distrusting.has("IDLE"));
        // The next connection begins anew.
        assert_eq!(distrusting.names(), before);
    }

    #[test]
    fn a_server_of_the_second_revision_alone_offers_what_that_contains() {
        let both = capabilities(&["IMAP4rev1", "IMAP4rev2"], &[]);
        let second = capabilities(&["IMAP4rev2", "AUTH=PLAIN"], &["ESEARCH"]);
        for (name, expected) in [
            ("LIST-EXTENDED", true),
            ("LIST-STATUS", true),
            ("NAMESPACE", true),
            ("IDLE", true),
            ("ESEARCH", false),
            ("SPECIAL-USE", false),
            ("CONDSTORE", false),
            ("IMAP4REV2", false),
        ] {
            assert_eq!(second.has(name), expected, "{name}");
            assert!(!both.has(name), "{name}");
        }
    }
}
