//! Text into lines of a given width. Linear in the text; widths are columns, not characters.

use unicode_linebreak::linebreaks;
use unicode_segmentation::UnicodeSegmentation;
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use crate::mail::safe_text::SafeText;
use crate::mail::styled::{StyledLine, StyledSpan, TextStyle};
use crate::mime::caps;
use crate::mime::patience;

/// Narrowest text that is wrapped; below it lines run over the edge.
const MIN_COLUMNS: usize = 8;

/// Quote marks that are drawn; deeper quotes keep their depth but not their marks.
const MAX_MARKS: usize = 8;

/// Bytes that are cleaned and wrapped at once.
const PIECE_BYTES: usize = 256 << 10;

/// The lines of a message so far; takes no more than [`caps::LINES`].
#[derive(Debug, Default)]
pub struct Page {
    lines: Vec<StyledLine>,
    columns: usize,
    is_full: bool,
}

impl Page {
    /// An empty page of that width.
    pub fn new(columns: u16) -> Self {
        Self {
            lines: Vec::new(),
            columns: usize::from(columns).max(MIN_COLUMNS),
            is_full: false,
        }
    }

    /// The width in columns.
    pub const fn columns(&self) -> usize {
        self.columns
    }

    /// Whether nothing more is taken.
    pub const fn is_full(&self) -> bool {
        self.is_full
    }

    /// Adds a line as it is.
    pub fn push(&mut self, line: StyledLine) {
        patience::check();
        if self.lines.len() < caps::LINES {
            self.lines.push(line);
        } else {
            self.is_full = true;
        }
    }

    /// Adds an empty line, unless there is one already or nothing above it.
    pub fn gap(&mut self) {
        if self.lines.last().is_some_and(|line| !line.spans.is_empty()) {
            self.push(StyledLine::default());
        }
    }

    /// Adds Sterna's own words.
    pub fn notice(&mut self, text: &str) {
        self.paragraph(text, TextStyle::Notice, 0);
    }

    /// Adds foreign text that holds no line break, wrapped.
    pub fn paragraph(&mut self, text: &str, style: TextStyle, depth: u8) {
        let marks = quote_marks(depth);
        let columns = self
            .columns
            .saturating_sub(marks.columns())
            .max(MIN_COLUMNS);
        let mut rest = text;
        loop {
            let (piece, after) = rest.split_at(rest.floor_char_boundary(PIECE_BYTES));
            let safe = SafeText::body(piece);
            for line in wrapped(safe.as_str(), columns) {
                if self.is_full {
                    return;
                }
                self.push(styled(&marks, line, style, depth));
            }
            rest = after;
            if rest.is_empty() {
                return;
            }
        }
    }

    /// Adds a header field, its name standing out; what does not fit the line goes on below it.
    pub fn named(&mut self, name: &str, value: &str) {
        let label = SafeText::body(&format!("{}:", SafeText::line_up_to(name, 200)));
        let text = format!("{label} {value}");
        let first = self.lines.len();
        self.paragraph(&text, TextStyle::Plain, 0);
        let Some(line) = self.lines.get_mut(first) else {
            return;
        };
        let shown = line.spans.first().map(|span| span.text.as_str().to_owned());
        if let Some(rest) = shown
            .as_deref()
            .and_then(|text| text.strip_prefix(label.as_str()))
        {
            let rest = StyledSpan {
                text: SafeText::body(rest),
                style: TextStyle::Plain,
            };
            let label = StyledSpan {
                text: label,
                style: TextStyle::Strong,
            };
            line.spans = vec![label, rest];
        }
    }

    /// Adds a line that was laid out elsewhere; what is too wide for the page goes on in the next line.
    pub fn laid_out(&mut self, spans: Vec<StyledSpan>, depth: u8) {
        let width: usize = spans.iter().map(|span| span.text.columns()).sum();
        if width <= self.columns {
            self.push(StyledLine {
                spans,
                quote_depth: depth,
            });
            return;
        }
        let mut line = Vec::new();
        let mut room = self.columns;
        for span in spans {
            for (piece, columns) in cut(span.text.as_str(), self.columns, &mut room) {
                if columns == 0 {
                    self.push(StyledLine {
                        spans: std::mem::take(&mut line),
                        quote_depth: depth,
                    });
                }
                line.push(StyledSpan {
                    text: SafeText::body(piece),
                    style: span.style,
                });
            }
        }
        self.push(StyledLine {
            spans: line,
            quote_depth: depth,
        });
    }

    /// The lines, without empty ones at the end.
    pub fn into_lines(mut self) -> Vec<StyledLine> {
        if self.is_full {
            self.lines.truncate(caps::LINES.saturating_sub(1));
            let text = SafeText::own("The text goes on: only its first 200,000 lines are shown.");
            let spans = vec![StyledSpan {
                text,
                style: TextStyle::Notice,
            }];
            self.lines.push(StyledLine {
                spans,
                quote_depth: 0,
            });
        }
        while self.lines.pop_if(|line| line.spans.is_empty()).is_some() {}
        self.lines
    }
}

