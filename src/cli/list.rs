//! `sterna list`

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
/// No such account or folder (65), or as the store says.
pub fn run(context: &mut Context<'_>, list: &List) -> Result<Exit, Failure> {
    first_look(context);
    let folders = folders(context, list)?;
    let limit = usize::try_from(list.limit).unwrap_or(usize::MAX);
    let words = list.query.join(" ");
    let mut found: Vec<(MessageRow, ListRow)> = Vec::new();
    for folder in &folders {
        if !folder.is_known && !context.place.is_offline {
            let looked =
                context
                    .servers
                    .run(folder.account, &Errands::Newest(folder.mailbox), None);
            if let Err(error) = looked {
                context.say(&format!("{}: {error}", folder.account_name));
            }
        }
        for row in rows(context, folder.mailbox, &words, limit)? {
            let id = public_id(context, folder, &row)?;
            let listed = ListRow::new(id, &folder.account_name, &folder.name, &row);
            found.push((row, listed));
        }
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
    Ok(Exit::Done)
}

/// Puts the messages of a thread behind its newest one.
fn together(found: &mut [(MessageRow, ListRow)]) {
    let mut newest = std::collections::BTreeMap::new();
    for (index, (row, _)) in found.iter().enumerate() {
        newest.entry(row.thread).or_insert(index);
    }
    found.sort_by_key(|(row, _)| newest.get(&row.thread).copied());
}

fn folders(context: &mut Context<'_>, list: &List) -> Result<Vec<Folder>, Failure> {
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
        let wanted = list.account.clone().unwrap_or_default();
        return Err(Failure::new(
            Exit::Data,
            format!("there is no account \"{wanted}\""),
        ));
    }
    let wanted = list.folder.as_deref().unwrap_or("INBOX");
    let mut folders = Vec::new();
    for (account, account_name) in accounts {
        let all = context.reader.mailboxes(account)?;
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
                name: crate::mail::safe_text::SafeText::line(&info.name.display()).to_string(),
                is_known: info.synced_at.is_some(),
            });
        }
    }
    if folders.is_empty() {
        return Err(Failure::new(
            Exit::Data,
            format!("there is no folder \"{wanted}\"; sterna folders lists them"),
        ));
    }
    Ok(folders)
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
