//! The numbers that `state.db` gives to mailboxes: a name keeps its number, and a mailbox that was renamed takes it along
//! where the server gives mailboxes an id of their own (RFC 8474).

use std::collections::BTreeMap;

use rusqlite::{Connection, params};

use crate::channel::error::StoreError;
use crate::mail::account::AccountId;
use crate::mail::mailbox::{MailboxId, MailboxName};
use crate::store::disk::sql::{Doing, small, transaction};
use crate::store::sync_state::ListedMailbox;

/// Gives every listed mailbox its number in `state.db`; a name that had one keeps it.
pub(super) fn number(
    state: &Connection,
    cache: &Connection,
    account: AccountId,
    listed: &[ListedMailbox],
) -> Result<Vec<(MailboxName, MailboxId)>, StoreError> {
    let renamed = renamed(cache, account, listed)?;
    transaction(state, |state| {
        rename(state, account, &renamed)?;
        let mut numbered = Vec::with_capacity(listed.len());
        for mailbox in listed {
            numbered.push((mailbox.name.clone(), of(state, account, &mailbox.name)?));
        }
        Ok(numbered)
    })
}

/// The number of a name, a new one where it has none, inside a transaction of the caller.
pub(in crate::store) fn of(
    state: &Connection,
    account: AccountId,
    name: &MailboxName,
) -> Result<MailboxId, StoreError> {
    let params = params![account.get(), name.raw()];
    state
        .prepare_cached(
            "INSERT INTO mailbox (account, name) VALUES (?1, ?2) ON CONFLICT DO NOTHING",
        )
        .and_then(|mut statement| statement.execute(params))
        .doing("number a mailbox")?;
    let id: i64 = state
        .prepare_cached("SELECT id FROM mailbox WHERE account = ?1 AND name = ?2")
        .and_then(|mut statement| statement.query_row(params, |row| row.get(0)))
        .doing("number a mailbox")?;
    Ok(MailboxId::new(small(id)))
}

/// Mailboxes that the cache knows under another name than the list gives to the same MAILBOXID, with the new name.
fn renamed(
    cache: &Connection,
    account: AccountId,
    listed: &[ListedMailbox],
) -> Result<Vec<(MailboxId, MailboxName)>, StoreError> {
    let mut by_id: BTreeMap<&str, Vec<&MailboxName>> = BTreeMap::new();
    for mailbox in listed
        .iter()
        .filter(|mailbox| !mailbox.object_id.is_empty())
    {
        by_id
            .entry(&mailbox.object_id)
            .or_default()
            .push(&mailbox.name);
    }
    if by_id.is_empty() {
        return Ok(Vec::new());
    }
    let mut statement = cache
        .prepare_cached(
            "SELECT id, name, object_id FROM mailbox WHERE account = ?1 AND object_id <> '' GROUP BY object_id
             HAVING count(*) = 1",
        )
        .doing("look for renamed mailboxes")?;
    let known: Vec<(i64, Vec<u8>, String)> = statement
        .query_map([account.get()], |row| {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?))
        })
        .and_then(Iterator::collect)
        .doing("look for renamed mailboxes")?;
    let moved = known.into_iter().filter_map(|(id, name, object_id)| {
        // An id that stands for several mailboxes says nothing.
        match by_id.get(object_id.as_str()).map(Vec::as_slice) {
            Some([now]) if now.raw() != name => Some((MailboxId::new(small(id)), (*now).clone())),
            _ => None,
        }
    });
    Ok(moved.collect())
}

/// Gives numbers other names. What had one of these names before, and is not renamed itself, was deleted: its number
/// stays, under a name that no mailbox can have, so that it never means another one.
pub(in crate::store) fn rename(
    state: &Connection,
    account: AccountId,
    renamed: &[(MailboxId, MailboxName)],
) -> Result<(), StoreError> {
    // Names may go round in a circle: first all are let go of.
    for (id, _) in renamed {
        state
            .prepare_cached(
                "UPDATE mailbox SET name = CAST(name || x'00' || id AS BLOB) WHERE id = ?1",
            )
            .and_then(|mut statement| statement.execute([id.get()]))
            .doing("rename a mailbox")?;
    }
    for (id, name) in renamed {
        state
            .prepare_cached(
                "UPDATE mailbox SET name = CAST(name || x'00' || id AS BLOB) WHERE account = ?1 AND name = ?2",
            )
            .and_then(|mut statement| statement.execute(params![account.get(), name.raw()]))
            .doing("let go of a mailbox name")?;
        state
            .prepare_cached("UPDATE mailbox SET name = ?2 WHERE id = ?1")
            .and_then(|mut statement| statement.execute(params![id.get(), name.raw()]))
            .doing("rename a mailbox")?;
    }
    Ok(())
}
