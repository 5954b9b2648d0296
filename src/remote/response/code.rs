//! Response codes: the machine-readable part of a status response. RFC 3501 §7.1, RFC 5530, and the extensions'.

use crate::mail::uid::{ModSeq, Uid, UidValidity};
use crate::mail::uid_set::UidSet;
use crate::remote::response::split_word;
use crate::remote::response::token::{Tokens, number};
use crate::remote::response::untagged;
use crate::remote::wire::framer::Frame;

/// A response code. What is not understood is [`Code::Other`], and never an error.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Code {
    /// The text is for the user's eyes.
    Alert,
    /// Capabilities, upper case.
    Capability(Vec<String>),
    /// The epoch of the UIDs.
    UidValidity(UidValidity),
    /// The next UID.
    UidNext(u32),
    /// The highest mod-sequence; zero means none.
    HighestModSeq(ModSeq),
    /// The mailbox keeps no mod-sequences.
    NoModSeq,
    /// Flags that stay; `\*` among them allows new keywords.
    PermanentFlags(Vec<String>),
    /// The mailbox takes no changes.
    ReadOnly,
    /// The mailbox takes changes.
    ReadWrite,
    /// The mailbox selected before is left; what follows belongs to the new one. RFC 7162 §3.2.11.
    Closed,
    /// Sequence number of the first unseen message.
    Unseen(u32),
    /// UIDs do not last in this mailbox. RFC 4315.
    UidNotSticky,
    /// Where an appended message went. RFC 4315 §3.
    AppendUid {
        /// The target's epoch.
        validity: UidValidity,
        /// The new UIDs.
        uids: UidSet,
    },
    /// Where copied messages went. RFC 4315 §3.
    CopyUid {
        /// The target's epoch.
        validity: UidValidity,
        /// The UIDs here, as ranges in the server's order.
        source: Vec<(u32, u32)>,
        /// The UIDs there, in the same order.
        target: Vec<(u32, u32)>,
    },
    /// Messages that UNCHANGEDSINCE left alone. RFC 7162 §3.1.3.
    Modified(UidSet),
    /// The target mailbox does not exist; creating it would help.
    TryCreate,
    /// Credentials refused. RFC 5530.
    AuthenticationFailed,
    /// Logged in, but not allowed to act so. RFC 5530.
    AuthorizationFailed,
    /// The password has expired. RFC 5530.
    Expired,
    /// Only over TLS. RFC 5530.
    PrivacyRequired,
    /// Ask the administrator. RFC 5530.
    ContactAdmin,
    /// Rights are missing. RFC 5530.
    NoPerm,
    /// Something is in use; later it may work. RFC 5530.
    InUse,
    /// A subsystem is down; later it may work. RFC 5530.
    Unavailable,
    /// A defect of the server. RFC 5530.
    ServerBug,
    /// A limit was reached. RFC 5530.
    Limit,
    /// No space left. RFC 5530, RFC 9208.
    OverQuota,
    /// It exists already. RFC 5530.
    AlreadyExists,
    /// It does not exist. RFC 5530.
    Nonexistent,
    /// The charset of a search is not supported.
    BadCharset,
    /// The mailbox's own id. RFC 8474.
    MailboxId(String),
    /// The encoding of a part cannot be undone by the server. RFC 3516.
    UnknownCte,
    /// NOTIFY was switched off by the server. RFC 5465.
    NotificationOverflow,
    /// A command was carried out for so many messages and no more. RFC 9738 §3.
    MessageLimit {
        /// How many.
        most: u32,
        /// The lowest UID among them; `None` where it was not carried out at all.
        lowest: Option<Uid>,
    },
    /// Compression is on already. RFC 4978.
    CompressionActive,
    /// Anything else, REFERRAL included (never followed): the code's name, upper case.
    Other(String),
}

