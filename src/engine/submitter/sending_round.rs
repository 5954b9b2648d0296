//! What is done for an account's mail at one go: what is due is sent, and then it is seen whether something is to be filed.

use std::time::{Duration, Instant};

use crate::channel::error::{Recovery, RemoteError, StoreError};
use crate::channel::event::Event;
use crate::engine::Setup;
use crate::engine::lane::backoff::Backoff;
use crate::engine::submitter::sent_copy::now;
use crate::engine::submitter::submit::{Owed, Submitting};
use crate::engine::submitter::{draft_copy, seek, sent_copy};
use crate::mail::account::AccountId;
use crate::mail::safe_text::SafeText;
use crate::mail::secret::Secret;
use crate::store::outgoing::outbox_waits::Waits;
use crate::store::reader::Reader;

/// A moment further ahead is looked at again after so long: clocks are set, machines sleep.
const LOOK: Duration = Duration::from_mins(1);
/// After a failure of the disk or of ours, and where nothing could be done about what is due.
pub(super) const PAUSE: Duration = Duration::from_secs(5);
/// Where only the user can mend it, and nobody waits.
const UNMENDED: Duration = Duration::from_mins(5);

/// What opens the account's servers.
pub(super) struct Key {
    /// For the mail server.
    pub(super) account: Secret,
    /// For the submission server, or why there is none to be offered.
    pub(super) submission: Result<Secret, SafeText>,
}

/// What may still be begun.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Leave {
    /// Everything.
    All,
    /// The program ends: the copy of what was sent, no further mail.
    Copies,
    /// The user wants no network.
    Nothing,
}

/// How a round went.
#[derive(Default)]
pub(super) struct Done {
    /// When to look again; `None` where nothing is to come, or only the end of what is filed.
    pub(super) next: Option<Instant>,
    /// The mail server is to be asked now: for a copy to be filed, a mail to be looked for.
    pub(super) is_to_file: bool,
    /// The submission server let us in.
    pub(super) is_let_in: bool,
    /// It refused what it was offered.
    pub(super) refused: Option<RemoteError>,
}

/// Why no mail can go, whichever it is.
struct Obstacle {
    /// As every waiting mail says it.
    words: SafeText,
    /// When the server is tried again; `None` where it is no moment that is waited for.
    until: Option<Instant>,
    /// The same for the outbox, seconds since the epoch; 0 for `None`.
    not_before: i64,
}

impl Obstacle {
    /// One that is gone after a while.
    fn passing(words: SafeText, pause: Duration) -> Self {
        let seconds = i64::try_from(pause.as_secs()).unwrap_or(0);
        Self {
            words,
            until: Some(Instant::now() + pause),
            not_before: now().saturating_add(seconds),
        }
    }

    /// One that no moment ends, but another secret or another process.
    const fn lasting(words: SafeText) -> Self {
        Self {
            words,
            until: None,
            not_before: 0,
        }
    }

    /// Has the mail say it that could go.
    fn note(&self, setup: &Setup) -> Result<(), StoreError> {
        let (writer, words) = (setup.store.writer(), self.words.clone());
        writer.put_off_mail(setup.account, words, self.not_before)
    }
}

/// What is kept from one look to the next.
pub(super) struct Round<'a> {
    setup: &'a Setup,
    leave: &'a dyn Fn() -> Leave,
    backoff: Backoff,
    obstacle: Option<Obstacle>,
    /// What a server said of a mail, and the disk did not take.
    owed: Option<Owed>,
    /// What the disk said last of the sending, and the user knows.
    told: Option<StoreError>,
    /// And of the filing.
    told_of_filing: Option<StoreError>,
    /// What was due then and could not be filed waits for this moment; `None` where nothing was filed yet.
    rests_until: Option<Instant>,
}

impl<'a> Round<'a> {
    /// Before the first one; `leave` is asked before anything is begun.
    pub(super) fn new(setup: &'a Setup, leave: &'a dyn Fn() -> Leave) -> Self {
        Self {
            setup,
            leave,
            backoff: Backoff::new(setup.pace.first_retry, u64::from(std::process::id())),
            obstacle: None,
            owed: None,
            told: None,
            told_of_filing: None,
            rests_until: None,
        }
    }

