//! Placements: where messages are, their flags in two layers, and the counts of a mailbox that follow from them.

use rusqlite::{Connection, OptionalExtension, Row, params};

use crate::channel::error::StoreError;
use crate::channel::operation::{OperationId, Target};
use crate::mail::account::AccountId;
use crate::mail::flag::{Flags, SystemFlag};
use crate::mail::mailbox::MailboxId;
use crate::mail::message_id::MessageId;
use crate::mail::uid::{ModSeq, Uid, UidValidity};
use crate::store::pending::Pending;
use crate::store::sql::{Doing, signed, small, unsigned};

/// Longest text of keywords that is kept for one message; a server that sends more is not taken at its word.
const KEYWORD_BYTES: usize = 4_096;

/// A placement with both layers of its flags.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Placement {
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
}

/// The columns that [`Placement::read`] wants, in its order.
pub(super) const COLUMNS: &str =
    "message, mailbox, uid_validity, uid, server_flags, flags, server_keywords, keywords, mod_seq";

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
        }))
    }
}

/// Rebuilds flags from their columns.
pub(super) fn flags(bits: i64, keywords: &str) -> Flags {
    Flags::from_parts(
        u8::try_from(bits).unwrap_or(0),
        keywords
            .split(' ')
            .filter(|word| !word.is_empty())
            .map(str::to_owned),
    )
}

/// The keywords as one column; empty for most messages.
pub(super) fn keywords(flags: &Flags) -> String {
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

/// The placement of a message in a mailbox.
pub(super) fn find(cache: &Connection, target: Target) -> Result<Option<Placement>, StoreError> {
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

/// The placement at a UID. The mailbox's placements are all of one UIDVALIDITY.
pub(super) fn at(
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
pub(super) struct Counts {
    /// Placements more (or less).
    pub headers: i64,
    /// Effectively unseen ones more (or less).
    pub unseen: i64,
    /// Unseen ones by the server's word more (or less).
    pub server_unseen: i64,
}

impl Counts {
    /// Counts a placement in (`1`) or out (`-1`).
    pub(super) fn count(&mut self, server: &Flags, effective: &Flags, sign: i64) {
        self.headers += sign;
        self.recount(server, effective, sign);
    }

    fn recount(&mut self, server: &Flags, effective: &Flags, sign: i64) {
        if !effective.has(SystemFlag::Seen) {
            self.unseen += sign;
        }
        if !server.has(SystemFlag::Seen) {
            self.server_unseen += sign;
        }
    }

    /// Adds the change to the mailbox's row.
    pub(super) fn store(self, cache: &Connection, mailbox: MailboxId) -> Result<(), StoreError> {
        if self == Self::default() {
            return Ok(());
        }
        cache
            .prepare_cached(
                "UPDATE mailbox SET n_headers = max(0, n_headers + ?2), n_unseen = max(0, n_unseen + ?3),
                 n_server_unseen = max(0, n_server_unseen + ?4) WHERE id = ?1",
            )
            .and_then(|mut statement| {
                statement.execute(params![
                    mailbox.get(),
                    self.headers,
                    self.unseen,
                    self.server_unseen
                ])
            })
            .map(|_| ())
            .doing("count a mailbox")
    }
}

/// Gives a placement new server flags and recomputes the effective ones; tells whether anything changed. Flags with an
/// older mod-sequence than is known were overtaken on their way and change nothing; zero says nothing of their age.
pub(super) fn merge(
    cache: &Connection,
    pending: &Pending,
    old: &Placement,
    server: &Flags,
    mod_seq: ModSeq,
    except: Option<OperationId>,
    counts: &mut Counts,
) -> Result<bool, StoreError> {
    if mod_seq.get() > 0 && mod_seq < old.mod_seq {
        return Ok(false);
    }
    let effective = pending.over(old.target, server, except);
    if *server == old.server && effective == old.effective && mod_seq <= old.mod_seq {
        return Ok(false);
    }
    counts.recount(&old.server, &old.effective, -1);
    counts.recount(server, &effective, 1);
    cache
        .prepare_cached(
            "UPDATE placement SET server_flags = ?3, flags = ?4, server_keywords = ?5, keywords = ?6,
             mod_seq = max(mod_seq, ?7) WHERE message = ?1 AND mailbox = ?2",
        )
        .and_then(|mut statement| {
            statement.execute(params![
                signed(old.target.message.get()),
                old.target.mailbox.get(),
                server.bits(),
                effective.bits(),
                keywords(server),
                keywords(&effective),
                signed(mod_seq.get()),
            ])
        })
        .doing("merge flags")?;
    Ok(effective != old.effective || *server != old.server)
}

/// What the writers of a mailbox must know of it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place {
    /// The mailbox.
    pub mailbox: MailboxId,
    /// Whose.
    pub account: AccountId,
    /// Its UIDVALIDITY.
    pub validity: UidValidity,
}

/// The mailbox, when its placements are of this UIDVALIDITY; `None` means that what comes is out of date.
pub(super) fn place(
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
