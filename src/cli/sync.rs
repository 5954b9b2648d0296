//! `sterna sync`

use std::time::Instant;

use crate::channel::error::RemoteError;
use crate::cli::args::Sync;
use crate::cli::exit::Exit;
use crate::cli::folders::json;
use crate::cli::json::SyncJson;
use crate::cli::run::{Context, Failure};
use crate::cli::server::Done;
use crate::cli::text;
use crate::engine::once::Errands;
use crate::mail::account::AccountId;

/// Brings accounts up to date and carries the journal out.
///
/// # Errors
/// No such account (65), or as the output says; what an account failed with is its row, and the exit code.
pub fn run(context: &mut Context<'_>, sync: &Sync) -> Result<Exit, Failure> {
    let accounts = accounts(context, sync.account.as_deref());
    if accounts.is_empty() {
        let wanted = sync.account.as_deref().unwrap_or_default();
        return Err(context.place.no_account(wanted));
    }
    let metered = context.place.metered(context.store);
    if accounts
        .iter()
        .any(|(account, _)| metered.contains(account))
    {
        context.say("metered: older headers, flags and other folders stop at the limit, no text comes ahead; --unmetered fetches all");
    }
    let (mut rows, mut exit) = (Vec::new(), Exit::Done);
    for (account, name) in accounts {
        context.servers.end_holds(account)?;
        let (row, failed) = one(context, account, &name);
        exit = failed.map_or(exit, |error| Exit::of(&error));
        rows.push(row);
    }
    let printed = if sync.output.json {
        json(&rows)?
    } else {
        text::sync(&rows)
    };
    context.print(&printed)?;
    Ok(exit)
}

/// Fills the cache of the demo before a command looks at it.
///
/// # Errors
/// The first account that failed.
pub fn quietly(context: &mut Context<'_>) -> Result<(), Failure> {
    for (account, _) in accounts(context, None) {
        if !context.place.is_offline {
            context.servers.run(account, &Errands::Everything, None)?;
        }
    }
    Ok(())
}

fn accounts(context: &Context<'_>, wanted: Option<&str>) -> Vec<(AccountId, String)> {
    let all = context.place.numbered(context.store).into_iter();
    all.filter(|(_, settings)| wanted.is_none_or(|wanted| wanted == settings.name))
        .map(|(account, settings)| (account, settings.name.clone()))
        .collect()
}

fn one(
    context: &mut Context<'_>,
    account: AccountId,
    name: &str,
) -> (SyncJson, Option<RemoteError>) {
    let started = Instant::now();
    let mut done = context.servers.run(account, &Errands::Everything, None);
    if done.is_ok() && context.servers.has_mail(account) {
        done = context.servers.submit(account).and(done);
    }
    let seconds = started.elapsed().as_secs_f64();
    let mut row = SyncJson {
        account: name.to_owned(),
        folders: 0,
        new: 0,
        changed: 0,
        gone: 0,
        bytes_received: 0,
        seconds,
        error: None,
    };
    match done {
        Ok(Done::Here(report)) => {
            row.folders = report.n_mailboxes;
            (row.new, row.changed, row.gone) = (
                report.tally.n_new,
                report.tally.n_changed,
                report.tally.n_gone,
            );
            row.bytes_received = report.bytes_received;
            let words = report.refused.iter().map(|(mailbox, error)| {
                let info = context.reader.mailbox(*mailbox).ok().flatten();
                let name = info.map(|info| format!("{}: ", info.name.display()));
                format!("{}{error}", name.unwrap_or_default())
            });
            let words: Vec<String> = words.collect();
            row.error = (!words.is_empty()).then(|| words.join("; "));
            let first = report.refused.into_iter().next();
            (row, first.map(|(_, error)| error))
        }
        Ok(Done::Elsewhere) => (row, None),
        Err(error) => {
            row.error = Some(error.to_string());
            (row, Some(error))
        }
    }
}
