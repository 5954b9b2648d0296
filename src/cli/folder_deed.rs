//! `sterna folder`: create, rename, delete, subscribe, unsubscribe; into the journal first, like everything else.

use std::io::BufRead;

use crate::channel::operation::{Action, Change, FolderChange, Ticket};
use crate::cli::args_triage::{Folder, FolderDeed};
use crate::cli::exit::Exit;
use crate::cli::run::{Context, Failure};
use crate::cli::{carry, folder, triage};
use crate::mail::account::AccountId;
use crate::mail::mailbox::MailboxName;
use crate::mail::safe_text::SafeText;
use crate::store::sync_state::MailboxInfo;

/// Bytes of the longest name that is sent.
const MOST_NAME: usize = 1_000;

/// Carries out what is to happen to a folder.
///
/// # Errors
/// No such account or folder, or one that is there already (65), nobody who could be asked (64).
pub fn run(
    context: &mut Context<'_>,
    folder: &Folder,
    input: &mut dyn BufRead,
) -> Result<Exit, Failure> {
    let account = folder.account.as_deref();
    let (account, label, change) = match &folder.deed {
        FolderDeed::Create { name } => create(context, account, name)?,
        FolderDeed::Rename { folder, to } => {
            let found = changeable(context, account, folder, "renamed")?;
            let to = free_name(context, found.account, to)?;
            let mailbox = found.info.id;
            (
                found.account,
                "rename",
                FolderChange::Rename { mailbox, to },
            )
        }
        FolderDeed::Delete { folder, yes } => {
            let found = changeable(context, account, folder, "deleted")?;
            if !yes {
                triage::confirm(context, &question(&found.info), input)?;
            }
            let mailbox = found.info.id;
            (
                found.account,
                "delete folder",
                FolderChange::Delete { mailbox },
            )
        }
        FolderDeed::Subscribe { folder } => subscribe(context, account, folder, true)?,
        FolderDeed::Unsubscribe { folder } => subscribe(context, account, folder, false)?,
    };
    let action = Action {
        ticket: Ticket(0),
        account,
        label: label.to_owned(),
        changes: vec![Change::Folder(change)],
        targets: Vec::new(),
        hold_seconds: 0,
    };
    carry::out(context, vec![action], folder.carry())
}

type Deed = (AccountId, &'static str, FolderChange);

fn question(info: &MailboxInfo) -> String {
    let name = SafeText::line(&info.name.display());
    let n = info.total.map_or("?".to_owned(), |n| n.to_string());
    format!("{name} goes with {n} messages in it, which cannot be undone.")
}

fn create(context: &mut Context<'_>, account: Option<&str>, name: &str) -> Result<Deed, Failure> {
    // Where the others are known there is something to compare with.
    let _ = crate::cli::folders::first_look(context, account);
    let numbered = context.place.numbered(context.store);
    let mut accounts: Vec<AccountId> = numbered
        .iter()
        .filter(|(_, settings)| account.is_none_or(|account| account == settings.name))
        .map(|(account, _)| *account)
        .collect();
    match (accounts.pop(), accounts.len()) {
        (Some(account), 0) => {
            let name = free_name(context, account, name)?;
            Ok((account, "create folder", FolderChange::Create { name }))
        }
        (None, _) => Err(context.place.no_account(account.unwrap_or_default())),
        _ => {
            let text = "there are several accounts: say --account";
            Err(Failure::new(Exit::Data, text))
        }
    }
}

fn subscribe(
    context: &mut Context<'_>,
    account: Option<&str>,
    name: &str,
    on: bool,
) -> Result<Deed, Failure> {
    let found = folder::named(context, account, name)?;
    let label = if on { "subscribe" } else { "unsubscribe" };
    let mailbox = found.info.id;
    Ok((
        found.account,
        label,
        FolderChange::Subscribe { mailbox, on },
    ))
}

/// A folder that is not the one every account must have.
fn changeable(
    context: &mut Context<'_>,
    account: Option<&str>,
    name: &str,
    what: &str,
) -> Result<folder::Folder, Failure> {
    let found = folder::named(context, account, name)?;
    if found.info.name.is_inbox() {
        let text = format!("INBOX cannot be {what}");
        return Err(Failure::new(Exit::Data, text));
    }
    Ok(found)
}

/// A name that no folder of the account has, as the server will spell it.
fn free_name(
    context: &mut Context<'_>,
    account: AccountId,
    name: &str,
) -> Result<MailboxName, Failure> {
    let refuse = |text: String| Failure::new(Exit::Data, text);
    let shown = SafeText::line(name);
    let is_sound = !name.is_empty() && name.len() <= MOST_NAME && !name.contains(char::is_control);
    if !is_sound {
        return Err(refuse(format!(
            "\"{shown}\" cannot be the name of a folder"
        )));
    }
    if folder::in_account(context, account, name)?.is_some_and(|info| info.name.display() == name) {
        return Err(refuse(format!("there is a folder \"{shown}\" already")));
    }
    Ok(MailboxName::from_display(name))
}
