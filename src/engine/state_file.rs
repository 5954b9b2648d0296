//! The state of an account for other processes: a small file beside the lock, written by whoever holds the lock and gone
//! with it. Reading it takes no lock, so a status bar never gets in anybody's way.

use std::collections::BTreeMap;
use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use crossbeam_channel::{Sender, unbounded};
use rustix::process::{Pid, test_kill_process};

use crate::channel::event::Connection;
use crate::mail::account::AccountId;

/// Longest file that is read, in bytes.
const LONGEST: usize = 100;

/// Whether an account reaches its server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Link {
    /// Connected and up to date.
    Online,
    /// Connected and reading.
    Syncing,
    /// Not connected.
    Offline,
}

/// What the holder of an account says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct State {
    /// Whether it is connected.
    pub link: Link,
    /// When it tries again, seconds since the epoch; `None` when nothing is planned.
    pub next_attempt: Option<i64>,
}

impl State {
    /// What a state of the engine is to other processes; `None` where another process is the one to say it.
    #[must_use]
    pub fn of(connection: &Connection) -> Option<Self> {
        let (link, wait) = match connection {
            Connection::Online => (Link::Online, None),
            Connection::Syncing { .. } => (Link::Syncing, None),
            Connection::Offline { retry_seconds, .. } => (Link::Offline, *retry_seconds),
            Connection::Connecting | Connection::OfflineByChoice => (Link::Offline, None),
            Connection::Elsewhere => return None,
        };
        let next_attempt = wait.map(|seconds| {
            let now = SystemTime::now().duration_since(UNIX_EPOCH);
            let now = now.map_or(0, |now| i64::try_from(now.as_secs()).unwrap_or(0));
            now.saturating_add(i64::try_from(seconds).unwrap_or(i64::MAX))
        });
        Some(Self { link, next_attempt })
    }
}

/// Where an account's state lies.
#[must_use]
pub fn path(directory: &Path, account: AccountId) -> PathBuf {
    directory.join(format!("engine-{}.state", account.get()))
}

/// Writes the state as a whole; the caller holds the account's lock.
///
/// # Errors
/// The file cannot be made or put in place.
pub fn write(directory: &Path, account: AccountId, state: State) -> io::Result<()> {
    let word = match state.link {
        Link::Online => "online",
        Link::Syncing => "syncing",
        Link::Offline => "offline",
    };
    let next = state.next_attempt.unwrap_or(0);
    let pid = std::process::id();
    let draft = directory.join(format!("engine-{}.state-{pid}", account.get()));
    let mut file = OpenOptions::new()
        .create(true)
        .truncate(true)
        .write(true)
        .mode(0o600)
        .open(&draft)?;
    writeln!(file, "{pid} {word} {next}")?;
    fs::rename(&draft, path(directory, account))
}

/// Removes the state, if this process wrote it.
pub fn remove(directory: &Path, account: AccountId) {
    let path = path(directory, account);
    if fs::read_to_string(&path).is_ok_and(|text| parse(&text).is_some_and(is_ours)) {
        let _ = fs::remove_file(path);
    }
}

fn is_ours((pid, _): (u32, State)) -> bool {
    pid == std::process::id()
}

/// Reads the state; `None` where nobody who lives has written one.
#[must_use]
pub fn read(directory: &Path, account: AccountId) -> Option<State> {
    let text = fs::read_to_string(path(directory, account)).ok()?;
    let (pid, state) = parse(&text)?;
    // The lock dies with its holder, and this word with it, however the holder died.
    let pid = Pid::from_raw(i32::try_from(pid).ok()?)?;
    test_kill_process(pid).ok().map(|()| state)
}

fn parse(text: &str) -> Option<(u32, State)> {
    let mut words = text.get(..text.len().min(LONGEST))?.trim_end().split(' ');
    let pid = words.next()?.parse().ok()?;
    let link = match words.next()? {
        "online" => Link::Online,
        "syncing" => Link::Syncing,
        "offline" => Link::Offline,
        _ => return None,
    };
    let next: i64 = words.next()?.parse().ok()?;
    let next_attempt = Some(next).filter(|next| *next > 0);
    Some((pid, State { link, next_attempt }))
}

