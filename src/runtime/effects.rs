//! Carries out what `update` asks for, and passes on what concerns other processes. Nothing here waits.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use crossbeam_channel::Sender;

use crate::channel::effect::Effect;
use crate::channel::error::StoreError;
use crate::channel::event::{Connection, Event, Timer};
use crate::channel::job::Job;
use crate::channel::kept;
use crate::channel::operation::Ticket;
use crate::cli::place::Place;
use crate::config::keeper::Keeper;
use crate::engine::peers::{Message, Peers};
use crate::engine::{Engine, Setup};
use crate::mail::account::AccountId;
use crate::mail::mailbox::MailboxId;
use crate::mail::safe_text::SafeText;
use crate::runtime::addresses::{self, Lookup};
use crate::runtime::awaited::Awaited;
use crate::runtime::crew::{self, Crew};
use crate::runtime::editor::Loan;
use crate::runtime::hearing;
use crate::runtime::part_news;
use crate::runtime::presence::Presence;
use crate::runtime::reach::Reach;
use crate::runtime::render::{self, Answer};
use crate::runtime::rows;
use crate::runtime::saving;
use crate::runtime::secrets::Secrets;
use crate::runtime::telling::Telling;
use crate::runtime::timers::Timers;
use crate::runtime::writing::{Author, is_for_engines};
use crate::store::Store;
use crate::store::outgoing::outbox_waits::Holds;
use crate::store::reader::Reader;
use crate::store::writer::Writer;

/// Something that happened, by where it came from.
#[derive(Debug)]
pub enum News {
    /// In this process: keys, timers, the store, the engines.
    Own(Event),
    /// From the render thread.
    Answer(Answer),
    /// From another process.
    Heard(Message),
}

/// What the screen itself must do after an effect.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Deed {
    /// Set the window title.
    Title(SafeText),
    /// Paint everything again.
    Repaint,
    /// Stop like Ctrl-Z.
    Suspend,
    /// Let the user's own editor have a mail.
    Edit(Ticket, Box<Loan>),
    /// End.
    Quit,
}

