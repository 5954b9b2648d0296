//! `sterna status`: counts for a status bar, read from the store alone, so that it may be asked every second.

use crate::cli::args::Output;
use crate::cli::exit::Exit;
use crate::cli::folders::json;
use crate::cli::json::{ConnectionState, StatusJson};
use crate::cli::run::{Context, Failure};
use crate::cli::text;
use crate::engine::lock;
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
        // Whoever holds the lock is a running engine; a free lock means that nobody is connected.
        let is_held =
            lock::try_take(&context.place.paths.data, account).is_ok_and(|lock| lock.is_none());
        let state = if is_held && !context.place.is_offline {
            ConnectionState::Online
        } else {
            ConnectionState::Offline
        };
        rows.push(StatusJson {
            account: settings.name.clone(),
            state,
            unread,
            pending: context.reader.n_pending(Some(account))?,
            outbox: 0,
            uncertain: 0,
            next_attempt: None,
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
