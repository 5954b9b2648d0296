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
use sterna::mime::defect::Defect;
use sterna::mime::message::Message;
use sterna::mime::{header, parse, render};

#[path = "fuzz/mime.rs"]
mod fuzz;

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

#[test]
fn the_real_sender_is_always_visible() {
    for (name, raw) in corpus()
        .into_iter()
        .filter(|(name, _)| name.starts_with("spoof-"))
    {
        let message = parse::message(&raw);
        let from = render::headers(&message)[0].1.as_str().to_owned();
        let is_honest = from.contains("evil@other.example")
            || from.contains("@mailsploit.example")
            || from.contains("unreadable address");
        assert!(is_honest, "{name}: {from}");
        let is_marked = message.defects.contains(&Defect::MisleadingSender)
            || message.defects.contains(&Defect::UnreadableSender)
            // Nothing of the fake is shown at all.
            || !from.contains("boss@corp") && !from.contains("potus@");
        assert!(is_marked, "{name}: {from}");
        let envelope = header::envelope(&raw);
        assert_eq!(envelope, message.envelope, "{name}");
    }
}

#[test]
fn forty_forged_senders_never_stand_alone() {
    let fakes = [
        "\"boss@corp.example\"",
        "boss@corp.example",
        "=?utf-8?Q?boss=40corp.example?=",
        "=?utf-8?B?Ym9zc0Bjb3JwLmV4YW1wbGU=?=",
        "\"=?utf-8?B?Ym9zc0Bjb3JwLmV4YW1wbGU=?=\"",
        "\"Boss <boss@corp.example>\"",
        "=?utf-8?Q?Boss_=3Cboss=40corp.example=3E?=",
        "(boss@corp.example)",
        "=?utf-8?Q?boss=40corp.example=00?=",
        "=?utf-8?Q?boss=40corp.example=0A=0D?=",
    ];
    let mut n_forms = 0;
    for fake in fakes {
        for form in [
            format!("{fake} <evil@other.example>"),
            format!("{fake}\n <evil@other.example> (boss@corp.example)"),
            format!("{fake} evil@other.example"),
            format!("<boss@corp.example> {fake} <evil@other.example>"),
        ] {
            let message = parse::message(format!("From: {form}\n\nx\n").as_bytes());
            let from = render::headers(&message)[0].1.as_str().to_owned();
            let has_real = from.contains("evil@other.example");
            assert!(
                has_real || from.contains("unreadable"),
                "{form} became {from}"
            );
            let shows_fake = from.contains("boss@corp.example");
            let is_marked = from.contains("misleading") || from.contains("unreadable");
            assert!(!shows_fake || is_marked, "{form} became {from}");
            n_forms += 1;
        }
    }
    assert_eq!(n_forms, 40);
}

fn nested(depth: usize) -> Vec<u8> {
    let mut raw = String::from("From: a@b\n");
    for level in 0..depth {
        write!(
            raw,
            "Content-Type: multipart/mixed; boundary=b{level}\n\n--b{level}\n"
        )
        .unwrap();
    }
    raw.push_str("Content-Type: text/plain\n\ninnermost\n");
    raw.into_bytes()
}

#[test]
fn depth_is_capped_and_what_is_deeper_is_shown_as_text() {
    for (depth, is_capped) in [(99, false), (100, false), (101, true), (100_000, true)] {
        let message = parse::message(&nested(depth));
        assert_eq!(
            message.defects.contains(&Defect::TooDeep),
            is_capped,
            "{depth}"
        );
        assert_eq!(message.parts.len(), 1, "{depth}");
        let text = message.parts[0].text();
        assert!(text.contains("innermost"), "{depth}");
    }
}

#[test]
fn messages_inside_of_messages_are_capped() {
    let raw = "Content-Type: message/rfc822\n\n".repeat(20_000);
    let message = parse::message(raw.as_bytes());
    assert!(message.defects.contains(&Defect::TooDeep));
    assert!(message.parts.len() <= 102);
    let bytes: usize = message
        .parts
        .iter()
        .map(|part| part.body.as_ref().unwrap().len())
        .sum();
    assert!(bytes <= raw.len() * 4, "{bytes}");
}

