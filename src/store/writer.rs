//! The handle through which everything is written: puts requests into the lanes of the store thread.

use std::io::Read;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crossbeam_channel::{Receiver, Sender, bounded};

use crate::channel::error::StoreError;
use crate::channel::event::Event;
use crate::channel::operation::{Address, OperationId, Outcome, Target};
use crate::mail::account::AccountId;
use crate::mail::mailbox::{MailboxId, MailboxName};
use crate::mail::message_id::MessageId;
use crate::mail::part::PartPath;
use crate::mail::quota::Quota;
use crate::mail::rights::Rights;
use crate::mail::uid::{ModSeq, Uid, UidValidity};
use crate::mail::uid_set::UidSet;
use crate::store::bodies::parts;
use crate::store::bodies::{self, StoredBody};
use crate::store::sync_state::{
    CaughtUp, FetchedHeader, FlagChange, ListedMailbox, MailboxStatus, Selected, SyncState,
};
use crate::store::worker::request::{BulkRequest, FolderRequest, Reply, UserRequest};

/// Requests waiting in the bulk lane from which on the store counts as behind.
const BEHIND: usize = 2;
/// Lists of stored headers that wait for who made them.
const SPENT: usize = 4;

/// Sends requests to the store thread. Cheap to clone; a clone is the same handle, [`super::Store::writer`] gives
/// another.
#[derive(Clone)]
pub struct Writer {
    pub(super) user: Sender<UserRequest>,
    pub(super) bulk: Sender<BulkRequest>,
    pub(super) events: Sender<Event>,
    pub(super) bodies: Arc<Path>,
    /// Failures of the store thread that this handle was told of, or that were before it.
    pub(super) n_failed: Arc<AtomicU64>,
    pub(super) spent: Spent,
}

/// Headers that are stored, on their way back to the thread that made them: where the store's thread frees them, both wait
/// for one another in the allocator, a thousand times in a first sync. Few at a time; the store frees what has no room.
#[derive(Clone)]
pub(super) struct Spent {
    sender: Sender<Vec<FetchedHeader>>,
    receiver: Receiver<Vec<FetchedHeader>>,
}

impl Spent {
    pub(super) fn new() -> Self {
        let (sender, receiver) = bounded(SPENT);
        Self { sender, receiver }
    }
}

impl Writer {
    /// Takes the whole LIST of an account: new mailboxes get numbers, those not in it go from the cache.
    ///
    /// An empty list removes nothing: INBOX always exists, so it can only be a mistake (RFC 3501 §5.1).
    ///
    /// # Errors
    /// What the disk said.
    pub fn listing(
        &self,
        account: AccountId,
        listed: Vec<ListedMailbox>,
    ) -> Result<Vec<(MailboxName, MailboxId)>, StoreError> {
        self.ask(|reply| BulkRequest::Listing(account, listed, reply))
    }

    /// Keeps what STATUS said; a field that is `None` keeps its former value.
    ///
    /// # Errors
    /// `Gone` for an unknown mailbox; else what the disk said.
    pub fn status(&self, mailbox: MailboxId, status: MailboxStatus) -> Result<(), StoreError> {
        self.ask(|reply| BulkRequest::Status(mailbox, status, reply))
    }

    /// Keeps what STATUS said of many mailboxes of an account, in one transaction and with one event; unknown mailboxes
    /// are left out.
    ///
    /// # Errors
    /// What the disk said; then nothing of it is kept.
    pub fn statuses(
        &self,
        account: AccountId,
        statuses: Vec<(MailboxId, MailboxStatus)>,
    ) -> Result<(), StoreError> {
        self.ask(|reply| BulkRequest::Statuses(account, statuses, reply))
    }

    /// Keeps what SELECT said and tells how far the mailbox is known now.
    ///
    /// Another UIDVALIDITY voids the placements, keeps their messages aside for rebinding and makes the gap everything;
    /// a larger UIDNEXT makes the gap grow; a smaller HIGHESTMODSEQ than the known one resets it to zero.
    ///
    /// # Errors
    /// `Gone` for an unknown mailbox; else what the disk said.
    pub fn selected(
        &self,
        mailbox: MailboxId,
        selected: Selected,
    ) -> Result<SyncState, StoreError> {
        self.ask(|reply| BulkRequest::Selected(mailbox, selected, reply))
    }

    /// Keeps the capabilities after login for the first flight of the next start.
    ///
    /// # Errors
    /// What the disk said.
    pub fn capabilities(
        &self,
        account: AccountId,
        capabilities: Vec<String>,
    ) -> Result<(), StoreError> {
        self.ask(|reply| BulkRequest::Capabilities(account, capabilities, reply))
    }

