//! A message from its bytes, or from the parts of it that are here. Never fails: what cannot be read is shown raw.

use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::mail::envelope::Envelope;
use crate::mail::part::{PartInfo, PartPath};
use crate::mime::caps;
use crate::mime::charset;
use crate::mime::defect::{Defect, Defects};
use crate::mime::encoding;
use crate::mime::entity::EntityFields;
use crate::mime::fields::Fields;
use crate::mime::header;
use crate::mime::message::{Alternative, Header, Message, Part, TextLines};
use crate::mime::walk::{Leaf, walk};
use crate::mime::words;

/// Takes a whole message apart.
#[must_use]
pub fn message(raw: &[u8]) -> Message {
    // The caps bound every structure; a defect of ours or of a library must still not cost more than the structure.
    catch_unwind(AssertUnwindSafe(|| take_apart(raw)))
        .unwrap_or_else(|_| shown_raw(raw, Envelope::default()))
}

/// Puts a message together of which only some parts are here, each with its bytes as transferred.
#[must_use]
pub fn assemble(header_block: &[u8], parts: Vec<(PartInfo, Option<Vec<u8>>)>) -> Message {
    catch_unwind(AssertUnwindSafe(|| put_together(header_block, parts)))
        .unwrap_or_else(|_| shown_raw(header_block, Envelope::default()))
}

/// A message that is not to be taken apart: its bytes as text.
#[must_use]
pub fn as_it_came(raw: &[u8]) -> Message {
    shown_raw(raw, Envelope::default())
}

fn take_apart(raw: &[u8]) -> Message {
    let mut defects = Defects::default();
    let (headers, envelope) = headers(raw, &mut defects);
    if headers.is_empty() {
        return shown_raw(raw, envelope);
    }
    let leaves = walk(raw, &PartPath::default(), &mut defects);
    let mut parts = Vec::with_capacity(leaves.len());
    let mut copies = Copies {
        room: raw.len().saturating_mul(2),
    };
    let mut texts = Texts::default();
    for leaf in leaves {
        let part = copies.part(leaf, &mut texts);
        let inner = encoded_message(&part, &mut texts);
        parts.push(part);
        parts.extend(inner);
        cap_parts(&mut parts, &mut defects);
    }
    check(&parts, &mut defects);
    Message {
        envelope,
        headers,
        parts,
        defects: defects.into_list(),
    }
}

fn put_together(header_block: &[u8], parts: Vec<(PartInfo, Option<Vec<u8>>)>) -> Message {
    let mut defects = Defects::default();
    let (headers, envelope) = headers(header_block, &mut defects);
    defects.add_if(parts.len() > caps::PARTS, Defect::TooManyParts);
    // Body structures do not come with `format=flowed`; of a message in one part the header tells.
    let mut own = EntityFields::default();
    Fields::new(header_block).for_each(|field| own.take(field));
    let own_lines = own.read(false, &mut defects).lines;
    let mut texts = Texts::default();
    let mut all: Vec<Part> = Vec::new();
    let given: Vec<PartPath> = parts
        .iter()
        .take(caps::PARTS)
        .map(|(info, _)| info.path.clone())
        .collect();
    for (info, body) in parts.into_iter().take(caps::PARTS) {
        let mut part = Part {
            info,
            body,
            alternative: None,
            lines: TextLines::Fixed,
        };
        if part.info.path.numbers() == [1] {
            part.lines = own_lines;
        }
        let is_opened = given.iter().any(|path| {
            path != &part.info.path && path.numbers().starts_with(part.info.path.numbers())
        });
        let inner = if is_opened {
            Vec::new()
        } else {
            enclosed_message(&part, &mut texts)
        };
        all.push(part);
        all.extend(inner);
        cap_parts(&mut all, &mut defects);
    }
    infer_alternatives(&mut all, header_says_mixed(&headers));
    check(&all, &mut defects);
    Message {
        envelope,
        headers,
        parts: all,
        defects: defects.into_list(),
    }
}

/// Messages that had to be decoded to be opened bring their parts on top.
fn cap_parts(parts: &mut Vec<Part>, defects: &mut Defects) {
    defects.add_if(parts.len() > caps::PARTS, Defect::TooManyParts);
    parts.truncate(caps::PARTS);
}

