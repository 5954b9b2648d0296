//! `sterna pending`: the ledger of what the servers have not been told yet.

use crate::channel::operation::Change;
use crate::cli::args::Output;
use crate::cli::exit::Exit;
use crate::cli::folders::json;
use crate::cli::json::{PendingJson, PendingState, rfc3339};
use crate::cli::run::{Context, Failure};
use crate::cli::text;
use crate::mail::flag::SystemFlag;
use crate::mail::safe_text::SafeText;

/// Prints a row per open operation and folder.
///
/// # Errors
/// As the store says.
pub fn run(context: &mut Context<'_>, output: Output) -> Result<Exit, Failure> {
    let mut rows = Vec::new();
    for (account, settings) in context.place.numbered(context.store) {
        for operation in context.reader.open_operations(account)? {
            let first = operation.targets.first().map(|open| open.target.mailbox);
            let parked = operation.parked.first();
            let mailbox = first.or_else(|| parked.map(|(target, _)| target.mailbox));
            let folder = match mailbox {
                Some(mailbox) => context
                    .reader
                    .mailbox(mailbox)?
                    .map(|info| info.name.display()),
                None => None,
            };
            let n_targets = operation.targets.len();
            rows.push(PendingJson {
                id: operation.id.0,
                account: settings.name.clone(),
                folder: SafeText::line(&folder.unwrap_or_default()).to_string(),
                kind: kind(&operation.change).to_owned(),
                count: u64::try_from(n_targets).unwrap_or(u64::MAX),
                state: if parked.is_some() {
                    PendingState::Parked
                } else {
                    PendingState::Queued
                },
                attempts: operation.attempts,
                error: parked.map(|(_, error)| SafeText::line(error).to_string()),
                created: rfc3339(operation.created),
            });
        }
    }
    let printed = if output.json {
        json(&rows)?
    } else {
        text::pending(&rows)
    };
    context.print(&printed)?;
    Ok(Exit::Done)
}

const fn kind(change: &Change) -> &'static str {
    match change {
        Change::Flag {
            flag: SystemFlag::Seen,
            on: true,
        } => "read",
        Change::Flag {
            flag: SystemFlag::Seen,
            on: false,
        } => "unread",
        Change::Flag { .. } => "flag",
        Change::Keyword { .. } => "keyword",
        Change::Move { .. } => "move",
        Change::Copy { .. } => "copy",
        Change::Delete => "delete",
        Change::Folder(_) => "folder",
    }
}
