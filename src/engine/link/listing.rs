//! The folders of an account: LIST with everything in one flight where the server can, else in pieces.

use std::collections::{BTreeMap, BTreeSet};

use crate::channel::error::RemoteError;
use crate::channel::event::Event;
use crate::engine::lane::Kind;
use crate::engine::lane::agenda::Agenda;
use crate::engine::link::Link;
use crate::engine::link::namespaces::Spaces;
use crate::engine::link::relisting::Again;
use crate::engine::link::roles::give_roles;
use crate::engine::link::step::Step;
use crate::mail::mailbox::{MailboxId, MailboxName, Namespace, Role};
use crate::mail::safe_text::SafeText;
use crate::remote::command::Command;
use crate::remote::command::list;
use crate::remote::response::{ListEntry, StatusItems};
use crate::remote::strategy::quirks;
use crate::store::sync_state::ListedMailbox;

/// Mailboxes of one list that are kept: a server may list without end.
const MOST_MAILBOXES: usize = 10_000;
/// Mailboxes that are kept with those that earlier lists named and this one, which is not whole, does not.
const MOST_EVER: usize = 2 * MOST_MAILBOXES;

/// What a LIST flight has told so far.
#[derive(Debug, Default)]
pub struct Listing {
    /// LIST responses.
    pub entries: Vec<ListEntry>,
    /// Raw names of LSUB responses; `None` where LSUB was not asked.
    pub subscribed: Option<BTreeSet<Vec<u8>>>,
    /// LSUB was refused: what it did not name may be subscribed to all the same.
    pub is_lsub_refused: bool,
    /// Bytes of names and attributes that came, those beyond the limit included.
    pub n_bytes: usize,
    /// STATUS responses.
    pub statuses: Vec<(MailboxName, StatusItems)>,
    /// Mailboxes whose counts the server would not tell.
    pub uncounted: Vec<MailboxName>,
    /// Names that were told to be gone meanwhile.
    pub gone: Vec<MailboxName>,
    /// Steps of the flight that have not ended.
    pub n_open: usize,
    /// Whose counts are asked for when those that are on the way have come.
    pub waiting: Vec<MailboxName>,
    /// LIST was asked for, not counts alone.
    pub is_list: bool,
    /// LIST was refused, the last time it was asked for: what came of it is not the whole.
    pub refusal: Option<RemoteError>,
    /// Whether LIST was asked for once more.
    pub again: Again,
    /// INBOX was asked for by its name.
    pub is_inbox_asked: bool,
    /// Prefixes whose own LIST was refused: what lies below them may exist all the same.
    pub unheard: Vec<MailboxName>,
    /// A response could not be read meanwhile: what is missing may exist all the same.
    pub has_holes: bool,
    /// There were more lines or bytes than are kept.
    pub is_cut: bool,
    /// Whether counts were left out.
    pub is_names: bool,
    /// What LIST left out has been asked for by STATUS: ids, before the folders are stored.
    pub has_ids: bool,
}

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
            is_list: true,
            is_names: !has_counts,
            ..Listing::default()
        };
        self.ask_namespaces(has_counts);
        if self.kind == Kind::Once {
            self.ask_quota(); // A single connection does not rest.
        }
        let has_subscribed = self.session.capabilities().has("LIST-EXTENDED");
        self.listing.n_open += 1;
        self.send(command, Step::List);
        if !has_subscribed {
            self.listing.subscribed = Some(BTreeSet::new());
            self.listing.n_open += 1;
            self.send(list::subscribed(), Step::Lsub);
        }
    }

    /// LSUB was refused; the rest of the flight is of use all the same.
    pub(super) fn subscriptions_refused(&mut self, agenda: &mut Agenda) -> Result<(), RemoteError> {
        self.listing.is_lsub_refused = true;
        self.listing_ended(agenda)
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
        if !self.listing.is_list {
            return self.counts_came(agenda);
        }
        if self.asks_for_inbox() {
            return Ok(());
        }
        let is_list = self.listing.refusal.is_none();
        if is_list && (self.ask_apart() || self.asks_for_known()? || self.ask_ids()) {
            return Ok(());
        }
        self.listing.is_cut |= self.listing.entries.len() > MOST_MAILBOXES;
        let listing = std::mem::take(&mut self.listing);
        if self.is_unlisted(&listing, agenda)? {
            return Ok(());
        }
        self.spaces.guess(&listing.entries);
        let known = self.roles_untold()?;
        let mut listed = listed(&listing, &self.spaces, &self.setup.settings.folders, &known);
        self.keep_unlisted(&listing, &mut listed)?;
        if listing.is_cut {
            self.tell_cut();
        }
        agenda.refresh |= Self::is_contradicted(&listing.gone, &listing.entries);
        let is_foreign = |mailbox: &ListedMailbox| mailbox.namespace != Namespace::Personal;
        self.has_foreign = listed.iter().any(is_foreign);
        self.ask_to_be_told_of_others();
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
        self.ask_counts_apart(names, &listing);
        if listing.statuses.is_empty() && listing.uncounted.is_empty() {
            return Ok(());
        }
        self.statuses_came(&listing, agenda)
    }

    /// Tells, once, that not all folders are kept.
    fn tell_cut(&mut self) {
        if std::mem::replace(&mut self.is_cut_told, true) {
            return;
        }
        let host = &self.setup.settings.imap.host;
        let words = format!("{host} lists more folders than Sterna keeps: some are missing");
        self.tell(Event::Notice(SafeText::line(&words)));
    }

    /// Asks by STATUS for the counts that did not come with the list: of all folders where a list brings none, else of
    /// those whose line could not be read, or was left out, as RFC 5819 §2 allows.
    fn ask_counts_apart(&mut self, mut names: Vec<MailboxName>, listing: &Listing) {
        let is_trusted = self.session.capabilities().has("LIST-STATUS");
        if listing.has_ids || (is_trusted && listing.is_cut) {
            return;
        }
        let told: BTreeSet<_> = listing.statuses.iter().map(|(name, _)| name).collect();
        names.retain(|name| !told.contains(name));
        self.ask_statuses(&names);
    }

    /// The list has come from a server that tells the ids of mailboxes by STATUS alone: they are asked for before the
    /// store compares names, since a mailbox with another name is known by its id. RFC 8474 §4. True where they are on
    /// their way.
    fn ask_ids(&mut self) -> bool {
        let capabilities = self.session.capabilities();
        let is_by_status =
            quirks::tells_mailbox_ids(capabilities) && !capabilities.has("LIST-STATUS");
        if !is_by_status || self.listing.is_names || self.listing.has_ids {
            return false;
        }
        self.listing.has_ids = true;
        let entries = self.listing.entries.iter().take(MOST_MAILBOXES);
        let names: Vec<MailboxName> = entries
            .filter(|entry| is_selectable(entry))
            .map(|entry| entry.name.clone())
            .collect();
        self.ask_statuses(&names);
        self.listing.n_open > 0
    }

    /// Folders that the list does not name and may exist all the same: none of them goes.
    fn keep_unlisted(
        &mut self,
        listing: &Listing,
        listed: &mut Vec<ListedMailbox>,
    ) -> Result<(), RemoteError> {
        let names: BTreeSet<MailboxName> =
            listed.iter().map(|mailbox| mailbox.name.clone()).collect();
        for info in self.unnamed(&names)? {
            if self.may_exist(listing, &info) && listed.len() < MOST_EVER {
                listed.push(ListedMailbox {
                    name: info.name,
                    delimiter: info.delimiter,
                    attributes: Vec::new(),
                    role: info.role,
                    subscribed: None,
                    selectable: info.selectable,
                    namespace: info.namespace,
                    prefix_bytes: info.prefix_bytes,
                    object_id: String::new(),
                });
            }
        }
        if !listed.iter().any(|mailbox| mailbox.name.is_inbox()) {
            listed.push(inbox());
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
                .filter(|inbox| self.refused.iter().all(|(refused, _)| refused != inbox))
                .filter(|inbox| !agenda.troubles.shuns(*inbox));
        }
    }
}