impl Code {
    /// The pairs of a COPYUID, source and target, at most `limit`; empty for other codes and where the sets differ in size.
    #[must_use]
    pub fn copied(&self, limit: usize) -> Vec<(u32, u32)> {
        let Self::CopyUid { source, target, .. } = self else {
            return Vec::new();
        };
        if size(source) != size(target) {
            return Vec::new();
        }
        let numbers = |ranges: &[(u32, u32)]| {
            ranges
                .iter()
                .flat_map(|(low, high)| *low..=*high)
                .take(limit)
                .collect::<Vec<_>>()
        };
        numbers(source).into_iter().zip(numbers(target)).collect()
    }
}

fn size(ranges: &[(u32, u32)]) -> u64 {
    ranges
        .iter()
        .map(|(low, high)| u64::from(high - low) + 1)
        .sum()
}

/// Splits the text of a status response into its code and the words for people.
#[must_use]
pub fn split(text: &[u8]) -> (Option<Code>, &[u8]) {
    let Some(inner) = text.strip_prefix(b"[") else {
        return (None, text);
    };
    let Some(end) = end_of_code(inner) else {
        return (None, text);
    };
    let (body, rest) = inner.split_at(end);
    (
        Some(parse(body)),
        rest.strip_prefix(b"]").unwrap_or(rest).trim_ascii_start(),
    )
}

/// The closing bracket: keywords in a list may hold brackets themselves.
fn end_of_code(inner: &[u8]) -> Option<usize> {
    let (mut depth, mut is_quoted) = (0_usize, false);
    for (at, byte) in inner.iter().enumerate() {
        match byte {
            b'"' => is_quoted = !is_quoted,
            b'(' if !is_quoted => depth += 1,
            b')' if !is_quoted => depth = depth.saturating_sub(1),
            b']' if !is_quoted && depth == 0 => return Some(at),
            _ => {}
        }
    }
    inner.iter().position(|byte| *byte == b']')
}

fn parse(body: &[u8]) -> Code {
    let (name, rest) = split_word(body);
    let name = String::from_utf8_lossy(name).to_ascii_uppercase();
    plain(&name)
        .or_else(|| with_value(&name, rest))
        .unwrap_or(Code::Other(name))
}

fn plain(name: &str) -> Option<Code> {
    Some(match name {
        "ALERT" => Code::Alert,
        "NOMODSEQ" => Code::NoModSeq,
        "READ-ONLY" => Code::ReadOnly,
        "READ-WRITE" => Code::ReadWrite,
        "CLOSED" => Code::Closed,
        "UIDNOTSTICKY" => Code::UidNotSticky,
        "TRYCREATE" => Code::TryCreate,
        "AUTHENTICATIONFAILED" => Code::AuthenticationFailed,
        "AUTHORIZATIONFAILED" => Code::AuthorizationFailed,
        "EXPIRED" => Code::Expired,
        "PRIVACYREQUIRED" => Code::PrivacyRequired,
        "CONTACTADMIN" => Code::ContactAdmin,
        "NOPERM" => Code::NoPerm,
        "INUSE" => Code::InUse,
        "UNAVAILABLE" => Code::Unavailable,
        "SERVERBUG" => Code::ServerBug,
        "LIMIT" => Code::Limit,
        "OVERQUOTA" => Code::OverQuota,
        "ALREADYEXISTS" => Code::AlreadyExists,
        "NONEXISTENT" => Code::Nonexistent,
        "BADCHARSET" => Code::BadCharset,
        "UNKNOWN-CTE" => Code::UnknownCte,
        "NOTIFICATIONOVERFLOW" => Code::NotificationOverflow,
        "COMPRESSIONACTIVE" => Code::CompressionActive,
        _ => return None,
    })
}