    /// Marks targets as on their way, durably, before their command leaves; so a crash or a cut behind it is known to be
    /// one of which nobody knows what the server did. Returns those that may be sent: open ones that are not held, and
    /// those that were claimed before. `floor` is UIDVALIDITY and UIDNEXT of the destination of a move or copy, where they
    /// are known; a target that was claimed before keeps its first.
    ///
    /// # Errors
    /// What the disk said; nothing may be sent then.
    pub fn claim(
        &self,
        targets: Vec<(OperationId, Target)>,
        floor: Option<Address>,
    ) -> Result<Vec<(OperationId, Target)>, StoreError> {
        self.ask(|reply| BulkRequest::Claim(targets, floor, reply))
    }

    /// Takes the mark from targets whose command surely never left, or surely changed nothing: they are open again.
    ///
    /// # Errors
    /// What the disk said.
    pub fn release(&self, targets: Vec<(OperationId, Target)>) -> Result<(), StoreError> {
        self.ask(|reply| BulkRequest::Release(targets, reply))
    }

    /// Ends targets of an operation: first the cache, then the journal. Targets not named stay open.
    ///
    /// # Errors
    /// What the disk said; then the operation is still open and may be closed again.
    pub fn close(
        &self,
        operation: OperationId,
        outcomes: Vec<(Target, Outcome)>,
    ) -> Result<(), StoreError> {
        self.close_together(vec![(operation, outcomes)])
    }

    /// Ends targets of several operations at once, as one command does that was folded of them: either all of them ended
    /// or, after a crash, none.
    ///
    /// # Errors
    /// As [`Writer::close`].
    pub fn close_together(
        &self,
        ended: Vec<(OperationId, Vec<(Target, Outcome)>)>,
    ) -> Result<(), StoreError> {
        self.ask(|reply| BulkRequest::Close(ended, reply))
    }

    /// Marks a change of a folder as on its way, as [`Writer::claim`] does; false where it is not to be sent (any more).
    ///
    /// # Errors
    /// What the disk said; nothing may be sent then.
    pub fn claim_folder(&self, operation: OperationId) -> Result<bool, StoreError> {
        self.ask(|reply| BulkRequest::Folder(FolderRequest::Claim(operation, reply)))
    }

    /// Ends a change of a folder: names and rows follow it. [`Event::Closed`] has no targets then.
    ///
    /// # Errors
    /// What the disk said; then the operation is still open and may be closed again.
    pub fn close_folder(&self, operation: OperationId, outcome: Outcome) -> Result<(), StoreError> {
        self.ask(|reply| BulkRequest::Folder(FolderRequest::Close(operation, outcome, reply)))
    }

    /// Waits until all earlier writes are committed.
    ///
    /// # Errors
    /// The first error among the writes since the last flush through this handle or a clone of it; the mailbox they were
    /// for is to be read again. Writes of other handles may have shared the transaction, so their errors count too; each
    /// handle is told of each, and one never takes it from another.
    pub fn flush(&self) -> Result<(), StoreError> {
        let seen = self.n_failed.load(Ordering::SeqCst);
        let (n_failed, error) = self.ask(|reply| BulkRequest::Flush(seen, reply))?;
        self.n_failed.fetch_max(n_failed, Ordering::SeqCst);
        error.map_or(Ok(()), Err)
    }

    /// Removes everything of the account from the cache, overwriting it on the disk.
    ///
    /// # Errors
    /// What the disk said.
    pub fn purge(&self, account: AccountId) -> Result<(), StoreError> {
        self.ask(|reply| BulkRequest::Purge(account, reply))
    }

    /// Removes the messages of mailboxes from the cache, overwriting them on the disk; names and counts stay. Nothing is
    /// removed of a mailbox in which the user keeps something.
    ///
    /// # Errors
    /// What the disk said.
    pub fn forget(&self, mailboxes: Vec<MailboxId>) -> Result<(), StoreError> {
        self.ask(|reply| BulkRequest::Forget(mailboxes, reply))
    }

    /// Inserts or updates headers; `covered` leaves the gap in the transaction of the last row. Dropped under another
    /// UIDVALIDITY than the mailbox has.
    pub fn headers(
        &self,
        mailbox: MailboxId,
        validity: UidValidity,
        headers: Vec<FetchedHeader>,
        covered: UidSet,
    ) {
        self.spent.receiver.try_iter().for_each(drop);
        self.put(BulkRequest::Headers {
            mailbox,
            validity,
            headers,
            covered,
            spent: self.spent.sender.clone(),
        });
    }

