//! Fault scripts: what goes wrong, on which connection, when. Deterministic: counted in bytes and commands, never by chance.

use std::time::Duration;

/// One thing that goes wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FaultKind {
    /// Closes the connection when this many bytes were sent since it began.
    CutAfter(u64),
    /// Sends in pieces of at most this many bytes, each a write of its own.
    Fragment(usize),
    /// Waits before each write.
    Delay(Duration),
    /// Carries the command out, then closes the connection this many bytes into its reply (0: the reply is lost).
    CutIn {
        /// The command's name, as in [`Fault::on`].
        command: String,
        /// Bytes of the reply that still go out.
        after: u64,
    },
    /// As `CutIn`, but falls silent instead.
    StallIn {
        /// The command's name.
        command: String,
        /// Bytes of the reply that still go out.
        after: u64,
    },
    /// Sends these raw bytes before the reply to the command. `{tag}` stands for its tag.
    Before {
        /// The command's name.
        command: String,
        /// Whole lines, CR LF included.
        lines: Vec<u8>,
    },
    /// Waits with the command, and with the other faults of it, until another plan is set.
    Hold {
        /// The command's name.
        command: String,
    },
    /// Sends these raw bytes instead of the reply, and does not carry the command out. `{tag}` stands for its tag.
    Instead {
        /// The command's name.
        command: String,
        /// Whole lines, CR LF included.
        lines: Vec<u8>,
    },
    /// Answers with this and does not carry the command out: `NO [OVERQUOTA] full`, `BAD what?`; for SMTP `550 no`.
    Refuse {
        /// The command's name.
        command: String,
        /// Status and text, without tag and line end.
        answer: String,
    },
    /// As `Refuse`, but only where the set that the command begins with holds this UID.
    RefuseUid {
        /// The command's name, with `UID` or without.
        command: String,
        /// The message that it must not be about.
        uid: u32,
        /// Status and text, without tag and line end.
        answer: String,
    },
    /// As `Refuse`, but only while this mailbox is selected.
    RefuseIn {
        /// The command's name.
        command: String,
        /// Raw name of the mailbox.
        mailbox: String,
        /// Status and text, without tag and line end.
        answer: String,
    },
    /// Carries the command out for the other messages of its set, and then answers with this.
    WithoutUid {
        /// The command's name, with `UID` or without.
        command: String,
        /// The message that cannot be had.
        uid: u32,
        /// Status and text, without tag and line end.
        answer: String,
    },
    /// Gives this in place of the header fields of a message.
    HeaderOf {
        /// The command's name, with `UID` or without.
        command: String,
        /// The message.
        uid: u32,
        /// As on the wire: `NIL`, `""`, a literal with its length.
        header: String,
    },
    /// Carries the command out for the first so many of its messages only, then closes the connection without a word.
    PartOf {
        /// The command's name.
        command: String,
        /// How many messages are still dealt with.
        n_messages: usize,
    },
    /// Another client is faster: before the command is carried out, these messages are gone.
    Rival {
        /// The command's name.
        command: String,
        /// Raw name of the mailbox they are taken from.
        mailbox: String,
        /// UIDs; those that are not there are passed over.
        uids: Vec<u32>,
        /// Raw name of the mailbox they went to; `None` where they are expunged.
        to: Option<String>,
    },
    /// Closes the connection when the command arrives, before it has any effect.
    DropOn {
        /// The command's name.
        command: String,
    },
    /// As `DropOn`, but only where the set that the command begins with holds this UID, and something is to be read of it
    /// that is no flag: the server dies of it.
    DropOnUid {
        /// The command's name, with `UID` or without.
        command: String,
        /// The message.
        uid: u32,
    },
    /// As `DropOn`, but only where this word is an argument, or in a list that is one.
    DropOnWord {
        /// The command's name.
        command: String,
        /// Upper or lower case.
        word: String,
    },
    /// As `Instead`, but only where the first argument is this: a mailbox.
    InsteadOf {
        /// The command's name.
        command: String,
        /// The first argument, as raw bytes.
        argument: String,
        /// Whole lines, CR LF included.
        lines: Vec<u8>,
    },
    /// SMTP: closes the connection in the middle of a mail, once so many of its bytes have come.
    CutBody {
        /// Bytes of the mail as they came.
        after: u64,
    },
    /// SMTP: as `CutBody`, but reads no further and says nothing.
    StallBody {
        /// Bytes of the mail as they came.
        after: u64,
    },
    /// Closes the connection when this many bytes were received since it began.
    CutInput(u64),
    /// Sends these raw bytes in place of the greeting.
    Greeting(Vec<u8>),
}

