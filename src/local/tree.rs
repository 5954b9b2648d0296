//! The folders on this computer: directories below one, each a Maildir, with those below it beside its `cur`.
//!
//! Plain directories, so that `Notes/2026` is a path as people read it; other programs can share them. Directories whose
//! names cannot be those of folders, and links, are passed over.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use crate::local::folder::Folder;
use crate::local::maildir::{self, Maildir};
use crate::local::message::LocalError;
use crate::local::uid_list;

/// No more folders are listed.
const MOST_FOLDERS: usize = 10_000;
/// No folder lies deeper.
const MOST_LEVELS: usize = 16;
/// Bytes of the longest level of a name.
const MOST_NAME: usize = 200;
/// What a folder of ours holds beside directories and messages.
const OWN_FILES: [&str; 2] = [uid_list::NAME, maildir::KEYWORDS];

/// The directory of the folders on this computer.
#[derive(Debug, Clone)]
pub struct Tree {
    root: PathBuf,
}

impl Tree {
    /// The folders below a directory, which need not be there.
    #[must_use]
    pub const fn new(root: PathBuf) -> Self {
        Self { root }
    }

    /// Whether the directory is there: without it there are no folders on this computer, or they cannot be reached now.
    #[must_use]
    pub fn is_there(&self) -> bool {
        self.root.is_dir()
    }

    /// The folders with `/` between levels, in the order of their names; at most ten thousand. What cannot be read is
    /// passed over.
    ///
    /// # Errors
    /// The directory itself cannot be read.
    pub fn folders(&self) -> Result<Vec<String>, LocalError> {
        let mut names = Vec::new();
        let mut open = vec![(String::new(), self.root.clone())];
        while let Some((name, path)) = open.pop() {
            let entries = match fs::read_dir(&path) {
                Err(error) if name.is_empty() => return Err(LocalError::io(&path, &error)),
                Err(_) => continue,
                Ok(entries) => entries,
            };
            for entry in entries.flatten() {
                let is_directory = entry.file_type().is_ok_and(|kind| kind.is_dir());
                let level = entry.file_name().into_string();
                let Some(level) = level.ok().filter(|level| is_directory && is_level(level)) else {
                    continue;
                };
                let below = if name.is_empty() {
                    level
                } else {
                    format!("{name}/{level}")
                };
                if below.split('/').count() < MOST_LEVELS && open.len() < MOST_FOLDERS {
                    open.push((below.clone(), entry.path()));
                }
                if names.len() < MOST_FOLDERS && maildir::is_maildir(&entry.path()) {
                    names.push(below);
                }
            }
        }
        names.sort_unstable();
        Ok(names)
    }

    /// Where a folder lies; `None` for what cannot be the name of one.
    #[must_use]
    pub fn path(&self, name: &str) -> Option<PathBuf> {
        let is_sound = name.split('/').all(is_level) && name.split('/').count() <= MOST_LEVELS;
        is_sound.then(|| self.root.join(name))
    }

    /// Opens a folder that is there.
    ///
    /// # Errors
    /// There is none; what the system said.
    pub fn open(&self, name: &str) -> Result<Folder, LocalError> {
        Folder::open(&self.sound(name)?)
    }

    /// Makes a folder, or opens the one that is there.
    ///
    /// # Errors
    /// The name cannot be that of a folder; what the system said.
    pub fn create(&self, name: &str) -> Result<Folder, LocalError> {
        let path = self.sound(name)?;
        Maildir::complete(&path)?;
        Folder::open(&path)
    }

    /// Gives a folder another name, and those below it. Done already where only the new one is there.
    ///
    /// # Errors
    /// Something is there already; what the system said.
    pub fn rename(&self, from: &str, to: &str) -> Result<(), LocalError> {
        let (from, to) = (self.sound(from)?, self.sound(to)?);
        if to.exists() {
            if from.exists() {
                return Err(LocalError::foreign(&to, "this is there already"));
            }
            return Ok(());
        }
        let above = to.parent().unwrap_or(&self.root);
        let renamed = fs::create_dir_all(above).and_then(|()| fs::rename(&from, &to));
        renamed.map_err(|error| LocalError::io(&from, &error))
    }

    /// Removes a folder with its messages. Those below it stay, and files that are not ours.
    ///
    /// # Errors
    /// What the system said; what is removed by then is gone.
    pub fn remove(&self, name: &str) -> Result<(), LocalError> {
        let path = self.sound(name)?;
        let failed = |error: std::io::Error| LocalError::io(&path, &error);
        let is_gone = |error: &std::io::Error| error.kind() == ErrorKind::NotFound;
        for part in ["new", "tmp", "cur"] {
            match fs::remove_dir_all(path.join(part)) {
                Err(error) if !is_gone(&error) => return Err(failed(error)),
                _ => {}
            }
        }
        for own in OWN_FILES {
            match fs::remove_file(path.join(own)) {
                Err(error) if !is_gone(&error) => return Err(failed(error)),
                _ => {}
            }
        }
        match fs::remove_dir(&path) {
            Err(error) if error.kind() != ErrorKind::DirectoryNotEmpty && !is_gone(&error) => {
                Err(failed(error))
            }
            _ => Ok(()),
        }
    }

    fn sound(&self, name: &str) -> Result<PathBuf, LocalError> {
        self.path(name).ok_or_else(|| {
            let what = "this cannot be the name of a folder on this computer";
            LocalError::foreign(Path::new(name), what)
        })
    }
}

/// Whether a level of a name can be a directory beside `cur`.
fn is_level(level: &str) -> bool {
    !level.is_empty()
        && level.len() <= MOST_NAME
        && !level.starts_with('.')
        && !["cur", "new", "tmp"].contains(&level)
        && !level.contains(char::is_control)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_are_directories_and_hostile_names_are_none() {
        let directory = tempfile::tempdir().unwrap();
        let tree = Tree::new(directory.path().join("mail"));
        assert!(!tree.is_there() && tree.folders().is_err());
        for name in ["Notes", "Notes/2026", "Köln & mehr"] {
            tree.create(name).unwrap();
        }
        for bad in [
            "", "..", "a/../b", ".hidden", "cur", "a/new", "a//b", "/a", "a\nb",
        ] {
            assert!(
                tree.create(bad).is_err() && tree.path(bad).is_none(),
                "{bad:?}"
            );
        }
        fs::create_dir_all(directory.path().join("mail/no maildir")).unwrap();
        fs::create_dir_all(directory.path().join("mail/.trash/cur")).unwrap();
        std::os::unix::fs::symlink(directory.path(), directory.path().join("mail/link")).unwrap();
        assert_eq!(
            tree.folders().unwrap(),
            ["Köln & mehr", "Notes", "Notes/2026"]
        );
        tree.rename("Notes", "Old/Notes").unwrap();
        tree.rename("Notes", "Old/Notes").unwrap();
        assert!(tree.rename("Köln & mehr", "Old/Notes").is_err());
        let names = ["Köln & mehr", "Old/Notes", "Old/Notes/2026"];
        assert_eq!(tree.folders().unwrap(), names);
        tree.remove("Old/Notes").unwrap();
        tree.remove("Old/Notes").unwrap();
        assert_eq!(tree.folders().unwrap(), ["Köln & mehr", "Old/Notes/2026"]);
    }
}
