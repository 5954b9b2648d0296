//! Mail that Sterna builds and sends to a real mail transfer agent is read alike by Sterna, by Python's email package and
//! by mblaze: every header, every part, every file name, every byte.

use std::collections::BTreeMap;

use sterna::compose::build;
use sterna::mail::account::Security;
use sterna::mail::composition::{Attachment, Composition, Source};
use sterna::mail::outgoing::Moment;

use crate::home::{Account, Home};
use crate::random::Random;
use crate::sending::foreign::{Seen, plain, read_alike};
use crate::sending::{arrived, open, send};
use crate::server::Server;

/// Through Dovecot, and with the program itself.
fn by_sterna(home: &Home, id: &str, subject: &str) -> BTreeMap<String, Vec<u8>> {
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
    assert_eq!(shown["subject"].as_str().unwrap(), subject);
    files
}

fn letter(
    to: &str,
    subject: &str,
    body: &str,
    files: &[(&str, &str, Vec<u8>)],
) -> (Composition, Vec<Vec<u8>>) {
    let attachments = files.iter().map(|(name, media_type, bytes)| Attachment {
        name: (*name).to_owned(),
        media_type: (*media_type).to_owned(),
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
        files.iter().map(|(_, _, bytes)| bytes.clone()).collect(),
    )
}

const BYTES: &str = "application/octet-stream";

/// What is forwarded whole.
const INNER: &str = "From: zoe@example.org\r\nSubject: Inner\r\nMIME-Version: 1.0\r\n\
                     Content-Type: multipart/mixed; boundary=inner\r\n\r\n--inner\r\nContent-Type: text/plain\r\n\r\n\
                     Text \r\n--inner\r\nContent-Type: image/png\r\n\
                     Content-Disposition: inline; filename=\"a.png\"\r\n\r\nno picture\r\n--inner--\r\n";

/// A plain one, one of other characters, one with odd names of files, one with many files.
fn letters(to: &str) -> [(Composition, Vec<Vec<u8>>); 4] {
    let mut random = Random::new(17);
    let mut bytes = |n: usize| -> Vec<u8> { (0..n).map(|_| random.byte()).collect() };
    let many: Vec<(String, Vec<u8>)> = (0..20)
        .map(|n| (format!("file {n}.bin"), bytes(n * 50)))
        .collect();
    let many: Vec<(&str, &str, Vec<u8>)> = many
        .iter()
        .map(|(name, bytes)| (name.as_str(), BYTES, bytes.clone()))
        .collect();
    let odd = [
        ("Übersicht – Ä Ö.pdf", "application/pdf", bytes(3_000)),
        (
            "a; b='c', (d) = e%41.txt",
            "text/plain",
            b"\r\n.\r\n..\r\nFrom here\r\n".to_vec(),
        ),
        (
            "an exceedingly long name that goes on and on, well beyond what a line of a header can hold \u{1f600}.tar.gz",
            "application/gzip",
            bytes(10),
        ),
        ("empty", BYTES, Vec::new()),
        ("forwarded.eml", "message/rfc822", INNER.into()),
        ("Notizen.csv", "text/csv", "a;ß\r\n".into()),
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

/// What was typed is what is read: headers, and the parts in their order.
fn assert_as_typed(typed: &Composition, read: &Seen) {
    let subject = &typed.subject;
    assert_eq!(&read.headers["Subject"], subject);
    for (name, typed) in [
        ("From", &typed.from),
        ("To", &typed.to),
        ("Cc", &typed.cc),
        ("Reply-To", &typed.reply_to),
    ] {
        assert_eq!(plain(&read.headers[name]), plain(typed), "{subject}");
    }
    assert_eq!(read.headers["In-Reply-To"], "<first@example.org>");
    assert_eq!(read.headers["References"].matches("a-long-one").count(), 12);
    assert!(!read.headers.contains_key("Bcc"), "{subject}");
    let named = read.kinds().into_iter();
    let files: Vec<_> = named.filter(|[_, how, _]| how == "attachment").collect();
    let attached = |file: &Attachment| {
        let (media_type, name) = (file.media_type.clone(), file.name.clone());
        [media_type, "attachment".to_owned(), name]
    };
    let expected: Vec<_> = typed.attachments.iter().map(attached).collect();
    assert_eq!(files, expected.iter().collect::<Vec<_>>(), "{subject}");
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
        let read = read_alike(&home.path().join("mail.eml"), &raw);
        assert_as_typed(composition, &read);
        let id_of_it = format!("<{}>", built.message_id);
        assert_eq!(read.headers["Message-ID"], id_of_it);
        let attachments = composition.attachments.iter();
        let names = attachments.map(|attachment| attachment.name.clone());
        let expected: BTreeMap<_, _> = names.zip(material.iter().cloned()).collect();
        for part in &read.parts {
            let is_file = part.kind[1] == "attachment" && part.kind[0] != "message/rfc822";
            let same = !is_file || expected[&part.kind[2]] == part.bytes;
            assert!(same, "{subject}: {:?}", part.kind);
        }
        let mut saved = by_sterna(&home, &id, &subject);
        // It also offers what is in the forwarded one.
        assert_eq!(
            saved.remove("a.png").is_some(),
            expected.contains_key("forwarded.eml")
        );
        assert!(saved == expected, "{subject}: {:?}", saved.keys());
        assert!(
            !raw.windows(4)
                .any(|four| four.eq_ignore_ascii_case(b"bcc:")),
            "{subject}"
        );
    }
}
