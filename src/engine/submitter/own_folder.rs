//! The folders for what the user writes: the Sent folder and the drafts. As the store knows them, as the server lists
//! them, else made, there where the server keeps the user's own folders.

use crate::channel::error::RemoteError;
use crate::engine::once;
use crate::engine::once::talk::Talk;
use crate::engine::{Setup, store_failed};
use crate::mail::mailbox::{MailboxId, MailboxName, Namespace, Role};
use crate::mail::secret::Secret;
use crate::store::reader::Reader;
use crate::store::sync_state::MailboxInfo;

/// The mailbox with this role, as the store knows it.
pub(super) fn known(
    setup: &Setup,
    reader: &mut Reader,
    role: Role,
) -> Result<Option<(MailboxId, MailboxName)>, RemoteError> {
    let mut found = mailboxes(setup, reader)?
        .into_iter()
        .filter(|info| info.role == Some(role) && info.selectable);
    Ok(found.next().map(|info| (info.id, info.name)))
}

/// A folder, and a connection on which it is there.
pub(super) struct Place {
    pub(super) talk: Talk,
    /// `None` for one that the store does not know yet.
    pub(super) mailbox: Option<MailboxId>,
    pub(super) name: MailboxName,
}

/// The mailbox with this role, made where there is none.
///
/// # Errors
/// As the connection says; `Refused` where the server does not make it.
pub(super) fn wanted(
    setup: &Setup,
    secret: &Secret,
    reader: &mut Reader,
    role: Role,
) -> Result<Place, RemoteError> {
    let place = |talk, (mailbox, name)| Place {
        talk,
        mailbox: Some(mailbox),
        name,
    };
    if let Some(found) = known(setup, reader, role)? {
        return Ok(place(Talk::open(setup, secret)?, found));
    }
    let mut talk = once::folders(setup, secret)?;
    if let Some(found) = known(setup, reader, role)? {
        return Ok(place(talk, found));
    }
    let mut configured = setup.settings.folders.iter();
    let configured = configured.find(|(named, _)| *named == role);
    let name = configured.map_or(usual(role), |(_, name)| name);
    let prefix = prefix(&mailboxes(setup, reader)?);
    let prefix = talk.own_prefix()?.unwrap_or(prefix);
    let name = below(&prefix, &MailboxName::from_display(name));
    talk.create(&name)?;
    talk.end();
    let talk = once::folders(setup, secret)?;
    match known(setup, reader, role)? {
        Some(found) => Ok(place(talk, found)),
        None => Ok(Place {
            talk,
            mailbox: None,
            name,
        }),
    }
}

/// What a folder is called that is made because there is none.
const fn usual(role: Role) -> &'static str {
    match role {
        Role::Drafts => "Drafts",
        _ => "Sent",
    }
}

/// What the names of the user's own folders begin with, as the folders that are there show it.
fn prefix(mailboxes: &[MailboxInfo]) -> Vec<u8> {
    let mut own = mailboxes
        .iter()
        .filter(|info| info.namespace == Namespace::Personal && info.prefix_bytes > 0);
    let shown = own
        .next()
        .and_then(|info| info.name.raw().get(..info.prefix_bytes));
    shown.unwrap_or_default().to_vec()
}

/// A name below a prefix, which ends with the delimiter; one that begins with it stays as it is. RFC 2342 §5.
fn below(prefix: &[u8], name: &MailboxName) -> MailboxName {
    if name.is_inbox() || name.raw().starts_with(prefix) {
        return name.clone();
    }
    MailboxName::from_raw(&[prefix, name.raw()].concat())
}

fn mailboxes(setup: &Setup, reader: &mut Reader) -> Result<Vec<MailboxInfo>, RemoteError> {
    let mailboxes = reader.mailboxes(setup.account);
    mailboxes.map_err(|error| store_failed(&error))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_lies_below_the_prefix_once() {
        for (prefix, name, expected) in [
            ("INBOX.", "Sent", "INBOX.Sent"),
            ("INBOX.", "INBOX.Sent", "INBOX.Sent"),
            ("INBOX.", "Entw&APw-rfe", "INBOX.Entw&APw-rfe"),
            ("", "Sent", "Sent"),
            ("INBOX.", "INBOX", "INBOX"),
        ] {
            let name = MailboxName::from_raw(name.as_bytes());
            let made = below(prefix.as_bytes(), &name);
            assert_eq!(made.raw(), expected.as_bytes());
        }
    }
}
