//! Searching: which UIDs are there, and how old a message is. RFC 3501 §6.4.4, RFC 4731, RFC 5032.

use crate::mail::uid_set::UidSet;
use crate::remote::command::Command;

/// Those of a set that exist, in the same ways.
#[must_use]
pub fn among(set: &UidSet, in_ranges: bool) -> Command {
    let command = Command::new("UID SEARCH");
    let command = if in_ranges {
        command.text(" RETURN (ALL)")
    } else {
        command
    };
    command.text(" UID ").set(set)
}

/// The UIDs of the selected mailbox up to one, `u32::MAX` for all; by ESEARCH where they are to come as ranges instead of a
/// list of numbers.
///
/// The RETURN item is always named: `RETURN ()` comes back empty on some servers (`MailKit` #1177).
#[must_use]
pub fn uids(up_to: u32, in_ranges: bool) -> Command {
    let command = Command::new("UID SEARCH");
    let command = if in_ranges {
        command.text(" RETURN (ALL)")
    } else {
        command
    };
    match up_to {
        u32::MAX => command.text(" ALL"),
        _ => command.text(" UID ").range(1, up_to),
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
