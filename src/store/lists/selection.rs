//! Many messages of a list at once, for a selection: by what is wanted of them, newest first.

use std::collections::BTreeSet;

use rusqlite::{Connection, params};

use crate::channel::error::StoreError;
use crate::channel::operation::Target;
use crate::channel::rows::{Keywords, RowKey, SelectionQuery, Wanted};
use crate::mail::flag::{Flags, Keyword};
use crate::mail::mailbox::MailboxId;
use crate::store::disk::sql::{Doing, signed};
use crate::store::lists::window::{Found, Hits, hits, read_key};
use crate::store::messages::threads;
use crate::store::reader::Reader;

/// More are not handed out at once; they are counted.
const MOST: usize = 100_000;
/// Keywords in use that are looked for.
const MOST_KEYWORDS: usize = 1_000;

/// The numbers that have become one thread, from that of its root on.
const NUMBERS: &str = "WITH RECURSIVE same(thread) AS (
         SELECT ?1 UNION SELECT l.thread FROM same s CROSS JOIN thread_link l ON l.parent = s.thread)
     SELECT thread FROM same";
/// The messages of a thread's number in a mailbox: the one that began it, and those that joined it.
const MEMBERS: &str = "SELECT p.internal_date, p.uid, p.message FROM (
         SELECT id FROM message WHERE id = ?1 AND thread = ?1
         UNION ALL SELECT id FROM message WHERE thread = ?1 AND thread <> id) AS m
     CROSS JOIN placement p ON p.message = m.id WHERE p.mailbox = ?2";

impl Reader {
    /// The messages of a list that are wanted, at most 100,000, newest first; the number says how many there are.
    ///
    /// # Errors
    /// What the disk said.
    pub fn selection(&mut self, query: &SelectionQuery) -> Result<(Vec<Target>, u64), StoreError> {
        self.refresh()?;
        let selection = load(&self.cache, &mut self.found, query);
        self.checked(selection)
    }

    /// The mailboxes in which a message is besides its target's, ascending.
    ///
    /// # Errors
    /// What the disk said.
    pub fn whereabouts(&mut self, target: Target) -> Result<Vec<MailboxId>, StoreError> {
        self.refresh()?;
        let others = others(&self.cache, target);
        self.checked(others)
    }

    /// The keywords of a mailbox: those that its server keeps, and those in use on its newest messages.
    ///
    /// # Errors
    /// What the disk said.
    pub fn keywords(&mut self, mailbox: MailboxId) -> Result<Keywords, StoreError> {
        self.refresh()?;
        let keywords = keywords(&self.cache, mailbox);
        self.checked(keywords)
    }
}

/// The messages that are wanted, at most 100,000, and how many there are.
fn load(
    cache: &Connection,
    found: &mut Found,
    query: &SelectionQuery,
) -> Result<(Vec<Target>, u64), StoreError> {
    let hits = hits(cache, found, query.mailbox, &query.limit)?;
    match query.wanted {
        Wanted::All => walk(cache, query.mailbox, hits, "", None),
        Wanted::Unread => walk(cache, query.mailbox, hits, "AND flags & 1 = 0", None),
        Wanted::Between(one, other) => {
            let ends = (one.min(other), one.max(other));
            walk(cache, query.mailbox, hits, "", Some(ends))
        }
        Wanted::Thread(thread) => of_thread(cache, query.mailbox, thread, hits),
    }
}

fn walk(
    cache: &Connection,
    mailbox: MailboxId,
    hits: Option<&Hits>,
    only: &'static str,
    ends: Option<(RowKey, RowKey)>,
) -> Result<(Vec<Target>, u64), StoreError> {
    let parts = |key: RowKey| {
        (
            key.internal_date,
            i64::from(key.uid),
            signed(key.message.get()),
        )
    };
    let (low, high) = ends.map_or(
        (
            (i64::MIN, i64::MIN, i64::MIN),
            (i64::MAX, i64::MAX, i64::MAX),
        ),
        |(low, high)| (parts(low), parts(high)),
    );
    let sql = format!(
        "SELECT internal_date, uid, message FROM placement WHERE mailbox = ?1 {only}
         AND (internal_date, uid, message) >= (?2, ?3, ?4) AND (internal_date, uid, message) <= (?5, ?6, ?7)
         ORDER BY internal_date DESC, uid DESC, message DESC"
    );
    let mut statement = cache.prepare_cached(&sql).doing("select messages")?;
    let mut rows = statement
        .query(params![
            mailbox.get(),
            low.0,
            low.1,
            low.2,
            high.0,
            high.1,
            high.2
        ])
        .doing("select messages")?;
    collect(&mut rows, mailbox, |key| {
        hits.is_none_or(|hits| hits.has(key))
    })
}

/// The messages of a thread: of any of the numbers that have become one.
fn of_thread(
    cache: &Connection,
    mailbox: MailboxId,
    thread: u64,
    hits: Option<&Hits>,
) -> Result<(Vec<Target>, u64), StoreError> {
    let (root, _) = threads::root(cache, thread)?;
    let numbers: Vec<i64> = cache
        .prepare_cached(NUMBERS)
        .and_then(|mut statement| {
            let rows = statement.query_map([signed(root)], |row| row.get(0))?;
            rows.collect()
        })
        .doing("find the numbers of a thread")?;
    let mut statement = cache.prepare_cached(MEMBERS).doing("select a thread")?;
    let mut keys = Vec::new();
    for number in numbers {
        let mut rows = statement
            .query(params![number, mailbox.get()])
            .doing("select a thread")?;
        while let Some(row) = rows.next().doing("select a thread")? {
            keys.extend(read_key(row).doing("select a thread")?);
        }
    }
    keys.retain(|key| hits.is_none_or(|hits| hits.has(*key)));
    keys.sort_unstable_by(|one, other| other.cmp(one));
    let mut targets: Vec<Target> = keys
        .into_iter()
        .map(|key| Target {
            message: key.message,
            mailbox,
        })
        .collect();
    targets.truncate(MOST);
    let n = targets.len() as u64;
    Ok((targets, n))
}

