//! The file or directory that an export goes to, and goes on with: an mbox, or a Maildir with a mark that says of what.

use std::fs::{self, DirBuilder, File};
use std::io::Write as _;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::Path;

use crate::local::maildir::{self, Maildir};
use crate::local::maildir_name;
use crate::local::mbox_header::is_id;
use crate::local::mbox_writer::MboxWriter;
use crate::local::message::{LocalError, LocalMessage};

/// In a Maildir, says of which folder it is an export.
const MARK: &str = ".sterna-export";
/// Stands before the ID in the name of a file.
const BEFORE_ID: char = 'X';
/// So many messages are written before the disk is asked to have their names.
const UNSYNCED: u32 = 200;

/// Takes messages, each under an ID, `[a-z0-9.-]+`, that no other has.
#[derive(Debug)]
pub enum Export {
    /// To a file.
    Mbox(MboxWriter),
    /// To a directory.
    Maildir {
        /// Where.
        maildir: Maildir,
        /// This machine, as it stands in names.
        host: String,
        /// Messages whose names the disk was not asked to have yet.
        n_unsynced: u32,
    },
}

impl Export {
    /// Begins or goes on with an mbox. `is_known` is told the ID of each message that is there, and says whether it
    /// belongs here.
    ///
    /// # Errors
    /// As [`MboxWriter::open`].
    pub fn to_mbox(
        path: &Path,
        is_known: &mut dyn FnMut(&str) -> bool,
    ) -> Result<Self, LocalError> {
        MboxWriter::open(path, is_known).map(Self::Mbox)
    }

    /// Begins or goes on with a Maildir; `of` says of what, in one line.
    ///
    /// # Errors
    /// `Foreign` where there is anything else, a Maildir of other programs included; what the system said.
    pub fn to_maildir(
        path: &Path,
        of: &str,
        is_known: &mut dyn FnMut(&str) -> bool,
    ) -> Result<Self, LocalError> {
        let foreign = || {
            LocalError::foreign(
                path,
                "this is there already, and is no export of this folder",
            )
        };
        match fs::read_to_string(path.join(MARK)) {
            Ok(text) if text == of => {}
            // Nothing is made before the mark: one that was torn stands over an export of ours, or over nothing.
            Ok(text) if of.starts_with(&text) => mark(path, of)?,
            Ok(_) => return Err(foreign()),
            Err(_) if maildir::is_maildir(path) => return Err(foreign()),
            Err(_) => {
                maildir::refuse_full(path)?;
                mark(path, of)?;
            }
        }
        let maildir = Maildir::complete(path)?;
        for entry in maildir.entries()? {
            // What the user put there besides is no concern of ours.
            if let Some(id) = id_of(entry.base())
                && !is_known(&id)
            {
                return Err(foreign());
            }
        }
        Ok(Self::Maildir {
            maildir,
            host: maildir_name::host(),
            n_unsynced: 0,
        })
    }

    /// Adds a message.
    ///
    /// # Errors
    /// What the system said; going on later mends what was written in part.
    pub fn add(&mut self, id: &str, message: &LocalMessage) -> Result<(), LocalError> {
        match self {
            Self::Mbox(writer) => writer.add(id, message),
            Self::Maildir {
                maildir,
                host,
                n_unsynced,
            } => {
                let seconds = message.internal_date.unwrap_or(0).max(0);
                let id = id.replace('.', "-");
                maildir.deliver(&format!("{seconds}.{BEFORE_ID}{id}.{host}"), message)?;
                *n_unsynced += 1;
                if *n_unsynced >= UNSYNCED {
                    *n_unsynced = 0;
                    maildir.sync()?;
                }
                Ok(())
            }
        }
    }

    /// Has the disk keep everything.
    ///
    /// # Errors
    /// What the system said.
    pub fn finish(self) -> Result<(), LocalError> {
        match self {
            Self::Mbox(writer) => writer.finish(),
            Self::Maildir { maildir, .. } => maildir.sync(),
        }
    }
}

/// Says on the disk of what a directory is an export; it is made where missing, for its owner alone.
fn mark(path: &Path, of: &str) -> Result<(), LocalError> {
    let made = DirBuilder::new().recursive(true).mode(0o700).create(path);
    let marked = made.and_then(|()| {
        let mut file = File::create(path.join(MARK))?;
        file.write_all(of.as_bytes())?;
        file.sync_all()
    });
    marked.map_err(|error| LocalError::io(path, &error))
}

/// The ID in the name of a file of ours.
fn id_of(base: &str) -> Option<String> {
    let id = base.split('.').nth(1)?.strip_prefix(BEFORE_ID)?;
    let id = id.replace('-', ".");
    is_id(&id).then_some(id)
}
