//! A text of many lines that is being typed: moves and deletes by grapheme and by word, selects, cuts and puts back,
//! undo and redo. Nothing alters it but what is typed: tabs stay, and rows are how it is shown.
//!
//! Written here and not taken from a widget's crate: the model is plain, comparable data without a terminal library, and
//! the widgets move by character, so that one family of emoji takes five steps and can be torn apart.

mod history;
pub mod keys;
mod places;

use std::ops::Range;

use unicode_segmentation::UnicodeSegmentation as _;

use crate::app::text_area::history::{Edit, History, Run};
use crate::app::text_rows;
use crate::compose::paragraph;
use crate::mail::composition::MAX_TEXT_BYTES;

/// The most that can be edited, in bytes. What is longer is refused with words, never cut in silence: `fits` asks first.
pub const MAX_BYTES: usize = MAX_TEXT_BYTES;
/// What is said of a longer text.
pub const TOO_LONG: &str = "the text is longer than 1 MiB";

/// Where a selection begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Mark {
    /// In bytes.
    at: usize,
    /// It was set by a key of its own: every move selects, not only one with Shift.
    is_held: bool,
}

/// A text, the place in it where typing goes on, and what was done.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TextArea {
    text: String,
    cursor: usize,
    /// The other end of what is selected.
    mark: Option<Mark>,
    /// The column that moves up and down keep to.
    goal: Option<usize>,
    /// Start of the first row on the screen, in bytes.
    top: usize,
    /// What was cut or copied last.
    kept: String,
    history: History,
    /// Counts changes of the text.
    n_edits: u64,
}

impl TextArea {
    /// A text that fits, with the cursor at its start.
    #[must_use]
    pub fn new(text: &str) -> Self {
        Self {
            text: clean(text, MAX_BYTES),
            ..Self::default()
        }
    }

    /// The whole text, with line feeds.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Where the cursor is, in bytes.
    #[must_use]
    pub const fn cursor(&self) -> usize {
        self.cursor
    }

    /// Start of the first row on the screen, in bytes.
    #[must_use]
    pub const fn top(&self) -> usize {
        self.top
    }

    /// A number that rises with every change of the text.
    #[must_use]
    pub const fn n_edits(&self) -> u64 {
        self.n_edits
    }

    /// What is selected, in bytes; `None` where nothing is.
    #[must_use]
    pub fn selected(&self) -> Option<Range<usize>> {
        let at = self.mark?.at.min(self.text.len());
        (at != self.cursor).then(|| at.min(self.cursor)..at.max(self.cursor))
    }

    /// Selects nothing any more; false where nothing was.
    pub const fn unselect(&mut self) -> bool {
        self.mark.take().is_some()
    }

    /// Begins to select here, or ends it.
    fn mark(&mut self) {
        let mark = Mark {
            at: self.cursor,
            is_held: true,
        };
        self.mark = self.mark.xor(Some(mark));
    }

    /// Puts another text in this one's place: one step that can be taken back.
    pub fn replace_all(&mut self, text: &str) {
        let text = clean(text, MAX_BYTES);
        if text != self.text {
            self.replace(0..self.text.len(), text, Run::None);
            (self.cursor, self.top) = (0, 0);
        }
    }

    /// Puts another end behind a place in bytes, where it fits: one step that can be taken back. A cursor behind the place
    /// goes there.
    pub fn replace_end(&mut self, from: usize, end: &str) {
        let room = MAX_BYTES.saturating_sub(from);
        let end = clean(end, room.saturating_add(4));
        if end.len() > room || self.text.get(from..).is_none_or(|now| now == end) {
            return;
        }
        let cursor = self.cursor.min(from);
        self.replace(from..self.text.len(), end, Run::None);
        self.cursor = cursor;
    }

    /// Types or pastes, in the place of what is selected; false where the text would be too long: nothing of it is taken
    /// then.
    pub fn insert(&mut self, text: &str) -> bool {
        let place = self.selected().unwrap_or(self.cursor..self.cursor);
        let room = MAX_BYTES.saturating_sub(self.text.len() - place.len());
        let text = clean(text, room.saturating_add(4));
        if text.len() > room {
            return false;
        }
        if !text.is_empty() {
            let is_letter = text.graphemes(true).nth(1).is_none() && !text.contains(['\n', ' ']);
            let run = if is_letter { Run::Typing } else { Run::None };
            self.replace(place, text, run);
        }
        true
    }

    /// Takes the newest edit back; false when there is none.
    pub fn undo(&mut self) -> bool {
        let Some(edit) = self.history.back() else {
            return false;
        };
        let edit = edit.clone();
        self.put(edit.at, edit.inserted.len(), &edit.removed);
        self.cursor = edit.cursor;
        true
    }

    /// Does again what was taken back last; false when there is nothing.
    pub fn redo(&mut self) -> bool {
        let Some(edit) = self.history.forward() else {
            return false;
        };
        let edit = edit.clone();
        self.put(edit.at, edit.removed.len(), &edit.inserted);
        self.cursor = edit.at + edit.inserted.len();
        true
    }

    /// Whether the cursor is on the first row of the text.
    #[must_use]
    pub fn is_at_top(&self, columns: usize) -> bool {
        text_rows::row_of(&self.text, self.cursor, columns).start == 0
    }

    /// Moves up or down by rows; selects on the way, or not.
    pub fn vertical(&mut self, by: isize, columns: usize, selects: bool) {
        let goal = self
            .goal
            .unwrap_or_else(|| text_rows::column_of(&self.text, self.cursor, columns));
        let to = text_rows::moved(&self.text, self.cursor, by, goal, columns);
        self.move_to(to, selects);
        self.goal = Some(goal);
    }

