//! A fresh user on a server, whatever server it is: a rival client in it, and a home directory for Sterna.

use std::collections::BTreeMap;
use std::time::Duration;

use sterna::channel::rows::{Anchor, WindowQuery};
use sterna::engine::lane::pace::Pace;
use sterna::mail::account::{AccountSettings, SecretSource};
use sterna::mail::mailbox::MailboxName;
use sterna::mail::secret::Secret;

use crate::place::{self, Desk};
use crate::plain_rival::{Rival, There, Truth};

/// A user, and what keeps the server alive.
pub struct Site<Keep> {
    pub rival: Rival,
    pub port: u16,
    home: tempfile::TempDir,
    settings: AccountSettings,
    _keep: Keep,
}

impl<Keep> Site<Keep> {
    /// On the plain port of this machine's server.
    pub fn new(port: u16, user: &str, password: &str, keep: Keep) -> Self {
        let mut settings = place::settings(port);
        user.clone_into(&mut settings.user);
        settings.secret = SecretSource::Known(Secret::new(password.to_owned()));
        Self {
            rival: Rival::new(port, user, password),
            port,
            home: place::directory(),
            settings,
            _keep: keep,
        }
    }

    /// Opens Sterna's store, as a process that starts.
    pub fn open(&self) -> Desk {
        self.open_through(self.port)
    }

    /// The same, with the server reached at another port.
    pub fn open_through(&self, port: u16) -> Desk {
        let mut settings = self.settings.clone();
        settings.imap.port = port;
        let pace = Pace {
            noop_every: Duration::from_millis(50),
            first_retry: Duration::from_millis(20),
            connections_in_a_row: 1, // A session that is cut is to end there.
            ..Pace::default()
        };
        place::desk_at(self.home.path(), &settings, pace)
    }

    /// Appends a small message to a mailbox; `number` makes it different from all others.
    pub fn deliver(&mut self, mailbox: &str, number: u32, flags: &str) {
        let (hours, minutes) = (number / 60, number % 60);
        let (day, hour) = (1 + hours / 24, hours % 24);
        let date = format!("{day:02}-Jan-2026 {hour:02}:{minutes:02}:00 +0000");
        self.rival
            .append(mailbox, flags, &date, &place::message(number));
    }

    /// Fails unless folders and all that is in them are the same here and there.
    #[track_caller]
    pub fn assert_same(&mut self, desk: &mut Desk, what: &str) {
        if let Some(difference) = self.difference(desk) {
            panic!("{what}: {difference}");
        }
    }

    /// The first difference between Sterna's store and the server, in words.
    pub fn difference(&mut self, desk: &mut Desk) -> Option<String> {
        let infos = desk.reader.mailboxes(desk.account).unwrap();
        let raw = |name: &MailboxName| String::from_utf8_lossy(name.raw()).into_owned();
        let here: Vec<String> = infos
            .iter()
            .filter(|info| info.selectable)
            .map(|info| raw(&info.name))
            .collect();
        let there = self.rival.mailboxes();
        let mut sorted = here.clone();
        sorted.sort();
        if !sorted.iter().eq(&there) {
            return Some(format!("folders {sorted:?}, there {there:?}"));
        }
        here.iter().find_map(|name| {
            let (here, there) = (self::here(desk, name), self.rival.truth(name));
            (here != there).then(|| format!("{name}: {}", first_difference(&here, &there)))
        })
    }

    /// Waits until one folder is the same here and there.
    pub fn until_same(&mut self, desk: &mut Desk, mailbox: &str, what: &str) {
        let there = self.rival.truth(mailbox);
        desk.until(what, |desk| here(desk, mailbox) == there);
    }
}

/// A folder as a reader of Sterna's store sees it; empty where it does not exist.
pub fn here(desk: &mut Desk, mailbox: &str) -> Truth {
    let name = MailboxName::from_raw(mailbox.as_bytes());
    let mailboxes = desk.reader.mailboxes(desk.account).unwrap();
    let Some(info) = mailboxes.iter().find(|info| info.name == name) else {
        return Truth::new();
    };
    let query = WindowQuery {
        mailbox: info.id,
        limit: String::new(),
        anchor: Anchor::Newest,
        n_rows: 2_000,
        serial: 0,
    };
    let window = desk.reader.window(&query).unwrap();
    let rows = window.rows.iter().map(|row| {
        let there = There {
            flags: row.flags.names().map(str::to_lowercase).collect(),
            subject: row.subject.as_str().to_owned(),
            size_bytes: row.size_bytes,
        };
        (row.key.uid, there)
    });
    rows.collect::<BTreeMap<_, _>>()
}

fn first_difference(here: &Truth, there: &Truth) -> String {
    let mut uids = here.keys().chain(there.keys());
    let uid = uids.find(|uid| here.get(uid) != there.get(uid)).unwrap();
    format!(
        "UID {uid}: here {:?}, there {:?} ({} here, {} there)",
        here.get(uid),
        there.get(uid),
        here.len(),
        there.len()
    )
}
