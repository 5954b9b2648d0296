//! How the screen looks and behaves, as configured: data only, read by `app` and `ui`.

use std::path::PathBuf;

use crate::channel::key::Key;

/// The `[ui]` table, checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UiSettings {
    /// Colours.
    pub theme: Theme,
    /// The key bindings to start from.
    pub keys: KeyPreset,
    /// Single keys over the preset: a key and the name of a command; empty for none.
    pub bind: Vec<(Key, String)>,
    /// Where a mail is written.
    pub editor: Editor,
    /// When an opened message counts as read.
    pub mark_read_after: MarkRead,
    /// Where the cursor rests after archive, delete and move.
    pub after: AfterAction,
    /// Whether the mouse is used.
    pub mouse: bool,
    /// Whether the bottom line shows the keys that matter.
    pub hints: bool,
}

/// Colours.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Theme {
    /// The terminal's 16 colours on its own background.
    Terminal,
    /// Dark.
    Dark,
    /// Light.
    Light,
    /// From a file.
    File(PathBuf),
}

/// A set of key bindings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyPreset {
    /// Sterna's own.
    Sterna,
    /// As in mutt.
    Mutt,
    /// As in Gmail's web page.
    Gmail,
}

/// Where a mail is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Editor {
    /// In Sterna.
    Builtin,
    /// In `$VISUAL` or `$EDITOR`.
    External,
}

/// When an opened message counts as read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MarkRead {
    /// After so many milliseconds on the screen.
    After(u64),
    /// At once.
    Open,
    /// Only by hand.
    Never,
}

/// Where the cursor rests after archive, delete and move.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AfterAction {
    /// The next message below.
    Next,
    /// The list.
    List,
    /// The next newer message.
    Newer,
}

impl Default for UiSettings {
    fn default() -> Self {
        Self {
            theme: Theme::Terminal,
            keys: KeyPreset::Sterna,
            bind: Vec::new(),
            editor: Editor::Builtin,
            mark_read_after: MarkRead::After(2000),
            after: AfterAction::Next,
            mouse: true,
            hints: true,
        }
    }
}
