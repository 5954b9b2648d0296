//! Messages of files into a store of their own, so that the screen can show them like those of a server. Read-only: the
//! mailbox says so, and nobody writes to the files.

use crate::channel::error::StoreError;
use crate::cli::open::HEADER_BYTES;
use crate::cli::run::Failure;
use crate::local::message::LocalMessage;
use crate::local::source::Source;
use crate::mail::account::AccountId;
use crate::mail::flag::SystemFlag;
use crate::mail::mailbox::{MailboxId, MailboxName};
use crate::mail::uid::{ModSeq, Uid, UidValidity};
use crate::mail::uid_set::UidSet;
use crate::mime::header;
use crate::store::Store;
use crate::store::bodies::StoredBody;
use crate::store::reader::Reader;
use crate::store::sync_state::{FetchedHeader, ListedMailbox, MailboxStatus, Selected};
use crate::store::writer::Writer;

/// Messages in one batch, by number and by bytes.
const BATCH: usize = 200;
const BATCH_BYTES: usize = 8 << 20;
/// The files have one epoch: the store goes with the screen.
const EPOCH: u32 = 1;

/// A store that is being filled.
pub struct Fill {
    source: Source,
    writer: Writer,
    reader: Reader,
    mailbox: MailboxId,
    validity: UidValidity,
    n_messages: u32,
    n_unseen: u64,
    /// Messages that could not be read.
    n_skipped: u64,
}

impl Fill {
    /// Makes a mailbox of this name for the messages.
    ///
    /// # Errors
    /// What the disk said; `Gone` where the store gives the mailbox no number.
    pub fn new(
        store: &Store,
        account: AccountId,
        name: &str,
        source: Source,
    ) -> Result<Self, StoreError> {
        let writer = store.writer();
        let listed = writer.listing(
            account,
            vec![ListedMailbox {
                name: MailboxName::from_display(name),
                subscribed: Some(true),
                selectable: true,
                ..ListedMailbox::default()
            }],
        )?;
        let (_, mailbox) = listed.into_iter().next().ok_or(StoreError::Gone)?;
        let mut fill = Self {
            source,
            reader: store.reader()?,
            writer,
            mailbox,
            validity: UidValidity::new(EPOCH).ok_or(StoreError::Gone)?,
            n_messages: 0,
            n_unseen: 0,
            n_skipped: 0,
        };
        fill.select()?;
        Ok(fill)
    }

    /// The mailbox that is being filled.
    #[must_use]
    pub const fn mailbox(&self) -> MailboxId {
        self.mailbox
    }

    /// Messages that could not be read so far.
    #[must_use]
    pub const fn n_skipped(&self) -> u64 {
        self.n_skipped
    }

    /// Takes the next messages; false at the end.
    ///
    /// # Errors
    /// What the disk said.
    pub fn batch(&mut self) -> Result<bool, Failure> {
        let first = self.n_messages;
        let (mut headers, mut bodies, mut covered) = (Vec::new(), Vec::new(), UidSet::new());
        let mut n_bytes = 0;
        while headers.len() < BATCH && n_bytes < BATCH_BYTES {
            let Some(found) = self.source.next_message()? else {
                break;
            };
            let (Ok(message), Some(uid)) = (found, Uid::new(self.n_messages.saturating_add(1)))
            else {
                self.n_skipped += 1;
                continue;
            };
            n_bytes += message.bytes.len();
            self.n_messages = uid.get();
            self.n_unseen += u64::from(!message.flags.has(SystemFlag::Seen));
            covered.insert(uid);
            headers.push(fetched(uid, &message));
            bodies.push((uid, message.bytes));
        }
        if self.n_messages == first {
            return Ok(false);
        }
        self.select()?;
        self.writer
            .headers(self.mailbox, self.validity, headers, covered);
        self.writer.flush()?;
        for (uid, bytes) in bodies {
            let message = self.reader.message_at(self.mailbox, self.validity, uid)?;
            if let Some(message) = message {
                self.writer.body(message, StoredBody::Whole(bytes));
            }
        }
        let (uid_next, n) = (self.n_messages.saturating_add(1), self.n_messages);
        self.writer
            .sync_point(self.mailbox, self.validity, uid_next, ModSeq::default(), n);
        self.writer.flush()?;
        Ok(true)
    }

    fn select(&mut self) -> Result<(), StoreError> {
        let selected = Selected {
            validity: self.validity,
            uid_next: Some(self.n_messages.saturating_add(1)),
            exists: self.n_messages,
            highest_mod_seq: ModSeq::default(),
            permanent_flags: Some(Vec::new()),
            read_only: true,
        };
        self.writer.selected(self.mailbox, selected)?;
        let status = MailboxStatus {
            messages: Some(u64::from(self.n_messages)),
            unseen: Some(self.n_unseen),
            ..MailboxStatus::default()
        };
        self.writer.status(self.mailbox, status)
    }
}

fn fetched(uid: Uid, message: &LocalMessage) -> FetchedHeader {
    let bytes = &message.bytes;
    let head = bytes
        .get(..bytes.len().min(HEADER_BYTES))
        .unwrap_or_default();
    let end = head.windows(4).position(|four| four == b"\r\n\r\n");
    let block = end.and_then(|end| head.get(..end + 4)).unwrap_or(head);
    let envelope = header::of_row(block);
    FetchedHeader {
        flags: message.flags.clone(),
        internal_date: message.internal_date.or(envelope.date).unwrap_or(0),
        size_bytes: bytes.len() as u64,
        ..FetchedHeader::new(uid, block.to_vec(), envelope)
    }
}