    /// Moves the part that is seen so that the cursor is in it.
    pub fn reveal(&mut self, columns: usize, rows: usize) {
        self.top = text_rows::revealed(&self.text, self.top, self.cursor, columns, rows);
    }

    /// Scrolls without the cursor, not beyond the last row.
    pub fn scroll(&mut self, by: isize, columns: usize) {
        self.top = text_rows::moved(&self.text, self.top, by, 0, columns);
    }

    /// Puts the cursor at a place, in bytes; inside of a character it goes before it.
    pub fn go_to(&mut self, at: usize) {
        self.mark = None;
        self.move_to(self.text.floor_char_boundary(at), false);
    }

    fn move_to(&mut self, to: usize, selects: bool) {
        match self.mark {
            None if selects => {
                self.mark = Some(Mark {
                    at: self.cursor,
                    is_held: false,
                });
            }
            Some(mark) if !selects && !mark.is_held => self.mark = None,
            _ => {}
        }
        (self.cursor, self.goal) = (to, None);
        self.history.pause();
    }

    /// Deletes what is selected, else that.
    fn delete(&mut self, place: Range<usize>) {
        match self.selected() {
            Some(selected) => self.replace(selected, String::new(), Run::None),
            None if place.is_empty() => {}
            None => self.replace(place, String::new(), Run::Deleting),
        }
    }

    /// Deletes and keeps it, in one piece with what was cut just before: that stood behind it, or before it.
    fn cut(&mut self, place: Range<usize>, backwards: bool) {
        let Some(gone) = self.text.get(place.clone()).filter(|gone| !gone.is_empty()) else {
            return;
        };
        match (self.history.run() == Run::Cutting, backwards) {
            (true, true) => self.kept.insert_str(0, gone),
            (true, false) => self.kept.push_str(gone),
            (false, _) => gone.clone_into(&mut self.kept),
        }
        self.replace(place, String::new(), Run::Cutting);
    }

    /// Cuts what is selected; where nothing is, the line with its end.
    fn cut_selected_or_line(&mut self) {
        let line = || self.line_start()..self.text.len().min(self.line_end() + 1);
        let place = self.selected().unwrap_or_else(line);
        self.cut(place, false);
    }

    /// Keeps what is selected; false where nothing is.
    pub fn copy(&mut self) -> bool {
        let selected = self.selected();
        let Some(text) = selected.and_then(|selected| self.text.get(selected)) else {
            return false;
        };
        text.clone_into(&mut self.kept);
        true
    }

    /// What was cut or copied, to be exchanged for that of another text.
    pub const fn kept_mut(&mut self) -> &mut String {
        &mut self.kept
    }

    /// Inserts what was cut or copied.
    fn put_back(&mut self) {
        let kept = std::mem::take(&mut self.kept);
        self.insert(&kept);
        self.kept = kept;
        self.history.pause();
    }

    /// Joins the lines of the paragraph under the cursor, or of the next one; the cursor goes behind it.
    fn join_lines(&mut self) {
        self.mark = None;
        let Some((place, text)) = paragraph::joined(&self.text, self.cursor) else {
            return;
        };
        if self.text.len() - place.len() + text.len() > MAX_BYTES {
            return;
        }
        let end = place.start + text.len();
        if self.text.get(place.clone()) != Some(text.as_str()) {
            self.replace(place, text, Run::None);
        }
        self.move_to(self.text.len().min(end + 1), false);
    }

    fn replace(&mut self, place: Range<usize>, inserted: String, run: Run) {
        let removed = self.text.get(place.clone()).unwrap_or_default().to_owned();
        let cursor = self.cursor;
        self.put(place.start, removed.len(), &inserted);
        self.cursor = place.start + inserted.len();
        let edit = Edit {
            at: place.start,
            removed,
            inserted,
            cursor,
        };
        self.history.note(edit, run);
    }

    /// Exchanges bytes; everything that points into the text stays inside of it.
    fn put(&mut self, at: usize, n_removed: usize, inserted: &str) {
        let to = at.saturating_add(n_removed);
        if self.text.get(at..to).is_some() {
            self.text.replace_range(at..to, inserted);
        }
        (self.goal, self.mark) = (None, None);
        self.n_edits = self.n_edits.saturating_add(1);
        if self.top > at {
            self.top = text_rows::row_of(&self.text, at, usize::MAX).start;
        }
    }
}

fn step(rows: usize, sign: isize) -> isize {
    isize::try_from(rows).unwrap_or(isize::MAX) * sign
}

/// Whether a text can be edited whole.
#[must_use]
pub fn fits(text: &str) -> bool {
    text.len() <= MAX_BYTES || clean(text, MAX_BYTES + 4).len() <= MAX_BYTES
}

/// Line breaks as line feeds, no other controls but tabs; cut between characters.
fn clean(text: &str, max_bytes: usize) -> String {
    let mut clean = String::with_capacity(text.len().min(max_bytes));
    let mut last = ' ';
    for c in text.chars() {
        let taken = match c {
            '\n' if last == '\r' => None,
            '\r' | '\n' => Some('\n'),
            '\t' => Some('\t'),
            c => Some(c).filter(|c| !c.is_control()),
        };
        last = c;
        let Some(taken) = taken else {
            continue;
        };
        if clean.len() + taken.len_utf8() > max_bytes {
            break;
        }
        clean.push(taken);
    }
    clean
}

#[cfg(test)]
mod tests;
