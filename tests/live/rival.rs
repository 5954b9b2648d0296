//! Another client on the same mailbox: a few IMAP commands over TLS, sharing nothing with the program.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufReader, Write as _};
use std::net::TcpStream;

use native_tls::{Certificate, Protocol, TlsConnector, TlsStream};

use crate::plain_rival::response;
use crate::server::{Server, User};

/// What a mailbox holds: the flags of every UID, without `\Recent`.
pub type Truth = BTreeMap<u32, BTreeSet<String>>;

/// A message to be appended.
pub struct Mail {
    /// Separated by blanks.
    pub flags: &'static str,
    /// As in `01-Jan-2026 10:00:00 +0000`.
    pub date: String,
    pub raw: Vec<u8>,
}

/// A logged-in connection.
pub struct Rival {
    stream: BufReader<TlsStream<TcpStream>>,
    n_commands: u32,
}

/// Connects with the live tests' own authority alone.
pub fn connect(server: &Server) -> TlsStream<TcpStream> {
    let authority = std::fs::read(&server.ca).unwrap();
    let connector = TlsConnector::builder()
        .min_protocol_version(Some(Protocol::Tlsv12))
        .disable_built_in_roots(true)
        .add_root_certificate(Certificate::from_pem(&authority).unwrap())
        .build()
        .unwrap();
    let stream = TcpStream::connect(("127.0.0.1", server.port)).unwrap();
    connector.connect(&server.host, stream).unwrap()
}

impl Rival {
    /// Logs in.
    pub fn new(server: &Server, user: &User) -> Self {
        let mut rival = Self {
            stream: BufReader::new(connect(server)),
            n_commands: 0,
        };
        rival.response();
        rival.ask(&format!("LOGIN {} {}", user.name, user.password));
        rival
    }

    /// Carries out a command that must succeed; gives the untagged responses and the tagged one.
    pub fn ask(&mut self, command: &str) -> Vec<String> {
        self.ask_bytes(command.as_bytes())
    }

    fn ask_bytes(&mut self, command: &[u8]) -> Vec<String> {
        self.n_commands += 1;
        let tag = format!("r{} ", self.n_commands);
        let line = [tag.as_bytes(), command, b"\r\n"].concat();
        self.stream.get_mut().write_all(&line).unwrap();
        let mut responses = Vec::new();
        loop {
            let response = self.response();
            let is_last = response.starts_with(&tag);
            if is_last {
                let command = String::from_utf8_lossy(&command[..command.len().min(200)]);
                assert!(
                    response.starts_with(&format!("{tag}OK ")),
                    "{command}: {response}"
                );
            }
            responses.push(response);
            if is_last {
                return responses;
            }
        }
    }

    fn response(&mut self) -> String {
        response(&mut self.stream)
    }

    /// Makes a mailbox; the name as on the wire, unquoted.
    pub fn create(&mut self, mailbox: &str) {
        self.ask(&format!("CREATE {}", quoted(mailbox)));
    }

    /// Appends messages in the order given, many in one command.
    pub fn append(&mut self, mailbox: &str, mails: &[Mail]) {
        for some in mails.chunks(500) {
            let mut command = format!("APPEND {}", quoted(mailbox)).into_bytes();
            for mail in some {
                let head = format!(
                    " ({}) \"{}\" {{{}+}}\r\n",
                    mail.flags,
                    mail.date,
                    mail.raw.len()
                );
                command.extend_from_slice(head.as_bytes());
                command.extend_from_slice(&mail.raw);
            }
            self.ask_bytes(&command);
        }
    }

    /// Appends one plain message with this subject, which arrived just now.
    pub fn deliver(&mut self, mailbox: &str, subject: &str) {
        let raw = plain(subject, "Hello.");
        let head = format!("APPEND {} () {{{}+}}\r\n", quoted(mailbox), raw.len());
        self.ask_bytes(&[head.as_bytes(), &raw].concat());
    }

    /// Carries out a command in a mailbox, as in `UID STORE 1 +FLAGS (\Seen)`.
    pub fn within(&mut self, mailbox: &str, command: &str) -> Vec<String> {
        self.ask(&format!("SELECT {}", quoted(mailbox)));
        let responses = self.ask(command);
        self.ask("UNSELECT");
        responses
    }