    /// Ends waits for another attempt.
    pub(super) fn hurry(&mut self, waits: Waits) {
        let (writer, account) = (self.setup.store.writer(), self.setup.account);
        if let Some(obstacle) = self.obstacle.take() {
            let _ = writer.let_mail_go(account, obstacle.words);
        }
        let _ = writer.hurry_mail(account, waits);
    }

    /// Nothing goes for this reason: what waits says so. Where that cannot be noted, only the words are lost.
    pub(super) fn explain(&mut self, words: SafeText) {
        let _ = self.meet(Obstacle::lasting(words));
    }

    /// A defect of ours ended a round.
    pub(super) fn failed_itself(&mut self, words: SafeText) {
        let _ = self.meet(Obstacle::passing(words, PAUSE));
    }

    fn meet(&mut self, obstacle: Obstacle) -> Result<(), StoreError> {
        self.obstacle.insert(obstacle).note(self.setup)
    }

    /// What was filed beside has ended.
    pub(super) fn filed(&mut self, ended: Result<(), StoreError>) {
        self.rests_until = Some(Instant::now() + PAUSE);
        tell(self.setup, &mut self.told_of_filing, ended.err());
    }

    /// Sends everything that is due. With `is_news` what is to be filed may be other things than before.
    pub(super) fn run(&mut self, key: &Key, is_news: bool) -> Done {
        let mut done = Done::default();
        let tried = self.try_run(key, is_news, &mut done);
        tell(self.setup, &mut self.told, tried.as_ref().err().cloned());
        done.next = tried.unwrap_or_else(|_| Some(Instant::now() + PAUSE));
        done
    }

    fn try_run(
        &mut self,
        key: &Key,
        is_news: bool,
        done: &mut Done,
    ) -> Result<Option<Instant>, StoreError> {
        let account = self.setup.account;
        self.settle()?;
        let mut reader = self.setup.store.reader()?;
        if due(&mut reader, account)?.is_none() {
            return Ok(None);
        }
        match (&key.submission, &self.obstacle) {
            (Err(words), _) => self.meet(Obstacle::lasting(words.clone()))?,
            (Ok(_), Some(obstacle)) if obstacle.until.is_some_and(|at| Instant::now() < at) => {
                obstacle.note(self.setup)?; // For what came since.
            }
            (Ok(secret), _) => self.submit(secret, &mut reader, done)?,
        }
        let is_open = key.submission.is_ok() && done.refused.is_none();
        let mail = if is_open {
            self.next(&mut reader)?
        } else {
            None
        };
        let filing = filing_due(&mut reader, account)?;
        let rests = self.rests_until.is_some_and(|at| Instant::now() < at);
        done.is_to_file =
            (is_news || done.is_let_in || !rests) && filing.is_some_and(|at| at <= now());
        let filing = filing.filter(|_| !done.is_to_file).map(moment);
        Ok(mail.into_iter().chain(filing).min())
    }

    /// When to look for mail again. A submission server that cannot be reached holds up the mail alone.
    fn next(&self, reader: &mut Reader) -> Result<Option<Instant>, StoreError> {
        let Some(due) = reader.mail_due(self.setup.account)? else {
            return Ok(None);
        };
        let until = self.obstacle.as_ref().and_then(|obstacle| obstacle.until);
        // One that has passed is no reason to look: what could go then was tried.
        let retry = until.filter(|at| Instant::now() < *at);
        Ok(retry.into_iter().chain([moment(due)]).min())
    }

    /// What the last round could not note is noted. Then nobody has a mail in hand: what seems to be on its way was left
    /// by an engine that is gone, or by a round that failed.
    fn settle(&mut self) -> Result<(), StoreError> {
        let writer = self.setup.store.writer();
        if let Some(owed) = &self.owed {
            owed.pay(&writer)?;
            self.owed = None;
        }
        writer.abandon_mail(self.setup.account)
    }

