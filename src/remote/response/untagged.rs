//! Typed extractors for untagged responses, FETCH apart.

use crate::mail::mailbox::MailboxName;
use crate::mail::uid::{ModSeq, UidValidity};
use crate::mail::uid_set::UidSet;
use crate::remote::command::Tag;
use crate::remote::command::limits;
use crate::remote::response::code;
use crate::remote::response::fetch_response;
use crate::remote::response::token::{Broken, Token, Tokens, number};
use crate::remote::response::{
    Condition, Esearch, ListEntry, Namespace, Namespaces, StatusItems, Untagged, words,
};
use crate::remote::wire::framer::Frame;

/// Namespaces of one kind that are kept: each is compared with every folder.
const MOST_NAMESPACES: usize = 100;

/// Longest mailbox name that is taken, in bytes; file systems take 4,096, tests/names lists one of 20,000.
const MOST_OF_NAME: usize = 32 * 1024;
/// Attributes of a mailbox that are looked at; there are about twenty.
const MOST_ATTRIBUTES: usize = 64;

/// Reads an untagged response.
///
/// # Errors
/// Its grammar is broken where the tolerance ends; the response is to be skipped.
pub fn parse(frame: &Frame) -> Result<Untagged, Broken> {
    let mut tokens = Tokens::new(frame);
    tokens.take(b'*');
    // A bare code, without the status word it belongs to: Exchange 2013 sends COPYUID so.
    if tokens.peek() == Some(b'[') {
        return Ok(condition(Condition::Ok, tokens.rest()));
    }
    let word = tokens.word().to_ascii_uppercase();
    if let Some(n) = number(&word) {
        let n = u32::try_from(n).map_err(|_| Broken("a number is too large"))?;
        return numbered(&mut tokens, n);
    }
    Ok(match word.as_slice() {
        b"OK" => condition(Condition::Ok, tokens.rest()),
        b"NO" => condition(Condition::No, tokens.rest()),
        b"BAD" => condition(Condition::Bad, tokens.rest()),
        b"BYE" => condition(Condition::Bye, tokens.rest()),
        b"PREAUTH" => condition(Condition::Preauth, tokens.rest()),
        b"CAPABILITY" => Untagged::Capability(upper_words(tokens.rest())),
        b"ENABLED" => Untagged::Enabled(upper_words(tokens.rest())),
        b"LIST" | b"XLIST" => Untagged::List(list(&mut tokens)?),
        b"LSUB" => Untagged::Lsub(list(&mut tokens)?),
        b"STATUS" => status(&mut tokens)?,
        b"FLAGS" => Untagged::Flags(tokens.strings()?),
        b"SEARCH" | b"SORT" => search(&mut tokens)?,
        b"ESEARCH" => Untagged::Esearch(esearch(&mut tokens)?),
        b"VANISHED" => vanished(&mut tokens)?,
        b"NAMESPACE" => Untagged::Namespace(namespaces(&mut tokens)?),
        b"ID" => Untagged::Id(id(&mut tokens)?),
        b"MYRIGHTS" => Untagged::MyRights {
            name: mailbox(&mut tokens)?,
            rights: limits::rights(&mut tokens)?,
        },
        // One that cannot be read leaves no hole in what is known of folders and messages.
        b"QUOTA" => limits::storage(&mut tokens).map_or(Untagged::Other, Untagged::Quota),
        _ => Untagged::Other,
    })
}

fn numbered(tokens: &mut Tokens<'_>, n: u32) -> Result<Untagged, Broken> {
    Ok(match tokens.word().to_ascii_uppercase().as_slice() {
        b"EXISTS" => Untagged::Exists(n),
        b"EXPUNGE" if n > 0 => Untagged::Expunge(n),
        b"FETCH" => Untagged::Fetch(Box::new(fetch_response::parse(tokens, n)?)),
        _ => Untagged::Other,
    })
}

