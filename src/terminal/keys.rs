//! From crossterm's events to our own. Pure.

use crossterm::event::{
    Event as Foreign, KeyCode as ForeignKey, KeyEvent, KeyEventKind, KeyModifiers, MouseButton,
    MouseEvent, MouseEventKind,
};

use crate::channel::event::Event;
use crate::channel::key::{Key, KeyCode};
use crate::channel::mouse::Mouse;

/// Longer pastes are cut. No field takes half as much: what is cut is refused there with words, never taken in part.
const MAX_PASTE: usize = 4 << 20;

/// Translates an event; `None` for what nobody asked for. Sizes come from the signal thread, which knows them sooner.
pub fn event(foreign: Foreign) -> Option<Event> {
    match foreign {
        Foreign::Key(pressed) => key(pressed).map(Event::Key),
        Foreign::Mouse(used) => mouse(used).map(Event::Mouse),
        Foreign::Paste(text) => Some(Event::Paste(cut(text))),
        Foreign::Resize(..) | Foreign::FocusGained | Foreign::FocusLost => None,
    }
}

fn key(pressed: KeyEvent) -> Option<Key> {
    if pressed.kind == KeyEventKind::Release {
        return None;
    }
    let modifiers = pressed.modifiers;
    if modifiers.intersects(KeyModifiers::SUPER | KeyModifiers::HYPER) {
        return None;
    }
    let code = match pressed.code {
        ForeignKey::Char(typed) => KeyCode::Char(typed),
        ForeignKey::Enter => KeyCode::Enter,
        ForeignKey::Esc => KeyCode::Esc,
        ForeignKey::Tab if modifiers.contains(KeyModifiers::SHIFT) => KeyCode::BackTab,
        ForeignKey::Tab => KeyCode::Tab,
        ForeignKey::BackTab => KeyCode::BackTab,
        ForeignKey::Backspace => KeyCode::Backspace,
        ForeignKey::Delete => KeyCode::Delete,
        ForeignKey::Up => KeyCode::Up,
        ForeignKey::Down => KeyCode::Down,
        ForeignKey::Left => KeyCode::Left,
        ForeignKey::Right => KeyCode::Right,
        ForeignKey::PageUp => KeyCode::PageUp,
        ForeignKey::PageDown => KeyCode::PageDown,
        ForeignKey::Home => KeyCode::Home,
        ForeignKey::End => KeyCode::End,
        ForeignKey::F(number @ 1..=12) => KeyCode::F(number),
        _ => return None,
    };
    Some(Key {
        code,
        ctrl: modifiers.contains(KeyModifiers::CONTROL),
        alt: modifiers.intersects(KeyModifiers::ALT | KeyModifiers::META),
        shift: modifiers.contains(KeyModifiers::SHIFT)
            && !matches!(code, KeyCode::Char(_) | KeyCode::BackTab),
    })
}

fn mouse(used: MouseEvent) -> Option<Mouse> {
    let (column, row) = (used.column, used.row);
    match used.kind {
        MouseEventKind::Down(MouseButton::Left) => {
            let selects = used
                .modifiers
                .intersects(KeyModifiers::CONTROL | KeyModifiers::SHIFT);
            Some(Mouse::Click {
                column,
                row,
                selects,
            })
        }
        MouseEventKind::ScrollUp => Some(Mouse::ScrollUp { column, row }),
        MouseEventKind::ScrollDown => Some(Mouse::ScrollDown { column, row }),
        _ => None,
    }
}

fn cut(mut text: String) -> String {
    let mut length = text.len().min(MAX_PASTE);
    while !text.is_char_boundary(length) {
        length -= 1;
    }
    text.truncate(length);
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pressed(code: ForeignKey, modifiers: KeyModifiers) -> String {
        match event(Foreign::Key(KeyEvent::new(code, modifiers))) {
            Some(Event::Key(key)) => key.to_string(),
            other => format!("{other:?}"),
        }
    }

    #[test]
    fn keys_keep_their_names_and_modifiers() {
        let (none, ctrl, alt, shift) = (
            KeyModifiers::NONE,
            KeyModifiers::CONTROL,
            KeyModifiers::ALT,
            KeyModifiers::SHIFT,
        );
        for (code, modifiers, expected) in [
            (ForeignKey::Char('j'), none, "j"),
            (ForeignKey::Char('J'), shift, "J"),
            (ForeignKey::Char('ü'), none, "ü"),
            (ForeignKey::Char('x'), ctrl, "ctrl-x"),
            (ForeignKey::Char('x'), ctrl | alt, "ctrl-alt-x"),
            (ForeignKey::Enter, alt, "alt-enter"),
            (ForeignKey::Tab, shift, "backtab"),
            (ForeignKey::BackTab, shift, "backtab"),
            (ForeignKey::Down, shift, "shift-down"),
            (ForeignKey::Left, ctrl | shift, "ctrl-shift-left"),
            (ForeignKey::F(12), none, "f12"),
            (ForeignKey::F(13), none, "None"),
            (ForeignKey::Char('l'), KeyModifiers::SUPER, "None"),
            (ForeignKey::CapsLock, none, "None"),
        ] {
            assert_eq!(pressed(code, modifiers), expected);
        }
    }

    #[test]
    fn releases_and_sizes_are_not_for_us() {
        let mut up = KeyEvent::new(ForeignKey::Char('j'), KeyModifiers::NONE);
        up.kind = KeyEventKind::Release;
        for foreign in [
            Foreign::Key(up),
            Foreign::Resize(80, 24),
            Foreign::FocusGained,
        ] {
            assert_eq!(event(foreign), None);
        }
    }

    #[test]
    fn a_huge_paste_is_cut_between_characters() {
        let Some(Event::Paste(text)) = event(Foreign::Paste("€".repeat(MAX_PASTE))) else {
            panic!();
        };
        assert_eq!(text.len(), MAX_PASTE - MAX_PASTE % 3);
    }
}
