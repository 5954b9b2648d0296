//! The hints line and the continuation window, both read from the keymap.

use std::collections::BTreeMap;

use unicode_width::UnicodeWidthStr as _;

use crate::app::composer::{Composer, Place};
use crate::app::model::Model;
use crate::channel::key::Key;
use crate::command::keys::{label, sequence_label};
use crate::command::preset::Pane;
use crate::command::table::COMMANDS;
use crate::command::verb::Verb;
use crate::mail::safe_text::SafeText;

/// Keys with a word for what they do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hint {
    /// The keys.
    pub keys: SafeText,
    /// What they do.
    pub text: SafeText,
    /// The command, for the mouse; `None` where the keys belong to none.
    pub verb: Option<Verb>,
}

impl Hint {
    /// Columns that it takes on its line.
    fn columns(&self) -> usize {
        self.keys.as_str().width() + 1 + self.text.as_str().width()
    }
}

/// Columns between two hints.
const GAP: usize = 3;

/// A hint on its line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Placed {
    /// What stands there.
    pub hint: Hint,
    /// Its first column, from 0.
    pub x: usize,
}

/// The hints that fit on a line of so many columns. The way to the help, the last one, is always there.
#[must_use]
pub fn placed(mut hints: Vec<Hint>, columns: usize) -> Vec<Placed> {
    let Some(help) = hints.pop() else {
        return Vec::new();
    };
    let mut room = columns.saturating_sub(help.columns() + GAP);
    let mut x = 1;
    let mut line = Vec::new();
    for hint in hints {
        let needed = hint.columns() + GAP;
        let Some(left) = room.checked_sub(needed) else {
            break;
        };
        room = left;
        line.push(Placed { hint, x });
        x += needed;
    }
    line.push(Placed { hint: help, x });
    line
}

/// The command whose hint stands at a column of a line of so many columns.
#[must_use]
pub fn at(model: &Model, columns: usize, column: usize) -> Option<Verb> {
    let line = placed(hints(model), columns).into_iter();
    let mut there =
        line.filter(|placed| (placed.x..placed.x + placed.hint.columns()).contains(&column));
    there.next()?.hint.verb
}

/// What is mostly done with a selection, and a word for it.
const WITH_SELECTION: [(Verb, &str); 9] = [
    (Verb::Archive, "archive"),
    (Verb::Delete, "delete"),
    (Verb::Move, "move"),
    (Verb::Tags, "tag"),
    (Verb::ToggleStar, "star"),
    (Verb::MarkRead, "read"),
    (Verb::Select, "select"),
    (Verb::Escape, "clear"),
    (Verb::Help, "help"),
];

/// What is mostly done with a mail that is being written, and a word for it.
const IN_COMPOSER: [(Verb, &str); 9] = [
    (Verb::Send, "send"),
    (Verb::Open, "type"),
    (Verb::Attach, "attach"),
    (Verb::Close, "keep as draft"),
    (Verb::ExternalEditor, "editor"),
    (Verb::SendLater, "later"),
    (Verb::Discard, "discard"),
    (Verb::NextTab, "next tab"),
    (Verb::Help, "help"),
];

/// The hints of the focused pane, most useful first; the way to the help comes last.
#[must_use]
pub fn hints(model: &Model) -> Vec<Hint> {
    if let Some(open) = model.composers.front().filter(|open| open.is_typing) {
        return while_typing(model, open);
    }
    if model.pane() == Pane::List && !model.list.selection.is_empty() {
        return words(model, &WITH_SELECTION);
    }
    if model.pane() == Pane::Composer {
        return words(model, &IN_COMPOSER);
    }
    let there = COMMANDS
        .iter()
        .filter(|command| !command.hint.is_empty() && command.is_in(model.pane()))
        .filter(|command| command.verb != Verb::Save || shows_attachments(model));
    there
        .filter_map(|command| {
            let keys = model.keymap.keys_of(command.verb).next()?;
            let ends = command.verb == Verb::Close
                && model.pane() == Pane::List
                && model.list.limit.is_empty();
            let text = if ends { "quit" } else { command.hint };
            Some(Hint {
                keys: SafeText::line(&sequence_label(keys)),
                text: SafeText::line(text),
                verb: Some(command.verb),
            })
        })
        .collect()
}

