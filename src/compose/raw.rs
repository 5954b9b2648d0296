//! The bytes of a message as they go over a wire: line ends, limits, and the fields of its header, untouched.

use std::borrow::Cow;

/// Longest line in bytes, without its end. RFC 5322 §2.1.1.
const LINE_BYTES: usize = 998;

/// The bytes with CR LF where a bare LF stood. A bare CR stays and is a defect.
pub fn with_crlf(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len() + bytes.len() / 32);
    for line in bytes.split_inclusive(|byte| *byte == b'\n') {
        match line.strip_suffix(b"\n") {
            Some(text) => {
                out.extend_from_slice(text.strip_suffix(b"\r").unwrap_or(text));
                out.extend_from_slice(b"\r\n");
            }
            None => out.extend_from_slice(line),
        }
    }
    out
}

/// The first line that no server needs to take, counted from 1, and why. For bytes with CR LF.
pub fn first_defect(bytes: &[u8]) -> Option<(usize, &'static str)> {
    let lines = bytes.split(|byte| *byte == b'\n').enumerate();
    let n_lines = lines.clone().count();
    for (n, line) in lines {
        let is_last = n + 1 == n_lines;
        let text = match line.strip_suffix(b"\r") {
            Some(text) if !is_last => text,
            None if !is_last => return Some((n + 1, "a line feed stands alone")),
            _ => line,
        };
        if text.contains(&b'\r') {
            return Some((n + 1, "a carriage return stands alone"));
        }
        if text.contains(&0) {
            return Some((n + 1, "there is a NUL"));
        }
        if text.len() > LINE_BYTES {
            return Some((n + 1, "a line is longer than 998 bytes"));
        }
    }
    None
}

/// Fields that name people whom nobody else is to see: they stay on this machine and in the user's own mailboxes.
/// `X-Sterna-Bcc` is how a draft keeps a Bcc that cannot be read yet.
const SECRET: [&str; 3] = ["Bcc", "Resent-Bcc", "X-Sterna-Bcc"];

/// Whether no field of this name may leave.
fn is_secret(name: &[u8]) -> bool {
    SECRET
        .iter()
        .any(|secret| name.eq_ignore_ascii_case(secret.as_bytes()))
}

/// The bytes of a message without its secret fields, whatever its line ends and however odd its header is.
pub fn without_secrets(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len());
    let mut rest = bytes;
    let mut is_left_out = false;
    while !matches!(rest, [] | [b'\n', ..] | [b'\r', b'\n', ..]) {
        let (line, after) = rest.split_at(line_length(rest));
        if !line.starts_with(b" ") && !line.starts_with(b"\t") {
            let name = line.split(|byte| *byte == b':').next();
            is_left_out = name.is_some_and(|name| is_secret(name.trim_ascii_end()));
        }
        if !is_left_out {
            out.extend_from_slice(line);
        }
        rest = after;
    }
    out.extend_from_slice(rest);
    out
}

/// One field: its name, and all of its bytes with the line ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RawField<'a> {
    /// As it stands.
    pub name: &'a str,
    /// Name, value and line ends.
    pub whole: Cow<'a, [u8]>,
}

impl RawField<'_> {
    /// Whether it has that name, in any case.
    pub fn is(&self, name: &str) -> bool {
        self.name.eq_ignore_ascii_case(name)
    }

    /// Whether it may not leave.
    pub fn is_secret(&self) -> bool {
        is_secret(self.name.as_bytes())
    }

    /// What stands behind the colon, folds included.
    pub fn value(&self) -> &[u8] {
        self.whole.get(self.name.len() + 1..).unwrap_or_default()
    }
}

