//! Inserts fetched headers: placement, message, thread, header block. The fast path of a first sync.

use rusqlite::{CachedStatement, Connection, OptionalExtension, params};

use crate::channel::error::StoreError;
use crate::channel::operation::{OperationId, Target};
use crate::mail::address::Address;
use crate::mail::label::Labels;
use crate::mail::message_id::MessageId;
use crate::store::disk::sql::{Doing, signed, unsigned};
use crate::store::journal::pending::Pending;
use crate::store::lists::search;
use crate::store::messages::ids::Ids;
use crate::store::messages::labels;
use crate::store::messages::odd::Odd;
use crate::store::messages::packs::Pack;
use crate::store::messages::placements::{self, Counts, Place, Placement};
use crate::store::messages::threads::Threads;
use crate::store::messages::{held, leaving, likeness, truth};
use crate::store::sync_state::FetchedHeader;

/// Texts of a row are cut here: more never fits a list, and the whole stays in the header block.
pub(super) const TEXT_BYTES: usize = 1_000;
const NAME_BYTES: usize = 300;

/// The statements that every header runs, kept at hand while many are inserted.
pub(super) struct Statements<'c> {
    place: CachedStatement<'c>,
    describe: CachedStatement<'c>,
    threads: Threads<'c>,
}

impl<'c> Statements<'c> {
    pub(super) fn new(cache: &'c Connection) -> Result<Self, StoreError> {
        let place = cache
            .prepare_cached(
                "INSERT INTO placement (message, mailbox, uid_validity, uid, internal_date, server_flags, flags,
                 server_keywords, keywords, mod_seq) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)
                 ON CONFLICT DO NOTHING",
            )
            .doing("place messages")?;
        let describe = cache
            .prepare_cached(
                "INSERT INTO message (id, account, thread, internal_date, date, date_offset, size_bytes, has_attachment,
                 base_subject_at, from_name, from_addr, to_text, subject, message_id, list_id, email_id, gm_message,
                 gm_thread, preview, labels)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20)",
            )
            .doing("insert messages")?;
        Ok(Self {
            place,
            describe,
            threads: Threads::new(cache)?,
        })
    }
}

/// Inserts headers into one mailbox, inside a transaction of the caller.
pub(super) struct Insertion<'a, 'c> {
    pub statements: &'a mut Statements<'c>,
    pub cache: &'a Connection,
    pub state: &'a Connection,
    pub ids: &'a mut Ids,
    pub pending: &'a Pending,
    pub pack: &'a mut Pack,
    pub place: Place,
    pub counts: Counts,
    /// Messages placed so far, for the bitmap of the mailbox.
    pub placed: &'a mut Vec<MessageId>,
    /// Messages that operations lie over, to be projected afterwards.
    pub covered: &'a mut Vec<MessageId>,
    pub odd: &'a Odd,
}

impl Insertion<'_, '_> {
    /// Inserts one header, or merges its flags where the UID is known.
    pub(super) fn insert(&mut self, header: &FetchedHeader) -> Result<(), StoreError> {
        if self.odd.has_leaving
            && let Some(old) = leaving::at(self.cache, self.place.mailbox, header.uid)?
        {
            return self.merge(&old, header);
        }
        if let Some(message) = self.known(header)?
            && (self.bind_leaving(message, header)?
                || self.place_message(message, header)?
                || self.bind(message, header)?)
        {
            return if self.is_stored(message)? {
                self.keep_labels(message, header)
            } else {
                self.describe(message, header)
            };
        }
        let message = self.ids.peek(self.state)?;
        if self.place_message(message, header)? {
            self.ids.take();
            return self.describe(message, header);
        }
        match placements::at(self.cache, self.place.mailbox, header.uid)? {
            Some(old) => self.merge(&old, header),
            None => Ok(()),
        }
    }

    /// The message that this is the header of, where it can be told.
    fn known(&self, header: &FetchedHeader) -> Result<Option<MessageId>, StoreError> {
        let Place {
            mailbox, validity, ..
        } = self.place;
        let (validity, uid) = (validity.get(), header.uid.get());
        // The cache was lost, the journal and the drafts were not: the message keeps its number.
        if let Some(message) = self.pending.at(mailbox, validity, uid) {
            return Ok(Some(message));
        }
        if let Some(message) = self.same_message(header)? {
            return Ok(Some(message));
        }
        let message_id = clip(&header.envelope.message_id, TEXT_BYTES);
        let (size, date) = (header.size_bytes, header.internal_date);
        let content = || likeness::content(message_id, signed(size), date);
        if let Some(message) = self.pending.like(self.place.account, content)
            && (!self.is_stored(message)? || held::is_held(self.cache, message)?)
        {
            return Ok(Some(message)); // It was moved while the cache was lost, or has another UID now.
        }
        if !self.odd.awaited.is_empty() {
            let awaited = self.odd.awaited.get(&content()).copied().flatten();
            if let Some((message, _)) = awaited.filter(|(_, floor)| uid >= *floor) {
                return Ok(Some(message));
            }
        }
        if !self.odd.has_unbound {
            return Ok(None);
        }
        likeness::unbound_like(self.cache, mailbox, message_id, size, date)
    }

