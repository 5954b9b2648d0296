//! Mail being written, in `state.db`. A draft goes only when what follows it is durable: the mail in the outbox, which
//! gives it back, or the server's word that it has the mail.

use rusqlite::{Connection, OptionalExtension, params};

use crate::channel::draft::{Base, Draft, DraftId, DraftRow, Revision, ServerCopy};
use crate::channel::error::StoreError;
use crate::channel::outbox::OutboxId;
use crate::mail::account::AccountId;
use crate::mail::composition::Composition;
use crate::mail::mailbox::MailboxId;
use crate::mail::safe_text::SafeText;
use crate::store::disk::sql::{Doing, now, small};
use crate::store::outgoing::draft_copies::holder_of;
use crate::store::outgoing::{draft_sources, given};
use crate::store::reader::Reader;

/// Drafts in a list at the most.
const MOST_ROWS: i64 = 1_000;

/// Keeps what was typed. A draft that is not as it was seen last (it was changed, sent or thrown away meanwhile) stays
/// what it is, and a new one is made; the same goes for a copy on the server that another draft has.
pub(super) fn save(
    state: &Connection,
    cache: &Connection,
    account: AccountId,
    base: Base,
    composition: &Composition,
    is_left: bool,
) -> Result<Revision, StoreError> {
    let json = serde_json::to_string(composition).map_err(|error| StoreError::Io {
        cause: format!("write a draft: {error}"),
    })?;
    let writing = Writing {
        json: &json,
        needs_copies: composition.is_formatted || is_made_of_messages(composition),
        is_left,
    };
    let saved = save_on(state, account, base, &writing)?;
    draft_sources::note(state, cache, saved.draft, composition)?;
    Ok(saved)
}

fn save_on(
    state: &Connection,
    account: AccountId,
    base: Base,
    writing: &Writing<'_>,
) -> Result<Revision, StoreError> {
    match base {
        Base::Draft(seen) => {
            if let Some(saved) = save_over(state, account, seen, writing)? {
                return Ok(saved);
            }
            let saved = insert(state, account, NO_COPY, writing)?;
            given::inherit(state, saved.draft, seen.draft)?;
            Ok(saved)
        }
        Base::Server(copy) if holder_of(state, copy)?.is_none() => {
            // It may become another account's at once, and its copy is to be removed by the one that has it.
            let home = account_of(state, copy.mailbox)?.unwrap_or(account);
            let saved = insert(state, home, copy, writing)?;
            Ok(save_over(state, account, saved, writing)?.unwrap_or(saved))
        }
        Base::New | Base::Server(_) => insert(state, account, NO_COPY, writing),
    }
}

/// What is saved.
struct Writing<'a> {
    json: &'a str,
    /// What is on the server may be all there is of something.
    needs_copies: bool,
    is_left: bool,
}

/// Whether something is attached that is fetched from its message when the mail is built.
fn is_made_of_messages(composition: &Composition) -> bool {
    let mut attachments = composition.attachments.iter();
    attachments.any(|attachment| attachment.source.message().is_some())
}

/// Whose mailbox it is; `None` where there is none of that number.
fn account_of(state: &Connection, mailbox: MailboxId) -> Result<Option<AccountId>, StoreError> {
    let found: Option<i64> = state
        .prepare_cached("SELECT account FROM mailbox WHERE id = ?1")
        .and_then(|mut statement| {
            let row = statement.query_row([mailbox.get()], |row| row.get(0));
            row.optional()
        })
        .doing("look for the account of a draft")?;
    Ok(found.map(|account| AccountId::new(small(account))))
}

fn insert(
    state: &Connection,
    account: AccountId,
    copy: ServerCopy,
    writing: &Writing<'_>,
) -> Result<Revision, StoreError> {
    state
        .prepare_cached(
            "INSERT INTO draft (account, composition, created, changed, revision, is_left, mailbox, uid_validity, uid)
             VALUES (?1, ?2, ?3, ?3, 1, ?4, ?5, ?6, ?7)",
        )
        .and_then(|mut statement| {
            let place = (copy.mailbox.get(), copy.validity, copy.uid);
            let (json, is_left) = (writing.json, writing.is_left);
            statement.execute(params![account.get(), json, now(), is_left, place.0, place.1, place.2])
        })
        .doing("save a draft")?;
    Ok(Revision {
        draft: DraftId(state.last_insert_rowid()),
        number: 1,
    })
}

