//! The examination of an account's mail server, behind `doctor`: one connection of its own, and for a moment a second one
//! to see whether there is room for it, step by step, every step told with what was seen. It changes nothing on the server and nothing in the store.

pub mod checkup_submission;
mod clock;
pub mod findings;
mod folders;
pub mod mends;

use std::path::Path;

use crate::channel::error::RemoteError;
use crate::engine::checkup::clock::Arrival;
use crate::engine::checkup::findings::{Check, Checkup, Outcome, Way};
use crate::engine::{lock, opening};
use crate::mail::account::{AccountId, AccountSettings, Protocol};
use crate::mail::mailbox::MailboxName;
use crate::mail::secret::Secret;
use crate::remote::command::Command;
use crate::remote::command::{fetch, select};
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
        checkup.inside(&way, &mut session)
    });
    if let Err(error) = inside {
        checkup.fail(&way, error);
    }
    checkup
}

impl Checkup {
    /// What a logged-in connection shows.
    fn inside(&mut self, way: &Way<'_>, session: &mut Session) -> Result<(), RemoteError> {
        self.offers(session.capabilities());
        let folders = self.folders(way, session);
        self.ways(session.capabilities()); // What was seen to do no good is not taken.
        folders?;
        self.room(session)?;
        let arrivals = match newest_arrivals(session) {
            Err(RemoteError::Refused { text, .. }) => Err(text),
            arrivals => Ok(arrivals?),
        };
        let asked = clock::asked(session, arrivals.as_deref().unwrap_or_default())?;
        self.clock(asked, arrivals);
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
                format!("a second one was refused: {error}; other programs may have the rest"),
            ),
        };
        self.choices.push(Choice {
            need: "connections at once",
            way,
            effect,
            why,
        });
    }

    /// The ways that are taken with what the server offers and keeps.
    fn ways(&mut self, capabilities: &Capabilities) {
        self.choices.extend(strategy::choices(capabilities));
        self.choices.extend(limits::limits(capabilities));
    }

    fn offers(&mut self, capabilities: &Capabilities) {
        self.capabilities = capabilities.names();
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
