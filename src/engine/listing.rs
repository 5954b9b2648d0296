//! The folders of an account: LIST with everything in one flight where the server can, else in pieces.

use std::collections::BTreeMap;

use crate::channel::error::RemoteError;
use crate::engine::Order;
use crate::engine::agenda::Agenda;
use crate::engine::lane::Kind;
use crate::engine::link::{Link, Listing};
use crate::engine::step::Step;
use crate::mail::account::Offline;
use crate::mail::mailbox::{MailboxId, MailboxName, Role};
use crate::remote::command::Command;
use crate::remote::list;
use crate::remote::response::{ListEntry, StatusItems};
use crate::store::sync_state::{ListedMailbox, MailboxStatus};

/// Mailboxes beyond this number are not kept: a server may list without end (SAFETY T11).
const MOST_MAILBOXES: usize = 10_000;
/// STATUS commands at once, where LIST cannot carry the counts.
const MOST_STATUS: usize = 200;

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
        let mut listed = self.listed(listing.entries, listing.subscribed.as_deref());
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

    fn ask_statuses(&mut self, names: &[MailboxName]) {
        // STATUS of the selected mailbox is a trap (RFC 3501 §6.3.10); SELECT tells its numbers anyway.
        let selected = self.selected();
        let own = selected
            .and_then(|id| self.reader.mailbox(id).ok().flatten())
            .map(|info| info.name);
        for name in names
            .iter()
            .filter(|name| Some(*name) != own.as_ref())
            .take(MOST_STATUS)
        {
            if let Ok(command) = list::status(name, self.session.capabilities()) {
                self.listing.n_open += 1;
                self.send(command, Step::Status);
            }
        }
    }

    fn statuses_came(
        &mut self,
        statuses: &[(MailboxName, StatusItems)],
        agenda: &mut Agenda,
    ) -> Result<(), RemoteError> {
        let mailboxes = self.reader.mailboxes(self.setup.account);
        let mailboxes = self.stored(mailboxes)?;
        let by_name: BTreeMap<&MailboxName, MailboxId> =
            mailboxes.iter().map(|info| (&info.name, info.id)).collect();
        let mut stale = Vec::new();
        for (name, items) in statuses {
            let Some(mailbox) = by_name.get(name).copied() else {
                continue;
            };
            let status = MailboxStatus {
                messages: items.messages,
                unseen: items.unseen,
                uid_next: items.uid_next,
                uid_validity: items.uid_validity,
                highest_mod_seq: items.highest_mod_seq,
            };
            let known = self.reader.sync_state(mailbox);
            let known = self.stored(known)?;
            if is_stale(&known, &status) || (agenda.keeps_up && hides_flags(&status)) {
                stale.push(mailbox);
            }
            let written = self.writer.status(mailbox, status);
            self.stored(written)?;
        }
        let order: Vec<MailboxId> = mailboxes
            .iter()
            .map(|info| info.id)
            .filter(|id| stale.contains(id))
            .collect();
        self.hand_on(order, agenda);
        Ok(())
    }

    /// Has stale mailboxes brought up to date by the lane whose work that is.
    fn hand_on(&mut self, stale: Vec<MailboxId>, agenda: &mut Agenda) {
        // The online model: only what is looked at is fetched.
        let stale = if self.setup.settings.offline == Offline::None {
            Vec::new()
        } else {
            stale
        };
        match self.kind {
            Kind::Interactive => {
                let others: Vec<MailboxId> = stale
                    .into_iter()
                    .filter(|id| Some(*id) != agenda.home)
                    .collect();
                if !others.is_empty() {
                    self.is_other_busy = true;
                    self.other.send(Order::Sync(others));
                }
                if std::mem::take(&mut agenda.owes_answer) {
                    self.other.send(Order::Answer);
                }
            }
            Kind::Once if agenda.keeps_up => agenda.want_sync(&stale, false),
            Kind::Once | Kind::Bulk => {}
        }
    }

    /// Turns LIST responses into rows: roles by attribute, else by configuration, else by common names.
    fn listed(
        &self,
        entries: Vec<ListEntry>,
        subscribed: Option<&[Vec<u8>]>,
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
        give_roles(&mut listed, &self.setup.settings.folders);
        listed
    }
}

/// Names under which servers without SPECIAL-USE keep the usual folders, lower case, the last level only.
const COMMON_NAMES: [(&str, Role); 16] = [
    ("drafts", Role::Drafts),
    ("draft", Role::Drafts),
    ("entwürfe", Role::Drafts),
    ("sent", Role::Sent),
    ("sent items", Role::Sent),
    ("sent messages", Role::Sent),
    ("sent mail", Role::Sent),
    ("gesendet", Role::Sent),
    ("archive", Role::Archive),
    ("archives", Role::Archive),
    ("junk", Role::Junk),
    ("spam", Role::Junk),
    ("junk e-mail", Role::Junk),
    ("trash", Role::Trash),
    ("deleted items", Role::Trash),
    ("deleted messages", Role::Trash),
];

