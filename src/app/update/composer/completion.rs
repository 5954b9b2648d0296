//! Completion of addresses, in a composer and where a message is bounced: from the mail on this machine and from the
//! user's own command.

use crate::app::completion::{Completion, Taken};
use crate::app::composer::{Composer, Place};
use crate::app::model::Model;
use crate::app::overlay::{Bounce, Overlay};
use crate::channel::effect::Effect;
use crate::channel::key::Key;
use crate::channel::operation::Ticket;

/// Asks what could be meant by what stands before the cursor of the composer now.
pub fn follow(model: &mut Model) -> Vec<Effect> {
    let Some(composer) = model.composers.front_mut() else {
        return Vec::new();
    };
    let mut open = composer.completion.take();
    let is_address = composer.place != Place::Subject;
    let line = composer.line(composer.place).filter(|_| is_address);
    let typed = line.and_then(|line| Completion::follow(&mut open, line));
    composer.completion = open.filter(|_| typed.is_some());
    let asked = typed.map(|typed| Effect::CompleteAddress {
        ticket: composer.ticket(),
        account: composer.account,
        typed,
    });
    asked.into_iter().collect()
}

/// The same for an address to bounce to.
pub fn follow_bounce(open: &mut Bounce) -> Vec<Effect> {
    let typed = Completion::follow(&mut open.completion, &open.input);
    let asked = typed.map(|typed| Effect::CompleteAddress {
        ticket: open.ticket,
        account: open.account,
        typed,
    });
    asked.into_iter().collect()
}

/// Addresses were found; the command's answer comes behind the store's.
pub fn arrived(
    model: &mut Model,
    ticket: Ticket,
    typed: &str,
    found: Vec<String>,
    is_more: bool,
) -> Vec<Effect> {
    let open = match model.overlay.as_mut() {
        Some(Overlay::Bounce(open)) if open.ticket == ticket => open.completion.as_mut(),
        _ => {
            let composer = model.composers.get_mut(ticket.0);
            composer.and_then(|composer| composer.completion.as_mut())
        }
    };
    if let Some(completion) = open {
        completion.arrived(typed, found, is_more);
    }
    Vec::new()
}

/// A key while addresses are offered; true when it was meant for them.
pub fn key(composer: &mut Composer, key: Key) -> bool {
    let mut open = composer.completion.take();
    let line = composer.line_mut();
    let taken = line.map_or(Taken::No, |line| Completion::key(&mut open, line, key));
    composer.completion = open;
    if taken == Taken::Accepted {
        composer.changed();
    }
    taken != Taken::No
}
