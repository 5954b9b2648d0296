//! Runs a command: opens the store, hands over to the command's own file, says what went wrong.

use std::io::Write;

use crossbeam_channel::unbounded;

use crate::channel::damage::COMMITS_LOST;
use crate::channel::error::{RemoteError, StoreError};
use crate::cli::args::{self, Command};
use crate::cli::exit::Exit;
use crate::cli::place::Place;
use crate::cli::server::Servers;
use crate::cli::{
    debug_report, doctor, export, folder_deed, folders, import, keep, list, man, open, outbox,
    pending, save, send, show, status, sync, triage, trust, undo, whole_folder,
};
use crate::store::Store;
#[cfg(feature = "failpoints")]
use crate::store::failpoint;
use crate::store::reader::Reader;

/// Why a command ended before it was done: a sentence, and the code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// For people, one line.
    pub text: String,
    /// For scripts.
    pub exit: Exit,
}

impl Failure {
    /// A failure in words.
    pub fn new(exit: Exit, text: impl Into<String>) -> Self {
        Self {
            text: text.into(),
            exit,
        }
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        let exit = match &error {
            StoreError::Gone | StoreError::StateDamaged { .. } => Exit::Data,
            StoreError::Newer { .. } => Exit::Configuration,
            // The cache is being replaced, or room can be made.
            StoreError::Corrupt { .. } | StoreError::Full { .. } => Exit::Temporary,
            StoreError::Io { .. } => Exit::Unavailable,
        };
        Self::new(exit, error.to_string())
    }
}

impl From<RemoteError> for Failure {
    fn from(error: RemoteError) -> Self {
        Self::new(Exit::of(&error), error.to_string())
    }
}

impl From<std::io::Error> for Failure {
    fn from(error: std::io::Error) -> Self {
        Self::new(Exit::Unavailable, format!("the output: {error}"))
    }
}

/// What a command works with.
pub struct Context<'a> {
    /// Files, accounts, options.
    pub place: &'a Place,
    /// The store.
    pub store: &'a Store,
    /// Its reading side.
    pub reader: Reader,
    /// The way to the servers.
    pub servers: Servers<'a>,
    /// Standard output.
    pub out: &'a mut dyn Write,
    /// Standard error, for progress and warnings.
    pub err: &'a mut dyn Write,
}

impl Context<'_> {
    /// Prints text to standard output.
    ///
    /// # Errors
    /// The output is closed.
    pub fn print(&mut self, text: &str) -> Result<(), Failure> {
        Ok(self.out.write_all(text.as_bytes())?)
    }

    /// Says something on standard error.
    pub fn say(&mut self, text: &str) {
        let _ = writeln!(self.err, "sterna: {text}");
    }
}

/// Runs a command that needs no place to work.
pub fn anywhere(command: &Command, out: &mut dyn Write, err: &mut dyn Write) -> Exit {
    if let Command::Open(arguments) = command {
        return open::run(arguments, out, err).unwrap_or_else(|failure| {
            let _ = writeln!(err, "sterna: {}", failure.text);
            failure.exit
        });
    }
    let written = match command {
        Command::Completions { shell } => args::write_completions(*shell, out),
        Command::Man => man::write(&mut args::definition(), out),
        #[cfg(feature = "failpoints")]
        Command::Failpoints => failpoint::NAMES
            .iter()
            .chain(&failpoint::OF_FOLDERS_HERE)
            .try_for_each(|name| writeln!(out, "{name}")),
        _ => Ok(()),
    };
    match written {
        Ok(()) => Exit::Done,
        Err(error) => {
            let _ = writeln!(err, "sterna: the output: {error}");
            Exit::Unavailable
        }
    }
}

/// Runs a command against this place; a failure is said on `err`.
pub fn run(place: &Place, command: &Command, out: &mut dyn Write, err: &mut dyn Write) -> Exit {
    match try_run(place, command, out, err) {
        Ok(exit) => exit,
        Err(failure) => {
            let _ = writeln!(err, "sterna: {}", failure.text);
            failure.exit
        }
    }
}

fn try_run(
    place: &Place,
    command: &Command,
    out: &mut dyn Write,
    err: &mut dyn Write,
) -> Result<Exit, Failure> {
    // Opens the store by itself: it has something to say even where that fails.
    if let Command::DebugReport(arguments) = command {
        return debug_report::run(place, arguments, out);
    }
    // Nobody listens to news, nor may they pile up: a command looks into the store itself.
    let (events, news) = unbounded();
    drop(news);
    let store = place.open_store(events)?;
    if store.lacks_commits() {
        let _ = writeln!(err, "sterna: {COMMITS_LOST}");
    }
    if let Some(replaced) = store.replaced() {
        let _ = writeln!(err, "sterna: {}", replaced.words());
    }
    let mut context = Context {
        place,
        store: &store,
        reader: store.reader()?,
        servers: Servers::new(place, &store),
        out,
        err,
    };
    for (account, _) in place.numbered(&store) {
        if let Err(error) = context.servers.look_here(account) {
            context.say(&error.to_string());
        }
    }
    // These two tell what it is like to fill a cache; every other command finds it filled.
    let fills_itself = matches!(command, Command::Sync(_) | Command::Doctor(_));
    if place.is_demo && !fills_itself {
        sync::quietly(&mut context)?;
    }
    let exit = dispatch(&mut context, command);
    drop(context);
    place.purge(&store);
    store.close();
    exit
}

fn dispatch(context: &mut Context<'_>, command: &Command) -> Result<Exit, Failure> {
    let input = &mut std::io::stdin().lock();
    match command {
        Command::Folders(output) => folders::run(context, *output),
        Command::List(list) => list::run(context, list),
        Command::Show(show) => show::run(context, show),
        Command::Save(save) => save::run(context, save),
        Command::Sync(sync) => sync::run(context, sync),
        Command::Status(output) => status::run(context, *output),
        Command::Flag(flag) => triage::flag(context, flag, input),
        Command::Move(words) => triage::to_folder(context, words, false, input),
        Command::Copy(words) => triage::to_folder(context, words, true, input),
        Command::Archive(messages) => triage::archive(context, messages, input),
        Command::Delete(delete) => triage::delete(context, delete, input),
        Command::Junk(messages) => triage::junk(context, messages, true, input),
        Command::NotJunk(messages) => triage::junk(context, messages, false, input),
        Command::MarkAllRead(words) => whole_folder::mark_all_read(context, words),
        Command::EmptyTrash(words) => whole_folder::empty_trash(context, words, input),
        Command::Keep(keep) => keep::run(context, keep, input),
        Command::Folder(folder) => folder_deed::run(context, folder, input),
        Command::Send(mail) => send::run(context, mail, input),
        Command::Outbox(outbox) => outbox::run(context, outbox),
        Command::Export(export) => export::run(context, export),
        Command::Import(import) => import::run(context, import),
        Command::Doctor(doctor) => doctor::run(context, doctor),
        Command::Trust { account } => trust::run(context, account, input),
        Command::Undo(carry) => undo::run(context, *carry, false),
        Command::Redo(carry) => undo::run(context, *carry, true),
        Command::Pending(pending) => pending::run(context, pending),
        Command::Compose { .. }
        | Command::DebugReport(_)
        | Command::Completions { .. }
        | Command::Man
        | Command::Open(_) => Ok(anywhere(command, context.out, context.err)),
        #[cfg(feature = "failpoints")]
        Command::Failpoints => Ok(anywhere(command, context.out, context.err)),
    }
}
