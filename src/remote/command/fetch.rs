//! Reading messages: headers, flags, structures, bodies and parts. RFC 3501 §6.4.5. Never sets `\Seen`.

use crate::mail::part::PartPath;
use crate::mail::uid::{ModSeq, Uid};
use crate::mail::uid_set::UidSet;
use crate::remote::command::Command;
use crate::remote::strategy::capability::Capabilities;

/// The header fields of a list row and a thread.
const FIELDS: &str = "BODY.PEEK[HEADER.FIELDS (date from to cc subject message-id references in-reply-to content-type \
                      list-id reply-to sender bcc auto-submitted list-post list-unsubscribe delivered-to)])";

/// Everything the store keeps of messages without their bodies, but for the beginnings of their texts.
#[must_use]
pub fn headers(set: &UidSet, capabilities: &Capabilities) -> Command {
    header_items(Command::new("UID FETCH").set(set), capabilities)
}

/// The same for all UIDs from `low` on.
///
/// Written as a range without `*`: that would bring the highest message every time, even where it is below `low` (RFC
/// 3501 §6.4.8), and a reopen without news should cost no header. The end is one below the largest number of 32 bits,
/// which a server might keep for a meaning of its own.
#[must_use]
pub fn headers_from(low: Uid, capabilities: &Capabilities) -> Command {
    let command = Command::new("UID FETCH").number(u64::from(low.get()));
    header_items(command.text(":4294967294"), capabilities)
}

/// The same by sequence numbers: safe for a first window, since nothing is expunged during FETCH.
#[must_use]
pub fn headers_by_sequence(low: u32, high: u32, capabilities: &Capabilities) -> Command {
    header_items(Command::new("FETCH").range(low, high), capabilities)
}

fn header_items(command: Command, capabilities: &Capabilities) -> Command {
    let mut command = command.text(" (UID FLAGS INTERNALDATE RFC822.SIZE ");
    if capabilities.has_mod_sequences() {
        command = command.text("MODSEQ ");
    }
    if capabilities.has("OBJECTID") {
        command = command.text("EMAILID THREADID ");
    }
    if capabilities.has("X-GM-EXT-1") {
        command = command.text("X-GM-MSGID X-GM-THRID X-GM-LABELS ");
    }
    command.text(FIELDS)
}

/// The beginnings of texts, where the server has them at hand. RFC 8970 §3.2.
#[must_use]
pub fn previews(set: &UidSet) -> Command {
    Command::new("UID FETCH")
        .set(set)
        .text(" (UID PREVIEW (LAZY))")
}

/// When messages arrived, by sequence numbers.
#[must_use]
pub fn arrivals(low: u32, high: u32) -> Command {
    Command::new("FETCH")
        .range(low, high)
        .text(" (INTERNALDATE)")
}

/// When messages arrived, by UIDs.
#[must_use]
pub fn arrivals_of(set: &UidSet) -> Command {
    Command::new("UID FETCH").set(set).text(" (INTERNALDATE)")
}

/// The Message-IDs of messages, those of bounces among them.
#[must_use]
pub fn message_ids(set: &UidSet) -> Command {
    Command::new("UID FETCH")
        .set(set)
        .text(" (UID BODY.PEEK[HEADER.FIELDS (message-id resent-message-id)])")
}

/// UIDs, flags and labels; only of messages changed since a mod-sequence where one is given. RFC 7162 §3.1.4.
#[must_use]
pub fn flags(set: &UidSet, changed_since: Option<ModSeq>, capabilities: &Capabilities) -> Command {
    changes(set, changed_since.unwrap_or_default(), false, capabilities)
}

/// The same, and where wanted what vanished since, which needs ENABLE QRESYNC before. RFC 7162 §3.2.6. Zero is no
/// mod-sequence: then everything is meant.
#[must_use]
pub fn changes(
    set: &UidSet,
    since: ModSeq,
    with_vanished: bool,
    capabilities: &Capabilities,
) -> Command {
    let items = if capabilities.has("X-GM-EXT-1") {
        " (UID FLAGS X-GM-LABELS)"
    } else {
        " (UID FLAGS)"
    };
    let command = Command::new("UID FETCH").set(set).text(items);
    if since.get() == 0 {
        return command;
    }
    let command = command.text(" (CHANGEDSINCE").number(since.get());
    command.text(if with_vanished { " VANISHED)" } else { ")" })
}

/// The whole messages of a set.
#[must_use]
pub fn bodies(set: &UidSet) -> Command {
    Command::new("UID FETCH")
        .set(set)
        .text(" (UID BODY.PEEK[])")
}

/// Which parts the message has, and its whole header.
#[must_use]
pub fn structure_and_header(uid: Uid) -> Command {
    one(uid).text(" (UID BODYSTRUCTURE BODY.PEEK[HEADER])")
}

/// Parts, encoded as they were transferred; `partial` is offset and length in bytes. Some servers ignore it and send all.
#[must_use]
pub fn sections(uid: Uid, paths: &[PartPath], partial: Option<(u64, u64)>) -> Command {
    let mut command = one(uid).text(" (UID");
    for path in paths {
        command = command.text(" BODY.PEEK[").path(path).text("]");
        if let Some((offset, length)) = partial {
            command = command.text("<").origin(offset, length).text(">");
        }
    }
    command.text(")")
}

/// A block of one part (an empty path: of the whole message) by offset and length in bytes; decoded by the server where
/// `is_binary`, RFC 3516 §4.2. A short block is the last one; some servers ignore the range and send all.
#[must_use]
pub fn block(uid: Uid, path: &PartPath, range: (u64, u64), is_binary: bool) -> Command {
    let name = if is_binary {
        " (UID BINARY.PEEK["
    } else {
        " (UID BODY.PEEK["
    };
    let (offset, length) = range;
    let command = one(uid).text(name).path(path).text("]<");
    command.origin(offset, length).text(">)")
}

fn one(uid: Uid) -> Command {
    Command::new("UID FETCH").number(u64::from(uid.get()))
}
