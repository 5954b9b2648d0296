//! Opens the sessions of an account, with its mail server and its submission server: as the configuration says, with the
//! secret that was got for it, behind the key that the user trusts.

use std::path::Path;

use crate::channel::error::RemoteError;
use crate::engine::trust;
use crate::mail::account::{AccountSettings, Endpoint, Protocol, SecretSource};
use crate::mail::safe_text::SafeText;
use crate::mail::secret::Secret;
use crate::remote::connect::Step;
use crate::remote::connect::door::{Credential, Door};
use crate::remote::session::Session;
use crate::remote::strategy::capability;
use crate::remote::submission::mail::Deadlines;
use crate::remote::submission::{self, Submission};

/// Connects and logs in, telling each step that is done. `data` is the data directory, `spool` where the store has what is
/// still coming, `memory` what it keeps of the server's capabilities; empty where the server is to be asked.
///
/// # Errors
/// As [`Session::enter`]; `Insecure` also where what the user trusts cannot be read.
pub fn open(
    settings: &AccountSettings,
    data: &Path,
    spool: Option<&Path>,
    secret: &Secret,
    memory: &[String],
    tell: &mut dyn FnMut(Step),
) -> Result<Session, RemoteError> {
    let remembered = capability::remembered_before(memory);
    let mut door = door(settings, data, secret, Protocol::Imap, &settings.imap)?;
    (door.remembered, door.spool) = (&remembered, spool);
    Session::enter(&door, tell)
}

/// As far as one comes without credentials: connects, hears the greeting, hangs up.
///
/// # Errors
/// As [`open`].
pub fn knock(
    settings: &AccountSettings,
    data: &Path,
    tell: &mut dyn FnMut(Step),
) -> Result<(), RemoteError> {
    let nothing = Secret::new(String::new());
    let door = door(settings, data, &nothing, Protocol::Imap, &settings.imap)?;
    Session::knock(&door, tell)
}

/// Connects to the account's submission server and logs in, telling each step that is done.
///
/// # Errors
/// As [`Submission::open`]; `Insecure` also where what the user trusts cannot be read.
pub fn submission(
    settings: &AccountSettings,
    smtp: &Endpoint,
    data: &Path,
    secret: &Secret,
    deadlines: Deadlines,
    tell: &mut dyn FnMut(Step),
) -> Result<Submission, RemoteError> {
    let door = door(settings, data, secret, Protocol::Smtp, smtp)?;
    Submission::open(&door, deadlines, tell)
}

/// As far as one comes there without credentials: connects, hears the greeting and what the server offers, hangs up.
///
/// # Errors
/// As [`submission()`].
pub fn knock_submission(
    settings: &AccountSettings,
    smtp: &Endpoint,
    data: &Path,
    deadlines: Deadlines,
    tell: &mut dyn FnMut(Step),
) -> Result<(), RemoteError> {
    let nothing = Secret::new(String::new());
    let door = door(settings, data, &nothing, Protocol::Smtp, smtp)?;
    submission::knock(&door, deadlines, tell)
}

fn door<'a>(
    settings: &'a AccountSettings,
    data: &Path,
    secret: &Secret,
    protocol: Protocol,
    endpoint: &'a Endpoint,
) -> Result<Door<'a>, RemoteError> {
    let credential = match settings.secret_at(protocol) {
        SecretSource::Token(_) => Credential::Token(secret.clone()),
        _ => Credential::Password(secret.clone()),
    };
    Ok(Door {
        account: &settings.name,
        protocol,
        pin: trust::pin_of(data, &settings.name, protocol, endpoint)?,
        credential,
        disable: &settings.disable,
        ..Door::new(endpoint, settings.user_at(protocol), secret)
    })
}

/// Why a password or token did not do, as a sentence for the prompt; empty where nothing was refused, or a password
/// without a word.
#[must_use]
pub fn refusal(host: &str, error: &RemoteError) -> SafeText {
    let RemoteError::Unauthenticated(login) = error else {
        return SafeText::default();
    };
    let (what, user, text) = (login.what, &login.user, &login.text);
    if text.is_empty() && what == "password" {
        return SafeText::default();
    }
    SafeText::line(&format!(
        "The server refused the {what} for {user}. {host} says: \"{text}\"{}",
        login.advice()
    ))
}

/// The same for the submission server, never empty: the mail server may well have taken it.
#[must_use]
pub fn submission_refusal(host: &str, error: &RemoteError) -> SafeText {
    let RemoteError::Unauthenticated(login) = error else {
        return SafeText::line(&format!("No mail can be sent by {host}: {error}"));
    };
    let (what, user, text) = (login.what, &login.user, &login.text);
    SafeText::line(&format!(
        "No mail can be sent: {host} refused the {what} for {user}. It says: \"{text}\"{}",
        login.advice()
    ))
}
