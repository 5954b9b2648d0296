//! A Maildir: a directory with a file for each message. Others may change it at the same time; a file is written elsewhere
//! and moved in when it is whole, and one that was renamed meanwhile is looked for.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, ErrorKind, Read as _, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, UNIX_EPOCH};

use crate::local::message::{LocalError, LocalMessage, MOST_BYTES, Skipped};
use crate::local::{line_ends, maildir_name};
use crate::mail::flag::Flags;

/// Where the names of keywords stand, as Dovecot writes them: `0 todo`.
pub const KEYWORDS: &str = "dovecot-keywords";
/// No larger list of keywords is read, in bytes.
const MOST_KEYWORD_BYTES: u64 = 64 * 1024;

/// A Maildir on this machine.
#[derive(Debug)]
pub struct Maildir {
    pub(super) root: PathBuf,
    /// The keywords in the order of their letters; an empty one is a letter that nobody has.
    pub(super) keywords: Vec<String>,
}

/// A message in a Maildir, as it was listed.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Entry {
    /// The seconds since the epoch in its name, for the order.
    pub(super) seconds: u64,
    pub(super) name: String,
    /// In `new`, which means that no program has shown it yet.
    pub(super) is_new: bool,
}

impl Entry {
    /// The file name without the flags: tells the message from all others.
    #[must_use]
    pub fn base(&self) -> &str {
        maildir_name::base(&self.name)
    }
}

/// Whether a directory is a Maildir.
#[must_use]
pub fn is_maildir(path: &Path) -> bool {
    path.join("cur").is_dir() && path.join("new").is_dir()
}

/// Refuses a directory that holds anything; one that is not there is as good as an empty one.
///
/// # Errors
/// `Foreign` where it holds something; what the system said.
pub fn refuse_full(path: &Path) -> Result<(), LocalError> {
    match fs::read_dir(path).map(|mut entries| entries.next().is_some()) {
        Ok(true) => {
            let what = "this directory holds something else";
            Err(LocalError::foreign(path, what))
        }
        Err(error) if error.kind() != ErrorKind::NotFound => Err(LocalError::io(path, &error)),
        _ => Ok(()),
    }
}

impl Maildir {
    /// Opens a Maildir that is there.
    ///
    /// # Errors
    /// `Foreign` for what is none.
    pub fn open(root: &Path) -> Result<Self, LocalError> {
        if !is_maildir(root) {
            return Err(LocalError::foreign(root, "this is no Maildir"));
        }
        Ok(Self {
            root: root.to_owned(),
            keywords: read_keywords(&root.join(KEYWORDS)),
        })
    }

    /// Makes a Maildir that only its owner can enter, or opens the one that is there.
    ///
    /// # Errors
    /// `Foreign` where the directory holds something else; what the system said.
    pub fn create(root: &Path) -> Result<Self, LocalError> {
        if !is_maildir(root) {
            refuse_full(root)?;
        }
        Self::complete(root)
    }

    /// Opens a Maildir of ours, and makes first what is missing of it.
    ///
    /// # Errors
    /// What the system said.
    pub fn complete(root: &Path) -> Result<Self, LocalError> {
        let failed = |error: io::Error| LocalError::io(root, &error);
        for name in ["tmp", "new", "cur"] {
            let mut builder = DirBuilder::new();
            let made = builder.recursive(true).mode(0o700).create(root.join(name));
            made.map_err(failed)?;
        }
        Self::open(root)
    }

    /// Writes a message under this name (see [`maildir_name::unique`]) with its flags, on the disk before it is seen.
    ///
    /// # Errors
    /// What the system said; nothing is left of it then.
    pub fn deliver(&mut self, base: &str, message: &LocalMessage) -> Result<(), LocalError> {
        self.deliver_all([(base, message)].into_iter())
    }

