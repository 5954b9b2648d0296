//! Messages of all kinds, well-formed and not: what is shown of them, and that nothing breaks the parser.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::panic,
    missing_docs
)]

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use sterna::mail::part::{PartInfo, PartPath};
use sterna::mail::styled::TextStyle;
use sterna::mime::message::Message;
use sterna::mime::{parse, render};

#[path = "mime/bombs.rs"]
mod bombs;
#[path = "mime/forms.rs"]
mod forms;
#[path = "fuzz/mime.rs"]
mod fuzz;
#[path = "mime/gaps.rs"]
mod gaps;
#[path = "mime/senders.rs"]
mod senders;

/// All messages of the corpus, by name, with LF line ends.
fn corpus() -> Vec<(String, Vec<u8>)> {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/eml");
    let mut all: Vec<_> = fs::read_dir(directory)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "eml"))
        .map(|path| {
            (
                path.file_stem().unwrap().to_str().unwrap().to_owned(),
                fs::read(&path).unwrap(),
            )
        })
        .collect();
    all.sort();
    all
}

fn with_crlf(raw: &[u8]) -> Vec<u8> {
    raw.iter()
        .flat_map(|byte| {
            if *byte == b'\n' {
                vec![b'\r', b'\n']
            } else {
                vec![*byte]
            }
        })
        .collect()
}

/// Everything a reader would see, as text.
fn shown(message: &Message, columns: u16) -> String {
    let mut out = String::new();
    for (name, value) in render::headers(message) {
        writeln!(out, "{name}: {value}").unwrap();
    }
    let envelope = &message.envelope;
    writeln!(
        out,
        "({} fields, date {:?} {:+}, id {}, references {:?}, list {:?}, attachment {:?})",
        message.headers.len(),
        envelope.date,
        envelope.date_offset_minutes,
        envelope.message_id,
        envelope.references,
        envelope.list_id,
        envelope.has_attachment,
    )
    .unwrap();
    for part in &message.parts {
        let info = &part.info;
        writeln!(
            out,
            "part {} {} [{}] {} {:?}{}",
            info.path,
            info.content_type,
            info.charset,
            info.encoding,
            info.name,
            if info.is_attachment {
                " attachment"
            } else {
                ""
            }
        )
        .unwrap();
    }
    for info in render::attachments(message) {
        writeln!(out, "attachment {}", info.path).unwrap();
    }
    for defect in &message.defects {
        writeln!(out, "defect: {defect}").unwrap();
    }
    out.push_str("---\n");
    for line in render::lines(message, columns) {
        for span in &line.spans {
            match span.style {
                TextStyle::Plain => write!(out, "{}", span.text).unwrap(),
                style => write!(out, "[{style:?}:{}]", span.text).unwrap(),
            }
        }
        out.push('\n');
    }
    out
}

#[test]
fn every_message_of_the_corpus_is_shown_as_recorded() {
    let corpus = corpus();
    assert!(corpus.len() >= 25);
    for (name, raw) in corpus {
        insta::assert_snapshot!(name, shown(&parse::message(&raw), 60));
    }
}

#[test]
fn line_ends_make_no_difference() {
    for (name, raw) in corpus() {
        let (lf, crlf) = (parse::message(&raw), parse::message(&with_crlf(&raw)));
        assert_eq!(shown(&lf, 60), shown(&crlf, 60), "{name}");
    }
}

#[test]
fn no_line_holds_a_control_character() {
    for (name, raw) in corpus() {
        let message = parse::message(&raw);
        let headers = render::headers(&message)
            .into_iter()
            .map(|(_, value)| value);
        let lines = render::lines(&message, 60)
            .into_iter()
            .flat_map(|line| line.spans)
            .map(|span| span.text);
        for text in headers.chain(lines) {
            let is_bad = |c: char| {
                c.is_control() || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
            };
            assert!(!text.as_str().contains(is_bad), "{name}: {text:?}");
        }
    }
}

