//! What the keys do in a text: those of a shell's line, those of simple editors, and Shift that selects.

use crate::app::text_area::{TextArea, step};
use crate::app::text_rows;
use crate::channel::key::{Key, KeyCode};

/// Distance of the stops that Tab goes to.
const TAB_COLUMNS: usize = 4;

/// What the keys do that are no letters, for the help.
pub const HELP: [(&str, &str); 16] = [
    ("Esc", "Done typing: the keys are commands now"),
    (
        "Alt-letter",
        "As Esc and the letter: Alt-e is your own editor",
    ),
    ("Tab S-Tab", "Next line and the one before"),
    ("Ctrl-_", "Take back"),
    ("Ctrl-R", "Do again"),
    (
        "Ctrl-X",
        "Cut what is selected, else the line; again: more lines",
    ),
    ("Ctrl-C", "Copy what is selected"),
    ("Ctrl-V", "Put back what was cut or copied (also Ctrl-Y)"),
    ("Shift-arrow", "Select; also Ctrl-Space, then move there"),
    (
        "Alt-q",
        "Join the lines of the paragraph, quoted or not; then of the next",
    ),
    ("Ctrl-W", "Cut the word before the cursor"),
    ("Alt-d", "Cut the word behind it"),
    ("Ctrl-U", "Cut to the beginning of the line"),
    ("Alt-k", "Cut to its end"),
    (
        "Ctrl-arrow",
        "A word to the left or right, a paragraph up or down",
    ),
    ("Ctrl-Home", "To the beginning; Ctrl-End to the end"),
];

impl TextArea {
    /// Moves or edits; true when the key belongs to that. Rows are so many columns wide, a page has so many rows.
    pub fn key(&mut self, key: Key, columns: usize, rows: usize) -> bool {
        let cursor = self.cursor();
        match (key.ctrl, key.alt, key.code) {
            (false, false, KeyCode::Char(c)) => drop(self.insert(c.encode_utf8(&mut [0; 4]))),
            (false, false, KeyCode::Enter) | (true, false, KeyCode::Char('j')) => {
                self.insert("\n");
            }
            (false, false, KeyCode::Tab) => self.tab(columns),
            (false, false, KeyCode::Backspace) | (true, false, KeyCode::Char('h')) => {
                self.delete(self.before(cursor)..cursor);
            }
            (false, false, KeyCode::Delete) | (true, false, KeyCode::Char('d')) => {
                self.delete(cursor..self.after(cursor));
            }
            (true, false, KeyCode::Char('w') | KeyCode::Backspace)
            | (false, true, KeyCode::Backspace) => self.cut(self.word_before()..cursor, true),
            (false, true, KeyCode::Char('d') | KeyCode::Delete)
            | (true, false, KeyCode::Delete) => self.cut(cursor..self.word_after(), false),
            (true, false, KeyCode::Char('u')) => self.cut(self.line_start()..cursor, true),
            (false, true, KeyCode::Char('k')) => self.cut(cursor..self.line_end(), false),
            (true, false, KeyCode::Char('x')) => self.cut_selected_or_line(),
            (true, false, KeyCode::Char('v' | 'y')) => self.put_back(),
            (true, false, KeyCode::Char(' ')) => self.mark(),
            (false, true, KeyCode::Char('q' | 'Q')) => self.join_lines(),
            // A terminal sends Ctrl-7 for Ctrl-_ and for Ctrl-/.
            (true, false, KeyCode::Char('7' | '_' | '/')) => drop(self.undo()),
            (true, false, KeyCode::Char('r')) => drop(self.redo()),
            _ => return self.walk(key, columns, rows),
        }
        true
    }

    fn tab(&mut self, columns: usize) {
        let column = text_rows::column_of(self.text(), self.cursor(), columns);
        let n_blanks = TAB_COLUMNS - column % TAB_COLUMNS;
        self.insert(&" ".repeat(n_blanks));
    }

    fn walk(&mut self, key: Key, columns: usize, rows: usize) -> bool {
        let page = rows.saturating_sub(1).max(1);
        let by_rows = match (key.ctrl, key.alt, key.code) {
            (false, false, KeyCode::Up) => Some(-1),
            (false, false, KeyCode::Down) => Some(1),
            (false, false, KeyCode::PageUp) => Some(step(page, -1)),
            (false, false, KeyCode::PageDown) => Some(step(page, 1)),
            _ => None,
        };
        if let Some(by) = by_rows {
            self.vertical(by, columns, key.shift);
            return true;
        }
        let cursor = self.cursor();
        let to = match (key.ctrl, key.alt, key.code) {
            (false, false, KeyCode::Left) | (true, false, KeyCode::Char('b')) => {
                self.before(cursor)
            }
            (false, false, KeyCode::Right) | (true, false, KeyCode::Char('f')) => {
                self.after(cursor)
            }
            (true, false, KeyCode::Left) | (false, true, KeyCode::Left | KeyCode::Char('b')) => {
                self.word_before()
            }
            (true, false, KeyCode::Right) | (false, true, KeyCode::Right | KeyCode::Char('f')) => {
                self.word_after()
            }
            (true, false, KeyCode::Up) => self.paragraph_before(),
            (true, false, KeyCode::Down) => self.paragraph_after(),
            (false, false, KeyCode::Home) | (true, false, KeyCode::Char('a')) => self.line_start(),
            (false, false, KeyCode::End) | (true, false, KeyCode::Char('e')) => self.line_end(),
            (true, false, KeyCode::Home) => 0,
            (true, false, KeyCode::End) => self.text().len(),
            _ => return false,
        };
        self.move_to(to, key.shift);
        true
    }
}
