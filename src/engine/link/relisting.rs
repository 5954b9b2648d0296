//! Lists that leave something out. There are servers whose extended LIST has no INBOX, nothing at all, or the subscribed
//! mailboxes alone (`quirks`), and an answer may be odd for once. So a list that is refused, that has no INBOX (which every
//! account has, RFC 3501 §5.1), or that does not name what is known, is asked for once more in the words that every server
//! knows. Only what is in neither answer goes, and nothing as long as INBOX is in none.

use std::collections::BTreeSet;

use crate::channel::error::RemoteError;
use crate::channel::event::Event;
use crate::engine::lane::agenda::Agenda;
use crate::engine::link::Link;
use crate::engine::link::finish::protocol;
use crate::engine::link::listing::{Listing, has};
use crate::engine::link::step::Step;
use crate::mail::mailbox::{MailboxName, Namespace};
use crate::mail::safe_text::SafeText;
use crate::remote::command::list;
use crate::store::sync_state::MailboxInfo;

/// Whether LIST was asked for once more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Again {
    /// It was not.
    #[default]
    Unasked,
    /// It was, and has not been answered.
    Asked {
        /// LIST responses that had come before.
        n_entries: usize,
        /// The first time it was refused.
        was_refused: bool,
    },
    /// It was, and this is all that there is.
    Answered,
}

impl Listing {
    fn names_inbox(&self) -> bool {
        self.entries.iter().any(|entry| entry.name.is_inbox())
    }

    fn names(&self) -> BTreeSet<MailboxName> {
        let names = self.entries.iter().map(|entry| entry.name.clone());
        names.collect()
    }
}

