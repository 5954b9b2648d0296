//! Messages that are fetched because a mail is to begin with them, is made of them, or because they are to be given on. Nothing is waited
//! for without end: what comes much later is not what was asked for, and a bounce must not leave hours after the key.

use std::time::{Duration, Instant};

use crate::channel::operation::Ticket;
use crate::mail::account::AccountId;
use crate::mail::message_id::MessageId;
use crate::runtime::lacking::Lacking;

/// So long nothing may be heard of a message.
pub const PATIENCE: Duration = Duration::from_mins(1);

/// What is waited for, and when something was last heard of it.
#[derive(Debug, Default)]
pub struct Awaited {
    waiting: Vec<(Lacking, Instant)>,
}

impl Awaited {
    /// Waits for a message from now on.
    pub fn wait(&mut self, lacking: Lacking, now: Instant) {
        self.waiting.push((lacking, now));
    }

    /// More of a message has come.
    pub fn is_coming(&mut self, message: MessageId, now: Instant) {
        for (lacking, heard) in &mut self.waiting {
            if lacking.message == message {
                *heard = now;
            }
        }
    }

    /// A message came, or will not: what it was waited for, each once.
    pub fn settled(&mut self, message: MessageId) -> Vec<Lacking> {
        self.extract(|lacking| lacking.message == message)
    }

    /// The connection of an account is lost: what is not to be done much later.
    pub fn cut(&mut self, account: AccountId) -> Vec<Lacking> {
        self.extract(|lacking| lacking.account == account && lacking.is_leaving())
    }

    /// Looks after one: given up where nothing was heard for too long, else the time that it has left. `None` where it
    /// is not waited for.
    pub fn look(&mut self, ticket: Ticket, now: Instant) -> Option<Result<Duration, Lacking>> {
        let is_it = |(lacking, _): &(Lacking, Instant)| lacking.ticket() == ticket;
        let at = self.waiting.iter().position(is_it)?;
        let (_, heard) = self.waiting.get(at)?;
        let left = PATIENCE.saturating_sub(now.saturating_duration_since(*heard));
        if left.is_zero() {
            return Some(Err(self.waiting.remove(at).0));
        }
        Some(Ok(left))
    }

    fn extract(&mut self, is_meant: impl Fn(&Lacking) -> bool) -> Vec<Lacking> {
        let found = self
            .waiting
            .extract_if(.., |(lacking, _)| is_meant(lacking));
        found.map(|(lacking, _)| lacking).collect()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::engine::once::find::Want;
    use crate::mail::composition::ReplyKind;
    use crate::mail::mailbox::MailboxId;
    use crate::mail::outgoing::Moment;
    use crate::runtime::aside::{Purpose, Taken};
    use crate::runtime::lacking::Work;

    const HOME: AccountId = AccountId::new(1);
    const WORK: AccountId = AccountId::new(2);

    fn taken(number: u64, account: AccountId, purpose: Purpose) -> Lacking {
        let (message, mailbox) = (MessageId::new(number).unwrap(), MailboxId::new(1));
        let taken = Taken {
            ticket: Ticket(number),
            account,
            message,
            mailbox,
            purpose,
            author: Arc::default(),
            was_fetched: true,
        };
        Lacking {
            account,
            message,
            mailbox,
            want: Want::Whole,
            was_fetched: true,
            work: Work::TakeUp(taken),
        }
    }

    fn bounce() -> Purpose {
        Purpose::Bounce {
            to: "bob@example.org".to_owned(),
            hold_seconds: 10,
            moment: Moment {
                seconds: 0,
                offset_minutes: 0,
                random: 0,
            },
        }
    }

    fn numbers(all: &[Lacking]) -> Vec<u64> {
        all.iter().map(|lacking| lacking.ticket().0).collect()
    }

    #[test]
    fn a_bounce_does_not_outlive_its_connection_and_a_reply_does() {
        let (mut awaited, now) = (Awaited::default(), Instant::now());
        awaited.wait(taken(1, HOME, bounce()), now);
        awaited.wait(taken(2, WORK, bounce()), now);
        awaited.wait(taken(3, HOME, Purpose::Mail(ReplyKind::Sender)), now);
        assert_eq!(numbers(&awaited.cut(HOME)), [1]);
        let came = |awaited: &mut Awaited, number| {
            numbers(&awaited.settled(MessageId::new(number).unwrap()))
        };
        assert_eq!(came(&mut awaited, 1), [0_u64; 0]);
        assert_eq!(came(&mut awaited, 2), [2]);
        assert_eq!(came(&mut awaited, 3), [3]);
        assert_eq!(came(&mut awaited, 3), [0_u64; 0], "each once");
    }

    #[test]
    fn nothing_is_waited_for_that_is_not_heard_of() {
        let (mut awaited, begin) = (Awaited::default(), Instant::now());
        awaited.wait(taken(1, HOME, bounce()), begin);
        let later = begin + PATIENCE / 2;
        assert_eq!(
            awaited.look(Ticket(1), later).unwrap().unwrap(),
            PATIENCE / 2
        );
        assert!(awaited.look(Ticket(2), later).is_none());
        // A long one on a slow line comes piece by piece.
        awaited.is_coming(MessageId::new(1).unwrap(), later);
        let left = awaited.look(Ticket(1), begin + PATIENCE).unwrap();
        assert_eq!(left.unwrap(), PATIENCE / 2);
        let given_up = awaited.look(Ticket(1), later + PATIENCE).unwrap();
        assert_eq!(given_up.unwrap_err().ticket(), Ticket(1));
        assert!(awaited.look(Ticket(1), later + PATIENCE).is_none());
    }
}
