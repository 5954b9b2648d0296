//! What lies over the panes and takes the keys while it is there.

use crate::app::input::Input;
use crate::channel::view::AttachmentRow;
use crate::command::verb::Verb;
use crate::mail::account::AccountId;
use crate::mail::mailbox::MailboxId;
use crate::mail::message_id::MessageId;
use crate::mail::part::PartPath;
use crate::mail::safe_text::SafeText;
use crate::mail::secret::Secret;

/// The one overlay that is open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Overlay {
    /// Keys and marks; typing searches.
    Help(Help),
    /// Commands by a part of their name or help.
    Palette(Choice<Verb>),
    /// Folders by a part of their name.
    Folders(Choice<MailboxId>),
    /// The line after `:`.
    CommandLine(Input),
    /// Words that limit the list; it follows as typed.
    Limit(Input),
    /// A password.
    Password(Password),
    /// How each account is connected, in whole sentences; any key leaves it.
    Connections,
    /// Whether to store a password that was typed.
    Store(Offer),
    /// The attachments of a message.
    Attachments(Attachments),
    /// The directory to save to.
    SaveTo(SaveTo),
}

/// The attachments of a message, one or all to be chosen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attachments {
    /// Whose message.
    pub account: AccountId,
    /// Which message.
    pub message: MessageId,
    /// Where it is.
    pub mailbox: MailboxId,
    /// Its attachments, at least one.
    pub rows: Vec<AttachmentRow>,
    /// The line under the cursor; where there are several attachments, the line behind them means all.
    pub cursor: usize,
}

impl Attachments {
    /// Moves the cursor, not beyond the ends.
    pub fn step(&mut self, by: isize) {
        let last = self.rows.len() - usize::from(self.rows.len() == 1);
        self.cursor = self.cursor.saturating_add_signed(by).min(last);
    }

    /// What the cursor is on: one attachment, or all.
    #[must_use]
    pub fn chosen(&self) -> &[AttachmentRow] {
        self.rows
            .get(self.cursor..=self.cursor)
            .unwrap_or(&self.rows)
    }
}

/// Parts that are to be saved, while the directory is typed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SaveTo {
    /// Whose message.
    pub account: AccountId,
    /// Which message.
    pub message: MessageId,
    /// Where it is.
    pub mailbox: MailboxId,
    /// Which parts.
    pub paths: Vec<PartPath>,
    /// Their bytes as transferred.
    pub n_total: u64,
    /// A name for them.
    pub what: SafeText,
    /// The directory as typed.
    pub input: Input,
}

/// The help, as far as it is searched and scrolled.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Help {
    /// What is looked for; empty shows everything.
    pub input: Input,
    /// The first line on the screen.
    pub scroll: usize,
}

/// A list narrowed by typing, with a cursor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice<T> {
    /// What was typed.
    pub input: Input,
    /// What matches, best first.
    pub found: Vec<T>,
    /// Index into `found`.
    pub cursor: usize,
}

impl<T> Choice<T> {
    /// A choice with nothing typed yet.
    #[must_use]
    pub fn new(input: Input, found: Vec<T>) -> Self {
        Self {
            input,
            found,
            cursor: 0,
        }
    }

    /// What the cursor is on.
    #[must_use]
    pub fn current(&self) -> Option<&T> {
        self.found.get(self.cursor)
    }

    /// Moves the cursor, not beyond the ends.
    pub fn step(&mut self, by: isize) {
        self.cursor = self
            .cursor
            .saturating_add_signed(by)
            .min(self.found.len().saturating_sub(1));
    }
}

/// A password that is being typed; never shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Password {
    /// Whose.
    pub account: AccountId,
    /// Why the last one did not do, as a sentence; empty the first time.
    pub refusal: SafeText,
    /// What was typed so far; every state of it is wiped when it is replaced.
    pub typed: Secret,
}

/// A password that the server took and that may be stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offer {
    /// Whose.
    pub account: AccountId,
    /// Where it would be kept, as a sentence.
    pub place: SafeText,
}
