//! The way to a server through the process that holds the account: it shares our store, so what it then has, we have.

use std::time::{Duration, Instant};

use crate::channel::error::{RemoteError, StoreError};
use crate::cli::message::is_enough;
use crate::cli::server::{Servers, offline};
use crate::engine::once::Errands;
use crate::engine::once::find::Want;
use crate::engine::peers::{Message, Peers};
use crate::mail::account::AccountId;
use crate::mail::mailbox::MailboxId;
use crate::mail::message_id::{MessageId, MessageKey};
use crate::mail::part::{PartPath, WantedPart};
use crate::store::reader::Reader;

/// How long a command waits for one answer.
const PATIENCE: Duration = Duration::from_secs(30);
/// After so long without one it asks again: of a process that stands still, be it this one, the system keeps a few
/// datagrams, and the question or its answer may not be among them.
const ASK_AGAIN: Duration = Duration::from_secs(5);

impl Servers<'_> {
    pub(super) fn ask_holder(
        &self,
        account: AccountId,
        errands: &Errands,
    ) -> Result<(), RemoteError> {
        let peers = self.peers()?;
        match errands {
            Errands::Everything | Errands::Folders | Errands::Newest(_) | Errands::Headers(_) => {
                if *errands == Errands::Everything {
                    peers.tell(Message::Journal); // It may have looked when something was held.
                }
                peers.tell(Message::Sync(account));
                let is_synced = self.wait(&Message::Sync(account), |message| match message {
                    Message::Synced(id) if id == account => Some(true),
                    Message::NotSynced(id) if id == account => Some(false),
                    _ => None,
                });
                match is_synced {
                    Some(true) => {}
                    Some(false) => {
                        return Err(offline("another Sterna holds the account and is offline"));
                    }
                    None => {
                        return Err(offline(
                            "another Sterna holds the account and did not answer in time",
                        ));
                    }
                }
            }
            Errands::Journal => peers.tell(Message::Journal),
            Errands::Kept => peers.tell(Message::Keep),
        }
        Ok(())
    }

    pub(super) fn peers(&self) -> Result<&Peers, RemoteError> {
        let cause = "another Sterna holds the account and cannot be asked";
        self.peers.as_ref().ok_or_else(|| offline(cause))
    }

    /// The holder shares our store: it brings the account up to date, and what it then has, we have.
    pub(super) fn find_by_holder(
        &self,
        account: AccountId,
        keys: &[MessageKey],
        want: &Want,
    ) -> Result<Vec<MessageKey>, RemoteError> {
        let failed = |error: StoreError| offline(&error.to_string());
        let mut reader = self.store.reader().map_err(failed)?;
        let mut stale = Vec::new();
        let mut is_synced = false;
        for key in keys {
            let at = |reader: &mut Reader| reader.message_at(key.mailbox, key.validity, key.uid);
            let mut found = at(&mut reader).map_err(failed)?;
            if found.is_none() && !is_synced {
                self.ask_holder(account, &Errands::Everything)?;
                is_synced = true;
                found = at(&mut reader).map_err(failed)?;
            }
            match found {
                Some(_) if *want == Want::Header => {}
                Some(message) => {
                    let place = (message, key.mailbox);
                    self.fetch_by_holder(account, &mut reader, place, want)?;
                }
                None if is_in_gap(&mut reader, *key).map_err(failed)? => {
                    return Err(offline(
                        "another Sterna holds the account and has not read this message yet",
                    ));
                }
                None => stale.push(*key),
            }
        }
        Ok(stale)
    }

    /// Has as much of a message fetched as is wanted, where it is not here.
    fn fetch_by_holder(
        &self,
        account: AccountId,
        reader: &mut Reader,
        (message, mailbox): (MessageId, MailboxId),
        want: &Want,
    ) -> Result<(), RemoteError> {
        let failed = |error: StoreError| offline(&error.to_string());
        if reader.body(message).map_err(failed)?.is_none() {
            self.body_by_holder(account, message, mailbox)?;
        }
        let body = reader.body(message).map_err(failed)?;
        if body.is_none_or(|body| is_enough(&body, want)) {
            return Ok(());
        }
        let whole = PartPath::default();
        let path = match want {
            Want::Part(path) => path,
            _ => &whole,
        };
        self.part_by_holder(message, mailbox, path)
    }

    pub(super) fn body_by_holder(
        &self,
        account: AccountId,
        message: MessageId,
        mailbox: MailboxId,
    ) -> Result<(), RemoteError> {
        let mut numbered = self.place.numbered(self.store).into_iter();
        // The holder goes by its own configuration, which may be metered where this command is not.
        let is_metered =
            numbered.any(|(id, settings)| id == account && settings.metered_bytes.is_some());
        let wish = if is_metered {
            Message::WantBody(message, mailbox)
        } else {
            Message::FetchAnyway(message, mailbox)
        };
        self.peers()?.tell(wish.clone());
        let failed = "another Sterna holds the account and could not fetch the message";
        let answer = self.wait(&wish, |heard| match heard {
            Message::Body(id) if id == message => Some(Ok(())),
            Message::NoBody(id) if id == message => Some(Err(offline(failed))),
            Message::Metered(id, bytes, limit) if id == message => {
                Some(Err(RemoteError::Metered { bytes, limit }))
            }
            _ => None,
        });
        answer.unwrap_or_else(|| {
            Err(offline(
                "another Sterna holds the account and is offline or did not answer in time",
            ))
        })
    }

    /// Has the holder fetch a part, or the whole message; every block that comes is a sign of life.
    pub(super) fn part_by_holder(
        &self,
        message: MessageId,
        mailbox: MailboxId,
        path: &PartPath,
    ) -> Result<(), RemoteError> {
        let wish = Message::WantPart(WantedPart {
            message,
            mailbox,
            path: path.clone(),
        });
        self.peers()?.tell(wish.clone());
        let is_it = |id: MessageId, of: &PartPath| id == message && of == path;
        loop {
            let news = self.wait(&wish, |heard| match heard {
                Message::PartComing(id, of, ..) if is_it(id, &of) => Some(None),
                Message::PartHere(id, of) if is_it(id, &of) => Some(Some(true)),
                Message::NoPart(id, of) if is_it(id, &of) => Some(Some(false)),
                _ => None,
            });
            match news {
                Some(None) => {}
                Some(Some(true)) => return Ok(()),
                Some(Some(false)) => {
                    return Err(offline(
                        "another Sterna holds the account and could not fetch it",
                    ));
                }
                None => {
                    return Err(offline(
                        "another Sterna holds the account and did not answer in time",
                    ));
                }
            }
        }
    }

    /// Waits for any news of another process; false where none can come.
    pub(super) fn hear(&self, patience: Duration) -> bool {
        // A lost datagram costs a second, not the whole wait.
        let patience = patience.min(Duration::from_secs(1));
        let Some(peers) = &self.peers else {
            return false;
        };
        let _ = peers.receive(Some(patience));
        true
    }

    /// Waits for the answer to a question that was asked, and asks it again where none comes.
    fn wait<T>(&self, question: &Message, wanted: impl Fn(Message) -> Option<T>) -> Option<T> {
        let peers = self.peers.as_ref()?;
        let until = Instant::now() + PATIENCE;
        let mut again = Instant::now() + ASK_AGAIN;
        loop {
            let now = Instant::now();
            if now >= until {
                return None;
            }
            if now >= again {
                peers.tell(question.clone());
                again = now + ASK_AGAIN;
            }
            let left = again.min(until).saturating_duration_since(now);
            let found = peers.receive(Some(left)).and_then(&wanted);
            if found.is_some() {
                return found;
            }
        }
    }
}

/// Whether a message is among the headers that are still to be read.
fn is_in_gap(reader: &mut Reader, key: MessageKey) -> Result<bool, StoreError> {
    match reader.sync_state(key.mailbox) {
        Ok(known) => Ok(known.validity == Some(key.validity) && known.gap.contains(key.uid)),
        Err(StoreError::Gone) => Ok(false),
        Err(error) => Err(error),
    }
}
