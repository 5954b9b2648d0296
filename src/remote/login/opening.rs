//! The time until a connection is logged in: a server has little to say then, and may be anybody. Caps on a response, on
//! all of them together, and on the time.
//!
//! One response is framed at a time. What stands behind the login's OK belongs to the session, with its wider caps, though
//! it came in the same segment.

use std::collections::VecDeque;
use std::io::{self, ErrorKind};
use std::time::{Duration, Instant};

use crate::remote::wire::framer::{Caps, Framer};

/// How long it may take in all, however busily the server talks.
const DEADLINE: Duration = Duration::from_mins(1);
/// Bytes of all responses up to the login's OK.
const MOST_BYTES: usize = 1024 * 1024;
/// Responses that count and have not been looked at.
const MOST_BELIEVED: usize = 50;

/// What a response may hold: a greeting, capabilities, a challenge. Nothing goes to the disk.
pub(crate) const CAPS: Caps = Caps {
    line: 64 * 1024,
    number_line: 64 * 1024,
    response: 64 * 1024,
    memory_literal: 64 * 1024,
    literal: 64 * 1024,
};

/// A connection that is not logged in yet.
pub(crate) struct Opening {
    until: Instant,
    /// Bytes that came and were not framed.
    held: VecDeque<u8>,
    /// How many more may be framed.
    n_left: usize,
}

impl Opening {
    pub(crate) fn new() -> Self {
        Self {
            until: Instant::now() + DEADLINE,
            held: VecDeque::new(),
            n_left: MOST_BYTES,
        }
    }

    /// When it must be over.
    pub(crate) const fn until(&self) -> Instant {
        self.until
    }

    /// Whether every byte that came was framed.
    pub(crate) fn is_empty(&self) -> bool {
        self.held.is_empty()
    }

    /// Keeps what came, until a response is wanted.
    pub(crate) fn hold(&mut self, bytes: &[u8]) {
        self.held.extend(bytes);
    }

    /// Gives the framer what came, up to the end of one response.
    ///
    /// # Errors
    /// `TimedOut` when the time is over, `InvalidData` where the server has said too much.
    pub(crate) fn frame(&mut self, framer: &mut Framer) -> io::Result<()> {
        if Instant::now() >= self.until {
            return Err(ErrorKind::TimedOut.into());
        }
        while !self.held.is_empty() && !framer.is_ready() && framer.lost().is_none() {
            let line_end = self.held.iter().position(|byte| *byte == b'\n');
            let n = line_end.map_or(self.held.len(), |at| at + 1);
            self.n_left = self.n_left.checked_sub(n).ok_or_else(too_much)?;
            let line: Vec<u8> = self.held.drain(..n).collect();
            framer.push(&line);
        }
        if framer.lost().is_some() || framer.is_skipping() {
            return Err(too_much());
        }
        Ok(())
    }

    /// Judges how many responses wait to be looked at.
    ///
    /// # Errors
    /// `InvalidData` where there are too many.
    pub(crate) fn check(n_believed: usize) -> io::Result<()> {
        if n_believed > MOST_BELIEVED {
            return Err(too_much());
        }
        Ok(())
    }

    /// What is not of the opening any more.
    pub(crate) fn into_rest(self) -> Vec<u8> {
        self.held.into()
    }
}

fn too_much() -> io::Error {
    io::Error::new(
        ErrorKind::InvalidData,
        "more than anybody says before a login",
    )
}
