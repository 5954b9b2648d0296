//! One connection for messages named by their address on the server: works with an empty cache too. The caller holds the
//! account's lock.

use std::collections::BTreeSet;
use std::time::Duration;

use crate::channel::error::RemoteError;
use crate::engine::Setup;
use crate::engine::link::missing::chunks;
use crate::engine::link::step::Step;
use crate::engine::meter::HEADER_BYTES;
use crate::engine::once::Once;
use crate::mail::mailbox::MailboxId;
use crate::mail::message_id::{MessageId, MessageKey};
use crate::mail::part::{PartPath, WantedPart};
use crate::mail::secret::Secret;
use crate::mail::uid_set::UidSet;
use crate::remote::command::fetch;

/// UIDs asked for in one command.
const AT_ONCE: u64 = 1_000;

/// How much of a message is wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Want {
    /// A row in the store.
    Header,
    /// The body as a reader wants it: of a large message the structure and the text.
    Body,
    /// Every byte.
    Whole,
    /// One part, however large.
    Part(PartPath),
}

/// Brings messages into the store and tells which of them the server does not have: another UIDVALIDITY, no such UID, or
/// no such mailbox.
///
/// A body that cannot be had is told by `Event::BodyFailed`.
///
/// # Errors
/// As the connection says; `Offline` when `patience` is over.
pub fn run(
    setup: &Setup,
    secret: &Secret,
    keys: &[MessageKey],
    want: &Want,
    patience: Option<Duration>,
) -> Result<Vec<MessageKey>, RemoteError> {
    let mut once = Once::open(setup, secret, patience)?;
    let mailboxes: BTreeSet<MailboxId> = keys.iter().map(|key| key.mailbox).collect();
    let mut stale = Vec::new();
    for mailbox in mailboxes {
        let own = keys.iter().filter(|key| key.mailbox == mailbox);
        let own: Vec<MessageKey> = own.copied().collect();
        if !once.go_to(mailbox)? {
            stale.extend(own);
            continue;
        }
        once.fetch_headers(&own)?;
        for key in own {
            match once.message_at(key)? {
                Some(message) => once.fetch(key, message, want)?,
                None => stale.push(key),
            }
        }
    }
    once.end()?;
    Ok(stale)
}

impl Once<'_> {
    /// Selects a mailbox and brings it up to date; false where there is none of that number (any more).
    pub(super) fn go_to(&mut self, mailbox: MailboxId) -> Result<bool, RemoteError> {
        if !self.knows(mailbox)? {
            self.agenda.refresh = true;
            self.come_to_rest()?;
            if !self.knows(mailbox)? {
                return Ok(false);
            }
        }
        self.agenda.home = Some(mailbox);
        self.come_to_rest()?;
        let refused = &self.link.refused;
        match refused.iter().find(|(refused, _)| *refused == mailbox) {
            Some((_, error)) => Err(error.clone()),
            None => Ok(self.link.selected() == Some(mailbox)),
        }
    }

    fn knows(&mut self, mailbox: MailboxId) -> Result<bool, RemoteError> {
        let info = self.link.reader.mailbox(mailbox);
        let info = self.link.stored(info)?;
        Ok(info.is_some_and(|info| info.account == self.link.setup.account && info.selectable))
    }

    /// Fetches the headers that are not here, of the selected mailbox and epoch; none where the action has no room for them.
    fn fetch_headers(&mut self, keys: &[MessageKey]) -> Result<(), RemoteError> {
        let validity = self.link.place().map(|(_, validity)| validity);
        let mut missing = UidSet::new();
        for key in keys.iter().filter(|key| Some(key.validity) == validity) {
            if self.message_at(*key)?.is_none() {
                missing.insert(key.uid);
            }
        }
        let most = self.link.most_headers().map_or(u64::MAX, u64::from);
        if missing.len() > most
            && let Some(limit) = self.link.setup.settings.metered_bytes
        {
            let bytes = missing.len().saturating_mul(HEADER_BYTES);
            return Err(RemoteError::Metered { bytes, limit });
        }
        for set in chunks(&missing, AT_ONCE) {
            let command = fetch::headers(&set, self.link.session.capabilities());
            self.link.send(command, Step::Missing(set));
        }
        self.come_to_rest()
    }

    fn message_at(&mut self, key: MessageKey) -> Result<Option<MessageId>, RemoteError> {
        self.flush()?;
        let found = self
            .link
            .reader
            .message_at(key.mailbox, key.validity, key.uid);
        self.link.stored(found)
    }

    pub(super) fn flush(&mut self) -> Result<(), RemoteError> {
        self.link.flush_batches();
        let flushed = self.link.writer.flush();
        self.link.stored(flushed)
    }

    /// Fetches what is wanted of a message of the selected mailbox, where it is not here.
    fn fetch(
        &mut self,
        key: MessageKey,
        message: MessageId,
        want: &Want,
    ) -> Result<(), RemoteError> {
        match want {
            Want::Header => Ok(()),
            Want::Body => self.fetch_text(key, message),
            Want::Whole => self.fetch_part(key, message, PartPath::default()),
            Want::Part(path) => self.fetch_part(key, message, path.clone()),
        }
    }

    fn fetch_part(
        &mut self,
        key: MessageKey,
        message: MessageId,
        path: PartPath,
    ) -> Result<(), RemoteError> {
        self.agenda.want_part(WantedPart {
            message,
            mailbox: key.mailbox,
            path,
        });
        self.come_to_rest()
    }

    fn fetch_text(&mut self, key: MessageKey, message: MessageId) -> Result<(), RemoteError> {
        self.agenda.want_body(message, key.mailbox);
        self.come_to_rest()
    }
}
