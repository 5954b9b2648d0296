//! The limit of the list: words that follow the typing.

use crate::app::input::Input;
use crate::app::model::Model;
use crate::app::overlay::Overlay;
use crate::app::update::rows;
use crate::channel::effect::Effect;
use crate::channel::key::{Key, KeyCode};
use crate::channel::rows::Anchor;
use crate::command::preset::Pane;

/// Limits the list to the argument, or asks for the words.
pub fn limit(model: &mut Model, argument: &str) -> Vec<Effect> {
    model.focus = Pane::List;
    if argument.is_empty() {
        model.overlay = Some(Overlay::Limit(Input::new(&model.list.limit)));
        return Vec::new();
    }
    set(model, argument.to_owned())
}

/// A key while the words are typed.
pub fn key(model: &mut Model, key: Key) -> Vec<Effect> {
    match key.code {
        KeyCode::Enter => {
            model.overlay = None;
            return Vec::new();
        }
        // The list can be walked while the words are still being typed.
        KeyCode::Down => drop(model.list.step(1)),
        KeyCode::Up => drop(model.list.step(-1)),
        _ => {
            if let Some(Overlay::Limit(input)) = model.overlay.as_mut()
                && input.key(key)
            {
                return follow(model);
            }
        }
    }
    Vec::new()
}

/// Has the list follow what is typed.
pub fn follow(model: &mut Model) -> Vec<Effect> {
    let Some(Overlay::Limit(input)) = model.overlay.as_ref() else {
        return Vec::new();
    };
    let words = input.text();
    set(model, words)
}

fn set(model: &mut Model, words: String) -> Vec<Effect> {
    // Blanks alone limit nothing.
    let words = if words.trim().is_empty() {
        String::new()
    } else {
        words
    };
    if words == model.list.limit {
        return Vec::new();
    }
    model.list.limit = words;
    rows::jump(model, Anchor::Newest)
}

/// Shows the whole list again, the cursor still on its message.
pub fn clear(model: &mut Model) -> Vec<Effect> {
    if model.list.limit.is_empty() {
        return Vec::new();
    }
    model.list.limit.clear();
    let anchor = model
        .list
        .current()
        .map(|row| row.key)
        .or_else(|| model.places.get(&model.list.mailbox?).copied())
        .map_or(Anchor::Newest, Anchor::Around);
    rows::jump(model, anchor)
}
