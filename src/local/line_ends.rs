//! Ends of lines: servers want CRLF, files have LF.
//!
//! A *plain* message has CRLF at the end of every line and no CR before one. It is written with LF and comes back exactly.
//! Any other message is written as it is.

/// Whether every LF has exactly one CR before it, so that leaving the CRs out loses nothing.
#[must_use]
pub fn is_plain(bytes: &[u8]) -> bool {
    let (mut before, mut last) = (0, 0);
    for byte in bytes {
        if *byte == b'\n' && (last != b'\r' || before == b'\r') {
            return false;
        }
        (before, last) = (last, *byte);
    }
    true
}

/// Leaves out the CR before every LF.
#[must_use]
pub fn to_lf(bytes: &[u8]) -> Vec<u8> {
    let mut made = Vec::with_capacity(bytes.len());
    for line in bytes.split_inclusive(|byte| *byte == b'\n') {
        if let Some(text) = line.strip_suffix(b"\r\n") {
            made.extend_from_slice(text);
            made.push(b'\n');
        } else {
            made.extend_from_slice(line);
        }
    }
    made
}

/// Puts a CR before every LF that has none.
#[must_use]
pub fn to_crlf(bytes: &[u8]) -> Vec<u8> {
    let mut made = Vec::with_capacity(bytes.len() + bytes.len() / 32);
    for line in bytes.split_inclusive(|byte| *byte == b'\n') {
        match line.strip_suffix(b"\n") {
            Some(text) if !text.ends_with(b"\r") => {
                made.extend_from_slice(text);
                made.extend_from_slice(b"\r\n");
            }
            _ => made.extend_from_slice(line),
        }
    }
    made
}

/// A file that holds one message, made fit for a server. Where there is any CRLF it is taken as it is: whoever wrote it
/// knew what a line is.
#[must_use]
pub fn of_file(bytes: Vec<u8>) -> Vec<u8> {
    if bytes.windows(2).any(|pair| pair == b"\r\n") {
        bytes
    } else {
        to_crlf(&bytes)
    }
}

/// The bytes of a file that is to hold one message: what [`of_file`] makes the message of again.
#[must_use]
pub fn for_file(bytes: &[u8]) -> Vec<u8> {
    if is_plain(bytes) {
        to_lf(bytes)
    } else {
        bytes.to_vec()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plain_message_loses_nothing() {
        for plain in ["", "a", "a\r\n", "a\r\n\r\nb\r\n", "a\rb\r\n", "a\r"] {
            assert!(is_plain(plain.as_bytes()), "{plain:?}");
            let file = to_lf(plain.as_bytes());
            assert!(!file.windows(2).any(|pair| pair == b"\r\n"));
            assert_eq!(to_crlf(&file), plain.as_bytes());
        }
        for other in ["a\n", "a\r\nb\n", "a\r\r\n", "\n", "\r\n\n"] {
            assert!(!is_plain(other.as_bytes()), "{other:?}");
        }
    }

    #[test]
    fn a_file_comes_back_unless_it_never_had_an_end_of_line_of_a_server() {
        for message in ["", "a\r\nb", "a\r\nb\n", "a\r\r\n", "a\rb"] {
            let bytes = message.as_bytes();
            assert_eq!(of_file(for_file(bytes)), bytes, "{message:?}");
        }
        assert_eq!(of_file(for_file(b"a\nb\n")), b"a\r\nb\r\n");
    }
}
