//! `sterna flag`, `move`, `copy`, `archive`, `delete`, `junk`, `not-junk`: into the journal first, then to the server where
//! that is possible now.

use std::io::{BufRead, IsTerminal as _};

use crate::channel::operation::{Action, Change, Target, Ticket};
use crate::cli::args_triage::{AnyFlag, Carry, Delete, Flag, Messages, ToFolder};
use crate::cli::exit::Exit;
use crate::cli::folder;
use crate::cli::run::{Context, Failure};
use crate::cli::{carry, targets};
use crate::mail::account::AccountId;
use crate::mail::flag::Keyword;
use crate::mail::mailbox::{MailboxId, Role};
use crate::mail::safe_text::SafeText;

/// Sets and removes flags.
///
/// # Errors
/// An ID that names nothing (65), or one that is not here and cannot be asked about now (75); nothing is recorded then.
pub fn flag(
    context: &mut Context<'_>,
    flag: &Flag,
    input: &mut dyn BufRead,
) -> Result<Exit, Failure> {
    let request = flag.checked().map_err(usage)?;
    let changes: Vec<Change> = request
        .changes
        .iter()
        .map(|(flag, on)| match flag {
            AnyFlag::System(flag) => Change::Flag {
                flag: *flag,
                on: *on,
            },
            AnyFlag::Keyword(keyword) => Change::Keyword {
                keyword: keyword.clone(),
                on: *on,
            },
        })
        .collect();
    let ids = targets::ids(&request.ids, input)?;
    let label = request.label();
    let found = targets::find(context, &ids)?.into_iter();
    let actions = found.map(|(account, targets)| action(account, &label, changes.clone(), targets));
    carry::out(context, actions.collect(), flag.carry)
}

/// Moves messages to a folder of their account, or copies them.
///
/// # Errors
/// As for `flag`; there is no such folder in their account (65).
pub fn to_folder(
    context: &mut Context<'_>,
    words: &ToFolder,
    is_copy: bool,
    input: &mut dyn BufRead,
) -> Result<Exit, Failure> {
    let (ids, wanted) = words.checked().map_err(usage)?;
    let ids = targets::ids(&ids, input)?;
    let mut actions = Vec::new();
    for (account, targets) in targets::find(context, &ids)? {
        let Some(info) = folder::in_account(context, account, wanted)? else {
            let wanted = SafeText::line(wanted);
            let text =
                format!("there is no folder \"{wanted}\" in this account; nothing was changed");
            return Err(Failure::new(Exit::Data, text));
        };
        let (to, label) = (info.id, if is_copy { "copy" } else { "move" });
        let change = if is_copy {
            Change::Copy { to }
        } else {
            Change::Move { to }
        };
        actions.extend(elsewhere(account, label, vec![change], targets, to));
    }
    finish(
        context,
        actions,
        words.carry,
        "they are in this folder already",
    )
}

/// Moves messages to the archive.
///
/// # Errors
/// As for `flag`; the account has no such folder (65).
pub fn archive(
    context: &mut Context<'_>,
    messages: &Messages,
    input: &mut dyn BufRead,
) -> Result<Exit, Failure> {
    let ids = targets::ids(&messages.ids, input)?;
    let mut actions = Vec::new();
    for ((account, is_here), targets) in by_place(context, &ids)? {
        let to = with_role(context, (account, is_here), Role::Archive)?;
        actions.extend(elsewhere(
            account,
            "archive",
            vec![Change::Move { to }],
            targets,
            to,
        ));
    }
    finish(
        context,
        actions,
        messages.carry,
        "they are archived already",
    )
}

/// Moves messages to the junk folder and marks them, or back to INBOX.
///
/// # Errors
/// As for `flag`; the account has no such folder (65).
pub fn junk(
    context: &mut Context<'_>,
    messages: &Messages,
    is_junk: bool,
    input: &mut dyn BufRead,
) -> Result<Exit, Failure> {
    let ids = targets::ids(&messages.ids, input)?;
    let marks = [(Keyword::junk(), is_junk), (Keyword::not_junk(), !is_junk)];
    let marks: Vec<Change> = marks
        .map(|(keyword, on)| Change::Keyword { keyword, on })
        .into();
    let label = if is_junk { "junk" } else { "not junk" };
    let mut actions = Vec::new();
    for ((account, is_here), targets) in by_place(context, &ids)? {
        let junk = with_role(context, (account, is_here), Role::Junk);
        let (moved, marked): (Vec<Target>, Vec<Target>) = if is_junk {
            let junk = junk.clone()?;
            targets
                .into_iter()
                .partition(|target| target.mailbox != junk)
        } else {
            // Only what lies in the junk folder has anywhere to go.
            let lies_there =
                |target: &Target| junk.as_ref().is_ok_and(|junk| target.mailbox == *junk);
            targets.into_iter().partition(lies_there)
        };
        if !moved.is_empty() {
            let to = if is_junk {
                junk?
            } else {
                with_role(context, (account, is_here), Role::Inbox)?
            };
            let mut changes = marks.clone();
            changes.push(Change::Move { to });
            actions.push(action(account, label, changes, moved));
        }
        if !marked.is_empty() {
            actions.push(action(account, label, marks.clone(), marked));
        }
    }
    carry::out(context, actions, messages.carry)
}

