//! Responses that came while the `imap` crate was talking, or beside an answer that was waited for: kept for whoever reads
//! them afterwards, within limits, since a server may go on without end.

use std::collections::VecDeque;
use std::io::{self, ErrorKind};

use crate::remote::wire::framer::Frame;

/// Responses that are kept.
pub(crate) const MOST: usize = 100_000;
/// Their bytes.
pub(crate) const MOST_BYTES: usize = 16 * 1024 * 1024;

/// Responses in wire order.
#[derive(Default)]
pub(crate) struct Tapped {
    frames: VecDeque<Frame>,
    n_bytes: usize,
}

impl Tapped {
    /// Keeps one more.
    ///
    /// # Errors
    /// `InvalidData` where it is too much.
    pub(crate) fn push(&mut self, frame: Frame) -> io::Result<()> {
        self.n_bytes = self.n_bytes.saturating_add(frame.bytes.len());
        if self.frames.len() >= MOST || self.n_bytes > MOST_BYTES {
            return Err(io::Error::new(ErrorKind::InvalidData, TOO_MUCH));
        }
        self.frames.push_back(frame);
        Ok(())
    }

    /// The oldest.
    pub(crate) fn pop(&mut self) -> Option<Frame> {
        let frame = self.frames.pop_front()?;
        self.n_bytes = self.n_bytes.saturating_sub(frame.bytes.len());
        Some(frame)
    }

    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.frames.len()
    }
}

/// What such a server did.
pub(crate) const TOO_MUCH: &str = "more than anybody says beside an answer";
