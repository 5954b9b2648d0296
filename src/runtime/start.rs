//! From the command line to a place to work: the demo, or the configuration.

use std::path::{Path, PathBuf};

use crate::cli::args::Global;
use crate::cli::exit::Exit;
use crate::cli::place::Place;
use crate::config;
use crate::config::error::ConfigError;
use crate::mail::account::Offline;
use crate::mail::safe_text::SafeText;
use crate::runtime::demo::Demo;
use crate::ui::welcome::SAMPLE;

/// A place, and what must live as long as the work there.
pub struct Started {
    /// Where the run works.
    pub place: Place,
    demo: Option<Demo>,
    temporary: Option<tempfile::TempDir>,
}

/// Why there is no place to work.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Problem {
    /// There is no configuration at this path.
    NoConfiguration(PathBuf),
    /// The configuration at this path names no account.
    NoAccount(PathBuf),
    /// The configuration was refused; the text says where and why.
    Configuration(String),
    /// A directory or the demo's server could not be made.
    System(String),
}

impl Problem {
    /// The exit code and the words for standard error.
    #[must_use]
    pub fn exit(self) -> (Exit, String) {
        match self {
            Self::NoConfiguration(path) => {
                (Exit::Configuration, lack("no configuration at", &path))
            }
            Self::NoAccount(path) => (Exit::Configuration, lack("no account in", &path)),
            Self::Configuration(text) => (Exit::Configuration, text),
            Self::System(text) => (Exit::Unavailable, text),
        }
    }
}

/// What is missing, and what to write.
fn lack(what: &str, path: &Path) -> String {
    let path = SafeText::line(&path.display().to_string());
    let sample = SAMPLE.join("\n    ");
    format!(
        "there is {what} {path}; a first account looks like this:\n\n    {sample}\n\nThe screen then asks for the password. `sterna man | man -l -` tells of every key; sterna --demo needs no account."
    )
}

impl Started {
    /// Ends the demo's server and removes what was temporary.
    pub fn finish(self) {
        if let Some(demo) = self.demo {
            demo.stop();
        }
        if let Some(temporary) = self.temporary {
            let _ = temporary.close();
        }
    }
}

/// Finds or makes the place that the options ask for.
///
/// # Errors
/// No configuration, one that was refused, or what the system said.
pub fn place(global: &Global) -> Result<Started, Problem> {
    if global.demo {
        let demo = Demo::start().map_err(|error| Problem::System(format!("the demo: {error}")))?;
        let place = demo.place(global.offline);
        create(&place)?;
        return Ok(Started {
            place,
            demo: Some(demo),
            temporary: None,
        });
    }
    let mut paths = config::paths().map_err(Problem::System)?;
    let file = global
        .config
        .clone()
        .unwrap_or_else(|| paths.config.clone());
    let config = config::load(&file).map_err(|error| match error {
        ConfigError::Missing { path } => Problem::NoConfiguration(path),
        error => Problem::Configuration(error.to_string()),
    })?;
    let mut accounts = config.accounts;
    if accounts.is_empty() {
        return Err(Problem::NoAccount(file));
    }
    if global.unmetered {
        for account in &mut accounts {
            account.metered_bytes = None;
        }
    }
    let mut temporary = None;
    if global.online {
        // The online model for one run: the cache lies in a directory that goes at the end.
        let directory = tempfile::Builder::new().prefix("sterna-").tempdir();
        let directory = directory
            .map_err(|error| Problem::System(format!("a temporary directory: {error}")))?;
        paths.cache = directory.path().join("cache");
        for account in &mut accounts {
            account.offline = Offline::None;
            account.offline_folders.clear();
        }
        temporary = Some(directory);
    }
    let place = Place {
        paths,
        accounts,
        ui: config.ui,
        is_offline: global.offline,
        is_demo: false,
        is_online: global.online,
    };
    create(&place)?;
    Ok(Started {
        place,
        demo: None,
        temporary,
    })
}

fn create(place: &Place) -> Result<(), Problem> {
    place
        .paths
        .create()
        .map_err(|error| Problem::System(error.to_string()))
}

/// Explains on a screen what is missing, the file or an account in it; `d` there opens the demo.
///
/// # Errors
/// What the terminal or the demo said.
pub fn welcome(path: &Path, is_there: bool) -> Result<Exit, String> {
    if crate::runtime::welcome::run(path, is_there)? == crate::runtime::welcome::Choice::Quit {
        return Ok(Exit::Configuration);
    }
    let global = Global {
        demo: true,
        ..Global::default()
    };
    let started = place(&global).map_err(|problem| problem.exit().1)?;
    let ended = crate::runtime::screen::run(&started.place, None);
    started.finish();
    ended.map(|()| Exit::Done).map_err(|failure| failure.text)
}
