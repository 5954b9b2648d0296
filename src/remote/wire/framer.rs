//! Cuts the byte stream into responses, each byte looked at once. Knows lines and literals, nothing of their meaning.
//!
//! Memory follows the bytes received, never a length that the server announces.

use std::collections::VecDeque;
use std::io;
use std::path::PathBuf;

use crate::remote::wire::literal::{Announced, Spill, SpilledLiteral, announcement};

/// What the framer takes before it gives up on a response.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Caps {
    /// Bytes of one line.
    pub line: usize,
    /// Bytes of one line that is a list of numbers (SEARCH, SORT, ESEARCH, VANISHED, COPYUID, MODIFIED).
    pub number_line: usize,
    /// Bytes of one response, spilled literals not counted.
    pub response: usize,
    /// Bytes of a literal that stay in memory; what is longer goes to a file.
    pub memory_literal: u64,
    /// Bytes of one literal, of all literals of a response that go to the disk, and of a response that is being skipped;
    /// beyond it framing counts as lost.
    pub literal: u64,
}

impl Default for Caps {
    fn default() -> Self {
        const MIB: usize = 1024 * 1024;
        Self {
            line: MIB,
            number_line: 32 * MIB,
            response: 100 * MIB,
            memory_literal: 64 * 1024,
            literal: 1024 * 1024 * 1024,
        }
    }
}

/// One whole response without its final line end. Literals stand inline as they came, `{3}\r\nabc`; of a spilled one
/// only the announcement does.
#[derive(Debug, Clone, Default)]
pub struct Frame {
    /// The bytes.
    pub bytes: Vec<u8>,
    /// Where in `bytes` the data of a spilled literal would begin, and the data; in order.
    pub spilled: Vec<(usize, SpilledLiteral)>,
    /// Why the response was skipped; `bytes` then holds its beginning.
    pub skipped: Option<&'static str>,
}

/// Why no further response can be found in the stream: the connection must be closed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lost(pub &'static str);

#[derive(Debug)]
enum State {
    /// Inside a line.
    Line,
    /// Inside a literal that is kept in the frame.
    Memory { left: u64 },
    /// Inside a literal that goes to a file; `at` is its place in the frame.
    File { left: u64, at: usize, spill: Spill },
    /// Inside a literal of a response that is being skipped.
    Drop { left: u64 },
}

/// Cuts bytes into [`Frame`]s. The result does not depend on how the bytes are split.
#[derive(Debug)]
pub struct Framer {
    caps: Caps,
    state: State,
    frame: Frame,
    /// Where the current line begins in `frame.bytes`.
    line_at: usize,
    /// While skipping: the last bytes of the current line, enough to see a literal's announcement.
    tail: Vec<u8>,
    /// Bytes of the response that is being skipped, those before the skip included.
    n_dropped: u64,
    /// Bytes of this response's literals on the disk, as announced.
    n_spilled: u64,
    /// Where they go; `None` for the system's directory.
    spool: Option<PathBuf>,
    ready: VecDeque<Frame>,
    lost: Option<Lost>,
}

/// Bytes of a skipped response that are kept for the log.
const KEPT_OF_SKIPPED: usize = 256;
/// Longer than any announcement of a literal that is accepted.
const TAIL: usize = 32;

impl Default for Framer {
    fn default() -> Self {
        Self::new(Caps::default())
    }
}

impl Framer {
    /// A framer at the beginning of a stream.
    #[must_use]
    pub fn new(caps: Caps) -> Self {
        Self {
            caps,
            state: State::Line,
            frame: Frame::default(),
            line_at: 0,
            tail: Vec::new(),
            n_dropped: 0,
            n_spilled: 0,
            spool: None,
            ready: VecDeque::new(),
            lost: None,
        }
    }

    /// Changes what is taken from here on.
    pub(crate) const fn set_caps(&mut self, caps: Caps) {
        self.caps = caps;
    }

    /// Changes where literals go that are too large for memory.
    pub(crate) fn set_spool(&mut self, spool: Option<PathBuf>) {
        self.spool = spool;
    }

    /// Whether the response under way, or the first one that waits, was too much to be kept.
    #[must_use]
    pub(crate) fn is_skipping(&self) -> bool {
        self.ready.front().unwrap_or(&self.frame).skipped.is_some()
    }

    /// The next whole response.
    pub fn next_frame(&mut self) -> Option<Frame> {
        self.ready.pop_front()
    }

