//! Search keys: parsed once, tried on each message. RFC 3501 §6.4.4, RFC 5032.

use std::collections::HashSet;

use crate::demo::date;
use crate::demo::mailbox::{Message, header_end};
use crate::demo::token::Token;
use crate::mail::flag::SystemFlag;

/// How deep keys may nest.
const NESTING: usize = 64;

/// Seconds of a day.
const DAY: i64 = 86_400;

/// One condition.
pub(super) enum Key {
    All,
    Every(Vec<Self>),
    Either(Box<Self>, Box<Self>),
    Not(Box<Self>),
    Uids(HashSet<u32>),
    Flag(SystemFlag),
    Keyword(String),
    /// A header field by lower-case name and a lower-case needle.
    Header(String, String),
    Body(String),
    Text(String),
    /// INTERNALDATE at or after these seconds, and before those.
    Between(i64, i64),
    Larger(u64),
    Smaller(u64),
    ModSeq(u64),
}

/// What keys are about.
pub(super) struct Scope<'a> {
    /// Resolves a set token to UIDs; the flag says whether it holds UIDs.
    pub(super) resolve: &'a dyn Fn(&Token, bool) -> Option<HashSet<u32>>,
    /// The server's clock, for WITHIN; `None` where that is not offered.
    pub(super) now: Option<i64>,
}

/// Reads all keys of a command; they must all hold. `None` where something is not understood.
pub(super) fn parse(tokens: &[Token], scope: &Scope<'_>) -> Option<Key> {
    every(tokens, scope, 0)
}

fn every(tokens: &[Token], scope: &Scope<'_>, depth: usize) -> Option<Key> {
    let mut rest = tokens.iter();
    let mut keys = Vec::new();
    while rest.len() > 0 {
        keys.push(one(&mut rest, scope, depth)?);
    }
    (!keys.is_empty()).then_some(Key::Every(keys))
}

fn one(rest: &mut std::slice::Iter<'_, Token>, scope: &Scope<'_>, depth: usize) -> Option<Key> {
    if depth > NESTING {
        return None;
    }
    let token = rest.next()?;
    if let Token::List(members) = token {
        return every(members, scope, depth + 1);
    }
    let not = |key: Key| Key::Not(Box::new(key));
    let name = token.upper();
    Some(match name.as_str() {
        "ALL" | "OLD" => Key::All,
        "RECENT" | "NEW" => not(Key::All),
        "SEEN" => Key::Flag(SystemFlag::Seen),
        "ANSWERED" => Key::Flag(SystemFlag::Answered),
        "FLAGGED" => Key::Flag(SystemFlag::Flagged),
        "DELETED" => Key::Flag(SystemFlag::Deleted),
        "DRAFT" => Key::Flag(SystemFlag::Draft),
        "UNSEEN" => not(Key::Flag(SystemFlag::Seen)),
        "UNANSWERED" => not(Key::Flag(SystemFlag::Answered)),
        "UNFLAGGED" => not(Key::Flag(SystemFlag::Flagged)),
        "UNDELETED" => not(Key::Flag(SystemFlag::Deleted)),
        "UNDRAFT" => not(Key::Flag(SystemFlag::Draft)),
        "KEYWORD" => Key::Keyword(rest.next()?.text()),
        "UNKEYWORD" => not(Key::Keyword(rest.next()?.text())),
        "FROM" | "TO" | "CC" | "BCC" | "SUBJECT" => {
            Key::Header(name.to_lowercase(), needle(rest.next()?))
        }
        "HEADER" => Key::Header(rest.next()?.text().to_lowercase(), needle(rest.next()?)),
        "BODY" => Key::Body(needle(rest.next()?)),
        "TEXT" => Key::Text(needle(rest.next()?)),
        "SINCE" | "SENTSINCE" => Key::Between(day(rest.next()?)?, i64::MAX),
        "BEFORE" | "SENTBEFORE" => Key::Between(i64::MIN, day(rest.next()?)?),
        "ON" | "SENTON" => {
            let start = day(rest.next()?)?;
            Key::Between(start, start.saturating_add(DAY))
        }
        "YOUNGER" => Key::Between(ago(scope.now?, rest.next()?)?, i64::MAX),
        "OLDER" => Key::Between(i64::MIN, ago(scope.now?, rest.next()?)?.saturating_add(1)),
        "LARGER" => Key::Larger(rest.next()?.number()?),
        "SMALLER" => Key::Smaller(rest.next()?.number()?),
        "MODSEQ" => Key::ModSeq(rest.next()?.number()?),
        "UID" => Key::Uids((scope.resolve)(rest.next()?, true)?),
        "NOT" => not(one(rest, scope, depth + 1)?),
        "OR" => Key::Either(
            Box::new(one(rest, scope, depth + 1)?),
            Box::new(one(rest, scope, depth + 1)?),
        ),
        _ => Key::Uids((scope.resolve)(token, false)?),
    })
}