const NO_COPY: ServerCopy = ServerCopy {
    mailbox: MailboxId::new(0),
    validity: 0,
    uid: 0,
};

/// Saves over a draft that is as it was seen; `None` where it is not. Text that is there already is no new revision.
fn save_over(
    state: &Connection,
    account: AccountId,
    seen: Revision,
    writing: &Writing<'_>,
) -> Result<Option<Revision>, StoreError> {
    leave_copies(state, seen, account, writing)?;
    let number: Option<i64> = state
        .prepare_cached(
            "UPDATE draft SET account = ?3, is_left = ?6, composition = ?4,
             revision = revision + (composition <> ?4),
             changed = CASE composition WHEN ?4 THEN changed ELSE ?5 END
             WHERE id = ?1 AND revision = ?2 AND outbox = 0 RETURNING revision",
        )
        .and_then(|mut statement| {
            let row = params![
                seen.draft.0,
                seen.number,
                account.get(),
                writing.json,
                now(),
                writing.is_left
            ];
            statement.query_row(row, |row| row.get(0)).optional()
        })
        .doing("save a draft")?;
    Ok(number.map(|number| Revision { number, ..seen }))
}

/// Has the copies of a draft that becomes another account's removed by the one on whose server they are; not where something
/// of such a copy is nowhere else.
fn leave_copies(
    state: &Connection,
    seen: Revision,
    to: AccountId,
    writing: &Writing<'_>,
) -> Result<(), StoreError> {
    const GO: &str =
        "INSERT INTO draft (account, outbox, mailbox, uid_validity, uid, base_id, base_hash, old_mailbox, old_validity,
         old_uid, copy_id, copy_hash) SELECT account, -1, mailbox, uid_validity, uid, base_id, base_hash, old_mailbox,
         old_validity, old_uid, copy_id, copy_hash FROM draft
         WHERE id = ?1 AND revision = ?2 AND outbox = 0 AND account <> ?3 AND (uid > 0 OR old_uid > 0 OR copy_id <> '')";
    const FORGET: &str =
        "UPDATE draft SET mailbox = 0, uid_validity = 0, uid = 0, old_mailbox = 0, old_validity = 0, old_uid = 0,
         copy_id = '', copied = 0, base_id = '' WHERE id = ?1 AND revision = ?2 AND outbox = 0 AND account <> ?3";
    let go = (!writing.needs_copies).then_some(GO);
    for sql in go.into_iter().chain([FORGET]) {
        state
            .prepare_cached(sql)
            .and_then(|mut statement| {
                statement.execute(params![seen.draft.0, seen.number, to.get()])
            })
            .doing("leave the copies of a draft")?;
    }
    Ok(())
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
/// thrown away meanwhile. The bytes of a mail that was given go with it.
pub(super) fn revive(
    state: &Connection,
    draft: DraftId,
    from: OutboxId,
    reason: &str,
) -> Result<bool, StoreError> {
    let is_back = state
        .prepare_cached(
            "UPDATE draft SET outbox = 0, reason = ?3 WHERE id = ?1 AND outbox IN (0, ?2)",
        )
        .and_then(|mut statement| statement.execute(params![draft.0, from.0, reason]))
        .map(|n_rows| n_rows > 0)
        .doing("give a draft back")?;
    given::take(state, draft, from)?;
    Ok(is_back)
}

/// Ends a draft that went into a mail which needs it no more; one that was given back stays.
pub(super) fn end(state: &Connection, draft: DraftId, of: OutboxId) -> Result<(), StoreError> {
    over(state, draft, of.0)
}

/// Throws a draft away that is as it was seen last; false where somebody has changed it since: then it stays.
pub(super) fn discard(state: &Connection, seen: Revision) -> Result<bool, StoreError> {
    let is_other = state
        .prepare_cached("SELECT 1 FROM draft WHERE id = ?1 AND outbox = 0 AND revision <> ?2")
        .and_then(|mut statement| statement.exists(params![seen.draft.0, seen.number]))
        .doing("look at a draft")?;
    if is_other {
        return Ok(false);
    }
    keep_formatted(state, seen.draft)?;
    over(state, seen.draft, 0)?;
    Ok(true)
}

