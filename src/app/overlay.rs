//! What lies over the panes and takes the keys while it is there.

use crate::app::completion::Completion;
use crate::app::drafts::DraftList;
use crate::app::input::Input;
use crate::app::keeping;
use crate::app::ledger::LedgerPage;
use crate::app::outbox::OutboxPage;
use crate::channel::draft::Revision;
use crate::channel::operation::{Target, Ticket};
use crate::channel::outbox::OutboxId;
use crate::channel::view::AttachmentRow;
use crate::command::verb::Verb;
use crate::mail::account::{AccountId, Protocol};
use crate::mail::composition::Warning;
use crate::mail::flag::Keyword;
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
    /// Folders by a part of their name, to go there or to move or copy to.
    Folders(Aim, Choice<MailboxId>),
    /// Tags to add and remove.
    Tags(TagLine),
    /// Words of messages that are to be selected.
    SelectWords(Input),
    /// The name of a folder.
    FolderName(FolderName),
    /// Something that cannot be taken back, or is dear.
    Question(Question),
    /// What the journal holds.
    Ledger(LedgerPage),
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
    /// What looks wrong with a mail that is to be sent.
    SendAnyway(SendAnyway),
    /// When a mail is to be sent.
    SendLater(SendLater),
    /// The file to attach.
    AttachPath(AttachPath),
    /// To whom a message is bounced.
    Bounce(Bounce),
    /// The drafts on this machine.
    Drafts(DraftList),
    /// The mails on their way out.
    Outbox(OutboxPage),
}

/// What looks wrong with the mail that is seen, before it is sent all the same.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SendAnyway {
    /// What, at least one.
    pub warnings: Vec<Warning>,
    /// When it is to be sent, in seconds since the epoch; `None` for now.
    pub not_before: Option<i64>,
}

/// A moment while it is typed.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SendLater {
    /// What was typed.
    pub input: Input,
    /// It meant nothing when Enter was pressed.
    pub is_refused: bool,
}

/// A path while it is typed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AttachPath {
    /// What was typed.
    pub input: Input,
    /// What it may become, as it would be typed.
    pub found: Vec<String>,
    /// There are others behind these.
    pub is_more: bool,
    /// The chosen one; `None` until the user moved to one.
    pub cursor: Option<usize>,
}

impl AttachPath {
    /// A path as far as it is known, before anything was found for it.
    #[must_use]
    pub fn new(typed: &str) -> Self {
        Self {
            input: Input::new(typed),
            found: Vec::new(),
            is_more: false,
            cursor: None,
        }
    }

    /// Has another path stand there as if it had been typed.
    pub fn become_typed(&mut self, path: &str) {
        (self.input, self.cursor) = (Input::new(path), None);
    }
}

/// Addresses while they are typed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bounce {
    /// The screen's number for what is asked about them.
    pub ticket: Ticket,
    /// Which account sends.
    pub account: AccountId,
    /// The message.
    pub target: Target,
    /// What was typed.
    pub input: Input,
    /// What the address that is typed may become.
    pub completion: Option<Completion>,
}

/// What a folder is chosen for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Aim {
    /// To go there.
    Go,
    /// To move messages there.
    Move,
    /// To copy messages there.
    Copy,
}

/// Tags while they are typed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TagLine {
    /// What was typed.
    pub input: Input,
    /// Keywords in use in the folder.
    pub known: Vec<Keyword>,
    /// Whether the server keeps others too.
    pub takes_new: bool,
}

impl Default for TagLine {
    fn default() -> Self {
        Self {
            input: Input::default(),
            known: Vec::new(),
            takes_new: true, // Until the folder says otherwise.
        }
    }
}

impl TagLine {
    /// The last word of a line: its sign and its name; both empty behind a blank.
    #[must_use]
    pub fn last_word(typed: &str) -> (&str, &str) {
        let word = typed.rsplit(char::is_whitespace).next().unwrap_or_default();
        match word.strip_prefix(['+', '-']) {
            Some(name) => word.split_at(word.len() - name.len()),
            None => ("", word),
        }
    }

    /// The keywords that the last word may become.
    pub fn candidates(&self) -> impl Iterator<Item = &Keyword> {
        let typed = self.input.text();
        let name = Self::last_word(&typed).1.to_ascii_lowercase();
        // What begins with `$` belongs to programs: it is there for whoever asks for it.
        let begins = move |keyword: &&Keyword| {
            let known = keyword.as_str().to_ascii_lowercase();
            known.starts_with(&name) && (name.starts_with('$') || !known.starts_with('$'))
        };
        self.known.iter().filter(begins)
    }
}

/// The name of a folder while it is typed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FolderName {
    /// What it is for.
    pub naming: Naming,
    /// The whole name, levels included.
    pub input: Input,
}

/// What a name is typed for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Naming {
    /// A new folder of this account.
    New(AccountId),
    /// This folder.
    Rename(MailboxId),
}

/// What is asked before it is done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Question {
    /// Delete these messages for good.
    Delete(Vec<Target>),
    /// Delete for good whatever lies in this folder.
    EmptyTrash(MailboxId),
    /// Delete a folder with what it holds.
    DeleteFolder(MailboxId),
    /// Discard the mail of this composer; its subject.
    DiscardMail(u64, SafeText),
    /// Discard a draft, as it was seen; its subject.
    DiscardDraft(Revision, SafeText),
    /// Give up a mail of the outbox; its subject.
    DropMail(OutboxId, SafeText),
    /// Send a mail again of which nobody knows whether it was sent; its subject.
    SendAgain(OutboxId, SafeText),
    /// Keep messages on this machine: it can be taken back, but takes time and room.
    Keep(keeping::Offer),
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
    /// For which of its servers.
    pub protocol: Protocol,
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
