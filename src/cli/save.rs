//! Parts into files of the user's: `sterna save`, and the screen's own saving. A file that is there is never touched.

use std::fs::{self, OpenOptions};
use std::io::{self, ErrorKind, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use crate::cli::args::Save;
use crate::cli::exit::Exit;
use crate::cli::message::body;
use crate::cli::run::{Context, Failure};
use crate::engine::once::find::Want;
use crate::engine::opened::opened;
use crate::mail::file_name;
use crate::mail::part::PartPath;
use crate::mail::safe_text::SafeText;
use crate::mime::message::{Message, Part};
use crate::mime::render;

/// Names tried before a directory counts as full of them.
const MOST_NAMES: u32 = 1_000;

/// Saves one part, or all attachments, fetching what is not here.
///
/// # Errors
/// An ID or part that names nothing (65), a directory that takes no file (69), a part that cannot be fetched now (75).
pub fn run(context: &mut Context<'_>, save: &Save) -> Result<Exit, Failure> {
    if !save.to.is_dir() {
        let directory = SafeText::line(&save.to.display().to_string());
        let text = format!("{directory} is not a directory");
        return Err(Failure::new(Exit::Unavailable, text));
    }
    let paths: Vec<PartPath> = if let Some(path) = &save.part {
        vec![path.clone()]
    } else {
        let (message, body) = body(context, &save.id, &Want::Body)?;
        let listed = opened(context.store, message, &body, render::attachments)?;
        listed.into_iter().map(|info| info.path).collect()
    };
    if paths.is_empty() {
        let text = "the message has no attachments; --part saves another part";
        return Err(Failure::new(Exit::Data, text));
    }
    for path in paths {
        let (message, body) = body(context, &save.id, &Want::Part(path.clone()))?;
        let (name, bytes) = opened(context.store, message, &body, |message| {
            part(message, &path).map(|part| (name_of(part), part.decoded()))
        })??;
        let written = write_new(&save.to, &name, &bytes).map_err(|error| {
            let directory = SafeText::line(&save.to.display().to_string());
            Failure::new(Exit::Unavailable, format!("{directory}: {error}"))
        })?;
        let line = SafeText::line(&written.display().to_string());
        context.print(&format!("{line}\n"))?;
    }
    Ok(Exit::Done)
}

/// A part with its bytes.
///
/// # Errors
/// There is none (65), or the server gave nothing for it (69).
pub fn part<'a>(message: &'a Message, path: &PartPath) -> Result<&'a Part, Failure> {
    let found = message.parts.iter().find(|part| part.info.path == *path);
    let Some(part) = found else {
        let text = format!("the message has no part {path}");
        return Err(Failure::new(Exit::Data, text));
    };
    if part.body.is_none() {
        let text = format!("the server gave nothing for part {path}");
        return Err(Failure::new(Exit::Unavailable, text));
    }
    Ok(part)
}

/// The name of the file for a part.
#[must_use]
pub fn name_of(part: &Part) -> String {
    let ending = match part.info.content_type.as_str() {
        "text/plain" => ".txt",
        "text/html" => ".html",
        "text/calendar" => ".ics",
        "message/rfc822" | "message/global" => ".eml",
        "application/pdf" => ".pdf",
        "image/jpeg" => ".jpg",
        "image/png" => ".png",
        "image/gif" => ".gif",
        _ => "",
    };
    let fallback = format!("part-{}{ending}", part.info.path);
    file_name::safe(&part.info.name, &fallback)
}

/// Writes a file that was not there before, readable by its owner alone; where the name is taken, a number is added. A
/// link under that name is never followed.
///
/// # Errors
/// What the system said; nothing is left of a file that could not be written whole.
pub fn write_new(directory: &Path, name: &str, bytes: &[u8]) -> io::Result<PathBuf> {
    for n in 1..=MOST_NAMES {
        let path = match n {
            1 => directory.join(name),
            n => directory.join(file_name::numbered(name, n)),
        };
        // O_EXCL: neither an existing file nor a link is opened.
        let opened = OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(&path);
        let mut file = match opened {
            Ok(file) => file,
            Err(error) if error.kind() == ErrorKind::AlreadyExists => continue,
            Err(error) => return Err(error),
        };
        if let Err(error) = file.write_all(bytes).and_then(|()| file.sync_all()) {
            let _ = fs::remove_file(&path);
            return Err(error);
        }
        return Ok(path);
    }
    Err(io::Error::new(
        ErrorKind::AlreadyExists,
        "too many files of this name",
    ))
}
