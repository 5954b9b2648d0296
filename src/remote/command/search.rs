//! Searching: which UIDs are there, and how old a message is. RFC 3501 §6.4.4, RFC 4731, RFC 5032.

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

/// Whether the message with this sequence number arrived within so many seconds (not 0), by the server's clock. RFC 5032 §1.
#[must_use]
pub fn younger(number: u32, seconds: u32) -> Command {
    Command::new("SEARCH")
        .range(number, number)
        .text(" YOUNGER")
        .number(u64::from(seconds))
}
