//! Mail on its way out, in `state.db`: every move of a mail is one transaction, and none that the table in `outbox_state`
//! does not know. Its bytes never change once they are here.

use openssl::sha::sha256;
use rusqlite::{Connection, OptionalExtension, params};

use crate::channel::draft::DraftId;
use crate::channel::error::StoreError;
use crate::channel::outbox::{OutboxId, OutboxState, Outgoing};
use crate::mail::account::AccountId;
use crate::mail::composition::OriginKind;
use crate::store::disk::sql::{Doing, now, signed};
use crate::store::outgoing::drafts;
use crate::store::outgoing::outbox_rows::{self, Floors, code, state_of};
use crate::store::outgoing::outbox_state::{Cause, Next, next};
use crate::store::outgoing::outbox_waits::due;

/// Why a mail whose bytes changed on this disk is not sent.
const CHANGED: &str =
    "the mail on this disk is not the one that was to be sent; nothing of it was sent";

/// A mail as its transition needs it.
struct Known {
    state: OutboxState,
    draft: DraftId,
    attempts: u32,
}

fn known(state: &Connection, id: OutboxId) -> Result<Option<Known>, StoreError> {
    state
        .prepare_cached("SELECT state, draft, attempts FROM outbox WHERE id = ?1")
        .and_then(|mut statement| {
            statement
                .query_row([id.0], |row| {
                    Ok(Known {
                        state: state_of(row.get_ref(0)?.as_str()?),
                        draft: DraftId(row.get(1)?),
                        attempts: row.get(2)?,
                    })
                })
                .optional()
        })
        .doing("read a mail of the outbox")
}

/// Puts a mail into the outbox and its draft out of use: the mail is there and the draft is not, or neither. Where it
/// was written without a draft it gets one, to be taken back into.
pub(super) fn queue(
    state: &Connection,
    cache: &Connection,
    mail: &Outgoing,
) -> Result<(OutboxId, i64), StoreError> {
    let now = now();
    let (stands, not_before) = match mail.not_before {
        Some(at) => (OutboxState::Scheduled, at),
        None if mail.hold_seconds == 0 => (OutboxState::Queued, 0),
        None => (
            OutboxState::Held,
            now.saturating_add(i64::from(mail.hold_seconds)),
        ),
    };
    let built = &mail.built;
    let copy: &[u8] = if built.copy == built.wire {
        &[]
    } else {
        &built.copy
    };
    let origin = mail.origin.as_ref();
    state
        .prepare_cached(
            "INSERT INTO outbox (account, message_id, sender, recipients, subject, state, not_before, created, changed,
             raw, hash, copy, needs_smtputf8, is_given, origin, is_forward)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15)",
        )
        .and_then(|mut statement| {
            statement.execute(params![
                mail.account.get(),
                built.message_id,
                built.sender,
                built.recipients.join("\n"),
                built.subject,
                code(stands),
                not_before,
                now,
                built.wire,
                sha256(&built.wire),
                copy,
                built.needs_smtputf8,
                built.is_given,
                origin.map_or(0, |origin| signed(origin.message.get())),
                origin.is_some_and(|origin| origin.kind == OriginKind::Forward),
            ])
        })
        .doing("put a mail into the outbox")?;
    let id = OutboxId(state.last_insert_rowid());
    if let Some(composition) = &mail.composition {
        let saved = drafts::save(state, cache, mail.account, mail.base, composition, true)?;
        let draft = saved.draft;
        supersede(state, draft)?;
        drafts::seal(state, draft, id)?;
        note_draft(state, id, draft)?;
    }
    Ok((id, not_before))
}

/// A refused mail that was mended is in the outbox as the new one only.
fn supersede(state: &Connection, draft: DraftId) -> Result<(), StoreError> {
    state
        .prepare_cached("DELETE FROM outbox WHERE draft = ?1 AND state = 'failed'")
        .and_then(|mut statement| statement.execute([draft.0]))
        .map(|_| ())
        .doing("forget a mail that was mended")
}

