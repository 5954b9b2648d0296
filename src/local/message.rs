//! A message as a file has it, and why one could not be had.

use std::fmt;
use std::path::Path;

use crate::mail::flag::Flags;
use crate::mail::safe_text::SafeText;

/// No larger message is read, in bytes: it has to fit into memory once or twice.
pub const MOST_BYTES: u64 = 128 * 1024 * 1024;

/// A message with what the file says beside it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct LocalMessage {
    /// Header and body, with CRLF at the ends of lines, as a server wants them.
    pub bytes: Vec<u8>,
    /// Flags and keywords; none where the file knows none.
    pub flags: Flags,
    /// When it was received, in seconds since the epoch; `None` where the file does not say.
    pub internal_date: Option<i64>,
}

/// Why one message of many is passed over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Skipped {
    /// It is larger than [`MOST_BYTES`].
    TooLarge {
        /// Its size.
        bytes: u64,
    },
    /// The file ends in the middle of it.
    Torn,
    /// The system did not give it.
    Unreadable {
        /// The system's words.
        cause: String,
    },
}

impl fmt::Display for Skipped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooLarge { bytes } => write!(f, "{bytes} bytes are too many"),
            Self::Torn => f.write_str("the file ends in the middle of it"),
            Self::Unreadable { cause } => f.write_str(cause),
        }
    }
}

/// Why a file or directory cannot be worked with at all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LocalError {
    /// The system refused something.
    Io {
        /// The file or directory, safe for a screen.
        path: SafeText,
        /// The system's words.
        cause: String,
    },
    /// Something is there that is not ours to write to.
    Foreign {
        /// The file or directory, safe for a screen.
        path: SafeText,
        /// What it is instead.
        what: &'static str,
    },
}

impl LocalError {
    /// What the system said about a path.
    #[must_use]
    pub fn io(path: &Path, error: &std::io::Error) -> Self {
        Self::Io {
            path: shown(path),
            cause: error.to_string(),
        }
    }

    /// A path that is not ours.
    #[must_use]
    pub fn foreign(path: &Path, what: &'static str) -> Self {
        Self::Foreign {
            path: shown(path),
            what,
        }
    }
}

impl fmt::Display for LocalError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Io { path, cause } => write!(f, "{path}: {cause}"),
            Self::Foreign { path, what } => write!(f, "{path}: {what}"),
        }
    }
}

impl std::error::Error for LocalError {}

/// A path for people.
#[must_use]
pub fn shown(path: &Path) -> SafeText {
    SafeText::line(&path.to_string_lossy())
}
