//! A connection's way in: lines and literals out of the bytes that came. Flushes the output before it waits.

use std::io;
use std::sync::Arc;

use flate2::Decompress;

use crate::demo::deflate;
use crate::demo::incoming::Arrived;
use crate::demo::output::Output;
use crate::demo::shared::Link;

/// The longest line accepted, in bytes.
const LINE: usize = 1 << 20;

/// What a session that idles hears.
#[derive(Debug, PartialEq, Eq)]
pub enum Heard {
    /// A line.
    Line(Vec<u8>),
    /// A mailbox changed.
    Change,
}

/// Reads from one client.
pub struct Reader {
    link: Arc<Link>,
    buffer: Vec<u8>,
    start: usize,
    /// What comes is compressed.
    inflater: Option<Decompress>,
}

fn closed() -> io::Error {
    io::ErrorKind::UnexpectedEof.into()
}

fn strip_end(line: &mut Vec<u8>) {
    line.pop();
    if line.last() == Some(&b'\r') {
        line.pop();
    }
}

impl Reader {
    /// Reads what the link's pump delivers.
    pub const fn new(link: Arc<Link>) -> Self {
        Self {
            link,
            buffer: Vec::new(),
            start: 0,
            inflater: None,
        }
    }

    /// Takes all that follows, and what has come already, as compressed. RFC 4978.
    pub fn decompress(&mut self) -> io::Result<()> {
        let mut inflater = deflate::inflater();
        let came = self.consume(self.rest().len());
        self.buffer = deflate::inflate(&mut inflater, &came)?;
        self.inflater = Some(inflater);
        Ok(())
    }

    fn rest(&self) -> &[u8] {
        self.buffer.get(self.start..).unwrap_or_default()
    }

    fn consume(&mut self, count: usize) -> Vec<u8> {
        let taken = self.rest().get(..count).unwrap_or_default().to_vec();
        self.start += count;
        if self.start >= self.buffer.len() {
            self.buffer.clear();
            self.start = 0;
        }
        taken
    }

    /// Adds what came; `false` for a change instead of bytes.
    fn fill(&mut self, output: &mut Output, changes: bool) -> io::Result<bool> {
        if !self.link.incoming.has_bytes() {
            output.flush()?;
        }
        match self.link.incoming.wait(changes) {
            Arrived::Bytes(bytes) => {
                let bytes = match &mut self.inflater {
                    Some(inflater) => deflate::inflate(inflater, &bytes)?,
                    None => bytes,
                };
                if self.start > 0 {
                    self.buffer.drain(..self.start);
                    self.start = 0;
                }
                if self.buffer.is_empty() {
                    self.buffer = bytes;
                } else {
                    self.buffer.extend(bytes);
                }
                Ok(true)
            }
            Arrived::Change => Ok(false),
            Arrived::Closed => Err(closed()),
        }
    }

    /// The next line, without its end. An error means that the connection is over.
    pub fn line(&mut self, output: &mut Output) -> io::Result<Vec<u8>> {
        let mut line = self.raw_line(output)?;
        strip_end(&mut line);
        Ok(line)
    }

    /// The next line as it came, its end included.
    pub fn raw_line(&mut self, output: &mut Output) -> io::Result<Vec<u8>> {
        loop {
            if let Heard::Line(line) = self.hear_raw(output, false)? {
                return Ok(line);
            }
        }
    }

    /// The next line, without its end, or, where `changes` is set, the news that a mailbox changed.
    pub fn hear(&mut self, output: &mut Output, changes: bool) -> io::Result<Heard> {
        let mut heard = self.hear_raw(output, changes)?;
        if let Heard::Line(line) = &mut heard {
            strip_end(line);
        }
        Ok(heard)
    }

    fn hear_raw(&mut self, output: &mut Output, changes: bool) -> io::Result<Heard> {
        let mut searched = 0;
        loop {
            let rest = self.rest();
            if let Some(at) = rest
                .get(searched..)
                .and_then(|new| new.iter().position(|byte| *byte == b'\n'))
            {
                return Ok(Heard::Line(self.consume(searched + at + 1)));
            }
            searched = rest.len();
            if searched > LINE {
                return Err(closed());
            }
            if !self.fill(output, changes)? {
                return Ok(Heard::Change);
            }
        }
    }

    /// Exactly `count` bytes, as of a literal.
    pub fn take(&mut self, count: usize, output: &mut Output) -> io::Result<Vec<u8>> {
        while self.rest().len() < count {
            self.fill(output, false)?;
        }
        Ok(self.consume(count))
    }
}
