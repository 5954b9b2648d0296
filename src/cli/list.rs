//! `sterna list`

use crate::channel::error::RemoteError;
use crate::channel::rows::{Anchor, MessageRow, WindowQuery};
use crate::cli::args::List;
use crate::cli::exit::Exit;
use crate::cli::folders::{first_look, json};
use crate::cli::json::ListRow;
use crate::cli::run::{Context, Failure};
use crate::cli::text;
use crate::engine::once::Errands;
use crate::mail::account::AccountId;
use crate::mail::mailbox::MailboxId;
use crate::mail::message_id::MessageKey;
use crate::mail::safe_text::SafeText;
use crate::mail::uid::Uid;
use crate::store::public_id::PublicId;

/// Rows read at once.
const WINDOW: usize = 500;

/// One folder to be listed.
struct Folder {
    account: AccountId,
    account_name: String,
    mailbox: MailboxId,
    name: String,
    is_known: bool,
}

/// Lists messages of one folder in each account, newest first over all of them.
///
/// # Errors
/// No such account or folder (65), or as the store says; what a folder of which nothing is known failed with is the exit
/// code.
pub fn run(context: &mut Context<'_>, list: &List) -> Result<Exit, Failure> {
    let failures = first_look(context, list.account.as_deref());
    let (folders, mut exit) = folders(context, list, &failures)?;
    let limit = usize::try_from(list.limit).unwrap_or(usize::MAX);
    let words = list.query.join(" ");
    let mut found: Vec<(MessageRow, ListRow)> = Vec::new();
    let mut n_listed = 0;
    for folder in &folders {
        if let Some(failed) = look(context, folder, &failures)? {
            exit = failed; // Nothing was ever read of it: an empty list would be a lie.
            continue;
        }
        n_listed += 1;
        for row in rows(context, folder.mailbox, &words, limit)? {
            let id = public_id(context, folder, &row)?;
            let listed = ListRow::new(id, &folder.account_name, &folder.name, &row);
            found.push((row, listed));
        }
    }
    if n_listed == 0 {
        return Ok(exit);
    }
    found.sort_by_key(|(row, _)| std::cmp::Reverse(row.key));
    found.truncate(limit);
    if list.threads {
        together(&mut found);
    }
    let rows: Vec<ListRow> = found.into_iter().map(|(_, row)| row).collect();
    let printed = if list.output.json {
        json(&rows)?
    } else {
        text::list(&rows)
    };
    context.print(&printed)?;
    Ok(exit)
}

/// Reads the newest rows of a folder that was never read. The exit code where that failed, which is then said.
fn look(
    context: &mut Context<'_>,
    folder: &Folder,
    failures: &[(AccountId, RemoteError)],
) -> Result<Option<Exit>, Failure> {
    if folder.is_known {
        return Ok(None);
    }
    // An account that was not reached a moment ago is not asked again; one that refused its INBOX may give the others.
    let failure = failures.iter().find(|(id, error)| {
        let is_inbox = folder.name.eq_ignore_ascii_case("INBOX");
        *id == folder.account && (is_inbox || !matches!(error, RemoteError::Refused { .. }))
    });
    if let Some((_, error)) = failure {
        return Ok(Some(Exit::of(error)));
    }
    let newest = Errands::Newest(folder.mailbox);
    if let Err(error) = context.servers.run(folder.account, &newest, None) {
        context.say(&format!("{}: {error}", folder.account_name));
        return Ok(Some(Exit::of(&error)));
    }
    let info = context.reader.mailbox(folder.mailbox)?;
    if info.is_some_and(|info| info.synced_at.is_some()) {
        return Ok(None);
    }
    context.say(&format!(
        "{}: {} has not been read yet",
        folder.account_name, folder.name
    ));
    Ok(Some(Exit::Temporary))
}

/// Puts the messages of a thread behind its newest one.
fn together(found: &mut [(MessageRow, ListRow)]) {
    let mut newest = std::collections::BTreeMap::new();
    for (index, (row, _)) in found.iter().enumerate() {
        newest.entry(row.thread).or_insert(index);
    }
    found.sort_by_key(|(row, _)| newest.get(&row.thread).copied());
}

/// The folders to be listed, and the exit code of an account of which no folder is known.
fn folders(
    context: &mut Context<'_>,
    list: &List,
    failures: &[(AccountId, RemoteError)],
) -> Result<(Vec<Folder>, Exit), Failure> {
    let accounts: Vec<(AccountId, String)> = context
        .place
        .numbered(context.store)
        .into_iter()
        .filter(|(_, settings)| {
            list.account
                .as_ref()
                .is_none_or(|wanted| *wanted == settings.name)
        })
        .map(|(account, settings)| (account, settings.name.clone()))
        .collect();
    if accounts.is_empty() {
        let wanted = list.account.as_deref().unwrap_or_default();
        return Err(context.place.no_account(wanted));
    }
    let wanted = list.folder.as_deref().unwrap_or("INBOX");
    let (mut folders, mut exit) = (Vec::new(), Exit::Done);
    for (account, account_name) in accounts {
        let all = context.reader.mailboxes(account)?;
        let failure = failures.iter().find(|(id, _)| *id == account);
        if let Some((_, error)) = failure.filter(|_| all.is_empty()) {
            exit = Exit::of(error);
        }
        let exact = all.iter().find(|info| info.name.display() == wanted);
        let found = exact.or_else(|| {
            all.iter()
                .find(|info| info.name.display().eq_ignore_ascii_case(wanted))
        });
        if let Some(info) = found {
            folders.push(Folder {
                account,
                account_name,
                mailbox: info.id,
                name: SafeText::line(&info.name.display()).to_string(),
                is_known: info.synced_at.is_some(),
            });
        }
    }
    if folders.is_empty() && exit == Exit::Done {
        return Err(Failure::new(
            Exit::Data,
            format!("there is no folder \"{wanted}\"; sterna folders lists them"),
        ));
    }
    Ok((folders, exit))
}

fn rows(
    context: &mut Context<'_>,
    mailbox: MailboxId,
    words: &str,
    limit: usize,
) -> Result<Vec<MessageRow>, Failure> {
    let mut rows: Vec<MessageRow> = Vec::new();
    let mut anchor = Anchor::Newest;
    while rows.len() < limit {
        let n_rows = WINDOW.min((limit - rows.len()).saturating_mul(2).max(2));
        let query = WindowQuery {
            mailbox,
            limit: words.to_owned(),
            anchor,
            n_rows,
            serial: 0,
        };
        let window = context.reader.window(&query)?;
        let last = rows.last().map(|row| row.key);
        let fresh: Vec<MessageRow> = window
            .rows
            .into_iter()
            .filter(|row| last.is_none_or(|last| row.key < last))
            .collect();
        let is_end = fresh.is_empty() || !window.more_below;
        rows.extend(fresh);
        match rows.last() {
            Some(row) if !is_end => anchor = Anchor::Around(row.key),
            _ => break,
        }
    }
    rows.truncate(limit);
    Ok(rows)
}

fn public_id(
    context: &mut Context<'_>,
    folder: &Folder,
    row: &MessageRow,
) -> Result<String, Failure> {
    let validity = context.reader.sync_state(folder.mailbox)?.validity;
    let id = match (validity, Uid::new(row.key.uid)) {
        (Some(validity), Some(uid)) => PublicId::Server(MessageKey {
            account: folder.account,
            mailbox: folder.mailbox,
            validity,
            uid,
        }),
        _ => PublicId::Local(row.key.message),
    };
    Ok(id.to_string())
}
