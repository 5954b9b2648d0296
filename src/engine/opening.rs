//! Opens the session of an account: as the configuration says, with the secret that was got for it, behind the key that
//! the user trusts.

use std::path::Path;

use crate::channel::error::RemoteError;
use crate::engine::trust;
use crate::mail::account::{AccountSettings, SecretSource};
use crate::mail::secret::Secret;
use crate::remote::capability;
use crate::remote::connect::Step;
use crate::remote::door::{Credential, Door};
use crate::remote::session::Session;

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
    let mut door = door(settings, data, secret)?;
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
    Session::knock(&door(settings, data, &nothing)?, tell)
}

fn door<'a>(
    settings: &'a AccountSettings,
    data: &Path,
    secret: &Secret,
) -> Result<Door<'a>, RemoteError> {
    let credential = match settings.secret {
        SecretSource::Token(_) => Credential::Token(secret.clone()),
        _ => Credential::Password(secret.clone()),
    };
    Ok(Door {
        account: &settings.name,
        endpoint: &settings.imap,
        pin: trust::pin_of(data, settings)?,
        user: &settings.user,
        credential,
        disable: &settings.disable,
        remembered: &[],
        spool: None,
    })
}
