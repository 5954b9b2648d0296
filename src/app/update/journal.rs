//! Changes by the user: shown at once, recorded in the journal, taken back where the store or the server refuses.

use crate::app::model::{Account, Model, Shown};
use crate::app::update::notice;
use crate::channel::effect::Effect;
use crate::channel::error::StoreError;
use crate::channel::event::{Connection, Event};
use crate::channel::operation::{Action, Change, OperationId, Outcome, Target, Ticket};
use crate::channel::rows::MessageRow;
use crate::mail::account::AccountId;
use crate::mail::flag::SystemFlag;
use crate::mail::mailbox::MailboxId;

/// Marks the message under the cursor read or unread; `None` turns it over.
pub fn set_seen(model: &mut Model, on: Option<bool>) -> Vec<Effect> {
    let (Some(account), Some(target)) = (model.list.account, model.list.target()) else {
        return notice::say(model, "no message here");
    };
    let before = model
        .list
        .current()
        .is_some_and(|row| row.flags.has(SystemFlag::Seen));
    let on = on.unwrap_or(!before);
    // Whoever decides by hand is not overruled by the timer.
    model.message.kept_unread |= !on;
    if before == on {
        return Vec::new();
    }
    let ticket = Ticket(model.next_number());
    let change = Change::Flag {
        flag: SystemFlag::Seen,
        on,
    };
    let action = Action::new(ticket, account, change, vec![target]);
    show_seen(model, target, on);
    // Known before it leaves: no answer can overtake it.
    let shown = Shown {
        action: action.clone(),
        before: vec![(target, before)],
    };
    model.unrecorded.insert(ticket, shown);
    vec![Effect::Record(action)]
}

/// What the store tells of the journal.
pub fn told(model: &mut Model, event: Event) -> Vec<Effect> {
    match event {
        Event::Recorded {
            ticket,
            operations,
            n_pending,
            ..
        } => recorded(model, ticket, &operations, n_pending),
        Event::RecordFailed { ticket, error } => refused(model, ticket, &error),
        Event::Closed {
            operation,
            outcomes,
            n_pending,
        } => closed(model, operation, &outcomes, n_pending),
        Event::Pending(n_pending) | Event::Undone { n_pending, .. } => counted(model, n_pending),
        _ => Vec::new(), // Nothing asks for the others yet.
    }
}

/// The store has the operation: only now it counts.
fn recorded(
    model: &mut Model,
    ticket: Ticket,
    operations: &[OperationId],
    n_pending: u64,
) -> Vec<Effect> {
    model.n_pending = n_pending;
    if let Some(shown) = model.unrecorded.remove(&ticket)
        && let Some(operation) = operations.first()
    {
        model.recorded.insert(*operation, (shown, false));
    }
    Vec::new()
}

/// The store could not record it: the screen goes back.
fn refused(model: &mut Model, ticket: Ticket, error: &StoreError) -> Vec<Effect> {
    let Some(shown) = model.unrecorded.remove(&ticket) else {
        return Vec::new();
    };
    for (target, was_seen) in shown.before {
        show_seen(model, target, was_seen);
    }
    notice::alarm(model, &format!("not marked: {error}"))
}

/// An operation, or some targets of one, ended on the server.
fn closed(
    model: &mut Model,
    operation: OperationId,
    outcomes: &[(Target, Outcome)],
    n_pending: u64,
) -> Vec<Effect> {
    model.n_pending = n_pending;
    let Some((mut shown, projected)) = model.recorded.remove(&operation) else {
        return Vec::new();
    };
    let mut refusal = None;
    for (target, outcome) in outcomes {
        let before = shown
            .before
            .iter()
            .find(|(other, _)| other == target)
            .copied();
        shown.before.retain(|(other, _)| other != target);
        if let (Outcome::Parked(error), Some((_, was_seen))) = (outcome, before) {
            show_seen(model, *target, was_seen);
            refusal = Some(error.to_string());
        }
    }
    if !shown.before.is_empty() {
        model.recorded.insert(operation, (shown, projected));
    }
    refusal.map_or_else(Vec::new, |error| {
        notice::alarm(model, &format!("not marked: {error}"))
    })
}

/// The store counted what is not yet on the server.
fn counted(model: &mut Model, n_pending: u64) -> Vec<Effect> {
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
        model.recorded.retain(|_, (shown, projected)| {
            !*projected || !elsewhere.contains(&shown.action.account)
        });
    }
    Vec::new()
}

/// The store read its rows anew: it shows by itself what is recorded there.
pub fn projected(model: &mut Model, mailbox: MailboxId) {
    for (shown, projected) in model.recorded.values_mut() {
        *projected |= shown
            .action
            .targets
            .iter()
            .any(|target| target.mailbox == mailbox);
    }
}

/// Puts changes that the store may not show yet over rows that it sent.
pub fn overlay(model: &Model, rows: &mut [MessageRow]) {
    let waiting = model
        .recorded
        .values()
        .filter(|(_, projected)| !projected)
        .map(|(shown, _)| shown);
    for shown in waiting.chain(model.unrecorded.values()) {
        for row in rows.iter_mut() {
            let is_target = |(target, _): &(Target, bool)| {
                target.message == row.key.message && target.mailbox == row.mailbox
            };
            if !shown.before.iter().any(is_target) {
                continue;
            }
            for change in &shown.action.changes {
                if let Change::Flag { flag, on } = change {
                    row.flags.set_system(*flag, *on);
                }
            }
        }
    }
}

/// Puts changes that the store cannot count yet over the unread counts that it sent.
pub fn overlay_counts(model: &mut Model) {
    let changes: Vec<(MailboxId, bool)> = model
        .unrecorded
        .values()
        .flat_map(|shown| {
            shown
                .before
                .iter()
                .map(|(target, was_seen)| (target.mailbox, !was_seen))
        })
        .collect();
    for (mailbox, seen) in changes {
        count(model, mailbox, seen);
    }
}

fn show_seen(model: &mut Model, target: Target, seen: bool) {
    let mut changed = false;
    for row in &mut model.list.rows {
        if row.key.message == target.message && row.mailbox == target.mailbox {
            changed |= row.flags.has(SystemFlag::Seen) != seen;
            row.flags.set_system(SystemFlag::Seen, seen);
        }
    }
    if changed {
        count(model, target.mailbox, seen);
    }
}

fn count(model: &mut Model, mailbox: MailboxId, seen: bool) {
    let row = model
        .folders
        .rows
        .iter_mut()
        .find(|row| row.mailbox == mailbox);
    if let Some(unread) = row.and_then(|row| row.unread.as_mut()) {
        *unread = if seen {
            unread.saturating_sub(1)
        } else {
            unread.saturating_add(1)
        };
    }
}
