//! What the server allows: the rights of a mailbox (RFC 4314) and the room of an account (RFC 9208).

use crate::mail::mailbox::MailboxName;
use crate::mail::quota::Quota;
use crate::mail::rights::Rights;
use crate::remote::command::{Command, Unsendable};
use crate::remote::response::token::{Broken, Tokens};
use crate::remote::strategy::capability::Capabilities;

/// Resources of one quota root that are looked at; RFC 9208 §5 knows four.
const MOST_RESOURCES: usize = 20;

/// Asks for the user's own rights in a mailbox; `None` where the server tells none. RFC 4314 §3.5.
///
/// # Errors
/// The name holds bytes that no command can carry.
pub fn my_rights(
    capabilities: &Capabilities,
    name: &MailboxName,
) -> Result<Option<Command>, Unsendable> {
    if !capabilities.has("ACL") {
        return Ok(None);
    }
    Command::new("MYRIGHTS").mailbox(name).map(Some)
}

/// Asks how much room is left for what comes to INBOX; `None` where the server does not tell. RFC 9208 §4.1.3.
///
/// # Errors
/// Never: the name INBOX can be sent.
pub fn quota(capabilities: &Capabilities) -> Result<Option<Command>, Unsendable> {
    if !capabilities.has("QUOTA") {
        return Ok(None);
    }
    let inbox = MailboxName::from_raw(b"INBOX");
    Command::new("GETQUOTAROOT").mailbox(&inbox).map(Some)
}

/// The rights behind the name in a MYRIGHTS response. RFC 4314 §3.8.
pub(in crate::remote) fn rights(tokens: &mut Tokens<'_>) -> Result<Rights, Broken> {
    let letters = tokens.string()?.unwrap_or_default();
    Ok(Rights::from_letters(&letters))
}

/// The resource STORAGE of a QUOTA response; `None` where it has no limit. RFC 9208 §4.2.1.
pub(in crate::remote) fn storage(tokens: &mut Tokens<'_>) -> Result<Option<Quota>, Broken> {
    let _root = tokens.string()?;
    if tokens.peek().is_none() {
        return Ok(None); // Courier-IMAP has no list where there is no limit.
    }
    tokens.open()?;
    let mut storage = None;
    for _ in 0..MOST_RESOURCES {
        if tokens.take(b')') || tokens.peek().is_none() {
            break;
        }
        let is_storage = tokens.word().eq_ignore_ascii_case(b"STORAGE");
        let (used, limit) = (tokens.number()?, tokens.number()?);
        if let (true, Some(used), Some(limit)) = (is_storage, used, limit) {
            storage = Quota::from_units(used, limit);
        }
    }
    Ok(storage)
}
