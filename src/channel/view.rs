//! A message ready to be drawn at one width.

use std::sync::Arc;

use crate::mail::mailbox::MailboxId;
use crate::mail::message_id::MessageId;
use crate::mail::part::PartPath;
use crate::mail::safe_text::SafeText;
use crate::mail::styled::{StyledLine, TextForm};

/// What the message pane shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MessageView {
    /// Which message.
    pub message: MessageId,
    /// Opened from where.
    pub mailbox: MailboxId,
    /// The width in columns for which `lines` were wrapped.
    pub columns: u16,
    /// The form of the text that is shown; `None` where there is only one.
    pub form: Option<TextForm>,
    /// Name and value of the headers that are shown first (From, To, Cc, Date, Subject), decoded.
    pub headers: Vec<(SafeText, SafeText)>,
    /// All headers in the order in which they came, decoded and wrapped.
    pub all_headers: Arc<Vec<StyledLine>>,
    /// The text.
    pub lines: Arc<Vec<StyledLine>>,
    /// Parts that are not shown in the text.
    pub attachments: Vec<AttachmentRow>,
    /// What was wrong with the message, one sentence each; empty for most mail.
    pub defects: Vec<SafeText>,
}

/// One line of the attachment list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AttachmentRow {
    /// Its address in the message.
    pub path: PartPath,
    /// File name; empty when there is none.
    pub name: SafeText,
    /// Media type.
    pub content_type: SafeText,
    /// Size in bytes as transferred.
    pub size_bytes: u64,
}
