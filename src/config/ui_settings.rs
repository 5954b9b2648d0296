//! What `[ui]` of the configuration says, checked: pure data with the defaults. Reading the file is not done here.

use crate::channel::key::Key;
use crate::command::preset::Preset;
use crate::config::look::{Look, Role};

/// Which colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Theme {
    /// 16 colours on the terminal's own background.
    #[default]
    Terminal,
    /// Light text on a dark background of our own.
    Dark,
    /// Dark text on a light background of our own.
    Light,
}

impl Theme {
    /// The built-in themes with their names.
    pub const BUILT_IN: [(&'static str, Self); 3] = [
        ("terminal", Self::Terminal),
        ("dark", Self::Dark),
        ("light", Self::Light),
    ];
}

/// When an opened message counts as read. Moving the cursor never does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MarkRead {
    /// As soon as its text is on the screen.
    OnOpen,
    /// After it has been open for this many milliseconds.
    After {
        /// How long.
        milliseconds: u64,
    },
    /// By command only.
    Never,
}

/// Where the cursor rests after a message left the list by archive, delete or move.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum After {
    /// On the next (older) message.
    #[default]
    Next,
    /// In the list, the message closed.
    List,
    /// On the newer message.
    Newer,
}

/// What edits a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Editor {
    /// Our own text field.
    #[default]
    Builtin,
    /// `VISUAL` or `EDITOR`.
    External,
}

/// One entry of `[ui.bind]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Binding {
    /// The keys, in the order of pressing; at least one.
    pub keys: Vec<Key>,
    /// The command line that they stand for: a command's name, with its argument where it takes one.
    pub line: String,
}

/// The table `[ui]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UiSettings {
    /// Which colours.
    pub theme: Theme,
    /// What a theme file changes of them; empty without one.
    pub looks: Vec<(Role, Look)>,
    /// Which default keys.
    pub keys: Preset,
    /// Keys that differ from the preset; a later entry wins over an earlier one.
    pub bind: Vec<Binding>,
    /// What edits a message.
    pub editor: Editor,
    /// When an opened message counts as read.
    pub mark_read_after: MarkRead,
    /// Where the cursor rests after a message left the list.
    pub after: After,
    /// For so many seconds what the user did is not sent, so that taking it back costs nothing; 0 to 60.
    pub hold_seconds: u32,
    /// For so many seconds a mail that was sent can be taken back; 0 to 60.
    pub send_hold_seconds: u32,
    /// Whether the mouse is used.
    pub mouse: bool,
    /// Whether the bottom line shows the keys that matter.
    pub hints: bool,
}

impl Default for UiSettings {
    fn default() -> Self {
        Self {
            theme: Theme::Terminal,
            looks: Vec::new(),
            keys: Preset::Sterna,
            bind: Vec::new(),
            editor: Editor::Builtin,
            mark_read_after: MarkRead::After {
                milliseconds: 2_000,
            },
            after: After::Next,
            hold_seconds: 5,
            send_hold_seconds: 10,
            mouse: true,
            hints: true,
        }
    }
}
