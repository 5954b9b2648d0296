//! Placements: where messages are, their flags in two layers, and the counts of a mailbox that follow from them.
//!
//! The table `placement` holds what a list shows, `leaving` the server's truth that open operations hide.

use std::collections::BTreeMap;

use rusqlite::{Connection, OptionalExtension, Row, Statement, params};

use crate::channel::error::StoreError;
use crate::channel::operation::{OperationId, Target};
use crate::mail::account::AccountId;
use crate::mail::flag::{Flags, SystemFlag};
use crate::mail::mailbox::MailboxId;
use crate::mail::message_id::MessageId;
use crate::mail::uid::{ModSeq, Uid, UidValidity};
use crate::store::disk::sql::{Doing, signed, small, unsigned};
use crate::store::messages::members;

/// Longest text of keywords that is kept for one message; a server that sends more is not taken at its word.
const KEYWORD_BYTES: usize = 4_096;

/// A placement with both layers of its flags.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::store) struct Placement {
    /// Which message in which mailbox.
    pub target: Target,
    /// UIDVALIDITY; 0 for none.
    pub validity: u32,
    /// UID; 0 while the message has none.
    pub uid: u32,
    /// What the server says.
    pub server: Flags,
    /// With the open operations over it.
    pub effective: Flags,
    /// The mod-sequence; zero for none.
    pub mod_seq: ModSeq,
    /// INTERNALDATE, seconds since the epoch.
    pub internal_date: i64,
    /// In `placement`: the open operation that placed it here, 0 for the server. In `leaving`: the one that takes it away.
    pub operation: OperationId,
    /// Only in `leaving`: the server has expunged it.
    pub is_gone: bool,
}

/// The columns that [`Placement::read`] wants, in its order.
pub(super) const COLUMNS: &str =
    "message, mailbox, uid_validity, uid, server_flags, flags, server_keywords, keywords, mod_seq,
    internal_date, operation";

impl Placement {
    pub(super) fn read(row: &Row<'_>) -> rusqlite::Result<Option<Self>> {
        let Some(message) = MessageId::new(unsigned(row.get(0)?)) else {
            return Ok(None);
        };
        Ok(Some(Self {
            target: Target {
                message,
                mailbox: MailboxId::new(small(row.get(1)?)),
            },
            validity: small(row.get(2)?),
            uid: small(row.get(3)?),
            server: flags(row.get(4)?, row.get_ref(6)?.as_str()?),
            effective: flags(row.get(5)?, row.get_ref(7)?.as_str()?),
            mod_seq: ModSeq::new(unsigned(row.get(8)?)),
            internal_date: row.get(9)?,
            operation: OperationId(row.get(10)?),
            is_gone: false,
        }))
    }

    /// Whether the server counts it: it has an address there and was not expunged.
    pub(in crate::store) const fn is_on_server(&self) -> bool {
        self.uid > 0 && !self.is_gone
    }

    /// Gives a statement that writes the row its parameters, 1 to 11: message, mailbox, UIDVALIDITY, UID, INTERNALDATE,
    /// the two layers of flags, those of keywords, mod-sequence, operation.
    pub(super) fn bind(&self, statement: &mut Statement<'_>) -> rusqlite::Result<()> {
        statement.raw_bind_parameter(1, signed(self.target.message.get()))?;
        statement.raw_bind_parameter(2, self.target.mailbox.get())?;
        statement.raw_bind_parameter(3, self.validity)?;
        statement.raw_bind_parameter(4, self.uid)?;
        statement.raw_bind_parameter(5, self.internal_date)?;
        statement.raw_bind_parameter(6, self.server.bits())?;
        statement.raw_bind_parameter(7, self.effective.bits())?;
        statement.raw_bind_parameter(8, keywords(&self.server))?;
        statement.raw_bind_parameter(9, keywords(&self.effective))?;
        statement.raw_bind_parameter(10, signed(self.mod_seq.get()))?;
        statement.raw_bind_parameter(11, self.operation.0)
    }

