//! The real engine and store, without a screen, as the parts use them.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, unbounded};
use sterna::channel::event::{Connection, Event};
use sterna::channel::rows::{Anchor, WindowQuery};
use sterna::config::paths::FilePaths;
use sterna::engine::{Engine, Setup};
use sterna::mail::account::{
    AccountId, AccountSettings, Endpoint, Offline, SecretSource, Security,
};
use sterna::mail::mailbox::{MailboxId, Role};
use sterna::mail::secret::Secret;
use sterna::store::reader::Reader;
use sterna::store::{Paths, Store};

use crate::table::figure;

/// Longer than anything here takes.
pub const GUARD: Duration = Duration::from_mins(30);
/// Rows of a first screen.
pub const SCREENFUL: usize = 100;

/// Where the server is.
#[derive(Clone)]
pub struct Server {
    /// Its port without TLS.
    pub port: u16,
    /// Its port with TLS.
    pub tls_port: u16,
    /// The certificate of who signed its own.
    pub ca_file: PathBuf,
    /// Where it keeps the mail.
    pub mail: PathBuf,
    /// Who logs in.
    pub user: String,
    /// With what.
    pub password: String,
}

/// The account on this server, reached at `port`.
pub fn account(server: &Server, port: u16) -> AccountSettings {
    AccountSettings {
        user: server.user.clone(),
        secret: SecretSource::Known(Secret::new(server.password.clone())),
        offline: Offline::Headers,
        ..AccountSettings::new(
            "bench",
            "anna@example.net",
            Endpoint::new("127.0.0.1", port, Security::Plain),
        )
    }
}

/// A store with an engine on it.
pub struct Client {
    pub store: Store,
    pub engine: Engine,
    pub events: Receiver<Event>,
    pub account: AccountId,
    pub paths: FilePaths,
    /// Just before the engine was started.
    pub started: Instant,
}

impl Client {
    pub fn start(home: &Path, settings: AccountSettings) -> Self {
        let paths = FilePaths::under(home);
        paths.create().unwrap();
        let (events, received) = unbounded();
        let store = Store::open(
            &store_paths(home),
            std::slice::from_ref(&settings),
            events.clone(),
        )
        .unwrap();
        let account = store.account("bench").unwrap();
        let started = Instant::now();
        let setup = Setup::new(account, settings, store.clone(), events, paths.data.clone());
        let engine = Engine::start(&setup).unwrap();
        Self {
            store,
            engine,
            events: received,
            account,
            paths,
            started,
        }
    }

    /// Hands events on until one satisfies.
    pub fn until(&self, what: &str, mut is_it: impl FnMut(&Event) -> bool) -> Instant {
        let until = Instant::now() + GUARD;
        loop {
            let event = self
                .events
                .recv_deadline(until)
                .unwrap_or_else(|_| panic!("never came: {what}"));
            if let Event::Connection {
                state: Connection::Offline { error, .. },
                ..
            } = &event
            {
                panic!("offline: {error}");
            }
            if is_it(&event) {
                return Instant::now();
            }
        }
    }

    pub fn until_online(&self) -> Instant {
        self.until("online", |event| {
            matches!(
                event,
                Event::Connection {
                    state: Connection::Online,
                    ..
                }
            )
        })
    }

    pub fn stop(self) {
        self.engine.stop(Duration::from_secs(5));
        self.store.close();
    }
}

/// Where a store below `home` lies.
pub fn store_paths(home: &Path) -> Paths {
    let paths = FilePaths::under(home);
    Paths {
        data: paths.data,
        cache: paths.cache,
    }
}

/// The newest rows of a mailbox.
pub fn query(mailbox: MailboxId, limit: &str, n_rows: usize) -> WindowQuery {
    WindowQuery {
        mailbox,
        limit: limit.to_owned(),
        anchor: Anchor::Newest,
        n_rows,
        serial: 0,
    }
}

/// INBOX, once it was listed.
pub fn inbox(reader: &mut Reader, account: AccountId) -> Option<MailboxId> {
    let mailboxes = reader.mailboxes(account).unwrap();
    mailboxes
        .iter()
        .find(|mailbox| mailbox.role == Some(Role::Inbox))
        .map(|mailbox| mailbox.id)
}

/// Prints a time of a part.
pub fn seconds(name: &str, time: Duration) {
    figure(name, time.as_secs_f64());
}
