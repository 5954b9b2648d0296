//! The arguments of what goes between folders and files: export, import, open.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use crate::cli::args::Output;

/// A form of mail in files.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// One file.
    Mbox,
    /// A directory with a file for each message.
    Maildir,
}

/// `export`
#[derive(Debug, Clone, PartialEq, Eq, Args)]
pub struct Export {
    /// How to print.
    #[command(flatten)]
    pub output: Output,
    /// The folder.
    pub folder: String,
    /// Its account, where several have a folder of this name.
    #[arg(long, value_name = "NAME")]
    pub account: Option<String>,
    /// As what.
    #[arg(long, value_name = "FORMAT")]
    pub to: Format,
    /// A file or directory that is not there yet, or an export of this folder, which is gone on with.
    pub path: PathBuf,
}

/// `import`
#[derive(Debug, Clone, PartialEq, Eq, Args)]
pub struct Import {
    /// How to print.
    #[command(flatten)]
    pub output: Output,
    /// An mbox, a Maildir, a message, or a directory of .eml files.
    pub path: PathBuf,
    /// The folder that gets the messages.
    pub folder: String,
    /// Its account, where several have a folder of this name.
    #[arg(long, value_name = "NAME")]
    pub account: Option<String>,
    /// Import what was imported from there before once more.
    #[arg(long)]
    pub again: bool,
}

/// `open`
#[derive(Debug, Clone, PartialEq, Eq, Args)]
pub struct Open {
    /// How to print.
    #[command(flatten)]
    pub output: Output,
    /// An mbox, a Maildir, a message, or a directory of .eml files.
    pub path: PathBuf,
    /// Print a list instead of opening the screen.
    #[arg(long)]
    pub list: bool,
    /// Print this message, by its number in the list.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..), conflicts_with = "list")]
    pub message: Option<u64>,
    /// List the last so many messages.
    #[arg(long, value_name = "N", default_value_t = 1_000, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    pub limit: u32,
}

impl Open {
    /// Whether text is wanted, also on a terminal.
    #[must_use]
    pub const fn is_text(&self) -> bool {
        self.list || self.output.json || self.message.is_some()
    }
}
