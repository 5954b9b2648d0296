//! Another client on the same mailbox: a few IMAP commands in clear, sharing nothing with the program. It takes any
//! server: it asks what the server can, waits for every literal, and reads any delimiter.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

/// Hangs become failures.
const GUARD: Duration = Duration::from_mins(2);

/// A message as the server has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct There {
    /// Lower case, without `\recent`.
    pub flags: BTreeSet<String>,
    pub subject: String,
    pub size_bytes: u64,
}

/// A mailbox as the server has it, by UID.
pub type Truth = BTreeMap<u32, There>;

/// A logged-in connection.
pub struct Rival {
    stream: BufReader<TcpStream>,
    n_commands: u32,
    capabilities: Vec<String>,
    /// What the names of the user's own mailboxes begin with.
    pub prefix: String,
    /// Between the levels of a name.
    pub delimiter: String,
}

/// The next response of a server, with its literals.
pub fn response(stream: &mut impl BufRead) -> String {
    let mut response = Vec::new();
    loop {
        stream.read_until(b'\n', &mut response).unwrap();
        assert!(response.ends_with(b"\r\n"), "the server hung up");
        let text = String::from_utf8_lossy(&response).into_owned();
        let literal = text.trim_end().strip_suffix('}').and_then(|text| {
            let (_, n) = text.rsplit_once('{')?;
            n.parse::<u64>().ok()
        });
        let Some(n) = literal else {
            return text;
        };
        stream.take(n).read_to_end(&mut response).unwrap();
    }
}

impl Rival {
    /// Logs in, says who it is where the server wants to know, and asks where mailboxes live.
    pub fn new(port: u16, user: &str, password: &str) -> Self {
        let stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
        stream.set_read_timeout(Some(GUARD)).unwrap();
        stream.set_nodelay(true).unwrap();
        let mut rival = Self {
            stream: BufReader::new(stream),
            n_commands: 0,
            capabilities: Vec::new(),
            prefix: String::new(),
            delimiter: String::new(),
        };
        rival.response();
        rival.ask(&format!("LOGIN {user} {password}"));
        let lines = rival.ask("CAPABILITY");
        let words = lines[0].split_ascii_whitespace().skip(2);
        rival.capabilities = words.map(str::to_ascii_uppercase).collect();
        if rival.can("ID") {
            rival.ask("ID (\"name\" \"rival\")");
        }
        rival.find_place();
        rival
    }

    fn find_place(&mut self) {
        if self.can("NAMESPACE") {
            // `* NAMESPACE (("INBOX." ".")) NIL NIL`
            let lines = self.ask("NAMESPACE");
            let mut quoted = lines[0].split('"').skip(1).step_by(2);
            quoted.next().unwrap().clone_into(&mut self.prefix);
            quoted.next().unwrap().clone_into(&mut self.delimiter);
            return;
        }
        let lines = self.ask("LIST \"\" \"\"");
        let mut quoted = lines[0].split('"').skip(1).step_by(2);
        quoted.next().unwrap().clone_into(&mut self.delimiter);
    }

    /// Whether the server offers this, after the login.
    pub fn can(&self, capability: &str) -> bool {
        self.capabilities.iter().any(|known| known == capability)
    }

    /// The raw name of a mailbox of the user: the levels, in modified UTF-7.
    pub fn name(&self, levels: &[&str]) -> String {
        format!("{}{}", self.prefix, levels.join(&self.delimiter))
    }

    /// Carries out a command that must succeed; gives the untagged responses.
    pub fn ask(&mut self, command: &str) -> Vec<String> {
        self.try_ask(command)
            .unwrap_or_else(|answer| panic!("{command}: {answer}"))
    }

    /// Carries out a command; gives the untagged responses, or the tagged one where it is no OK.
    pub fn try_ask(&mut self, command: &str) -> Result<Vec<String>, String> {
        self.begin(command.as_bytes());
        self.finish()
    }

    fn begin(&mut self, command: &[u8]) {
        self.n_commands += 1;
        let tag = format!("r{} ", self.n_commands);
        let line = [tag.as_bytes(), command, b"\r\n"].concat();
        self.stream.get_mut().write_all(&line).unwrap();
    }

    fn finish(&mut self) -> Result<Vec<String>, String> {
        let tag = format!("r{} ", self.n_commands);
        let mut responses = Vec::new();
        loop {
            let response = self.response();
            if let Some(answer) = response.strip_prefix(&tag) {
                return if answer.starts_with("OK") {
                    Ok(responses)
                } else {
                    Err(answer.to_owned())
                };
            }
            responses.push(response);
        }
    }

    fn response(&mut self) -> String {
        response(&mut self.stream)
    }

    /// Makes a mailbox; whether the server takes the name.
    pub fn create(&mut self, mailbox: &str) -> bool {
        self.try_ask(&format!("CREATE {}", quoted(mailbox))).is_ok()
    }

    /// Deletes a mailbox and all in it.
    pub fn delete(&mut self, mailbox: &str) {
        self.ask("SELECT INBOX");
        self.ask(&format!("DELETE {}", quoted(mailbox)));
    }

    /// Renames a mailbox.
    pub fn rename(&mut self, from: &str, to: &str) {
        self.ask("SELECT INBOX");
        self.ask(&format!("RENAME {} {}", quoted(from), quoted(to)));
    }

