//! Keys while a mail is typed: in its lines, in its text, from one to the next.

use std::borrow::Cow;

use crate::app::composer::{Composer, Place};
use crate::app::keymap::Meaning;
use crate::app::model::Model;
use crate::app::update::composer::{body_size, completion};
use crate::app::update::notice;
use crate::channel::effect::Effect;
use crate::channel::key::{Key, KeyCode};
use crate::command::verb::Verb;

/// Commands after which typing goes on where it was.
const TYPING_GOES_ON: [Verb; 4] = [Verb::Attach, Verb::NextIdentity, Verb::Undo, Verb::Redo];

/// A key; `None` when it is no key of typing, so that it may be a command.
pub fn key(model: &mut Model, key: Key) -> Option<Vec<Effect>> {
    exchange_kept(model);
    let effects = key_here(model, key);
    exchange_kept(model);
    effects
}

/// Gives what was cut or copied to the text that is typed at, or takes it back from there.
fn exchange_kept(model: &mut Model) {
    let mut kept = std::mem::take(&mut model.composers.kept);
    if let Some(composer) = model.composers.front_mut() {
        std::mem::swap(composer.body.kept_mut(), &mut kept);
    }
    model.composers.kept = kept;
}

fn key_here(model: &mut Model, key: Key) -> Option<Vec<Effect>> {
    let size = body_size(model).unwrap_or((78, 20));
    let identities = model.settings.identities.clone();
    let composer = model.composers.front_mut()?;
    if key.code == KeyCode::Esc || (key.ctrl && key.code == KeyCode::Char('c')) {
        // What is selected comes first: Ctrl-C copies it, Esc lets it go.
        if composer.place == Place::Body {
            let is_copied = key.ctrl && composer.body.copy();
            if composer.body.unselect() || is_copied {
                return Some(Vec::new());
            }
        }
        // Who has moved to an offer leaves that first; who has not may not even have looked at them.
        let offered = composer.completion.take();
        composer.is_typing = offered.is_some_and(|offered| offered.cursor.is_some());
        return Some(Vec::new());
    }
    if completion::key(composer, key) {
        return Some(Vec::new());
    }
    if composer.place == Place::Body {
        return body_key(composer, key, size).then(Vec::new);
    }
    if walk(composer, key) {
        return Some(Vec::new());
    }
    if composer.place == Place::From {
        match key.code {
            KeyCode::Left | KeyCode::Backspace => composer.turn_identity(&identities, -1),
            KeyCode::Right | KeyCode::Char(' ') => composer.turn_identity(&identities, 1),
            // Nothing is typed here; but no letter may become a command either.
            KeyCode::Char(_) if !key.ctrl && !key.alt => {}
            _ => return None,
        }
        return Some(Vec::new());
    }
    let line = composer.line_mut()?;
    let before = line.text();
    if !line.key(key) {
        return None;
    }
    if line.text() != before {
        composer.changed();
    }
    Some(completion::follow(model))
}

/// A key that types nothing, as a command. Alt with a letter is Esc and the letter, as on any terminal: `Alt-e` gives
/// the mail to the editor at once.
pub fn as_command(model: &mut Model, key: Key) -> Key {
    let plain = Key { alt: false, ..key };
    let pane = model.pane();
    let is_letter = matches!(key.code, KeyCode::Char(_)) && key.alt && !key.ctrl;
    let is_bound = !matches!(model.keymap.meaning(pane, &[key]), Meaning::Nothing);
    if is_bound || !is_letter {
        return key;
    }
    let goes_on = match model.keymap.meaning(pane, &[plain]) {
        Meaning::Nothing => return key,
        Meaning::Command(bound) => TYPING_GOES_ON.contains(&bound.verb),
        Meaning::Prefix => false,
    };
    if let Some(composer) = model.composers.front_mut() {
        composer.is_typing = goes_on;
    }
    plain
}

/// Text was pasted: into the text as it is, into a line as one line.
pub fn pasted(model: &mut Model, text: &str) -> Vec<Effect> {
    let Some(composer) = model.composers.front_mut().filter(|open| open.is_typing) else {
        return Vec::new();
    };
    if composer.place == Place::Body {
        if !composer.body.insert(text) {
            let words = "not pasted: the text would be longer than 1 MiB; a file can be attached";
            return notice::alarm(model, words);
        }
        composer.changed();
        return Vec::new();
    }
    let is_address = composer.place != Place::Subject;
    if let Some(line) = composer.line_mut() {
        let text = if is_address {
            Cow::Owned(list(text))
        } else {
            Cow::Borrowed(text)
        };
        if !line.insert(&text) {
            return notice::alarm(model, "not pasted: the line would be too long");
        }
        composer.changed();
    }
    completion::follow(model)
}

/// Addresses of several lines as a list: each line ends one, with a comma or without.
fn list(text: &str) -> String {
    let is_mark = |c: char| c.is_whitespace() || matches!(c, ',' | ';');
    let lines = text.lines().map(|line| line.trim_matches(is_mark));
    let lines: Vec<&str> = lines.filter(|line| !line.is_empty()).collect();
    match lines.as_slice() {
        [_] => text.to_owned(),
        lines => lines.join(", "),
    }
}

fn body_key(composer: &mut Composer, key: Key, (columns, rows): (usize, usize)) -> bool {
    let leaves = key.code == KeyCode::BackTab
        || (key.code == KeyCode::Up && composer.body.is_at_top(columns));
    if leaves && !key.ctrl && !key.alt && !key.shift {
        composer.body.unselect();
        composer.step(-1);
        return true;
    }
    let before = composer.body.n_edits();
    let is_taken = composer.body.key(key, columns, rows);
    if composer.body.n_edits() != before {
        composer.changed();
    }
    is_taken
}

/// From one line to the next.
fn walk(composer: &mut Composer, key: Key) -> bool {
    if key.ctrl || key.alt {
        return false;
    }
    match key.code {
        KeyCode::Tab | KeyCode::Down | KeyCode::Enter => composer.step(1),
        KeyCode::BackTab | KeyCode::Up => composer.step(-1),
        _ => return false,
    };
    true
}
