//! The command line as typed, checked for sense. No side effects: nothing here touches the disk, the network or the
//! terminal.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::error::ErrorKind;
use clap::{Args, CommandFactory as _, Parser, Subcommand};

use crate::cli::args_mail::{Outbox, Send};
use crate::cli::args_transfer::{Export, Import, Open};
use crate::cli::args_triage::{
    Carry, Delete, EmptyTrash, Flag, Folder, Keep, MarkAllRead, Messages, Pending, REMOVAL,
    ToFolder,
};
use crate::cli::exit::Exit;
use crate::mail::part::PartPath;

/// A terminal mail client: a fast, disconnected window on an IMAP mailbox.
///
/// Without a command the screen opens.
#[derive(Debug, Clone, PartialEq, Eq, Parser)]
#[command(name = "sterna", version, disable_help_subcommand = true)]
#[command(
    after_help = "Exit codes: 0 done, 64 usage, 65 bad data, 69 unavailable, 75 temporary failure, \
    77 permission or authentication, 78 configuration."
)]
pub struct Arguments {
    /// The command; `None` opens the screen.
    #[command(subcommand)]
    pub command: Option<Command>,
    /// What holds for every command.
    #[command(flatten)]
    pub global: Global,
    /// Print one screen of this size as text, and end.
    #[arg(long, value_name = "WxH", value_parser = picture)]
    pub picture: Option<Picture>,
    /// Print the picture as an SVG image with colours.
    #[arg(long, requires = "picture")]
    pub svg: bool,
}

/// Options that hold for every command.
#[derive(Debug, Clone, PartialEq, Eq, Default, Args)]
pub struct Global {
    /// Use a sample mailbox on a server inside this program; nothing leaves this machine.
    #[arg(long, global = true)]
    pub demo: bool,
    /// Read this configuration instead of the one in the configuration directory.
    #[arg(long, global = true, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Make no connection: work with what is on this machine.
    #[arg(long, global = true, conflicts_with = "online")]
    pub offline: bool,
    /// Fetch whatever it takes, also where the configuration says `metered`.
    #[arg(long, global = true)]
    pub unmetered: bool,
    /// Keep nothing on this machine, whatever the configuration says.
    #[arg(long, global = true)]
    pub online: bool,
}

/// The size of a picture of the screen, in columns and rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Picture {
    /// From 10 to 500.
    pub columns: u16,
    /// From 3 to 300.
    pub rows: u16,
}

/// What to do instead of opening the screen.
#[derive(Debug, Clone, PartialEq, Eq, Subcommand)]
pub enum Command {
    /// Write a mail on the screen: compose MAILTO.
    Compose {
        /// A mailto: address or a plain one: whom to write to, and what is there already.
        #[arg(value_name = "MAILTO")]
        address: Option<String>,
    },
    /// List the folders of all accounts.
    Folders(Output),
    /// List messages, newest first.
    List(List),
    /// Show a message.
    Show(Show),
    /// Save attachments to a directory.
    Save(Save),
    /// Bring the cache up to date, carry out what is pending, and end.
    Sync(Sync),
    /// Print counts, for a status bar.
    Status(Output),
    /// Set and remove flags and keywords: flag ID… +seen -flagged +todo.
    Flag(Flag),
    /// Move messages to a folder: move ID… FOLDER.
    Move(ToFolder),
    /// Copy messages to a folder: copy ID… FOLDER.
    Copy(ToFolder),
    /// Move messages to the archive.
    Archive(Messages),
    /// Move messages to the trash; those that lie there go for good.
    Delete(Delete),
    /// Move messages to the junk folder, and mark them as junk.
    Junk(Messages),
    /// Mark messages as no junk, and move them from the junk folder to INBOX.
    NotJunk(Messages),
    /// Mark a whole folder read.
    MarkAllRead(MarkAllRead),
    /// Delete for good what lies in the trash, after a question.
    EmptyTrash(EmptyTrash),
    /// Keep messages on this machine, whole, until they are let go: keep ID…, keep --folder F.
    Keep(Keep),
    /// Create, rename, delete and subscribe to folders.
    Folder(Folder),
    /// Take the newest action back, also after the server has done it.
    Undo(Carry),
    /// Do again what was taken back last.
    Redo(Carry),
    /// List what the servers have not been told yet; retry or drop it.
    Pending(Pending),
    /// Send a message from a file or standard input.
    Send(Send),
    /// List mail that is not sent yet; show, retry, drop or edit it.
    Outbox(Outbox),
    /// Write a folder to an mbox or a Maildir: export FOLDER --to mbox PATH.
    Export(Export),
    /// Add messages from an mbox, a Maildir or .eml files to a folder.
    Import(Import),
    /// Show an mbox, a Maildir or an .eml file; needs no configuration.
    Open(Open),
    /// Examine the way to the servers, and tell which ways Sterna takes with them.
    Doctor(Doctor),
    /// Print what a report of a defect needs, without names, addresses or mail; nothing is sent.
    DebugReport(DebugReport),
    /// Look at the certificate of an account's server, and trust its key.
    Trust {
        /// The account.
        account: String,
    },
    /// Print the completions of a shell.
    Completions {
        /// bash, elvish, fish, powershell or zsh.
        shell: clap_complete::Shell,
    },
    /// Print the manual page: sterna man | man -l -
    Man,
    /// List the names for `STERNA_FAILPOINT`.
    #[cfg(feature = "failpoints")]
    Failpoints,
}

