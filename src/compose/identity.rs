//! Which addresses are the user's own, in whatever account, and under which of them a mail is answered: the one that it
//! was sent to.

use crate::compose::address::key;
use crate::mail::account::AccountId;
use crate::mail::address::Address;
use crate::mail::composition::Identity;
use crate::mail::envelope::Envelope;
use crate::mime::answering::Answering;

/// The user's own addresses, as seen from the account that a mail lies in.
#[derive(Debug, Clone, Copy)]
pub struct Own<'a> {
    /// That account.
    pub account: AccountId,
    /// The identities of all accounts, each account's usual one first.
    pub identities: &'a [(AccountId, Identity)],
    /// The addresses of accounts that have no server to send with: nobody writes under them.
    pub silent: &'a [String],
}

/// One of them.
#[derive(Debug, Clone, Copy)]
struct Known<'a> {
    email: &'a str,
    /// Who writes under it; `None` for a silent one.
    writer: Option<&'a (AccountId, Identity)>,
}

/// The identity that answers, and the own addresses that the mail was sent to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chosen<'a> {
    /// Who answers, with the account that sends; `None` where nobody can.
    pub writer: Option<&'a (AccountId, Identity)>,
    /// The likeliest first; empty where the mail names none.
    pub addressed: Vec<String>,
}

impl<'a> Chosen<'a> {
    /// Who answers.
    #[must_use]
    pub fn identity(&self) -> Option<&'a Identity> {
        self.writer.map(|(_, identity)| identity)
    }
}

/// Chooses by To and Cc, then by where the mail was delivered; an own mail is answered by its author. Among the addresses
/// of one of these groups, those of the account that it lies in go before others: a mail to two of them is there twice, and
/// each is answered by its own. Where it names none that can write, the account's usual one answers.
///
/// That a mail was delivered here says less than how it was addressed: what one account passes on to another is answered
/// as the one that was written to, and the other address stays unknown.
#[must_use]
pub fn choose<'a>(own: Own<'a>, envelope: &Envelope, answering: &Answering) -> Chosen<'a> {
    let mut authors = envelope.from.iter();
    let found = if let Some(author) = authors.find_map(|from| own.find(&from.addr)) {
        vec![author]
    } else {
        let written_to = envelope.to.iter().chain(&envelope.cc);
        let delivered_to = answering.delivered_to.iter().chain(&envelope.bcc);
        [own.among(written_to), own.among(delivered_to)].concat()
    };
    let writer = found.iter().find_map(|known| known.writer);
    let mut addressed: Vec<String> = Vec::new();
    for known in found {
        if !addressed.iter().any(|email| email == known.email) {
            addressed.push(known.email.to_owned());
        }
    }
    Chosen {
        writer: writer.or_else(|| own.usual()),
        addressed,
    }
}

impl<'a> Own<'a> {
    /// Whether an address is the user's.
    #[must_use]
    pub fn has(self, addr: &str) -> bool {
        self.find(addr).is_some()
    }

    /// Who writes under an address, and the account that sends then: this one where several have it.
    #[must_use]
    pub fn writer(self, addr: &str) -> Option<&'a (AccountId, Identity)> {
        self.find(addr)?.writer
    }

    /// Who writes where nothing else decides; an account that cannot send leaves that to the first that can.
    fn usual(self) -> Option<&'a (AccountId, Identity)> {
        let mut all = self.identities.iter();
        let first = self.identities.first();
        all.find(|own| own.0 == self.account).or(first)
    }

    /// The own ones of some addresses, in their order, but for those of this account, which go first.
    fn among<'b>(self, list: impl Iterator<Item = &'b Address>) -> Vec<Known<'a>> {
        let mut found: Vec<Known<'a>> = list.filter_map(|one| self.find(&one.addr)).collect();
        let is_here = |known: &Known<'_>| known.writer.is_some_and(|own| own.0 == self.account);
        found.sort_by_key(|known| !is_here(known));
        found
    }

    /// What is known of an address; `anna+shop@…` belongs to `anna@…` (RFC 5233) where it is not known itself.
    fn find(self, addr: &str) -> Option<Known<'a>> {
        let whole = key(addr);
        let found = self.known(&whole);
        found.or_else(|| {
            let (local, domain) = whole.rsplit_once('@')?;
            let (user, _) = local.split_once('+').filter(|(user, _)| !user.is_empty())?;
            self.known(&format!("{user}@{domain}"))
        })
    }

    fn known(self, wanted: &str) -> Option<Known<'a>> {
        let all = self.identities.iter();
        let mut all = all.filter(|(_, identity)| key(&identity.email) == wanted);
        let writer = all.clone().find(|own| own.0 == self.account);
        if let Some(writer) = writer.or_else(|| all.next()) {
            return Some(Known {
                email: &writer.1.email,
                writer: Some(writer),
            });
        }
        let email = self.silent.iter().find(|email| key(email) == wanted)?;
        Some(Known {
            email,
            writer: None,
        })
    }
}

/// The identity as an address for From.
#[must_use]
pub fn address(identity: &Identity) -> Address {
    Address {
        name: identity.name.clone(),
        addr: identity.email.clone(),
    }
}
