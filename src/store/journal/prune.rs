//! Forgets operations of the journal that ended long ago. What is open or parked stays, however old it is; of what ended
//! enough is kept to undo it and to see what was done.

use rusqlite::{Connection, params};

use crate::channel::error::StoreError;
use crate::store::disk::sql::{Doing, now, transaction};

/// How long an operation is kept after it was recorded, seconds.
const KEPT_SECONDS: i64 = 30 * 24 * 3_600;
/// How many of the latest operations are kept at the most.
const KEPT_OPERATIONS: i64 = 10_000;
/// Operations forgotten in one step.
const STEP: i64 = 500;

/// Forgets what was sent long ago, and some operations; whether there may be more.
pub(in crate::store) fn step(state: &Connection) -> Result<bool, StoreError> {
    state
        .prepare_cached("DELETE FROM outbox WHERE state = 'sent-copy' AND changed < ?1")
        .and_then(|mut statement| statement.execute([now().saturating_sub(KEPT_SECONDS)]))
        .doing("forget mail that was sent")?;
    let mut statement = state
        .prepare_cached(
            "SELECT id FROM operation o WHERE n_open = 0
             AND (created < ?1 OR id <= (SELECT max(id) FROM operation) - ?2)
             AND NOT EXISTS (SELECT 1 FROM operation_target t WHERE t.operation = o.id AND t.state IN (0, 3, 4, 6))
             ORDER BY id LIMIT ?3",
        )
        .doing("find old operations")?;
    let oldest = now().saturating_sub(KEPT_SECONDS);
    let old: Vec<i64> = statement
        .query_map(params![oldest, KEPT_OPERATIONS, STEP], |row| row.get(0))
        .and_then(Iterator::collect)
        .doing("find old operations")?;
    if old.is_empty() {
        return Ok(false);
    }
    transaction(state, |state| {
        for sql in [
            "DELETE FROM operation_target WHERE operation = ?1",
            "DELETE FROM uid_map WHERE operation = ?1",
            "DELETE FROM operation WHERE id = ?1",
        ] {
            let mut delete = state.prepare_cached(sql).doing("forget an operation")?;
            for id in &old {
                delete.execute([id]).doing("forget an operation")?;
            }
        }
        Ok(())
    })?;
    Ok(true)
}
