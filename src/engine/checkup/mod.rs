//! The examination of an account's mail server, behind `doctor`: one connection of its own, step by step, every step told
//! with what was seen. It changes nothing on the server and nothing in the store.

pub mod checkup_submission;
pub mod findings;
pub mod mends;

use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

use crate::channel::error::RemoteError;
use crate::engine::checkup::findings::{Check, Checkup, Outcome, Way};
use crate::engine::link::listing::{Listing, listed};
use crate::engine::link::namespaces::Spaces;
use crate::engine::opening;
use crate::mail::account::{AccountSettings, Protocol};
use crate::mail::mailbox::{MailboxName, Role};
use crate::mail::secret::Secret;
use crate::remote::command::Command;
use crate::remote::command::{fetch, list, select};
use crate::remote::response::{Received, Status, Untagged};
use crate::remote::session::Session;
use crate::remote::strategy;
use crate::remote::strategy::capability::Capabilities;

/// Newest messages that are looked at: a message that was moved in need not be the last that arrived.
const NEWEST: u32 = 20;
/// A message from further ahead than this says that a clock is wrong, in seconds.
const SKEW: i64 = 120;

/// Examines the way to an account's IMAP server, and what is found there. Blocks, with the deadlines of the connection.
#[must_use]
pub fn run(
    settings: &AccountSettings,
    data: &Path,
    secret: Result<Secret, RemoteError>,
) -> Checkup {
    let way = Way {
        settings,
        protocol: Protocol::Imap,
        endpoint: &settings.imap,
    };
    let (mut checkup, opened) = Checkup::of_way(&way, |tell| match secret {
        Ok(secret) => opening::open(settings, data, None, &secret, &[], tell),
        Err(error) => Err(opening::knock(settings, data, tell).err().unwrap_or(error)),
    });
    let inside = opened.and_then(|mut session| {
        session.know(&[])?;
        checkup.inside(settings, &mut session)
    });
    if let Err(error) = inside {
        checkup.fail(&way, error);
    }
    checkup
}

impl Checkup {
    /// What a logged-in connection shows.
    fn inside(
        &mut self,
        settings: &AccountSettings,
        session: &mut Session,
    ) -> Result<(), RemoteError> {
        self.offers(session.capabilities());
        let spaces = spaces(session)?;
        let folders = ask(session, list::names(session.capabilities()))?;
        self.roles(settings, &spaces, folders);
        self.room(session)?;
        let newest = newest_arrival(session)?;
        let now = SystemTime::now().duration_since(UNIX_EPOCH);
        let now = now.map_or(0, |now| i64::try_from(now.as_secs()).unwrap_or(i64::MAX));
        self.clock(newest, now);
        Ok(())
    }

    fn offers(&mut self, capabilities: &Capabilities) {
        self.capabilities = capabilities.names();
        self.choices = strategy::choices(capabilities);
        let n = self.capabilities.len();
        if capabilities.has_mod_sequences() {
            self.fine(
                Check::Capabilities,
                &format!("{n}, enough to keep up quickly"),
            );
        } else {
            let detail =
                format!("{n}, without CONDSTORE: flags changed elsewhere are read one by one");
            self.add(Check::Capabilities, Outcome::Doubtful, &detail, None);
        }
    }

    fn roles(&mut self, settings: &AccountSettings, spaces: &Spaces, answer: Vec<Untagged>) {
        let entries = answer.into_iter().filter_map(|untagged| match untagged {
            Untagged::List(entry) => Some(entry),
            _ => None,
        });
        let listing = Listing {
            entries: entries.collect(),
            ..Listing::default()
        };
        let folders = listed(&listing, spaces, &settings.folders);
        let wanted = [
            Role::Sent,
            Role::Drafts,
            Role::Trash,
            Role::Archive,
            Role::Junk,
        ];
        let (mut found, mut missing) = (vec![format!("{} folders", folders.len())], Vec::new());
        for role in wanted {
            match folders.iter().find(|folder| folder.role == Some(role)) {
                Some(folder) => found.push(format!("{}: {}", role.name(), folder.name.display())),
                None => missing.push(role.name()),
            }
        }
        let mut detail = found.join(", ");
        let Some(first) = missing.first() else {
            return self.fine(Check::Folders, &detail);
        };
        detail.push_str("; none for ");
        detail.push_str(&missing.join(", "));
        let mend = format!(
            "name the folder in the configuration: folders = {{ {first} = \"…\" }}, or create one called {first}"
        );
        self.add(Check::Folders, Outcome::Doubtful, &detail, Some(mend));
    }

    /// IMAP tells no time of its own; but a message cannot have arrived after now.
    fn clock(&mut self, newest: Option<i64>, now: i64) {
        let Some(newest) = newest else {
            let detail = "the INBOX is empty, so there is nothing to compare with";
            return self.add(Check::Clock, Outcome::Skipped, detail, None);
        };
        let ahead = newest.saturating_sub(now);
        if ahead > SKEW {
            let detail = format!(
                "a message arrived {} minutes from now, says the server: this machine's clock is slow, or the server's fast",
                ahead / 60
            );
            let mend =
                "set this machine's clock (timedatectl), or have the server's set".to_owned();
            self.add(Check::Clock, Outcome::Doubtful, &detail, Some(mend));
        } else {
            let detail = "no message of the INBOX is from the future; that is all that IMAP shows of the server's clock \
                          without writing";
            self.fine(Check::Clock, detail);
        }
    }
}

/// Sends a command and gives its untagged answers.
pub(super) fn ask(session: &mut Session, command: Command) -> Result<Vec<Untagged>, RemoteError> {
    let tag = session.send(command);
    let done = session.finish(tag)?;
    let mut answers = Vec::new();
    while let Some(received) = session.next() {
        if let Received::Untagged(untagged) = received {
            answers.push(untagged);
        }
    }
    match done {
        Received::Done {
            status: Status::Ok, ..
        } => Ok(answers),
        Received::Done { text, .. } => Err(RemoteError::Refused {
            action: "answer the examination",
            text,
        }),
        _ => Ok(answers),
    }
}

/// Whose the folders are, as far as the server says so.
fn spaces(session: &mut Session) -> Result<Spaces, RemoteError> {
    let mut spaces = Spaces::default();
    if session.capabilities().has("NAMESPACE") {
        let answer = ask(session, list::namespace())?;
        spaces.told = answer.into_iter().find_map(|untagged| match untagged {
            Untagged::Namespace(told) => Some(told),
            _ => None,
        });
    }
    Ok(spaces)
}

/// When the last of the newest messages of the INBOX arrived, in seconds since 1970; `None` for an empty one.
fn newest_arrival(session: &mut Session) -> Result<Option<i64>, RemoteError> {
    let inbox = MailboxName::from_raw(b"INBOX");
    let Ok(examine) = select::examine(&inbox) else {
        return Ok(None);
    };
    let answers = ask(session, examine)?;
    let exists = answers.iter().rev().find_map(|untagged| match untagged {
        Untagged::Exists(n) => Some(*n),
        _ => None,
    });
    let Some(last) = exists.filter(|n| *n > 0) else {
        return Ok(None);
    };
    let first = last.saturating_sub(NEWEST - 1).max(1);
    let answers = ask(session, fetch::arrivals(first, last))?;
    let dates = answers.iter().filter_map(|untagged| match untagged {
        Untagged::Fetch(fetch) => fetch.internal_date,
        _ => None,
    });
    Ok(dates.max())
}
