//! Changes of folders on their way to the server and back: claimed, ended, and what names and rows become then.

use rusqlite::{Connection, params};

use crate::channel::error::StoreError;
use crate::channel::event::Event;
use crate::channel::operation::{Change, FolderChange, OperationId, Outcome};
use crate::mail::account::AccountId;
use crate::mail::mailbox::{MailboxId, MailboxName};
use crate::store::disk::sql::{Doing, now, small, transaction};
use crate::store::folders::numbers;
use crate::store::journal::changes::{self, Columns};
use crate::store::journal::closing;
use crate::store::journal::state as code;
use crate::store::worker::Worker;
use crate::store::worker::request::FolderRequest;
use crate::store::{failpoint, journal};

/// Why an operation is parked whose folder was deleted.
const DELETED: &str = "the folder was deleted";

impl Worker {
    pub(in crate::store) fn serve_folder(&mut self, request: FolderRequest) {
        match request {
            FolderRequest::Claim(operation, reply) => {
                let result = self.claim_folder(operation);
                let _ = reply.send(self.noted(result));
            }
            FolderRequest::Close(operation, outcome, reply) => {
                let result = self.close_folder(operation, &outcome);
                let _ = reply.send(self.noted(result));
            }
        }
    }

    /// Marks a change of a folder as on its way, durably; false where it is not to be sent (any more).
    fn claim_folder(&mut self, operation: OperationId) -> Result<bool, StoreError> {
        transaction(&self.state, |state| {
            let is_claimed = claim(state, operation)?;
            if is_claimed {
                closing::attempted(state, operation)?;
            }
            Ok(is_claimed)
        })
    }

    /// Ends a change of a folder: first what follows from it, then the journal.
    fn close_folder(
        &mut self,
        operation: OperationId,
        outcome: &Outcome,
    ) -> Result<(), StoreError> {
        let Some((account, mailbox)) = journal::folder_of(&self.state, operation)? else {
            return Ok(());
        };
        let change = change(&self.state, operation)?;
        let is_done = matches!(outcome, Outcome::Done(_));
        if let Some(change) = change.as_ref().filter(|_| is_done) {
            self.rearrange(account, mailbox, change)?;
        }
        failpoint::pass("close-folder.between");
        transaction(&self.state, |state| close(state, operation, outcome))?;
        if !is_done && matches!(change, Some(FolderChange::Create { .. })) {
            self.abandon_folder(operation)?;
        }
        self.changes.folders = true;
        self.publish();
        let n_pending = journal::n_pending(&self.state, None)?;
        self.send(Event::Closed {
            operation,
            outcomes: Vec::new(),
            n_pending,
        });
        Ok(())
    }

    /// What the server did becomes so here. The next LIST would tell all of it; a name must not be told late, or the
    /// folder would be another one then.
    fn rearrange(
        &mut self,
        account: AccountId,
        mailbox: MailboxId,
        change: &FolderChange,
    ) -> Result<(), StoreError> {
        match change {
            FolderChange::Create { .. } => set(&self.cache, mailbox, "is_unborn = 0", "create"),
            FolderChange::Subscribe { on: true, .. } => {
                set(&self.cache, mailbox, "subscribed = 1", "subscribe to")
            }
            FolderChange::Subscribe { on: false, .. } => {
                set(&self.cache, mailbox, "subscribed = 0", "unsubscribe from")
            }
            FolderChange::Rename { to, .. } => self.rename_folder(account, mailbox, to),
            FolderChange::Delete { .. } => {
                self.remove_mailbox(mailbox)?;
                let open = journal::open_targets(&self.state, account)?.into_iter();
                let there = open.filter(|(_, target)| target.mailbox == mailbox);
                self.park(there.collect(), DELETED)
            }
        }
    }

