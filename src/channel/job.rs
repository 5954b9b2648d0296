//! What is asked of an engine. User actions are not jobs but operations in the journal.

use crate::mail::mailbox::MailboxId;
use crate::mail::message_id::MessageId;
use crate::mail::part::WantedPart;
use crate::mail::secret::Secret;

/// A request to the engine of one account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Job {
    /// The user looks at this mailbox: bring it up to date first and watch it.
    OpenMailbox(MailboxId),
    /// The user jumped to the oldest rows while older headers are still missing: fetch those first.
    WantOldest(MailboxId),
    /// The user opened a message whose text is not here.
    WantBody {
        /// Which message.
        message: MessageId,
        /// Where to fetch it from.
        mailbox: MailboxId,
    },
    /// The user wants a body whatever it costs.
    FetchAnyway {
        /// Which message.
        message: MessageId,
        /// Where to fetch it from.
        mailbox: MailboxId,
    },
    /// The user wants more headers of a mailbox where metering has stopped them.
    FetchMore(MailboxId),
    /// The user waits for a part.
    WantPart(WantedPart),
    /// The user does not want it any more; what has come of it is kept for another time.
    CancelPart(WantedPart),
    /// What is to be kept on this machine changed: fetch what has not come, and no more.
    Keep,
    /// The journal has new operations.
    JournalChanged,
    /// Bring every mailbox up to date now, and try at once when waiting for the next attempt.
    SyncNow,
    /// Mail is to go now, also where its server is left alone for a while because it was away.
    SendNow,
    /// Offline by choice, or back.
    SetOnline(bool),
    /// The password came: typed, kept, or from a command.
    Password(Secret),
    /// The same for the submission server, which took no other one.
    SubmissionPassword(Secret),
}

impl Job {
    /// Whether the user begins something with it that takes headers: what a metered account may take counts from here.
    #[must_use]
    pub const fn begins_action(&self) -> bool {
        matches!(
            self,
            Self::OpenMailbox(_)
                | Self::WantOldest(_)
                | Self::FetchMore(_)
                | Self::SyncNow
                | Self::SetOnline(true)
        )
    }
}