    fn merge(&mut self, old: &Placement, header: &FetchedHeader) -> Result<(), StoreError> {
        let (flags, counts) = (&header.flags, &mut self.counts);
        truth::merge(self.cache, self.pending, old, flags, header.mod_seq, counts)?;
        self.cover(old.target.message);
        self.keep_labels(old.target.message, header)
    }

    fn keep_labels(&self, message: MessageId, header: &FetchedHeader) -> Result<(), StoreError> {
        labels::keep(self.cache, message, header.labels.as_ref()).map(|_| ())
    }

    fn cover(&mut self, message: MessageId) {
        if self.pending.needs(message) {
            self.covered.push(message);
        }
    }

    /// Gives a message its address that is in the list by an operation alone, or under an address that nobody has told;
    /// false where it is not, or where the UID is another's.
    fn bind(&mut self, message: MessageId, header: &FetchedHeader) -> Result<bool, StoreError> {
        let target = Target {
            message,
            mailbox: self.place.mailbox,
        };
        let Some(old) = placements::find(self.cache, target)? else {
            return Ok(false);
        };
        let is_taken = placements::at(self.cache, target.mailbox, header.uid)?.is_some();
        if old.uid > 0 || is_taken || self.is_leaving(message)? {
            return Ok(false);
        }
        let bound = Placement {
            target,
            validity: self.place.validity.get(),
            uid: header.uid.get(),
            server: header.flags.clone(),
            effective: header.flags.clone(),
            mod_seq: header.mod_seq,
            internal_date: header.internal_date,
            operation: OperationId(0),
            is_gone: false,
        };
        bound.put(self.cache)?;
        truth::forget_unbound(self.cache, target)?;
        self.counts.shown(&old.effective, -1);
        self.counts.both(&bound, 1);
        self.cover(message);
        Ok(true)
    }

    /// Gives a message its address that is leaving again before anybody told it.
    fn bind_leaving(
        &mut self,
        message: MessageId,
        header: &FetchedHeader,
    ) -> Result<bool, StoreError> {
        if !self.odd.has_unbound {
            return Ok(false);
        }
        let leaving = leaving::of(self.cache, message)?;
        let mailbox = self.place.mailbox;
        let is_unbound = |row: &Placement| row.target.mailbox == mailbox && row.uid == 0;
        let Some(old) = leaving.into_iter().find(is_unbound) else {
            return Ok(false);
        };
        if placements::at(self.cache, mailbox, header.uid)?.is_some() {
            return Ok(false);
        }
        let bound = Placement {
            validity: self.place.validity.get(),
            uid: header.uid.get(),
            server: header.flags.clone(),
            mod_seq: header.mod_seq,
            internal_date: header.internal_date,
            ..old.clone()
        };
        leaving::put(self.cache, &bound)?;
        truth::forget_unbound(self.cache, old.target)?;
        self.counts.told(&old, -1);
        self.counts.told(&bound, 1);
        self.cover(message);
        Ok(true)
    }

    fn is_leaving(&self, message: MessageId) -> Result<bool, StoreError> {
        if !self.odd.has_leaving {
            return Ok(false);
        }
        let leaving = leaving::of(self.cache, message)?;
        let mailbox = self.place.mailbox;
        Ok(leaving.iter().any(|row| row.target.mailbox == mailbox))
    }

    /// Adds the placement; false when the UID is taken or the message is in the mailbox already.
    fn place_message(
        &mut self,
        message: MessageId,
        header: &FetchedHeader,
    ) -> Result<bool, StoreError> {
        if self.is_leaving(message)? {
            return Ok(false);
        }
        let words = placements::keywords(&header.flags);
        let n_rows = self
            .statements
            .place
            .execute(params![
                signed(message.get()),
                self.place.mailbox.get(),
                self.place.validity.get(),
                header.uid.get(),
                header.internal_date,
                header.flags.bits(),
                header.flags.bits(),
                words,
                words,
                signed(header.mod_seq.get()),
            ])
            .doing("place a message")?;
        if n_rows > 0 {
            self.placed.push(message);
            self.counts.placed(&header.flags);
            self.cover(message);
        }
        Ok(n_rows > 0)
    }

