//! The real engine and store, without a screen: each part runs in a process of its own and prints its figures.

use std::path::Path;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, unbounded};
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use rusqlite::{Connection as Database, OpenFlags};
use sterna::app::model::Model;
use sterna::app::update;
use sterna::channel::effect::Effect;
use sterna::channel::event::{Connection, Event};
use sterna::channel::job::Job;
use sterna::channel::rows::{Anchor, WindowQuery};
use sterna::cli::place::Place;
use sterna::config::paths::FilePaths;
use sterna::config::ui_settings::UiSettings;
use sterna::engine::pace::Pace;
use sterna::engine::{Engine, Setup};
use sterna::mail::account::{
    AccountId, AccountSettings, Endpoint, Offline, SecretSource, Security,
};
use sterna::mail::mailbox::{MailboxId, Role};
use sterna::mail::secret::Secret;
use sterna::store::reader::Reader;
use sterna::store::{Paths, Store};

use crate::mailbox::RARE;
use crate::relay::Relay;

/// Longer than anything here takes.
const GUARD: Duration = Duration::from_mins(5);
/// Rows of a first screen.
const SCREENFUL: usize = 100;

/// Where the server is.
#[derive(Clone)]
pub struct Server {
    /// Its port without TLS.
    pub port: u16,
    /// Who logs in.
    pub user: String,
    /// With what.
    pub password: String,
}

fn account(server: &Server, port: u16) -> AccountSettings {
    AccountSettings {
        name: "bench".to_owned(),
        display_name: String::new(),
        email: "anna@example.net".to_owned(),
        aliases: Vec::new(),
        user: server.user.clone(),
        secret: SecretSource::Known(Secret::new(server.password.clone())),
        imap: Endpoint {
            host: "127.0.0.1".to_owned(),
            port,
            security: Security::Plain,
            ca_file: None,
        },
        smtp: None,
        folders: Vec::new(),
        offline: Offline::Headers,
        offline_folders: Vec::new(),
        disable: Vec::new(),
        compress_loopback: false,
        cache_bytes: 1 << 30,
    }
}

/// A store with an engine on it.
struct Client {
    store: Store,
    engine: Engine,
    events: Receiver<Event>,
    account: AccountId,
    paths: FilePaths,
    /// Just before the engine was started.
    started: Instant,
}

