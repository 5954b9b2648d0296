//! What is asked of the store thread about drafts and the outbox, and how it is carried out: each request is one
//! transaction, and what changed is told by an event afterwards.

use crate::channel::draft::{Base, DraftId, Revision};
use crate::channel::error::StoreError;
use crate::channel::event::Event;
use crate::channel::operation::{Action, Change, Recorded, Ticket};
use crate::channel::outbox::{OutboxId, OutboxState, Outgoing, TakenBack};
use crate::mail::account::AccountId;
use crate::mail::composition::Composition;
use crate::mail::flag::{Keyword, SystemFlag};
use crate::mail::safe_text::SafeText;
use crate::store::disk::sql::{attempt_within, now, transaction, without_waiting};
use crate::store::failpoint;
use crate::store::journal::recording;
use crate::store::outgoing::draft_copies::{self, CopyNews};
use crate::store::outgoing::outbox_rows::Floors;
use crate::store::outgoing::outbox_state::{Cause, Next};
use crate::store::outgoing::outbox_waits::{self, Waits};
use crate::store::outgoing::{origins, outbox, outbox_rows};
use crate::store::worker::Worker;
use crate::store::worker::request::Reply;

/// What the user decides about a mail of the outbox.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    /// It is to be a draft again.
    TakeBack,
    /// It is to be sent now, or once more.
    Retry,
    /// It arrived.
    Settle,
    /// It is given up.
    Drop,
}

/// How a mail fared that its engine had claimed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fate {
    /// The last byte before the final dot is about to leave.
    Committing,
    /// The server has it.
    Accepted,
    /// The server surely does not have it; it is tried again from this moment on, seconds since the epoch.
    Deferred {
        /// Why, as a sentence.
        words: SafeText,
        /// When again.
        not_before: i64,
    },
    /// The server does not want it.
    Refused {
        /// Its words, as a sentence.
        words: SafeText,
    },
    /// Nobody knows whether the server has it.
    Lost {
        /// Why, as a sentence.
        words: SafeText,
    },
}

/// Failpoints before and after what became of a mail is durable.
const COMMITTING: [&str; 2] = ["committing.before-commit", "committing.after-commit"];
const ACCEPTED: [&str; 2] = ["accepted.before-commit", "accepted.after-commit"];
const DEFERRED: [&str; 2] = ["deferred.before-commit", "deferred.after-commit"];
const REFUSED: [&str; 2] = ["refused.before-commit", "refused.after-commit"];
const LOST: [&str; 2] = ["lost.before-commit", "lost.after-commit"];

/// A request about drafts or the outbox. Where there is no reply, an event alone answers.
pub(in crate::store) enum MailRequest {
    SaveDraft {
        ticket: Ticket,
        account: AccountId,
        base: Base,
        is_left: bool,
        composition: Box<Composition>,
        reply: Option<Reply<Revision>>,
    },
    DiscardDraft(Revision, Option<Reply<bool>>),
    /// Nobody types at a draft any more.
    LeaveDrafts(Reply<usize>),
    Queue(Ticket, Box<Outgoing>, Option<Reply<(OutboxId, i64)>>),
    Decide(OutboxId, Decision, Option<Reply<bool>>),
    Claim(AccountId, Floors, Reply<Option<OutboxId>>),
    Report {
        mail: OutboxId,
        attempt: u32,
        fate: Fate,
        reply: Reply<bool>,
    },
    /// Its copy is filed, or belongs nowhere.
    File(OutboxId, Reply<bool>),
    /// Copies of what was sent belong nowhere.
    FileNone(AccountId, Reply<()>),
    /// It stands as it did; why, and when it is looked at again (0: not by itself).
    Remark(OutboxId, SafeText, i64, Reply<()>),
    /// The engine that held the account before is gone.
    Abandon(AccountId, Reply<()>),
    /// These waits for another attempt are over.
    Hurry(AccountId, Waits, Reply<()>),
    /// No mail can go just now: why, and when they are tried next (0: nobody knows).
    PutOff(AccountId, SafeText, i64, Reply<()>),
    /// What these words say is over.
    LetGo(AccountId, SafeText, Reply<()>),
    /// How the server's copy of a draft fares.
    Copied(AccountId, DraftId, CopyNews, Reply<bool>),
    /// The copies that are due were tried.
    CopiesTried(AccountId, Vec<Revision>, Reply<()>),
}

impl Worker {
    pub(in crate::store) fn mail_request(&mut self, request: MailRequest) {
        self.chores.release = true; // A draft may need something no longer.
        match request {
            MailRequest::SaveDraft {
                ticket,
                account,
                base,
                is_left,
                composition,
                reply,
            } => {
                let saved = self.save_draft(account, base, &composition, is_left);
                self.draft_saved(ticket, saved, reply);
            }
            MailRequest::DiscardDraft(seen, reply) => {
                let done = self.discard_draft(seen);
                self.answer(done, reply);
            }
            MailRequest::LeaveDrafts(reply) => {
                let done = self.leave_drafts();
                self.answer(done, Some(reply));
            }
            MailRequest::Queue(ticket, mail, reply) => self.queue(ticket, &mail, reply),
            MailRequest::Decide(mail, decision, reply) => {
                let done = self.decide(mail, decision);
                self.answer(done, reply);
            }
            engine => self.engine_request(engine),
        }
    }

