//! Effects about mail that is being written: who writes, what is taken up, what is sent.

use std::fs::File;
use std::hash::{BuildHasher as _, RandomState};
use std::io::Read as _;
use std::path::Path;
use std::time::Instant;

use crate::channel::effect::Effect;
use crate::channel::event::{Event, PartState, Timer};
use crate::channel::job::Job;
use crate::channel::operation::Ticket;
use crate::channel::outbox::OutboxState;
use crate::engine::find::Want;
use crate::mail::account::{AccountId, AccountSettings};
use crate::mail::composition::Identity;
use crate::mail::mailbox::MailboxId;
use crate::mail::message_id::MessageId;
use crate::mail::outgoing::Moment;
use crate::mail::part::{PartPath, WantedPart};
use crate::mail::safe_text::SafeText;
use crate::runtime::addresses::Lookup;
use crate::runtime::aside::{self, Parcel, Purpose, Taken};
use crate::runtime::awaited::PATIENCE;
use crate::runtime::effects::Hands;
use crate::runtime::render::Answer;
use crate::runtime::rows;
use crate::runtime::screen::now;
use crate::runtime::zone::Zone;
use crate::store::mail_requests::Decision;

/// The addresses under which the owner of an account writes; none where it has no server to send with.
#[must_use]
pub fn identities(settings: &AccountSettings) -> Vec<Identity> {
    if settings.smtp.is_none() {
        return Vec::new();
    }
    let addresses = std::iter::once(&settings.email).chain(&settings.aliases);
    let identity = |email: &String| {
        let mut special = settings.signatures.iter();
        let special = special.find(|(address, _)| address == email);
        Identity {
            name: settings.display_name.clone(),
            email: email.clone(),
            signature: special
                .map_or(&settings.signature, |(_, text)| text)
                .clone(),
        }
    };
    addresses.map(identity).collect()
}

/// The clock, the zone and a number that never comes again.
#[must_use]
pub fn moment() -> Moment {
    let seconds = now();
    Moment {
        seconds,
        offset_minutes: Zone::default().offset_at(seconds) / 60,
        random: random(),
    }
}

fn random() -> u128 {
    let mut bytes = [0; 16];
    let is_read = File::open("/dev/urandom").and_then(|mut source| source.read_exact(&mut bytes));
    if is_read.is_ok() {
        return u128::from_le_bytes(bytes);
    }
    // Seeded by the system too, once for each process.
    let half = || u128::from(RandomState::new().hash_one(now()));
    (half() << 64) | half()
}

impl Hands {
    /// Carries out what concerns mail that is being written, or on its way out.
    pub(super) fn write(&mut self, effect: Effect) {
        match effect {
            Effect::BeginReply {
                ticket,
                account,
                message,
                mailbox,
                kind,
            } => self.take_up((ticket, account), (message, mailbox), Purpose::Mail(kind)),
            Effect::Bounce {
                ticket,
                account,
                message,
                mailbox,
                to,
                hold_seconds,
            } => {
                let purpose = Purpose::Bounce {
                    to,
                    hold_seconds,
                    moment: moment(),
                };
                self.take_up((ticket, account), (message, mailbox), purpose);
            }
            Effect::Send {
                ticket,
                account,
                draft,
                composition,
                hold_seconds,
                not_before,
            } => {
                let moment = moment();
                let parcel = Parcel {
                    ticket,
                    account,
                    draft,
                    composition: *composition,
                    hold_seconds,
                    not_before: not_before.map(|at| in_its_own_zone(at, &moment)),
                    moment,
                };
                aside::send(&self.store, &self.writer, &self.answers, parcel);
            }
            Effect::CompleteAddress {
                ticket,
                account,
                typed,
            } => {
                let _ = self.addresses.send(Lookup {
                    ticket,
                    account,
                    typed,
                });
            }
            Effect::CompletePath { typed, .. } => aside::complete(&self.answers, typed),
            Effect::Attach { ticket, path } => aside::attach(&self.answers, ticket, path),
            effect => self.keep(effect),
        }
    }

    /// Drafts and the outbox.
    fn keep(&self, effect: Effect) {
        match effect {
            Effect::SaveDraft {
                ticket,
                account,
                draft,
                composition,
            } => self.writer.save_draft(ticket, account, draft, composition),
            Effect::DiscardDraft(draft) => self.writer.discard_draft(draft),
            Effect::LoadDraft(draft) => drop(self.rows.send(rows::Request::Draft(draft))),
            Effect::LoadDrafts => drop(self.rows.send(rows::Request::Drafts)),
            Effect::LoadOutbox => drop(self.rows.send(rows::Request::Outbox)),
            Effect::TakeBack(mail) => self.writer.decide(mail, Decision::TakeBack),
            Effect::RetryMail(mail) => self.writer.decide(mail, Decision::Retry),
            Effect::DropMail(mail) => self.writer.decide(mail, Decision::Drop),
            Effect::ResolveMail { outbox, as_sent } => {
                let decision = if as_sent {
                    Decision::Settle
                } else {
                    Decision::Retry
                };
                self.writer.decide(outbox, decision);
            }
            _ => {} // Carried out before it comes here.
        }
    }

