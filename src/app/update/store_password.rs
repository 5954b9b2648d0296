//! Offering to store a password that was typed and that the server took: asked once, answered by `y` or `n`.

use crate::app::model::Model;
use crate::app::overlay::{Offer, Overlay};
use crate::app::update::notice;
use crate::channel::effect::Effect;
use crate::channel::key::{Key, KeyCode};
use crate::command::verb::Verb;
use crate::mail::account::AccountId;
use crate::mail::safe_text::SafeText;

/// The server took a password; the question waits until nothing else is being typed.
pub fn accepted(model: &mut Model, account: AccountId, place: SafeText) -> Vec<Effect> {
    model.offers.push_back(Offer { account, place });
    Vec::new()
}

/// Opens the question for the next password that may be stored.
pub fn ask_next(model: &mut Model) {
    if model.overlay.is_none() && model.pending_keys.is_empty() {
        model.overlay = model.offers.pop_front().map(Overlay::Store);
    }
}

/// A key while the question is open. Others than those it names do nothing, so that no stray key decides it.
pub fn key(model: &mut Model, key: Key) -> Vec<Effect> {
    let KeyCode::Char(answer @ ('y' | 'Y' | 'n' | 'N')) = key.code else {
        return Vec::new();
    };
    if key.ctrl || key.alt {
        return Vec::new();
    }
    let Some(Overlay::Store(offer)) = model.overlay.take() else {
        return Vec::new();
    };
    if matches!(answer, 'n' | 'N') {
        return declined(model, offer);
    }
    let effect = Effect::StorePassword(offer.account);
    model.declined.push(offer); // Should it fail, it can be asked for again.
    vec![effect]
}

/// The user does not want to store it, or not now.
pub fn declined(model: &mut Model, offer: Offer) -> Vec<Effect> {
    model.declined.push(offer);
    let keys = model.keys(Verb::StorePassword);
    let text = format!("the password stays in memory until Sterna ends; {keys} asks again");
    notice::say(model, &text)
}

/// The user wants to be asked again: for the account of the open folder, else for any.
pub fn again(model: &mut Model) -> Vec<Effect> {
    let open = model.list.account;
    let of_open = model
        .declined
        .iter()
        .position(|offer| Some(offer.account) == open);
    if model.declined.is_empty() {
        return notice::say(model, "no password was typed that could be stored");
    }
    model.overlay = Some(Overlay::Store(
        model.declined.remove(of_open.unwrap_or_default()),
    ));
    Vec::new()
}

/// A password was stored, or could not be.
pub fn stored(model: &mut Model, account: AccountId, problem: Option<SafeText>) -> Vec<Effect> {
    let name = model
        .account(account)
        .map_or("this account", |account| account.name.as_str())
        .to_owned();
    match problem {
        None => {
            model.declined.retain(|offer| offer.account != account);
            notice::say(model, &format!("the password for {name} is stored"))
        }
        Some(problem) => {
            let text = format!("the password for {name} could not be stored: {problem}");
            notice::alarm(model, &text)
        }
    }
}