    /// Writes messages under these names with their flags, all on the disk before one is seen. The files are written
    /// before the disk is waited for: it is quicker with many at once. Each is an open file until then.
    ///
    /// # Errors
    /// What the system said; nothing is left of any then.
    pub fn deliver_all<'a>(
        &mut self,
        messages: impl Iterator<Item = (&'a str, &'a LocalMessage)>,
    ) -> Result<(), LocalError> {
        let mut ways: Vec<[PathBuf; 2]> = Vec::new();
        let written = self.write_all(messages, &mut ways);
        if written.is_err() {
            for path in ways.iter().flatten() {
                let _ = fs::remove_file(path);
            }
        }
        written
    }

    /// Notes in `ways` where each is written and where it is seen.
    fn write_all<'a>(
        &mut self,
        messages: impl Iterator<Item = (&'a str, &'a LocalMessage)>,
        ways: &mut Vec<[PathBuf; 2]>,
    ) -> Result<(), LocalError> {
        let mut files = Vec::new();
        for (base, message) in messages {
            self.learn(&message.flags)?;
            let name = maildir_name::with_flags(base, &message.flags, &self.keywords);
            let temporary = self.root.join("tmp").join(base);
            ways.push([temporary.clone(), self.root.join("cur").join(name)]);
            let written = write(&temporary, message);
            files.push(written.map_err(|error| LocalError::io(&self.root, &error))?);
        }
        let kept = files.iter().try_for_each(File::sync_all);
        let seen = kept.and_then(|()| ways.iter().try_for_each(|[from, to]| fs::rename(from, to)));
        seen.map_err(|error| LocalError::io(&self.root, &error))
    }

    /// Has the disk keep the names of what was delivered.
    ///
    /// # Errors
    /// What the system said.
    pub fn sync(&self) -> Result<(), LocalError> {
        let synced = File::open(self.root.join("cur")).and_then(|cur| cur.sync_all());
        synced.map_err(|error| LocalError::io(&self.root, &error))
    }

    /// The messages, oldest first as their names say. One that is renamed meanwhile stands in the list once.
    ///
    /// # Errors
    /// What the system said.
    pub fn entries(&self) -> Result<Vec<Entry>, LocalError> {
        let mut entries = Vec::new();
        // Messages go from `new` to `cur` and never back: in this order none is missed.
        for (directory, is_new) in [("new", true), ("cur", false)] {
            let listed = self.names(directory);
            let names = listed.map_err(|error| LocalError::io(&self.root, &error))?;
            entries.extend(names.into_iter().map(|name| Entry {
                seconds: maildir_name::seconds(&name),
                name,
                is_new,
            }));
        }
        let mut seen = BTreeSet::new();
        entries.reverse(); // Where it stands in both, the later place counts.
        entries.retain(|entry| seen.insert(entry.base().to_owned()));
        entries.sort_unstable();
        Ok(entries)
    }

    fn names(&self, directory: &str) -> io::Result<Vec<String>> {
        let mut names = Vec::new();
        for entry in fs::read_dir(self.root.join(directory))? {
            // A name that is no text, or more than one line, is nobody's message.
            let name = entry?.file_name().into_string();
            let is_sound =
                |name: &String| !name.starts_with('.') && !name.contains(char::is_control);
            names.extend(name.into_iter().filter(is_sound));
        }
        Ok(names)
    }

    /// A message with its flags as they are now; `None` for one that is gone.
    #[must_use]
    pub fn read(&self, entry: &Entry) -> Option<Result<LocalMessage, Skipped>> {
        let first = self.place(entry);
        let (name, found) = match read_file(&first) {
            Err(error) if error.kind() == ErrorKind::NotFound => {
                let name = self.renamed(entry)?;
                let path = self.root.join("cur").join(&name);
                (name, read_file(&path))
            }
            found => (entry.name.clone(), found),
        };
        match found {
            Ok(Ok(mut message)) => {
                message.flags = maildir_name::flags(&name, &self.keywords);
                Some(Ok(message))
            }
            Ok(Err(skipped)) => Some(Err(skipped)),
            Err(error) if error.kind() == ErrorKind::NotFound => None,
            Err(error) => Some(Err(Skipped::Unreadable {
                cause: error.to_string(),
            })),
        }
    }

    /// The name that another program has given a message since.
    fn renamed(&self, entry: &Entry) -> Option<String> {
        let names = self.names("cur").ok()?;
        names
            .into_iter()
            .find(|name| maildir_name::base(name) == entry.base())
    }

    /// Gives keywords that are new here a letter, as long as there are any.
    pub(super) fn learn(&mut self, flags: &Flags) -> Result<(), LocalError> {
        let path = self.root.join(KEYWORDS);
        if !flags.keywords().is_empty() {
            self.keywords = read_keywords(&path); // Another program may have added some.
        }
        let is_known = |known: &[String], keyword: &str| {
            let is_passed = keyword.eq_ignore_ascii_case("$Forwarded");
            is_passed || known.iter().any(|own| own.eq_ignore_ascii_case(keyword))
        };
        let n_before = self.keywords.len();
        for keyword in flags.keywords() {
            let has_room = self.keywords.len() < maildir_name::MOST_KEYWORDS;
            if has_room && !is_known(&self.keywords, keyword) {
                self.keywords.push(keyword.clone());
            }
        }
        if self.keywords.len() == n_before {
            return Ok(());
        }
        let mut text = String::new();
        for (index, keyword) in self.keywords.iter().enumerate() {
            if !keyword.is_empty() {
                text.extend([index.to_string().as_str(), " ", keyword, "\n"]);
            }
        }
        let temporary = self.root.join("tmp").join(maildir_name::unique());
        let written = new_file(&temporary)
            .and_then(|mut file| {
                file.write_all(text.as_bytes())
                    .and_then(|()| file.sync_all())
            })
            .and_then(|()| fs::rename(&temporary, &path));
        written.map_err(|error| LocalError::io(&path, &error))
    }
}

