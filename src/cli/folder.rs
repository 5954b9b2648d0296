//! A folder that a command names.

use crate::cli::exit::Exit;
use crate::cli::folders::first_look;
use crate::cli::run::{Context, Failure};
use crate::engine::once::Errands;
use crate::mail::account::AccountId;
use crate::mail::safe_text::SafeText;
use crate::store::sync_state::MailboxInfo;

/// A folder and whose it is.
#[derive(Debug, Clone)]
pub struct Folder {
    /// The account.
    pub account: AccountId,
    /// The account's name in the configuration.
    pub account_name: String,
    /// What is known of it.
    pub info: MailboxInfo,
}

/// Finds the folder of a name: exactly so, else without regard to case. Accounts never seen are asked for their folders.
///
/// # Errors
/// There is no such account or folder, or several accounts have one (65); as the connection says, where it was asked.
pub fn named(
    context: &mut Context<'_>,
    account: Option<&str>,
    wanted: &str,
) -> Result<Folder, Failure> {
    let numbered = context.place.numbered(context.store);
    let accounts: Vec<(AccountId, String)> = numbered
        .into_iter()
        .filter(|(_, settings)| account.is_none_or(|account| account == settings.name))
        .map(|(account, settings)| (account, settings.name.clone()))
        .collect();
    if accounts.is_empty() {
        return Err(context.place.no_account(account.unwrap_or_default()));
    }
    let failures = first_look(context, account);
    let mut found = all_named(context, &accounts, wanted)?;
    if found.is_empty() && failures.is_empty() && !context.place.is_offline {
        // It may be younger than what we know.
        for (account, _) in &accounts {
            context.servers.run(*account, &Errands::Folders, None)?;
        }
        found = all_named(context, &accounts, wanted)?;
    }
    let folder = found.pop();
    if let (Some(other), Some(folder)) = (found.first(), &folder) {
        let (first, second) = (&other.account_name, &folder.account_name);
        let text = format!("{first} and {second} both have this folder: say --account");
        return Err(Failure::new(Exit::Data, text));
    }
    folder.ok_or_else(|| {
        if let Some((_, error)) = failures.first() {
            return Failure::new(Exit::of(error), "its folders are not known");
        }
        let wanted = SafeText::line(wanted);
        let text = format!("there is no folder \"{wanted}\"; sterna folders lists them");
        Failure::new(Exit::Data, text)
    })
}

fn all_named(
    context: &mut Context<'_>,
    accounts: &[(AccountId, String)],
    wanted: &str,
) -> Result<Vec<Folder>, Failure> {
    let mut found = Vec::new();
    for (account, account_name) in accounts {
        if let Some(info) = in_account(context, *account, wanted)? {
            found.push(Folder {
                account: *account,
                account_name: account_name.clone(),
                info,
            });
        }
    }
    Ok(found)
}

/// The folder of a name in one account.
///
/// # Errors
/// As the store says.
pub fn in_account(
    context: &mut Context<'_>,
    account: AccountId,
    wanted: &str,
) -> Result<Option<MailboxInfo>, Failure> {
    let mut all = context.reader.mailboxes(account)?;
    all.retain(|info| info.selectable);
    let exact = all.iter().position(|info| info.name.display() == wanted);
    let like = || {
        let is_like = |info: &MailboxInfo| info.name.display().eq_ignore_ascii_case(wanted);
        all.iter().position(is_like)
    };
    Ok(exact.or_else(like).map(|at| all.swap_remove(at)))
}
