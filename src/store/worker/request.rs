//! What is asked of the store thread, as data: two lanes, the user's before the bulk's.

use crossbeam_channel::Sender;

use crate::channel::error::StoreError;
use crate::channel::operation::{
    Action, Address, OperationId, Outcome, Recorded, Target, Ticket, Undone,
};
use crate::mail::account::AccountId;
use crate::mail::mailbox::{MailboxId, MailboxName};
use crate::mail::message_id::MessageId;
use crate::mail::quota::Quota;
use crate::mail::rights::Rights;
use crate::mail::uid::{ModSeq, Uid, UidValidity};
use crate::mail::uid_set::UidSet;
use crate::store::bodies::PreparedBody;
use crate::store::bodies::parts::PreparedPart;
use crate::store::journal::outcomes::Closing;
use crate::store::outgoing::mail_requests::MailRequest;
use crate::store::outgoing::outbox_waits::Holds;
use crate::store::sync_state::{
    CaughtUp, FetchedHeader, FlagChange, ListedMailbox, MailboxStatus, Selected, SyncState,
};

/// Where an answer goes.
pub(in crate::store) type Reply<T> = Sender<Result<T, StoreError>>;

/// How a change of a folder goes on.
pub(in crate::store) enum FolderRequest {
    /// It is about to be sent.
    Claim(OperationId, Reply<bool>),
    /// It ended.
    Close(OperationId, Outcome, Reply<()>),
}

/// What the user waits for.
pub(in crate::store) enum UserRequest {
    /// Commit an action; answered by events.
    Record(Action),
    /// Commit an action; answered to the caller.
    RecordNow(Action, Reply<Recorded>),
    /// Take back, or (`true`) do again; answered by events.
    Undo(Ticket, bool),
    /// Take back, or (`true`) do again; answered to the caller.
    UndoNow(bool, Reply<Undone>),
    /// End holds.
    EndHolds(Holds, Option<Reply<()>>),
    /// Open what was refused again.
    Retry(OperationId, Option<Reply<bool>>),
    /// Give up what was refused or not sent.
    Drop(OperationId, Option<Reply<bool>>),
    /// About drafts or the outbox.
    Mail(MailRequest),
    /// Keep bodies on this machine, or (`false`) let them go; answered by events, and to the caller how many it changed.
    Keep(Vec<MessageId>, bool, Option<Reply<u64>>),
    /// Let go of what is kept and has not come.
    StopKeeping(AccountId),
    /// A reader found the cache damaged that this process had open after so many replacements.
    Damaged(u64),
}

/// What the engine brings, in its order.
pub(in crate::store) enum BulkRequest {
    /// Insert or update headers, and give them back.
    Headers {
        mailbox: MailboxId,
        validity: UidValidity,
        headers: Vec<FetchedHeader>,
        covered: UidSet,
        spent: Sender<Vec<FetchedHeader>>,
    },
    /// Merge the server's flags.
    Flags {
        mailbox: MailboxId,
        validity: UidValidity,
        changes: Vec<FlagChange>,
    },
    /// Keep the beginnings of texts of a mailbox.
    Previews((MailboxId, UidValidity), Vec<(Uid, String)>),
    /// Remove placements.
    Vanished {
        mailbox: MailboxId,
        validity: UidValidity,
        uids: UidSet,
    },
    /// Note that everything up to here is known.
    SyncPoint {
        mailbox: MailboxId,
        validity: UidValidity,
        uid_next: u32,
        mod_seq: ModSeq,
        exists: u32,
    },
    /// Note how far flags are known of a mailbox.
    CaughtUp((MailboxId, UidValidity), CaughtUp),
    /// Keep a body.
    Body(Box<PreparedBody>),
    /// Keep the bytes of a part.
    Part(Box<PreparedPart>),
    /// What may be done in mailboxes, and the room of the account.
    Limits(AccountId, Vec<(MailboxId, Rights)>, Option<Quota>),
    /// A body was read: it stays longer.
    Touch(MessageId),
    /// Something failed before it got here; the next flush tells.
    Failed(StoreError),
    /// The whole LIST of an account.
    Listing(
        AccountId,
        Vec<ListedMailbox>,
        Reply<Vec<(MailboxName, MailboxId)>>,
    ),
    /// A STATUS response.
    Status(MailboxId, MailboxStatus, Reply<()>),
    /// Many STATUS responses.
    Statuses(AccountId, Vec<(MailboxId, MailboxStatus)>, Reply<()>),
    /// A SELECT response.
    Selected(MailboxId, Selected, Reply<SyncState>),
    /// Capabilities after login.
    Capabilities(AccountId, Vec<String>, Reply<()>),
    /// Targets are about to be sent.
    Claim(
        Vec<(OperationId, Target)>,
        Option<Address>,
        Reply<Vec<(OperationId, Target)>>,
    ),
    /// Targets were not sent after all.
    Release(Vec<(OperationId, Target)>, Reply<()>),
    /// Targets of operations ended.
    Close(Closing, Reply<()>),
    /// A change of a folder goes on.
    Folder(FolderRequest),
    /// Everything before is to be committed; answered with how often something failed so far, and the first failure
    /// after the given one.
    Flush(u64, Reply<(u64, Option<StoreError>)>),
    /// Nothing of the account stays in the cache.
    Purge(AccountId, Reply<()>),
    /// Nothing of these mailboxes stays in the cache but their names and counts.
    Forget(Vec<MailboxId>, Reply<()>),
    /// Commit and end.
    Shutdown(Reply<()>),
}
