//! One line of text that is being typed, by grapheme.

use unicode_segmentation::UnicodeSegmentation as _;

use crate::channel::key::{Key, KeyCode};
use crate::mail::safe_text::SafeText;

/// Nothing longer is typed or pasted: a mail to a few hundred people fits on one line, and nothing else needs more.
const MAX_CHARS: usize = 20_000;

/// A text and the place in it where typing goes on.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Input {
    before: String,
    after: String,
}

impl Input {
    /// A text with the cursor at its end.
    #[must_use]
    pub fn new(text: &str) -> Self {
        Self {
            before: text.to_owned(),
            after: String::new(),
        }
    }

    /// The whole text.
    #[must_use]
    pub fn text(&self) -> String {
        format!("{}{}", self.before, self.after)
    }

    /// What stands before and after the cursor, safe to show.
    #[must_use]
    pub fn around_cursor(&self) -> (SafeText, SafeText) {
        (
            SafeText::line_up_to(&self.before, MAX_CHARS),
            SafeText::line_up_to(&self.after, MAX_CHARS),
        )
    }

    /// What stands before the cursor, as typed.
    #[must_use]
    pub fn before(&self) -> &str {
        &self.before
    }

    /// Exchanges the end of what stands before the cursor, from a place on, for something else.
    pub fn complete(&mut self, from: usize, text: &str) {
        if self.before.is_char_boundary(from) {
            let typed = self.before.split_off(from);
            if !self.insert(text) {
                self.before.push_str(&typed);
            }
        }
    }

    /// Whether nothing is there.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.before.is_empty() && self.after.is_empty()
    }

    /// Types or pastes text; line breaks become blanks, other controls go. False where that would be too long: nothing of
    /// it is taken then, as half an address is another one.
    pub fn insert(&mut self, text: &str) -> bool {
        let n_chars = self.before.chars().count() + self.after.chars().count();
        let room = MAX_CHARS.saturating_sub(n_chars);
        let typed = text.chars().map(|c| {
            if matches!(c, '\n' | '\r' | '\t') {
                ' '
            } else {
                c
            }
        });
        let typed = typed.filter(|c| !c.is_control());
        let fits = typed.clone().nth(room).is_none();
        if fits {
            self.before.extend(typed);
        }
        fits
    }

    /// Edits; true when the key belongs to editing.
    pub fn key(&mut self, key: Key) -> bool {
        if key.alt {
            return false;
        }
        match (key.ctrl, key.code) {
            (false, KeyCode::Char(c)) => drop(self.insert(c.encode_utf8(&mut [0; 4]))),
            (false, KeyCode::Backspace) | (true, KeyCode::Char('h')) => {
                drop(take_last(&mut self.before));
            }
            (false, KeyCode::Delete) => drop(take_first(&mut self.after)),
            (false, KeyCode::Left) => self.after.insert_str(0, &take_last(&mut self.before)),
            (false, KeyCode::Right) => self.before.push_str(&take_first(&mut self.after)),
            (false, KeyCode::Home) | (true, KeyCode::Char('a')) => {
                self.after.insert_str(0, &std::mem::take(&mut self.before));
            }
            (false, KeyCode::End) | (true, KeyCode::Char('e')) => {
                self.before.push_str(&std::mem::take(&mut self.after));
            }
            (true, KeyCode::Char('u')) => self.before.clear(),
            (true, KeyCode::Char('w')) => {
                let kept = self
                    .before
                    .trim_end()
                    .rfind(char::is_whitespace)
                    .map_or(0, |at| at + 1);
                self.before.truncate(kept);
            }
            _ => return false,
        }
        true
    }
}

/// Takes the last grapheme off; empty where there is none.
fn take_last(text: &mut String) -> String {
    let at = text.grapheme_indices(true).next_back();
    let at = at.map_or(0, |(at, _)| at);
    text.split_off(at)
}

/// Takes the first grapheme off; empty where there is none.
fn take_first(text: &mut String) -> String {
    let end = text.graphemes(true).next().map_or(0, str::len);
    text.drain(..end).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn typing_and_editing() {
        for (keys, before, after) in [
            ("a b", "ab", ""),
            ("a b left c", "ac", "b"),
            ("ä left delete x", "x", ""),
            ("a space b ctrl-w", "a ", ""),
            ("a b home c", "c", "ab"),
            ("e \u{301} x left backspace", "", "x"),
            ("a b home right ctrl-u", "", "b"),
            ("backspace left delete right", "", ""),
        ] {
            let mut input = Input::default();
            for key in keys.split(' ') {
                assert!(input.key(Key::parse(key).unwrap()), "{key}");
            }
            assert_eq!(
                (input.before.as_str(), input.after.as_str()),
                (before, after),
                "{keys}"
            );
        }
    }

    #[test]
    fn pasted_controls_do_not_arrive() {
        let mut input = Input::default();
        input.insert("a\nb\u{1b}[31m\u{7}");
        assert_eq!(input.text(), "a b[31m");
    }

    #[test]
    fn what_is_too_long_is_not_taken_at_all() {
        let mut input = Input::default();
        let list = "bob@example.org, ".repeat(MAX_CHARS / 17 - 1);
        assert!(input.insert(&list) && !input.insert(&list));
        assert!(input.insert("zoe@example") && !input.insert("x".repeat(MAX_CHARS).as_str()));
        assert!(input.text().ends_with("zoe@example"));
        let from = input.text().len() - "zoe@example".len();
        input.complete(from, &"Zoe ".repeat(99));
        assert!(
            input.text().ends_with("zoe@example"),
            "nothing typed is lost"
        );
    }
}
