//! Asking for a password: masked, one account after the other, cancelled by Esc.

use crate::app::model::Model;
use crate::app::overlay::{Overlay, Password};
use crate::app::update::notice;
use crate::channel::effect::Effect;
use crate::channel::job::Job;
use crate::channel::key::{Key, KeyCode};
use crate::command::verb::Verb;
use crate::mail::account::{AccountId, Protocol};
use crate::mail::safe_text::SafeText;
use crate::mail::secret::Secret;

/// An account needs a password; asked for when nothing else is being typed.
pub fn wanted(
    model: &mut Model,
    (account, protocol): (AccountId, Protocol),
    refusal: SafeText,
) -> Vec<Effect> {
    let is_it = |other: &Password| (other.account, other.protocol) == (account, protocol);
    if !matches!(&model.overlay, Some(Overlay::Password(open)) if is_it(open)) {
        model.passwords.retain(|waiting| !is_it(waiting));
        model.passwords.push_back(Password {
            account,
            protocol,
            refusal,
            typed: Secret::new(String::new()),
        });
    }
    Vec::new()
}

/// Opens the prompt for the next account that waits.
pub fn ask_next(model: &mut Model) {
    if model.overlay.is_none()
        && model.pending_keys.is_empty()
        && let Some(next) = model.passwords.pop_front()
    {
        model.overlay = Some(Overlay::Password(next));
    }
}

/// A key while the password is typed.
pub fn key(model: &mut Model, key: Key) -> Vec<Effect> {
    let Some(Overlay::Password(password)) = model.overlay.as_mut() else {
        return Vec::new();
    };
    match (key.ctrl || key.alt, key.code) {
        (false, KeyCode::Enter) => {
            let (account, secret) = (password.account, password.typed.clone());
            if secret.expose().is_empty() {
                return Vec::new();
            }
            let job = match password.protocol {
                Protocol::Imap => Job::Password(secret),
                Protocol::Smtp => Job::SubmissionPassword(secret),
            };
            model.overlay = None;
            return vec![Effect::Job(account, job)];
        }
        (false, KeyCode::Char(c)) => extend(password, c.encode_utf8(&mut [0; 4])),
        (false, KeyCode::Backspace) => {
            let mut text = password.typed.expose().to_owned();
            text.pop();
            password.typed = Secret::new(text);
        }
        (true, KeyCode::Char('u')) => password.typed = Secret::new(String::new()),
        _ => {}
    }
    Vec::new()
}

/// A password was pasted; the line break behind it does not belong to it.
pub fn pasted(model: &mut Model, text: &str) -> Vec<Effect> {
    if let Some(Overlay::Password(password)) = model.overlay.as_mut() {
        extend(password, text.lines().next().unwrap_or_default());
    }
    Vec::new()
}

/// The user does not want to give it now.
pub fn cancelled(model: &mut Model, account: AccountId, protocol: Protocol) -> Vec<Effect> {
    let name = model
        .account(account)
        .map_or("this account", |account| account.name.as_str());
    let keys = model.keys(Verb::Sync);
    let what = match protocol {
        Protocol::Imap => "it stays offline",
        Protocol::Smtp => "its mail waits in the outbox",
    };
    let text = format!("no password for {name}: {what}, {keys} asks again");
    notice::say(model, &text)
}

fn extend(password: &mut Password, text: &str) {
    // Built in one piece, so that no shorter copy stays behind in memory.
    let old = password.typed.expose();
    let mut typed = String::with_capacity(old.len() + text.len());
    typed.push_str(old);
    typed.push_str(text);
    password.typed = Secret::new(typed);
}
