//! Actions of the user: shown at once, recorded in the journal, taken back where the store or the server refuses.

use std::collections::BTreeMap;

use crate::app::act::Act;
use crate::app::model::{Account, Model};
use crate::app::shown::{Count, Progress, Shown, apply};
use crate::app::update::{notice, rows};
use crate::channel::effect::Effect;
use crate::channel::error::{RemoteError, StoreError};
use crate::channel::event::Connection;
use crate::channel::operation::{Action, OperationId, Outcome, Target, Ticket};
use crate::channel::rows::FolderRow;
use crate::channel::rows::{Anchor, MessageRow};
use crate::command::preset::Pane;
use crate::command::verb::Verb;
use crate::config::ui_settings::After;
use crate::mail::account::AccountId;
use crate::mail::flag::SystemFlag;
use crate::mail::mailbox::MailboxId;

/// Shows an act on messages of one folder, and has it recorded.
pub fn act(model: &mut Model, act: &Act, mut targets: Vec<Target>) -> Vec<Effect> {
    targets.sort_unstable();
    targets.dedup();
    let Some(mailbox) = targets.first().map(|target| target.mailbox) else {
        return notice::say(model, "no message here");
    };
    let Some(account) = model.folders.of(mailbox).map(|row| row.account) else {
        return notice::say(model, "that folder no longer exists");
    };
    let n = targets.len();
    let action = Action {
        ticket: Ticket(model.next_number()),
        account,
        label: act.label(),
        changes: act.changes(),
        targets,
        // What nobody pressed a key for needs no time to be taken back.
        hold_seconds: if *act == Act::SeenByItself {
            0
        } else {
            model.settings.ui.hold_seconds
        },
    };
    let mut shown = Shown {
        words: act.words(),
        is_quiet: act.is_plain() && n == 1,
        before: Vec::new(),
        counts: Vec::new(),
        progress: Progress::Unrecorded,
        operations: BTreeMap::new(),
        action: action.clone(),
    };
    let mut effects = show(model, &mut shown, mailbox, act.destination());
    if !shown.is_quiet {
        let text = phrase(shown.words.doing, n, &shown.words.rest);
        effects.extend(notice::say(model, &text));
    }
    // Known before it leaves: no answer can overtake it.
    model.shown.insert(action.ticket, shown);
    effects.push(Effect::Record(action));
    effects
}

/// `archived 3 messages to Travel`; one message needs no number.
fn phrase(verb: &str, n: usize, rest: &str) -> String {
    if n == 1 {
        format!("{verb}{rest}")
    } else {
        let n = crate::app::present::number::grouped(u64::try_from(n).unwrap_or(u64::MAX));
        format!("{verb} {n} messages{rest}")
    }
}

/// Changes the window and the counts.
fn show(
    model: &mut Model,
    shown: &mut Shown,
    mailbox: MailboxId,
    destination: Option<MailboxId>,
) -> Vec<Effect> {
    let takes_away = shown.takes_away();
    let mut effects = Vec::new();
    let cursor = model.list.current().map(|row| row.key);
    if takes_away && model.list.mailbox == Some(mailbox) {
        let newer = model.settings.ui.after == After::Newer;
        let before = model.list.take_out(|row| shown.is_about(row), newer);
        shown.before = before;
        let n_left = u64::try_from(shown.before.len()).unwrap_or(0);
        model.list.n_matching = model.list.n_matching.saturating_sub(n_left);
        for target in &shown.action.targets {
            model.list.selection.chosen.remove(&target.message);
        }
        let is_cut = model.list.rows.is_empty() && (model.list.more_above || model.list.more_below);
        if let Some(cursor) = cursor.filter(|_| is_cut) {
            model.list.is_ahead = true; // Whether anything is left, the store tells.
            effects.extend(rows::jump(model, Anchor::Around(cursor)));
        }
        if model.settings.ui.after == After::List && model.focus == Pane::Message {
            model.focus = Pane::List;
        }
    } else {
        let mut before = Vec::new();
        let about = |row: &&mut MessageRow| shown.is_about(row);
        for row in model.list.rows.iter_mut().filter(about) {
            before.push(row.clone());
            let _ = apply(&shown.action.changes, row);
        }
        shown.before = before;
    }
    shown.counts = counts(model, shown, mailbox, destination);
    for change in &shown.counts {
        count(model, *change, 1);
    }
    effects
}

