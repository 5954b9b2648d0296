//! What mailparse alone does not manage, and that it is managed here.

use sterna::mime::parse;

use crate::bombs::nested;
use crate::{corpus, shown};

/// What mailparse alone makes of the subject and the first text; `None` where it gives up.
fn mailparse_alone(raw: &[u8]) -> Option<String> {
    let mail = mailparse::parse_mail(raw).ok()?;
    let leaf = mail.parts().find(|part| part.subparts.is_empty())?;
    leaf.get_body().ok()
}

fn file(name: &str) -> Vec<u8> {
    corpus()
        .into_iter()
        .find(|(found, _)| found == name)
        .unwrap()
        .1
}

// Each gap of mailparse that is closed here: a test shows what the library does, so that a mend of it is noticed.

/// A blank or indented first line.
#[test]
fn a_blank_or_indented_first_line_is_passed_over() {
    let raw = file("gap-a-leading-blank");
    assert!(mailparse::parse_mail(raw.trim_ascii_start()).is_ok());
    assert!(mailparse::parse_mail(b" x\nSubject: y\n\nz").is_err());
    assert_eq!(parse::message(&raw).envelope.subject, "after blank lines");
}

/// One bad symbol in base64.
#[test]
fn one_bad_symbol_in_base64_costs_only_itself() {
    let raw = file("gap-b-bad-base64");
    assert_eq!(mailparse_alone(&raw), None);
    assert!(
        parse::message(&raw).parts[0]
            .text()
            .starts_with("Damaged but readable")
    );
}

/// Encoded words in a file name: mailparse decodes them before it looks for quotes and semicolons.
#[test]
fn encoded_words_in_a_file_name_keep_quotes_and_semicolons() {
    let raw = file("gap-c-encoded-name");
    assert_eq!(
        parse::message(&raw).parts[1].info.name,
        "Übersicht für März.doc"
    );
    let header = "Content-Disposition: attachment; filename=\"=?utf-8?Q?a=22=3B_b.txt?=\"\n\nx";
    let theirs = mailparse::parse_mail(header.as_bytes()).unwrap();
    let name = theirs.get_content_disposition().params["filename"].clone();
    assert_ne!(name, "a\"; b.txt");
    assert_eq!(
        parse::message(header.as_bytes()).parts[0].info.name,
        "a\"; b.txt"
    );
}

/// One malformed address.
#[test]
fn one_malformed_address_costs_no_other() {
    let raw = file("gap-d-bad-address");
    let theirs = mailparse::parse_mail(&raw).unwrap();
    let to = theirs
        .headers
        .iter()
        .find(|header| header.get_key() == "To")
        .unwrap();
    assert!(mailparse::addrparse_header(to).is_err());
    assert_eq!(parse::message(&raw).envelope.to.len(), 4);
}

/// Garbage as a date.
#[test]
fn garbage_is_no_date() {
    assert_eq!(mailparse::dateparse("Whenever").unwrap(), 0);
    assert_eq!(parse::message(&file("gap-e-bad-date")).envelope.date, None);
}

/// Raw 8-bit headers in the charset of the body.
#[test]
fn raw_8_bit_headers_are_read_in_the_charset_of_the_body() {
    let raw = file("gap-f-raw-8bit");
    let theirs = mailparse::parse_mail(&raw).unwrap();
    assert!(
        theirs
            .headers
            .iter()
            .all(|header| header.get_value() != "테스트")
    );
    assert_eq!(parse::message(&raw).envelope.subject, "테스트");
}

/// A boundary that begins like another, message/rfc822, and deep nesting.
#[test]
fn boundaries_that_begin_alike_and_deep_nesting_are_told_apart() {
    let raw = file("gap-g-boundary-prefix");
    assert_ne!(mailparse::parse_mail(&raw).unwrap().subparts.len(), 2);
    let ours = parse::message(&raw);
    let paths: Vec<_> = ours
        .parts
        .iter()
        .map(|part| part.info.path.to_string())
        .collect();
    assert_eq!(paths, ["1.1", "1.2", "2"]);
    assert!(mailparse::parse_mail(&nested(102)).is_err());
    assert!(
        parse::message(&nested(102)).parts[0]
            .text()
            .contains("innermost")
    );
    let raw = file("nested-rfc822");
    assert!(
        mailparse::parse_mail(&raw).unwrap().subparts[1]
            .subparts
            .is_empty()
    );
    assert!(shown(&parse::message(&raw), 60).contains("Inner plain."));
}
