//! A client without opinions: sends lines, reads lines and literals as they are.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use sterna::demo::server::{Options, Server};

/// Far above what anything here takes.
pub const GUARD: Duration = Duration::from_mins(1);

pub struct Client {
    reader: BufReader<TcpStream>,
    pub greeting: String,
    tag: u32,
}

impl Client {
    pub fn connect(address: SocketAddr) -> Self {
        let socket = TcpStream::connect(address).unwrap();
        socket.set_read_timeout(Some(GUARD)).unwrap();
        socket.set_nodelay(true).unwrap();
        let mut client = Self {
            reader: BufReader::new(socket),
            greeting: String::new(),
            tag: 0,
        };
        client.greeting = client.line();
        client
    }

    /// A connection that is logged in.
    pub fn login(server: &Server) -> Self {
        let mut client = Self::connect(server.imap_addr());
        assert!(client.ok("LOGIN demo demo").is_empty());
        client
    }

    pub fn send(&mut self, text: &str) {
        self.reader.get_mut().write_all(text.as_bytes()).unwrap();
    }

    /// One response line with the literals in it, without its end; empty at the end of the connection.
    pub fn line(&mut self) -> String {
        let mut text = Vec::new();
        loop {
            let from = text.len();
            if self.reader.read_until(b'\n', &mut text).unwrap_or(0) == 0 {
                break;
            }
            let line = String::from_utf8_lossy(&text[from..]).trim_end().to_owned();
            let Some(size) = line
                .strip_suffix('}')
                .and_then(|line| line.rsplit_once('{'))
                .and_then(|(_, size)| size.parse::<usize>().ok())
            else {
                break;
            };
            let from = text.len();
            text.resize(from + size, 0);
            if self.reader.read_exact(&mut text[from..]).is_err() {
                break;
            }
        }
        String::from_utf8_lossy(&text)
            .trim_end_matches(['\r', '\n'])
            .to_owned()
    }

    /// Sends a command; gives its untagged lines and the tagged one without the tag.
    pub fn command(&mut self, text: &str) -> (Vec<String>, String) {
        self.tag += 1;
        let tag = format!("t{}", self.tag);
        self.send(&format!("{tag} {text}\r\n"));
        self.until(&tag)
    }

    /// Reads up to the tagged answer of `tag`.
    pub fn until(&mut self, tag: &str) -> (Vec<String>, String) {
        let mut untagged = Vec::new();
        loop {
            let line = self.line();
            assert!(!line.is_empty(), "connection ended after {untagged:?}");
            if let Some(answer) = line.strip_prefix(&format!("{tag} ")) {
                return (untagged, answer.to_owned());
            }
            untagged.push(line);
        }
    }

    /// Sends a command that must succeed; gives its untagged lines.
    pub fn ok(&mut self, text: &str) -> Vec<String> {
        let (lines, answer) = self.command(text);
        assert!(answer.starts_with("OK"), "{text}: {answer}");
        lines
    }

    /// Sends a command; gives the tagged answer.
    pub fn answer(&mut self, text: &str) -> String {
        self.command(text).1
    }

    /// All bytes to the end of the connection.
    pub fn rest(&mut self) -> Vec<u8> {
        let mut bytes = Vec::new();
        let _ = self.reader.read_to_end(&mut bytes);
        bytes
    }

    pub fn set_timeout(&self, timeout: Duration) {
        self.reader
            .get_ref()
            .set_read_timeout(Some(timeout))
            .unwrap();
    }
}

pub fn server() -> Server {
    Server::start(Options::default()).unwrap()
}

/// A server whose INBOX holds these subjects, UIDs from 1.
pub fn inbox(subjects: &[&str]) -> Server {
    let server = server();
    for subject in subjects {
        server.deliver("INBOX", message(subject).as_bytes(), &[], 1_700_000_000);
    }
    server
}

pub fn message(subject: &str) -> String {
    format!(
        "From: Ann <ann@x.org>\r\nTo: demo@x.org\r\nSubject: {subject}\r\nMessage-ID: <{subject}@x.org>\r\n\r\nText of {subject}.\r\n"
    )
}
