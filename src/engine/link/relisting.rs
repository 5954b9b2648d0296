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
use crate::mail::mailbox::{MailboxName, Namespace, Role};
use crate::mail::safe_text::SafeText;
use crate::remote::command::list;
use crate::remote::strategy::capability::Offer;
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

    /// Whether it was refused or has no INBOX.
    pub(in crate::engine) fn is_in_doubt(&self) -> bool {
        self.refusal.is_some() || !self.names_inbox()
    }

    /// Whether it names several folders, all of them subscribed to: there may be others.
    pub(in crate::engine) fn has_subscribed_alone(&self) -> bool {
        let mut entries = self.entries.iter();
        self.entries.len() > 1 && entries.all(|entry| has(entry, "\\Subscribed"))
    }

    /// LIST is asked for once more from here on.
    pub(in crate::engine) fn begin_again(&mut self) {
        self.again = Again::Asked {
            n_entries: self.entries.len(),
            was_refused: self.refusal.take().is_some(),
        };
    }

    /// Makes one list of the two answers, where LIST was asked for once more. True where the second has more.
    pub(in crate::engine) fn unite(&mut self) -> bool {
        let Again::Asked {
            n_entries,
            was_refused,
        } = self.again
        else {
            return false;
        };
        self.again = Again::Answered;
        let is_spoiled = !was_refused && n_entries > 0 && self.refusal.take().is_some();
        self.has_holes |= is_spoiled; // The first one stands; what it leaves out may be there.
        let mut names = BTreeSet::new();
        let mut n_first = 0;
        for (at, entry) in self.entries.iter().enumerate() {
            let is_new = names.insert(entry.name.clone());
            n_first += usize::from(is_new && at < n_entries);
        }
        let has_more = was_refused || names.len() > n_first;
        // The first one says more of each.
        self.entries.retain(|entry| names.remove(&entry.name));
        has_more && self.refusal.is_none() && !is_spoiled
    }

    /// Why nothing can be made of it; `None` where it names folders.
    pub(in crate::engine) fn fault(&self) -> Option<RemoteError> {
        let is_empty = self.entries.is_empty();
        let nothing = || is_empty.then(|| protocol("it lists no folder, not even INBOX"));
        self.refusal.clone().or_else(nothing)
    }
}

impl Link<'_> {
    /// The list has come: asks once more where it was refused or has no INBOX, and then for INBOX by its name. True where
    /// something is on its way.
    pub(super) fn asks_for_inbox(&mut self) -> bool {
        self.compare_lists();
        let listing = &mut self.listing;
        if listing.is_cut || !listing.is_in_doubt() {
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
        let is_young = || {
            let mut others = known.iter().filter(|info| !info.name.is_inbox());
            others.all(|info| info.state.validity.is_none())
        };
        self.session.capabilities().has("LIST-EXTENDED")
            && !self.listing.is_names
            && self.listing.has_subscribed_alone()
            && is_young()
    }

    fn ask_once_more(&mut self) {
        self.listing.begin_again();
        self.listing.n_open += 1;
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
        if self.listing.unite() {
            tracing::warn!(
                account = self.setup.account.get(),
                "the extended LIST leaves folders out or is refused: it is not used"
            );
            self.session.distrust("LIST-EXTENDED");
        }
    }

    /// The roles that folders had before, where the list that would tell them is not asked for: not every server says them in
    /// answer to a plain LIST. RFC 6154 §2.
    pub(super) fn roles_untold(&mut self) -> Result<Vec<(Role, MailboxName)>, RemoteError> {
        if self.session.capabilities().offer("LIST-EXTENDED") != Offer::Distrusted {
            return Ok(Vec::new());
        }
        let known = self.reader.mailboxes(self.setup.account);
        let known = self.stored(known)?.into_iter();
        let own = known.filter(|info| info.namespace == Namespace::Personal);
        Ok(own
            .filter_map(|info| Some((info.role?, info.name)))
            .collect())
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
        let Some(error) = listing.fault() else {
            agenda.troubles.listed();
            return Ok(false);
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
