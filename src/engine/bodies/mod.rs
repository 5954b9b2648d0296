//! Bodies: small messages whole, large ones as structure and text parts; ahead of time where the policy says so.

mod answers;
pub mod arriving;
pub mod download;
pub mod keeping;

use std::time::{SystemTime, UNIX_EPOCH};

use crate::channel::error::RemoteError;
use crate::channel::event::Event;
use crate::engine::link::Link;
use crate::engine::link::step::{BodyWork, Step};
use crate::mail::account::{AccountSettings, Offline};
use crate::mail::mailbox::MailboxId;
use crate::mail::message_id::MessageId;
use crate::mail::part::{PartInfo, PartPath};
use crate::mail::safe_text::SafeText;
use crate::mail::uid::Uid;
use crate::mail::uid_set::UidSet;
use crate::remote::command::fetch;
use crate::remote::response::Data;
use crate::store::bodies::StoredBody;

/// Messages up to this size are fetched whole, in bytes.
pub const WHOLE_BYTES: u64 = 256 * 1024;
/// Text parts up to this size are fetched with a large message, in bytes.
pub(super) const TEXT_BYTES: u64 = 1024 * 1024;
/// Text that is fetched with one large message, in bytes; the rest waits until it is asked for.
const TEXTS_BYTES: u64 = 4 * TEXT_BYTES;
/// Bodies prefetched in one command, by number and by size.
pub(super) const AHEAD: usize = 50;
pub(super) const AHEAD_BYTES: u64 = 384 * 1024;
/// Such commands in flight: the server reads on while what it sent is being kept.
pub(super) const AHEAD_COMMANDS: usize = 3;
/// Bodies that the store is asked for at once.
const LOOK_AHEAD: usize = 2_000;
/// How far back `offline = "recent"` reaches, in seconds.
const RECENT_SECONDS: i64 = 90 * 24 * 3600;

