//! Windows of a message list: keyset paging over the covering list index, so that a page deep in a million rows costs
//! as much as the first.

use rusqlite::{Connection, OptionalExtension, Row, params};

use crate::channel::error::StoreError;
use crate::channel::rows::{Anchor, MessageRow, RowKey, Window, WindowQuery};
use crate::mail::label::Labels;
use crate::mail::mailbox::MailboxId;
use crate::mail::message_id::MessageId;
use crate::mail::safe_text::SafeText;
use crate::store::disk::sql::{Doing, signed, small, unsigned};
use crate::store::lists::id_set::IdSet;
use crate::store::lists::{search, selection};
use crate::store::messages::{members, placements, threads};

/// No window is larger: a screen of 100 rows with room around it.
const MAX_ROWS: usize = 2_000;

/// Up to this many hits are looked up one by one; more are found by walking the list.
const FEW: u64 = 2_000;

/// What a limit found, kept while the cache does not change and the same words are asked for.
#[derive(Debug, Default)]
pub(in crate::store) struct Found {
    mailbox: Option<MailboxId>,
    words: Vec<String>,
    version: i64,
    hits: Hits,
}

/// The rows of one list that a limit leaves.
#[derive(Debug)]
pub(super) enum Hits {
    /// Few: their places, ascending.
    Few(Vec<RowKey>),
    /// Many: which messages.
    Many(IdSet),
}

impl Hits {
    /// Whether a row is among them.
    pub(super) fn has(&self, key: RowKey) -> bool {
        match self {
            Self::Few(keys) => keys.binary_search(&key).is_ok(),
            Self::Many(set) => set.contains(key.message.get()),
        }
    }
}

impl Default for Hits {
    fn default() -> Self {
        Self::Few(Vec::new())
    }
}

/// Loads the window that was asked for.
pub(in crate::store) fn load(
    cache: &Connection,
    found: &mut Found,
    query: &WindowQuery,
) -> Result<Window, StoreError> {
    let list = List {
        cache,
        mailbox: query.mailbox,
        hits: hits(cache, found, query.mailbox, &query.limit)?,
    };
    let n_rows = query.n_rows.min(MAX_ROWS);
    let (keys, more_above, more_below) = match query.anchor {
        Anchor::Newest => {
            let (keys, more) = list.older(None, n_rows)?;
            (keys, false, more)
        }
        Anchor::Oldest => {
            let (mut keys, more) = list.newer(None, n_rows)?;
            keys.reverse();
            (keys, more, false)
        }
        Anchor::Around(place) => list.around(place, n_rows)?,
        Anchor::Message(message, place) => {
            let own = row(cache, query.mailbox, message)?.map(|row| row.key);
            let own = own.filter(|key| list.hits.is_none_or(|hits| hits.has(*key)));
            list.around(own.unwrap_or(place), n_rows)?
        }
    };
    let mut rows = Vec::with_capacity(keys.len());
    for key in keys {
        rows.extend(row(cache, query.mailbox, key.message)?);
    }
    let n_matching = list.n_rows()?;
    if rows.is_empty() && n_matching > 0 && list.hits.is_none() {
        // A page that is sound in itself, and belongs elsewhere.
        return Err(StoreError::Corrupt {
            cause: "a list is empty that should not be".to_owned(),
        });
    }
    Ok(Window {
        query: query.clone(),
        rows,
        more_above,
        more_below,
        n_matching,
    })
}

struct List<'a> {
    cache: &'a Connection,
    mailbox: MailboxId,
    hits: Option<&'a Hits>,
}

