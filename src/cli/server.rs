//! The server's side of a command: through this process's own connection where it can hold the account's lock, else
//! through the process that holds it.

use std::time::{Duration, Instant};

use crossbeam_channel::Receiver;

use crate::channel::error::{RemoteError, StoreError};
use crate::channel::event::{Event, PartState};
use crate::cli::exit::Exit;
use crate::cli::message::is_enough;
use crate::cli::place::Place;
use crate::config::keeper::Keeper;
use crate::engine::checkup::{self, Checkup};
use crate::engine::find::{self, Want};
use crate::engine::once::{self, Errands, Report};
use crate::engine::peers::{Message, Peers};
use crate::engine::{Setup, lock};
use crate::mail::account::{AccountId, AccountSettings, SecretSource};
use crate::mail::mailbox::MailboxId;
use crate::mail::message_id::{MessageId, MessageKey};
use crate::mail::part::{PartPath, WantedPart};
use crate::mail::safe_text::SafeText;
use crate::mail::secret::Secret;
use crate::store::Store;
use crate::store::reader::Reader;

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
    /// `Offline` by choice or by accident, refused credentials, or what else the connection says; for one folder also
    /// that the server refused it.
    pub fn run(
        &self,
        account: AccountId,
        errands: &Errands,
        patience: Option<Duration>,
    ) -> Result<Done, RemoteError> {
        let own = self.by_ourselves(account, |setup, secret| {
            once::run(setup, secret, errands, patience)
        })?;
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
        let own = self.by_ourselves(account, |setup, secret| {
            find::run(setup, secret, keys, want, patience)
        })?;
        if let Some(stale) = own {
            return Ok(stale);
        }
        self.find_by_holder(account, keys, want)
    }

    /// Examines the way to an account's server over a connection of its own, whoever holds the account.
    pub fn examine(&self, settings: &AccountSettings) -> Checkup {
        checkup::run(settings, &self.place.paths.data, self.secret_of(settings))
    }

    /// Does work over a connection of our own; `None` where another process holds the account.
    fn by_ourselves<T>(
        &self,
        account: AccountId,
        work: impl Fn(&Setup, &Secret) -> Result<T, RemoteError>,
    ) -> Result<Option<T>, RemoteError> {
        if self.place.is_offline {
            return Err(offline("offline by choice (--offline)"));
        }
        let mut numbered = self.place.numbered(self.store).into_iter();
        let Some((_, settings)) = numbered.find(|(id, _)| *id == account) else {
            return Err(offline("the account is not configured"));
        };
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
        let (events, received) = crossbeam_channel::unbounded();
        let setup = Setup::new(
            account,
            settings.clone(),
            self.store.clone(),
            events,
            locks.clone(),
        );
        let secret = self.secret_of(settings)?;
        lock::tell(locks, account, lock::State::Syncing);
        let mut done = work(&setup, &secret);
        if let (Err(RemoteError::Unauthenticated { .. }), SecretSource::Token(_)) =
            (&done, &settings.secret)
        {
            // The token may have been an old one: its command gets one more chance.
            done = work(&setup, &self.secret_of(settings)?);
        }
        drop(lock);
        let done = done?;
        first_failure(&received).map_or(Ok(Some(done)), Err)
    }

    /// The password or token, as configured or kept; a command line has nobody to ask.
    fn secret_of(&self, settings: &AccountSettings) -> Result<Secret, RemoteError> {
        let missing = |cause: &str| RemoteError::NoCredentials {
            what: settings.secret.what(),
            cause: SafeText::line(cause),
        };
        Keeper::of_this_session(&self.place.paths.data)
            .secret_of(settings)
            .map_err(|problem| missing(&problem))?
            .ok_or_else(|| {
                missing("none is configured or stored, and only the screen can ask for it")
            })
    }

    fn ask_holder(&self, account: AccountId, errands: &Errands) -> Result<(), RemoteError> {
        let peers = self.peers()?;
        match errands {
            Errands::Everything | Errands::Folders | Errands::Newest(_) => {
                peers.tell(Message::Sync(account));
                let is_synced = self.wait(|message| match message {
                    Message::Synced(id) if id == account => Some(true),
                    Message::NotSynced(id) if id == account => Some(false),
                    _ => None,
                });
                match is_synced {
                    Some(true) => {}
                    Some(false) => {
                        return Err(offline("another Sterna holds the account and is offline"));
                    }
                    None => {
                        return Err(offline(
                            "another Sterna holds the account and did not answer in time",
                        ));
                    }
                }
            }
            Errands::Journal => peers.tell(Message::Journal),
            Errands::Bodies(wanted) => {
                for (message, mailbox) in wanted {
                    self.body_by_holder(peers, *message, *mailbox)?;
                }
            }
        }
        Ok(())
    }

    fn peers(&self) -> Result<&Peers, RemoteError> {
        let cause = "another Sterna holds the account and cannot be asked";
        self.peers.as_ref().ok_or_else(|| offline(cause))
    }

    /// The holder shares our store: it brings the account up to date, and what it then has, we have.
    fn find_by_holder(
        &self,
        account: AccountId,
        keys: &[MessageKey],
        want: &Want,
    ) -> Result<Vec<MessageKey>, RemoteError> {
        let failed = |error: StoreError| offline(&error.to_string());
        let mut reader = self.store.reader().map_err(failed)?;
        let mut stale = Vec::new();
        let mut is_synced = false;
        for key in keys {
            let at = |reader: &mut Reader| reader.message_at(key.mailbox, key.validity, key.uid);
            let mut found = at(&mut reader).map_err(failed)?;
            if found.is_none() && !is_synced {
                self.ask_holder(account, &Errands::Everything)?;
                is_synced = true;
                found = at(&mut reader).map_err(failed)?;
            }
            match found {
                Some(_) if *want == Want::Header => {}
                Some(message) => {
                    if reader.body(message).map_err(failed)?.is_none() {
                        self.body_by_holder(self.peers()?, message, key.mailbox)?;
                    }
                    let body = reader.body(message).map_err(failed)?;
                    if body.is_some_and(|body| !is_enough(&body, want)) {
                        let whole = PartPath::default();
                        let path = match want {
                            Want::Part(path) => path,
                            _ => &whole,
                        };
                        self.part_by_holder(message, key.mailbox, path)?;
                    }
                }
                None if is_in_gap(&mut reader, *key).map_err(failed)? => {
                    return Err(offline(
                        "another Sterna holds the account and has not read this message yet",
                    ));
                }
                None => stale.push(*key),
            }
        }
        Ok(stale)
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

    /// Has the holder fetch a part, or the whole message; every block that comes is a sign of life.
    fn part_by_holder(
        &self,
        message: MessageId,
        mailbox: MailboxId,
        path: &PartPath,
    ) -> Result<(), RemoteError> {
        self.peers()?.tell(Message::WantPart(WantedPart {
            message,
            mailbox,
            path: path.clone(),
        }));
        let is_it = |id: MessageId, of: &PartPath| id == message && of == path;
        loop {
            let news = self.wait(|heard| match heard {
                Message::PartComing(id, of, ..) if is_it(id, &of) => Some(None),
                Message::PartHere(id, of) if is_it(id, &of) => Some(Some(true)),
                Message::NoPart(id, of) if is_it(id, &of) => Some(Some(false)),
                _ => None,
            });
            match news {
                Some(None) => {}
                Some(Some(true)) => return Ok(()),
                Some(Some(false)) => {
                    return Err(offline(
                        "another Sterna holds the account and could not fetch it",
                    ));
                }
                None => {
                    return Err(offline(
                        "another Sterna holds the account and did not answer in time",
                    ));
                }
            }
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

/// Whether a message is among the headers that are still to be read.
fn is_in_gap(reader: &mut Reader, key: MessageKey) -> Result<bool, StoreError> {
    match reader.sync_state(key.mailbox) {
        Ok(known) => Ok(known.validity == Some(key.validity) && known.gap.contains(key.uid)),
        Err(StoreError::Gone) => Ok(false),
        Err(error) => Err(error),
    }
}

/// A body that could not be fetched, where one was asked for.
fn first_failure(received: &Receiver<Event>) -> Option<RemoteError> {
    received.try_iter().find_map(|event| match event {
        Event::BodyFailed { error, .. }
        | Event::Part {
            state: PartState::Failed(error),
            ..
        } => Some(error),
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
        RemoteError::Offline { .. } | RemoteError::Metered { .. } => Exit::Temporary,
        RemoteError::Insecure { .. }
        | RemoteError::Untrusted(_)
        | RemoteError::Unauthenticated { .. }
        | RemoteError::NoCredentials { .. } => Exit::Permission,
        RemoteError::Refused { .. } => Exit::Data,
        RemoteError::Protocol { .. } => Exit::Unavailable,
    }
}