fn note_draft(state: &Connection, id: OutboxId, draft: DraftId) -> Result<(), StoreError> {
    state
        .prepare_cached(
            "UPDATE outbox SET draft = ?2, revision = (SELECT revision FROM draft WHERE id = ?2) WHERE id = ?1",
        )
        .and_then(|mut statement| statement.execute([id.0, draft.0]))
        .map(|_| ())
        .doing("note the draft of a mail")
}

/// Moves a mail on as the table says, with its draft; what became of it, `None` where the cause came too late or the
/// attempt is not the last one. `words` say what went wrong, `not_before` when it may go again.
pub(in crate::store) fn advance(
    state: &Connection,
    id: OutboxId,
    cause: Cause,
    attempt: Option<u32>,
    words: &str,
    not_before: i64,
) -> Result<Option<Next>, StoreError> {
    let Some(known) = known(state, id)? else {
        return Ok(None);
    };
    if attempt.is_some_and(|attempt| attempt != known.attempts) {
        return Ok(None);
    }
    let Some(mut becomes) = next(known.state, cause) else {
        return Ok(None);
    };
    let is_written = known.draft.0 != 0;
    if becomes == Next::Draft && !is_written {
        if known.state != OutboxState::Held {
            return Ok(None); // Its bytes are all there is of it.
        }
        becomes = Next::Gone; // A hold is there to be ended: what was bounced must not leave.
    }
    match becomes {
        Next::Draft => {
            if !drafts::revive(state, known.draft, id, "")? {
                return Ok(None);
            }
            remove(state, id)?;
        }
        Next::Gone => {
            // Nobody knows whether it was sent: the mail is given up, its text is not.
            if known.state == OutboxState::Uncertain {
                drafts::revive(state, known.draft, id, GIVEN_UP)?;
            }
            drafts::end(state, known.draft, id)?;
            remove(state, id)?;
        }
        Next::State(stands) => {
            set(state, id, stands, words, not_before)?;
            match stands {
                OutboxState::Failed if is_written => {
                    drafts::revive(state, known.draft, id, words)?;
                }
                OutboxState::Accepted | OutboxState::Sent => drafts::end(state, known.draft, id)?,
                OutboxState::Queued if cause == Cause::Retry && is_written => {
                    // A draft that was changed since is another mail.
                    drafts::seal_unchanged(state, known.draft, id)?;
                }
                _ => {}
            }
            if stands == OutboxState::Sent {
                drop_bytes(state, id)?;
            }
        }
    }
    Ok(Some(becomes))
}

/// Whether a mail could be taken back, were there a draft to make of it.
pub(super) fn is_all_there_is(state: &Connection, id: OutboxId) -> Result<bool, StoreError> {
    let is_whole = |mail: Known| mail.draft.0 == 0 && next(mail.state, Cause::TakeBack).is_some();
    Ok(known(state, id)?.is_some_and(is_whole))
}

fn set(
    state: &Connection,
    id: OutboxId,
    stands: OutboxState,
    words: &str,
    not_before: i64,
) -> Result<(), StoreError> {
    state
        .prepare_cached(
            "UPDATE outbox SET state = ?2, error = ?3, not_before = ?4, changed = ?5 WHERE id = ?1",
        )
        .and_then(|mut statement| {
            statement.execute(params![id.0, code(stands), words, not_before, now()])
        })
        .map(|_| ())
        .doing("move a mail on")
}

fn remove(state: &Connection, id: OutboxId) -> Result<(), StoreError> {
    state
        .prepare_cached("DELETE FROM outbox WHERE id = ?1")
        .and_then(|mut statement| statement.execute([id.0]))
        .map(|_| ())
        .doing("take a mail out of the outbox")
}

/// The row stays to be seen; the bytes are on the server.
fn drop_bytes(state: &Connection, id: OutboxId) -> Result<(), StoreError> {
    state
        .prepare_cached("UPDATE outbox SET raw = x'', copy = x'' WHERE id = ?1")
        .and_then(|mut statement| statement.execute([id.0]))
        .map(|_| ())
        .doing("forget the bytes of a mail")
}

