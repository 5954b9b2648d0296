//! A home directory with an account on an embedded server, and the processes that work in it.

use std::fmt::Write as _;
use std::path::Path;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, unbounded};
use sterna::channel::error::RemoteError;
use sterna::channel::event::{Connection, Event};
use sterna::channel::operation::{Action, Change, OperationId, Target, Ticket};
use sterna::demo::dialect::Dialect;
use sterna::demo::fault::{Fault, FaultKind, FaultPlan};
use sterna::demo::server::{Options, PASSWORD, Server, USER};
use sterna::engine::lane::pace::Pace;
use sterna::engine::once::find::{self, Want};
use sterna::engine::once::{self, Errands, Report};
use sterna::engine::{Engine, Setup};
use sterna::mail::account::{
    AccountId, AccountSettings, Endpoint, Offline, SecretSource, Security,
};
use sterna::mail::flag::SystemFlag;
use sterna::mail::mailbox::{MailboxId, MailboxName};
use sterna::mail::message_id::MessageId;
use sterna::mail::secret::Secret;
use sterna::mail::uid::Uid;
use sterna::store::reader::Reader;
use sterna::store::{Paths, Store};

/// Catches what would hang; far beyond what anything here takes.
pub const GUARD: Duration = Duration::from_secs(90);

/// What the embedded server may offer, by name.
pub fn dialects() -> Vec<(&'static str, Dialect)> {
    vec![
        ("full", Dialect::full()),
        ("condstore", Dialect::condstore_only()),
        ("bare with idle", Dialect::bare().with("IDLE")),
        ("bare", Dialect::bare()),
    ]
}

/// A server and a home directory.
pub struct Place {
    pub server: Server,
    pub home: tempfile::TempDir,
    pub settings: AccountSettings,
    pub pace: Pace,
}

impl Place {
    /// A server with an empty INBOX.
    pub fn new(dialect: Dialect) -> Self {
        let options = Options {
            dialect,
            ..Options::default()
        };
        let server = Server::start(options).unwrap();
        let settings = settings(server.imap_addr().port());
        Self {
            server,
            home: directory(),
            settings,
            pace: Pace {
                idle_for: Duration::from_mins(1),
                noop_every: Duration::from_millis(50),
                silence: Duration::from_mins(1),
                answer: Duration::from_mins(1),
                first_retry: Duration::from_millis(20),
                openings_per_minute: 100_000,
                connections_in_a_row: 1, // A session that is cut is to end there.
                last_words: GUARD,
                ..Pace::default()
            },
        }
    }

    /// The same with `n` small messages in INBOX.
    pub fn with(dialect: Dialect, n: u32) -> Self {
        let place = Self::new(dialect);
        for number in 1..=n {
            deliver(&place.server, "INBOX", number, &[]);
        }
        place
    }

    /// Opens the store, as a process that starts.
    pub fn open(&self) -> Desk {
        self.open_at(self.home.path())
    }

    /// Opens a store in another directory.
    pub fn open_at(&self, home: &Path) -> Desk {
        desk_at(home, &self.settings, self.pace)
    }

    /// Sets what goes wrong from now on.
    pub fn fault(&self, fault: Fault) {
        self.server.set_faults(FaultPlan::new(vec![fault]));
    }

    /// Nothing goes wrong any more.
    pub fn heal(&self) {
        self.server.set_faults(FaultPlan::default());
    }

    /// Answers every command of this name with `answer`.
    pub fn refuse(&self, command: &str, answer: &str) {
        self.fault(Fault::always(FaultKind::Refuse {
            command: command.to_owned(),
            answer: answer.to_owned(),
        }));
    }

    /// How many commands of this name came since the log was cleared.
    pub fn n_commands(&self, name: &str) -> usize {
        let log = self.server.log();
        log.iter().filter(|entry| entry.name == name).count()
    }
}

