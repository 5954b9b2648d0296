//! What was written under an account whose name now means another login or host: it is seen under the new one, and nothing of
//! it leaves by itself.

use rusqlite::{Connection, params};

use crate::channel::error::StoreError;
use crate::channel::outbox::OutboxId;
use crate::store::outbox;
use crate::store::outbox_state::Cause;
use crate::store::sql::Doing;

/// Why a mail that waited is not sent.
const CHANGED: &str = "not sent: the account logs in as somebody else, or elsewhere, than when the mail was queued. Sent again, it goes from there";

/// Gives drafts and mail of the account `old` to `new`. What waited to be sent waits for the user's word; where a copy lies on
/// the old server is forgotten, as nobody can remove it there.
pub(super) fn adopt(state: &Connection, old: i64, new: i64) -> Result<(), StoreError> {
    for id in waiting(state, old)? {
        outbox::advance(state, id, Cause::Withhold, None, CHANGED, 0)?;
    }
    for sql in [
        // In `sending` and `committing` it belongs to a process that is at work with the old account.
        "UPDATE outbox SET account = ?2, origin = 0, copy_validity = 0, copy_uid_next = 0, inbox_validity = 0,
         inbox_uid_next = 0 WHERE account = ?1 AND state NOT IN ('sending', 'committing')",
        "UPDATE draft SET account = ?2, message = 0, mailbox = 0, uid_validity = 0, uid = 0, copied = 0, copy_id = '',
         old_mailbox = 0, old_validity = 0, old_uid = 0, tried_at = 0, tries = 0
         WHERE account = ?1 AND outbox >= 0",
    ] {
        state
            .prepare_cached(sql)
            .and_then(|mut statement| statement.execute(params![old, new]))
            .doing("give mail to the account as it is now")?;
    }
    Ok(())
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
