//! One address: whether it can be sent to, and how it stands on the wire and in a typed line. RFC 5321 §4.1.2, RFC 6531.

use std::borrow::Cow;

use lettre::Address as Checked;

use crate::mail::address::{Address, MAX_BYTES};
use crate::mail::character::{Fate, Use, fate};
use crate::mail::outgoing::AddressProblem;

/// The address for SMTP and header fields: its domain as A-labels, its local part as it is, in quotes where its dots need
/// them. This is the one judge of addresses; a local part may be longer than 64 bytes, as return paths and tokens are.
///
/// # Errors
/// Says what makes it unfit; nothing unfit may reach a protocol argument.
pub fn on_wire(addr: &str) -> Result<String, AddressProblem> {
    // A domain may take more bytes as it is typed.
    if addr.len() > 4 * MAX_BYTES {
        return Err(AddressProblem::TooLong);
    }
    if !is_shown(addr) {
        return Err(AddressProblem::Control);
    }
    let (local, domain) = addr.rsplit_once('@').ok_or(AddressProblem::NoAt)?;
    if has_blank_outside_quotes(addr) {
        return Err(AddressProblem::TextAfter);
    }
    let domain = ascii_domain(domain).ok_or(AddressProblem::Domain)?;
    Checked::new("a", &domain).map_err(|_| AddressProblem::Domain)?;
    let local = wire_local(local).ok_or(AddressProblem::LocalPart)?;
    let wired = format!("{local}@{domain}");
    if wired.len() > MAX_BYTES {
        return Err(AddressProblem::TooLong);
    }
    Ok(wired)
}

/// Whether every character shows itself, or stands on one that does.
fn is_shown(addr: &str) -> bool {
    let mut before = '@';
    addr.chars().all(|c| {
        let is_shown = match fate(c, Use::Line) {
            Fate::Keep => true,
            Fate::Mark => is_on_letter(c, before),
            _ => false,
        };
        before = c;
        is_shown
    })
}

/// Whether a mark stands on a letter; one that shows nothing itself (joiners, variation selectors) only where a script
/// has a use for it.
const fn is_on_letter(mark: char, before: char) -> bool {
    let is_unseen = matches!(mark, '\u{200c}' | '\u{200d}' | '\u{fe00}'..='\u{fe0f}');
    !before.is_ascii() || before.is_ascii_alphanumeric() && !is_unseen
}

/// The part before the `@`: a dot-atom or a quoted string, both with UTF-8 (RFC 6531 §3.3). Some providers gave out names
/// with dots where the standard has none; in quotes it knows them. `None` for anything else, and for angle brackets also
/// in quotes, where the standard has them: not every server looks for the closing quote first.
fn wire_local(local: &str) -> Option<Cow<'_, str>> {
    if let Some(rest) = local.strip_prefix('"') {
        let content = rest.strip_suffix('"')?;
        return is_quotable(content).then_some(Cow::Borrowed(local));
    }
    let is_atext =
        |c: char| !c.is_ascii() || c.is_ascii_alphanumeric() || "!#$%&'*+-/=?^_`{|}~".contains(c);
    if local.is_empty() || !local.chars().all(|c| c == '.' || is_atext(c)) {
        return None;
    }
    let has_odd_dots = local.split('.').any(str::is_empty);
    Some(if has_odd_dots {
        Cow::Owned(quoted(local))
    } else {
        Cow::Borrowed(local)
    })
}

/// Whether a text can stand between quotes: each quote and backslash behind a backslash. RFC 5321 §4.1.2.
fn is_quotable(content: &str) -> bool {
    let mut chars = content.chars();
    while let Some(c) = chars.next() {
        let shown = if c == '\\' { chars.next() } else { Some(c) };
        let fits = match (c, shown) {
            (_, None | Some('<' | '>')) | ('"', _) => false,
            ('\\', Some(escaped)) => escaped.is_ascii(),
            _ => true,
        };
        if !fits {
            return false;
        }
    }
    true
}

