//! Having the server tell of changes in every mailbox: NOTIFY. RFC 5465.

use crate::mail::mailbox::MailboxName;
use crate::remote::command::{Command, Unsendable};

/// Asks to be told of changes in the selected mailbox as without NOTIFY, and in all others of the user as STATUS and LIST
/// responses. `selected-delayed` keeps EXPUNGE where RFC 3501 allows it, so that sequence numbers in flight stay true.
///
/// Without the STATUS parameter: the LIST that follows in the same flight brings the counts, and is newer.
#[must_use]
pub fn everywhere() -> Command {
    selected().text(" (personal (MessageNew MessageExpunge FlagChange MailboxName))")
}

/// The same, and in all mailboxes at and below these, which are other users' or shared. RFC 5465 §6.
///
/// # Errors
/// A name holds bytes that no command can carry.
pub fn everywhere_and_below(roots: &[MailboxName]) -> Result<Command, Unsendable> {
    let mut command = everywhere().text(" (subtree (");
    for root in roots {
        command = command.mailbox(root)?;
    }
    Ok(command.text(") (MessageNew MessageExpunge FlagChange MailboxName))"))
}

/// The same for the selected mailbox alone, after a server gave up telling of the others (NOTIFICATIONOVERFLOW stands
/// for NOTIFY NONE, which ends all of it). RFC 5465 §5.8.
#[must_use]
pub fn selected() -> Command {
    Command::new("NOTIFY SET (selected-delayed (MessageNew MessageExpunge FlagChange))")
}
