//! Mailboxes and what is in them without selecting: LIST, LSUB, STATUS, NAMESPACE.

use crate::mail::mailbox::MailboxName;
use crate::remote::command::{Command, Unsendable};
use crate::remote::strategy::capability::Capabilities;
use crate::remote::strategy::quirks;

/// What STATUS knows everywhere.
const FEW: &str = "MESSAGES UIDNEXT UIDVALIDITY UNSEEN";

/// All mailboxes, with everything the server can tell in one round trip. RFC 5258, RFC 5819, RFC 6154.
#[must_use]
pub fn all(capabilities: &Capabilities) -> Command {
    returning(plain(), true, capabilities)
}

/// All mailboxes, in the words that every server knows.
#[must_use]
pub fn plain() -> Command {
    Command::new("LIST \"\" \"*\"")
}

/// INBOX, which every account has. RFC 3501 §5.1.
#[must_use]
pub fn inbox() -> Command {
    Command::new("LIST \"\" INBOX")
}

/// All mailboxes without their numbers, for which a server may have to look at every message first.
#[must_use]
pub fn names(capabilities: &Capabilities) -> Command {
    returning(plain(), false, capabilities)
}

/// The mailboxes whose names begin with the prefix of a namespace: not every server shows them to `*`. RFC 2342 §4.
///
/// # Errors
/// The prefix holds bytes that no command can carry.
pub fn below(
    prefix: &MailboxName,
    has_counts: bool,
    capabilities: &Capabilities,
) -> Result<Command, Unsendable> {
    let pattern = [prefix.raw(), b"*"].concat();
    let command = Command::new("LIST \"\"").astring(&pattern)?;
    Ok(returning(command, has_counts, capabilities))
}

fn returning(mut command: Command, has_counts: bool, capabilities: &Capabilities) -> Command {
    if !capabilities.has("LIST-EXTENDED") {
        return command;
    }
    command = command.text(" RETURN (SUBSCRIBED CHILDREN");
    if capabilities.has("SPECIAL-USE") {
        command = command.text(" SPECIAL-USE");
    }
    if has_counts && capabilities.has("LIST-STATUS") {
        command = status_items(command.text(" STATUS ("), capabilities).text(")");
    }
    command.text(")")
}

/// The subscribed mailboxes, where LIST cannot return them.
#[must_use]
pub fn subscribed() -> Command {
    Command::new("LSUB \"\" \"*\"")
}

/// The numbers of one mailbox; never of the selected one. RFC 3501 §6.3.10.
///
/// # Errors
/// The name holds bytes that no command can carry.
pub fn status(name: &MailboxName, capabilities: &Capabilities) -> Result<Command, Unsendable> {
    let command = Command::new("STATUS").mailbox(name)?.text(" (");
    Ok(status_items(command, capabilities).text(")"))
}

/// The numbers of one mailbox that every server knows. RFC 3501 §6.3.10.
///
/// # Errors
/// The name holds bytes that no command can carry.
pub fn few_counts(name: &MailboxName) -> Result<Command, Unsendable> {
    let command = Command::new("STATUS").mailbox(name)?;
    Ok(command.text(" (").text(FEW).text(")"))
}

/// Whether a server is asked for more numbers than every server knows.
#[must_use]
pub fn tells_more(capabilities: &Capabilities) -> bool {
    capabilities.has_mod_sequences() || quirks::tells_mailbox_ids(capabilities)
}

/// The namespaces. RFC 2342.
#[must_use]
pub fn namespace() -> Command {
    Command::new("NAMESPACE")
}

fn status_items(command: Command, capabilities: &Capabilities) -> Command {
    let command = command.text(FEW);
    let command = if capabilities.has_mod_sequences() {
        command.text(" HIGHESTMODSEQ")
    } else {
        command
    };
    if quirks::tells_mailbox_ids(capabilities) {
        command.text(" MAILBOXID")
    } else {
        command
    }
}
