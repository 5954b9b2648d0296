//! One address: whether it can be sent to, and how it stands on the wire and in a typed line. RFC 5321 §4.1.2, RFC 6531.

use std::borrow::Cow;

use lettre::Address as Checked;

use crate::mail::address::Address;
use crate::mail::character::{Fate, Use, fate};
use crate::mail::outgoing::AddressProblem;

/// Longest address in bytes, with room for a local part in UTF-8. RFC 5321 §4.5.3.1.
const MOST_BYTES: usize = 320;

/// The address for SMTP and header fields: its domain as A-labels, its local part as it is.
///
/// # Errors
/// Says what makes it unfit; nothing unfit may reach a protocol argument.
pub fn on_wire(addr: &str) -> Result<String, AddressProblem> {
    if addr.len() > MOST_BYTES {
        return Err(AddressProblem::TooLong);
    }
    let is_shown = |c: char| c == ' ' || matches!(fate(c, Use::Line), Fate::Keep | Fate::Mark);
    if !addr.chars().all(is_shown) {
        return Err(AddressProblem::Control);
    }
    let (local, domain) = addr.rsplit_once('@').ok_or(AddressProblem::NoAt)?;
    if has_blank_outside_quotes(addr) {
        return Err(AddressProblem::TextAfter);
    }
    let domain = ascii_domain(domain).ok_or(AddressProblem::Domain)?;
    Checked::new("a", &domain).map_err(|_| AddressProblem::Domain)?;
    let checked = Checked::new(local, &domain).map_err(|_| AddressProblem::LocalPart)?;
    Ok(checked.to_string())
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

/// The address as it is typed, its name quoted where it needs that.
#[must_use]
pub fn spelled(address: &Address) -> String {
    let name = clean_name(&address.name);
    if name.is_empty() {
        return address.addr.clone();
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
mod tests {
    use super::*;

    #[test]
    fn addresses_become_fit_for_the_wire() {
        for (typed, expected) in [
            ("a@b", "a@b"),
            ("a.b+c@example.org", "a.b+c@example.org"),
            ("anna@bücher.example", "anna@xn--bcher-kva.example"),
            ("jörg@bücher.example", "jörg@xn--bcher-kva.example"),
            ("用户@例え.jp", "用户@xn--r8jz45g.jp"),
            ("\"a b\"@example.org", "\"a b\"@example.org"),
            ("a@[127.0.0.1]", "a@[127.0.0.1]"),
        ] {
            assert_eq!(on_wire(typed).as_deref(), Ok(expected), "{typed}");
        }
    }

    #[test]
    fn what_is_unfit_is_told_apart() {
        for (typed, expected) in [
            ("a", AddressProblem::NoAt),
            ("@b", AddressProblem::LocalPart),
            ("a@", AddressProblem::Domain),
            ("a@b..c", AddressProblem::Domain),
            ("a@-b-", AddressProblem::Domain),
            ("a@b c", AddressProblem::TextAfter),
            ("a b@c", AddressProblem::TextAfter),
            ("a<x@c", AddressProblem::LocalPart),
            ("a@b>", AddressProblem::Domain),
            ("a\r\n@b", AddressProblem::Control),
            ("a\0@b", AddressProblem::Control),
            ("a\u{202e}@b", AddressProblem::Control),
            ("a\u{200b}@b", AddressProblem::Control),
        ] {
            assert_eq!(on_wire(typed), Err(expected), "{typed:?}");
        }
        let long = format!("{}@b", "a".repeat(400));
        assert_eq!(on_wire(&long), Err(AddressProblem::TooLong));
    }

    #[test]
    fn addresses_are_compared_as_servers_do() {
        assert!(same("Anna@Example.ORG", " anna@example.org"));
        assert!(same("a@bücher.example", "a@XN--bcher-kva.example"));
        assert!(!same("a@b", "a@c"));
    }

    #[test]
    fn an_address_is_meant_by_the_beginnings_of_its_words() {
        for (typed, expected) in [
            ("an", true),
            ("Abe", true),
            ("exa", true),
            ("nna", false),
            ("org", true),
            ("abel AN", true),
            ("\"Abel <anna@", true),
            ("anna x", false),
        ] {
            let words = words(typed);
            let is_meant = is_meant("anna abel anna@example.org", &words);
            assert_eq!(is_meant, expected, "{typed}");
        }
    }
}