/// The quote marks before a line of that depth.
fn quote_marks(depth: u8) -> SafeText {
    const MARKS: &str = "> > > > > > > > ";
    SafeText::own(
        MARKS
            .get(..usize::from(depth).min(MAX_MARKS) * 2)
            .unwrap_or_default(),
    )
}

fn styled(marks: &SafeText, text: &str, style: TextStyle, depth: u8) -> StyledLine {
    let mut spans = Vec::with_capacity(2);
    if !marks.is_empty() {
        let marks = if text.is_empty() {
            SafeText::line(marks.as_str().trim_end())
        } else {
            marks.clone()
        };
        spans.push(StyledSpan {
            text: marks,
            style: TextStyle::Plain,
        });
    }
    if !text.is_empty() {
        spans.push(StyledSpan {
            text: SafeText::body(text),
            style,
        });
    }
    StyledLine {
        spans,
        quote_depth: depth,
    }
}

fn width(text: &str) -> usize {
    if text.is_ascii() {
        text.len()
    } else {
        UnicodeWidthStr::width(text)
    }
}

/// Columns of the base that safe text gives to a mark at the beginning of a line: some marks begin a grapheme.
fn base_columns(grapheme: &str) -> usize {
    let first = grapheme.chars().next();
    usize::from(first.is_some_and(|c| c.width() == Some(0)))
}

/// Cuts safe text into lines of at most that width, at the places of UAX #14; URLs only where nothing else helps.
fn wrapped(text: &str, columns: usize) -> Vec<&str> {
    if width(text) <= columns {
        return vec![text.trim_end()];
    }
    let mut lines = Vec::new();
    let (mut line_start, mut segment_start) = (0, 0);
    let mut line_columns = 0;
    let mut in_url = false;
    for (end, _) in linebreaks(text) {
        let segment = text.get(segment_start..end).unwrap_or_default();
        in_url |= text
            .get(segment_start.saturating_sub(3)..end)
            .unwrap_or(segment)
            .contains("://");
        // A mark without a width stays with what it stands on, even with a blank.
        let next = text.get(end..).and_then(|after| after.chars().next());
        let belongs_before = next.is_some_and(|c| c.width() == Some(0));
        if belongs_before || in_url && next.is_some() && !segment.ends_with(' ') {
            continue;
        }
        in_url = false;
        let visible = width(segment.trim_end());
        if line_columns + visible > columns {
            if line_columns > 0 {
                lines.push(
                    text.get(line_start..segment_start)
                        .unwrap_or_default()
                        .trim_end(),
                );
                line_start = segment_start;
                line_columns = 0;
            }
            if visible > columns {
                (line_start, line_columns) =
                    cut_long(text, segment_start, end, columns, &mut lines);
            }
        }
        if line_start <= segment_start {
            line_columns += width(segment);
        }
        segment_start = end;
    }
    lines.push(text.get(line_start..).unwrap_or_default().trim_end());
    lines
}

/// Cuts a segment that fits on no line between its graphemes; gives the start and width of what is left.
fn cut_long<'a>(
    text: &'a str,
    start: usize,
    end: usize,
    columns: usize,
    lines: &mut Vec<&'a str>,
) -> (usize, usize) {
    let mut line_start = start;
    let mut line_columns = 0;
    for (offset, grapheme) in text
        .get(start..end)
        .unwrap_or_default()
        .grapheme_indices(true)
    {
        let columns_here = width(grapheme);
        if line_columns + columns_here > columns && line_columns > 0 {
            lines.push(text.get(line_start..start + offset).unwrap_or_default());
            line_start = start + offset;
            line_columns = base_columns(grapheme);
        }
        line_columns += columns_here;
    }
    if line_start == start {
        // Only blanks made it too long; they are cut at the end of the line.
        return (start, 0);
    }
    (line_start, line_columns)
}

/// Cuts a span to the room that is left; a piece with 0 columns before it starts a new line.
fn cut<'a>(text: &'a str, columns: usize, room: &mut usize) -> Vec<(&'a str, usize)> {
    let mut pieces = Vec::new();
    let mut start = 0;
    let mut used_before = columns.saturating_sub(*room).max(1);
    for (offset, grapheme) in text.grapheme_indices(true) {
        let here = width(grapheme);
        if here > *room && *room < columns {
            if offset > start {
                pieces.push((text.get(start..offset).unwrap_or_default(), used_before));
            }
            start = offset;
            used_before = 0;
            *room = columns.saturating_sub(base_columns(grapheme));
        }
        *room = room.saturating_sub(here);
    }
    if start < text.len() {
        pieces.push((text.get(start..).unwrap_or_default(), used_before));
    }
    pieces
}

#[cfg(test)]
mod tests;
