//! The line in which tags are typed, and how they are completed.

use crate::app::model::Model;
use crate::app::overlay::{Overlay, TagLine};
use crate::app::update::triage;
use crate::channel::effect::Effect;
use crate::channel::key::{Key, KeyCode};
use crate::channel::rows::Keywords;
use crate::mail::flag::Keyword;

/// A key while tags are typed.
pub fn key(model: &mut Model, key: Key) -> Vec<Effect> {
    let Some(Overlay::Tags(line)) = model.overlay.as_mut() else {
        return Vec::new();
    };
    match key.code {
        KeyCode::Enter => {
            let typed = line.input.text();
            model.overlay = None;
            return triage::tag_with(model, &typed);
        }
        KeyCode::Backspace if line.input.is_empty() => model.overlay = None,
        KeyCode::Tab => complete(line),
        _ => drop(line.input.key(key)),
    }
    Vec::new()
}

/// The keywords of the folder arrived.
pub fn arrived(model: &mut Model, keywords: Keywords) -> Vec<Effect> {
    let open = model.list.mailbox;
    if let Some(Overlay::Tags(line)) = model.overlay.as_mut()
        && open == Some(keywords.mailbox)
    {
        line.takes_new = keywords.takes_new;
        line.known = keywords.names;
    }
    Vec::new()
}

/// Goes on as far as all candidates for the last word agree; with one of them, to the next word.
fn complete(line: &mut TagLine) {
    let typed = line.input.text();
    let (_, name) = TagLine::last_word(&typed);
    let names: Vec<&str> = line.candidates().map(Keyword::as_str).collect();
    let Some(first) = names.first() else { return };
    let agreed = names.iter().fold(first.len(), |agreed, other| {
        let same = first
            .bytes()
            .zip(other.bytes())
            .take_while(|(a, b)| a.eq_ignore_ascii_case(b));
        agreed.min(same.count())
    });
    let only = names.len() == 1;
    let rest = first.get(name.len()..agreed).unwrap_or_default().to_owned();
    line.input.insert(&rest);
    if only {
        line.input.insert(" ");
    }
}
