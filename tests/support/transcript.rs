//! The transcripts of `tests/transcripts`.
//!
//! `C:` a command, `S:` a line of the server (`{T}` the last command's tag, `\xNN` a byte, `\r`, `\n`, a last `\` no line
//! end), `=` a part of the next response's description, `!` of the error at the end, `caps:` what the server can do,
//! `imap:` what the crate alone does with it: `fails`, `loses` (succeeds or not, but hands nothing on), `takes`.

#[derive(Debug, Clone)]
pub enum Step {
    Client(String),
    Server(Vec<u8>),
}

#[derive(Debug, Clone)]
pub struct Transcript {
    pub name: String,
    pub imap: String,
    pub caps: Vec<String>,
    pub steps: Vec<Step>,
    pub expected: Vec<String>,
    pub error: Option<String>,
}

impl Transcript {
    pub fn read(name: &str, text: &str) -> Self {
        let mut all = Self {
            name: name.to_owned(),
            imap: String::new(),
            caps: Vec::new(),
            steps: Vec::new(),
            expected: Vec::new(),
            error: None,
        };
        let mut n_commands = 0;
        for line in text.lines() {
            match line.split_at(line.find(' ').map_or(line.len(), |at| at + 1)) {
                ("C: ", command) => {
                    n_commands += i32::from(command != "DONE");
                    all.steps.push(Step::Client(command.to_owned()));
                }
                ("S: ", line) => {
                    let line = line.replace("{T}", &format!("S{n_commands}"));
                    all.steps.push(Step::Server(bytes(&line)));
                }
                ("S:", "") => all.steps.push(Step::Server(b"\r\n".to_vec())),
                ("= ", part) => all.expected.push(part.to_owned()),
                ("! ", part) => all.error = Some(part.to_owned()),
                ("imap: ", what) => what.clone_into(&mut all.imap),
                ("caps: ", names) => all.caps = names.split(' ').map(str::to_owned).collect(),
                ("# ", _) | ("", "") => {}
                _ => panic!("{name}: {line}"),
            }
        }
        assert!(!all.imap.is_empty(), "{name} says nothing of imap");
        all
    }

    /// Everything the server says.
    pub fn server(&self) -> Vec<u8> {
        let lines = self.steps.iter().filter_map(|step| match step {
            Step::Server(bytes) => Some(bytes.as_slice()),
            Step::Client(_) => None,
        });
        lines.collect::<Vec<_>>().concat()
    }
}

pub fn bytes(line: &str) -> Vec<u8> {
    let line = line.replace("@NEST@", &"(".repeat(100_000));
    let mut out = Vec::new();
    let mut rest = line.as_str();
    let mut ended = false;
    while let Some(at) = rest.find('\\') {
        out.extend_from_slice(&rest.as_bytes()[..at]);
        let after = &rest[at + 1..];
        match after.chars().next() {
            Some('x') => {
                out.push(u8::from_str_radix(&after[1..3], 16).unwrap());
                rest = &after[3..];
            }
            Some('r') => {
                out.push(b'\r');
                rest = &after[1..];
            }
            Some('n') => {
                out.push(b'\n');
                rest = &after[1..];
            }
            None => {
                ended = true;
                rest = after;
            }
            // A backslash of the protocol.
            Some(_) => {
                out.push(b'\\');
                let n = usize::from(after.starts_with(['\\', '"']));
                out.extend_from_slice(&after.as_bytes()[..n]);
                rest = &after[n..];
            }
        }
    }
    out.extend_from_slice(rest.as_bytes());
    if !ended {
        out.extend_from_slice(b"\r\n");
    }
    out
}

pub fn transcripts() -> Vec<Transcript> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/transcripts");
    let mut files: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    files.sort();
    let all: Vec<_> = files
        .iter()
        .map(|path| {
            let text = std::fs::read_to_string(path).unwrap();
            Transcript::read(path.file_stem().unwrap().to_str().unwrap(), &text)
        })
        .collect();
    assert!(all.len() > 25);
    all
}
