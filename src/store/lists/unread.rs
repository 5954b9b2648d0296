//! The next unread message of a list, and of the lists after it: a look into an index, however many rows lie between; and
//! how many unread ones several lists have in common.

use std::collections::HashSet;

use rusqlite::{Connection, params};

use crate::channel::error::StoreError;
use crate::channel::rows::{RowKey, UnreadQuery};
use crate::mail::account::AccountId;
use crate::mail::mailbox::MailboxId;
use crate::store::disk::sql::{Doing, signed};
use crate::store::lists::window::{Found, Hits, hits, read_key};

/// Finds the first unread message in the order of the query; `None` where there is none.
pub(in crate::store) fn next(
    cache: &Connection,
    found: &mut Found,
    query: &UnreadQuery,
) -> Result<Option<(MailboxId, RowKey)>, StoreError> {
    let mut after = query.after;
    for (index, mailbox) in query.mailboxes.iter().enumerate() {
        let limit = if index == 0 { query.limit.as_str() } else { "" };
        let hits = hits(cache, found, *mailbox, limit)?;
        if let Some(key) = beyond(cache, *mailbox, after.take(), query.down, hits)? {
            return Ok(Some((*mailbox, key)));
        }
    }
    Ok(None)
}

/// The first unread message of one list beyond a place, or from its end on.
fn beyond(
    cache: &Connection,
    mailbox: MailboxId,
    after: Option<RowKey>,
    down: bool,
    hits: Option<&Hits>,
) -> Result<Option<RowKey>, StoreError> {
    let sql = if down {
        "SELECT internal_date, uid, message FROM placement
         WHERE mailbox = ?1 AND flags & 1 = 0 AND (internal_date, uid, message) < (?2, ?3, ?4)
         ORDER BY internal_date DESC, uid DESC, message DESC"
    } else {
        "SELECT internal_date, uid, message FROM placement
         WHERE mailbox = ?1 AND flags & 1 = 0 AND (internal_date, uid, message) > (?2, ?3, ?4)
         ORDER BY internal_date, uid, message"
    };
    let end = if down { i64::MAX } else { i64::MIN };
    let (date, uid, message) = after.map_or((end, end, end), |key| {
        let message = signed(key.message.get());
        (key.internal_date, i64::from(key.uid), message)
    });
    let mut statement = cache.prepare_cached(sql).doing("look for unread mail")?;
    let mut rows = statement
        .query(params![mailbox.get(), date, uid, message])
        .doing("look for unread mail")?;
    while let Some(row) = rows.next().doing("look for unread mail")? {
        let key = read_key(row).doing("look for unread mail")?;
        let fits = |key: &RowKey| hits.is_none_or(|hits| hits.has(*key));
        if let Some(key) = key.filter(fits) {
            return Ok(Some(key));
        }
    }
    Ok(None)
}

/// How often unread messages are placed again in further mailboxes of these: what a sum of their counts has too much.
/// Looks only where a server says which messages are the same (`X-GM-MSGID`, `EMAILID`); takes time in proportion to the
/// unread messages.
pub(in crate::store) fn n_repeated(
    cache: &Connection,
    account: AccountId,
    mailboxes: &[MailboxId],
) -> Result<u64, StoreError> {
    const DOING: &str = "count unread mail";
    let tells_same: bool = cache
        .prepare_cached(
            "SELECT EXISTS (SELECT 1 FROM message WHERE account = ?1 AND gm_message <> 0)
                 OR EXISTS (SELECT 1 FROM message WHERE account = ?1 AND email_id <> '')",
        )
        .and_then(|mut statement| statement.query_row([account.get()], |row| row.get(0)))
        .doing(DOING)?;
    let (mut seen, mut n_repeated) = (HashSet::new(), 0);
    if !tells_same {
        return Ok(n_repeated);
    }
    let mut statement = cache
        .prepare_cached("SELECT message FROM placement WHERE mailbox = ?1 AND flags & 1 = 0")
        .doing(DOING)?;
    for mailbox in mailboxes {
        let mut rows = statement.query([mailbox.get()]).doing(DOING)?;
        while let Some(row) = rows.next().doing(DOING)? {
            n_repeated += u64::from(!seen.insert(row.get::<_, i64>(0).doing(DOING)?));
        }
    }
    Ok(n_repeated)
}
