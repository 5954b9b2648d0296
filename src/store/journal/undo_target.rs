//! What leads back from one target of an operation.

use rusqlite::{Connection, OptionalExtension, params};

use crate::channel::error::StoreError;
use crate::channel::operation::{Change, FolderChange, GroupId, OperationId, Stands, Target};
use crate::mail::flag::Flags;
use crate::mail::mailbox::{MailboxId, MailboxName};
use crate::mail::message_id::MessageId;
use crate::mail::uid::Uid;
use crate::store::disk::sql::{Doing, signed, small, unsigned};
use crate::store::folders;
use crate::store::journal::changes::{self, Columns};
use crate::store::journal::state as code;
use crate::store::journal::undo::{Plan, Step};
use crate::store::messages::placements::{self, Placement};
use crate::store::messages::truth;

/// A target of an operation.
pub(super) struct Entry {
    pub operation: OperationId,
    pub change: Change,
    pub mailbox: MailboxId,
    /// `None` for a change of a folder.
    pub message: Option<MessageId>,
    pub state: i64,
    pub before: Flags,
    /// Taken back by a group that was recorded for it.
    pub is_compensated: bool,
    /// Given up by the user.
    pub is_dropped: bool,
}

pub(super) fn entries(state: &Connection, group: GroupId) -> Result<Vec<Entry>, StoreError> {
    let mut statement = state
        .prepare_cached(&format!(
            "SELECT o.id, t.mailbox, t.message, t.state, t.before_flags, t.before_keywords, t.reason <> '', EXISTS
             (SELECT 1 FROM operation c JOIN operation_target ct ON ct.operation = c.id
              WHERE c.undoes = o.id AND ct.message = t.message), {}
             FROM operation o JOIN operation_target t ON t.operation = o.id WHERE o.undo_group = ?1
             ORDER BY o.id, t.mailbox, t.uid, t.message",
            changes::COLUMNS
        ))
        .doing("read an action")?;
    let mut rows = statement.query([group.0]).doing("read an action")?;
    let mut entries = Vec::new();
    while let Some(row) = rows.next().doing("read an action")? {
        let Some(change) = Columns::read(row, 8).doing("read an action")?.change() else {
            continue;
        };
        let number = |at: usize| row.get::<_, i64>(at).doing("read an action");
        let keywords: String = row.get(5).doing("read an action")?;
        entries.push(Entry {
            operation: OperationId(number(0)?),
            change,
            mailbox: MailboxId::new(small(number(1)?)),
            message: MessageId::new(unsigned(number(2)?)),
            state: number(3)?,
            before: placements::flags(number(4)?, &keywords),
            is_dropped: number(6)? != 0,
            is_compensated: number(7)? != 0,
        });
    }
    Ok(entries)
}

/// The change that takes one target back, and the placement that it is about; `None` where nothing is to be done.
pub(super) fn back(
    state: &Connection,
    cache: &Connection,
    entry: &Entry,
    target: Target,
    now: &[Placement],
) -> Result<Option<(Change, Placement)>, StoreError> {
    let at = |mailbox| now.iter().find(|row| row.target.mailbox == mailbox);
    Ok(match &entry.change {
        Change::Flag { flag, on } => {
            let place = at(target.mailbox).or(now.first()).cloned();
            let stands = |row: &Placement| row.effective.has(*flag) == *on;
            let change = Change::Flag {
                flag: *flag,
                on: !on,
            };
            (entry.before.has(*flag) != *on)
                .then_some(())
                .and(place.filter(stands))
                .map(|row| (change, row))
        }
        Change::Keyword { keyword, on } => {
            let place = at(target.mailbox).or(now.first()).cloned();
            let has = |flags: &Flags| {
                let mut words = flags.keywords().iter();
                words.any(|word| word.eq_ignore_ascii_case(keyword.as_str()))
            };
            let change = Change::Keyword {
                keyword: keyword.clone(),
                on: !on,
            };
            (has(&entry.before) != *on)
                .then_some(())
                .and(place.filter(|row| has(&row.effective) == *on))
                .map(|row| (change, row))
        }
        Change::Move { to } => {
            let back = Change::Move { to: target.mailbox };
            let is_back = at(target.mailbox).is_some();
            let place = at(*to).or(match now {
                [only] => Some(only),
                _ => None,
            });
            place.filter(|_| !is_back).map(|row| (back, row.clone()))
        }
        Change::Copy { to } => match at(*to) {
            Some(row) if is_the_copy(state, cache, entry, row)? => {
                Some((Change::Delete, row.clone()))
            }
            _ => None,
        },
        Change::Delete | Change::Folder(_) => None,
    })
}

