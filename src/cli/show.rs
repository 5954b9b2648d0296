//! `sterna show`

use std::io::IsTerminal;

use crate::cli::args::Show;
use crate::cli::exit::Exit;
use crate::cli::folders::json;
use crate::cli::json::{PartJson, ShowJson, name_and_address, rfc3339_at};
use crate::cli::message::parsed;
use crate::cli::run::{Context, Failure};
use crate::cli::text;
use crate::engine::once::Errands;
use crate::mail::account::AccountId;
use crate::mail::address::Address;
use crate::mail::mailbox::MailboxId;
use crate::mail::message_id::MessageId;
use crate::mail::part::PartPath;
use crate::mail::safe_text::SafeText;
use crate::mime::message::Message;
use crate::mime::render;
use crate::store::bodies::StoredBody;
use crate::store::public_id::PublicId;

/// Columns to which text is wrapped; a pipe has none of its own.
const COLUMNS: u16 = 80;

/// A message found by its public ID.
struct Found {
    account: AccountId,
    message: MessageId,
    mailbox: MailboxId,
}

/// Shows a message, fetching it where it is not here.
///
/// # Errors
/// A stale ID (65), bytes on a terminal (64), a body that cannot be fetched now (75).
pub fn run(context: &mut Context<'_>, show: &Show) -> Result<Exit, Failure> {
    let is_bytes = show.raw || show.part.is_some();
    if is_bytes && !show.force && std::io::stdout().is_terminal() {
        return Err(Failure::new(
            Exit::Usage,
            "these are raw bytes; redirect them, or say --force",
        ));
    }
    let found = find(context, &show.id)?;
    let body = body(context, &found)?;
    if show.raw {
        let StoredBody::Whole(bytes) = &body else {
            return Err(Failure::new(
                Exit::Unavailable,
                "only the text of this large message is on this machine",
            ));
        };
        context.out.write_all(bytes)?;
        return Ok(Exit::Done);
    }
    let message = parsed(&body);
    if let Some(path) = &show.part {
        return part(context, &message, path);
    }
    let shown = show_json(&show.id, &message);
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

fn find(context: &mut Context<'_>, id: &str) -> Result<Found, Failure> {
    let stale = || {
        Failure::new(
            Exit::Data,
            format!("{id} names no message that is here; list prints the current ones"),
        )
    };
    match PublicId::parse(id).ok_or_else(stale)? {
        PublicId::Server(key) => {
            let message = context
                .reader
                .message_at(key.mailbox, key.validity, key.uid)?
                .ok_or_else(stale)?;
            Ok(Found {
                account: key.account,
                message,
                mailbox: key.mailbox,
            })
        }
        PublicId::Local(_) => Err(stale()),
    }
}

fn body(context: &mut Context<'_>, found: &Found) -> Result<StoredBody, Failure> {
    if let Some(body) = context.reader.body(found.message)? {
        return Ok(body);
    }
    let errands = Errands::Bodies(vec![(found.message, found.mailbox)]);
    context
        .servers
        .run(found.account, &errands, None)
        .map_err(|error| {
            let failure = Failure::from(error);
            Failure {
                text: format!(
                    "this message is not on this machine and cannot be fetched: {}",
                    failure.text
                ),
                ..failure
            }
        })?;
    let fetched = context.reader.body(found.message)?;
    fetched.ok_or_else(|| Failure::new(Exit::Temporary, "the message did not arrive"))
}

fn part(context: &mut Context<'_>, message: &Message, path: &PartPath) -> Result<Exit, Failure> {
    let Some(part) = message.parts.iter().find(|part| part.info.path == *path) else {
        return Err(Failure::new(
            Exit::Data,
            format!("the message has no part {path}"),
        ));
    };
    if part.body.is_none() {
        return Err(Failure::new(
            Exit::Unavailable,
            format!("part {path} is not on this machine"),
        ));
    }
    context.out.write_all(&part.decoded())?;
    Ok(Exit::Done)
}

fn show_json(id: &str, message: &Message) -> ShowJson {
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

fn line_text(line: &crate::mail::styled::StyledLine) -> String {
    let text: String = line.spans.iter().map(|span| span.text.as_str()).collect();
    text.trim_end().to_owned()
}
