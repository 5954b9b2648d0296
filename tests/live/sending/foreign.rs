//! A mail as Python's email package and mblaze read it: every header, every part in its order, every byte.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

/// One part; one that holds others stands before them.
#[derive(PartialEq, Eq)]
pub struct Part {
    /// Media type without parameters, disposition and file name; empty for none.
    pub kind: [String; 3],
    /// Decoded; none of one that holds others.
    pub bytes: Vec<u8>,
}

/// What a reader makes of a mail.
pub struct Seen {
    /// Those that stand once, decoded.
    pub headers: BTreeMap<String, String>,
    pub parts: Vec<Part>,
}

impl Seen {
    /// Media types, dispositions and file names.
    pub fn kinds(&self) -> Vec<&[String; 3]> {
        self.parts.iter().map(|part| &part.kind).collect()
    }

    /// The first part that holds no others.
    pub fn text(&self) -> String {
        let is_leaf = |part: &&Part| !part.kind[0].starts_with("multipart/");
        let text = self.parts.iter().find(is_leaf).unwrap();
        String::from_utf8(text.bytes.clone()).unwrap()
    }
}

/// Python's email package, as JSON on its standard output.
const PYTHON: &str = r#"
import base64, email, email.policy, json, sys
mail = email.message_from_binary_file(open(sys.argv[1], "rb"), policy=email.policy.default)
parts = []
for part in mail.walk():
    assert not part.defects, part.defects
    kind = [part.get_content_type(), part.get_content_disposition() or "", part.get_filename() or ""]
    content = b"" if part.is_multipart() else part.get_payload(decode=True)
    parts.append([kind, base64.b64encode(content).decode()])
heads = {name: str(mail[name]) for name in sys.argv[2:]}
print(json.dumps({"headers": heads, "parts": parts}))
"#;

fn output(command: &mut Command) -> Vec<u8> {
    let done = command.output().unwrap();
    assert!(
        done.status.success(),
        "{command:?}: {}",
        String::from_utf8_lossy(&done.stderr)
    );
    done.stdout
}

/// The names of the headers that stand once.
fn names(raw: &[u8]) -> Vec<String> {
    let text = String::from_utf8_lossy(raw);
    let head = text.split("\r\n\r\n").next().unwrap();
    let fields = head.lines().filter(|line| !line.starts_with([' ', '\t']));
    let mut n_each = BTreeMap::<String, usize>::new();
    for field in fields {
        let name = field.split(':').next().unwrap();
        *n_each.entry(name.to_owned()).or_default() += 1;
    }
    let once = n_each.into_iter().filter(|(_, n)| *n == 1);
    once.map(|(name, _)| name).collect()
}

/// Text ends its lines as it likes to; what is a file is the same to the byte.
fn part(kind: [String; 3], bytes: Vec<u8>) -> Part {
    let is_text = kind[0].starts_with("text/") && kind[2].is_empty();
    let bytes = if is_text {
        let text = String::from_utf8(bytes).unwrap().replace("\r\n", "\n");
        text.into_bytes()
    } else {
        bytes
    };
    Part { kind, bytes }
}

fn by_python(file: &Path, names: &[String]) -> Seen {
    use base64::Engine as _;
    let mut python = Command::new("python3");
    let said = output(python.args(["-c", PYTHON]).arg(file).args(names));
    let said: serde_json::Value = serde_json::from_slice(&said).unwrap();
    let parts = said["parts"].as_array().unwrap().iter().map(|said| {
        let kind: [String; 3] = serde_json::from_value(said[0].clone()).unwrap();
        let bytes = base64::engine::general_purpose::STANDARD.decode(said[1].as_str().unwrap());
        part(kind, bytes.unwrap())
    });
    Seen {
        parts: parts.collect(),
        headers: serde_json::from_value(said["headers"].clone()).unwrap(),
    }
}

/// mblaze reads files as they lie in a Maildir: with bare line feeds. A quotation mark inside a name ends the name for it,
/// so none of the names has one.
fn by_mblaze(file: &Path, names: &[String]) -> Seen {
    let path = file.with_extension("lf");
    let raw = file.with_extension("part");
    let text = String::from_utf8(std::fs::read(file).unwrap()).unwrap();
    std::fs::write(&path, text.replace("\r\n", "\n")).unwrap();
    let header = |file: &Path, name: &str| {
        // It fails where there is no such header.
        let mut mhdr = Command::new("mhdr");
        let value = mhdr.args(["-d", "-h", name]).arg(file).output().unwrap();
        let value = String::from_utf8(value.stdout).unwrap();
        value.trim_end().to_owned()
    };
    let list = String::from_utf8(output(Command::new("mshow").arg("-t").arg(&path))).unwrap();
    let parts = list.lines().skip(1).map(|line| {
        let (n, rest) = line.trim().split_once(": ").unwrap();
        let media_type = rest.split(' ').next().unwrap().to_owned();
        let name = rest.split_once("name=\"").map_or("", |(_, name)| name);
        let name = name.strip_suffix('"').unwrap_or(name).to_owned();
        let whole = output(Command::new("mshow").args(["-r", "-O"]).arg(&path).arg(n));
        std::fs::write(&raw, whole).unwrap();
        let disposition = header(&raw, "Content-Disposition");
        let disposition = disposition.split(';').next().unwrap().to_owned();
        let holds_others = media_type.starts_with("multipart/") || media_type == "message/rfc822";
        let bytes = if holds_others {
            Vec::new()
        } else {
            output(Command::new("mshow").arg("-O").arg(&path).arg(n))
        };
        part([media_type, disposition, name], bytes)
    });
    Seen {
        parts: parts.collect(),
        headers: names
            .iter()
            .map(|name| (name.clone(), header(&path, name)))
            .collect(),
    }
}

/// A header as a person reads it: programs differ in where they put quotation marks.
pub fn plain(header: &str) -> String {
    let words: Vec<&str> = header.split_whitespace().collect();
    words.join(" ").replace(['"', '\\'], "")
}

/// What both read of these bytes, which must be the same; `file` is written for them.
#[track_caller]
pub fn read_alike(file: &Path, raw: &[u8]) -> Seen {
    std::fs::write(file, raw).unwrap();
    let names = names(raw);
    let (python, mblaze) = (by_python(file, &names), by_mblaze(file, &names));
    for name in &names {
        let (ours, theirs) = (&mblaze.headers[name], &python.headers[name]);
        assert_eq!(plain(ours), plain(theirs), "{name}");
    }
    assert_eq!(mblaze.kinds(), python.kinds());
    for (n, (ours, theirs)) in mblaze.parts.iter().zip(&python.parts).enumerate() {
        let text = String::from_utf8_lossy(&ours.bytes);
        assert!(
            ours.bytes == theirs.bytes,
            "part {n}, {:?}: {text}",
            ours.kind
        );
    }
    python
}
