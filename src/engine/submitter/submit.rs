//! Mail of the outbox over one submission connection: claimed, handed over, and its fate noted, one after the other.
//!
//! Before anything of a mail leaves it is in `sending`, before its final dot in `committing`, durably. So after a crash it
//! is known of every mail whether the server can have it.

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};

use lettre::Transport as _;

use crate::channel::error::{RemoteError, StoreError};
use crate::channel::outbox::OutboxId;
use crate::engine::lane::backoff::pause_seconds;
use crate::engine::submitter::sent_copy::{floors, now};
use crate::engine::{Setup, opening};
use crate::mail::safe_text::SafeText;
use crate::mail::secret::Secret;
use crate::remote::submission::Submission;
use crate::remote::submission::carrier::Carrier;
use crate::remote::submission::error::{Failure, SendError};
use crate::remote::submission::mail::envelope;
use crate::store::outgoing::mail_requests::Fate;
use crate::store::outgoing::outbox_rows::Mail;
use crate::store::reader::Reader;
use crate::store::writer::Writer;

/// What it takes to send an account's mail.
pub(super) struct Submitting<'a> {
    pub(super) setup: &'a Setup,
    /// For the submission server.
    pub(super) secret: &'a Secret,
    /// Asked before each mail: whether it may still be begun.
    pub(super) may_begin: &'a dyn Fn() -> bool,
    /// Gets what became of a mail and could not be noted.
    pub(super) owed: &'a mut Option<Owed>,
    /// Told when the server lets us in, before anything is sent.
    pub(super) let_in: &'a mut dyn FnMut() -> Result<(), StoreError>,
}

/// What became of a mail, for a disk that did not take it.
pub(super) struct Owed {
    mail: OutboxId,
    attempt: u32,
    fate: Fate,
}

impl Owed {
    /// Notes it.
    pub(super) fn pay(&self, writer: &Writer) -> Result<(), StoreError> {
        writer
            .report_mail(self.mail, self.attempt, self.fate.clone())
            .map(|_| ())
    }
}

