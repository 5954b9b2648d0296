//! Changing flags and keywords: STORE. RFC 3501 §6.4.6.

use crate::mail::uid_set::UidSet;
use crate::remote::command::{Command, Unsendable};

/// Adds or removes flags of messages, without asking for the result. RFC 3501 §6.4.6.
///
/// # Errors
/// A flag name that no command can carry.
pub fn store<'a>(
    set: &UidSet,
    on: bool,
    flags: impl IntoIterator<Item = &'a str>,
) -> Result<Command, Unsendable> {
    if set.is_empty() {
        return Err(Unsendable { byte: None });
    }
    Command::new("UID STORE")
        .set(set)
        .text(if on {
            " +FLAGS.SILENT"
        } else {
            " -FLAGS.SILENT"
        })
        .flags(flags)
}
