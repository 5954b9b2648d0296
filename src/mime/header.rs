//! The envelope of a message from its header block: whole, or the fields a list needs. RFC 5322 §3.6.
//!
//! Called for every message of a mailbox, so each field is looked at once and decoded only where it must be.

use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::mail::address::Address;
use crate::mail::character::is_trick;
use crate::mail::envelope::Envelope;
use crate::mime::addresses;
use crate::mime::caps;
use crate::mime::date;
use crate::mime::fields::{Field, Fields};
use crate::mime::ids;
use crate::mime::poison;
use crate::mime::words;

/// The raw values of the fields that an envelope is made of.
#[derive(Default)]
struct Raw<'a> {
    from: Vec<&'a [u8]>,
    sender: Vec<&'a [u8]>,
    reply_to: Vec<&'a [u8]>,
    to: Vec<&'a [u8]>,
    cc: Vec<&'a [u8]>,
    bcc: Vec<&'a [u8]>,
    subject: Option<&'a [u8]>,
    date: Option<&'a [u8]>,
    message_id: Option<&'a [u8]>,
    references: Option<&'a [u8]>,
    in_reply_to: Option<&'a [u8]>,
    list_id: Option<&'a [u8]>,
    content_type: Option<&'a [u8]>,
    any: bool,
}

impl<'a> Raw<'a> {
    fn take(&mut self, field: Field<'a>) {
        self.any = true;
        let value = field.value;
        // The first of a field that must not repeat counts; address lists add up, except the author's.
        match field.name.len() {
            2 if field.is("to") => self.to.push(value),
            2 if field.is("cc") => self.cc.push(value),
            3 if field.is("bcc") => self.bcc.push(value),
            4 if field.is("from") && self.from.is_empty() => self.from.push(value),
            4 if field.is("date") => _ = self.date.get_or_insert(value),
            6 if field.is("sender") && self.sender.is_empty() => self.sender.push(value),
            7 if field.is("subject") => _ = self.subject.get_or_insert(value),
            7 if field.is("list-id") => _ = self.list_id.get_or_insert(value),
            8 if field.is("reply-to") && self.reply_to.is_empty() => self.reply_to.push(value),
            10 if field.is("message-id") => _ = self.message_id.get_or_insert(value),
            10 if field.is("references") => _ = self.references.get_or_insert(value),
            11 if field.is("in-reply-to") => _ = self.in_reply_to.get_or_insert(value),
            12 if field.is("content-type") => _ = self.content_type.get_or_insert(value),
            _ => {}
        }
    }

    fn keep_row(&mut self) {
        for list in [
            &mut self.sender,
            &mut self.reply_to,
            &mut self.cc,
            &mut self.bcc,
        ] {
            list.clear();
        }
    }
}

/// Decodes a header block, whole or in part; never fails, and what is missing or unreadable is empty.
///
/// `has_attachment` is a guess from Content-Type. At most 10,000 addresses are kept of one message. A header that breaks
/// the parser costs its own row: the sync goes on.
#[must_use]
pub fn envelope(block: &[u8]) -> Envelope {
    catch_unwind(AssertUnwindSafe(|| decode(block, false))).unwrap_or_default()
}

/// As [`envelope`], for the row of a list: of the addresses only From and To, the others are empty.
#[must_use]
pub fn of_row(block: &[u8]) -> Envelope {
    catch_unwind(AssertUnwindSafe(|| decode(block, true))).unwrap_or_default()
}

fn decode(block: &[u8], is_row: bool) -> Envelope {
    poison::taste(block, "X-Poison-Header");
    let block = block
        .get(..block.len().min(caps::HEADER_BYTES))
        .unwrap_or_default();
    let mut raw = Raw::default();
    for field in Fields::new(block) {
        raw.take(field);
    }
    if is_row {
        raw.keep_row();
    }
    // Only raw 8-bit text needs the hint.
    let hint = raw
        .content_type
        .filter(|_| !block.is_ascii())
        .map_or("", charset_hint);
    let mut room = caps::ADDRESSES;
    let mut list = |values: &[&[u8]]| {
        let mut all = Vec::new();
        for value in values {
            all.append(&mut addresses::list(
                value,
                hint,
                room.saturating_sub(all.len()),
            ));
        }
        room = room.saturating_sub(all.len());
        all
    };
    let (date, date_offset_minutes) = raw
        .date
        .and_then(date::read)
        .map_or((None, 0), |(seconds, offset)| (Some(seconds), offset));
    Envelope {
        from: list(&raw.from),
        sender: list(&raw.sender),
        reply_to: list(&raw.reply_to),
        to: list(&raw.to),
        cc: list(&raw.cc),
        bcc: list(&raw.bcc),
        subject: raw
            .subject
            .map(|value| words::text(value, hint))
            .unwrap_or_default(),
        date,
        date_offset_minutes,
        message_id: raw.message_id.and_then(ids::message_id).unwrap_or_default(),
        references: ids::references(
            raw.references.unwrap_or_default(),
            raw.in_reply_to.unwrap_or_default(),
        ),
        list_id: raw.list_id.map(ids::list_id).unwrap_or_default(),
        has_attachment: if raw.any {
            guess_attachment(raw.content_type)
        } else {
            None
        },
    }
}

