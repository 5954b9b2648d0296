//! The writer's side of drafts and the outbox: for the screen, which waits for events, and for those who wait here.

use crate::channel::draft::{Base, DraftId, Revision};
use crate::channel::error::StoreError;
use crate::channel::operation::Ticket;
use crate::channel::outbox::{OutboxId, Outgoing};
use crate::mail::account::AccountId;
use crate::mail::composition::Composition;
use crate::mail::safe_text::SafeText;
use crate::store::outgoing::draft_copies::CopyNews;
use crate::store::outgoing::mail_requests::{Decision, Fate, MailRequest};
use crate::store::outgoing::outbox_rows::Floors;
use crate::store::outgoing::outbox_waits::Waits;
use crate::store::worker::request::UserRequest;
use crate::store::writer::Writer;

impl Writer {
    /// Has a draft saved; never blocks. Answered by `DraftSaved` or `DraftFailed`.
    pub fn save_draft(
        &self,
        ticket: Ticket,
        account: AccountId,
        base: Base,
        composition: Box<Composition>,
        is_left: bool,
    ) {
        self.tell_user(UserRequest::Mail(MailRequest::SaveDraft {
            ticket,
            account,
            base,
            is_left,
            composition,
            reply: None,
        }));
    }

    /// Saves a draft and waits for it: another one than asked for where that is not as it was seen any more.
    ///
    /// # Errors
    /// What the disk said; nothing was saved then.
    pub fn save_draft_now(
        &self,
        account: AccountId,
        base: Base,
        composition: Composition,
    ) -> Result<Revision, StoreError> {
        self.ask_user(|reply| {
            UserRequest::Mail(MailRequest::SaveDraft {
                ticket: Ticket(0),
                account,
                base,
                is_left: false,
                composition: Box::new(composition),
                reply: Some(reply),
            })
        })
    }

    /// Has a draft thrown away, unless it was changed since it was seen; answered by `Drafts`, and a `Notice` where it stays.
    pub fn discard_draft(&self, seen: Revision) {
        self.tell_user(UserRequest::Mail(MailRequest::DiscardDraft(seen, None)));
    }

    /// Throws a draft away, and waits for it; false where it was changed since it was seen, and stays.
    ///
    /// # Errors
    /// What the disk said.
    pub fn discard_draft_now(&self, seen: Revision) -> Result<bool, StoreError> {
        self.ask_user(|reply| UserRequest::Mail(MailRequest::DiscardDraft(seen, Some(reply))))
    }

    /// Takes every draft as one that nobody types at any more, so that the server gets its copy at once; at how many somebody
    /// seemed to type. For the start: a crash leaves such drafts, and another process says again that it has one.
    ///
    /// # Errors
    /// What the disk said.
    pub fn leave_drafts_now(&self) -> Result<usize, StoreError> {
        self.ask_user(|reply| UserRequest::Mail(MailRequest::LeaveDrafts(reply)))
    }

    /// Has a mail put into the outbox, in one transaction with the end of its draft; answered by `Queued` or `SendRefused`.
    pub fn queue(&self, ticket: Ticket, mail: Box<Outgoing>) {
        self.tell_user(UserRequest::Mail(MailRequest::Queue(ticket, mail, None)));
    }

    /// Puts a mail into the outbox and waits for it; its number, and when it may go (seconds since the epoch, 0 at once).
    ///
    /// # Errors
    /// What the disk said; the draft stands then.
    pub fn queue_now(&self, mail: Outgoing) -> Result<(OutboxId, i64), StoreError> {
        self.ask_user(|reply| {
            UserRequest::Mail(MailRequest::Queue(Ticket(0), Box::new(mail), Some(reply)))
        })
    }

    /// Has the user's decision about a mail carried out; answered by `MailChanged`, `TakenBack` or `Outbox`.
    pub fn decide(&self, mail: OutboxId, decision: Decision) {
        self.tell_user(UserRequest::Mail(MailRequest::Decide(mail, decision, None)));
    }

    /// Carries the user's decision about a mail out and waits for it; false where it comes too late.
    ///
    /// # Errors
    /// What the disk said.
    pub fn decide_now(&self, mail: OutboxId, decision: Decision) -> Result<bool, StoreError> {
        self.ask_user(|reply| UserRequest::Mail(MailRequest::Decide(mail, decision, Some(reply))))
    }

