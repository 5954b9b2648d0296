//! Looks for mail whose end nobody knows: where it lies in the Sent folder, filed by the server, or in INBOX, since it
//! went to the user too, the server had it. That it is found nowhere proves nothing, so the user is asked.

use crate::channel::error::{RemoteError, StoreError};
use crate::channel::outbox::OutboxId;
use crate::engine::sent_copy::{folder, now};
use crate::engine::talk::Talk;
use crate::engine::{Setup, store_failed};
use crate::mail::mailbox::{MailboxName, Role};
use crate::mail::secret::Secret;
use crate::mail::uid::Uid;
use crate::store::mail_requests::Decision;
use crate::store::outbox_rows::Uncertain;
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
            "uncertain mail was not looked for: {error}"
        );
    }
    let (found, is_asked) = found.map_or((Vec::new(), false), |found| (found, true));
    for mail in wanted {
        if found.contains(&mail.id) {
            writer.decide_now(mail.id, Decision::Settle)?;
            continue;
        }
        let age = now().saturating_sub(mail.since);
        let pause = AGAIN.iter().find(|(_, until)| age < *until);
        let next = match pause {
            Some((pause, _)) => now().saturating_add(*pause),
            None if is_asked => 0,
            None => now().saturating_add(600),
        };
        writer.remark_mail(mail.id, mail.words, next)?;
    }
    Ok(())
}

fn find(
    setup: &Setup,
    secret: &Secret,
    reader: &mut Reader,
    wanted: &[Uncertain],
) -> Result<Vec<OutboxId>, RemoteError> {
    let inbox = reader.inbox(setup.account);
    let inbox = inbox.map_err(|error| store_failed(&error))?;
    let inbox = inbox.map(|_| MailboxName::from_display("INBOX"));
    let sent = folder(setup, reader, Role::Sent)?.map(|(_, name)| name);
    let folders: Vec<MailboxName> = sent.into_iter().chain(inbox).collect();
    let mut talk = Talk::open(setup, secret)?;
    let mut found = Vec::new();
    for folder in &folders {
        for mail in wanted.iter().filter(|mail| !mail.message_id.is_empty()) {
            let Some(first) = Uid::new(1) else { continue };
            if !found.contains(&mail.id)
                && !talk.search(folder, first, &mail.message_id)?.is_empty()
            {
                found.push(mail.id);
            }
        }
    }
    talk.end();
    Ok(found)
}