    /// Writes it into `placement` in place of what stands there.
    pub(in crate::store) fn put(&self, cache: &Connection) -> Result<(), StoreError> {
        cache
            .prepare_cached(
                "INSERT INTO placement (message, mailbox, uid_validity, uid, internal_date, server_flags, flags,
                 server_keywords, keywords, mod_seq, operation) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)
                 ON CONFLICT (message, mailbox) DO UPDATE SET uid_validity = ?3, uid = ?4, internal_date = ?5,
                 server_flags = ?6, flags = ?7, server_keywords = ?8, keywords = ?9, mod_seq = ?10, operation = ?11",
            )
            .and_then(|mut statement| {
                self.bind(&mut statement)?;
                statement.raw_execute()
            })
            .map(|_| ())
            .doing("place a message")
    }

    /// Removes it from `placement`.
    pub(in crate::store) fn take(&self, cache: &Connection) -> Result<(), StoreError> {
        cache
            .prepare_cached("DELETE FROM placement WHERE message = ?1 AND mailbox = ?2")
            .and_then(|mut statement| {
                let target = self.target;
                statement.execute(params![signed(target.message.get()), target.mailbox.get()])
            })
            .map(|_| ())
            .doing("remove a placement")
    }
}

/// Rebuilds flags from their columns.
pub(in crate::store) fn flags(bits: i64, keywords: &str) -> Flags {
    Flags::from_parts(
        u8::try_from(bits).unwrap_or(0),
        keywords
            .split(' ')
            .filter(|word| !word.is_empty())
            .map(str::to_owned),
    )
}

/// The keywords as one column; empty for most messages.
pub(in crate::store) fn keywords(flags: &Flags) -> String {
    let mut text = String::new();
    for keyword in flags.keywords() {
        // An atom holds no space; one that does would read back as two.
        if keyword.contains(' ') || text.len() + keyword.len() >= KEYWORD_BYTES {
            continue;
        }
        if !text.is_empty() {
            text.push(' ');
        }
        text.push_str(keyword);
    }
    text
}

/// The placement of a target; `None` where the message is not (or not any more) in the list.
pub(in crate::store) fn find(
    cache: &Connection,
    target: Target,
) -> Result<Option<Placement>, StoreError> {
    cache
        .prepare_cached(&format!(
            "SELECT {COLUMNS} FROM placement WHERE message = ?1 AND mailbox = ?2"
        ))
        .and_then(|mut statement| {
            statement
                .query_row(
                    params![signed(target.message.get()), target.mailbox.get()],
                    Placement::read,
                )
                .optional()
        })
        .map(Option::flatten)
        .doing("find a placement")
}

/// Everywhere a message is listed.
pub(in crate::store) fn of(
    cache: &Connection,
    message: MessageId,
) -> Result<Vec<Placement>, StoreError> {
    let mut statement = cache
        .prepare_cached(&format!(
            "SELECT {COLUMNS} FROM placement WHERE message = ?1"
        ))
        .doing("find the placements of a message")?;
    let found = statement
        .query_map([signed(message.get())], Placement::read)
        .and_then(Iterator::collect::<rusqlite::Result<Vec<_>>>)
        .doing("find the placements of a message")?;
    Ok(found.into_iter().flatten().collect())
}

/// The placement at a UID. The mailbox's placements are all of one UIDVALIDITY.
pub(in crate::store) fn at(
    cache: &Connection,
    mailbox: MailboxId,
    uid: Uid,
) -> Result<Option<Placement>, StoreError> {
    cache
        .prepare_cached(&format!(
            "SELECT {COLUMNS} FROM placement WHERE mailbox = ?1 AND uid = ?2 AND uid > 0"
        ))
        .and_then(|mut statement| {
            statement
                .query_row(params![mailbox.get(), uid.get()], Placement::read)
                .optional()
        })
        .map(Option::flatten)
        .doing("find a placement by its UID")
}

/// How the counts of a mailbox change.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(in crate::store) struct Counts {
    /// Rows of its list more (or less).
    pub headers: i64,
    /// Effectively unseen ones more (or less).
    pub unseen: i64,
    /// Messages that the server has there, as far as their UIDs are known, more (or less).
    pub server_headers: i64,
    /// Unseen ones of those more (or less).
    pub server_unseen: i64,
}

impl Counts {
    /// Counts a row of the list in (`1`) or out (`-1`).
    pub(in crate::store) fn shown(&mut self, effective: &Flags, sign: i64) {
        self.headers += sign;
        self.unseen += if effective.has(SystemFlag::Seen) {
            0
        } else {
            sign
        };
    }

