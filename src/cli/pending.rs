//! `sterna pending`: the ledger of what the servers have not been told yet, and what is to become of it. As text also what
//! `status` and `folders` have for programs: when the next connection is tried, and when each folder was read.

use crate::channel::ledger::{LedgerFolder, LedgerRow, LedgerState};
use crate::channel::operation::OperationId;
use crate::cli::args_triage::{Carry, Pending, PendingDeed};
use crate::cli::exit::Exit;
use crate::cli::folders::json;
use crate::cli::json::{PendingJson, rfc3339};
use crate::cli::run::{Context, Failure};
use crate::cli::{carry, text};
use crate::engine::lock;
use crate::mail::account::AccountId;
use crate::mail::safe_text::SafeText;

/// Prints a row per operation, or tries one again, or gives it up.
///
/// # Errors
/// No such operation, or none of which anything waits (65); as the store says.
pub fn run(context: &mut Context<'_>, pending: &Pending) -> Result<Exit, Failure> {
    match pending.deed {
        None => list(context, pending),
        Some(PendingDeed::Retry { id }) => retry(context, OperationId(id), pending),
        Some(PendingDeed::Drop { id }) => {
            let is_done = context.store.writer().drop_operation_now(OperationId(id))?;
            if !is_done {
                return Err(nothing(id));
            }
            context.print(if pending.json { "{}\n" } else { "done\n" })?;
            Ok(Exit::Done)
        }
    }
}

fn nothing(id: i64) -> Failure {
    let text = format!("there is no operation {id} that waits; sterna pending lists them");
    Failure::new(Exit::Data, text)
}

fn retry(context: &mut Context<'_>, id: OperationId, pending: &Pending) -> Result<Exit, Failure> {
    let account = account_of(context, id)?.ok_or_else(|| nothing(id.0))?;
    if !context.store.writer().retry_now(id)? {
        return Err(nothing(id.0));
    }
    let carry = Carry {
        output: pending.output(),
        wait: false,
    };
    carry::send(context, &[(account, vec![id])], 1, carry)
}

fn account_of(context: &mut Context<'_>, id: OperationId) -> Result<Option<AccountId>, Failure> {
    let ledger = context.reader.ledger()?;
    let row = ledger.rows.iter().find(|row| row.operation == id);
    Ok(row.map(|row| row.account))
}

fn list(context: &mut Context<'_>, pending: &Pending) -> Result<Exit, Failure> {
    let ledger = context.reader.ledger()?;
    let accounts = context.place.numbered(context.store);
    let is_wanted = |row: &&LedgerRow| {
        pending.all || !matches!(row.state, LedgerState::Done | LedgerState::Undone)
    };
    let rows: Vec<PendingJson> = ledger
        .rows
        .iter()
        .filter(is_wanted)
        .map(|row| {
            let name = accounts.iter().find(|(account, _)| *account == row.account);
            pending_json(row, name.map_or("", |(_, settings)| &settings.name))
        })
        .collect();
    if pending.json {
        context.print(&json(&rows)?)?;
        return Ok(Exit::Done);
    }
    let mut printed = text::pending(&rows);
    for (account, settings) in &accounts {
        let told = lock::state(&context.place.paths.data, *account);
        if let lock::State::Offline {
            next_attempt: Some(at),
        } = told
        {
            printed += &text::offline(&settings.name, rfc3339(at).as_deref());
        }
    }
    if pending.all {
        let named = |folder: &LedgerFolder| {
            let own = accounts.iter().find(|(id, _)| *id == folder.account);
            let name = own.map_or("", |(_, settings)| settings.name.as_str());
            [
                name.to_owned(),
                folder.name.to_string(),
                folder.synced_at.and_then(rfc3339).unwrap_or_default(),
            ]
        };
        let folders: Vec<[String; 3]> = ledger.folders.iter().map(named).collect();
        printed += &text::synced(&folders);
    }
    context.print(&printed)?;
    Ok(Exit::Done)
}

fn pending_json(row: &LedgerRow, account: &str) -> PendingJson {
    let n_waiting = row.n_open + row.n_sent + row.n_parked;
    let count = match row.state {
        LedgerState::Done | LedgerState::Undone => row.n_done + row.n_gone + row.n_local,
        _ => n_waiting,
    };
    PendingJson {
        id: row.operation.0,
        account: account.to_owned(),
        folder: row.from.to_string(),
        kind: row.kind.to_owned(),
        count,
        // A hold is the journal's own affair: to a script the operation waits.
        state: match row.state {
            LedgerState::Held => LedgerState::Queued.name(),
            state => state.name(),
        },
        attempts: row.attempts,
        error: Some(row.error.to_string()).filter(|error| !error.is_empty()),
        created: rfc3339(row.created),
        label: row.label.to_string(),
        detail: row.detail.to_string(),
        to: Some(&row.to)
            .filter(|to| !to.is_empty())
            .map(SafeText::to_string),
        not_before: row.not_before.and_then(rfc3339),
    }
}
