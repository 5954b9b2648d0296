//! A message for the eye: its headers, its text in lines, its attachments. Foreign text leaves as `SafeText` only.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use jiff::tz::{Offset, TimeZone};

use crate::mail::address::Address;
use crate::mail::envelope::Envelope;
use crate::mail::part::{PartInfo, PartPath};
use crate::mail::safe_text::SafeText;
use crate::mail::styled::{StyledLine, TextForm, TextStyle};
use crate::mime::calendar;
use crate::mime::header;
use crate::mime::html;
use crate::mime::message::{Message, Part};
use crate::mime::parse::is_shown;
use crate::mime::strip;
use crate::mime::text;
use crate::mime::wrap::Page;

/// Addresses of one field that are spelled out.
const ADDRESSES_SHOWN: usize = 50;

/// The headers that are shown first, name and value: From, To, Cc, Date, Subject. Missing ones are left out, except
/// From.
#[must_use]
pub fn headers(message: &Message) -> Vec<(SafeText, SafeText)> {
    envelope_rows(&message.envelope)
}

fn envelope_rows(envelope: &Envelope) -> Vec<(SafeText, SafeText)> {
    let mut rows = vec![(SafeText::own("From"), addresses(&envelope.from))];
    if envelope.from.is_empty() {
        rows = vec![(SafeText::own("From"), SafeText::own("(no sender)"))];
    }
    for (name, list) in [("To", &envelope.to), ("Cc", &envelope.cc)] {
        if !list.is_empty() {
            rows.push((SafeText::own(name), addresses(list)));
        }
    }
    if let Some(date) = envelope
        .date
        .and_then(|date| written(date, envelope.date_offset_minutes))
    {
        rows.push((SafeText::own("Date"), date));
    }
    if !envelope.subject.is_empty() {
        rows.push((SafeText::own("Subject"), SafeText::line(&envelope.subject)));
    }
    rows
}

fn addresses(list: &[Address]) -> SafeText {
    let mut shown: Vec<String> = list
        .iter()
        .take(ADDRESSES_SHOWN)
        .map(|address| address_text(address).to_string())
        .collect();
    if list.len() > ADDRESSES_SHOWN {
        shown.push(format!("and {} more", list.len() - ADDRESSES_SHOWN));
    }
    SafeText::line_up_to(&shown.join(", "), 64 << 10)
}

/// An address with its name: the real address always stands beside it, and a name that pretends is marked.
#[must_use]
pub fn address_text(address: &Address) -> SafeText {
    let name = SafeText::line_up_to(address.name.trim(), 200);
    let addr = SafeText::line_up_to(&address.addr, 400);
    if address.addr.is_empty() {
        return SafeText::line(&format!("(unreadable address: {name})"));
    }
    if name.is_empty() {
        return addr;
    }
    let mark = if header::sender_suspect(address) {
        " (misleading name)"
    } else {
        ""
    };
    // Quotes keep the name apart from what follows, whatever it holds.
    let needs_quotes = address.name.contains(['<', '>', '@', ',', '"', '(', ')']);
    let name = if needs_quotes {
        format!("\"{}\"", name.as_str().replace('"', "'"))
    } else {
        name.to_string()
    };
    SafeText::line(&format!("{name} <{addr}>{mark}"))
}

/// A date in the zone of its sender.
fn written(seconds: i64, offset_minutes: i32) -> Option<SafeText> {
    let offset = Offset::from_seconds(offset_minutes.checked_mul(60)?).ok()?;
    let zoned = Timestamp::from_second(seconds)
        .ok()?
        .to_zoned(TimeZone::fixed(offset));
    Some(SafeText::line(
        &zoned.strftime("%a, %-d %b %Y %H:%M %z").to_string(),
    ))
}

/// The parts to be offered as attachments: all that is not shown in the text.
#[must_use]
pub fn attachments(message: &Message) -> Vec<PartInfo> {
    let is_listed = |part: &&Part| {
        part.info.is_attachment || !is_shown(&part.info.content_type) || is_message(part)
    };
    message
        .parts
        .iter()
        .filter(is_listed)
        .map(|part| part.info.clone())
        .collect()
}

