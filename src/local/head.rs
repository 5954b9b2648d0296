//! What a list needs of a file: its header, and how large the message is on the wire. The file is never in memory.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;
use std::time::UNIX_EPOCH;

use crate::local::line_ends;
use crate::local::message::{MOST_BYTES, Skipped};

/// No more of a header is read, in bytes.
pub const MOST_HEADER_BYTES: usize = 256 * 1024;
const CHUNK: usize = 64 * 1024;

/// The beginning of a message.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Head {
    /// The header fields and the empty line, with CRLF.
    pub block: Vec<u8>,
    /// The size of the whole message with CRLF at the ends of lines: RFC822.SIZE. Of a file beyond [`MOST_BYTES`] that of
    /// the file.
    pub size_bytes: u64,
    /// When the file was written, seconds since the epoch.
    pub internal_date: i64,
}

/// The header fields of a message, the empty line behind them included; all of it where there is none. As much as fits
/// into [`MOST_HEADER_BYTES`].
#[must_use]
pub fn header_of(message: &[u8]) -> &[u8] {
    let head = message.get(..MOST_HEADER_BYTES).unwrap_or(message);
    let end = head.windows(4).position(|four| four == b"\r\n\r\n");
    end.and_then(|end| head.get(..end + 4)).unwrap_or(head)
}

/// Reads the beginning of a file and counts the rest.
///
/// # Errors
/// What the system said; `Skipped` for what is no file.
pub fn read(path: &Path) -> io::Result<Result<Head, Skipped>> {
    let metadata = std::fs::metadata(path)?;
    if !metadata.is_file() {
        let cause = "this is no file".to_owned();
        return Ok(Err(Skipped::Unreadable { cause }));
    }
    let modified = metadata.modified().ok();
    let since = modified.and_then(|time| time.duration_since(UNIX_EPOCH).ok());
    let mut file = File::open(path)?;
    let mut start = Vec::new();
    let mut lines = Lines::default();
    let mut chunk = vec![0; CHUNK];
    loop {
        let n = file.read(&mut chunk)?;
        let read = chunk.get(..n).unwrap_or_default();
        if read.is_empty() {
            break;
        }
        let room = MOST_HEADER_BYTES - start.len().min(MOST_HEADER_BYTES);
        start.extend_from_slice(read.get(..room).unwrap_or(read));
        lines.count(read);
        if metadata.len() > MOST_BYTES && start.len() >= MOST_HEADER_BYTES {
            lines = Lines::of_length(metadata.len());
            break;
        }
    }
    // What has its CRLF further down has none in its header only where somebody mixes; then it is shown all the same.
    let start = if lines.has_crlf {
        start
    } else {
        line_ends::to_crlf(&start)
    };
    Ok(Ok(Head {
        block: header_of(&start).to_vec(),
        size_bytes: lines.on_the_wire(),
        internal_date: since
            .and_then(|since| i64::try_from(since.as_secs()).ok())
            .unwrap_or(0),
    }))
}

/// What decides about the size of a file as [`line_ends::of_file`] gives it.
#[derive(Debug, Default)]
struct Lines {
    n_bytes: u64,
    n_lf: u64,
    has_crlf: bool,
    last: u8,
}

impl Lines {
    fn of_length(n_bytes: u64) -> Self {
        Self {
            n_bytes,
            ..Self::default()
        }
    }

    fn count(&mut self, bytes: &[u8]) {
        for byte in bytes {
            if *byte == b'\n' {
                self.n_lf += 1;
                self.has_crlf |= self.last == b'\r';
            }
            self.last = *byte;
        }
        self.n_bytes += bytes.len() as u64;
    }

    const fn on_the_wire(&self) -> u64 {
        if self.has_crlf {
            self.n_bytes
        } else {
            self.n_bytes + self.n_lf
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_head_says_the_size_that_the_whole_message_will_have() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("message");
        for text in [
            "",
            "Subject: a\n\nb\nc",
            "Subject: a\r\n\r\nb\r\n",
            "Subject: a\r\n\r\nb\nc\n",
            "no header at all",
        ] {
            std::fs::write(&path, text).unwrap();
            let head = read(&path).unwrap().unwrap();
            let whole = line_ends::of_file(text.as_bytes().to_vec());
            assert_eq!(head.size_bytes, whole.len() as u64, "{text:?}");
            assert_eq!(head.block, header_of(&whole), "{text:?}");
            assert!(head.internal_date > 0);
        }
        let long = format!("Subject: a\n{}\n\nb\n", "X: y\n".repeat(300_000));
        std::fs::write(&path, &long).unwrap();
        let head = read(&path).unwrap().unwrap();
        assert_eq!(head.block.len(), MOST_HEADER_BYTES);
        assert_eq!(
            head.size_bytes,
            line_ends::to_crlf(long.as_bytes()).len() as u64
        );
        assert!(read(directory.path()).unwrap().is_err());
        assert!(read(&directory.path().join("none")).is_err());
    }
}
