//! A text of many lines that is being typed: moves and deletes by grapheme and by word, undo and redo.
//!
//! Written here and not taken from a widget's crate: the model is plain, comparable data without a terminal library, and
//! the widgets move by character, so that one family of emoji takes five steps and can be torn apart.

use unicode_segmentation::{GraphemeCursor, UnicodeSegmentation as _};

use crate::app::text_rows;
use crate::channel::key::{Key, KeyCode};

/// The most that can be edited, in bytes. What is longer is refused with words, never cut in silence: `fits` asks first.
pub const MAX_BYTES: usize = 1 << 20;
/// What is said of a longer text.
pub const TOO_LONG: &str = "the text is longer than 1 MiB";
/// Steps that can be taken back.
const MAX_EDITS: usize = 1_000;

/// Something was replaced by something else.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Edit {
    /// The place, in bytes from the start.
    at: usize,
    removed: String,
    inserted: String,
    /// Where the cursor was.
    cursor: usize,
}

/// A text, the place in it where typing goes on, and what was done.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TextArea {
    text: String,
    cursor: usize,
    /// The column that moves up and down keep to.
    goal: Option<usize>,
    /// Start of the first row on the screen, in bytes.
    top: usize,
    done: Vec<Edit>,
    undone: Vec<Edit>,
    /// Whether the next letter belongs to the newest edit.
    goes_on: bool,
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

    /// Puts another text in this one's place: one step that can be taken back.
    pub fn replace_all(&mut self, text: &str) {
        let text = clean(text, MAX_BYTES);
        if text != self.text {
            self.replace(0, self.text.len(), text);
            (self.cursor, self.top, self.goes_on) = (0, 0, false);
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
        self.replace(from, self.text.len(), end);
        (self.cursor, self.goes_on) = (cursor, false);
    }

    /// Types or pastes; false where the text would be too long: nothing of it is taken then.
    pub fn insert(&mut self, text: &str) -> bool {
        let room = MAX_BYTES.saturating_sub(self.text.len());
        let text = clean(text, room.saturating_add(4));
        if text.len() > room {
            return false;
        }
        if text.is_empty() {
            return true;
        }
        let is_letter = text.graphemes(true).nth(1).is_none() && !text.contains(['\n', ' ']);
        if is_letter
            && self.goes_on
            && let Some(last) = self.done.last_mut()
            && last.at + last.inserted.len() == self.cursor
        {
            last.inserted.push_str(&text);
            self.put(self.cursor, 0, &text);
            self.cursor += text.len();
            self.undone.clear();
            return true;
        }
        self.replace(self.cursor, self.cursor, text);
        self.goes_on = is_letter;
        true
    }

    /// Takes the newest edit back; false when there is none.
    pub fn undo(&mut self) -> bool {
        let Some(edit) = self.done.pop() else {
            return false;
        };
        self.put(edit.at, edit.inserted.len(), &edit.removed);
        self.cursor = edit.cursor;
        self.undone.push(edit);
        self.goes_on = false;
        true
    }

    /// Does again what was taken back last; false when there is nothing.
    pub fn redo(&mut self) -> bool {
        let Some(edit) = self.undone.pop() else {
            return false;
        };
        self.put(edit.at, edit.removed.len(), &edit.inserted);
        self.cursor = edit.at + edit.inserted.len();
        self.done.push(edit);
        self.goes_on = false;
        true
    }

    /// Moves or edits; true when the key belongs to that. Rows are so many columns wide, a page has so many rows.
    pub fn key(&mut self, key: Key, columns: usize, rows: usize) -> bool {
        match (key.ctrl, key.alt, key.code) {
            (false, false, KeyCode::Char(c)) => drop(self.insert(c.encode_utf8(&mut [0; 4]))),
            (false, false, KeyCode::Enter) => drop(self.insert("\n")),
            (false, false, KeyCode::Tab) => drop(self.insert("    ")),
            (false, false, KeyCode::Backspace) | (true, false, KeyCode::Char('h')) => {
                self.delete(self.before(self.cursor), self.cursor);
            }
            (false, false, KeyCode::Delete) | (true, false, KeyCode::Char('d')) => {
                self.delete(self.cursor, self.after(self.cursor));
            }
            (true, false, KeyCode::Char('w') | KeyCode::Backspace)
            | (false, true, KeyCode::Backspace) => {
                self.delete(self.word_before(), self.cursor);
            }
            (false, true, KeyCode::Char('d')) => self.delete(self.cursor, self.word_after()),
            (true, false, KeyCode::Char('u')) => self.delete(self.line_start(), self.cursor),
            // A terminal sends Ctrl-7 for Ctrl-_ and for Ctrl-/.
            (true, false, KeyCode::Char('7' | '_' | '/')) => drop(self.undo()),
            (true, false, KeyCode::Char('r')) => drop(self.redo()),
            _ => return self.walk(key, columns, rows),
        }
        true
    }

    fn walk(&mut self, key: Key, columns: usize, rows: usize) -> bool {
        let page = rows.saturating_sub(1).max(1);
        let to = match (key.ctrl, key.alt, key.code) {
            (false, false, KeyCode::Left) | (true, false, KeyCode::Char('b')) => {
                self.before(self.cursor)
            }
            (false, false, KeyCode::Right) | (true, false, KeyCode::Char('f')) => {
                self.after(self.cursor)
            }
            (true, false, KeyCode::Left) | (false, true, KeyCode::Left | KeyCode::Char('b')) => {
                self.word_before()
            }
            (true, false, KeyCode::Right) | (false, true, KeyCode::Right | KeyCode::Char('f')) => {
                self.word_after()
            }
            (false, false, KeyCode::Home) | (true, false, KeyCode::Char('a')) => self.line_start(),
            (false, false, KeyCode::End) | (true, false, KeyCode::Char('e')) => self.line_end(),
            (true, false, KeyCode::Home) => 0,
            (true, false, KeyCode::End) => self.text.len(),
            (false, false, KeyCode::Up) => return self.vertical(-1, columns),
            (false, false, KeyCode::Down) => return self.vertical(1, columns),
            (false, false, KeyCode::PageUp) => return self.vertical(step(page, -1), columns),
            (false, false, KeyCode::PageDown) => return self.vertical(step(page, 1), columns),
            _ => return false,
        };
        (self.cursor, self.goal, self.goes_on) = (to, None, false);
        true
    }

    /// Whether the cursor is on the first row of the text.
    #[must_use]
    pub fn is_at_top(&self, columns: usize) -> bool {
        text_rows::row_of(&self.text, self.cursor, columns).start == 0
    }

    fn vertical(&mut self, by: isize, columns: usize) -> bool {
        let goal = self
            .goal
            .unwrap_or_else(|| text_rows::column_of(&self.text, self.cursor, columns));
        self.cursor = text_rows::moved(&self.text, self.cursor, by, goal, columns);
        (self.goal, self.goes_on) = (Some(goal), false);
        true
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
        let at = self.text.floor_char_boundary(at);
        (self.cursor, self.goal, self.goes_on) = (at, None, false);
    }

    fn delete(&mut self, from: usize, to: usize) {
        if from < to {
            self.replace(from, to, String::new());
            self.goes_on = false;
        }
    }

    fn replace(&mut self, from: usize, to: usize, inserted: String) {
        let removed = self.text.get(from..to).unwrap_or_default().to_owned();
        let cursor = self.cursor;
        self.put(from, removed.len(), &inserted);
        self.cursor = from + inserted.len();
        self.undone.clear();
        if self.done.len() >= MAX_EDITS {
            self.done.remove(0);
        }
        self.done.push(Edit {
            at: from,
            removed,
            inserted,
            cursor,
        });
    }

    /// Exchanges bytes; everything that points into the text stays inside of it.
    fn put(&mut self, at: usize, n_removed: usize, inserted: &str) {
        let to = at.saturating_add(n_removed);
        if self.text.get(at..to).is_some() {
            self.text.replace_range(at..to, inserted);
        }
        self.goal = None;
        self.n_edits = self.n_edits.saturating_add(1);
        if self.top > at {
            self.top = text_rows::row_of(&self.text, at, usize::MAX).start;
        }
    }

    fn before(&self, at: usize) -> usize {
        let mut cursor = GraphemeCursor::new(at, self.text.len(), true);
        let found = cursor.prev_boundary(&self.text, 0);
        found.ok().flatten().unwrap_or(0)
    }

    fn after(&self, at: usize) -> usize {
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

    fn word_before(&self) -> usize {
        let is_word = |(_, word): &(usize, &str)| word.chars().any(char::is_alphanumeric);
        let words = self.head().split_word_bound_indices();
        words.rev().find(is_word).map_or(0, |(at, _)| at)
    }

    fn word_after(&self) -> usize {
        let is_word = |(_, word): &(usize, &str)| word.chars().any(char::is_alphanumeric);
        let found = self.tail().split_word_bound_indices().find(is_word);
        found.map_or(self.text.len(), |(at, word)| self.cursor + at + word.len())
    }

    fn line_start(&self) -> usize {
        self.head().rfind('\n').map_or(0, |at| at + 1)
    }

    fn line_end(&self) -> usize {
        let rest = self.tail();
        self.cursor + rest.find('\n').unwrap_or(rest.len())
    }
}

fn step(rows: usize, sign: isize) -> isize {
    isize::try_from(rows).unwrap_or(isize::MAX) * sign
}

/// Whether a text can be edited whole.
#[must_use]
pub fn fits(text: &str) -> bool {
    // No character becomes longer than a tab does.
    text.len() <= MAX_BYTES / 4 || clean(text, MAX_BYTES + 4).len() <= MAX_BYTES
}

/// Line breaks as line feeds, tabs as blanks, no other controls; cut between characters.
fn clean(text: &str, max_bytes: usize) -> String {
    let mut clean = String::with_capacity(text.len().min(max_bytes));
    let mut last = ' ';
    for c in text.chars() {
        let mut bytes = [0; 4];
        let taken = match c {
            '\n' if last == '\r' => "",
            '\r' | '\n' => "\n",
            '\t' => "    ",
            c if c.is_control() => "",
            c => c.encode_utf8(&mut bytes),
        };
        last = c;
        if clean.len() + taken.len() > max_bytes {
            break;
        }
        clean.push_str(taken);
    }
    clean
}

#[cfg(test)]
mod tests;
