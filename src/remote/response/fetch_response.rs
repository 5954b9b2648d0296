//! The extractor for FETCH: the response that comes by the hundred thousand.

use std::borrow::Cow;

use crate::mail::flag::Flags;
use crate::mail::label::Labels;
use crate::mail::uid::{ModSeq, Uid};
use crate::remote::response::date;
use crate::remote::response::structure;
use crate::remote::response::token::{Broken, MAX_NESTING, Token, Tokens, number};
use crate::remote::response::{Data, Fetch, Section};

/// Sections of one message in one response, at most.
const MAX_SECTIONS: usize = 1000;

/// Longest object id that is taken, in bytes. RFC 8474 §4.
const MOST_OF_ID: usize = 255;
/// Longest preview that is taken, in bytes: 200 characters as RFC 8970 §3 has them at most, and a margin.
const MOST_OF_PREVIEW: usize = 1024;

/// Reads the items behind `* n FETCH`.
///
/// # Errors
/// The list is broken where the tolerance ends.
pub fn parse(tokens: &mut Tokens<'_>, seq: u32) -> Result<Fetch, Broken> {
    let mut fetch = Fetch {
        seq,
        ..Fetch::default()
    };
    tokens.open()?;
    // Domino wraps items in a list of their own: `((ENVELOPE (..)))`.
    let mut depth = 1_usize;
    while depth > 0 {
        match tokens.peek() {
            None => return Err(Broken("a FETCH without end")),
            Some(b')') => {
                tokens.take(b')');
                depth -= 1;
            }
            Some(b'(') => {
                tokens.take(b'(');
                depth += 1;
                if depth > MAX_NESTING {
                    return Err(Broken("lists nest too deep"));
                }
            }
            Some(_) => item(tokens, &mut fetch)?,
        }
    }
    Ok(fetch)
}

fn item(tokens: &mut Tokens<'_>, fetch: &mut Fetch) -> Result<(), Broken> {
    let name = Name::read(tokens)?;
    match &*name.word {
        "UID" => fetch.uid = small(tokens.number()?).and_then(Uid::new),
        "FLAGS" => fetch.flags = flags(tokens)?,
        "INTERNALDATE" => {
            fetch.internal_date = tokens.string()?.and_then(|text| date::parse(&text));
        }
        "RFC822.SIZE" => fetch.size_bytes = tokens.number()?,
        "MODSEQ" => fetch.mod_seq = listed_number(tokens)?.map(ModSeq::new),
        "X-GM-MSGID" => fetch.gm_message = tokens.number()?,
        "X-GM-THRID" => fetch.gm_thread = tokens.number()?,
        "EMAILID" => fetch.email_id = object_id(tokens)?,
        "THREADID" => fetch.thread_id = object_id(tokens)?,
        "PREVIEW" => fetch.preview = preview(tokens)?,
        "BODY" | "BODYSTRUCTURE" if name.section.is_none() => {
            fetch.structure = Some(structure::parse(tokens)?);
        }
        "BODY" | "BINARY" => section(tokens, fetch, name)?,
        "RFC822" => whole(tokens, fetch, "")?,
        "RFC822.HEADER" => whole(tokens, fetch, "HEADER")?,
        "RFC822.TEXT" => whole(tokens, fetch, "TEXT")?,
        "X-GM-LABELS" => fetch.labels = Some(Labels::from_names(tokens.strings()?)),
        // ENVELOPE, BINARY.SIZE, SAVEDATE, and whatever comes next.
        _ => tokens.skip_value()?,
    }
    Ok(())
}

/// The name of an item: `BODY[HEADER.FIELDS (DATE)]<0>` is one.
#[derive(Debug)]
struct Name<'a> {
    word: Cow<'a, str>,
    section: Option<Cow<'a, str>>,
    origin: Option<u64>,
}

impl<'a> Name<'a> {
    fn read(tokens: &mut Tokens<'a>) -> Result<Self, Broken> {
        let rest = tokens.rest();
        let n = rest
            .iter()
            .position(|byte| matches!(byte, b' ' | b'(' | b')' | b'[' | b'"' | b'\r' | b'\n'))
            .unwrap_or(rest.len());
        if n == 0 {
            return Err(Broken("a FETCH item was expected"));
        }
        let mut name = Self {
            word: upper(rest.get(..n).unwrap_or_default()),
            section: None,
            origin: None,
        };
        tokens.advance(n);
        if rest.get(n) == Some(&b'[') {
            tokens.advance(1);
            name.section = Some(section_name(tokens)?);
            name.origin = origin(tokens);
        }
        Ok(name)
    }
}

/// In upper case, as nearly all servers write it: then nothing is copied.
fn upper(bytes: &[u8]) -> Cow<'_, str> {
    let text = String::from_utf8_lossy(bytes);
    if text.bytes().any(|byte| byte.is_ascii_lowercase()) {
        return Cow::Owned(text.to_ascii_uppercase());
    }
    text
}

