//! What an mbox says of a message beside its bytes: fields of its header that other programs know (`Status`, `X-Status`,
//! `X-Keywords`, Mozilla's), and the block of our own that stands before the header.
//!
//! The block is always the same four lines, so that a message of the same fields is not mistaken for it:
//! ```text
//! X-Sterna: 1.2.1700000000.4711 20480     its ID, and how many bytes follow the block
//! Status: RO
//! X-Status: AF
//! X-Keywords: $Forwarded todo
//! ```

use crate::mail::flag::{Flags, SystemFlag};

/// The sender in our `From ` lines, by which other programs too know mboxrd.
pub const SENDER: &str = "mboxrd@z";

/// The field that begins our block.
const OURS: &str = "X-Sterna: ";
/// No longer header is looked through.
const MOST_HEADER: usize = 1 << 20;
/// An ID has no more bytes.
const MOST_ID: usize = 200;

/// The letters of `X-Status`.
const LETTERS: [(SystemFlag, char); 4] = [
    (SystemFlag::Answered, 'A'),
    (SystemFlag::Flagged, 'F'),
    (SystemFlag::Draft, 'T'),
    (SystemFlag::Deleted, 'D'),
];

/// The bits of `X-Mozilla-Status`.
const MOZILLA: [(SystemFlag, u32); 4] = [
    (SystemFlag::Seen, 1),
    (SystemFlag::Answered, 2),
    (SystemFlag::Flagged, 4),
    (SystemFlag::Deleted, 8),
];

/// Our block, as it is read again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Block {
    /// What tells the message from all others of the export, `[a-z0-9.-]+`.
    pub id: String,
    /// Bytes behind the block, the end of line that ends the message not counted.
    pub n_bytes: u64,
    /// Flags and keywords.
    pub flags: Flags,
}

impl Block {
    /// How many lines a block has.
    pub const LINES: usize = 4;

    /// Writes the block with these ends of lines.
    #[must_use]
    pub fn write(&self, end: &str) -> String {
        let seen = if self.flags.has(SystemFlag::Seen) {
            "RO"
        } else {
            "O"
        };
        let letters: String = LETTERS
            .iter()
            .filter(|(flag, _)| self.flags.has(*flag))
            .map(|(_, letter)| letter)
            .collect();
        let keywords: Vec<&str> = self.flags.keywords().iter().map(String::as_str).collect();
        format!(
            "{OURS}{} {}{end}Status: {seen}{end}X-Status: {letters}{end}X-Keywords: {}{end}",
            self.id,
            self.n_bytes,
            keywords.join(" ")
        )
    }

    /// Whether a file ends in the middle of a block.
    #[must_use]
    pub fn is_torn(lines: &[&[u8]; Self::LINES]) -> bool {
        let [first, .., last] = lines;
        let ours = OURS.as_bytes();
        !last.ends_with(b"\n") && (first.starts_with(ours) || ours.starts_with(first))
    }

    /// Reads the lines of a block; `None` where they are none of ours.
    #[must_use]
    pub fn read(lines: &[&[u8]; Self::LINES]) -> Option<Self> {
        let [first, status, letters, keywords] = lines.map(|line| {
            let line = std::str::from_utf8(line).ok()?;
            let line = line.strip_suffix('\n')?;
            Some(line.strip_suffix('\r').unwrap_or(line))
        });
        let (id, n_bytes) = first?.strip_prefix(OURS)?.split_once(' ')?;
        let mut flags = Flags::default();
        set_status(&mut flags, status?.strip_prefix("Status: ")?);
        set_letters(&mut flags, letters?.strip_prefix("X-Status: ")?);
        set_keywords(&mut flags, keywords?.strip_prefix("X-Keywords: ")?);
        is_id(id).then_some(())?;
        Some(Self {
            id: id.to_owned(),
            n_bytes: n_bytes.parse().ok()?,
            flags,
        })
    }
}

/// Whether something may be an ID of a block.
#[must_use]
pub fn is_id(id: &str) -> bool {
    let is_known = |byte: u8| {
        byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'.' | b'-')
    };
    !id.is_empty() && id.len() <= MOST_ID && id.bytes().all(is_known)
}

fn set_status(flags: &mut Flags, value: &str) {
    if value.contains(['R', 'r']) {
        flags.set_system(SystemFlag::Seen, true);
    }
}

fn set_letters(flags: &mut Flags, value: &str) {
    for (flag, letter) in LETTERS {
        if value.contains(letter) {
            flags.set_system(flag, true);
        }
    }
}

fn set_keywords(flags: &mut Flags, value: &str) {
    let known = flags.names().map(str::to_owned).collect::<Vec<_>>();
    let words = value
        .split_ascii_whitespace()
        .filter(|word| !word.starts_with('\\'));
    *flags = Flags::from_names(known.iter().map(String::as_str).chain(words));
}

