//! Any mail that is written is read as it was: by Sterna and by another parser.

use mail_parser::MimeHeaders;
use sterna::compose::address::clean_name;
use sterna::compose::build;
use sterna::mail::address::Address;
use sterna::mime::defect::Defect;
use sterna::mime::flowed::Paragraphs;
use sterna::mime::message::{Message, TextLines};
use sterna::mime::parse;

use crate::letters::{Letter, letter};
use crate::random::count;
use crate::{NOW, assert_clean, field_names};

#[test]
fn every_mail_comes_back_as_it_was_written() {
    let first = count("STERNA_FIRST", 1);
    let (mut n_flowed, mut n_8bit, mut n_attached) = (0, 0, 0);
    for seed in first..first + count("STERNA_LETTERS", 250) {
        let letter = letter(seed);
        let built = build::build(&letter.mail, &letter.material, &NOW)
            .unwrap_or_else(|error| panic!("seed {seed}: {error}"));
        assert_clean(&built.wire);
        assert_clean(&built.copy);
        check_ours(seed, &letter, &built.wire, &built.copy);
        check_theirs(seed, &letter, &built.wire);
        n_flowed += usize::from(contains(&built.wire, b"format=flowed"));
        n_8bit += usize::from(!built.wire.is_ascii());
        n_attached += letter.material.len();
    }
    // The mails are of all kinds.
    assert!(n_flowed > 0 && n_8bit > 0 && n_attached > 0);
}

fn contains(bytes: &[u8], wanted: &[u8]) -> bool {
    bytes.windows(wanted.len()).any(|window| window == wanted)
}

fn people(list: &[Address]) -> Vec<(String, String)> {
    let people = list.iter();
    people
        .map(|one| (one.name.clone(), one.addr.clone()))
        .collect()
}

/// The text as typed, with the line ends of a mail.
fn typed(body: &str) -> String {
    if body.is_empty() || body.ends_with('\n') {
        body.to_owned()
    } else {
        format!("{body}\n")
    }
}

/// A name that readers would take for an encoded word is not sent as one.
fn file_name(name: &str) -> String {
    clean_name(name).replace("=?", "_?")
}

/// What a message enclosed in a mail becomes: only its line ends change.
fn with_crlf(bytes: &[u8]) -> Vec<u8> {
    let text = String::from_utf8(bytes.to_vec()).unwrap();
    text.replace("\r\n", "\n")
        .replace('\n', "\r\n")
        .into_bytes()
}

fn is_plain_message(bytes: &[u8]) -> bool {
    !contains(&with_crlf(bytes), b"bare\rCR")
}

fn check_ours(seed: u64, letter: &Letter, wire: &[u8], copy: &[u8]) {
    let message = parse::message(wire);
    let envelope = &message.envelope;
    // A name that is an address is marked, whoever it is.
    let is_known = |defect: &Defect| *defect == Defect::MisleadingSender;
    assert!(message.defects.iter().all(is_known), "seed {seed}");
    assert_eq!(people(&envelope.from), letter.people[0], "seed {seed}");
    assert_eq!(people(&envelope.to), letter.people[1], "seed {seed}");
    assert_eq!(people(&envelope.cc), letter.people[2], "seed {seed}");
    assert_eq!(envelope.bcc, [], "seed {seed}");
    assert!(
        !field_names(wire).contains(&"bcc".to_owned()),
        "seed {seed}"
    );
    assert_eq!(
        people(&parse::message(copy).envelope.bcc),
        letter.people[3],
        "seed {seed}"
    );
    assert_eq!(
        envelope.subject,
        clean_name(&letter.mail.subject),
        "seed {seed}"
    );
    assert_eq!(envelope.date, Some(NOW.seconds), "seed {seed}");
    assert_eq!(
        envelope.date_offset_minutes, NOW.offset_minutes,
        "seed {seed}"
    );
    let own = [
        "date",
        "message-id",
        "from",
        "to",
        "cc",
        "subject",
        "in-reply-to",
        "references",
        "mime-version",
    ];
    let is_own = |name: &String| own.contains(&name.as_str()) || name.starts_with("content-");
    assert!(
        field_names(wire).iter().all(is_own),
        "seed {seed}: {:?}",
        field_names(wire)
    );
    check_parts(seed, letter, &message);
}

/// The text and the attachments are what was typed and chosen.
fn check_parts(seed: u64, letter: &Letter, message: &Message) {
    let outer: Vec<_> = message
        .parts
        .iter()
        .filter(|part| part.info.path.numbers().len() == 1)
        .collect();
    assert_eq!(outer.len(), letter.material.len() + 1, "seed {seed}");
    let text = outer[0].text();
    let expected = typed(&letter.mail.body);
    let found: Vec<_> = Paragraphs::new(&text, outer[0].lines).collect();
    let expected_lines: Vec<_> = Paragraphs::new(&expected, TextLines::Fixed).collect();
    assert_eq!(found, expected_lines, "seed {seed}");
    if outer[0].lines == TextLines::Fixed {
        assert_eq!(text, expected, "seed {seed}");
    }
    for (n, part) in outer.iter().skip(1).enumerate() {
        let attachment = &letter.mail.attachments[n];
        assert_eq!(part.info.name, file_name(&attachment.name), "seed {seed}");
        assert!(part.info.is_attachment, "seed {seed}");
        let bytes = &letter.material[n];
        if attachment.media_type == "message/rfc822" && is_plain_message(bytes) {
            assert_eq!(part.info.content_type, "message/rfc822", "seed {seed}");
            assert!(
                matches!(part.info.encoding.as_str(), "7bit" | "8bit"),
                "seed {seed}"
            );
            assert_eq!(part.decoded(), with_crlf(bytes), "seed {seed}");
        } else {
            assert_eq!(part.info.encoding, "base64", "seed {seed}");
            assert!(&part.decoded() == bytes, "seed {seed}");
        }
    }
}

fn check_theirs(seed: u64, letter: &Letter, wire: &[u8]) {
    let message = mail_parser::MessageParser::default().parse(wire).unwrap();
    let subject = message.subject().unwrap_or_default();
    assert_eq!(subject, clean_name(&letter.mail.subject), "seed {seed}");
    for (list, expected) in [
        (message.from(), &letter.people[0]),
        (message.to(), &letter.people[1]),
        (message.cc(), &letter.people[2]),
    ] {
        let found: Vec<(String, String)> = list
            .into_iter()
            .flat_map(mail_parser::Address::iter)
            .map(|one| {
                let text = |text: Option<&str>| text.unwrap_or_default().to_owned();
                (text(one.name()), text(one.address()))
            })
            .collect();
        assert_eq!(&found, expected, "seed {seed}");
    }
    let found: Vec<_> = message.attachments().collect();
    assert_eq!(found.len(), letter.material.len(), "seed {seed}");
    for (n, part) in found.iter().enumerate() {
        let attachment = &letter.mail.attachments[n];
        assert_eq!(
            part.attachment_name(),
            Some(file_name(&attachment.name).as_str()),
            "seed {seed}"
        );
        // It gives texts decoded, and messages taken apart.
        let is_bytes = !attachment.media_type.starts_with("text/")
            && attachment.media_type != "message/rfc822";
        assert!(
            !is_bytes || part.contents() == letter.material[n],
            "seed {seed}"
        );
    }
}
