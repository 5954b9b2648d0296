//! The arguments of what changes messages and folders: flag, move, archive, delete, junk, folder, undo, pending.

use clap::{Args, Subcommand};

use crate::cli::args::{Output, message_id};
use crate::mail::flag::{Keyword, SystemFlag};

/// What stands for IDs on standard input.
pub const STANDARD_INPUT: &str = "-";

/// How a change is carried out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Args)]
pub struct Carry {
    /// How to print.
    #[command(flatten)]
    pub output: Output,
    /// Wait until the server has it, also where another Sterna carries it out; 30 seconds at most.
    #[arg(long)]
    pub wait: bool,
}

/// `archive`, `junk`, `not-junk`
#[derive(Debug, Clone, PartialEq, Eq, Args)]
pub struct Messages {
    /// How.
    #[command(flatten)]
    pub carry: Carry,
    /// Messages, as a listing named them; - reads them from standard input.
    #[arg(value_name = "ID", required = true, value_parser = id_or_input)]
    pub ids: Vec<String>,
}

/// `keep`
#[derive(Debug, Clone, PartialEq, Eq, Args)]
pub struct Keep {
    /// How to print.
    #[command(flatten)]
    pub output: Output,
    /// Messages, as a listing named them; - reads them from standard input.
    #[arg(
        value_name = "ID",
        required_unless_present = "folder",
        conflicts_with = "folder",
        value_parser = id_or_input
    )]
    pub ids: Vec<String>,
    /// All messages that this folder has now.
    #[arg(long, value_name = "NAME")]
    pub folder: Option<String>,
    /// Its account, where several have a folder of this name.
    #[arg(long, value_name = "NAME", requires = "folder")]
    pub account: Option<String>,
    /// Let them go: they stay only as long as there is room.
    #[arg(long)]
    pub drop: bool,
}

/// `delete`
#[derive(Debug, Clone, PartialEq, Eq, Args)]
pub struct Delete {
    /// Which, and how.
    #[command(flatten)]
    pub messages: Messages,
    /// Not to the trash: for good. Asked before, and it cannot be undone.
    #[arg(long)]
    pub forever: bool,
    /// Do not ask.
    #[arg(long)]
    pub yes: bool,
}

/// `mark-all-read`
#[derive(Debug, Clone, PartialEq, Eq, Args)]
pub struct MarkAllRead {
    /// How.
    #[command(flatten)]
    pub carry: Carry,
    /// The folder; INBOX when not given.
    #[arg(value_name = "FOLDER")]
    pub folder: Option<String>,
    /// Its account, where several have a folder of this name.
    #[arg(long, value_name = "NAME")]
    pub account: Option<String>,
}

/// `empty-trash`
#[derive(Debug, Clone, PartialEq, Eq, Args)]
pub struct EmptyTrash {
    /// How.
    #[command(flatten)]
    pub carry: Carry,
    /// Whose, where there are several accounts.
    #[arg(long, value_name = "NAME")]
    pub account: Option<String>,
    /// Do not ask.
    #[arg(long)]
    pub yes: bool,
}

/// `move`, `copy`
#[derive(Debug, Clone, PartialEq, Eq, Args)]
pub struct ToFolder {
    /// How.
    #[command(flatten)]
    pub carry: Carry,
    /// Messages, as a listing named them (- reads them from standard input), and behind them the folder.
    #[arg(value_name = "ID… FOLDER", required = true, num_args = 2..)]
    pub words: Vec<String>,
}

impl ToFolder {
    /// Tells the messages from the folder.
    ///
    /// # Errors
    /// A sentence for the user; exit code 64.
    pub fn checked(&self) -> Result<(Vec<String>, &str), String> {
        let Some((folder, ids)) = self.words.split_last() else {
            return Err("no folder is named".to_owned());
        };
        let ids: Result<Vec<String>, String> = ids.iter().map(|id| id_or_input(id)).collect();
        Ok((ids?, folder))
    }
}

/// `flag`
#[derive(Debug, Clone, PartialEq, Eq, Args)]
pub struct Flag {
    /// How.
    #[command(flatten)]
    pub carry: Carry,
    /// Messages, as a listing named them (- reads them from standard input), and the changes: +seen, -flagged, +todo.
    #[arg(
        value_name = "ID… +FLAG -FLAG",
        required = true,
        value_parser = flag_word
    )]
    pub words: Vec<String>,
}

/// A flag that `flag` changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AnyFlag {
    /// One that every server knows.
    System(SystemFlag),
    /// Any other.
    Keyword(Keyword),
}

/// What `flag` is to do: filled by [`Flag::checked`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FlagRequest {
    /// The messages, each once, at least one; `-` among them for standard input.
    pub ids: Vec<String>,
    /// Flags and whether they go on, at least one, each once.
    pub changes: Vec<(AnyFlag, bool)>,
}

impl FlagRequest {
    /// The changes in words: `+seen -todo`.
    #[must_use]
    pub fn label(&self) -> String {
        let words = self.changes.iter().map(|(flag, on)| {
            let name = match flag {
                AnyFlag::System(flag) => flag.name().trim_start_matches('\\').to_ascii_lowercase(),
                AnyFlag::Keyword(keyword) => keyword.as_str().to_owned(),
            };
            format!("{}{name}", if *on { '+' } else { '-' })
        });
        words.collect::<Vec<_>>().join(" ")
    }
}

