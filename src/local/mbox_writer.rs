//! Writes an mbox that can be gone on with: every message has a block of ours before its header, which names it and says
//! how long it is. So a file that was torn is mended, and what it has already is not written twice.

use std::fs::{File, OpenOptions};
use std::io::{
    self, BufRead as _, BufReader, BufWriter, Read as _, Seek as _, SeekFrom, Write as _,
};
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use crate::local::mbox_header::{Block, SENDER};
use crate::local::message::{LocalError, LocalMessage};
use crate::local::quoting::{self, FROM};
use crate::local::{asctime, line_ends};

/// So many bytes are written before the disk is asked to have them.
const UNSYNCED: u64 = 32 * 1024 * 1024;
/// No line of a record but the message's own is longer.
const MOST_LINE: u64 = 8 * 1024;

/// Adds messages to an mbox of ours.
#[derive(Debug)]
pub struct MboxWriter {
    path: PathBuf,
    file: BufWriter<File>,
    n_unsynced: u64,
}

impl MboxWriter {
    /// Makes the file, readable by its owner alone, or goes on with one that an export began. `is_known` is told the ID of
    /// each message that is there, and says whether it belongs here.
    ///
    /// # Errors
    /// `Foreign` for a file that no such export wrote, or that another process is writing to; what the system said.
    pub fn open(path: &Path, is_known: &mut dyn FnMut(&str) -> bool) -> Result<Self, LocalError> {
        let failed = |error: io::Error| LocalError::io(path, &error);
        let made = OpenOptions::new()
            .read(true)
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(path);
        let (mut file, end) = match made {
            Ok(file) => (file, 0),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                let file = existing(path)?;
                let end = end_of_ours(&file, is_known).map_err(failed)?;
                let end = end.ok_or_else(|| LocalError::foreign(path, FOREIGN))?;
                (file, end)
            }
            Err(error) => return Err(failed(error)),
        };
        if file.try_lock().is_err() {
            return Err(LocalError::foreign(
                path,
                "another process is writing to it",
            ));
        }
        file.set_len(end).map_err(failed)?;
        file.seek(SeekFrom::Start(end)).map_err(failed)?;
        Ok(Self {
            path: path.to_owned(),
            file: BufWriter::with_capacity(256 * 1024, file),
            n_unsynced: 0,
        })
    }

    /// Adds a message.
    ///
    /// # Errors
    /// What the system said; the next `open` takes back what was written in part.
    pub fn add(&mut self, id: &str, message: &LocalMessage) -> Result<(), LocalError> {
        let written = self.write(id, message);
        written.map_err(|error| LocalError::io(&self.path, &error))
    }

    fn write(&mut self, id: &str, message: &LocalMessage) -> io::Result<()> {
        let is_plain = line_ends::is_plain(&message.bytes);
        let (end, text) = if is_plain {
            ("\n", line_ends::to_lf(&message.bytes))
        } else {
            ("\r\n", message.bytes.clone())
        };
        let text = quoting::quote(&text);
        let block = Block {
            id: id.to_owned(),
            n_bytes: text.len() as u64,
            flags: message.flags.clone(),
        };
        let date = asctime::write(message.internal_date.unwrap_or(0));
        let head = format!("From {SENDER} {date}{end}{}", block.write(end));
        self.file.write_all(head.as_bytes())?;
        self.file.write_all(&text)?;
        self.file.write_all(end.as_bytes())?;
        self.n_unsynced += block.n_bytes;
        if self.n_unsynced >= UNSYNCED {
            self.sync()?;
        }
        Ok(())
    }

    fn sync(&mut self) -> io::Result<()> {
        self.n_unsynced = 0;
        self.file.flush()?;
        self.file.get_ref().sync_all()
    }

    /// Has the disk keep what was written.
    ///
    /// # Errors
    /// What the system said.
    pub fn finish(mut self) -> Result<(), LocalError> {
        self.sync()
            .map_err(|error| LocalError::io(&self.path, &error))
    }
}

const FOREIGN: &str =
    "this file is there already, and is no export of this folder; it was not touched";

/// Opens a plain file, and never through a link.
fn existing(path: &Path) -> Result<File, LocalError> {
    let failed = |error: io::Error| LocalError::io(path, &error);
    let named = path.symlink_metadata().map_err(failed)?;
    if !named.is_file() {
        return Err(LocalError::foreign(path, FOREIGN));
    }
    let file = OpenOptions::new()
        .read(true)
        .write(true)
        .open(path)
        .map_err(failed)?;
    let opened = file.metadata().map_err(failed)?;
    if (named.dev(), named.ino()) != (opened.dev(), opened.ino()) {
        return Err(LocalError::foreign(path, FOREIGN));
    }
    Ok(file)
}

/// Where the last whole message ends; `None` where anything but messages of ours is there.
fn end_of_ours(file: &File, is_known: &mut dyn FnMut(&str) -> bool) -> io::Result<Option<u64>> {
    let n_bytes = file.metadata()?.len();
    let mut reader = BufReader::new(file);
    let mut end = 0;
    loop {
        match record(&mut reader)? {
            Record::None => return Ok(Some(end)),
            Record::Foreign => return Ok(None),
            Record::Ours {
                id,
                n_record,
                n_rest,
            } => {
                let next = n_rest
                    .checked_add(n_record)
                    .and_then(|n| n.checked_add(end));
                let Some(next) = next.filter(|next| *next <= n_bytes) else {
                    return Ok(Some(end));
                };
                if !is_known(&id) {
                    return Ok(None);
                }
                reader.seek_relative(i64::try_from(n_rest).unwrap_or(i64::MAX))?;
                end = next;
            }
        }
    }
}

/// What stands at the end of the last message.
enum Record {
    /// Nothing, or the beginning of a message that was not finished.
    None,
    /// Something that is not ours.
    Foreign,
    /// A message.
    Ours {
        id: String,
        /// Bytes of the `From ` line and the block.
        n_record: u64,
        /// Bytes behind them.
        n_rest: u64,
    },
}

fn record(reader: &mut BufReader<&File>) -> io::Result<Record> {
    let mut lines = [const { Vec::new() }; Block::LINES];
    let mut first = Vec::new();
    let mut n_record = line(reader, &mut first)?;
    for each in &mut lines {
        n_record += line(reader, each)?;
    }
    let begin = format!("{}{SENDER} ", String::from_utf8_lossy(FROM)).into_bytes();
    let is_whole = first.ends_with(b"\n");
    if !first.starts_with(&begin) && (is_whole || !begin.starts_with(&first)) {
        return Ok(Record::Foreign);
    }
    let lines = lines.each_ref().map(Vec::as_slice);
    if !is_whole || Block::is_torn(&lines) {
        return Ok(Record::None);
    }
    let n_end = if first.ends_with(b"\r\n") { 2 } else { 1 };
    Ok(
        Block::read(&lines).map_or(Record::Foreign, |block| Record::Ours {
            id: block.id,
            n_record,
            n_rest: block.n_bytes.saturating_add(n_end),
        }),
    )
}

fn line(reader: &mut BufReader<&File>, into: &mut Vec<u8>) -> io::Result<u64> {
    let n = reader.take(MOST_LINE).read_until(b'\n', into)?;
    Ok(n as u64)
}
