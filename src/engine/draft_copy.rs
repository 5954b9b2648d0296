//! The server's copy of drafts: one of each, for other machines. A new one is confirmed before the old one goes, and only
//! the very message that we put there, or that was opened to be gone on with, is ever removed: where another client
//! changed the draft meanwhile, that one has another UID, and both stay.

use std::fs;
use std::hash::{BuildHasher, RandomState};

use crate::channel::draft::DraftId;
use crate::channel::error::{RemoteError, StoreError};
use crate::compose::build;
use crate::engine::sent_copy::{folder, now};
use crate::engine::talk::Talk;
use crate::engine::{Order, Post, Setup, store_failed};
use crate::mail::composition::{Attachment, Composition, Source};
use crate::mail::mailbox::{MailboxId, MailboxName, Role};
use crate::mail::outgoing::Moment;
use crate::mail::secret::Secret;
use crate::mail::uid::Uid;
use crate::mime::header;
use crate::store::bodies::StoredBody;
use crate::store::draft_copies::{Copy, CopyNews, DraftWork};
use crate::store::reader::Reader;
use crate::store::writer::Writer;

/// A draft with more is kept on this machine only: all of it would go again with every change.
const MOST_BYTES: u64 = 10 << 20;

/// Brings the server's copies up to date that are due, or `all` that are old; what cannot be done now comes again.
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
    let writer = setup.store.writer();
    match copy(setup, secret, reader, &writer, &work) {
        Ok(mailbox) => {
            if let (Some(bulk), Some(mailbox)) = (bulk, mailbox) {
                bulk.send(Order::Sync(vec![mailbox]));
            }
        }
        Err(error) => {
            tracing::warn!(
                account = setup.account.get(),
                "drafts were not copied: {error}"
            );
        }
    }
    writer.drafts_tried(setup.account)
}

/// Where they were copied to; `None` where there is no such folder.
fn copy(
    setup: &Setup,
    secret: &Secret,
    reader: &mut Reader,
    writer: &Writer,
    work: &[DraftWork],
) -> Result<Option<MailboxId>, RemoteError> {
    let Some((mailbox, name)) = folder(setup, reader, Role::Drafts)? else {
        return Ok(None);
    };
    let mut talk = Talk::open(setup, secret)?;
    let validity = talk.select(&name)?;
    let mut copying = Copying {
        talk,
        mailbox,
        validity,
        name,
        writer,
        reader,
    };
    for work in work {
        copying.one(work)?;
    }
    copying.talk.end();
    Ok(Some(mailbox))
}

struct Copying<'a> {
    talk: Talk,
    mailbox: MailboxId,
    validity: u32,
    name: MailboxName,
    writer: &'a Writer,
    reader: &'a mut Reader,
}

impl Copying<'_> {
    fn one(&mut self, work: &DraftWork) -> Result<(), RemoteError> {
        let mut current = work.copy;
        self.clean(work.draft, work.old)?;
        if !work.pending_id.is_empty() {
            // An earlier attempt may have added it, and nobody was told.
            match self.find(&work.pending_id)? {
                Some(found) => {
                    self.replace(work.draft, current, found, 0)?;
                    current = Some(found);
                }
                None => self.note(work.draft, CopyNews::NotThere)?,
            }
        }
        if work.is_over {
            self.remove(current)?;
            return self.note(work.draft, CopyNews::Gone);
        }
        let Some((composition, revision)) = &work.wanted else {
            return Ok(());
        };
        let Some((id, bytes)) = self.built(composition) else {
            return Ok(()); // It stays on this machine.
        };
        self.note(work.draft, CopyNews::Leaving(id.clone()))?;
        let told = self
            .talk
            .append(&self.name, &["\\Draft", "\\Seen"], bytes)?;
        let added = match told {
            Some((validity, uid)) => Some(self.at(validity, uid)),
            None => self.find(&id)?,
        };
        added.map_or(Ok(()), |added| {
            self.replace(work.draft, current, added, *revision)
        })
    }

    /// A new copy is there: first that is noted, then the old one goes.
    fn replace(
        &mut self,
        draft: DraftId,
        old: Option<Copy>,
        new: Copy,
        revision: i64,
    ) -> Result<(), RemoteError> {
        self.note(draft, CopyNews::There(new, revision))?;
        self.clean(draft, old)
    }

    fn clean(&mut self, draft: DraftId, old: Option<Copy>) -> Result<(), RemoteError> {
        if old.is_none() {
            return Ok(());
        }
        self.remove(old)?;
        self.note(draft, CopyNews::Cleaned)
    }

    /// Removes exactly this copy, where its UID still means it.
    fn remove(&mut self, copy: Option<Copy>) -> Result<(), RemoteError> {
        let uid = copy
            .filter(|copy| copy.mailbox == self.mailbox && copy.validity == self.validity)
            .and_then(|copy| Uid::new(copy.uid));
        uid.map_or(Ok(()), |uid| self.talk.remove(uid))
    }

    /// Where a copy lies, by its Message-ID, which no other copy has.
    fn find(&mut self, id: &str) -> Result<Option<Copy>, RemoteError> {
        let Some(first) = Uid::new(1) else {
            return Ok(None);
        };
        let found = self.talk.search(&self.name, first, (id, false))?;
        Ok(found.first().map(|uid| self.at(self.validity, *uid)))
    }

    const fn at(&self, validity: u32, uid: u32) -> Copy {
        Copy {
            mailbox: self.mailbox,
            validity,
            uid,
        }
    }

    /// The Message-ID and the bytes; `None` where an attachment is not at hand, or it is too much.
    fn built(&mut self, composition: &Composition) -> Option<(String, Vec<u8>)> {
        let attachments = &composition.attachments;
        if attachments.iter().map(|file| file.size_bytes).sum::<u64>() > MOST_BYTES {
            return None;
        }
        let material = attachments.iter().map(|file| self.material(file));
        let material: Vec<Vec<u8>> = material.collect::<Option<_>>()?;
        let random = |salt: u8| u128::from(RandomState::new().hash_one(salt));
        let moment = Moment {
            seconds: now(),
            offset_minutes: 0,
            random: random(1) << 64 | random(2),
        };
        let bytes = build::draft(composition, &material, &moment).ok()?;
        Some((header::envelope(&bytes).message_id, bytes))
    }

    fn material(&mut self, attachment: &Attachment) -> Option<Vec<u8>> {
        match &attachment.source {
            Source::File(path) => fs::read(path)
                .ok()
                .filter(|bytes| bytes.len() as u64 <= MOST_BYTES),
            Source::Message(message) => match self.reader.body(*message).ok()?? {
                StoredBody::Whole(bytes) => Some(bytes.clone()),
                StoredBody::Parts { .. } => None,
            },
            Source::Part { .. } => None,
        }
    }

    fn note(&self, draft: DraftId, news: CopyNews) -> Result<(), RemoteError> {
        let noted = self.writer.note_copy(draft, news);
        noted.map_err(|error| store_failed(&error))
    }
}
