//! The text of an original in an answer: quoted, or under a line that says it was forwarded.

use crate::compose::date;
use crate::mail::address::Address;
use crate::mail::composition::MAX_TEXT_BYTES;
use crate::mail::envelope::Envelope;
use crate::mail::safe_text::SafeText;
use crate::mime::quotable::Quotable;
use crate::mime::render;

/// The line over a forwarded text; `check` knows it too.
pub const FORWARDED: &str = "---------- Forwarded message ----------";

/// The most of another mail's text that is taken over, in bytes: room to write is left beside it.
const MOST_BYTES: usize = MAX_TEXT_BYTES / 8 * 7;
/// Said where there is more.
const CUT: &str = "[The original goes on; no more of its text fits here.]";

/// Names and addresses spelled out in one line.
const SPELLED: usize = 50;

/// `On Mon, 2 Mar 2026 at 09:05 +0100, Anna wrote:`
pub fn attribution(envelope: &Envelope) -> String {
    let who = envelope.from.first().map(|from| {
        let name = SafeText::line_up_to(from.name.trim(), 200);
        let addr = SafeText::line_up_to(&from.addr, 400);
        if name.is_empty() { addr } else { name }
    });
    let who = who
        .filter(|who| !who.is_empty())
        .unwrap_or(SafeText::own("somebody"));
    let date = envelope
        .date
        .and_then(|date| date::spoken(date, envelope.date_offset_minutes));
    match date {
        Some(date) => format!("On {date}, {who} wrote:"),
        None => format!("{who} wrote:"),
    }
}

/// The text, one level deeper, without the author's signature and what follows it; as much of it as fits.
pub fn quoted(paragraphs: &[Quotable]) -> String {
    let quoted = without_signature(paragraphs).iter().map(|paragraph| {
        let marks = ">".repeat(usize::from(paragraph.depth).saturating_add(1));
        let text = SafeText::body(&paragraph.text);
        // Blanks at the end say nothing, and would keep the answer from flowing.
        let text = text.as_str().trim_end();
        let gap = if text.is_empty() { "" } else { " " };
        format!("{marks}{gap}{text}")
    });
    fitting(quoted)
}

/// The text as it stands under the head of a forwarded mail; as much of it as fits.
pub fn forwarded(paragraphs: &[Quotable]) -> String {
    fitting(paragraphs.iter().map(as_it_stands))
}

/// The text as it stands, all of it.
pub fn plain(paragraphs: &[Quotable]) -> String {
    let lines = paragraphs.iter().map(as_it_stands);
    lines.flat_map(|line| [line, "\n".to_owned()]).collect()
}

/// A paragraph, marks of quotes again before it.
fn as_it_stands(paragraph: &Quotable) -> String {
    let mut line = ">".repeat(usize::from(paragraph.depth));
    if paragraph.depth > 0 && !paragraph.text.is_empty() {
        line.push(' ');
    }
    // What steers a terminal is not gone on with; everything else is kept to the letter.
    let kept = paragraph.text.chars();
    line.extend(kept.filter(|c| *c == '\t' || !c.is_control()));
    line
}

/// Lines as far as they fit; where they do not, the last line says so, as nothing is left out in silence.
fn fitting(lines: impl Iterator<Item = String>) -> String {
    let mut out = String::new();
    for line in lines {
        let room = MOST_BYTES.saturating_sub(out.len() + 1);
        let fits = line.get(..line.floor_char_boundary(room));
        out.push_str(fits.unwrap_or_default());
        out.push('\n');
        if line.len() > room {
            out.push_str(CUT);
            out.push('\n');
            break;
        }
    }
    out
}

/// A signature begins at the last line `-- ` that is not quoted itself.
fn without_signature(paragraphs: &[Quotable]) -> &[Quotable] {
    let is_delimiter = |line: &Quotable| line.depth == 0 && line.text == "-- ";
    let end = paragraphs.iter().rposition(is_delimiter);
    let kept = end
        .and_then(|end| paragraphs.get(..end))
        .unwrap_or(paragraphs);
    let is_blank = |line: &Quotable| line.depth == 0 && line.text.trim().is_empty();
    let last = kept.iter().rposition(|line| !is_blank(line));
    kept.get(..last.map_or(0, |last| last + 1))
        .unwrap_or_default()
}

/// The header that a forwarded text begins with.
pub fn forwarded_head(envelope: &Envelope) -> String {
    let mut out = format!("{FORWARDED}\n");
    let date = envelope
        .date
        .and_then(|date| date::listed(date, envelope.date_offset_minutes));
    let subject = SafeText::line(&envelope.subject).to_string();
    for (name, value) in [
        ("From", spelled(&envelope.from)),
        ("Date", date.unwrap_or_default()),
        ("Subject", subject),
        ("To", spelled(&envelope.to)),
        ("Cc", spelled(&envelope.cc)),
    ] {
        if !value.is_empty() {
            out.push_str(name);
            out.push_str(": ");
            out.push_str(&value);
            out.push('\n');
        }
    }
    out
}

fn spelled(list: &[Address]) -> String {
    let mut all: Vec<String> = list
        .iter()
        .take(SPELLED)
        .map(|address| render::address_text(address).to_string())
        .collect();
    if list.len() > SPELLED {
        all.push(format!("and {} more", list.len() - SPELLED));
    }
    all.join(", ")
}