/// Everything that carries effects out.
pub struct Hands {
    pub(super) store: Store,
    pub(super) writer: Writer,
    pub(super) rows: Sender<rows::Request>,
    render: Sender<render::Request>,
    desk: JoinHandle<()>,
    pub(super) engines: BTreeMap<AccountId, Engine>,
    secrets: Secrets,
    pub(super) reach: Reach,
    pub(super) accounts_of: BTreeMap<MailboxId, AccountId>,
    telling: Option<Telling>,
    pub(super) answers: Sender<Answer>,
    pub(super) addresses: Sender<Lookup>,
    pub(super) author: Arc<Author>,
    /// What waits for a message that is being fetched.
    pub(super) awaited: Awaited,
    /// Tells other screens that this one is here.
    pub(super) presence: Presence,
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
        events: &Sender<Event>,
        answers: Sender<Answer>,
        peers: Option<Peers>,
    ) -> Result<Self, StoreError> {
        let (rows, _) = rows::start(&store, events.clone())?;
        let crew = Crew::new(crew::render, render::BUDGET);
        let (render, desk) = render::start(&store, answers.clone(), crew)?;
        let keeper = Keeper::of_this_session(&place.paths.data);
        let (mut engines, mut secrets) = (BTreeMap::new(), Secrets::new(keeper, answers.clone()));
        let mut reach = Reach::default();
        let numbered = place.numbered(&store);
        let author = Arc::new(Author::of(&numbered));
        let commands = numbered
            .into_iter()
            .filter(|(_, settings)| !settings.address_command.is_empty())
            .map(|(account, settings)| (account, settings.address_command.clone()));
        let addresses = addresses::start(
            &store,
            events.clone(),
            commands.collect(),
            Arc::clone(&author),
        )?;
        for settings in &place.accounts {
            let Some(account) = store.account(&settings.name) else {
                continue;
            };
            reach.add(account, place.is_offline);
            secrets.add(account, settings);
            let mut setup = Setup::new(
                account,
                settings.clone(),
                store.clone(),
                events.clone(),
                place.paths.data.clone(),
            );
            setup.is_offline = place.is_offline;
            engines.insert(account, Engine::start(&setup)?);
        }
        Ok(Self {
            writer: store.writer(),
            store,
            rows,
            render,
            desk,
            engines,
            secrets,
            reach,
            accounts_of: BTreeMap::new(),
            telling: peers.and_then(Telling::start),
            answers,
            addresses,
            author,
            awaited: Awaited::default(),
            presence: Presence::default(),
            timers: Timers::default(),
        })
    }

    /// Carries one effect out.
    pub fn carry_out(&mut self, effect: Effect) -> Option<Deed> {
        match effect {
            Effect::Record(action) => self.writer.record(action),
            Effect::Undo(ticket) => self.writer.undo(ticket),
            Effect::Redo(ticket) => self.writer.redo(ticket),
            Effect::Flush(mails) => self.writer.end_holds(Holds::Own(mails)),
            Effect::Retry(operation) => self.writer.retry(operation),
            Effect::Drop(operation) => self.writer.drop_operation(operation),
            Effect::Weigh(query) => drop(self.rows.send(rows::Request::Weight(query))),
            Effect::Keep(messages, on) => self.writer.keep(messages, on),
            Effect::StopKeeping(account) => self.writer.stop_keeping(account),
            Effect::LoadLedger => drop(self.rows.send(rows::Request::Ledger)),
            Effect::LoadSelection(query) => drop(self.rows.send(rows::Request::Selection(query))),
            Effect::LoadWhereabouts(target) => {
                drop(self.rows.send(rows::Request::Whereabouts(target)));
            }
            Effect::LoadKeywords(mailbox) => drop(self.rows.send(rows::Request::Keywords(mailbox))),
            Effect::LoadFolders => drop(self.rows.send(rows::Request::Folders)),
            Effect::LoadWindow(query) => drop(self.rows.send(rows::Request::Window(query))),
            Effect::FindUnread(query) => drop(self.rows.send(rows::Request::Unread(query))),
            Effect::LoadMessage {
                message,
                mailbox,
                columns,
                form,
            } => {
                let _ = self.render.send(render::Request {
                    message,
                    mailbox,
                    columns,
                    form,
                });
            }
            Effect::Save(request) => saving::start(&self.store, request, self.answers.clone()),
            Effect::Job(account, job) => {
                if let Job::Password(password) = &job {
                    self.secrets.typed(account, password);
                }
                self.submit(account, job);
            }
            Effect::StorePassword(account) => self.secrets.store(account),
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
            effect => return self.deed(effect),
        }
        None
    }

    /// What the screen itself must do; everything else is about mail that is being written or on its way out.
    fn deed(&mut self, effect: Effect) -> Option<Deed> {
        Some(match effect {
            Effect::EditExternally {
                ticket,
                account,
                base,
                composition,
            } => {
                let loan = Loan {
                    account,
                    base,
                    composition: *composition,
                };
                Deed::Edit(ticket, Box::new(loan))
            }
            Effect::SetTitle(title) => Deed::Title(title),
            Effect::Repaint => Deed::Repaint,
            Effect::Suspend => Deed::Suspend,
            Effect::Quit => Deed::Quit,
            effect => {
                self.write(effect);
                return None;
            }
        })
    }

    pub(super) fn submit(&mut self, account: AccountId, job: Job) {
        if self.reach.is_elsewhere(account) {
            let message = hearing::asked_of_others(account, &job);
            if let Some(message) = message {
                self.tell_peers(message);
            }
        }
        if matches!(job, Job::SyncNow | Job::SetOnline(true)) {
            self.secrets.try_again(account);
        }
        // The engine that waits for the lock notes the wish too, for the day it takes over.
        if let Some(engine) = self.engines.get(&account) {
            engine.submit(job);
        }
    }

    /// What is news for the screen; `None` keeps it from there.
    pub fn take_in(&mut self, news: News) -> Option<Event> {
        match news {
            News::Own(event) => {
                self.came(&event);
                self.intercept(event)
            }
            News::Answer(answer) => Some(self.answered(answer)),
            // Past `intercept`: told back to the peers, it would go round between them for ever.
            News::Heard(message) => self.heard(message),
        }
    }

    /// Looks at an event of this process before `update` does, and tells the peers what concerns them.
    fn intercept(&mut self, event: Event) -> Option<Event> {
        match &event {
            Event::Connection { account, state } => self.note_state(*account, state),
            Event::Timer(Timer::Awaited(ticket)) => return self.overdue(*ticket),
            Event::PasswordWanted {
                account,
                protocol,
                refusal,
            } => {
                let post = self.engines.get(account).map(Engine::post)?;
                return self.secrets.wanted((*account, *protocol), refusal, post);
            }
            Event::Folders(folders) => {
                self.accounts_of = folders
                    .iter()
                    .map(|folder| (folder.mailbox, folder.account))
                    .collect();
            }
            Event::Recorded { .. } | Event::Undone { .. } | Event::JournalChanged { .. } => {
                self.wake_engines();
                self.tell_peers(Message::Journal);
            }
            Event::DraftSaved { .. } | Event::Drafts(_) => self.drafts_changed(),
            Event::Queued { .. } | Event::TakenBack { .. } | Event::MailChanged(_) => {
                if is_for_engines(&event) {
                    self.wake_engines();
                }
                self.tell_peers(Message::Outbox);
            }
            Event::Keeping(kept::News::Changed { accounts, .. }) => {
                let engines = accounts.iter().filter_map(|id| self.engines.get(id));
                engines.for_each(|engine| engine.submit(Job::Keep));
                self.tell_peers(Message::Keep);
            }
            Event::Synced(account) => {
                self.reach.synced(*account);
                self.tell_peers(Message::Synced(*account));
            }
            Event::Part {
                message,
                path,
                state,
            } => self.tell_peers(part_news::told(*message, path, state)),
            Event::RowsChanged(mailbox) => self.tell_peers(Message::Rows(*mailbox)),
            // Counts of open operations are read with the folders.
            Event::FoldersChanged | Event::Closed { .. } => self.tell_peers(Message::Folders),
            Event::BodyStored(message) => {
                self.reach.settled(*message);
                self.tell_peers(Message::Body(*message));
            }
            Event::BodyFailed { message, error } => {
                self.reach.settled(*message);
                self.tell_peers(part_news::without_body(*message, error));
            }
            _ => {}
        }
        Some(event)
    }

    fn note_state(&mut self, account: AccountId, state: &Connection) {
        for message in self.reach.note(account, state) {
            self.tell_peers(message);
        }
        if self.reach.is_connected(account) {
            self.secrets.came_up(account);
        }
        if matches!(
            state,
            Connection::Offline { .. } | Connection::OfflineByChoice
        ) {
            self.cut(account);
        }
    }

    pub(super) fn tell_peers(&self, message: Message) {
        if let Some(telling) = &self.telling {
            telling.tell(message);
        }
    }

    /// The process was stopped and goes on: the connections are tried.
    pub fn resumed(&self) {
        self.engines.values().for_each(Engine::probe);
    }

    /// A connection of its own for reading the store.
    ///
    /// # Errors
    /// What the disk said.
    pub fn reader(&self) -> Result<Reader, StoreError> {
        self.store.reader()
    }

    /// Ends the engines, waiting at most until then for what was started, and hands the store back.
    #[must_use]
    pub fn finish(self, until: Instant) -> Store {
        let engines: Vec<Engine> = self.engines.into_values().collect();
        engines.iter().for_each(Engine::leave);
        for engine in engines {
            engine.stop(until.saturating_duration_since(Instant::now()));
        }
        if let Some(telling) = self.telling {
            telling.finish();
        }
        // It takes back what it noted of messages being opened: this end is no crash.
        drop(self.render);
        let _ = self.desk.join();
        self.store
    }
}
