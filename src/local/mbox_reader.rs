//! Reads an mbox message by message, whichever of its forms it is: mboxrd and mboxo by `From ` lines, mboxcl and mboxcl2 by
//! lengths that lead to one, ours (see [`mbox_header`]) exactly as they were written.

use std::fs::File;
use std::io::{self, BufRead as _, BufReader, Read as _, Seek as _, SeekFrom};
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};

use crate::local::mbox_header::{self, Block, SENDER};
use crate::local::message::{LocalError, LocalMessage, MOST_BYTES, Skipped};
use crate::local::quoting::{self, FROM};
use crate::local::{asctime, line_ends};

/// A line without an end is read in pieces of so many bytes.
const PIECE: u64 = 64 * 1024;

/// A message, or why it is passed over.
pub type Found = Result<LocalMessage, Skipped>;

/// A `From ` line.
#[derive(Debug, Clone, Copy)]
struct Separator {
    internal_date: Option<i64>,
    /// The file ends in it.
    is_torn: bool,
    /// It ends in CRLF, and so the message was written as it is.
    is_crlf: bool,
    /// The message is mboxrd for certain: lengths in its header are its own affair.
    is_rd: bool,
}

impl Separator {
    fn read(line: &[u8]) -> Self {
        let is_rd = line
            .strip_prefix(FROM)
            .and_then(|rest| rest.strip_prefix(SENDER.as_bytes()))
            .is_some_and(|rest| rest.starts_with(b" "));
        Self {
            internal_date: asctime::read(line),
            is_torn: !line.ends_with(b"\n"),
            is_crlf: line.ends_with(b"\r\n"),
            is_rd,
        }
    }
}

/// Goes through an mbox from its beginning; in memory is one message at a time.
#[derive(Debug)]
pub struct MboxReader {
    path: PathBuf,
    file: BufReader<File>,
    /// Where the next byte is read.
    offset: u64,
    /// The line that begins the next message.
    separator: Option<Separator>,
}

/// What lies between two `From ` lines.
#[derive(Debug, Default)]
struct Raw {
    /// Empty where there are more than [`MOST_BYTES`].
    bytes: Vec<u8>,
    n_bytes: u64,
    /// How long it is was told by its header.
    is_counted: bool,
}

impl Raw {
    fn push(&mut self, bytes: &[u8]) {
        self.n_bytes = self.n_bytes.saturating_add(bytes.len() as u64);
        if self.n_bytes <= MOST_BYTES {
            self.bytes.extend_from_slice(bytes);
        } else {
            self.bytes = Vec::new();
        }
    }
}

impl MboxReader {
    /// Opens a file that begins with a `From ` line, or holds nothing.
    ///
    /// # Errors
    /// The system did not give the file; `Foreign` for what is no mbox.
    pub fn open(path: &Path) -> Result<Self, LocalError> {
        let file = File::open(path).map_err(|error| LocalError::io(path, &error))?;
        let mut reader = Self {
            path: path.to_owned(),
            file: BufReader::with_capacity(256 * 1024, file),
            offset: 0,
            separator: None,
        };
        let mut line = Vec::new();
        reader
            .begin(&mut line)
            .map_err(|error| LocalError::io(path, &error))?;
        // The first line begins a message whatever it says behind that word.
        if line.starts_with(FROM) {
            reader.separator = Some(Separator::read(&line));
        } else if !line.is_empty() {
            return Err(LocalError::foreign(path, "this is no mbox"));
        }
        Ok(reader)
    }

    /// Passes over empty lines before the first message.
    fn begin(&mut self, line: &mut Vec<u8>) -> io::Result<()> {
        loop {
            line.clear();
            self.piece(line)?;
            if !matches!(line.as_slice(), b"\n" | b"\r\n") {
                return self.rest_of_line(line);
            }
        }
    }

    /// How many bytes of the file were read.
    #[must_use]
    pub const fn n_read(&self) -> u64 {
        self.offset
    }

    /// The next message; `None` behind the last one.
    ///
    /// # Errors
    /// The system did not give more of the file.
    pub fn next_message(&mut self) -> Result<Option<Found>, LocalError> {
        loop {
            let Some(separator) = self.separator.take() else {
                return Ok(None);
            };
            let found = self.read_message(separator);
            let found = found.map_err(|error| LocalError::io(&self.path, &error))?;
            let is_internal = |found: &Found| {
                found
                    .as_ref()
                    .is_ok_and(|message| mbox_header::is_internal(&message.bytes))
            };
            if separator.is_rd || !is_internal(&found) {
                return Ok(Some(found));
            }
        }
    }

    fn read_message(&mut self, separator: Separator) -> io::Result<Found> {
        if separator.is_torn {
            return Ok(Err(Skipped::Torn));
        }
        let block = match self.block(separator)? {
            Ok(block) => block,
            Err(torn) => return Ok(Err(torn)),
        };
        let raw = self.raw(separator)?;
        let is_last = self.separator.is_none();
        if is_last
            && block
                .as_ref()
                .is_some_and(|block| raw.n_bytes < block.n_bytes)
        {
            return Ok(Err(Skipped::Torn));
        }
        if raw.n_bytes > MOST_BYTES {
            return Ok(Err(Skipped::TooLarge { bytes: raw.n_bytes }));
        }
        let (bytes, flags) = match block {
            Some(block) => (exact(raw.bytes, block.n_bytes, separator), block.flags),
            None => mbox_header::take_notes(&tolerant(raw, separator)),
        };
        Ok(Ok(LocalMessage {
            bytes,
            flags,
            internal_date: separator.internal_date,
        }))
    }

