//! Starting: with nothing here, and with everything.

use std::path::Path;
use std::time::{Duration, Instant};

use crossbeam_channel::unbounded;
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use rusqlite::{Connection as Database, OpenFlags};
use sterna::app::model::Model;
use sterna::app::update;
use sterna::channel::effect::Effect;
use sterna::channel::event::Event;
use sterna::cli::place::Place;
use sterna::config::paths::FilePaths;
use sterna::config::ui_settings::UiSettings;
use sterna::store::Store;

use crate::client::{
    Client, GUARD, SCREENFUL, Server, account, inbox, query, seconds, store_paths,
};
use crate::relay::Relay;
use crate::table::figure;

/// From the reply to the login until the newest screenful can be read as a window.
pub fn first_screen(home: &Path, server: &Server) {
    let relay = Relay::start(server.port, Duration::ZERO);
    let client = Client::start(home, account(server, relay.port));
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

/// All headers over a long way, as in [`first_sync`]; `round_trip` is the time there and back.
pub fn far_sync(home: &Path, server: &Server, n: u64, round_trip: Duration) {
    let relay = Relay::start(server.port, round_trip / 2);
    first_sync(home, server, relay.port, n);
}

/// From nothing until all headers are committed, and until threads and index are finished.
pub fn first_sync(home: &Path, server: &Server, port: u16, n: u64) {
    let client = Client::start(home, account(server, port));
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
    // Who closes the cache last carries its log over, and that is to be the store.
    drop(unindexed);
    drop(cache);
    drop(reader);
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
    let mut model = Model::new(sterna::runtime::settings::settings(&place, &store));
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
