//! A typed line of addresses, read strictly: a mail goes to exactly those or is not built. RFC 5322 §3.4.

use std::ops::Range;

use crate::compose::address::{on_wire, spelled};
use crate::mail::address::Address;
use crate::mail::outgoing::{AddressMistake, AddressProblem};

/// Writes addresses as one would type them; [`parse`] reads them back.
#[must_use]
pub fn line(list: &[Address]) -> String {
    let spelled: Vec<String> = list.iter().map(spelled).collect();
    spelled.join(", ")
}

/// Reads a line: addresses apart by commas or semicolons, with names before them in quotes or not, or behind them in
/// brackets; groups give their members. The addresses are as typed, domains not yet as A-labels.
///
/// # Errors
/// The first mistake and where it stands; nothing is guessed.
pub fn parse(line: &str) -> Result<Vec<Address>, AddressMistake> {
    if let Some((at, c)) = line
        .char_indices()
        .find(|(_, c)| c.is_control() && *c != '\t')
    {
        return Err(AddressMistake {
            place: at..at + c.len_utf8(),
            problem: AddressProblem::Control,
        });
    }
    let mut all = Vec::new();
    for piece in pieces(line)? {
        all.extend(piece.address(line)?);
    }
    Ok(all)
}

/// One element of a line, by the places of its pieces.
#[derive(Debug, Default, Clone)]
struct Piece {
    /// The whole element.
    place: Range<usize>,
    /// What stands between `<` and `>`.
    angle: Option<Range<usize>>,
    /// Comments, with their brackets.
    comments: Vec<Range<usize>>,
}

/// Where the reader is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Inside {
    Text,
    Quote,
    Comment(usize),
    Angle,
    QuoteInAngle,
    Literal,
}

fn pieces(line: &str) -> Result<Vec<Piece>, AddressMistake> {
    let mut all = Vec::new();
    let mut piece = Piece::default();
    let (mut inside, mut opened) = (Inside::Text, 0);
    let mut chars = line.char_indices();
    while let Some((at, c)) = chars.next() {
        let after = at + c.len_utf8();
        let next = match (inside, c) {
            (Inside::Quote | Inside::QuoteInAngle | Inside::Comment(_), '\\') => {
                chars.next();
                inside
            }
            (Inside::Text, '"') => Inside::Quote,
            (Inside::Quote, '"') | (Inside::Literal, ']') => Inside::Text,
            (Inside::Angle, '"') => Inside::QuoteInAngle,
            (Inside::QuoteInAngle, '"') => Inside::Angle,
            (Inside::Text, '[') => Inside::Literal,
            (Inside::Text, '(') => Inside::Comment(1),
            (Inside::Comment(depth), '(') => Inside::Comment(depth + 1),
            (Inside::Comment(1), ')') => {
                piece.comments.push(opened..after);
                Inside::Text
            }
            (Inside::Comment(depth), ')') => Inside::Comment(depth - 1),
            (Inside::Text, '<') if piece.angle.is_none() => Inside::Angle,
            (Inside::Text, '<' | '>') | (Inside::Angle, '<') => {
                return Err(mistake(at..after, AddressProblem::TextAfter));
            }
            (Inside::Angle, '>') => {
                piece.angle = Some(opened + 1..at);
                Inside::Text
            }
            (Inside::Text, ',' | ';') => {
                piece.place.end = at;
                all.push(std::mem::take(&mut piece));
                piece.place.start = after;
                Inside::Text
            }
            // The name of a group is no address; what looks like one is a route, or a second line made one with the first.
            (Inside::Text, ':') if piece.angle.is_none() => {
                piece = behind_group(line, piece.place.start..at)?;
                piece.place.start = after;
                Inside::Text
            }
            _ => inside,
        };
        if inside == Inside::Text && next != Inside::Text {
            opened = at;
        }
        inside = next;
    }
    if inside != Inside::Text {
        return Err(mistake(opened..line.len(), AddressProblem::Unclosed));
    }
    piece.place.end = line.len();
    all.push(piece);
    Ok(all)
}

/// What follows the name of a group, which stands at `name`.
fn behind_group(line: &str, name: Range<usize>) -> Result<Piece, AddressMistake> {
    let is_address = |name: &str| name.contains('@');
    if line.get(name.clone()).is_some_and(is_address) {
        return Err(mistake(trimmed(line, name), AddressProblem::TextAfter));
    }
    Ok(Piece::default())
}