impl Command {
    /// Whether the command works without a configuration, a store or a server.
    #[must_use]
    pub const fn needs_no_place(&self) -> bool {
        match self {
            Self::Completions { .. } | Self::Man | Self::Open(_) => true,
            #[cfg(feature = "failpoints")]
            Self::Failpoints => true,
            _ => false,
        }
    }
}

/// How a listing is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Args)]
pub struct Output {
    /// Print one JSON document.
    #[arg(long)]
    pub json: bool,
}

/// `debug-report`
#[derive(Debug, Clone, PartialEq, Eq, Args)]
pub struct DebugReport {
    /// Write to this new file, which only you can read, instead of printing.
    #[arg(long, value_name = "FILE")]
    pub output: Option<PathBuf>,
}

/// `list`
#[derive(Debug, Clone, PartialEq, Eq, Args)]
pub struct List {
    /// How to print.
    #[command(flatten)]
    pub output: Output,
    /// Only this account; all of them when not given.
    #[arg(long, value_name = "NAME")]
    pub account: Option<String>,
    /// This folder; INBOX when not given.
    #[arg(long, value_name = "NAME")]
    pub folder: Option<String>,
    /// At most so many messages.
    #[arg(long, value_name = "N", default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    pub limit: u32,
    /// Put the messages of a thread together.
    #[arg(long)]
    pub threads: bool,
    /// Words that sender or subject must contain, each as the beginning of a word.
    #[arg(value_name = "QUERY")]
    pub query: Vec<String>,
}

/// `show`
#[derive(Debug, Clone, PartialEq, Eq, Args)]
pub struct Show {
    /// How to print.
    #[command(flatten)]
    pub output: Output,
    /// The message, as a listing named it.
    #[arg(value_name = "ID", value_parser = message_id)]
    pub id: String,
    /// The whole message as the server has it, in bytes.
    #[arg(long, conflicts_with_all = ["part", "headers", "json"])]
    pub raw: bool,
    /// One part, decoded, in bytes; its address is in the list of parts.
    #[arg(long, value_name = "P", value_parser = part_path, conflicts_with_all = ["headers", "json"])]
    pub part: Option<PartPath>,
    /// All header fields instead of the text.
    #[arg(long)]
    pub headers: bool,
    /// Write bytes to a terminal all the same.
    #[arg(long)]
    pub force: bool,
}

/// `save`
#[derive(Debug, Clone, PartialEq, Eq, Args)]
pub struct Save {
    /// The message, as a listing named it.
    #[arg(value_name = "ID", value_parser = message_id)]
    pub id: String,
    /// Only this part; all attachments when not given.
    #[arg(long, value_name = "P", value_parser = part_path)]
    pub part: Option<PartPath>,
    /// The directory. A file that is there is never overwritten.
    #[arg(long, value_name = "DIR")]
    pub to: PathBuf,
}

/// `sync`
#[derive(Debug, Clone, PartialEq, Eq, Args)]
pub struct Sync {
    /// How to print.
    #[command(flatten)]
    pub output: Output,
    /// Only this account; all of them when not given.
    pub account: Option<String>,
}