/// The message where the journal says that it went, or was: the cache was lost since, and it has another number now.
pub(super) fn renumbered(
    state: &Connection,
    cache: &Connection,
    entry: &Entry,
    target: Target,
) -> Result<Option<Placement>, StoreError> {
    let address: Option<(u32, u32, u32)> = state
        .prepare_cached(
            "SELECT to_mailbox, to_validity, to_uid FROM uid_map WHERE operation = ?1 AND message = ?2 AND to_uid > 0
             UNION ALL
             SELECT mailbox, uid_validity, uid FROM operation_target
             WHERE operation = ?1 AND mailbox = ?3 AND message = ?2 AND uid > 0 LIMIT 1",
        )
        .and_then(|mut statement| {
            let message = signed(target.message.get());
            let bound = params![entry.operation.0, message, target.mailbox.get()];
            let read = |row: &rusqlite::Row<'_>| Ok((row.get(0)?, row.get(1)?, row.get(2)?));
            statement.query_row(bound, read).optional()
        })
        .doing("look where a message went")?;
    let Some((mailbox, validity, uid)) = address else {
        return Ok(None);
    };
    let Some(uid) = Uid::new(uid) else {
        return Ok(None);
    };
    let row = placements::at(cache, MailboxId::new(mailbox), uid)?;
    Ok(row.filter(|row| row.validity == validity))
}

/// Why a change stays that nothing leads back from.
pub(super) const fn stands(change: &Change) -> Stands {
    match change {
        Change::Delete => Stands::Deleted,
        Change::Copy { .. } => Stands::UnknownCopy,
        Change::Folder(FolderChange::Create { .. }) => Stands::FolderMade,
        Change::Folder(FolderChange::Delete { .. }) => Stands::FolderDeleted,
        Change::Flag { .. } | Change::Keyword { .. } | Change::Move { .. } | Change::Folder(_) => {
            Stands::NothingLeft
        }
    }
}

/// Whether this placement is surely the copy that the operation made: a deletion is for good.
fn is_the_copy(
    state: &Connection,
    cache: &Connection,
    entry: &Entry,
    row: &Placement,
) -> Result<bool, StoreError> {
    if row.operation == entry.operation {
        return Ok(true);
    }
    let Some(there) = truth::find(cache, row.target)? else {
        return Ok(false);
    };
    state
        .prepare_cached(
            "SELECT 1 FROM uid_map WHERE operation = ?1 AND message = ?2 AND to_mailbox = ?3 AND to_validity = ?4
             AND to_uid = ?5 AND to_uid > 0",
        )
        .and_then(|mut statement| {
            statement.exists(params![
                entry.operation.0,
                signed(row.target.message.get()),
                row.target.mailbox.get(),
                there.validity,
                there.uid
            ])
        })
        .doing("look where a copy went")
}

/// A change of a folder is taken back where nothing can be lost by it.
pub(super) fn folder_back(
    state: &Connection,
    cache: &Connection,
    entry: &Entry,
    plan: &mut Plan,
) -> Result<(), StoreError> {
    if [code::OPEN, code::PARKED].contains(&entry.state) {
        plan.cancel_folders.push(entry.operation);
        plan.n_folders += usize::from(entry.state == code::OPEN);
        return Ok(());
    }
    if ![code::DONE, code::SENT].contains(&entry.state) {
        return Ok(());
    }
    let change = match &entry.change {
        Change::Folder(FolderChange::Subscribe { mailbox, on }) => FolderChange::Subscribe {
            mailbox: *mailbox,
            on: !on,
        },
        Change::Folder(FolderChange::Rename { mailbox, .. }) => {
            let Some(to) = former_name(state, entry.operation)? else {
                return Ok(());
            };
            FolderChange::Rename {
                mailbox: *mailbox,
                to,
            }
        }
        _ => return Ok(()),
    };
    if folders::account(cache, entry.mailbox)?.is_none() {
        return Ok(());
    }
    plan.n_folders += 1;
    plan.steps.push(Step {
        undoes: entry.operation,
        change: Change::Folder(change),
        targets: Vec::new(),
    });
    Ok(())
}

/// The name that a folder had when it was to be renamed.
fn former_name(
    state: &Connection,
    operation: OperationId,
) -> Result<Option<MailboxName>, StoreError> {
    let name: Option<String> = state
        .prepare_cached(
            "SELECT before_keywords FROM operation_target WHERE operation = ?1 AND message = 0",
        )
        .and_then(|mut statement| {
            statement
                .query_row([operation.0], |row| row.get::<_, String>(0))
                .optional()
        })
        .doing("read the name of a folder")?;
    Ok(name
        .filter(|name| !name.is_empty())
        .map(|name| named(&name)))
}

/// Stands before a name that is not UTF-8: what follows has one character for each byte.
const BYTES: char = '\u{1}';

/// A name as a text, without loss: servers may have names that are not UTF-8.
pub(super) fn name_text(name: &MailboxName) -> String {
    std::str::from_utf8(name.raw()).map_or_else(
        |_| {
            let bytes = name.raw().iter().copied().map(char::from);
            std::iter::once(BYTES).chain(bytes).collect()
        },
        str::to_owned,
    )
}

/// The name that [`name_text`] made this of.
fn named(text: &str) -> MailboxName {
    match text.strip_prefix(BYTES) {
        Some(bytes) => {
            let bytes = bytes.chars().filter_map(|byte| u8::try_from(byte).ok());
            MailboxName::from_raw(&bytes.collect::<Vec<u8>>())
        }
        None => MailboxName::from_raw(text.as_bytes()),
    }
}