    /// The message with the same content in this account, by the server's word; `None` where the server gives none.
    fn same_message(&self, header: &FetchedHeader) -> Result<Option<MessageId>, StoreError> {
        let found = if !header.email_id.is_empty() {
            self.cache
                .prepare_cached(
                    "SELECT id FROM message WHERE account = ?1 AND email_id = ?2 AND email_id <> '' LIMIT 1",
                )
                .and_then(|mut statement| {
                    statement
                        .query_row(params![self.place.account.get(), header.email_id], |row| {
                            row.get::<_, i64>(0)
                        })
                        .optional()
                })
        } else if header.gm_message != 0 {
            self.cache
                .prepare_cached(
                    "SELECT id FROM message WHERE account = ?1 AND gm_message = ?2 AND gm_message <> 0 LIMIT 1",
                )
                .and_then(|mut statement| {
                    statement
                        .query_row(
                            params![self.place.account.get(), header.gm_message.cast_signed()],
                            |row| row.get::<_, i64>(0),
                        )
                        .optional()
                })
        } else {
            Ok(None)
        };
        found
            .map(|id| id.and_then(|id| MessageId::new(unsigned(id))))
            .doing("look for the same message")
    }

    fn is_stored(&self, message: MessageId) -> Result<bool, StoreError> {
        self.cache
            .prepare_cached("SELECT 1 FROM message WHERE id = ?1")
            .and_then(|mut statement| statement.exists([signed(message.get())]))
            .doing("look for a message")
    }

    /// Adds the message itself.
    fn describe(&mut self, message: MessageId, header: &FetchedHeader) -> Result<(), StoreError> {
        let envelope = &header.envelope;
        let account = self.place.account;
        let by_server = thread_of(header);
        let threads = &mut self.statements.threads;
        let thread = threads.place(account, message, envelope, &by_server)?;
        let from = envelope.from.first();
        let subject = clip(&envelope.subject, TEXT_BYTES);
        self.statements
            .describe
            .execute(params![
                signed(message.get()),
                account.get(),
                signed(thread),
                header.internal_date,
                clamp_date(envelope.date.unwrap_or(header.internal_date)),
                envelope.date_offset_minutes,
                signed(header.size_bytes),
                envelope.has_attachment.map_or(-1, i64::from),
                signed(search::base_subject_at(subject) as u64),
                clip(from.map_or("", |from| &from.name), NAME_BYTES),
                clip(from.map_or("", |from| &from.addr), NAME_BYTES),
                recipients(&envelope.to),
                subject,
                clip(&envelope.message_id, TEXT_BYTES),
                clip(&envelope.list_id, NAME_BYTES),
                clip(&header.email_id, NAME_BYTES),
                header.gm_message.cast_signed(),
                header.gm_thread.cast_signed(),
                clip(&header.preview, TEXT_BYTES),
                header
                    .labels
                    .as_ref()
                    .map(Labels::to_text)
                    .unwrap_or_default(),
            ])
            .doing("insert a message")?;
        self.pack.push(self.cache, account, message, &header.block)
    }
}

/// The thread that the server puts a message in, as something that is no Message-ID; empty where it puts it in none.
fn thread_of(header: &FetchedHeader) -> String {
    if !header.thread_id.is_empty() {
        format!("\0THREADID {}", clip(&header.thread_id, NAME_BYTES))
    } else if header.gm_thread != 0 {
        format!("\0X-GM-THRID {}", header.gm_thread)
    } else {
        String::new()
    }
}

/// A forged date must not break arithmetic on dates: years 1 to 9999.
fn clamp_date(date: i64) -> i64 {
    date.clamp(-62_135_596_800, 253_402_300_799)
}

/// The recipients as a list of sent mail shows them.
fn recipients(to: &[Address]) -> String {
    let mut text = String::new();
    for address in to {
        if text.len() > NAME_BYTES {
            break;
        }
        if !text.is_empty() {
            text.push_str(", ");
        }
        let shown = if address.name.is_empty() {
            &address.addr
        } else {
            &address.name
        };
        text.push_str(clip(shown, NAME_BYTES));
    }
    text
}

/// The beginning of a text, cut between characters.
pub(super) fn clip(text: &str, bytes: usize) -> &str {
    if text.len() <= bytes {
        return text;
    }
    text.get(..text.floor_char_boundary(bytes)).unwrap_or("")
}
