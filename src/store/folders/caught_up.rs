//! How far the flags of a mailbox are known while they come in pieces, the newest messages first.

use rusqlite::{Connection, params};

use crate::channel::error::StoreError;
use crate::mail::mailbox::MailboxId;
use crate::mail::uid::ModSeq;
use crate::store::disk::sql::{Doing, signed, small, unsigned};
use crate::store::sync_state::CaughtUp;

/// Rows of one mailbox; of more the second is given up, so that some flags are told once more.
const MOST: u32 = 16;

/// What was noted of a mailbox, the highest UIDs first.
pub(super) fn load(cache: &Connection, mailbox: MailboxId) -> Result<Vec<CaughtUp>, StoreError> {
    cache
        .prepare_cached("SELECT low, mod_seq FROM caught_up WHERE mailbox = ?1 ORDER BY low DESC")
        .and_then(|mut statement| {
            let rows = statement.query_map([mailbox.get()], |row| {
                Ok(CaughtUp {
                    low: small(row.get(0)?),
                    mod_seq: ModSeq::new(unsigned(row.get(1)?)),
                })
            })?;
            rows.collect()
        })
        .doing("read how far flags are known")
}

/// Notes that the flags from a UID on are known up to a mod-sequence. Where all are known as far, it says nothing.
pub(in crate::store) fn note(
    cache: &Connection,
    mailbox: MailboxId,
    caught_up: CaughtUp,
) -> Result<(), StoreError> {
    let (low, mod_seq) = (caught_up.low, signed(caught_up.mod_seq.get()));
    let is_news = cache
        .prepare_cached("SELECT 1 FROM mailbox WHERE id = ?1 AND mod_seq < ?2")
        .and_then(|mut statement| statement.exists(params![mailbox.get(), mod_seq]))
        .doing("note how far flags are known")?;
    if !is_news {
        return Ok(());
    }
    cache
        .prepare_cached("DELETE FROM caught_up WHERE mailbox = ?1 AND low > ?2")
        .and_then(|mut statement| statement.execute(params![mailbox.get(), low]))
        .doing("note how far flags are known")?;
    cache
        .prepare_cached(
            "INSERT OR REPLACE INTO caught_up (mailbox, low, mod_seq) VALUES (?1, ?2, ?3)",
        )
        .and_then(|mut statement| statement.execute(params![mailbox.get(), low, mod_seq]))
        .doing("note how far flags are known")?;
    cache
        .prepare_cached(
            "DELETE FROM caught_up WHERE mailbox = ?1 AND ?2 < (SELECT count(*) FROM caught_up WHERE mailbox = ?1)
             AND low = (SELECT low FROM caught_up WHERE mailbox = ?1 ORDER BY low DESC LIMIT 1 OFFSET 1)",
        )
        .and_then(|mut statement| statement.execute(params![mailbox.get(), MOST]))
        .map(|_| ())
        .doing("note how far flags are known")
}

/// Forgets what was noted up to a mod-sequence: as far all flags are known, or what was noted means nothing any more.
pub(super) fn forget(
    cache: &Connection,
    mailbox: MailboxId,
    up_to: ModSeq,
) -> Result<(), StoreError> {
    cache
        .prepare_cached("DELETE FROM caught_up WHERE mailbox = ?1 AND mod_seq <= ?2")
        .and_then(|mut statement| statement.execute(params![mailbox.get(), signed(up_to.get())]))
        .map(|_| ())
        .doing("forget how far flags are known")
}