    /// Appends a message; flags separated by blanks, the date as in `01-Jan-2026 10:00:00 +0000`.
    pub fn append(&mut self, mailbox: &str, flags: &str, date: &str, raw: &[u8]) {
        let head = format!(
            "APPEND {} ({flags}) \"{date}\" {{{}}}",
            quoted(mailbox),
            raw.len()
        );
        self.begin(head.as_bytes());
        let tag = format!("r{} ", self.n_commands);
        loop {
            let response = self.response();
            assert!(!response.starts_with(&tag), "{head}: {response}");
            if response.starts_with('+') {
                break;
            }
        }
        self.stream.get_mut().write_all(raw).unwrap();
        self.stream.get_mut().write_all(b"\r\n").unwrap();
        self.finish()
            .unwrap_or_else(|answer| panic!("{head}: {answer}"));
    }

    /// Opens a mailbox for changes; gives the responses.
    pub fn select(&mut self, mailbox: &str) -> Vec<String> {
        self.ask(&format!("SELECT {}", quoted(mailbox)))
    }

    /// Whether a mailbox keeps any keyword a client likes.
    pub fn takes_keywords(&mut self, mailbox: &str) -> bool {
        let responses = self.select(mailbox);
        let mut lines = responses.iter();
        lines.any(|line| line.contains("[PERMANENTFLAGS (") && line.contains("\\*"))
    }

    /// Adds flags to messages, or takes them off with `-`: as in `+FLAGS (\Seen)`.
    pub fn store(&mut self, mailbox: &str, uids: &str, change: &str) {
        self.select(mailbox);
        self.ask(&format!("UID STORE {uids} {change}"));
    }

    /// Removes messages for good.
    pub fn expunge(&mut self, mailbox: &str, uids: &str) {
        self.store(mailbox, uids, "+FLAGS.SILENT (\\Deleted)");
        if self.can("UIDPLUS") {
            self.ask(&format!("UID EXPUNGE {uids}"));
        } else {
            self.ask("EXPUNGE");
        }
    }

    /// What a mailbox holds.
    pub fn truth(&mut self, mailbox: &str) -> Truth {
        let opened = self.select(mailbox);
        if opened.iter().any(|line| line.trim_end() == "* 0 EXISTS") {
            return Truth::new();
        }
        let items = "(UID FLAGS RFC822.SIZE BODY.PEEK[HEADER.FIELDS (SUBJECT)])";
        let responses = self.ask(&format!("UID FETCH 1:* {items}"));
        let fetched = responses.iter().filter(|line| line.contains(" FETCH ("));
        let with_size = fetched.filter(|line| line.contains("RFC822.SIZE "));
        with_size.map(|line| message(line)).collect()
    }

    /// UIDVALIDITY of a mailbox.
    pub fn uid_validity(&mut self, mailbox: &str) -> u32 {
        let responses = self.select(mailbox);
        let mut codes = responses
            .iter()
            .filter_map(|line| line.split_once("[UIDVALIDITY "));
        let (_, behind) = codes.next().unwrap();
        behind.split_once(']').unwrap().0.parse().unwrap()
    }

    /// Raw names of all mailboxes that can be selected, INBOX in capitals.
    pub fn mailboxes(&mut self) -> BTreeSet<String> {
        let responses = self.ask("LIST \"\" \"*\"");
        let lines = responses
            .iter()
            .filter_map(|line| line.strip_prefix("* LIST ("));
        let selectable = lines.filter(|line| {
            let attributes = line.to_ascii_lowercase();
            !attributes.contains("\\noselect") && !attributes.contains("\\nonexistent")
        });
        selectable.map(listed_name).collect()
    }
}

/// The name at the end of `\HasNoChildren) "/" "A name"`, which may be a literal.
fn listed_name(line: &str) -> String {
    let (_, behind) = line.split_once(") ").unwrap();
    let (_, name) = behind.split_once(' ').unwrap();
    let name = name.trim_end_matches("\r\n");
    let name = match name.split_once("}\r\n") {
        Some((_, literal)) => literal.to_owned(),
        None => name
            .strip_prefix('"')
            .and_then(|name| name.strip_suffix('"'))
            .map_or(name.to_owned(), |inner| {
                inner.replace("\\\"", "\"").replace("\\\\", "\\")
            }),
    };
    if name.eq_ignore_ascii_case("INBOX") {
        return "INBOX".to_owned();
    }
    name
}

fn message(line: &str) -> (u32, There) {
    let behind = |word: &str| line.split_once(word).unwrap().1;
    let number = |word: &str| {
        let digits = behind(word).split(|letter: char| !letter.is_ascii_digit());
        digits.into_iter().next().unwrap().to_owned()
    };
    let flags = behind("FLAGS (").split_once(')').unwrap().0;
    let flags = flags.split_ascii_whitespace().map(str::to_lowercase);
    let subject = behind("\r\nSubject: ").split_once("\r\n").unwrap().0;
    let there = There {
        flags: flags.filter(|flag| flag != "\\recent").collect(),
        subject: subject.to_owned(),
        size_bytes: number("RFC822.SIZE ").parse().unwrap(),
    };
    (number("UID ").parse().unwrap(), there)
}

/// A mailbox name as a quoted string.
pub fn quoted(mailbox: &str) -> String {
    let inner = mailbox.replace('\\', "\\\\").replace('"', "\\\"");
    format!("\"{inner}\"")
}