    /// Claims the next mail that may go: it counts as being sent, durably. To be used by who holds the account's lock.
    /// `floors` as known now: where an uncertain mail is looked for later.
    ///
    /// # Errors
    /// What the disk said; nothing may be sent then.
    pub fn claim_mail(
        &self,
        account: AccountId,
        floors: Floors,
    ) -> Result<Option<OutboxId>, StoreError> {
        self.ask_user(|reply| UserRequest::Mail(MailRequest::Claim(account, floors, reply)))
    }

    /// Notes how a claimed mail fares, durably; false where this attempt is not the one that counts (any more), and then
    /// nothing further of it may be sent.
    ///
    /// # Errors
    /// What the disk said; nothing further may be sent then.
    pub fn report_mail(
        &self,
        mail: OutboxId,
        attempt: u32,
        fate: Fate,
    ) -> Result<bool, StoreError> {
        self.ask_user(|reply| {
            UserRequest::Mail(MailRequest::Report {
                mail,
                attempt,
                fate,
                reply,
            })
        })
    }

    /// Notes that the copy of a mail is filed, or belongs nowhere.
    ///
    /// # Errors
    /// What the disk said.
    pub fn mail_filed(&self, mail: OutboxId) -> Result<bool, StoreError> {
        self.ask_user(|reply| UserRequest::Mail(MailRequest::File(mail, reply)))
    }

    /// Notes of what an account has sent that no copy is wanted, as far as one is due.
    ///
    /// # Errors
    /// What the disk said.
    pub fn no_mail_filed(&self, account: AccountId) -> Result<(), StoreError> {
        self.ask_user(|reply| UserRequest::Mail(MailRequest::FileNone(account, reply)))
    }

    /// Notes words about a mail that stands as it did, and when it is looked at again: seconds since the epoch, 0 for not by
    /// itself.
    ///
    /// # Errors
    /// What the disk said.
    pub fn remark_mail(
        &self,
        mail: OutboxId,
        words: SafeText,
        not_before: i64,
    ) -> Result<(), StoreError> {
        self.ask_user(|reply| {
            UserRequest::Mail(MailRequest::Remark(mail, words, not_before, reply))
        })
    }

    /// Takes over from an engine that is gone: what it had begun to send is queued again, what may have arrived is
    /// uncertain. To be called by who has just taken the account's lock.
    ///
    /// # Errors
    /// What the disk said.
    pub fn abandon_mail(&self, account: AccountId) -> Result<(), StoreError> {
        self.ask_user(|reply| UserRequest::Mail(MailRequest::Abandon(account, reply)))
    }

    /// Ends waits of an account for another attempt.
    ///
    /// # Errors
    /// What the disk said.
    pub fn hurry_mail(&self, account: AccountId, waits: Waits) -> Result<(), StoreError> {
        self.ask_user(|reply| UserRequest::Mail(MailRequest::Hurry(account, waits, reply)))
    }

    /// Notes beside every mail of an account that could go now why none goes, and when they are tried next: seconds since
    /// the epoch, 0 where no moment is known. A hold that has passed is over.
    ///
    /// # Errors
    /// What the disk said.
    pub fn put_off_mail(
        &self,
        account: AccountId,
        words: SafeText,
        not_before: i64,
    ) -> Result<(), StoreError> {
        self.ask_user(|reply| {
            UserRequest::Mail(MailRequest::PutOff(account, words, not_before, reply))
        })
    }

    /// Lets mail go that was put off with these words: what they say is over.
    ///
    /// # Errors
    /// What the disk said.
    pub fn let_mail_go(&self, account: AccountId, words: SafeText) -> Result<(), StoreError> {
        self.ask_user(|reply| UserRequest::Mail(MailRequest::LetGo(account, words, reply)))
    }

    /// Notes how the server's copy of an account's draft fares; false where there is no such draft (any more), or it is
    /// another account's now: then nothing of it is to leave.
    ///
    /// # Errors
    /// What the disk said.
    pub fn note_copy(
        &self,
        account: AccountId,
        draft: DraftId,
        news: CopyNews,
    ) -> Result<bool, StoreError> {
        self.ask_user(|reply| UserRequest::Mail(MailRequest::Copied(account, draft, news, reply)))
    }

    /// Notes that copies of these drafts have been tried, as they were seen; what failed is due again a while later.
    ///
    /// # Errors
    /// What the disk said.
    pub fn drafts_tried(
        &self,
        account: AccountId,
        drafts: Vec<Revision>,
    ) -> Result<(), StoreError> {
        self.ask_user(|reply| UserRequest::Mail(MailRequest::CopiesTried(account, drafts, reply)))
    }
}
