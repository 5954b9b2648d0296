//! Errors that travel in events: what failed, flattened to text at the boundary, and what follows from it.

use std::fmt;

use crate::channel::certificate::Untrusted;
use crate::mail::safe_text::SafeText;

/// Why a conversation with a server did not give what was asked. Texts of the server are sanitised.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RemoteError {
    /// No usable connection: name resolution, TCP, timeout, cut or BYE.
    Offline {
        /// What was tried and what happened.
        cause: SafeText,
    },
    /// TLS was refused: certificate, protocol version, plain text on a TLS port.
    Insecure {
        /// What exactly was wrong, with the mend where there is one.
        cause: SafeText,
    },
    /// The server's certificate was not accepted.
    Untrusted(Box<Untrusted>),
    /// Credentials refused. RFC 5530 §3 `AUTHENTICATIONFAILED`.
    Unauthenticated(Box<RefusedLogin>),
    /// No credentials at hand: none configured and none typed yet, or the command failed.
    NoCredentials {
        /// What is wanted: `password` or `token`.
        what: &'static str,
        /// Why; empty when simply none is configured.
        cause: SafeText,
    },
    /// Tagged NO.
    Refused {
        /// What was asked, as a verb: `open the folder`.
        action: &'static str,
        /// The server's own words.
        text: SafeText,
    },
    /// It would take more than may be fetched without a question.
    Metered {
        /// Bytes that it takes, as far as is known.
        bytes: u64,
        /// Bytes that one action may take.
        limit: u64,
    },
    /// Not the server: the files of a folder on this computer did not give or take it.
    Here {
        /// What happened.
        cause: SafeText,
    },
    /// Tagged BAD, a broken response, or a defect below us. Never retried at once.
    Protocol {
        /// What was wrong.
        detail: SafeText,
    },
}

/// What the engine does about an error. Decided by the kind, never by a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Recovery {
    /// Reconnect by itself, with back-off.
    Reconnect,
    /// Wait until the user gave credentials.
    AskCredentials,
    /// Wait until the user mended the configuration or asks again.
    TellUser,
}

/// Credentials that a server did not take.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefusedLogin {
    /// What was refused: `password`, `token`.
    pub what: &'static str,
    /// The login name that it was refused for: a wrong one is refused in the same words.
    pub user: SafeText,
    /// The server's own words.
    pub text: SafeText,
    /// What that most often means at this provider; empty where nothing is known.
    pub hint: &'static str,
}

impl RefusedLogin {
    /// The hint as a sentence behind another one; empty where there is none.
    #[must_use]
    pub fn advice(&self) -> String {
        if self.hint.is_empty() {
            String::new()
        } else {
            format!(". {}", self.hint)
        }
    }
}

impl RemoteError {
    /// What follows.
    #[must_use]
    pub const fn recovery(&self) -> Recovery {
        match self {
            Self::Offline { .. } | Self::Protocol { .. } | Self::Refused { .. } => {
                Recovery::Reconnect
            }
            Self::Unauthenticated { .. } | Self::NoCredentials { .. } => Recovery::AskCredentials,
            Self::Insecure { .. }
            | Self::Untrusted(_)
            | Self::Metered { .. }
            | Self::Here { .. } => Recovery::TellUser,
        }
    }

    /// What kind it is, in a word for the log, which is to have none of a server's: they may hold addresses.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Offline { .. } => "offline",
            Self::Insecure { .. } => "insecure",
            Self::Untrusted(_) => "untrusted",
            Self::Unauthenticated { .. } => "unauthenticated",
            Self::NoCredentials { .. } => "no credentials",
            Self::Refused { .. } => "refused",
            Self::Metered { .. } => "metered",
            Self::Here { .. } => "on this computer",
            Self::Protocol { .. } => "protocol",
        }
    }
}

impl fmt::Display for RemoteError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Offline { cause } => write!(f, "no connection: {cause}"),
            Self::Insecure { cause } => write!(f, "no secure connection: {cause}"),
            Self::Untrusted(problem) => write!(f, "no secure connection: {problem}"),
            Self::Unauthenticated(login) => {
                let (what, user, text) = (login.what, &login.user, &login.text);
                write!(
                    f,
                    "the server refused the {what} for {user}. It said: \"{text}\"{}",
                    login.advice()
                )
            }
            Self::NoCredentials { what, cause } if cause.as_str().is_empty() => {
                write!(f, "no {what} yet")
            }
            Self::NoCredentials { what, cause } => write!(f, "no {what}: {cause}"),
            Self::Refused { action, text } => {
                write!(f, "the server would not {action}. It said: \"{text}\"")
            }
            Self::Metered { bytes, limit } => {
                let kilobytes = |bytes: u64| bytes.div_ceil(1_000);
                let (bytes, limit) = (kilobytes(*bytes), kilobytes(*limit));
                write!(
                    f,
                    "it takes {bytes} kB, and one action may take {limit} kB (metered)"
                )
            }
            Self::Here { cause } => write!(f, "on this computer: {cause}"),
            Self::Protocol { detail } => write!(
                f,
                "the server and Sterna did not understand each other: {detail}"
            ),
        }
    }
}

impl std::error::Error for RemoteError {}

/// Why this disk did not give or take what was asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StoreError {
    /// Reading or writing failed: I/O error, locked for too long.
    Io {
        /// The statement or file, and the cause.
        cause: String,
    },
    /// There is no room on the disk, or none left for this user.
    Full {
        /// The statement or file, and the cause.
        cause: String,
    },
    /// `cache.db` is damaged. It is replaced; the server has everything that was in it.
    Corrupt {
        /// How it shows.
        cause: String,
    },
    /// `state.db` is damaged. Nobody but the user may replace it: what is in it is nowhere else.
    StateDamaged {
        /// How it shows.
        cause: String,
    },
    /// The file was written by a newer Sterna; nothing was touched.
    Newer {
        /// Which file.
        file: String,
        /// Its schema version.
        found: u32,
        /// The newest version that this program knows.
        known: u32,
    },
    /// What was asked for is not there (any more).
    Gone,
}

impl fmt::Display for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Io { cause } => write!(f, "the store could not be read or written: {cause}"),
            Self::Full { cause } => write!(
                f,
                "the disk is full; Sterna goes on by itself once there is room ({cause})"
            ),
            Self::Corrupt { cause } => write!(f, "the cache is damaged: {cause}"),
            Self::StateDamaged { cause } => write!(
                f,
                "state.db is damaged: {cause}. It holds what no server has been told yet, so nothing is done before you \
                 choose: end every Sterna, then run `sterna` on a terminal; it shows what can be rescued"
            ),
            Self::Newer { file, found, known } => {
                write!(
                    f,
                    "{file} was written by a newer Sterna (schema {found}, this one knows {known}); nothing was touched. Start that Sterna"
                )
            }
            Self::Gone => f.write_str("it is no longer there"),
        }
    }
}

impl std::error::Error for StoreError {}
