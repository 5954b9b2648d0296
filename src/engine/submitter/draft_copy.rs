//! The server's copy of drafts: one of each, for other machines. A new one takes the place of the old one in one step where
//! the server can do that, else it is confirmed before the old one goes. Only the very message that we put there, or that
//! was opened to be gone on with, is ever removed: where another client changed the draft meanwhile, that one has another
//! UID, and both stay.

use std::hash::{BuildHasher, RandomState};

use crate::channel::draft::{DraftId, ServerCopy};
use crate::channel::error::{RemoteError, StoreError};
use crate::compose::build;
use crate::engine::once::talk::Talk;
use crate::engine::submitter::material;
use crate::engine::submitter::own_folder;
use crate::engine::submitter::sent_copy::now;
use crate::engine::{Order, Post, Setup, store_failed};
use crate::mail::composition::Composition;
use crate::mail::mailbox::{MailboxId, MailboxName, Role};
use crate::mail::message_id::MessageId;
use crate::mail::outgoing::Moment;
use crate::mail::secret::Secret;
use crate::mail::uid::{Uid, UidValidity};
use crate::mime::header;
use crate::store::outgoing::draft_copies::{CopyNews, DraftWork, Imprint};
use crate::store::reader::Reader;

/// A draft with more is kept on this machine only: all of it would go again with every change.
const MOST_BYTES: u64 = 10 << 20;

/// Brings the server's copies up to date that are due, or `all` that are old; what cannot be done now comes again. Where
/// nothing is to be done there, the server is not asked.
///
/// # Errors
/// What the disk said.
pub(super) fn copy_due(
    setup: &Setup,
    secret: &Secret,
    reader: &mut Reader,
    all: bool,
    bulk: Option<&Post>,
) -> Result<(), StoreError> {
    let work = reader.drafts_to_copy(setup.account, all)?;
    if work.is_empty() {
        return Ok(());
    }
    let tried = work.iter().map(|work| work.seen).collect();
    let place = own_folder::known(setup, reader, Role::Drafts).unwrap_or_default();
    let mut copying = Copying {
        setup,
        secret,
        may_make: place.is_none(),
        place,
        reader,
        open: None,
    };
    for work in &work {
        match copying.one(work) {
            Ok(()) => {}
            // It is about this draft; the others go on.
            Err(error @ RemoteError::Refused { .. }) => copying.warn(&error),
            Err(error) => {
                copying.warn(&error);
                copying.open = None;
                break;
            }
        }
    }
    if let Some(open) = copying.open {
        open.talk.end();
        if let Some(bulk) = bulk {
            bulk.send(Order::Sync(vec![open.mailbox]));
        }
    }
    setup.store.writer().drafts_tried(setup.account, tried)
}

/// A connection that has the folder open.
struct Open {
    talk: Talk,
    mailbox: MailboxId,
    name: MailboxName,
    validity: u32,
}

struct Copying<'a> {
    setup: &'a Setup,
    secret: &'a Secret,
    /// The folder of drafts; `None` where there is none.
    place: Option<(MailboxId, MailboxName)>,
    /// There is none as far as is known, and none was asked for yet.
    may_make: bool,
    reader: &'a mut Reader,
    open: Option<Open>,
}

/// A copy that is to be put there.
struct Letter {
    message_id: String,
    bytes: Vec<u8>,
    revision: i64,
}

/// Messages with the Message-ID of a copy that are looked at.
const MOST_ALIKE: usize = 10;

/// The flags of a copy.
const FLAGS: [&str; 2] = ["\\Draft", "\\Seen"];

