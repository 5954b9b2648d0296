//! How the process ends: the codes of sysexits(3) that scripts may rely on.

use std::process::ExitCode;

use crate::channel::error::RemoteError;

/// The end of a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Exit {
    /// Done, or durably queued.
    Done = 0,
    /// The command line was wrong, or there is no terminal for the screen (`EX_USAGE`).
    Usage = 64,
    /// What was named does not exist (any more), or is not what it should be (`EX_DATAERR`).
    Data = 65,
    /// Something that should be there is not: the store, a server for good (`EX_UNAVAILABLE`).
    Unavailable = 69,
    /// It did not work now and may work later: offline, locked (`EX_TEMPFAIL`).
    Temporary = 75,
    /// Permission or authentication refused (`EX_NOPERM`).
    Permission = 77,
    /// The configuration was refused or is missing (`EX_CONFIG`).
    Configuration = 78,
}

impl Exit {
    /// The number for the shell.
    #[must_use]
    pub const fn code(self) -> u8 {
        self as u8
    }

    /// The end of a command that a server's error ended.
    #[must_use]
    pub const fn of(error: &RemoteError) -> Self {
        match error {
            RemoteError::Offline { .. } | RemoteError::Metered { .. } => Self::Temporary,
            RemoteError::Insecure { .. }
            | RemoteError::Untrusted(_)
            | RemoteError::Unauthenticated { .. }
            | RemoteError::NoCredentials { .. } => Self::Permission,
            RemoteError::Refused { .. } | RemoteError::Here { .. } => Self::Data,
            RemoteError::Protocol { .. } => Self::Unavailable,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}
