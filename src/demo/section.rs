//! What stands between the brackets of `BODY[..]`: read from the command, cut from the message. RFC 3501 §6.4.5.

use crate::demo::header_field;
use crate::demo::mailbox::Content;
use crate::demo::part_tree::{self, Inside, Part};
use crate::mail::part::PartPath;
use crate::mime::parse;
use std::fmt::Write as _;

/// Which piece of a part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Piece {
    /// All of it.
    Whole,
    /// HEADER.
    Header,
    /// HEADER.FIELDS with these names, or, negated, HEADER.FIELDS.NOT.
    Fields(Vec<String>, bool),
    /// TEXT.
    Text,
    /// MIME.
    Mime,
}

/// A section with an optional partial range.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Section {
    /// Part numbers; empty for the message itself.
    pub path: Vec<u32>,
    /// Which piece.
    pub piece: Piece,
    /// Origin and most bytes of `<o.n>`.
    pub partial: Option<(usize, usize)>,
    /// Whether the part is wanted without its transfer encoding. RFC 3516.
    pub is_binary: bool,
    /// The response's name of it, `BODY[1.MIME]<0>`.
    pub label: String,
}

impl Section {
    /// Whether these are header fields of the message itself, as lists ask for them.
    pub const fn is_list(&self) -> bool {
        self.path.is_empty() && matches!(self.piece, Piece::Fields(..))
    }

    /// Reads `[HEADER.FIELDS (A B)]<0.100>`, what follows `BODY` or `BODY.PEEK`.
    pub fn parse(text: &str) -> Option<Self> {
        let inner = text.strip_prefix('[')?;
        let (inner, after) = inner.rsplit_once(']')?;
        let upper = inner.to_ascii_uppercase();
        let digits = upper
            .find(|letter: char| !letter.is_ascii_digit() && letter != '.')
            .unwrap_or(upper.len());
        let (numbers, rest) = upper.split_at(digits);
        let numbers = numbers.trim_end_matches('.');
        let path = if numbers.is_empty() {
            Vec::new()
        } else {
            PartPath::parse(numbers)?.numbers().to_vec()
        };
        let piece = match rest {
            "" => Piece::Whole,
            "HEADER" => Piece::Header,
            "TEXT" => Piece::Text,
            "MIME" if !path.is_empty() => Piece::Mime,
            _ => {
                let (list, negated) = match rest.strip_prefix("HEADER.FIELDS.NOT ") {
                    Some(list) => (list, true),
                    None => (rest.strip_prefix("HEADER.FIELDS ")?, false),
                };
                let names = list.trim().strip_prefix('(')?.strip_suffix(')')?;
                let names = names
                    .split_ascii_whitespace()
                    .map(|name| name.trim_matches('"').to_owned())
                    .collect();
                Piece::Fields(names, negated)
            }
        };
        let partial = if after.is_empty() {
            None
        } else {
            let range = after.strip_prefix('<')?.strip_suffix('>')?;
            let (origin, count) = range.split_once('.')?;
            Some((origin.parse().ok()?, count.parse().ok()?))
        };
        let mut label = format!("BODY[{upper}]");
        if let Some((origin, _)) = partial {
            let _ = write!(label, "<{origin}>");
        }
        Some(Self {
            path,
            piece,
            partial,
            is_binary: false,
            label,
        })
    }

    /// Reads what follows `BINARY.PEEK`: a whole part.
    pub fn parse_binary(text: &str) -> Option<Self> {
        let section = Self::parse(text).filter(|section| section.piece == Piece::Whole)?;
        Some(Self {
            is_binary: true,
            label: section.label.replacen("BODY", "BINARY", 1),
            ..section
        })
    }

    /// The same from a server that knows no ranges.
    #[must_use]
    pub fn without_range(mut self) -> Self {
        self.partial = None;
        self.label
            .truncate(self.label.rfind(']').map_or(0, |at| at + 1));
        self
    }

    /// Whether it is a body in the sense of the counters: more than header lines.
    pub const fn is_body(&self) -> bool {
        matches!(self.piece, Piece::Whole | Piece::Text)
    }

    /// Cuts the section from a message; `None` where it has no such part.
    pub fn cut(&self, content: &Content) -> Option<Vec<u8>> {
        let bytes = if self.is_binary {
            let parsed = parse::message(&content.whole());
            let path = PartPath::new(self.path.clone());
            let part = parsed.parts.iter().find(|part| part.info.path == path)?;
            part.decoded()
        } else if self.path.is_empty() {
            self.cut_top(content)
        } else {
            let whole = content.whole();
            let tree = part_tree::parse(&whole);
            self.cut_part(&whole, &tree)?
        };
        Some(match self.partial {
            None => bytes,
            Some((origin, count)) => bytes.into_iter().skip(origin).take(count).collect(),
        })
    }

    fn cut_top(&self, content: &Content) -> Vec<u8> {
        match &self.piece {
            Piece::Whole => content.whole().into_owned(),
            Piece::Header | Piece::Mime => content.header().into_owned(),
            Piece::Fields(names, negated) => chosen(&content.header(), names, *negated),
            Piece::Text => {
                let start = content.header().len();
                content.whole().get(start..).unwrap_or_default().to_vec()
            }
        }
    }

    fn cut_part(&self, whole: &[u8], tree: &Part) -> Option<Vec<u8>> {
        let part = tree.find(&self.path)?;
        let bytes = |range: &std::ops::Range<usize>| whole.get(range.clone()).map(<[u8]>::to_vec);
        // HEADER and TEXT of a part exist only where the part is a message.
        let message = match &part.inside {
            Inside::Message(message) => Some(message),
            _ => None,
        };
        match &self.piece {
            Piece::Whole => bytes(&part.body),
            Piece::Mime => bytes(&part.header),
            Piece::Header => bytes(&message?.header),
            Piece::Text => bytes(&message?.body),
            Piece::Fields(names, negated) => {
                Some(chosen(&bytes(&message?.header)?, names, *negated))
            }
        }
    }
}

/// The chosen fields as they stand, and the empty line.
fn chosen(header: &[u8], names: &[String], negated: bool) -> Vec<u8> {
    let mut result = Vec::with_capacity(512);
    for field in header_field::raw_fields(header) {
        let listed = names
            .iter()
            .any(|name| field.0.eq_ignore_ascii_case(name.as_bytes()));
        if listed != negated {
            result.extend_from_slice(field.1);
        }
    }
    result.extend_from_slice(b"\r\n");
    result
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sections_are_read_in_every_form() {
        for (text, path, piece, partial) in [
            ("[]", vec![], Piece::Whole, None),
            ("[1.2]<5.10>", vec![1, 2], Piece::Whole, Some((5, 10))),
            ("[1.MIME]", vec![1], Piece::Mime, None),
            ("[text]", vec![], Piece::Text, None),
            (
                "[2.header.fields (from To)]",
                vec![2],
                Piece::Fields(vec!["FROM".into(), "TO".into()], false),
                None,
            ),
        ] {
            let section = Section::parse(text).unwrap();
            assert_eq!(
                (section.path, section.piece, section.partial),
                (path, piece, partial),
                "{text}"
            );
        }
        for text in [
            "",
            "[",
            "[0]",
            "[MIME]",
            "[1.X]",
            "[HEADER.FIELDS from]",
            "[]<1>",
            "[]x",
        ] {
            assert_eq!(Section::parse(text), None, "{text}");
        }
    }
}
