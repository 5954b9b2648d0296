//! Sequences of keys as text: how the table and the configuration write them, and how a screen shows them.

use crate::channel::key::{Key, KeyCode};

/// Reads `j`, `ctrl-x`, `gg`, `g space`: named keys, or characters in a row; `None` where nothing is meant by it.
#[must_use]
pub fn parse_sequence(text: &str) -> Option<Vec<Key>> {
    let mut keys = Vec::new();
    for word in text.split_whitespace() {
        match Key::parse(word) {
            Some(key) => keys.push(key),
            // `ctrl-` followed by nothing known is a mistake, not six letters.
            None if word.chars().count() > 3 => return None,
            None => keys.extend(word.chars().map(|c| Key::plain(KeyCode::Char(c)))),
        }
    }
    (!keys.is_empty()).then_some(keys)
}

/// How a screen shows one key: `j`, `Ctrl-K`, `Enter`, `Space`.
#[must_use]
pub fn label(key: Key) -> String {
    let name = match key.code {
        KeyCode::Char(' ') => "Space".to_owned(),
        KeyCode::Char(c) if key.ctrl => c.to_uppercase().collect(),
        KeyCode::Char(c) => c.to_string(),
        KeyCode::Enter => "Enter".to_owned(),
        KeyCode::Esc => "Esc".to_owned(),
        KeyCode::Tab => "Tab".to_owned(),
        KeyCode::BackTab => "S-Tab".to_owned(),
        KeyCode::Backspace => "Backspace".to_owned(),
        KeyCode::Delete => "Del".to_owned(),
        KeyCode::Up => "Up".to_owned(),
        KeyCode::Down => "Down".to_owned(),
        KeyCode::Left => "Left".to_owned(),
        KeyCode::Right => "Right".to_owned(),
        KeyCode::PageUp => "PgUp".to_owned(),
        KeyCode::PageDown => "PgDn".to_owned(),
        KeyCode::Home => "Home".to_owned(),
        KeyCode::End => "End".to_owned(),
        KeyCode::F(n) => format!("F{n}"),
    };
    let ctrl = if key.ctrl { "Ctrl-" } else { "" };
    let alt = if key.alt { "Alt-" } else { "" };
    let shift = if key.shift { "Shift-" } else { "" };
    format!("{ctrl}{alt}{shift}{name}")
}

/// How a screen shows a sequence: letters in a row (`gf`), other keys apart (`g Space`).
#[must_use]
pub fn sequence_label(keys: &[Key]) -> String {
    let labels: Vec<String> = keys.iter().copied().map(label).collect();
    let letters_only = labels.iter().all(|label| label.chars().count() == 1);
    labels.join(if letters_only { "" } else { " " })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sequences_are_read_and_shown() {
        for (text, shown) in [
            ("j", "j"),
            ("gg", "gg"),
            ("gO", "gO"),
            ("ctrl-k", "Ctrl-K"),
            ("g space", "g Space"),
            ("backtab", "S-Tab"),
            ("minus", "-"),
            ("f5", "F5"),
            ("alt-enter", "Alt-Enter"),
            ("ctrl-shift-left", "Ctrl-Shift-Left"),
        ] {
            assert_eq!(
                sequence_label(&parse_sequence(text).unwrap()),
                shown,
                "{text}"
            );
        }
        for text in ["", "  ", "ctrl-nonsense", "archive", "shift-x", "shift-"] {
            assert_eq!(parse_sequence(text), None, "{text}");
        }
    }
}
