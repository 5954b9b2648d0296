//! Mail that Sterna builds and sends to a real mail transfer agent is read alike by Sterna, by Python's email package and
//! by mblaze: every header, every part, every file name, every byte.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use sterna::compose::build;
use sterna::mail::account::Security;
use sterna::mail::composition::{Attachment, Composition, Source};
use sterna::mail::outgoing::Moment;

use crate::home::{Account, Home};
use crate::random::Random;
use crate::sending::{arrived, open, send};
use crate::server::Server;

/// What a reader makes of a mail: the headers that matter, the text, and the files by name.
#[derive(Debug, PartialEq, Eq)]
struct Seen {
    headers: Vec<String>,
    text: String,
    files: BTreeMap<String, Vec<u8>>,
}

const HEADERS: [&str; 10] = [
    "Subject",
    "From",
    "To",
    "Message-ID",
    "Cc",
    "Reply-To",
    "Date",
    "In-Reply-To",
    "References",
    "MIME-Version",
];

/// Python's email package, as JSON on its standard output.
const PYTHON: &str = r#"
import base64, email, email.policy, json, sys
mail = email.message_from_binary_file(open(sys.argv[1], "rb"), policy=email.policy.default)
files, text = {}, ""
for part in mail.walk():
    if part.is_multipart():
        continue
    assert not part.defects, part.defects
    if part.get_filename() is None:
        text += part.get_content()
    else:
        files[part.get_filename()] = base64.b64encode(part.get_payload(decode=True)).decode()
assert not mail.defects, mail.defects
heads = [str(mail[name]) for name in sys.argv[2:]]
print(json.dumps({"headers": heads, "text": text, "files": files}))
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

/// Lines as people count them, whatever ends them, and without blanks that format=flowed put at their ends.
fn lines(text: &str) -> String {
    let lines: Vec<&str> = text
        .lines()
        .map(|line| line.trim_end_matches(['\r', ' ']))
        .collect();
    lines.join("\n").trim_end().to_owned()
}

fn by_python(file: &Path) -> Seen {
    use base64::Engine as _;
    let mut python = Command::new("python3");
    let said = output(python.args(["-c", PYTHON]).arg(file).args(HEADERS));
    let said: serde_json::Value = serde_json::from_slice(&said).unwrap();
    let decode = |text: &serde_json::Value| {
        base64::engine::general_purpose::STANDARD
            .decode(text.as_str().unwrap())
            .unwrap()
    };
    let files = said["files"].as_object().unwrap().iter();
    let headers = said["headers"].as_array().unwrap().iter();
    Seen {
        headers: headers
            .map(|value| value.as_str().unwrap().to_owned())
            .collect(),
        text: lines(said["text"].as_str().unwrap()),
        files: files
            .map(|(name, text)| (name.clone(), decode(text)))
            .collect(),
    }
}

/// mblaze reads files as they lie in a Maildir: with bare line feeds. A quotation mark inside a name ends the name for it,
/// so none of the names has one.
fn by_mblaze(file: &Path) -> Seen {
    let path = file.with_extension("lf");
    let text = String::from_utf8(std::fs::read(file).unwrap()).unwrap();
    std::fs::write(&path, text.replace("\r\n", "\n")).unwrap();
    let header = |name: &str| {
        let value = output(Command::new("mhdr").args(["-d", "-h", name]).arg(&path));
        String::from_utf8(value).unwrap().trim_end().to_owned()
    };
    let part = |n: &str| output(Command::new("mshow").arg("-O").arg(&path).arg(n));
    let list = String::from_utf8(output(Command::new("mshow").arg("-t").arg(&path))).unwrap();
    let (mut text, mut files) = (String::new(), BTreeMap::new());
    for line in list.lines().skip(1) {
        let (n, rest) = line.trim().split_once(": ").unwrap();
        if rest.starts_with("multipart/") {
            continue;
        }
        match rest.split_once("name=\"") {
            Some((_, name)) => {
                let name = name.strip_suffix('"').unwrap();
                files.insert(name.to_owned(), part(n));
            }
            None => text.push_str(&String::from_utf8(part(n)).unwrap()),
        }
    }
    Seen {
        headers: HEADERS.map(header).into(),
        text: lines(&text),
        files,
    }
}

/// A header as a person reads it: programs differ in where they put quotation marks.
fn plain(header: &str) -> String {
    let words: Vec<&str> = header.split_whitespace().collect();
    words.join(" ").replace(['"', '\\'], "")
}

/// Through Dovecot, and with the program itself.
fn by_sterna(home: &Home, id: &str, headers: &[String]) -> Seen {
    let shown = home.json(&["show", id]);
    let directory = home.path().join("saved");
    let mut files = BTreeMap::new();
    for part in shown["parts"].as_array().unwrap() {
        let name = part["name"].as_str().unwrap();
        if name.is_empty() {
            continue; // The text.
        }
        std::fs::create_dir_all(&directory).unwrap();
        let to = directory.to_str().unwrap();
        home.ok(&[
            "save",
            id,
            "--part",
            part["part"].as_str().unwrap(),
            "--to",
            to,
        ]);
        let mut saved = std::fs::read_dir(&directory).unwrap();
        let path = saved.next().unwrap().unwrap().path();
        files.insert(name.to_owned(), std::fs::read(path).unwrap());
        std::fs::remove_dir_all(&directory).unwrap();
    }
    assert_eq!(shown["subject"].as_str().unwrap(), headers[0]);
    Seen {
        headers: headers.to_vec(),
        text: lines(shown["text"].as_str().unwrap()),
        files,
    }
}

