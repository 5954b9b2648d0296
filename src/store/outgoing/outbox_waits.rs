//! Mail of the outbox that waits: what may go now, what is put off, and what ends a wait.

use rusqlite::{Connection, OptionalExtension, ToSql, params};

use crate::channel::error::StoreError;
use crate::channel::outbox::OutboxId;
use crate::mail::account::AccountId;
use crate::store::disk::sql::{Doing, now};

/// Waits for another attempt that are over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Waits {
    /// For a server that could not be reached, or let nobody in. What a server has put off goes on waiting: who greylists
    /// means the time, not the connection.
    Unreached,
    /// All of them: the user wants it now.
    All,
}

/// Holds that are to end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Holds {
    /// All of an account, of operations and of mail: nobody looks at it.
    Account(AccountId),
    /// Of all operations, which can be taken back later as well, and of these mails: about another one the user may still be
    /// deciding, in another window.
    Own(Vec<OutboxId>),
}

/// Whether a mail may go at the moment `?2`. A moment in the past of a clock that was set back holds nothing up.
const IS_DUE: &str = "(state = 'scheduled' AND not_before <= ?2 \
                      OR state IN ('held', 'queued') AND NOT (changed <= ?2 AND ?2 < not_before))";

/// The oldest mail that may go now.
pub(super) fn due(state: &Connection, account: AccountId) -> Result<Option<OutboxId>, StoreError> {
    state
        .prepare_cached(&format!(
            "SELECT id FROM outbox WHERE account = ?1 AND {IS_DUE} ORDER BY id LIMIT 1"
        ))
        .and_then(|mut statement| {
            statement
                .query_row(params![account.get(), now()], |row| {
                    row.get(0).map(OutboxId)
                })
                .optional()
        })
        .doing("look for mail to be sent")
}

/// Ends waits for another attempt: what is queued, and copies to be filed, go with the next look. What was said of an
/// attempt to send is old then. Which mails are told of something new.
pub(super) fn hurry(
    state: &Connection,
    account: AccountId,
    waits: Waits,
) -> Result<Vec<OutboxId>, StoreError> {
    let sql = "UPDATE outbox SET not_before = CASE state WHEN 'uncertain' THEN changed ELSE 0 END,
               error = CASE state WHEN 'queued' THEN '' ELSE error END WHERE account = ?1
               AND (?2 OR state <> 'queued' OR attempts = 0)
               AND (state IN ('queued', 'accepted') AND not_before > 0 OR state = 'queued' AND error <> ''
               OR state = 'uncertain' AND not_before <> changed) RETURNING id";
    changed(
        state,
        sql,
        params![account.get(), waits == Waits::All],
        "hurry mail",
    )
}

/// Notes beside every mail that could go now why none goes, and when they are tried next, in seconds since the epoch (0
/// where no moment is known). Which mails are told of something new.
pub(super) fn put_off(
    state: &Connection,
    account: AccountId,
    words: &str,
    not_before: i64,
) -> Result<Vec<OutboxId>, StoreError> {
    let sql = format!(
        "UPDATE outbox SET state = 'queued', error = ?3, not_before = ?4 WHERE account = ?1 AND {IS_DUE}
         AND (state <> 'queued' OR error <> ?3 OR not_before <> ?4) RETURNING id"
    );
    let values = params![account.get(), now(), words, not_before];
    changed(state, &sql, values, "put mail off")
}

/// What held mail up is gone: those that say these words say none, and may go. Which they are.
pub(super) fn let_go(
    state: &Connection,
    account: AccountId,
    words: &str,
) -> Result<Vec<OutboxId>, StoreError> {
    let sql = "UPDATE outbox SET error = '', not_before = 0 WHERE account = ?1 AND state = 'queued'
               AND error = ?2 RETURNING id";
    changed(state, sql, params![account.get(), words], "let mail go")
}

/// Runs a statement that returns the numbers of the mails that it changed.
fn changed(
    state: &Connection,
    sql: &str,
    values: &[&dyn ToSql],
    what: &'static str,
) -> Result<Vec<OutboxId>, StoreError> {
    state
        .prepare_cached(sql)
        .and_then(|mut statement| {
            let ids = statement.query_map(values, |row| row.get(0).map(OutboxId))?;
            ids.collect()
        })
        .doing(what)
}

/// Ends holds of mail; how many there were.
pub(in crate::store) fn end_holds(state: &Connection, holds: &Holds) -> Result<usize, StoreError> {
    let (column, numbers) = match holds {
        Holds::Account(account) => ("account", vec![i64::from(account.get())]),
        Holds::Own(mails) => ("id", mails.iter().map(|mail| mail.0).collect()),
    };
    let sql = format!(
        "UPDATE outbox SET state = 'queued', not_before = 0, changed = ?1 WHERE state = 'held' AND {column} = ?2"
    );
    let mut ended = 0;
    for number in numbers {
        ended += state
            .prepare_cached(&sql)
            .and_then(|mut statement| statement.execute([now(), number]))
            .doing("end the holds of mail")?;
    }
    Ok(ended)
}
