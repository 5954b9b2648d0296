//! One line of text that is being typed.

use crate::channel::key::{Key, KeyCode};
use crate::mail::safe_text::SafeText;

/// Longer input is cut: nothing that is typed on one line needs more.
const MAX_CHARS: usize = 500;

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
        (SafeText::line(&self.before), SafeText::line(&self.after))
    }

    /// Whether nothing is there.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.before.is_empty() && self.after.is_empty()
    }

    /// Types or pastes text; line breaks become blanks, other controls go.
    pub fn insert(&mut self, text: &str) {
        let room =
            MAX_CHARS.saturating_sub(self.before.chars().count() + self.after.chars().count());
        let typed = text.chars().map(|c| {
            if matches!(c, '\n' | '\r' | '\t') {
                ' '
            } else {
                c
            }
        });
        self.before
            .extend(typed.filter(|c| !c.is_control()).take(room));
    }

    /// Edits; true when the key belongs to editing.
    pub fn key(&mut self, key: Key) -> bool {
        if key.alt {
            return false;
        }
        match (key.ctrl, key.code) {
            (false, KeyCode::Char(c)) => self.insert(c.encode_utf8(&mut [0; 4])),
            (false, KeyCode::Backspace) | (true, KeyCode::Char('h')) => drop(self.before.pop()),
            (false, KeyCode::Delete) => drop(take_first(&mut self.after)),
            (false, KeyCode::Left) => self.after.insert_str(0, &last(&mut self.before)),
            (false, KeyCode::Right) => self.before.extend(take_first(&mut self.after)),
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

fn last(text: &mut String) -> String {
    text.pop().map(String::from).unwrap_or_default()
}

fn take_first(text: &mut String) -> Option<char> {
    let first = text.chars().next()?;
    text.remove(0);
    Some(first)
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
}
