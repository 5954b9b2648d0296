//! The server's side of a command: through this process's own connection where it can hold the account's lock, else
//! through the process that holds it.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use crossbeam_channel::Receiver;

use crate::channel::error::{RemoteError, StoreError};
use crate::channel::event::{Event, PartState};
use crate::cli::place::Place;
use crate::config::keeper::Keeper;
use crate::engine::checkup::checkup_submission;
use crate::engine::checkup::findings::Checkup;
use crate::engine::meter::Meter;
use crate::engine::once::append::{self, Feed};
use crate::engine::once::find::{self, Want};
use crate::engine::once::room::Room;
use crate::engine::once::whole::{self, Wanted};
use crate::engine::once::{self, Errands, Report};
use crate::engine::peers::{Message, Peers};
use crate::engine::places::Places;
use crate::engine::{Setup, checkup, lock, submitter};
use crate::mail::account::{AccountId, AccountSettings, Protocol, SecretSource, SmtpServer};
use crate::mail::mailbox::{MailboxId, MailboxName};
use crate::mail::message_id::MessageKey;
use crate::mail::part::PartPath;
use crate::mail::safe_text::SafeText;
use crate::mail::secret::Secret;
use crate::store::Store;
use crate::store::outgoing::outbox_waits::Holds;

/// What carrying errands out came to.
#[derive(Debug, Clone, PartialEq)]
pub enum Done {
    /// By a connection of our own.
    Here(Report),
    /// Another process holds the account and did it, or will.
    Elsewhere,
}

/// The way to the servers for one command.
pub struct Servers<'a> {
    pub(super) place: &'a Place,
    pub(super) store: &'a Store,
    pub(super) peers: Option<Peers>,
    /// What the command has taken of each account: it is one action, however many connections it needs.
    meters: BTreeMap<AccountId, Meter>,
}

impl<'a> Servers<'a> {
    /// Opens this process's socket; without one other processes cannot be asked, and are not.
    #[must_use]
    pub fn new(place: &'a Place, store: &'a Store) -> Self {
        let accounts = place.numbered(store).into_iter();
        Self {
            place,
            store,
            peers: Peers::open(&place.paths.runtime).ok(),
            meters: accounts
                .map(|(account, _)| (account, Meter::default()))
                .collect(),
        }
    }

    /// Carries errands out for an account, or has the holder of its lock do so.
    ///
    /// # Errors
    /// `Offline` by choice or by accident, refused credentials, or what else the connection says; for one folder also
    /// that the server refused it.
    pub fn run(
        &self,
        account: AccountId,
        errands: &Errands,
        patience: Option<Duration>,
    ) -> Result<Done, RemoteError> {
        if self.is_for_here(account, errands)? {
            return Ok(Done::Here(Report::default()));
        }
        let own = self.by_ourselves(account, |setup, secret| {
            once::run(setup, secret, errands, patience)
        })?;
        self.look_here(account)?; // What the server gave or took may go on here.
        let Some(mut report) = own else {
            self.ask_holder(account, errands)?;
            return Ok(Done::Elsewhere);
        };
        // Where everything was asked for, one folder that is refused spoils nothing: the report has it.
        if *errands != Errands::Everything && !report.refused.is_empty() {
            return Err(report.refused.swap_remove(0).1);
        }
        Ok(Done::Here(report))
    }

    /// Sends what an account's outbox has, or has the holder of its lock do so.
    ///
    /// # Errors
    /// As for `run`; what became of each mail, the outbox says.
    pub fn submit(&self, account: AccountId) -> Result<Done, RemoteError> {
        let settings = self.settings_of(account)?;
        let own = settings.smtp.as_ref().and_then(|smtp| smtp.secret.as_ref());
        let done = self.with_lock(account, |setup, secret| {
            if own.is_none() {
                return submitter::once(setup, secret, secret).map(Ok);
            }
            // Refused, it is not offered again with another token for the mail server.
            let submission = self.secret_at(settings, Protocol::Smtp);
            Ok(submission.and_then(|submission| submitter::once(setup, secret, &submission)))
        })?;
        let Some((done, _)) = done else {
            self.tell_outbox();
            return Ok(Done::Elsewhere);
        };
        done?;
        Ok(Done::Here(Report::default()))
    }

    /// Whether there is mail to be sent, or a draft to be copied.
    #[must_use]
    pub fn has_mail(&self, account: AccountId) -> bool {
        submitter::has_work(self.store, account)
    }

