//! What an examination looks at and finds, for servers of either protocol: the checks, the steps of the connection, and the
//! check that failed.

use std::time::Instant;

use crate::channel::error::RemoteError;
use crate::engine::checkup::clock::{self, Beside};
use crate::engine::checkup::mends::mend;
use crate::mail::account::{AccountSettings, Endpoint, Protocol, Security};
use crate::mail::safe_text::SafeText;
use crate::remote::connect::Step;
use crate::remote::strategy::Choice;

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
    /// Those of a mail server, in order.
    pub const IMAP: [Self; 9] = [
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

    /// Those of a submission server, in order.
    pub const SMTP: [Self; 7] = [
        Self::Name,
        Self::Connection,
        Self::Tls,
        Self::Greeting,
        Self::Login,
        Self::Capabilities,
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
    /// What to do; `None` where nothing has to be done. Whatever failed has one.
    pub mend: Option<SafeText>,
}

/// What an examination found.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Checkup {
    /// One for each check, in order.
    pub findings: Vec<Finding>,
    /// What the server offers after login, a submission server in its answer to EHLO, less what is switched off; sorted.
    pub capabilities: Vec<String>,
    /// The ways that are taken with it, the login's first; empty without a login, and for a submission server.
    pub choices: Vec<Choice>,
    /// Of the first check that failed; `None` when none did.
    pub failure: Option<RemoteError>,
    /// How this machine's clock stands to the greeting's; `None` where that told no time.
    pub(super) greeted: Option<Beside>,
}

/// The server that is examined.
pub(super) struct Way<'a> {
    pub(super) settings: &'a AccountSettings,
    pub(super) protocol: Protocol,
    pub(super) endpoint: &'a Endpoint,
}

impl Way<'_> {
    const fn checks(&self) -> &'static [Check] {
        match self.protocol {
            Protocol::Imap => &Check::IMAP,
            Protocol::Smtp => &Check::SMTP,
        }
    }
}

impl Checkup {
    pub(in crate::engine) fn add(
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

    pub(in crate::engine) fn fine(&mut self, check: Check, detail: &str) {
        self.add(check, Outcome::Fine, detail, None);
    }

    /// The examination as far as `open` comes, which tells each step of its way, and what it opened.
    pub(super) fn of_way<T>(
        way: &Way<'_>,
        open: impl FnOnce(&mut dyn FnMut(Step)) -> Result<T, RemoteError>,
    ) -> (Self, Result<T, RemoteError>) {
        let mut checkup = Self::default();
        let mut at = Instant::now();
        let opened = open(&mut |step| {
            checkup.step(way, &step, at);
            at = Instant::now();
        });
        (checkup, opened)
    }

    /// Notes a step of the connection, which took the time since `at`.
    fn step(&mut self, way: &Way<'_>, step: &Step, at: Instant) {
        let ms = at.elapsed().as_millis();
        match step {
            Step::Resolved(addresses) => {
                let all: Vec<String> = addresses.iter().map(ToString::to_string).collect();
                let (host, all) = (&way.endpoint.host, all.join(", "));
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
                if way.endpoint.security == Security::Plain {
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
            Step::Greeted(words) => {
                self.greeted = clock::greeted(words.as_str(), clock::now());
                let what = match way.protocol {
                    Protocol::Imap => "an IMAP server",
                    Protocol::Smtp => "a submission server",
                };
                self.fine(Check::Greeting, &format!("{what} ({ms} ms)"));
            }
            Step::LoggedIn(choice) => {
                let (user, by) = (&way.settings.user, choice.way);
                let why = match way.protocol {
                    Protocol::Smtp if !choice.why.is_empty() => format!(" ({})", choice.why),
                    _ => String::new(),
                };
                let detail = format!("{user} is let in by {by}{why} ({ms} ms)");
                self.fine(Check::Login, &detail);
                if way.protocol == Protocol::Imap {
                    self.choices.push((**choice).clone());
                }
            }
        }
        self.findings.sort_by_key(|finding| finding.check); // STARTTLS greets before TLS.
    }

    /// The first check without a finding failed; those behind it were not made.
    pub(super) fn fail(&mut self, way: &Way<'_>, error: RemoteError) {
        let mut rest = way.checks().iter().copied().filter(|check| {
            let is_done = |finding: &Finding| finding.check == *check;
            !self.findings.iter().any(is_done)
        });
        let last = way.checks().last().copied().unwrap_or(Check::Clock);
        let failed = rest.next().unwrap_or(last);
        let rest: Vec<Check> = rest.collect();
        self.add(
            failed,
            Outcome::Failed,
            &error.to_string(),
            Some(mend(failed, way, &error)),
        );
        for check in rest {
            self.add(check, Outcome::Skipped, "not tried", None);
        }
        self.findings.sort_by_key(|finding| finding.check);
        self.failure.get_or_insert(error);
    }
}
