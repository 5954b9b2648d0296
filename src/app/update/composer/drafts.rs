//! Drafts: what is typed is saved every two seconds, when its tab is left, and at the end; the list of those kept here.

use crate::app::composer::{Composer, Then};
use crate::app::drafts::DraftList;
use crate::app::model::Model;
use crate::app::overlay::{Overlay, Question};
use crate::app::update::{composer, notice};
use crate::channel::draft::{Base, DraftRow, Revision};
use crate::channel::effect::Effect;
use crate::channel::error::StoreError;
use crate::channel::event::Timer;
use crate::channel::key::{Key, KeyCode};
use crate::channel::operation::Ticket;
use crate::mail::safe_text::SafeText;

/// So long after a change it is saved, in milliseconds.
const AUTOSAVE: u64 = 2_000;

/// Has what was left just now kept at once, and winds the timers of what the store lacks.
pub fn arm(model: &mut Model) -> Vec<Effect> {
    let (mut effects, front) = (Vec::new(), model.composers.front);
    for composer in &mut model.composers.open {
        let is_left = front != Some(composer.number) && !composer.saving.is_left;
        if composer.is_lent {
            continue;
        }
        if is_left && composer.then.is_none() {
            effects.extend(save(composer, true));
        }
        if composer.is_only_begun {
            effects.extend(save(composer, false));
        }
        let saving = &mut composer.saving;
        let is_due = saving.revision != saving.saved && !saving.is_under_way;
        if is_due && !saving.is_armed && !composer.is_sending {
            saving.is_armed = true;
            effects.push(Effect::After {
                milliseconds: AUTOSAVE,
                timer: Timer::Autosave(composer.number),
            });
        }
    }
    effects
}

/// Two seconds have passed since something was typed.
pub fn rang(model: &mut Model, number: u64) -> Vec<Effect> {
    let Some(composer) = model.composers.get_mut(number) else {
        return Vec::new();
    };
    composer.saving.is_armed = false;
    if composer.is_lent {
        return Vec::new();
    }
    if composer.then.is_some() {
        return advance(model, number);
    }
    let is_left = composer.saving.is_left;
    save(composer, is_left).into_iter().collect()
}

/// Saves the composer that is seen, where the store lacks something of it.
pub fn save_front(model: &mut Model) -> Vec<Effect> {
    let front = model.composers.front_mut();
    let effect = front.and_then(|composer| save(composer, false));
    effect.into_iter().collect()
}

/// Saves everything that the store lacks: the end is near, or the list of drafts.
pub fn save_all(model: &mut Model) -> Vec<Effect> {
    let open = model.composers.open.iter_mut();
    open.filter_map(|composer| save(composer, true)).collect()
}

/// Whether a save is on its way, or must follow one that is.
#[must_use]
pub fn is_saving(model: &Model) -> bool {
    let mut open = model.composers.open.iter();
    open.any(|composer| composer.saving.is_under_way || composer.is_unsaved())
}

/// Gives the store what it lacks of a composer; with `is_left` also that nobody types at it.
fn save(composer: &mut Composer, is_left: bool) -> Option<Effect> {
    let saving = &composer.saving;
    let is_news = composer.is_unsaved() || (is_left && !saving.is_left && saving.saved > 0);
    // Two at once would be two drafts.
    if !is_news || saving.is_under_way || composer.is_sending {
        return None;
    }
    composer.saving.saved = composer.saving.revision;
    composer.saving.is_under_way = true;
    composer.saving.is_left = is_left;
    Some(Effect::SaveDraft {
        ticket: composer.ticket(),
        account: composer.account,
        base: composer.base,
        is_left,
        composition: Box::new(composer.composition()),
    })
}

/// A draft is durable; as another one than before where that was worked on elsewhere.
pub fn saved(model: &mut Model, ticket: Ticket, saved: Revision) -> Vec<Effect> {
    let Some(composer) = model.composers.get_mut(ticket.0) else {
        return Vec::new();
    };
    let before = composer.base.draft();
    composer.base = Base::Draft(saved);
    composer.saving.is_under_way = false;
    let mut effects = advance(model, ticket.0);
    if before.is_some_and(|before| before != saved.draft) {
        effects.extend(notice::alarm(model, BOTH_STAY));
    }
    effects
}

/// What is said where a draft was worked on in two places.
pub const BOTH_STAY: &str = "this draft was changed, sent or discarded elsewhere meanwhile: yours is a draft of its own now";

