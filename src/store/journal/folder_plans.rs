//! Changes of folders that the server does not know of yet, for the folder pane.

use std::collections::BTreeMap;

use rusqlite::Connection;

use crate::channel::error::StoreError;
use crate::channel::operation::{Change, FolderChange};
use crate::channel::rows::FolderPlan;
use crate::mail::account::AccountId;
use crate::mail::mailbox::MailboxId;
use crate::mail::safe_text::SafeText;
use crate::store::disk::sql::{Doing, small};
use crate::store::journal::changes::{self, Columns};

/// What is to become of the mailboxes of an account; the last word on each.
pub(in crate::store) fn load(
    state: &Connection,
    account: AccountId,
) -> Result<BTreeMap<MailboxId, FolderPlan>, StoreError> {
    let mut statement = state
        .prepare_cached(&format!(
            "SELECT t.mailbox, {} FROM operation o JOIN operation_target t ON t.operation = o.id
             WHERE o.account = ?1 AND o.n_open > 0 AND o.kind IN ('create', 'rename', 'remove')
             AND t.message = 0 AND t.state IN (0, 4) ORDER BY o.id",
            changes::COLUMNS
        ))
        .doing("read changes of folders")?;
    let planned = statement
        .query_map([account.get()], |row| {
            let mailbox = MailboxId::new(small(row.get(0)?));
            Ok((mailbox, Columns::read(row, 1)?.change()))
        })
        .and_then(Iterator::collect::<rusqlite::Result<Vec<_>>>)
        .doing("read changes of folders")?;
    let mut plans = BTreeMap::new();
    for (mailbox, change) in planned {
        let Some(Change::Folder(change)) = change else {
            continue;
        };
        let plan = match change {
            FolderChange::Create { .. } => FolderPlan::Create,
            FolderChange::Rename { to, .. } => FolderPlan::Rename(SafeText::line(&to.display())),
            FolderChange::Delete { .. } => FolderPlan::Delete,
            FolderChange::Subscribe { .. } => continue,
        };
        plans.insert(mailbox, plan);
    }
    Ok(plans)
}