    fn engine_request(&mut self, request: MailRequest) {
        match request {
            MailRequest::Claim(account, floors, reply) => {
                let done = self.claim_mail(account, floors);
                self.answer(done, Some(reply));
            }
            MailRequest::Report {
                mail,
                attempt,
                fate,
                reply,
            } => {
                let done = self.report(mail, attempt, &fate);
                self.answer(done, Some(reply));
            }
            MailRequest::File(mail, reply) => {
                failpoint::pass("filed.before-commit");
                let done = self.advance(mail, Cause::File, None, "", 0);
                failpoint::pass("filed.after-commit");
                self.answer(done.map(|next| next.is_some()), Some(reply));
            }
            MailRequest::Remark(mail, words, not_before, reply) => {
                let done = outbox::remark(&self.state, mail, words.as_str(), not_before);
                let done = done.and_then(|()| self.tell_mail(mail));
                self.answer(done, Some(reply));
            }
            MailRequest::Copied(account, draft, news, reply) => {
                failpoint::pass("copy.before-commit");
                let done = draft_copies::note(&self.state, account, draft, &news);
                failpoint::pass("copy.after-commit");
                self.answer(done, Some(reply));
            }
            MailRequest::CopiesTried(account, drafts, reply) => {
                let done = transaction(&self.state, |state| {
                    draft_copies::tried(state, account, &drafts)
                });
                self.answer(done, Some(reply));
            }
            of_account => self.account_request(of_account),
        }
    }

    /// What concerns all mail of an account that is in the same case.
    fn account_request(&mut self, request: MailRequest) {
        let state = &self.state;
        let (moved, reply) = match request {
            MailRequest::FileNone(account, reply) => {
                let moved = transaction(state, |state| outbox::file_none(state, account));
                (moved, reply)
            }
            MailRequest::Abandon(account, reply) => {
                let moved = transaction(state, |state| outbox::abandon(state, account));
                (moved, reply)
            }
            MailRequest::Hurry(account, waits, reply) => {
                let drafts = draft_copies::hurry(state, account);
                let moved = drafts.and_then(|()| outbox_waits::hurry(state, account, waits));
                (moved, reply)
            }
            MailRequest::PutOff(account, words, not_before, reply) => {
                let moved = outbox_waits::put_off(state, account, words.as_str(), not_before);
                (moved, reply)
            }
            MailRequest::LetGo(account, words, reply) => {
                let moved = outbox_waits::let_go(state, account, words.as_str());
                (moved, reply)
            }
            _ => return,
        };
        let mails =
            moved.and_then(|mails| mails.into_iter().try_for_each(|mail| self.tell_mail(mail)));
        self.answer(mails, Some(reply));
    }

    fn queue(&mut self, ticket: Ticket, mail: &Outgoing, reply: Option<Reply<(OutboxId, i64)>>) {
        let queued = transaction(&self.state, |state| {
            let queued = outbox::queue(state, &self.cache, mail)?;
            failpoint::pass("queue.before-commit");
            Ok(queued)
        });
        failpoint::pass("queue.after-commit");
        self.pending.forget();
        let queued = self.noted(queued);
        match (&queued, &reply) {
            (Ok((outbox, not_before)), _) => {
                self.send(Event::Queued {
                    ticket,
                    outbox: *outbox,
                    not_before: *not_before,
                });
                // Refused mail that this one mends has gone with it.
                if let Err(error) = self.tell_outbox() {
                    self.send(Event::StoreFailed(error));
                }
            }
            (Err(error), None) => self.send(Event::SendRefused {
                ticket,
                error: SafeText::line(&error.to_string()).into(),
            }),
            (Err(_), Some(_)) => {}
        }
        if let Some(reply) = reply {
            let _ = reply.send(queued);
        }
    }

    fn decide(&mut self, mail: OutboxId, decision: Decision) -> Result<bool, StoreError> {
        if decision == Decision::TakeBack {
            return self.take_back(mail);
        }
        let cause = match decision {
            Decision::Retry => Cause::Retry,
            Decision::Settle => Cause::Settle,
            Decision::Drop | Decision::TakeBack => Cause::Drop,
        };
        let next = self.advance(mail, cause, None, "", 0)?;
        if next == Some(Next::Gone) {
            self.tell_outbox()?;
            self.tell_drafts()?;
        }
        Ok(next.is_some())
    }