impl Submitting<'_> {
    /// Sends what may go now; `Some` when the server could not be reached. A mail is claimed over an open connection only, so
    /// a server that is away is no attempt of any mail.
    ///
    /// # Errors
    /// What the disk said; what cannot be noted is not sent.
    pub(super) fn send_due(
        &mut self,
        reader: &mut Reader,
    ) -> Result<Option<RemoteError>, StoreError> {
        let (setup, writer) = (self.setup, self.setup.store.writer());
        let mut connection: Option<Submission> = None;
        while (self.may_begin)() && reader.has_mail_due(setup.account)? {
            let Some(open) = connection.take().filter(|open| !open.is_over()) else {
                match self.open() {
                    Ok(open) => connection = Some(open),
                    Err(error) => return Ok(Some(error)),
                }
                (self.let_in)()?;
                continue; // That took its time: whether a mail may be begun is asked again.
            };
            let claimed = writer.claim_mail(setup.account, floors(setup, reader))?;
            connection = match claimed.map(|id| reader.outgoing(id)).transpose()?.flatten() {
                Some(mail) => self.hand_over(&writer, open, &mail)?,
                None => Some(open), // It left the outbox.
            };
        }
        if let Some(connection) = connection {
            connection.quit();
        }
        Ok(None)
    }

    fn open(&self) -> Result<Submission, RemoteError> {
        let setup = self.setup;
        let smtp = setup.settings.smtp.as_ref();
        let smtp = smtp.ok_or_else(|| RemoteError::Refused {
            action: "send mail",
            text: SafeText::own("no smtp server is configured for this account"),
        })?;
        opening::submission(
            &setup.settings,
            &smtp.endpoint,
            &setup.locks,
            self.secret,
            setup.pace.submission,
            &mut |_| {},
        )
    }

    /// Hands a mail over and notes what became of it; gives the connection back, unless a defect was met on it.
    fn hand_over(
        &mut self,
        writer: &Writer,
        mut connection: Submission,
        mail: &Mail,
    ) -> Result<Option<Submission>, StoreError> {
        let (is_marked, is_left) = (Cell::new(false), Cell::new(false));
        let mut before_dot = || {
            if !(self.may_begin)() {
                is_left.set(true);
                return Err(StoreError::Gone); // No later than here it can be left.
            }
            match writer.report_mail(mail.id, mail.attempt, Fate::Committing) {
                Ok(true) => {
                    is_marked.set(true);
                    Ok(())
                }
                Ok(false) => Err(StoreError::Gone), // Somebody else has it in hand.
                Err(error) => Err(error),
            }
        };
        let sent = catch_unwind(AssertUnwindSafe(|| {
            let envelope = envelope(&mail.sender, &mail.recipients);
            let carrier = Carrier::new(&mut connection, &mut before_dot)
                .with_utf8_header(mail.needs_smtputf8);
            let sent = envelope.and_then(|envelope| carrier.send_raw(&envelope, &mail.wire));
            (connection, sent)
        }));
        let (connection, fate) = match sent {
            Ok((connection, Ok(_))) => (Some(connection), Fate::Accepted),
            Ok((connection, Err(_))) if is_left.get() => (Some(connection), left()),
            Ok((connection, Err(error))) => {
                self.log(mail, &error);
                (Some(connection), fate(&error, mail.attempt))
            }
            Err(_) => (None, after_defect(is_marked.get(), mail.attempt)),
        };
        self.note(writer, mail, fate)?;
        Ok(connection)
    }

    /// Without the server's words, and without ours about recipients: both may hold addresses.
    fn log(&self, mail: &Mail, error: &SendError) {
        tracing::warn!(
            account = self.setup.account.get(),
            mail = mail.id.0,
            stage = ?error.stage,
            code = error.code,
            is_temporary = error.is_temporary(),
            "a mail was not sent"
        );
    }

    /// Notes a fate. The mail was dealt with already, so it is worth more than one try, and is owed where none does. Where
    /// the process ends before, the next one finds the mail as it was: to be sent again only where nothing of it can have
    /// been taken.
    fn note(&mut self, writer: &Writer, mail: &Mail, fate: Fate) -> Result<(), StoreError> {
        let owed = Owed {
            mail: mail.id,
            attempt: mail.attempt,
            fate,
        };
        let mut tries = (1..TRIES).map(|_| owed.pay(writer));
        if tries.any(|tried| tried.is_ok()) {
            return Ok(());
        }
        let last = owed.pay(writer);
        if last.is_err() {
            *self.owed = Some(owed);
        }
        last
    }
}

/// How often a fate is noted at once that the disk refuses.
const TRIES: usize = 3;

/// What an error means for the mail.
fn fate(error: &SendError, attempt: u32) -> Fate {
    let words = SafeText::line(&error.to_string());
    match &error.failure {
        Failure::Uncertain => Fate::Lost { words },
        _ if error.is_temporary() => Fate::Deferred {
            words,
            not_before: now().saturating_add(pause_seconds(attempt)),
        },
        Failure::Temporary
        | Failure::Permanent
        | Failure::Recipients(_)
        | Failure::TooMany { .. }
        | Failure::Unmarked(_) => Fate::Refused { words },
    }
}

/// For a mail that was begun when the user ended the program or the connection: it goes with the next.
fn left() -> Fate {
    Fate::Deferred {
        words: SafeText::default(),
        not_before: now(),
    }
}

/// What a defect of ours means for the mail that met it; the others go on.
fn after_defect(is_marked: bool, attempt: u32) -> Fate {
    let words = SafeText::own("a defect in Sterna ended the connection; the log has it");
    if is_marked {
        return Fate::Lost { words };
    }
    Fate::Deferred {
        words,
        not_before: now().saturating_add(pause_seconds(attempt)),
    }
}