const fn mistake(place: Range<usize>, problem: AddressProblem) -> AddressMistake {
    AddressMistake { place, problem }
}

/// A place without the blanks around it.
fn trimmed(line: &str, place: Range<usize>) -> Range<usize> {
    let text = line.get(place.clone()).unwrap_or_default();
    let start = place.start + (text.len() - text.trim_start().len());
    start..start + text.trim().len()
}

impl Piece {
    /// The address; nothing for an element that says nothing.
    fn address(&self, line: &str) -> Result<Option<Address>, AddressMistake> {
        let place = trimmed(line, self.place.clone());
        if place.is_empty() {
            return Ok(None);
        }
        let text = |place: Range<usize>| line.get(place).unwrap_or_default();
        let comment = self.comments.last().map(|comment| {
            let inner = text(comment.start + 1..comment.end.saturating_sub(1));
            unescaped(inner).trim().to_owned()
        });
        let Some(angle) = &self.angle else {
            let bare = trimmed(line, self.without_comments(place, line)?);
            let addr = text(bare.clone()).to_owned();
            on_wire(&addr).map_err(|problem| mistake(bare, problem))?;
            let name = comment.unwrap_or_default();
            return Ok(Some(Address { name, addr }));
        };
        let behind = trimmed(line, self.without_comments(angle.end + 1..place.end, line)?);
        if !behind.is_empty() {
            return Err(mistake(behind, AddressProblem::TextAfter));
        }
        let inner = trimmed(line, angle.clone());
        let addr = text(inner.clone()).to_owned();
        on_wire(&addr).map_err(|problem| {
            let shown = if inner.is_empty() {
                place.clone()
            } else {
                inner
            };
            mistake(shown, problem)
        })?;
        let phrase = self.phrase(line, place.start..angle.start - 1);
        let name = if phrase.is_empty() {
            comment.unwrap_or_default()
        } else {
            phrase
        };
        Ok(Some(Address { name, addr }))
    }

    /// The one stretch of text beside the comments; two of them are one too many.
    fn without_comments(
        &self,
        place: Range<usize>,
        line: &str,
    ) -> Result<Range<usize>, AddressMistake> {
        let mut found: Option<Range<usize>> = None;
        let mut start = place.start;
        let end = place.end..place.end;
        let inside = self.comments.iter().filter(|c| place.contains(&c.start));
        for end in inside.map(Clone::clone).chain(std::iter::once(end)) {
            let stretch = trimmed(line, start..end.start);
            start = end.end;
            if stretch.is_empty() {
                continue;
            }
            if found.is_some() {
                return Err(mistake(stretch, AddressProblem::TextAfter));
            }
            found = Some(stretch);
        }
        Ok(found.unwrap_or(place.end..place.end))
    }

    /// The name before the angle brackets: quotes and comments resolved.
    fn phrase(&self, line: &str, place: Range<usize>) -> String {
        let mut plain = String::new();
        let mut start = place.start;
        let inside = self.comments.iter().filter(|c| place.contains(&c.start));
        for comment in inside {
            plain.push_str(line.get(start..comment.start).unwrap_or_default());
            start = comment.end;
        }
        plain.push_str(line.get(start..place.end).unwrap_or_default());
        without_quotes(plain.trim())
    }
}

fn without_quotes(phrase: &str) -> String {
    let mut out = String::with_capacity(phrase.len());
    let mut in_quotes = false;
    let mut chars = phrase.chars();
    while let Some(c) = chars.next() {
        match c {
            '"' => in_quotes = !in_quotes,
            '\\' if in_quotes => out.extend(chars.next()),
            c => out.push(c),
        }
    }
    out.trim().to_owned()
}

