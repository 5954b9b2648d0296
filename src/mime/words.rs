//! Header text to Unicode: unfolding, encoded words, raw 8-bit bytes. RFC 2047.
//!
//! Structure is read before this is called: what comes out is only ever shown, never parsed again.

use crate::mime::charset;
use crate::mime::encoding;

/// Decodes the value of an unstructured field; `hint` is the charset of the body, for raw 8-bit bytes.
///
/// Never holds a line break, and no blanks at its ends.
pub fn text(raw: &[u8], hint: &str) -> String {
    let unfolded = unfold(&charset::guess(raw, hint));
    if unfolded.contains("=?") {
        words(&unfolded)
    } else {
        unfolded
    }
}

/// Joins folded lines: a line break and the blanks after it become one blank.
pub fn unfold(raw: &str) -> String {
    let trimmed = raw.trim_matches(|c| matches!(c, ' ' | '\t' | '\r' | '\n'));
    if !trimmed.bytes().any(|byte| matches!(byte, b'\r' | b'\n')) {
        return trimmed.to_owned();
    }
    let mut out = String::with_capacity(trimmed.len());
    let mut lines = trimmed.split('\n');
    if let Some(first) = lines.next() {
        push_without_cr(&mut out, first.trim_end_matches('\r'));
    }
    for line in lines {
        out.push(' ');
        push_without_cr(
            &mut out,
            line.trim_end_matches('\r').trim_start_matches([' ', '\t']),
        );
    }
    out
}

fn push_without_cr(out: &mut String, line: &str) {
    out.extend(line.chars().map(|c| if c == '\r' { ' ' } else { c }));
}

/// An encoded word that may go on in the next one.
struct Pending {
    charset: String,
    bytes: Vec<u8>,
}

impl Pending {
    fn flush(self, out: &mut String) {
        let decoded = charset::decode(&self.bytes, &self.charset);
        out.extend(
            decoded
                .chars()
                .map(|c| if matches!(c, '\r' | '\n') { ' ' } else { c }),
        );
    }
}

/// Decodes the encoded words of a text and leaves the rest. Linear in the length of the text.
pub fn words(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut pending: Option<Pending> = None;
    let mut rest = text;
    // Once there is no further `?=`, no further word can end.
    let mut may_end = true;
    while let Some((before, after)) = rest.split_once("=?") {
        let word = if may_end {
            Word::read(after, &mut may_end)
        } else {
            None
        };
        let Some(word) = word else {
            finish(&mut pending, &mut out);
            out.push_str(before);
            out.push_str("=?");
            rest = after;
            continue;
        };
        // Blanks between two encoded words are not part of the text. RFC 2047 §6.2.
        if pending.is_none() || !before.trim().is_empty() {
            finish(&mut pending, &mut out);
            out.push_str(before);
        }
        match &mut pending {
            // A character may be split over two words of one charset.
            Some(open) if open.charset.eq_ignore_ascii_case(word.charset) => {
                open.bytes.extend(word.bytes);
            }
            _ => {
                finish(&mut pending, &mut out);
                pending = Some(Pending {
                    charset: word.charset.to_owned(),
                    bytes: word.bytes,
                });
            }
        }
        rest = word.rest;
    }
    finish(&mut pending, &mut out);
    out.push_str(rest);
    out
}

fn finish(pending: &mut Option<Pending>, out: &mut String) {
    if let Some(open) = pending.take() {
        open.flush(out);
    }
}

/// One encoded word, its content decoded to bytes.
struct Word<'a> {
    charset: &'a str,
    bytes: Vec<u8>,
    rest: &'a str,
}

impl<'a> Word<'a> {
    /// Reads what follows `=?`.
    fn read(after: &'a str, may_end: &mut bool) -> Option<Self> {
        let charset_end = after
            .bytes()
            .take(80)
            .position(|byte| matches!(byte, b'?' | b' ' | b'\t'))?;
        let (label, after) = after.split_at_checked(charset_end)?;
        let after = after.strip_prefix('?')?;
        let kind = after.as_bytes().first()?.to_ascii_lowercase();
        let content = after.get(1..)?.strip_prefix('?')?;
        let Some((content, rest)) = content.split_once("?=") else {
            *may_end = false;
            return None;
        };
        let bytes = match kind {
            b'b' => encoding::base64(content.as_bytes()).0,
            b'q' => encoding::q_word(content.as_bytes()),
            _ => return None,
        };
        // A language after the charset, RFC 2231 §5, is of no use here.
        let charset = label.split('*').next().unwrap_or(label);
        Some(Self {
            charset,
            bytes,
            rest,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_decode_as_the_table_says() {
        let cases: [(&[u8], &str); 18] = [
            (b" plain text\r\n", "plain text"),
            (b"folded\r\n  line\r\n\tand more", "folded line and more"),
            (b"=?utf-8?Q?Gr=C3=BC=C3=9Fe?=", "Grüße"),
            (b"=?UTF-8?b?R3LDvMOfZQ==?=", "Grüße"),
            (b"=?iso-8859-1?q?a_b?= and =?iso-8859-1?q?c?=", "a b and c"),
            (b"=?utf-8?q?a?=\r\n =?utf-8?q?b?=", "ab"),
            // A character split over two words.
            (b"=?utf-8?Q?=C3?= =?utf-8?Q?=BC?=", "ü"),
            (b"=?utf-8?B?w7w=?= =?utf-8?Q?=C3=BC?=", "üü"),
            // Padding that is missing or too much.
            (b"=?utf-8?B?w7w?=", "ü"),
            (b"=?utf-8?B?w7w====?=", "ü"),
            (b"=?utf-8*en?Q?hi?=", "hi"),
            (b"=?x-none?Q?hi=FC?=", "hiü"),
            (b"=?utf-8?X?hi?=", "=?utf-8?X?hi?="),
            (b"=?utf-8?Q?never ends", "=?utf-8?Q?never ends"),
            (b"=?utf-8?Q?with blank?=", "with blank"),
            (b"a=?utf-8?Q?b?=c", "abc"),
            (b"=?utf-8?Q?x=0D=0ABcc:_v?=", "x  Bcc: v"),
            ("raw ü".as_bytes(), "raw ü"),
        ];
        for (raw, decoded) in cases {
            assert_eq!(text(raw, ""), decoded, "{}", String::from_utf8_lossy(raw));
        }
    }

    #[test]
    fn raw_bytes_take_the_charset_of_the_body() {
        assert_eq!(text(b"\xc5\xd7\xbd\xba\xc6\xae", "euc-kr"), "테스트");
        assert_eq!(text(b"gr\xfc\xdfe", ""), "grüße");
    }

    #[test]
    fn a_flood_of_openings_is_linear() {
        let flood = "=?".repeat(500_000);
        assert_eq!(words(&flood), flood);
        assert!(!words(&"=?a?q?".repeat(100_000)).is_empty());
        let flood = "=?a?q?x".repeat(100_000);
        assert_eq!(words(&flood), flood);
    }
}
