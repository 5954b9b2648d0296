//! Where characters, words, lines and paragraphs begin and end around the cursor.

use unicode_segmentation::{GraphemeCursor, UnicodeSegmentation as _};

use crate::app::text_area::TextArea;

impl TextArea {
    pub(super) fn before(&self, at: usize) -> usize {
        let mut cursor = GraphemeCursor::new(at, self.text.len(), true);
        let found = cursor.prev_boundary(&self.text, 0);
        found.ok().flatten().unwrap_or(0)
    }

    pub(super) fn after(&self, at: usize) -> usize {
        let mut cursor = GraphemeCursor::new(at, self.text.len(), true);
        let found = cursor.next_boundary(&self.text, 0);
        found.ok().flatten().unwrap_or(self.text.len())
    }

    fn head(&self) -> &str {
        self.text.get(..self.cursor).unwrap_or_default()
    }

    fn tail(&self) -> &str {
        self.text.get(self.cursor..).unwrap_or_default()
    }

    pub(super) fn word_before(&self) -> usize {
        let is_word = |(_, word): &(usize, &str)| word.chars().any(char::is_alphanumeric);
        let words = self.head().split_word_bound_indices();
        words.rev().find(is_word).map_or(0, |(at, _)| at)
    }

    pub(super) fn word_after(&self) -> usize {
        let is_word = |(_, word): &(usize, &str)| word.chars().any(char::is_alphanumeric);
        let found = self.tail().split_word_bound_indices().find(is_word);
        found.map_or(self.text.len(), |(at, word)| self.cursor + at + word.len())
    }

    /// The empty line before this paragraph.
    pub(super) fn paragraph_before(&self) -> usize {
        let head = self.head().trim_end_matches('\n');
        head.rfind("\n\n").map_or(0, |at| at + 1)
    }

    /// The empty line behind this paragraph.
    pub(super) fn paragraph_after(&self) -> usize {
        let tail = self.tail();
        let text = tail.trim_start_matches('\n');
        let n_skipped = tail.len() - text.len();
        let found = text.find("\n\n");
        found.map_or(self.text.len(), |at| self.cursor + n_skipped + at + 1)
    }

    pub(super) fn line_start(&self) -> usize {
        self.head().rfind('\n').map_or(0, |at| at + 1)
    }

    pub(super) fn line_end(&self) -> usize {
        let rest = self.tail();
        self.cursor + rest.find('\n').unwrap_or(rest.len())
    }
}
