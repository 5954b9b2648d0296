//! The table itself. Only commands that work are in it.

use crate::command::preset::{Pane, Preset};
use crate::command::verb::Verb;
use crate::mail::mailbox::Role;

/// What may follow the name of a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Argument {
    /// Nothing.
    None,
    /// A folder's name, or a part of it; asked for when missing.
    Folder,
    /// Words, up to the end of the line; asked for when missing.
    Words,
}

/// One command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Command {
    /// What it does.
    pub verb: Verb,
    /// The stable name, in lower case with hyphens, as typed after `:` and in `[ui.bind]`.
    pub name: &'static str,
    /// Key sequences with blanks between them, per preset; `None` means those of the Sterna preset.
    keys: [Option<&'static str>; 3],
    /// What may follow the name.
    pub argument: Argument,
    /// Where it is there; all panes for most.
    pub panes: &'static [Pane],
    /// One or two words for the hints line; empty keeps it off that line.
    pub hint: &'static str,
    /// One line of help.
    pub help: &'static str,
}

impl Command {
    /// The key sequences in a preset, as [`crate::command::keys::parse_sequence`] reads them; may be none.
    pub fn sequences(&self, preset: Preset) -> impl Iterator<Item = &'static str> {
        let [sterna, mutt, gmail] = self.keys;
        let own = match preset {
            Preset::Sterna => sterna,
            Preset::Mutt => mutt,
            Preset::Gmail => gmail,
        };
        own.or(sterna).unwrap_or_default().split_whitespace()
    }

    /// Whether its keys are there in a pane.
    #[must_use]
    pub fn is_in(&self, pane: Pane) -> bool {
        self.panes.contains(&pane)
    }

    /// Whether it can be called by its name in a pane: what is done to a folder has its keys in the folder pane, and is
    /// done to the open folder elsewhere.
    #[must_use]
    pub fn can_run_in(&self, pane: Pane) -> bool {
        self.is_in(pane) || self.panes == FOLDERS
    }
}

/// The command of a stable name.
#[must_use]
pub fn find(name: &str) -> Option<&'static Command> {
    COMMANDS.iter().find(|command| command.name == name)
}

/// The command of a verb; every verb has one (a test counts).
#[must_use]
pub fn of(verb: Verb) -> Option<&'static Command> {
    COMMANDS.iter().find(|command| command.verb == verb)
}

const ALL: &[Pane] = &Pane::ALL;
const ANYWHERE: &[Pane] = &[Pane::Folders, Pane::List, Pane::Message, Pane::Composer];
const COMPOSER: &[Pane] = &[Pane::Composer];
const OPENS: &[Pane] = &[Pane::Folders, Pane::List, Pane::Composer];
const MAIL: &[Pane] = &[Pane::List, Pane::Message];
const FOLDERS: &[Pane] = &[Pane::Folders];
const LIST: &[Pane] = &[Pane::List];
const MESSAGE: &[Pane] = &[Pane::Message];

