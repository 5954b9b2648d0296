//! Reads the store over connections of its own: never waits for a writer, never writes.

use std::sync::Arc;

use rusqlite::Connection;

use crate::channel::error::StoreError;
use crate::channel::operation::{Address, Target};
use crate::channel::rows::{FolderRow, MessageRow, RowKey, UnreadQuery, Window, WindowQuery};
use crate::mail::account::AccountId;
use crate::mail::mailbox::MailboxId;
use crate::mail::message_id::{MessageId, MessageKey};
use crate::mail::uid::{Uid, UidValidity};
use crate::mail::uid_set::UidSet;
use crate::store::accounts::Registered;
use crate::store::bodies::{self, StoredBody};
use crate::store::bodies::{ahead, eviction};
use crate::store::disk::files::Files;
use crate::store::disk::open;
use crate::store::disk::schema::{self, CACHE, STATE, Schema};
use crate::store::disk::sql::Doing;
use crate::store::folders;
use crate::store::folders::folder_rows;
use crate::store::journal::Arrival;
use crate::store::journal::folder_plans;
use crate::store::lists::{unread, window};
use crate::store::messages::{likeness, packs, truth};
use crate::store::sync_state::{MailboxInfo, SyncState};
use crate::store::writer::Writer;

/// Reads both databases. One per thread.
pub struct Reader {
    pub(super) state: Connection,
    pub(super) cache: Connection,
    files: Arc<Files>,
    accounts: Arc<[Registered]>,
    /// How often the cache had been replaced when it was opened here.
    generation: u64,
    writer: Writer,
    pub(in crate::store) found: window::Found,
}

impl Reader {
    pub(super) fn new(
        files: Arc<Files>,
        accounts: Arc<[Registered]>,
        writer: Writer,
    ) -> Result<Self, StoreError> {
        // Read before the file is opened: at worst it is opened once more.
        let generation = files.generation();
        Ok(Self {
            generation,
            state: open::reader(&files.state)?,
            cache: open::reader(&files.cache)?,
            files,
            accounts,
            writer,
            found: window::Found::default(),
        })
    }

    /// Opens the cache again where it was replaced since.
    pub(super) fn refresh(&mut self) -> Result<(), StoreError> {
        let generation = self.files.generation();
        if generation != self.generation {
            self.cache = open::reader(&self.files.cache)?;
            self.found = window::Found::default();
            self.generation = generation;
        }
        Ok(())
    }

    /// Has the store thread replace a cache that turned out to be damaged.
    pub(super) fn checked<T>(&self, result: Result<T, StoreError>) -> Result<T, StoreError> {
        if let Err(StoreError::Corrupt { .. }) = &result {
            self.writer.damaged(self.generation);
        }
        result
    }

