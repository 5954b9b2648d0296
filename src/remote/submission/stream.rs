//! One connection to a submission server: replies in, commands and blocks out, each within its time, all of them logged
//! with the secrets left out. RFC 5321 §4.2.
//!
//! Nothing is taken that was not asked for: what came before a command was sent is no answer to it.

use std::io::{self, ErrorKind};
use std::net::{Shutdown, TcpStream};
use std::os::fd::AsFd as _;
use std::time::{Duration, Instant};

use crate::remote::submission::reply::{Reply, code};
use crate::remote::wire::stream::{Stream, wait};
use crate::remote::wire::wire_log;

/// Bytes of a whole reply. One line may have as many: a challenge is longer than the 512 of RFC 5321 §4.5.3.1.5.
const MAX_REPLY: usize = 64 * 1024;
/// Lines of a reply. An EHLO has a few dozen.
const MAX_LINES: usize = 4 * 1024;
/// How long the rest of a reply that came unasked is waited for.
const EARLY: Duration = Duration::from_secs(1);

/// A connection, and what came over it and was not taken yet.
pub(super) struct SubmissionStream {
    stream: Stream,
    held: Vec<u8>,
    /// Credentials are being exchanged: the log shows codes and lengths.
    is_secret: bool,
}

impl SubmissionStream {
    pub(super) const fn new(stream: Stream) -> Self {
        Self {
            stream,
            held: Vec::new(),
            is_secret: false,
        }
    }

    /// The socket, to put TLS on it. What was heard before is forgotten with the rest.
    pub(super) fn into_plain(self) -> Option<TcpStream> {
        match self.stream {
            Stream::Plain(socket) => Some(socket),
            Stream::Tls(_) | Stream::Gone => None,
        }
    }

    pub(super) const fn set_secret(&mut self, is_secret: bool) {
        self.is_secret = is_secret;
    }

    /// Sends a command, its line end included, and waits for the answer; both within this time.
    ///
    /// # Errors
    /// `TimedOut`, `UnexpectedEof`, `InvalidData` for what is no reply or was said too early, or as the system says.
    pub(super) fn ask(&mut self, command: &str, within: Duration) -> io::Result<Reply> {
        let until = Instant::now() + within;
        if let Err(error) = self.check_quiet() {
            // "421" may come at any time (RFC 5321 §3.8), and answers whatever is said next.
            let closing = self.early().filter(|reply| code(reply) == 421);
            return closing.ok_or(error);
        }
        self.say(command, within)?;
        self.reply(until.saturating_duration_since(Instant::now()))
    }

    /// Sends a line, its end included.
    pub(super) fn say(&mut self, line: &str, within: Duration) -> io::Result<()> {
        wire_log::sent(line.as_bytes(), self.is_secret);
        self.write(line.as_bytes(), within)
    }

    /// Sends a part of a mail.
    ///
    /// # Errors
    /// As [`SubmissionStream::ask`]; also where the server has spoken meanwhile, who is to listen.
    pub(super) fn write_block(&mut self, block: &[u8], within: Duration) -> io::Result<()> {
        wire_log::withheld(block.len());
        self.write(block, within)?;
        self.check_quiet()
    }

