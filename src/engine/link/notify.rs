//! News of folders that are not open, told by the server instead of asked for: NOTIFY. RFC 5465.
//!
//! Asked for once on the interactive connection, right before a LIST with counts: what changes later is pushed, what
//! changed before is in the counts. Where that list shows folders of other users or shared ones, the server is asked to
//! tell of these too, and once more for the counts. Refused, or given up by the server, the folders are asked for again
//! now and then.

use std::collections::BTreeSet;

use crate::channel::error::RemoteError;
use crate::engine::lane::Kind;
use crate::engine::lane::agenda::Agenda;
use crate::engine::link::Link;
use crate::engine::link::step::Step;
use crate::mail::mailbox::MailboxName;
use crate::remote::command::notify;
use crate::remote::response::{ListEntry, Untagged};

/// Renewals of IDLE between two looks at all folders although the server tells of them: nothing is believed for ever.
const RENEWALS: u32 = 12;

/// Lines of a listing that are kept: a server may list without end.
const MOST_LINES: usize = 20_000;
/// Bytes of names and attributes of a listing that are kept.
const MOST_BYTES: usize = 8 * 1024 * 1024;
/// Names told to be gone that are kept: one is enough to look again.
const MOST_GONE: usize = 1_000;

/// Whether the server tells of folders that are not open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Telling {
    /// It was not asked to.
    #[default]
    Unasked,
    /// It was asked to and has not answered.
    Asked,
    /// It does of one's own.
    Own,
    /// It does of one's own, and was asked to tell of all others.
    OwnYet,
    /// It does of one's own alone.
    OwnOnly,
    /// It does of all.
    Everywhere,
    /// It said that it gives up: news may be missing, and it may be silent about the open folder too.
    Overflowed,
    /// It does not.
    Not,
}

impl Telling {
    /// Whether folders that are not open are told of, those of other users perhaps not.
    #[must_use]
    pub const fn is_on(self) -> bool {
        matches!(
            self,
            Self::Own | Self::OwnYet | Self::OwnOnly | Self::Everywhere
        )
    }
}

impl Link<'_> {
    /// Asks the server to tell of one's own folders, the first time.
    pub(super) fn ask_to_be_told(&mut self) {
        let can = self.kind == Kind::Interactive && self.session.capabilities().has("NOTIFY");
        if can && self.telling == Telling::Unasked {
            self.telling = Telling::Asked;
            self.send(notify::everywhere(), Step::Notify);
        }
    }

    /// The list has come: asks the server to tell of the folders of others too, where there are any.
    pub(super) fn ask_to_be_told_of_others(&mut self) {
        if self.telling != Telling::Own || !self.has_foreign {
            return;
        }
        let command = self.spaces.foreign_roots();
        let command = command.and_then(|roots| notify::everywhere_and_below(&roots).ok());
        self.telling = if command.is_some() {
            Telling::OwnYet
        } else {
            Telling::OwnOnly
        };
        if let Some(command) = command {
            self.end_idle();
            self.send(command, Step::Notify);
        }
    }

    /// NOTIFY was accepted or refused; a refusal leaves in force what was accepted before.
    pub(super) fn notify_ended(&mut self, is_accepted: bool, agenda: &mut Agenda) {
        self.telling = match self.telling {
            Telling::Asked if is_accepted => Telling::Own,
            Telling::OwnYet if is_accepted => {
                agenda.refresh = true; // What changed before is in the counts.
                Telling::Everywhere
            }
            Telling::OwnYet => Telling::OwnOnly,
            _ => Telling::Not,
        };
    }

    /// How often IDLE is renewed between two looks at all folders.
    pub(in crate::engine) const fn renewals_between_looks(&self) -> u32 {
        match self.telling {
            Telling::Everywhere => RENEWALS,
            telling if telling.is_on() && !self.has_foreign => RENEWALS,
            _ => 1,
        }
    }

    /// Keeps what a response tells of a folder, up to a number of lines and of bytes. What is left out may exist all the
    /// same.
    pub(super) fn folder_told(&mut self, told: Untagged) {
        let listing = &mut self.listing;
        let (n_lines, n_bytes) = match &told {
            Untagged::List(entry) => (listing.entries.len(), bytes_of(entry)),
            Untagged::Lsub(entry) => {
                let subscribed = listing.subscribed.as_ref();
                (subscribed.map_or(0, BTreeSet::len), bytes_of(entry))
            }
            Untagged::Status { name, .. } => (listing.statuses.len(), name.raw().len()),
            _ => return,
        };
        listing.n_bytes = listing.n_bytes.saturating_add(n_bytes);
        if n_lines >= MOST_LINES || listing.n_bytes > MOST_BYTES {
            (listing.is_cut, listing.has_holes) = (true, true);
            return;
        }
        match told {
            Untagged::List(entry) => self.list_entry_came(entry),
            Untagged::Lsub(entry) => {
                let names = listing.subscribed.get_or_insert_default();
                names.insert(entry.name.raw().to_vec());
            }
            Untagged::Status { name, items } => listing.statuses.push((name, items)),
            _ => {}
        }
    }

    /// Keeps a LIST response. A name that is gone is told too where the server tells of folders: by itself it is no row.
    fn list_entry_came(&mut self, entry: ListEntry) {
        let has = |name: &str| {
            let mut attributes = entry.attributes.iter();
            attributes.any(|attribute| attribute.eq_ignore_ascii_case(name))
        };
        let is_gone = has("\\NonExistent") && !has("\\HasChildren");
        if is_gone && self.telling.is_on() {
            self.listing.gone.push(entry.name);
            self.listing.gone.truncate(MOST_GONE);
        } else {
            self.listing.entries.push(entry);
        }
    }

    /// Takes what the server told unasked: counts go to the store, other names have the folders listed again.
    pub(super) fn take_tellings(&mut self, agenda: &mut Agenda) -> Result<(), RemoteError> {
        if self.telling == Telling::Overflowed {
            self.send(notify::selected(), Step::Notify);
            self.telling = Telling::Not;
            agenda.refresh = true; // What was not told is in the counts.
        }
        if !self.telling.is_on() || self.listing.n_open > 0 {
            return Ok(());
        }
        if self.listing.statuses.is_empty() {
            let listing = std::mem::take(&mut self.listing);
            agenda.refresh |= !listing.entries.is_empty() || !listing.gone.is_empty();
            return Ok(());
        }
        self.tell_rest_again();
        self.counts_came(agenda)
    }

    /// Whether names of a list were told to be gone while it was coming: then nobody knows which was said last.
    pub(super) fn is_contradicted(gone: &[MailboxName], entries: &[ListEntry]) -> bool {
        entries.iter().any(|entry| gone.contains(&entry.name))
    }
}

fn bytes_of(entry: &ListEntry) -> usize {
    let attributes: usize = entry.attributes.iter().map(String::len).sum();
    entry.name.raw().len() + attributes
}