/// Moves messages to the trash; what lies there goes for good, which is asked.
///
/// # Errors
/// As for `flag`; the account has no trash (65); nobody who could be asked (64).
pub fn delete(
    context: &mut Context<'_>,
    delete: &Delete,
    input: &mut dyn BufRead,
) -> Result<Exit, Failure> {
    let ids = targets::ids(&delete.messages.ids, input)?;
    let mut actions = Vec::new();
    let mut n_forever = 0;
    for ((account, is_here), targets) in by_place(context, &ids)? {
        let trash = with_role(context, (account, is_here), Role::Trash);
        let is_final = |target: &Target| {
            delete.forever || trash.as_ref().is_ok_and(|trash| target.mailbox == *trash)
        };
        let (forever, moved): (Vec<Target>, Vec<Target>) = targets.into_iter().partition(is_final);
        n_forever += forever.len();
        if !forever.is_empty() {
            actions.push(action(
                account,
                "delete for good",
                vec![Change::Delete],
                forever,
            ));
        }
        if !moved.is_empty() {
            let changes = vec![Change::Move { to: trash? }];
            actions.push(action(account, "delete", changes, moved));
        }
    }
    if n_forever > 0 && !delete.yes {
        let question = format!("{n_forever} messages go for good, which cannot be undone.");
        confirm(context, &question, input)?;
    }
    carry::out(context, actions, delete.messages.carry)
}

/// Asks on standard error; only `yes` is a yes.
///
/// # Errors
/// Any other answer (65), or no terminal to ask on (64).
pub fn confirm(
    context: &mut Context<'_>,
    question: &str,
    input: &mut dyn BufRead,
) -> Result<(), Failure> {
    if !std::io::stdin().is_terminal() {
        let text = format!("{question} There is no terminal to ask on: say --yes");
        return Err(Failure::new(Exit::Usage, text));
    }
    write!(context.err, "sterna: {question} Type yes to go on: ")?;
    context.err.flush()?;
    let mut line = String::new();
    std::io::Read::take(input, 1_000).read_line(&mut line)?;
    if line.trim() == "yes" {
        return Ok(());
    }
    Err(Failure::new(Exit::Data, "nothing was changed"))
}

fn usage(problem: String) -> Failure {
    Failure::new(Exit::Usage, problem)
}

/// An action without a hold: a command is meant when it is typed.
pub(super) fn action(
    account: AccountId,
    label: &str,
    changes: Vec<Change>,
    targets: Vec<Target>,
) -> Action {
    Action {
        ticket: Ticket(0),
        account,
        label: label.to_owned(),
        changes,
        targets,
        hold_seconds: 0,
    }
}

/// An action on those messages that are not there yet; `None` where all are.
fn elsewhere(
    account: AccountId,
    label: &str,
    changes: Vec<Change>,
    mut targets: Vec<Target>,
    to: MailboxId,
) -> Option<Action> {
    targets.retain(|target| target.mailbox != to);
    (!targets.is_empty()).then(|| action(account, label, changes, targets))
}

/// Carries actions out; where there is nothing to do, that is said and done.
fn finish(
    context: &mut Context<'_>,
    actions: Vec<Action>,
    carry: Carry,
    nothing: &str,
) -> Result<Exit, Failure> {
    if actions.is_empty() {
        context.say(nothing);
    }
    carry::out(context, actions, carry)
}

/// Whose messages are: an account's, on its server or (true) on this computer.
type Owner = (AccountId, bool);

/// The messages that are named, by where they are: what is on this computer is not filed away on a server.
fn by_place(
    context: &mut Context<'_>,
    ids: &[String],
) -> Result<Vec<(Owner, Vec<Target>)>, Failure> {
    let mut places = Vec::new();
    for (account, targets) in targets::find(context, ids)? {
        let here = context.reader.local_ids(account)?;
        let is_here = |target: &Target| here.contains(&target.mailbox);
        let (local, remote): (Vec<_>, Vec<_>) = targets.into_iter().partition(is_here);
        places.push(((account, false), remote));
        places.push(((account, true), local));
    }
    places.retain(|(_, targets)| !targets.is_empty());
    Ok(places)
}

/// The folder that has a role among those of a server, or of this computer.
pub(super) fn with_role(
    context: &mut Context<'_>,
    (account, is_here): Owner,
    role: Role,
) -> Result<MailboxId, Failure> {
    let mailboxes = context.reader.mailboxes(account)?;
    let found = mailboxes.iter().find(|info| {
        let is_inbox = role == Role::Inbox && info.name.is_inbox();
        let is_beside = info.name.is_local() == is_here;
        is_beside && info.selectable && (info.role == Some(role) || is_inbox)
    });
    found.map(|info| info.id).ok_or_else(|| {
        let name = role.name();
        if is_here {
            let text = format!("there is no {name} folder on this computer; nothing was changed");
            return Failure::new(Exit::Data, text);
        }
        let text = format!(
            "the account has no {name} folder: name one in the configuration, folders = {{ {name} = \"…\" }}, or create \
             one; nothing was changed"
        );
        Failure::new(Exit::Data, text)
    })
}
