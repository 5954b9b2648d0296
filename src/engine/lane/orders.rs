//! Orders that come while a lane is connected: onto the agenda, in whose order they are carried out.

use crate::channel::job::Job;
use crate::engine::Order;
use crate::engine::lane::Kind;
use crate::engine::lane::agenda::Agenda;
use crate::engine::link::Link;
use crate::engine::link::selection::Selection;
use crate::engine::link::step::Step;
use crate::mail::account::AccountId;
use crate::mail::mailbox::MailboxId;
use crate::mail::part::WantedPart;
use crate::remote::command::select;
use crate::store::reader::Reader;

impl Link<'_> {
    /// Takes an order while connected; `false` for the end.
    pub fn order(&mut self, order: Order, agenda: &mut Agenda) -> bool {
        match order {
            Order::Stop | Order::Job(Job::SetOnline(false)) => return false,
            Order::Job(job) => self.job(&job, agenda),
            Order::Sync(mailboxes) => {
                self.try_again(&mailboxes);
                if let Some(selection) = &mut self.selection
                    && mailboxes.contains(&selection.mailbox)
                {
                    selection.look_again();
                    self.look_again();
                }
                self.tell_rest_again();
                agenda.want_sync(&mailboxes, false);
                // What is kept may have come to another place.
                self.keep_again(agenda);
            }
            Order::Answer => agenda.owes_answer = true,
            Order::Settled => {
                self.is_other_busy = false;
                self.tell_rest_again();
            }
            Order::HomeIs(mailbox) => {
                agenda.home = watched_beside(mailbox, &mut self.reader, self.setup.account);
            }
            Order::Probe => self.probe(),
            Order::GivenUp(mailbox) => agenda.troubles.given_up(mailbox),
            Order::ReadAgain(mailbox) => {
                agenda.troubles.read(mailbox, false);
            }
            Order::MakeRoom | Order::Lend | Order::Accepted(_) => {} // The lane has seen to it.
            Order::Alone(given) => self.left_alone(&given, agenda),
        }
        true
    }

    /// The selected mailbox is said to have news: a server tells them when it is asked for anything, unless it is watched
    /// by IDLE anyway.
    fn look_again(&mut self) {
        if !self.is_idling() {
            self.send(select::noop(), Step::Courtesy);
        }
    }

    fn job(&mut self, job: &Job, agenda: &mut Agenda) {
        match *job {
            Job::OpenMailbox(mailbox) => {
                agenda.open(mailbox);
                self.try_again(&[mailbox]);
                if self.kind == Kind::Interactive && !self.is_alone {
                    self.other.send(Order::HomeIs(mailbox));
                }
            }
            Job::FetchAnyway { message, .. } | Job::WantPart(WantedPart { message, .. }) => {
                self.unfetchable.remove(&message); // Asked for again: tried again.
                agenda.wish(job.clone());
            }
            Job::FetchMore(mailbox) => {
                agenda.wish(job.clone());
                let is_held_back = self.holds_back(mailbox);
                let selection = self.selection.as_mut();
                let is_open = |open: &&mut Selection| open.mailbox == mailbox && open.has_gap();
                if let Some(selection) = selection.filter(is_open).filter(|_| !is_held_back) {
                    // Headers come without another look.
                    selection.has_leave = agenda.leave.take().is_some();
                }
            }
            Job::WantOldest(_) | Job::WantBody { .. } => agenda.wish(job.clone()),
            Job::CancelPart(ref unwanted) => self.cancel_part(unwanted, agenda),
            Job::JournalChanged => self.read_journal(agenda),
            Job::Keep => self.keep_again(agenda),
            Job::SyncNow if self.kind == Kind::Bulk => {
                agenda.troubles.asked_for_all();
            }
            Job::SyncNow => {
                agenda.troubles.asked_for_all();
                agenda.owes_answer = true;
                self.look_at_all(agenda);
                self.tell_rest_again();
            }
            Job::Password(ref secret) if self.kind == Kind::Interactive => {
                // The other lane asked for it: its token was old.
                self.other.send(Order::Accepted(secret.clone()));
            }
            Job::SendNow | Job::SetOnline(_) | Job::Password(_) | Job::SubmissionPassword(_) => {}
        }
    }
}

/// INBOX, where the interactive lane holds another mailbox; else there is nothing to watch beside it.
pub(super) fn watched_beside(
    home: MailboxId,
    reader: &mut Reader,
    account: AccountId,
) -> Option<MailboxId> {
    let inbox = reader.inbox(account).ok().flatten();
    inbox.filter(|inbox| *inbox != home)
}
