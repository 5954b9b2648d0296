//! `sterna folders`

use crate::channel::error::RemoteError;
use crate::cli::args::Output;
use crate::cli::exit::Exit;
use crate::cli::json::{FolderJson, document};
use crate::cli::run::{Context, Failure};
use crate::cli::text;
use crate::engine::bodies::policy;
use crate::engine::once::Errands;
use crate::mail::account::AccountId;
use crate::mail::safe_text::SafeText;
use crate::mail::uid::UidValidity;

/// Lists the folders of all accounts; those of an account never seen are asked for first.
///
/// # Errors
/// As the store says; what an account of which nothing is known failed with is the exit code.
pub fn run(context: &mut Context<'_>, output: Output) -> Result<Exit, Failure> {
    let failures = first_look(context, None);
    let (mut rows, mut exit) = (Vec::new(), Exit::Done);
    for (account, error) in failures {
        // Folders that are known from before are worth printing; an account of which nothing is known has failed.
        if context.reader.mailboxes(account)?.is_empty() {
            exit = Exit::of(&error);
        }
    }
    let quotas = context.reader.quotas()?;
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
        let quota = quotas
            .iter()
            .find(|(account, _)| *account == folder.account);
        rows.push(FolderJson {
            quota: quota.map(|(_, quota)| (*quota).into()),
            ..FolderJson::new(&settings.name, &folder, validity, offline)
        });
    }
    if rows.is_empty() && exit != Exit::Done {
        return Ok(exit);
    }
    let printed = if output.json {
        json(&rows)?
    } else {
        text::folders(&rows)
    };
    context.print(&printed)?;
    Ok(exit)
}

/// Makes one JSON document of rows.
///
/// # Errors
/// Serialisation failed, which no row of ours does.
pub fn json<T: serde::Serialize + ?Sized>(rows: &T) -> Result<String, Failure> {
    document(rows).map_err(|problem| Failure::new(Exit::Unavailable, problem))
}

/// Asks the servers of accounts whose folders were never heard of, or of every account in the online model; of one
/// account only where one is named. What fails is said on standard error and returned.
pub fn first_look(context: &mut Context<'_>, only: Option<&str>) -> Vec<(AccountId, RemoteError)> {
    let mut failures = Vec::new();
    for (account, settings) in context.place.numbered(context.store) {
        if only.is_some_and(|only| only != settings.name) {
            continue;
        }
        let known = context.reader.mailboxes(account).unwrap_or_default();
        let inbox = known.iter().find(|info| info.name.is_inbox());
        let is_known = inbox.is_some_and(|info| info.synced_at.is_some());
        let is_final = is_known || (context.place.is_offline && !known.is_empty());
        if is_final && !context.place.is_online {
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
            failures.push((account, error));
        }
    }
    failures
}

fn look_at_inbox(context: &mut Context<'_>, account: AccountId) -> Result<(), RemoteError> {
    context.servers.run(account, &Errands::Folders, None)?;
    let known = context.reader.mailboxes(account).unwrap_or_default();
    let inbox = known.iter().find(|info| info.name.is_inbox());
    let inbox = inbox.map(|info| info.id).ok_or_else(|| {
        let detail = SafeText::line("the list of its folders did not come");
        RemoteError::Protocol { detail }
    })?;
    let newest = Errands::Newest(inbox);
    context.servers.run(account, &newest, None).map(drop)
}