/// Whether plain text alone would lose something of the message's own text: there is HTML, also beside a plain form.
#[must_use]
pub fn is_formatted(message: &Message) -> bool {
    let is_enclosed = |part: &Part| {
        let mut outer = message.parts.iter().filter(|outer| is_message(outer));
        outer.any(|outer| {
            part.info
                .path
                .numbers()
                .starts_with(outer.info.path.numbers())
        })
    };
    let is_html = |part: &&Part| part.info.content_type == "text/html" && !part.info.is_attachment;
    let mut texts = message.parts.iter().filter(is_html);
    texts.any(|part| !is_enclosed(part))
}

fn is_message(part: &Part) -> bool {
    matches!(
        part.info.content_type.as_str(),
        "message/rfc822" | "message/global"
    )
}

/// All header fields in the order in which they came, decoded, wrapped to a width. At most 200,000 lines.
#[must_use]
pub fn all_headers(message: &Message, columns: u16) -> Vec<StyledLine> {
    let mut page = Page::new(columns);
    for header in &message.headers {
        page.named(&header.name, &header.value);
    }
    page.into_lines()
}

/// Whether a text is there both plain and as HTML, so that the reader may choose.
#[must_use]
pub fn has_both_forms(message: &Message) -> bool {
    let has_html = has_html(&message.parts);
    let of = |content_type: &'static str| {
        let parts = message
            .parts
            .iter()
            .filter(move |part| part.info.content_type == content_type && !part.info.is_attachment)
            .filter(move |part| !is_stub(part, has_html));
        let alternatives = parts.filter_map(|part| part.alternative.as_ref());
        alternatives.map(|alternative| &alternative.of)
    };
    let plain: BTreeSet<&PartPath> = of("text/plain").collect();
    of("text/html").any(|html| plain.contains(html))
}

/// The text of a message, wrapped to a width: of alternatives one, plain text where it says something, else HTML.
///
/// Notices stand where a part is not on this machine. At most 200,000 lines.
#[must_use]
pub fn lines(message: &Message, columns: u16) -> Vec<StyledLine> {
    lines_in(message, columns, TextForm::Plain)
}

/// The same, in the form that the reader prefers.
#[must_use]
pub fn lines_in(message: &Message, columns: u16, form: TextForm) -> Vec<StyledLine> {
    let mut page = Page::new(columns);
    draw_event(message, &mut page);
    let chosen = chosen_branches(&message.parts, form);
    for part in message.parts.iter().filter(|part| is_chosen(part, &chosen)) {
        if page.is_full() {
            break;
        }
        if part.info.is_attachment || !is_shown(&part.info.content_type) {
            if part.body.is_none() {
                page.gap();
                page.notice(&format!(
                    "Attachment not on this machine yet: {}",
                    described(&part.info)
                ));
            }
            continue;
        }
        page.gap();
        draw_part(part, &mut page);
    }
    let lines = page.into_lines();
    if !lines.is_empty() {
        return lines;
    }
    let mut page = Page::new(columns);
    page.notice("This message has no text.");
    page.into_lines()
}

/// The parts that make up the text, in order, as far as they are on this machine: of alternatives one.
pub fn texts(message: &Message) -> Vec<&Part> {
    let chosen = chosen_branches(&message.parts, TextForm::Plain);
    let is_text = |part: &&Part| {
        let is_here = part.body.is_some() && !part.info.is_attachment;
        is_here && is_shown(&part.info.content_type) && is_chosen(part, &chosen)
    };
    message.parts.iter().filter(is_text).collect()
}

fn described(info: &PartInfo) -> String {
    let name = if info.name.is_empty() {
        info.content_type.as_str()
    } else {
        info.name.as_str()
    };
    format!(
        "{} ({})",
        SafeText::line_up_to(name, 200),
        size_text(info.size_bytes)
    )
}

/// A size as people say it.
fn size_text(bytes: u64) -> String {
    match bytes {
        0..1_000 => format!("{bytes} bytes"),
        1_000..1_000_000 => format!("{} kB", bytes.div_ceil(1_000)),
        _ => format!("{}.{} MB", bytes / 1_000_000, bytes % 1_000_000 / 100_000),
    }
}

fn draw_part(part: &Part, page: &mut Page) {
    if part.body.is_none() {
        page.notice(&format!(
            "This part is not on this machine yet: {}",
            described(&part.info)
        ));
        return;
    }
    match part.info.content_type.as_str() {
        "text/html" => html::draw(&part.text(), page),
        "message/rfc822" | "message/global" => draw_enclosed_header(part, page),
        _ => text::draw(&part.text(), part.lines, page),
    }
}