fn condition(kind: Condition, rest: &[u8]) -> Untagged {
    let (code, text) = code::split(rest.trim_ascii_start());
    Untagged::Condition {
        kind,
        code,
        text: words(text),
    }
}

/// Words in upper case, at most 1,000.
pub(crate) fn upper_words(rest: &[u8]) -> Vec<String> {
    rest.split(u8::is_ascii_whitespace)
        .filter(|word| !word.is_empty())
        .take(1000)
        .map(|word| String::from_utf8_lossy(word).to_ascii_uppercase())
        .collect()
}

fn list(tokens: &mut Tokens<'_>) -> Result<ListEntry, Broken> {
    let mut attributes = tokens.strings()?;
    attributes.truncate(MOST_ATTRIBUTES);
    let delimiter = tokens.string()?.and_then(|text| text.first().copied());
    // Extended data (CHILDINFO, OLDNAME) may follow the name: not needed.
    let name = mailbox(tokens)?;
    Ok(ListEntry {
        attributes,
        delimiter,
        name,
    })
}

/// A mailbox name; an atom `NIL` is a name here.
fn mailbox(tokens: &mut Tokens<'_>) -> Result<MailboxName, Broken> {
    let name = match tokens.token()? {
        Some(Token::Atom(raw) | Token::Literal(raw)) => MailboxName::from_raw(raw),
        Some(Token::Quoted(raw)) => MailboxName::from_raw(&raw),
        _ => return Err(Broken("a mailbox name was expected")),
    };
    if name.raw().len() > MOST_OF_NAME {
        return Err(Broken("a mailbox name is too long"));
    }
    Ok(name)
}

fn status(tokens: &mut Tokens<'_>) -> Result<Untagged, Broken> {
    let name = mailbox(tokens)?;
    tokens.open()?;
    let mut items = StatusItems::default();
    while !tokens.take(b')') {
        let item = tokens.word().to_ascii_uppercase();
        if item.is_empty() {
            return Err(Broken("a STATUS item was expected"));
        }
        if item == b"MAILBOXID" {
            items.mailbox_id = fetch_response::object_id(tokens)?;
        } else if tokens.peek() == Some(b'(') {
            tokens.skip_value()?;
        } else {
            let value = tokens.number()?;
            status_item(&mut items, &item, value);
        }
    }
    Ok(Untagged::Status { name, items })
}

fn status_item(items: &mut StatusItems, item: &[u8], value: Option<u64>) {
    let small = value.and_then(|n| u32::try_from(n).ok());
    match item {
        b"MESSAGES" => items.messages = value,
        b"UNSEEN" => items.unseen = value,
        b"DELETED" => items.deleted = value,
        b"UIDNEXT" => items.uid_next = small,
        b"UIDVALIDITY" => items.uid_validity = small.and_then(UidValidity::new),
        b"HIGHESTMODSEQ" => items.highest_mod_seq = value.map(ModSeq::new),
        b"SIZE" => items.size_bytes = value,
        b"APPENDLIMIT" => items.append_limit = value,
        _ => {}
    }
}

fn search(tokens: &mut Tokens<'_>) -> Result<Untagged, Broken> {
    let mut uids = Vec::new();
    while let Some(next) = tokens.peek() {
        if next == b'(' {
            tokens.skip_value()?; // The highest mod-sequence of them. RFC 7162 §3.1.5.
            continue;
        }
        let word = tokens.word();
        if word.is_empty() {
            return Err(Broken("a number was expected"));
        }
        // Zero and what is no number are dropped: the others still count.
        if let Some(n) = number(word)
            .and_then(|n| u32::try_from(n).ok())
            .filter(|n| *n > 0)
        {
            uids.push(n);
        }
    }
    Ok(Untagged::Search(uids))
}

