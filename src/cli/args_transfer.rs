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
