//! Work on mail that waits for a message which is not on this machine, or not all of it: it is fetched once, and the work
//! begins again.

use std::time::Instant;

use crate::channel::event::{Event, PartState, Timer};
use crate::channel::job::Job;
use crate::channel::operation::Ticket;
use crate::engine::once::find::Want;
use crate::mail::account::AccountId;
use crate::mail::mailbox::MailboxId;
use crate::mail::message_id::MessageId;
use crate::mail::part::{PartPath, WantedPart};
use crate::mail::safe_text::SafeText;
use crate::runtime::aside::{self, Purpose, Taken};
use crate::runtime::awaited::PATIENCE;
use crate::runtime::effects::Hands;
use crate::runtime::render::Answer;
use crate::runtime::sending::{self, Parcel};

/// Work that cannot be done yet.
#[derive(Debug)]
pub struct Lacking {
    /// Whose message it is; what is done with it may be another account's.
    pub account: AccountId,
    /// The message that it takes.
    pub message: MessageId,
    /// Where that is.
    pub mailbox: MailboxId,
    /// What of it has to be here.
    pub want: Want,
    /// It was fetched already: what is missing now will not come.
    pub was_fetched: bool,
    /// What is to be done.
    pub work: Work,
}

/// What takes a message.
#[derive(Debug)]
pub enum Work {
    /// It is taken up.
    TakeUp(Taken),
    /// A mail is sent that is made of it.
    Send(Box<Parcel>),
}

impl Lacking {
    /// The screen's number of the work.
    #[must_use]
    pub const fn ticket(&self) -> Ticket {
        match &self.work {
            Work::TakeUp(taken) => taken.ticket,
            Work::Send(parcel) => parcel.ticket,
        }
    }

    /// Whether a mail leaves when it is done: nobody expects that much later.
    #[must_use]
    pub const fn is_leaving(&self) -> bool {
        match &self.work {
            Work::TakeUp(taken) => matches!(taken.purpose, Purpose::Bounce { .. }),
            Work::Send(_) => true,
        }
    }

    fn failed(&self, why: &str) -> Event {
        match &self.work {
            Work::TakeUp(taken) => taken.failed(why),
            Work::Send(parcel) => parcel.refused(why),
        }
    }
}

impl Hands {
    /// What the render thread found: a view, or a body that must be fetched.
    pub(super) fn answered(&mut self, answer: Answer) -> Event {
        match answer {
            Answer::Event(event) => event,
            Answer::NotHere(lacking) => self.not_here(*lacking),
            Answer::Missing(request) => {
                let account = self.accounts_of.get(&request.mailbox).copied();
                // Where another process holds the engine, its answer says whether the body is coming.
                let coming = account.is_some_and(|account| self.reach.is_connected(account));
                if let Some(account) = account {
                    let job = Job::WantBody {
                        message: request.message,
                        mailbox: request.mailbox,
                    };
                    self.submit(account, job);
                }
                Event::MessageMissing {
                    message: request.message,
                    coming,
                }
            }
        }
    }

    /// A message is not here that is needed: it is fetched first, where somebody can.
    pub(super) fn not_here(&mut self, lacking: Lacking) -> Event {
        let Some(account) = self.accounts_of.get(&lacking.mailbox).copied() else {
            return lacking.failed("the message is gone");
        };
        if lacking.was_fetched {
            return lacking.failed("not all of this message could be fetched");
        }
        // Another process that holds the engine is asked too.
        if !self.reach.is_connected(account) && !self.reach.is_elsewhere(account) {
            return lacking
                .failed("this message is not on this machine, and the server cannot be reached");
        }
        let (message, mailbox) = (lacking.message, lacking.mailbox);
        let job = match lacking.want {
            Want::Whole => Job::WantPart(WantedPart {
                message,
                mailbox,
                path: PartPath::default(),
            }),
            _ => Job::WantBody { message, mailbox },
        };
        self.submit(account, job);
        let (now, timer) = (Instant::now(), Timer::Awaited(lacking.ticket()));
        self.timers.set(now, PATIENCE, timer);
        self.awaited.wait(lacking, now);
        Event::Notice(SafeText::own("fetching the message first"))
    }

    /// What may be what was waited for: work that goes on, each once.
    pub(super) fn came(&mut self, event: &Event) {
        let (message, error) = match event {
            Event::BodyStored(message) => (*message, None),
            Event::BodyFailed { message, error } => (*message, Some(error)),
            Event::Part {
                message,
                path,
                state,
            } if path.numbers().is_empty() => match state {
                PartState::Coming { .. } => {
                    return self.awaited.is_coming(*message, Instant::now());
                }
                PartState::Here => (*message, None),
                PartState::Failed(error) => (*message, Some(error)),
            },
            _ => return,
        };
        for lacking in self.awaited.settled(message) {
            if let Some(error) = error {
                let why = format!("the message could not be fetched: {error}");
                self.give_up(&lacking, &why);
            } else {
                self.go_on(lacking);
            }
        }
    }

    /// The connection of an account is lost, and with it what must not be done much later.
    pub(super) fn cut(&mut self, account: AccountId) {
        for lacking in self.awaited.cut(account) {
            self.give_up(
                &lacking,
                "the connection was lost before the message was here",
            );
        }
    }

    /// A message should have come by now; that it is waited for no longer, where that is so.
    pub(super) fn overdue(&mut self, ticket: Ticket) -> Option<Event> {
        let now = Instant::now();
        match self.awaited.look(ticket, now)? {
            Ok(left) => {
                self.timers.set(now, left, Timer::Awaited(ticket));
                None
            }
            Err(lacking) => Some(lacking.failed("the message did not come; ask again for it")),
        }
    }

    fn go_on(&self, lacking: Lacking) {
        match lacking.work {
            Work::TakeUp(taken) => {
                let taken = Taken {
                    was_fetched: true,
                    ..taken
                };
                aside::take_up(&self.store, &self.answers, taken);
            }
            Work::Send(parcel) => sending::send(&self.store, &self.answers, *parcel),
        }
    }

    fn give_up(&self, lacking: &Lacking, why: &str) {
        let _ = self.answers.send(Answer::Event(lacking.failed(why)));
    }
}
