//! Mail being written, in `state.db`. A draft goes only when what follows it is durable: the mail in the outbox, which
//! gives it back, or the server's word that it has the mail.

use rusqlite::{Connection, OptionalExtension, params};

use crate::channel::draft::{DraftId, DraftRow};
use crate::channel::error::StoreError;
use crate::channel::outbox::OutboxId;
use crate::mail::account::AccountId;
use crate::mail::composition::Composition;
use crate::mail::safe_text::SafeText;
use crate::store::reader::Reader;
use crate::store::sql::{Doing, now, small};

/// Drafts in a list at the most.
const MOST_ROWS: i64 = 1_000;

/// Keeps what was typed; under another number where `draft` is no draft any more.
pub(super) fn save(
    state: &Connection,
    account: AccountId,
    draft: Option<DraftId>,
    composition: &Composition,
) -> Result<DraftId, StoreError> {
    let json = serde_json::to_string(composition).map_err(|error| StoreError::Io {
        cause: format!("write a draft: {error}"),
    })?;
    let now = now();
    if let Some(draft) = draft {
        let n_rows = state
            .prepare_cached(
                "UPDATE draft SET account = ?2, composition = ?3, changed = ?4, revision = revision + 1
                 WHERE id = ?1 AND outbox = 0",
            )
            .and_then(|mut statement| {
                statement.execute(params![draft.0, account.get(), json, now])
            })
            .doing("save a draft")?;
        if n_rows > 0 {
            return Ok(draft);
        }
    }
    state
        .prepare_cached(
            "INSERT INTO draft (account, composition, created, changed, revision) VALUES (?1, ?2, ?3, ?3, 1)",
        )
        .and_then(|mut statement| statement.execute(params![account.get(), json, now]))
        .doing("save a draft")?;
    Ok(DraftId(state.last_insert_rowid()))
}

/// Puts a draft out of use: it went into a mail.
pub(super) fn seal(state: &Connection, draft: DraftId, into: OutboxId) -> Result<(), StoreError> {
    state
        .prepare_cached("UPDATE draft SET outbox = ?2 WHERE id = ?1")
        .and_then(|mut statement| statement.execute([draft.0, into.0]))
        .map(|_| ())
        .doing("seal a draft")
}

/// Puts a draft out of use that its mail gave back, unless it was worked on since: then it is another mail.
pub(super) fn seal_unchanged(
    state: &Connection,
    draft: DraftId,
    into: OutboxId,
) -> Result<(), StoreError> {
    state
        .prepare_cached(
            "UPDATE draft SET outbox = ?2, reason = '' WHERE id = ?1 AND outbox = 0
             AND revision = (SELECT revision FROM outbox WHERE id = ?2)",
        )
        .and_then(|mut statement| statement.execute([draft.0, into.0]))
        .map(|_| ())
        .doing("seal a draft")
}

/// Gives a draft back: its mail was not sent. `reason` says why, empty where the user wants it so. False where it was
/// thrown away meanwhile.
pub(super) fn revive(
    state: &Connection,
    draft: DraftId,
    from: OutboxId,
    reason: &str,
) -> Result<bool, StoreError> {
    state
        .prepare_cached(
            "UPDATE draft SET outbox = 0, reason = ?3 WHERE id = ?1 AND outbox IN (0, ?2)",
        )
        .and_then(|mut statement| statement.execute(params![draft.0, from.0, reason]))
        .map(|n_rows| n_rows > 0)
        .doing("give a draft back")
}

/// Ends a draft that went into a mail which needs it no more; one that was given back stays.
pub(super) fn end(state: &Connection, draft: DraftId, of: OutboxId) -> Result<(), StoreError> {
    over(state, draft, of.0)
}

/// Throws a draft away.
pub(super) fn discard(state: &Connection, draft: DraftId) -> Result<(), StoreError> {
    over(state, draft, 0)
}

/// Removes a draft; where the server has a copy, the row stays until that is removed too.
fn over(state: &Connection, draft: DraftId, outbox: i64) -> Result<(), StoreError> {
    for sql in [
        "DELETE FROM draft WHERE id = ?1 AND outbox = ?2 AND uid = 0 AND old_uid = 0 AND copy_id = ''",
        "UPDATE draft SET outbox = -1, composition = '' WHERE id = ?1 AND outbox = ?2",
    ] {
        state
            .prepare_cached(sql)
            .and_then(|mut statement| statement.execute([draft.0, outbox]))
            .doing("remove a draft")?;
    }
    Ok(())
}

impl Reader {
    /// A draft with all that was typed, and its account; `None` where it is no draft (any more).
    ///
    /// # Errors
    /// What the disk said.
    pub fn draft(
        &mut self,
        draft: DraftId,
    ) -> Result<Option<(AccountId, Composition)>, StoreError> {
        let found: Option<(i64, String)> = self
            .state
            .prepare_cached("SELECT account, composition FROM draft WHERE id = ?1 AND outbox = 0")
            .and_then(|mut statement| {
                statement
                    .query_row([draft.0], |row| Ok((row.get(0)?, row.get(1)?)))
                    .optional()
            })
            .doing("read a draft")?;
        let Some((account, json)) = found else {
            return Ok(None);
        };
        let composition = parse(&json)?;
        Ok(Some((AccountId::new(small(account)), composition)))
    }

    /// The drafts of the accounts in use, the one that was saved last first; at most a thousand.
    ///
    /// # Errors
    /// What the disk said.
    pub fn drafts(&mut self) -> Result<Vec<DraftRow>, StoreError> {
        all(&self.state)
    }
}

/// The drafts of the accounts in use.
pub(super) fn all(state: &Connection) -> Result<Vec<DraftRow>, StoreError> {
    let mut statement = state
        .prepare_cached(
            "SELECT d.id, d.account, d.changed, d.reason, d.composition FROM draft d JOIN account a
             ON a.id = d.account WHERE a.active = 1 AND d.outbox = 0 ORDER BY d.changed DESC, d.id DESC LIMIT ?1",
        )
        .doing("read the drafts")?;
    let mut rows = statement.query([MOST_ROWS]).doing("read the drafts")?;
    let mut drafts = Vec::new();
    while let Some(row) = rows.next().doing("read the drafts")? {
        let number = |at: usize| row.get::<_, i64>(at).doing("read the drafts");
        let text = |at: usize| row.get::<_, String>(at).doing("read the drafts");
        let composition = parse(&text(4)?)?;
        drafts.push(DraftRow {
            id: DraftId(number(0)?),
            account: AccountId::new(small(number(1)?)),
            to: SafeText::line(&composition.to),
            subject: SafeText::line(&composition.subject),
            changed: number(2)?,
            reason: SafeText::line(&text(3)?),
        });
    }
    Ok(drafts)
}

/// A row that an older version left has no text.
pub(super) fn parse(json: &str) -> Result<Composition, StoreError> {
    if json.is_empty() {
        return Ok(Composition::default());
    }
    serde_json::from_str(json).map_err(|error| StoreError::StateDamaged {
        cause: format!("a draft cannot be read: {error}"),
    })
}
