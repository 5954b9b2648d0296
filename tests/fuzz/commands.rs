//! The target of what is said to a server: commands with foreign arguments go through a whole session and its socket, and
//! are read on the other side by the embedded server's parser, which shares no code with the encoder.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::time::{Duration, Instant};

use sterna::demo::token::{Token, announced, tokens};
use sterna::mail::mailbox::MailboxName;
use sterna::mail::part::PartPath;
use sterna::mail::uid::Uid;
use sterna::mail::uid_set::UidSet;
use sterna::remote::command::select::{self, Resync};
use sterna::remote::command::{Command, Unsendable};
use sterna::remote::command::{fetch, flags, list};
use sterna::remote::session::Session;
use sterna::remote::strategy::capability::Capabilities;
use sterna::remote::wire::Wire;

/// Nothing here takes a thousandth of it.
const GUARD: Duration = Duration::from_mins(1);

/// A session and the other end of its socket.
pub struct Line {
    session: Session,
    server: TcpStream,
}

impl Line {
    /// A session with a server that can do this.
    pub fn new(capabilities: &[&str]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let client = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        client.set_nodelay(true).unwrap();
        let (server, _) = listener.accept().unwrap();
        server.set_read_timeout(Some(GUARD)).unwrap();
        server.set_nodelay(true).unwrap();
        let names: Vec<String> = capabilities.iter().map(|name| (*name).to_owned()).collect();
        let wire = Wire::over(client).unwrap();
        Self {
            session: Session::over(wire, "test", Capabilities::new(&names, &[])),
            server,
        }
    }

    /// Sends a command and gives what the server reads, the tag left out.
    fn send(&mut self, command: Command) -> Vec<Token> {
        let until = Instant::now() + GUARD;
        self.session.send(command);
        let (mut read, mut asked) = (Vec::new(), 0);
        loop {
            // The server has said nothing new: this writes, and does not wait.
            self.session.wait(None, Instant::now()).unwrap();
            while self.session.next().is_some() {}
            let mut buffer = [0; 16 * 1024];
            let n = self.server.read(&mut buffer).unwrap();
            read.extend_from_slice(&buffer[..n]);
            match scan(&read) {
                Scan::Whole => break,
                Scan::Waits(at) if at > asked => {
                    asked = at;
                    self.server.write_all(b"+ go on\r\n").unwrap();
                    self.await_answer();
                }
                Scan::Waits(_) | Scan::More => {}
            }
            assert!(Instant::now() < until, "{}", read.escape_ascii());
        }
        let mut all = tokens(&read).unwrap_or_else(|| panic!("{}", read.escape_ascii()));
        let tag = all.remove(0).text();
        self.server
            .write_all(format!("{tag} OK done\r\n").as_bytes())
            .unwrap();
        self.await_answer();
        assert_eq!(self.session.in_flight(), 0);
        all
    }

    /// Waits until what the server said is here.
    fn await_answer(&mut self) {
        let before = self.session.counters().n_received;
        let until = Instant::now() + GUARD;
        while self.session.counters().n_received == before {
            self.session.wait(None, until).unwrap();
        }
        while self.session.next().is_some() {}
    }
}

/// How far a command has come.
enum Scan {
    /// The line end that ends it is here, and nothing behind.
    Whole,
    /// A literal was announced here that the server must ask for.
    Waits(usize),
    /// Bytes are missing.
    More,
}

/// Follows lines and literals; fails on a CR, LF or NUL where none may be.
fn scan(read: &[u8]) -> Scan {
    let mut at = 0;
    loop {
        let Some(end) = read[at..].iter().position(|byte| *byte == b'\n') else {
            return Scan::More;
        };
        let line = &read[at..at + end];
        let inside = line.strip_suffix(b"\r").expect("a line ends in CR LF");
        assert!(
            !inside.iter().any(|byte| matches!(byte, b'\r' | 0)),
            "{}",
            read.escape_ascii()
        );
        at += end + 1;
        let Some((size_bytes, waits)) = announced(line) else {
            assert_eq!(at, read.len(), "behind the end: {}", read.escape_ascii());
            return Scan::Whole;
        };
        if read.len() == at && waits {
            return Scan::Waits(at);
        }
        if read.len() < at + size_bytes {
            return Scan::More;
        }
        at += size_bytes;
    }
}

fn is_sendable(bytes: &[u8]) -> bool {
    !bytes.iter().any(|byte| matches!(byte, b'\r' | b'\n' | 0))
}

/// Every command that carries what others wrote: it is refused, or the server reads what was meant and nothing else.
pub fn commands(line: &mut Line, bytes: &[u8]) {
    let name = MailboxName::from_raw(bytes);
    let cut = usize::from(bytes.first().copied().unwrap_or(0)) % (bytes.len() + 1);
    let (first, second) = bytes.split_at(cut);
    for (word, command) in [
        ("SELECT", select::select(&name, Resync::CondStore)),
        ("STATUS", list::status(&name, &Capabilities::default())),
    ] {
        if let Some(read) = sent(line, command, is_sendable(name.raw())) {
            assert_eq!(read[0].text(), word);
            assert_eq!(read[1].bytes(), Some(name.raw()));
            assert_eq!(read.len(), 3, "{read:?}");
        }
    }
    let two = Command::new("RENAME")
        .astring(first)
        .and_then(|command| command.astring(second));
    if let Some(read) = sent(line, two, is_sendable(bytes)) {
        assert_eq!(read.len(), 3, "{read:?}");
        assert_eq!(read[1].bytes(), Some(first));
        assert_eq!(read[2].bytes(), Some(second));
    }
    let literal = Command::new("APPEND")
        .literal(first.to_vec())
        .map(|command| command.text(" x"));
    if let Some(read) = sent(line, literal, !first.contains(&0)) {
        assert_eq!(read.len(), 3, "{read:?}");
        assert_eq!(read[1].bytes(), Some(first));
    }
    let set = UidSet::parse(bytes).filter(|set| !set.is_empty());
    let set = set.unwrap_or_else(|| UidSet::from_range(1, 9));
    let text = String::from_utf8_lossy(bytes);
    let words: Vec<&str> = text.split(' ').collect();
    if let Ok(command) = flags::store(&set, true, words.iter().copied()) {
        let read = line.send(command);
        assert_eq!(UidSet::parse(read[2].bytes().unwrap()), Some(set));
        let names: Vec<String> = read[4].members().iter().map(Token::text).collect();
        assert_eq!(names, words);
        assert_eq!(read.len(), 5, "{read:?}");
    }
    if let Some(path) = PartPath::parse(&text) {
        let command = fetch::sections(
            Uid::new(7).unwrap(),
            std::slice::from_ref(&path),
            Some((3, 9)),
        );
        let read = line.send(command);
        assert_eq!(
            read[3].members()[1].text(),
            format!("BODY.PEEK[{path}]<3.9>")
        );
    }
}

/// What the server reads; `None` where the command was refused, which only what cannot be sent may be.
fn sent(
    line: &mut Line,
    command: Result<Command, Unsendable>,
    is_sendable: bool,
) -> Option<Vec<Token>> {
    assert_eq!(command.is_ok(), is_sendable);
    command.ok().map(|command| line.send(command))
}