impl Link<'_> {
    /// Fetches a body that the user waits for.
    pub(super) fn want_body(
        &mut self,
        message: MessageId,
        mailbox: MailboxId,
        is_allowed: bool,
    ) -> Result<(), RemoteError> {
        if self.given.take_if(|given| *given == message).is_some() {
            // It came already, and the store has yet to commit it.
            let flushed = self.writer.flush();
            self.stored(flushed)?;
        }
        let cached = self.reader.body(message);
        if self.stored(cached)?.is_some() {
            self.tell(Event::BodyStored(message));
            return Ok(());
        }
        let key = self.reader.key(message, mailbox);
        let validity = self.place().map(|(_, validity)| validity);
        let Some(key) = self
            .stored(key)?
            .filter(|key| Some(key.validity) == validity)
        else {
            let error = gone();
            self.tell(Event::BodyFailed { message, error });
            return Ok(());
        };
        let row = self.reader.row(message, mailbox);
        let size_bytes = self.stored(row)?.map_or(0, |row| row.size_bytes);
        // Where it may cost too much, or nobody said what it costs, its structure tells first what its text takes.
        let limit = self.setup.settings.metered_bytes.filter(|_| !is_allowed);
        let is_whole = (1..=WHOLE_BYTES.min(limit.unwrap_or(u64::MAX))).contains(&size_bytes);
        self.start_body(message, mailbox, key.uid, is_whole, true);
        if let Some(work) = self.works.get_mut(&key.uid) {
            work.is_allowed |= is_allowed;
        }
        Ok(())
    }

    pub(super) fn start_body(
        &mut self,
        message: MessageId,
        mailbox: MailboxId,
        uid: Uid,
        is_whole: bool,
        is_wanted: bool,
    ) {
        if let Some(work) = self.works.get_mut(&uid) {
            work.is_wanted |= is_wanted;
            return; // Already on its way.
        }
        let work = BodyWork::new(message, mailbox, is_wanted);
        self.works.insert(uid, work);
        self.end_idle();
        if is_whole {
            self.send(
                fetch::bodies(&UidSet::from_iter([uid])),
                Step::Bodies(vec![uid]),
            );
        } else {
            self.send(fetch::structure_and_header(uid), Step::Structure(uid));
        }
    }

    /// A structure came.
    pub(super) fn structure_came(&mut self, uid: Uid, structure: Vec<PartInfo>) {
        if let Some(work) = self.works.get_mut(&uid) {
            work.parts = structure.into_iter().map(|info| (info, None)).collect();
        }
    }

    /// A section of a body came; a whole one goes to the store at once, from file to file where it is large.
    pub(super) fn body_came(&mut self, uid: Uid, section: &str, data: Data) {
        let Some(work) = self.works.get_mut(&uid) else {
            return;
        };
        match (section, data) {
            (_, Data::Nil) => {}
            ("", Data::File(file)) => {
                work.is_stored = true;
                self.given = Some(work.message);
                let length = file.size_bytes();
                self.writer.body_from(work.message, length, file.reader());
            }
            ("", Data::Memory(bytes)) => {
                work.is_stored = true;
                self.given = Some(work.message);
                self.writer.body(work.message, StoredBody::Whole(bytes));
            }
            ("HEADER", data) => work.header = data.into_bytes(TEXT_BYTES).unwrap_or_default(),
            (path, data) => {
                if let Some(path) = PartPath::parse(path) {
                    work.take_text(&path, data);
                }
            }
        }
    }

    /// The structure is known: the text parts are worth fetching, the rest waits until it is asked for.
    pub(super) fn structure_ended(&mut self, uid: Uid) {
        let is_empty = |work: &BodyWork| work.parts.is_empty() && work.header.is_empty();
        if self.works.get(&uid).is_some_and(is_empty) {
            if self.may_retry(uid) {
                self.send(fetch::structure_and_header(uid), Step::Structure(uid));
            } else {
                self.body_failed(uid, &gone());
            }
            return;
        }
        let Some(work) = self.works.get(&uid) else {
            return;
        };
        let is_text = |info: &&PartInfo| {
            let is_shown = info.content_type.starts_with("text/") && !info.is_attachment;
            is_shown && info.size_bytes <= TEXT_BYTES
        };
        let infos = work.parts.iter().map(|(info, _)| info);
        let mut room = TEXTS_BYTES;
        let fits = |info: &&PartInfo| {
            let rest = room.checked_sub(info.size_bytes);
            room = rest.unwrap_or(0);
            rest.is_some()
        };
        let texts = infos.filter(is_text).take(50).take_while(fits);
        let texts: Vec<&PartInfo> = texts.collect();
        let bytes = texts.iter().map(|info| info.size_bytes).sum();
        let limit = self.setup.settings.metered_bytes;
        if let Some(limit) = limit.filter(|limit| bytes > *limit && !work.is_allowed) {
            return self.body_failed(uid, &RemoteError::Metered { bytes, limit });
        }
        let paths: Vec<PartPath> = texts.iter().map(|info| info.path.clone()).collect();
        if paths.is_empty() {
            return self.parts_ended(uid);
        }
        if let Some(work) = self.works.get_mut(&uid) {
            work.asked = paths.iter().cloned().collect();
            work.room = 2 * TEXTS_BYTES; // A structure may be wrong, but not by any amount.
        }
        self.send(fetch::sections(uid, &paths, None), Step::Parts(uid));
    }

    /// The text parts are here.
    pub(super) fn parts_ended(&mut self, uid: Uid) {
        if let Some(work) = self.works.remove(&uid) {
            self.writer.body(
                work.message,
                StoredBody::Parts {
                    header: work.header,
                    parts: work.parts,
                },
            );
        }
    }

    /// A body could not be had.
    pub(super) fn body_failed(&mut self, uid: Uid, error: &RemoteError) {
        if let Some(work) = self.works.remove(&uid) {
            self.unfetchable.insert(work.message);
            if work.is_wanted {
                self.tell(Event::BodyFailed {
                    message: work.message,
                    error: error.clone(),
                });
            }
        }
    }

    /// What the configuration says for a mailbox.
    fn policy(&mut self, mailbox: MailboxId) -> Offline {
        let name = self
            .reader
            .mailbox(mailbox)
            .ok()
            .flatten()
            .map(|info| info.name.display())
            .unwrap_or_default();
        policy(&self.setup.settings, &name)
    }

    /// Whether bodies of this mailbox are to be fetched ahead.
    pub(super) fn wants_prefetch(&mut self, mailbox: MailboxId) -> bool {
        self.policy(mailbox) >= Offline::Recent
    }

    /// Goes on with fetching bodies ahead; true when nothing is left.
    pub(super) fn prefetch_on(&mut self, mailbox: MailboxId) -> Result<bool, RemoteError> {
        let policy = self.policy(mailbox);
        if policy < Offline::Recent
            || self
                .selection
                .as_ref()
                .is_some_and(|selection| selection.is_prefetched)
        {
            return Ok(true);
        }
        let has_more = |link: &Self| {
            let selection = link.selection.as_ref();
            selection.is_some_and(|selection| !selection.ahead.is_empty())
        };
        if !has_more(self) {
            // What is on its way would be found missing again.
            if !self.works.is_empty() {
                return Ok(false);
            }
            self.look_ahead(mailbox, policy)?;
            if !has_more(self) {
                if let Some(selection) = &mut self.selection {
                    selection.is_prefetched = true;
                }
                return Ok(true);
            }
        }
        let is_waited_for = self.works.values().any(|work| work.is_wanted);
        while !is_waited_for && has_more(self) && self.n_body_steps() < AHEAD_COMMANDS {
            self.fetch_ahead(mailbox, policy);
        }
        Ok(false)
    }

    /// Commands for bodies in flight.
    pub(super) fn n_body_steps(&self) -> usize {
        let is_for_body =
            |step: &&Step| matches!(step, Step::Bodies(_) | Step::Structure(_) | Step::Parts(_));
        self.steps.values().filter(is_for_body).count()
    }

    /// Asks the store which bodies are missing: many at once, since it looks through all that are here to find them.
    fn look_ahead(&mut self, mailbox: MailboxId, policy: Offline) -> Result<(), RemoteError> {
        let flushed = self.writer.flush();
        self.stored(flushed)?;
        let now = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .map_or(0, |now| now.as_secs());
        let since = (policy == Offline::Recent).then(|| {
            i64::try_from(now)
                .unwrap_or(0)
                .saturating_sub(RECENT_SECONDS)
        });
        let n = LOOK_AHEAD.saturating_add(self.unfetchable.len());
        let missing = self.reader.without_body(mailbox, since, n);
        let mut missing = self.stored(missing)?;
        missing.retain(|(message, ..)| !self.unfetchable.contains(message));
        if let Some(selection) = &mut self.selection {
            selection.ahead = missing.into();
        }
        Ok(())
    }

    /// One command for as many small messages as fit; a large one alone.
    fn fetch_ahead(&mut self, mailbox: MailboxId, policy: Offline) {
        let (mut uids, mut bytes) = (Vec::new(), 0_u64);
        for n in 0..AHEAD {
            let Some(selection) = &mut self.selection else {
                return;
            };
            let is_large = |size_bytes| size_bytes > WHOLE_BYTES && policy != Offline::All;
            let doubted = &self.doubted;
            let fits = |message: &MessageId, size_bytes: u64| {
                let is_room = bytes.saturating_add(size_bytes) <= AHEAD_BYTES;
                n == 0 || is_room && !is_large(size_bytes) && !doubted.contains(message)
            };
            let next = &mut selection.ahead;
            let Some((message, uid, size_bytes)) =
                next.pop_front_if(|(message, _, size)| fits(message, *size))
            else {
                break;
            };
            if is_large(size_bytes) {
                return self.start_body(message, mailbox, uid, false, false);
            }
            bytes = bytes.saturating_add(size_bytes);
            let work = BodyWork::new(message, mailbox, false);
            self.works.insert(uid, work);
            uids.push(uid);
            if self.doubted.contains(&message) {
                break;
            }
        }
        if !uids.is_empty() {
            self.send(
                fetch::bodies(&uids.iter().copied().collect()),
                Step::Bodies(uids),
            );
        }
    }
}