/// All fields of a message, decoded, and its envelope.
fn headers(raw: &[u8], defects: &mut Defects) -> (Vec<Header>, Envelope) {
    let block = raw
        .get(..raw.len().min(caps::HEADER_BYTES))
        .unwrap_or_default();
    let mut fields = Fields::new(block);
    let mut headers = Vec::new();
    for field in fields.by_ref().take(caps::FIELDS) {
        headers.push(Header {
            name: String::from_utf8_lossy(field.name).into_owned(),
            value: words::text(field.value, ""),
        });
    }
    let block = block.get(..fields.body_at()).unwrap_or_default();
    defects.add_if(
        headers.len() == caps::FIELDS || fields.capped || block.len() == caps::HEADER_BYTES,
        Defect::HeaderTooLarge,
    );
    let envelope = header::envelope(block);
    let is_unreadable = envelope.from.iter().any(|address| address.addr.is_empty());
    let is_misleading = envelope.from.iter().any(header::sender_suspect);
    defects.add_if(is_unreadable, Defect::UnreadableSender);
    defects.add_if(is_misleading && !is_unreadable, Defect::MisleadingSender);
    let has_date = headers
        .iter()
        .any(|header| header.name.eq_ignore_ascii_case("date"));
    defects.add_if(has_date && envelope.date.is_none(), Defect::UnreadableDate);
    (headers, envelope)
}

/// Everything as one text, as it came.
fn shown_raw(raw: &[u8], envelope: Envelope) -> Message {
    let info = PartInfo {
        path: PartPath::new(vec![1]),
        content_type: "text/plain".to_owned(),
        charset: String::new(),
        encoding: "8bit".to_owned(),
        name: String::new(),
        size_bytes: raw.len() as u64,
        is_attachment: false,
        content_id: String::new(),
    };
    let part = Part {
        info,
        body: Some(raw.to_vec()),
        alternative: None,
        lines: TextLines::Fixed,
    };
    Message {
        envelope,
        headers: Vec::new(),
        parts: vec![part],
        defects: vec![Defect::ShownRaw],
    }
}

/// Whether a text was seen already: the first one is the message, even where it has a name.
#[derive(Default)]
struct Texts {
    any: bool,
}

impl Texts {
    fn is_attachment(&mut self, leaf: &Leaf<'_>) -> bool {
        let entity = &leaf.entity;
        let is_text = is_shown(&entity.content_type);
        let is_named_extra = !entity.name.is_empty() && !entity.is_inline && self.any;
        let is_attachment = !is_text
            || entity.wants_to_be_saved
            || is_named_extra && is_saved_when_named(&entity.content_type);
        self.any |= !is_attachment;
        is_attachment
    }
}

/// Whether parts of that type are shown in the text of a message.
pub fn is_shown(content_type: &str) -> bool {
    matches!(
        content_type,
        "text/plain"
            | "text/html"
            | "text/markdown"
            | "text/x-patch"
            | "text/x-diff"
            | "text/rfc822-headers"
            | "message/rfc822"
            | "message/global"
            | "message/delivery-status"
            | "message/disposition-notification"
    )
}

fn is_saved_when_named(content_type: &str) -> bool {
    matches!(content_type, "text/plain" | "text/html" | "text/markdown")
}

/// Copies bodies out of a message. Leaves do not overlap, messages inside of messages do: those share a limit.
struct Copies {
    room: usize,
}

impl Copies {
    fn part(&mut self, leaf: Leaf<'_>, texts: &mut Texts) -> Part {
        let is_attachment = texts.is_attachment(&leaf);
        let is_message = leaf.entity.content_type.starts_with("message/") && leaf.is_enclosed;
        let mut body = leaf.body;
        if is_message {
            if body.len() > self.room {
                // Deep inside, the header is enough: the parts follow on their own.
                let mut fields = Fields::new(body);
                fields.by_ref().for_each(drop);
                body = body
                    .get(..fields.body_at().min(self.room))
                    .unwrap_or_default();
            }
            self.room = self.room.saturating_sub(body.len());
        }
        let entity = leaf.entity;
        let info = PartInfo {
            path: leaf.path,
            content_type: entity.content_type,
            charset: entity.charset,
            encoding: entity.encoding,
            name: entity.name,
            size_bytes: leaf.body.len() as u64,
            is_attachment,
            content_id: entity.content_id,
        };
        Part {
            info,
            body: Some(body.to_vec()),
            alternative: leaf.alternative,
            lines: entity.lines,
        }
    }
}