/// What stands up to `]`, the list of field names left out: servers echo it in any case, order and quoting.
fn section_name<'a>(tokens: &mut Tokens<'a>) -> Result<Cow<'a, str>, Broken> {
    let rest = tokens.rest();
    let n = rest
        .iter()
        .position(|byte| matches!(byte, b']' | b' ' | b'('))
        .ok_or(Broken("a section without end"))?;
    let name = upper(rest.get(..n).unwrap_or_default());
    tokens.advance(n);
    if tokens.peek() == Some(b'(') && !skip_plain_list(tokens) {
        tokens.skip_value()?;
    }
    if !tokens.take(b']') {
        return Err(Broken("a section without end"));
    }
    Ok(name)
}

/// Steps over the list that begins here where there are only plain words in it, all at once: every header of a mailbox
/// repeats it. False for any other, of which nothing is taken.
fn skip_plain_list(tokens: &mut Tokens<'_>) -> bool {
    let inside = tokens.rest().get(1..).unwrap_or_default();
    let is_special = |byte: &u8| matches!(byte, b'(' | b')' | b'"' | b'{');
    match inside.iter().position(is_special) {
        Some(at) if inside.get(at) == Some(&b')') => {
            tokens.advance(at + 2);
            true
        }
        _ => false,
    }
}

/// `<n>` directly behind the bracket.
fn origin(tokens: &mut Tokens<'_>) -> Option<u64> {
    let rest = tokens.rest().strip_prefix(b"<")?;
    let end = rest.iter().position(|byte| *byte == b'>')?;
    let origin = number(rest.get(..end)?)?;
    tokens.advance(end + 2);
    Some(origin)
}

fn section(tokens: &mut Tokens<'_>, fetch: &mut Fetch, name: Name<'_>) -> Result<(), Broken> {
    let section = Section {
        name: name.section.unwrap_or_default().into_owned(),
        origin: name.origin,
        data: data(tokens)?,
    };
    push(fetch, section)
}

fn whole(tokens: &mut Tokens<'_>, fetch: &mut Fetch, name: &str) -> Result<(), Broken> {
    let section = Section {
        name: name.to_owned(),
        origin: None,
        data: data(tokens)?,
    };
    push(fetch, section)
}

fn push(fetch: &mut Fetch, section: Section) -> Result<(), Broken> {
    if fetch.sections.len() >= MAX_SECTIONS {
        return Err(Broken("too many sections"));
    }
    fetch.sections.push(section);
    Ok(())
}

fn data(tokens: &mut Tokens<'_>) -> Result<Data, Broken> {
    match tokens.token()? {
        Some(Token::Literal(bytes)) => Ok(Data::Memory(bytes.to_vec())),
        Some(Token::Spilled(file)) => Ok(Data::File(file.clone())),
        Some(Token::Quoted(bytes)) => Ok(Data::Memory(bytes.into_owned())),
        Some(Token::Atom(atom)) if atom.eq_ignore_ascii_case(b"NIL") => Ok(Data::Nil),
        Some(Token::Atom(atom)) => Ok(Data::Memory(atom.to_vec())),
        Some(Token::Open | Token::Close) | None => Err(Broken("bytes of a section were expected")),
    }
}

/// An id in parentheses; one that is longer than any is none.
pub(crate) fn object_id(tokens: &mut Tokens<'_>) -> Result<Option<String>, Broken> {
    let id = tokens.strings()?.into_iter().next();
    Ok(id.filter(|id| id.len() <= MOST_OF_ID))
}

/// A string, or NIL where it would cost the server too much. RFC 8970 §3. Dovecot's earlier form is a list.
fn preview(tokens: &mut Tokens<'_>) -> Result<Option<String>, Broken> {
    let text = if tokens.peek() == Some(b'(') {
        tokens.strings()?.pop()
    } else {
        let text = tokens.string()?;
        text.map(|text| String::from_utf8_lossy(&text).into_owned())
    };
    Ok(text.map(|mut text| {
        text.truncate(text.floor_char_boundary(MOST_OF_PREVIEW));
        text
    }))
}

/// `FLAGS NIL` says nothing about the flags.
fn flags(tokens: &mut Tokens<'_>) -> Result<Option<Flags>, Broken> {
    if tokens.peek() == Some(b'(') {
        let names = tokens.texts()?;
        return Ok(Some(Flags::from_names(names.iter().map(|name| &**name))));
    }
    tokens.token()?;
    Ok(None)
}

/// `(12)`, and `12` where a server forgets the parentheses.
fn listed_number(tokens: &mut Tokens<'_>) -> Result<Option<u64>, Broken> {
    if tokens.peek() == Some(b'(') {
        let texts = tokens.texts()?;
        return Ok(texts.first().and_then(|text| number(text.as_bytes())));
    }
    tokens.number()
}

fn small(n: Option<u64>) -> Option<u32> {
    n.and_then(|n| u32::try_from(n).ok())
}