/// `doctor`
#[derive(Debug, Clone, PartialEq, Eq, Args)]
pub struct Doctor {
    /// How to print.
    #[command(flatten)]
    pub output: Output,
    /// Only this account; all of them when not given.
    pub account: Option<String>,
}

/// What to print and how to end, where the command line asks for no work or makes no sense.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stop {
    /// Help, version, or what is wrong; ends in a line feed.
    pub text: String,
    /// `Done` for help and version, which go to standard output; `Usage` for mistakes, which go to standard error.
    pub exit: Exit,
}

/// Reads the command line, program name first.
///
/// # Errors
/// Help, version and mistakes: to be printed, with nothing else done.
pub fn parse(arguments: impl IntoIterator<Item = OsString>) -> Result<Arguments, Stop> {
    let arguments = with_removals(arguments.into_iter().collect());
    let parsed = Arguments::try_parse_from(arguments).map_err(|error| Stop {
        text: error.to_string(),
        exit: match error.kind() {
            ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => Exit::Done,
            _ => Exit::Usage,
        },
    })?;
    let usage = |problem: &str| {
        Err(Stop {
            text: format!("error: {problem}\n\nFor more information, try '--help'.\n"),
            exit: Exit::Usage,
        })
    };
    if parsed.picture.is_some() && parsed.command.is_some() {
        return usage("--picture prints the screen and takes no command");
    }
    let problem = match &parsed.command {
        Some(Command::Flag(flag)) => flag.checked().err(),
        Some(Command::Move(words) | Command::Copy(words)) => words.checked().err(),
        _ => None,
    };
    if let Some(problem) = problem {
        return usage(&problem);
    }
    Ok(parsed)
}

/// Marks the removals of `flag`. A word with one dash and several letters is never an option of ours.
fn with_removals(mut arguments: Vec<OsString>) -> Vec<OsString> {
    let mut words = arguments.iter().skip(1).filter_map(|word| word.to_str());
    let command = loop {
        match words.next() {
            Some("--config" | "--picture") => _ = words.next(),
            Some(option) if option.starts_with('-') => {}
            other => break other,
        }
    };
    if command == Some("flag") {
        for word in &mut arguments {
            let removal = word
                .to_str()
                .filter(|word| word.len() > 2 && word.starts_with('-') && !word.starts_with("--"));
            if let Some(removal) = removal {
                *word = format!("{REMOVAL}{removal}").into();
            }
        }
    }
    arguments
}

/// The whole command line, for what is made of it.
#[must_use]
pub fn definition() -> clap::Command {
    Arguments::command()
}

/// Writes the completions of a shell.
///
/// # Errors
/// When the writer fails.
pub fn write_completions(
    shell: clap_complete::Shell,
    out: &mut dyn std::io::Write,
) -> std::io::Result<()> {
    // Into memory first: the generator panics on a closed pipe.
    let mut text = Vec::new();
    clap_complete::generate(shell, &mut definition(), "sterna", &mut text);
    out.write_all(&text)
}

/// Checks the form of a message's ID.
///
/// # Errors
/// A sentence for the user.
pub fn message_id(text: &str) -> Result<String, String> {
    let ok = |byte: u8| {
        byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'.' || byte == b'-'
    };
    if !text.is_empty() && text.len() <= 200 && text.bytes().all(ok) {
        Ok(text.to_owned())
    } else {
        Err(format!(
            "\"{text}\" is not the ID of a message: list prints them"
        ))
    }
}

fn part_path(text: &str) -> Result<PartPath, String> {
    PartPath::parse(text)
        .ok_or_else(|| "expected the address of a part such as 1 or 2.1".to_owned())
}

fn picture(text: &str) -> Result<Picture, String> {
    text.split_once('x')
        .and_then(|(columns, rows)| {
            let columns = columns.parse().ok().filter(|n| (10..=500).contains(n))?;
            let rows = rows.parse().ok().filter(|n| (3..=300).contains(n))?;
            Some(Picture { columns, rows })
        })
        .ok_or_else(|| "expected columns and rows such as 120x36, from 10x3 to 500x300".to_owned())
}

#[cfg(test)]
mod tests;
