//! One stream to a server, as a handle that can be shared: ours reads frames from it without blocking, the `imap` crate
//! reads lines from it as if it blocked. Both see the same bytes through the same framer, so nothing is lost between.

mod blocking;
pub mod deflate;
pub mod framer;
pub mod literal;
pub mod patience;
pub mod stream;
pub(super) mod tapped;
pub mod transport;
pub mod waker;
pub mod wire_log;

use std::collections::VecDeque;
use std::io::{self, ErrorKind};
use std::net::TcpStream;
use std::os::fd::AsFd;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::remote::command::Tag;
use crate::remote::login::opening::{self, Opening};
use crate::remote::response::split_word;
use crate::remote::wire::framer::{Caps, Frame, Framer};
use crate::remote::wire::stream::{Stream, wait};
use crate::remote::wire::tapped::Tapped;
use crate::remote::wire::transport::{Counters, Transport};
use crate::remote::wire::waker::Waker;

/// How long a read or write on behalf of the `imap` crate may take without progress.
pub const DEADLINE: Duration = Duration::from_secs(30);

/// What a read gave.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reading {
    /// So many bytes went to the framer.
    Bytes(usize),
    /// Nothing waits.
    Nothing,
    /// The server closed the connection.
    End,
}

struct Core {
    transport: Transport,
    /// COMPRESS is on its way: behind this command's OK everything is compressed, in both directions.
    deflate_after: Option<Tag>,
    framer: Framer,
    /// What the `imap` crate has been given of, in wire order; for us to read afterwards.
    tapped: Tapped,
    /// Bytes that the `imap` crate has not read yet.
    for_imap: VecDeque<u8>,
    deadline: Duration,
    /// `None` once greeting and login are over.
    opening: Option<Opening>,
    /// Lines are credentials: the log shows only their length.
    is_secret: bool,
}

/// A cheap handle on one stream to a server. One thread uses it at a time.
#[derive(Clone)]
pub struct Wire(Arc<Mutex<Core>>);

impl std::fmt::Debug for Wire {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Wire")
    }
}

impl Wire {
    /// Takes a connected socket as it is, without TLS; for loopback and for STARTTLS. The socket becomes non-blocking.
    ///
    /// # Errors
    /// The socket cannot be made non-blocking.
    pub fn over(socket: TcpStream) -> io::Result<Self> {
        socket.set_nonblocking(true)?;
        Ok(Self::new(Stream::Plain(socket)))
    }

    pub(crate) fn new(stream: Stream) -> Self {
        Self(Arc::new(Mutex::new(Core {
            transport: Transport::new(stream),
            deflate_after: None,
            framer: Framer::default(),
            tapped: Tapped::default(),
            for_imap: VecDeque::new(),
            deadline: DEADLINE,
            opening: None,
            is_secret: false,
        })))
    }

    fn core(&self) -> MutexGuard<'_, Core> {
        // A panic elsewhere leaves bytes, not invariants: the connection is closed by its owner.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Changes how long a blocking read or write may take without progress.
    pub fn set_deadline(&self, deadline: Duration) {
        self.core().deadline = deadline;
    }

    /// The connection is being opened: until [`Wire::opened`] little is taken, and of that only what [`is_believed`] is
    /// kept for us to read.
    pub(crate) fn open(&self) {
        let mut core = self.core();
        core.framer.set_caps(opening::CAPS);
        core.opening = Some(Opening::new());
    }

    /// The login is over; literals too large for memory go to `spool`.
    pub(crate) fn opened(&self, spool: Option<&Path>) {
        let mut core = self.core();
        core.framer.set_caps(Caps::default());
        core.framer.set_spool(spool.map(Path::to_owned));
        if let Some(opening) = core.opening.take() {
            core.take(&opening.into_rest());
        }
    }

    /// Bytes so far.
    #[must_use]
    pub fn counters(&self) -> Counters {
        self.core().transport.counters()
    }

    /// Whether credentials are being exchanged, so that the log must not show lines.
    pub(crate) fn set_secret(&self, is_secret: bool) {
        self.core().is_secret = is_secret;
    }

    /// Reads what waits, at most some chunks, without blocking.
    pub(crate) fn receive(&self) -> io::Result<Reading> {
        self.core().receive()
    }

    /// Writes what fits, without blocking; zero when nothing fits. What was taken before and is still held goes first.
    pub(crate) fn send_some(&self, bytes: &[u8]) -> io::Result<usize> {
        self.core().transport.write(bytes)
    }

    /// The next whole response that the `imap` crate has not been given.
    pub(crate) fn next_frame(&self) -> Option<Frame> {
        self.core().next_frame()
    }

    /// Whether a whole response waits.
    pub(crate) fn has_frame(&self) -> bool {
        self.core().framer.is_ready()
    }

    /// Whether a whole response waits, or bytes that a poll on the socket would not show.
    pub(crate) fn is_ready(&self) -> bool {
        let core = self.core();
        core.framer.is_ready() || core.transport.has_buffered()
    }

    /// Switches compression on behind the OK to this command, which is about to be sent, and to nothing else of ours.
    pub(crate) fn deflate_after(&self, tag: Tag) {
        self.core().deflate_after = Some(tag);
    }

    /// Whether the other end is on this machine.
    pub(crate) fn is_loopback(&self) -> bool {
        let core = self.core();
        let peer = core.transport.stream.socket().map(TcpStream::peer_addr);
        matches!(peer, Some(Ok(address)) if address.ip().is_loopback())
    }