fn new_file(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(path)
}

/// Writes a message to a file of its own; the disk need not have it yet.
fn write(path: &Path, message: &LocalMessage) -> io::Result<File> {
    let mut file = new_file(path)?;
    file.write_all(&line_ends::for_file(&message.bytes))?;
    let seconds = message
        .internal_date
        .and_then(|date| u64::try_from(date).ok());
    let time = seconds.and_then(|seconds| UNIX_EPOCH.checked_add(Duration::from_secs(seconds)));
    if let Some(time) = time {
        // Some file systems have no such time; the message is whole all the same.
        let _ = file.set_modified(time);
    }
    Ok(file)
}

/// A file as a message without flags, received when the file was written; `Err(Skipped)` for one that is too large or no
/// file.
///
/// # Errors
/// What the system said.
pub fn read_file(path: &Path) -> io::Result<Result<LocalMessage, Skipped>> {
    let metadata = fs::metadata(path)?;
    if !metadata.is_file() {
        let cause = "this is no file".to_owned();
        return Ok(Err(Skipped::Unreadable { cause }));
    }
    let mut bytes = Vec::new();
    File::open(path)?
        .take(MOST_BYTES.saturating_add(1))
        .read_to_end(&mut bytes)?;
    if bytes.len() as u64 > MOST_BYTES {
        let bytes = metadata.len();
        return Ok(Err(Skipped::TooLarge { bytes }));
    }
    let modified = metadata.modified().ok();
    let since = modified.and_then(|time| time.duration_since(UNIX_EPOCH).ok());
    Ok(Ok(LocalMessage {
        bytes: line_ends::of_file(bytes),
        flags: Flags::default(),
        internal_date: since.and_then(|since| i64::try_from(since.as_secs()).ok()),
    }))
}

/// The keywords by their letters; none where the file is not there or says something else.
fn read_keywords(path: &Path) -> Vec<String> {
    let mut text = Vec::new();
    let read =
        File::open(path).and_then(|file| file.take(MOST_KEYWORD_BYTES).read_to_end(&mut text));
    if read.is_err() {
        return Vec::new();
    }
    let mut keywords = Vec::new();
    for line in String::from_utf8_lossy(&text).lines() {
        let Some((index, keyword)) = line.split_once(' ') else {
            continue;
        };
        let index = index.parse().ok();
        let Some(index) = index.filter(|index| *index < maildir_name::MOST_KEYWORDS) else {
            continue;
        };
        if keywords.len() <= index {
            keywords.resize(index + 1, String::new());
        }
        if let Some(slot) = keywords.get_mut(index) {
            keyword.trim().clone_into(slot);
        }
    }
    keywords
}

/// The files in a directory with this ending, by their names.
///
/// # Errors
/// What the system said.
pub fn files_with_ending(directory: &Path, ending: &str) -> io::Result<Vec<PathBuf>> {
    let mut names: Vec<OsString> = Vec::new();
    for entry in fs::read_dir(directory)? {
        let name = entry?.file_name();
        let path = Path::new(&name);
        if path
            .extension()
            .is_some_and(|own| own.eq_ignore_ascii_case(ending))
        {
            names.push(name);
        }
    }
    names.sort_unstable();
    Ok(names.into_iter().map(|name| directory.join(name)).collect())
}
