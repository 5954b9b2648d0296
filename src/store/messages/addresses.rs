//! Whom the user knows: senders of the mail on this machine, and the header blocks of what he sent himself, which name
//! those whom he writes to. Both of the newest mail only, so that it costs the same in a mailbox of any size.

use std::cmp::Reverse;
use std::collections::{HashMap, HashSet};

use rusqlite::{OptionalExtension, params};

use crate::channel::error::StoreError;
use crate::channel::rows::FolderRow;
use crate::mail::account::AccountId;
use crate::mail::address::Address;
use crate::mail::mailbox::{MailboxId, Role};
use crate::mail::message_id::MessageId;
use crate::store::disk::sql::{Doing, signed};
use crate::store::reader::Reader;

/// The newest placements of a mailbox, as the index of lists has them.
const NEWEST: &str =
    "SELECT message, internal_date FROM placement WHERE mailbox = ?1 AND internal_date >= ?2
     ORDER BY internal_date DESC, uid DESC, message DESC LIMIT ?3";

/// Folders whose senders are nobody that the user knows, or himself; so are those of the folders in them.
const NOBODYS: [Role; 4] = [Role::Junk, Role::Trash, Role::Drafts, Role::Sent];

/// Who wrote to the user, and to whom he wrote.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Correspondence {
    /// The senders of the newest messages of others, the newest first, and when each came (seconds since the epoch).
    pub senders: Vec<(Address, i64)>,
    /// The header blocks of the newest messages of his own, each mail once wherever it lies, and the date of each.
    pub sent: Vec<(Vec<u8>, i64)>,
}

/// So many messages are looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Most {
    /// In all folders together but junk, trash, drafts and sent mail.
    pub received: usize,
    /// Of the user's own.
    pub sent: usize,
}

impl Reader {
    /// Reads whom an account corresponds with. Junk, trash and drafts do not count, nor the folders in them. A mail that
    /// `is_own` says the user wrote is sent mail wherever it lies: Gmail has all of that in one folder.
    ///
    /// # Errors
    /// What the disk said.
    pub fn correspondence(
        &mut self,
        account: AccountId,
        is_own: &dyn Fn(&str) -> bool,
        most: Most,
    ) -> Result<Correspondence, StoreError> {
        let (received, sent) = sorted(self.folders()?, account);
        let newest = self.newest_of_all(&received, most.received);
        let newest = self.checked(newest)?;
        let authors = self.authors(&newest).doing("read the senders");
        let mut judged = HashMap::new();
        let (own, others): (Vec<Mail>, Vec<Mail>) =
            self.checked(authors)?.into_iter().partition(|mail| {
                let known = judged.entry(mail.author.addr.clone());
                *known.or_insert_with(|| is_own(&mail.author.addr))
            });
        let filed = self.newest_of_all(&sent, most.sent);
        let mut filed = self.checked(filed)?;
        filed.extend(own.into_iter().take(most.sent).map(|mail| mail.place));
        let mut all = each_once(filed);
        all.truncate(most.sent);
        Ok(Correspondence {
            senders: others
                .into_iter()
                .map(|mail| (mail.author, mail.place.1))
                .collect(),
            sent: self.blocks(all)?,
        })
    }

    /// The header blocks of messages. A mail that lies there as several messages, which have one Message-ID, counts once.
    fn blocks(
        &mut self,
        messages: Vec<(MessageId, i64)>,
    ) -> Result<Vec<(Vec<u8>, i64)>, StoreError> {
        let (mut blocks, mut seen) = (Vec::new(), HashSet::new());
        for (message, date) in messages {
            let id: Option<String> = self
                .cache
                .prepare_cached("SELECT message_id FROM message WHERE id = ?1")
                .and_then(|mut statement| {
                    let row = statement.query_row([signed(message.get())], |row| row.get(0));
                    row.optional()
                })
                .doing("read whom mail was sent to")?;
            let id = id.unwrap_or_default();
            if id.is_empty() || seen.insert(id) {
                blocks.extend(self.header_block(message)?.map(|block| (block, date)));
            }
        }
        Ok(blocks)
    }

