//! The bare socket: sends the same commands and parses nothing.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use crate::client::Server;

/// Headers in one command, as the engine asks for them.
const BLOCK: u32 = 500;
const ITEMS: &str = "(UID FLAGS INTERNALDATE RFC822.SIZE MODSEQ BODY.PEEK[HEADER.FIELDS (date from to cc subject message-id \
                     references in-reply-to content-type list-id reply-to sender bcc auto-submitted list-post list-unsubscribe \
                     delivered-to)])";

/// A connection that looks for nothing but the tag at the end.
pub struct Raw {
    stream: TcpStream,
    buffer: Vec<u8>,
    /// Bytes received.
    pub n_bytes: u64,
}

impl Raw {
    /// Connects and logs in.
    pub fn login(server: &Server) -> Self {
        let stream = TcpStream::connect(("127.0.0.1", server.port)).unwrap();
        let mut raw = Self {
            stream,
            buffer: vec![0; 256 * 1024],
            n_bytes: 0,
        };
        raw.until("* OK");
        raw.send(&format!("a LOGIN {} {}\r\n", server.user, server.password));
        raw.until("a OK");
        raw
    }

    fn send(&mut self, text: &str) {
        self.stream.write_all(text.as_bytes()).unwrap();
    }

    /// Reads until the last line begins so.
    fn until(&mut self, beginning: &str) {
        let mut tail: Vec<u8> = Vec::new();
        loop {
            let n = self.stream.read(&mut self.buffer).unwrap();
            assert!(n > 0, "the server closed the connection");
            self.n_bytes += n as u64;
            tail.extend_from_slice(&self.buffer[n.saturating_sub(2_048)..n]);
            let keep = tail.len().saturating_sub(2_048);
            tail.drain(..keep);
            let line = tail.strip_suffix(b"\r\n").and_then(|text| {
                let at = text.iter().rposition(|byte| *byte == b'\n');
                text.get(at.map_or(0, |at| at + 1)..)
            });
            if line.is_some_and(|line| line.starts_with(beginning.as_bytes())) {
                return;
            }
        }
    }

    /// One command and its answer.
    pub fn command(&mut self, text: &str) -> Duration {
        let start = Instant::now();
        self.send(&format!("b {text}\r\n"));
        self.until("b OK");
        start.elapsed()
    }

    /// A command as it is, tagged `b` and ended, literals and all.
    pub fn bytes(&mut self, command: &[u8]) {
        self.stream.write_all(command).unwrap();
        self.until("b OK");
    }

    /// The newest headers, by position.
    pub fn newest(&mut self, n: u32, exists: u32) -> Duration {
        let low = exists.saturating_sub(n - 1).max(1);
        self.command(&format!("FETCH {low}:{exists} {ITEMS}"))
    }

    /// All headers in blocks, newest first, all commands sent ahead.
    pub fn headers(&mut self, n: u32) -> Duration {
        let start = Instant::now();
        let mut writer = self.stream.try_clone().unwrap();
        let ahead = std::thread::spawn(move || {
            let mut high = n;
            while high > 0 {
                let low = high.saturating_sub(BLOCK - 1).max(1);
                let tag = if low == 1 { 'c' } else { 'b' };
                writer
                    .write_all(format!("{tag} UID FETCH {low}:{high} {ITEMS}\r\n").as_bytes())
                    .unwrap();
                high = low - 1;
            }
        });
        self.until("c OK");
        ahead.join().unwrap();
        start.elapsed()
    }
}
