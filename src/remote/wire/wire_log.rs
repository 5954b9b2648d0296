//! The wire in the log: target `wire`, level trace. Credentials and literals appear as `<redacted n>`, controls escaped.

use std::fmt::Write as _;

use crate::remote::command::{Command, Tag};
use crate::remote::wire::framer::Frame;

/// Bytes of one line that are logged.
const MAX_LINE: usize = 2000;

/// Logs a command of ours.
pub(crate) fn command(tag: Tag, command: &Command) {
    if is_on() {
        let text = escape(command.to_string().as_bytes());
        tracing::trace!(target: "wire", "C: {tag} {text}");
    }
}

/// Logs bytes that the `imap` crate sent.
pub(crate) fn sent(bytes: &[u8], is_secret: bool) {
    if is_on() {
        for line in bytes.split_inclusive(|byte| *byte == b'\n') {
            tracing::trace!(target: "wire", "C: {}", client_line(line, is_secret));
        }
    }
}

/// Logs that a part of a mail was sent, by its length alone.
pub(crate) fn withheld(n_bytes: usize) {
    if is_on() {
        tracing::trace!(target: "wire", "C: <redacted {n_bytes}>");
    }
}

/// Logs a line of a submission server, without its end; while credentials are exchanged only the code.
pub(crate) fn heard(line: &[u8], is_secret: bool) {
    if is_on() {
        tracing::trace!(target: "wire", "S: {}", reply_line(line, is_secret));
    }
}

/// Logs a response.
pub(crate) fn received(frame: &Frame, is_secret: bool) {
    if is_on() {
        tracing::trace!(target: "wire", "S: {}", server_line(frame, is_secret));
    }
}

fn is_on() -> bool {
    tracing::enabled!(target: "wire", tracing::Level::TRACE)
}

/// A line of the client's: whole if it is no secret, else its first two words if they are a tag and a command.
fn client_line(line: &[u8], is_secret: bool) -> String {
    let line = line.trim_ascii_end();
    let mut words = line.splitn(3, |byte| *byte == b' ');
    let (tag, verb, rest) = (words.next(), words.next(), words.next());
    let verb = verb.unwrap_or_default().to_ascii_uppercase();
    if matches!(verb.as_slice(), b"LOGIN" | b"AUTHENTICATE") {
        return format!(
            "{} {} <redacted {}>",
            escape(tag.unwrap_or_default()),
            escape(&verb),
            rest.unwrap_or_default().len()
        );
    }
    if is_secret {
        return format!("<redacted {}>", line.len());
    }
    escape(line)
}

/// A line of a reply: the code, and what is behind it where that is no challenge, which may be a secret's echo.
fn reply_line(line: &[u8], is_secret: bool) -> String {
    match line.split_at_checked(3) {
        Some((code, rest)) if is_secret => format!("{} <redacted {}>", escape(code), rest.len()),
        _ if is_secret => format!("<redacted {}>", line.len()),
        _ => escape(line),
    }
}

/// A response: literals by their length, and while credentials are exchanged only the first two words.
fn server_line(frame: &Frame, is_secret: bool) -> String {
    if is_secret {
        let mut words = frame.bytes.splitn(3, |byte| *byte == b' ');
        let (tag, status) = (words.next(), words.next());
        let n_rest = words.next().unwrap_or_default().len();
        // A challenge may be a secret's echo.
        if tag == Some(b"+") {
            return format!("+ <redacted {}>", frame.bytes.len());
        }
        return format!(
            "{} {} <redacted {n_rest}>",
            escape(tag.unwrap_or_default()),
            escape(status.unwrap_or_default())
        );
    }
    let mut out = String::new();
    let mut rest = frame.bytes.as_slice();
    let mut at = 0_usize;
    while let Some(end) = rest.windows(2).position(|pair| pair == b"\r\n") {
        let (line, after) = rest.split_at(end + 2);
        out.push_str(&escape(line.trim_ascii_end()));
        at += line.len();
        let n = literal_bytes(line);
        let is_spilled = frame.spilled.iter().any(|(spilled, _)| *spilled == at);
        let n_here = if is_spilled { 0 } else { n.min(after.len()) };
        let _ = write!(out, "<redacted {n}>");
        at += n_here;
        rest = after.get(n_here..).unwrap_or_default();
    }
    out.push_str(&escape(rest));
    out
}

fn literal_bytes(line: &[u8]) -> usize {
    let line = line.trim_ascii_end();
    let inner = line.strip_suffix(b"}").unwrap_or_default();
    let inner = inner.strip_suffix(b"+").unwrap_or(inner);
    let n_digits = inner
        .iter()
        .rev()
        .take_while(|byte| byte.is_ascii_digit())
        .count();
    inner
        .get(inner.len() - n_digits..)
        .and_then(|digits| std::str::from_utf8(digits).ok()?.parse().ok())
        .unwrap_or(0)
}

fn escape(bytes: &[u8]) -> String {
    let head = bytes.get(..bytes.len().min(MAX_LINE)).unwrap_or_default();
    let mut out = String::new();
    for c in String::from_utf8_lossy(head).chars() {
        if c.is_control() {
            out.extend(c.escape_default());
        } else {
            out.push(c);
        }
    }
    if bytes.len() > MAX_LINE {
        let _ = write!(out, "<{} more>", bytes.len() - MAX_LINE);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_and_literals_do_not_reach_the_log() {
        for (line, is_secret, expected) in [
            (
                &b"a1 LOGIN \"u\" \"geheim\"\r\n"[..],
                false,
                "a1 LOGIN <redacted 12>",
            ),
            (
                b"a1 authenticate PLAIN AGEAYg==\r\n",
                false,
                "a1 AUTHENTICATE <redacted 14>",
            ),
            (b"AGEAYg==\r\n", true, "<redacted 8>"),
            (b"a2 CREATE x\x1b[2J\r\n", false, "a2 CREATE x\\u{1b}[2J"),
        ] {
            assert_eq!(client_line(line, is_secret), expected);
        }
        for (line, is_secret, expected) in [
            (
                &b"* 1 FETCH (BODY[] {6}\r\ngeheim UID 3)"[..],
                false,
                "* 1 FETCH (BODY[] {6}<redacted 6> UID 3)",
            ),
            (
                b"* 1 FETCH (A {3}\r\nx\r\n B {2}\r\nyy)",
                false,
                "* 1 FETCH (A {3}<redacted 3> B {2}<redacted 2>)",
            ),
            (
                b"a1 BAD unknown LOGIN u geheim",
                true,
                "a1 BAD <redacted 22>",
            ),
            (b"+ Z2VoZWlt", true, "+ <redacted 10>"),
            (b"* OK \x1b]0;x\x07", false, "* OK \\u{1b}]0;x\\u{7}"),
        ] {
            let frame = Frame {
                bytes: line.to_vec(),
                ..Frame::default()
            };
            assert_eq!(server_line(&frame, is_secret), expected);
        }
        assert_eq!(reply_line(b"535 no geheim", true), "535 <redacted 10>");
        assert_eq!(reply_line(b"33", true), "<redacted 2>");
        assert_eq!(reply_line(b"250-\x1b[2J", false), "250-\\u{1b}[2J");
    }
}