    /// Ends holds, as somebody wants everything to be done. Where another process has the account the user may look at held
    /// mail there, and still take it back; operations can be taken back later as well.
    ///
    /// # Errors
    /// What the disk said.
    pub fn end_holds(&self, account: AccountId) -> Result<(), StoreError> {
        let lock = lock::try_take(&self.place.paths.data, account);
        let holds = match &lock {
            Ok(Some(_)) => Holds::Account(account),
            Ok(None) | Err(_) => Holds::Own(Vec::new()),
        };
        self.store.writer().end_holds_now(holds)
    }

    /// Has the holder of an account, where there is one, wait no longer for the next attempt.
    pub fn hurry(&self, account: AccountId) {
        if let Some(peers) = &self.peers {
            peers.tell(Message::Sync(account));
        }
    }

    /// Tells other processes that the outbox changed.
    pub fn tell_outbox(&self) {
        if let Some(peers) = &self.peers {
            peers.tell(Message::Outbox);
        }
    }

    /// Brings messages into the store by their addresses, with as much of them as is wanted; tells which of them the
    /// server does not have (any more).
    ///
    /// # Errors
    /// As for `run`; `Offline` also where another process holds the account and cannot be asked for that.
    pub fn find(
        &self,
        account: AccountId,
        keys: &[MessageKey],
        want: &Want,
        patience: Option<Duration>,
    ) -> Result<Vec<MessageKey>, RemoteError> {
        let (mut missing, keys) = self.find_here(account, keys, want)?;
        if keys.is_empty() {
            return Ok(missing);
        }
        let keys = keys.as_slice();
        let own = self.by_ourselves(account, |setup, secret| {
            find::run(setup, secret, keys, want, patience)
        })?;
        missing.extend(match own {
            Some(stale) => stale,
            None => self.find_by_holder(account, keys, want)?,
        });
        Ok(missing)
    }

    /// Examines the ways to an account's servers over connections of their own, whoever holds the account, who has one less
    /// meanwhile: the mail server, and the submission server where there is one.
    pub fn examine(
        &self,
        account: AccountId,
        settings: &AccountSettings,
    ) -> (Checkup, Option<Checkup>) {
        let (data, secret) = (&self.place.paths.data, self.secret_of(settings));
        let place = self.room(account).borrow();
        let allowed = place.as_ref().and(secret.as_ref());
        let imap = checkup::run(account, settings, data, allowed);
        drop(place);
        let examine = |smtp: &SmtpServer| {
            let secret = match smtp.secret {
                Some(_) => self.secret_at(settings, Protocol::Smtp),
                None => secret,
            };
            checkup_submission::run(settings, &smtp.endpoint, data, secret)
        };
        (imap, settings.smtp.as_ref().map(examine))
    }

    /// Brings whole messages of a mailbox into the store, batch by batch, as `next` asks for them; none ends it. What
    /// cannot be had is not there afterwards.
    ///
    /// # Errors
    /// As for `run`.
    pub fn whole(
        &self,
        account: AccountId,
        mailbox: MailboxId,
        next: &mut dyn FnMut() -> Vec<Wanted>,
    ) -> Result<(), RemoteError> {
        if self.local_ids(account)?.contains(&mailbox) {
            return self.whole_here(account, mailbox, next);
        }
        let own = self.with_lock(account, |setup, secret| {
            whole::run(setup, secret, mailbox, next)
        })?;
        if own.is_some() {
            return Ok(());
        }
        self.ask_holder(account, &Errands::Everything)?;
        loop {
            let batch = next();
            if batch.is_empty() {
                return Ok(());
            }
            for wanted in batch {
                self.part_by_holder(wanted.message, mailbox, &PartPath::default())?;
            }
        }
    }

    /// Adds messages to a mailbox over a connection of its own, whoever holds the account, who then looks for news; to a
    /// folder on this computer without any.
    ///
    /// # Errors
    /// As for `run`; what one message is refused with, the feed hears.
    pub fn append(
        &self,
        account: AccountId,
        mailbox: &MailboxName,
        feed: &mut dyn Feed,
    ) -> Result<(), RemoteError> {
        if let Some(name) = mailbox.local_part() {
            return self.append_here(account, &name, feed);
        }
        let settings = self.settings_of(account)?;
        let (mut setup, _news) = self.setup(account, settings);
        setup.room = Some(Arc::new(self.room(account)));
        self.with_secret(settings, |secret| {
            append::run(&setup, secret, mailbox, feed)
        })?;
        if let Some(peers) = &self.peers {
            peers.tell(Message::Sync(account));
        }
        Ok(())
    }

