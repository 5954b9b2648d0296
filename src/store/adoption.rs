//! What was written under an account whose name now means another login or host: it is seen under the new one. Nothing that was
//! not sent leaves by itself; the copy of what was sent is filed where Sent is now.

use rusqlite::{Connection, params};

use crate::channel::error::StoreError;
use crate::channel::outbox::OutboxId;
use crate::mail::account::AccountId;
use crate::store::disk::sql::{Doing, small};
use crate::store::outgoing::outbox;
use crate::store::outgoing::outbox_state::Cause;

/// Why a mail that waited is not sent.
const CHANGED: &str = "not sent: the account logs in as somebody else, or elsewhere, than when the mail was queued. Sent again, it goes from there";

/// Gives the drafts and the mail of all accounts that had this name to the one that has it now. Done at every start: another
/// process may still write under the old one.
pub(super) fn adopt(state: &Connection, name: &str, now: i64) -> Result<(), StoreError> {
    for old in earlier(state, name, now)? {
        // The process that was sending is gone, or will find that the mail is no longer its own before the final dot.
        outbox::abandon(state, AccountId::new(small(old)))?;
        for id in waiting(state, old)? {
            outbox::advance(state, id, Cause::Withhold, None, CHANGED, 0)?;
        }
        transfer(state, old, now)?;
    }
    Ok(())
}

/// Accounts of this name that are out of use and have something to give.
fn earlier(state: &Connection, name: &str, now: i64) -> Result<Vec<i64>, StoreError> {
    state
        .prepare_cached(
            "SELECT id FROM account a WHERE name = ?1 AND id <> ?2 AND active = 0
             AND (EXISTS (SELECT 1 FROM outbox WHERE account = a.id)
             OR EXISTS (SELECT 1 FROM draft WHERE account = a.id AND outbox >= 0)) ORDER BY id",
        )
        .and_then(|mut statement| {
            let rows = statement.query_map(params![name, now], |row| row.get(0))?;
            rows.collect()
        })
        .doing("find what was written under a login that was changed")
}

fn waiting(state: &Connection, account: i64) -> Result<Vec<OutboxId>, StoreError> {
    state
        .prepare_cached(
            "SELECT id FROM outbox WHERE account = ?1 AND state IN ('held', 'scheduled', 'queued') ORDER BY id",
        )
        .and_then(|mut statement| {
            let rows = statement.query_map([account], |row| row.get(0).map(OutboxId))?;
            rows.collect()
        })
        .doing("find mail of an account that changed")
}

/// Where things lie on the old server is forgotten: nobody can look or remove there. A draft counts as copied until it changes.
fn transfer(state: &Connection, old: i64, new: i64) -> Result<(), StoreError> {
    for sql in [
        "UPDATE outbox SET account = ?2, origin = 0, copy_validity = 0, copy_uid_next = 0, inbox_validity = 0,
         inbox_uid_next = 0 WHERE account = ?1",
        "UPDATE draft SET account = ?2, message = 0, mailbox = 0, uid_validity = 0, uid = 0, copied = revision,
         copy_id = '', copy_hash = x'', base_id = '', base_hash = x'', old_mailbox = 0, old_validity = 0, old_uid = 0,
         tried_at = 0, tries = 0 WHERE account = ?1 AND outbox >= 0",
    ] {
        state
            .prepare_cached(sql)
            .and_then(|mut statement| statement.execute(params![old, new]))
            .doing("give mail to the account as it is now")?;
    }
    Ok(())
}