fn esearch(tokens: &mut Tokens<'_>) -> Result<Esearch, Broken> {
    let mut found = Esearch::default();
    if tokens.take(b'(') {
        let is_tag = tokens.word().eq_ignore_ascii_case(b"TAG");
        let value = tokens.string()?;
        if is_tag {
            found.tag = value.and_then(|tag| Tag::parse(&tag));
        }
        if !tokens.take(b')') {
            return Err(Broken("a list without end"));
        }
    }
    while tokens.peek().is_some() {
        let item = tokens.word().to_ascii_uppercase();
        match item.as_slice() {
            b"" => return Err(Broken("an ESEARCH item was expected")),
            b"UID" => {}
            b"ALL" => found.all = number_set(tokens.word()),
            _ => tokens.skip_value()?,
        }
    }
    Ok(found)
}

fn vanished(tokens: &mut Tokens<'_>) -> Result<Untagged, Broken> {
    let earlier = tokens.take(b'(');
    if earlier {
        tokens.word();
        tokens.take(b')');
    }
    let uids = number_set(tokens.word()).ok_or(Broken("a set of UIDs was expected"))?;
    Ok(Untagged::Vanished { earlier, uids })
}

/// The ranges of a set in the server's order, each `low <= high`; zero left out; `None` for anything else, `*` included.
pub(crate) fn number_ranges(text: &[u8]) -> Option<Vec<(u32, u32)>> {
    let one = |text: &[u8]| number(text).and_then(|n| u32::try_from(n).ok());
    let mut ranges = Vec::new();
    // A set that ends in a comma has been seen (mutt, CVE-2021-32055).
    for item in text.split(|byte| *byte == b',') {
        if item.is_empty() {
            continue;
        }
        let mut ends = item.splitn(2, |byte| *byte == b':');
        let first = one(ends.next()?)?;
        let last = ends.next().map_or(Some(first), one)?;
        let (low, high) = (first.min(last).max(1), first.max(last));
        if high > 0 {
            ranges.push((low, high));
        }
    }
    Some(ranges)
}

/// A set of numbers; sorted before it is built, so that no order of the server's costs quadratic time.
pub(crate) fn number_set(text: &[u8]) -> Option<UidSet> {
    let mut ranges = number_ranges(text)?;
    ranges.sort_unstable();
    let mut set = UidSet::new();
    for (low, high) in ranges {
        set.insert_range(low, high);
    }
    Some(set)
}

fn namespaces(tokens: &mut Tokens<'_>) -> Result<Namespaces, Broken> {
    Ok(Namespaces {
        personal: namespace(tokens)?,
        others: namespace(tokens)?,
        shared: namespace(tokens)?,
    })
}

fn namespace(tokens: &mut Tokens<'_>) -> Result<Vec<Namespace>, Broken> {
    let mut all = Vec::new();
    if !tokens.take(b'(') {
        // NIL, or nothing at all.
        tokens.word();
        return Ok(all);
    }
    while !tokens.take(b')') {
        tokens.open()?;
        let prefix = tokens.string()?.unwrap_or_default();
        let delimiter = tokens.string()?.and_then(|text| text.first().copied());
        while !tokens.take(b')') {
            if tokens.peek().is_none() {
                return Err(Broken("a list without end"));
            }
            tokens.skip_value()?;
        }
        if all.len() < MOST_NAMESPACES {
            all.push(Namespace {
                prefix: MailboxName::from_raw(&prefix),
                delimiter,
            });
        }
    }
    Ok(all)
}

fn id(tokens: &mut Tokens<'_>) -> Result<Vec<(String, String)>, Broken> {
    let mut pairs = Vec::new();
    if !tokens.take(b'(') {
        return Ok(pairs);
    }
    let text = |bytes: Option<std::borrow::Cow<'_, [u8]>>| {
        String::from_utf8_lossy(&bytes.unwrap_or_default()).into_owned()
    };
    // RFC 2971 §3.3: at most 30 pairs.
    while !tokens.take(b')') && pairs.len() < 30 {
        let key = text(tokens.string()?);
        let value = text(tokens.string()?);
        pairs.push((key, value));
    }
    Ok(pairs)
}
