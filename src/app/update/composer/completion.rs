//! Completion of addresses: what the word before the cursor may become, from the mail on this machine and from the
//! user's own command.

use crate::app::composer::{Completion, Composer, Place};
use crate::app::model::Model;
use crate::channel::effect::Effect;
use crate::channel::key::{Key, KeyCode};
use crate::channel::operation::Ticket;

/// The most that is offered.
const MOST: usize = 8;

/// Where the address begins that is typed before the cursor: behind the last comma that stands in no quotes.
fn start(before: &str) -> usize {
    let (mut at, mut is_quoted) = (0, false);
    for (index, c) in before.char_indices() {
        match c {
            '"' => is_quoted = !is_quoted,
            ',' if !is_quoted => at = index + 1,
            _ => {}
        }
    }
    let rest = before.get(at..).unwrap_or_default();
    at + (rest.len() - rest.trim_start().len())
}

/// The address as far as it is typed.
fn typed(composer: &Composer) -> Option<String> {
    let before = composer.line(composer.place)?.before();
    before.get(start(before)..).map(str::to_owned)
}

/// Asks what could be meant by what stands before the cursor now.
pub fn follow(model: &mut Model) -> Vec<Effect> {
    let Some(composer) = model.composers.front_mut() else {
        return Vec::new();
    };
    let is_address = composer.place != Place::Subject;
    let Some(typed) = typed(composer).filter(|typed| is_address && !typed.trim().is_empty()) else {
        composer.completion = None;
        return Vec::new();
    };
    // What was offered stays until the answer comes, so that nothing flickers.
    let found = composer.completion.take().map(|old| old.found);
    composer.completion = Some(Completion {
        typed: typed.clone(),
        found: found.unwrap_or_default(),
        cursor: None,
    });
    vec![Effect::CompleteAddress {
        ticket: composer.ticket(),
        account: composer.account,
        typed,
    }]
}

/// Addresses were found; the command's answer comes behind the store's.
pub fn arrived(
    model: &mut Model,
    ticket: Ticket,
    typed: &str,
    found: Vec<String>,
    is_more: bool,
) -> Vec<Effect> {
    let open = model.composers.get_mut(ticket.0);
    let Some(completion) = open.and_then(|composer| composer.completion.as_mut()) else {
        return Vec::new();
    };
    if completion.typed != typed {
        return Vec::new();
    }
    if !is_more {
        completion.found.clear();
    }
    for address in found {
        let is_new = !completion.found.contains(&address) && !is_typed(typed, &address);
        if is_new && completion.found.len() < MOST {
            completion.found.push(address);
        }
    }
    Vec::new()
}

/// Whether an address stands there already: whole, its name aside.
fn is_typed(typed: &str, address: &str) -> bool {
    let bare = address.rsplit_once('<').map(|(_, bare)| bare);
    let bare = bare.map_or(address, |bare| bare.trim_end_matches('>'));
    [address, bare]
        .iter()
        .any(|whole| whole.eq_ignore_ascii_case(typed.trim()))
}

/// A key while addresses are offered; true when it was meant for them.
pub fn key(composer: &mut Composer, key: Key) -> bool {
    let Some(completion) = composer.completion.as_mut() else {
        return false;
    };
    if completion.found.is_empty() || key.alt {
        return false;
    }
    let last = completion.found.len() - 1;
    match (key.ctrl, key.code) {
        (false, KeyCode::Down) | (true, KeyCode::Char('n')) => {
            completion.cursor = Some(completion.cursor.map_or(0, |at| (at + 1).min(last)));
        }
        (false, KeyCode::Up) | (true, KeyCode::Char('p')) => match completion.cursor {
            // Above the first one is the line itself.
            Some(0) => completion.cursor = None,
            Some(at) => completion.cursor = Some(at - 1),
            None => return false,
        },
        (false, KeyCode::Tab) => accept(composer, 0),
        (false, KeyCode::Enter) if completion.cursor.is_some() => accept(composer, 0),
        _ => return false,
    }
    true
}

/// Puts the chosen address, or that one, in the place of what was typed.
fn accept(composer: &mut Composer, standard: usize) {
    let Some(completion) = composer.completion.take() else {
        return;
    };
    let chosen = completion.cursor.unwrap_or(standard);
    let Some(address) = completion.found.get(chosen) else {
        return;
    };
    if let Some(line) = composer.line_mut() {
        let from = start(line.before());
        line.complete(from, &format!("{address}, "));
        composer.changed();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_begins_behind_the_last_comma_outside_of_quotes() {
        for (before, expected) in [
            ("", ""),
            ("an", "an"),
            ("a@b.c, bo", "bo"),
            ("\"Abel, Anna\" <a@b.c>,x", "x"),
            ("\"Abel, An", "\"Abel, An"),
            ("a@b.c, ", ""),
        ] {
            assert_eq!(&before[start(before)..], expected, "{before}");
        }
    }
}
