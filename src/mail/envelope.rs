//! What a header block says of a message, decoded: the columns of the list and the keys of a thread.

use crate::mail::address::Address;

/// The decoded header summary. Texts are decoded but not sanitised; see `safe_text` for the way to a screen.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Envelope {
    /// From; empty when missing.
    pub from: Vec<Address>,
    /// Sender; empty when missing.
    pub sender: Vec<Address>,
    /// Reply-To; empty when missing.
    pub reply_to: Vec<Address>,
    /// To; empty when missing.
    pub to: Vec<Address>,
    /// Cc; empty when missing.
    pub cc: Vec<Address>,
    /// Bcc; empty when missing.
    pub bcc: Vec<Address>,
    /// The decoded subject; empty when missing.
    pub subject: String,
    /// Date in seconds since the epoch; `None` when missing or unreadable.
    pub date: Option<i64>,
    /// The zone of Date, in minutes east of UTC; 0 where `date` is `None`.
    pub date_offset_minutes: i32,
    /// Message-ID without angle brackets; empty when missing. For threading only, never an identity.
    pub message_id: String,
    /// In-Reply-To and References, without brackets, oldest first, each once, at most 10,000 bytes of them kept.
    pub references: Vec<String>,
    /// List-Id without brackets; empty when missing.
    pub list_id: String,
    /// Whether the Content-Type speaks of attachments (`multipart/mixed`); `None` while unknown.
    pub has_attachment: Option<bool>,
}
