//! The copy of a sent mail in the Sent folder: at most one, and retried apart from the sending. Whatever happens here, the
//! mail is sent.

use crate::channel::error::{Recovery, RemoteError, StoreError};
use crate::engine::lane::backoff::pause_as_long;
use crate::engine::once::append::{self, Doubt, Fate, Feed, Letter};
use crate::engine::submitter::own_folder;
use crate::engine::{Order, Post, Setup, store_failed};
use crate::mail::account::SaveSent;
use crate::mail::flag::Flags;
use crate::mail::mailbox::{MailboxId, Role};
use crate::mail::safe_text::SafeText;
use crate::mail::secret::Secret;
use crate::mail::uid::{Uid, UidValidity};
use crate::remote::strategy::quirks;
use crate::store::outgoing::outbox_rows::{Floors, SentMail, Unfiled};
use crate::store::reader::Reader;
use crate::store::sync_state::MailboxInfo;
use crate::store::writer::Writer;

/// Connections that are made at the most in one go.
const CONNECTIONS: usize = 3;

/// Files the copies that are due now, or notes that none is wanted. What fails is noted with the mail and comes again: a
/// connection that ends with a copy in hand says something of that one alone, so the others go on over another one; else
/// all wait that were due, and none that was sent meanwhile.
pub(super) fn file_due(
    setup: &Setup,
    secret: &Secret,
    reader: &mut Reader,
    bulk: Option<&Post>,
) -> Result<(), StoreError> {
    let writer = setup.store.writer();
    for _ in 0..CONNECTIONS {
        let due = reader.to_be_filed(setup.account)?;
        if due.is_empty() {
            return Ok(());
        }
        if is_filed_by_server(setup) {
            return writer.no_mail_filed(setup.account);
        }
        let (error, in_hand) = match file(setup, secret, reader, &writer) {
            Ok(mailbox) => {
                // Seen there without waiting for the next look.
                if let (Some(bulk), Some(mailbox)) = (bulk, mailbox) {
                    bulk.send(Order::Sync(vec![mailbox]));
                }
                return Ok(());
            }
            Err(failed) => failed,
        };
        let is_cut = error.recovery() == Recovery::Reconnect;
        if let Some(mail) = in_hand.filter(|_| is_cut) {
            put_off(&writer, mail, &error.to_string())?;
            continue;
        }
        let still = reader.to_be_filed(setup.account)?;
        let was_tried = |mail: &Unfiled| due.contains(mail) || in_hand == Some(*mail);
        for mail in still.into_iter().filter(was_tried) {
            put_off(&writer, mail, &error.to_string())?;
        }
        return Ok(());
    }
    Ok(())
}

/// Whether this server files what it sends, or the user wants no copy.
fn is_filed_by_server(setup: &Setup) -> bool {
    match setup.settings.save_sent {
        SaveSent::Always => false,
        SaveSent::Never => true,
        SaveSent::Auto => {
            let (imap, smtp) = (&setup.settings.imap, setup.settings.smtp.as_ref());
            smtp.is_some_and(|smtp| quirks::files_sent_mail(&imap.host, &smtp.endpoint.host))
        }
    }
}

/// The copy of a mail: it is tried again after as long as it has waited, half a minute at the least and an hour at the most.
/// A server that is full would have it uploaded without end otherwise.
fn put_off(writer: &Writer, mail: Unfiled, why: &str) -> Result<(), StoreError> {
    let words = SafeText::line(&format!(
        "sent; its copy is not in the Sent folder yet: {why}"
    ));
    let waited = now().saturating_sub(mail.sent);
    let again = now().saturating_add(pause_as_long(waited));
    writer.remark_mail(mail.id, words, again)
}

