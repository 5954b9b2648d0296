//! Text to `format=flowed`: long lines broken so that the reader's side joins them again. RFC 3676 §4.

use crate::mime::flowed::{Paragraph, Paragraphs};
use crate::mime::message::TextLines;

/// Columns of a line before its last blank.
const COLUMNS: usize = 72;

/// Writes a text as flowed lines; `None` where that would not come back as it was, which is so for blanks at the end
/// of lines.
pub fn encode(text: &str) -> Option<String> {
    let mut out = String::with_capacity(text.len() + text.len() / 16);
    for paragraph in Paragraphs::new(text, TextLines::Fixed) {
        write(&paragraph, &mut out);
    }
    let kind = TextLines::Flowed { del_sp: false };
    let comes_back = Paragraphs::new(&out, kind).eq(Paragraphs::new(text, TextLines::Fixed));
    comes_back.then_some(out)
}

fn write(paragraph: &Paragraph<'_>, out: &mut String) {
    let marks = ">".repeat(usize::from(paragraph.depth));
    let columns = COLUMNS.saturating_sub(marks.len()).max(COLUMNS / 2);
    let mut rest: &str = &paragraph.text;
    loop {
        let (line, after) = rest.split_at(line_end(rest, columns));
        out.push_str(&marks);
        // Stuffing: quoted text stands apart from its marks, and no line seems to be a quote or a mailbox's separator.
        let needs_blank = line.starts_with([' ', '>']) || line.starts_with("From ");
        if needs_blank || paragraph.depth > 0 && !line.is_empty() {
            out.push(' ');
        }
        out.push_str(line);
        out.push('\n');
        rest = after;
        if rest.is_empty() {
            return;
        }
    }
}

/// Where the first line ends: behind the last blanks that leave it narrow enough, else behind the first ones.
fn line_end(text: &str, columns: usize) -> usize {
    if text.chars().count() <= columns || text == "-- " {
        return text.len();
    }
    let mut best = None;
    let mut previous_is_blank = false;
    for (n, (at, c)) in text.char_indices().enumerate() {
        // A line of blanks alone would be stuffed and trimmed on the way.
        if previous_is_blank && c != ' ' && !text.get(..at).unwrap_or_default().trim().is_empty() {
            if n > columns && best.is_some() {
                break;
            }
            best = Some(at);
            if n > columns {
                break;
            }
        }
        previous_is_blank = c == ' ';
    }
    best.unwrap_or(text.len())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn long_lines_flow_and_short_ones_stay() {
        let long = "word ".repeat(30) + "end";
        let flowed = encode(&format!("short\n{long}\n> {long}\n-- \nme\n")).unwrap();
        assert!(
            flowed
                .lines()
                .all(|line| line.chars().count() <= COLUMNS + 2)
        );
        assert!(flowed.starts_with("short\nword word"), "{flowed}");
        assert!(flowed.ends_with("\n-- \nme\n"), "{flowed}");
        assert!(flowed.contains("\n> word"), "{flowed}");
    }

    #[test]
    fn lines_are_stuffed() {
        let flowed = encode(" indented\nFrom here\n.\n> > deep\n>\n").unwrap();
        assert_eq!(flowed, "  indented\n From here\n.\n>> deep\n>\n");
    }

    #[test]
    fn blanks_at_the_end_of_lines_do_not_flow() {
        assert_eq!(encode("two  \nlines\n"), None);
        assert_eq!(encode("-- \nme\n").unwrap(), "-- \nme\n");
    }

    proptest! {
        #[test]
        fn what_flows_comes_back(text in "([a-z>\u{fc}\u{65e5}.-]{1,30}[ ]{0,3}|\n|> |-- \n|From ){0,60}") {
            if let Some(flowed) = encode(&text) {
                let kind = TextLines::Flowed { del_sp: false };
                prop_assert!(Paragraphs::new(&flowed, kind).eq(Paragraphs::new(&text, TextLines::Fixed)));
                prop_assert!(!flowed.lines().any(|line| line.starts_with("From ")));
            } else {
                prop_assert!(text.lines().any(|line| line.ends_with(' ')));
            }
        }
    }
}
