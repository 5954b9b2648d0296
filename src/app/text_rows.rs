//! Breaks a text that is being typed into the rows of a screen: after blanks where there are any, else between
//! graphemes. Only the paragraphs around the place that is asked for are looked at, so a long text costs no more.

use std::ops::Range;

use unicode_segmentation::UnicodeSegmentation as _;
use unicode_width::UnicodeWidthStr as _;

/// The row that holds a place: its bytes, without the line feed at its end.
#[must_use]
pub fn row_of(text: &str, at: usize, columns: usize) -> Range<usize> {
    let paragraph = paragraph_of(text, at);
    let rows = rows_of(text, &paragraph, columns);
    // A place between two rows belongs to the second one.
    let found = rows.into_iter().rev().find(|row| row.start <= at);
    found.unwrap_or(paragraph)
}

/// At most so many rows from a place on, which is the start of a row.
#[must_use]
pub fn rows_from(text: &str, start: usize, columns: usize, most: usize) -> Vec<Range<usize>> {
    let mut rows = Vec::new();
    let mut at = start;
    while rows.len() < most {
        let paragraph = paragraph_of(text, at);
        let here = rows_of(text, &paragraph, columns);
        rows.extend(here.into_iter().filter(|row| row.start >= at));
        at = paragraph.end + 1;
        if at > text.len() {
            break;
        }
    }
    rows.truncate(most);
    rows
}

/// The columns before a place, in its row.
#[must_use]
pub fn column_of(text: &str, at: usize, columns: usize) -> usize {
    let row = row_of(text, at, columns);
    text.get(row.start..at).unwrap_or_default().width()
}

/// The place so many rows down (or up), as near to a column as it gets.
#[must_use]
pub fn moved(text: &str, at: usize, by: isize, column: usize, columns: usize) -> usize {
    let mut row = row_of(text, at, columns);
    for _ in 0..by.unsigned_abs() {
        let next = if by > 0 {
            below(text, &row, columns)
        } else {
            above(text, &row, columns)
        };
        match next {
            Some(next) => row = next,
            None => break,
        }
    }
    place_at(text, &row, column, columns)
}

/// Where the first row is to be so that a place is seen.
#[must_use]
pub fn revealed(text: &str, top: usize, at: usize, columns: usize, rows: usize) -> usize {
    let top = row_of(text, text.floor_char_boundary(top), columns).start;
    let wanted = row_of(text, at, columns);
    if wanted.start <= top {
        return wanted.start;
    }
    let seen = rows_from(text, top, columns, rows);
    if seen.iter().any(|row| row.start == wanted.start) {
        return top;
    }
    let back = isize::try_from(rows.saturating_sub(1)).unwrap_or(0);
    moved(text, wanted.start, -back, 0, columns)
}

/// The place at a column of a row; behind its last grapheme where it is shorter.
#[must_use]
pub fn place_at(text: &str, row: &Range<usize>, column: usize, columns: usize) -> usize {
    let mut used = 0;
    let line = text.get(row.clone()).unwrap_or_default();
    for (index, grapheme) in line.grapheme_indices(true) {
        used += grapheme.width();
        if used > column {
            return row.start + index;
        }
    }
    // The end of a row that goes on belongs to the next one: stay in this one.
    let goes_on = row_of(text, row.end, columns).start == row.end && row.end > row.start;
    match line.grapheme_indices(true).next_back() {
        Some((index, _)) if goes_on => row.start + index,
        _ => row.end,
    }
}

fn paragraph_of(text: &str, at: usize) -> Range<usize> {
    let (head, tail) = text.split_at_checked(at).unwrap_or((text, ""));
    let start = head.rfind('\n').map_or(0, |at| at + 1);
    start..head.len() + tail.find('\n').unwrap_or(tail.len())
}

fn below(text: &str, row: &Range<usize>, columns: usize) -> Option<Range<usize>> {
    let paragraph = paragraph_of(text, row.start);
    if row.end < paragraph.end {
        return Some(row_of(text, row.end, columns));
    }
    let next = paragraph.end + 1;
    (next <= text.len()).then(|| row_of(text, next, columns))
}

fn above(text: &str, row: &Range<usize>, columns: usize) -> Option<Range<usize>> {
    // The line feed of the paragraph before, or the last character of the row before.
    let before = row.start.checked_sub(1)?;
    Some(row_of(text, text.floor_char_boundary(before), columns))
}

/// The rows of one paragraph; one for an empty one.
fn rows_of(text: &str, paragraph: &Range<usize>, columns: usize) -> Vec<Range<usize>> {
    let columns = columns.max(2);
    let line = text.get(paragraph.clone()).unwrap_or_default();
    let mut rows = Vec::new();
    let (mut start, mut used, mut blank) = (0, 0, None);
    for (at, grapheme) in line.grapheme_indices(true) {
        let width = grapheme.width();
        // Blanks hang over the edge: a row never begins with those between two words.
        if used + width > columns && grapheme != " " && at > start {
            let end = blank.filter(|end| *end > start).unwrap_or(at);
            rows.push(paragraph.start + start..paragraph.start + end);
            start = end;
            used = line.get(end..at).unwrap_or_default().width();
            blank = None;
        }
        used += width;
        if grapheme == " " {
            blank = Some(at + 1);
        }
    }
    rows.push(paragraph.start + start..paragraph.end);
    rows
}
