//! `sterna keep`: bodies that stay on this machine until they are let go.

use std::io::BufRead;

use crate::channel::kept::{Subject, Weight, WeightQuery};
use crate::channel::operation::Target;
use crate::channel::rows::{SelectionQuery, Wanted};
use crate::cli::args_triage::Keep;
use crate::cli::exit::Exit;
use crate::cli::folders::json;
use crate::cli::run::{Context, Failure};
use crate::cli::{folder, targets};
use crate::engine::once::Errands;
use crate::mail::account::AccountId;

/// What became of it, for `--json`.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
struct KeepJson {
    /// `done`; `queued` while bodies are to come.
    state: &'static str,
    /// Messages.
    count: u64,
    /// Their bytes, as the server says.
    size: u64,
}

/// Keeps messages or a folder, or lets them go: marked first, then fetched where that is possible now.
///
/// # Errors
/// As for `flag`; the account keeps nothing on this machine (65).
pub fn run(
    context: &mut Context<'_>,
    keep: &Keep,
    input: &mut dyn BufRead,
) -> Result<Exit, Failure> {
    let subjects = subjects(context, keep, input)?;
    if !keep.drop {
        for (account, _) in &subjects {
            refuse_online(context, *account)?;
        }
    }
    let (mut all, mut messages) = (Weight::default(), Vec::new());
    for (_, subject) in &subjects {
        let weight = weigh(context, subject)?;
        all.n_matching += weight.n();
        all.bytes = all.bytes.saturating_add(weight.bytes);
        messages.extend(weight.messages);
    }
    context.store.writer().keep_now(messages, !keep.drop)?;
    let mut state = "done";
    for (account, subject) in &subjects {
        if !keep.drop && !fetch(context, *account, subject)? {
            state = "queued";
        }
    }
    let (count, size) = (all.n_matching, all.bytes);
    let printed = if keep.output.json {
        json(&KeepJson { state, count, size })?
    } else {
        format!("{state}\n")
    };
    context.print(&printed)?;
    Ok(Exit::Done)
}

/// Fetches what has not come; whether everything is here.
fn fetch(
    context: &mut Context<'_>,
    account: AccountId,
    subject: &Subject,
) -> Result<bool, Failure> {
    if weigh(context, subject)?.bytes_missing == 0 {
        return Ok(true);
    }
    if let Err(error) = context.servers.run(account, &Errands::Kept, None) {
        context.say(&format!("kept, not fetched yet: {error}"));
    }
    Ok(weigh(context, subject)?.bytes_missing == 0)
}

fn weigh(context: &mut Context<'_>, subject: &Subject) -> Result<Weight, Failure> {
    let subject = subject.clone();
    Ok(context.reader.weight(&WeightQuery { subject, serial: 0 })?)
}

/// What the command names, by account; a folder is brought up to date first where that is possible.
fn subjects(
    context: &mut Context<'_>,
    keep: &Keep,
    input: &mut dyn BufRead,
) -> Result<Vec<(AccountId, Subject)>, Failure> {
    let Some(name) = &keep.folder else {
        let ids = targets::ids(&keep.ids, input)?;
        let found = targets::find(context, &ids)?.into_iter();
        let known =
            |(account, targets): (AccountId, Vec<Target>)| (account, Subject::Messages(targets));
        return Ok(found.map(known).collect());
    };
    let folder = folder::named(context, keep.account.as_deref(), name)?;
    let mailbox = folder.info.id;
    if !keep.drop && !context.place.is_offline {
        let errand = Errands::Headers(mailbox);
        if let Err(error) = context.servers.run(folder.account, &errand, None) {
            context.say(&format!("only what is listed here is kept: {error}"));
        }
    }
    let list = SelectionQuery {
        mailbox,
        limit: String::new(),
        wanted: Wanted::All,
        serial: 0,
    };
    Ok(vec![(folder.account, Subject::List(list))])
}

/// In the online model nothing stays.
fn refuse_online(context: &Context<'_>, account: AccountId) -> Result<(), Failure> {
    let numbered = context.place.numbered(context.store).into_iter();
    let mut own = numbered.filter(|(id, _)| *id == account);
    if own.all(|(_, settings)| !settings.keeps_nothing()) {
        return Ok(());
    }
    let text =
        "this account keeps nothing on this machine (offline = \"none\"); nothing was changed";
    Err(Failure::new(Exit::Data, text))
}
