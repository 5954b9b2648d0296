//! Effects about mail that is being written: who writes, what is taken up, what is sent.

use std::fs::File;
use std::hash::{BuildHasher as _, RandomState};
use std::io::Read as _;
use std::path::Path;

use crate::channel::effect::Effect;
use crate::channel::event::Event;
use crate::channel::job::Job;
use crate::channel::operation::Ticket;
use crate::channel::outbox::OutboxState;
use crate::engine::peers::Message;
use crate::mail::account::{AccountId, AccountSettings};
use crate::mail::composition::Identity;
use crate::mail::mailbox::MailboxId;
use crate::mail::message_id::MessageId;
use crate::mail::outgoing::Moment;
use crate::runtime::addresses::Lookup;
use crate::runtime::aside::{self, Purpose, Taken};
use crate::runtime::effects::Hands;
use crate::runtime::rows;
use crate::runtime::screen::now;
use crate::runtime::sending::{self, Parcel};
use crate::runtime::zone::Zone;
use crate::store::outgoing::mail_requests::Decision;

/// Who writes from an account, and what may be fetched for that.
#[derive(Debug, Clone, Default)]
pub struct Author {
    /// The addresses; none where there is no server to send with.
    pub identities: Vec<Identity>,
    /// Bytes that one action may fetch without a question; `None` for any number.
    pub metered_bytes: Option<u64>,
}

impl Author {
    /// The owner of an account.
    #[must_use]
    pub fn of(settings: &AccountSettings) -> Self {
        Self {
            identities: identities(settings),
            metered_bytes: settings.metered_bytes,
        }
    }
}

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
                base,
                composition,
                hold_seconds,
                not_before,
            } => {
                let moment = moment();
                let parcel = Parcel {
                    ticket,
                    account,
                    base,
                    composition: *composition,
                    hold_seconds,
                    not_before: not_before.map(|at| in_its_own_zone(at, &moment)),
                    moment,
                    metered_bytes: self.author(account).metered_bytes,
                    fetched: None,
                };
                sending::send(&self.store, &self.answers, parcel);
            }
            Effect::CompleteAddress { .. }
            | Effect::CompletePath { .. }
            | Effect::Attach { .. } => self.look_up(effect),
            effect => self.keep(effect),
        }
    }

    /// Addresses and files that what is typed may mean.
    fn look_up(&self, effect: Effect) {
        match effect {
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
            _ => {}
        }
    }

    /// Drafts and the outbox.
    fn keep(&mut self, effect: Effect) {
        match effect {
            Effect::SaveDraft {
                ticket,
                account,
                base,
                is_left,
                composition,
            } => {
                let writer = &self.writer;
                writer.save_draft(ticket, account, base, composition, is_left);
            }
            Effect::DiscardDraft(draft) => self.writer.discard_draft(draft),
            Effect::LoadDraft(draft) => drop(self.rows.send(rows::Request::Draft(draft))),
            Effect::LoadDrafts => drop(self.rows.send(rows::Request::Drafts)),
            Effect::LoadOutbox => drop(self.rows.send(rows::Request::Outbox)),
            Effect::TakeBack(mail) => self.writer.decide(mail, Decision::TakeBack),
            Effect::RetryMail(mail) => {
                self.writer.decide(mail, Decision::Retry);
                let accounts: Vec<_> = self.engines.keys().copied().collect();
                for account in accounts {
                    self.submit(account, Job::SendNow);
                }
            }
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

    /// Drafts changed: the server's copies follow, by whoever holds their account.
    pub(super) fn drafts_changed(&self) {
        self.wake_engines();
        if self.engines.keys().any(|id| self.reach.is_elsewhere(*id)) {
            self.tell_peers(Message::Journal);
        }
    }

    /// Looks after what an editor had when a process ended, or nobody had any more.
    pub fn recover(&self, data: &Path) {
        aside::recover(&self.store, &self.answers, data, &self.presence);
    }

    fn author(&self, account: AccountId) -> Author {
        self.authors.get(&account).cloned().unwrap_or_default()
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
            author: self.author(account),
            was_fetched: false,
        };
        aside::take_up(&self.store, &self.answers, taken);
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
