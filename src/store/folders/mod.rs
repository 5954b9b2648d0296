//! Mailboxes: what LIST, STATUS and SELECT said of them.

pub(super) mod caught_up;
pub(super) mod folder_rows;
pub(super) mod folder_tree;
pub(super) mod gaps;
pub mod here;
pub(super) mod limits;
pub(super) mod listings;
pub(super) mod numbers;

use std::collections::BTreeSet;

use rusqlite::{Connection, OptionalExtension, params};

use crate::channel::error::StoreError;
use crate::mail::account::AccountId;
use crate::mail::mailbox::{MailboxId, MailboxName, Role};
use crate::mail::uid::{ModSeq, Uid, UidValidity};
use crate::mail::uid_set::UidSet;
use crate::store::disk::sql::{Doing, now, signed, small, unsigned};
use crate::store::sync_state::{ListedMailbox, MailboxStatus, Selected, SyncState};

/// Writes what LIST says and returns the mailboxes of the account that it does not name. INBOX is none of them: it is
/// always there. RFC 3501 §5.1.
pub(super) fn list(
    cache: &Connection,
    account: AccountId,
    listed: &[ListedMailbox],
    numbered: &[(MailboxName, MailboxId)],
) -> Result<Vec<MailboxId>, StoreError> {
    let mut insert = cache
        .prepare_cached(
            "INSERT INTO mailbox (id, account, name, delimiter, attributes, role, subscribed, selectable, namespace,
             prefix_bytes, object_id) VALUES (?1, ?2, ?3, ?4, ?5, ?6, coalesce(?7, 1), ?8, ?9, ?10, ?11)
             ON CONFLICT (id) DO UPDATE SET name = ?3, delimiter = ?4, attributes = ?5, role = ?6,
             subscribed = coalesce(?7, subscribed), selectable = ?8, namespace = ?9, prefix_bytes = ?10, is_unborn = 0,
             object_id = CASE ?11 WHEN '' THEN object_id ELSE ?11 END",
        )
        .doing("list a mailbox")?;
    for (mailbox, (_, id)) in listed.iter().zip(numbered) {
        insert
            .execute(params![
                id.get(),
                account.get(),
                mailbox.name.raw(),
                mailbox.delimiter.unwrap_or(0),
                mailbox.attributes.join(" "),
                mailbox.role.map_or("", Role::name),
                mailbox.subscribed,
                mailbox.selectable,
                mailbox.namespace.name(),
                signed(mailbox.prefix_bytes as u64),
                mailbox.object_id,
            ])
            .doing("list a mailbox")?;
    }
    let named: BTreeSet<MailboxId> = numbered.iter().map(|(_, id)| *id).collect();
    let mut gone: Vec<MailboxId> = ids_by(
        "SELECT id FROM mailbox WHERE account = ?1 AND name <> CAST('INBOX' AS BLOB)",
        cache,
        account,
    )?;
    let unborn = unborn(cache, account)?;
    gone.retain(|id| !named.contains(id) && !unborn.contains(id));
    Ok(gone)
}

/// The mailboxes of an account in the cache.
pub(super) fn ids(cache: &Connection, account: AccountId) -> Result<Vec<MailboxId>, StoreError> {
    ids_by("SELECT id FROM mailbox WHERE account = ?1", cache, account)
}

/// The mailboxes of an account that only an open operation makes.
pub(super) fn unborn(
    cache: &Connection,
    account: AccountId,
) -> Result<BTreeSet<MailboxId>, StoreError> {
    ids_by(
        "SELECT id FROM mailbox WHERE account = ?1 AND is_unborn = 1",
        cache,
        account,
    )
}

fn ids_by<C: FromIterator<MailboxId>>(
    sql: &str,
    cache: &Connection,
    account: AccountId,
) -> Result<C, StoreError> {
    cache
        .prepare_cached(sql)
        .and_then(|mut statement| {
            let rows = statement.query_map([account.get()], |row| row.get(0))?;
            rows.map(|id| id.map(|id| MailboxId::new(small(id))))
                .collect()
        })
        .doing("read mailboxes")
}

/// The name of a mailbox; `None` for an unknown one.
pub(super) fn name(
    cache: &Connection,
    mailbox: MailboxId,
) -> Result<Option<MailboxName>, StoreError> {
    cache
        .prepare_cached("SELECT name FROM mailbox WHERE id = ?1")
        .and_then(|mut statement| {
            statement
                .query_row([mailbox.get()], |row| row.get::<_, Vec<u8>>(0))
                .optional()
        })
        .map(|name| name.map(|name| MailboxName::from_raw(&name)))
        .doing("read the name of a mailbox")
}

/// Whose a mailbox is; `None` for an unknown one.
pub(super) fn account(
    cache: &Connection,
    mailbox: MailboxId,
) -> Result<Option<AccountId>, StoreError> {
    cache
        .prepare_cached("SELECT account FROM mailbox WHERE id = ?1")
        .and_then(|mut statement| {
            statement
                .query_row([mailbox.get()], |row| row.get::<_, i64>(0))
                .optional()
        })
        .map(|account| account.map(|account| AccountId::new(small(account))))
        .doing("look whose a mailbox is")
}

