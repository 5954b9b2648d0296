//! `sterna folders`

use crate::cli::args::Output;
use crate::cli::exit::Exit;
use crate::cli::json::{FolderJson, document};
use crate::cli::run::{Context, Failure};
use crate::cli::text;
use crate::engine::bodies::policy;
use crate::engine::once::Errands;
use crate::mail::mailbox::MailboxId;
use crate::mail::uid::UidValidity;

/// Lists the folders of all accounts; those of an account never seen are asked for first.
///
/// # Errors
/// As the store says.
pub fn run(context: &mut Context<'_>, output: Output) -> Result<Exit, Failure> {
    first_look(context);
    let mut rows = Vec::new();
    for folder in context.reader.folders()? {
        let Some((_, settings)) = context
            .place
            .numbered(context.store)
            .into_iter()
            .find(|(account, _)| *account == folder.account)
        else {
            continue;
        };
        if !folder.selectable {
            continue;
        }
        let validity = context
            .reader
            .sync_state(folder.mailbox)?
            .validity
            .map(UidValidity::get);
        let offline = policy(settings, folder.name.as_str());
        rows.push(FolderJson::new(&settings.name, &folder, validity, offline));
    }
    let printed = if output.json {
        json(&rows)?
    } else {
        text::folders(&rows)
    };
    context.print(&printed)?;
    Ok(Exit::Done)
}

/// Makes one JSON document of rows.
///
/// # Errors
/// Serialisation failed, which no row of ours does.
pub fn json<T: serde::Serialize + ?Sized>(rows: &T) -> Result<String, Failure> {
    document(rows).map_err(|problem| Failure::new(Exit::Unavailable, problem))
}

/// Asks the servers of accounts whose folders were never heard of, or of every account in the online model.
pub fn first_look(context: &mut Context<'_>) {
    for (account, settings) in context.place.numbered(context.store) {
        let known = context.reader.mailboxes(account).unwrap_or_default();
        let inbox = known.iter().find(|info| info.name.is_inbox());
        let is_known = inbox.is_some_and(|info| info.synced_at.is_some());
        if context.place.is_offline || (is_known && !context.place.is_online) {
            continue;
        }
        let name = settings.name.clone();
        let result = match inbox.map(|info| info.id) {
            Some(inbox) => context
                .servers
                .run(account, &Errands::Newest(inbox), None)
                .map(drop),
            None => look_at_inbox(context, account),
        };
        if let Err(error) = result {
            context.say(&format!("{name}: {error}"));
        }
    }
}

fn look_at_inbox(
    context: &mut Context<'_>,
    account: crate::mail::account::AccountId,
) -> Result<(), crate::channel::error::RemoteError> {
    context.servers.run(account, &Errands::Folders, None)?;
    let inbox: Option<MailboxId> = context
        .reader
        .mailboxes(account)
        .unwrap_or_default()
        .iter()
        .find(|info| info.name.is_inbox())
        .map(|info| info.id);
    if let Some(inbox) = inbox {
        context
            .servers
            .run(account, &Errands::Newest(inbox), None)?;
    }
    Ok(())
}
