//! The encoder: commands as bytes and literals. Foreign bytes enter only through methods that can refuse them.

pub mod append;
pub mod fetch;
pub mod flags;
pub mod id;
pub mod idle;
pub mod limits;
pub mod list;
pub mod notify;
pub mod search;
pub mod select;
pub mod transfer;

use std::fmt;

use crate::channel::error::RemoteError;
use crate::mail::mailbox::MailboxName;
use crate::mail::part::PartPath;
use crate::mail::safe_text::SafeText;
use crate::mail::uid_set::UidSet;

/// Names a command on its connection; written `S1`, `S2`, ... so that it never equals a tag of the `imap` crate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Tag(u32);

impl Tag {
    /// The n-th command of a connection.
    #[must_use]
    pub const fn new(n: u32) -> Self {
        Self(n)
    }

    /// Reads a tag of ours; `None` for any other.
    #[must_use]
    pub fn parse(text: &[u8]) -> Option<Self> {
        let digits = text.strip_prefix(b"S")?;
        if digits.first().is_none_or(|byte| !byte.is_ascii_digit()) {
            return None;
        }
        std::str::from_utf8(digits).ok()?.parse().ok().map(Self)
    }
}

impl fmt::Display for Tag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "S{}", self.0)
    }
}

/// Why bytes cannot be sent as an argument.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unsendable {
    /// The offending byte; `None` for an empty set.
    pub byte: Option<u8>,
}

impl fmt::Display for Unsendable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.byte {
            Some(byte) => write!(f, "byte 0x{byte:02x} cannot be part of a command"),
            None => f.write_str("an empty set cannot be part of a command"),
        }
    }
}

impl std::error::Error for Unsendable {}

impl From<Unsendable> for RemoteError {
    fn from(error: Unsendable) -> Self {
        Self::Protocol {
            detail: SafeText::line(&error.to_string()),
        }
    }
}

/// A piece of a command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Piece {
    /// Bytes of a line.
    Line(Vec<u8>),
    /// A string sent as a literal.
    Literal(Vec<u8>),
}

/// A command without its tag.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Command {
    pieces: Vec<Piece>,
    hold: Hold,
}

/// What a command does to those behind it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Hold {
    /// They may follow at once.
    None,
    /// IDLE: they wait for DONE. RFC 2177.
    Idle,
    /// COMPRESS: they wait for its answer, which decides how they are sent. RFC 4978 §3.
    Compress,
}

impl Command {
    /// Begins a command by its name, `UID FETCH`.
    #[must_use]
    pub fn new(name: &'static str) -> Self {
        Self {
            pieces: vec![Piece::Line(name.as_bytes().to_vec())],
            hold: Hold::None,
        }
    }

    pub(crate) fn new_idle() -> Self {
        Self {
            hold: Hold::Idle,
            ..Self::new("IDLE")
        }
    }

    pub(crate) fn new_compress() -> Self {
        Self {
            hold: Hold::Compress,
            ..Self::new("COMPRESS DEFLATE")
        }
    }

    pub(crate) const fn hold(&self) -> Hold {
        self.hold
    }

    pub(crate) fn into_pieces(self) -> Vec<Piece> {
        self.pieces
    }

    /// Adds words of our own as they stand, the space before them included.
    #[must_use]
    pub fn text(mut self, text: &'static str) -> Self {
        self.push(text.as_bytes());
        self
    }

    /// Adds a number.
    #[must_use]
    pub fn number(mut self, number: u64) -> Self {
        self.space();
        self.push(number.to_string().as_bytes());
        self
    }

    /// Adds a date as [`crate::remote::response::date::write`] makes it, in the quotes that it needs.
    #[must_use]
    pub(crate) fn date(self, date: &str) -> Self {
        self.checked(format!("\"{date}\"").as_bytes())
    }

    /// Adds a set of UIDs. An empty one cannot be written: the caller asks for nothing then.
    #[must_use]
    pub fn set(self, set: &UidSet) -> Self {
        self.checked(set.to_string().as_bytes())
    }

    /// Adds a range of numbers, `low:high`.
    #[must_use]
    pub fn range(self, low: u32, high: u32) -> Self {
        self.checked(format!("{low}:{high}").as_bytes())
    }

    /// Adds a mailbox name, its bytes as the server spells them.
    ///
    /// # Errors
    /// CR, LF or NUL in the name: no command can name this mailbox.
    pub fn mailbox(self, name: &MailboxName) -> Result<Self, Unsendable> {
        self.astring(name.raw())
    }