/// Where the copies are; else why it failed, and which one was in hand then.
fn file(
    setup: &Setup,
    secret: &Secret,
    reader: &mut Reader,
    writer: &Writer,
) -> Result<Option<MailboxId>, (RemoteError, Option<Unfiled>)> {
    let sent =
        own_folder::wanted(setup, secret, reader, Role::Sent).map_err(|error| (error, None))?;
    let mut filing = Filing {
        setup,
        reader,
        writer,
        validity: None,
        in_hand: None,
        failed: None,
    };
    let done = append::run_over(sent.talk, &sent.name, &mut filing);
    match (done, filing.failed) {
        (Ok(()), None) => Ok(sent.mailbox),
        (Ok(()), Some(error)) => Err((store_failed(&error), None)),
        (Err(error), _) => Err((error, filing.in_hand)),
    }
}

/// The floors of a mail that is sent from now on, as the store knows them: where it is filed or delivered, by whomever, it
/// has no lower UID.
pub(super) fn floors(setup: &Setup, reader: &mut Reader) -> Floors {
    let mailboxes = reader.mailboxes(setup.account).unwrap_or_default();
    let inbox = reader.inbox(setup.account).ok().flatten();
    let known = |info: &MailboxInfo| {
        let known = (info.state.validity?.get(), info.state.uid_next);
        Some(known).filter(|(_, uid_next)| *uid_next > 0)
    };
    let floor = |is_it: &dyn Fn(&MailboxInfo) -> bool| {
        let found = mailboxes.iter().find(|info| is_it(info));
        found.and_then(known).unwrap_or_default()
    };
    Floors {
        sent: floor(&|info| info.role == Some(Role::Sent) && info.selectable),
        inbox: floor(&|info| Some(info.id) == inbox),
    }
}

/// The copies that are due, one after the other. Each is looked for before it is added: an earlier attempt may have been
/// cut behind it, and some servers file mail themselves without saying so.
struct Filing<'a> {
    setup: &'a Setup,
    reader: &'a mut Reader,
    writer: &'a Writer,
    validity: Option<UidValidity>,
    /// It is on its way to the server.
    in_hand: Option<Unfiled>,
    failed: Option<StoreError>,
}

impl Feed for Filing<'_> {
    fn begin(&mut self, validity: Option<UidValidity>, _uid_next: Option<Uid>) {
        self.validity = validity;
    }

    fn next_batch(&mut self) -> Vec<Letter> {
        match self.next() {
            Ok(letter) => letter.into_iter().collect(),
            Err(error) => {
                self.failed = Some(error);
                Vec::new()
            }
        }
    }

    fn ended(&mut self, _position: usize, fate: Fate) {
        let Some(mail) = self.in_hand.take() else {
            return;
        };
        let noted = match fate {
            Fate::Added | Fate::There => self.writer.mail_filed(mail.id).map(|_| ()),
            Fate::Refused(why) => put_off(self.writer, mail, why.as_str()),
        };
        if let Err(error) = noted {
            self.failed = Some(error);
        }
    }
}

impl Filing<'_> {
    /// The oldest that is due; none once something could not be noted.
    fn next(&mut self) -> Result<Option<Letter>, StoreError> {
        if self.failed.is_some() {
            return Ok(None);
        }
        let mail = self.reader.unfiled(self.setup.account)?;
        self.in_hand = mail.as_ref().map(|mail| Unfiled {
            id: mail.id,
            sent: mail.sent,
        });
        Ok(mail.map(|mail| self.letter(mail)))
    }

    fn letter(&self, mail: SentMail) -> Letter {
        let known = self.validity.map_or(0, UidValidity::get);
        let floor = mail.floor.filter(|(validity, _)| *validity == known);
        let from = floor.and_then(|(_, uid_next)| Uid::new(uid_next));
        Letter {
            bytes: mail.copy,
            flags: Flags::from_names(["\\Seen"]),
            internal_date: Some(mail.sent),
            message_id: mail.message_id,
            is_resent: mail.is_resent,
            doubt: from.or(Uid::new(1)).map(|from| Doubt { from, n_others: 0 }),
        }
    }
}

/// Seconds since the epoch.
pub(super) fn now() -> i64 {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    now.ok()
        .and_then(|passed| i64::try_from(passed.as_secs()).ok())
        .unwrap_or(0)
}
