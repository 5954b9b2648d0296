//! `sterna flag`: into the journal first, then to the server where that is possible now.

use std::time::Duration;

use crate::channel::operation::{Change, Operation, Target, Ticket};
use crate::cli::args::Flag;
use crate::cli::exit::Exit;
use crate::cli::folders::json;
use crate::cli::run::{Context, Failure};
use crate::engine::once::Errands;
use crate::mail::account::AccountId;
use crate::store::public_id::PublicId;

/// The server is given this long; what it has not taken by then stays queued.
const PATIENCE: Duration = Duration::from_secs(30);

/// What became of the changes, for `--json`.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
struct FlagJson {
    state: &'static str,
    count: usize,
}

/// Records the changes and carries them out: `done`, or `queued` where the server cannot be reached now.
///
/// # Errors
/// A stale ID (65); nothing is recorded then.
pub fn run(context: &mut Context<'_>, flag: &Flag) -> Result<Exit, Failure> {
    let request = flag
        .checked()
        .map_err(|problem| Failure::new(Exit::Usage, problem))?;
    let targets = find(context, &request.ids)?;
    let mut accounts: Vec<AccountId> = targets.iter().map(|(account, _)| *account).collect();
    accounts.sort_unstable();
    accounts.dedup();
    let mut state = "done";
    for account in accounts {
        let own: Vec<Target> = targets
            .iter()
            .filter(|(id, _)| *id == account)
            .map(|(_, target)| *target)
            .collect();
        for (flag, on) in &request.changes {
            let change = Change::Flag {
                flag: *flag,
                on: *on,
            };
            let operation = Operation {
                ticket: Ticket(0),
                account,
                targets: own.clone(),
                change,
            };
            context.store.writer().record_now(operation)?;
        }
        if let Err(error) = context
            .servers
            .run(account, &Errands::Journal, Some(PATIENCE))
        {
            context.say(&format!("queued, not sent yet: {error}"));
        }
        if context.reader.n_pending(Some(account))? > 0 {
            state = "queued";
        }
    }
    let row = FlagJson {
        state,
        count: request.ids.len(),
    };
    let printed = if flag.output.json {
        json(&row)?
    } else {
        format!("{state}\n")
    };
    context.print(&printed)?;
    Ok(Exit::Done)
}

/// The messages that public IDs name, and whose they are.
fn find(context: &mut Context<'_>, ids: &[String]) -> Result<Vec<(AccountId, Target)>, Failure> {
    let mut targets: Vec<(AccountId, Target)> = Vec::new();
    for id in ids {
        let stale = || {
            Failure::new(
                Exit::Data,
                format!("{id} names no message that is here; nothing was changed"),
            )
        };
        let Some(PublicId::Server(key)) = PublicId::parse(id) else {
            return Err(stale());
        };
        let message = context
            .reader
            .message_at(key.mailbox, key.validity, key.uid)?
            .ok_or_else(stale)?;
        targets.push((
            key.account,
            Target {
                message,
                mailbox: key.mailbox,
            },
        ));
    }
    Ok(targets)
}
