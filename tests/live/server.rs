//! The servers: the one that `tests/run` started, or one of the test's own that it may stop.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU32, Ordering};

/// Reads a variable of `tests/run`.
pub fn live(name: &str) -> String {
    let name = format!("STERNA_LIVE_{name}");
    std::env::var(&name)
        .unwrap_or_else(|_| panic!("{name} is not set: the live tests are started by tests/run"))
}

/// A running Dovecot. One of our own is stopped on drop.
pub struct Server {
    pub host: String,
    /// TLS from the first byte.
    pub port: u16,
    /// For the counting proxy.
    pub plain_port: u16,
    pub ca: PathBuf,
    directory: PathBuf,
    is_own: bool,
}

/// Somebody with a mailbox.
#[derive(Clone)]
pub struct User {
    pub name: String,
    pub password: String,
}

impl Server {
    /// The server that all tests share, each with a user of its own.
    pub fn shared() -> Self {
        Self {
            host: live("HOST"),
            port: live("PORT").parse().unwrap(),
            plain_port: live("PLAIN_PORT").parse().unwrap(),
            ca: PathBuf::from(live("CA")),
            directory: PathBuf::from(live("DIRECTORY")),
            is_own: false,
        }
    }

    /// A server of the test's own, which it may stop.
    pub fn own() -> Self {
        static N_OWN: AtomicU32 = AtomicU32::new(0);
        let shared = PathBuf::from(live("DIRECTORY"));
        let directory = loop {
            let n = N_OWN.fetch_add(1, Ordering::Relaxed);
            let directory = shared.join(format!("own-{n}"));
            if !directory.exists() {
                break directory;
            }
        };
        control("start", &directory);
        let env = std::fs::read_to_string(directory.join("env")).unwrap();
        let value = |name: &str| {
            let prefix = format!("export STERNA_LIVE_{name}=");
            let found = env.lines().find_map(|line| line.strip_prefix(&prefix));
            found.unwrap().trim_matches('\'').to_owned()
        };
        Self {
            host: value("HOST"),
            port: value("PORT").parse().unwrap(),
            plain_port: value("PLAIN_PORT").parse().unwrap(),
            ca: PathBuf::from(value("CA")),
            directory,
            is_own: true,
        }
    }

    /// Starts it again, on the same ports.
    pub fn start(&self) {
        assert!(self.is_own, "others need the common server");
        control("start", &self.directory);
    }

    /// Stops it; the mail stays.
    pub fn stop(&self) {
        assert!(self.is_own, "others need the common server");
        control("stop", &self.directory);
    }

    /// What it has logged so far.
    pub fn log(&self) -> String {
        std::fs::read_to_string(self.directory.join("dovecot.log")).unwrap()
    }

    /// A user whom nobody else has, with an empty mailbox.
    pub fn fresh_user(&self) -> User {
        static TAKEN: Mutex<Vec<PathBuf>> = Mutex::new(Vec::new());
        let mut taken = TAKEN.lock().unwrap();
        let name = (1..=99)
            .map(|n| format!("fresh{n}"))
            .find(|name| {
                let home = self.home_of(name);
                !home.exists() && !taken.contains(&home)
            })
            .unwrap();
        taken.push(self.home_of(&name));
        User {
            name,
            password: "secret".to_owned(),
        }
    }

    fn home_of(&self, name: &str) -> PathBuf {
        self.directory.join("mail").join(name)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if self.is_own {
            control("stop", &self.directory);
        }
    }
}

fn control(verb: &str, directory: &Path) {
    let done = Command::new(live("CONTROL"))
        .arg(verb)
        .arg(directory)
        .stdin(Stdio::null())
        .status();
    assert!(done.unwrap().success(), "{verb} {}", directory.display());
}
