//! Which message is where, with which flags: as the user sees it, as the server has it, as it must come out.
//!
//! A message is known by the number in its subject, which no other has; a copy has the same number.

use std::collections::{BTreeMap, BTreeSet};

use sterna::channel::operation::Target;
use sterna::channel::rows::{Anchor, MessageRow, WindowQuery};
use sterna::demo::server::Server;

use crate::place::Desk;

pub const MAILBOXES: [&str; 4] = ["INBOX", "Archive", "Trash", "Work"];

/// Names of flags and keywords.
pub type Names = BTreeSet<String>;

/// By number and mailbox the flags. Two copies of a message in one mailbox are told by `twice`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct View {
    pub at: BTreeMap<u32, BTreeMap<String, Names>>,
    /// Numbers that a mailbox holds more than once.
    pub twice: BTreeSet<(u32, String)>,
}

impl View {
    pub fn put(&mut self, number: u32, mailbox: &str, names: Names) {
        let places = self.at.entry(number).or_default();
        if places.insert(mailbox.to_owned(), names).is_some() {
            self.twice.insert((number, mailbox.to_owned()));
        }
    }

    pub fn take(&mut self, number: u32, mailbox: &str) -> Names {
        let places = self.at.get_mut(&number).unwrap();
        let names = places.remove(mailbox).unwrap();
        if places.is_empty() {
            self.at.remove(&number);
        }
        names
    }

    /// Where a message is, in place of what was known of it; nowhere for `None`.
    pub fn set(&mut self, number: u32, places: Option<BTreeMap<String, Names>>) {
        self.at.remove(&number);
        self.at.extend(places.map(|places| (number, places)));
    }

    pub fn holds(&self, number: u32, mailbox: &str) -> bool {
        let places = self.at.get(&number);
        places.is_some_and(|places| places.contains_key(mailbox))
    }

    /// The same without some numbers.
    pub fn without(&self, numbers: &BTreeSet<u32>) -> Self {
        let mut view = self.clone();
        view.at.retain(|number, _| !numbers.contains(number));
        view.twice.retain(|(number, _)| !numbers.contains(number));
        view
    }

    /// What differs from another view, for the message of a failed test.
    pub fn difference(&self, other: &Self) -> String {
        let numbers: BTreeSet<u32> = self.at.keys().chain(other.at.keys()).copied().collect();
        let differing = numbers
            .into_iter()
            .filter(|number| self.at.get(number) != other.at.get(number));
        let lines: Vec<String> = differing
            .map(|number| {
                let sides = (self.at.get(&number), other.at.get(&number));
                format!("n{number}: {:?} and {:?}", sides.0, sides.1)
            })
            .collect();
        format!(
            "{}\ntwice: {:?} and {:?}",
            lines.join("\n"),
            self.twice,
            other.twice
        )
    }
}

fn number_of(subject: &str) -> u32 {
    subject.trim_start_matches('n').parse().unwrap()
}

/// What the server has.
pub fn there(server: &Server) -> View {
    let mut view = View::default();
    for mailbox in MAILBOXES {
        for message in server.truth(mailbox) {
            let raw = server.raw(mailbox, message.uid).unwrap();
            let text = String::from_utf8_lossy(&raw).into_owned();
            let subject = text
                .lines()
                .find_map(|line| line.strip_prefix("Subject: "))
                .unwrap();
            let names = message.flags.names().map(str::to_owned).collect();
            view.put(number_of(subject), mailbox, names);
        }
    }
    view
}

/// The rows of a mailbox as the user sees them; none where the cache does not know it.
pub fn rows(desk: &mut Desk, mailbox: &str) -> Vec<MessageRow> {
    let mailboxes = desk.reader.mailboxes(desk.account).unwrap();
    let known = mailboxes
        .iter()
        .find(|info| info.name.raw() == mailbox.as_bytes());
    let Some(mailbox) = known.map(|info| info.id) else {
        return Vec::new();
    };
    let query = WindowQuery {
        mailbox,
        limit: String::new(),
        anchor: Anchor::Newest,
        n_rows: 2_000,
        serial: 0,
    };
    desk.reader.window(&query).unwrap().rows
}

/// What the user sees.
pub fn here(desk: &mut Desk) -> View {
    let mut view = View::default();
    for mailbox in MAILBOXES {
        for row in rows(desk, mailbox) {
            let names = row.flags.names().map(str::to_owned).collect();
            view.put(number_of(row.subject.as_str()), mailbox, names);
        }
    }
    view
}

/// What the user may act on: number and target.
pub fn targets(desk: &mut Desk, mailbox: &str) -> Vec<(u32, Target)> {
    let rows = rows(desk, mailbox);
    rows.iter()
        .map(|row| {
            let target = Target {
                message: row.key.message,
                mailbox: row.mailbox,
            };
            (number_of(row.subject.as_str()), target)
        })
        .collect()
}
