//! One part, or a whole message, in blocks: two in flight, kept as they come, so that a cut connection and a cancel cost no
//! more than what was on its way.

use std::collections::BTreeMap;

use crate::channel::error::RemoteError;
use crate::channel::event::{Event, PartState};
use crate::engine::bodies::arriving::{BLOCK, Download, most};
use crate::engine::bodies::{WHOLE_BYTES, gone};
use crate::engine::lane::agenda::Agenda;
use crate::engine::link::Link;
use crate::engine::link::finish::protocol;
use crate::engine::link::step::Step;
use crate::mail::mailbox::MailboxId;
use crate::mail::part::WantedPart;
use crate::mail::uid::Uid;
use crate::remote::command::fetch;
use crate::remote::response::Section;
use crate::store::bodies::StoredBody;

/// Blocks in flight.
const AHEAD: usize = 2;

/// What became of the beginning.
enum Begun {
    /// It is here already.
    Here,
    /// Its structure is being fetched first.
    Later,
    /// It can be fetched.
    Ready(Box<Download>),
    /// It cannot be had.
    Failed(RemoteError),
}

impl Link<'_> {
    /// Goes on with the first wish in a mailbox; false where it must wait for answers.
    pub(in crate::engine) fn download_on(
        &mut self,
        mailbox: MailboxId,
        agenda: &mut Agenda,
    ) -> Result<bool, RemoteError> {
        let found = agenda.parts.iter().find(|part| part.mailbox == mailbox);
        let Some(wanted) = found.cloned() else {
            return Ok(true);
        };
        let is_running = |download: &Download| download.wanted == wanted && !download.is_cancelled;
        if self.download.as_ref().is_some_and(is_running) {
            self.ask_blocks();
            return Ok(false);
        }
        if self
            .download
            .as_ref()
            .is_some_and(|other| other.n_in_flight > 0)
        {
            return Ok(false); // What is on its way of another part is kept first.
        }
        self.download = None;
        match self.begin_download(&wanted)? {
            Begun::Later => return Ok(false),
            Begun::Here => self.part_ended(wanted, PartState::Here, agenda),
            Begun::Failed(error) => self.part_ended(wanted, PartState::Failed(error), agenda),
            Begun::Ready(download) => {
                self.tell_part(&download);
                self.download = Some(*download);
                self.ask_blocks();
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn begin_download(&mut self, wanted: &WantedPart) -> Result<Begun, RemoteError> {
        let flushed = self.writer.flush();
        self.stored(flushed)?;
        let validity = self.place().map(|(_, validity)| validity);
        let key = self.reader.key(wanted.message, wanted.mailbox);
        let key = self.stored(key)?;
        let body = self.reader.body(wanted.message);
        let body = self.stored(body)?;
        if matches!(body, Some(StoredBody::Whole(_))) {
            return Ok(Begun::Here);
        }
        let Some(key) = key.filter(|key| Some(key.validity) == validity) else {
            return Ok(Begun::Failed(gone()));
        };
        let size_bytes = self.reader.size_bytes(wanted.message);
        let size_bytes = self.stored(size_bytes)?;
        let parts = match body {
            Some(StoredBody::Parts { parts, .. }) => Some(parts),
            _ => None,
        };
        let is_whole = wanted.path.numbers().is_empty();
        let (n_total, encoding) = if is_whole && size_bytes > WHOLE_BYTES {
            (size_bytes, String::new())
        } else if let Some(parts) = parts.filter(|_| !is_whole) {
            match parts.into_iter().find(|(info, _)| info.path == wanted.path) {
                Some((_, Some(_))) => return Ok(Begun::Here),
                Some((info, None)) => (info.size_bytes, info.encoding),
                None => return Ok(Begun::Failed(protocol("the message has no such part"))),
            }
        } else if self.unfetchable.contains(&wanted.message) {
            return Ok(Begun::Failed(gone()));
        } else {
            let fetches_whole = size_bytes <= WHOLE_BYTES;
            self.start_body(
                wanted.message,
                wanted.mailbox,
                key.uid,
                fetches_whole,
                false,
            );
            return Ok(Begun::Later);
        };
        let download = self.open_download(wanted, key.uid, n_total, encoding)?;
        Ok(Begun::Ready(Box::new(download)))
    }

    /// Finds what has come of a part that is announced with so many bytes.
    fn open_download(
        &mut self,
        wanted: &WantedPart,
        uid: Uid,
        n_total: u64,
        encoding: String,
    ) -> Result<Download, RemoteError> {
        let is_whole = wanted.path.numbers().is_empty();
        let is_binary = !is_whole && self.has_binary && self.session.capabilities().has("BINARY");
        let kind = if is_binary { "binary" } else { "body" };
        let (account, store) = (self.setup.account, &self.setup.store);
        let partial = store.partial(account, wanted.message, &wanted.path, kind, BLOCK);
        let mut partial = self.stored(partial)?;
        // Of base64 a quarter is air. RFC 2045 §6.8.
        let shrinks = is_binary && encoding == "base64";
        let n_total = if shrinks { n_total / 4 * 3 } else { n_total };
        if partial.length() >= most(n_total) {
            let restarted = partial.restart();
            self.stored(restarted)?;
        }
        Ok(Download {
            wanted: wanted.clone(),
            uid,
            n_total,
            encoding: if is_binary {
                "binary".to_owned()
            } else {
                encoding
            },
            is_binary,
            is_resumed: partial.length() > 0,
            next: partial.length(),
            partial,
            n_in_flight: 0,
            early: BTreeMap::new(),
            end: None,
            is_cancelled: false,
            is_refused: false,
        })
    }

    /// Asks for the next blocks; beyond the announced end one at a time, for announcements may be wrong.
    fn ask_blocks(&mut self) {
        while let Some(download) = &mut self.download {
            let is_beyond = download.next >= download.n_total;
            let room = if is_beyond { 1 } else { AHEAD };
            let is_enough = download.end.is_some()
                || download.is_cancelled
                || download.is_refused
                || download.next >= most(download.n_total);
            if is_enough || download.n_in_flight >= room {
                return;
            }
            let (offset, uid) = (download.next, download.uid);
            let command = fetch::block(
                uid,
                &download.wanted.path,
                (offset, BLOCK),
                download.is_binary,
            );
            download.next = offset.saturating_add(BLOCK);
            download.n_in_flight += 1;
            self.end_idle();
            self.send(command, Step::Piece(uid));
        }
    }

    /// Takes a section that belongs to the running download; gives back what does not.
    pub(in crate::engine) fn piece_came(
        &mut self,
        uid: Uid,
        section: Section,
    ) -> Result<Option<Section>, RemoteError> {
        let Some(mut download) = self
            .download
            .take_if(|download| download.is_of(uid, &section))
        else {
            return Ok(Some(section));
        };
        let before = download.partial.length();
        let taken = download.take(section);
        self.stored(taken)?;
        if download.partial.length() > before {
            self.tell_part(&download);
        }
        self.download = Some(download);
        Ok(None)
    }

    /// A command for a block has ended.
    pub(in crate::engine) fn piece_ended(
        &mut self,
        error: Option<RemoteError>,
        agenda: &mut Agenda,
    ) -> Result<(), RemoteError> {
        let Some(download) = &mut self.download else {
            return Ok(());
        };
        download.n_in_flight = download.n_in_flight.saturating_sub(1);
        download.is_refused |= error.is_some() && download.is_binary;
        if download.n_in_flight > 0 {
            return Ok(());
        }
        if download.is_cancelled {
            self.download = None;
            return Ok(());
        }
        if download.is_refused {
            self.has_binary = false; // UNKNOWN-CTE, or no BINARY at all: as it was sent, then.
            self.download = None;
            return Ok(());
        }
        let is_whole = download
            .end
            .is_some_and(|end| download.partial.length() >= end);
        let has_all_asked = download.partial.length() >= download.next;
        let error = error.or_else(|| (!is_whole && !has_all_asked).then(gone));
        let error = download.endless().or(error);
        if is_whole || error.is_some() {
            let Some(download) = self.download.take() else {
                return Ok(());
            };
            return self.close_download(download, error, agenda);
        }
        Ok(())
    }

    fn close_download(
        &mut self,
        mut download: Download,
        error: Option<RemoteError>,
        agenda: &mut Agenda,
    ) -> Result<(), RemoteError> {
        if let Some(error) = error {
            if download.endless().is_some() {
                download.partial.remove(); // It is of no use, and may be large.
            }
            self.part_ended(download.wanted, PartState::Failed(error), agenda);
            return Ok(());
        }
        if download.is_suspect() {
            // What was kept from another time does not fit: once more from the beginning, which is not resumed then.
            let restarted = download.partial.restart();
            return self.stored(restarted);
        }
        let length = download.partial.length();
        let (message, path) = (download.wanted.message, &download.wanted.path);
        let source = download.partial.source();
        let source = self.stored(source)?;
        if path.numbers().is_empty() {
            self.writer.body_from(message, length, source);
        } else {
            self.writer
                .part_from(message, path, download.encoding, length, source);
        }
        let flushed = self.writer.flush();
        self.stored(flushed)?;
        download.partial.remove();
        self.part_ended(download.wanted, PartState::Here, agenda);
        Ok(())
    }

    /// The user wants no more of a part; what has come of it is kept.
    pub(in crate::engine) fn cancel_part(&mut self, unwanted: &WantedPart, agenda: &mut Agenda) {
        agenda.parts.retain(|part| part != unwanted);
        if let Some(download) = &mut self.download
            && download.wanted == *unwanted
        {
            download.is_cancelled = true;
        }
    }

    pub(in crate::engine) fn part_ended(
        &self,
        wanted: WantedPart,
        state: PartState,
        agenda: &mut Agenda,
    ) {
        agenda.parts.retain(|part| *part != wanted);
        self.tell(Event::Part {
            message: wanted.message,
            path: wanted.path,
            state,
        });
    }

    fn tell_part(&self, download: &Download) {
        let n_done = download.partial.length();
        self.tell(Event::Part {
            message: download.wanted.message,
            path: download.wanted.path.clone(),
            state: PartState::Coming {
                n_done,
                n_total: download.n_total.max(n_done),
            },
        });
    }
}