fn letter(
    to: &str,
    subject: &str,
    body: &str,
    files: &[(&str, Vec<u8>)],
) -> (Composition, Vec<Vec<u8>>) {
    let attachments = files.iter().map(|(name, bytes)| Attachment {
        name: (*name).to_owned(),
        media_type: "application/octet-stream".to_owned(),
        size_bytes: bytes.len() as u64,
        source: Source::File(name.into()),
    });
    let composition = Composition {
        from: "Änna \"die Große\" Abel <anna@example.org>".to_owned(),
        to: format!("\"Bela, the one\" <{to}>"),
        cc: format!("Zoë <{to}>"),
        bcc: to.to_owned(),
        reply_to: "Büro <office@example.org>".to_owned(),
        in_reply_to: Some("first@example.org".to_owned()),
        references: (0..12)
            .map(|n| format!("{n}.a-long-one@example.org"))
            .collect(),
        subject: subject.to_owned(),
        body: body.to_owned(),
        attachments: attachments.collect(),
        ..Composition::default()
    };
    (
        composition,
        files.iter().map(|(_, bytes)| bytes.clone()).collect(),
    )
}

/// A plain one, one of other characters, one with odd names of files, one with many files.
fn letters(to: &str) -> [(Composition, Vec<Vec<u8>>); 4] {
    let mut random = Random::new(17);
    let mut bytes = |n: usize| -> Vec<u8> { (0..n).map(|_| random.byte()).collect() };
    let many: Vec<(String, Vec<u8>)> = (0..20)
        .map(|n| (format!("file {n}.bin"), bytes(n * 50)))
        .collect();
    let many: Vec<(&str, Vec<u8>)> = many
        .iter()
        .map(|(name, bytes)| (name.as_str(), bytes.clone()))
        .collect();
    let odd = [
        ("Übersicht – Ä Ö.pdf", bytes(3_000)),
        (
            "a; b='c', (d) = e%41.txt",
            b"\r\n.\r\n..\r\nFrom here\r\n".to_vec(),
        ),
        (
            "an exceedingly long name that goes on and on, well beyond what a line of a header can hold \u{1f600}.tar.gz",
            bytes(10),
        ),
        ("empty", Vec::new()),
    ];
    let long = "word ".repeat(400);
    [
        letter(
            to,
            "Plain",
            "Hello,\n\n.a dot\n..\n.\nFrom the start\n-- \nAnna",
            &[],
        ),
        letter(
            to,
            "Grüße \u{1f600} =?utf-8?q?no_word?= and a subject that is longer than one line of a header may be",
            &format!("schön\n\n{long}\n\u{1f600}\n"),
            &[],
        ),
        letter(to, "Odd names", "see the files", &odd),
        letter(to, "Twenty", "", &many),
    ]
}

/// Both read every header alike, and as it was typed.
fn assert_same_headers(typed: &Composition, python: &Seen, mblaze: &Seen) {
    let subject = &typed.subject;
    for (n, name) in HEADERS.iter().enumerate() {
        let (ours, theirs) = (plain(&mblaze.headers[n]), plain(&python.headers[n]));
        assert_eq!(ours, theirs, "{subject}: {name}");
    }
    for (n, typed) in [
        (1, &typed.from),
        (2, &typed.to),
        (4, &typed.cc),
        (5, &typed.reply_to),
    ] {
        assert_eq!(plain(&python.headers[n]), plain(typed), "{subject}");
    }
    assert_eq!(python.headers[7], "<first@example.org>");
    assert_eq!(python.headers[8].matches("a-long-one").count(), 12);
}

#[test]
fn three_programs_read_what_was_written() {
    let server = Server::shared();
    let user = server.fresh_user();
    let home = Account::tls(&server, &user).sending("tls").home();
    let letters = letters(&format!("{}@example.org", user.name));
    let mut submission = open(&server, &user, Security::Tls).unwrap();
    let mut sent = BTreeMap::new();
    for (n, (composition, material)) in letters.iter().enumerate() {
        let moment = Moment {
            seconds: 1_790_000_000,
            offset_minutes: 120,
            random: n as u128 + 1,
        };
        let built = build::build(composition, material, &moment).unwrap();
        send(&mut submission, &built.recipients, &built.wire).unwrap();
        sent.insert(composition.subject.clone(), (composition, material, built));
    }
    submission.quit();
    for (id, subject, raw) in arrived(&home, letters.len()) {
        let (composition, material, built) = &sent[&subject];
        assert!(raw.ends_with(&built.wire), "{subject}: other bytes arrived");
        let file = home.path().join("mail.eml");
        std::fs::write(&file, &raw).unwrap();
        let python = by_python(&file);
        assert_eq!(python.headers[0], composition.subject);
        assert_eq!(python.headers[3], format!("<{}>", built.message_id));
        let names = composition
            .attachments
            .iter()
            .map(|attachment| attachment.name.clone());
        let expected: BTreeMap<_, _> = names.zip(material.iter().cloned()).collect();
        assert!(
            python.files == expected,
            "{subject}: {:?}",
            python.files.keys()
        );
        let mblaze = by_mblaze(&file);
        assert_same_headers(composition, &python, &mblaze);
        assert_eq!(mblaze.text, python.text, "{subject}");
        assert!(
            mblaze.files == python.files,
            "{subject}: {:?}",
            mblaze.files.keys()
        );
        let sterna = by_sterna(&home, &id, &python.headers);
        assert!(
            sterna.files == python.files,
            "{subject}: {:?}",
            sterna.files.keys()
        );
        assert!(
            !raw.windows(4)
                .any(|four| four.eq_ignore_ascii_case(b"bcc:")),
            "{subject}"
        );
    }
}