/// Notes words beside a mail that stands as it did, and when it is looked at again.
pub(super) fn remark(
    state: &Connection,
    id: OutboxId,
    words: &str,
    not_before: i64,
) -> Result<(), StoreError> {
    state
        .prepare_cached("UPDATE outbox SET error = ?2, not_before = ?3 WHERE id = ?1")
        .and_then(|mut statement| statement.execute(params![id.0, words, not_before]))
        .map(|_| ())
        .doing("note words about a mail")
}

/// Claims the next mail of an account that may go now: it is in `sending`, durably, before anything of it leaves. A mail
/// whose bytes are not what was queued is refused instead, and the next one is looked for. The floors
/// of the first attempt are kept.
pub(super) fn claim(
    state: &Connection,
    account: AccountId,
    floors: Floors,
    refused: &mut Vec<OutboxId>,
) -> Result<Option<OutboxId>, StoreError> {
    while let Some(id) = due(state, account)? {
        advance(state, id, Cause::Claim, None, "", 0)?;
        state
            .prepare_cached(
                "UPDATE outbox SET attempts = attempts + 1,
                 copy_validity = CASE WHEN attempts = 0 THEN ?2 ELSE copy_validity END,
                 copy_uid_next = CASE WHEN attempts = 0 THEN ?3 ELSE copy_uid_next END,
                 inbox_validity = CASE WHEN attempts = 0 THEN ?4 ELSE inbox_validity END,
                 inbox_uid_next = CASE WHEN attempts = 0 THEN ?5 ELSE inbox_uid_next END WHERE id = ?1",
            )
            .and_then(|mut statement| {
                let (sent, inbox) = (floors.sent, floors.inbox);
                statement.execute(params![id.0, sent.0, sent.1, inbox.0, inbox.1])
            })
            .doing("claim a mail")?;
        if is_whole(state, id)? {
            return Ok(Some(id));
        }
        advance(state, id, Cause::Refuse, None, CHANGED, 0)?;
        refused.push(id);
    }
    Ok(None)
}

fn is_whole(state: &Connection, id: OutboxId) -> Result<bool, StoreError> {
    let (raw, hash): (Vec<u8>, Vec<u8>) = state
        .prepare_cached("SELECT raw, hash FROM outbox WHERE id = ?1")
        .and_then(|mut statement| statement.query_row([id.0], |row| Ok((row.get(0)?, row.get(1)?))))
        .doing("check a mail of the outbox")?;
    Ok(sha256(&raw).as_slice() == hash)
}

/// Notes of every mail of an account that the server has and whose copy is due that none is wanted.
pub(super) fn file_none(
    state: &Connection,
    account: AccountId,
) -> Result<Vec<OutboxId>, StoreError> {
    let mut filed = Vec::new();
    while let Some(mail) = outbox_rows::unfiled(state, account)? {
        advance(state, mail.id, Cause::File, None, "", 0)?;
        filed.push(mail.id);
    }
    Ok(filed)
}

/// What an engine left behind that is gone: nothing of it left, or nobody knows.
pub(in crate::store) fn abandon(
    state: &Connection,
    account: AccountId,
) -> Result<Vec<OutboxId>, StoreError> {
    let mut statement = state
        .prepare_cached(
            "SELECT id FROM outbox WHERE account = ?1 AND state IN ('sending', 'committing') ORDER BY id",
        )
        .doing("look for mail that was being sent")?;
    let left: Vec<OutboxId> = statement
        .query_map([account.get()], |row| row.get(0).map(OutboxId))
        .and_then(Iterator::collect)
        .doing("look for mail that was being sent")?;
    for id in &left {
        advance(state, *id, Cause::Abandon, None, UNKNOWN, now())?;
    }
    Ok(left)
}

/// Why a mail is uncertain after a crash.
const UNKNOWN: &str = "Sterna ended before the server had answered; it may have the mail or not";

/// What is said of the draft of an uncertain mail that was given up.
const GIVEN_UP: &str = "it may have been sent: nobody knows";

/// The draft of a mail; `None` where it is not in the outbox or has none.
pub(super) fn draft(state: &Connection, id: OutboxId) -> Result<Option<DraftId>, StoreError> {
    let known = known(state, id)?;
    Ok(known.map(|known| known.draft).filter(|draft| draft.0 != 0))
}
