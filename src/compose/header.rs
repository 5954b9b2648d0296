//! Header fields encoded and folded, so that nothing typed or received can become a field of its own. RFC 5322 §2.2.3,
//! RFC 2047.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use lettre::message::header::{HeaderName, HeaderValue};

use crate::compose::address::{clean_name, is_atoms, quoted};
use crate::mail::address::Address;

/// Longest line that is aimed at, in bytes. RFC 5322 §2.1.1.
const LINE: usize = 76;
/// Bytes of text in one encoded word, so that it and the name of its field fit a line.
const WORD_TEXT: usize = 42;
/// A word without blanks that may stand as it is; a longer one could not be folded.
const PLAIN_WORD: usize = 200;
/// A name that may stand in quotes; a longer one is encoded, which can be folded.
const QUOTED_NAME: usize = 60;
/// Ids of References that are kept, and bytes of them: the root and the newest.
const IDS: usize = 25;
const ID_BYTES: usize = 900;

/// A field that is encoded already.
fn encoded(name: &'static str, value: String) -> HeaderValue {
    let name = HeaderName::new_from_ascii_str(name);
    HeaderValue::dangerous_new_pre_encoded(name, value.clone(), value)
}

/// A field of our own making, such as a date or an id: ASCII on one line.
pub fn own(name: &'static str, value: String) -> HeaderValue {
    encoded(name, value)
}

/// An unstructured field. Line breaks become blanks, other controls go.
pub fn text(name: &'static str, value: &str) -> HeaderValue {
    let clean = clean_name(value);
    let is_plain = clean.bytes().all(|byte| (b' '..=b'~').contains(&byte))
        && !clean.contains("=?")
        && !clean.contains("  ")
        && clean.split(' ').all(|word| word.len() <= PLAIN_WORD);
    if is_plain {
        HeaderValue::new(HeaderName::new_from_ascii_str(name), clean)
    } else {
        encoded(name, words(&clean).join("\r\n "))
    }
}

/// Encoded words that say the text together. Blanks between them are no part of it. RFC 2047 §6.2.
fn words(text: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let (piece, after) = rest.split_at(rest.floor_char_boundary(WORD_TEXT));
        words.push(format!("=?utf-8?b?{}?=", STANDARD.encode(piece)));
        rest = after;
    }
    words
}

/// A list of addresses that were read by `recipients::parse`, so that each fits the wire already.
pub fn addresses(name: &'static str, list: &[Address]) -> HeaderValue {
    let mut out = String::new();
    let mut column = name.len() + 2;
    for (n, address) in list.iter().enumerate() {
        if n > 0 {
            out.push(',');
            column += 1;
        }
        for (m, piece) in pieces(address).iter().enumerate() {
            if (n > 0 || m > 0) && column + 1 + piece.len() > LINE {
                out.push_str("\r\n ");
                column = 1;
            } else if n > 0 || m > 0 {
                out.push(' ');
                column += 1;
            }
            out.push_str(piece);
            column += piece.len();
        }
    }
    encoded(name, out)
}

/// The pieces of one address between which a line may be folded.
fn pieces(address: &Address) -> Vec<String> {
    let name = clean_name(&address.name);
    if name.is_empty() {
        // Some readers take a bare quoted local part for a name.
        let is_quoted = address.addr.starts_with('"');
        return vec![if is_quoted {
            format!("<{}>", address.addr)
        } else {
            address.addr.clone()
        }];
    }
    let is_short = name.len() <= QUOTED_NAME;
    let is_ascii = name.bytes().all(|byte| (b' '..=b'~').contains(&byte));
    let mut pieces = if is_short && is_atoms(&name) {
        vec![name]
    } else if is_short && is_ascii && !name.contains("=?") {
        vec![quoted(&name)]
    } else {
        words(&name)
    };
    pieces.push(format!("<{}>", address.addr));
    pieces
}

/// Message ids, each in brackets. What is no id is left out; of too many the first and the newest stay.
///
/// `None` where none is left.
pub fn ids<'a>(name: &'static str, ids: impl IntoIterator<Item = &'a str>) -> Option<HeaderValue> {
    let mut all: Vec<&str> = ids.into_iter().filter(|id| is_id(id)).collect();
    if all.len() > IDS {
        all.drain(1..=all.len() - IDS);
    }
    let mut out = String::new();
    let mut column = name.len() + 1;
    for id in &all {
        if !out.is_empty() && column + id.len() + 3 > LINE {
            out.push_str("\r\n ");
            column = 1;
        } else if !out.is_empty() {
            out.push(' ');
        }
        out.push('<');
        out.push_str(id);
        out.push('>');
        column += id.len() + 3;
    }
    (!out.is_empty()).then(|| encoded(name, out))
}

/// Whether a text can stand as a message id, whoever made it. RFC 5322 §3.6.4, read loosely.
pub fn is_id(id: &str) -> bool {
    let fits = |byte: u8| byte.is_ascii_graphic() && !matches!(byte, b'<' | b'>');
    !id.is_empty() && id.len() <= ID_BYTES && id.bytes().all(fits)
}

#[cfg(test)]
mod tests {
    use lettre::message::header::Headers;

    use super::*;

    fn shown(value: HeaderValue) -> String {
        let mut headers = Headers::new();
        headers.insert_raw(value);
        headers.to_string()
    }

    #[test]
    fn texts_are_encoded_where_they_must_be() {
        for (value, expected) in [
            ("plain text", "Subject: plain text\r\n"),
            ("", "Subject: \r\n"),
            ("Gr\u{fc}\u{df}e", "Subject: =?utf-8?b?R3LDvMOfZQ==?=\r\n"),
            ("x\r\nBcc: v", "Subject: =?utf-8?b?eCAgQmNjOiB2?=\r\n"),
            ("a\0\u{1b}\u{9b}b", "Subject: ab\r\n"),
            (
                "=?utf-8?q?x?=",
                "Subject: =?utf-8?b?PT91dGYtOD9xP3g/PQ==?=\r\n",
            ),
        ] {
            assert_eq!(shown(text("Subject", value)), expected, "{value:?}");
        }
        let long = shown(text("Subject", &"x".repeat(5_000)));
        assert!(long.lines().all(|line| line.len() <= 78), "{long}");
    }

    #[test]
    fn addresses_are_folded_between_their_pieces() {
        let address = |name: &str, addr: &str| Address {
            name: name.to_owned(),
            addr: addr.to_owned(),
        };
        let list = [
            address("Anna Abel", "anna@example.org"),
            address("Abel, Anna", "a@example.org"),
            address("J\u{f6}rg", "joerg@example.org"),
            address("", "plain@example.org"),
            address(&"\u{fc}".repeat(60), "u@example.org"),
        ];
        let shown = shown(addresses("To", &list));
        assert!(shown.lines().all(|line| line.len() <= 78), "{shown}");
        assert!(
            shown.starts_with(
                "To: Anna Abel <anna@example.org>, \"Abel, Anna\" <a@example.org>,\r\n "
            ),
            "{shown}"
        );
    }

    #[test]
    fn of_many_references_the_root_and_the_newest_stay() {
        let all: Vec<String> = (0..100).map(|n| format!("{n}@example.org")).collect();
        let shown = shown(ids("References", all.iter().map(String::as_str)).unwrap());
        assert!(shown.starts_with("References: <0@example.org> <76@example.org>"));
        assert!(shown.ends_with("<99@example.org>\r\n"));
        assert!(shown.lines().all(|line| line.len() <= 78), "{shown}");
        assert!(ids("References", ["a b", "", "x>\r\nBcc: y", "\u{fc}@x"]).is_none());
    }
}