    /// The connections of an account beside those of whoever holds it.
    fn room(&self, account: AccountId) -> Room {
        let paths = &self.place.paths;
        Room::beside_holder(Places::new(&paths.data, account), paths.runtime.clone())
    }

    /// Does work over a connection of our own; `None` where another process holds the account. A body that was asked for
    /// and not had is an error.
    fn by_ourselves<T>(
        &self,
        account: AccountId,
        mut work: impl FnMut(&Setup, &Secret) -> Result<T, RemoteError>,
    ) -> Result<Option<T>, RemoteError> {
        let done = self.with_lock(account, |setup, secret| work(setup, secret))?;
        let Some((done, received)) = done else {
            return Ok(None);
        };
        first_failure(&received).map_or(Ok(Some(done)), Err)
    }

    /// Does work over a connection of our own, and gives what was told meanwhile; `None` where another process holds the
    /// account.
    fn with_lock<T>(
        &self,
        account: AccountId,
        mut work: impl FnMut(&Setup, &Secret) -> Result<T, RemoteError>,
    ) -> Result<Option<(T, Receiver<Event>)>, RemoteError> {
        let settings = self.settings_of(account)?;
        let locks = &self.place.paths.data;
        let taken = lock::try_take(locks, account)
            .map_err(|error| offline(&format!("the lock file: {error}")))?;
        let Some(lock) = taken else {
            if self.place.is_online {
                return Err(offline(
                    "another Sterna is running with this account, and --online needs a connection of its own; \
                     end the other one, or leave --online out",
                ));
            }
            return Ok(None);
        };
        let (setup, received) = self.setup(account, settings);
        lock::tell(locks, account, lock::State::Syncing);
        let done = self.with_secret(settings, |secret| work(&setup, secret));
        drop(lock);
        Ok(Some((done?, received)))
    }

    fn settings_of(&self, account: AccountId) -> Result<&'a AccountSettings, RemoteError> {
        if self.place.is_offline {
            return Err(offline("offline by choice (--offline)"));
        }
        let mut numbered = self.place.numbered(self.store).into_iter();
        let found = numbered.find(|(id, _)| *id == account);
        found
            .map(|(_, settings)| settings)
            .ok_or_else(|| offline("the account is not configured"))
    }

    pub(super) fn setup(
        &self,
        account: AccountId,
        settings: &AccountSettings,
    ) -> (Setup, Receiver<Event>) {
        let (events, received) = crossbeam_channel::unbounded();
        let locks = self.place.paths.data.clone();
        let store = self.store.clone();
        let meter = self.meters.get(&account).cloned().unwrap_or_default();
        let setup = Setup {
            meter,
            ..Setup::new(account, settings.clone(), store, events, locks)
        };
        (setup, received)
    }

    fn with_secret<T>(
        &self,
        settings: &AccountSettings,
        mut work: impl FnMut(&Secret) -> Result<T, RemoteError>,
    ) -> Result<T, RemoteError> {
        let done = work(&self.secret_of(settings)?);
        match (&done, &settings.secret) {
            // The token may have been an old one: its command gets one more chance.
            (Err(RemoteError::Unauthenticated { .. }), SecretSource::Token(_)) => {
                work(&self.secret_of(settings)?)
            }
            _ => done,
        }
    }

    /// The password or token, as configured or kept; a command line has nobody to ask.
    fn secret_of(&self, settings: &AccountSettings) -> Result<Secret, RemoteError> {
        self.secret_at(settings, Protocol::Imap)
    }

    /// The same for one of the account's servers.
    fn secret_at(
        &self,
        settings: &AccountSettings,
        protocol: Protocol,
    ) -> Result<Secret, RemoteError> {
        let missing = |cause: &str| RemoteError::NoCredentials {
            what: settings.secret_at(protocol).what(),
            cause: SafeText::line(cause),
        };
        Keeper::of_this_session(&self.place.paths.data)
            .secret_at(settings, protocol)
            .map_err(|problem| missing(&problem))?
            .ok_or_else(|| {
                missing("none is configured or stored, and only the screen can ask for it")
            })
    }
}

/// A body that could not be fetched, where one was asked for.
pub(super) fn first_failure(received: &Receiver<Event>) -> Option<RemoteError> {
    received.try_iter().find_map(|event| match event {
        Event::BodyFailed { error, .. }
        | Event::Part {
            state: PartState::Failed(error),
            ..
        } => Some(error),
        _ => None,
    })
}

pub(super) fn offline(cause: &str) -> RemoteError {
    RemoteError::Offline {
        cause: SafeText::line(cause),
    }
}
