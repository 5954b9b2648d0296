//! The examination behind `doctor`: one connection of its own, step by step, every step told with what was seen. It
//! changes nothing on the server and nothing in the store.

use std::path::Path;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use crate::channel::error::RemoteError;
use crate::engine::listing::{Listing, listed};
use crate::engine::mends::mend;
use crate::engine::namespaces::Spaces;
use crate::engine::opening;
use crate::mail::account::{AccountSettings, Security};
use crate::mail::mailbox::{MailboxName, Role};
use crate::mail::safe_text::SafeText;
use crate::mail::secret::Secret;
use crate::remote::capability::Capabilities;
use crate::remote::command::Command;
use crate::remote::connect::Step;
use crate::remote::response::{Received, Status, Untagged};
use crate::remote::session::Session;
use crate::remote::strategy::{self, Choice};
use crate::remote::{fetch, list, select};

/// What is looked at, in this order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Check {
    /// Name resolution.
    Name,
    /// TCP.
    Connection,
    /// The handshake and the certificate.
    Tls,
    /// The server's first line.
    Greeting,
    /// User name and password or token.
    Login,
    /// What the server offers.
    Capabilities,
    /// Which folder is for what.
    Folders,
    /// How much room is left.
    Room,
    /// This machine's clock beside the server's.
    Clock,
}

impl Check {
    /// All of them, in order.
    pub const ALL: [Self; 9] = [
        Self::Name,
        Self::Connection,
        Self::Tls,
        Self::Greeting,
        Self::Login,
        Self::Capabilities,
        Self::Folders,
        Self::Room,
        Self::Clock,
    ];

    /// The stable name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Name => "name",
            Self::Connection => "connection",
            Self::Tls => "tls",
            Self::Greeting => "greeting",
            Self::Login => "login",
            Self::Capabilities => "capabilities",
            Self::Folders => "folders",
            Self::Room => "room",
            Self::Clock => "clock",
        }
    }
}

/// How a check came out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// As it should be.
    Fine,
    /// It works, but not as well as it could.
    Doubtful,
    /// It does not work.
    Failed,
    /// Not looked at: something before it failed, or it does not apply.
    Skipped,
}

/// What one check found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// Which check.
    pub check: Check,
    /// How it came out.
    pub outcome: Outcome,
    /// What was seen.
    pub detail: SafeText,
    /// What to do; `None` where nothing has to be done.
    pub mend: Option<SafeText>,
}

/// What an examination found.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Checkup {
    /// One for each check, in order.
    pub findings: Vec<Finding>,
    /// What the server offers after login, less what is switched off; sorted.
    pub capabilities: Vec<String>,
    /// The ways that are taken with it; empty without a login.
    pub choices: Vec<Choice>,
    /// Why it ended early; `None` when every check could be made.
    pub failure: Option<RemoteError>,
}

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
    let mut checkup = Checkup::default();
    let mut at = Instant::now();
    let mut tell = |step| {
        checkup.step(settings, &step, at);
        at = Instant::now();
    };
    let secret = match secret {
        Ok(secret) => secret,
        Err(error) => {
            let failure = opening::knock(settings, data, &mut tell)
                .err()
                .unwrap_or(error);
            checkup.fail(settings, failure);
            return checkup;
        }
    };
    let opened = opening::open(settings, data, None, &secret, &[], &mut tell);
    let inside = opened.and_then(|mut session| {
        session.know(&[])?;
        checkup.inside(settings, &mut session)
    });
    match inside {
        Ok(()) => {}
        Err(error) => checkup.fail(settings, error),
    }
    checkup
}

impl Checkup {
    pub(super) fn add(
        &mut self,
        check: Check,
        outcome: Outcome,
        detail: &str,
        mend: Option<String>,
    ) {
        self.findings.push(Finding {
            check,
            outcome,
            detail: SafeText::line(detail),
            mend: mend.map(|mend| SafeText::line(&mend)),
        });
    }

    pub(super) fn fine(&mut self, check: Check, detail: &str) {
        self.add(check, Outcome::Fine, detail, None);
    }

    /// Notes a step of the connection, which took the time since `at`.
    fn step(&mut self, settings: &AccountSettings, step: &Step, at: Instant) {
        let ms = at.elapsed().as_millis();
        match step {
            Step::Resolved(addresses) => {
                let all: Vec<String> = addresses.iter().map(ToString::to_string).collect();
                let (host, all) = (&settings.imap.host, all.join(", "));
                self.fine(
                    Check::Name,
                    &if *host == all {
                        format!("{host} is an address")
                    } else {
                        format!("{host} is {all} ({ms} ms)")
                    },
                );
            }
            Step::Connected(address) => {
                self.fine(Check::Connection, &format!("{address} answered ({ms} ms)"));
                if settings.imap.security == Security::Plain {
                    let detail = "not used: security = \"plain\", on this machine only";
                    self.add(Check::Tls, Outcome::Skipped, detail, None);
                }
            }
            Step::Secured(certificate) => {
                let shown = certificate.as_ref().map_or_else(String::new, |shown| {
                    let (issuer, from, until) = (&shown.issuer, &shown.from, &shown.until);
                    format!(
                        ": issued by {issuer}, valid from {from} to {until}, SHA-256 {}",
                        shown.sha256
                    )
                });
                let good = "1.2 or newer, and the certificate is good";
                self.fine(Check::Tls, &format!("{good}{shown} ({ms} ms)"));
            }
            Step::Greeted => self.fine(Check::Greeting, &format!("an IMAP server ({ms} ms)")),
            Step::LoggedIn => {
                let detail = format!("{} is let in ({ms} ms)", settings.user);
                self.fine(Check::Login, &detail);
            }
        }
        self.findings.sort_by_key(|finding| finding.check); // STARTTLS greets before TLS.
    }

    /// The first check without a finding failed; those behind it were not made.
    fn fail(&mut self, settings: &AccountSettings, error: RemoteError) {
        let mut rest = Check::ALL.into_iter().filter(|check| {
            let is_done = |finding: &Finding| finding.check == *check;
            !self.findings.iter().any(is_done)
        });
        let failed = rest.next().unwrap_or(Check::Clock);
        let rest: Vec<Check> = rest.collect();
        self.add(
            failed,
            Outcome::Failed,
            &error.to_string(),
            mend(failed, settings),
        );
        for check in rest {
            self.add(check, Outcome::Skipped, "not tried", None);
        }
        self.findings.sort_by_key(|finding| finding.check);
        self.failure = Some(error);
    }

    /// What a logged-in connection shows.
    fn inside(
        &mut self,
        settings: &AccountSettings,
        session: &mut Session,
    ) -> Result<(), RemoteError> {
        self.offers(session.capabilities());
        let folders = ask(session, list::names(session.capabilities()))?;
        self.roles(settings, folders);
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

    fn roles(&mut self, settings: &AccountSettings, answer: Vec<Untagged>) {
        let entries = answer.into_iter().filter_map(|untagged| match untagged {
            Untagged::List(entry) => Some(entry),
            _ => None,
        });
        let listing = Listing {
            entries: entries.collect(),
            ..Listing::default()
        };
        let folders = listed(&listing, &Spaces::default(), &settings.folders);
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