    /// Looks after what an editor had when a process ended.
    pub fn recover(&self, data: &Path) {
        aside::recover(&self.store, &self.answers, data);
    }

    fn identities_of(&self, account: AccountId) -> Vec<Identity> {
        let found = self.identities.get(&account);
        found.cloned().unwrap_or_default()
    }

    fn take_up(
        &self,
        (ticket, account): (Ticket, AccountId),
        (message, mailbox): (MessageId, MailboxId),
        purpose: Purpose,
    ) {
        let taken = Taken {
            ticket,
            account,
            message,
            mailbox,
            purpose,
            identities: self.identities_of(account),
            was_fetched: false,
        };
        aside::take_up(&self.store, &self.answers, taken);
    }

    /// A message is not here that is to be taken up: it is fetched first, where somebody can.
    pub(super) fn not_here(&mut self, taken: Taken) -> Event {
        let Some(account) = self.accounts_of.get(&taken.mailbox).copied() else {
            return taken.failed("the message is gone");
        };
        if taken.was_fetched {
            return taken.failed("not all of this message could be fetched");
        }
        let (message, mailbox) = (taken.message, taken.mailbox);
        // Another process that holds the engine is asked too.
        if !self.reach.is_connected(account) && !self.reach.is_elsewhere(account) {
            return taken
                .failed("this message is not on this machine, and the server cannot be reached");
        }
        let job = match taken.want() {
            Want::Whole => Job::WantPart(WantedPart {
                message,
                mailbox,
                path: PartPath::default(),
            }),
            _ => Job::WantBody { message, mailbox },
        };
        self.submit(account, job);
        let now = Instant::now();
        self.timers.set(now, PATIENCE, Timer::Awaited(taken.ticket));
        let taken = Taken {
            was_fetched: true,
            ..taken
        };
        self.awaited.wait(taken, now);
        Event::Notice(SafeText::own("fetching the message first"))
    }

    /// What may be what was waited for: messages that are to be taken up, each once.
    pub(super) fn came(&mut self, event: &Event) {
        let (message, is_here) = match event {
            Event::BodyStored(message) => (*message, true),
            Event::BodyFailed { message, .. } => (*message, false),
            Event::Part {
                message,
                path,
                state,
            } if path.numbers().is_empty() => match state {
                PartState::Coming { .. } => {
                    return self.awaited.is_coming(*message, Instant::now());
                }
                PartState::Here => (*message, true),
                PartState::Failed(_) => (*message, false),
            },
            _ => return,
        };
        for taken in self.awaited.settled(message) {
            if is_here {
                aside::take_up(&self.store, &self.answers, taken);
            } else {
                let failed = taken.failed("the message could not be fetched");
                let _ = self.answers.send(Answer::Event(failed));
            }
        }
    }

    /// The connection of an account is lost, and with it what must not be done much later.
    pub(super) fn cut(&mut self, account: AccountId) {
        for taken in self.awaited.cut(account) {
            let failed = taken.failed("the connection was lost before the message was here");
            let _ = self.answers.send(Answer::Event(failed));
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
            Err(taken) => Some(taken.failed("the message did not come; ask again for it")),
        }
    }
}

/// The screen knows the zone's distance from UTC now; at that moment it may be another.
fn in_its_own_zone(at: i64, moment: &Moment) -> i64 {
    let then = i64::from(Zone::default().offset_at(at));
    at.saturating_add(i64::from(moment.offset_minutes) * 60 - then)
}

/// Whether there may be something to do for a mail: it is to be sent, or its copy to be filed, also where the user said
/// that it arrived.
pub(super) fn is_for_engines(event: &Event) -> bool {
    match event {
        Event::MailChanged(row) => {
            matches!(row.state, OutboxState::Queued | OutboxState::Accepted)
        }
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mail::account::{Endpoint, Security, SmtpServer};

    #[test]
    fn every_address_signs_in_its_own_way_where_it_has_one() {
        let mut settings = crate::runtime::opened::account("home");
        settings.email = "anna@example.org".to_owned();
        settings.aliases = vec!["a.abel@example.org".to_owned()];
        settings.signature = "Anna".to_owned();
        settings.signatures = vec![("a.abel@example.org".to_owned(), String::new())];
        assert_eq!(identities(&settings), [], "no server to send with");
        let endpoint = Endpoint::new("127.0.0.1", 0, Security::Plain);
        settings.smtp = Some(SmtpServer::new(endpoint, "anna"));
        let own = identities(&settings);
        let signatures: Vec<&str> = own.iter().map(|own| own.signature.as_str()).collect();
        assert_eq!(signatures, ["Anna", ""]);
    }
}