/// The charset of a Content-Type, roughly: only to read raw 8-bit headers.
fn charset_hint(content_type: &[u8]) -> &str {
    let Ok(text) = std::str::from_utf8(content_type) else {
        return "";
    };
    let Some((_, after)) = split_ignoring_case(text, "charset=") else {
        return "";
    };
    after
        .trim_start_matches('"')
        .split(['"', ';', ' ', '\t', '\r', '\n'])
        .next()
        .unwrap_or_default()
}

fn split_ignoring_case<'a>(text: &'a str, wanted: &str) -> Option<(&'a str, &'a str)> {
    let text = text.get(..text.len().min(1_000)).unwrap_or(text);
    let at = text
        .as_bytes()
        .windows(wanted.len())
        .position(|window| window.eq_ignore_ascii_case(wanted.as_bytes()))?;
    Some((text.get(..at)?, text.get(at + wanted.len()..)?))
}

/// What Content-Type says of attachments; no such field means plain text.
fn guess_attachment(content_type: Option<&[u8]>) -> Option<bool> {
    let Some(value) = content_type else {
        return Some(false);
    };
    let end = value
        .iter()
        .position(|byte| *byte == b';')
        .unwrap_or(value.len());
    let media = value.get(..end)?.trim_ascii();
    let is = |prefix: &str| {
        media
            .get(..prefix.len())
            .is_some_and(|start| start.eq_ignore_ascii_case(prefix.as_bytes()))
    };
    if is("multipart/mixed")
        || ["image/", "application/", "audio/", "video/"]
            .into_iter()
            .any(is)
    {
        Some(true)
    } else if is("text/") || is("multipart/alternative") {
        Some(false)
    } else {
        None
    }
}

/// Whether the display name pretends: it shows another address, hides behind control characters or long blanks, or
/// stands in for an address that cannot be read.
#[must_use]
pub fn sender_suspect(address: &Address) -> bool {
    if address.addr.is_empty() {
        return address.name.contains('@') || address.name.contains("=?");
    }
    let name = address.name.as_str();
    if name.is_ascii() && !name.contains('@') && !name.bytes().any(|byte| byte.is_ascii_control()) {
        return name.contains("     ");
    }
    name.chars().any(is_trick)
        || has_long_gap(name)
        || name
            .split(char::is_whitespace)
            .any(|word| shows_other_address(word, &address.addr))
}

fn has_long_gap(name: &str) -> bool {
    let mut n_blanks = 0;
    name.chars().any(|c| {
        n_blanks = if c.is_whitespace() { n_blanks + 1 } else { 0 };
        n_blanks > 4
    })
}

