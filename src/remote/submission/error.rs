//! Why a mail was not handed over, and at which stage. The stage tells what may be done next: before the final dot nobody
//! has the mail, behind it only the server knows.

use std::fmt;

use crate::channel::error::StoreError;
use crate::mail::safe_text::SafeText;

/// How far a mail had come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stage {
    /// Looked at by ourselves, before a word to the server: addresses, bytes, size, what the server can do.
    Check,
    /// The sender was told.
    Mail,
    /// A recipient was told.
    Rcpt,
    /// The server was asked to take the mail.
    Data,
    /// The mail was being written; the final dot was not.
    Body,
    /// The final dot was written, or may have been.
    Final,
}

/// One recipient that the server refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// The address.
    pub address: SafeText,
    /// The reply's code, 400 to 599.
    pub code: u16,
    /// The server's words.
    pub text: SafeText,
}

/// What a failure means for the mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Failure {
    /// Nobody has it, and it may be tried again: the server is busy, or the connection ended before the final dot.
    Temporary,
    /// Nobody has it, and the same again would end the same.
    Permanent,
    /// The server would not take it for these; so it was sent to none of the others either.
    Recipients(Vec<Refusal>),
    /// The server takes fewer recipients of a mail at once than this one has. It was sent to none of them: who gets it
    /// and who does not is the user's to decide.
    TooMany {
        /// How many it would have taken.
        n_taken: usize,
        /// How many the mail has.
        n_wanted: usize,
    },
    /// The final dot may have arrived and no answer came: nobody here knows whether the server has the mail.
    Uncertain,
    /// The mark that goes before the final dot could not be kept; nobody has the mail.
    Unmarked(StoreError),
}

/// A mail that was not handed over, or of which that is not known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SendError {
    /// How far it had come.
    pub stage: Stage,
    /// What that means.
    pub failure: Failure,
    /// The server's code; `None` where the words are our own.
    pub code: Option<u16>,
    /// The server's words, or ours.
    pub text: SafeText,
}

impl SendError {
    pub(super) fn new(stage: Stage, failure: Failure, code: Option<u16>, text: &str) -> Self {
        Self {
            stage,
            failure,
            code,
            text: SafeText::line(text),
        }
    }

    /// Something that we would not send.
    pub(super) fn check(text: &str) -> Self {
        Self::new(Stage::Check, Failure::Permanent, None, text)
    }

    pub(super) fn recipients(refusals: Vec<Refusal>) -> Self {
        let first = refusals.first();
        Self {
            stage: Stage::Rcpt,
            code: first.map(|refusal| refusal.code),
            text: first.map_or_else(SafeText::default, |refusal| refusal.text.clone()),
            failure: Failure::Recipients(refusals),
        }
    }

    pub(super) fn unmarked(error: StoreError) -> Self {
        let text = error.to_string();
        Self::new(Stage::Body, Failure::Unmarked(error), None, &text)
    }

    /// Whether the same may be tried again by itself, after a while.
    #[must_use]
    pub fn is_temporary(&self) -> bool {
        match &self.failure {
            Failure::Temporary | Failure::Unmarked(_) => true,
            Failure::Recipients(refusals) => refusals.iter().all(|refusal| refusal.code < 500),
            Failure::Permanent | Failure::TooMany { .. } | Failure::Uncertain => false,
        }
    }
}

impl fmt::Display for SendError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.failure, self.code) {
            (Failure::Recipients(refusals), _) => {
                f.write_str("nothing was sent, since the server refused ")?;
                for (n, refusal) in refusals.iter().enumerate() {
                    let comma = if n == 0 { "" } else { ", " };
                    let Refusal {
                        address,
                        code,
                        text,
                    } = refusal;
                    write!(f, "{comma}{address} ({code}: \"{text}\")")?;
                }
                Ok(())
            }
            (Failure::TooMany { n_taken, n_wanted }, _) => write!(
                f,
                "nothing was sent, since the server takes no more than {n_taken} recipients of a mail at once, and this one \
                 has {n_wanted}: send it in parts. It said: \"{}\"",
                self.text
            ),
            (Failure::Uncertain, _) => write!(
                f,
                "nobody here knows whether the server took the mail: {}",
                self.text
            ),
            (_, Some(code)) => {
                let what = match self.stage {
                    Stage::Mail => "this sender",
                    Stage::Rcpt => "a recipient",
                    Stage::Check | Stage::Data | Stage::Body | Stage::Final => "the mail",
                };
                let now = if code < 500 { " for now" } else { "" };
                write!(
                    f,
                    "the server refused {what}{now}. It said: \"{code} {}\"",
                    self.text
                )
            }
            (_, None) => write!(f, "not sent: {}", self.text),
        }
    }
}

impl std::error::Error for SendError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_says_what_happened_and_whether_to_try_again() {
        let refusal = |address: &str, code| Refusal {
            address: SafeText::line(address),
            code,
            text: SafeText::line("no such user"),
        };
        let both = SendError::recipients(vec![refusal("a@b", 450), refusal("c@d", 550)]);
        assert_eq!(
            both.to_string(),
            "nothing was sent, since the server refused a@b (450: \"no such user\"), c@d (550: \"no such user\")"
        );
        assert!(!both.is_temporary());
        assert!(SendError::recipients(vec![refusal("a@b", 450)]).is_temporary());
        let busy = SendError::new(Stage::Mail, Failure::Temporary, Some(451), "later");
        assert_eq!(
            busy.to_string(),
            "the server refused this sender for now. It said: \"451 later\""
        );
        let own = SendError::check("there is no recipient");
        assert_eq!(own.to_string(), "not sent: there is no recipient");
    }
}