fn is_message(part: &Part) -> bool {
    matches!(
        part.info.content_type.as_str(),
        "message/rfc822" | "message/global"
    )
}

/// The parts of a message/rfc822 that is itself encoded, against RFC 2046 §5.2.1. Only one such level is opened.
fn encoded_message(part: &Part, texts: &mut Texts) -> Vec<Part> {
    if is_message(part) && matches!(part.info.encoding.as_str(), "base64" | "quoted-printable") {
        enclosed_message(part, texts)
    } else {
        Vec::new()
    }
}

/// The parts of a message/rfc822 whose bytes are here.
fn enclosed_message(part: &Part, texts: &mut Texts) -> Vec<Part> {
    if !is_message(part) || part.body.is_none() || part.info.path.numbers().len() >= caps::DEPTH {
        return Vec::new();
    }
    let bytes = part.decoded();
    let mut ignored = Defects::default();
    let mut copies = Copies { room: bytes.len() };
    walk(&bytes, &part.info.path, &mut ignored)
        .into_iter()
        .map(|leaf| {
            let mut inner = copies.part(leaf, texts);
            if inner.alternative.is_none() {
                inner.alternative.clone_from(&part.alternative);
            }
            inner
        })
        .collect()
}

fn header_says_mixed(headers: &[Header]) -> bool {
    headers
        .iter()
        .find(|header| header.name.eq_ignore_ascii_case("content-type"))
        .is_some_and(|header| {
            let value = header.value.to_ascii_lowercase();
            value.starts_with("multipart/") && !value.starts_with("multipart/alternative")
        })
}

/// Takes a text/html that directly follows a text/plain of the same parent for its richer form.
///
/// Body structures tell the leaves without their parents. `top_is_mixed`: the outermost parent is known to be something
/// else than multipart/alternative.
fn infer_alternatives(parts: &mut [Part], top_is_mixed: bool) {
    for at in 1..parts.len() {
        let Some([plain, html]) = parts.get_mut(at - 1..=at) else {
            return;
        };
        let both_shown = !plain.info.is_attachment && !html.info.is_attachment;
        if !both_shown || plain.info.content_type != "text/plain" || html.alternative.is_some() {
            continue;
        }
        let Some((last, parent)) = plain.info.path.numbers().split_last() else {
            continue;
        };
        let wanted: Vec<u32> = parent
            .iter()
            .copied()
            .chain([last.saturating_add(1)])
            .collect();
        let is_next = html.info.content_type == "text/html"
            && html.info.path.numbers().starts_with(&wanted)
            && html
                .info
                .path
                .numbers()
                .iter()
                .skip(wanted.len())
                .all(|number| *number == 1);
        if is_next && !(parent.is_empty() && top_is_mixed) {
            let of = PartPath::new(parent.to_vec());
            plain.alternative = Some(Alternative {
                of: of.clone(),
                branch: *last,
            });
            html.alternative = Some(Alternative {
                of,
                branch: last.saturating_add(1),
            });
        }
    }
}

/// Looks for what cannot be decoded in the parts that will be shown.
fn check(parts: &[Part], defects: &mut Defects) {
    for part in parts {
        let is_text = is_shown(&part.info.content_type) && !is_message(part);
        if !is_text {
            continue;
        }
        defects.add_if(
            !charset::is_known(&part.info.charset),
            Defect::UnknownCharset,
        );
        let body = part.body.as_deref().unwrap_or_default();
        let is_damaged = part.info.encoding == "base64" && !encoding::is_clean_base64(body);
        defects.add_if(is_damaged, Defect::DamagedBase64);
    }
}