    /// The last whole response that waits.
    #[must_use]
    pub(crate) fn newest(&self) -> Option<&Frame> {
        self.ready.back()
    }

    /// Whether a whole response waits.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        !self.ready.is_empty()
    }

    /// Whether nothing at all waits: no response and no beginning of one.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.ready.is_empty()
            && self.frame.bytes.is_empty()
            && self.frame.skipped.is_none()
            && matches!(self.state, State::Line)
    }

    /// Why the stream cannot be followed any more, if so.
    #[must_use]
    pub const fn lost(&self) -> Option<&Lost> {
        self.lost.as_ref()
    }

    /// Takes the next bytes of the stream. Once framing is lost, all further bytes are ignored.
    pub fn push(&mut self, mut bytes: &[u8]) {
        while !bytes.is_empty() && self.lost.is_none() {
            bytes = match self.state {
                State::Line => self.line(bytes),
                State::Memory { left } | State::File { left, .. } | State::Drop { left } => {
                    self.literal(bytes, left)
                }
            };
        }
    }

    /// Takes bytes up to the next line feed.
    fn line<'a>(&mut self, bytes: &'a [u8]) -> &'a [u8] {
        let end = bytes.iter().position(|byte| *byte == b'\n');
        let (part, rest) = bytes.split_at(end.map_or(bytes.len(), |at| at + 1));
        self.append(part);
        if end.is_some() && self.lost.is_none() {
            self.end_of_line();
        }
        rest
    }

    fn append(&mut self, part: &[u8]) {
        if self.frame.skipped.is_none() {
            let n_line = self.frame.bytes.len() - self.line_at + part.len();
            if n_line > self.caps.line && n_line > self.line_cap(part) {
                self.skip("a line is too long");
                self.keep_beginning(part);
            } else if self.frame.bytes.len() + part.len() > self.caps.response {
                self.skip("a response is too long");
                self.keep_beginning(part);
            } else {
                return self.frame.bytes.extend_from_slice(part);
            }
        }
        self.drop_bytes(part.len() as u64);
        let keep = part.len().saturating_sub(TAIL);
        self.tail
            .extend_from_slice(part.get(keep..).unwrap_or_default());
        let excess = self.tail.len().saturating_sub(TAIL);
        self.tail.drain(..excess);
    }

    fn drop_bytes(&mut self, n: u64) {
        self.n_dropped = self.n_dropped.saturating_add(n);
        if self.n_dropped > self.caps.literal {
            self.lost = Some(Lost("a response without end"));
        }
    }

    /// From here on the response is only followed, not kept.
    fn skip(&mut self, why: &'static str) {
        self.frame.skipped = Some(why);
        // All of the response counts, or its end would depend on how the bytes were split.
        self.drop_bytes(self.frame.bytes.len() as u64);
        let line = self.frame.bytes.get(self.line_at..).unwrap_or_default();
        let keep = line.len().saturating_sub(TAIL);
        self.tail = line.get(keep..).unwrap_or_default().to_vec();
        self.frame.bytes.truncate(KEPT_OF_SKIPPED);
        self.frame.bytes.shrink_to_fit();
        self.frame.spilled.clear();
    }

    /// The beginning of a response is kept for the log, however its bytes were split.
    fn keep_beginning(&mut self, part: &[u8]) {
        let n = KEPT_OF_SKIPPED.saturating_sub(self.frame.bytes.len());
        let n = n.min(part.len());
        self.frame
            .bytes
            .extend_from_slice(part.get(..n).unwrap_or_default());
    }

    fn line_cap(&self, part: &[u8]) -> usize {
        let head = self.frame.bytes.iter().chain(part).take(64).copied();
        if is_number_list(&head.collect::<Vec<u8>>()) {
            self.caps.number_line
        } else {
            self.caps.line
        }
    }

    fn end_of_line(&mut self) {
        let line = if self.frame.skipped.is_some() {
            &self.tail
        } else {
            self.frame.bytes.get(self.line_at..).unwrap_or_default()
        };
        let line = line.strip_suffix(b"\n").unwrap_or(line);
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        let announced = if may_hold_literals(&self.frame.bytes) {
            announcement(line)
        } else {
            Announced::None
        };
        match announced {
            Announced::None => self.end_of_response(),
            Announced::Huge => self.lost = Some(Lost("a literal of an impossible length")),
            Announced::Bytes(n) if n > self.caps.literal => {
                self.lost = Some(Lost("a literal that is too long"));
            }
            Announced::Bytes(n) => self.begin_literal(n),
        }
    }

    fn begin_literal(&mut self, left: u64) {
        self.tail.clear();
        self.line_at = self.frame.bytes.len();
        self.state = if self.frame.skipped.is_some() {
            State::Drop { left }
        } else if left > self.caps.memory_literal {
            self.begin_file(left)
        } else {
            State::Memory { left }
        };
        if left == 0 {
            self.end_of_literal();
        }
    }

    fn begin_file(&mut self, left: u64) -> State {
        self.n_spilled = self.n_spilled.saturating_add(left);
        if self.n_spilled > self.caps.literal {
            self.lost = Some(Lost("literals that are too long together"));
            return State::Drop { left };
        }
        match Spill::new(self.spool.as_deref()) {
            Ok(spill) => State::File {
                left,
                at: self.frame.bytes.len(),
                spill,
            },
            Err(error) => self.no_disk(&error, left),
        }
    }

    /// The disk refused a literal: this response is lost, the stream is not.
    fn no_disk(&mut self, error: &io::Error, left: u64) -> State {
        tracing::warn!(%error, "a literal cannot be written");
        self.skip("a literal cannot be written to the disk");
        State::Drop { left }
    }

    fn literal<'a>(&mut self, bytes: &'a [u8], left: u64) -> &'a [u8] {
        let n = usize::try_from(left).map_or(bytes.len(), |left| left.min(bytes.len()));
        let (part, rest) = bytes.split_at(n);
        let now_left = left - n as u64;
        let mut failed = None;
        match &mut self.state {
            State::Memory { left } => {
                *left = now_left;
                if self.frame.bytes.len() + n > self.caps.response {
                    failed = Some("a response is too long");
                } else {
                    self.frame.bytes.extend_from_slice(part);
                }
            }
            State::File { left, spill, .. } => {
                *left = now_left;
                if let Err(error) = spill.push(part) {
                    tracing::warn!(%error, "a literal cannot be written");
                    failed = Some("a literal cannot be written to the disk");
                }
            }
            State::Drop { left } => {
                *left = now_left;
                self.drop_bytes(n as u64);
            }
            State::Line => {}
        }
        if let Some(why) = failed {
            self.skip(why);
            self.drop_bytes(n as u64);
            self.state = State::Drop { left: now_left };
        }
        if now_left == 0 {
            self.end_of_literal();
        }
        rest
    }

    fn end_of_literal(&mut self) {
        if let State::File { at, spill, .. } = std::mem::replace(&mut self.state, State::Line) {
            self.frame.spilled.push((at, spill.finish()));
        }
        self.line_at = self.frame.bytes.len();
    }

    fn end_of_response(&mut self) {
        let mut frame = std::mem::take(&mut self.frame);
        while matches!(frame.bytes.last(), Some(b'\n' | b'\r')) && frame.bytes.len() > self.line_at
        {
            frame.bytes.pop();
        }
        self.line_at = 0;
        (self.n_dropped, self.n_spilled) = (0, 0);
        self.tail.clear();
        // An empty line between responses says nothing.
        if !frame.bytes.is_empty() || frame.skipped.is_some() {
            self.ready.push_back(frame);
        }
    }
}