    /// Counts the server's truth in (`1`) or out (`-1`).
    pub(super) fn told(&mut self, truth: &Placement, sign: i64) {
        if truth.is_on_server() {
            self.server_headers += sign;
            self.server_unseen += if truth.server.has(SystemFlag::Seen) {
                0
            } else {
                sign
            };
        }
    }

    /// Counts in a row of the list that the server has too, with these flags.
    pub(super) fn placed(&mut self, server: &Flags) {
        self.shown(server, 1);
        self.server_headers += 1;
        self.server_unseen += i64::from(!server.has(SystemFlag::Seen));
    }

    /// Counts a row of the list that is the server's truth too.
    pub(super) fn both(&mut self, placement: &Placement, sign: i64) {
        self.shown(&placement.effective, sign);
        self.told(placement, sign);
    }

    /// Adds the change to the mailbox's row.
    pub(in crate::store) fn store(
        self,
        cache: &Connection,
        mailbox: MailboxId,
    ) -> Result<(), StoreError> {
        if self == Self::default() {
            return Ok(());
        }
        cache
            .prepare_cached(
                "UPDATE mailbox SET n_headers = max(0, n_headers + ?2), n_unseen = max(0, n_unseen + ?3),
                 n_server_headers = max(0, n_server_headers + ?4), n_server_unseen = max(0, n_server_unseen + ?5)
                 WHERE id = ?1",
            )
            .and_then(|mut statement| {
                statement.execute(params![
                    mailbox.get(),
                    self.headers,
                    self.unseen,
                    self.server_headers,
                    self.server_unseen
                ])
            })
            .map(|_| ())
            .doing("count a mailbox")
    }
}

/// What changed in several mailboxes, to be stored at the end of a step.
#[derive(Debug, Default)]
pub(in crate::store) struct Tally {
    counts: BTreeMap<MailboxId, Counts>,
    members: BTreeMap<MailboxId, BTreeMap<MessageId, bool>>,
}

impl Tally {
    /// The counts of a mailbox, to be changed; the mailbox is among the changed ones from now on.
    pub(in crate::store) fn of(&mut self, mailbox: MailboxId) -> &mut Counts {
        self.counts.entry(mailbox).or_default()
    }

    /// Notes that a message is (or is no longer) in the list of a mailbox.
    pub(in crate::store) fn list(&mut self, placement: &Placement, on: bool) {
        let Target { message, mailbox } = placement.target;
        self.members.entry(mailbox).or_default().insert(message, on);
        self.of(mailbox)
            .shown(&placement.effective, if on { 1 } else { -1 });
    }

    /// Stores everything; returns the mailboxes in which something changed.
    pub(in crate::store) fn store(
        self,
        cache: &Connection,
    ) -> Result<std::collections::BTreeSet<MailboxId>, StoreError> {
        for (mailbox, changes) in self.members {
            for on in [true, false] {
                let some: Vec<MessageId> = changes
                    .iter()
                    .filter(|(_, is_on)| **is_on == on)
                    .map(|(message, _)| *message)
                    .collect();
                members::change(cache, mailbox, &some, on)?;
            }
        }
        let mut changed = std::collections::BTreeSet::new();
        for (mailbox, counts) in self.counts {
            counts.store(cache, mailbox)?;
            changed.insert(mailbox);
        }
        Ok(changed)
    }
}

/// What the writers of a mailbox must know of it.
#[derive(Debug, Clone, Copy)]
pub(in crate::store) struct Place {
    /// The mailbox.
    pub mailbox: MailboxId,
    /// Whose.
    pub account: AccountId,
    /// Its UIDVALIDITY.
    pub validity: UidValidity,
}

/// The mailbox, when its placements are of this UIDVALIDITY; `None` means that what comes is out of date.
pub(in crate::store) fn place(
    cache: &Connection,
    mailbox: MailboxId,
    validity: UidValidity,
) -> Result<Option<Place>, StoreError> {
    let account = cache
        .prepare_cached("SELECT account FROM mailbox WHERE id = ?1 AND uid_validity = ?2")
        .and_then(|mut statement| {
            statement
                .query_row(params![mailbox.get(), validity.get()], |row| {
                    row.get::<_, i64>(0)
                })
                .optional()
        })
        .doing("look at a mailbox")?;
    Ok(account.map(|account| Place {
        mailbox,
        account: AccountId::new(small(account)),
        validity,
    }))
}
