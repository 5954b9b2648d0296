//! Plain text to paragraphs: quote depth, and the lines of `format=flowed` joined again. RFC 3676.

use std::borrow::Cow;

use crate::mime::message::TextLines;

/// One paragraph, or one line of a text that is not flowed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Paragraph<'a> {
    /// How deep it is quoted.
    pub depth: u8,
    /// The text without quote marks.
    pub text: Cow<'a, str>,
}

/// Longest paragraph in bytes; a longer one goes on in the next.
const PARAGRAPH_BYTES: usize = 256 << 10;

/// The paragraphs of a text, one after another.
pub struct Paragraphs<'a> {
    lines: std::iter::Peekable<std::str::Lines<'a>>,
    kind: TextLines,
}

impl<'a> Paragraphs<'a> {
    /// Starts at the first line.
    pub fn new(text: &'a str, kind: TextLines) -> Self {
        Self {
            lines: text.lines().peekable(),
            kind,
        }
    }
}

impl<'a> Iterator for Paragraphs<'a> {
    type Item = Paragraph<'a>;

    fn next(&mut self) -> Option<Paragraph<'a>> {
        let line = self.lines.next()?;
        let TextLines::Flowed { del_sp } = self.kind else {
            let (depth, text) = fixed_quote(line);
            return Some(Paragraph {
                depth,
                text: Cow::Borrowed(text),
            });
        };
        let (depth, first) = flowed_quote(line);
        let mut text = Cow::Borrowed(first);
        while flows(&text) && text.len() < PARAGRAPH_BYTES {
            // A paragraph ends where the depth changes, whatever its last line says. RFC 3676 §4.5.
            let Some((next_depth, next)) = self.lines.peek().map(|line| flowed_quote(line)) else {
                break;
            };
            if next_depth != depth || is_signature(next) {
                break;
            }
            let joined = text.to_mut();
            if del_sp {
                joined.pop();
            }
            joined.push_str(next);
            self.lines.next();
        }
        Some(Paragraph { depth, text })
    }
}

fn is_signature(text: &str) -> bool {
    text == "-- "
}

fn flows(text: &str) -> bool {
    text.ends_with(' ') && !is_signature(text)
}

/// Quote marks of a flowed line stand together; then one blank may be stuffing.
fn flowed_quote(line: &str) -> (u8, &str) {
    let rest = line.trim_start_matches('>');
    let depth = u8::try_from(line.len() - rest.len()).unwrap_or(u8::MAX);
    (depth, rest.strip_prefix(' ').unwrap_or(rest))
}

/// Quote marks of an ordinary line may have single blanks between them.
fn fixed_quote(line: &str) -> (u8, &str) {
    let mut depth = 0_u8;
    let mut rest = line;
    while let Some(after) = rest.strip_prefix('>') {
        depth = depth.saturating_add(1);
        rest = match after.strip_prefix(' ') {
            Some(next) if next.starts_with('>') => next,
            _ => after,
        };
    }
    if depth > 0 {
        rest = rest.strip_prefix(' ').unwrap_or(rest);
    }
    (depth, rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, kind: TextLines, expected: &[(u8, &str)]) {
        let found: Vec<_> = Paragraphs::new(text, kind)
            .map(|p| (p.depth, p.text.into_owned()))
            .collect();
        let expected: Vec<_> = expected
            .iter()
            .map(|(depth, text)| (*depth, (*text).to_owned()))
            .collect();
        assert_eq!(found, expected, "{text:?}");
    }

    #[test]
    fn ordinary_lines_keep_their_breaks() {
        check(
            "a \nb\n\n> c\n>> d\n> > e\n>f",
            TextLines::Fixed,
            &[
                (0, "a "),
                (0, "b"),
                (0, ""),
                (1, "c"),
                (2, "d"),
                (2, "e"),
                (1, "f"),
            ],
        );
    }

    #[test]
    fn flowed_lines_are_joined_within_one_depth() {
        let flowed = TextLines::Flowed { del_sp: false };
        check("a \nb\nc", flowed, &[(0, "a b"), (0, "c")]);
        check(
            "> a \n> b\nc \n> d",
            flowed,
            &[(1, "a b"), (0, "c "), (1, "d")],
        );
        check(" >stuffed \n From", flowed, &[(0, ">stuffed From")]);
        check(
            "bye \n-- \nsig",
            flowed,
            &[(0, "bye "), (0, "-- "), (0, "sig")],
        );
        check("end ", flowed, &[(0, "end ")]);
    }

    #[test]
    fn del_sp_removes_the_blank_that_joined() {
        check(
            "日本 \n語",
            TextLines::Flowed { del_sp: true },
            &[(0, "日本語")],
        );
    }
}
