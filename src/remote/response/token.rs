//! A tolerant tokenizer over one response: atoms, numbers, quoted strings, literals, lists. Never fails on spaces or
//! 8-bit bytes, never recurses.

use std::borrow::Cow;

use crate::remote::wire::framer::Frame;
use crate::remote::wire::literal::SpilledLiteral;

/// How deep lists may nest before a response counts as broken.
pub const MAX_NESTING: usize = 64;

/// Why a response could not be read: what was expected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Broken(pub &'static str);

/// One token.
#[derive(Debug, Clone)]
pub enum Token<'a> {
    /// `(`
    Open,
    /// `)`
    Close,
    /// Anything without spaces and parentheses; also `NIL` and numbers.
    Atom(&'a [u8]),
    /// A quoted string, unescaped.
    Quoted(Cow<'a, [u8]>),
    /// A literal in memory.
    Literal(&'a [u8]),
    /// A literal in a file.
    Spilled(&'a SpilledLiteral),
}

impl<'a> Token<'a> {
    /// The bytes of a string or atom; `None` for NIL, parentheses and spilled literals.
    #[must_use]
    pub fn bytes(self) -> Option<Cow<'a, [u8]>> {
        match self {
            Self::Atom(atom) if atom.eq_ignore_ascii_case(b"NIL") => None,
            Self::Atom(bytes) | Self::Literal(bytes) => Some(Cow::Borrowed(bytes)),
            Self::Quoted(bytes) => Some(bytes),
            Self::Open | Self::Close | Self::Spilled(_) => None,
        }
    }
}

/// Reads tokens from a frame, front to back.
#[derive(Debug, Clone)]
pub struct Tokens<'a> {
    frame: &'a Frame,
    at: usize,
}

impl<'a> Tokens<'a> {
    /// A reader at the beginning of a frame.
    #[must_use]
    pub const fn new(frame: &'a Frame) -> Self {
        Self { frame, at: 0 }
    }

    /// What has not been read yet.
    #[must_use]
    pub fn rest(&self) -> &'a [u8] {
        self.frame.bytes.get(self.at..).unwrap_or_default()
    }

    /// The next byte that is not a space, without taking it.
    pub fn peek(&mut self) -> Option<u8> {
        // Double spaces and tabs come from real servers; so do line ends behind a literal.
        while matches!(self.rest().first(), Some(b' ' | b'\t' | b'\r' | b'\n')) {
            self.at += 1;
        }
        self.rest().first().copied()
    }

    /// Takes the next byte if it is `byte`.
    pub fn take(&mut self, byte: u8) -> bool {
        let found = self.peek() == Some(byte);
        if found {
            self.at += 1;
        }
        found
    }

    /// Takes `n` bytes unseen.
    pub const fn advance(&mut self, n: usize) {
        self.at = self.at.saturating_add(n);
    }

    /// The next token; `None` at the end.
    ///
    /// # Errors
    /// A quoted string or a literal without end.
    pub fn token(&mut self) -> Result<Option<Token<'a>>, Broken> {
        let Some(first) = self.peek() else {
            return Ok(None);
        };
        match first {
            b'(' => {
                self.at += 1;
                Ok(Some(Token::Open))
            }
            b')' => {
                self.at += 1;
                Ok(Some(Token::Close))
            }
            b'"' => self.quoted().map(Some),
            _ => self.literal_or_atom().map(Some),
        }
    }

    /// Takes bytes up to a space, a parenthesis or a quote; at least one byte where there is one.
    pub fn atom(&mut self) -> &'a [u8] {
        let rest = self.rest();
        let n = rest
            .iter()
            .skip(1)
            .position(|byte| matches!(byte, b' ' | b'\t' | b'(' | b')' | b'"' | b'\r' | b'\n'))
            .map_or(rest.len(), |at| at + 1);
        self.at += n;
        rest.get(..n).unwrap_or_default()
    }

    /// A word of the protocol: like [`Self::atom`], spaces before it skipped; empty at the end.
    pub fn word(&mut self) -> &'a [u8] {
        match self.peek() {
            None | Some(b'(' | b')' | b'"') => b"",
            Some(_) => self.atom(),
        }
    }

    fn quoted(&mut self) -> Result<Token<'a>, Broken> {
        let body = self.rest().get(1..).unwrap_or_default();
        let mut unescaped: Option<Vec<u8>> = None;
        let mut at = 0;
        loop {
            let byte = *body.get(at).ok_or(Broken("a quoted string without end"))?;
            let escaped = match (byte, body.get(at + 1)) {
                // Any other backslash is one of Windows' paths, not an escape.
                (b'\\', Some(next @ (b'"' | b'\\'))) => Some(*next),
                _ => None,
            };
            if let Some(next) = escaped {
                unescaped
                    .get_or_insert_with(|| body.get(..at).unwrap_or_default().to_vec())
                    .push(next);
                at += 2;
                continue;
            }
            if byte == b'"' {
                break;
            }
            if let Some(text) = &mut unescaped {
                text.push(byte);
            }
            at += 1;
        }
        self.at += at + 2;
        Ok(Token::Quoted(unescaped.map_or_else(
            || Cow::Borrowed(body.get(..at).unwrap_or_default()),
            Cow::Owned,
        )))
    }

    fn literal_or_atom(&mut self) -> Result<Token<'a>, Broken> {
        let rest = self.rest();
        let Some((n, n_head)) = literal_head(rest) else {
            return Ok(Token::Atom(self.atom()));
        };
        let data_at = self.at + n_head;
        if let Some((_, spilled)) = self.frame.spilled.iter().find(|(at, _)| *at == data_at) {
            self.at = data_at;
            return Ok(Token::Spilled(spilled));
        }
        let data = usize::try_from(n)
            .ok()
            .and_then(|n| rest.get(n_head..n_head.checked_add(n)?))
            .ok_or(Broken("a literal without end"))?;
        self.at = data_at + data.len();
        Ok(Token::Literal(data))
    }

    /// Takes an opening parenthesis.
    ///
    /// # Errors
    /// Something else is there.
    pub fn open(&mut self) -> Result<(), Broken> {
        if self.take(b'(') {
            Ok(())
        } else {
            Err(Broken("a list was expected"))
        }
    }

    /// A string or atom; `None` for NIL.
    ///
    /// # Errors
    /// A parenthesis, the end, or a literal too large for such a place.
    pub fn string(&mut self) -> Result<Option<Cow<'a, [u8]>>, Broken> {
        match self.token()? {
            None | Some(Token::Open | Token::Close) => Err(Broken("a string was expected")),
            Some(Token::Spilled(_)) => Err(Broken("a string is too long")),
            Some(token) => Ok(token.bytes()),
        }
    }

    /// A number, saturating; `None` for NIL, negative numbers and anything else that is one token.
    ///
    /// # Errors
    /// As [`Self::string`].
    pub fn number(&mut self) -> Result<Option<u64>, Broken> {
        Ok(self.string()?.and_then(|text| number(&text)))
    }

    /// Steps over one value: a token or a whole list.
    ///
    /// # Errors
    /// The list does not end, or nests too deep.
    pub fn skip_value(&mut self) -> Result<(), Broken> {
        let mut depth = 0_usize;
        loop {
            match self.token()? {
                None if depth == 0 => return Ok(()),
                None => return Err(Broken("a list without end")),
                Some(Token::Open) => depth += 1,
                Some(Token::Close) if depth == 0 => {
                    return Err(Broken("a list ended early"));
                }
                Some(Token::Close) => depth -= 1,
                Some(_) => {}
            }
            if depth > MAX_NESTING {
                return Err(Broken("lists nest too deep"));
            }
            if depth == 0 {
                return Ok(());
            }
        }
    }

    /// The strings of a flat list; NIL and a missing list are empty, lists inside are stepped over.
    ///
    /// # Errors
    /// The list does not end.
    pub fn strings(&mut self) -> Result<Vec<String>, Broken> {
        let texts = self.texts()?;
        Ok(texts.into_iter().map(Cow::into_owned).collect())
    }

    /// As [`Self::strings`], borrowed from the response where that can be.
    ///
    /// # Errors
    /// As [`Self::strings`].
    pub fn texts(&mut self) -> Result<Vec<Cow<'a, str>>, Broken> {
        if !self.take(b'(') {
            if self.peek().is_some() && self.peek() != Some(b')') {
                self.token()?;
            }
            return Ok(Vec::new());
        }
        let mut all = Vec::new();
        loop {
            match self.peek() {
                None => return Err(Broken("a list without end")),
                Some(b')') => {
                    self.at += 1;
                    return Ok(all);
                }
                Some(b'(') => self.skip_value()?,
                Some(_) => all.extend(self.token()?.and_then(Token::bytes).map(text)),
            }
        }
    }
}