pub(super) fn gone() -> RemoteError {
    RemoteError::Refused {
        action: "give the message",
        text: SafeText::line("the message is no longer in this folder"),
    }
}

/// What the configuration keeps of a mailbox, by its decoded name: the first exception that fits, else the account's.
#[must_use]
pub fn policy(settings: &AccountSettings, name: &str) -> Offline {
    let exception = settings
        .offline_folders
        .iter()
        .find(|(pattern, _)| matches(pattern, name));
    let wanted = exception.map_or(settings.offline, |(_, offline)| *offline);
    if settings.metered_bytes.is_some() {
        return wanted.min(Offline::Headers); // Nothing that nobody asked for.
    }
    wanted
}

/// Whether a mailbox name fits a pattern in which `*` stands for anything, also for nothing.
#[must_use]
pub fn matches(pattern: &str, name: &str) -> bool {
    let mut pieces = pattern.split('*');
    let Some(mut rest) = pieces.next().and_then(|first| name.strip_prefix(first)) else {
        return false;
    };
    if !pattern.contains('*') {
        return rest.is_empty();
    }
    let pieces: Vec<&str> = pieces.collect();
    let Some((last, middle)) = pieces.split_last() else {
        return rest.is_empty();
    };
    for piece in middle {
        match rest.split_once(piece) {
            Some((_, behind)) if !piece.is_empty() => rest = behind,
            Some(_) => {}
            None => return false,
        }
    }
    rest.ends_with(last)
}

#[cfg(test)]
mod tests;
