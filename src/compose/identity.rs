//! Under which of the own addresses a mail is answered: the one that it was sent to.

use crate::compose::address::key;
use crate::compose::reply::Original;
use crate::mail::address::Address;
use crate::mail::composition::Identity;

/// The identity that answers, and the own addresses that the mail was sent to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chosen {
    /// Where it stands in the list; 0 where nothing else was said.
    pub index: usize,
    /// In the order in which the mail names them; empty where it names none.
    pub addressed: Vec<String>,
}

/// Chooses by To, Cc, then by where the mail was delivered; an own mail is answered by its author.
#[must_use]
pub fn choose(identities: &[Identity], original: &Original<'_>) -> Chosen {
    let envelope = &original.message.envelope;
    let author = envelope
        .from
        .iter()
        .find_map(|from| find(identities, &from.addr));
    let named = envelope.to.iter().chain(&envelope.cc);
    let named = named
        .chain(&original.answering.delivered_to)
        .chain(&envelope.bcc);
    let mut found: Vec<usize> = Vec::new();
    for index in named.filter_map(|address| find(identities, &address.addr)) {
        if !found.contains(&index) {
            found.push(index);
        }
    }
    let addressed: Vec<String> = author
        .map_or(found, |author| vec![author])
        .iter()
        .filter_map(|index| Some(identities.get(*index)?.email.clone()))
        .collect();
    let index = addressed.first().and_then(|addr| find(identities, addr));
    Chosen {
        index: index.unwrap_or(0),
        addressed,
    }
}

/// Whether an address is the user's own.
#[must_use]
pub fn is_own(identities: &[Identity], addr: &str) -> bool {
    find(identities, addr).is_some()
}

/// The identity of an address; `anna+shop@…` belongs to `anna@…` (RFC 5233) where it is no identity of its own.
fn find(identities: &[Identity], addr: &str) -> Option<usize> {
    let wanted = key(addr);
    let position = |wanted: &str| {
        identities
            .iter()
            .position(|identity| key(&identity.email) == wanted)
    };
    position(&wanted).or_else(|| {
        let (local, domain) = wanted.rsplit_once('@')?;
        let (user, _) = local.split_once('+').filter(|(user, _)| !user.is_empty())?;
        position(&format!("{user}@{domain}"))
    })
}

/// The identity as an address for From.
#[must_use]
pub fn address(identity: &Identity) -> Address {
    Address {
        name: identity.name.clone(),
        addr: identity.email.clone(),
    }
}