/// What an action does to the counts of its folders, as far as the window tells what is unread.
fn counts(
    model: &Model,
    shown: &Shown,
    mailbox: MailboxId,
    destination: Option<MailboxId>,
) -> Vec<Count> {
    let number = |n: usize| i64::try_from(n).unwrap_or(i64::MAX);
    let is_unread = |row: &&MessageRow| !row.flags.has(SystemFlag::Seen);
    let (n, n_unread) = (
        number(shown.action.targets.len()),
        number(shown.before.iter().filter(is_unread).count()),
    );
    let mut counts = Vec::new();
    if shown.takes_away() {
        counts.push(Count {
            mailbox,
            total: -n,
            unread: -n_unread,
        });
    } else {
        let now = model
            .list
            .rows
            .iter()
            .filter(|row| shown.is_about(row))
            .filter(is_unread);
        let unread = number(now.count()) - n_unread;
        counts.push(Count {
            mailbox,
            total: 0,
            unread,
        });
    }
    counts.extend(destination.map(|mailbox| Count {
        mailbox,
        total: n,
        unread: n_unread,
    }));
    counts
}

/// The store has the action: only now it counts.
pub fn recorded(
    model: &mut Model,
    ticket: Ticket,
    operations: &[OperationId],
    n_targets: usize,
) -> Vec<Effect> {
    let Some(shown) = model.shown.get_mut(&ticket) else {
        return Vec::new();
    };
    shown.progress = Progress::Recorded;
    // A change of a folder has no targets, and ends as one.
    let is_folder = shown.action.targets.is_empty();
    let n_targets = if is_folder { 1 } else { n_targets };
    shown.operations = operations.iter().map(|id| (*id, n_targets)).collect();
    if shown.is_quiet {
        return Vec::new();
    }
    let mut text = phrase(shown.words.done, n_targets, &shown.words.rest);
    if n_targets == 0 {
        text = format!("not {}{}: gone already", shown.words.done, shown.words.rest);
    } else if !shown.action.label.is_empty() {
        text = format!("{text}, {} undoes", model.keys(Verb::Undo));
    }
    notice::say(model, &text)
}

/// The store could not record it: the screen goes back.
pub fn refused(model: &mut Model, ticket: Ticket, error: &StoreError) -> Vec<Effect> {
    let Some(shown) = model.shown.remove(&ticket) else {
        return notice::alarm(model, &format!("nothing was changed: {error}")); // An undo, or a folder.
    };
    take_back(model, &shown, |_| true);
    for change in &shown.counts {
        count(model, *change, -1);
    }
    let text = format!("not {}{}: {error}", shown.words.done, shown.words.rest);
    let mut effects = notice::alarm(model, &text);
    effects.extend(rows::changed_here(model));
    effects
}

/// Puts the rows back that an action changed, as far as they are still known.
fn take_back(model: &mut Model, shown: &Shown, concerns: impl Fn(Target) -> bool) {
    let target = |row: &MessageRow| Target {
        message: row.key.message,
        mailbox: row.mailbox,
    };
    let mut back: Vec<MessageRow> = shown.before.clone();
    back.retain(|row| concerns(target(row)));
    if shown.takes_away() {
        model.list.put_back(&back);
        return;
    }
    for before in back {
        let same = |row: &&mut MessageRow| target(row) == target(&before);
        if let Some(row) = model.list.rows.iter_mut().find(same) {
            row.flags = before.flags;
        }
    }
}