impl Copying<'_> {
    fn one(&mut self, work: &DraftWork) -> Result<(), RemoteError> {
        let setup = self.setup;
        let letter = self.letter(work)?;
        let is_asked = work.is_over || work.old.is_some() || work.pending.is_some();
        if letter.is_none() && !is_asked {
            return Ok(());
        }
        if letter.is_some() && std::mem::take(&mut self.may_make) {
            let made = own_folder::wanted(setup, self.secret, self.reader, Role::Drafts)?;
            made.talk.end();
            self.place = made.mailbox.map(|mailbox| (mailbox, made.name));
        }
        let Some(open) = self.opened()? else {
            return Ok(());
        };
        let draft = work.seen.draft;
        let mut current = open.current(work)?;
        open.clean(setup, draft, work.old)?;
        if let Some(pending) = &work.pending {
            // An earlier attempt may have added it, and nobody was told.
            match open.ours(pending)? {
                Some(found) => {
                    note(setup, draft, CopyNews::There(found, 0))?;
                    open.clean(setup, draft, current)?;
                    current = Some(found);
                }
                None => {
                    note(setup, draft, CopyNews::NotThere)?;
                }
            }
        }
        if work.is_over {
            open.remove(current)?;
            return note(setup, draft, CopyNews::Gone).map(|_| ());
        }
        let Some(letter) = letter else {
            return Ok(());
        };
        let leaving = Imprint::of(&letter.message_id, &letter.bytes);
        if !note(setup, draft, CopyNews::Leaving(leaving))? {
            return Ok(()); // Meanwhile it was thrown away, or is another account's.
        }
        let (told, is_replaced) = open.put(current, &letter)?;
        let there = match told {
            Some((validity, uid)) => Some(open.at(validity, uid)),
            None => open.find(&letter.message_id)?,
        };
        let Some(there) = there else {
            return Ok(());
        };
        note(setup, draft, CopyNews::There(there, letter.revision))?;
        if is_replaced {
            return note(setup, draft, CopyNews::Cleaned).map(|_| ());
        }
        open.clean(setup, draft, current)
    }

    /// What is to be put there; that it stays on this machine is noted, so that it is not tried again.
    fn letter(&mut self, work: &DraftWork) -> Result<Option<Letter>, RemoteError> {
        let Some(wanted) = &work.wanted else {
            return Ok(None);
        };
        let revision = wanted.revision;
        let copy = work.copy.and_then(|copy| self.message_at(copy));
        let composition = wanted.composition.as_ref();
        let built = composition
            // What another program formatted stays as long as nothing was sent.
            .filter(|composition| !composition.is_formatted || work.copy.is_none())
            // Its copy is where these attachments are: it must not go.
            .filter(|composition| !copy.is_some_and(|copy| is_made_of(composition, copy)))
            .and_then(|composition| built(self.setup, work.seen.draft, composition));
        match built {
            Some((message_id, bytes)) => Ok(Some(Letter {
                message_id,
                bytes,
                revision,
            })),
            None if composition.is_some_and(|composition| self.is_awaiting(composition)) => {
                Ok(None)
            }
            None => note(self.setup, work.seen.draft, CopyNews::Stays(revision)).map(|_| None),
        }
    }

    /// Whether a message that a draft is made of is still to be found again, since the cache was lost.
    fn is_awaiting(&mut self, composition: &Composition) -> bool {
        let mut messages = sources(composition);
        messages.any(|message| matches!(self.reader.awaited_in(message), Ok(Some(_))))
    }

    fn message_at(&mut self, copy: ServerCopy) -> Option<MessageId> {
        let (validity, uid) = (UidValidity::new(copy.validity)?, Uid::new(copy.uid)?);
        let found = self.reader.message_at(copy.mailbox, validity, uid);
        found.ok().flatten()
    }

    /// The connection, opened for the first that needs it; `None` where there is no folder of drafts.
    fn opened(&mut self) -> Result<Option<&mut Open>, RemoteError> {
        let Some((mailbox, name)) = &self.place else {
            return Ok(None);
        };
        if self.open.is_none() {
            let mut talk = Talk::open(self.setup, self.secret)?;
            let validity = match talk.select(name) {
                Ok(validity) => validity,
                Err(error) => {
                    // It would be the same for every other draft.
                    self.place = None;
                    return Err(error);
                }
            };
            self.open = Some(Open {
                talk,
                mailbox: *mailbox,
                name: name.clone(),
                validity,
            });
        }
        Ok(self.open.as_mut())
    }

    fn warn(&self, error: &RemoteError) {
        tracing::warn!(
            account = self.setup.account.get(),
            recovery = ?error.recovery(),
            "drafts were not copied"
        );
    }
}

impl Open {
    /// Where the copy of a draft is now. Where the folder was numbered anew, it is what has its Message-ID, and is to the
    /// letter what was put there: no other client has had it in hand since.
    fn current(&mut self, work: &DraftWork) -> Result<Option<ServerCopy>, RemoteError> {
        let (Some(copy), Some(base)) = (work.copy, &work.base) else {
            return Ok(work.copy);
        };
        if copy.mailbox != self.mailbox || copy.validity == self.validity {
            return Ok(work.copy);
        }
        self.ours(base)
    }