/// Takes what other programs note in the header out of it: the message without `Status`, `X-Status` and `X-Keywords`, and
/// what they said.
#[must_use]
pub fn take_notes(bytes: &[u8]) -> (Vec<u8>, Flags) {
    let mut flags = Flags::default();
    let mut made = Vec::with_capacity(bytes.len());
    let (mut n_read, mut is_taken) = (0, false);
    for line in bytes.split_inclusive(|byte| *byte == b'\n') {
        if matches!(line, b"\n" | b"\r\n") || n_read > MOST_HEADER {
            break;
        }
        n_read += line.len();
        if !line.starts_with(b" ") && !line.starts_with(b"\t") {
            is_taken = note(line, &mut flags);
        }
        if !is_taken {
            made.extend_from_slice(line);
        }
    }
    made.extend_from_slice(bytes.get(n_read..).unwrap_or_default());
    (made, flags)
}

/// Reads a line of a header; true where it is a note and no part of the message.
fn note(line: &[u8], flags: &mut Flags) -> bool {
    // No note of any program is longer.
    let text = String::from_utf8_lossy(line.get(..line.len().min(4_096)).unwrap_or_default());
    let Some((name, value)) = text.split_once(':') else {
        return false;
    };
    let value = value.trim();
    match name.to_ascii_lowercase().as_str() {
        "status" => set_status(flags, value),
        "x-status" => set_letters(flags, value),
        "x-keywords" => set_keywords(flags, value),
        "x-mozilla-status" => {
            let bits = u32::from_str_radix(value, 16).unwrap_or(0);
            for (flag, bit) in MOZILLA {
                if bits & bit != 0 {
                    flags.set_system(flag, true);
                }
            }
            return false;
        }
        _ => return false,
    }
    true
}

/// The length of the body as `Content-Length` says it; `None` where it says nothing of use.
#[must_use]
pub fn content_length(header: &[u8]) -> Option<u64> {
    let lines = header.split(|byte| *byte == b'\n');
    let mut values = lines.filter_map(|line| {
        let text = std::str::from_utf8(line.get(..line.len().min(200))?).ok()?;
        let (name, value) = text.split_once(':')?;
        name.eq_ignore_ascii_case("content-length")
            .then(|| value.trim().parse().ok())
    });
    values.next()?
}

/// Whether this is the message in which some servers keep their own data.
#[must_use]
pub fn is_internal(bytes: &[u8]) -> bool {
    let head = bytes.get(..bytes.len().min(4_096)).unwrap_or_default();
    let head = String::from_utf8_lossy(head);
    head.contains("FOLDER INTERNAL DATA") && head.contains("X-IMAP: ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_block_comes_back_with_its_flags() {
        let block = Block {
            id: "1.2.3.4".to_owned(),
            n_bytes: 7,
            flags: Flags::from_names(["\\Seen", "\\Flagged", "\\Draft", "todo", "$Forwarded"]),
        };
        for end in ["\n", "\r\n"] {
            let text = block.write(end);
            let lines: Vec<&[u8]> = text
                .as_bytes()
                .split_inclusive(|byte| *byte == b'\n')
                .collect();
            assert_eq!(Block::read(&lines.try_into().unwrap()), Some(block.clone()));
        }
        let text = Block {
            flags: Flags::default(),
            ..block
        }
        .write("\n");
        assert_eq!(
            text,
            "X-Sterna: 1.2.3.4 7\nStatus: O\nX-Status: \nX-Keywords: \n"
        );
        let torn: [&[u8]; 4] = [
            b"X-Sterna: 1.2.3.4 7\n",
            b"Status: O\n",
            b"X-Status: \n",
            b"X-Key",
        ];
        assert_eq!(Block::read(&torn), None);
        let odd: [&[u8]; 4] = [
            b"X-Sterna: A/B 7\n",
            b"Status: O\n",
            b"X-Status: \n",
            b"X-Keywords: \n",
        ];
        assert_eq!(Block::read(&odd), None);
    }

    #[test]
    fn notes_of_other_programs_are_taken_out_of_the_header_alone() {
        let message = b"From: a\r\nstatus: RO\r\nX-Keywords: todo\r\n  later\r\nX-Status: AF\r\nSubject: s\r\n\
            X-Mozilla-Status: 0009\r\n\r\nStatus: R\r\n";
        let (bytes, flags) = take_notes(message);
        assert_eq!(
            bytes,
            b"From: a\r\nSubject: s\r\nX-Mozilla-Status: 0009\r\n\r\nStatus: R\r\n"
        );
        let names: Vec<&str> = flags.names().collect();
        assert_eq!(
            names,
            ["\\Seen", "\\Answered", "\\Flagged", "\\Deleted", "todo"]
        );
        for odd in [
            "",
            "\n",
            "Status",
            "Status: R",
            "X-Keywords: \u{1b}[2J \\Seen\n",
        ] {
            let (_, flags) = take_notes(odd.as_bytes());
            assert_eq!(flags.has(SystemFlag::Seen), odd == "Status: R", "{odd:?}");
        }
    }

    #[test]
    fn a_length_is_a_number_or_nothing() {
        assert_eq!(content_length(b"A: b\ncontent-length: 12\r\n"), Some(12));
        assert_eq!(content_length(b"Content-Length: -1\n"), None);
        assert_eq!(
            content_length(b"Content-Length: 99999999999999999999\n"),
            None
        );
        assert_eq!(content_length(b"A: b\n"), None);
    }
}
