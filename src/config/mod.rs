//! The configuration: `config.toml` as typed (`raw`), then checked and ready to use. Also where files live and how a
//! password is got or kept. Nothing here opens a connection, and nothing is half-configured: a file is taken whole or
//! refused with the place of its first mistake.

mod checked;
mod checked_account;
mod checked_server;
pub mod error;
mod file;
pub mod keeper;
pub mod look;
mod nearest;
pub mod paths;
mod raw;
mod schema;
pub mod secret;
mod signature;
mod theme_file;
pub mod ui_settings;
mod value;

#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};

use crate::config::error::ConfigError;
use crate::config::paths::FilePaths;
use crate::config::ui_settings::UiSettings;
use crate::mail::account::AccountSettings;

/// A whole configuration, checked.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Config {
    /// The accounts in the order of the file; empty when the file names none.
    pub accounts: Vec<AccountSettings>,
    /// How the screen looks and behaves.
    pub ui: UiSettings,
}

/// Finds where this user's files live.
///
/// # Errors
/// A sentence, when there is no home directory.
pub fn paths() -> Result<FilePaths, String> {
    paths::of_this_user()
}

/// The home directory; `None` when there is none.
#[must_use]
pub fn home_directory() -> Option<PathBuf> {
    paths::home()
}

/// Where the user's downloads go; the home directory where there is no such place.
#[must_use]
pub fn download_directory() -> Option<PathBuf> {
    paths::downloads()
}

/// Reads and checks a configuration file.
///
/// # Errors
/// `Missing` when there is no such file (the screen explains and offers the demo); `Unreadable`, `Unsafe` and `Invalid`
/// are to be shown as they are, with exit code 78.
pub fn load(path: &Path) -> Result<Config, ConfigError> {
    let file = file::read(path)?;
    let base = path.parent().unwrap_or_else(|| Path::new("."));
    let around = checked::Surroundings {
        path,
        base,
        private: file.private,
        home: paths::home(),
    };
    let (mut config, theme) =
        checked::config(&file.text, &around).map_err(|mistake| mistake.at(path, &file.text))?;
    if let Some(theme) = theme {
        (config.ui.theme, config.ui.looks) = theme_file::load(&theme)?;
    }
    Ok(config)
}