const fn plain(
    verb: Verb,
    name: &'static str,
    keys: [Option<&'static str>; 3],
    panes: &'static [Pane],
    help: &'static str,
) -> Command {
    Command {
        verb,
        name,
        keys,
        argument: Argument::None,
        panes,
        hint: "",
        help,
    }
}

impl Command {
    const fn hinted(mut self, hint: &'static str) -> Self {
        self.hint = hint;
        self
    }

    const fn taking(mut self, argument: Argument) -> Self {
        self.argument = argument;
        self
    }
}

const fn same(keys: &'static str) -> [Option<&'static str>; 3] {
    [Some(keys), None, None]
}

const fn presets(
    sterna: &'static str,
    mutt: &'static str,
    gmail: &'static str,
) -> [Option<&'static str>; 3] {
    [Some(sterna), Some(mutt), Some(gmail)]
}

/// Every command, in the order in which help and hints show them.
#[rustfmt::skip]
pub static COMMANDS: &[Command] = &[
    plain(Verb::Next, "next", same("j"), ANYWHERE, "Next message, in the folder pane next folder").hinted("next"),
    plain(Verb::Previous, "previous", same("k"), ANYWHERE, "Previous message, or previous folder"),
    plain(Verb::Open, "open", same("enter o"), OPENS, "Open what is under the cursor; in a composer type there").hinted("open"),
    plain(Verb::ReadOn, "read-on", same("space"), MAIL, "A page on, at the end the next unread one").hinted("read on"),
    plain(Verb::Close, "close", presets("q", "q i", "q u"), ANYWHERE, "One step back; at the top level quit").hinted("back"),
    plain(Verb::Send, "send", same("y"), COMPOSER, "Send; what looks wrong is shown first"),
    plain(Verb::Attach, "attach", same("a"), COMPOSER, "Attach a file").taking(Argument::Words),
    plain(Verb::ExternalEditor, "editor", same("e"), COMPOSER, "Edit headers and text in $VISUAL or $EDITOR"),
    plain(Verb::SendLater, "send-later", same("S"), COMPOSER, "Send at a moment: +2h, 18:30, mon 8am").taking(Argument::Words),
    plain(Verb::Postpone, "postpone", presets("p", "p P", "p"), COMPOSER, "Close; it stays as a draft"),
    plain(Verb::Discard, "discard", same("D"), COMPOSER, "Discard the mail and its draft, after a question"),
    plain(Verb::NextIdentity, "identity", presets("i", "I", "i"), COMPOSER, "Write from the next of your addresses"),
    plain(Verb::Detach, "detach", same("d"), COMPOSER, "Take the attachment under the cursor off"),
    plain(Verb::Reply, "reply", same("r"), MAIL, "Reply to the author").hinted("reply"),
    plain(Verb::ReplyAll, "reply-all", presets("a", "a gg", "a"), MAIL, "Reply to the author and all recipients"),
    plain(Verb::ReplyList, "reply-list", same("L"), MAIL, "Reply to the mailing list"),
    plain(Verb::Forward, "forward", same("f"), MAIL, "Forward as text, with the attachments"),
    plain(Verb::Archive, "archive", same("e"), MAIL, "Archive the message, or what is selected").hinted("archive"),
    plain(Verb::Delete, "delete", presets("d #", "d", "#"), MAIL, "Move to Trash; in Trash delete for good, after a question").hinted("delete"),
    plain(Verb::Undo, "undo", presets("u", "u", "z"), ANYWHERE, "Take back the last action, then earlier ones").hinted("undo"),
    plain(Verb::Redo, "redo", same("ctrl-r"), ANYWHERE, "Do again what was taken back"),
    plain(Verb::Select, "select", presets("x", "t", "x"), LIST, "Select the message, or no longer, and go on").hinted("select"),
    plain(Verb::Tags, "tag", presets("t", "Y", "l"), MAIL, "Add and remove tags: +todo -later").taking(Argument::Words),
    plain(Verb::ToggleStar, "star", presets("s F", "F", "s"), MAIL, "Star, or remove the star"),
    plain(Verb::Move, "move", presets("v", "s", "v"), MAIL, "Move to a folder").taking(Argument::Folder),
    plain(Verb::Copy, "copy", same("C"), MAIL, "Copy to a folder").taking(Argument::Folder),
    plain(Verb::Junk, "junk", same("!"), MAIL, "Move to Junk and mark as junk; from Junk back to the inbox"),
    plain(Verb::ForwardAttached, "forward-attached", same("W"), MAIL, "Forward the whole message as an attachment"),
    plain(Verb::Bounce, "bounce", presets("B", "b B", "B"), MAIL, "Give the message on as it is, under its author's name").taking(Argument::Words),
    plain(Verb::EditAsNew, "edit-as-new", presets("w", "w alt-e", "w"), MAIL, "Begin a mail with the content of this one"),
    plain(Verb::ReplyUnquoted, "reply-unquoted", same("R"), MAIL, "Reply to the author without a quote"),
    plain(Verb::ArchiveThread, "archive-thread", same("E"), MAIL, "Archive the thread, as far as it is in this folder"),
    plain(Verb::DeleteThread, "delete-thread", presets("D", "alt-d", "D"), MAIL, "Delete the thread, as far as it is in this folder"),
    plain(Verb::SelectThread, "select-thread", presets("X", "alt-t", "X"), LIST, "Select the messages of the thread"),
    plain(Verb::SelectRange, "select-range", same("V"), LIST, "Select from here to where it is pressed again"),
    plain(Verb::SelectAll, "select-all", presets("*a", "alt-a", "*a"), LIST, "Select the whole list, or what it is limited to"),
    plain(Verb::SelectUnread, "select-unread", presets("*u", "alt-u", "*u"), LIST, "Select the unread messages of the list"),
    plain(Verb::SelectWords, "select-words", presets("*/", "T", "*/"), LIST, "Select the messages of the list that have these words").taking(Argument::Words),
    plain(Verb::SelectOthers, "select-others", presets("*i", "alt-i", "*i"), LIST, "Select what is not selected, and the other way round"),
    plain(Verb::SelectNone, "select-none", presets("*n", "ctrl-t", "*n"), LIST, "Select nothing; Esc does it too"),
    plain(Verb::MarkAllRead, "mark-all-read", presets("*I", "alt-n", "*I"), ALL, "Mark the whole list read, in the folder pane that folder"),
    plain(Verb::EmptyTrash, "empty-trash", same(""), ALL, "Delete for good what lies in Trash, after a question"),
    plain(Verb::Compose, "compose", presets("c m", "m", "c"), ANYWHERE, "Begin a mail").hinted("compose"),
    plain(Verb::NextUnread, "next-unread", presets("n", "tab n", "n"), MAIL, "Next unread message").hinted("next unread"),
    plain(Verb::ReadBack, "read-back", same("minus"), MAIL, "Previous page of the message"),
    plain(Verb::PreviousUnread, "previous-unread", presets("p", "backtab p", "p"), MAIL, "Previous unread message"),
    plain(Verb::NextUnreadAnywhere, "next-in-all", presets("N", "gn", "N"), MAIL, "Next unread message in all folders"),
    plain(Verb::PreviousUnreadAnywhere, "previous-in-all", presets("P", "gp", "P"), MAIL, "Previous unread message in all folders"),
    plain(Verb::Limit, "limit", presets("\\ /", "l \\ /", "\\ /"), MAIL, "Limit the list to words; Esc clears").taking(Argument::Words).hinted("limit"),
    plain(Verb::Folder, "folder", presets("gf", "c gf", "gl gf"), ALL, "Go to a folder by a part of its name").taking(Argument::Folder).hinted("folder"),
    plain(Verb::CreateFolder, "folder-create", same("+"), FOLDERS, "Make a folder").taking(Argument::Words).hinted("new"),
    plain(Verb::RenameFolder, "folder-rename", same("R"), FOLDERS, "Rename the folder, with those inside it").taking(Argument::Words).hinted("rename"),
    plain(Verb::DeleteFolder, "folder-delete", presets("d #", "d", "#"), FOLDERS, "Delete the folder with what it holds, after a question").hinted("delete"),
    plain(Verb::Subscribe, "folder-subscribe", same("s"), FOLDERS, "Subscribe to the folder"),
    plain(Verb::Unsubscribe, "folder-unsubscribe", same("S"), FOLDERS, "End the subscription of the folder"),
    plain(Verb::MarkRead, "read", same("I"), MAIL, "Mark the message read"),
    plain(Verb::MarkUnread, "unread", same("U"), MAIL, "Mark the message unread"),
    plain(Verb::ToggleRead, "toggle-read", presets("", "N", ""), MAIL, "Mark read, or unread again"),
    plain(Verb::LineDown, "line-down", same("down"), ANYWHERE, "One line down in the focused pane"),
    plain(Verb::LineUp, "line-up", same("up"), ANYWHERE, "One line up in the focused pane"),
    plain(Verb::HalfPageDown, "half-page-down", presets("ctrl-d", "ctrl-d ]", "ctrl-d"), ANYWHERE, "Half a page down in the focused pane"),
    plain(Verb::HalfPageUp, "half-page-up", presets("ctrl-u", "ctrl-u [", "ctrl-u"), ANYWHERE, "Half a page up in the focused pane"),
    plain(Verb::PageDown, "page-down", presets("pgdn", "pgdn z", "pgdn"), ANYWHERE, "A page down in the focused pane"),
    plain(Verb::PageUp, "page-up", presets("pgup", "pgup Z", "pgup"), ANYWHERE, "A page up in the focused pane"),
    plain(Verb::Top, "top", presets("gg home", "= home", "gg home"), ANYWHERE, "First line of the focused pane"),
    plain(Verb::Bottom, "bottom", presets("G end", "* end", "G end"), ANYWHERE, "Last line of the focused pane"),
    plain(Verb::NextPane, "next-pane", presets("tab", "", "tab"), ALL, "Focus the next pane"),
    plain(Verb::PreviousPane, "previous-pane", presets("backtab", "", "backtab"), ALL, "Focus the previous pane"),
    plain(Verb::PaneLeft, "pane-left", presets("h left", "left", "h left"), ALL, "Focus the pane to the left"),
    plain(Verb::PaneRight, "pane-right", presets("l right", "right", "right"), ALL, "Focus the pane to the right"),
    plain(Verb::NextFolder, "next-folder", same("J"), ALL, "Open the next folder"),
    plain(Verb::PreviousFolder, "previous-folder", same("K"), ALL, "Open the previous folder"),
    plain(Verb::Role(Role::Inbox), "inbox", same("gi"), ALL, "Go to the inbox"),
    plain(Verb::Role(Role::Flagged), "starred", same("gs"), ALL, "Go to the folder of starred messages"),
    plain(Verb::Role(Role::Sent), "sent", same("gt"), ALL, "Go to sent mail"),
    plain(Verb::Role(Role::Drafts), "drafts", same("gd"), ALL, "Go to drafts"),
    plain(Verb::Role(Role::Archive), "archive-folder", same("ga"), ALL, "Go to the archive"),
    plain(Verb::NextTab, "next-tab", same("gc"), ANYWHERE, "Go to the next mail that is being written, then back to the mail"),
    plain(Verb::Unfinished, "unfinished", same("gw"), ANYWHERE, "List the drafts on this machine, to go on with one"),
    plain(Verb::Outbox, "outbox", same("go"), ANYWHERE, "List the mails on their way out"),
    plain(Verb::Ledger, "ledger", same("gS"), ANYWHERE, "What waits for the server and what became of it"),
    plain(Verb::Sync, "sync", presets("gr", "gr $", "gr"), ANYWHERE, "Bring everything up to date now"),
    plain(Verb::FetchAnyway, "fetch", presets("zm", "gm", "gm"), MAIL, "Fetch what metering has held back"),
    plain(Verb::Keep, "keep", same("O"), ALL, "Keep on this machine, after a question; what is kept is let go"),
    plain(Verb::ToggleOffline, "offline", same("gO"), ANYWHERE, "Work offline, or go online again"),
    plain(Verb::Connections, "connections", same("gC"), ANYWHERE, "How each account is connected, and why one is not"),
    plain(Verb::StorePassword, "store-password", same("gP"), ANYWHERE, "Store the password that was typed, after a question"),
    plain(Verb::ToggleQuotes, "fold-quotes", presets("zq", "T", "gq"), MESSAGE, "Fold quoted text, or show it again"),
    plain(Verb::Attachments, "attachments", presets("A", "v A", "A"), MAIL, "List the attachments"),
    plain(Verb::Save, "save", same("S"), MAIL, "Save an attachment, or all of them").hinted("save"),
    plain(Verb::ToggleHeaders, "all-headers", presets("H", "h H", "H"), MAIL, "Show all headers, or the usual ones again"),
    plain(Verb::ToggleForm, "html", presets("zh", "", "gh"), MAIL, "Show the HTML form of a text, or the plain one again"),
    plain(Verb::ToggleFolders, "fold-folders", presets("zf", "", "gF"), ALL, "Hide the folder pane, or show it again"),
    plain(Verb::Escape, "escape", same("esc"), ANYWHERE, "One step back: leave what is open, clear the limit"),
    plain(Verb::Palette, "palette", same("ctrl-k"), ANYWHERE, "Find a command by a part of its name or help").hinted("commands"),
    plain(Verb::CommandLine, "command", same(":"), ANYWHERE, "Type a command").taking(Argument::Words),
    plain(Verb::Help, "help", same("? f1"), ANYWHERE, "Keys and marks, searchable").hinted("help"),
    plain(Verb::Repaint, "repaint", same("ctrl-l"), ANYWHERE, "Paint the screen again"),
    plain(Verb::Suspend, "suspend", same("ctrl-z"), ANYWHERE, "Stop, and return with fg"),
    plain(Verb::Cancel, "cancel", same("ctrl-c"), ANYWHERE, "Leave what is being typed, stop saving or fetching what is kept"),
    plain(Verb::Quit, "quit", presets("Q", "Q x", "Q"), ANYWHERE, "Quit; nothing is lost"),
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::command::keys::parse_sequence;

    #[test]
    fn names_are_unique_and_keys_can_be_read() {
        let names: BTreeSet<_> = COMMANDS.iter().map(|command| command.name).collect();
        assert_eq!(names.len(), COMMANDS.len());
        for command in COMMANDS {
            for preset in Preset::ALL {
                for keys in command.sequences(preset) {
                    assert!(parse_sequence(keys).is_some(), "{} {keys}", command.name);
                }
            }
        }
    }

    #[test]
    fn no_sequence_hides_another_in_the_same_pane() {
        for preset in Preset::ALL {
            for pane in Pane::ALL.into_iter().chain([Pane::Composer]) {
                let sequences: Vec<_> = COMMANDS
                    .iter()
                    .filter(|command| command.is_in(pane))
                    .flat_map(|command| command.sequences(preset).map(|keys| (command.name, keys)))
                    .map(|(name, keys)| (name, parse_sequence(keys).unwrap()))
                    .collect();
                for (i, (name, keys)) in sequences.iter().enumerate() {
                    for (j, (other, longer)) in sequences.iter().enumerate() {
                        assert!(
                            i == j || !longer.starts_with(keys),
                            "{preset:?} {pane:?}: {name} hides {other}"
                        );
                    }
                }
            }
        }
    }

    #[test]
    fn every_preset_has_keys_for_triage() {
        for preset in Preset::ALL {
            for verb in [
                Verb::Archive,
                Verb::Delete,
                Verb::Undo,
                Verb::Redo,
                Verb::Select,
                Verb::SelectThread,
                Verb::SelectRange,
                Verb::SelectAll,
                Verb::SelectWords,
                Verb::SelectNone,
                Verb::Tags,
                Verb::ToggleStar,
                Verb::Move,
                Verb::Copy,
                Verb::Junk,
                Verb::MarkAllRead,
                Verb::CreateFolder,
                Verb::Ledger,
            ] {
                let command = of(verb).unwrap();
                assert!(
                    command.sequences(preset).next().is_some(),
                    "{preset:?}: {}",
                    command.name
                );
            }
        }
    }

    #[test]
    fn every_command_can_be_reached_by_a_key_in_the_default_preset() {
        for command in COMMANDS {
            assert!(
                command.sequences(Preset::Sterna).next().is_some()
                    || [Verb::ToggleRead, Verb::EmptyTrash].contains(&command.verb),
                "{}",
                command.name
            );
        }
    }
}