/// The event of the first calendar that has one: a form of the text which programs read, or an attachment of its own.
fn draw_event(message: &Message, page: &mut Page) {
    let is_calendar = |part: &&Part| {
        let content_type = part.info.content_type.as_str();
        matches!(content_type, "text/calendar" | "application/ics") && part.body.is_some()
    };
    let mut calendars = message.parts.iter().filter(is_calendar);
    let _ = calendars.any(|part| calendar::draw(&part.text(), page));
}

/// The headers of a message inside this one; its parts follow as parts of their own.
fn draw_enclosed_header(part: &Part, page: &mut Page) {
    page.notice("Enclosed message:");
    let envelope = header::envelope(&part.decoded());
    for (name, value) in envelope_rows(&envelope) {
        page.paragraph(&format!("{name}: {value}"), TextStyle::Strong, 0);
    }
}

/// Of each multipart/alternative the branch that is shown.
fn chosen_branches(parts: &[Part], form: TextForm) -> BTreeMap<&PartPath, u32> {
    let mut chosen: BTreeMap<&PartPath, (u8, u32)> = BTreeMap::new();
    let has_html = has_html(parts);
    for part in parts {
        let Some(alternative) = &part.alternative else {
            continue;
        };
        let rank = match rank(part) {
            HTML if form == TextForm::Html => PREFERRED,
            PLAIN if is_stub(part, has_html) => STUB,
            rank => rank,
        };
        let best = chosen
            .entry(&alternative.of)
            .or_insert((rank, alternative.branch));
        // Of equal forms the later one is the richer; of plain texts the first.
        if rank > best.0 || rank == best.0 && rank != PLAIN {
            *best = (rank, alternative.branch);
        }
    }
    chosen
        .into_iter()
        .map(|(path, (_, branch))| (path, branch))
        .collect()
}

/// The rank of a plain text that says something, of such an HTML text, of that where it is preferred, and of a plain text
/// that only speaks of it.
const PLAIN: u8 = 4;
const HTML: u8 = 3;
const PREFERRED: u8 = 5;
const STUB: u8 = 2;

/// How well a part serves as the form of its content that is shown.
fn rank(part: &Part) -> u8 {
    if part.info.is_attachment {
        return 0;
    }
    let says_something = |text: &str| {
        text.chars()
            .any(|c| !c.is_whitespace() && c != '\u{feff}' && c != '\u{200b}')
    };
    match part.info.content_type.as_str() {
        "text/plain" if part.body.is_none() => {
            if part.info.size_bytes > 0 {
                PLAIN
            } else {
                1
            }
        }
        "text/plain" => {
            if says_something(&part.text()) {
                PLAIN
            } else {
                1
            }
        }
        "text/html" if part.body.is_none() => HTML,
        "text/html" => {
            if says_something(&strip::text(&part.text())) {
                HTML
            } else {
                1
            }
        }
        shown if is_shown(shown) => 1,
        _ => 0,
    }
}

/// A plain text of up to so many bytes may be there only to speak of the HTML one.
const STUB_BYTES: usize = 400;

/// Whether HTML text is on this machine.
fn has_html(parts: &[Part]) -> bool {
    let is_html = |part: &Part| part.info.content_type == "text/html" && !part.info.is_attachment;
    parts
        .iter()
        .any(|part| is_html(part) && part.body.is_some())
}

/// Whether a plain text only says that the message is to be read as HTML, as in "Your program does not show HTML". Short
/// ones that speak of it otherwise count as well: their HTML says the same.
fn is_stub(part: &Part, has_html: bool) -> bool {
    if !has_html || part.info.content_type != "text/plain" || part.body.is_none() {
        return false;
    }
    let text = part.text();
    let text = text.trim();
    text.len() <= STUB_BYTES && text.to_ascii_lowercase().contains("html")
}

fn is_chosen(part: &Part, chosen: &BTreeMap<&PartPath, u32>) -> bool {
    part.alternative.as_ref().is_none_or(|alternative| {
        chosen
            .get(&alternative.of)
            .is_none_or(|branch| *branch == alternative.branch)
    })
}
