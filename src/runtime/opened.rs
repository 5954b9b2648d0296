//! `sterna open` on the screen: the files' messages in a store of their own, in a directory that goes at the end.

use std::path::Path;
use std::time::Duration;

use crossbeam_channel::unbounded;

use crate::cli::exit::Exit;
use crate::cli::fill::Fill;
use crate::cli::place::Place;
use crate::cli::run::Failure;
use crate::config::paths::FilePaths;
use crate::config::ui_settings::UiSettings;
use crate::engine::peers::{Message, Peers};
use crate::local::message::shown;
use crate::local::source::Source;
use crate::mail::account::{AccountSettings, Endpoint, Offline, Security};
use crate::runtime::screen;
use crate::store::Store;

/// Texts kept at once; the oldest go first.
const CACHE_BYTES: u64 = 20_000_000_000;
/// Says to the filling thread's socket that no process has this number.
const FILLER: u32 = 0;
/// The longest wait for the filling thread at the end.
const PATIENCE: Duration = Duration::from_secs(2);

/// Shows what lies at a path until the user quits.
///
/// # Errors
/// Nothing there that could be read; the terminal or the temporary directory failed.
pub fn run(path: &Path) -> Result<Exit, Failure> {
    let failed = |error: std::io::Error| Failure::new(Exit::Unavailable, error.to_string());
    let source = Source::open(path)?;
    let directory = tempfile::Builder::new().prefix("sterna-open-").tempdir();
    let directory = directory.map_err(failed)?;
    let name = path.file_name().unwrap_or(path.as_os_str());
    let name = shown(Path::new(name)).to_string();
    let place = Place {
        paths: FilePaths::under(directory.path()),
        accounts: vec![account(&name)],
        ui: UiSettings::default(),
        is_offline: true,
        is_demo: false,
        is_online: false,
    };
    place.paths.create().map_err(failed)?;
    let (events, _news) = unbounded();
    let store = place.open_store(events)?;
    let filling = begin(&place, &store, &name, source)?;
    let (stop, stopped) = unbounded::<()>();
    let (ended, end) = unbounded::<()>();
    let peers = Peers::open_as(&place.paths.runtime, FILLER).ok();
    let thread = std::thread::Builder::new().name("files".to_owned());
    thread
        .spawn(move || {
            go_on(filling, peers.as_ref(), &|| !stopped.is_empty());
            drop(store);
            drop(ended);
        })
        .map_err(failed)?;
    let shown = screen::run(&place, None);
    let _ = stop.send(());
    // Whatever is still being written goes with the directory.
    let _ = end.recv_timeout(PATIENCE);
    let _ = directory.close();
    shown.map(|()| Exit::Done)
}

/// The first messages, so that the screen has something to show at once.
fn begin(place: &Place, store: &Store, name: &str, source: Source) -> Result<Fill, Failure> {
    let numbered = place.numbered(store);
    let Some((account, _)) = numbered.first() else {
        return Err(Failure::new(Exit::Unavailable, "the store has no account"));
    };
    let mut filling = Fill::new(store, *account, name, source)?;
    filling.batch()?;
    Ok(filling)
}

/// The rest, told to the screen as it comes.
fn go_on(mut filling: Fill, peers: Option<&Peers>, is_over: &dyn Fn() -> bool) {
    while !is_over() {
        match filling.batch() {
            Ok(true) => {}
            Ok(false) => break,
            Err(failure) => {
                tracing::warn!("what lies there was not read to its end: {}", failure.text);
                break;
            }
        }
        if let Some(peers) = peers {
            peers.tell_all(&[Message::Rows(filling.mailbox()), Message::Folders]);
        }
    }
    if filling.n_skipped() > 0 {
        tracing::warn!("{} messages could not be read", filling.n_skipped());
    }
}

/// An account without a server: the run is offline.
pub(super) fn account(name: &str) -> AccountSettings {
    AccountSettings {
        offline: Offline::All,
        cache_bytes: CACHE_BYTES,
        ..AccountSettings::new(name, "", Endpoint::new("127.0.0.1", 0, Security::Plain))
    }
}