/// A fault and where it strikes.
///
/// Commands are named in upper case as in `SELECT`, `UID FETCH`, `DONE`; SMTP also has `GREETING`, and `.` for the end of
/// the data.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// The connection's number, from 1 in order of arrival; `None` for every connection.
    pub connection: Option<u32>,
    /// How often it strikes (faults that name a command); `None` for always.
    pub times: Option<u32>,
    /// How many matching commands pass before it strikes the first time.
    pub skip: u32,
    /// What happens.
    pub kind: FaultKind,
}

impl Fault {
    /// A fault on every connection, always.
    pub const fn always(kind: FaultKind) -> Self {
        Self {
            connection: None,
            times: None,
            skip: 0,
            kind,
        }
    }

    /// A fault that strikes once, at the first command that fits.
    pub const fn once(kind: FaultKind) -> Self {
        Self {
            connection: None,
            times: Some(1),
            skip: 0,
            kind,
        }
    }

    /// The same on one connection only.
    #[must_use]
    pub const fn on(mut self, connection: u32) -> Self {
        self.connection = Some(connection);
        self
    }

    /// The same, letting the first `skip` matching commands pass.
    #[must_use]
    pub const fn after(mut self, skip: u32) -> Self {
        self.skip = skip;
        self
    }

    fn command(&self) -> Option<&str> {
        match &self.kind {
            FaultKind::CutIn { command, .. }
            | FaultKind::StallIn { command, .. }
            | FaultKind::Before { command, .. }
            | FaultKind::Instead { command, .. }
            | FaultKind::Refuse { command, .. }
            | FaultKind::RefuseUid { command, .. }
            | FaultKind::RefuseIn { command, .. }
            | FaultKind::WithoutUid { command, .. }
            | FaultKind::HeaderOf { command, .. }
            | FaultKind::PartOf { command, .. }
            | FaultKind::Rival { command, .. }
            | FaultKind::Hold { command }
            | FaultKind::DropOnUid { command, .. }
            | FaultKind::DropOnWord { command, .. }
            | FaultKind::InsteadOf { command, .. }
            | FaultKind::DropOn { command } => Some(command),
            FaultKind::CutBody { .. } | FaultKind::StallBody { .. } => Some("DATA"),
            _ => None,
        }
    }
}

/// All faults of a server; empty means that nothing goes wrong.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FaultPlan {
    /// In the order in which they are tried.
    pub faults: Vec<Fault>,
}

impl FaultPlan {
    /// A plan of these faults.
    pub const fn new(faults: Vec<Fault>) -> Self {
        Self { faults }
    }

    /// The faults of a connection that no command triggers.
    pub fn of_connection(&self, connection: u32) -> Vec<FaultKind> {
        self.faults
            .iter()
            .filter(|fault| fault.connection.is_none_or(|only| only == connection))
            .filter(|fault| fault.command().is_none())
            .map(|fault| fault.kind.clone())
            .collect()
    }

    /// The faults that a command triggers now; counts them. `is_met` says whether what a fault asks for besides the
    /// command's name is so.
    pub fn of_command(
        &mut self,
        connection: u32,
        name: &str,
        is_met: impl Fn(&FaultKind) -> bool,
    ) -> Vec<FaultKind> {
        let mut kinds = Vec::new();
        for fault in &mut self.faults {
            let fits = fault.connection.is_none_or(|only| only == connection)
                && fault
                    .command()
                    .is_some_and(|command| command.eq_ignore_ascii_case(name))
                && is_met(&fault.kind);
            if !fits || fault.times == Some(0) {
                continue;
            }
            if fault.skip > 0 {
                fault.skip -= 1;
                continue;
            }
            if let Some(times) = &mut fault.times {
                *times -= 1;
            }
            kinds.push(fault.kind.clone());
        }
        kinds
    }
}
