//! A server that has nothing but names: every one can be opened and changed, and which were is remembered byte by byte.

use std::collections::BTreeSet;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

/// The listening server; it lives as long as the test.
pub struct Lister {
    pub port: u16,
    told: Arc<Told>,
}

/// What clients said, and what is there since.
struct Told {
    names: Mutex<Vec<Vec<u8>>>,
    selected: Mutex<BTreeSet<Vec<u8>>>,
    changed: Mutex<Vec<(String, Vec<Vec<u8>>)>>,
}

impl Lister {
    /// Lists these names, each as a literal.
    pub fn start(names: Vec<Vec<u8>>) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let told = Arc::new(Told {
            names: Mutex::new(names),
            selected: Mutex::default(),
            changed: Mutex::default(),
        });
        let heard = Arc::clone(&told);
        thread::spawn(move || {
            for client in listener.incoming().map_while(Result::ok) {
                let heard = Arc::clone(&heard);
                thread::spawn(move || serve(client, &heard));
            }
        });
        Self { port, told }
    }

    /// Names that were opened, as they came.
    pub fn selected(&self) -> BTreeSet<Vec<u8>> {
        self.told.selected.lock().unwrap().clone()
    }

    /// Commands that change names, with the names as they came.
    pub fn changed(&self) -> Vec<(String, Vec<Vec<u8>>)> {
        self.told.changed.lock().unwrap().clone()
    }

    /// The names that are there now.
    pub fn names(&self) -> Vec<Vec<u8>> {
        self.told.names.lock().unwrap().clone()
    }
}

impl Told {
    /// Carries out a change of names.
    fn change(&self, verb: &str, arguments: Vec<Vec<u8>>) {
        let mut names = self.names.lock().unwrap();
        match (verb, &arguments[..]) {
            ("RENAME", [from, to]) => {
                let renamed = names.iter_mut().filter(|name| *name == from);
                renamed.for_each(|name| name.clone_from(to));
            }
            ("DELETE", [gone]) => names.retain(|name| name != gone),
            _ => {}
        }
        let mut changed = self.changed.lock().unwrap();
        changed.push((verb.to_owned(), arguments));
    }
}

fn serve(client: TcpStream, told: &Told) -> Option<()> {
    let mut output = client.try_clone().ok()?;
    let mut input = BufReader::new(client);
    output
        .write_all(b"* OK [CAPABILITY IMAP4rev1] ready\r\n")
        .ok()?;
    loop {
        let (tag, verb, mut arguments) = command(&mut input, &mut output)?;
        let name = arguments.first().cloned().unwrap_or_default();
        let names = told.names.lock().unwrap().clone();
        let known = names.contains(&name);
        let mut answer = Vec::new();
        let mut ending = "OK";
        match verb.as_str() {
            "LIST" => {
                for name in &names {
                    answer.extend_from_slice(&literal(b"* LIST () \"/\" ", name, b"\r\n"));
                }
            }
            "STATUS" if known => {
                let items = b" (MESSAGES 0 UIDNEXT 1 UIDVALIDITY 7 UNSEEN 0)\r\n";
                answer = literal(b"* STATUS ", &name, items);
            }
            "SELECT" => {
                told.selected.lock().unwrap().insert(name);
                answer = b"* 0 EXISTS\r\n* OK [UIDVALIDITY 7] x\r\n* OK [UIDNEXT 1] x\r\n".to_vec();
            }
            "CAPABILITY" => answer = b"* CAPABILITY IMAP4rev1\r\n".to_vec(),
            "RENAME" | "DELETE" | "SUBSCRIBE" | "UNSUBSCRIBE" if known => {
                told.change(&verb, std::mem::take(&mut arguments));
            }
            "STATUS" | "RENAME" | "DELETE" | "SUBSCRIBE" | "UNSUBSCRIBE" => ending = "NO",
            _ => {}
        }
        answer.extend_from_slice(format!("{tag} {ending} done\r\n").as_bytes());
        output.write_all(&answer).ok()?;
        if verb == "LOGOUT" {
            return None;
        }
    }
}

fn literal(before: &[u8], name: &[u8], after: &[u8]) -> Vec<u8> {
    let size = format!("{{{}}}\r\n", name.len());
    [before, size.as_bytes(), name, after].concat()
}

/// Reads a command: tag, verb, and the arguments as the bytes that they mean.
fn command(
    input: &mut BufReader<TcpStream>,
    output: &mut TcpStream,
) -> Option<(String, String, Vec<Vec<u8>>)> {
    let mut line = Vec::new();
    if input.read_until(b'\n', &mut line).ok()? == 0 {
        return None;
    }
    let text = String::from_utf8_lossy(&line).into_owned();
    let mut words = text.split_whitespace();
    let (tag, verb) = (words.next()?.to_owned(), words.next()?.to_owned());
    let start = tag.len() + verb.len() + 2;
    let mut rest = line.get(start..).unwrap_or_default().to_vec();
    let mut arguments = Vec::new();
    loop {
        let argument = rest.trim_ascii();
        if argument.is_empty() {
            return Some((tag, verb, arguments));
        }
        if let Some(size) = announced(argument) {
            output.write_all(b"+ go on\r\n").ok()?;
            let mut name = vec![0; size];
            input.read_exact(&mut name).ok()?;
            arguments.push(name);
            rest.clear();
            input.read_until(b'\n', &mut rest).ok()?;
            continue;
        }
        let (name, left) = first(argument);
        arguments.push(name);
        rest = left;
    }
}

fn announced(argument: &[u8]) -> Option<usize> {
    let size = argument.strip_prefix(b"{")?.strip_suffix(b"}")?;
    std::str::from_utf8(size).ok()?.parse().ok()
}

/// An atom, or a quoted string without its quotes; and what follows.
fn first(argument: &[u8]) -> (Vec<u8>, Vec<u8>) {
    let Some(quoted) = argument.strip_prefix(b"\"") else {
        let end = argument.iter().position(|byte| *byte == b' ');
        let (name, left) = argument.split_at(end.unwrap_or(argument.len()));
        return (name.to_vec(), left.to_vec());
    };
    let mut name = Vec::new();
    let mut bytes = quoted.iter().copied();
    while let Some(byte) = bytes.next() {
        match byte {
            b'"' => break,
            b'\\' => name.extend(bytes.next()),
            other => name.push(other),
        }
    }
    (name, bytes.collect())
}