/// A fresh directory, in memory where the system has such a place: the disk is not what is tested here.
pub fn directory() -> tempfile::TempDir {
    let memory = Path::new("/dev/shm");
    if memory.is_dir() {
        tempfile::tempdir_in(memory)
    } else {
        tempfile::tempdir()
    }
    .unwrap()
}

/// Opens the store of a home directory.
pub fn desk_at(home: &Path, settings: &AccountSettings, pace: Pace) -> Desk {
    let (sender, events) = unbounded();
    let paths = Paths {
        data: home.join("data"),
        cache: home.join("cache"),
    };
    let store = Store::open(&paths, std::slice::from_ref(settings), sender.clone()).unwrap();
    assert!(!store.lacks_commits(), "nobody damages the log here");
    let account = store.account("demo").unwrap();
    Desk {
        setup: Setup {
            pace,
            ..Setup::new(account, settings.clone(), store.clone(), sender, paths.data)
        },
        reader: store.reader().unwrap(),
        store,
        account,
        events,
        seen: Vec::new(),
    }
}

/// An account on a server.
pub fn settings(port: u16) -> AccountSettings {
    AccountSettings {
        user: USER.to_owned(),
        secret: SecretSource::Known(Secret::new(PASSWORD.to_owned())),
        offline: Offline::Headers,
        ..AccountSettings::new(
            "demo",
            "demo@demo.example",
            Endpoint::new("127.0.0.1", port, Security::Plain),
        )
    }
}

/// A small message; `number` makes it different from all others.
pub fn message(number: u32) -> Vec<u8> {
    format!(
        "From: A{number} <a{number}@example.org>\r\nSubject: n{number}\r\nMessage-ID: <{number}@x>\r\n\
         Date: Mon, 1 Jun 2026 10:00:00 +0000\r\n\r\ntext {number}\r\n"
    )
    .into_bytes()
}

/// Delivers such a message, dated by its number.
pub fn deliver(server: &Server, mailbox: &str, number: u32, flags: &[&str]) -> u32 {
    let date = 1_780_000_000 + i64::from(number) * 60;
    server.deliver(mailbox, &message(number), flags, date)
}

/// A process: the store, and what it needs for an engine.
pub struct Desk {
    pub setup: Setup,
    pub store: Store,
    pub reader: Reader,
    pub account: AccountId,
    pub events: Receiver<Event>,
    /// Every event so far.
    pub seen: Vec<Event>,
}

impl Desk {
    /// Does errands over one connection, for the command that began last.
    pub fn once(&self, errands: &Errands) -> Result<Report, RemoteError> {
        once::run(&self.setup, self.secret(), errands, Some(GUARD))
    }

    fn secret(&self) -> &Secret {
        match &self.setup.settings.secret {
            SecretSource::Known(secret) => secret,
            other => panic!("nobody can be asked for a {}", other.what()),
        }
    }

    /// Brings everything up to date over one connection, as `sterna sync` does.
    pub fn sync(&self) -> Report {
        self.setup.meter.begin();
        self.once(&Errands::Everything).unwrap()
    }

    /// Brings the body of a message here as a reader wants it, as `sterna show` does.
    pub fn read(&mut self, message: MessageId, mailbox: MailboxId) {
        let key = self.reader.key(message, mailbox).unwrap().unwrap();
        self.setup.meter.begin();
        let (setup, secret) = (&self.setup, self.secret());
        let missing = find::run(setup, secret, &[key], &Want::Body, Some(GUARD));
        assert_eq!(missing, Ok(Vec::new()));
    }

    /// Starts an engine.
    pub fn engine(&self) -> Engine {
        Engine::start(&self.setup).unwrap()
    }

    /// The number of a mailbox by its raw name.
    pub fn mailbox(&mut self, name: &str) -> MailboxId {
        let name = MailboxName::from_raw(name.as_bytes());
        let mailboxes = self.reader.mailboxes(self.account).unwrap();
        let found = mailboxes.iter().find(|info| info.name == name);
        found
            .unwrap_or_else(|| panic!("{name:?} is not in the store"))
            .id
    }

