//! Arguments, log file, exit code: everything else is the library's.

use std::io::Write;
use std::path::Path;
use std::process::ExitCode;

use sterna::cli::args::{self, Arguments, Command};
use sterna::cli::compose::{self, Begun};
use sterna::cli::exit::Exit;
use sterna::cli::place::Place;
use sterna::runtime::start::Problem;
use sterna::runtime::{logging, opened, picture, process, screen, start};

fn main() -> ExitCode {
    let arguments = match args::parse(std::env::args_os()) {
        Ok(arguments) => arguments,
        Err(stop) => {
            let _ = if stop.exit == Exit::Done {
                std::io::stdout().write_all(stop.text.as_bytes())
            } else {
                std::io::stderr().write_all(stop.text.as_bytes())
            };
            return stop.exit.into();
        }
    };
    process::harden();
    match run(&arguments) {
        Ok(exit) => exit.into(),
        Err((exit, problem)) => {
            let _ = writeln!(std::io::stderr(), "sterna: {problem}");
            exit.into()
        }
    }
}

fn run(arguments: &Arguments) -> Result<Exit, (Exit, String)> {
    match &arguments.command {
        // Without a terminal, or where text is asked for, it is text.
        Some(Command::Open(open)) if !open.is_text() && screen::check().is_ok() => {
            return opened::run(&open.path).map_err(|failure| (failure.exit, failure.text));
        }
        Some(command) if command.needs_no_place() => {
            let (mut out, mut err) = (std::io::stdout().lock(), std::io::stderr().lock());
            return Ok(sterna::cli::run::anywhere(command, &mut out, &mut err));
        }
        _ => {}
    }
    let begun = match &arguments.command {
        Some(Command::Compose { address }) => {
            let begun = compose::begun(address.as_deref());
            Some(begun.map_err(|failure| (failure.exit, failure.text))?)
        }
        _ => None,
    };
    let is_screen = begun.is_some() || (arguments.command.is_none() && arguments.picture.is_none());
    if is_screen {
        screen::check().map_err(|problem| (Exit::Usage, problem))?;
    }
    let started = match start::place(&arguments.global) {
        Err(Problem::NoConfiguration(path)) if is_screen => return welcome(&path, false),
        Err(Problem::NoAccount(path)) if is_screen => return welcome(&path, true),
        started => started.map_err(Problem::exit)?,
    };
    let _log = logging::start(&started.place.paths.state);
    let exit = dispatch(arguments, &started.place, begun);
    started.finish();
    exit
}

fn welcome(path: &Path, is_there: bool) -> Result<Exit, (Exit, String)> {
    start::welcome(path, is_there).map_err(|problem| (Exit::Configuration, problem))
}

fn dispatch(
    arguments: &Arguments,
    place: &Place,
    begun: Option<Begun>,
) -> Result<Exit, (Exit, String)> {
    let (mut out, mut err) = (std::io::stdout().lock(), std::io::stderr().lock());
    if let Some(size) = arguments.picture {
        picture::run(place, size, arguments.svg, &mut out)
            .map_err(|failure| (failure.exit, failure.text))?;
        return Ok(Exit::Done);
    }
    if let Some(command) = arguments.command.as_ref().filter(|_| begun.is_none()) {
        return Ok(sterna::cli::run::run(place, command, &mut out, &mut err));
    }
    drop((out, err)); // The screen writes by itself, and a panic must be able to.
    screen::run(place, begun).map_err(|failure| (failure.exit, failure.text))?;
    Ok(Exit::Done)
}
