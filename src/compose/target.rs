//! Who gets an answer: Reply-To, Mail-Followup-To, List-Post, and what people expect of them. RFC 5322 §3.6.2, RFC 2369.

use std::collections::BTreeSet;

use crate::compose::address::{clean_name, key};
use crate::compose::identity::Own;
use crate::compose::mailto;
use crate::compose::recipients;
use crate::compose::reply::Original;
use crate::mail::address::Address;
use crate::mime::answering::ListPost;

/// To and Cc of an answer.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Target {
    /// For To.
    pub to: Vec<Address>,
    /// For Cc.
    pub cc: Vec<Address>,
}

/// A reply to the author. Where Reply-To only leads back to the list, the author is meant: the list has a key of its
/// own, and what was meant for one must not go to all.
pub fn sender(original: &Original<'_>, own: Own<'_>) -> Target {
    let envelope = &original.message.envelope;
    if is_own_mail(original, own) {
        return Target {
            to: others_or_all(&envelope.to, own),
            cc: Vec::new(),
        };
    }
    let post = posting_address(original);
    let leads_to_list = |address: &Address| {
        post.as_ref()
            .is_some_and(|post| key(&post.addr) == key(&address.addr))
    };
    let reply_to = named(&envelope.reply_to);
    let from = named(&envelope.from);
    let is_munged = !from.is_empty() && reply_to.iter().all(leads_to_list);
    let to = if reply_to.is_empty() || is_munged {
        from
    } else {
        reply_to
    };
    let to = if to.is_empty() {
        named(&envelope.sender)
    } else {
        to
    };
    Target { to, cc: Vec::new() }
}

/// A reply to the author and all recipients; Mail-Followup-To says who that is, where it is there.
pub fn all(original: &Original<'_>, own: Own<'_>) -> Target {
    let envelope = &original.message.envelope;
    let followup = without_own(&named(&original.answering.followup_to), own);
    if !followup.is_empty() {
        return Target {
            to: followup,
            cc: Vec::new(),
        };
    }
    if is_own_mail(original, own) {
        let to = others_or_all(&envelope.to, own);
        let cc = without(&without_own(&named(&envelope.cc), own), &to);
        return Target { to, cc };
    }
    let reply_to = named(&envelope.reply_to);
    let author = if reply_to.is_empty() {
        named(&envelope.from)
    } else {
        reply_to
    };
    let author = if author.is_empty() {
        named(&envelope.sender)
    } else {
        author
    };
    let others = named(&[envelope.to.as_slice(), &envelope.cc].concat());
    let others = without_own(&others, own);
    let to = without_own(&author, own);
    if to.is_empty() {
        // Only oneself is named as the author: the others are who is left to answer.
        let to = if others.is_empty() { author } else { others };
        return Target { to, cc: Vec::new() };
    }
    let cc = without(&others, &to);
    Target { to, cc }
}

/// A reply to the list alone; `None` where the mail names none, or the list takes no mail.
pub fn list(original: &Original<'_>) -> Option<Target> {
    let post = posting_address(original)?;
    Some(Target {
        to: vec![post],
        cc: Vec::new(),
    })
}

/// Where the list takes mail: by List-Post, else the recipient that List-Id speaks of.
fn posting_address(original: &Original<'_>) -> Option<Address> {
    let envelope = &original.message.envelope;
    let all: Vec<Address> = named(&[envelope.to.as_slice(), &envelope.cc].concat());
    match &original.answering.list_post {
        ListPost::At(urls) => {
            let typed = urls.iter().find_map(|url| mailto::parse(url))?.to;
            let address = recipients::parse(&typed).ok()?.into_iter().next()?;
            // The mail often knows the name of the list.
            let known = all.iter().find(|to| key(&to.addr) == key(&address.addr));
            Some(known.cloned().unwrap_or(address))
        }
        ListPost::Unsaid if !envelope.list_id.is_empty() => {
            let id = envelope.list_id.to_lowercase();
            all.into_iter()
                .find(|to| key(&to.addr).replace('@', ".") == id)
        }
        ListPost::Unsaid | ListPost::Closed => None,
    }
}

/// Whether the user wrote it, and wants answers himself: a form on a web page that writes in the user's name has the
/// visitor in Reply-To.
fn is_own_mail(original: &Original<'_>, own: Own<'_>) -> bool {
    let envelope = &original.message.envelope;
    let is_own = |address: &Address| own.has(&address.addr);
    !envelope.from.is_empty()
        && envelope.from.iter().all(is_own)
        && named(&envelope.reply_to).iter().all(is_own)
        && !named(&envelope.to).is_empty()
}

/// Addresses, each once, names on one line. One that nothing can be sent to, or that could not even be read, stays: who
/// answers must see whom he does not reach, and must not reach somebody else instead.
fn named(list: &[Address]) -> Vec<Address> {
    let is_address = |address: &&Address| !address.addr.is_empty() || address.name.contains('@');
    let mut all: Vec<Address> = Vec::new();
    let mut keys = BTreeSet::new();
    for address in list.iter().filter(is_address) {
        let is_new = if address.addr.is_empty() {
            !all.contains(address)
        } else {
            keys.insert(key(&address.addr))
        };
        if is_new {
            all.push(Address {
                name: clean_name(&address.name),
                addr: address.addr.clone(),
            });
        }
    }
    all
}

fn without_own(list: &[Address], own: Own<'_>) -> Vec<Address> {
    let others = list.iter().filter(|address| !own.has(&address.addr));
    others.cloned().collect()
}

fn others_or_all(list: &[Address], own: Own<'_>) -> Vec<Address> {
    let all = named(list);
    let others = without_own(&all, own);
    if others.is_empty() { all } else { others }
}

fn without(list: &[Address], taken: &[Address]) -> Vec<Address> {
    let taken: BTreeSet<String> = taken.iter().map(|address| key(&address.addr)).collect();
    let others = list
        .iter()
        .filter(|address| !taken.contains(&key(&address.addr)));
    others.cloned().collect()
}
