//! The bare socket: sends the same commands and parses nothing.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, unbounded};

use sterna::mail::uid_set::UidSet;
use sterna::remote::command::fetch;
use sterna::remote::strategy::capability::Capabilities;

use crate::client::Server;

/// Headers in one command, as the engine asks for them.
const BLOCK: u32 = 500;

/// A server that says nothing for so long is broken, and its log says why.
const PATIENCE: Duration = Duration::from_mins(2);

/// A connection that looks for nothing but the tag at the end.
pub struct Raw {
    stream: TcpStream,
    buffer: Vec<u8>,
    capabilities: Capabilities,
    /// Bytes received.
    pub n_bytes: u64,
}

impl Raw {
    /// Connects and logs in.
    pub fn login(server: &Server) -> Self {
        let stream = TcpStream::connect(("127.0.0.1", server.port)).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        let mut raw = Self {
            stream,
            buffer: vec![0; 256 * 1024],
            capabilities: Capabilities::default(),
            n_bytes: 0,
        };
        raw.until("* OK");
        raw.send(&format!("a LOGIN {} {}\r\n", server.user, server.password));
        let reply = raw.until("a OK");
        let names = reply.split_once("CAPABILITY ").unwrap().1;
        let names = names.split_once(']').unwrap().0.split(' ');
        let names: Vec<String> = names.map(str::to_owned).collect();
        raw.capabilities = Capabilities::new(&names, &[]);
        raw
    }

    fn send(&mut self, text: &str) {
        self.stream.write_all(text.as_bytes()).unwrap();
    }

    /// Reads until the last line begins so, and returns it.
    fn until(&mut self, beginning: &str) -> String {
        let mut tail: Vec<u8> = Vec::new();
        loop {
            let n = self
                .stream
                .read(&mut self.buffer)
                .expect("an answer; the server's log may say why there is none");
            assert!(n > 0, "the server closed the connection");
            self.n_bytes += n as u64;
            tail.extend_from_slice(&self.buffer[n.saturating_sub(2_048)..n]);
            let keep = tail.len().saturating_sub(2_048);
            tail.drain(..keep);
            let line = tail.strip_suffix(b"\r\n").and_then(|text| {
                let at = text.iter().rposition(|byte| *byte == b'\n');
                text.get(at.map_or(0, |at| at + 1)..)
            });
            if let Some(line) = line.filter(|line| line.starts_with(beginning.as_bytes())) {
                return String::from_utf8_lossy(line).into_owned();
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
        self.command(&fetch::headers_by_sequence(low, exists, &self.capabilities).to_string())
    }

    /// All headers in blocks, newest first, all commands sent ahead: the same that the engine sends.
    pub fn headers(&mut self, n: u32) -> Duration {
        let mut commands = Vec::new();
        let mut high = n;
        while high > 0 {
            let low = high.saturating_sub(BLOCK - 1).max(1);
            let tag = if low == 1 { 'c' } else { 'b' };
            let command = fetch::headers(&UidSet::from_range(low, high), &self.capabilities);
            commands.push(format!("{tag} {command}\r\n"));
            high = low - 1;
        }
        let start = Instant::now();
        let mut writer = self.stream.try_clone().unwrap();
        let ahead = std::thread::spawn(move || {
            for command in commands {
                writer.write_all(command.as_bytes()).unwrap();
            }
        });
        self.until("c OK");
        ahead.join().unwrap();
        start.elapsed()
    }

    /// Waits in IDLE in a mailbox; tells when something came.
    pub fn idle(mut self, mailbox: &str) -> Receiver<Instant> {
        self.command(&format!("SELECT {mailbox}"));
        self.send("b IDLE\r\n");
        self.until("+ ");
        self.stream.set_read_timeout(None).unwrap();
        let (sender, told) = unbounded();
        std::thread::spawn(move || {
            while self.stream.read(&mut self.buffer).is_ok_and(|n| n > 0) {
                if sender.send(Instant::now()).is_err() {
                    break;
                }
            }
        });
        told
    }
}
