//! The end: mail that is on its way goes out first, unless the user asks again.

use crate::app::model::Model;
use crate::app::update::composer::{drafts, sending};
use crate::channel::effect::Effect;
use crate::channel::event::Connection;
use crate::channel::outbox::{OutboxRow, OutboxState};

/// Ends; with mail on its way only after it has gone, or when asked again.
pub fn quit(model: &mut Model) -> Vec<Effect> {
    let mut effects = drafts::save_all(model);
    if model.is_quitting || n_leaving(model) == 0 {
        effects.push(Effect::Quit);
        return effects;
    }
    model.is_quitting = true;
    let own = model.outbox.own.iter().copied();
    effects.push(Effect::Flush(own.collect()));
    effects
}

/// Ends where only the mail was waited for.
pub fn settle(model: &mut Model) -> Vec<Effect> {
    if model.is_quitting && n_leaving(model) == 0 {
        model.is_quitting = false;
        return vec![Effect::Quit];
    }
    Vec::new()
}

/// Mails that can go now: the first attempt of each is worth waiting for.
#[must_use]
pub fn n_leaving(model: &Model) -> usize {
    let is_going = |row: &&OutboxRow| match row.state {
        OutboxState::Sending | OutboxState::Committing => true,
        OutboxState::Held if !model.outbox.own.contains(&row.id) => false,
        OutboxState::Held | OutboxState::Queued => row.error.is_empty() && is_reachable(model, row),
        _ => false,
    };
    model.outbox.rows.iter().filter(is_going).count() + sending::n_on_the_way(model)
}

/// A lost connection for reading says nothing of the one for sending: whether that can be had, the attempt tells.
fn is_reachable(model: &Model, row: &OutboxRow) -> bool {
    let account = model.account(row.account);
    account.is_some_and(|account| account.connection != Connection::OfflineByChoice)
}