impl List<'_> {
    /// Up to `n` rows from `from` (included) on, newest first, and whether there are more.
    fn older(&self, from: Option<RowKey>, n: usize) -> Result<(Vec<RowKey>, bool), StoreError> {
        if let Some(Hits::Few(keys)) = self.hits {
            let end = from.map_or(keys.len(), |from| keys.partition_point(|key| *key <= from));
            let start = end.saturating_sub(n);
            let page = keys.get(start..end).unwrap_or_default();
            return Ok((page.iter().rev().copied().collect(), start > 0));
        }
        self.walk(
            "SELECT internal_date, uid, message FROM placement
             WHERE mailbox = ?1 AND (internal_date, uid, message) <= (?2, ?3, ?4)
             ORDER BY internal_date DESC, uid DESC, message DESC",
            from.map_or((i64::MAX, i64::MAX, i64::MAX), parts),
            n,
        )
    }

    /// Up to `n` rows that are newer than `after`, oldest first, and whether there are more.
    fn newer(&self, after: Option<RowKey>, n: usize) -> Result<(Vec<RowKey>, bool), StoreError> {
        if let Some(Hits::Few(keys)) = self.hits {
            let start = after.map_or(0, |after| keys.partition_point(|key| *key <= after));
            let end = start.saturating_add(n).min(keys.len());
            return Ok((
                keys.get(start..end).unwrap_or_default().to_vec(),
                end < keys.len(),
            ));
        }
        self.walk(
            "SELECT internal_date, uid, message FROM placement
             WHERE mailbox = ?1 AND (internal_date, uid, message) > (?2, ?3, ?4)
             ORDER BY internal_date, uid, message",
            after.map_or((i64::MIN, i64::MIN, i64::MIN), parts),
            n,
        )
    }

    fn walk(
        &self,
        sql: &str,
        from: (i64, i64, i64),
        n: usize,
    ) -> Result<(Vec<RowKey>, bool), StoreError> {
        let mut keys = Vec::with_capacity(n);
        let mut statement = self.cache.prepare_cached(sql).doing("walk a list")?;
        let mut rows = statement
            .query(params![self.mailbox.get(), from.0, from.1, from.2])
            .doing("walk a list")?;
        while let Some(row) = rows.next().doing("walk a list")? {
            let Some(key) = read_key(row).doing("walk a list")? else {
                continue;
            };
            if let Some(Hits::Many(set)) = self.hits
                && !set.contains(key.message.get())
            {
                continue;
            }
            if keys.len() == n {
                return Ok((keys, true));
            }
            keys.push(key);
        }
        Ok((keys, false))
    }

    /// Half of the rows before the place and half from it on; where one side is short, the other gives more.
    fn around(&self, place: RowKey, n: usize) -> Result<(Vec<RowKey>, bool, bool), StoreError> {
        let (mut above, mut more_above) = self.newer(Some(place), n)?;
        let (mut below, mut more_below) = self.older(Some(place), n)?;
        let half = n / 2;
        let n_below = below.len().min(n - half.min(above.len()));
        let n_above = above.len().min(n - n_below);
        more_above |= above.len() > n_above;
        more_below |= below.len() > n_below;
        above.truncate(n_above);
        below.truncate(n_below);
        above.reverse();
        above.append(&mut below);
        Ok((above, more_above, more_below))
    }

    fn n_rows(&self) -> Result<u64, StoreError> {
        match self.hits {
            Some(Hits::Few(keys)) => Ok(keys.len() as u64),
            Some(Hits::Many(set)) => Ok(set.len()),
            None => self
                .cache
                .prepare_cached("SELECT n_headers FROM mailbox WHERE id = ?1")
                .and_then(|mut statement| {
                    statement
                        .query_row([self.mailbox.get()], |row| row.get::<_, i64>(0))
                        .optional()
                })
                .map(|n| unsigned(n.unwrap_or(0)))
                .doing("count a list"),
        }
    }
}

fn parts(key: RowKey) -> (i64, i64, i64) {
    (
        key.internal_date,
        i64::from(key.uid),
        signed(key.message.get()),
    )
}

pub(super) fn read_key(row: &Row<'_>) -> rusqlite::Result<Option<RowKey>> {
    let (internal_date, uid) = (row.get(0)?, small(row.get(1)?));
    Ok(MessageId::new(unsigned(row.get(2)?)).map(|message| RowKey {
        internal_date,
        uid,
        message,
    }))
}

/// What a limit leaves of a list; `None` without one.
pub(super) fn hits<'a>(
    cache: &Connection,
    found: &'a mut Found,
    mailbox: MailboxId,
    limit: &str,
) -> Result<Option<&'a Hits>, StoreError> {
    let words = search::query_words(limit);
    if words.is_empty() {
        return Ok(None);
    }
    find(cache, found, mailbox, words)?;
    Ok(Some(&found.hits))
}

/// Finds what a limit leaves of a list, unless that is known from before.
fn find(
    cache: &Connection,
    found: &mut Found,
    mailbox: MailboxId,
    words: Vec<String>,
) -> Result<(), StoreError> {
    let version: i64 = cache
        .prepare_cached("PRAGMA data_version")
        .and_then(|mut statement| statement.query_row([], |row| row.get(0)))
        .doing("look for changes of the cache")?;
    if found.mailbox == Some(mailbox) && found.version == version && found.words == words {
        return Ok(());
    }
    let set = members::only(cache, mailbox, &search::find(cache, &words)?)?;
    let hits = if set.len() <= FEW {
        Hits::Few(places(cache, mailbox, &set)?)
    } else {
        Hits::Many(set)
    };
    *found = Found {
        mailbox: Some(mailbox),
        words,
        version,
        hits,
    };
    Ok(())
}