fn collect(
    rows: &mut rusqlite::Rows<'_>,
    mailbox: MailboxId,
    fits: impl Fn(RowKey) -> bool,
) -> Result<(Vec<Target>, u64), StoreError> {
    let (mut targets, mut n_matching) = (Vec::new(), 0);
    while let Some(row) = rows.next().doing("select messages")? {
        let Some(key) = read_key(row)
            .doing("select messages")?
            .filter(|key| fits(*key))
        else {
            continue;
        };
        n_matching += 1;
        if targets.len() < MOST {
            targets.push(Target {
                message: key.message,
                mailbox,
            });
        }
    }
    Ok((targets, n_matching))
}

fn others(cache: &Connection, target: Target) -> Result<Vec<MailboxId>, StoreError> {
    cache
        .prepare_cached(
            "SELECT mailbox FROM placement WHERE message = ?1 AND mailbox <> ?2 ORDER BY mailbox",
        )
        .and_then(|mut statement| {
            let bound = params![signed(target.message.get()), target.mailbox.get()];
            let rows = statement.query_map(bound, |row| row.get(0).map(MailboxId::new))?;
            rows.collect()
        })
        .doing("find where a message is")
}

/// What the server of a mailbox keeps (PERMANENTFLAGS), `\*` included; empty while it is not known.
fn kept(cache: &Connection, mailbox: MailboxId) -> Result<Vec<String>, StoreError> {
    cache
        .prepare_cached("SELECT name FROM keyword WHERE mailbox = ?1 ORDER BY name")
        .and_then(|mut statement| {
            let rows = statement.query_map([mailbox.get()], |row| row.get(0))?;
            rows.collect()
        })
        .doing("read the keywords")
}

fn takes_new(kept: &[String]) -> bool {
    kept.is_empty() || kept.iter().any(|name| name == "\\*")
}

/// The keywords of a message that its server neither has nor keeps, `at_server` being those that it has.
pub(super) fn kept_here(
    cache: &Connection,
    mailbox: MailboxId,
    flags: &Flags,
    at_server: &str,
) -> Result<Vec<String>, StoreError> {
    let is_at_server = |name: &String| {
        at_server
            .split(' ')
            .any(|own| own.eq_ignore_ascii_case(name))
    };
    let own: Vec<&String> = flags
        .keywords()
        .iter()
        .filter(|name| !is_at_server(name))
        .collect();
    if own.is_empty() {
        return Ok(Vec::new());
    }
    let kept = kept(cache, mailbox)?;
    let is_kept = |name: &String| kept.iter().any(|known| known.eq_ignore_ascii_case(name));
    let here = own
        .into_iter()
        .filter(|name| !takes_new(&kept) && !is_kept(name));
    Ok(here.cloned().collect())
}

/// The keywords of a mailbox: those that its server keeps, and those in use on its newest messages.
fn keywords(cache: &Connection, mailbox: MailboxId) -> Result<Keywords, StoreError> {
    let kept = kept(cache, mailbox)?;
    let in_use: Vec<String> = cache
        .prepare_cached(
            "SELECT DISTINCT keywords FROM (SELECT keywords FROM placement WHERE mailbox = ?1
             ORDER BY internal_date DESC, uid DESC, message DESC LIMIT 5000) WHERE keywords <> ''",
        )
        .and_then(|mut statement| {
            let rows = statement.query_map([mailbox.get()], |row| row.get(0))?;
            rows.collect()
        })
        .doing("read the keywords in use")?;
    let words = in_use.iter().flat_map(|line| line.split(' '));
    let all = kept.iter().map(String::as_str).chain(words);
    let names: BTreeSet<Keyword> = all.filter_map(Keyword::parse).take(MOST_KEYWORDS).collect();
    Ok(Keywords {
        mailbox,
        names: names.into_iter().collect(),
        takes_new: takes_new(&kept),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::disk::schema::CACHE;

    #[test]
    fn a_thread_is_found_without_reading_the_list() {
        let cache = Connection::open_in_memory().unwrap();
        CACHE.migrate(&cache).unwrap();
        for (sql, index) in [(NUMBERS, "thread_link_parent"), (MEMBERS, "message_thread")] {
            let explained = format!("EXPLAIN QUERY PLAN {sql}");
            let mut statement = cache.prepare(&explained).unwrap();
            let bound = vec![1; statement.parameter_count()];
            let bound = rusqlite::params_from_iter(bound);
            let steps = statement.query_map(bound, |row| row.get::<_, String>(3));
            let steps: Vec<String> = steps.unwrap().map(Result::unwrap).collect();
            assert!(steps.iter().any(|step| step.contains(index)), "{steps:?}");
            // Of tables nothing is read through, only of what was found so far.
            let found = ["SCAN same", "SCAN s", "SCAN m", "SCAN CONSTANT ROW"];
            let mut scans = steps.iter().filter(|step| step.starts_with("SCAN"));
            assert!(
                scans.all(|scan| found.contains(&scan.as_str())),
                "{steps:?}"
            );
        }
    }
}
