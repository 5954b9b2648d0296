//! `sterna undo`, `sterna redo`: takes the newest action back, or does it again, also after the server has done it.

use crate::channel::operation::OperationId;
use crate::cli::args_triage::Carry;
use crate::cli::carry;
use crate::cli::exit::Exit;
use crate::cli::run::{Context, Failure};
use crate::mail::account::AccountId;
use crate::mail::safe_text::SafeText;

/// Takes back, or does again, and carries out what that takes.
///
/// # Errors
/// There is nothing to take back (65), or as the store says.
pub fn run(context: &mut Context<'_>, carry: Carry, is_redo: bool) -> Result<Exit, Failure> {
    let before = open(context)?;
    let writer = context.store.writer();
    let undone = if is_redo {
        writer.redo_now()?
    } else {
        writer.undo_now()?
    };
    let (nothing, word) = if is_redo {
        (
            "nothing was taken back that could be done again",
            "done again",
        )
    } else {
        ("there is nothing to take back", "taken back")
    };
    if let Some(stands) = undone.stands {
        let text = format!(
            "the last action cannot be taken back: {}; undo again for the one before",
            stands.words()
        );
        return Err(Failure::new(Exit::Data, text));
    }
    if undone.label.is_empty() && undone.n_restored == 0 && undone.n_skipped == 0 {
        return Err(Failure::new(Exit::Data, nothing));
    }
    let label = SafeText::line(&undone.label);
    let gone = match undone.n_skipped {
        0 => String::new(),
        n => format!("; {n} are gone"),
    };
    context.say(&format!("{label}: {} {word}{gone}", undone.n_restored));
    // What the server was told already takes operations of its own.
    let mut recorded: Vec<(AccountId, Vec<OperationId>)> = Vec::new();
    for (account, operations) in open(context)? {
        let is_new = |id: &OperationId| !before.iter().any(|(_, known)| known.contains(id));
        let new: Vec<OperationId> = operations.into_iter().filter(is_new).collect();
        if !new.is_empty() {
            recorded.push((account, new));
        }
    }
    carry::send(context, &recorded, undone.n_restored, carry)
}

/// The operations that are open, by account.
fn open(context: &mut Context<'_>) -> Result<Vec<(AccountId, Vec<OperationId>)>, Failure> {
    let mut all = Vec::new();
    for (account, _) in context.place.numbered(context.store) {
        let operations = context.reader.open_operations(account)?.into_iter();
        all.push((account, operations.map(|operation| operation.id).collect()));
    }
    Ok(all)
}
