//! Whose the folders are: the server's namespaces, and the folders that `LIST "" "*"` leaves out. RFC 2342.
//!
//! What lies in other namespaces than the user's own gets no role and is counted apart. Courier and others show such
//! folders only to a LIST that names the prefix; these prefixes are remembered and asked for in every listing.

use crate::engine::link::Link;
use crate::engine::link::step::Step;
use crate::mail::mailbox::{MailboxName, Namespace};
use crate::remote::command::list;
use crate::remote::response::{self, ListEntry, Namespaces};

/// Prefixes that are asked for by themselves; a server may claim any number.
const MOST_APART: usize = 20;

/// What is known of the server's namespaces.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Spaces {
    /// The answer to NAMESPACE; `None` before it came, and where there is none.
    pub told: Option<Namespaces>,
    /// Prefixes of which `*` shows nothing.
    pub apart: Vec<MailboxName>,
    /// The user's own prefix, as far as the names themselves show it.
    guessed: Vec<u8>,
}

impl Spaces {
    /// For where nothing is told, NAMESPACE refused or not offered: names that all lie below INBOX lie there because they
    /// must, as on Courier and old Cyrus.
    pub fn guess(&mut self, entries: &[ListEntry]) {
        let below_inbox = |entry: &ListEntry| {
            let rest = entry.name.raw().strip_prefix(b"INBOX")?;
            (rest.len() > 1 && rest.first().copied() == entry.delimiter).then_some(())
        };
        let mut others = entries
            .iter()
            .filter(|entry| !entry.name.is_inbox())
            .peekable();
        let delimiter = others.peek().and_then(|entry| entry.delimiter);
        self.guessed = match delimiter {
            Some(delimiter) if others.all(|entry| below_inbox(entry).is_some()) => {
                [b"INBOX".as_slice(), &[delimiter]].concat()
            }
            _ => Vec::new(),
        };
    }

    /// Whose a mailbox is, and how many bytes at the beginning of its name say nothing but that it is the user's own.
    #[must_use]
    pub fn of(&self, name: &MailboxName) -> (Namespace, usize) {
        if name.is_inbox() {
            return (Namespace::Personal, 0); // Whatever the prefixes are: Cyrus gives the empty one to shared folders.
        }
        let hidden = |prefix: &[u8]| {
            let is_below = name.raw().starts_with(prefix) && name.raw().len() > prefix.len();
            if is_below { prefix.len() } else { 0 }
        };
        let Some(told) = &self.told else {
            return (Namespace::Personal, hidden(&self.guessed));
        };
        let kinds = [
            (Namespace::Personal, &told.personal),
            (Namespace::OtherUsers, &told.others),
            (Namespace::Shared, &told.shared),
        ];
        let fitting = kinds.iter().flat_map(|(kind, spaces)| {
            let fits = |space: &&response::Namespace| name.raw().starts_with(space.prefix.raw());
            spaces.iter().filter(fits).map(|space| (*kind, space))
        });
        let found = fitting.max_by_key(|(kind, space)| {
            // The user's own where two have the same prefix.
            (space.prefix.raw().len(), *kind == Namespace::Personal)
        });
        let first = told.personal.first();
        match found {
            // Further prefixes of one's own (`#mh/`) tell folders apart: they are shown.
            Some((Namespace::Personal, space)) if Some(space) == first => {
                (Namespace::Personal, hidden(space.prefix.raw()))
            }
            Some((kind, _)) => (kind, 0),
            None => (Namespace::Personal, 0),
        }
    }

    /// Where the folders of other users and the shared ones lie, as names of folders; `None` where some may lie anywhere.
    pub fn foreign_roots(&self) -> Option<Vec<MailboxName>> {
        let told = self.told.as_ref()?;
        let spaces = told.others.iter().chain(&told.shared).take(MOST_APART + 1);
        let roots: Vec<MailboxName> = spaces
            .map(|space| match space.prefix.raw().split_last() {
                Some((last, name)) if Some(*last) == space.delimiter => MailboxName::from_raw(name),
                _ => space.prefix.clone(),
            })
            .collect();
        let is_told = roots.iter().all(|root| !root.raw().is_empty());
        (is_told && !roots.is_empty() && roots.len() <= MOST_APART).then_some(roots)
    }

    /// Prefixes of which these entries show nothing, and that are not asked for yet.
    fn unseen(&self, entries: &[ListEntry]) -> Vec<MailboxName> {
        let Some(told) = &self.told else {
            return Vec::new();
        };
        let all = [&told.personal, &told.others, &told.shared];
        let mut unseen: Vec<MailboxName> = Vec::new();
        for space in all.into_iter().flatten() {
            let prefix = space.prefix.raw();
            // `INBOX.` shows itself in INBOX: there may be nothing else yet.
            let itself = match prefix.split_last() {
                Some((last, name)) if Some(*last) == space.delimiter => name,
                _ => prefix,
            };
            let shows = |entry: &ListEntry| {
                let name = entry.name.raw();
                name.starts_with(prefix) || name.eq_ignore_ascii_case(itself)
            };
            let is_known = self.apart.contains(&space.prefix) || unseen.contains(&space.prefix);
            if !prefix.is_empty() && !is_known && !entries.iter().any(shows) {
                unseen.push(space.prefix.clone());
            }
        }
        unseen.truncate(MOST_APART.saturating_sub(self.apart.len()));
        unseen
    }
}

