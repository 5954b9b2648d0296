//! Random mails: every one is the same again by its seed.

use sterna::mail::composition::{Attachment, Composition, Source};

use crate::random::Random;

const NAMES: &[&str] = &[
    "",
    "Anna Abel",
    "Abel, Anna",
    "Jörg Übel-Öß",
    "名前 太郎",
    "The \"quoted\" one",
    "back\\slash",
    "=?utf-8?q?x=0D=0ABcc:_v?=",
    "brackets (and) [more]; x:y <z@z>",
    "bird 🐦 and 👩‍👩‍👧",
    "O'Neil",
    "boss@corp.example",
    "dots. and. more",
    "Ελένη Παπαδοπούλου-Κωνσταντινίδη, Διευθύντρια Πωλήσεων και Επικοινωνίας",
];

const ADDRESSES: &[(&str, &str)] = &[
    ("a@example.org", "a@example.org"),
    (
        "first.last+tag@sub.example.org",
        "first.last+tag@sub.example.org",
    ),
    ("jörg@bücher.example", "jörg@xn--bcher-kva.example"),
    ("x@bücher.example", "x@xn--bcher-kva.example"),
    ("\"odd local\"@example.org", "\"odd local\"@example.org"),
    ("x@[127.0.0.1]", "x@[127.0.0.1]"),
    ("用户@例え.jp", "用户@xn--r8jz45g.jp"),
    (
        "o'neil!#$%&*-/=?^_`{|}~@example.org",
        "o'neil!#$%&*-/=?^_`{|}~@example.org",
    ),
    (
        "an-address-that-is-as-long-as-a-local-part-may-be-0123456789-01@a-domain-of-some-length.example.org",
        "an-address-that-is-as-long-as-a-local-part-may-be-0123456789-01@a-domain-of-some-length.example.org",
    ),
];

const WORDS: &[&str] = &[
    "word",
    "a",
    ".",
    "..",
    "Grüße",
    "日本語の文章",
    "=?utf-8?q?x?=",
    "=20",
    "=",
    "--",
    "-- ",
    "From ",
    "From",
    ">",
    "> ",
    ">>",
    "🐦",
    "\u{202e}rtl",
    "e\u{301}",
    "\t",
    "  ",
    " ",
    "\u{a0}",
    "\u{1b}[31m",
    "http://example.org/?a=b&c=d",
    ",",
    ";",
    ":",
    "\"",
    "\\",
    "(",
    "\u{2028}",
    "attached",
];

const FILES: &[&str] = &[
    "plain.txt",
    "a b.txt",
    "naïve résumé.pdf",
    "quote\"s.txt",
    "semi;colon=equals.txt",
    "日本語のファイル名.doc",
    "=?utf-8?q?x?=.txt",
    "percent%20and'apostrophe.txt",
    "back\\slash",
    "bird🐦.png",
    "..",
    ".hidden",
    "(comment).txt",
    "no ending",
    "a-name-that-is-so-long-that-it-must-be-continued-on-the-next-line-of-its-field-and-then-once-more-because-it-is-so-long.txt",
    "ein-Name-mit-Umläuten-der-so-lang-ist-dass-er-über-mehrere-Zeilen-geht-und-dann-noch-einmal-über-mehrere-Zeilen.txt",
];

const TYPES: &[&str] = &[
    "application/octet-stream",
    "text/plain",
    "text/html",
    "image/png",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "no type at all",
    "multipart/mixed",
    "message/rfc822",
];

/// A mail, and what the others should read.
pub struct Letter {
    pub mail: Composition,
    pub material: Vec<Vec<u8>>,
    /// Names and addresses of From, To, Cc and Bcc as they arrive.
    pub people: [Vec<(String, String)>; 4],
}

pub fn letter(seed: u64) -> Letter {
    let mut random = Random::new(seed);
    let random = &mut random;
    let (from, from_people) = line(random, 1);
    let n_to = random.below(6) + 1;
    let (to, to_people) = line(random, n_to);
    let n_copies = random.below(4);
    let (cc, cc_people) = line(random, n_copies);
    let n_hidden = random.below(3);
    let (bcc, bcc_people) = line(random, n_hidden);
    let n_attachments = match random.below(4) {
        0 | 1 => 0,
        2 => random.below(3),
        _ => random.below(21),
    };
    let mut material = Vec::new();
    let mut attachments = Vec::new();
    for _ in 0..n_attachments {
        let media_type = (*random.pick(TYPES)).to_owned();
        material.push(content(random, &media_type));
        attachments.push(Attachment {
            name: (*random.pick(FILES)).to_owned(),
            media_type,
            size_bytes: 0,
            source: Source::File("/x".into()),
        });
    }
    let mail = Composition {
        from,
        to,
        cc,
        bcc,
        subject: text(random, 12).replace('\n', " "),
        body: body(random),
        attachments,
        in_reply_to: random.below(2).eq(&0).then(|| "a@b.example".to_owned()),
        references: (0..random.below(20))
            .map(|n| format!("{n}.{}@example.org", random.next()))
            .collect(),
        ..Composition::default()
    };
    Letter {
        mail,
        material,
        people: [from_people, to_people, cc_people, bcc_people],
    }
}

/// A line as typed, and who is meant. The number makes each address another one.
fn line(random: &mut Random, n: usize) -> (String, Vec<(String, String)>) {
    let mut typed = Vec::new();
    let mut people = Vec::new();
    for _ in 0..n {
        let name = *random.pick(NAMES);
        let (addr, wired) = *random.pick(ADDRESSES);
        people.push((name.to_owned(), wired.to_owned()));
        let quoted = name.replace('\\', "\\\\").replace('"', "\\\"");
        typed.push(if name.is_empty() {
            addr.to_owned()
        } else {
            format!("\"{quoted}\" <{addr}>")
        });
    }
    (typed.join(", "), people)
}

fn text(random: &mut Random, most: usize) -> String {
    let n = random.below(most);
    let mut out = String::new();
    for _ in 0..n {
        out.push_str(random.pick::<&str>(WORDS));
        if random.below(3) > 0 {
            out.push(' ');
        }
    }
    out
}

fn body(random: &mut Random) -> String {
    let mut out = String::new();
    for _ in 0..random.below(40) {
        match random.below(12) {
            0 => out.push_str(&"long ".repeat(random.below(300))),
            1 => out.push_str(&"x".repeat(random.below(3_000))),
            2 => out.push('.'),
            3 => {}
            4 => out.push_str("-- "),
            5 => out.push_str(&"日本".repeat(random.below(400))),
            _ => out.push_str(&text(random, 30)),
        }
        // Most people leave no blanks at the ends of lines; only then a text flows.
        if random.below(8) > 0 {
            let end = out.trim_end_matches(' ').len();
            out.truncate(end);
        }
        out.push('\n');
    }
    out
}

fn content(random: &mut Random, media_type: &str) -> Vec<u8> {
    if media_type == "message/rfc822" {
        let body = match random.below(4) {
            0 => "seven bits\n",
            1 => "eight bits: ü\r\n",
            2 => "a bare\rCR\n",
            _ => "--=_0123456789abcdef0123456789abcdef_0\n",
        };
        return format!("From: x@example.org\nSubject: enclosed\n\n{body}").into_bytes();
    }
    match random.below(4) {
        0 => Vec::new(),
        1 => text(random, 200).into_bytes(),
        2 => b"\r\n.\r\n\n\r--=_0123456789abcdef0123456789abcdef_0--\r\nFrom x\r\n".to_vec(),
        _ => (0..random.below(5_000)).map(|_| random.byte()).collect(),
    }
}