fn text(bytes: Cow<'_, [u8]>) -> Cow<'_, str> {
    match bytes {
        Cow::Borrowed(bytes) => String::from_utf8_lossy(bytes),
        Cow::Owned(bytes) => Cow::Owned(String::from_utf8_lossy(&bytes).into_owned()),
    }
}

/// Reads a decimal number, saturating at the top; `None` for anything else.
#[must_use]
pub fn number(text: &[u8]) -> Option<u64> {
    if text.is_empty() {
        return None;
    }
    text.iter().try_fold(0_u64, |sum, byte| {
        byte.is_ascii_digit().then(|| {
            sum.saturating_mul(10)
                .saturating_add(u64::from(byte - b'0'))
        })
    })
}

/// The length that `{n}`, `{n+}` or `~{n}` announces, and the bytes up to the data.
fn literal_head(rest: &[u8]) -> Option<(u64, usize)> {
    let inner = rest.strip_prefix(b"~").unwrap_or(rest).strip_prefix(b"{")?;
    let n_digits = inner
        .iter()
        .take(20)
        .take_while(|byte| byte.is_ascii_digit())
        .count();
    let n = number(inner.get(..n_digits)?)?;
    let after = inner.get(n_digits..)?;
    let after = after
        .strip_prefix(b"+")
        .unwrap_or(after)
        .strip_prefix(b"}")?;
    let data = after
        .strip_prefix(b"\r\n")
        .or_else(|| after.strip_prefix(b"\n"))?;
    Some((n, rest.len() - data.len()))
}
