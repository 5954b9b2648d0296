//! Carries out what `update` asks for, and passes on what concerns other processes. Nothing here waits.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use crossbeam_channel::Sender;

use crate::channel::effect::Effect;
use crate::channel::error::StoreError;
use crate::channel::event::{Connection, Event};
use crate::channel::job::Job;
use crate::cli::place::{Place, SECRET_PATIENCE};
use crate::config::secret;
use crate::engine::pace::Pace;
use crate::engine::peers::{Message, Peers};
use crate::engine::{Engine, Setup};
use crate::mail::account::{AccountId, SecretSource};
use crate::mail::message_id::MessageId;
use crate::mail::safe_text::SafeText;
use crate::runtime::render::{self, Answer};
use crate::runtime::rows;
use crate::runtime::timers::Timers;
use crate::store::Store;
use crate::store::writer::Writer;

/// What the screen itself must do after an effect.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Deed {
    /// Set the window title.
    Title(SafeText),
    /// Paint everything again.
    Repaint,
    /// Stop like Ctrl-Z.
    Suspend,
    /// End.
    Quit,
}

/// Everything that carries effects out.
pub struct Hands {
    store: Store,
    writer: Writer,
    rows: Sender<rows::Request>,
    render: Sender<render::Request>,
    engines: BTreeMap<AccountId, Engine>,
    commands: BTreeMap<AccountId, Vec<String>>,
    elsewhere: BTreeSet<AccountId>,
    online: BTreeSet<AccountId>,
    accounts_of: BTreeMap<crate::mail::mailbox::MailboxId, AccountId>,
    peers: Option<Peers>,
    events: Sender<Event>,
    /// Timers waiting to ring.
    pub timers: Timers,
}

impl Hands {
    /// Starts the helper threads and the engines.
    ///
    /// # Errors
    /// The store cannot be read, or a thread cannot be made.
    pub fn new(
        place: &Place,
        store: Store,
        events: Sender<Event>,
        answers: Sender<Answer>,
        peers: Option<Peers>,
    ) -> Result<Self, StoreError> {
        let (rows, _) = rows::start(&store, events.clone())?;
        let (render, _) = render::start(&store, answers)?;
        let (mut engines, mut commands) = (BTreeMap::new(), BTreeMap::new());
        for settings in &place.accounts {
            let Some(account) = store.account(&settings.name) else {
                continue;
            };
            if let SecretSource::Command(argv) = &settings.secret {
                commands.insert(account, argv.clone());
            }
            let setup = Setup {
                account,
                settings: settings.clone(),
                store: store.clone(),
                events: events.clone(),
                locks: place.paths.data.clone(),
                is_offline: place.is_offline,
                pace: Pace::default(),
            };
            engines.insert(account, Engine::start(&setup)?);
        }
        Ok(Self {
            writer: store.writer(),
            store,
            rows,
            render,
            engines,
            commands,
            elsewhere: BTreeSet::new(),
            online: BTreeSet::new(),
            accounts_of: BTreeMap::new(),
            peers,
            events,
            timers: Timers::default(),
        })
    }

    /// Carries one effect out.
    pub fn carry_out(&mut self, effect: Effect) -> Option<Deed> {
        match effect {
            Effect::Record(operation) => self.writer.record(operation),
            Effect::LoadFolders => drop(self.rows.send(rows::Request::Folders)),
            Effect::LoadWindow(query) => drop(self.rows.send(rows::Request::Window(query))),
            Effect::LoadMessage {
                message,
                mailbox,
                columns,
            } => {
                let _ = self.render.send(render::Request {
                    message,
                    mailbox,
                    columns,
                });
            }
            Effect::Job(account, job) => self.submit(account, job),
            Effect::JobForAll(job) => {
                let accounts: Vec<AccountId> = self.engines.keys().copied().collect();
                for account in accounts {
                    self.submit(account, job.clone());
                }
            }
            Effect::After {
                milliseconds,
                timer,
            } => {
                self.timers
                    .set(Instant::now(), Duration::from_millis(milliseconds), timer);
            }
            Effect::SetTitle(title) => return Some(Deed::Title(title)),
            Effect::Repaint => return Some(Deed::Repaint),
            Effect::Suspend => return Some(Deed::Suspend),
            Effect::Quit => return Some(Deed::Quit),
        }
        None
    }

    fn submit(&mut self, account: AccountId, job: Job) {
        if self.elsewhere.contains(&account) {
            let message = match &job {
                Job::WantBody { message, mailbox } => Some(Message::WantBody(*message, *mailbox)),
                Job::JournalChanged => Some(Message::Journal),
                Job::SyncNow => Some(Message::Sync(account)),
                _ => None,
            };
            if let Some(message) = message {
                self.tell_peers(message);
            }
        }
        // The engine that waits for the lock notes the wish too, for the day it takes over.
        if let Some(engine) = self.engines.get(&account) {
            engine.submit(job);
        }
    }