#[test]
fn well_formed_messages_agree_with_another_parser() {
    for name in [
        "plain",
        "flowed",
        "alternative",
        "mixed-attachment",
        "nested-rfc822",
        "charset-utf8",
        "charset-gb18030",
        "charset-iso2022jp",
        "charset-windows1251",
        "html-newsletter",
        "list-thread",
        "multipart-signed",
    ] {
        let (_, raw) = corpus()
            .into_iter()
            .find(|(found, _)| found == name)
            .unwrap();
        let ours = parse::message(&raw);
        let theirs = mail_parser::MessageParser::default().parse(&raw).unwrap();
        assert_eq!(
            Some(ours.envelope.subject.as_str()),
            theirs.subject(),
            "{name}"
        );
        let from = theirs.from().and_then(|from| from.first()).unwrap();
        assert_eq!(
            Some(ours.envelope.from[0].addr.as_str()),
            from.address(),
            "{name}"
        );
        assert_eq!(
            ours.envelope.from[0].name,
            from.name().unwrap_or_default(),
            "{name}"
        );
        assert_eq!(
            ours.envelope.date,
            theirs.date().map(mail_parser::DateTime::to_timestamp),
            "{name}"
        );
    }
}

fn info(path: &str, content_type: &str, name: &str, size_bytes: u64) -> PartInfo {
    PartInfo {
        path: PartPath::parse(path).unwrap(),
        content_type: content_type.to_owned(),
        charset: "utf-8".to_owned(),
        encoding: "7bit".to_owned(),
        name: name.to_owned(),
        size_bytes,
        is_attachment: !content_type.starts_with("text/"),
        content_id: String::new(),
    }
}

#[test]
fn a_message_is_put_together_from_the_parts_that_are_here() {
    let header = b"From: Anna <anna@example.org>\nSubject: large\nContent-Type: multipart/mixed; boundary=x\n\n";
    let parts = vec![
        (
            info("1.1", "text/plain", "", 20),
            Some(b"The plain text.\r\n".to_vec()),
        ),
        (info("1.2", "text/html", "", 40), None),
        (info("2", "application/zip", "big.zip", 40_000_000), None),
        (info("3", "text/plain", "", 1_500), None),
    ];
    insta::assert_snapshot!("assembled", shown(&parse::assemble(header, parts), 60));
}

#[test]
fn the_only_part_of_a_message_put_together_may_be_flowed() {
    let header = b"From: a@b\nContent-Type: text/plain; format=flowed\n\n";
    let parts = vec![(
        info("1", "text/plain", "", 8),
        Some(b"one \r\ntwo\r\n".to_vec()),
    )];
    assert!(shown(&parse::assemble(header, parts), 60).ends_with("---\none two\n"));
}

#[test]
fn an_enclosed_message_that_was_fetched_whole_is_opened() {
    let inner = b"From: c@example.com\nSubject: inner\n\nInner text.\n".to_vec();
    let parts = vec![
        (info("1", "text/plain", "", 3), Some(b"Outer".to_vec())),
        (
            info("2", "message/rfc822", "", inner.len() as u64),
            Some(inner),
        ),
    ];
    let message = parse::assemble(b"From: a@b\nContent-Type: multipart/mixed\n\n", parts);
    let text = shown(&message, 60);
    assert!(
        text.contains("Inner text.") && text.contains("part 2.1 text/plain"),
        "{text}"
    );
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(400))]
    #[test]
    fn random_bytes_break_nothing(bytes in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..2_000)) {
        fuzz::message(&bytes);
        fuzz::header_block(&bytes);
    }

    #[test]
    fn random_headers_break_nothing(text in "(From|To|Date|Subject|References|Content-Type|X): (\\PC|[<>@,;:\"()=?\\\\ \n\t]){0,300}") {
        fuzz::message(text.as_bytes());
        fuzz::header_block(text.as_bytes());
    }
}
