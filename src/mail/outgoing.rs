//! Mail as it leaves: bytes and envelope, and why a mail could not be built.

use std::fmt;
use std::ops::Range;

use crate::mail::safe_text::SafeText;

/// A mail that can be sent: its bytes never change again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Built {
    /// The Message-ID, without brackets.
    pub message_id: String,
    /// The address of MAIL FROM, its domain as A-labels.
    pub sender: String,
    /// The addresses of RCPT TO, each once, domains as A-labels; at least one.
    pub recipients: Vec<String>,
    /// The subject, for people; not sanitised.
    pub subject: String,
    /// What goes over the wire: CR LF only, no line over 998 bytes, no Bcc; dots not doubled yet.
    pub wire: Vec<u8>,
    /// The same with Bcc, for the Sent mailbox.
    pub copy: Vec<u8>,
    /// An address has a local part that is not ASCII, so the server must offer SMTPUTF8. RFC 6531.
    pub needs_smtputf8: bool,
    /// It was handed over as a finished message: its Message-ID came with it.
    pub is_given: bool,
}

/// What a clock and a random source say when a mail is built.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moment {
    /// Seconds since the epoch.
    pub seconds: i64,
    /// The local zone then, in minutes east of UTC.
    pub offset_minutes: i32,
    /// For the Message-ID and the boundary; never the same twice.
    pub random: u128,
}

/// What is wrong with a line of addresses as typed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AddressMistake {
    /// The bytes of the line that are meant; they lie between characters.
    pub place: Range<usize>,
    /// What is wrong there.
    pub problem: AddressProblem,
}

/// How an address can be wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AddressProblem {
    /// No `@` in it.
    NoAt,
    /// The part before the `@` is missing or not allowed.
    LocalPart,
    /// The part after the `@` is missing or not allowed.
    Domain,
    /// A quote, comment or angle bracket was opened and not closed.
    Unclosed,
    /// Text after the address, or a second address without a comma between.
    TextAfter,
    /// A control character, or one that hides or reorders text.
    Control,
    /// Longer than any address.
    TooLong,
}

impl fmt::Display for AddressProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NoAt => "has no @; a name with a comma needs quotes",
            Self::LocalPart => "has no valid name before the @",
            Self::Domain => "has no valid domain after the @",
            Self::Unclosed => "opens a quote or bracket and does not close it",
            Self::TextAfter => "has text behind the address; addresses stand apart by commas",
            Self::Control => "holds a control or invisible character",
            Self::TooLong => "is too long for an address",
        })
    }
}

/// Why a mail cannot be built. Texts are for the screen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ComposeError {
    /// A line of addresses cannot be read.
    Addresses {
        /// The header field: `To`.
        field: &'static str,
        /// The piece that is wrong.
        typed: SafeText,
        /// Where it stands and what it is.
        mistake: AddressMistake,
    },
    /// From is empty or names several.
    NoSender,
    /// Nobody is addressed.
    NoRecipient,
    /// The bytes of an attachment are not at hand.
    NoBytes {
        /// The attachment.
        name: SafeText,
    },
    /// The message did not come through a mailing list that takes mail.
    NoList,
    /// Bytes that are no message that could be sent.
    NotAMessage {
        /// The line that is wrong, counted from 1; 0 for none.
        line: usize,
        /// What is wrong with it.
        problem: &'static str,
    },
    /// A text from an editor whose head cannot be read.
    Template {
        /// The line, counted from 1.
        line: usize,
        /// What is wrong with it.
        problem: TemplateProblem,
    },
}

/// What is wrong with a line of an editor's text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TemplateProblem {
    /// The line is no `Name: value`.
    NotAField,
    /// No such field can be edited.
    Unknown(SafeText),
    /// The field stands there twice.
    Twice(&'static str),
}

impl fmt::Display for ComposeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Addresses {
                field,
                typed,
                mistake,
            } => write!(f, "{field}: \"{typed}\" {}.", mistake.problem),
            Self::NoSender => f.write_str("From must hold one address."),
            Self::NoRecipient => f.write_str("Nobody is addressed: To, Cc and Bcc are empty."),
            Self::NoBytes { name } => {
                write!(f, "The attachment \"{name}\" is not at hand.")
            }
            Self::NoList => f.write_str(
                "This message did not come through a mailing list that says where it takes mail.",
            ),
            Self::NotAMessage { line: 0, problem } => {
                write!(f, "This is no message that can be sent: {problem}.")
            }
            Self::NotAMessage { line, problem } => {
                write!(f, "Line {line}: {problem}.")
            }
            Self::Template { line, problem } => match problem {
                TemplateProblem::NotAField => write!(
                    f,
                    "Line {line} is no header field; an empty line ends the headers."
                ),
                TemplateProblem::Unknown(name) => write!(
                    f,
                    "Line {line}: there is no header \"{name}\" here; known are From, To, Cc, Bcc, Reply-To and Subject."
                ),
                TemplateProblem::Twice(name) => {
                    write!(f, "Line {line}: {name} stands there twice.")
                }
            },
        }
    }
}
