//! Searching: which UIDs are there. RFC 3501 §6.4.4, RFC 4731.

use crate::remote::command::Command;
use crate::remote::strategy::capability::Capabilities;

/// All UIDs of the selected mailbox, as ESEARCH where the server has it: one range instead of a list of numbers.
///
/// The RETURN item is always named: `RETURN ()` comes back empty on some servers (`MailKit` #1177).
#[must_use]
pub fn all(capabilities: &Capabilities) -> Command {
    let command = Command::new("UID SEARCH");
    if capabilities.has("ESEARCH") {
        command.text(" RETURN (ALL) ALL")
    } else {
        command.text(" ALL")
    }
}
