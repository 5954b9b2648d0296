//! One element of an address list: from its pieces to a name and an address. RFC 5322 §3.4.1.

use std::borrow::Cow;

use crate::mail::address::Address;
use crate::mail::character::is_trick;
use crate::mime::words;

/// One element of a list, cut into its pieces but not decoded.
#[derive(Debug, Default)]
pub struct Mailbox<'a> {
    /// The element as it stands.
    pub whole: &'a str,
    /// What stands outside of comments and angle brackets, quotes resolved.
    pub phrase: Cow<'a, str>,
    /// The last comment.
    pub comment: &'a str,
    /// What stands in the last angle brackets.
    pub angle: &'a str,
    /// How many angle brackets were opened.
    pub n_angles: usize,
    /// Whether a part of the phrase was quoted.
    pub has_quotes: bool,
    /// Whether text follows the angle brackets.
    pub text_after_angle: bool,
}

impl Mailbox<'_> {
    /// The address; nothing for an element without any text.
    pub fn address(&self) -> Option<Address> {
        if self.whole.trim().is_empty() {
            return None;
        }
        let unparsable = || {
            Some(Address {
                name: words::unfold(self.whole),
                addr: String::new(),
            })
        };
        if self.n_angles > 1 || self.text_after_angle {
            return unparsable();
        }
        if self.n_angles == 1 {
            let Some(addr) = addr_spec(self.angle) else {
                return unparsable();
            };
            let name = if self.phrase.trim().is_empty() {
                self.comment
            } else {
                &self.phrase
            };
            return Some(Address {
                name: decoded(name),
                addr,
            });
        }
        // Without angle brackets quotes belong to the local part, so the raw text decides.
        let bare = if self.has_quotes {
            without_comment(self.whole)
        } else {
            &self.phrase
        };
        let Some(addr) = addr_spec(bare) else {
            return unparsable();
        };
        Some(Address {
            name: decoded(self.comment),
            addr,
        })
    }
}

fn without_comment(whole: &str) -> &str {
    whole.split('(').next().unwrap_or(whole)
}

fn decoded(phrase: &str) -> String {
    let name = words::text(phrase.as_bytes(), "");
    // Some mailers put a second pair of quotes into the first.
    let inner = name
        .strip_prefix('\'')
        .and_then(|rest| rest.strip_suffix('\''))
        .unwrap_or(&name)
        .trim();
    if inner.len() == name.len() {
        return name;
    }
    inner.to_owned()
}

/// Appends the content of a quoted string.
pub fn unescape(quoted: &str, out: &mut String) {
    let mut chars = quoted.chars();
    while let Some(c) = chars.next() {
        match c {
            '\\' => out.extend(chars.next()),
            c => out.push(c),
        }
    }
}

/// Reads one `local@domain`, without its route and without blanks around dots and `@`; `None` for anything else.
fn addr_spec(raw: &str) -> Option<String> {
    let mut raw = raw.trim();
    if raw.starts_with('@') {
        raw = raw.split_once(':')?.1.trim();
    }
    // `<mailto:a@b>` and `<<a@b>>` occur.
    raw = raw.strip_prefix("mailto:").unwrap_or(raw);
    let at = raw.rfind('@')?;
    let (local, domain) = (raw.get(..at)?, raw.get(at + 1..)?);
    let (local, domain) = (local.trim(), domain.trim().trim_end_matches('.'));
    let is_quoted = local.len() >= 2 && local.starts_with('"') && local.ends_with('"');
    let is_plain =
        |c: char| c.is_ascii_graphic() || !(c.is_whitespace() || c.is_control() || is_trick(c));
    let local_fits = !local.is_empty()
        && if is_quoted {
            local.chars().all(|c| c == ' ' || is_plain(c))
        } else {
            local.chars().all(|c| {
                is_plain(c) && !matches!(c, '@' | '<' | '>' | '"' | '(' | ')' | ',' | ';' | ':')
            })
        };
    let domain_fits = !domain.is_empty()
        && domain
            .chars()
            .all(|c| is_plain(c) && !matches!(c, '<' | '>' | '"' | '(' | ')' | ',' | ';' | '\\'));
    (local_fits && domain_fits).then(|| [local, "@", domain].concat())
}