/// Takes the header of a message with CR LF apart, strictly; gives the fields and the body.
///
/// # Errors
/// The line that is no field, counted from 1.
pub fn split(bytes: &[u8]) -> Result<(Vec<RawField<'_>>, &[u8]), usize> {
    let mut fields = Vec::new();
    let mut n_line: usize = 1;
    let mut at = 0;
    while let Some(rest) = bytes.get(at..).filter(|rest| !rest.is_empty()) {
        if let Some(body) = rest.strip_prefix(b"\r\n") {
            return Ok((fields, body));
        }
        // What a mailbox file puts before a message.
        if n_line == 1 && rest.starts_with(b"From ") {
            at += line_length(rest);
            n_line += 1;
            continue;
        }
        let name_end = rest
            .iter()
            .position(|byte| !matches!(byte, b'!'..=b'9' | b';'..=b'~'));
        let name = name_end
            .filter(|end| *end > 0 && rest.get(*end) == Some(&b':'))
            .and_then(|end| std::str::from_utf8(rest.get(..end)?).ok())
            .ok_or(n_line)?;
        let mut end = line_length(rest);
        n_line += 1;
        while matches!(rest.get(end), Some(b' ' | b'\t')) {
            end += line_length(rest.get(end..).unwrap_or_default());
            n_line += 1;
        }
        let whole = Cow::Borrowed(rest.get(..end).unwrap_or(rest));
        fields.push(RawField { name, whole });
        at += end;
    }
    Ok((fields, b""))
}

/// A message of fields of one's own, then fields as they stand, then a body. The last line has its end, so that the final
/// dot of a submission stands on a line of its own.
pub fn joined<'a>(
    head: &str,
    fields: impl IntoIterator<Item = &'a RawField<'a>>,
    body: &[u8],
) -> Vec<u8> {
    let mut out = head.as_bytes().to_vec();
    for field in fields {
        out.extend_from_slice(&field.whole);
    }
    end_line(&mut out);
    out.extend_from_slice(b"\r\n");
    out.extend_from_slice(body);
    end_line(&mut out);
    out
}

/// A header may lack its last line end where no body follows.
fn end_line(out: &mut Vec<u8>) {
    if !out.ends_with(b"\r\n") {
        out.extend_from_slice(b"\r\n");
    }
}

fn line_length(rest: &[u8]) -> usize {
    let end = rest.iter().position(|byte| *byte == b'\n');
    end.map_or(rest.len(), |at| at + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn line_ends_become_those_of_the_wire() {
        assert_eq!(with_crlf(b"a\nb\r\n\nc"), b"a\r\nb\r\n\r\nc");
        assert_eq!(with_crlf(b"a\r\r\n"), b"a\r\r\n");
        assert_eq!(first_defect(b"a\r\nb\r\n"), None);
        assert_eq!(first_defect(b"a\r\nno end"), None);
        for (bytes, line) in [
            (&b"a\r\nb\nc\r\n"[..], 2),
            (b"a\rb\r\n", 1),
            (b"a\r\n\r\nb\r", 3),
            (b"\0", 1),
        ] {
            assert_eq!(first_defect(bytes).map(|(line, _)| line), Some(line));
        }
        let long = [vec![b'x'; 998], b"\r\n".to_vec()].concat();
        assert_eq!(first_defect(&long), None);
        assert!(first_defect(&[b"x", &long[..]].concat()).is_some());
    }

    #[test]
    fn secret_fields_are_left_out_of_any_message() {
        let odd = b"From x\r\nbcc : a@b,\r\n\tc@d\r\nTo: x\r\nno field\r\nRESENT-BCC:\r\n e@f\r\nX-Sterna-Bcc: g\r\n";
        let expected = b"From x\r\nTo: x\r\nno field\r\n";
        assert_eq!(without_secrets(odd), expected);
        let body = b"Bcc: a@b\nTo: c@d\n\nBcc: this is text\n";
        assert_eq!(without_secrets(body), b"To: c@d\n\nBcc: this is text\n");
        for kept in [
            &b""[..],
            b"\r\nBcc: x\r\n",
            b"To: Bcc: x\n Bcc: y",
            b"X-Bcc: z",
        ] {
            assert_eq!(without_secrets(kept), kept);
        }
    }

    #[test]
    fn fields_keep_their_bytes() {
        let raw = b"From x\r\nTo: a,\r\n b\r\nSubject:\r\n\r\nbody\r\n\r\n";
        let (fields, body) = split(raw).unwrap();
        let found: Vec<_> = fields.iter().map(|f| (f.name, f.value())).collect();
        assert_eq!(found, [("To", &b" a,\r\n b\r\n"[..]), ("Subject", b"\r\n")]);
        assert_eq!(body, b"body\r\n\r\n");
        assert_eq!(split(b"To: a\r\nno field\r\n\r\n"), Err(2));
        assert_eq!(split(b"T\xc3\xb6: a\r\n\r\n"), Err(1));
        assert_eq!(split(b" To: a\r\n\r\n"), Err(1));
        assert_eq!(split(b"").unwrap().0, []);
    }
}
