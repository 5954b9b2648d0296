//! `sterna status`: counts for a status bar, read from the store alone, so that it may be asked every second.

use crate::channel::rows::FolderRow;
use crate::cli::args::Output;
use crate::cli::exit::Exit;
use crate::cli::folders::json;
use crate::cli::json::{ConnectionState, StatusJson, rfc3339};
use crate::cli::run::{Context, Failure};
use crate::cli::text;
use crate::engine::lock;
use crate::mail::mailbox::{MailboxId, Namespace, Role};

/// Prints a row per account. `unread` counts every folder of one's own but Junk, Trash, Drafts, and those that hold
/// messages again; a message in several folders counts once where the server says that it is one.
///
/// # Errors
/// As the store says.
pub fn run(context: &mut Context<'_>, output: Output) -> Result<Exit, Failure> {
    let folders = context.reader.folders()?;
    let mut rows = Vec::new();
    for (account, settings) in context.place.numbered(context.store) {
        let own = folders.iter().filter(|folder| folder.account == account);
        let counted: Vec<&FolderRow> = own.filter(|folder| is_counted(folder)).collect();
        let unread = counted
            .iter()
            .filter_map(|folder| folder.unread)
            .reduce(u64::saturating_add);
        let mailboxes: Vec<MailboxId> = counted.iter().map(|folder| folder.mailbox).collect();
        let n_again = context.reader.n_unread_again(account, &mailboxes)?;
        let unread = unread.map(|unread| unread.saturating_sub(n_again));
        // Only the engine that holds the account knows; without one nobody is connected.
        let told = lock::state(&context.place.paths.data, account);
        let (state, next_attempt) = match told {
            _ if context.place.is_offline => (ConnectionState::Offline, None),
            lock::State::Online => (ConnectionState::Online, None),
            lock::State::Syncing => (ConnectionState::Syncing, None),
            lock::State::Offline { next_attempt } => (ConnectionState::Offline, next_attempt),
        };
        let (outbox, uncertain) = context.reader.n_outbox(Some(account))?;
        rows.push(StatusJson {
            account: settings.name.clone(),
            state,
            unread,
            pending: context.reader.n_pending(Some(account))?,
            outbox,
            uncertain,
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

fn is_counted(folder: &FolderRow) -> bool {
    let is_aside = |role: Role| {
        role.repeats_others() || matches!(role, Role::Junk | Role::Trash | Role::Drafts)
    };
    folder.namespace == Namespace::Personal && !folder.role.is_some_and(is_aside)
}