    /// Merges the server's flags under the open operations; unknown UIDs are left out.
    pub fn flags(&self, mailbox: MailboxId, validity: UidValidity, changes: Vec<FlagChange>) {
        self.put(BulkRequest::Flags {
            mailbox,
            validity,
            changes,
        });
    }

    /// Keeps the beginnings of texts; unknown UIDs are left out.
    pub fn previews(
        &self,
        mailbox: MailboxId,
        validity: UidValidity,
        previews: Vec<(Uid, String)>,
    ) {
        self.put(BulkRequest::Previews((mailbox, validity), previews));
    }

    /// Removes messages that the server expunged.
    pub fn vanished(&self, mailbox: MailboxId, validity: UidValidity, uids: UidSet) {
        self.put(BulkRequest::Vanished {
            mailbox,
            validity,
            uids,
        });
    }

    /// Notes a sync point: everything up to here is in the store (PROTOCOL, trap 7).
    pub fn sync_point(
        &self,
        mailbox: MailboxId,
        validity: UidValidity,
        uid_next: u32,
        mod_seq: ModSeq,
        exists: u32,
    ) {
        self.put(BulkRequest::SyncPoint {
            mailbox,
            validity,
            uid_next,
            mod_seq,
            exists,
        });
    }

    /// Notes that everything of the messages from a UID on is in the store up to a mod-sequence, where the sync point is
    /// lower.
    pub fn caught_up(&self, mailbox: MailboxId, validity: UidValidity, caught_up: CaughtUp) {
        self.put(BulkRequest::CaughtUp((mailbox, validity), caught_up));
    }

    /// Keeps a body; [`Event::BodyStored`] follows the commit. A large one is written to its file here, on the caller's
    /// thread, so that the store thread never waits for its flush.
    pub fn body(&self, message: MessageId, body: StoredBody) {
        match bodies::prepare(&self.bodies, message, body) {
            Ok(prepared) => self.put(BulkRequest::Body(Box::new(prepared))),
            Err(error) => self.put(BulkRequest::Failed(error)),
        }
    }

    /// Keeps a whole message of exactly `length` bytes as [`Writer::body`] does, read from `source` here and now, and in
    /// small pieces: a large one is never in memory as a whole. A source that ends early or fails is told by the next
    /// flush, and nothing of it is kept.
    pub fn body_from(&self, message: MessageId, length: u64, mut source: impl Read) {
        match bodies::prepare_from(&self.bodies, message, length, &mut source) {
            Ok(prepared) => self.put(BulkRequest::Body(Box::new(prepared))),
            Err(error) => self.put(BulkRequest::Failed(error)),
        }
    }

    /// Keeps one part of a body that is here in parts, of exactly `length` bytes, read from `source` as
    /// [`Writer::body_from`] does. `encoding` says how those bytes are encoded, lower case.
    pub fn part_from(
        &self,
        message: MessageId,
        path: &PartPath,
        encoding: String,
        length: u64,
        mut source: impl Read,
    ) {
        match parts::prepare(&self.bodies, message, path, encoding, length, &mut source) {
            Ok(prepared) => self.put(BulkRequest::Part(Box::new(prepared))),
            Err(error) => self.put(BulkRequest::Failed(error)),
        }
    }

    /// Whether the store has more waiting than it needs to go on without a pause: asking for more gains nothing now.
    #[must_use]
    pub fn is_behind(&self) -> bool {
        self.bulk.len() >= BEHIND
    }

    /// Keeps what a server told of rights in mailboxes of this account, and of its room; what is not told stays.
    pub fn limits(
        &self,
        account: AccountId,
        rights: Vec<(MailboxId, Rights)>,
        quota: Option<Quota>,
    ) {
        self.put(BulkRequest::Limits(account, rights, quota));
    }

    /// Notes that a body was read. Only a hint about what to keep: dropped when the store thread is busy.
    pub(super) fn touch(&self, message: MessageId) {
        let _ = self.bulk.try_send(BulkRequest::Touch(message));
    }

    /// Reports damage in the cache that was open after so many replacements.
    pub(super) fn damaged(&self, generation: u64) {
        let _ = self.user.send(UserRequest::Damaged(generation));
    }

    fn put(&self, request: BulkRequest) {
        // A closed store takes nothing more; the next flush says so.
        let _ = self.bulk.send(request);
    }

    fn ask<T>(&self, request: impl FnOnce(Reply<T>) -> BulkRequest) -> Result<T, StoreError> {
        let (reply, answer) = bounded(1);
        self.bulk.send(request(reply)).map_err(|_| ended())?;
        answer.recv().map_err(|_| ended())?
    }
}

pub(super) fn ended() -> StoreError {
    StoreError::Io {
        cause: "the store is closed".to_owned(),
    }
}