    /// Our block, where there is one; else nothing was read.
    fn block(&mut self, separator: Separator) -> io::Result<Result<Option<Block>, Skipped>> {
        if !separator.is_rd {
            return Ok(Ok(None));
        }
        let start = self.offset;
        let mut lines = [const { Vec::new() }; Block::LINES];
        for line in &mut lines {
            self.piece(line)?;
        }
        let lines = lines.each_ref().map(Vec::as_slice);
        if Block::is_torn(&lines) {
            return Ok(Err(Skipped::Torn));
        }
        let block = Block::read(&lines);
        if block.is_none() {
            self.go_to(start)?;
        }
        Ok(Ok(block))
    }

    /// Everything up to the next `From ` line, or the end of the file.
    fn raw(&mut self, separator: Separator) -> io::Result<Raw> {
        let mut raw = Raw::default();
        let (mut is_line_start, mut is_header) = (true, !separator.is_rd);
        // Before this nothing is taken for a `From ` line.
        let mut until = 0;
        let mut line = Vec::new();
        loop {
            line.clear();
            if self.piece(&mut line)? == 0 {
                return Ok(raw);
            }
            let begin = self.offset - line.len() as u64;
            if is_line_start && begin >= until && is_separator(&line) {
                self.rest_of_line(&mut line)?;
                self.separator = Some(Separator::read(&line));
                return Ok(raw);
            }
            if is_header && is_line_start && matches!(line.as_slice(), b"\n" | b"\r\n") {
                is_header = false;
                let length = mbox_header::content_length(&raw.bytes);
                let end = length.and_then(|length| self.offset.checked_add(length));
                if let Some(end) = end.filter(|end| self.is_end(*end)) {
                    (until, raw.is_counted) = (end, true);
                }
            }
            is_line_start = line.ends_with(b"\n");
            raw.push(&line);
        }
    }

    /// Whether a message ends here: behind at most two ends of lines is a `From ` line, or nothing.
    fn is_end(&self, offset: u64) -> bool {
        let mut bytes = [0; 16];
        let Ok(n) = self.file.get_ref().read_at(&mut bytes, offset) else {
            return false;
        };
        let mut rest = bytes.get(..n).unwrap_or_default();
        if offset > 0 && n == 0 {
            // Behind the end of the file nothing can be.
            let mut last = [0; 1];
            return self
                .file
                .get_ref()
                .read_at(&mut last, offset - 1)
                .is_ok_and(|n| n == 1);
        }
        for _ in 0..2 {
            let end = rest
                .strip_prefix(b"\r\n")
                .or_else(|| rest.strip_prefix(b"\n"));
            rest = end.unwrap_or(rest);
        }
        rest.is_empty() || rest.starts_with(FROM)
    }

    /// Reads up to the end of the line, or a piece of it; the number of bytes, 0 at the end of the file.
    fn piece(&mut self, into: &mut Vec<u8>) -> io::Result<usize> {
        let n = (&mut self.file).take(PIECE).read_until(b'\n', into)?;
        self.offset += n as u64;
        Ok(n)
    }

    /// Passes over what is left of a line, but for its end.
    fn rest_of_line(&mut self, line: &mut Vec<u8>) -> io::Result<()> {
        let mut rest = Vec::new();
        while !line.ends_with(b"\n") {
            rest.clear();
            if self.piece(&mut rest)? == 0 {
                return Ok(());
            }
            let end = rest.len().saturating_sub(2);
            line.extend_from_slice(rest.get(end..).unwrap_or_default());
        }
        Ok(())
    }

    fn go_to(&mut self, offset: u64) -> io::Result<()> {
        self.offset = self.file.seek(SeekFrom::Start(offset))?;
        Ok(())
    }
}

/// Whether a line begins a message.
fn is_separator(line: &[u8]) -> bool {
    line.starts_with(FROM) && asctime::read(line).is_some()
}

/// A message of ours: the end of line behind it is the file's, and so is a torn `From ` line; all else is its own.
fn exact(mut bytes: Vec<u8>, told: u64, separator: Separator) -> Vec<u8> {
    let end: &[u8] = if separator.is_crlf { b"\r\n" } else { b"\n" };
    let told = usize::try_from(told).unwrap_or(usize::MAX);
    let behind = bytes.get(told..).unwrap_or_default();
    let behind = behind.strip_prefix(end).unwrap_or(behind);
    if FROM.starts_with(behind) || behind.starts_with(FROM) || end.starts_with(behind) {
        bytes.truncate(told);
    }
    let bytes = quoting::unquote(&bytes);
    if separator.is_crlf {
        bytes
    } else {
        line_ends::to_crlf(&bytes)
    }
}

/// A message of any other program: the empty line at its end is the file's.
fn tolerant(raw: Raw, separator: Separator) -> Vec<u8> {
    let mut bytes = raw.bytes;
    if bytes.ends_with(b"\n\r\n") {
        bytes.truncate(bytes.len() - 2);
    } else if bytes.ends_with(b"\n\n") {
        bytes.truncate(bytes.len() - 1);
    }
    let is_quoted = separator.is_rd || !raw.is_counted || !quoting::is_unquoted(&bytes);
    let bytes = if is_quoted {
        quoting::unquote(&bytes)
    } else {
        bytes
    };
    line_ends::to_crlf(&bytes)
}
