//! Messages made to exhaust memory or time: every one ends, within the caps.

use std::fmt::Write as _;

use sterna::mime::defect::Defect;
use sterna::mime::{parse, render};

use crate::shown;

/// Multiparts inside of one another, none of them closed.
pub fn nested(depth: usize) -> Vec<u8> {
    let mut raw = String::from("From: a@b\n");
    for level in 0..depth {
        write!(
            raw,
            "Content-Type: multipart/mixed; boundary=b{level:06}\n\n--b{level:06}\n"
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