/// Writes states from a thread of its own, so that whoever tells them never waits for the disk. When it is dropped, what
/// it wrote goes.
#[derive(Debug)]
pub struct Notes {
    sender: Option<Sender<(AccountId, Option<State>)>>,
    thread: Option<std::thread::JoinHandle<()>>,
}

impl Notes {
    /// Starts the thread; without one nothing is noted, which costs a status bar its colour and nobody else anything.
    #[must_use]
    pub fn start(directory: &Path) -> Self {
        let (sender, told) = unbounded::<(AccountId, Option<State>)>();
        let directory = directory.to_owned();
        let work = move || {
            let mut written: BTreeMap<AccountId, State> = BTreeMap::new();
            while let Ok(first) = told.recv() {
                // Only the last word on each account counts.
                let latest: BTreeMap<_, _> =
                    std::iter::once(first).chain(told.try_iter()).collect();
                for (account, state) in latest {
                    match state {
                        Some(state) if written.get(&account) != Some(&state) => {
                            match write(&directory, account, state) {
                                Ok(()) => _ = written.insert(account, state),
                                Err(error) => tracing::warn!("the state file: {error}"),
                            }
                        }
                        Some(_) => {}
                        None => _ = written.remove(&account),
                    }
                }
            }
            for account in written.into_keys() {
                remove(&directory, account);
            }
        };
        let spawned = std::thread::Builder::new().name("states".to_owned());
        let thread = spawned.spawn(work).ok();
        Self {
            sender: Some(sender).filter(|_| thread.is_some()),
            thread,
        }
    }

    /// Notes the state of an account; never blocks.
    pub fn note(&self, account: AccountId, connection: &Connection) {
        if let Some(sender) = &self.sender {
            let _ = sender.send((account, State::of(connection)));
        }
    }
}

impl Drop for Notes {
    fn drop(&mut self) {
        self.sender = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::channel::error::RemoteError;
    use crate::mail::safe_text::SafeText;

    #[test]
    fn a_state_is_believed_while_its_writer_lives() {
        let directory = tempfile::tempdir().unwrap();
        let account = AccountId::new(1);
        assert_eq!(read(directory.path(), account), None);
        let state = State {
            link: Link::Offline,
            next_attempt: Some(1_700_000_000),
        };
        write(directory.path(), account, state).unwrap();
        assert_eq!(read(directory.path(), account), Some(state));
        // No process has the largest number that the type can hold.
        fs::write(path(directory.path(), account), "2147483647 online 0\n").unwrap();
        assert_eq!(read(directory.path(), account), None);
        remove(directory.path(), account);
        assert!(path(directory.path(), account).exists(), "it is another's");
        for garbage in ["", "x", "1 online", "-1 online 0", "1 high 0", "0 online 0"] {
            fs::write(path(directory.path(), account), garbage).unwrap();
            assert_eq!(read(directory.path(), account), None, "{garbage:?}");
        }
    }

    #[test]
    fn notes_keep_the_last_word_and_leave_nothing_behind() {
        let directory = tempfile::tempdir().unwrap();
        let account = AccountId::new(1);
        let notes = Notes::start(directory.path());
        let error = RemoteError::Offline {
            cause: SafeText::default(),
        };
        let retry_seconds = Some(30);
        notes.note(account, &Connection::Online);
        notes.note(
            account,
            &Connection::Offline {
                error,
                retry_seconds,
            },
        );
        let is_told = || {
            read(directory.path(), account)
                .is_some_and(|state| state.link == Link::Offline && state.next_attempt.is_some())
        };
        while !is_told() {
            std::thread::yield_now();
        }
        drop(notes);
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 0);
    }
}
