//! The examination of an account's mail server, behind `doctor`: one connection of its own, and for a moment a second one
//! to see whether there is room for it, step by step, every step told with what was seen. It changes nothing on the server and nothing in the store.

pub mod checkup_submission;
mod clock;
pub mod findings;
pub mod mends;

use std::path::Path;

use crate::channel::error::RemoteError;
use crate::engine::checkup::clock::Arrival;
use crate::engine::checkup::findings::{Check, Checkup, Outcome, Way};
use crate::engine::link::listing::{Listing, listed};
use crate::engine::link::namespaces::Spaces;
use crate::engine::{lock, opening};
use crate::mail::account::{AccountId, AccountSettings, Protocol};
use crate::mail::mailbox::{MailboxName, Role};
use crate::mail::secret::Secret;
use crate::remote::command::Command;
use crate::remote::command::{fetch, list, select};
use crate::remote::response::{Received, Status, Untagged};
use crate::remote::session::Session;
use crate::remote::strategy::capability::Capabilities;
use crate::remote::strategy::{self, Choice, limits};

/// Newest messages that are looked at: a message that was moved in need not be the last that arrived.
const NEWEST: u32 = 20;

/// Examines the way to an account's IMAP server, and what is found there. Blocks, with the deadlines of the connection.
#[must_use]
pub fn run(
    account: AccountId,
    settings: &AccountSettings,
    data: &Path,
    secret: Result<&Secret, &RemoteError>,
) -> Checkup {
    let way = Way {
        settings,
        protocol: Protocol::Imap,
        endpoint: &settings.imap,
    };
    let (mut checkup, opened) = Checkup::of_way(&way, |tell| match secret {
        Ok(secret) => opening::open(settings, data, None, secret, &[], tell),
        Err(error) => {
            let knocked = opening::knock(settings, data, tell).err();
            Err(knocked.unwrap_or_else(|| error.clone()))
        }
    });
    let inside = opened.and_then(|mut session| {
        session.know(&[])?;
        if let Ok(secret) = secret {
            let second = || opening::open(settings, data, None, secret, &[], &mut |_| {});
            // Whoever else holds the account has a connection beside this one already.
            let free = lock::try_take(data, account).ok().flatten();
            let second = free.map(|_lock| second().map(Session::logout));
            checkup.connections(second);
        }
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
        let arrivals = newest_arrivals(session)?;
        let asked = clock::asked(session, &arrivals)?;
        self.clock(asked, &arrivals);
        Ok(())
    }

    /// How many connections the server has room for: what came of a second one beside the first; `None` where another
    /// Sterna has it.
    fn connections(&mut self, second: Option<Result<(), RemoteError>>) {
        let two = "one for what you look at and do, one for all else; never a third";
        let (way, effect, why) = match second {
            Some(Ok(())) => ("two", two.to_owned(), String::new()),
            None => (
                "two",
                format!("{two}; another Sterna has one now"),
                String::new(),
            ),
            Some(Err(error)) => (
                "one",
                "it does all the work, what you wait for first".to_owned(),
                format!("a second one was refused: {error}"),
            ),
        };
        self.choices.push(Choice {
            need: "connections at once",
            way,
            effect,
            why,
        });
    }

    fn offers(&mut self, capabilities: &Capabilities) {
        self.capabilities = capabilities.names();
        self.choices.extend(strategy::choices(capabilities));
        self.choices.extend(limits::limits(capabilities));
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

/// When the newest messages of the INBOX arrived, which is selected then.
fn newest_arrivals(session: &mut Session) -> Result<Vec<Arrival>, RemoteError> {
    let inbox = MailboxName::from_raw(b"INBOX");
    let Ok(examine) = select::examine(&inbox) else {
        return Ok(Vec::new());
    };
    let answers = ask(session, examine)?;
    let exists = answers.iter().rev().find_map(|untagged| match untagged {
        Untagged::Exists(n) => Some(*n),
        _ => None,
    });
    let Some(last) = exists.filter(|n| *n > 0) else {
        return Ok(Vec::new());
    };
    let first = last.saturating_sub(NEWEST - 1).max(1);
    let answers = ask(session, fetch::arrivals(first, last))?;
    let arrivals = answers.iter().filter_map(|untagged| match untagged {
        Untagged::Fetch(fetch) => Some((fetch.seq, fetch.internal_date?)),
        _ => None,
    });
    Ok(arrivals.collect())
}