fn needle(token: &Token) -> String {
    token.text().to_lowercase()
}

fn day(token: &Token) -> Option<i64> {
    date::parse_day(&token.text())
}

/// So many seconds before now; they may not be 0.
fn ago(now: i64, token: &Token) -> Option<i64> {
    let seconds: u32 = token.number().filter(|seconds| *seconds > 0)?;
    Some(now.saturating_sub(i64::from(seconds)))
}

impl Key {
    /// Whether a mod-sequence is part of the search.
    pub(super) fn uses_mod_seq(&self) -> bool {
        match self {
            Self::ModSeq(_) => true,
            Self::Every(keys) => keys.iter().any(Self::uses_mod_seq),
            Self::Not(key) => key.uses_mod_seq(),
            Self::Either(a, b) => a.uses_mod_seq() || b.uses_mod_seq(),
            _ => false,
        }
    }

    /// Whether the sets that all results must be in hold a UID.
    pub(super) fn names(&self, uid: u32) -> bool {
        match self {
            Self::Every(keys) => keys.iter().all(|key| key.names(uid)),
            Self::Uids(uids) => uids.contains(&uid),
            _ => true,
        }
    }

    /// Whether a message fits. Text is compared without case, encoded words and transfer encodings undone.
    pub(super) fn fits(&self, message: &Message) -> bool {
        match self {
            Self::All => true,
            Self::Every(keys) => keys.iter().all(|key| key.fits(message)),
            Self::Either(a, b) => a.fits(message) || b.fits(message),
            Self::Not(key) => !key.fits(message),
            Self::Uids(uids) => uids.contains(&message.uid),
            Self::Flag(flag) => message.flags.has(*flag),
            Self::Keyword(name) => message
                .flags
                .keywords()
                .iter()
                .any(|keyword| keyword.eq_ignore_ascii_case(name)),
            Self::Header(name, needle) => {
                crate::demo::search_text::fields(&message.content.header())
                    .iter()
                    .any(|(field, value)| field == name && value.contains(needle))
            }
            Self::Body(needle) => {
                let whole = message.content.whole();
                let (header, body) = whole.split_at(header_end(&whole));
                crate::demo::search_text::body(header, body).contains(needle)
            }
            Self::Text(needle) => {
                let whole = message.content.whole();
                let (header, body) = whole.split_at(header_end(&whole));
                crate::demo::search_text::fields(header)
                    .iter()
                    .any(|(field, value)| value.contains(needle) || field.contains(needle))
                    || crate::demo::search_text::body(header, body).contains(needle)
            }
            Self::Between(from, to) => (*from..*to).contains(&message.internal_date),
            Self::Larger(size) => message.content.size_bytes() > *size,
            Self::Smaller(size) => message.content.size_bytes() < *size,
            Self::ModSeq(mod_seq) => message.mod_seq >= *mod_seq,
        }
    }
}