/// What helps while a mail is typed: keys that are no commands of the table, those of its lines or those of its text.
fn while_typing(model: &Model, composer: &Composer) -> Vec<Hint> {
    let own = |pairs: &[(&'static str, &'static str)]| -> Vec<Hint> {
        let hint = |(keys, text): &(&'static str, &'static str)| typed(SafeText::own(keys), text);
        pairs.iter().map(hint).collect()
    };
    let commands = own(&[("Ctrl-K", "commands")]);
    if composer.place == Place::Body && composer.body.selected().is_some() {
        let selected = own(&[
            ("Ctrl-X", "cut"),
            ("Ctrl-C", "copy"),
            ("Del", "delete"),
            ("Esc", "select nothing"),
        ]);
        return [selected, commands].concat();
    }
    let send = SafeText::line(&format!("Esc {}", model.keys(Verb::Send)));
    let here = if composer.place == Place::Body {
        own(&[
            ("Ctrl-_", "undo"),
            ("Ctrl-X", "cut line"),
            ("Ctrl-V", "put back"),
            ("Alt-q", "join lines"),
            ("Ctrl-R", "redo"),
        ])
    } else {
        own(&[
            ("Tab", "next line"),
            ("S-Tab", "line before"),
            ("Ctrl-_", "undo"),
        ])
    };
    let leave = own(&[("Esc", "done typing")]);
    [leave, vec![typed(send, "send")], here, commands].concat()
}

fn typed(keys: SafeText, text: &'static str) -> Hint {
    Hint {
        keys,
        text: SafeText::own(text),
        verb: None,
    }
}

/// Whether there is something to save before the reader's eyes.
fn shows_attachments(model: &Model) -> bool {
    let view = model.message.view();
    model.focus == Pane::Message && view.is_some_and(|view| !view.attachments.is_empty())
}

fn words(model: &Model, pairs: &[(Verb, &str)]) -> Vec<Hint> {
    let hint = |(verb, text): &(Verb, &str)| {
        let keys = model.keymap.keys_of(*verb).next()?;
        Some(Hint {
            keys: SafeText::line(&sequence_label(keys)),
            text: SafeText::line(text),
            verb: Some(*verb),
        })
    };
    pairs.iter().filter_map(hint).collect()
}

/// How the keys pressed so far can go on; empty when no sequence is open.
#[must_use]
pub fn continuations(model: &Model) -> Vec<Hint> {
    let pressed = model.pending_keys.as_slice();
    if pressed.is_empty() {
        return Vec::new();
    }
    let mut next: BTreeMap<Key, Vec<&'static str>> = BTreeMap::new();
    for (bound, command) in model.keymap.in_pane(model.pane()) {
        if bound.keys.starts_with(pressed)
            && let Some(key) = bound.keys.get(pressed.len())
        {
            next.entry(*key).or_default().push(command.help);
        }
    }
    let text = |helps: Vec<&'static str>| match helps.as_slice() {
        [only] => SafeText::line(only),
        several => SafeText::line(&format!("{} commands", several.len())),
    };
    let mut next: Vec<_> = next.into_iter().collect();
    // As in a dictionary: `o` and `O` side by side.
    next.sort_by_key(|(key, _)| label(*key).to_lowercase());
    next.into_iter()
        .map(|(key, helps)| Hint {
            keys: SafeText::line(&label(key)),
            text: text(helps),
            verb: None,
        })
        .collect()
}

/// The keys pressed so far.
#[must_use]
pub fn pressed(model: &Model) -> SafeText {
    SafeText::line(&sequence_label(&model.pending_keys))
}
