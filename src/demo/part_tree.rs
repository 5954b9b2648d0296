//! The MIME structure of a message as byte ranges: what sections and BODYSTRUCTURE are cut from. RFC 2046.
//!
//! The server's own reading, independent of the client's.

use std::ops::Range;

use crate::demo::header_field::{self, Parameterised};
use crate::demo::mailbox::header_end;

/// Levels below which a part counts as a leaf.
const DEPTH: usize = 30;
/// Parts of one multipart that are told apart.
const PARTS: usize = 1000;

/// What is inside of a part.
#[derive(Debug, PartialEq, Eq)]
pub enum Inside {
    /// Bytes.
    Leaf,
    /// Parts.
    Multipart(Vec<Part>),
    /// A message with its own header.
    Message(Box<Part>),
}

/// A part, or the whole message.
#[derive(Debug, PartialEq, Eq)]
pub struct Part {
    /// Its header block, the empty line included.
    pub header: Range<usize>,
    /// What follows.
    pub body: Range<usize>,
    /// Its content type, lower case, with parameters.
    pub content_type: Parameterised,
    /// What is inside.
    pub inside: Inside,
}

/// Reads a whole message.
pub fn parse(bytes: &[u8]) -> Part {
    part(bytes, 0..bytes.len(), "text/plain", 0)
}

fn part(bytes: &[u8], range: Range<usize>, default_type: &str, depth: usize) -> Part {
    let all = bytes.get(range.clone()).unwrap_or_default();
    let split = range.start + header_end(all);
    let header = range.start..split;
    let body = split..range.end;
    let fields = header_field::fields(bytes.get(header.clone()).unwrap_or_default());
    let mut content_type = header_field::value(&fields, "Content-Type")
        .map(|value| Parameterised::parse(&value))
        .unwrap_or_default();
    content_type.value = content_type.value.to_ascii_lowercase();
    if !content_type.value.contains('/') {
        default_type.clone_into(&mut content_type.value);
    }
    let inside = if depth >= DEPTH {
        Inside::Leaf
    } else if content_type.value == "message/rfc822" {
        Inside::Message(Box::new(part(bytes, body.clone(), "text/plain", depth + 1)))
    } else if content_type.value.starts_with("multipart/") {
        let default_type = if content_type.value == "multipart/digest" {
            "message/rfc822"
        } else {
            "text/plain"
        };
        let boundary = content_type.get("boundary").unwrap_or_default();
        let parts: Vec<Part> = pieces(bytes, &body, boundary)
            .into_iter()
            .map(|piece| part(bytes, piece, default_type, depth + 1))
            .collect();
        if parts.is_empty() {
            "text/plain".clone_into(&mut content_type.value);
            Inside::Leaf
        } else {
            Inside::Multipart(parts)
        }
    } else {
        Inside::Leaf
    };
    Part {
        header,
        body,
        content_type,
        inside,
    }
}

/// The ranges between the delimiter lines of a boundary.
fn pieces(bytes: &[u8], body: &Range<usize>, boundary: &str) -> Vec<Range<usize>> {
    let mut pieces = Vec::new();
    if boundary.is_empty() {
        return pieces;
    }
    let mut start: Option<usize> = None;
    let mut at = body.start;
    while at < body.end && pieces.len() < PARTS {
        let rest = bytes.get(at..body.end).unwrap_or_default();
        let length = rest
            .iter()
            .position(|byte| *byte == b'\n')
            .map_or(rest.len(), |end| end + 1);
        let line = rest.get(..length).unwrap_or_default().trim_ascii_end();
        let mark = line
            .strip_prefix(b"--")
            .and_then(|line| line.strip_prefix(boundary.as_bytes()));
        if let Some(tail @ (b"" | b"--")) = mark {
            if let Some(start) = start.take() {
                // The line end before a delimiter belongs to the delimiter.
                let mut end = at;
                for byte in [b'\n', b'\r'] {
                    if end > start && bytes.get(end - 1) == Some(&byte) {
                        end -= 1;
                    }
                }
                pieces.push(start..end);
            }
            if tail == b"--" {
                return pieces;
            }
            start = Some(at + length);
        }
        at += length;
    }
    if let Some(start) = start.filter(|start| *start < body.end) {
        pieces.push(start..body.end);
    }
    pieces
}

impl Part {
    /// The part of a path, as `BODY[1.2]` numbers them: a single part is its own part 1. RFC 3501 §6.4.5.
    pub fn find(&self, path: &[u32]) -> Option<&Self> {
        let mut found = self;
        for number in path {
            let inner = match &found.inside {
                Inside::Message(message) if !std::ptr::eq(found, self) => message.as_ref(),
                _ => found,
            };
            found = match &inner.inside {
                Inside::Multipart(parts) => {
                    let index = usize::try_from(*number).ok()?.checked_sub(1)?;
                    parts.get(index)?
                }
                _ if *number == 1 => inner,
                _ => return None,
            };
        }
        Some(found)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NESTED: &str = "Content-Type: multipart/mixed; boundary=o\r\n\r\npre\r\n--o\r\n\
        Content-Type: multipart/alternative; boundary=\"i\"\r\n\r\n--i\r\n\r\nplain\r\n--i\r\n\
        Content-Type: text/html\r\n\r\n<p>\r\n--i--\r\n\r\n--o\r\nContent-Type: message/rfc822\r\n\r\n\
        Subject: in\r\n\r\ninner\r\n--o--\r\n";

    #[test]
    fn parts_are_numbered_as_imap_numbers_them() {
        let tree = parse(NESTED.as_bytes());
        let body = |path: &[u32]| &NESTED[tree.find(path).unwrap().body.clone()];
        assert_eq!(body(&[1, 1]), "plain");
        assert_eq!(body(&[1, 2]), "<p>");
        assert_eq!(body(&[2]), "Subject: in\r\n\r\ninner");
        assert_eq!(body(&[2, 1]), "inner");
        assert_eq!(tree.find(&[3]), None);
        assert_eq!(tree.find(&[2, 2]), None);
    }

    #[test]
    fn a_single_part_is_its_own_part_one() {
        let tree = parse(b"Subject: x\r\n\r\nbody");
        assert_eq!(tree.find(&[1]).unwrap().body, 14..18);
        assert_eq!(tree.find(&[2]), None);
        assert_eq!(tree.find(&[0]), None);
    }

    #[test]
    fn endless_nesting_ends() {
        let mut text = String::new();
        for _ in 0..10_000 {
            text.push_str("Content-Type: message/rfc822\r\n\r\n");
        }
        parse(text.as_bytes());
    }
}
