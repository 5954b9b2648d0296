//! `sterna mark-all-read` and `empty-trash`: what is done with all that a folder has.

use std::io::BufRead;

use crate::channel::operation::{Change, Target};
use crate::channel::rows::{SelectionQuery, Wanted};
use crate::cli::args_triage::{Carry, EmptyTrash, MarkAllRead};
use crate::cli::exit::Exit;
use crate::cli::run::{Context, Failure};
use crate::cli::triage::{action, confirm, with_role};
use crate::cli::{carry, folder};
use crate::engine::once::Errands;
use crate::mail::account::AccountId;
use crate::mail::flag::SystemFlag;
use crate::mail::mailbox::{MailboxId, Role};

/// Marks a whole folder read.
///
/// # Errors
/// There is no such folder, or several accounts have one (65); as the store says.
pub fn mark_all_read(context: &mut Context<'_>, words: &MarkAllRead) -> Result<Exit, Failure> {
    let wanted = words.folder.as_deref().unwrap_or("INBOX");
    let folder = folder::named(context, words.account.as_deref(), wanted)?;
    let place = (folder.account, folder.info.id);
    let unread = messages(context, place, Wanted::Unread)?;
    if unread.is_empty() {
        context.say("no unread message here");
    }
    let (flag, on) = (SystemFlag::Seen, true);
    let change = Change::Flag { flag, on };
    finish(
        context,
        folder.account,
        ("read", change),
        unread,
        words.carry,
    )
}

/// Deletes for good what lies in the trash, after a question.
///
/// # Errors
/// The account has no trash (65); nobody who could be asked, or several accounts and none named (64).
pub fn empty_trash(
    context: &mut Context<'_>,
    words: &EmptyTrash,
    input: &mut dyn BufRead,
) -> Result<Exit, Failure> {
    let account = account(context, words.account.as_deref())?;
    let trash = with_role(context, (account, false), Role::Trash)?;
    let all = messages(context, (account, trash), Wanted::All)?;
    if all.is_empty() {
        context.say("Trash is empty");
    } else if !words.yes {
        let question = format!(
            "{} messages go for good, which cannot be undone.",
            all.len()
        );
        confirm(context, &question, input)?;
    }
    let deed = ("delete for good", Change::Delete);
    finish(context, account, deed, all, words.carry)
}

fn finish(
    context: &mut Context<'_>,
    account: AccountId,
    (label, change): (&str, Change),
    targets: Vec<Target>,
    carry: Carry,
) -> Result<Exit, Failure> {
    let is_any = !targets.is_empty();
    let action = is_any.then(|| action(account, label, vec![change], targets));
    carry::out(context, action.into_iter().collect(), carry)
}

/// The account of this name, or the only one.
fn account(context: &Context<'_>, wanted: Option<&str>) -> Result<AccountId, Failure> {
    let numbered = context.place.numbered(context.store);
    let mut fitting = numbered
        .iter()
        .filter(|(_, settings)| wanted.is_none_or(|wanted| wanted == settings.name));
    match (fitting.next(), fitting.next()) {
        (Some((account, _)), None) => Ok(*account),
        (Some(_), Some(_)) => {
            let text = "there are several accounts: say --account";
            Err(Failure::new(Exit::Usage, text))
        }
        (None, _) => Err(context.place.no_account(wanted.unwrap_or_default())),
    }
}

/// What a folder has, brought up to date first where that is possible.
fn messages(
    context: &mut Context<'_>,
    (account, mailbox): (AccountId, MailboxId),
    wanted: Wanted,
) -> Result<Vec<Target>, Failure> {
    let is_here = context.reader.local_ids(account)?.contains(&mailbox);
    if !context.place.is_offline && !is_here {
        let errand = Errands::Headers(mailbox);
        if let Err(error) = context.servers.run(account, &errand, None) {
            context.say(&format!("only what is listed here is meant: {error}"));
        }
    }
    let query = SelectionQuery {
        mailbox,
        limit: String::new(),
        wanted,
        serial: 0,
    };
    let (targets, n_matching) = context.reader.selection(&query)?;
    if (targets.len() as u64) < n_matching {
        let n = targets.len();
        context.say(&format!(
            "only the newest {n} of {n_matching}: once more for the others"
        ));
    }
    Ok(targets)
}