#[test]
fn a_flood_of_parts_is_cut() {
    let mut raw = String::from("From: a@b\nContent-Type: multipart/mixed; boundary=b\n\n");
    for _ in 0..100_000 {
        raw.push_str("--b\n\nx\n");
    }
    let message = parse::message(raw.as_bytes());
    assert_eq!(message.parts.len(), 1_000);
    assert!(message.defects.contains(&Defect::TooManyParts));
    let text = shown(&message, 60);
    assert!(text.contains("more than 1,000 parts"));
}

#[test]
fn parts_of_encoded_messages_count_too() {
    let inner = format!(
        "Content-Type: multipart/mixed; boundary=i\n\n{}",
        "--i\n\nx\n".repeat(900)
    );
    let inner = inner.replace('=', "=3D");
    let mut raw = String::from("From: a@b\nContent-Type: multipart/mixed; boundary=b\n\n");
    for _ in 0..50 {
        write!(
            raw,
            "--b\nContent-Type: message/rfc822\nContent-Transfer-Encoding: quoted-printable\n\n{inner}\n"
        )
        .unwrap();
    }
    let message = parse::message(raw.as_bytes());
    assert_eq!(message.parts.len(), 1_000);
    assert!(message.defects.contains(&Defect::TooManyParts));
}

#[test]
fn endless_lines_and_texts_end() {
    for body in [
        "x".repeat(3 << 20),
        "word ".repeat(400_000),
        "\n".repeat(1_000_000),
        ">".repeat(1 << 20),
        "x \n".repeat(300_000),
    ] {
        for format in ["fixed", "flowed"] {
            let raw = format!("From: a@b\nContent-Type: text/plain; format={format}\n\n{body}");
            let lines = render::lines(&parse::message(raw.as_bytes()), 80);
            assert!(lines.len() <= 200_000);
        }
    }
}

#[test]
fn giant_headers_are_cut() {
    let mut raw = format!("From: a@b\nSubject: {}\n", "x".repeat(5 << 20));
    for n in 0..200_000 {
        writeln!(raw, "X-{n}: {}", "y".repeat(60)).unwrap();
    }
    raw.push_str("\nbody\n");
    let message = parse::message(raw.as_bytes());
    assert!(message.defects.contains(&Defect::HeaderTooLarge));
    assert!(message.headers.len() <= 10_000);
    assert!(message.envelope.subject.len() <= 1 << 20);
}

#[test]
fn floods_of_parameters_addresses_and_words_end() {
    for header in [
        format!("Content-Type: text/plain{}", ";".repeat(1_000_000)),
        format!("Content-Type: text/plain{}", "; a=b".repeat(200_000)),
        format!(
            "Content-Disposition: attachment{}",
            "; filename*1*=x".repeat(60_000)
        ),
        format!("To: {}", "a@b,".repeat(250_000)),
        format!("To: {}", "(".repeat(1_000_000)),
        format!("From: {}", "=?utf-8?Q?x?= ".repeat(70_000)),
        format!("References: {}", "<a@b>".repeat(200_000)),
        format!("References: {}", "<".repeat(1_000_000)),
        format!("Subject: {}", "=?".repeat(500_000)),
        format!("Date: {}", "1 Jan ".repeat(100_000)),
    ] {
        let message = parse::message(format!("{header}\n\nbody\n").as_bytes());
        let n_addresses = message.envelope.to.len() + message.envelope.from.len();
        assert!(n_addresses <= 10_000);
        let _ = shown(&message, 60);
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

#[test]
fn mutated_messages_break_nothing() {
    let corpus: Vec<Vec<u8>> = corpus().into_iter().map(|(_, raw)| raw).collect();
    let n_runs = std::env::var("STERNA_FUZZ_RUNS")
        .ok()
        .and_then(|n| n.parse().ok())
        .unwrap_or(3_000);
    fuzz::run_all(&corpus, 0x57e2_0a11, n_runs);
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
