//! The server's side of a command: through this process's own connection where it can hold the account's lock, else
//! through the process that holds it.

use std::time::{Duration, Instant};

use crossbeam_channel::Receiver;

use crate::channel::error::RemoteError;
use crate::channel::event::Event;
use crate::cli::exit::Exit;
use crate::cli::place::{Place, SECRET_PATIENCE};
use crate::config::secret;
use crate::engine::once::{self, Errands, Report};
use crate::engine::pace::Pace;
use crate::engine::peers::{Message, Peers};
use crate::engine::{Setup, lock};
use crate::mail::account::{AccountId, AccountSettings, SecretSource};
use crate::mail::mailbox::MailboxId;
use crate::mail::message_id::MessageId;
use crate::mail::safe_text::SafeText;
use crate::mail::secret::Secret;
use crate::store::Store;

/// How long a command waits for one answer.
const PATIENCE: Duration = Duration::from_secs(30);

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
    place: &'a Place,
    store: &'a Store,
    peers: Option<Peers>,
}

impl<'a> Servers<'a> {
    /// Opens this process's socket; without one other processes cannot be asked, and are not.
    #[must_use]
    pub fn new(place: &'a Place, store: &'a Store) -> Self {
        Self {
            place,
            store,
            peers: Peers::open(&place.paths.runtime).ok(),
        }
    }

    /// Carries errands out for an account, or has the holder of its lock do so.
    ///
    /// # Errors
    /// `Offline` by choice or by accident, refused credentials, or what else the connection says.
    pub fn run(
        &self,
        account: AccountId,
        errands: &Errands,
        patience: Option<Duration>,
    ) -> Result<Done, RemoteError> {
        if self.place.is_offline {
            return Err(offline("offline by choice (--offline)"));
        }
        let Some((_, settings)) = self
            .place
            .numbered(self.store)
            .into_iter()
            .find(|(id, _)| *id == account)
        else {
            return Err(offline("the account is not configured"));
        };
        let taken = lock::try_take(&self.place.paths.data, account);
        let taken = taken.map_err(|error| offline(&format!("the lock file: {error}")))?;
        let Some(_lock) = taken else {
            return self.ask_holder(account, errands);
        };
        let (events, received) = crossbeam_channel::unbounded();
        let setup = Setup {
            account,
            settings: settings.clone(),
            store: self.store.clone(),
            events,
            locks: self.place.paths.data.clone(),
            is_offline: false,
            pace: Pace::default(),
        };
        let secret = secret_of(settings)?;
        let report = once::run(&setup, &secret, errands, patience)?;
        first_failure(&received).map_or(Ok(Done::Here(report)), Err)
    }

    fn ask_holder(&self, account: AccountId, errands: &Errands) -> Result<Done, RemoteError> {
        let Some(peers) = &self.peers else {
            return Err(offline(
                "another Sterna holds the account and cannot be asked",
            ));
        };
        match errands {
            Errands::Everything | Errands::Folders | Errands::Newest(_) => {
                peers.tell(Message::Sync(account));
                self.wait(|message| (message == Message::Synced(account)).then_some(()))
                    .ok_or_else(|| {
                        offline("another Sterna holds the account and did not answer in time")
                    })?;
            }
            Errands::Journal => peers.tell(Message::Journal),
            Errands::Bodies(wanted) => {
                for (message, mailbox) in wanted {
                    self.body_by_holder(peers, *message, *mailbox)?;
                }
            }
        }
        Ok(Done::Elsewhere)
    }

    fn body_by_holder(
        &self,
        peers: &Peers,
        message: MessageId,
        mailbox: MailboxId,
    ) -> Result<(), RemoteError> {
        peers.tell(Message::WantBody(message, mailbox));
        let found = self.wait(|heard| match heard {
            Message::Body(id) if id == message => Some(true),
            Message::NoBody(id) if id == message => Some(false),
            _ => None,
        });
        match found {
            Some(true) => Ok(()),
            Some(false) => Err(offline(
                "another Sterna holds the account and could not fetch the message",
            )),
            None => Err(offline(
                "another Sterna holds the account and is offline or did not answer in time",
            )),
        }
    }

    fn wait<T>(&self, wanted: impl Fn(Message) -> Option<T>) -> Option<T> {
        let until = Instant::now() + PATIENCE;
        loop {
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return None;
            }
            let found = self.peers.as_ref()?.receive(Some(left)).and_then(&wanted);
            if found.is_some() {
                return found;
            }
        }
    }
}

/// The password, from the command or as configured; a command line has nobody to ask.
fn secret_of(settings: &AccountSettings) -> Result<Secret, RemoteError> {
    let missing = |cause: &str| RemoteError::NoCredentials {
        cause: SafeText::line(cause),
    };
    match &settings.secret {
        SecretSource::Known(secret) => Ok(secret.clone()),
        SecretSource::Command(argv) => secret::run(argv, SECRET_PATIENCE)
            .map_err(|problem| missing(&format!("password-command: {problem}"))),
        SecretSource::Ask => Err(missing(
            "none is configured, and only the screen can ask for it",
        )),
    }
}

/// A body that could not be fetched, where one was asked for.
fn first_failure(received: &Receiver<Event>) -> Option<RemoteError> {
    received.try_iter().find_map(|event| match event {
        Event::BodyFailed { error, .. } => Some(error),
        _ => None,
    })
}

fn offline(cause: &str) -> RemoteError {
    RemoteError::Offline {
        cause: SafeText::line(cause),
    }
}

/// The exit code for an error of a server.
#[must_use]
pub const fn exit_of(error: &RemoteError) -> Exit {
    match error {
        RemoteError::Offline { .. } => Exit::Temporary,
        RemoteError::Insecure { .. }
        | RemoteError::Unauthenticated { .. }
        | RemoteError::NoCredentials { .. } => Exit::Permission,
        RemoteError::Refused { .. } => Exit::Data,
        RemoteError::Protocol { .. } => Exit::Unavailable,
    }
}
