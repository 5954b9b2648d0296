//! Actions into the journal, and from there to the server where that is possible now: the end of every command that
//! changes something.

use std::time::Instant;

use crate::channel::error::RemoteError;
use crate::channel::operation::{Action, OperationId};
use crate::cli::args_triage::Carry;
use crate::cli::exit::Exit;
use crate::cli::folders::json;
use crate::cli::run::{Context, Failure};
use crate::cli::server::Done;
use crate::cli::targets::PATIENCE;
use crate::engine::once::Errands;
use crate::mail::account::AccountId;
use crate::mail::safe_text::SafeText;
use crate::store::journal::FolderState;

/// What became of the changes, for `--json`.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
struct CarryJson {
    state: &'static str,
    count: usize,
}

/// What became of operations, the worst last.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Fate {
    /// The server has them.
    Done,
    /// So many messages were gone from the server before it could be told.
    Gone(u64),
    /// They wait for a connection, or for their folder to open.
    Queued,
    /// The server refused one, with these words.
    Parked(String),
}

impl Fate {
    const fn name(&self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Gone(_) => "gone",
            Self::Queued => "queued",
            Self::Parked(_) => "parked",
        }
    }
}

/// Records actions, all of them before anything is sent, then carries them out and prints `done`, `gone`, `queued`
/// or `parked`, the worst that became of any.
///
/// # Errors
/// What the store said; nothing is recorded of the action concerned and of those behind it then.
pub fn out(context: &mut Context<'_>, actions: Vec<Action>, carry: Carry) -> Result<Exit, Failure> {
    let mut recorded: Vec<(AccountId, Vec<OperationId>)> = Vec::new();
    let mut count = 0;
    for action in actions {
        let account = action.account;
        let done = context.store.writer().record_now(action)?;
        count += done.n_targets.max(1);
        match recorded.iter_mut().find(|(known, _)| *known == account) {
            Some((_, operations)) => operations.extend(done.operations),
            None => recorded.push((account, done.operations)),
        }
    }
    send(context, &recorded, count, carry)
}

/// Carries out what was recorded, and prints what became of it.
///
/// # Errors
/// What the store said.
pub fn send(
    context: &mut Context<'_>,
    recorded: &[(AccountId, Vec<OperationId>)],
    count: usize,
    carry: Carry,
) -> Result<Exit, Failure> {
    let (mut worst, mut exit) = (Fate::Done, Exit::Done);
    for (account, operations) in recorded {
        let sent = context
            .servers
            .run(*account, &Errands::Journal, Some(PATIENCE));
        if carry.wait && matches!(sent, Ok(Done::Elsewhere)) {
            await_others(context, *account, operations)?;
        }
        let fate = fate(context, *account, operations)?;
        match (&fate, sent) {
            (Fate::Queued, Err(error)) => {
                context.say(&format!("queued, not sent yet: {error}"));
                if matches!(error, RemoteError::Refused { .. }) {
                    exit = Exit::of(&error);
                }
            }
            (Fate::Gone(n), _) => {
                context.say(&format!("{n} of them were gone from the server before"));
                exit = Exit::Data;
            }
            (Fate::Parked(reason), _) => {
                context.say(reason);
                exit = Exit::Data;
            }
            _ => {}
        }
        worst = worst.max(fate);
    }
    let state = worst.name();
    let printed = if carry.output.json {
        json(&CarryJson { state, count })?
    } else {
        format!("{state}\n")
    };
    context.print(&printed)?;
    Ok(exit)
}

/// Waits until another process has carried operations out; its news are the time to look again.
fn await_others(
    context: &mut Context<'_>,
    account: AccountId,
    operations: &[OperationId],
) -> Result<(), Failure> {
    let until = Instant::now() + PATIENCE;
    while fate(context, account, operations)? == Fate::Queued {
        let left = until.saturating_duration_since(Instant::now());
        if left.is_zero() || !context.servers.hear(left) {
            return Ok(());
        }
    }
    Ok(())
}

fn fate(
    context: &mut Context<'_>,
    account: AccountId,
    operations: &[OperationId],
) -> Result<Fate, Failure> {
    let mut fate = Fate::Done;
    for operation in context.reader.open_operations(account)? {
        if !operations.contains(&operation.id) {
            continue;
        }
        let refused = operation.parked.first().map(|(_, reason)| reason);
        let refused = refused.or(match &operation.folder {
            Some(FolderState::Parked(reason)) => Some(reason),
            _ => None,
        });
        if let Some(reason) = refused {
            return Ok(Fate::Parked(SafeText::line(reason).to_string()));
        }
        fate = Fate::Queued;
    }
    if fate == Fate::Done {
        let n_gone = context.reader.n_gone(operations)?;
        if n_gone > 0 {
            fate = Fate::Gone(n_gone);
        }
    }
    Ok(fate)
}
