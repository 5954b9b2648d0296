//! Lines that belong together as one: a text is broken into lines where it is shown and when it is sent, so a paragraph
//! that came broken, as most quotes did, is whole again once its lines are joined.

use std::ops::Range;

/// The line before a signature.
const SIGNATURE: &str = "-- ";

/// A line: how deep it is quoted, the marks of that, and what is quoted.
#[derive(Debug, Clone, Copy)]
struct Line<'a> {
    depth: usize,
    marks: &'a str,
    text: &'a str,
}

impl<'a> Line<'a> {
    fn new(line: &'a str) -> Self {
        let marked = line.bytes().take_while(|byte| matches!(byte, b'>' | b' '));
        let n_marked = if line.starts_with('>') {
            marked.count()
        } else {
            0
        };
        let marks = line.get(..n_marked).unwrap_or_default();
        // What is quoted may itself be set in.
        let end = marks.rfind('>').map_or(0, |at| at + 1);
        let end = end
            + usize::from(
                line.get(end..)
                    .is_some_and(|rest| end > 0 && rest.starts_with(' ')),
            );
        let (marks, text) = line.split_at_checked(end).unwrap_or(("", line));
        Self {
            depth: marks.matches('>').count(),
            marks,
            text,
        }
    }

    fn is_blank(self) -> bool {
        self.text.trim().is_empty()
    }

    /// Set in, or an item of a list: it goes on no other line.
    fn stands_alone(self) -> bool {
        let rest = self.text.trim_start_matches(|c: char| c.is_ascii_digit());
        let is_numbered = rest.len() < self.text.len() && rest.starts_with([')', '.']);
        let is_item = ["- ", "* ", "+ ", "\u{2022} "]
            .iter()
            .any(|mark| self.text.starts_with(mark));
        is_numbered || is_item || self.text.starts_with([' ', '\t'])
    }

    fn goes_on(self, above: Self) -> bool {
        self.depth == above.depth && !self.is_blank() && !above.is_blank() && !self.stands_alone()
    }
}

/// The paragraph of a place in bytes, or the next one, and its lines as one; `None` behind the last one, and in the
/// signature, whose lines are meant.
#[must_use]
pub fn joined(text: &str, at: usize) -> Option<(Range<usize>, String)> {
    let lines: Vec<(usize, &str)> = lines(text)
        .take_while(|(_, line)| *line != SIGNATURE)
        .collect();
    let line_at = |index: usize| lines.get(index).map(|(_, line)| Line::new(line));
    let goes_on = |index: usize| {
        let above = line_at(index.checked_sub(1)?)?;
        Some(line_at(index)?.goes_on(above))
    };
    let here = lines.partition_point(|(start, line)| start + line.len() < at);
    let here =
        (here..lines.len()).find(|index| line_at(*index).is_some_and(|line| !line.is_blank()))?;
    let first = (0..=here)
        .rev()
        .find(|index| goes_on(*index) != Some(true))?;
    let n_more = (here + 1..lines.len())
        .take_while(|index| goes_on(*index) == Some(true))
        .count();
    let all = lines.get(first..=here + n_more)?;
    let ((start, _), (last, end)) = (all.first()?, all.last()?);
    let mut whole = line_at(first)?.marks.to_owned();
    for (n, (_, line)) in all.iter().enumerate() {
        let line = Line::new(line).text.trim_end();
        let line = if n == 0 { line } else { line.trim_start() };
        if n > 0 && !is_joined_at_once(&whole, line) {
            whole.push(' ');
        }
        whole.push_str(line);
    }
    Some((*start..last + end.len(), whole))
}

/// Where each line begins, and the line.
fn lines(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut next = 0;
    text.split('\n').map(move |line| {
        let start = next;
        next += line.len() + 1;
        (start, line)
    })
}

/// Whether two lines have no blank between them: Chinese and Japanese are written without.
fn is_joined_at_once(above: &str, below: &str) -> bool {
    let is_dense = |c: Option<char>| {
        c.is_some_and(|c| matches!(c, '\u{2e80}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{ff00}'..='\u{ff60}'))
    };
    is_dense(above.chars().next_back()) && is_dense(below.chars().next())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filled(text: &str, at: usize) -> Option<String> {
        let (place, whole) = joined(text, at)?;
        Some(format!(
            "{}[{whole}]{}",
            &text[..place.start],
            &text[place.end..]
        ))
    }

    #[test]
    fn the_lines_of_a_paragraph_become_one() {
        for (text, at, expected) in [
            ("one\ntwo \nthree\n\nfour", 5, "[one two three]\n\nfour"),
            ("one\n\n\ntwo\nthree", 4, "one\n\n\n[two three]"),
            (
                "> one\n> two\n>> deep\n> three",
                0,
                "[> one two]\n>> deep\n> three",
            ),
            (
                "> one\n>\n> two\n> three\nmine",
                9,
                "> one\n>\n[> two three]\nmine",
            ),
            ("> > a\n> > b\n>> c", 0, "[> > a b c]"),
            (
                "Buy:\n- milk\n  and more\n- tea",
                6,
                "Buy:\n[- milk]\n  and more\n- tea",
            ),
            ("1. one\ngoes on\n2. two", 0, "[1. one goes on]\n2. two"),
            ("> 日本\n> 語 and\n> more", 3, "[> 日本語 and more]"),
            ("alone", 5, "[alone]"),
        ] {
            assert_eq!(filled(text, at).as_deref(), Some(expected), "{text:?} {at}");
        }
    }

    #[test]
    fn a_signature_keeps_its_lines() {
        let text = "Bye\nnow\n\n-- \nAnna\nHarbour Road 7\n";
        assert_eq!(
            filled(text, 1).as_deref(),
            Some("[Bye now]\n\n-- \nAnna\nHarbour Road 7\n")
        );
        for at in [8, 12, 14, text.len()] {
            assert_eq!(filled(text, at), None, "{at}");
        }
        assert_eq!(filled("", 0), None);
    }

    proptest::proptest! {
        #[test]
        fn only_white_space_and_marks_change(text in "[a-c> \\n日é-]{0,60}", at in 0_usize..60) {
            let at = text.floor_char_boundary(at);
            if let Some((place, whole)) = joined(&text, at) {
                let bare = |text: &str| text.replace([' ', '\n', '>'], "");
                proptest::prop_assert_eq!(bare(&whole), bare(&text[place]));
            }
        }
    }
}
