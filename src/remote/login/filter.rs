//! What the `imap` crate gets to see of a server's responses: only lines it surely understands.
//!
//! A line that its parser rejects would end the session, and some lines would end the process. Everything held back is
//! in the tap for our own reader; so are the texts and codes, of which nothing goes through.

use base64::Engine as _;

use crate::remote::response::split_word;
use crate::remote::wire::framer::Frame;

/// The bytes for the `imap` crate, line end included; `None` to hold the response back.
#[must_use]
pub fn for_imap(frame: &Frame) -> Option<Vec<u8>> {
    if frame.skipped.is_some() {
        return None;
    }
    let line = frame.bytes.as_slice();
    if let Some(challenge) = line.strip_prefix(b"+") {
        return Some(continuation(challenge.trim_ascii()));
    }
    if line.starts_with(b"*") {
        return capability(line);
    }
    tagged(line)
}

/// A challenge goes through if it is base64; words instead of one (`+ go ahead`) mean an empty challenge.
fn continuation(challenge: &[u8]) -> Vec<u8> {
    let is_base64 = base64::engine::general_purpose::STANDARD
        .decode(challenge)
        .is_ok();
    if challenge.is_empty() || !is_base64 {
        return b"+\r\n".to_vec();
    }
    [b"+ ", challenge, b"\r\n"].concat()
}

/// The one untagged response it asks for itself, if it is plain.
fn capability(line: &[u8]) -> Option<Vec<u8>> {
    let upper = line.to_ascii_uppercase();
    let is_plain = upper.starts_with(b"* CAPABILITY ")
        && upper.iter().all(|byte| matches!(byte, b' '..=b'~'))
        && upper
            .split(|byte| *byte == b' ')
            .any(|word| word == b"IMAP4REV1");
    is_plain.then(|| [line, b"\r\n"].concat())
}

/// A tagged line is given with its status alone.
fn tagged(line: &[u8]) -> Option<Vec<u8>> {
    let (tag, rest) = split_word(line);
    if tag.is_empty() || !tag.iter().all(u8::is_ascii_alphanumeric) {
        return None;
    }
    let status: &[u8] = match split_word(rest).0.to_ascii_uppercase().as_slice() {
        b"OK" => b" OK done\r\n",
        b"NO" => b" NO refused\r\n",
        b"BAD" => b" BAD refused\r\n",
        // wp.pl answers LOGOUT so.
        b"BYE" => b" BYE gone\r\n",
        _ => return None,
    };
    Some([tag, status].concat())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_plain_lines_go_through() {
        for (line, expected) in [
            (
                &b"* CAPABILITY IMAP4rev1 IDLE"[..],
                Some(&b"* CAPABILITY IMAP4rev1 IDLE\r\n"[..]),
            ),
            (b"* CAPABILITY IMAP4rev2", None),
            (b"* CAPABILITY IMAP4rev1 X\xe9", None),
            (b"* BYE go away", None),
            (b"* Goodbye", None),
            (b"* 3 EXPUNGE", None),
            (b"* NO [ALERT] disk", None),
            (b"* BODYSTRUCTURE ((((((((", None),
            (
                b"a1 OK [CAPABILITY X] willkommen \xfc",
                Some(b"a1 OK done\r\n"),
            ),
            (b"a1 no", Some(b"a1 NO refused\r\n")),
            (b"a1 BAD {5}", Some(b"a1 BAD refused\r\n")),
            (b"a1 BYE", Some(b"a1 BYE gone\r\n")),
            (b"a1 WHAT", None),
            (b"a\xff OK", None),
            (b"", None),
            (b"+ ", Some(b"+\r\n")),
            (b"+", Some(b"+\r\n")),
            (b"+ go ahead", Some(b"+\r\n")),
            (
                b"+ eyJzdGF0dXMiOiI0MDAifQ==",
                Some(b"+ eyJzdGF0dXMiOiI0MDAifQ==\r\n"),
            ),
        ] {
            let frame = Frame {
                bytes: line.to_vec(),
                ..Frame::default()
            };
            assert_eq!(
                for_imap(&frame).as_deref(),
                expected,
                "{}",
                line.escape_ascii()
            );
        }
    }
}