    /// The newest messages of some folders, each once. What is older than all of so many in one is not read in the next.
    fn newest_of_all(
        &self,
        mailboxes: &[MailboxId],
        most: usize,
    ) -> Result<Vec<(MessageId, i64)>, StoreError> {
        let (mut newest, mut since) = (Vec::new(), i64::MIN);
        for mailbox in mailboxes {
            newest.extend(self.newest_of(*mailbox, since, most)?);
            newest.sort_unstable_by_key(|(message, date)| Reverse((*date, *message)));
            // A copy in another folder mostly has the same date.
            newest.dedup();
            newest.truncate(most);
            if let Some((_, oldest)) = newest.last().filter(|_| newest.len() == most) {
                since = *oldest;
            }
        }
        Ok(each_once(newest))
    }

    fn authors(&self, messages: &[(MessageId, i64)]) -> rusqlite::Result<Vec<Mail>> {
        let sql = "SELECT from_name, from_addr FROM message WHERE id = ?1";
        let mut statement = self.cache.prepare_cached(sql)?;
        let mut found = Vec::with_capacity(messages.len());
        for place in messages {
            let author = statement.query_row([signed(place.0.get())], |row| {
                Ok(Address {
                    name: row.get(0)?,
                    addr: row.get(1)?,
                })
            });
            let place = *place;
            found.extend(author.optional()?.map(|author| Mail { author, place }));
        }
        Ok(found)
    }

    /// The newest messages of a mailbox that came at that second or later.
    fn newest_of(
        &self,
        mailbox: MailboxId,
        since: i64,
        most: usize,
    ) -> Result<Vec<(MessageId, i64)>, StoreError> {
        let read = || -> rusqlite::Result<Vec<(i64, i64)>> {
            let mut statement = self.cache.prepare_cached(NEWEST)?;
            let most = i64::try_from(most).unwrap_or(i64::MAX);
            let rows = statement.query_map(params![mailbox.get(), since, most], |row| {
                Ok((row.get(0)?, row.get(1)?))
            })?;
            rows.collect()
        };
        let found = read().doing("read the newest mail")?;
        let numbered = found.into_iter().filter_map(|(message, date)| {
            let message = u64::try_from(message).ok()?;
            Some((MessageId::new(message)?, date))
        });
        Ok(numbered.collect())
    }
}

/// A message, and who wrote it.
struct Mail {
    author: Address,
    /// Which, and when it came.
    place: (MessageId, i64),
}

/// The folders of an account in which others wrote, and those of what the user sent. Rows stand as in the tree: what lies in
/// a folder follows it, and is deeper.
fn sorted(rows: Vec<FolderRow>, account: AccountId) -> (Vec<MailboxId>, Vec<MailboxId>) {
    let (mut received, mut sent) = (Vec::new(), Vec::new());
    let mut inside: Option<(Role, u8)> = None;
    for row in rows.into_iter().filter(|row| row.account == account) {
        inside = inside.filter(|(_, depth)| row.depth > *depth);
        if let Some(role) = row.role.filter(|role| NOBODYS.contains(role)) {
            inside = Some((role, row.depth));
        }
        match inside {
            None => received.push(row.mailbox),
            Some((Role::Sent, _)) => sent.push(row.mailbox),
            Some(_) => {}
        }
    }
    (received, sent)
}

/// The newest first, each once.
fn each_once(mut messages: Vec<(MessageId, i64)>) -> Vec<(MessageId, i64)> {
    messages.sort_unstable_by_key(|(message, date)| Reverse((*date, *message)));
    let mut seen = HashSet::new();
    messages.retain(|(message, _)| seen.insert(*message));
    messages
}

#[cfg(test)]
mod tests {
    use rusqlite::Connection;

    use super::*;
    use crate::store::disk::schema::CACHE;

    /// However large the mailbox is, its newest messages are read off the end of an index.
    #[test]
    fn the_newest_mail_is_read_without_sorting() {
        let cache = Connection::open_in_memory().unwrap();
        CACHE.migrate(&cache).unwrap();
        let explained = format!("EXPLAIN QUERY PLAN {NEWEST}");
        let mut statement = cache.prepare(&explained).unwrap();
        let plan: Vec<String> = statement
            .query_map(params![1, 0, 10], |row| row.get("detail"))
            .unwrap()
            .collect::<Result<_, _>>()
            .unwrap();
        let expected =
            "SEARCH placement USING COVERING INDEX placement_list (mailbox=? AND internal_date>?)";
        assert_eq!(plan, [expected]);
    }
}
