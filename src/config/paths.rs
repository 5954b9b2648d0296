//! Where Sterna's files live. `XDG_*` is honoured by the `directories` crate. Creates directories, no files.

use std::io;
use std::os::unix::fs::{DirBuilderExt as _, PermissionsExt};
use std::path::{Path, PathBuf};

use directories::{BaseDirs, ProjectDirs, UserDirs};

/// The places of one installation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FilePaths {
    /// `config.toml`.
    pub config: PathBuf,
    /// The directory of `state.db` and the lock files.
    pub data: PathBuf,
    /// The directory of `cache.db` and `bodies/`; may be deleted while no Sterna runs.
    pub cache: PathBuf,
    /// The directory of `sterna.log`.
    pub state: PathBuf,
    /// The directory of sockets and opened attachments.
    pub runtime: PathBuf,
}

/// Finds the places of this user, for [`crate::config::paths`].
pub(super) fn of_this_user() -> Result<FilePaths, String> {
    let Some(dirs) = ProjectDirs::from("", "", "sterna") else {
        return Err("there is no home directory: set HOME".to_owned());
    };
    let data = dirs.data_local_dir().to_owned();
    Ok(FilePaths {
        config: dirs.config_dir().join("config.toml"),
        cache: dirs.cache_dir().to_owned(),
        // Only Linux has a state directory of its own.
        state: dirs
            .state_dir()
            .map_or_else(|| data.clone(), Path::to_owned),
        runtime: dirs
            .runtime_dir()
            .map_or_else(|| data.join("run"), Path::to_owned),
        data,
    })
}

/// The home directory; `None` when there is none.
pub(super) fn home() -> Option<PathBuf> {
    BaseDirs::new().map(|dirs| dirs.home_dir().to_owned())
}

/// The directory of downloads where it exists, else the home directory.
pub(super) fn downloads() -> Option<PathBuf> {
    let dirs = UserDirs::new()?;
    let named = dirs.download_dir().map(Path::to_owned);
    let usual = || dirs.home_dir().join("Downloads");
    let found = Some(named.unwrap_or_else(usual)).filter(|path| path.is_dir());
    found.or_else(|| Some(dirs.home_dir().to_owned()))
}

impl FilePaths {
    /// The places of an installation of its own below one directory, as for the demo and the tests.
    #[must_use]
    pub fn under(root: &Path) -> Self {
        Self {
            config: root.join("config/config.toml"),
            data: root.join("data"),
            cache: root.join("cache"),
            state: root.join("state"),
            runtime: root.join("run"),
        }
    }

    /// Makes the directories that are not there, and makes all of them private (0700).
    ///
    /// The configuration directory is the user's own and is left alone.
    ///
    /// # Errors
    /// With the directory named: it cannot be made, or something else has its name.
    pub fn create(&self) -> io::Result<()> {
        for directory in [&self.data, &self.cache, &self.state, &self.runtime] {
            private_directory(directory).map_err(|error| {
                io::Error::new(error.kind(), format!("{}: {error}", directory.display()))
            })?;
        }
        Ok(())
    }
}

fn private_directory(path: &Path) -> io::Result<()> {
    std::fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(path)?;
    let permissions = std::fs::metadata(path)?.permissions();
    if permissions.mode() & 0o7777 == 0o700 {
        return Ok(());
    }
    // Fails where the directory is somebody else's, which is as it should be.
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o700))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn directories_are_private_even_where_they_were_not() {
        let root = tempfile::tempdir().unwrap();
        let places = FilePaths::under(root.path());
        std::fs::create_dir(&places.data).unwrap();
        std::fs::set_permissions(&places.data, std::fs::Permissions::from_mode(0o755)).unwrap();
        places.create().unwrap();
        places.create().unwrap();
        for directory in [&places.data, &places.cache, &places.state, &places.runtime] {
            let mode = std::fs::metadata(directory).unwrap().permissions().mode();
            assert_eq!(mode & 0o7777, 0o700, "{}", directory.display());
        }
    }

    #[test]
    fn a_file_in_the_way_is_named() {
        let root = tempfile::tempdir().unwrap();
        let places = FilePaths::under(root.path());
        std::fs::write(&places.cache, "").unwrap();
        let error = places.create().unwrap_err().to_string();
        assert!(error.contains("/cache: "), "{error}");
    }
}