impl Link<'_> {
    /// The list has come: asks once more where it was refused or has no INBOX, and then for INBOX by its name. True where
    /// something is on its way.
    pub(super) fn asks_for_inbox(&mut self) -> bool {
        self.compare_lists();
        let listing = &mut self.listing;
        if listing.is_cut || (listing.refusal.is_none() && listing.names_inbox()) {
            return false;
        }
        if listing.again == Again::Unasked {
            self.ask_once_more();
            return true;
        }
        if std::mem::replace(&mut listing.is_inbox_asked, true) {
            return false;
        }
        listing.n_open += 1;
        self.send(
            list::inbox(),
            Step::ListApart(MailboxName::from_raw(b"INBOX")),
        );
        true
    }

    /// Asks once more where the list does not name a folder that is known and would go, or may name the subscribed ones
    /// alone. True where that is on its way.
    pub(super) fn asks_for_known(&mut self) -> Result<bool, RemoteError> {
        if self.listing.again != Again::Unasked {
            return Ok(false);
        }
        let known = self.unnamed(&BTreeSet::new())?;
        let names = self.listing.names();
        let would_go = |info: &MailboxInfo| {
            !names.contains(&info.name) && !self.may_exist(&self.listing, info)
        };
        let is_dubious = known.iter().any(would_go) || self.may_be_subscribed_alone(&known);
        if is_dubious {
            self.ask_once_more();
        }
        Ok(is_dubious)
    }

    /// Whether nothing shows yet that the server lists more than what is subscribed to.
    fn may_be_subscribed_alone(&self, known: &[MailboxInfo]) -> bool {
        let entries = &self.listing.entries;
        let is_young = || {
            let mut others = known.iter().filter(|info| !info.name.is_inbox());
            others.all(|info| info.state.validity.is_none())
        };
        self.session.capabilities().has("LIST-EXTENDED")
            && !self.listing.is_names
            && entries.len() > 1
            && entries.iter().all(|entry| has(entry, "\\Subscribed"))
            && is_young()
    }

    fn ask_once_more(&mut self) {
        let listing = &mut self.listing;
        listing.again = Again::Asked {
            n_entries: listing.entries.len(),
            was_refused: listing.refusal.take().is_some(),
        };
        listing.n_open += 1;
        // The second revision has no LSUB. RFC 9051 appendix E.
        let has_lsub = self.session.capabilities().has("IMAP4REV1");
        let is_lsub_due = self.listing.subscribed.is_none() && has_lsub;
        self.send(list::plain(), Step::List);
        if is_lsub_due {
            self.listing.subscribed = Some(BTreeSet::new());
            self.listing.n_open += 1;
            self.send(list::subscribed(), Step::Lsub);
        }
    }

    /// LIST has been answered twice: where the plain one had more, the extended one is not asked for on this connection any
    /// more, nor what is built on it.
    fn compare_lists(&mut self) {
        let listing = &mut self.listing;
        let Again::Asked {
            n_entries,
            was_refused,
        } = listing.again
        else {
            return;
        };
        listing.again = Again::Answered;
        let mut names = BTreeSet::new();
        let mut n_first = 0;
        for (at, entry) in listing.entries.iter().enumerate() {
            let is_new = names.insert(entry.name.clone());
            n_first += usize::from(is_new && at < n_entries);
        }
        let has_more = was_refused || names.len() > n_first;
        // The first one says more of each.
        listing.entries.retain(|entry| names.remove(&entry.name));
        if has_more && listing.refusal.is_none() {
            tracing::warn!(
                account = self.setup.account.get(),
                was_refused,
                "the extended LIST leaves folders out: it is not used"
            );
            self.session.distrust("LIST-EXTENDED");
        }
    }

    /// The folders of the server that are known and have none of these names.
    pub(super) fn unnamed(
        &mut self,
        names: &BTreeSet<MailboxName>,
    ) -> Result<Vec<MailboxInfo>, RemoteError> {
        let known = self.reader.mailboxes(self.setup.account);
        let mut known = self.stored(known)?;
        known.retain(|info| info.namespace != Namespace::Local && !names.contains(&info.name));
        Ok(known)
    }

    /// Whether a folder that a listing does not name may be there all the same.
    pub(super) fn may_exist(&self, listing: &Listing, info: &MailboxInfo) -> bool {
        // An INBOX that only its name brings out makes no list whole.
        let has_inbox = listing.names_inbox() && !listing.is_inbox_asked;
        let is_whole = listing.refusal.is_none() && has_inbox;
        let is_partial = listing.has_holes || listing.is_cut || !is_whole;
        // Then nobody knew what else to ask for.
        let is_untold = self.session.capabilities().has("NAMESPACE") && self.spaces.told.is_none();
        let name = info.name.raw();
        let mut unheard = listing.unheard.iter();
        is_partial
            || (is_untold && lies_apart(info))
            || unheard.any(|prefix| name.starts_with(prefix.raw()))
    }

    /// Whether nothing can be made of a listing, of which the user is told, and INBOX at least is known.
    pub(super) fn is_unlisted(
        &mut self,
        listing: &Listing,
        agenda: &mut Agenda,
    ) -> Result<bool, RemoteError> {
        let error = match &listing.refusal {
            Some(error) => error.clone(),
            None if listing.entries.is_empty() => protocol("it lists no folder, not even INBOX"),
            None => {
                agenda.troubles.listed();
                return Ok(false);
            }
        };
        self.tell_unlisted(&error, agenda);
        let inbox = self.reader.inbox(self.setup.account);
        Ok(self.stored(inbox)?.is_some())
    }

    /// Tells, once, that there is no list of the folders.
    pub(super) fn tell_unlisted(&self, error: &RemoteError, agenda: &mut Agenda) {
        if agenda.troubles.unlisted(error.clone()) {
            let words = format!("{}: {error}", self.setup.settings.imap.host);
            self.tell(Event::Notice(SafeText::line(&words)));
        }
    }
}

/// Whether a folder may be one that `*` does not show. Names that begin so are those of namespaces. RFC 3501 §5.1.2.
fn lies_apart(info: &MailboxInfo) -> bool {
    info.namespace != Namespace::Personal || info.name.raw().starts_with(b"#")
}