impl Link<'_> {
    /// Asks for the namespaces, once on a connection, and for what `*` does not show.
    pub(super) fn ask_namespaces(&mut self, has_counts: bool) {
        if self.spaces.told.is_none() && self.session.capabilities().has("NAMESPACE") {
            self.listing.n_open += 1;
            self.send(list::namespace(), Step::Namespace);
        }
        for prefix in self.spaces.apart.clone() {
            self.ask_below(&prefix, has_counts);
        }
    }

    /// The list has come: asks for the namespaces that it shows nothing of; false where there are none.
    pub(super) fn ask_apart(&mut self) -> bool {
        let unseen = self.spaces.unseen(&self.listing.entries);
        for prefix in &unseen {
            self.ask_below(prefix, !self.listing.is_names);
        }
        self.spaces.apart.extend(unseen);
        self.listing.n_open > 0
    }

    fn ask_below(&mut self, prefix: &MailboxName, has_counts: bool) {
        if let Ok(command) = list::below(prefix, has_counts, self.session.capabilities()) {
            self.listing.n_open += 1;
            self.send(command, Step::ListApart(prefix.clone()));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn space(prefix: &str, delimiter: u8) -> response::Namespace {
        response::Namespace {
            prefix: MailboxName::from_raw(prefix.as_bytes()),
            delimiter: Some(delimiter),
        }
    }

    fn entry(name: &str) -> ListEntry {
        ListEntry {
            name: MailboxName::from_raw(name.as_bytes()),
            delimiter: Some(b'.'),
            ..ListEntry::default()
        }
    }

    fn of(spaces: &Spaces, name: &str) -> (Namespace, usize) {
        spaces.of(&MailboxName::from_raw(name.as_bytes()))
    }

    #[test]
    fn the_longest_prefix_tells_whose_a_folder_is() {
        // Cyrus without its alternative namespace: the shared prefix is empty.
        let cyrus = Spaces {
            told: Some(Namespaces {
                personal: vec![space("INBOX.", b'.')],
                others: vec![space("user.", b'.')],
                shared: vec![space("", b'.')],
            }),
            ..Spaces::default()
        };
        for (name, expected) in [
            ("inbox", (Namespace::Personal, 0)),
            ("INBOX.Sent", (Namespace::Personal, 6)),
            ("INBOX.", (Namespace::Personal, 0)),
            ("user.anna.Sent", (Namespace::OtherUsers, 0)),
            ("announcements", (Namespace::Shared, 0)),
        ] {
            assert_eq!(of(&cyrus, name), expected, "{name}");
        }
        let washington = Spaces {
            told: Some(Namespaces {
                personal: vec![space("", b'/'), space("#mh/", b'/')],
                ..Namespaces::default()
            }),
            ..Spaces::default()
        };
        assert_eq!(of(&washington, "#mh/x"), (Namespace::Personal, 0));
        assert_eq!(of(&washington, "x"), (Namespace::Personal, 0));
    }

    #[test]
    fn a_prefix_that_nobody_told_is_seen_in_the_names() {
        for (names, hidden) in [
            (&["INBOX", "INBOX.a", "INBOX.b.c"][..], 6),
            (&["INBOX", "INBOX.a", "b"], 0),
            (&["INBOX", "INBOXES.a"], 0),
            (&["INBOX"], 0),
        ] {
            let mut spaces = Spaces::default();
            spaces.guess(&names.iter().map(|name| entry(name)).collect::<Vec<_>>());
            assert_eq!(of(&spaces, "INBOX.a").1, hidden, "{names:?}");
        }
    }

    #[test]
    fn what_the_list_does_not_show_is_asked_for_once() {
        let mut spaces = Spaces {
            told: Some(Namespaces {
                personal: vec![space("INBOX.", b'.')],
                others: vec![space("#user.", b'.')],
                shared: vec![
                    space("#shared.", b'.'),
                    space("#shared.", b'.'),
                    space("", b'.'),
                ],
            }),
            ..Spaces::default()
        };
        let entries = [entry("INBOX"), entry("#user.anna")];
        let unseen = spaces.unseen(&entries);
        assert_eq!(unseen, [MailboxName::from_raw(b"#shared.")]);
        spaces.apart = unseen;
        assert!(spaces.unseen(&entries).is_empty());
    }
}
