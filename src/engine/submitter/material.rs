//! The bytes of attachments, for the mail that is sent and for the server's copy of a draft: of files, of messages and of
//! their parts.

use std::fs::{self, File};
use std::io::Read as _;
use std::path::Path;

use crate::channel::draft::DraftId;
use crate::channel::error::StoreError;
use crate::engine::opened::opened;
use crate::mail::composition::{Attachment, Source};
use crate::mail::message_id::MessageId;
use crate::mail::part::PartPath;
use crate::mail::safe_text::SafeText;
use crate::mime::message::Message;
use crate::mime::parse;
use crate::store::Store;
use crate::store::bodies::StoredBody;

/// A file beyond this is not attached: no server takes a mail of that size.
pub const MOST_BYTES: u64 = 100 << 20;

/// What is said of one.
pub const TOO_LARGE: &str = "it is larger than 100 MB";

/// Why bytes are not at hand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Lack {
    /// This message is not wholly on this machine.
    Missing(MessageId),
    /// In words.
    Said(String),
}

impl From<StoreError> for Lack {
    fn from(error: StoreError) -> Self {
        Self::Said(error.to_string())
    }
}

/// The bytes of the attachments of a draft, in their order; of files with more than `most` bytes none is read.
///
/// # Errors
/// The first that is not at hand, by name.
pub fn of(
    store: &Store,
    draft: Option<DraftId>,
    attachments: &[Attachment],
    most: u64,
) -> Result<Vec<Vec<u8>>, Lack> {
    let bytes = |attachment: &Attachment| {
        bytes_of(store, draft, &attachment.source, most).map_err(|lack| match lack {
            Lack::Said(why) => Lack::Said(format!("{}: {why}", SafeText::line(&attachment.name))),
            missing @ Lack::Missing(_) => missing,
        })
    };
    attachments.iter().map(bytes).collect()
}

fn bytes_of(
    store: &Store,
    draft: Option<DraftId>,
    source: &Source,
    most: u64,
) -> Result<Vec<u8>, Lack> {
    let (id, path) = match source {
        Source::File(path) => return file(path, most).map_err(Lack::Said),
        Source::Message(id) => (*id, PartPath::default()),
        Source::Part { message, part } => (*message, PartPath::parse(part).unwrap_or_default()),
        Source::Given { part } => {
            let given = draft
                .map(|draft| store.reader()?.given(draft))
                .transpose()?;
            let given = given.flatten().ok_or_else(|| Lack::Said(GONE.to_owned()))?;
            let path = PartPath::parse(part).unwrap_or_default();
            let bytes = part_of(&parse::message(&given), &path).map_err(Lack::Said)?;
            return bytes.ok_or_else(|| Lack::Said(GONE.to_owned()));
        }
    };
    let body = store.reader()?.body(id)?.ok_or(Lack::Missing(id))?;
    if path.numbers().is_empty() {
        return match body {
            StoredBody::Whole(bytes) => Ok(bytes),
            StoredBody::Parts { .. } => Err(Lack::Missing(id)),
        };
    }
    let bytes = opened(store, id, &body, |message| part_of(message, &path))?;
    bytes.map_err(Lack::Said)?.ok_or(Lack::Missing(id))
}

/// What is said where the mail is not with its draft that it was given in.
const GONE: &str = "the mail that it came in is gone";

/// The bytes of a part; `None` where they are not at hand.
fn part_of(message: &Message, path: &PartPath) -> Result<Option<Vec<u8>>, String> {
    let found = message.parts.iter().find(|part| part.info.path == *path);
    let part = found.ok_or_else(|| format!("its message has no part {path}"))?;
    Ok(part.body.as_ref().map(|_| part.decoded()))
}

/// Reads a file that can be attached: what it is, and how large, is looked at before it is opened.
fn file(path: &Path, most: u64) -> Result<Vec<u8>, String> {
    let said = |error: std::io::Error| error.to_string();
    let known = fs::metadata(path).map_err(said)?;
    if !known.is_file() {
        return Err("it is no file".to_owned());
    }
    let mut bytes = Vec::new();
    if known.len() <= most {
        let file = File::open(path).map_err(said)?;
        // It may grow meanwhile.
        let mut limited = file.take(most.saturating_add(1));
        limited.read_to_end(&mut bytes).map_err(said)?;
    }
    let is_whole = u64::try_from(bytes.len()).is_ok_and(|n| n <= most);
    if known.len() <= most && is_whole {
        return Ok(bytes);
    }
    Err(if most == MOST_BYTES {
        TOO_LARGE.to_owned()
    } else {
        format!("it is larger than {most} bytes")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_judged_before_it_is_read() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("file");
        fs::write(&path, "four").unwrap();
        assert_eq!(file(&path, 4).unwrap(), b"four");
        assert_eq!(file(&path, 3).unwrap_err(), "it is larger than 3 bytes");
        // One of more than this disk holds.
        let sparse = File::create(&path).unwrap();
        sparse.set_len(1 << 42).unwrap();
        assert_eq!(file(&path, MOST_BYTES).unwrap_err(), TOO_LARGE);
        // A pipe that nobody writes to would never end.
        let pipe = directory.path().join("pipe");
        let made = std::process::Command::new("mkfifo").arg(&pipe).status();
        assert!(made.unwrap().success());
        assert_eq!(file(&pipe, 4).unwrap_err(), "it is no file");
        assert_eq!(file(directory.path(), 4).unwrap_err(), "it is no file");
        assert!(file(Path::new("/no/such/file"), 4).is_err());
    }
}