/// Whether a word looks like an address other than the real one.
fn shows_other_address(word: &str, addr: &str) -> bool {
    let word = word.replace(['\u{ff20}', '\u{fe6b}'], "@");
    let word = word.trim_matches(|c: char| !c.is_alphanumeric() && c != '@');
    let Some((local, domain)) = word.rsplit_once('@') else {
        return false;
    };
    !local.is_empty() && !domain.is_empty() && !word.eq_ignore_ascii_case(addr)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TYPICAL: &str = "Date: Tue, 3 Mar 2026 14:32:01 +0100\r\n\
        From: =?utf-8?Q?J=C3=BCrgen_M=C3=BCller?= <juergen@example.org>\r\n\
        To: \"Abel, Anna\" <anna@example.net>, bob@example.com\r\n\
        Cc: list@lists.example.org\r\n\
        Subject: Re: [list] the quarterly figures and what they\r\n mean for us\r\n\
        Message-ID: <4711.abc@mail.example.org>\r\n\
        References: <1@example.org> <2@example.org>\r\n <3@example.org>\r\n\
        In-Reply-To: <3@example.org>\r\n\
        Content-Type: multipart/mixed; boundary=\"xyz\"\r\n\
        List-Id: The list <list.lists.example.org>\r\n\
        Reply-To: list@lists.example.org\r\n\r\n";

    #[test]
    fn a_typical_block_is_read_whole() {
        let envelope = envelope(TYPICAL.as_bytes());
        assert_eq!(
            envelope.from,
            [Address {
                name: "Jürgen Müller".into(),
                addr: "juergen@example.org".into()
            }]
        );
        assert_eq!(envelope.to.len(), 2);
        assert_eq!(envelope.to[0].name, "Abel, Anna");
        assert_eq!(
            envelope.subject,
            "Re: [list] the quarterly figures and what they mean for us"
        );
        assert_eq!(
            (envelope.date, envelope.date_offset_minutes),
            (Some(1_772_544_721), 60)
        );
        assert_eq!(envelope.message_id, "4711.abc@mail.example.org");
        assert_eq!(
            envelope.references,
            ["1@example.org", "2@example.org", "3@example.org"]
        );
        assert_eq!(envelope.list_id, "list.lists.example.org");
        assert_eq!(envelope.has_attachment, Some(true));
    }

    #[test]
    fn a_row_has_author_and_recipients_and_no_other_addresses() {
        let block = format!("Sender: s@x.org\r\nBcc: b@x.org\r\n{TYPICAL}");
        let whole = envelope(block.as_bytes());
        assert!(
            [&whole.sender, &whole.bcc, &whole.cc, &whole.reply_to]
                .iter()
                .all(|list| list.len() == 1)
        );
        let row = Envelope {
            sender: Vec::new(),
            bcc: Vec::new(),
            cc: Vec::new(),
            reply_to: Vec::new(),
            ..whole
        };
        assert_eq!(of_row(block.as_bytes()), row);
    }

    #[test]
    fn lf_and_crlf_give_the_same() {
        assert_eq!(
            envelope(TYPICAL.as_bytes()),
            envelope(TYPICAL.replace("\r\n", "\n").as_bytes())
        );
    }

    #[test]
    fn nothing_is_an_empty_envelope() {
        assert_eq!(envelope(b""), Envelope::default());
        assert_eq!(envelope(b"\r\n\r\n"), Envelope::default());
        assert_eq!(envelope(b"Subject: x").has_attachment, Some(false));
    }

    #[test]
    fn raw_headers_take_the_charset_of_the_body() {
        let block =
            b"Subject: \xc5\xd7\xbd\xba\xc6\xae\nContent-Type: text/plain; Charset=\"EUC-KR\"\n";
        assert_eq!(envelope(block).subject, "테스트");
    }

    #[test]
    fn the_first_author_counts() {
        let envelope = envelope(b"From: a@b\nFrom: c@d\nTo: e@f\nTo: g@h\n");
        assert_eq!(envelope.from.len(), 1);
        assert_eq!(envelope.to.len(), 2);
    }

    #[test]
    fn references_keep_the_root_and_the_newest() {
        let block = format!(
            "References: {}\nIn-Reply-To: your mail of <Monday> <9999@example.org>\n",
            (0..5_000)
                .map(|n| format!("<{n:04}@example.org>\n "))
                .collect::<Vec<_>>()
                .concat()
        );
        let references = envelope(block.as_bytes()).references;
        assert_eq!(references.first().unwrap(), "0000@example.org");
        assert_eq!(references.last().unwrap(), "9999@example.org");
        assert!(references.iter().map(String::len).sum::<usize>() <= caps::REFERENCE_BYTES);
    }

    #[test]
    fn broken_ids_are_read_where_possible() {
        let cases = [
            ("<a@b>", "a@b"),
            ("a@b", "a@b"),
            ("  <a@b> trailing", "a@b"),
            ("<<a@b>>", "a@b"),
            ("", ""),
        ];
        for (raw, id) in cases {
            assert_eq!(
                envelope(format!("Message-ID: {raw}\n").as_bytes()).message_id,
                id,
                "{raw}"
            );
        }
    }

    #[test]
    fn senders_that_pretend_are_suspect() {
        let cases = [
            ("MAILER-DAEMON", "", false),
            ("Ann", "a@b.org", false),
            ("", "a@b.org", false),
            ("a@b.org", "a@b.org", false),
            ("A@B.org", "a@b.org", false),
            ("Team @ Acme", "a@b.org", false),
            ("Jürgen Müller", "a@b.org", false),
            ("boss@corp.org", "a@b.org", true),
            ("\"boss@corp.org\" <boss@corp.org>", "a@b.org", true),
            ("boss＠corp.org", "a@b.org", true),
            ("Ann\0", "a@b.org", true),
            ("Ann \u{202e}gro", "a@b.org", true),
            ("Bank                       x", "a@b.org", true),
            ("Bank\u{2800}\u{2800}", "a@b.org", true),
            ("unreadable@x <y@z>", "", true),
            ("=?utf-8?q?boss?=", "", true),
            ("", "", false),
        ];
        for (name, addr, suspect) in cases {
            let address = Address {
                name: name.into(),
                addr: addr.into(),
            };
            assert_eq!(sender_suspect(&address), suspect, "{name:?}");
        }
    }
}