/// Removes the row of a mailbox whose placements are gone already.
pub(super) fn remove(cache: &Connection, mailbox: MailboxId) -> Result<(), StoreError> {
    for sql in [
        "DELETE FROM gap WHERE mailbox = ?1",
        "DELETE FROM caught_up WHERE mailbox = ?1",
        "DELETE FROM unbound WHERE mailbox = ?1",
        "DELETE FROM keyword WHERE mailbox = ?1",
        "DELETE FROM member WHERE mailbox = ?1",
        "DELETE FROM mailbox WHERE id = ?1",
    ] {
        cache
            .prepare_cached(sql)
            .and_then(|mut statement| statement.execute([mailbox.get()]))
            .doing("remove a mailbox")?;
    }
    Ok(())
}

/// Keeps a STATUS response; what it does not say keeps its former value, and UIDNEXT falls under another UIDVALIDITY
/// only: a lower one was overtaken on its way. False for an unknown mailbox.
pub(super) fn status(
    cache: &Connection,
    mailbox: MailboxId,
    status: &MailboxStatus,
) -> Result<bool, StoreError> {
    let n_rows = cache
        .prepare_cached(
            "UPDATE mailbox SET status_messages = coalesce(?2, status_messages),
             status_unseen = coalesce(?3, status_unseen), status_uid_next = CASE WHEN ?5 <> status_uid_validity
             THEN coalesce(?4, 0) ELSE max(status_uid_next, coalesce(?4, 0)) END,
             status_uid_validity = coalesce(?5, status_uid_validity), status_mod_seq = coalesce(?6, status_mod_seq)
             WHERE id = ?1",
        )
        .and_then(|mut statement| {
            statement.execute(params![
                mailbox.get(),
                status.messages.map(signed),
                status.unseen.map(signed),
                status.uid_next,
                status.uid_validity.map(UidValidity::get),
                status.highest_mod_seq.map(|mod_seq| signed(mod_seq.get())),
            ])
        })
        .doing("keep a status")?;
    Ok(n_rows > 0)
}

/// The UIDVALIDITY of a mailbox's placements; `None` while never selected. `Gone` for an unknown mailbox.
pub(super) fn validity(
    cache: &Connection,
    mailbox: MailboxId,
) -> Result<Option<UidValidity>, StoreError> {
    cache
        .prepare_cached("SELECT uid_validity FROM mailbox WHERE id = ?1")
        .and_then(|mut statement| {
            statement
                .query_row([mailbox.get()], |row| row.get::<_, i64>(0))
                .optional()
        })
        .doing("read a UIDVALIDITY")?
        .map(|validity| UidValidity::new(small(validity)))
        .ok_or(StoreError::Gone)
}

/// Keeps a SELECT response. Placements of another UIDVALIDITY must be aside already.
pub(super) fn select(
    cache: &Connection,
    mailbox: MailboxId,
    selected: &Selected,
) -> Result<(), StoreError> {
    let known = sync_state(cache, mailbox)?;
    let is_same = known.validity == Some(selected.validity);
    let known_next = gaps::after_select(cache, mailbox, &known, selected)?;
    // A lower mod-sequence than the known one: the server lost its history, so flags are read in full (trap 8).
    let goes_on = is_same && selected.highest_mod_seq >= known.highest_told();
    let mod_seq = if goes_on { known.mod_seq.get() } else { 0 };
    if !goes_on {
        caught_up::forget(cache, mailbox, ModSeq::new(u64::MAX))?;
    }
    if is_same && mod_seq == 0 && selected.highest_mod_seq.max(known.highest_told()).get() > 0 {
        forget_mod_seqs(cache, mailbox, selected.highest_mod_seq)?;
    }
    // Without UIDNEXT nothing can be said of UIDs to come: the next sync point tells.
    let uid_next = match selected.uid_next {
        Some(uid_next) if is_same => uid_next.max(known_next),
        Some(uid_next) => uid_next,
        None if is_same => known.uid_next,
        None => 0,
    };
    cache
        .prepare_cached(
            "UPDATE mailbox SET uid_validity = ?2, uid_next = ?3, mod_seq = ?4, read_only = ?5, status_messages = ?6,
             present = CASE WHEN ?7 THEN present ELSE -1 END, synced_at = CASE WHEN ?7 THEN synced_at ELSE 0 END,
             status_unseen = CASE WHEN ?7 THEN status_unseen ELSE -1 END WHERE id = ?1",
        )
        .and_then(|mut statement| {
            statement.execute(params![
                mailbox.get(),
                selected.validity.get(),
                uid_next,
                signed(mod_seq),
                selected.read_only,
                selected.exists,
                is_same || known.validity.is_none(),
            ])
        })
        .doing("keep a selection")?;
    keywords(cache, mailbox, selected.permanent_flags.as_deref())
}