/// An operation, or some targets of one, ended on the server.
pub fn closed(
    model: &mut Model,
    operation: OperationId,
    outcomes: &[(Target, Outcome)],
) -> Vec<Effect> {
    let ticket = model
        .shown
        .iter()
        .find(|(_, shown)| shown.operations.contains_key(&operation))
        .map(|(ticket, _)| *ticket);
    let mut shown = ticket.and_then(|ticket| model.shown.remove(&ticket));
    let refused: BTreeMap<Target, &RemoteError> = outcomes
        .iter()
        .filter_map(|(target, outcome)| match outcome {
            Outcome::Parked(error) => Some((*target, error)),
            _ => None,
        })
        .collect();
    let mut effects = tell_refused(model, shown.as_ref(), &refused);
    if outcomes
        .iter()
        .any(|(_, outcome)| *outcome == Outcome::Local)
    {
        let text = "the server keeps no such tag: it stays on this machine";
        effects.extend(notice::say(model, text));
    }
    if let Some(shown) = shown.as_mut() {
        if shown.progress != Progress::Projected {
            take_back(model, shown, |target| refused.contains_key(&target));
        }
        if let Some(n_left) = shown.operations.get_mut(&operation) {
            *n_left = n_left.saturating_sub(outcomes.len());
        }
        shown.operations.retain(|_, n_left| *n_left > 0);
    }
    if let (Some(ticket), Some(shown)) = (ticket, shown)
        && !shown.operations.is_empty()
    {
        model.shown.insert(ticket, shown);
    }
    effects
}

fn tell_refused(
    model: &mut Model,
    shown: Option<&Shown>,
    refused: &BTreeMap<Target, &RemoteError>,
) -> Vec<Effect> {
    let Some(error) = refused.values().next() else {
        return Vec::new();
    };
    let what = match shown {
        Some(shown) => format!("not {}{}", shown.words.done, shown.words.rest),
        // Made before this start.
        None => "an earlier change was refused".to_owned(),
    };
    let what = if refused.len() > 1 {
        format!("{} messages {what}", refused.len())
    } else {
        what
    };
    // The words of a server are long, and there is no room for them on the status line.
    let keys = model.keys(Verb::Ledger);
    notice::alarm(model, &format!("{what}, {keys} tells all: {error}"))
}

/// The store counted what is not yet on the server.
pub fn counted(model: &mut Model, n_pending: u64) -> Vec<Effect> {
    model.n_pending = n_pending;
    if n_pending == 0 {
        // What another process replays is closed there, and nobody here is told how.
        let is_elsewhere = |account: &Account| account.connection == Connection::Elsewhere;
        let elsewhere: Vec<AccountId> = model
            .accounts
            .iter()
            .filter(|account| is_elsewhere(account))
            .map(|account| account.id)
            .collect();
        model.shown.retain(|_, shown| {
            shown.progress != Progress::Projected || !elsewhere.contains(&shown.action.account)
        });
    }
    Vec::new()
}

/// The store read its rows anew: it shows by itself what is recorded there.
pub fn projected(model: &mut Model, mailbox: MailboxId) {
    for shown in model.shown.values_mut() {
        let is_about = shown
            .action
            .targets
            .iter()
            .any(|target| target.mailbox == mailbox);
        if shown.progress == Progress::Recorded && is_about {
            shown.progress = Progress::Projected;
            shown.before = Vec::new();
        }
    }
}

/// Puts actions that the store may not show yet over rows that it sent; how many rows leave by them.
pub fn overlay(model: &Model, rows: &mut Vec<MessageRow>) -> usize {
    let ahead: Vec<&Shown> = model
        .shown
        .values()
        .filter(|shown| shown.progress != Progress::Projected)
        .collect();
    if ahead.is_empty() {
        return 0;
    }
    let n_before = rows.len();
    rows.retain_mut(|row| ahead.iter().all(|shown| shown.apply(row)));
    n_before - rows.len()
}

/// Puts actions that the store cannot count yet over the counts that it sent.
pub fn overlay_counts(model: &mut Model) {
    let is_ahead = |shown: &&Shown| shown.progress == Progress::Unrecorded;
    let ahead = model.shown.values().filter(is_ahead);
    let changes: Vec<Count> = ahead.flat_map(|shown| shown.counts.clone()).collect();
    for change in changes {
        count(model, change, 1);
    }
}

fn count(model: &mut Model, change: Count, sign: i64) {
    let same = |row: &&mut FolderRow| row.mailbox == change.mailbox;
    let Some(row) = model.folders.rows.iter_mut().find(same) else {
        return;
    };
    let add = |number: u64, by: i64| number.saturating_add_signed(by.saturating_mul(sign));
    row.total = row.total.map(|total| add(total, change.total));
    row.n_headers = add(row.n_headers, change.total);
    row.unread = row.unread.map(|unread| add(unread, change.unread));
}