fn places(cache: &Connection, mailbox: MailboxId, set: &IdSet) -> Result<Vec<RowKey>, StoreError> {
    let mut statement = cache
        .prepare_cached(
            "SELECT internal_date, uid, message FROM placement WHERE message = ?1 AND mailbox = ?2",
        )
        .doing("find the places of hits")?;
    let mut keys = Vec::new();
    for id in set.iter() {
        let key = statement
            .query_row(params![signed(id), mailbox.get()], read_key)
            .optional()
            .doing("find the places of hits")?;
        keys.extend(key.flatten());
    }
    keys.sort_unstable();
    Ok(keys)
}

/// One row; `None` where the message is not in the mailbox.
pub(in crate::store) fn row(
    cache: &Connection,
    mailbox: MailboxId,
    message: MessageId,
) -> Result<Option<MessageRow>, StoreError> {
    let found = cache
        .prepare_cached(
            "SELECT p.internal_date, p.uid, p.message, p.flags, p.keywords, m.from_name, m.from_addr, m.to_text, m.subject,
             m.date, m.size_bytes, m.thread, m.has_attachment, m.preview, m.labels, p.server_keywords
             FROM placement p JOIN message m ON m.id = p.message WHERE p.message = ?1 AND p.mailbox = ?2",
        )
        .and_then(|mut statement| {
            statement
                .query_row(params![signed(message.get()), mailbox.get()], |row| {
                    Ok((read_row(row, mailbox)?, row.get::<_, String>(15)?))
                })
                .optional()
        })
        .doing("read a row")?;
    let Some((Some(mut row), at_server)) = found else {
        return Ok(None);
    };
    row.kept_here = selection::kept_here(cache, mailbox, &row.flags, &at_server)?;
    row.thread = threads::root(cache, row.thread)?.0;
    Ok(Some(row))
}

fn read_row(row: &Row<'_>, mailbox: MailboxId) -> rusqlite::Result<Option<MessageRow>> {
    let Some(key) = read_key(row)? else {
        return Ok(None);
    };
    let name = row.get_ref(5)?.as_str()?;
    let addr = row.get_ref(6)?.as_str()?;
    let shown = if name.is_empty() { addr } else { name };
    Ok(Some(MessageRow {
        key,
        mailbox,
        from: SafeText::line(shown),
        from_addr: SafeText::line(addr),
        sender_suspect: is_suspect(name, addr),
        to: SafeText::line(row.get_ref(7)?.as_str()?),
        subject: SafeText::line(row.get_ref(8)?.as_str()?),
        preview: SafeText::line(row.get_ref(13)?.as_str()?),
        labels: Labels::from_text(row.get_ref(14)?.as_str()?)
            .display()
            .map(|label| SafeText::line(&label))
            .collect(),
        date: row.get(9)?,
        flags: placements::flags(row.get(3)?, row.get_ref(4)?.as_str()?),
        kept_here: Vec::new(), // Read where there are any.
        size_bytes: unsigned(row.get(10)?),
        thread: unsigned(row.get(11)?),
        has_attachment: match row.get::<_, i64>(12)? {
            0 => Some(false),
            1 => Some(true),
            _ => None,
        },
    }))
}

/// Whether a display name pretends to be another address than the one the mail is from.
fn is_suspect(name: &str, addr: &str) -> bool {
    name.contains(['@', '\u{ff20}', '\u{fe6b}'])
        && !name
            .trim()
            .trim_matches(['<', '>', '"', '\''])
            .eq_ignore_ascii_case(addr)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_is_another_address_is_suspect() {
        for (name, addr, expected) in [
            ("Anna", "anna@example.org", false),
            ("anna@example.org", "anna@example.org", false),
            ("<Anna@Example.org>", "anna@example.org", false),
            ("ceo@bank.example", "evil@example.net", true),
            ("ceo\u{ff20}bank.example", "evil@example.net", true),
            ("raw unparsable <a@b", "", true),
        ] {
            assert_eq!(is_suspect(name, addr), expected, "{name}");
        }
    }
}