/// Whether a line can be a very long list of numbers: told by its first words.
fn is_number_list(head: &[u8]) -> bool {
    let head = head.to_ascii_uppercase();
    if let Some(untagged) = head.strip_prefix(b"* ") {
        let names: [&[u8]; 4] = [b"SEARCH", b"SORT", b"ESEARCH", b"VANISHED"];
        if names.iter().any(|name| untagged.starts_with(name)) {
            return true;
        }
    }
    let codes: [&[u8]; 2] = [b"[COPYUID ", b"[MODIFIED "];
    codes
        .iter()
        .any(|code| head.windows(code.len()).any(|window| window == *code))
}

/// Status, tagged and `+` lines end in free text, which may look like an announcement (`{5}`) and is none.
fn may_hold_literals(frame: &[u8]) -> bool {
    let Some(rest) = frame.strip_prefix(b"* ") else {
        return false;
    };
    let word = rest
        .split(|byte| matches!(byte, b' ' | b'\r' | b'\n'))
        .find(|word| !word.is_empty())
        .unwrap_or_default();
    let conditions: [&[u8]; 5] = [b"OK", b"NO", b"BAD", b"BYE", b"PREAUTH"];
    !conditions
        .iter()
        .any(|name| word.eq_ignore_ascii_case(name))
}
