//! The examination of an account's submission server: the way to it, the login, and what it offers. No mail is sent.

use std::fmt::Write as _;
use std::path::Path;

use crate::channel::error::RemoteError;
use crate::engine::checkup::findings::{Check, Checkup, Outcome, Way};
use crate::engine::opening;
use crate::mail::account::{AccountSettings, Endpoint, Protocol};
use crate::mail::secret::Secret;
use crate::remote::submission::mail::Deadlines;
use crate::remote::submission::offers::Offers;

/// Examines the way to an account's submission server. Blocks, with the deadlines of the connection.
#[must_use]
pub fn run(
    settings: &AccountSettings,
    smtp: &Endpoint,
    data: &Path,
    secret: Result<Secret, RemoteError>,
) -> Checkup {
    let way = Way {
        settings,
        protocol: Protocol::Smtp,
        endpoint: smtp,
    };
    let deadlines = Deadlines::hasty();
    let (mut checkup, opened) = Checkup::of_way(&way, |tell| match secret {
        Ok(secret) => opening::submission(settings, smtp, data, &secret, deadlines, tell),
        Err(error) => {
            let knocked = opening::knock_submission(settings, smtp, data, deadlines, tell);
            Err(knocked.err().unwrap_or(error))
        }
    });
    match opened {
        Ok(submission) => {
            checkup.submission_offers(submission.offers());
            checkup.submission_clock();
            submission.quit();
        }
        Err(error) => checkup.fail(&way, error),
    }
    checkup
}

impl Checkup {
    fn submission_offers(&mut self, offers: &Offers) {
        if !offers.has_login() {
            let detail = "the server offers no login, so none was tried";
            self.add(Check::Login, Outcome::Skipped, detail, None);
        }
        offers.names().clone_into(&mut self.capabilities);
        let room = match offers.size_bytes() {
            Some(limit) if limit > 0 => format!("mail up to {} MB", limit / 1_000_000),
            _ => "mail of any size, as far as it tells".to_owned(),
        };
        let n = self.capabilities.len();
        let (mut detail, mut outcome) = (format!("{n}; it takes {room}"), Outcome::Fine);
        for (name, what) in [
            ("8BITMIME", "mail with bytes beyond ASCII"),
            ("SMTPUTF8", "addresses with letters beyond ASCII"),
        ] {
            if !offers.has(name) {
                let _ = write!(detail, ", but no {what} ({name})");
            }
        }
        if !offers.has("8BITMIME") {
            outcome = Outcome::Doubtful;
        }
        self.add(Check::Capabilities, outcome, &detail, None);
    }
}
