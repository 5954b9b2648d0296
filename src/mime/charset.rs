//! Bytes in a named charset to text: never fails, says when it had to guess.

use std::borrow::Cow;

use charset::Charset;
use encoding_rs::{Encoding, WINDOWS_1252};

/// Labels that occur in mail and that the WHATWG list lacks.
const ALIASES: [(&str, &str); 8] = [
    ("cp932", "shift_jis"),
    ("ms932", "shift_jis"),
    ("cp936", "gbk"),
    ("cp949", "euc-kr"),
    ("cp950", "big5"),
    ("8859_1", "iso-8859-1"),
    ("iso-8859-8-i", "iso-8859-8"),
    ("ansi_x3.110-1983", "windows-1252"),
];

/// Whether the charset of that label can be decoded; an empty label is ASCII.
pub fn is_known(label: &str) -> bool {
    label.trim().is_empty() || lookup(label).is_some()
}

fn lookup(label: &str) -> Option<Charset> {
    let label = label.trim().trim_matches(|c| matches!(c, '"' | '\''));
    Charset::for_label_no_replacement(label.as_bytes()).or_else(|| {
        let (_, name) = ALIASES
            .iter()
            .find(|(alias, _)| alias.eq_ignore_ascii_case(label))?;
        Charset::for_label_no_replacement(name.as_bytes())
    })
}

/// Decodes bytes by the label of their charset; unknown or missing labels are guessed. Line breaks stay as they are.
pub fn decode<'a>(bytes: &'a [u8], label: &str) -> Cow<'a, str> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let is_ascii_label = label.is_empty() || label.eq_ignore_ascii_case("us-ascii");
    match lookup(label) {
        Some(found) if !is_ascii_label => found.decode_without_bom_handling(bytes).0,
        _ => guess(bytes, ""),
    }
}

/// Decodes bytes that nobody labelled: UTF-8 where valid, else the hint, else Windows-1252.
pub fn guess<'a>(bytes: &'a [u8], hint: &str) -> Cow<'a, str> {
    if let Ok(text) = std::str::from_utf8(bytes) {
        return Cow::Borrowed(text);
    }
    let hinted =
        lookup(hint).filter(|found| found.is_ascii_compatible() && found.name() != "UTF-8");
    if let Some(found) = hinted {
        return found.decode_without_bom_handling(bytes).0;
    }
    if looks_like_damaged_utf8(bytes) {
        return String::from_utf8_lossy(bytes);
    }
    let fallback: &'static Encoding = WINDOWS_1252;
    fallback.decode_without_bom_handling(bytes).0
}

/// The charset that an HTML document gives itself near its beginning; empty where it gives none.
pub fn html_label(bytes: &[u8]) -> &str {
    const WORD: &[u8] = b"charset=";
    let head = bytes.get(..bytes.len().min(2_000)).unwrap_or_default();
    let at = head
        .windows(WORD.len())
        .position(|window| window.eq_ignore_ascii_case(WORD));
    let after = at
        .and_then(|at| head.get(at + WORD.len()..))
        .unwrap_or_default();
    let after = after.trim_ascii_start();
    let after = after
        .strip_prefix(b"\"")
        .or_else(|| after.strip_prefix(b"'"))
        .unwrap_or(after);
    let is_label =
        |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b':' | b'.');
    let end = after
        .iter()
        .position(|byte| !is_label(byte))
        .unwrap_or(after.len());
    after
        .get(..end)
        .and_then(|label| std::str::from_utf8(label).ok())
        .unwrap_or_default()
}

/// Whether most bytes above ASCII form UTF-8 sequences: a text that was cut in the middle of a character.
fn looks_like_damaged_utf8(bytes: &[u8]) -> bool {
    let (mut n_good, mut n_bad) = (0_usize, 0_usize);
    for chunk in bytes.utf8_chunks() {
        n_good += chunk.valid().chars().filter(|c| !c.is_ascii()).count();
        n_bad += usize::from(!chunk.invalid().is_empty());
    }
    n_good > n_bad
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_decode_and_unknown_ones_are_guessed() {
        let cases: [(&[u8], &str, &str); 11] = [
            (b"plain", "", "plain"),
            (b"gr\xfc\xdfe", "iso-8859-1", "grüße"),
            ("grüße".as_bytes(), "utf-8", "grüße"),
            ("grüße".as_bytes(), "x-unknown", "grüße"),
            (b"gr\xfc\xdfe", "x-unknown", "grüße"),
            (b"gr\xfc\xdfe", "us-ascii", "grüße"),
            (b"\x93quoted\x94", "windows-1252", "“quoted”"),
            (b"\x1b$B%F%9%H\x1b(B", "iso-2022-jp", "テスト"),
            (b"Hi Mom +Jjo-!", "utf-7", "Hi Mom ☺!"),
            (b"\x83e\x83X\x83g", "cp932", "テスト"),
            (b"\xef\xbb\xbfbom", "utf-8", "bom"),
        ];
        for (bytes, label, text) in cases {
            assert_eq!(decode(bytes, label), text, "{label}");
        }
        assert!(!is_known("x-unknown"));
        assert!(is_known("CP932") && is_known("") && is_known("\"utf-8\""));
    }

    #[test]
    fn a_document_names_its_charset() {
        let cases = [
            ("<meta charset=\"koi8-r\">", "koi8-r"),
            (
                "<META http-equiv=x content='text/html; Charset=big5'>",
                "big5",
            ),
            ("<meta charset = x>", ""),
            ("", ""),
        ];
        for (html, label) in cases {
            assert_eq!(html_label(html.as_bytes()), label, "{html}");
        }
    }

    #[test]
    fn a_cut_utf8_text_stays_utf8() {
        let mut bytes = "ääää".as_bytes().to_vec();
        bytes.pop();
        assert_eq!(guess(&bytes, ""), "äää\u{fffd}");
    }
}