    /// Where a copy is that we put there. Its Message-ID alone says nothing: another client that goes on with a draft may
    /// keep that, and what it made is not ours to be removed.
    fn ours(&mut self, copy: &Imprint) -> Result<Option<ServerCopy>, RemoteError> {
        let found = self.search(&copy.message_id)?;
        for uid in found.into_iter().filter_map(Uid::new).take(MOST_ALIKE) {
            let bytes = self.talk.message(uid, 2 * MOST_BYTES)?;
            if copy.is_of(&bytes) {
                return Ok(Some(self.at(self.validity, uid.get())));
            }
        }
        Ok(None)
    }

    /// Puts a copy there, in the place of the old one where the server can do that in one step: its UIDVALIDITY and UID
    /// where they are told, and whether the old one went with that.
    fn put(
        &mut self,
        old: Option<ServerCopy>,
        letter: &Letter,
    ) -> Result<(Option<(u32, u32)>, bool), RemoteError> {
        let bytes = || letter.bytes.clone();
        if let Some(old) = self.uid_of(old).filter(|_| self.talk.can_replace()) {
            match self.talk.replace(old, &self.name, &FLAGS, bytes()) {
                Ok(told) => return Ok((told, true)),
                // Nothing has changed: another client has removed the old one, or nobody may. Where there is no room, the
                // server says so again.
                Err(RemoteError::Refused { .. }) => {}
                Err(error) => return Err(error),
            }
        }
        let told = self.talk.append(&self.name, &FLAGS, bytes())?;
        Ok((told, false))
    }

    fn clean(
        &mut self,
        setup: &Setup,
        draft: DraftId,
        old: Option<ServerCopy>,
    ) -> Result<(), RemoteError> {
        if old.is_none() {
            return Ok(());
        }
        self.remove(old)?;
        note(setup, draft, CopyNews::Cleaned).map(|_| ())
    }

    /// Removes exactly this copy, where its UID still means it.
    fn remove(&mut self, copy: Option<ServerCopy>) -> Result<(), RemoteError> {
        let uid = self.uid_of(copy);
        uid.map_or(Ok(()), |uid| self.talk.remove(uid))
    }

    /// The UID of a copy, where it still means that copy.
    fn uid_of(&self, copy: Option<ServerCopy>) -> Option<Uid> {
        let is_here =
            |copy: &ServerCopy| copy.mailbox == self.mailbox && copy.validity == self.validity;
        copy.filter(is_here).and_then(|copy| Uid::new(copy.uid))
    }

    /// Where a copy lies that was put there just now, and nobody said where: it came last.
    fn find(&mut self, id: &str) -> Result<Option<ServerCopy>, RemoteError> {
        let last = self.search(id)?.into_iter().max();
        Ok(last.map(|uid| self.at(self.validity, uid)))
    }

    fn search(&mut self, id: &str) -> Result<Vec<u32>, RemoteError> {
        let Some(first) = Uid::new(1) else {
            return Ok(Vec::new());
        };
        self.talk.search(&self.name, first, (id, false))
    }

    const fn at(&self, validity: u32, uid: u32) -> ServerCopy {
        ServerCopy {
            mailbox: self.mailbox,
            validity,
            uid,
        }
    }
}

/// False where the draft is gone, or another account's.
fn note(setup: &Setup, draft: DraftId, news: CopyNews) -> Result<bool, RemoteError> {
    let writer = setup.store.writer();
    let noted = writer.note_copy(setup.account, draft, news);
    noted.map_err(|error| store_failed(&error))
}

/// Whether attachments of a draft are parts of this message.
fn is_made_of(composition: &Composition, message: MessageId) -> bool {
    sources(composition).any(|source| source == message)
}

/// The messages that attachments of a draft are, or are parts of.
fn sources(composition: &Composition) -> impl Iterator<Item = MessageId> {
    let attachments = composition.attachments.iter();
    attachments.filter_map(|attachment| attachment.source.message())
}

/// The Message-ID and the bytes; `None` where an attachment is not at hand, or it is too much.
fn built(setup: &Setup, draft: DraftId, composition: &Composition) -> Option<(String, Vec<u8>)> {
    let attachments = &composition.attachments;
    if attachments.iter().map(|file| file.size_bytes).sum::<u64>() > MOST_BYTES {
        return None;
    }
    let material = material::of(&setup.store, Some(draft), attachments, MOST_BYTES).ok()?;
    let random = |salt: u8| u128::from(RandomState::new().hash_one(salt));
    let moment = Moment {
        seconds: now(),
        offset_minutes: 0,
        random: random(1) << 64 | random(2),
    };
    let bytes = build::draft(composition, &material, &moment).ok()?;
    Some((header::envelope(&bytes).message_id, bytes))
}
