//! The help: typing searches, the arrows scroll.

use crate::app::model::Model;
use crate::app::overlay::Overlay;
use crate::app::present::help;
use crate::channel::effect::Effect;
use crate::channel::key::{Key, KeyCode};

/// A key while the help is open.
pub fn key(model: &mut Model, key: Key) -> Vec<Effect> {
    let n_lines = help::lines(model).len();
    let page = usize::from(model.rows).saturating_sub(8).max(1);
    let Some(Overlay::Help(open)) = model.overlay.as_mut() else {
        return Vec::new();
    };
    let last = n_lines.saturating_sub(page);
    match key.code {
        KeyCode::Down => open.scroll = open.scroll.saturating_add(1).min(last),
        KeyCode::Up => open.scroll = open.scroll.saturating_sub(1),
        KeyCode::PageDown => open.scroll = open.scroll.saturating_add(page).min(last),
        KeyCode::PageUp => open.scroll = open.scroll.saturating_sub(page),
        KeyCode::Enter => model.overlay = None,
        KeyCode::Char('q' | '?') if open.input.is_empty() => model.overlay = None,
        _ => {
            if open.input.key(key) {
                open.scroll = 0;
            }
        }
    }
    Vec::new()
}