/// Fills in roles: the user's word first, then the server's attributes, then common names for roles still free.
pub fn give_roles(listed: &mut [ListedMailbox], configured: &[(Role, String)]) {
    for (role, name) in configured {
        let wanted = MailboxName::from_display(name);
        if let Some(at) = listed.iter().position(|mailbox| mailbox.name == wanted) {
            for (index, mailbox) in listed.iter_mut().enumerate() {
                if index == at {
                    mailbox.role = Some(*role);
                } else if mailbox.role == Some(*role) {
                    mailbox.role = None;
                }
            }
        }
    }
    for (common, role) in COMMON_NAMES {
        if listed.iter().any(|mailbox| mailbox.role == Some(role)) {
            continue;
        }
        let found = listed
            .iter_mut()
            .filter(|mailbox| mailbox.role.is_none() && mailbox.selectable)
            .find(|mailbox| {
                let name = mailbox.name.display().to_lowercase();
                let label = mailbox
                    .delimiter
                    .map(char::from)
                    .and_then(|delimiter| name.rsplit(delimiter).next());
                label.unwrap_or(&name) == common
            });
        if let Some(mailbox) = found {
            mailbox.role = Some(role);
        }
    }
}

/// Whether flags may have changed without any number of STATUS telling: there is no HIGHESTMODSEQ.
fn hides_flags(status: &MailboxStatus) -> bool {
    let mod_seq = status.highest_mod_seq.unwrap_or_default();
    mod_seq.get() == 0 && status.messages != Some(0)
}

/// Whether STATUS tells something that the store does not have.
#[must_use]
pub fn is_stale(state: &crate::store::sync_state::SyncState, status: &MailboxStatus) -> bool {
    let differs = |told: Option<u64>, known: u64| told.is_some_and(|told| told != known);
    if status.messages == Some(0) && state.n_headers == 0 && state.validity.is_some() {
        return false;
    }
    state.validity != status.uid_validity.or(state.validity)
        || state.validity.is_none()
        || !state.gap.is_empty()
        || differs(status.uid_next.map(u64::from), u64::from(state.uid_next))
        || differs(status.messages, state.n_headers)
        || differs(
            status.highest_mod_seq.map(crate::mail::uid::ModSeq::get),
            state.mod_seq.get(),
        )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mail::uid::{ModSeq, UidValidity};
    use crate::mail::uid_set::UidSet;
    use crate::store::sync_state::SyncState;

    fn mailbox(name: &str, role: Option<Role>) -> ListedMailbox {
        ListedMailbox {
            name: MailboxName::from_display(name),
            delimiter: Some(b'/'),
            attributes: Vec::new(),
            role,
            subscribed: true,
            selectable: true,
        }
    }

    #[test]
    fn roles_come_from_the_user_then_the_server_then_names() {
        let mut listed = vec![
            mailbox("INBOX", Some(Role::Inbox)),
            mailbox("Sent", Some(Role::Sent)),
            mailbox("Gesendet", None),
            mailbox("Old/Trash", None),
            mailbox("Spam", None),
            mailbox("Junk", Some(Role::Junk)),
        ];
        give_roles(
            &mut listed,
            &[
                (Role::Sent, "Gesendet".to_owned()),
                (Role::Archive, "Missing".to_owned()),
            ],
        );
        let roles: Vec<Option<Role>> = listed.iter().map(|mailbox| mailbox.role).collect();
        let expected = [
            Some(Role::Inbox),
            None,
            Some(Role::Sent),
            Some(Role::Trash),
            None,
            Some(Role::Junk),
        ];
        assert_eq!(roles, expected);
    }

    #[test]
    fn a_mailbox_is_stale_when_any_number_differs() {
        let state = SyncState {
            validity: UidValidity::new(5),
            uid_next: 11,
            mod_seq: ModSeq::new(7),
            gap: UidSet::new(),
            n_headers: 10,
            exists: Some(10),
        };
        let status = MailboxStatus {
            messages: Some(10),
            unseen: Some(3),
            uid_next: Some(11),
            uid_validity: UidValidity::new(5),
            highest_mod_seq: Some(ModSeq::new(7)),
        };
        assert!(!is_stale(&state, &status));
        assert!(!is_stale(
            &state,
            &MailboxStatus {
                highest_mod_seq: None,
                ..status
            }
        ));
        for changed in [
            MailboxStatus {
                messages: Some(9),
                ..status
            },
            MailboxStatus {
                uid_next: Some(12),
                ..status
            },
            MailboxStatus {
                uid_validity: UidValidity::new(6),
                ..status
            },
            MailboxStatus {
                highest_mod_seq: Some(ModSeq::new(8)),
                ..status
            },
        ] {
            assert!(is_stale(&state, &changed), "{changed:?}");
        }
        assert!(is_stale(
            &SyncState {
                gap: UidSet::from_range(1, 5),
                ..state
            },
            &status
        ));
    }
}