/// The words of a typed address, as they are looked for.
#[must_use]
pub fn words(typed: &str) -> Vec<String> {
    let is_edge = |c: char| c.is_whitespace() || matches!(c, '"' | '<' | '>');
    let lower = typed.to_lowercase();
    let words = lower.split(is_edge).filter(|word| !word.is_empty());
    words.map(str::to_owned).collect()
}

/// Whether a name and an address, in lower case, are meant by such words: each begins a word of theirs.
#[must_use]
pub fn is_meant(lower: &str, words: &[String]) -> bool {
    words.iter().all(|word| begins_in(lower, word))
}

/// Whether a word of a text begins so.
fn begins_in(text: &str, word: &str) -> bool {
    text.match_indices(word).any(|(at, _)| {
        let before = text.get(..at).and_then(|head| head.chars().next_back());
        before.is_none_or(|c| !c.is_alphanumeric())
    })
}

fn has_blank_outside_quotes(addr: &str) -> bool {
    let (mut in_quotes, mut escaped) = (false, false);
    addr.chars().any(|c| {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = in_quotes,
            '"' => in_quotes = !in_quotes,
            _ => return !in_quotes && c.is_whitespace(),
        }
        false
    })
}

/// The domain as A-labels; `None` for none.
pub fn ascii_domain(domain: &str) -> Option<Cow<'_, str>> {
    if domain.is_ascii() {
        return Some(Cow::Borrowed(domain)).filter(|domain| !domain.is_empty());
    }
    idna::domain_to_ascii_cow(domain.as_bytes(), idna::AsciiDenyList::URL)
        .ok()
        .filter(|domain| !domain.is_empty())
}

/// The address as it is typed, its name quoted where it needs that. One that nothing can be sent to stands in brackets, so
/// that whoever reads the line finds that mistake and nothing else in it.
#[must_use]
pub fn spelled(address: &Address) -> String {
    let name = clean_name(&address.name);
    if name.is_empty() {
        return match on_wire(&address.addr) {
            Ok(_) => address.addr.clone(),
            Err(_) => format!("<{}>", address.addr),
        };
    }
    if is_phrase(&name) {
        format!("{name} <{}>", address.addr)
    } else {
        format!("{} <{}>", quoted(&name), address.addr)
    }
}

/// A name on one line: nothing in it steers a terminal or ends a header field.
#[must_use]
pub fn clean_name(name: &str) -> String {
    let kept: String = name
        .chars()
        .filter_map(|c| match c {
            '\t' | '\r' | '\n' | '\u{2028}' | '\u{2029}' => Some(' '),
            c if c.is_control() => None,
            c => Some(c),
        })
        .collect();
    kept.trim().to_owned()
}

/// Whether a name needs no quotes, whoever reads it.
fn is_phrase(name: &str) -> bool {
    let is_special = |c: char| "()<>[]:;@\\,.\"=?".contains(c);
    !name.contains("  ") && !name.chars().any(is_special)
}

/// A quoted string. RFC 5322 §3.2.4.
#[must_use]
pub fn quoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for c in text.chars() {
        if matches!(c, '"' | '\\') {
            out.push('\\');
        }
        out.push(c);
    }
    out.push('"');
    out
}

/// Whether a name can stand as it is in a header: RFC 5322 atoms with single blanks.
#[must_use]
pub fn is_atoms(name: &str) -> bool {
    let is_atext = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-/^_`{|}~ ".contains(c);
    !name.is_empty() && !name.contains("  ") && name.chars().all(is_atext)
}

/// Whether two addresses are one to the eye of a server: case is ignored, also in local parts, where nobody keeps it.
#[must_use]
pub fn same(a: &str, b: &str) -> bool {
    key(a) == key(b)
}

/// What addresses are compared by.
#[must_use]
pub fn key(addr: &str) -> String {
    let addr = addr.trim();
    let wired = on_wire(addr).unwrap_or_else(|_| addr.to_owned());
    wired.to_lowercase()
}

#[cfg(test)]
mod tests;
