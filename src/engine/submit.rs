//! Mail of the outbox over one submission connection: claimed, handed over, and its fate noted, one after the other.
//!
//! Before anything of a mail leaves it is in `sending`, before its final dot in `committing`, both durably. So after a
//! crash it is known of every mail whether the server can have it.

use crate::channel::error::{RemoteError, StoreError};
use crate::engine::backoff::pause_seconds;
use crate::engine::sent_copy::{floors, now};
use crate::engine::{Setup, opening};
use crate::mail::account::Endpoint;
use crate::mail::safe_text::SafeText;
use crate::mail::secret::Secret;
use crate::remote::submission::Submission;
use crate::remote::submission::error::{Failure, SendError};
use crate::remote::submission::mail::{Deadlines, Mail as Handed};
use crate::store::mail_requests::Fate;
use crate::store::outbox_rows::Mail;
use crate::store::reader::Reader;
use crate::store::writer::Writer;

/// Sends what may go now; `Some` when the server could not be reached: nothing further is tried for a while.
///
/// # Errors
/// What the disk said; what cannot be noted is not sent.
pub(super) fn send_due(
    setup: &Setup,
    secret: &Secret,
    reader: &mut Reader,
    pause: &mut dyn FnMut() -> i64,
) -> Result<Option<RemoteError>, StoreError> {
    let writer = setup.store.writer();
    let mut connection: Option<Submission> = None;
    loop {
        let claimed = writer.claim_mail(setup.account, floors(setup, reader))?;
        let mail = claimed.map(|id| reader.outgoing(id)).transpose()?.flatten();
        let Some(mail) = mail else {
            if let Some(connection) = connection {
                connection.quit();
            }
            return Ok(None);
        };
        let opened = match connection.take().filter(|open| !open.is_over()) {
            Some(open) => Ok(open),
            None => open(setup, secret),
        };
        match opened {
            Ok(mut open) => {
                hand_over(setup, &writer, &mut open, &mail)?;
                connection = Some(open);
            }
            Err(error) => {
                let fate = Fate::Deferred {
                    words: SafeText::line(&error.to_string()),
                    not_before: now().saturating_add(pause()),
                };
                note(&writer, &mail, &fate)?;
                return Ok(Some(error));
            }
        }
    }
}

fn open(setup: &Setup, secret: &Secret) -> Result<Submission, RemoteError> {
    let smtp: &Endpoint = setup
        .settings
        .smtp
        .as_ref()
        .ok_or_else(|| RemoteError::Refused {
            action: "send mail",
            text: SafeText::own("no smtp server is configured for this account"),
        })?;
    let deadlines = Deadlines::default();
    opening::submission(
        &setup.settings,
        smtp,
        &setup.locks,
        secret,
        deadlines,
        &mut |_| {},
    )
}

fn hand_over(
    setup: &Setup,
    writer: &Writer,
    connection: &mut Submission,
    mail: &Mail,
) -> Result<(), StoreError> {
    let handed = Handed {
        sender: &mail.sender,
        recipients: &mail.recipients,
        wire: &mail.wire,
        needs_smtputf8: mail.needs_smtputf8,
    };
    let mut before_dot = || match writer.report_mail(mail.id, mail.attempt, Fate::Committing) {
        Ok(true) => Ok(()),
        Ok(false) => Err(StoreError::Gone), // Somebody else has it in hand.
        Err(error) => Err(error),
    };
    let fate = match connection.send(&handed, &mut before_dot) {
        Ok(_) => Fate::Accepted,
        Err(error) => {
            tracing::warn!(
                account = setup.account.get(),
                mail = mail.id.0,
                "not sent: {error}"
            );
            fate(&error, mail.attempt)
        }
    };
    note(writer, mail, &fate)
}

/// What an error means for the mail.
fn fate(error: &SendError, attempt: u32) -> Fate {
    let words = SafeText::line(&error.to_string());
    match &error.failure {
        Failure::Uncertain => Fate::Lost { words },
        _ if error.is_temporary() => Fate::Deferred {
            words,
            not_before: now().saturating_add(pause_seconds(attempt)),
        },
        Failure::Temporary | Failure::Permanent | Failure::Recipients(_) | Failure::Unmarked(_) => {
            Fate::Refused { words }
        }
    }
}

/// How often a fate is noted that the disk refuses.
const TRIES: usize = 3;

/// Notes a fate. The mail was dealt with already, so it is worth more than one try; where none does, the next start finds
/// the mail as it was before: to be sent again only where nothing of it can have been taken.
fn note(writer: &Writer, mail: &Mail, fate: &Fate) -> Result<(), StoreError> {
    let mut tries = 1;
    loop {
        match writer.report_mail(mail.id, mail.attempt, fate.clone()) {
            Ok(_) => return Ok(()),
            Err(error) if tries == TRIES => return Err(error),
            Err(_) => tries += 1,
        }
    }
}
