//! From-quoting: how a line that begins with `From ` is kept from being taken for the beginning of the next message.
//!
//! mboxrd puts a `>` before `From ` and before every such line that is quoted already, so it can be undone exactly. mboxo
//! quotes only `From ` itself; undoing that is right but for lines that began with `>From `. mboxcl2 quotes nothing.

/// The word that begins a message.
pub const FROM: &[u8] = b"From ";

/// Whether a line is `From `, or that behind any number of `>`.
fn is_quotable(line: &[u8]) -> bool {
    let n_marks = line.iter().take_while(|byte| **byte == b'>').count();
    line.get(n_marks..)
        .is_some_and(|rest| rest.starts_with(FROM))
}

/// Quotes a message, mboxrd.
#[must_use]
pub fn quote(bytes: &[u8]) -> Vec<u8> {
    let mut made = Vec::with_capacity(bytes.len() + 16);
    for line in bytes.split_inclusive(|byte| *byte == b'\n') {
        if is_quotable(line) {
            made.push(b'>');
        }
        made.extend_from_slice(line);
    }
    made
}

/// Takes the quoting back.
#[must_use]
pub fn unquote(bytes: &[u8]) -> Vec<u8> {
    let mut made = Vec::with_capacity(bytes.len());
    for line in bytes.split_inclusive(|byte| *byte == b'\n') {
        match line.strip_prefix(b">") {
            Some(rest) if is_quotable(rest) => made.extend_from_slice(rest),
            _ => made.extend_from_slice(line),
        }
    }
    made
}

/// Whether a line begins with `From ` as it is: then nothing in the message is quoted.
#[must_use]
pub fn is_unquoted(bytes: &[u8]) -> bool {
    bytes
        .split(|byte| *byte == b'\n')
        .any(|line| line.starts_with(FROM))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quoting_is_undone_exactly() {
        for (text, quoted) in [
            ("", ""),
            ("From a\n", ">From a\n"),
            (">From a\n>>From ", ">>From a\n>>>From "),
            ("a\nFrom\n>From\n From x\n", "a\nFrom\n>From\n From x\n"),
            ("a\rFrom b\nFrom c", "a\rFrom b\n>From c"),
        ] {
            assert_eq!(quote(text.as_bytes()), quoted.as_bytes(), "{text:?}");
            assert_eq!(unquote(quoted.as_bytes()), text.as_bytes(), "{quoted:?}");
            assert!(!is_unquoted(quoted.as_bytes()));
        }
        assert!(is_unquoted(b"a\nFrom b"));
    }
}
