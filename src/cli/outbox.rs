//! `sterna outbox`: mail on its way out, and what is to become of it.

use crate::channel::outbox::{OutboxId, OutboxRow, OutboxState};
use crate::cli::args_mail::{Outbox, OutboxDeed};
use crate::cli::exit::Exit;
use crate::cli::folders::json;
use crate::cli::json::{OutboxJson, rfc3339};
use crate::cli::run::{Context, Failure};
use crate::cli::{send, text};
use crate::store::outgoing::mail_requests::Decision;

/// Prints a row per mail, or does something about one.
///
/// # Errors
/// No such mail, or one of which that cannot be (65); as the store says.
pub fn run(context: &mut Context<'_>, outbox: &Outbox) -> Result<Exit, Failure> {
    match outbox.deed {
        None | Some(OutboxDeed::List) => list(context, outbox),
        Some(OutboxDeed::Show { id }) => show(context, outbox, OutboxId(id)),
        Some(OutboxDeed::Retry { id }) => {
            let row = row(context, id)?;
            if row.state != OutboxState::Queued {
                decide(context, id, Decision::Retry)?;
            }
            context.servers.hurry(row.account);
            send::submit(context, row.account, row.id, outbox.json)
        }
        Some(OutboxDeed::Drop { id }) => {
            decide(context, id, Decision::Drop)?;
            done(context, outbox)
        }
        Some(OutboxDeed::Edit { id }) => {
            if row(context, id)?.draft.is_none() {
                let text = "it has no draft to edit, as it was bounced; drop it, and bounce its message again";
                return Err(Failure::new(Exit::Data, text));
            }
            decide(context, id, Decision::TakeBack)?;
            done(context, outbox)
        }
        Some(OutboxDeed::Arrived { id }) => {
            let row = row(context, id)?;
            decide(context, id, Decision::Settle)?;
            send::submit(context, row.account, row.id, outbox.json)
        }
    }
}

/// That there is no such mail.
pub fn nothing(id: i64) -> Failure {
    let text = format!("there is no mail {id} in the outbox; sterna outbox --all lists them");
    Failure::new(Exit::Data, text)
}

fn row(context: &mut Context<'_>, id: i64) -> Result<OutboxRow, Failure> {
    context
        .reader
        .outbox_row(OutboxId(id))?
        .ok_or_else(|| nothing(id))
}

fn decide(context: &mut Context<'_>, id: i64, decision: Decision) -> Result<(), Failure> {
    let row = row(context, id)?;
    if context.store.writer().decide_now(OutboxId(id), decision)? {
        context.servers.tell_outbox();
        return Ok(());
    }
    let text = format!("it is too late for that: mail {id} is {}", row.state.name());
    Err(Failure::new(Exit::Data, text))
}

fn done(context: &mut Context<'_>, outbox: &Outbox) -> Result<Exit, Failure> {
    context.print(if outbox.json { "{}\n" } else { "done\n" })?;
    Ok(Exit::Done)
}

fn list(context: &mut Context<'_>, outbox: &Outbox) -> Result<Exit, Failure> {
    let rows = context.reader.outbox()?;
    let is_wanted = |row: &&OutboxRow| {
        outbox.all || !matches!(row.state, OutboxState::Accepted | OutboxState::Sent)
    };
    let rows: Vec<OutboxJson> = rows.iter().filter(is_wanted).map(row_json).collect();
    let printed = if outbox.json {
        json(&rows)?
    } else {
        text::outbox(&rows)
    };
    context.print(&printed)?;
    Ok(Exit::Done)
}

fn show(context: &mut Context<'_>, outbox: &Outbox, id: OutboxId) -> Result<Exit, Failure> {
    let row = row_json(&row(context, id.0)?);
    let printed = if outbox.json {
        json(&row)?
    } else {
        text::outbox_mail(&row)
    };
    context.print(&printed)?;
    Ok(Exit::Done)
}

/// A mail as scripts see it.
#[must_use]
pub fn row_json(row: &OutboxRow) -> OutboxJson {
    OutboxJson {
        id: row.id.0,
        message_id: row.message_id.clone(),
        from: row.from.to_string(),
        to: row.to.iter().map(ToString::to_string).collect(),
        subject: row.subject.to_string(),
        state: row.state.name(),
        attempts: row.attempts,
        error: Some(row.error.to_string()).filter(|error| !error.is_empty()),
        not_before: row.not_before.and_then(rfc3339),
        created: rfc3339(row.created),
        in_drafts: row.is_in_drafts(),
    }
}