    /// Removes messages for good.
    pub fn expunge(&mut self, mailbox: &str, uids: &str) {
        self.ask(&format!("SELECT {}", quoted(mailbox)));
        self.ask(&format!("UID STORE {uids} +FLAGS.SILENT (\\Deleted)"));
        self.ask(&format!("UID EXPUNGE {uids}"));
        self.ask("UNSELECT");
    }

    /// What a mailbox holds.
    pub fn truth(&mut self, mailbox: &str) -> Truth {
        self.ask(&format!("EXAMINE {}", quoted(mailbox)));
        let responses = self.ask("UID FETCH 1:* (FLAGS)");
        self.ask("UNSELECT");
        responses
            .iter()
            .filter(|line| line.contains(" FETCH ("))
            .map(|line| {
                let behind = |word: &str| line.split_once(word).unwrap().1;
                let uid = behind("UID ").split([' ', ')']).next().unwrap();
                let flags = behind("FLAGS (").split_once(')').unwrap().0;
                let flags = flags.split(' ').filter(|flag| !flag.is_empty());
                let flags = flags.filter(|flag| *flag != "\\Recent").map(str::to_owned);
                (uid.parse().unwrap(), flags.collect())
            })
            .collect()
    }

    /// Watches the selected mailbox while something is done, until a response holds these words.
    pub fn idle_until(&mut self, what: &str, words: &str, act: impl FnOnce()) {
        let guard = Some(std::time::Duration::from_mins(2));
        self.stream
            .get_ref()
            .get_ref()
            .set_read_timeout(guard)
            .unwrap();
        self.stream.get_mut().write_all(b"idle IDLE\r\n").unwrap();
        while !self.response().starts_with('+') {}
        act();
        while !self.response().contains(words) {
            eprintln!("waiting for {what}");
        }
        self.stream.get_mut().write_all(b"DONE\r\n").unwrap();
        while !self.response().starts_with("idle OK") {}
    }

    /// A number of STATUS, as in `MESSAGES`.
    pub fn status(&mut self, mailbox: &str, item: &str) -> u64 {
        let responses = self.ask(&format!("STATUS {} ({item})", quoted(mailbox)));
        let line = responses.iter().find(|line| line.starts_with("* STATUS"));
        let (_, number) = line.unwrap().rsplit_once(&format!("({item} ")).unwrap();
        number.trim_end().trim_end_matches(')').parse().unwrap()
    }

    /// Names of all mailboxes that can be selected, as on the wire, unquoted.
    pub fn mailboxes(&mut self) -> Vec<String> {
        let responses = self.ask("LIST \"\" \"*\"");
        let lines = responses.iter().filter(|line| line.starts_with("* LIST"));
        lines
            .filter(|line| !line.contains("\\Noselect") && !line.contains("\\NonExistent"))
            .map(|line| {
                let (_, name) = line.trim_end().split_once(" \"/\" ").unwrap();
                let inner = name
                    .strip_prefix('"')
                    .and_then(|name| name.strip_suffix('"'));
                inner.map_or(name.to_owned(), |name| {
                    name.replace("\\\"", "\"").replace("\\\\", "\\")
                })
            })
            .collect()
    }
}

fn quoted(mailbox: &str) -> String {
    let inner = mailbox.replace('\\', "\\\\").replace('"', "\\\"");
    format!("\"{inner}\"")
}

/// A plain message.
pub fn plain(subject: &str, text: &str) -> Vec<u8> {
    let words: Vec<&str> = subject.split_whitespace().collect();
    let message = format!(
        "From: Rita Rival <rita@example.org>\r\nTo: anna@example.org\r\nSubject: {subject}\r\n\
         Date: Thu, 01 Jan 2026 10:00:00 +0000\r\nMessage-ID: <{}@example.org>\r\n\r\n{text}\r\n",
        words.join("-")
    );
    message.into_bytes()
}

/// Many plain messages: `Number 1 here` and so on.
pub fn numbers(range: std::ops::RangeInclusive<u32>, flags: &'static str) -> Vec<Mail> {
    range
        .map(|n| nth(n, &format!("Number {n} here"), flags))
        .collect()
}

/// The n-th of many plain messages, a minute apart.
pub fn nth(n: u32, subject: &str, flags: &'static str) -> Mail {
    let (hours, minutes) = (n / 60, n % 60);
    let date = format!(
        "{:02}-Jan-2026 {:02}:{minutes:02}:00 +0000",
        1 + hours / 24,
        hours % 24
    );
    Mail {
        flags,
        date,
        raw: plain(subject, &format!("body-of-{n}.")),
    }
}