    /// Looks at an event before `update` does. `None` keeps it from the screen.
    pub fn intercept(&mut self, event: Event) -> Option<Event> {
        match &event {
            Event::Connection { account, state } => self.note_state(*account, state),
            Event::PasswordWanted { account, refusal } => {
                if refusal.as_str().is_empty()
                    && let Some(argv) = self.commands.get(account)
                {
                    run_secret_command(
                        *account,
                        argv.clone(),
                        self.engines.get(account),
                        &self.events,
                    );
                    return None;
                }
            }
            Event::Folders(folders) => {
                self.accounts_of = folders
                    .iter()
                    .map(|folder| (folder.mailbox, folder.account))
                    .collect();
            }
            Event::Recorded { .. } => {
                self.engines
                    .values()
                    .for_each(|engine| engine.submit(Job::JournalChanged));
                self.tell_peers(Message::Journal);
            }
            Event::RowsChanged(mailbox) => self.tell_peers(Message::Rows(*mailbox)),
            Event::FoldersChanged => self.tell_peers(Message::Folders),
            Event::BodyStored(message) => self.tell_peers(Message::Body(*message)),
            Event::BodyFailed { message, .. } => self.tell_peers(Message::NoBody(*message)),
            _ => {}
        }
        Some(event)
    }

    fn note_state(&mut self, account: AccountId, state: &Connection) {
        if *state == Connection::Elsewhere {
            self.elsewhere.insert(account);
        } else {
            self.elsewhere.remove(&account);
        }
        if *state == Connection::Online {
            self.tell_peers(Message::Synced(account));
        }
        if matches!(
            state,
            Connection::Online | Connection::Syncing { .. } | Connection::Elsewhere
        ) {
            self.online.insert(account);
        } else if self.online.remove(&account) {
            tracing::info!(account = account.get(), "offline");
        }
    }

    /// What the render thread found: a view, or a body that must be fetched.
    pub fn answered(&mut self, answer: Answer) -> Event {
        match answer {
            Answer::Event(event) => event,
            Answer::Missing(request) => {
                let account = self.accounts_of.get(&request.mailbox).copied();
                let coming = account.is_some_and(|account| self.online.contains(&account));
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

    /// What another process says, as an event of this one.
    pub fn heard(&mut self, message: Message) -> Option<Event> {
        match message {
            Message::Journal => {
                self.engines
                    .values()
                    .for_each(|engine| engine.submit(Job::JournalChanged));
                Some(Event::FoldersChanged)
            }
            Message::Rows(mailbox) => Some(Event::RowsChanged(mailbox)),
            Message::Folders => Some(Event::FoldersChanged),
            Message::Body(message) => Some(Event::BodyStored(message)),
            Message::WantBody(message, mailbox) => {
                self.want_for_peer(message, mailbox);
                None
            }
            Message::Sync(account) => {
                if !self.elsewhere.contains(&account)
                    && let Some(engine) = self.engines.get(&account)
                {
                    engine.submit(Job::SyncNow);
                }
                None
            }
            Message::NoBody(_) | Message::Synced(_) => None,
        }
    }

    fn want_for_peer(&mut self, message: MessageId, mailbox: crate::mail::mailbox::MailboxId) {
        let Some(account) = self.accounts_of.get(&mailbox).copied() else {
            return;
        };
        if self.elsewhere.contains(&account) {
            return; // The holder heard it too.
        }
        if let Some(engine) = self.engines.get(&account) {
            engine.submit(Job::WantBody { message, mailbox });
        }
    }

    fn tell_peers(&self, message: Message) {
        if let Some(peers) = &self.peers {
            peers.tell(message);
        }
    }

    /// Ends the engines, waiting at most two seconds for what was started, and hands the store back.
    #[must_use]
    pub fn finish(self) -> Store {
        let engines: Vec<Engine> = self.engines.into_values().collect();
        let until = Instant::now() + Duration::from_secs(2);
        for engine in engines {
            engine.stop(until.saturating_duration_since(Instant::now()));
        }
        self.store
    }
}

/// Runs `password-command` away from the drawing thread and gives the engine what it prints.
fn run_secret_command(
    account: AccountId,
    argv: Vec<String>,
    engine: Option<&Engine>,
    events: &Sender<Event>,
) {
    let Some(post) = engine.map(Engine::post) else {
        return;
    };
    let events = events.clone();
    let spawned = std::thread::Builder::new()
        .name("password-command".to_owned())
        .spawn(move || match secret::run(&argv, SECRET_PATIENCE) {
            Ok(secret) => post.send(crate::engine::Order::Job(Job::Password(secret))),
            Err(problem) => {
                let refusal = SafeText::line(&format!("password-command failed: {problem}"));
                let _ = events.send(Event::PasswordWanted { account, refusal });
            }
        });
    drop(spawned);
}