pub(super) fn has(entry: &ListEntry, name: &str) -> bool {
    let mut attributes = entry.attributes.iter();
    attributes.any(|attribute| attribute.eq_ignore_ascii_case(name))
}

/// INBOX as it is known without a word of the server.
fn inbox() -> ListedMailbox {
    ListedMailbox {
        name: MailboxName::from_raw(b"INBOX"),
        role: Some(Role::Inbox),
        subscribed: Some(true),
        selectable: true,
        ..ListedMailbox::default()
    }
}

fn is_selectable(entry: &ListEntry) -> bool {
    !has(entry, "\\Noselect") && !has(entry, "\\NonExistent")
}

/// Whether the user subscribed to a folder; `None` where the server did not tell.
fn is_subscribed(entry: &ListEntry, listing: &Listing) -> Option<bool> {
    let in_lsub = |names: &BTreeSet<Vec<u8>>| names.contains(entry.name.raw());
    let is_told = has(entry, "\\Subscribed") || listing.subscribed.as_ref().is_some_and(in_lsub);
    let is_whole = !listing.is_lsub_refused && !listing.has_holes && !listing.is_cut;
    (is_told || is_whole).then_some(is_told)
}

/// Turns LIST responses into rows, with their roles as [`give_roles`] gives them.
pub(in crate::engine) fn listed(
    listing: &Listing,
    spaces: &Spaces,
    configured: &[(Role, String)],
    known: &[(Role, MailboxName)],
) -> Vec<ListedMailbox> {
    let own_ids: BTreeMap<&MailboxName, &String> = listing
        .statuses
        .iter()
        .filter_map(|(name, items)| Some((name, items.mailbox_id.as_ref()?)))
        .collect();
    let mut names = BTreeSet::new();
    let mut listed: Vec<ListedMailbox> = Vec::new();
    for entry in listing.entries.iter().take(MOST_MAILBOXES) {
        // A name that stands for a folder on this computer means nothing else.
        if entry.name.raw().is_empty() || entry.name.is_local() || !names.insert(&entry.name) {
            continue;
        }
        let (namespace, prefix_bytes) = spaces.of(&entry.name);
        let by_attribute = || {
            let mut attributes = entry.attributes.iter();
            attributes.find_map(|attribute| Role::from_attribute(attribute))
        };
        let role = match namespace {
            _ if entry.name.is_inbox() => Some(Role::Inbox),
            Namespace::Personal => by_attribute(),
            // Another's Trash is not where one's own mail goes.
            Namespace::OtherUsers | Namespace::Shared | Namespace::Local => None,
        };
        listed.push(ListedMailbox {
            role,
            subscribed: is_subscribed(entry, listing),
            selectable: is_selectable(entry),
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
    give_roles(&mut listed, configured, known);
    listed
}