    /// Why framing is lost, if so.
    pub(crate) fn lost(&self) -> Option<&'static str> {
        self.core().framer.lost().map(|lost| lost.0)
    }

    /// The next response that the `imap` crate was given or that was held back from it.
    pub(crate) fn take_tapped(&self) -> Option<Frame> {
        self.core().tapped.pop()
    }

    /// Waits for one whole response; for the time before the session begins.
    pub(crate) fn await_frame(&self) -> io::Result<Frame> {
        self.core().await_frame()
    }

    /// Gives bytes to the `imap` crate as if the server had just sent them.
    pub(crate) fn hand_over(&self, line: &[u8]) {
        self.core().for_imap.extend(line);
    }

    /// Whether no byte of the server waits, not even of an unfinished response.
    pub(crate) fn is_silent(&self) -> bool {
        let mut core = self.core();
        let _ = core.receive();
        core.framer.is_empty() && core.opening.as_ref().is_none_or(Opening::is_empty)
    }

    /// Takes the stream out to put TLS on it, and forgets everything that was said before. RFC 3501 §6.2.1.
    pub(crate) fn take_plain(&self) -> Option<TcpStream> {
        let mut core = self.core();
        core.framer = Framer::default();
        core.opening = None;
        core.tapped = Tapped::default();
        core.for_imap.clear();
        match std::mem::replace(&mut core.transport.stream, Stream::Gone) {
            Stream::Plain(socket) => Some(socket),
            other => {
                core.transport.stream = other;
                None
            }
        }
    }

    /// Waits until bytes can be read, or written if asked so, or the waker rings, or the time is over.
    pub(crate) fn poll(
        &self,
        waker: Option<&Waker>,
        wants_write: bool,
        until: Instant,
    ) -> io::Result<()> {
        let core = self.core();
        let Some(socket) = core.transport.stream.socket() else {
            return Err(ErrorKind::NotConnected.into());
        };
        let wants_write = wants_write || core.transport.has_unsent();
        wait(socket.as_fd(), waker, wants_write, until)
    }

    /// Closes the connection in both directions; what is queued is lost.
    pub fn close(&self) {
        if let Some(socket) = self.core().transport.stream.socket() {
            let _ = socket.shutdown(std::net::Shutdown::Both);
        }
    }
}

/// Bytes read at once, so that one busy connection does not keep its thread from other work.
const CHUNK: usize = 16 * 1024;
const MAX_CHUNKS: usize = 16;

impl Core {
    fn receive(&mut self) -> io::Result<Reading> {
        let mut buffer = [0_u8; CHUNK];
        let mut n_all = 0;
        for _ in 0..MAX_CHUNKS {
            match self.transport.read(&mut buffer) {
                Ok(0) if n_all == 0 => return Ok(Reading::End),
                Ok(0) => break,
                Ok(n) => {
                    self.take(buffer.get(..n).unwrap_or_default());
                    n_all += n;
                    // A short read has emptied the socket: no second call to hear that.
                    if n < CHUNK && !self.transport.has_buffered() {
                        break;
                    }
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                // What came before the error still counts; the error comes again.
                Err(_) if n_all > 0 => break,
                Err(error) => return Err(error),
            }
        }
        Ok(if n_all == 0 {
            Reading::Nothing
        } else {
            Reading::Bytes(n_all)
        })
    }

    /// Gives bytes to the framer, or keeps them while the connection is being opened. While COMPRESS is on its way they go
    /// line by line, since what stands behind its OK is no line any more.
    fn take(&mut self, mut bytes: &[u8]) {
        if let Some(opening) = &mut self.opening {
            return opening.hold(bytes);
        }
        while let Some(tag) = self.deflate_after.filter(|_| !bytes.is_empty()) {
            let end = bytes.iter().position(|byte| *byte == b'\n');
            let (line, rest) = bytes.split_at(end.map_or(bytes.len(), |at| at + 1));
            self.framer.push(line);
            bytes = rest;
            let Some(is_ok) = self.framer.newest().and_then(|frame| answer(frame, tag)) else {
                continue;
            };
            self.deflate_after = None;
            if is_ok {
                return self.transport.compress(bytes);
            }
        }
        self.framer.push(bytes);
    }

    fn next_frame(&mut self) -> Option<Frame> {
        let frame = self.framer.next_frame()?;
        wire_log::received(&frame, self.is_secret);
        Some(frame)
    }

    fn until(&self) -> Instant {
        let until = Instant::now() + self.deadline;
        let opening = self.opening.as_ref();
        opening.map_or(until, |opening| until.min(opening.until()))
    }

    fn await_frame(&mut self) -> io::Result<Frame> {
        let until = self.until();
        loop {
            if let Some(opening) = &mut self.opening {
                opening.frame(&mut self.framer)?;
            }
            if let Some(frame) = self.next_frame() {
                return Ok(frame);
            }
            if let Some(lost) = self.framer.lost() {
                return Err(io::Error::new(ErrorKind::InvalidData, lost.0));
            }
            match self.receive()? {
                Reading::Bytes(_) => {}
                Reading::End => return Err(ErrorKind::UnexpectedEof.into()),
                Reading::Nothing => self.block(false, until)?,
            }
        }
    }

    fn block(&self, wants_write: bool, until: Instant) -> io::Result<()> {
        if Instant::now() >= until {
            return Err(ErrorKind::TimedOut.into());
        }
        let socket = self
            .transport
            .stream
            .socket()
            .ok_or(ErrorKind::NotConnected)?;
        wait(socket.as_fd(), None, wants_write, until)
    }
}

/// Whether a response is the answer to this command, and OK.
fn answer(frame: &Frame, tag: Tag) -> Option<bool> {
    let (word, rest) = split_word(&frame.bytes);
    (Tag::parse(word) == Some(tag)).then(|| split_word(rest).0.eq_ignore_ascii_case(b"OK"))
}
