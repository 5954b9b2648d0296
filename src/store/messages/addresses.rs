//! Whom the user knows: senders of the mail on this machine, and the header blocks of what he sent himself, which name
//! those whom he writes to. Both of the newest mail only, so that it costs the same in a mailbox of any size.

use std::cmp::Reverse;
use std::collections::HashSet;

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

/// Folders whose senders are nobody that the user knows, or himself.
const NOBODYS: [Role; 4] = [Role::Junk, Role::Trash, Role::Drafts, Role::Sent];

impl Reader {
    /// The senders of the newest messages that an account received, and when each came (seconds since the epoch). Junk,
    /// trash, drafts and sent mail do not count.
    ///
    /// # Errors
    /// What the disk said.
    pub fn senders(
        &mut self,
        account: AccountId,
        most: usize,
    ) -> Result<Vec<(Address, i64)>, StoreError> {
        let is_nobodys = |role: Option<Role>| role.is_some_and(|role| NOBODYS.contains(&role));
        let folders = self.folders()?.into_iter();
        let received: Vec<MailboxId> = folders
            .filter(|row| row.account == account && !is_nobodys(row.role))
            .map(|row| row.mailbox)
            .collect();
        let newest = self.newest_of_all(&received, most);
        let newest = self.checked(newest)?;
        let found = self.authors(&newest).doing("read the senders");
        self.checked(found)
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
        let mut seen = HashSet::new();
        newest.retain(|(message, _)| seen.insert(*message));
        Ok(newest)
    }

    fn authors(&self, messages: &[(MessageId, i64)]) -> rusqlite::Result<Vec<(Address, i64)>> {
        let sql = "SELECT from_name, from_addr FROM message WHERE id = ?1";
        let mut statement = self.cache.prepare_cached(sql)?;
        let mut found = Vec::with_capacity(messages.len());
        for (message, date) in messages {
            let author = statement.query_row([signed(message.get())], |row| {
                Ok(Address {
                    name: row.get(0)?,
                    addr: row.get(1)?,
                })
            });
            found.extend(author.optional()?.map(|author| (author, *date)));
        }
        Ok(found)
    }

    /// The header blocks of the newest messages in an account's folder of sent mail, with the date of each; nothing
    /// where there is no such folder.
    ///
    /// # Errors
    /// What the disk said.
    pub fn sent_headers(
        &mut self,
        account: AccountId,
        most: usize,
    ) -> Result<Vec<(Vec<u8>, i64)>, StoreError> {
        let folders = self.folders()?;
        let is_sent = |row: &&FolderRow| row.account == account && row.role == Some(Role::Sent);
        let Some(sent) = folders.iter().find(is_sent).map(|row| row.mailbox) else {
            return Ok(Vec::new());
        };
        let newest = self.newest_of(sent, i64::MIN, most);
        let mut blocks = Vec::new();
        for (message, date) in self.checked(newest)? {
            blocks.extend(self.header_block(message)?.map(|block| (block, date)));
        }
        Ok(blocks)
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
