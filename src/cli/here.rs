//! The folders on this computer, for a command: looked at before it begins, and needing no server.

use std::collections::BTreeSet;

use crate::channel::error::{RemoteError, StoreError};
use crate::cli::server::{Servers, first_failure, offline};
use crate::engine::local::local_lane::{self, Done};
use crate::engine::local::refused;
use crate::engine::once::Errands;
use crate::engine::once::append::{Fate, Feed, Letter};
use crate::engine::once::find::Want;
use crate::engine::once::whole::Wanted;
use crate::engine::peers::Message;
use crate::local::folder::Folder;
use crate::local::maildir::Entry;
use crate::local::maildir_name;
use crate::local::message::{LocalError, LocalMessage};
use crate::mail::account::AccountId;
use crate::mail::mailbox::MailboxId;
use crate::mail::message_id::{MessageId, MessageKey};
use crate::mail::uid::Uid;
use crate::mime::header;
use crate::store::journal::OpenOperation;

impl Servers<'_> {
    /// Has the store know what is in the folders on this computer, and carries the journal out there; or has the process
    /// do so that holds them.
    ///
    /// # Errors
    /// What the store said.
    pub fn look_here(&self, account: AccountId) -> Result<(), RemoteError> {
        self.give_here(account, &[])
    }

    /// The same, and then the store has the texts of these messages.
    fn give_here(
        &self,
        account: AccountId,
        texts: &[(MessageId, MailboxId)],
    ) -> Result<(), RemoteError> {
        let mut numbered = self.place.numbered(self.store).into_iter();
        let Some((_, settings)) = numbered.find(|(id, _)| *id == account) else {
            return Ok(());
        };
        let (setup, received) = self.setup(account, settings);
        match local_lane::once(&setup, texts).map_err(|error| failed(&error))? {
            Done::Here => first_failure(&received).map_or(Ok(()), Err),
            Done::None => Ok(()),
            Done::Elsewhere => {
                if let Some(peers) = &self.peers {
                    peers.tell(Message::Journal);
                }
                for (message, mailbox) in texts {
                    self.body_by_holder(account, *message, *mailbox)?;
                }
                Ok(())
            }
        }
    }

    pub(super) fn local_ids(&self, account: AccountId) -> Result<BTreeSet<MailboxId>, RemoteError> {
        let reader = self.store.reader();
        let ids = reader.and_then(|mut reader| reader.local_ids(account));
        ids.map_err(|error| failed(&error))
    }

    /// Carries out what needs no server; true where nothing is left then.
    pub(super) fn is_for_here(
        &self,
        account: AccountId,
        errands: &Errands,
    ) -> Result<bool, RemoteError> {
        let here = self.local_ids(account)?;
        if here.is_empty() {
            return Ok(false);
        }
        match errands {
            Errands::Newest(mailbox) if here.contains(mailbox) => {
                self.look_here(account)?;
                Ok(true)
            }
            Errands::Journal => {
                self.look_here(account)?;
                let reader = self.store.reader();
                let open = reader.and_then(|mut reader| reader.open_operations(account));
                let waits = |operation: &OpenOperation| {
                    !operation.targets.is_empty() || operation.folder.is_some()
                };
                Ok(!open.map_err(|error| failed(&error))?.iter().any(waits))
            }
            _ => Ok(false),
        }
    }

    /// Finds those of these messages that are on this computer, as much of them as is wanted; returns those that are not
    /// there, and those that are a server's.
    pub(super) fn find_here(
        &self,
        account: AccountId,
        keys: &[MessageKey],
        want: &Want,
    ) -> Result<(Vec<MessageKey>, Vec<MessageKey>), RemoteError> {
        let here = self.local_ids(account)?;
        let is_here = |key: &MessageKey| here.contains(&key.mailbox);
        let (own, others): (Vec<MessageKey>, Vec<MessageKey>) =
            keys.iter().copied().partition(is_here);
        if own.is_empty() {
            return Ok((Vec::new(), others));
        }
        self.look_here(account)?;
        let mut reader = self.store.reader().map_err(|error| failed(&error))?;
        let (mut missing, mut texts) = (Vec::new(), Vec::new());
        for key in own {
            let found = reader.message_at(key.mailbox, key.validity, key.uid);
            match found.map_err(|error| failed(&error))? {
                Some(message) => texts.push((message, key.mailbox)),
                None => missing.push(key),
            }
        }
        if *want != Want::Header {
            self.give_here(account, &texts)?;
        }
        Ok((missing, others))
    }

    /// Brings whole messages of a folder on this computer into the store, batch by batch.
    pub(super) fn whole_here(
        &self,
        account: AccountId,
        mailbox: MailboxId,
        next: &mut dyn FnMut() -> Vec<Wanted>,
    ) -> Result<(), RemoteError> {
        loop {
            let batch = next();
            if batch.is_empty() {
                return Ok(());
            }
            let wanted: Vec<(MessageId, MailboxId)> = batch
                .iter()
                .map(|wanted| (wanted.message, mailbox))
                .collect();
            // What one of them could not be had for is told by its not being there.
            if let Err(error @ RemoteError::Offline { .. }) = self.give_here(account, &wanted) {
                return Err(error);
            }
        }
    }
}

impl Servers<'_> {
    /// Adds messages to a folder on this computer.
    pub(super) fn append_here(
        &self,
        account: AccountId,
        name: &str,
        feed: &mut dyn Feed,
    ) -> Result<(), RemoteError> {
        let mut numbered = self.place.numbered(self.store).into_iter();
        let settings = numbered.find(|(id, _)| *id == account);
        let (_, settings) = settings.ok_or_else(|| offline("the account is not configured"))?;
        let (setup, _news) = self.setup(account, settings);
        let mut folder = setup.tree().open(name).map_err(|error| refused(&error))?;
        feed.begin(Some(folder.validity()), Uid::new(folder.uid_next()));
        loop {
            let batch = feed.next_batch();
            if batch.is_empty() {
                break;
            }
            for (position, letter) in batch.into_iter().enumerate() {
                let is_there = is_there(&mut folder, &letter).map_err(|error| refused(&error))?;
                let message = LocalMessage {
                    bytes: letter.bytes,
                    flags: letter.flags,
                    internal_date: letter.internal_date,
                };
                let fate = if is_there {
                    Fate::There
                } else {
                    let delivered = folder.deliver(&maildir_name::unique(), &message);
                    delivered.map_err(|error| refused(&error))?;
                    Fate::Added
                };
                feed.ended(position, fate);
            }
        }
        self.look_here(account)
    }
}

/// Whether an earlier attempt has added a message. Without a Message-ID nobody can tell: rather twice than never.
fn is_there(folder: &mut Folder, letter: &Letter) -> Result<bool, LocalError> {
    let Some(doubt) = letter.doubt.filter(|_| !letter.message_id.is_empty()) else {
        return Ok(false);
    };
    folder.look()?;
    let since = folder.messages().range(doubt.from..);
    let is_like = |entry: &Entry| {
        let head = folder.head(entry).and_then(Result::ok);
        head.is_some_and(|head| header::envelope(&head.block).message_id == letter.message_id)
    };
    Ok(since.filter(|(_, entry)| is_like(entry)).count() > doubt.n_others)
}

fn failed(error: &StoreError) -> RemoteError {
    offline(&error.to_string())
}
