//! Where mailboxes live: the prefixes of names and the delimiters that count behind them. RFC 2342.

use crate::demo::session::list::quoted;

/// One namespace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Namespace {
    /// What names in it begin with, raw; may be empty.
    pub prefix: String,
    /// Its hierarchy delimiter; `None` for flat names.
    pub delimiter: Option<char>,
}

/// All namespaces of a server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Namespaces {
    /// The user's own; the first holds INBOX.
    pub personal: Vec<Namespace>,
    /// Other users'.
    pub others: Vec<Namespace>,
    /// Shared ones.
    pub shared: Vec<Namespace>,
    /// Whether LIST shows what is not the user's own only to a pattern that begins with its prefix, as Courier does.
    pub are_apart: bool,
}

impl Default for Namespaces {
    fn default() -> Self {
        Self {
            personal: vec![Namespace {
                prefix: String::new(),
                delimiter: Some('/'),
            }],
            others: Vec::new(),
            shared: Vec::new(),
            are_apart: false,
        }
    }
}

impl Namespaces {
    /// The namespace of a name: the longest prefix that fits; INBOX is in the first personal one.
    fn of(&self, name: &str) -> Option<(&Namespace, bool)> {
        let personal = self.personal.iter().map(|space| (space, true));
        let foreign = self.others.iter().chain(&self.shared);
        personal
            .chain(foreign.map(|space| (space, false)))
            .filter(|(space, _)| name.starts_with(&space.prefix))
            .max_by_key(|(space, _)| space.prefix.len())
            .or_else(|| self.personal.first().map(|space| (space, true)))
    }

    /// The delimiter that counts in a name; `None` where it is flat.
    pub fn delimiter(&self, name: &str) -> Option<char> {
        self.of(name).and_then(|(space, _)| space.delimiter)
    }

    /// Whether a mailbox is the user's own.
    pub fn is_personal(&self, name: &str) -> bool {
        self.of(name).is_none_or(|(_, is_personal)| is_personal)
    }

    /// Whether LIST with this pattern may show this name.
    pub fn shows(&self, pattern: &str, name: &str) -> bool {
        match self.of(name) {
            Some((space, false)) if self.are_apart => pattern.starts_with(&space.prefix),
            _ => true,
        }
    }

    /// The untagged response to NAMESPACE.
    pub fn line(&self) -> String {
        let kinds: Vec<String> = [&self.personal, &self.others, &self.shared]
            .into_iter()
            .map(|spaces| kind(spaces))
            .collect();
        format!("* NAMESPACE {}", kinds.join(" "))
    }
}

fn kind(spaces: &[Namespace]) -> String {
    if spaces.is_empty() {
        return "NIL".to_owned();
    }
    let all: Vec<String> = spaces
        .iter()
        .map(|space| {
            let letter = delimiter(space.delimiter);
            format!("({} {letter})", quoted(&space.prefix))
        })
        .collect();
    format!("({})", all.concat())
}

/// A delimiter as it stands in LIST and NAMESPACE.
pub fn delimiter(delimiter: Option<char>) -> String {
    delimiter.map_or_else(|| "NIL".to_owned(), |letter| quoted(&letter.to_string()))
}