fn with_value(name: &str, rest: &[u8]) -> Option<Code> {
    let (first, after) = split_word(rest);
    let small = || number(first).and_then(|n| u32::try_from(n).ok());
    Some(match name {
        "CAPABILITY" => Code::Capability(untagged::upper_words(rest)),
        "UIDVALIDITY" => Code::UidValidity(small().and_then(UidValidity::new)?),
        "UIDNEXT" => Code::UidNext(small()?),
        "HIGHESTMODSEQ" => Code::HighestModSeq(ModSeq::new(number(first)?)),
        "UNSEEN" => Code::Unseen(small()?),
        "MESSAGELIMIT" => Code::MessageLimit {
            most: small()?,
            lowest: number(split_word(after).0)
                .and_then(|uid| u32::try_from(uid).ok())
                .and_then(Uid::new),
        },
        "PERMANENTFLAGS" => Code::PermanentFlags(strings(rest)),
        "MAILBOXID" => Code::MailboxId(strings(rest).into_iter().next()?),
        "MODIFIED" => Code::Modified(untagged::number_set(first)?),
        "APPENDUID" => Code::AppendUid {
            validity: small().and_then(UidValidity::new)?,
            uids: untagged::number_set(split_word(after).0)?,
        },
        "COPYUID" => {
            let (source, target) = split_word(after);
            Code::CopyUid {
                validity: small().and_then(UidValidity::new)?,
                source: untagged::number_ranges(source)?,
                target: untagged::number_ranges(split_word(target).0)?,
            }
        }
        _ => return None,
    })
}

fn strings(list: &[u8]) -> Vec<String> {
    let frame = Frame {
        bytes: list.to_vec(),
        ..Frame::default()
    };
    Tokens::new(&frame).strings().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn other(name: &str) -> Code {
        Code::Other(name.to_owned())
    }

    #[test]
    fn codes_are_read_and_the_rest_is_words() {
        for (text, code, words) in [
            (&b"[ALERT] look"[..], Some(Code::Alert), &b"look"[..]),
            (b"[alert]look", Some(Code::Alert), b"look"),
            (b"no code", None, b"no code"),
            (b"[no end", None, b"[no end"),
            (b"[]", Some(other("")), b""),
            (b"[UIDVALIDITY 0] x", Some(other("UIDVALIDITY")), b"x"),
            (b"[UIDVALIDITY x] x", Some(other("UIDVALIDITY")), b"x"),
            (b"[UIDNEXT 4294967296]", Some(other("UIDNEXT")), b""),
            (
                b"[PERMANENTFLAGS (a [b] \"c]\")] x",
                Some(Code::PermanentFlags(vec![
                    "a".into(),
                    "[b]".into(),
                    "c]".into(),
                ])),
                b"x",
            ),
            (
                b"[PERMANENTFLAGS ()] x",
                Some(Code::PermanentFlags(vec![])),
                b"x",
            ),
            (
                b"[MAILBOXID (F1)] x",
                Some(Code::MailboxId("F1".into())),
                b"x",
            ),
            (
                b"[MESSAGELIMIT 1000 5] x",
                Some(Code::MessageLimit {
                    most: 1000,
                    lowest: Uid::new(5),
                }),
                b"x",
            ),
            (
                b"[MESSAGELIMIT 1000] x",
                Some(Code::MessageLimit {
                    most: 1000,
                    lowest: None,
                }),
                b"x",
            ),
            (b"[MODIFIED 1:*] x", Some(other("MODIFIED")), b"x"),
            (b"[BADCHARSET (UTF-8)] x", Some(Code::BadCharset), b"x"),
            (
                b"[CAPABILITY imap4rev1  Idle] x",
                Some(Code::Capability(vec!["IMAP4REV1".into(), "IDLE".into()])),
                b"x",
            ),
        ] {
            assert_eq!(split(text), (code, words), "{}", text.escape_ascii());
        }
    }

    #[test]
    fn a_copy_is_paired_in_the_order_of_the_sets_and_only_if_they_match() {
        for (text, expected) in [
            (
                &b"[COPYUID 1 5,3:4 10:12] x"[..],
                &[(5, 10), (3, 11), (4, 12)][..],
            ),
            (b"[COPYUID 1 1:3 10:11] x", &[]),
            (
                b"[COPYUID 1 1:4294967295 1:4294967295] x",
                &[(1, 1), (2, 2), (3, 3)],
            ),
            (b"[APPENDUID 1 5] x", &[]),
        ] {
            let code = split(text).0.unwrap();
            assert_eq!(code.copied(3), expected, "{}", text.escape_ascii());
        }
    }
}
