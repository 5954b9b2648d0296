//! Which set of keys is used, and in which pane a command is there.

/// A set of default keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Preset {
    /// Gmail's letters for verbs, vim's for movement.
    #[default]
    Sterna,
    /// Mutt's keys where a command has one there.
    Mutt,
    /// Gmail's keys where a command has one there.
    Gmail,
}

impl Preset {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Sterna, Self::Mutt, Self::Gmail];

    /// The name in the configuration.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Sterna => "sterna",
            Self::Mutt => "mutt",
            Self::Gmail => "gmail",
        }
    }
}

/// A part of the screen that can have the focus.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum Pane {
    /// The tree of folders.
    Folders,
    /// The list of messages.
    #[default]
    List,
    /// The message.
    Message,
    /// A mail that is being written, in the place of the others.
    Composer,
}

impl Pane {
    /// Those of the mail, left to right.
    pub const ALL: [Self; 3] = [Self::Folders, Self::List, Self::Message];

    /// The name that help and headings use.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Folders => "folders",
            Self::List => "list",
            Self::Message => "message",
            Self::Composer => "composer",
        }
    }
}
