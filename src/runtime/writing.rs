//! Effects about mail that is being written: who writes, what is taken up, what is sent.

use std::collections::BTreeMap;
use std::fs::File;
use std::hash::{BuildHasher as _, RandomState};
use std::io::Read as _;
use std::path::Path;
use std::sync::Arc;

use crate::channel::effect::Effect;
use crate::channel::event::Event;
use crate::channel::job::Job;
use crate::channel::operation::Ticket;
use crate::channel::outbox::OutboxState;
use crate::compose::identity::Own;
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

/// The user as a writer, in all accounts, and what may be fetched for that.
#[derive(Debug, Clone, Default)]
pub struct Author {
    identities: Vec<(AccountId, Identity)>,
    /// The addresses of accounts that have no server to send with.
    silent: Vec<String>,
    /// Bytes that one action may fetch without a question; no entry for any number.
    metered_bytes: BTreeMap<AccountId, u64>,
}

impl Author {
    /// The owner of the accounts.
    #[must_use]
    pub fn of(accounts: &[(AccountId, &AccountSettings)]) -> Self {
        let mute = accounts.iter().filter(|(_, one)| one.smtp.is_none());
        let metered = accounts.iter().filter_map(|(account, settings)| {
            let limit = settings.metered_bytes?;
            Some((*account, limit))
        });
        Self {
            identities: identities(accounts),
            silent: mute.flat_map(|(_, one)| addresses(one)).cloned().collect(),
            metered_bytes: metered.collect(),
        }
    }

    /// The own addresses, as seen from an account.
    #[must_use]
    pub fn own(&self, account: AccountId) -> Own<'_> {
        Own {
            account,
            identities: &self.identities,
            silent: &self.silent,
        }
    }

    /// Bytes of an account's mail that one action may fetch without a question; `None` for any number.
    #[must_use]
    pub fn metered_bytes(&self, account: AccountId) -> Option<u64> {
        self.metered_bytes.get(&account).copied()
    }
}

fn addresses(settings: &AccountSettings) -> impl Iterator<Item = &String> {
    std::iter::once(&settings.email).chain(&settings.aliases)
}

/// The addresses under which the owner of the accounts writes, with the account that sends: those of each account, its own
/// first; none where an account has no server to send with.
#[must_use]
pub fn identities(accounts: &[(AccountId, &AccountSettings)]) -> Vec<(AccountId, Identity)> {
    let sending = accounts.iter().filter(|(_, one)| one.smtp.is_some());
    sending
        .flat_map(|(account, settings)| {
            let own = addresses(settings).map(|email| identity(settings, email));
            own.map(|identity| (*account, identity))
        })
        .collect()
}

fn identity(settings: &AccountSettings, email: &str) -> Identity {
    let mut special = settings.signatures.iter();
    let special = special.find(|(address, _)| address == email);
    let signature = special.map_or(&settings.signature, |(_, text)| text);
    Identity {
        name: settings.display_name.clone(),
        email: email.to_owned(),
        signature: signature.clone(),
    }
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
                    author: Arc::clone(&self.author),
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
            author: Arc::clone(&self.author),
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
        let home = AccountId::new(1);
        assert_eq!(identities(&[(home, &settings)]), []);
        let endpoint = Endpoint::new("127.0.0.1", 0, Security::Plain);
        settings.smtp = Some(SmtpServer::new(endpoint, "anna"));
        let own = identities(&[(home, &settings)]);
        let signatures: Vec<&str> = own.iter().map(|own| own.1.signature.as_str()).collect();
        assert_eq!(signatures, ["Anna", ""]);
    }

    #[test]
    fn an_address_is_the_users_own_where_nothing_can_be_sent_from_it() {
        let account = |email: &str| AccountSettings {
            email: email.to_owned(),
            metered_bytes: email.starts_with("anna").then_some(1_000),
            ..crate::runtime::opened::account("x")
        };
        let (mut home, old) = (account("anna@example.org"), account("abel@old.example"));
        let endpoint = Endpoint::new("127.0.0.1", 0, Security::Plain);
        home.smtp = Some(SmtpServer::new(endpoint, "anna"));
        let (first, second) = (AccountId::new(1), AccountId::new(2));
        let author = Author::of(&[(first, &home), (second, &old)]);
        let own = author.own(second);
        assert!(own.has("anna@example.org") && own.has("abel@old.example"));
        assert!(own.writer("abel@old.example").is_none());
        assert_eq!(author.metered_bytes(first), Some(1_000));
        assert_eq!(author.metered_bytes(second), None);
    }
}