    /// The version of `SQLite` that is used.
    #[must_use]
    pub fn sqlite_version() -> &'static str {
        rusqlite::version()
    }

    /// Both files with the version of their schema and the newest one that this program knows.
    ///
    /// # Errors
    /// What the disk said.
    pub fn schema_versions(&self) -> Result<[(&'static str, u32, u32); 2], StoreError> {
        let of = |schema: Schema, db: &Connection| {
            Ok::<_, StoreError>((schema.file, schema::version(db)?, schema.known()))
        };
        Ok([of(STATE, &self.state)?, of(CACHE, &self.cache)?])
    }

    /// The folders of the configured accounts, in the order of the configuration; in each, those with a role first.
    ///
    /// # Errors
    /// What the disk said.
    pub fn folders(&mut self) -> Result<Vec<FolderRow>, StoreError> {
        self.refresh()?;
        let mut rows = Vec::new();
        for account in self.accounts.iter() {
            let branches = folder_rows::load(&self.cache, account.id, false);
            let branches = self.checked(branches)?;
            let mut plans = folder_plans::load(&self.state, account.id)?;
            rows.extend(branches.into_iter().map(|branch| {
                let row = branch.into_row();
                let plan = plans.remove(&row.mailbox);
                FolderRow { plan, ..row }
            }));
        }
        Ok(rows)
    }

    /// A mailbox with all that is known of it; `None` for an unknown one.
    ///
    /// # Errors
    /// What the disk said.
    pub fn mailbox(&mut self, id: MailboxId) -> Result<Option<MailboxInfo>, StoreError> {
        self.refresh()?;
        self.checked(folder_rows::one(&self.cache, id))
    }

    /// The mailboxes of an account, in the order of the folder pane.
    ///
    /// # Errors
    /// What the disk said.
    pub fn mailboxes(&mut self, account: AccountId) -> Result<Vec<MailboxInfo>, StoreError> {
        self.refresh()?;
        let branches = self.checked(folder_rows::load(&self.cache, account, true))?;
        Ok(branches.into_iter().map(|branch| branch.mailbox).collect())
    }

    /// The mailbox that every account has, once it was listed. RFC 3501 §5.1.
    ///
    /// # Errors
    /// What the disk said.
    pub fn inbox(&mut self, account: AccountId) -> Result<Option<MailboxId>, StoreError> {
        let mailboxes = self.mailboxes(account)?;
        let inbox = mailboxes.iter().find(|info| info.name.is_inbox());
        Ok(inbox.map(|info| info.id))
    }

    /// How far a mailbox is known.
    ///
    /// # Errors
    /// `Gone` for an unknown mailbox; else what the disk said.
    pub fn sync_state(&mut self, mailbox: MailboxId) -> Result<SyncState, StoreError> {
        self.refresh()?;
        self.checked(folders::sync_state(&self.cache, mailbox))
    }

    /// The UIDs from `low` on whose headers are here.
    ///
    /// # Errors
    /// What the disk said.
    pub fn known_uids(&mut self, mailbox: MailboxId, low: u32) -> Result<UidSet, StoreError> {
        self.refresh()?;
        let uids = folders::known_uids(&self.cache, mailbox, low, i64::MAX);
        self.checked(uids)
    }

    /// A window of a list.
    ///
    /// # Errors
    /// What the disk said.
    pub fn window(&mut self, query: &WindowQuery) -> Result<Window, StoreError> {
        self.refresh()?;
        // One snapshot for the hits, the places and the rows.
        let snapshot = self
            .cache
            .unchecked_transaction()
            .doing("begin to read a list")?;
        let window = window::load(&self.cache, &mut self.found, query);
        snapshot.finish().doing("end reading a list")?;
        self.checked(window)
    }

    /// The next unread message; `None` where there is none.
    ///
    /// # Errors
    /// What the disk said.
    pub fn next_unread(
        &mut self,
        query: &UnreadQuery,
    ) -> Result<Option<(MailboxId, RowKey)>, StoreError> {
        self.refresh()?;
        let next = unread::next(&self.cache, &mut self.found, query);
        self.checked(next)
    }

    /// How often unread messages are placed again in further mailboxes of these: a sum of their counts has so many too
    /// much. Zero where the server does not say which messages are the same.
    ///
    /// # Errors
    /// What the disk said.
    pub fn n_unread_again(
        &mut self,
        account: AccountId,
        mailboxes: &[MailboxId],
    ) -> Result<u64, StoreError> {
        self.refresh()?;
        let n = unread::n_repeated(&self.cache, account, mailboxes);
        self.checked(n)
    }

    /// One row of a list; `None` where the message is not in the mailbox.
    ///
    /// # Errors
    /// What the disk said.
    pub fn row(
        &mut self,
        message: MessageId,
        mailbox: MailboxId,
    ) -> Result<Option<MessageRow>, StoreError> {
        self.refresh()?;
        self.checked(window::row(&self.cache, mailbox, message))
    }

    /// The server's address of a message, also while it is leaving; `None` where it has none there.
    ///
    /// # Errors
    /// What the disk said.
    pub fn key(
        &mut self,
        message: MessageId,
        mailbox: MailboxId,
    ) -> Result<Option<MessageKey>, StoreError> {
        self.refresh()?;
        let target = Target { message, mailbox };
        self.checked(key(&self.cache, target))
    }

    /// The message at a server address, also one that is leaving it; `None` where it is not (or not any more) in the cache.
    ///
    /// # Errors
    /// What the disk said.
    pub fn message_at(
        &mut self,
        mailbox: MailboxId,
        validity: UidValidity,
        uid: Uid,
    ) -> Result<Option<MessageId>, StoreError> {
        self.refresh()?;
        let found = self.checked(truth::at(&self.cache, mailbox, uid))?;
        Ok(found
            .filter(|placement| placement.validity == validity.get() && !placement.is_gone)
            .map(|placement| placement.target.message))
    }

    /// What is known of a message that may have come to a mailbox, with the UID of `floor` or a higher one.
    ///
    /// # Errors
    /// What the disk said.
    pub fn arrival(
        &mut self,
        place: Target,
        floor: Option<Address>,
    ) -> Result<Arrival, StoreError> {
        self.refresh()?;
        self.checked(likeness::arrival(&self.cache, place, floor))
    }

    /// The body of a message; `None` where it is not here or was damaged, then it is to be fetched.
    ///
    /// # Errors
    /// What the disk said.
    pub fn body(&mut self, message: MessageId) -> Result<Option<StoredBody>, StoreError> {
        self.refresh()?;
        let body = bodies::load(&self.cache, &self.files.bodies, message);
        let body = self.checked(body)?;
        if body.is_some() {
            // Only a hint about what to keep: dropped when the store thread is busy.
            self.writer.touch(message);
        }
        Ok(body)
    }

    /// The header fields of a message as received; `None` where they are not here.
    ///
    /// # Errors
    /// What the disk said.
    pub fn header_block(&mut self, message: MessageId) -> Result<Option<Vec<u8>>, StoreError> {
        self.refresh()?;
        self.checked(packs::block(&self.cache, message))
    }

    /// Up to `limit` messages whose bodies may be fetched ahead, newest first, with UID and size in bytes; only those from
    /// `since` on (seconds since the epoch) where it is given; without it also those of which only some parts are here, to
    /// be completed. Left out is what is here, what went for lack of room, and
    /// what does not fit into nine tenths of the account's room; so it is empty once those are full.
    ///
    /// # Errors
    /// What the disk said.
    pub fn without_body(
        &mut self,
        mailbox: MailboxId,
        since: Option<i64>,
        limit: usize,
    ) -> Result<Vec<(MessageId, Uid, u64)>, StoreError> {
        self.refresh()?;
        let account = self.checked(folders::account(&self.cache, mailbox))?;
        let Some(account) = account else {
            return Ok(Vec::new());
        };
        let (held, bound) = self.body_room(account)?;
        let room = eviction::room_ahead(held, bound);
        let wanted = ahead::messages(&self.cache, mailbox, since, limit, room);
        self.checked(wanted)
    }

    /// The bytes that the bodies of an account take on this disk, and how many they may take. Whoever fetches ahead stops
    /// at nine tenths; what the user reads may fill the rest and drives out other bodies then.
    ///
    /// # Errors
    /// What the disk said.
    pub fn body_room(&mut self, account: AccountId) -> Result<(u64, u64), StoreError> {
        self.refresh()?;
        let bound = self
            .accounts
            .iter()
            .find(|known| known.id == account)
            .map_or(0, |known| known.cache_bytes);
        let held = self.checked(eviction::held(&self.cache, account))?;
        Ok((held, bound))
    }
}

fn key(cache: &Connection, target: Target) -> Result<Option<MessageKey>, StoreError> {
    let Some(row) = truth::find(cache, target)? else {
        return Ok(None);
    };
    let account = folders::account(cache, target.mailbox)?;
    let address = UidValidity::new(row.validity).zip(Uid::new(row.uid));
    Ok(account
        .zip(address)
        .map(|(account, (validity, uid))| MessageKey {
            account,
            mailbox: target.mailbox,
            validity,
            uid,
        }))
}
