//! A connection's way out: buffered, counted, and the place where cuts, stalls, fragments and delays happen.

use std::io::{self, ErrorKind, Write};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use flate2::Compress;

use crate::demo::deflate;
use crate::demo::fault::FaultKind;
use crate::demo::shared::{Link, Service, Shared};

/// Bytes collected before a write.
const BLOCK: usize = 64 << 10;

/// Writes to one client.
pub struct Output {
    link: Arc<Link>,
    shared: Arc<Shared>,
    buffer: Vec<u8>,
    /// Bytes written so far.
    sent: u64,
    cut_at: Option<u64>,
    /// As `cut_at`, but asked for by a command; stays whatever the plan says later.
    command_cut_at: Option<u64>,
    /// Silence from there on, asked for by a command.
    stall_at: Option<u64>,
    fragment: usize,
    delay: Option<Duration>,
    /// Everything is compressed from here on.
    deflater: Option<Compress>,
}

fn gone() -> io::Error {
    ErrorKind::ConnectionAborted.into()
}

impl Output {
    /// An output without faults.
    pub fn new(link: Arc<Link>, shared: Arc<Shared>) -> Self {
        Self {
            link,
            shared,
            buffer: Vec::with_capacity(BLOCK + 4096),
            sent: 0,
            cut_at: None,
            command_cut_at: None,
            stall_at: None,
            fragment: usize::MAX,
            delay: None,
            deflater: None,
        }
    }

    /// Takes over what the plan says of the whole connection; asked again before every command.
    pub fn obey(&mut self) {
        let kinds = self
            .shared
            .faults(self.link.service)
            .of_connection(self.link.number);
        (self.cut_at, self.fragment, self.delay) = (None, usize::MAX, None);
        for kind in kinds {
            match kind {
                FaultKind::CutAfter(bytes) => self.cut_at = Some(bytes),
                FaultKind::Fragment(size) => self.fragment = size.max(1),
                FaultKind::Delay(delay) => self.delay = Some(delay),
                _ => {}
            }
        }
    }

    /// Cuts the connection `after` bytes from here; compressed, that is so many bytes of the wire.
    pub fn cut_in(&mut self, after: u64) {
        let at = self.sent + self.n_waiting() + after;
        self.command_cut_at = Some(self.command_cut_at.map_or(at, |other| other.min(at)));
    }

    /// Falls silent `after` bytes from here.
    pub fn stall_in(&mut self, after: u64) {
        let at = self.sent + self.n_waiting() + after;
        self.stall_at = Some(self.stall_at.map_or(at, |other| other.min(at)));
    }

    /// Bytes of the wire that are still to go for what was collected; compressed, nobody can know before.
    fn n_waiting(&self) -> u64 {
        if self.deflater.is_some() {
            0
        } else {
            self.buffer.len() as u64
        }
    }

    /// Adds bytes; writes when enough have come together.
    pub fn put(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.buffer.extend_from_slice(bytes);
        if self.buffer.len() >= BLOCK {
            return self.flush();
        }
        Ok(())
    }

    /// Adds a line and its end.
    pub fn line(&mut self, text: &str) -> io::Result<()> {
        self.buffer.extend_from_slice(text.as_bytes());
        self.put(b"\r\n")
    }

    /// Sends what was collected, and compresses all that follows. RFC 4978.
    pub fn compress(&mut self) -> io::Result<()> {
        self.flush()?;
        self.deflater = Some(deflate::deflater());
        Ok(())
    }

    /// Writes what was collected. An error means that the connection is over.
    pub fn flush(&mut self) -> io::Result<()> {
        let buffer = std::mem::take(&mut self.buffer);
        let result = match &mut self.deflater {
            Some(deflater) if !buffer.is_empty() => {
                let compressed = deflate::deflate(deflater, &buffer)?;
                self.write(&compressed)
            }
            _ => self.write(&buffer),
        };
        self.buffer = buffer;
        self.buffer.clear();
        result
    }

    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        let room = |at: u64| usize::try_from(at.saturating_sub(self.sent)).unwrap_or(usize::MAX);
        let cut = self.cut_at.into_iter().chain(self.command_cut_at).min();
        let (cut, stall) = (cut.map(room), self.stall_at.map(room));
        let allowed = [cut, stall]
            .into_iter()
            .flatten()
            .fold(bytes.len(), usize::min);
        for piece in bytes
            .get(..allowed)
            .unwrap_or_default()
            .chunks(self.fragment)
        {
            if self.delay.is_some() {
                self.link.incoming.rest(self.delay);
            }
            (&self.link.socket).write_all(piece)?;
            self.sent += piece.len() as u64;
            if self.link.service == Service::Imap {
                self.shared
                    .counters
                    .bytes_sent
                    .fetch_add(piece.len() as u64, Ordering::Relaxed);
            }
        }
        if cut == Some(allowed) {
            self.link.cut();
            return Err(gone());
        }
        if stall == Some(allowed) {
            self.link.incoming.rest(None);
            return Err(gone());
        }
        Ok(())
    }
}