/// Forgets mod-sequences that the server does not know any more: what it says under a lower one is the newest.
fn forget_mod_seqs(
    cache: &Connection,
    mailbox: MailboxId,
    highest: ModSeq,
) -> Result<(), StoreError> {
    for sql in [
        "UPDATE placement SET mod_seq = 0 WHERE mailbox = ?1 AND mod_seq > ?2",
        "UPDATE leaving SET mod_seq = 0 WHERE mailbox = ?1 AND uid > 0 AND mod_seq > ?2",
    ] {
        cache
            .prepare_cached(sql)
            .and_then(|mut statement| {
                statement.execute(params![mailbox.get(), signed(highest.get())])
            })
            .doing("forget mod-sequences")?;
    }
    Ok(())
}

fn keywords(
    cache: &Connection,
    mailbox: MailboxId,
    permanent: Option<&[String]>,
) -> Result<(), StoreError> {
    cache
        .prepare_cached("DELETE FROM keyword WHERE mailbox = ?1")
        .and_then(|mut statement| statement.execute([mailbox.get()]))
        .doing("keep the keywords")?;
    for name in permanent.unwrap_or_default().iter().take(1_000) {
        cache
            .prepare_cached(
                "INSERT INTO keyword (mailbox, name) VALUES (?1, ?2) ON CONFLICT DO NOTHING",
            )
            .and_then(|mut statement| statement.execute(params![mailbox.get(), name]))
            .doing("keep the keywords")?;
    }
    Ok(())
}

/// Notes a sync point. One with lower numbers than are known was overtaken by another lane's: what came since stays.
pub(super) fn sync_point(
    cache: &Connection,
    mailbox: MailboxId,
    uid_next: u32,
    mod_seq: u64,
    exists: u32,
) -> Result<(), StoreError> {
    let known: Option<(u32, i64)> = cache
        .prepare_cached("SELECT uid_next, mod_seq FROM mailbox WHERE id = ?1")
        .and_then(|mut statement| {
            statement
                .query_row([mailbox.get()], |row| Ok((row.get(0)?, row.get(1)?)))
                .optional()
        })
        .doing("read a sync point")?;
    let known = known.unwrap_or_default();
    let (uid_next, mod_seq) = (uid_next.max(known.0), mod_seq.max(unsigned(known.1)));
    if uid_next > 0 {
        // There is nothing at or above UIDNEXT that could be missing.
        gaps::remove(cache, mailbox, &UidSet::from_range(uid_next, u32::MAX))?;
    }
    cache
        .prepare_cached(
            "UPDATE mailbox SET uid_next = ?2, mod_seq = ?3, present = ?4, status_messages = ?4,
             synced_at = ?5 WHERE id = ?1",
        )
        .and_then(|mut statement| {
            statement.execute(params![
                mailbox.get(),
                uid_next,
                signed(mod_seq),
                exists,
                now()
            ])
        })
        .doing("keep a sync point")?;
    caught_up::forget(cache, mailbox, ModSeq::new(mod_seq))
}

/// How far a mailbox is known.
pub(super) fn sync_state(cache: &Connection, mailbox: MailboxId) -> Result<SyncState, StoreError> {
    let found = cache
        .prepare_cached(
            "SELECT uid_validity, uid_next, mod_seq, n_server_headers, present FROM mailbox WHERE id = ?1",
        )
        .and_then(|mut statement| {
            statement
                .query_row([mailbox.get()], |row| {
                    Ok(SyncState {
                        validity: UidValidity::new(small(row.get(0)?)),
                        uid_next: small(row.get(1)?),
                        mod_seq: ModSeq::new(unsigned(row.get(2)?)),
                        gap: UidSet::new(),
                        caught_up: Vec::new(),
                        n_headers: unsigned(row.get(3)?),
                        exists: u64::try_from(row.get::<_, i64>(4)?).ok(),
                    })
                })
                .optional()
        })
        .doing("read a sync state")?;
    let mut state = found.ok_or(StoreError::Gone)?;
    state.gap = gaps::load(cache, mailbox)?;
    state.caught_up = caught_up::load(cache, mailbox)?;
    Ok(state)
}

/// The UIDs from `low` to below `end` whose headers are here, those of messages that are leaving included.
pub(super) fn known_uids(
    cache: &Connection,
    mailbox: MailboxId,
    low: u32,
    end: i64,
) -> Result<UidSet, StoreError> {
    let read = |sql: &str| {
        let mut statement = cache.prepare_cached(sql).doing("read UIDs")?;
        let rows = statement
            .query_map(params![mailbox.get(), low, end], |row| row.get::<_, i64>(0))
            .doing("read UIDs")?;
        let mut set = UidSet::new();
        for uid in rows {
            if let Some(uid) = Uid::new(small(uid.doing("read UIDs")?)) {
                set.insert(uid);
            }
        }
        Ok(set)
    };
    let mut set = read(
        "SELECT uid FROM placement WHERE mailbox = ?1 AND uid >= ?2 AND uid < ?3 AND uid > 0 ORDER BY uid",
    )?;
    let leaving = read(
        "SELECT uid FROM leaving WHERE mailbox = ?1 AND uid >= ?2 AND uid < ?3 AND uid > 0 AND is_gone = 0
         ORDER BY uid",
    )?;
    set.merge(&leaving);
    Ok(set)
}
