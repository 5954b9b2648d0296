//! `sterna flag`: into the journal first, then to the server where that is possible now.

use std::time::Duration;

use crate::channel::error::RemoteError;
use crate::channel::operation::{Action, Change, OperationId, Target, Ticket};
use crate::cli::args::Flag;
use crate::cli::exit::Exit;
use crate::cli::folders::json;
use crate::cli::run::{Context, Failure};
use crate::cli::server::exit_of;
use crate::engine::find::Want;
use crate::engine::once::Errands;
use crate::mail::account::AccountId;
use crate::mail::message_id::{MessageId, MessageKey};
use crate::mail::safe_text::SafeText;
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
/// An ID that names nothing (65), or one that is not here and cannot be asked about now (75); nothing is recorded then.
pub fn run(context: &mut Context<'_>, flag: &Flag) -> Result<Exit, Failure> {
    let request = flag
        .checked()
        .map_err(|problem| Failure::new(Exit::Usage, problem))?;
    let targets = find(context, &request.ids)?;
    let mut accounts: Vec<AccountId> = targets.iter().map(|(account, _)| *account).collect();
    accounts.sort_unstable();
    accounts.dedup();
    let (mut state, mut exit) = ("done", Exit::Done);
    for account in accounts {
        let mut operations = Vec::new();
        let own = targets.iter().filter(|(id, _)| *id == account);
        let own: Vec<Target> = own.map(|(_, target)| *target).collect();
        for (flag, on) in &request.changes {
            let change = Change::Flag {
                flag: *flag,
                on: *on,
            };
            let action = Action::new(Ticket(0), account, change, own.clone());
            operations.extend(context.store.writer().record_now(action)?.operations);
        }
        let sent = context
            .servers
            .run(account, &Errands::Journal, Some(PATIENCE));
        match fate(context, account, &operations)? {
            Fate::Done => {}
            Fate::Queued => {
                if let Err(error) = sent {
                    context.say(&format!("queued, not sent yet: {error}"));
                    if matches!(error, RemoteError::Refused { .. }) {
                        exit = exit_of(&error);
                    }
                }
                state = if state == "done" { "queued" } else { state };
            }
            Fate::Parked(reason) => {
                context.say(&reason);
                (state, exit) = ("parked", Exit::Data);
            }
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
    Ok(exit)
}

/// What became of operations.
enum Fate {
    /// The server has them.
    Done,
    /// They wait for a connection, or for their folder to open.
    Queued,
    /// The server refused one, with these words.
    Parked(String),
}

fn fate(
    context: &mut Context<'_>,
    account: AccountId,
    operations: &[OperationId],
) -> Result<Fate, Failure> {
    let mut fate = Fate::Done;
    for operation in context.reader.open_operations(account)? {
        if operations.contains(&operation.id) {
            if let Some((_, reason)) = operation.parked.first() {
                return Ok(Fate::Parked(SafeText::line(reason).to_string()));
            }
            fate = Fate::Queued;
        }
    }
    Ok(fate)
}

/// The messages that public IDs name, and whose they are; asks the servers for those that are not here.
fn find(context: &mut Context<'_>, ids: &[String]) -> Result<Vec<(AccountId, Target)>, Failure> {
    let accounts: Vec<AccountId> = context
        .place
        .numbered(context.store)
        .iter()
        .map(|(account, _)| *account)
        .collect();
    let mut keys = Vec::new();
    for id in ids {
        match PublicId::parse(id) {
            Some(PublicId::Server(key)) if accounts.contains(&key.account) => keys.push(key),
            _ => return Err(stale(id)),
        }
    }
    for account in accounts {
        let mut unknown = Vec::new();
        for key in keys.iter().filter(|key| key.account == account) {
            if at(context, *key)?.is_none() {
                unknown.push(*key);
            }
        }
        if unknown.is_empty() {
            continue;
        }
        let found = context
            .servers
            .find(account, &unknown, &Want::Header, Some(PATIENCE));
        let missing = found.map_err(|error| {
            let failure = Failure::from(error);
            let text = format!("nothing was changed: {}", failure.text);
            Failure { text, ..failure }
        })?;
        if let Some(key) = missing.first() {
            return Err(stale(&PublicId::Server(*key).to_string()));
        }
    }
    let mut targets = Vec::new();
    for key in keys {
        let message = at(context, key)?;
        let message = message.ok_or_else(|| stale(&PublicId::Server(key).to_string()))?;
        let mailbox = key.mailbox;
        targets.push((key.account, Target { message, mailbox }));
    }
    Ok(targets)
}

fn at(context: &mut Context<'_>, key: MessageKey) -> Result<Option<MessageId>, Failure> {
    let found = context
        .reader
        .message_at(key.mailbox, key.validity, key.uid)?;
    Ok(found)
}

fn stale(id: &str) -> Failure {
    let text = format!("{id} names no message (any more); nothing was changed");
    Failure::new(Exit::Data, text)
}
