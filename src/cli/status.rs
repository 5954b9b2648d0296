//! `sterna status`: counts for a status bar, read from the store alone, so that it may be asked every second.

use crate::cli::args::Output;
use crate::cli::exit::Exit;
use crate::cli::folders::json;
use crate::cli::json::{ConnectionState, StatusJson, rfc3339};
use crate::cli::run::{Context, Failure};
use crate::cli::text;
use crate::engine::state_file::{self, Link};
use crate::mail::mailbox::Role;

/// Prints a row per account. `unread` counts every folder but Junk, Trash, and those that hold messages again.
///
/// # Errors
/// As the store says.
pub fn run(context: &mut Context<'_>, output: Output) -> Result<Exit, Failure> {
    let folders = context.reader.folders()?;
    let mut rows = Vec::new();
    for (account, settings) in context.place.numbered(context.store) {
        let counted = folders
            .iter()
            .filter(|folder| folder.account == account)
            .filter(|folder| {
                !matches!(
                    folder.role,
                    Some(
                        Role::Junk
                            | Role::Trash
                            | Role::All
                            | Role::Flagged
                            | Role::Important
                            | Role::Drafts
                    )
                )
            });
        let unread = counted
            .filter_map(|folder| folder.unread)
            .reduce(u64::saturating_add);
        // Asked without the lock: holding it for a moment would make others believe in a running engine.
        let told = state_file::read(&context.place.paths.data, account);
        let told = told.filter(|_| !context.place.is_offline);
        let state = match told.map(|told| told.link) {
            Some(Link::Online) => ConnectionState::Online,
            Some(Link::Syncing) => ConnectionState::Syncing,
            Some(Link::Offline) | None => ConnectionState::Offline,
        };
        let next_attempt = told.and_then(|told| told.next_attempt);
        rows.push(StatusJson {
            account: settings.name.clone(),
            state,
            unread,
            pending: context.reader.n_pending(Some(account))?,
            outbox: 0,
            uncertain: 0,
            next_attempt: next_attempt.and_then(rfc3339),
        });
    }
    let printed = if output.json {
        json(&rows)?
    } else {
        text::status(&rows)
    };
    context.print(&printed)?;
    Ok(Exit::Done)
}
