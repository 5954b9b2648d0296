//! Palette and folder jump: a list narrowed by typing.

use nucleo_matcher::pattern::{AtomKind, CaseMatching, Normalization, Pattern};
use nucleo_matcher::{Config, Matcher};

use crate::app::input::Input;
use crate::app::model::Model;
use crate::app::overlay::{Aim, Choice, Overlay};
use crate::app::update::{folder, notice, run, triage};
use crate::channel::effect::Effect;
use crate::channel::key::{Key, KeyCode};
use crate::channel::rows::FolderRow;
use crate::command::table::COMMANDS;
use crate::command::verb::Verb;
use crate::mail::mailbox::MailboxId;

/// Goes, moves or copies to the folder that the argument means best; without one, asks.
pub fn folder(model: &mut Model, aim: Aim, argument: &str) -> Vec<Effect> {
    if argument.is_empty() {
        if aim != Aim::Go && model.list.current().is_none() {
            return notice::say(model, "no message here");
        }
        model.overlay = Some(Overlay::Folders(
            aim,
            Choice::new(Input::default(), Vec::new()),
        ));
        return narrow(model);
    }
    match matching_folders(model, aim, argument).first() {
        Some(mailbox) => chosen(model, aim, *mailbox),
        None => notice::say(model, &format!("no folder matches \"{argument}\"")),
    }
}

fn chosen(model: &mut Model, aim: Aim, mailbox: MailboxId) -> Vec<Effect> {
    match aim {
        Aim::Go => folder::open(model, mailbox),
        Aim::Move | Aim::Copy => triage::move_or_copy(model, aim, mailbox),
    }
}

/// A key while the palette is open.
pub fn palette_key(model: &mut Model, key: Key) -> Vec<Effect> {
    let Some(Overlay::Palette(choice)) = model.overlay.as_mut() else {
        return Vec::new();
    };
    if key.code == KeyCode::Enter {
        // What matches nothing stays to be mended.
        let Some(verb) = choice.current().copied() else {
            return Vec::new();
        };
        model.overlay = None;
        return run::run(model, verb, "");
    }
    if edit(choice, key) {
        narrow(model)
    } else {
        Vec::new()
    }
}

/// A key while a folder is looked for.
pub fn folders_key(model: &mut Model, key: Key) -> Vec<Effect> {
    let Some(Overlay::Folders(aim, choice)) = model.overlay.as_mut() else {
        return Vec::new();
    };
    if key.code == KeyCode::Enter {
        let (aim, Some(mailbox)) = (*aim, choice.current().copied()) else {
            return Vec::new();
        };
        model.overlay = None;
        return chosen(model, aim, mailbox);
    }
    if edit(choice, key) {
        narrow(model)
    } else {
        Vec::new()
    }
}

/// Moves or types; true when the text changed.
fn edit<T>(choice: &mut Choice<T>, key: Key) -> bool {
    match (key.ctrl, key.code) {
        (_, KeyCode::Down) | (true, KeyCode::Char('n' | 'j')) | (false, KeyCode::Tab) => {
            choice.step(1);
        }
        (_, KeyCode::Up) | (true, KeyCode::Char('p' | 'k')) | (false, KeyCode::BackTab) => {
            choice.step(-1);
        }
        (false, KeyCode::PageDown) => choice.step(10),
        (false, KeyCode::PageUp) => choice.step(-10),
        _ => return choice.input.key(key),
    }
    false
}

/// Narrows the open choice to what is typed.
pub fn narrow(model: &mut Model) -> Vec<Effect> {
    match model.overlay.as_ref() {
        Some(Overlay::Palette(choice)) => {
            let found = matching_commands(model, &choice.input.text());
            let input = choice.input.clone();
            model.overlay = Some(Overlay::Palette(Choice::new(input, found)));
        }
        Some(Overlay::Folders(aim, choice)) => {
            let (aim, input) = (*aim, choice.input.clone());
            let found = matching_folders(model, aim, &input.text());
            model.overlay = Some(Overlay::Folders(aim, Choice::new(input, found)));
        }
        _ => {}
    }
    Vec::new()
}

fn matching_commands(model: &Model, typed: &str) -> Vec<Verb> {
    let there = COMMANDS
        .iter()
        .filter(|command| command.can_run_in(model.pane()));
    let named = there.filter(|command| command.verb != Verb::Palette);
    let named: Vec<_> = named.collect();
    // Who types a name means that command, not one whose help speaks of it.
    let mut found = best(
        named
            .iter()
            .map(|command| (command.verb, command.name.to_owned())),
        typed,
        AtomKind::Fuzzy,
    );
    // The letters of nearly every word are somewhere in a sentence; the word itself is not.
    let by_help = best(
        named
            .iter()
            .map(|command| (command.verb, format!("{} {}", command.name, command.help))),
        typed,
        AtomKind::Substring,
    );
    found.extend(
        by_help
            .into_iter()
            .filter(|verb| !found.contains(verb))
            .collect::<Vec<_>>(),
    );
    found
}

fn matching_folders(model: &Model, aim: Aim, typed: &str) -> Vec<MailboxId> {
    let several = model.accounts.len() > 1;
    // A message stays in its account, and goes where it is not yet.
    let is_possible = |row: &&FolderRow| {
        let fits =
            Some(row.account) == model.list.account && Some(row.mailbox) != model.list.mailbox;
        row.selectable && (aim == Aim::Go || fits)
    };
    let named = model.folders.rows.iter().filter(is_possible).map(|row| {
        let account = model.account(row.account).filter(|_| several);
        let account = account.map_or("", |account| account.name.as_str());
        (row.mailbox, format!("{account} {}", row.name))
    });
    let mut found = best(named, typed, AtomKind::Fuzzy);
    let last = found
        .iter()
        .position(|mailbox| Some(*mailbox) == model.last_folder);
    // Who files one message after the other mostly means the same folder again.
    if let Some(index) = last.filter(|_| aim != Aim::Go && typed.trim().is_empty()) {
        found.get_mut(..=index).unwrap_or_default().rotate_right(1);
    }
    found
}

/// What matches every word that is typed, best first; with nothing typed everything in its own order.
fn best<T: Copy>(named: impl Iterator<Item = (T, String)>, typed: &str, kind: AtomKind) -> Vec<T> {
    struct Named<T>(T, String);
    impl<T> AsRef<str> for Named<T> {
        fn as_ref(&self) -> &str {
            &self.1
        }
    }
    let named = named.map(|(item, name)| Named(item, name));
    if typed.trim().is_empty() {
        return named.map(|named| named.0).collect();
    }
    let mut matcher = Matcher::new(Config::DEFAULT);
    let pattern = Pattern::new(typed, CaseMatching::Ignore, Normalization::Smart, kind);
    pattern
        .match_list(named, &mut matcher)
        .into_iter()
        .map(|(named, _)| named.0)
        .collect()
}
