//! Adding messages to a mailbox, also in place of another one, and finding out whether one was added before a connection
//! broke. RFC 3501 §6.3.11, RFC 8508.

use crate::mail::flag::Flags;
use crate::mail::mailbox::MailboxName;
use crate::mail::uid::Uid;
use crate::remote::command::{Command, Unsendable};
use crate::remote::response::date;

/// Adds one message with its flags; the server dates it now where it has no date. Keywords that no command can carry are
/// left out.
///
/// # Errors
/// The message has a NUL, or the name bytes that no command can carry.
pub fn append(
    name: &MailboxName,
    flags: &Flags,
    internal_date: Option<i64>,
    message: Vec<u8>,
) -> Result<Command, Unsendable> {
    letter(Command::new("APPEND"), name, flags, internal_date, message)
}

/// Adds one message as [`append`] does, and takes one out of the mailbox that is open, both or neither. RFC 8508 §3.
///
/// # Errors
/// As for [`append`].
pub fn replace(
    old: Uid,
    name: &MailboxName,
    flags: &Flags,
    message: Vec<u8>,
) -> Result<Command, Unsendable> {
    let command = Command::new("UID REPLACE").number(u64::from(old.get()));
    letter(command, name, flags, None, message)
}

fn letter(
    command: Command,
    name: &MailboxName,
    flags: &Flags,
    internal_date: Option<i64>,
    message: Vec<u8>,
) -> Result<Command, Unsendable> {
    let can_be_sent = |flag: &&str| Command::new("").flags([*flag]).is_ok();
    let command = command
        .mailbox(name)?
        .flags(flags.names().filter(can_be_sent))?;
    let command = match internal_date.and_then(date::write) {
        Some(date) => command.date(&date),
        None => command,
    };
    command.literal(message)
}

/// Which messages from a UID on may have this Message-ID; with `is_resent` also those that were bounced with it (RFC 5322
/// §3.6.6). A server finds a part of a longer one too (RFC 3501 §6.4.4).
///
/// # Errors
/// The Message-ID holds bytes that no command can carry.
pub fn with_message_id(
    from: Uid,
    message_id: &str,
    is_resent: bool,
) -> Result<Command, Unsendable> {
    let command = Command::new("UID SEARCH UID").number(u64::from(from.get()));
    if !is_resent {
        return command
            .text(":* HEADER Message-ID")
            .astring(message_id.as_bytes());
    }
    command
        .text(":* OR HEADER Message-ID")
        .astring(message_id.as_bytes())?
        .text(" HEADER Resent-Message-ID")
        .astring(message_id.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::remote::command::Piece;

    #[test]
    fn an_append_carries_flags_and_date() {
        let name = MailboxName::from_display("Entwürfe");
        let flags = Flags::from_names(["\\Seen", "todo", "bad]"]);
        let command = append(&name, &flags, Some(1_772_532_000), b"a\r\n".to_vec()).unwrap();
        let pieces = command.into_pieces();
        assert_eq!(
            pieces,
            [
                Piece::Line(
                    b"APPEND Entw&APw-rfe (\\Seen todo) \" 3-Mar-2026 10:00:00 +0000\" ".to_vec()
                ),
                Piece::Literal(b"a\r\n".to_vec())
            ]
        );
        assert!(append(&name, &flags, None, b"a\0".to_vec()).is_err());
        let dateless = append(&name, &Flags::default(), Some(i64::MAX), Vec::new()).unwrap();
        let line = dateless.into_pieces().remove(0);
        assert_eq!(line, Piece::Line(b"APPEND Entw&APw-rfe () ".to_vec()));
    }

    #[test]
    fn a_replacement_names_what_goes_and_is_refused_where_it_could_say_more() {
        let old = Uid::new(7).unwrap();
        let flags = Flags::from_names(["\\Draft", "\\Seen"]);
        let pieces = |name: &MailboxName, bytes: &[u8]| {
            replace(old, name, &flags, bytes.to_vec()).map(Command::into_pieces)
        };
        let name = MailboxName::from_display("Entwürfe");
        assert_eq!(
            pieces(&name, b"a\r\n").unwrap(),
            [
                Piece::Line(b"UID REPLACE 7 Entw&APw-rfe (\\Seen \\Draft) ".to_vec()),
                Piece::Literal(b"a\r\n".to_vec())
            ]
        );
        assert!(pieces(&name, b"a\0").is_err());
        let forged = MailboxName::from_raw(b"Drafts\r\nS9 DELETE INBOX");
        assert!(pieces(&forged, b"a").is_err());
    }

    #[test]
    fn what_was_added_is_looked_for_by_its_message_id() {
        let line = |is_resent| {
            let command = with_message_id(Uid::new(7).unwrap(), "a\"b@c", is_resent);
            command.unwrap().into_pieces().remove(0)
        };
        let expected = b"UID SEARCH UID 7:* HEADER Message-ID \"a\\\"b@c\"".to_vec();
        assert_eq!(line(false), Piece::Line(expected));
        let expected =
            b"UID SEARCH UID 7:* OR HEADER Message-ID \"a\\\"b@c\" HEADER Resent-Message-ID \"a\\\"b@c\"";
        assert_eq!(line(true), Piece::Line(expected.to_vec()));
        assert!(with_message_id(Uid::new(7).unwrap(), "a\nb", false).is_err());
    }
}
