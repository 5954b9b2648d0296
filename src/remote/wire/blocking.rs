//! The stream as the `imap` crate sees it: reads and writes that block, up to the deadline.

use std::io::{self, ErrorKind, Read, Write};
use std::time::Duration;

use crate::remote::login::opening::Opening;
use crate::remote::login::{filter, is_believed};
use crate::remote::wire::{Wire, wire_log};

/// For the `imap` crate: at most up to the next line feed, so that its buffer never holds what is not its own.
impl Read for Wire {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let mut core = self.core();
        while core.for_imap.is_empty() {
            let frame = match core.await_frame() {
                Ok(frame) => frame,
                Err(error) if error.kind() == ErrorKind::UnexpectedEof => return Ok(0),
                Err(error) => return Err(error),
            };
            if let Some(line) = filter::for_imap(&frame) {
                core.for_imap.extend(line);
            }
            if core.opening.is_none() || is_believed(&frame.bytes) {
                core.tapped.push(frame)?;
            }
            if core.opening.is_some() {
                Opening::check(core.tapped.len())?;
            }
        }
        let line_end = core.for_imap.iter().position(|byte| *byte == b'\n');
        let n = line_end
            .map_or(core.for_imap.len(), |at| at + 1)
            .min(buffer.len());
        for (to, from) in buffer.iter_mut().zip(core.for_imap.drain(..n)) {
            *to = from;
        }
        Ok(n)
    }
}

/// For the `imap` crate: blocks until something is written, or the deadline.
impl Write for Wire {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut core = self.core();
        let until = core.until();
        loop {
            let n = core.transport.write(bytes)?;
            if n > 0 || bytes.is_empty() {
                let is_secret = core.is_secret;
                wire_log::sent(bytes.get(..n).unwrap_or_default(), is_secret);
                while core.transport.has_unsent() {
                    core.block(true, until)?;
                    core.transport.write(&[])?;
                }
                return Ok(n);
            }
            core.block(true, until)?;
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl imap::extensions::idle::SetReadTimeout for Wire {
    /// Deadlines are ours: the crate would set none at all.
    fn set_read_timeout(&mut self, _: Option<Duration>) -> imap::Result<()> {
        Ok(())
    }
}
