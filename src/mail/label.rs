//! Labels of a message, as Gmail gives them (X-GM-LABELS): names of mailboxes as the server spells them, and names with a
//! backslash for those that every account has, `\Inbox` and `\Important`.

use std::collections::BTreeSet;

use crate::mail::utf7;

/// Labels of one message that are kept; a server may send any number.
const MOST_LABELS: usize = 100;
/// Bytes of all labels of one message that are kept.
const MOST_BYTES: usize = 4_096;

/// The labels of one message, sorted.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Labels(BTreeSet<String>);

impl Labels {
    /// Takes labels as a server names them, up to 100 and 4,096 bytes. What holds a control character is no label.
    pub fn from_names(names: impl IntoIterator<Item = String>) -> Self {
        let mut labels = BTreeSet::new();
        let mut n_bytes = 0;
        for name in names {
            if name.is_empty() || name.chars().any(char::is_control) || labels.contains(&name) {
                continue;
            }
            n_bytes += name.len();
            if labels.len() >= MOST_LABELS || n_bytes > MOST_BYTES {
                break;
            }
            labels.insert(name);
        }
        Self(labels)
    }

    /// The same with one more: Gmail leaves out the label in whose mailbox one looks.
    #[must_use]
    pub fn with(self, name: &str) -> Self {
        Self::from_names(std::iter::once(name.to_owned()).chain(self.0))
    }

    /// How many bytes the names have.
    #[must_use]
    pub fn size_bytes(&self) -> usize {
        self.0.iter().map(String::len).sum()
    }

    /// The labels for people: decoded, backslashes kept. Not sanitised.
    pub fn display(&self) -> impl Iterator<Item = String> {
        self.0.iter().map(|name| utf7::decode(name.as_bytes()))
    }

    /// One text for the store, read by [`Labels::from_text`].
    #[must_use]
    pub fn to_text(&self) -> String {
        let names: Vec<&str> = self.0.iter().map(String::as_str).collect();
        names.join("\n")
    }

    /// Reads what the store keeps.
    #[must_use]
    pub fn from_text(text: &str) -> Self {
        Self::from_names(text.lines().map(str::to_owned))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(names: &[&str]) -> Labels {
        Labels::from_names(names.iter().map(|name| (*name).to_owned()))
    }

    #[test]
    fn labels_are_kept_within_limits() {
        let some = labels(&["Work", "\\Inbox", "Work", "", "a\nb", "R&-D", "two words"]);
        let shown: Vec<String> = some.display().collect();
        assert_eq!(shown, ["R&D", "Work", "\\Inbox", "two words"]);
        assert_eq!(Labels::from_text(&some.to_text()), some);
        assert_eq!(Labels::from_text(""), Labels::default());
        assert_eq!(some.clone().with("Work"), some);
        assert_eq!(labels(&["b"]).with("a"), labels(&["a", "b"]));

        let many = Labels::from_names((0..1_000).map(|number| format!("{number}")));
        assert_eq!(many.display().count(), MOST_LABELS);
        let long = Labels::from_names((0..10).map(|number| format!("{number}").repeat(1_000)));
        assert!(long.size_bytes() <= MOST_BYTES && long.display().count() == 4);
    }
}
