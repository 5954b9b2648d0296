//! Commands in a composer, while no text is typed.

use crate::app::composer::{Place, Then};
use crate::app::model::Model;
use crate::app::overlay::{Overlay, Question};
use crate::app::update::composer::{attach, body_size, editor, end, keep, leave, sending};
use crate::app::update::notice;
use crate::channel::effect::Effect;
use crate::command::verb::Verb;

/// Runs a command that means the composer; `None` for those that are the same everywhere.
pub fn run(model: &mut Model, verb: Verb, argument: &str) -> Option<Vec<Effect>> {
    let page = body_size(model).map_or(10, |(_, rows)| rows.saturating_sub(1).max(1));
    let page = isize::try_from(page).unwrap_or(10);
    match verb {
        Verb::Next | Verb::LineDown => step(model, 1),
        Verb::Previous | Verb::LineUp => step(model, -1),
        Verb::HalfPageDown => scroll(model, page / 2),
        Verb::HalfPageUp => scroll(model, -(page / 2)),
        Verb::PageDown => scroll(model, page),
        Verb::PageUp => scroll(model, -page),
        Verb::Top => go_to(model, Place::From),
        Verb::Bottom => go_to(model, Place::Body),
        Verb::Open => write(model),
        Verb::NextIdentity => turn_identity(model),
        Verb::Undo => return sending::take_back(model).or_else(|| Some(undo(model, true))),
        Verb::Redo => return Some(undo(model, false)),
        Verb::Escape => return Some(leave(model)),
        Verb::Close | Verb::Postpone => return Some(keep(model)),
        Verb::Send => return Some(sending::send(model, None)),
        Verb::SendLater => return Some(sending::later(model, argument)),
        Verb::Attach => return Some(attach::ask(model, argument)),
        Verb::Detach => return Some(attach::detach(model)),
        Verb::ExternalEditor => return Some(editor::edit(model)),
        Verb::Discard => return Some(discard(model)),
        _ => return None,
    }
    Some(Vec::new())
}

/// The next line, or further into the text.
fn step(model: &mut Model, by: isize) {
    let columns = body_size(model).map_or(78, |(columns, _)| columns);
    let Some(composer) = model.composers.front_mut() else {
        return;
    };
    if composer.place == Place::Body && (by > 0 || composer.body.top() > 0) {
        composer.body.scroll(by, columns);
    } else {
        composer.step(by);
    }
}

/// Scrolls the text; the cursor of the composer goes there.
pub(super) fn scroll(model: &mut Model, by: isize) {
    let columns = body_size(model).map_or(78, |(columns, _)| columns);
    if let Some(composer) = model.composers.front_mut() {
        composer.place = Place::Body;
        composer.body.scroll(by, columns);
    }
}

fn go_to(model: &mut Model, place: Place) {
    if let Some(composer) = model.composers.front_mut() {
        composer.place = place;
        let at = if place == Place::Body {
            composer.body.text().len()
        } else {
            0
        };
        composer.body.go_to(at);
        if place == Place::Body
            && let Some((columns, rows)) = body_size(model)
            && let Some(composer) = model.composers.front_mut()
        {
            composer.body.reveal(columns, rows);
        }
    }
}

/// Typing begins under the cursor.
fn write(model: &mut Model) {
    if let Some(composer) = model.composers.front_mut() {
        if matches!(composer.place, Place::Attachment(_)) {
            composer.place = Place::Body;
        }
        composer.is_typing = true;
    }
}

fn turn_identity(model: &mut Model) {
    let identities = model.settings.identities.clone();
    if let Some(composer) = model.composers.front_mut() {
        composer.turn_identity(&identities, 1);
    }
}

fn undo(model: &mut Model, back: bool) -> Vec<Effect> {
    let Some(composer) = model.composers.front_mut() else {
        return Vec::new();
    };
    let (done, what) = if back {
        (composer.body.undo(), "nothing in the text to take back")
    } else {
        (composer.body.redo(), "nothing in the text to do again")
    };
    if done {
        composer.changed();
        return Vec::new();
    }
    notice::say(model, what)
}

/// Asks, where there is something to lose.
fn discard(model: &mut Model) -> Vec<Effect> {
    let Some(composer) = model.composers.front() else {
        return Vec::new();
    };
    let is_untouched = composer.base.draft().is_none() && composer.saving.revision == 0;
    if is_untouched || composer.is_only_begun {
        return end(model, Then::Discard);
    }
    let question = Question::DiscardMail(composer.number, composer.title());
    model.overlay = Some(Overlay::Question(question));
    Vec::new()
}

/// The user wants it gone.
pub fn discarded(model: &mut Model, number: u64) -> Vec<Effect> {
    model.composers.front = Some(number);
    let mut effects = end(model, Then::Discard);
    effects.extend(notice::say(model, "discarded"));
    effects
}
