//! Looks for mail whose end nobody knows: where it lies in the Sent folder, filed by the server, or in INBOX, since it
//! went to the user too, the server had it. That it is found nowhere proves nothing, so the user is asked.
//!
//! Neither does one with its Message-ID that may have been there before: a file may have been given twice, also by another
//! program. So what lies below the floors is not looked at; and as a floor is as old as the last look at the folder, a mail
//! whose Message-ID is not of our own making must also have arrived, by the server's clock, since it was put into the
//! outbox. Where clocks disagree the user is asked once too often, and no mail is taken for sent that was not.

use crate::channel::error::{RemoteError, StoreError};
use crate::channel::outbox::OutboxId;
use crate::engine::once::talk::Talk;
use crate::engine::submitter::own_folder;
use crate::engine::submitter::sent_copy::now;
use crate::engine::{Setup, store_failed};
use crate::mail::mailbox::{MailboxName, Role};
use crate::mail::safe_text::SafeText;
use crate::mail::secret::Secret;
use crate::mail::uid::Uid;
use crate::store::outgoing::mail_requests::Decision;
use crate::store::outgoing::outbox_rows::{Floors, Uncertain};
use crate::store::reader::Reader;

/// A server that took a mail may file or deliver it a little later: it is looked for again after so many seconds, as long
/// as so many have not passed since.
const AGAIN: [(i64, i64); 3] = [(15, 60), (120, 600), (1_200, 7_200)];

/// Looks for what is due.
///
/// # Errors
/// What the disk said. A server that cannot be asked is asked again.
pub(super) fn look_for_due(
    setup: &Setup,
    secret: &Secret,
    reader: &mut Reader,
) -> Result<(), StoreError> {
    let wanted = reader.to_be_found(setup.account)?;
    if wanted.is_empty() {
        return Ok(());
    }
    let writer = setup.store.writer();
    let found = find(setup, secret, reader, &wanted);
    if let Err(error) = &found {
        tracing::warn!(
            account = setup.account.get(),
            kind = error.kind(),
            "uncertain mail was not looked for"
        );
    }
    let (found, is_asked) = found.map_or((Found::default(), false), |found| (found, true));
    for mail in wanted {
        if found.sent.contains(&mail.id) {
            writer.decide_now(mail.id, Decision::Settle)?;
            continue;
        }
        let words = found.words(&mail);
        let age = now().saturating_sub(mail.since);
        let pause = AGAIN.iter().find(|(_, until)| age < *until);
        let next = match pause {
            Some((pause, _)) => now().saturating_add(*pause),
            None if is_asked => 0,
            None => now().saturating_add(600),
        };
        writer.remark_mail(mail.id, words, next)?;
    }
    Ok(())
}

/// What the folders say of uncertain mail.
#[derive(Default)]
struct Found {
    /// The server had it.
    sent: Vec<OutboxId>,
    /// One with its Message-ID lies there, and nobody knows since when.
    alike: Vec<(OutboxId, MailboxName)>,
}

/// What is said of one that may be another.
const ALIKE: &str = "a message with its Message-ID, perhaps an older one, is in";

impl Found {
    /// What is said of a mail from now on.
    fn words(&self, mail: &Uncertain) -> SafeText {
        let alike = self.alike.iter().find(|(id, _)| *id == mail.id);
        match alike {
            Some((_, folder)) if !mail.words.as_str().contains(ALIKE) => {
                let (words, folder) = (mail.words.as_str(), folder.display());
                SafeText::line(&format!("{words}; {ALIKE} {folder}"))
            }
            _ => mail.words.clone(),
        }
    }
}

fn find(
    setup: &Setup,
    secret: &Secret,
    reader: &mut Reader,
    wanted: &[Uncertain],
) -> Result<Found, RemoteError> {
    let inbox = reader.inbox(setup.account);
    let inbox = inbox.map_err(|error| store_failed(&error))?;
    let inbox = inbox.map(|_| MailboxName::from_display("INBOX"));
    let sent = own_folder::known(setup, reader, Role::Sent)?.map(|(_, name)| name);
    let folders: [(_, fn(&Floors) -> _); 2] =
        [(sent, |floors| floors.sent), (inbox, |floors| floors.inbox)];
    let mut talk = Talk::open(setup, secret)?;
    let mut found = Found::default();
    for (folder, floor) in folders {
        let Some(folder) = folder else { continue };
        let now_valid = match talk.examine(&folder) {
            Err(RemoteError::Refused { .. }) => continue, // It is gone, or was never there.
            validity => validity?,
        };
        for mail in wanted.iter().filter(|mail| !mail.message_id.is_empty()) {
            let (validity, uid_next) = floor(&mail.floors);
            let floor = Uid::new(uid_next).filter(|_| validity == now_valid);
            let Some(from) = floor.or(Uid::new(1)) else {
                continue;
            };
            let id = (mail.message_id.as_str(), mail.is_resent);
            let uids = talk.search(&folder, from, id)?;
            if uids.is_empty() {
                continue;
            }
            let is_it = match mail.foreign_since {
                Some(since) if floor.is_some() => talk.has_arrived_since(since, &uids)?,
                _ => floor.is_some(),
            };
            if is_it {
                found.sent.push(mail.id);
            } else {
                found.alike.push((mail.id, folder.clone()));
            }
        }
    }
    talk.end();
    Ok(found)
}
