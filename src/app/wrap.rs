//! Breaks a short text (a header's value) into lines, by an upper estimate of its width, so that `app` needs no
//! Unicode tables: `ui` measures exactly and such a line always fits.

use crate::mail::safe_text::SafeText;

/// Columns that a character takes at the most.
const fn columns_of(c: char) -> usize {
    if (c as u32) < 0x1100 { 1 } else { 2 }
}

/// At most `max_lines` lines of at most `columns` columns, broken at blanks where there are any; what is left over is
/// said by an ellipsis. At least one line.
#[must_use]
pub fn wrap(text: &SafeText, columns: usize, max_lines: usize) -> Vec<SafeText> {
    let columns = columns.max(2);
    let mut lines: Vec<String> = Vec::new();
    let mut rest = text.as_str().trim();
    while !rest.is_empty() && lines.len() < max_lines.max(1) {
        let (line, after) = first_line(rest, columns);
        lines.push(line.trim_end().to_owned());
        rest = after.trim_start();
    }
    if !rest.is_empty()
        && let Some(last) = lines.last_mut()
    {
        while last.chars().map(columns_of).sum::<usize>() >= columns {
            last.pop();
        }
        last.push('…');
    }
    if lines.is_empty() {
        lines.push(String::new());
    }
    lines.iter().map(|line| SafeText::line(line)).collect()
}

fn first_line(text: &str, columns: usize) -> (&str, &str) {
    let mut used = 0;
    let mut blank = None;
    for (at, c) in text.char_indices() {
        if c == ' ' {
            blank = Some(at);
        }
        used += columns_of(c);
        if used > columns {
            // A word longer than the line is cut where the line ends; a first character always goes in.
            return text.split_at(blank.unwrap_or_else(|| at.max(c.len_utf8())));
        }
    }
    (text, "")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_break_at_blanks_and_end_with_an_ellipsis() {
        for (text, columns, max, expected) in [
            ("one two three", 7, 3, vec!["one two", "three"]),
            ("one two three", 7, 1, vec!["one tw…"]),
            ("abcdefgh", 3, 3, vec!["abc", "def", "gh"]),
            ("日本語", 4, 2, vec!["日本", "語"]),
            ("", 4, 2, vec![""]),
            ("  a  ", 0, 0, vec!["a"]),
        ] {
            let lines = wrap(&SafeText::line(text), columns, max);
            assert_eq!(
                lines.iter().map(SafeText::as_str).collect::<Vec<_>>(),
                expected,
                "{text}"
            );
        }
    }
}
