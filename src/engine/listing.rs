//! The folders of an account: LIST with everything in one flight where the server can, else in pieces.

use std::collections::{BTreeMap, BTreeSet};

use crate::channel::error::RemoteError;
use crate::engine::agenda::Agenda;
use crate::engine::lane::Kind;
use crate::engine::link::{Link, Listing};
use crate::engine::namespaces::Spaces;
use crate::engine::roles::give_roles;
use crate::engine::step::Step;
use crate::mail::mailbox::{MailboxId, MailboxName, Namespace, Role};
use crate::remote::command::Command;
use crate::remote::list;
use crate::store::sync_state::ListedMailbox;

/// Mailboxes beyond this number are not kept: a server may list without end.
const MOST_MAILBOXES: usize = 10_000;

impl Link<'_> {
    /// Asks for folders and counts.
    pub(super) fn ask_listing(&mut self) {
        self.ask_to_be_told();
        self.ask_listing_by(list::all(self.session.capabilities()), true);
    }

    /// Asks for folders alone: before a first screenful the server should count nothing.
    pub(super) fn ask_names(&mut self) {
        self.ask_listing_by(list::names(self.session.capabilities()), false);
    }

    fn ask_listing_by(&mut self, command: Command, has_counts: bool) {
        self.listing = Listing {
            is_names: !has_counts,
            ..Listing::default()
        };
        self.ask_namespaces(has_counts);
        let has_subscribed = self.session.capabilities().has("LIST-EXTENDED");
        self.listing.n_open += 1;
        self.send(command, Step::List);
        if !has_subscribed {
            self.listing.subscribed = Some(BTreeSet::new());
            self.listing.n_open += 1;
            self.send(list::subscribed(), Step::Lsub);
        }
    }

    /// One command of the flight has ended; after the last one the store learns.
    pub(super) fn listing_ended(&mut self, agenda: &mut Agenda) -> Result<(), RemoteError> {
        self.listing.n_open = self.listing.n_open.saturating_sub(1);
        if self.listing.n_open > 0 {
            return Ok(());
        }
        while !self.listing.waiting.is_empty() {
            let waiting = std::mem::take(&mut self.listing.waiting);
            self.ask_statuses(&waiting);
            if self.listing.n_open > 0 {
                return Ok(());
            }
        }
        let is_list = !self.listing.entries.is_empty() && !self.listing.is_refused;
        if is_list && self.ask_apart() {
            return Ok(());
        }
        let listing = std::mem::take(&mut self.listing);
        if listing.entries.is_empty() && !listing.statuses.is_empty() {
            return self.statuses_came(&listing.statuses, agenda); // A flight of STATUS alone.
        }
        if listing.entries.is_empty() || listing.is_refused {
            return Ok(()); // A server that lists nothing, not even INBOX, refused; keep what is known.
        }
        if !self.session.capabilities().has("NAMESPACE") {
            self.spaces.guess(&listing.entries);
        }
        let mut listed = listed(&listing, &self.spaces, &self.setup.settings.folders);
        if listing.has_holes {
            self.keep_unlisted(&mut listed)?;
        }
        agenda.refresh |= Self::is_contradicted(&listing.gone, &listing.entries);
        let is_foreign = |mailbox: &ListedMailbox| mailbox.namespace != Namespace::Personal;
        self.has_foreign = listed.iter().any(is_foreign);
        let names: Vec<MailboxName> = listed
            .iter()
            .filter(|mailbox| mailbox.selectable && !mailbox.role.is_some_and(Role::repeats_others))
            .map(|mailbox| mailbox.name.clone())
            .collect();
        let result = self.writer.listing(self.setup.account, listed);
        let known = self.stored(result)?;
        self.first_home(&known, agenda);
        if self.kind != Kind::Bulk {
            self.read_journal(agenda); // After a lost cache the journal's folders are known again only now.
        }
        if listing.is_names && self.session.capabilities().has("LIST-STATUS") {
            agenda.refresh = true; // The counts come when the first screenful is there.
            return Ok(());
        }
        if listing.statuses.is_empty() && !self.session.capabilities().has("LIST-STATUS") {
            self.ask_statuses(&names);
            return Ok(());
        }
        self.statuses_came(&listing.statuses, agenda)
    }

    /// A line of the list could not be read: no folder goes for that.
    fn keep_unlisted(&mut self, listed: &mut Vec<ListedMailbox>) -> Result<(), RemoteError> {
        let known = self.reader.mailboxes(self.setup.account);
        let names: BTreeSet<MailboxName> =
            listed.iter().map(|mailbox| mailbox.name.clone()).collect();
        for info in self.stored(known)? {
            if !names.contains(&info.name) {
                listed.push(ListedMailbox {
                    name: info.name,
                    delimiter: info.delimiter,
                    attributes: Vec::new(),
                    role: info.role,
                    subscribed: true,
                    selectable: info.selectable,
                    namespace: info.namespace,
                    prefix_bytes: info.prefix_bytes,
                    object_id: String::new(),
                });
            }
        }
        Ok(())
    }

    /// Without a wish of the user the lane rests at INBOX.
    fn first_home(&mut self, known: &[(MailboxName, MailboxId)], agenda: &mut Agenda) {
        if agenda.home.is_none() && self.kind == Kind::Interactive {
            agenda.home = known
                .iter()
                .find(|(name, _)| name.is_inbox())
                .map(|(_, id)| *id)
                .filter(|inbox| self.refused.iter().all(|(refused, _)| refused != inbox));
        }
    }
}

/// Turns LIST responses into rows: roles by attribute, else by configuration, else by common names.
pub(super) fn listed(
    listing: &Listing,
    spaces: &Spaces,
    configured: &[(Role, String)],
) -> Vec<ListedMailbox> {
    let own_ids: BTreeMap<&MailboxName, &String> = listing
        .statuses
        .iter()
        .filter_map(|(name, items)| Some((name, items.mailbox_id.as_ref()?)))
        .collect();
    let mut names = BTreeSet::new();
    let mut listed: Vec<ListedMailbox> = Vec::new();
    for entry in listing.entries.iter().take(MOST_MAILBOXES) {
        if entry.name.raw().is_empty() || !names.insert(&entry.name) {
            continue;
        }
        let has = |name: &str| {
            let mut attributes = entry.attributes.iter();
            attributes.any(|attribute| attribute.eq_ignore_ascii_case(name))
        };
        let (namespace, prefix_bytes) = spaces.of(&entry.name);
        let by_attribute = || {
            let mut attributes = entry.attributes.iter();
            attributes.find_map(|attribute| Role::from_attribute(attribute))
        };
        let role = match namespace {
            _ if entry.name.is_inbox() => Some(Role::Inbox),
            Namespace::Personal => by_attribute(),
            // Another's Trash is not where one's own mail goes.
            Namespace::OtherUsers | Namespace::Shared => None,
        };
        let in_lsub = listing
            .subscribed
            .as_ref()
            .is_some_and(|names| names.contains(entry.name.raw()));
        listed.push(ListedMailbox {
            role,
            subscribed: has("\\Subscribed") || in_lsub,
            selectable: !has("\\Noselect") && !has("\\NonExistent"),
            delimiter: entry.delimiter,
            name: entry.name.clone(),
            attributes: entry.attributes.clone(),
            namespace,
            prefix_bytes,
            object_id: own_ids
                .get(&entry.name)
                .copied()
                .cloned()
                .unwrap_or_default(),
        });
    }
    give_roles(&mut listed, configured);
    listed
}
