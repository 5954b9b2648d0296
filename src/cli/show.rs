//! `sterna show`

use std::io::IsTerminal;

use crate::cli::args::Show;
use crate::cli::exit::Exit;
use crate::cli::folders::json;
use crate::cli::json::{PartJson, ShowJson, name_and_address, rfc3339_at};
use crate::cli::message::body;
use crate::cli::run::{Context, Failure};
use crate::cli::save;
use crate::cli::text;
use crate::engine::once::find::Want;
use crate::engine::opened::opened;
use crate::mail::address::Address;
use crate::mail::safe_text::SafeText;
use crate::mail::styled::StyledLine;
use crate::mime::message::Message;
use crate::mime::message::Part;
use crate::mime::render;
use crate::store::bodies::StoredBody;

/// Columns to which text is wrapped; a pipe has none of its own.
const COLUMNS: u16 = 80;

/// Shows a message, fetching it where it is not here.
///
/// # Errors
/// An ID that names nothing (65), bytes on a terminal (64), a body that cannot be fetched now (75).
pub fn run(context: &mut Context<'_>, show: &Show) -> Result<Exit, Failure> {
    let is_bytes = show.raw || show.part.is_some();
    if is_bytes && !show.force && std::io::stdout().is_terminal() {
        return Err(Failure::new(
            Exit::Usage,
            "these are raw bytes; redirect them, or say --force",
        ));
    }
    let want = match &show.part {
        _ if show.raw => Want::Whole,
        Some(path) => Want::Part(path.clone()),
        None => Want::Body,
    };
    let (message, body) = body(context, &show.id, &want)?;
    if show.raw {
        let StoredBody::Whole(bytes) = &body else {
            return Err(Failure::new(
                Exit::Unavailable,
                "the server gave only parts of this message",
            ));
        };
        context.out.write_all(bytes)?;
        return Ok(Exit::Done);
    }
    if let Some(path) = &show.part {
        let bytes = opened(context.store, message, &body, |message| {
            save::part(message, path).map(Part::decoded)
        })??;
        context.out.write_all(&bytes)?;
        return Ok(Exit::Done);
    }
    let shown = opened(context.store, message, &body, |message| {
        show_json(&show.id, message)
    })?;
    let printed = if show.output.json {
        json(&shown)?
    } else if show.headers {
        text::headers(&shown)
    } else {
        text::show(&shown)
    };
    context.print(&printed)?;
    Ok(Exit::Done)
}

/// What `show` prints of a parsed message.
#[must_use]
pub fn show_json(id: &str, message: &Message) -> ShowJson {
    let envelope = &message.envelope;
    let safe = |text: &str| SafeText::line(text).to_string();
    let addresses = |list: &[Address]| {
        let each: Vec<String> = list
            .iter()
            .map(|one| name_and_address(&safe(&one.name), &safe(&one.addr)))
            .collect();
        each.join(", ")
    };
    let lines: Vec<String> = render::lines(message, COLUMNS)
        .iter()
        .map(line_text)
        .collect();
    ShowJson {
        id: id.to_owned(),
        headers: message
            .headers
            .iter()
            .map(|header| (safe(&header.name), safe(&header.value)))
            .collect(),
        from: addresses(&envelope.from),
        to: addresses(&envelope.to),
        cc: addresses(&envelope.cc),
        date: envelope
            .date
            .and_then(|date| rfc3339_at(date, envelope.date_offset_minutes)),
        subject: safe(&envelope.subject),
        text: lines.join("\n"),
        parts: message
            .parts
            .iter()
            .map(|part| PartJson {
                part: part.info.path.to_string(),
                content_type: safe(&part.info.content_type),
                name: safe(&part.info.name),
                size: part.info.size_bytes,
            })
            .collect(),
        defects: message.defects.iter().map(ToString::to_string).collect(),
    }
}

fn line_text(line: &StyledLine) -> String {
    let text: String = line.spans.iter().map(|span| span.text.as_str()).collect();
    text.trim_end().to_owned()
}