    fn write(&mut self, mut bytes: &[u8], within: Duration) -> io::Result<()> {
        let until = Instant::now() + within;
        while !bytes.is_empty() {
            match self.stream.write(bytes) {
                Ok(0) => return Err(ErrorKind::WriteZero.into()),
                Ok(n) => bytes = bytes.get(n..).unwrap_or_default(),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) if error.kind() == ErrorKind::WouldBlock => {
                    self.block(true, until)?;
                    // A server that has refused the mail may not read the rest of it.
                    self.check_quiet()?;
                }
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// The next reply.
    ///
    /// # Errors
    /// As [`SubmissionStream::ask`].
    pub(super) fn reply(&mut self, within: Duration) -> io::Result<Reply> {
        let until = Instant::now() + within;
        let (mut lines, mut n_bytes) = (Vec::new(), 0);
        loop {
            let line = self.line(until)?;
            wire_log::heard(&line, self.is_secret);
            n_bytes += line.len();
            if n_bytes > MAX_REPLY || lines.len() >= MAX_LINES {
                return Err(too_long());
            }
            let is_last = line.get(3) != Some(&b'-');
            lines.push(line);
            if is_last {
                return Reply::parse(&lines).ok_or_else(no_reply);
            }
        }
    }

    /// Whether the server waits to be spoken to.
    ///
    /// # Errors
    /// `InvalidData` where it has spoken, or as the connection says.
    pub(super) fn check_quiet(&mut self) -> io::Result<()> {
        self.receive()?;
        if self.held.is_empty() {
            return Ok(());
        }
        Err(io::Error::new(
            ErrorKind::InvalidData,
            "an answer before it was asked",
        ))
    }

    /// What the server said without being asked; `None` where that is nothing, or no reply.
    pub(super) fn early(&mut self) -> Option<Reply> {
        let _ = self.receive();
        if self.held.is_empty() {
            return None;
        }
        self.reply(EARLY).ok()
    }

    /// Whether bytes came that nobody took.
    pub(super) const fn has_spoken(&self) -> bool {
        !self.held.is_empty()
    }

    /// Closes the connection in both directions.
    pub(super) fn close(&mut self) {
        if let Some(socket) = self.stream.socket() {
            let _ = socket.shutdown(Shutdown::Both);
        }
    }

    /// The next line, without its end.
    fn line(&mut self, until: Instant) -> io::Result<Vec<u8>> {
        let mut n_searched = 0;
        loop {
            let unseen = self.held.get(n_searched..).unwrap_or_default();
            if let Some(at) = unseen.iter().position(|byte| *byte == b'\n') {
                let mut line: Vec<u8> = self.held.drain(..=n_searched + at).collect();
                line.pop();
                if line.last() == Some(&b'\r') {
                    line.pop();
                }
                return Ok(line);
            }
            n_searched = self.held.len();
            self.receive()?;
            if self.held.len() == n_searched {
                self.block(false, until)?;
            }
        }
    }

    /// Takes what has come, without waiting.
    fn receive(&mut self) -> io::Result<()> {
        let mut buffer = [0; 4096];
        let mut has_more = false;
        loop {
            match self.stream.read(&mut buffer) {
                // What came before the end still counts; the end comes again.
                Ok(0) | Err(_) if has_more => return Ok(()),
                Ok(0) => return Err(ErrorKind::UnexpectedEof.into()),
                Ok(n) => {
                    self.held
                        .extend_from_slice(buffer.get(..n).unwrap_or_default());
                    has_more = true;
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(()),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
            if self.held.len() > MAX_REPLY {
                return Err(too_long());
            }
        }
    }

    fn block(&self, wants_write: bool, until: Instant) -> io::Result<()> {
        if Instant::now() >= until {
            return Err(ErrorKind::TimedOut.into());
        }
        let socket = self.stream.socket().ok_or(ErrorKind::NotConnected)?;
        wait(socket.as_fd(), None, wants_write, until)
    }
}

/// What happened to a connection, in words.
pub(super) fn trouble(host: &str, error: &io::Error) -> String {
    match error.kind() {
        ErrorKind::TimedOut => format!("{host} did not answer in time"),
        ErrorKind::InvalidData => format!("{host} sent {error}"),
        ErrorKind::UnexpectedEof | ErrorKind::NotConnected => {
            format!("{host} closed the connection")
        }
        _ => format!("the connection to {host} broke ({error})"),
    }
}

fn too_long() -> io::Error {
    io::Error::new(ErrorKind::InvalidData, "more than any reply has")
}

fn no_reply() -> io::Error {
    io::Error::new(ErrorKind::InvalidData, "something that is no reply")
}