    /// The message that the server calls `uid`.
    pub fn message(&mut self, mailbox: MailboxId, uid: u32) -> MessageId {
        let state = self.reader.sync_state(mailbox).unwrap();
        let (validity, uid) = (state.validity.unwrap(), Uid::new(uid).unwrap());
        let found = self.reader.message_at(mailbox, validity, uid).unwrap();
        found.unwrap_or_else(|| panic!("{uid:?} is not in the store"))
    }

    /// Records a change of a flag of messages in INBOX.
    pub fn record(&mut self, uids: &[u32], flag: SystemFlag, on: bool) -> OperationId {
        let mailbox = self.mailbox("INBOX");
        self.record_in(mailbox, uids, flag, on)
    }

    /// Records a change of a flag of messages in any mailbox.
    pub fn record_in(
        &mut self,
        mailbox: MailboxId,
        uids: &[u32],
        flag: SystemFlag,
        on: bool,
    ) -> OperationId {
        self.act_in(mailbox, uids, Change::Flag { flag, on })
    }

    /// Records any change of messages in INBOX.
    pub fn act(&mut self, uids: &[u32], change: Change) -> OperationId {
        let mailbox = self.mailbox("INBOX");
        self.act_in(mailbox, uids, change)
    }

    /// Records any change of messages in any mailbox.
    pub fn act_in(&mut self, mailbox: MailboxId, uids: &[u32], change: Change) -> OperationId {
        let targets = uids
            .iter()
            .map(|uid| Target {
                message: self.message(mailbox, *uid),
                mailbox,
            })
            .collect();
        let action = Action::new(Ticket(1), self.account, change, targets);
        self.store.writer().record_now(action).unwrap().operations[0]
    }

    /// Keeps the events that have come.
    pub fn drain(&mut self) {
        self.seen.extend(self.events.try_iter());
    }

    /// Waits until `is_so`, looking again after every event and now and then; `what` says what hangs if it does.
    pub fn until(&mut self, what: &str, mut is_so: impl FnMut(&mut Self) -> bool) {
        let deadline = Instant::now() + GUARD;
        loop {
            self.drain();
            if is_so(self) {
                return;
            }
            if Instant::now() >= deadline {
                let mut last = String::new();
                for event in self.seen.iter().rev().take(12) {
                    let _ = writeln!(last, "  {event:?}");
                }
                panic!("hangs: {what}; the last events, newest first:\n{last}");
            }
            if let Ok(event) = self.events.recv_timeout(Duration::from_millis(20)) {
                self.seen.push(event);
            }
        }
    }

    /// Waits for an event among those not looked at yet, and forgets all up to it.
    pub fn event(&mut self, what: &str, fits: impl Fn(&Event) -> bool) -> Event {
        let mut found = None;
        self.until(what, |desk| {
            if let Some(at) = desk.seen.iter().position(&fits) {
                found = desk.seen.drain(..=at).next_back();
            }
            found.is_some()
        });
        found.unwrap()
    }

    /// Waits for a state of the connection.
    pub fn state(&mut self, what: &str, fits: impl Fn(&Connection) -> bool) -> Connection {
        let event = self.event(
            what,
            |event| matches!(event, Event::Connection { state, .. } if fits(state)),
        );
        let Event::Connection { state, .. } = event else {
            unreachable!()
        };
        state
    }

    /// Waits until the interactive lane has nothing left to do.
    pub fn online(&mut self) {
        self.state("the account is online", |state| {
            *state == Connection::Online
        });
    }

    /// Ends the process in order.
    pub fn close(self) {
        self.store.close();
    }
}

/// Ends an engine, waiting for what it does.
pub fn stop(engine: Engine) {
    engine.stop(GUARD);
}
