//! A server that has nothing but names: every one can be opened, and which were is remembered byte by byte.

use std::collections::BTreeSet;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

/// The listening server; it lives as long as the test.
pub struct Lister {
    pub port: u16,
    selected: Arc<Mutex<BTreeSet<Vec<u8>>>>,
}

impl Lister {
    /// Lists these names, each as a literal.
    pub fn start(names: Vec<Vec<u8>>) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let selected: Arc<Mutex<BTreeSet<Vec<u8>>>> = Arc::default();
        let seen = Arc::clone(&selected);
        thread::spawn(move || {
            for client in listener.incoming().map_while(Result::ok) {
                let (names, seen) = (names.clone(), Arc::clone(&seen));
                thread::spawn(move || serve(client, &names, &seen));
            }
        });
        Self { port, selected }
    }

    /// Names that were opened, as they came.
    pub fn selected(&self) -> BTreeSet<Vec<u8>> {
        self.selected.lock().unwrap().clone()
    }
}

fn serve(client: TcpStream, names: &[Vec<u8>], seen: &Mutex<BTreeSet<Vec<u8>>>) -> Option<()> {
    let mut output = client.try_clone().ok()?;
    let mut input = BufReader::new(client);
    output
        .write_all(b"* OK [CAPABILITY IMAP4rev1] ready\r\n")
        .ok()?;
    loop {
        let (tag, verb, name) = command(&mut input, &mut output)?;
        let known = names.contains(&name);
        let mut answer = Vec::new();
        let mut ending = "OK";
        match verb.as_str() {
            "LIST" => {
                for name in names {
                    answer.extend_from_slice(&literal(b"* LIST () \"/\" ", name, b"\r\n"));
                }
            }
            "STATUS" if known => {
                let items = b" (MESSAGES 0 UIDNEXT 1 UIDVALIDITY 7 UNSEEN 0)\r\n";
                answer = literal(b"* STATUS ", &name, items);
            }
            "SELECT" => {
                seen.lock().unwrap().insert(name);
                answer = b"* 0 EXISTS\r\n* OK [UIDVALIDITY 7] x\r\n* OK [UIDNEXT 1] x\r\n".to_vec();
            }
            "CAPABILITY" => answer = b"* CAPABILITY IMAP4rev1\r\n".to_vec(),
            "STATUS" => ending = "NO",
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

/// Reads a command: tag, verb, and the first argument as the bytes that it means.
fn command(
    input: &mut BufReader<TcpStream>,
    output: &mut TcpStream,
) -> Option<(String, String, Vec<u8>)> {
    let mut line = Vec::new();
    if input.read_until(b'\n', &mut line).ok()? == 0 {
        return None;
    }
    let text = String::from_utf8_lossy(&line).into_owned();
    let mut words = text.split_whitespace();
    let (tag, verb) = (words.next()?.to_owned(), words.next()?.to_owned());
    let start = tag.len() + verb.len() + 2;
    let argument = line.get(start..).unwrap_or_default().trim_ascii_end();
    if let Some(size) = announced(argument) {
        output.write_all(b"+ go on\r\n").ok()?;
        let mut name = vec![0; size];
        input.read_exact(&mut name).ok()?;
        let mut rest = Vec::new();
        input.read_until(b'\n', &mut rest).ok()?;
        return Some((tag, verb, name));
    }
    Some((tag, verb, first(argument)))
}

fn announced(argument: &[u8]) -> Option<usize> {
    let size = argument.strip_prefix(b"{")?.strip_suffix(b"}")?;
    std::str::from_utf8(size).ok()?.parse().ok()
}

/// An atom, or a quoted string without its quotes.
fn first(argument: &[u8]) -> Vec<u8> {
    let Some(quoted) = argument.strip_prefix(b"\"") else {
        let mut words = argument.split(|byte| *byte == b' ');
        return words.next().unwrap_or_default().to_vec();
    };
    let mut name = Vec::new();
    let mut bytes = quoted.iter();
    while let Some(byte) = bytes.next() {
        match byte {
            b'"' => break,
            b'\\' => name.extend(bytes.next()),
            other => name.push(*other),
        }
    }
    name
}
