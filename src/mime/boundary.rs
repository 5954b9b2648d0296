//! The boundaries of open multiparts, and the lines that are one of them. RFC 2046 §5.1.1.

use crate::mime::fields::find;
use crate::mime::patience;

/// A line that is a boundary.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Edge {
    /// Where the line starts.
    pub start: usize,
    /// Where the next line starts.
    pub end: usize,
    /// Which of the open boundaries it is, outermost 0.
    pub level: usize,
    /// Whether it is the last of its multipart.
    pub is_closing: bool,
}

/// The bytes of a message and the boundaries that are open in it.
#[derive(Debug)]
pub struct Boundaries<'a> {
    raw: &'a [u8],
    open: Vec<Vec<u8>>,
}

impl<'a> Boundaries<'a> {
    /// Nothing is open yet.
    pub const fn new(raw: &'a [u8]) -> Self {
        Self {
            raw,
            open: Vec::new(),
        }
    }

    /// Opens a boundary inside of the others.
    pub fn push(&mut self, boundary: String) {
        self.open.push(boundary.into_bytes());
    }

    /// Closes all but the outer `n`.
    pub fn truncate(&mut self, n: usize) {
        self.open.truncate(n);
    }

    fn line_end(&self, from: usize) -> usize {
        let rest = self.raw.get(from..).unwrap_or_default();
        find(rest, b'\n').map_or(self.raw.len(), |at| from + at + 1)
    }

    /// The bytes between two places.
    pub fn line(&self, from: usize, to: usize) -> &'a [u8] {
        self.raw.get(from..to).unwrap_or_default()
    }

    /// The open level whose boundary a line is, innermost first.
    fn edge_at(&self, start: usize, end: usize) -> Option<Edge> {
        let line = self.line(start, end).strip_prefix(b"--")?.trim_ascii_end();
        self.open
            .iter()
            .enumerate()
            .rev()
            .find_map(|(level, open)| {
                let after = line.strip_prefix(open.as_slice())?;
                let is_closing = match after {
                    b"" => false,
                    b"--" => true,
                    _ => return None,
                };
                Some(Edge {
                    start,
                    end,
                    level,
                    is_closing,
                })
            })
    }

    /// The next boundary line at or after the start of a line.
    pub fn next_edge(&self, from: usize) -> Option<Edge> {
        if self.open.is_empty() {
            return None;
        }
        let mut at = from;
        while at < self.raw.len() {
            patience::check();
            let end = self.line_end(at);
            if let Some(edge) = self.edge_at(at, end) {
                return Some(edge);
            }
            at = end;
        }
        None
    }

    /// The end of the header that starts at `at`, and where the body begins. A boundary ends a header too.
    pub fn header_end(&self, start: usize) -> (usize, usize) {
        let mut at = start;
        while at < self.raw.len() {
            let end = self.line_end(at);
            let line = self.line(at, end);
            if matches!(line, b"\n" | b"\r\n") {
                return (at, end);
            }
            if line.starts_with(b"--") && self.edge_at(at, end).is_some() {
                return (at, at);
            }
            at = end;
        }
        (self.raw.len(), self.raw.len())
    }
}