    fn take_back(&mut self, mail: OutboxId) -> Result<bool, StoreError> {
        let draft = outbox::draft(&self.state, mail)?;
        failpoint::pass("taken-back.before-commit");
        let next = self.advance(mail, Cause::TakeBack, None, "", 0)?;
        failpoint::pass("taken-back.after-commit");
        let outcome = match (next, draft) {
            (Some(Next::Gone), _) => TakenBack::Gone,
            (Some(_), Some(draft)) => TakenBack::Draft(draft),
            _ if outbox::is_all_there_is(&self.state, mail)? => TakenBack::Whole,
            _ => TakenBack::TooLate,
        };
        self.send(Event::TakenBack {
            outbox: mail,
            outcome,
        });
        if next.is_some() {
            self.tell_outbox()?;
        }
        Ok(next.is_some())
    }

    fn claim_mail(
        &mut self,
        account: AccountId,
        floors: Floors,
    ) -> Result<Option<OutboxId>, StoreError> {
        let mut refused = Vec::new();
        failpoint::pass("sending.before-commit");
        // What the power takes with it of a claim leaves the mail as it was, and nothing of it counts before the mark that
        // follows, which is waited for and takes this along.
        let claimed = without_waiting(&self.state, || {
            transaction(&self.state, |state| {
                outbox::claim(state, account, floors, &mut refused)
            })
        })?;
        failpoint::pass("sending.after-commit");
        for mail in refused.into_iter().chain(claimed) {
            self.tell_mail(mail)?;
        }
        Ok(claimed)
    }

    fn report(&mut self, mail: OutboxId, attempt: u32, fate: &Fate) -> Result<bool, StoreError> {
        let (cause, words, not_before, [before, after]) = match fate {
            Fate::Committing => (Cause::Commit, "", 0, COMMITTING),
            Fate::Accepted => (Cause::Accept, "", 0, ACCEPTED),
            Fate::Deferred { words, not_before } => {
                (Cause::Defer, words.as_str(), *not_before, DEFERRED)
            }
            Fate::Refused { words } => (Cause::Refuse, words.as_str(), 0, REFUSED),
            // Looked for at once.
            Fate::Lost { words } => (Cause::Lose, words.as_str(), now(), LOST),
        };
        failpoint::pass(before);
        let next = self.advance(mail, cause, Some(attempt), words, not_before)?;
        failpoint::pass(after);
        Ok(next.is_some())
    }

    /// Moves a mail on and tells of it; what it answers or forwards is marked in the same transaction in which the mail is
    /// accepted.
    fn advance(
        &mut self,
        mail: OutboxId,
        cause: Cause,
        attempt: Option<u32>,
        words: &str,
        not_before: i64,
    ) -> Result<Option<Next>, StoreError> {
        let mut marked: Option<(Action, Recorded)> = None;
        let next = transaction(&self.state, |state| {
            let next = outbox::advance(state, mail, cause, attempt, words, not_before)?;
            if next == Some(Next::State(OutboxState::Accepted)) {
                // The server has the mail: that is noted, whatever becomes of the mark.
                marked = attempt_within(state, || self.mark_origin(mail))?;
            }
            Ok(next)
        })?;
        if let Some((action, recorded)) = marked {
            self.recorded(&action, &recorded);
        }
        if matches!(next, Some(Next::State(_))) {
            self.tell_mail(mail)?;
        }
        if let Some(Next::State(OutboxState::Failed)) = next {
            self.tell_drafts()?;
        }
        Ok(next)
    }

    /// Records `\Answered` or `$Forwarded` for the message that a mail came from, inside a transaction of the caller.
    fn mark_origin(&self, mail: OutboxId) -> Result<Option<(Action, Recorded)>, StoreError> {
        let Some(origin) = origins::of(&self.state, mail)? else {
            return Ok(None);
        };
        let change = if origin.is_forward {
            let Some(keyword) = Keyword::parse("$Forwarded") else {
                return Ok(None);
            };
            Change::Keyword { keyword, on: true }
        } else {
            Change::Flag {
                flag: SystemFlag::Answered,
                on: true,
            }
        };
        let Some((account, targets)) = origins::places(&self.cache, origin.message)? else {
            return Ok(None); // It is gone, or the cache is.
        };
        let action = Action::new(Ticket(0), account, change, targets);
        match recording::write(&self.state, &self.cache, &action) {
            Ok(recorded) => Ok(Some((action, recorded))),
            Err(StoreError::Gone) => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn tell_mail(&self, mail: OutboxId) -> Result<(), StoreError> {
        if let Some(row) = outbox_rows::one(&self.state, mail)? {
            self.send(Event::MailChanged(Box::new(row)));
        }
        Ok(())
    }

    /// Tells the whole outbox.
    pub(in crate::store) fn tell_outbox(&self) -> Result<(), StoreError> {
        self.send(Event::Outbox(outbox_rows::all(&self.state)?));
        Ok(())
    }
}
