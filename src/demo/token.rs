//! A command line cut into tokens: atoms, strings (quoted or literal) and lists. Tolerant, iterative, capped.
//!
//! It knows nothing of any command. Brackets belong to the atom they stand in, so `BODY[HEADER.FIELDS (A B)]<0.9>` is one.

/// How deep lists may nest before the command is refused.
const NESTING: usize = 32;

/// One token of a command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Token {
    /// An atom, as typed.
    Atom(Vec<u8>),
    /// A quoted string (unescaped) or the bytes of a literal.
    Text(Vec<u8>),
    /// A parenthesised list.
    List(Vec<Self>),
}

impl Token {
    /// The bytes of an atom or a string; `None` for a list.
    pub fn bytes(&self) -> Option<&[u8]> {
        match self {
            Self::Atom(bytes) | Self::Text(bytes) => Some(bytes),
            Self::List(_) => None,
        }
    }

    /// An atom or string in upper case, lossy; empty for a list.
    pub fn upper(&self) -> String {
        self.bytes()
            .map(|bytes| String::from_utf8_lossy(bytes).to_ascii_uppercase())
            .unwrap_or_default()
    }

    /// An atom or string as text, lossy; empty for a list.
    pub fn text(&self) -> String {
        self.bytes()
            .map(|bytes| String::from_utf8_lossy(bytes).into_owned())
            .unwrap_or_default()
    }

    /// The members of a list; a single atom or string counts as a list of itself.
    pub fn members(&self) -> &[Self] {
        match self {
            Self::List(members) => members,
            Self::Atom(_) | Self::Text(_) => std::slice::from_ref(self),
        }
    }

    /// The number an atom holds.
    pub fn number<T: std::str::FromStr>(&self) -> Option<T> {
        std::str::from_utf8(self.bytes()?).ok()?.parse().ok()
    }
}

/// Cuts one whole command, literals included as `{n}` CR LF and their bytes; `None` where it is not well formed.
///
/// RFC 3501 §9 `command`.
pub fn tokens(bytes: &[u8]) -> Option<Vec<Token>> {
    let mut cutter = Cutter { bytes, at: 0 };
    let mut open: Vec<Vec<Token>> = vec![Vec::new()];
    while let Some(byte) = cutter.peek() {
        let token = match byte {
            b' ' | b'\r' | b'\n' => {
                cutter.at += 1;
                continue;
            }
            b'(' => {
                cutter.at += 1;
                if open.len() > NESTING {
                    return None;
                }
                open.push(Vec::new());
                continue;
            }
            b')' => {
                cutter.at += 1;
                Token::List(open.pop()?)
            }
            b'"' => Token::Text(cutter.quoted()?),
            b'{' => Token::Text(cutter.literal()?),
            _ => Token::Atom(cutter.atom()?),
        };
        open.last_mut()?.push(token);
    }
    (open.len() == 1).then(|| open.pop())?
}

/// A position in the bytes of a command.
struct Cutter<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl Cutter<'_> {
    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn quoted(&mut self) -> Option<Vec<u8>> {
        let mut text = Vec::new();
        self.at += 1;
        loop {
            let byte = self.peek()?;
            self.at += 1;
            match byte {
                b'"' => return Some(text),
                b'\\' => {
                    text.push(self.peek()?);
                    self.at += 1;
                }
                b'\r' | b'\n' => return None,
                _ => text.push(byte),
            }
        }
    }

    fn literal(&mut self) -> Option<Vec<u8>> {
        let rest = self.bytes.get(self.at..)?;
        let end = rest.iter().position(|byte| *byte == b'\n')?;
        let (size_bytes, _) = announced(rest.get(..end)?)?;
        let from = self.at.checked_add(end)?.checked_add(1)?;
        let to = from.checked_add(size_bytes)?;
        self.at = to;
        self.bytes.get(from..to).map(<[u8]>::to_vec)
    }

    fn atom(&mut self) -> Option<Vec<u8>> {
        let start = self.at;
        let mut in_brackets = false;
        while let Some(byte) = self.peek() {
            match byte {
                b'[' => in_brackets = is_section(self.bytes.get(start..self.at)?),
                b']' => in_brackets = false,
                b'\r' | b'\n' => break,
                b' ' | b'(' | b')' | b'"' if !in_brackets => break,
                _ => {}
            }
            self.at += 1;
        }
        self.bytes.get(start..self.at).map(<[u8]>::to_vec)
    }
}

/// Whether brackets behind this word hold a section, with spaces and lists in it. In a mailbox name `[` is any character.
fn is_section(word: &[u8]) -> bool {
    let names: [&[u8]; 5] = [
        b"BODY",
        b"BODY.PEEK",
        b"BINARY",
        b"BINARY.PEEK",
        b"BINARY.SIZE",
    ];
    names.iter().any(|name| word.eq_ignore_ascii_case(name))
}

/// The literal that the end of `line` announces: its size in bytes, and whether the client waits for a `+`.
///
/// `{n+}` (RFC 7888) does not wait. `None` where the line announces none.
pub fn announced(line: &[u8]) -> Option<(usize, bool)> {
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    let line = line.strip_suffix(b"}")?;
    let open = line.iter().rposition(|byte| *byte == b'{')?;
    let digits = line.get(open + 1..)?;
    let (digits, waits) = digits
        .strip_suffix(b"+")
        .map_or((digits, true), |digits| (digits, false));
    let size_bytes = std::str::from_utf8(digits).ok()?.parse().ok()?;
    Some((size_bytes, waits))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn atom(text: &str) -> Token {
        Token::Atom(text.as_bytes().to_vec())
    }

    #[test]
    fn strings_lists_and_literals_are_told_apart() {
        assert_eq!(
            tokens(b"a1 LOGIN \"d\\\"e\" {3+}\r\n(x \r\n").unwrap(),
            [
                atom("a1"),
                atom("LOGIN"),
                Token::Text(b"d\"e".to_vec()),
                Token::Text(b"(x ".to_vec()),
            ]
        );
        assert_eq!(
            tokens(b"a FETCH 1:* (FLAGS BODY.PEEK[HEADER.FIELDS (A B)]<0.9>)").unwrap()[3],
            Token::List(vec![
                atom("FLAGS"),
                atom("BODY.PEEK[HEADER.FIELDS (A B)]<0.9>")
            ])
        );
    }

    #[test]
    fn a_bracket_in_a_name_opens_nothing() {
        assert_eq!(
            tokens(b"a RENAME [Gmail \"]/All Mail\"\r\n").unwrap(),
            [
                atom("a"),
                atom("RENAME"),
                atom("[Gmail"),
                Token::Text(b"]/All Mail".to_vec()),
            ]
        );
    }

    #[test]
    fn nonsense_is_refused_and_deep_nesting_too() {
        for text in [
            "a (",
            "a )",
            "a \"x",
            "a {5}\r\nx",
            "a {99999999999999999999}\r\n",
        ] {
            assert_eq!(tokens(text.as_bytes()), None, "{text}");
        }
        assert_eq!(tokens("(".repeat(100_000).as_bytes()), None);
    }
}
