//! What a server says it can do, less what the user switched off.

use std::collections::BTreeSet;

use crate::remote::quirks;

/// A server's capabilities after login, in upper case.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Capabilities {
    names: BTreeSet<String>,
    disabled: BTreeSet<String>,
}

impl Capabilities {
    /// Takes what the server said; `disable` names what is not to be used.
    #[must_use]
    pub fn new(names: &[String], disable: &[String]) -> Self {
        let upper = |names: &[String]| names.iter().map(|name| name.to_ascii_uppercase()).collect();
        let mut all = Self {
            names: upper(names),
            disabled: upper(disable),
        };
        quirks::correct(&mut all.names);
        all
    }

    /// Whether `name` (upper case) is there and not switched off.
    #[must_use]
    pub fn has(&self, name: &str) -> bool {
        self.names.contains(name) && !self.disabled.contains(name)
    }

    /// Whether the server told nothing: then it has to be asked.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.names.is_empty()
    }

    /// The names that may be used, sorted.
    #[must_use]
    pub fn names(&self) -> Vec<String> {
        self.names.difference(&self.disabled).cloned().collect()
    }

    /// Replaces what the server said, keeping what is switched off.
    pub fn replace(&mut self, names: &[String]) {
        let disabled: Vec<String> = self.disabled.iter().cloned().collect();
        *self = Self::new(names, &disabled);
    }

    /// Whether mod-sequences can be used: CONDSTORE, or QRESYNC, which includes it (RFC 7162 §3.2.3).
    #[must_use]
    pub fn has_mod_sequences(&self) -> bool {
        self.has("CONDSTORE") || self.has("QRESYNC")
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
