//! The folders of an account: LIST with everything in one flight where the server can, else in pieces.

use crate::channel::error::RemoteError;
use crate::engine::agenda::Agenda;
use crate::engine::lane::Kind;
use crate::engine::link::{Link, Listing};
use crate::engine::roles::give_roles;
use crate::engine::step::Step;
use crate::mail::mailbox::{MailboxId, MailboxName, Role};
use crate::remote::command::Command;
use crate::remote::list;
use crate::remote::response::ListEntry;
use crate::store::sync_state::ListedMailbox;

/// Mailboxes beyond this number are not kept: a server may list without end (SAFETY T11).
const MOST_MAILBOXES: usize = 10_000;

impl Link<'_> {
    /// Asks for folders and counts.
    pub(super) fn ask_listing(&mut self) {
        self.ask_listing_by(list::all(self.session.capabilities()));
    }

    /// Asks for folders alone: before a first screenful the server should count nothing.
    pub(super) fn ask_names(&mut self) {
        self.ask_listing_by(list::names(self.session.capabilities()));
        self.listing.is_names = true;
    }

    fn ask_listing_by(&mut self, command: Command) {
        self.listing = Listing::default();
        let has_subscribed = self.session.capabilities().has("LIST-EXTENDED");
        self.listing.n_open = 1;
        self.send(command, Step::List);
        if !has_subscribed {
            self.listing.subscribed = Some(Vec::new());
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
        let listing = std::mem::take(&mut self.listing);
        if listing.entries.is_empty() && !listing.statuses.is_empty() {
            return self.statuses_came(&listing.statuses, agenda); // A flight of STATUS alone.
        }
        if listing.entries.is_empty() || listing.is_refused {
            return Ok(()); // A server that lists nothing, not even INBOX, refused; keep what is known.
        }
        let mut listed = listed(
            listing.entries,
            listing.subscribed.as_deref(),
            &self.setup.settings.folders,
        );
        if listing.has_holes {
            self.keep_unlisted(&mut listed)?;
        }
        let names: Vec<MailboxName> = listed
            .iter()
            .filter(|mailbox| mailbox.selectable)
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
        for info in self.stored(known)? {
            if listed.iter().all(|mailbox| mailbox.name != info.name) {
                listed.push(ListedMailbox {
                    name: info.name,
                    delimiter: info.delimiter,
                    attributes: Vec::new(),
                    role: info.role,
                    subscribed: true,
                    selectable: info.selectable,
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
    entries: Vec<ListEntry>,
    subscribed: Option<&[Vec<u8>]>,
    configured: &[(Role, String)],
) -> Vec<ListedMailbox> {
    let mut listed: Vec<ListedMailbox> = Vec::new();
    for entry in entries.into_iter().take(MOST_MAILBOXES) {
        if entry.name.raw().is_empty() || listed.iter().any(|known| known.name == entry.name) {
            continue;
        }
        let has = |name: &str| {
            entry
                .attributes
                .iter()
                .any(|attribute| attribute.eq_ignore_ascii_case(name))
        };
        let role = if entry.name.is_inbox() {
            Some(Role::Inbox)
        } else {
            entry
                .attributes
                .iter()
                .find_map(|attribute| Role::from_attribute(attribute))
        };
        let in_lsub =
            subscribed.is_some_and(|names| names.iter().any(|name| name == entry.name.raw()));
        listed.push(ListedMailbox {
            role,
            subscribed: has("\\Subscribed") || in_lsub,
            selectable: !has("\\Noselect") && !has("\\NonExistent"),
            delimiter: entry.delimiter,
            name: entry.name,
            attributes: entry.attributes,
        });
    }
    give_roles(&mut listed, configured);
    listed
}