/// A draft could not be kept: it is tried again after a while.
pub fn failed(model: &mut Model, ticket: Ticket, error: &StoreError) -> Vec<Effect> {
    let words = format!("the draft could not be kept: {error}");
    let Some(composer) = model.composers.get_mut(ticket.0) else {
        return notice::alarm(model, &words);
    };
    composer.saving.is_under_way = false;
    composer.unsaved();
    if let Some(Then::Send { .. }) = composer.then {
        composer.then = None;
        return composer::sending::refused(model, ticket, &SafeText::line(&words).into());
    }
    notice::alarm(model, &words)
}

/// Does what is to come for a composer, as soon as no save of it is on its way.
pub fn advance(model: &mut Model, number: u64) -> Vec<Effect> {
    let Some(composer) = model.composers.get_mut(number) else {
        return Vec::new();
    };
    let Some(then) = composer.then.filter(|_| !composer.saving.is_under_way) else {
        return Vec::new();
    };
    match then {
        Then::Keep => {
            let effect = save(composer, true);
            if effect.is_none() {
                close(model, number);
            }
            effect.into_iter().collect()
        }
        Then::Discard => {
            let base = composer.base;
            close(model, number);
            match base {
                Base::Draft(seen) => vec![Effect::DiscardDraft(seen)],
                Base::New | Base::Server(_) => Vec::new(),
            }
        }
        Then::Send {
            hold_seconds,
            not_before,
        } => {
            // Until it is in the outbox its draft has all of it, whatever building it takes.
            if composer.base == Base::New && composer.saving.revision == 0 {
                composer.unsaved();
            }
            if let Some(effect) = save(composer, false) {
                return vec![effect];
            }
            (composer.then, composer.is_sending) = (None, true);
            vec![Effect::Send {
                ticket: composer.ticket(),
                account: composer.account,
                base: composer.base,
                composition: Box::new(composer.composition()),
                hold_seconds,
                not_before,
            }]
        }
        Then::Edit => composer::editor::give(model, number),
    }
}

/// Takes a composer away.
pub fn close(model: &mut Model, number: u64) {
    let open = &mut model.composers.open;
    open.retain(|composer| composer.number != number);
    if model.composers.front == Some(number) {
        model.composers.front = None;
    }
}

/// Lists the drafts that are kept on this machine.
pub fn list(model: &mut Model) -> Vec<Effect> {
    model.overlay = Some(Overlay::Drafts(DraftList::default()));
    let mut effects = save_all(model);
    effects.push(Effect::LoadDrafts);
    effects
}

/// The drafts were read.
pub fn arrived(model: &mut Model, rows: Vec<DraftRow>) -> Vec<Effect> {
    if let Some(Overlay::Drafts(list)) = model.overlay.as_mut() {
        list.arrive(rows);
    }
    Vec::new()
}

/// A key while the list is open.
pub fn key(model: &mut Model, key: Key) -> Vec<Effect> {
    let Some(Overlay::Drafts(list)) = model.overlay.as_mut() else {
        return Vec::new();
    };
    match (key.ctrl, key.code) {
        (_, KeyCode::Down) | (false, KeyCode::Char('j') | KeyCode::Tab) => list.step(1),
        (_, KeyCode::Up) | (false, KeyCode::Char('k') | KeyCode::BackTab) => list.step(-1),
        (false, KeyCode::PageDown) => list.step(10),
        (false, KeyCode::PageUp) => list.step(-10),
        (false, KeyCode::Char('q')) => model.overlay = None,
        (false, KeyCode::Enter | KeyCode::Char('e' | 'o')) => return go_on(model),
        (false, KeyCode::Char('d' | 'D')) => {
            if let Some(row) = list.current() {
                let question = Question::DiscardDraft(row.seen(), row.subject.clone());
                model.overlay = Some(Overlay::Question(question));
            }
        }
        _ => {}
    }
    Vec::new()
}

/// Goes on with the draft under the cursor.
fn go_on(model: &mut Model) -> Vec<Effect> {
    let Some(Overlay::Drafts(list)) = model.overlay.take() else {
        return Vec::new();
    };
    let Some(draft) = list.current().map(|row| row.id) else {
        return Vec::new();
    };
    if model.composers.show(draft) {
        return Vec::new();
    }
    vec![Effect::LoadDraft(draft)]
}

/// The user wants a draft gone, as it was seen: with its composer, where one is open on it.
pub fn discard(model: &mut Model, seen: Revision) -> Vec<Effect> {
    let is_open = |composer: &&mut Composer| composer.base.draft() == Some(seen.draft);
    let open = model.composers.open.iter_mut().find(is_open);
    let Some(composer) = open else {
        return vec![Effect::DiscardDraft(seen)];
    };
    composer.then = Some(Then::Discard);
    let number = composer.number;
    if model.composers.front == Some(number) {
        model.composers.front = None;
    }
    advance(model, number)
}