    fn submit(
        &mut self,
        secret: &Secret,
        reader: &mut Reader,
        done: &mut Done,
    ) -> Result<(), StoreError> {
        let (setup, leave, obstacle) = (self.setup, self.leave, &mut self.obstacle);
        let mut submitting = Submitting {
            setup,
            secret,
            may_begin: &|| leave() == Leave::All,
            owed: &mut self.owed,
            let_in: &mut || {
                done.is_let_in = true;
                // What waited for nothing else may go.
                let gone = obstacle.take().map(|obstacle| obstacle.words);
                let writer = setup.store.writer();
                gone.map_or(Ok(()), |words| writer.let_mail_go(setup.account, words))
            },
        };
        if let Some(error) = submitting.send_due(reader)? {
            return self.failed(error, done);
        }
        if done.is_let_in {
            self.backoff.held();
        }
        Ok(())
    }

    /// The server could not be reached, or let nobody in.
    fn failed(&mut self, error: RemoteError, done: &mut Done) -> Result<(), StoreError> {
        let words = SafeText::line(&error.to_string());
        let obstacle = match error.recovery() {
            Recovery::Reconnect => Obstacle::passing(words, self.backoff.failed()),
            // It waits for another secret, not for a moment, and holds nothing else up.
            Recovery::AskCredentials => {
                done.refused = Some(error);
                Obstacle::lasting(words)
            }
            Recovery::TellUser => Obstacle::passing(words, UNMENDED),
        };
        self.meet(obstacle)
    }
}

/// When something is done about what is due at a moment, seconds since the epoch.
fn moment(due: i64) -> Instant {
    let left = due.saturating_sub(now());
    let wait = match u64::try_from(left) {
        // Due, and yet nothing was done: another look at once would be the same.
        Err(_) | Ok(0) => PAUSE,
        Ok(seconds) => Duration::from_secs(seconds).min(LOOK),
    };
    Instant::now() + wait
}

/// When something is to be done next for an account's mail or drafts, seconds since the epoch; `None` for never.
pub(super) fn due(reader: &mut Reader, account: AccountId) -> Result<Option<i64>, StoreError> {
    let mail = reader.mail_due(account)?;
    let filing = filing_due(reader, account)?;
    Ok(mail.into_iter().chain(filing).min())
}

/// When the mail server is to be asked next.
fn filing_due(reader: &mut Reader, account: AccountId) -> Result<Option<i64>, StoreError> {
    let copies = reader.copies_due(account)?;
    let drafts = reader.drafts_due(account)?;
    Ok(copies.into_iter().chain(drafts).min())
}

/// Says what the disk said, once for as long as it says the same.
fn tell(setup: &Setup, told: &mut Option<StoreError>, said: Option<StoreError>) {
    if let Some(error) = said.as_ref().filter(|error| told.as_ref() != Some(*error)) {
        let _ = setup.events.send(Event::StoreFailed(error.clone()));
    }
    *told = said;
}

/// Does everything once, whatever waits for another attempt; how the sending ended.
pub(super) fn once(
    setup: &Setup,
    account: &Secret,
    submission: &Secret,
) -> Result<Result<(), RemoteError>, StoreError> {
    let leave = || Leave::All;
    let mut round = Round::new(setup, &leave);
    round.settle()?;
    round.hurry(Waits::All);
    let mut reader = setup.store.reader()?;
    let mut submitting = Submitting {
        setup,
        secret: submission,
        may_begin: &|| true,
        owed: &mut None,
        let_in: &mut || Ok(()),
    };
    let failed = submitting.send_due(&mut reader)?;
    if let Some(error) = &failed {
        let words = SafeText::line(&error.to_string());
        Obstacle::lasting(words).note(setup)?; // Nobody here tries again.
    }
    // What is found to be sent is filed like the rest.
    seek::look_for_due(setup, account, &mut reader)?;
    sent_copy::file_due(setup, account, &mut reader, None)?;
    draft_copy::copy_due(setup, account, &mut reader, true, None)?;
    Ok(failed.map_or(Ok(()), Err))
}
