//! Taking messages elsewhere or away: MOVE, COPY, UID EXPUNGE. RFC 6851, RFC 3501 §6.4.7, RFC 4315 §2.1.
//!
//! There is no plain EXPUNGE here: it would take what other clients have marked.

use crate::mail::mailbox::MailboxName;
use crate::mail::uid_set::UidSet;
use crate::remote::command::{Command, Unsendable};

/// Moves messages to another mailbox. COPYUID comes untagged or with the tagged OK, EXPUNGE or VANISHED before it. RFC
/// 6851 §4.3.
///
/// # Errors
/// An empty set, or a name that no command can carry.
pub fn move_to(set: &UidSet, name: &MailboxName) -> Result<Command, Unsendable> {
    with_set("UID MOVE", set)?.mailbox(name)
}

/// Copies messages into another mailbox, flags and internal date included: all of them or none. RFC 3501 §6.4.7.
///
/// # Errors
/// As [`move_to`].
pub fn copy_to(set: &UidSet, name: &MailboxName) -> Result<Command, Unsendable> {
    with_set("UID COPY", set)?.mailbox(name)
}

/// Removes those messages of a set that are marked `\Deleted`, and no others. RFC 4315 §2.1.
///
/// # Errors
/// An empty set.
pub fn expunge(set: &UidSet) -> Result<Command, Unsendable> {
    with_set("UID EXPUNGE", set)
}

fn with_set(name: &'static str, set: &UidSet) -> Result<Command, Unsendable> {
    if set.is_empty() {
        return Err(Unsendable { byte: None });
    }
    Ok(Command::new(name).set(set))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_go_as_the_server_spells_them_and_nothing_ends_a_command() {
        let set = UidSet::parse(b"1:3,9").unwrap();
        for (raw, expected) in [
            (&b"Archive"[..], "UID MOVE 1:3,9 Archive"),
            (b"Old mail", "UID MOVE 1:3,9 \"Old mail\""),
            (b"Entw&APw-rfe", "UID MOVE 1:3,9 Entw&APw-rfe"),
            (b"\xc3\xa9", "UID MOVE 1:3,9 <redacted 2>"),
        ] {
            let name = MailboxName::from_raw(raw);
            assert_eq!(move_to(&set, &name).unwrap().to_string(), expected);
        }
        for raw in [&b"x\r\nS9 EXPUNGE"[..], b"a\nb", b"a\0b"] {
            let name = MailboxName::from_raw(raw);
            assert!(move_to(&set, &name).is_err() && copy_to(&set, &name).is_err());
        }
        let (none, inbox) = (UidSet::new(), MailboxName::from_raw(b"inbox"));
        assert!(move_to(&none, &inbox).is_err() && copy_to(&none, &inbox).is_err());
        assert!(expunge(&none).is_err());
        assert_eq!(expunge(&set).unwrap().to_string(), "UID EXPUNGE 1:3,9");
        assert_eq!(
            copy_to(&set, &inbox).unwrap().to_string(),
            "UID COPY 1:3,9 INBOX"
        );
    }
}