/// Lets go of the server's copy where another program has formatted that: what was written here is thrown away, and no
/// more.
fn keep_formatted(state: &Connection, draft: DraftId) -> Result<(), StoreError> {
    state
        .prepare_cached(
            "UPDATE draft SET mailbox = 0, uid_validity = 0, uid = 0
             WHERE id = ?1 AND outbox = 0
             AND CASE WHEN json_valid(composition) THEN composition ->> 'is_formatted' ELSE 0 END",
        )
        .and_then(|mut statement| statement.execute([draft.0]))
        .map(|_| ())
        .doing("let go of a formatted draft")
}

/// Removes a draft; where the server has a copy, the row stays until that is removed too.
fn over(state: &Connection, draft: DraftId, outbox: i64) -> Result<(), StoreError> {
    for sql in [
        "DELETE FROM draft WHERE id = ?1 AND outbox = ?2 AND uid = 0 AND old_uid = 0 AND copy_id = ''",
        "UPDATE draft SET outbox = -1, composition = '', raw = x'' WHERE id = ?1 AND outbox = ?2",
    ] {
        state
            .prepare_cached(sql)
            .and_then(|mut statement| statement.execute([draft.0, outbox]))
            .doing("remove a draft")?;
    }
    draft_sources::forget(state, draft)
}

impl Reader {
    /// A draft with all that was typed; `None` where it is no draft (any more).
    ///
    /// # Errors
    /// What the disk said; a text that cannot be read.
    pub fn draft(&mut self, draft: DraftId) -> Result<Option<Draft>, StoreError> {
        let found: Option<(i64, i64, String)> = self
            .state
            .prepare_cached(
                "SELECT account, revision, composition FROM draft WHERE id = ?1 AND outbox = 0",
            )
            .and_then(|mut statement| {
                let row = statement
                    .query_row([draft.0], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)));
                row.optional()
            })
            .doing("read a draft")?;
        let Some((account, number, json)) = found else {
            return Ok(None);
        };
        Ok(Some(Draft {
            revision: Revision { draft, number },
            account: AccountId::new(small(account)),
            composition: parse(&json)?,
        }))
    }

    /// The drafts of the accounts in use, the one that was saved last first; at most a thousand.
    ///
    /// # Errors
    /// What the disk said.
    pub fn drafts(&mut self) -> Result<Vec<DraftRow>, StoreError> {
        all(&self.state)
    }
}

/// Has nobody type at any draft; at how many of the accounts in use somebody did.
pub(super) fn leave(state: &Connection) -> Result<usize, StoreError> {
    state
        .prepare_cached(
            "UPDATE draft SET is_left = 1 WHERE is_left = 0 AND outbox = 0
             AND account IN (SELECT id FROM account WHERE active = 1)",
        )
        .and_then(|mut statement| statement.execute([]))
        .doing("look for drafts that nobody types at")
}

/// The drafts of the accounts in use. One that cannot be read hides no other.
pub(super) fn all(state: &Connection) -> Result<Vec<DraftRow>, StoreError> {
    let mut statement = state
        .prepare_cached(
            "SELECT d.id, d.account, d.changed, d.reason, d.composition, d.revision FROM draft d JOIN account a
             ON a.id = d.account WHERE a.active = 1 AND d.outbox = 0 ORDER BY d.changed DESC, d.id DESC LIMIT ?1",
        )
        .doing("read the drafts")?;
    let mut rows = statement.query([MOST_ROWS]).doing("read the drafts")?;
    let mut drafts = Vec::new();
    while let Some(row) = rows.next().doing("read the drafts")? {
        let number = |at: usize| row.get::<_, i64>(at).doing("read the drafts");
        let text = |at: usize| row.get::<_, String>(at).doing("read the drafts");
        let (composition, reason) = match parse(&text(4)?) {
            Ok(composition) => (composition, text(3)?),
            Err(error) => (Composition::default(), error.to_string()),
        };
        drafts.push(DraftRow {
            id: DraftId(number(0)?),
            account: AccountId::new(small(number(1)?)),
            to: SafeText::line(&composition.to),
            subject: SafeText::line(&composition.subject),
            changed: number(2)?,
            revision: number(5)?,
            reason: SafeText::line(&reason),
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
