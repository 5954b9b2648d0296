//! The server's copy of drafts: one of each, for other machines. A new one is confirmed before the old one goes, and only
//! the very message that we put there, or that was opened to be gone on with, is ever removed: where another client
//! changed the draft meanwhile, that one has another UID, and both stay.

use std::hash::{BuildHasher, RandomState};

use crate::channel::draft::{DraftId, ServerCopy};
use crate::channel::error::{RemoteError, StoreError};
use crate::compose::build;
use crate::engine::sent_copy::{folder, now};
use crate::engine::talk::Talk;
use crate::engine::{Order, Post, Setup, material, store_failed};
use crate::mail::composition::{Composition, Source};
use crate::mail::mailbox::{MailboxId, MailboxName, Role};
use crate::mail::message_id::MessageId;
use crate::mail::outgoing::Moment;
use crate::mail::secret::Secret;
use crate::mail::uid::{Uid, UidValidity};
use crate::mime::header;
use crate::store::draft_copies::{CopyNews, DraftWork};
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
    let tried = work.iter().map(|work| work.draft).collect();
    let place = folder(setup, reader, Role::Drafts).unwrap_or_default();
    let mut copying = Copying {
        setup,
        secret,
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
    reader: &'a mut Reader,
    open: Option<Open>,
}

/// A copy that is to be put there.
struct Letter {
    message_id: String,
    bytes: Vec<u8>,
    revision: i64,
}

impl Copying<'_> {
    fn one(&mut self, work: &DraftWork) -> Result<(), RemoteError> {
        let setup = self.setup;
        let letter = self.letter(work)?;
        let is_asked = work.is_over || work.old.is_some() || !work.pending_id.is_empty();
        if letter.is_none() && !is_asked {
            return Ok(());
        }
        let Some(open) = self.opened()? else {
            return Ok(());
        };
        let draft = work.draft;
        let mut current = work.copy;
        open.clean(setup, draft, work.old)?;
        if !work.pending_id.is_empty() {
            // An earlier attempt may have added it, and nobody was told.
            match open.find(&work.pending_id)? {
                Some(found) => {
                    open.replace(setup, draft, current, found, 0)?;
                    current = Some(found);
                }
                None => note(setup, draft, CopyNews::NotThere)?,
            }
        }
        if work.is_over {
            open.remove(current)?;
            return note(setup, draft, CopyNews::Gone);
        }
        let Some(letter) = letter else {
            return Ok(());
        };
        note(setup, draft, CopyNews::Leaving(letter.message_id.clone()))?;
        let added = open.add(&letter)?;
        added.map_or(Ok(()), |added| {
            open.replace(setup, draft, current, added, letter.revision)
        })
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
            // Its copy is where these attachments are: it must not go.
            .filter(|composition| !copy.is_some_and(|copy| is_made_of(composition, copy)))
            .and_then(|composition| built(self.setup, composition));
        match built {
            Some((message_id, bytes)) => Ok(Some(Letter {
                message_id,
                bytes,
                revision,
            })),
            None => note(self.setup, work.draft, CopyNews::Stays(revision)).map(|()| None),
        }
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
    /// Adds a copy; `None` where it cannot be found afterwards.
    fn add(&mut self, letter: &Letter) -> Result<Option<ServerCopy>, RemoteError> {
        let bytes = letter.bytes.clone();
        let told = self
            .talk
            .append(&self.name, &["\\Draft", "\\Seen"], bytes)?;
        match told {
            Some((validity, uid)) => Ok(Some(self.at(validity, uid))),
            None => self.find(&letter.message_id),
        }
    }

    /// A new copy is there: first that is noted, then the old one goes.
    fn replace(
        &mut self,
        setup: &Setup,
        draft: DraftId,
        old: Option<ServerCopy>,
        new: ServerCopy,
        revision: i64,
    ) -> Result<(), RemoteError> {
        note(setup, draft, CopyNews::There(new, revision))?;
        self.clean(setup, draft, old)
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
        note(setup, draft, CopyNews::Cleaned)
    }

    /// Removes exactly this copy, where its UID still means it.
    fn remove(&mut self, copy: Option<ServerCopy>) -> Result<(), RemoteError> {
        let uid = copy
            .filter(|copy| copy.mailbox == self.mailbox && copy.validity == self.validity)
            .and_then(|copy| Uid::new(copy.uid));
        uid.map_or(Ok(()), |uid| self.talk.remove(uid))
    }

    /// Where a copy lies, by its Message-ID, which no other copy has.
    fn find(&mut self, id: &str) -> Result<Option<ServerCopy>, RemoteError> {
        let Some(first) = Uid::new(1) else {
            return Ok(None);
        };
        let found = self.talk.search(&self.name, first, (id, false))?;
        Ok(found.first().map(|uid| self.at(self.validity, *uid)))
    }

    const fn at(&self, validity: u32, uid: u32) -> ServerCopy {
        ServerCopy {
            mailbox: self.mailbox,
            validity,
            uid,
        }
    }
}

fn note(setup: &Setup, draft: DraftId, news: CopyNews) -> Result<(), RemoteError> {
    let noted = setup.store.writer().note_copy(draft, news);
    noted.map_err(|error| store_failed(&error))
}

/// Whether attachments of a draft are parts of this message.
fn is_made_of(composition: &Composition, message: MessageId) -> bool {
    let mut sources = composition.attachments.iter().map(|file| &file.source);
    sources.any(|source| match source {
        Source::File(_) => false,
        Source::Message(id) | Source::Part { message: id, .. } => *id == message,
    })
}

/// The Message-ID and the bytes; `None` where an attachment is not at hand, or it is too much.
fn built(setup: &Setup, composition: &Composition) -> Option<(String, Vec<u8>)> {
    let attachments = &composition.attachments;
    if attachments.iter().map(|file| file.size_bytes).sum::<u64>() > MOST_BYTES {
        return None;
    }
    let material = material::of(&setup.store, attachments, MOST_BYTES).ok()?;
    let random = |salt: u8| u128::from(RandomState::new().hash_one(salt));
    let moment = Moment {
        seconds: now(),
        offset_minutes: 0,
        random: random(1) << 64 | random(2),
    };
    let bytes = build::draft(composition, &material, &moment).ok()?;
    Some((header::envelope(&bytes).message_id, bytes))
}
