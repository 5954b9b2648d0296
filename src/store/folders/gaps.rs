//! Gaps: the UIDs of a mailbox whose headers are still to be fetched.

use rusqlite::{Connection, params};

use crate::channel::error::StoreError;
use crate::mail::mailbox::MailboxId;
use crate::mail::uid_set::UidSet;
use crate::store::disk::sql::{Doing, small};
use crate::store::folders;
use crate::store::sync_state::{Selected, SyncState};

/// The whole gap of a mailbox.
pub(super) fn load(cache: &Connection, mailbox: MailboxId) -> Result<UidSet, StoreError> {
    overlapping(cache, mailbox, 1, u32::MAX)
}

/// The ranges that touch `lo..=hi`, whole.
fn overlapping(
    cache: &Connection,
    mailbox: MailboxId,
    lo: u32,
    hi: u32,
) -> Result<UidSet, StoreError> {
    let mut set = UidSet::new();
    let mut statement = cache
        .prepare_cached(
            "SELECT lo, hi FROM gap WHERE mailbox = ?1 AND lo <= ?3 AND hi >= ?2 ORDER BY lo",
        )
        .doing("read a gap")?;
    let mut rows = statement
        .query(params![mailbox.get(), lo, hi])
        .doing("read a gap")?;
    while let Some(row) = rows.next().doing("read a gap")? {
        set.insert_range(
            small(row.get(0).doing("read a gap")?),
            small(row.get(1).doing("read a gap")?),
        );
    }
    Ok(set)
}

/// Whether nothing is missing.
pub(in crate::store) fn is_empty(
    cache: &Connection,
    mailbox: MailboxId,
) -> Result<bool, StoreError> {
    cache
        .prepare_cached("SELECT 1 FROM gap WHERE mailbox = ?1 LIMIT 1")
        .and_then(|mut statement| statement.exists([mailbox.get()]))
        .map(|some| !some)
        .doing("look for a gap")
}

/// Takes UIDs out of the gap: their headers are here, or they are gone.
pub(in crate::store) fn remove(
    cache: &Connection,
    mailbox: MailboxId,
    uids: &UidSet,
) -> Result<(), StoreError> {
    for (lo, hi) in uids.ranges() {
        let touched = overlapping(cache, mailbox, *lo, *hi)?;
        if touched.is_empty() {
            continue;
        }
        let mut rest = touched.clone();
        rest.remove_range(*lo, *hi);
        replace(cache, mailbox, &touched, &rest)?;
    }
    Ok(())
}

/// Adds UIDs to the gap.
pub(super) fn add(cache: &Connection, mailbox: MailboxId, uids: &UidSet) -> Result<(), StoreError> {
    for (lo, hi) in uids.ranges() {
        // One further on either side, so that adjacent ranges join.
        let touched = overlapping(cache, mailbox, lo.saturating_sub(1), hi.saturating_add(1))?;
        let mut all = touched.clone();
        all.insert_range(*lo, *hi);
        replace(cache, mailbox, &touched, &all)?;
    }
    Ok(())
}

/// Makes the gap exactly this.
pub(super) fn set(cache: &Connection, mailbox: MailboxId, uids: &UidSet) -> Result<(), StoreError> {
    cache
        .prepare_cached("DELETE FROM gap WHERE mailbox = ?1")
        .and_then(|mut statement| statement.execute([mailbox.get()]))
        .doing("clear a gap")?;
    replace(cache, mailbox, &UidSet::new(), uids)
}

fn replace(
    cache: &Connection,
    mailbox: MailboxId,
    old: &UidSet,
    new: &UidSet,
) -> Result<(), StoreError> {
    let mut delete = cache
        .prepare_cached("DELETE FROM gap WHERE mailbox = ?1 AND lo = ?2")
        .doing("shrink a gap")?;
    for (lo, _) in old.ranges() {
        delete
            .execute(params![mailbox.get(), lo])
            .doing("shrink a gap")?;
    }
    let mut insert = cache
        .prepare_cached("INSERT INTO gap (mailbox, lo, hi) VALUES (?1, ?2, ?3)")
        .doing("write a gap")?;
    for (lo, hi) in new.ranges() {
        insert
            .execute(params![mailbox.get(), lo, hi])
            .doing("write a gap")?;
    }
    Ok(())
}

/// Notes which UIDs SELECT shows to be missing; gives the one from which on nothing was known.
pub(super) fn after_select(
    cache: &Connection,
    mailbox: MailboxId,
    known: &SyncState,
    selected: &Selected,
) -> Result<u32, StoreError> {
    // Where the server does not say, every UID may be missing; a sync point cuts the set to size.
    let uid_next = selected
        .uid_next
        .unwrap_or(if selected.exists == 0 { 1 } else { u32::MAX });
    let is_same = known.validity == Some(selected.validity);
    // A lower UIDNEXT than the known one: that was not true, or the mailbox came out of a backup. What is here counts.
    let known_next = match selected.uid_next {
        Some(told) if is_same && told < known.uid_next => {
            highest_uid(cache, mailbox)?.saturating_add(1)
        }
        _ => known.uid_next,
    };
    if !is_same {
        set(
            cache,
            mailbox,
            &UidSet::from_range(1, uid_next.saturating_sub(1)),
        )?;
    } else if uid_next > known_next.max(1) {
        let fresh = UidSet::from_range(known_next.max(1), uid_next.saturating_sub(1));
        let here = folders::known_uids(cache, mailbox, known_next, i64::from(uid_next))?;
        add(cache, mailbox, &fresh.minus(&here))?;
    }
    Ok(known_next)
}

/// The highest UID whose header is here; 0 where there is none.
fn highest_uid(cache: &Connection, mailbox: MailboxId) -> Result<u32, StoreError> {
    cache
        .prepare_cached(
            "SELECT max((SELECT coalesce(max(uid), 0) FROM placement WHERE mailbox = ?1 AND uid > 0),
             (SELECT coalesce(max(uid), 0) FROM leaving WHERE mailbox = ?1 AND uid > 0))",
        )
        .and_then(|mut statement| statement.query_row([mailbox.get()], |row| row.get(0)))
        .doing("read the highest UID")
}