    /// Adds a string as an atom, quoted, or as a literal, whichever is the shortest that can carry it.
    ///
    /// # Errors
    /// CR, LF or NUL in it.
    pub fn astring(mut self, bytes: &[u8]) -> Result<Self, Unsendable> {
        refuse(bytes)?;
        let is_atom = !bytes.is_empty()
            && !bytes.eq_ignore_ascii_case(b"NIL")
            && bytes.iter().copied().all(is_atom_byte);
        self.space();
        if is_atom {
            self.push(bytes);
        } else if bytes.is_ascii() && bytes.len() < 1000 {
            let mut quoted = Vec::with_capacity(bytes.len() + 2);
            quoted.push(b'"');
            for byte in bytes {
                if matches!(byte, b'"' | b'\\') {
                    quoted.push(b'\\');
                }
                quoted.push(*byte);
            }
            quoted.push(b'"');
            self.push(&quoted);
        } else {
            self.pieces.push(Piece::Literal(bytes.to_vec()));
        }
        Ok(self)
    }

    /// Adds bytes as a literal; line breaks are welcome here, NUL is not (it would need `literal8`).
    ///
    /// # Errors
    /// NUL in it.
    pub fn literal(mut self, bytes: Vec<u8>) -> Result<Self, Unsendable> {
        if bytes.contains(&0) {
            return Err(Unsendable { byte: Some(0) });
        }
        self.space();
        self.pieces.push(Piece::Literal(bytes));
        Ok(self)
    }

    /// Adds flags in parentheses.
    ///
    /// # Errors
    /// A name that is no flag.
    pub fn flags<'a>(
        mut self,
        names: impl IntoIterator<Item = &'a str>,
    ) -> Result<Self, Unsendable> {
        self.space();
        self.push(b"(");
        for (index, name) in names.into_iter().enumerate() {
            let word = name.strip_prefix('\\').unwrap_or(name);
            let bad = word
                .bytes()
                .find(|byte| !is_atom_byte(*byte) || *byte == b']');
            if bad.is_some() || word.is_empty() {
                return Err(Unsendable {
                    byte: Some(bad.unwrap_or(b'\\')),
                });
            }
            if index > 0 {
                self.push(b" ");
            }
            self.push(name.as_bytes());
        }
        self.push(b")");
        Ok(self)
    }

    /// Adds a part's address inside of a section's brackets.
    #[must_use]
    pub(crate) fn path(mut self, path: &PartPath) -> Self {
        self.push(path.to_string().as_bytes());
        self
    }

    /// Adds offset and length inside of angle brackets.
    #[must_use]
    pub(crate) fn origin(mut self, offset: u64, length: u64) -> Self {
        self.push(format!("{offset}.{length}").as_bytes());
        self
    }

    fn checked(mut self, bytes: &[u8]) -> Self {
        self.space();
        self.push(bytes);
        self
    }

    /// A space before an argument, except at an opening parenthesis.
    fn space(&mut self) {
        let last = match self.pieces.last() {
            Some(Piece::Line(bytes)) => bytes.last().copied(),
            Some(Piece::Literal(_)) | None => None,
        };
        if !matches!(last, Some(b' ' | b'(')) {
            self.push(b" ");
        }
    }

    fn push(&mut self, bytes: &[u8]) {
        if let Some(Piece::Line(line)) = self.pieces.last_mut() {
            line.extend_from_slice(bytes);
        } else {
            self.pieces.push(Piece::Line(bytes.to_vec()));
        }
    }
}

/// The command for the log: names and arguments, literals left out. No command here carries a password.
impl fmt::Display for Command {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for piece in &self.pieces {
            match piece {
                Piece::Line(bytes) => f.write_str(&String::from_utf8_lossy(bytes))?,
                Piece::Literal(bytes) => write!(f, "<redacted {}>", bytes.len())?,
            }
        }
        Ok(())
    }
}

fn refuse(bytes: &[u8]) -> Result<(), Unsendable> {
    let bad = bytes.iter().find(|byte| matches!(byte, b'\r' | b'\n' | 0));
    bad.map_or(Ok(()), |byte| Err(Unsendable { byte: Some(*byte) }))
}

/// `ASTRING-CHAR` of RFC 3501 §9.
fn is_atom_byte(byte: u8) -> bool {
    byte.is_ascii_graphic() && !matches!(byte, b'(' | b')' | b'{' | b'%' | b'*' | b'"' | b'\\')
}

/// Cuts a set so that each piece takes at most `limit` bytes on a line. Ascending; nothing for the empty set.
#[must_use]
pub fn split(set: &UidSet, limit: usize) -> Vec<UidSet> {
    let mut pieces = Vec::new();
    let mut piece = UidSet::new();
    let mut n_bytes = 0;
    for (low, high) in set.ranges() {
        let n = UidSet::from_range(*low, *high).to_string().len() + 1;
        if n_bytes + n > limit && !piece.is_empty() {
            pieces.push(std::mem::take(&mut piece));
            n_bytes = 0;
        }
        piece.insert_range(*low, *high);
        n_bytes += n;
    }
    if !piece.is_empty() {
        pieces.push(piece);
    }
    pieces
}

#[cfg(test)]
mod tests;