    /// The folder and those below it get their new names; the numbers stay. The journal's file first: a LIST between the
    /// two finds them there.
    fn rename_folder(
        &mut self,
        account: AccountId,
        mailbox: MailboxId,
        to: &MailboxName,
    ) -> Result<(), StoreError> {
        let renamed = renamed(&self.cache, account, mailbox, to)?;
        transaction(&self.state, |state| {
            numbers::rename(state, account, &renamed)
        })?;
        transaction(&self.cache, |cache| {
            for (mailbox, name) in &renamed {
                cache
                    .prepare_cached("UPDATE mailbox SET name = ?2 WHERE id = ?1")
                    .and_then(|mut statement| statement.execute(params![mailbox.get(), name.raw()]))
                    .doing("rename a mailbox")?;
            }
            Ok(())
        })
    }
}

fn claim(state: &Connection, operation: OperationId) -> Result<bool, StoreError> {
    let n_rows = state
        .prepare_cached(
            "UPDATE operation_target SET state = 4 WHERE operation = ?1 AND message = 0 AND state IN (0, 4)
             AND EXISTS (SELECT 1 FROM operation o WHERE o.id = ?1 AND NOT (o.created <= ?2 AND ?2 < o.not_before))",
        )
        .and_then(|mut statement| statement.execute(params![operation.0, now()]))
        .doing("claim a change of a folder")?;
    Ok(n_rows > 0)
}

fn close(state: &Connection, operation: OperationId, outcome: &Outcome) -> Result<(), StoreError> {
    let (code, reason) = match outcome {
        Outcome::Parked(error) => (code::PARKED, error.to_string()),
        Outcome::Gone => (code::GONE, String::new()),
        _ => (code::DONE, String::new()),
    };
    state
        .prepare_cached(
            "UPDATE operation_target SET state = ?2, reason = ?3
             WHERE operation = ?1 AND message = 0 AND state IN (0, 4)",
        )
        .and_then(|mut statement| statement.execute(params![operation.0, code, reason]))
        .doing("end a change of a folder")?;
    closing::recount(state, operation)
}

/// What an operation changes; `None` where it is not about a folder.
fn change(state: &Connection, operation: OperationId) -> Result<Option<FolderChange>, StoreError> {
    let columns = state
        .prepare_cached(&format!(
            "SELECT {} FROM operation o WHERE o.id = ?1",
            changes::COLUMNS
        ))
        .and_then(|mut statement| statement.query_row([operation.0], |row| Columns::read(row, 0)))
        .doing("read a change of a folder")?;
    Ok(match columns.change() {
        Some(Change::Folder(change)) => Some(change),
        _ => None,
    })
}

fn set(
    cache: &Connection,
    mailbox: MailboxId,
    assignment: &'static str,
    verb: &'static str,
) -> Result<(), StoreError> {
    cache
        .prepare_cached(&format!("UPDATE mailbox SET {assignment} WHERE id = ?1"))
        .and_then(|mut statement| statement.execute([mailbox.get()]))
        .map(|_| ())
        .doing(verb)
}

/// The new names of a mailbox and of those below it. RFC 3501 §6.3.5: they go along. INBOX does not: its messages go, and
/// it stays.
fn renamed(
    cache: &Connection,
    account: AccountId,
    mailbox: MailboxId,
    to: &MailboxName,
) -> Result<Vec<(MailboxId, MailboxName)>, StoreError> {
    let mut statement = cache
        .prepare_cached("SELECT id, name, delimiter FROM mailbox WHERE account = ?1")
        .doing("look for folders below one")?;
    let all: Vec<(MailboxId, Vec<u8>, u8)> = statement
        .query_map([account.get()], |row| {
            Ok((MailboxId::new(small(row.get(0)?)), row.get(1)?, row.get(2)?))
        })
        .and_then(Iterator::collect)
        .doing("look for folders below one")?;
    let own = all.iter().find(|(id, _, _)| *id == mailbox);
    let Some((_, from, delimiter)) = own.filter(|(_, name, _)| name != b"INBOX") else {
        return Ok(Vec::new());
    };
    let below = all.iter().filter_map(|(id, name, _)| {
        let rest = name.strip_prefix(from.as_slice())?;
        let is_below = *delimiter != 0 && rest.first() == Some(delimiter);
        (*id == mailbox || is_below).then(|| {
            let name = [to.raw(), rest].concat();
            (*id, MailboxName::from_raw(&name))
        })
    });
    Ok(below.collect())
}
