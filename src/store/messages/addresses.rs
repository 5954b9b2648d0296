//! Whom the user knows: senders of the mail on this machine, and the header blocks of what he sent himself, which name
//! those whom he writes to. Both of the newest mail only, so that it costs the same in a mailbox of any size.

use rusqlite::params;

use crate::channel::error::StoreError;
use crate::channel::rows::FolderRow;
use crate::mail::account::AccountId;
use crate::mail::address::Address;
use crate::mail::mailbox::{MailboxId, Role};
use crate::mail::message_id::MessageId;
use crate::store::disk::sql::Doing;
use crate::store::reader::Reader;

impl Reader {
    /// The senders of the newest messages of an account, and when each message came (seconds since the epoch).
    ///
    /// # Errors
    /// What the disk said.
    pub fn senders(
        &mut self,
        account: AccountId,
        most: usize,
    ) -> Result<Vec<(Address, i64)>, StoreError> {
        self.refresh()?;
        let read = || -> rusqlite::Result<Vec<(Address, i64)>> {
            let mut statement = self.cache.prepare_cached(
                "SELECT from_name, from_addr, internal_date, account FROM message ORDER BY id DESC LIMIT ?1",
            )?;
            let mut rows = statement.query([i64::try_from(most).unwrap_or(i64::MAX)])?;
            let mut found = Vec::new();
            while let Some(row) = rows.next()? {
                if row.get::<_, u32>(3)? == account.get() {
                    let address = Address {
                        name: row.get(0)?,
                        addr: row.get(1)?,
                    };
                    found.push((address, row.get(2)?));
                }
            }
            Ok(found)
        };
        let found = read().doing("read the senders");
        self.checked(found)
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
        let newest = self.newest_of(sent, most);
        let mut blocks = Vec::new();
        for (message, date) in self.checked(newest)? {
            blocks.extend(self.header_block(message)?.map(|block| (block, date)));
        }
        Ok(blocks)
    }

    fn newest_of(
        &self,
        mailbox: MailboxId,
        most: usize,
    ) -> Result<Vec<(MessageId, i64)>, StoreError> {
        let read = || -> rusqlite::Result<Vec<(i64, i64)>> {
            let mut statement = self.cache.prepare_cached(
                "SELECT message, internal_date FROM placement WHERE mailbox = ?1
                 ORDER BY internal_date DESC, uid DESC, message DESC LIMIT ?2",
            )?;
            let most = i64::try_from(most).unwrap_or(i64::MAX);
            let rows = statement.query_map(params![mailbox.get(), most], |row| {
                Ok((row.get(0)?, row.get(1)?))
            })?;
            rows.collect()
        };
        let found = read().doing("read the sent mail")?;
        let numbered = found.into_iter().filter_map(|(message, date)| {
            let message = u64::try_from(message).ok()?;
            Some((MessageId::new(message)?, date))
        });
        Ok(numbered.collect())
    }
}