impl Flag {
    /// Tells the messages from the changes.
    ///
    /// # Errors
    /// A sentence for the user; exit code 64.
    pub fn checked(&self) -> Result<FlagRequest, String> {
        let mut request = FlagRequest {
            ids: Vec::new(),
            changes: Vec::new(),
        };
        for word in &self.words {
            if word == STANDARD_INPUT {
                request.ids.push(word.clone());
                continue;
            }
            let change = word.strip_prefix('+').map(|name| (name, true));
            let change = change.or_else(|| word.strip_prefix('-').map(|name| (name, false)));
            if let Some((name, on)) = change {
                change_flag(&mut request.changes, name, on)?;
                continue;
            }
            let id = message_id(word)?;
            if !request.ids.contains(&id) {
                request.ids.push(id);
            }
        }
        if request.ids.is_empty() {
            return Err("no message is named: sterna flag ID… +seen".to_owned());
        }
        if request.changes.is_empty() {
            return Err("no flag is named: sterna flag ID… +seen".to_owned());
        }
        Ok(request)
    }
}

fn change_flag(changes: &mut Vec<(AnyFlag, bool)>, name: &str, on: bool) -> Result<(), String> {
    let flag = any_flag(name)?;
    let same = |known: &AnyFlag| match (known, &flag) {
        (AnyFlag::Keyword(one), AnyFlag::Keyword(other)) => {
            one.as_str().eq_ignore_ascii_case(other.as_str())
        }
        (one, other) => one == other,
    };
    match changes.iter().find(|(known, _)| same(known)) {
        Some((_, before)) if *before != on => {
            Err(format!("+{name} and -{name} exclude each other"))
        }
        Some(_) => Ok(()),
        None => {
            changes.push((flag, on));
            Ok(())
        }
    }
}

/// `seen`, `\Seen`, or a keyword.
fn any_flag(name: &str) -> Result<AnyFlag, String> {
    let bare = name.strip_prefix('\\').unwrap_or(name);
    let known = SystemFlag::ALL.into_iter().find(|flag| {
        flag.name()
            .trim_start_matches('\\')
            .eq_ignore_ascii_case(bare)
    });
    match known {
        // What any client's EXPUNGE would take away.
        Some(SystemFlag::Deleted) => {
            Err("\\Deleted is not set by hand: sterna delete ID…".to_owned())
        }
        Some(flag) => Ok(AnyFlag::System(flag)),
        None => Keyword::parse(name)
            .map(AnyFlag::Keyword)
            .ok_or_else(|| format!("\"{name}\" is no flag: letters, digits and -_.$ make one")),
    }
}

/// `folder`
#[derive(Debug, Clone, PartialEq, Eq, Args)]
pub struct Folder {
    /// Print one JSON document.
    #[arg(long, global = true)]
    pub json: bool,
    /// Wait until the server has it, also where another Sterna carries it out; 30 seconds at most.
    #[arg(long, global = true)]
    pub wait: bool,
    /// Its account, where several have a folder of this name.
    #[arg(long, global = true, value_name = "NAME")]
    pub account: Option<String>,
    /// What is to happen.
    #[command(subcommand)]
    pub deed: FolderDeed,
}

impl Folder {
    /// How it is carried out.
    #[must_use]
    pub const fn carry(&self) -> Carry {
        let output = Output { json: self.json };
        let wait = self.wait;
        Carry { output, wait }
    }
}

/// What happens to a folder.
#[derive(Debug, Clone, PartialEq, Eq, Subcommand)]
pub enum FolderDeed {
    /// Create a folder.
    Create {
        /// Its whole name, Lists/rust.
        name: String,
    },
    /// Give a folder another name; those below it go with it.
    Rename {
        /// The folder.
        folder: String,
        /// Its whole new name.
        to: String,
    },
    /// Delete a folder with all that is in it. Asked before, and it cannot be undone.
    Delete {
        /// The folder.
        folder: String,
        /// Do not ask.
        #[arg(long)]
        yes: bool,
    },
    /// Subscribe to a folder.
    Subscribe {
        /// The folder.
        folder: String,
    },
    /// End the subscription to a folder.
    Unsubscribe {
        /// The folder.
        folder: String,
    },
}

fn id_or_input(text: &str) -> Result<String, String> {
    if text == STANDARD_INPUT {
        return Ok(text.to_owned());
    }
    message_id(text)
}

/// Stands before a `-seen` on its way through clap, which would take it for options; nobody types it.
pub const REMOVAL: char = '\u{1}';

#[expect(clippy::unnecessary_wraps, reason = "clap's signature")]
fn flag_word(text: &str) -> Result<String, String> {
    Ok(text.strip_prefix(REMOVAL).unwrap_or(text).to_owned())
}

/// `pending`
#[derive(Debug, Clone, PartialEq, Eq, Args)]
pub struct Pending {
    /// Print one JSON document.
    #[arg(long, global = true)]
    pub json: bool,
    /// Also what ended recently, and when each folder was last read.
    #[arg(long)]
    pub all: bool,
    /// What is to happen; a list when not given.
    #[command(subcommand)]
    pub deed: Option<PendingDeed>,
}

impl Pending {
    /// How it is printed.
    #[must_use]
    pub const fn output(&self) -> Output {
        Output { json: self.json }
    }
}

/// What happens to an operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Subcommand)]
pub enum PendingDeed {
    /// Try what was refused again.
    Retry {
        /// The operation, by its number in the list.
        id: i64,
    },
    /// Give up what was refused or not sent yet.
    Drop {
        /// The operation, by its number in the list.
        id: i64,
    },
}