fn unescaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match c {
            '\\' => out.extend(chars.next()),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read(line: &str) -> Vec<(String, String)> {
        let list = parse(line).unwrap_or_else(|mistake| panic!("{line:?}: {mistake:?}"));
        list.into_iter()
            .map(|address| (address.name, address.addr))
            .collect()
    }

    #[test]
    fn lines_are_read_as_people_type_them() {
        let cases: &[(&str, &[(&str, &str)])] = &[
            ("", &[]),
            (" , ; ", &[]),
            ("a@b", &[("", "a@b")]),
            ("a@b, c@d; e@f,", &[("", "a@b"), ("", "c@d"), ("", "e@f")]),
            ("Anna Abel <a@b>", &[("Anna Abel", "a@b")]),
            (
                "\"Abel, Anna\" <a@b>, c@d",
                &[("Abel, Anna", "a@b"), ("", "c@d")],
            ),
            ("\"a \\\"b\\\" \\\\c\" <a@b>", &[("a \"b\" \\c", "a@b")]),
            ("a@b (Anna (the one))", &[("Anna (the one)", "a@b")]),
            ("<a@b> (Anna)", &[("Anna", "a@b")]),
            ("Anna (work) <a@b>", &[("Anna", "a@b")]),
            (
                "Jörg Ü <jörg@bücher.example>",
                &[("Jörg Ü", "jörg@bücher.example")],
            ),
            ("Friends: a@b, c@d;", &[("", "a@b"), ("", "c@d")]),
            ("undisclosed-recipients:;", &[]),
            ("mailto:a@b", &[("", "a@b")]),
            ("\"a b\"@c", &[("", "\"a b\"@c")]),
            ("x <\"a,b\"@c>", &[("x", "\"a,b\"@c")]),
            ("taro.@b, c..d@e", &[("", "taro.@b"), ("", "c..d@e")]),
            ("a@[127.0.0.1], b@c", &[("", "a@[127.0.0.1]"), ("", "b@c")]),
            ("=?utf-8?q?x?= <a@b>", &[("=?utf-8?q?x?=", "a@b")]),
        ];
        for (line, expected) in cases {
            let expected: Vec<_> = expected
                .iter()
                .map(|(name, addr)| ((*name).to_owned(), (*addr).to_owned()))
                .collect();
            assert_eq!(read(line), expected, "{line:?}");
        }
    }

    #[test]
    fn mistakes_are_shown_where_they_stand() {
        for (line, piece, problem) in [
            ("a@b, anna", "anna", AddressProblem::NoAt),
            ("Abel, Anna <a@b>", "Abel", AddressProblem::NoAt),
            ("Anna <anna>, c@d", "anna", AddressProblem::NoAt),
            ("Anna <>", "Anna <>", AddressProblem::NoAt),
            ("a@b c@d", "a@b c@d", AddressProblem::TextAfter),
            ("a@b (x) c@d", "c@d", AddressProblem::TextAfter),
            ("<a@b> c@d", "c@d", AddressProblem::TextAfter),
            ("<a@b> <c@d>", "<", AddressProblem::TextAfter),
            ("a@b>", ">", AddressProblem::TextAfter),
            ("x, \"Anna <a@b>", "\"Anna <a@b>", AddressProblem::Unclosed),
            ("a@b Bcc: c@d", "a@b Bcc", AddressProblem::TextAfter),
            ("@x:a@b", "@x", AddressProblem::TextAfter),
            ("Anna <a@b", "<a@b", AddressProblem::Unclosed),
            ("a@b (Anna", "(Anna", AddressProblem::Unclosed),
            ("ü@b, a@ü..x", "a@ü..x", AddressProblem::Domain),
            ("a@b\r\nBcc: c@d", "\r", AddressProblem::Control),
            ("a\0@b", "\0", AddressProblem::Control),
            ("x <\"a>b\"@c>", "\"a>b\"@c", AddressProblem::LocalPart),
        ] {
            let found = parse(line).unwrap_err();
            let shown = line.get(found.place.clone());
            assert_eq!((shown, found.problem), (Some(piece), problem), "{line:?}");
        }
    }

    proptest! {
        #[test]
        fn any_line_is_read_or_refused(line in "[\\PC\t\"<>@,;:()\\[\\]\\\\]{0,60}") {
            match parse(&line) {
                Ok(list) => prop_assert!(list.iter().all(|address| on_wire(&address.addr).is_ok())),
                Err(mistake) => prop_assert!(line.get(mistake.place).is_some()),
            }
        }

        #[test]
        fn what_is_written_is_read_back(
            names in proptest::collection::vec("[\\PC\"\\\\,<>@(). ]{0,30}", 0..4),
        ) {
            let list: Vec<Address> = names
                .into_iter()
                .enumerate()
                .map(|(n, name)| Address {
                    name: crate::compose::address::clean_name(&name),
                    addr: format!("a{n}@example.org"),
                })
                .collect();
            prop_assert_eq!(parse(&line(&list)).unwrap(), list);
        }
    }
}
