//! What a command does, as a value: the table names it, `app` carries it out.

use crate::mail::mailbox::Role;

/// One command of the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Verb {
    /// The next message, in the folder pane the next folder.
    Next,
    /// The previous one.
    Previous,
    /// One line down in the focused pane.
    LineDown,
    /// One line up in the focused pane.
    LineUp,
    /// Half a page down.
    HalfPageDown,
    /// Half a page up.
    HalfPageUp,
    /// A page down.
    PageDown,
    /// A page up.
    PageUp,
    /// The first line.
    Top,
    /// The last line.
    Bottom,
    /// The next unread message of the folder.
    NextUnread,
    /// The previous unread message of the folder.
    PreviousUnread,
    /// The next unread message of the account, in whichever folder.
    NextUnreadAnywhere,
    /// The previous one.
    PreviousUnreadAnywhere,
    /// Open what is under the cursor.
    Open,
    /// One step back; at the top level end.
    Close,
    /// One step back, never further.
    Escape,
    /// Read on: a page, then the next unread message.
    ReadOn,
    /// Read back: a page up.
    ReadBack,
    /// Focus the next pane.
    NextPane,
    /// Focus the previous pane.
    PreviousPane,
    /// Focus the pane to the left.
    PaneLeft,
    /// Focus the pane to the right.
    PaneRight,
    /// Open a folder by a fuzzy part of its name.
    Folder,
    /// Open the folder of a role in the account of the open folder.
    Role(Role),
    /// Open the next folder.
    NextFolder,
    /// Open the previous folder.
    PreviousFolder,
    /// Limit the list to words.
    Limit,
    /// Mark read.
    MarkRead,
    /// Mark unread.
    MarkUnread,
    /// Mark read what is unread, and the other way round.
    ToggleRead,
    /// Star what is not starred, and the other way round.
    ToggleStar,
    /// Add and remove tags (keywords).
    Tags,
    /// Move to the folder of role Archive.
    Archive,
    /// Archive the whole thread.
    ArchiveThread,
    /// Move to Trash; what lies there is deleted for good, after a question.
    Delete,
    /// Delete the whole thread.
    DeleteThread,
    /// Move to Junk and mark as such; what lies there goes back to the inbox.
    Junk,
    /// Move to a folder.
    Move,
    /// Copy to a folder.
    Copy,
    /// Take back the last action.
    Undo,
    /// Do again what was taken back.
    Redo,
    /// Select the message, or no longer.
    Select,
    /// Select the messages of the thread.
    SelectThread,
    /// Select from here to where it is pressed again.
    SelectRange,
    /// Select the whole list, limited or not.
    SelectAll,
    /// Select the unread messages of the list.
    SelectUnread,
    /// Select the messages of the list that have certain words.
    SelectWords,
    /// Select what is not selected, and nothing else.
    SelectOthers,
    /// Select nothing.
    SelectNone,
    /// Mark the whole list read.
    MarkAllRead,
    /// Delete for good what lies in Trash, after a question.
    EmptyTrash,
    /// Make a folder.
    CreateFolder,
    /// Rename a folder.
    RenameFolder,
    /// Delete a folder with what it holds, after a question.
    DeleteFolder,
    /// Subscribe to a folder.
    Subscribe,
    /// End the subscription of a folder.
    Unsubscribe,
    /// Begin a mail.
    Compose,
    /// Reply to the author.
    Reply,
    /// Reply to the author and all recipients.
    ReplyAll,
    /// Reply to the mailing list.
    ReplyList,
    /// Reply to the author without a quote.
    ReplyUnquoted,
    /// Forward as text, with the attachments.
    Forward,
    /// Forward the whole message as an attachment.
    ForwardAttached,
    /// Give the message on as it is.
    Bounce,
    /// Begin a mail with the content of the message.
    EditAsNew,
    /// The next mail that is being written, behind the last one the mail.
    NextTab,
    /// List the drafts on this machine.
    Unfinished,
    /// List the mails on their way out.
    Outbox,
    /// Send the mail that is being written.
    Send,
    /// Send it at a moment to come.
    SendLater,
    /// Add an attachment.
    Attach,
    /// Take an attachment off.
    Detach,
    /// Write from the next identity.
    NextIdentity,
    /// Edit the mail in the user's own editor.
    ExternalEditor,
    /// Close the mail that is being written; it stays as a draft.
    Postpone,
    /// Discard the mail that is being written.
    Discard,
    /// Show what the journal holds and how it fares.
    Ledger,
    /// Fetch what metering has held back.
    FetchAnyway,
    /// Bring everything up to date now.
    Sync,
    /// Keep messages or a folder on this machine, or let them go.
    Keep,
    /// Offline by choice, or back.
    ToggleOffline,
    /// Fold quoted text, or show it again.
    ToggleQuotes,
    /// List the attachments.
    Attachments,
    /// Save an attachment, or all.
    Save,
    /// Show all headers, or the few.
    ToggleHeaders,
    /// Show the HTML form of a text instead of the plain one, or the other way round.
    ToggleForm,
    /// Hide the folder pane, or show it again.
    ToggleFolders,
    /// Show the keys.
    Help,
    /// Find a command by its name or help text.
    Palette,
    /// Type a command.
    CommandLine,
    /// Tell in whole sentences how each account is connected.
    Connections,
    /// Store a password that was typed.
    StorePassword,
    /// Paint everything again.
    Repaint,
    /// Stop, as a shell does.
    Suspend,
    /// Leave what is being typed, stop saving or fetching what is kept.
    Cancel,
    /// End.
    Quit,
}
