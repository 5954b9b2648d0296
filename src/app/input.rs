//! One line of text that is being typed: by grapheme and by word, with steps back.

use unicode_segmentation::UnicodeSegmentation as _;

use crate::channel::key::{Key, KeyCode};
use crate::mail::safe_text::SafeText;

/// Nothing longer is typed or pasted: a mail to a few hundred people fits on one line, and nothing else needs more.
const MAX_CHARS: usize = 20_000;

/// Steps that can be taken back.
const MAX_STEPS: usize = 30;

/// What an edit is a part of: what goes on in the same way is taken back with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Run {
    #[default]
    None,
    Typing,
    Deleting,
}

/// A text and the place in it where typing goes on.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Input {
    before: String,
    after: String,
    /// As it was before each step, newest last.
    past: Vec<(String, String)>,
    run: Run,
}

impl Input {
    /// A text with the cursor at its end.
    #[must_use]
    pub fn new(text: &str) -> Self {
        Self {
            before: text.to_owned(),
            ..Self::default()
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
            let now = (self.before.clone(), self.after.clone());
            self.before.truncate(from);
            if !self.take(text) {
                self.before.clone_from(&now.0);
                return;
            }
            self.note(now, Run::None);
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
        let now = (self.before.clone(), self.after.clone());
        let is_letter = text.graphemes(true).nth(1).is_none() && text != " ";
        let is_taken = self.take(text);
        if is_taken {
            self.note(now, if is_letter { Run::Typing } else { Run::None });
        }
        is_taken
    }

    fn take(&mut self, text: &str) -> bool {
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

    /// Notes what the text was before a step, where it is another one now.
    fn note(&mut self, before: (String, String), run: Run) {
        if (&before.0, &before.1) == (&self.before, &self.after) {
            return;
        }
        if run == Run::None || run != self.run {
            if self.past.len() >= MAX_STEPS {
                self.past.remove(0);
            }
            self.past.push(before);
        }
        self.run = run;
    }

    /// Takes the last step back, where there is one.
    fn undo(&mut self) {
        if let Some(past) = self.past.pop() {
            (self.before, self.after) = past;
        }
        self.run = Run::None;
    }

    /// Edits; true when the key belongs to editing.
    pub fn key(&mut self, key: Key) -> bool {
        if let (false, false, KeyCode::Char(c)) = (key.ctrl, key.alt, key.code) {
            self.insert(c.encode_utf8(&mut [0; 4]));
            return true;
        }
        let now = (self.before.clone(), self.after.clone());
        let mut run = Run::None;
        match (key.ctrl, key.alt, key.code) {
            (false, false, KeyCode::Backspace) | (true, false, KeyCode::Char('h')) => {
                run = Run::Deleting;
                drop(take_last(&mut self.before));
            }
            (false, false, KeyCode::Delete) | (true, false, KeyCode::Char('d')) => {
                run = Run::Deleting;
                drop(take_first(&mut self.after));
            }
            (true, false, KeyCode::Char('u')) => self.before.clear(),
            (false, true, KeyCode::Char('k')) => self.after.clear(),
            (true, false, KeyCode::Char('w') | KeyCode::Backspace)
            | (false, true, KeyCode::Backspace) => {
                let typed = self.before.trim_end();
                let kept = typed.rfind(char::is_whitespace).map_or(0, |at| at + 1);
                self.before.truncate(kept);
            }
            (false, true, KeyCode::Char('d') | KeyCode::Delete)
            | (true, false, KeyCode::Delete) => drop(self.after.drain(..self.word_after())),
            (true, false, KeyCode::Char('7' | '_' | '/')) => {
                self.undo();
                return true;
            }
            _ => return self.walk(key),
        }
        self.note(now, run);
        true
    }

    fn walk(&mut self, key: Key) -> bool {
        match (key.ctrl, key.alt, key.code) {
            (false, false, KeyCode::Left) | (true, false, KeyCode::Char('b')) => {
                self.after.insert_str(0, &take_last(&mut self.before));
            }
            (false, false, KeyCode::Right) | (true, false, KeyCode::Char('f')) => {
                self.before.push_str(&take_first(&mut self.after));
            }
            (true, false, KeyCode::Left) | (false, true, KeyCode::Left | KeyCode::Char('b')) => {
                let word = self.before.split_off(self.word_before());
                self.after.insert_str(0, &word);
            }
            (true, false, KeyCode::Right) | (false, true, KeyCode::Right | KeyCode::Char('f')) => {
                let end = self.word_after();
                self.before.extend(self.after.drain(..end));
            }
            (false, false, KeyCode::Home) | (true, false, KeyCode::Char('a')) => {
                self.after.insert_str(0, &std::mem::take(&mut self.before));
            }
            (false, false, KeyCode::End) | (true, false, KeyCode::Char('e')) => {
                self.before.push_str(&std::mem::take(&mut self.after));
            }
            _ => return false,
        }
        self.run = Run::None;
        true
    }

    /// Where the word before the cursor begins.
    fn word_before(&self) -> usize {
        let words = self.before.split_word_bound_indices();
        let mut words = words.rev().filter(|(_, word)| is_word(word));
        words.next().map_or(0, |(at, _)| at)
    }

    /// Where the word behind the cursor ends, from there on.
    fn word_after(&self) -> usize {
        let words = self.after.split_word_bound_indices();
        let mut words = words.filter(|(_, word)| is_word(word));
        words
            .next()
            .map_or(self.after.len(), |(at, word)| at + word.len())
    }
}

fn is_word(piece: &str) -> bool {
    piece.chars().any(char::is_alphanumeric)
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
            ("a b space c d ctrl-left x", "ab x", "cd"),
            ("a b space c d home ctrl-right", "ab", " cd"),
            ("a b space c d home alt-f alt-d", "ab", ""),
            ("a b left alt-k", "a", ""),
            ("a b ctrl-b ctrl-d", "a", ""),
            ("a b space c alt-backspace", "ab ", ""),
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
    fn what_was_done_is_taken_back_step_by_step() {
        let mut input = Input::new("to: ");
        for key in "a b space c d ctrl-u x left backspace backspace".split(' ') {
            input.key(Key::parse(key).unwrap());
        }
        input.complete(0, "Zoe <zoe@example.org>, ");
        let mut seen = Vec::new();
        for _ in 0..8 {
            seen.push(input.text());
            input.key(Key::parse("ctrl-7").unwrap());
        }
        let whole = "Zoe <zoe@example.org>, x";
        assert_eq!(
            seen,
            [
                whole,
                "x",
                "",
                "to: ab cd",
                "to: ab ",
                "to: ab",
                "to: ",
                "to: "
            ]
        );
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
