//! The user's own editor: it gets the whole mail as a text and the terminal with it; what it left is reviewed.

use crate::app::composer::{Place, Then};
use crate::app::model::Model;
use crate::app::update::composer::drafts;
use crate::app::update::notice;
use crate::channel::draft::{Base, Revision};
use crate::channel::effect::Effect;
use crate::channel::operation::Ticket;
use crate::mail::composition::Composition;
use crate::mail::safe_text::SafeText;

/// Gives the mail that is seen to the editor, once it is kept as a draft: a crash of either loses nothing.
pub fn edit(model: &mut Model) -> Vec<Effect> {
    let Some(composer) = model.composers.front_mut() else {
        return Vec::new();
    };
    let number = composer.number;
    composer.then = Some(Then::Edit);
    // A draft of another client that nobody changed stays what it is.
    if composer.base == Base::New && composer.saving.revision == 0 {
        composer.changed();
    }
    let mut effects = drafts::save_front(model);
    effects.extend(drafts::advance(model, number));
    effects
}

/// Hands it over.
pub fn give(model: &mut Model, number: u64) -> Vec<Effect> {
    let Some(composer) = model.composers.get_mut(number) else {
        return Vec::new();
    };
    (composer.then, composer.is_lent) = (None, true);
    vec![Effect::EditExternally {
        ticket: composer.ticket(),
        account: composer.account,
        base: composer.base,
        composition: Box::new(composer.composition()),
    }]
}

/// The editor ended: what it left is reviewed.
pub fn edited(
    model: &mut Model,
    ticket: Ticket,
    composition: Option<Box<Composition>>,
    saved: Option<Revision>,
    remark: &SafeText,
) -> Vec<Effect> {
    let Some(composer) = model.composers.get_mut(ticket.0) else {
        return Vec::new();
    };
    (composer.is_typing, composer.place) = (false, Place::Body);
    composer.is_lent = false;
    if let Some(saved) = saved {
        composer.base = Base::Draft(saved);
    }
    let mut sender = None;
    if let Some(composition) = composition.filter(|edited| **edited != composer.composition()) {
        composer.replace(*composition);
        let is_another = composer.follow_from(&model.settings.identities);
        sender = is_another.then_some(composer.account);
    }
    let sender = sender.and_then(|account| model.account(account));
    let sender = sender.map(|account| format!("the account {} sends it", account.name));
    let mut effects = drafts::save_front(model);
    if !remark.is_empty() {
        effects.extend(notice::alarm(model, remark.as_str()));
    } else if let Some(words) = sender {
        effects.extend(notice::say(model, &words));
    }
    effects
}
