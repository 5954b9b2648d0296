//! Breaks a text that is being typed into the rows of a screen: after blanks where there are any, else between
//! graphemes. Only what is around the place that is asked for is looked at, so a long text costs no more, nor does a
//! long line.

use std::ops::Range;

use unicode_segmentation::{GraphemeCursor, UnicodeSegmentation as _};
use unicode_width::UnicodeWidthStr as _;

use crate::mail::character::{Fate, Use, fate};
use crate::mail::safe_text::{SafeText, TAB_COLUMNS};

/// A paragraph of more bytes is laid out in pieces, each of whole rows.
const PIECE_BYTES: usize = 4_096;

/// The row that holds a place: its bytes, without the line feed at its end.
#[must_use]
pub fn row_of(text: &str, at: usize, columns: usize) -> Range<usize> {
    let piece = piece_of(text, at);
    let rows = rows_of(text, &piece, columns);
    // A place between two rows belongs to the second one.
    let found = rows.into_iter().rev().find(|row| row.start <= at);
    found.unwrap_or(piece)
}

/// At most so many rows from a place on, which is the start of a row.
#[must_use]
pub fn rows_from(text: &str, start: usize, columns: usize, most: usize) -> Vec<Range<usize>> {
    let mut rows = Vec::new();
    let mut at = start;
    while rows.len() < most {
        let piece = piece_of(text, at);
        let here = rows_of(text, &piece, columns);
        rows.extend(here.into_iter().filter(|row| row.start >= at));
        match behind(text, &piece) {
            Some(next) => at = next,
            None => break,
        }
    }
    rows.truncate(most);
    rows
}

/// The columns before a place, in its row.
#[must_use]
pub fn column_of(text: &str, at: usize, columns: usize) -> usize {
    let row = row_of(text, at, columns);
    width(text.get(row.start..at).unwrap_or_default())
}

/// The place so many rows down (or up), as near to a column as it gets.
#[must_use]
pub fn moved(text: &str, at: usize, by: isize, column: usize, columns: usize) -> usize {
    let here = row_of(text, at, columns);
    let there = if by < 0 {
        above(text, &here, by.unsigned_abs(), columns)
    } else {
        let most = by.unsigned_abs().saturating_add(1);
        rows_from(text, here.start, columns, most).pop()
    };
    place_at(text, &there.unwrap_or(here), column, columns)
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
        used += width_at(grapheme, used);
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

/// The part of a paragraph that is laid out in one: all of it, but for a very long one.
fn piece_of(text: &str, at: usize) -> Range<usize> {
    let paragraph = paragraph_of(text, at);
    let last = paragraph.len().saturating_sub(1) / PIECE_BYTES;
    let start = |number: usize| match number {
        0 => paragraph.start,
        number if number > last => paragraph.end,
        number => start_of_piece(text, paragraph.start + number * PIECE_BYTES),
    };
    let number = (at.saturating_sub(paragraph.start) / PIECE_BYTES).min(last);
    // A piece begins somewhat before its number says.
    let number = number + usize::from(number < last && at >= start(number + 1));
    start(number)..start(number + 1)
}

/// Where a piece begins that is to begin at a place or not far before it: behind a blank where there is one.
fn start_of_piece(text: &str, at: usize) -> usize {
    let at = text.floor_char_boundary(at);
    let least = text.floor_char_boundary(at.saturating_sub(PIECE_BYTES / 2));
    let near = text.get(least..at).unwrap_or_default();
    if let Some(blank) = near.rfind(' ') {
        return least + blank + 1;
    }
    let mut cursor = GraphemeCursor::new(at, text.len(), true);
    if cursor.is_boundary(text, 0) == Ok(true) {
        return at;
    }
    let before = cursor.prev_boundary(text, 0).ok().flatten();
    before.unwrap_or(at).max(least)
}

/// Where the text goes on behind a piece; `None` at its end.
fn behind(text: &str, piece: &Range<usize>) -> Option<usize> {
    let is_line_end = text.as_bytes().get(piece.end) == Some(&b'\n');
    let next = piece.end + usize::from(is_line_end);
    (next > piece.end || next < text.len()).then_some(next)
}

/// The row so many above another one, or the first; `None` where that is the first one.
fn above(text: &str, row: &Range<usize>, n: usize, columns: usize) -> Option<Range<usize>> {
    let (mut found, mut at, mut n_left) = (None, row.start, n);
    while n_left > 0 {
        // The line feed of the paragraph before, or the last character of the row before.
        let Some(before) = at.checked_sub(1) else {
            break;
        };
        let piece = piece_of(text, text.floor_char_boundary(before));
        let rows = rows_of(text, &piece, columns).into_iter();
        for row in rows.rev().filter(|row| row.start < at).take(n_left) {
            found = Some(row);
            n_left -= 1;
        }
        at = piece.start;
    }
    found
}

/// Columns of a text that begins at the left.
fn width(text: &str) -> usize {
    let graphemes = text.graphemes(true);
    graphemes.fold(0, |used, grapheme| used + width_at(grapheme, used))
}

/// Columns that a grapheme takes at a column, as it is drawn.
fn width_at(grapheme: &str, column: usize) -> usize {
    let is_drawn_as_it_is = |c| matches!(fate(c, Use::Body), Fate::Keep | Fate::Mark);
    match grapheme {
        "\t" => TAB_COLUMNS - column % TAB_COLUMNS,
        grapheme if grapheme.is_ascii() => grapheme.len(),
        grapheme if grapheme.chars().all(is_drawn_as_it_is) => grapheme.width(),
        grapheme => SafeText::body(grapheme).columns(),
    }
}

/// The rows of one piece; one for an empty one.
fn rows_of(text: &str, piece: &Range<usize>, columns: usize) -> Vec<Range<usize>> {
    let columns = columns.max(2);
    let line = text.get(piece.clone()).unwrap_or_default();
    let mut rows = Vec::new();
    let (mut start, mut used, mut blank) = (0, 0, None);
    for (at, grapheme) in line.grapheme_indices(true) {
        let is_blank = matches!(grapheme, " " | "\t");
        // Blanks hang over the edge: a row never begins with those between two words.
        if used + width_at(grapheme, used) > columns && !is_blank && at > start {
            let end = blank.filter(|end| *end > start).unwrap_or(at);
            rows.push(piece.start + start..piece.start + end);
            start = end;
            used = width(line.get(end..at).unwrap_or_default());
            blank = None;
        }
        used += width_at(grapheme, used);
        if is_blank {
            blank = Some(at + 1);
        }
    }
    rows.push(piece.start + start..piece.end);
    rows
}