impl Client {
    fn start(home: &Path, server: &Server, port: u16) -> Self {
        let paths = FilePaths::under(home);
        paths.create().unwrap();
        let settings = account(server, port);
        let (events, received) = unbounded();
        let store = Store::open(
            &store_paths(home),
            std::slice::from_ref(&settings),
            events.clone(),
        )
        .unwrap();
        let account = store.account("bench").unwrap();
        let started = Instant::now();
        let setup = Setup {
            account,
            settings,
            store: store.clone(),
            events,
            locks: paths.data.clone(),
            is_offline: false,
            pace: Pace::default(),
        };
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
    fn until(&self, what: &str, mut is_it: impl FnMut(&Event) -> bool) -> Instant {
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

    fn until_online(&self) -> Instant {
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

    fn stop(self) {
        self.engine.stop(Duration::from_secs(5));
        self.store.close();
    }
}

fn store_paths(home: &Path) -> Paths {
    let paths = FilePaths::under(home);
    Paths {
        data: paths.data,
        cache: paths.cache,
    }
}

fn query(mailbox: MailboxId, limit: &str, n_rows: usize) -> WindowQuery {
    WindowQuery {
        mailbox,
        limit: limit.to_owned(),
        anchor: Anchor::Newest,
        n_rows,
        serial: 0,
    }
}

fn inbox(reader: &mut Reader, account: AccountId) -> Option<MailboxId> {
    let mailboxes = reader.mailboxes(account).unwrap();
    mailboxes
        .iter()
        .find(|mailbox| mailbox.role == Some(Role::Inbox))
        .map(|mailbox| mailbox.id)
}

fn figure(name: &str, value: f64) {
    println!("{name} {value}");
}

fn seconds(name: &str, time: Duration) {
    figure(name, time.as_secs_f64());
}

/// From the reply to the login until the newest screenful can be read as a window.
pub fn first_screen(home: &Path, server: &Server) {
    let relay = Relay::start(server.port, Duration::ZERO);
    let client = Client::start(home, server, relay.port);
    let mut reader = client.store.reader().unwrap();
    let readable = client.until("the first screenful", |event| {
        let Event::RowsChanged(mailbox) = event else {
            return false;
        };
        reader
            .window(&query(*mailbox, "", SCREENFUL))
            .unwrap()
            .rows
            .len()
            >= SCREENFUL
    });
    seconds("first_screen", readable - relay.login_reply().unwrap());
    client.stop();
}

/// From nothing until all headers are committed, and until threads and index are finished.
pub fn first_sync(home: &Path, server: &Server, n: u64) {
    let client = Client::start(home, server, server.port);
    let mut reader = client.store.reader().unwrap();
    let until = Instant::now() + GUARD;
    // Looked at by the clock: asking at every event would cost what is being measured.
    loop {
        assert!(Instant::now() < until, "the headers never came");
        std::thread::sleep(Duration::from_millis(5));
        while client.events.try_recv().is_ok() {}
        let Some(mailbox) = inbox(&mut reader, client.account) else {
            continue;
        };
        let state = reader.sync_state(mailbox).unwrap();
        if state.n_headers >= n && state.gap.is_empty() && state.validity.is_some() {
            break;
        }
    }
    seconds("all_headers", client.started.elapsed());
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let cache = Database::open_with_flags(client.paths.cache.join("cache.db"), flags).unwrap();
    let mut unindexed = cache.prepare("SELECT count(*) FROM unindexed").unwrap();
    while unindexed.query_row([], |row| row.get::<_, i64>(0)).unwrap() > 0 {
        assert!(Instant::now() < until, "the index was never finished");
        std::thread::sleep(Duration::from_millis(5));
        while client.events.try_recv().is_ok() {}
    }
    seconds("finished", client.started.elapsed());
    figure("cpu_seconds", cpu_seconds());
    client.stop();
}

/// Processor time of this process.
fn cpu_seconds() -> f64 {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
    time.tv_sec as f64 + time.tv_nsec as f64 / 1e9
}

/// From opening the store to a drawn list, as the screen does it.
pub fn warm_start(home: &Path, server: &Server) {
    let settings = account(server, server.port);
    let start = Instant::now();
    let (events, received) = unbounded();
    let store = Store::open(&store_paths(home), std::slice::from_ref(&settings), events).unwrap();
    let opened = start.elapsed();
    let place = Place {
        paths: FilePaths::under(home),
        accounts: vec![settings],
        ui: UiSettings::default(),
        is_offline: false,
        is_demo: false,
        is_online: false,
    };
    let mut reader = store.reader().unwrap();
    let mut model = Model::new(sterna::runtime::screen::settings(&place, &store));
    let now = sterna::runtime::screen::now();
    let mut effects: Vec<Effect> = Vec::new();
    for event in [
        Event::Now {
            seconds: now,
            offset: 0,
        },
        Event::Resize {
            columns: 160,
            rows: 60,
        },
    ] {
        effects.extend(update::update(&mut model, event));
    }
    effects.extend(update::start(&mut model));
    let mut n_rows = 0;
    while let Some(effect) = effects.pop() {
        let event = match effect {
            Effect::LoadFolders => Event::Folders(reader.folders().unwrap()),
            Effect::LoadWindow(query) => {
                let window = reader.window(&query).unwrap();
                n_rows = n_rows.max(window.rows.len());
                Event::Rows(window)
            }
            _ => continue,
        };
        effects.extend(update::update(&mut model, event));
    }
    let mut terminal = Terminal::new(TestBackend::new(160, 60)).unwrap();
    terminal
        .draw(|frame| sterna::ui::screen::draw(&model, frame))
        .unwrap();
    let drawn = start.elapsed();
    assert!(n_rows >= 50, "only {n_rows} rows");
    seconds("warm_open", opened);
    seconds("warm_start", drawn);
    drop(received);
}

/// The list limited to words of subjects.
pub fn limit(home: &Path, server: &Server) {
    let settings = account(server, server.port);
    let (events, _received) = unbounded();
    let store = Store::open(&store_paths(home), std::slice::from_ref(&settings), events).unwrap();
    let mut reader = store.reader().unwrap();
    let mailbox = inbox(&mut reader, store.account("bench").unwrap()).unwrap();
    reader.window(&query(mailbox, "", SCREENFUL)).unwrap();
    for (name, words) in [
        ("limit_rare", RARE),
        ("limit_word", "harbour"),
        ("limit_letter", "h"),
    ] {
        let start = Instant::now();
        let window = reader.window(&query(mailbox, words, SCREENFUL)).unwrap();
        seconds(name, start.elapsed());
        figure(&format!("{name}_rows"), window.n_matching as f64);
    }
}

/// Nothing has changed: what does it cost to know that? The way takes `round_trip` there and back.
pub fn reopen(home: &Path, server: &Server, round_trip: Duration) {
    let relay = Relay::start(server.port, round_trip / 2);
    let client = Client::start(home, server, relay.port);
    let online = client.until_online();
    let reply = relay.login_reply().unwrap();
    // What still comes counts too.
    std::thread::sleep(round_trip * 4 + Duration::from_millis(300));
    let (n_bytes, n_connections) = relay.received(reply, Instant::now());
    let round_trips = |time: Duration| time.as_secs_f64() / round_trip.as_secs_f64();
    figure("reopen_bytes", n_bytes as f64);
    figure("reopen_connections", n_connections as f64);
    figure("reopen_round_trips", round_trips(online - reply));
    figure("fresh_round_trips", round_trips(online - client.started));
    client.stop();
}

/// A message whose body is not here, asked for while the connection rests.
pub fn open_message(home: &Path, server: &Server, round_trip: Duration) {
    let relay = Relay::start(server.port, round_trip / 2);
    let client = Client::start(home, server, relay.port);
    client.until_online();
    std::thread::sleep(round_trip * 3);
    let mut reader = client.store.reader().unwrap();
    let mailbox = inbox(&mut reader, client.account).unwrap();
    let rows = reader.window(&query(mailbox, "", SCREENFUL)).unwrap().rows;
    let row = rows
        .iter()
        .find(|row| reader.body(row.key.message).unwrap().is_none())
        .unwrap();
    let message = row.key.message;
    let start = Instant::now();
    client.engine.submit(Job::WantBody { message, mailbox });
    let stored = client.until("the body", |event| *event == Event::BodyStored(message));
    reader.body(message).unwrap().unwrap();
    seconds("open_message", stored - start);
    client.stop();
}
