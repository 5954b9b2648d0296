//! Parts of a message: their addresses and what is known of them without their bytes.

use std::fmt;

use crate::mail::mailbox::MailboxId;
use crate::mail::message_id::MessageId;

/// Addresses a part inside a message, as in `BODY[1.2]`. RFC 3501 §6.4.5.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct PartPath(Vec<u32>);

impl PartPath {
    /// A path of part numbers, each at least 1; empty means the whole message.
    #[must_use]
    pub const fn new(numbers: Vec<u32>) -> Self {
        Self(numbers)
    }

    /// Reads `1.2`; `None` for anything else.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let numbers = text
            .split('.')
            .map(|number| number.parse().ok().filter(|n| *n > 0))
            .collect::<Option<Vec<u32>>>()?;
        Some(Self(numbers))
    }

    /// The numbers, outermost first.
    #[must_use]
    pub fn numbers(&self) -> &[u32] {
        &self.0
    }

    /// The path of a part below this one.
    #[must_use]
    pub fn child(&self, number: u32) -> Self {
        let mut numbers = self.0.clone();
        numbers.push(number);
        Self(numbers)
    }
}

impl fmt::Display for PartPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, number) in self.0.iter().enumerate() {
            if index > 0 {
                f.write_str(".")?;
            }
            write!(f, "{number}")?;
        }
        Ok(())
    }
}

/// A part that the user waits for, however large it is.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct WantedPart {
    /// Of which message.
    pub message: MessageId,
    /// Where to fetch it from.
    pub mailbox: MailboxId,
    /// Which part; empty for the whole message.
    pub path: PartPath,
}

/// A leaf part as the structure of a message tells it (BODYSTRUCTURE, or the parsed bytes).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PartInfo {
    /// Its address.
    pub path: PartPath,
    /// Lower-case media type, `text/plain`.
    pub content_type: String,
    /// `charset` parameter, lower case; empty when missing.
    pub charset: String,
    /// Content-Transfer-Encoding, lower case; `7bit` when missing.
    pub encoding: String,
    /// Decoded file name; empty when missing. Not sanitised.
    pub name: String,
    /// Size in bytes as transferred (encoded).
    pub size_bytes: u64,
    /// Whether the part is to be offered as an attachment rather than shown in the text.
    pub is_attachment: bool,
    /// Content-ID without brackets; empty when missing.
    pub content_id: String,
}
