//! Selecting a mailbox, and what prepares it: SELECT, EXAMINE, ENABLE, NOOP, CAPABILITY, UNSELECT.

use crate::mail::mailbox::MailboxName;
use crate::mail::uid::{ModSeq, UidValidity};
use crate::remote::command::{Command, Unsendable};

/// What a SELECT asks for beside the mailbox.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Resync {
    /// Nothing.
    Plain,
    /// Mod-sequences from now on. RFC 7162 §3.1.8.
    CondStore,
    /// What changed and what vanished since then. RFC 7162 §3.2.5. Needs ENABLE QRESYNC before.
    QResync {
        /// The epoch that the cache knows.
        validity: UidValidity,
        /// The mod-sequence of the last sync point; must not be zero.
        mod_seq: ModSeq,
        /// The cache knows UIDs up to this one; zero means that the server shall look at all.
        max_uid: u32,
    },
}

/// Opens a mailbox for changes. RFC 3501 §6.3.1.
///
/// # Errors
/// The name holds bytes that no command can carry.
pub fn select(name: &MailboxName, resync: Resync) -> Result<Command, Unsendable> {
    let command = Command::new("SELECT").mailbox(name)?;
    Ok(match resync {
        Resync::Plain => command,
        Resync::CondStore => command.text(" (CONDSTORE)"),
        Resync::QResync {
            validity,
            mod_seq,
            max_uid,
        } => {
            let command = command
                .text(" (QRESYNC (")
                .number(u64::from(validity.get()))
                .number(mod_seq.get());
            let command = if max_uid == 0 {
                command
            } else {
                command.range(1, max_uid)
            };
            command.text("))")
        }
    })
}

/// Opens a mailbox without changing anything in it. RFC 3501 §6.3.2.
///
/// # Errors
/// The name holds bytes that no command can carry.
pub fn examine(name: &MailboxName) -> Result<Command, Unsendable> {
    Command::new("EXAMINE").mailbox(name)
}

/// Switches QRESYNC on, which includes CONDSTORE. RFC 5161, RFC 7162 §3.2.3.
#[must_use]
pub fn enable_qresync() -> Command {
    Command::new("ENABLE QRESYNC")
}

/// Asks for news, and keeps the connection alive. RFC 3501 §6.1.2.
#[must_use]
pub fn noop() -> Command {
    Command::new("NOOP")
}

/// Asks for the capabilities. RFC 3501 §6.1.1.
#[must_use]
pub fn capability() -> Command {
    Command::new("CAPABILITY")
}
