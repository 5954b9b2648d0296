//! Sending: what looks wrong is said first, then the mail is handed over and held, so that it can be taken back.

use crate::app::composer::{Composer, Place, Then};
use crate::app::input::Input;
use crate::app::later::{self, Local};
use crate::app::model::Model;
use crate::app::overlay::{Overlay, SendAnyway, SendLater};
use crate::app::update::composer::{self, end};
use crate::app::update::notice;
use crate::channel::effect::Effect;
use crate::channel::key::{Key, KeyCode};
use crate::channel::operation::Ticket;
use crate::channel::outbox::{NotSent, OutboxId, TakenBack};
use crate::command::verb::Verb;
use crate::compose::{build, check};
use crate::mail::message_id::MessageId;
use crate::mail::outgoing::ComposeError;

/// Sends the mail that is seen, at once or at a moment; what looks wrong with it is shown first.
pub fn send(model: &mut Model, not_before: Option<i64>) -> Vec<Effect> {
    let Some(composer) = model.composers.front_mut() else {
        return Vec::new();
    };
    composer.is_typing = false;
    if composer.n_looked_at > 0 {
        return notice::say(model, "not sent: a file is still being attached, try again");
    }
    if let Some((place, error)) = unreadable(composer) {
        (composer.place, composer.is_typing) = (place, true);
        return notice::alarm(model, &format!("not sent: {error}"));
    }
    let warnings = check::check(&composer.composition(), &model.settings.identities);
    if warnings.is_empty() {
        return hand_over(model, not_before);
    }
    model.overlay = Some(Overlay::SendAnyway(SendAnyway {
        warnings,
        not_before,
    }));
    Vec::new()
}

/// The first line of recipients that cannot be read, and why.
fn unreadable(composer: &Composer) -> Option<(Place, ComposeError)> {
    Place::TYPED.iter().find_map(|(place, name)| {
        let line = composer.line(*place).filter(|_| *place != Place::Subject)?;
        let error = build::read(name, &line.text()).err()?;
        Some((*place, error))
    })
}

fn hand_over(model: &mut Model, not_before: Option<i64>) -> Vec<Effect> {
    let hold_seconds = if not_before.is_some() {
        0
    } else {
        model.settings.ui.send_hold_seconds
    };
    end(
        model,
        Then::Send {
            hold_seconds,
            not_before,
        },
    )
}

/// A key while the warnings are shown. The key that sends is no answer: held down a little longer, it would pass them.
pub fn anyway_key(model: &mut Model, key: Key) -> Vec<Effect> {
    if key.ctrl || key.alt {
        return Vec::new();
    }
    match key.code {
        KeyCode::Char('Y') => match model.overlay.take() {
            Some(Overlay::SendAnyway(open)) => hand_over(model, open.not_before),
            _ => Vec::new(),
        },
        KeyCode::Char('n' | 'N' | 'q') => {
            model.overlay = None;
            notice::say(model, "not sent")
        }
        _ => Vec::new(),
    }
}

/// Sends at the moment that the argument means; without one, asks.
pub fn later(model: &mut Model, argument: &str) -> Vec<Effect> {
    if argument.is_empty() {
        model.overlay = Some(Overlay::SendLater(SendLater::default()));
        return Vec::new();
    }
    match meant(model, argument) {
        Some(moment) => send(model, Some(moment)),
        None => notice::say(model, later::NOT_A_MOMENT),
    }
}

/// The moment that is meant by a text, in seconds since the epoch; `None` where none is, or one that has passed.
#[must_use]
pub fn meant(model: &Model, typed: &str) -> Option<i64> {
    let now = Local {
        seconds: model.now.saturating_add(i64::from(model.offset)),
    };
    let moment = later::parse(typed, now)?.seconds;
    Some(moment.saturating_sub(i64::from(model.offset)))
}

/// A key while the moment is typed.
pub fn later_key(model: &mut Model, key: Key) -> Vec<Effect> {
    let Some(Overlay::SendLater(open)) = model.overlay.as_mut() else {
        return Vec::new();
    };
    if key.code != KeyCode::Enter {
        open.input.key(key);
        open.is_refused = false;
        return Vec::new();
    }
    let typed = open.input.text();
    let Some(moment) = meant(model, &typed) else {
        let input = Input::new(&typed);
        model.overlay = Some(Overlay::SendLater(SendLater {
            input,
            is_refused: true,
        }));
        return Vec::new();
    };
    model.overlay = None;
    send(model, Some(moment))
}

/// A mail is in the outbox: its composer is done.
pub fn queued(model: &mut Model, ticket: Ticket, outbox: OutboxId) -> Vec<Effect> {
    composer::drafts::close(model, ticket.0);
    model.outbox.newest = Some((outbox, model.next_number()));
    model.outbox.own.insert(outbox);
    vec![Effect::LoadOutbox]
}

/// A mail could not be built or kept: its composer is there again.
pub fn refused(model: &mut Model, ticket: Ticket, error: &NotSent) -> Vec<Effect> {
    let key = model.keys(Verb::Detach);
    let mut words = error.words.to_string();
    if let Some(composer) = model.composers.get_mut(ticket.0) {
        (composer.is_sending, composer.is_typing) = (false, false);
        if let Some(lost) = error.gone.and_then(|message| lost(composer, message)) {
            words =
                format!("{lost} gone, from the server and from this machine; {key} takes it off");
        }
        model.composers.front.get_or_insert(ticket.0);
    }
    model.is_quitting = false;
    notice::alarm(model, &format!("not sent: {words}"))
}

/// Puts the cursor on the first attachment that is this message or a part of it; what to say of all of them, `None` where
/// there is none.
fn lost(composer: &mut Composer, message: MessageId) -> Option<String> {
    let attachments = composer.rest.attachments.iter().enumerate();
    let mut lost = attachments.filter(|(_, file)| file.source.message() == Some(message));
    let (index, first) = lost.next()?;
    composer.place = Place::Attachment(index);
    let name = &first.name;
    Some(match lost.count() {
        0 => format!("{name} is"),
        n => format!("{name} and {n} more are"),
    })
}

/// Takes the newest mail back that is still held, where that was the last thing done; `None` where none is.
pub fn take_back(model: &mut Model) -> Option<Vec<Effect>> {
    let (newest, number) = model.outbox.newest?;
    let last = model.shown.keys().next_back();
    if last.is_some_and(|ticket| ticket.0 > number) {
        return None;
    }
    model.outbox.held(newest, model.now)?;
    Some(vec![Effect::TakeBack(newest)])
}

/// A mail left the outbox, or could not.
pub fn taken_back(model: &mut Model, outbox: OutboxId, outcome: TakenBack) -> Vec<Effect> {
    let mut effects = match outcome {
        TakenBack::Draft(_) | TakenBack::Gone => {
            model.outbox.rows.retain(|row| row.id != outbox);
            notice::say(model, "taken back: it was not sent")
        }
        TakenBack::Whole => notice::alarm(
            model,
            "no draft to edit: it stays in the outbox (d drops it)",
        ),
        TakenBack::TooLate => notice::alarm(model, "too late: it is being sent"),
    };
    if let TakenBack::Draft(draft) = outcome {
        effects.push(Effect::LoadDraft(draft));
    }
    effects.push(Effect::LoadOutbox);
    effects
}

/// Composers that were handed over and are not in the outbox yet.
#[must_use]
pub fn n_on_the_way(model: &Model) -> usize {
    let is_leaving = |composer: &&Composer| {
        composer.is_sending || matches!(composer.then, Some(Then::Send { .. }))
    };
    model.composers.open.iter().filter(is_leaving).count()
}
